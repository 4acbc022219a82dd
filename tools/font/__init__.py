"""The Chinese font of the figures, which holds only the characters that they write."""
