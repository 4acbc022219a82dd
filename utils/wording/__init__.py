"""Wording: what `utils` says to a reader, in the language of the edition, and how wide it is."""
