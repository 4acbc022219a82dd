"""Images: the digits, other pictures of their size, noise, and what counts as a batch of images."""
