"""What runs, checks, shows, prints and publishes the book. Neither notebooks nor `utils` use it."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # the folder of the book

# When nbformat is imported, it has jsonschema look for this package, which builds a parser of
# addresses as it is imported: four seconds in every process. No schema of a notebook asks whether
# something is an address, and jsonschema goes without.
sys.modules.setdefault("rfc3987_syntax", None)
