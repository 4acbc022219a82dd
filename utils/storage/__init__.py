"""Files, whole or not at all: data sets on disk, trained weights, what is written."""
