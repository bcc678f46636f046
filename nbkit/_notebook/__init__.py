"""What the notebook's screen is made of."""
