"""Diagrams: what the chapters draw of sequences, attention, Transformers and canvases."""
