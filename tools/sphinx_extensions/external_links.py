"""What the check of external links (`make links`) asks for in place of some links.

A Sphinx extension for the builder `linkcheck`; its other settings are in _config.yml.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

DOI = re.compile(r"https://doi\.org/(?P<doi>10\..+)")
# Publishers answer programs with "forbidden", whatever they ask for. This interface of doi.org says
# whether the DOI is registered (200 or 404) and sends nobody on.
REGISTRY = "https://doi.org/api/handles/"


def ask_the_registry(_app: Sphinx, address: str) -> str | None:
    """The address to ask for a DOI; None for any other link, which is asked for itself."""
    found = DOI.fullmatch(address)
    return REGISTRY + found["doi"] if found else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("linkcheck-process-uri", ask_the_registry)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
