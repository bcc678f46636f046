"""What ``nbkit.monitor`` is made of: sources of every legal kind, read as deltas."""
