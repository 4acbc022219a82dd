"""A button that opens a page's notebook in Kaggle, beside those of the theme to Colab and Binder.

It leads to the same stamped copy as the one to Colab (tools/publishing/stamp.py). tools/README.md
says what is known of the way, and which others were looked at.
"""

from __future__ import annotations

import os
import posixpath

from sphinx.application import Sphinx

from tools.publishing.repository import Repository
from tools.sphinx_extensions.downloads import notebook_of
from tools.sphinx_extensions.words import _, is_chinese
from tools.translation import FOLDER


def add_kaggle(app: Sphinx, pagename: str, _template: str, context: dict, _doctree: object) -> None:
    repository = Repository.from_environment(os.environ)
    notebook = notebook_of(app.env, pagename)
    if repository is None or notebook is None:
        return
    edition = FOLDER if is_chinese(app.config) else ""
    path = posixpath.join(edition, f"{pagename}{notebook.suffix}")
    for group in context["header_buttons"]:
        if group.get("label") == "launch-buttons":
            group["buttons"].append(
                {
                    "type": "link",
                    # The first cell installs the book, and a notebook there is offline at first.
                    "text": _("Kaggle (turn its internet on)"),
                    "tooltip": _("Launch on Kaggle"),
                    "icon": "fab fa-kaggle",
                    "url": repository.in_kaggle(path),
                }
            )


def setup(app: Sphinx) -> dict[str, bool]:
    # After sphinx_book_theme, which makes the buttons at the priority of 501.
    app.connect("html-page-context", add_kaggle, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
