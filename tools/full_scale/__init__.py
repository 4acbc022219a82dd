"""Runs on whole data sets, and the record that they leave for the page "At full scale"."""
