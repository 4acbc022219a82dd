"""How fast the book's code and its pages are: what measures it, and the record of it."""
