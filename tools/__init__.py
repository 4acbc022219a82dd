"""What runs, checks, shows, prints and publishes the book. Neither notebooks nor `utils` use it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # the folder of the book
