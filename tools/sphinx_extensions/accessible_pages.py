"""Mends what makes the pages that Sphinx and its theme write hard to use without mouse or sight.

The browser tests notice when a mend is missing.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

from sphinx.application import Sphinx

from tools.sphinx_extensions.words import _

# The corner of a table above its row headings: an empty cell heads nothing.
EMPTY_HEADING = re.compile(r"<th\b[^>]*>(?:\s|<p></p>)*</th>")
# The name of a folded cell is what stands there, "Show the code".
FOLDED_CELL_NAME = re.compile(r'(<summary) aria-label="Toggle hidden content"')


def named_parts() -> dict[str, str]:
    """Parts of the page that lie around the text: in the theme's own words, and with a name.

    Where the theme has a name that it does not translate, it is there already.
    """
    sidebar, contents, search = (
        escape(name) for name in (_("Sidebar"), _("Contents of this page"), _("Search the book"))
    )
    main, page, left, right = (
        escape(name)
        for name in (
            _("Main"),
            _("Page"),
            _("Toggle primary sidebar"),
            _("Toggle secondary sidebar"),
        )
    )
    return {
        '<nav class="bd-links bd-docs-nav" aria-label="Main">': (
            f'<nav class="bd-links bd-docs-nav" aria-label="{main}">'
        ),
        '<nav aria-label="Page">': f'<nav aria-label="{page}">',
        ' title="Toggle primary sidebar"': f' title="{left}"',
        ' title="Toggle secondary sidebar"': f' title="{right}"',
        'id="pst-primary-sidebar" class=': (
            f'id="pst-primary-sidebar" role="region" aria-label="{sidebar}" class='
        ),
        'id="pst-primary-sidebar-modal">': (
            f'id="pst-primary-sidebar-modal" aria-label="{sidebar}">'
        ),
        'id="pst-secondary-sidebar-modal">': (
            f'id="pst-secondary-sidebar-modal" aria-label="{contents}">'
        ),
        'id="pst-search-dialog">': f'id="pst-search-dialog" aria-label="{search}">',
    }


def mend_text(
    _app: Sphinx, _pagename: str, _template: str, context: dict, _doctree: object
) -> None:
    """Tables and folded cells, in the part of the page that comes from its source."""
    if "body" in context:
        body = EMPTY_HEADING.sub("<td></td>", context["body"])
        context["body"] = FOLDED_CELL_NAME.sub(r"\1", body)


def name_parts(app: Sphinx, exception: Exception | None) -> None:
    """Name the parts around the text; on the written pages, since no template takes a name."""
    if exception is not None or app.builder.format != "html":
        return
    parts = named_parts()
    for page in Path(app.outdir).rglob("*.html"):
        before = after = page.read_text(encoding="utf-8")
        for part, named in parts.items():
            after = after.replace(part, named)
        if after != before:
            page.write_text(after, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", mend_text)
    app.connect("build-finished", name_parts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
