"""What ``nbkit.detector`` is made of: what a pattern says of texts, where a tag may start."""
