"""What ``nbkit.progress`` is made of: counts, events, deadlines, estimates."""
