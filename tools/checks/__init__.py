"""The checks of the book: which there are, how they run, and what they report."""
