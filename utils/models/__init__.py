"""The networks that the chapters build, each class once."""
