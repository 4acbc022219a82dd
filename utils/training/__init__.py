"""Training: the one loop, and several networks at once."""
