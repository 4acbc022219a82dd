"""The book's claims, measured over many seeds: what `make claims` runs and records."""
