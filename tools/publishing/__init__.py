"""Where the book is published, what is published there, and a rehearsal of it."""
