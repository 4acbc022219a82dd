"""Writing with a trained network: searches, their steps, and what it says of the true text."""
