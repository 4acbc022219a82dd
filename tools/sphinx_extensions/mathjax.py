"""MathJax from a local copy, on the pages that have a formula."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

# All that a page with formulas loads: the script with TeX input and HTML output, the fonts it
# draws with, and the TeX packages it fetches when a formula first uses one of their commands.
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions")


def use_local_mathjax(app: Sphinx, _config: object) -> None:
    """Point every page with a formula to the copy below `_static`."""
    app.config.mathjax_path = "mathjax/tex-chtml.js"


def drop_unused_mathjax(
    app: Sphinx, pagename: str, _template: str, context: dict, _doctree: object
) -> None:
    """Load MathJax only where the page itself has a formula; Sphinx asks its subpages as well."""
    if app.env.get_domain("math").data["has_equations"].get(pagename, False):
        return
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "mathjax" not in f"{script.filename} {script.attributes.get('body')}".lower()
    ]


def copy_mathjax(app: Sphinx) -> None:
    """Copy what MATHJAX_PARTS names out of the sphinx-mathjax-offline package."""
    if app.builder.format != "html":
        return
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    if package is None or not package.submodule_search_locations:
        raise ExtensionError(
            "MathJax is missing: expected the package sphinx-mathjax-offline, found none. "
            "Install book/requirements.txt."
        )
    source = Path(package.submodule_search_locations[0], "static", "mathjax")
    target = Path(app.outdir, "_static", "mathjax")
    for part in MATHJAX_PARTS:
        if (source / part).is_dir():
            shutil.copytree(source / part, target / part, dirs_exist_ok=True)
        else:
            (target / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / part, target / part)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", use_local_mathjax)
    # After sphinx.ext.mathjax, which listens at the default priority of 500.
    app.connect("html-page-context", drop_unused_mathjax, priority=800)
    app.connect("builder-inited", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
