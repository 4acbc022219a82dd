"""Notebooks: run, store, compare and show them."""
