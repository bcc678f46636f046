"""What ``nbkit.serve`` is made of: the wire formats, what they answer from, and the faults."""
