"""The Transformer: attention in place of recurrence, and what either half can do alone."""
