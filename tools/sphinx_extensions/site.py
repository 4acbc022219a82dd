"""The site as a whole: its pages, front page, search, and buttons that lead to the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from tools.publishing.repository import Repository
from tools.sphinx_extensions.glossary_links import read_terms

# Jupyter Book writes a front page without language or title where it finds none.
FRONT_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={address}">
<title>{title}</title>
</head>
<body>
<main><h1>{title}</h1><p><a href="{address}">Open the book</a></p></main>
</body>
</html>
"""


def build_only_the_book(app: Sphinx, config: Config) -> None:
    """Make pages of the files in _toc.yml alone, whatever else lies beside them.

    Jupyter Book's own option for that, `only_build_toc_files`, looks for all other files in order
    to exclude them, which fails where the name of a file or of the folder has brackets in it.
    """
    suffixes = sorted(config.source_suffix)  # a notebook comes before a text of the same name
    config.include_patterns = [
        next(
            (name + suffix for suffix in suffixes if Path(app.srcdir, name + suffix).is_file()),
            name,
        )
        for name in config.external_site_map
    ]


def name_repository(app: Sphinx, _config: object) -> None:
    """Buttons to a repository only where one is known: better none than broken ones."""
    try:
        repository = Repository.from_environment(os.environ)
    except ValueError as error:
        raise ExtensionError(str(error)) from error
    if repository:
        app.config.html_theme_options |= repository.theme_options()


def lead_to_stamped_notebooks(
    _app: Sphinx, _pagename: str, _template: str, context: dict, _doctree: object
) -> None:
    """In Colab, open the notebook of the branch on which it knows where it comes from."""
    repository = Repository.from_environment(os.environ)
    for group in context.get("header_buttons", []) if repository else []:
        for button in group.get("buttons", []):
            if button.get("text") == "Colab":
                button["url"] = repository.from_colab_branch(button["url"])


def add_search(
    app: Sphinx, pagename: str, _template: str, _context: dict, _doctree: object
) -> None:
    """Give the search page its own order of results, and the terms of the glossary."""
    if pagename == "search":
        terms = [
            {"names": [*term.english, *term.chinese], "anchor": term.anchor}
            for term in read_terms(app.env.get_doctree(app.config.glossary_page))
        ]
        app.add_js_file(None, body=f"const BOOK_TERMS = {json.dumps(terms, ensure_ascii=False)};")
        # Behind Sphinx's scripts, which it changes, and before they start.
        app.add_js_file("search.js", loading_method="defer")


def write_front_page(app: Sphinx, exception: Exception | None) -> None:
    """Write index.html, which leads to the book's first page."""
    if exception is None and app.builder.name == "html":
        page = FRONT_PAGE.format(
            title=app.config.html_title, address=app.builder.get_target_uri(app.config.root_doc)
        )
        Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    # After sphinx_external_toc, which reads _toc.yml at the priority of 900.
    app.connect("config-inited", build_only_the_book, priority=950)
    app.connect("config-inited", name_repository)
    # After sphinx_book_theme, which makes the buttons at the priority of 501.
    app.connect("html-page-context", lead_to_stamped_notebooks, priority=800)
    app.connect("html-page-context", add_search)
    app.connect("build-finished", write_front_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
