"""How good something is: restored images, translations, alignments, and how sure that is."""
