"""What ``nbkit.http`` is made of: addresses, decoders of what comes, words for what goes wrong."""
