"""Sliders that live on the page: trained networks as data, and the scripts that run them."""
