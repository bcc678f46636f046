"""What ``nbkit.queue`` is made of: who may start, one attempt, what it asks for."""
