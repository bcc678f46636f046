"""What ``nbkit.render`` and ``nbkit.story`` are made of: parser, writer, blocks, sanitiser."""
