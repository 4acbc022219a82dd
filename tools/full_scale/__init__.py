"""Runs on whole data sets that take an hour, not minutes, and the records they leave."""
