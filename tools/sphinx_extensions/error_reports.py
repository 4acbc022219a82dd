"""A link at the foot of each page to report an error on it, where the repository is known.

It opens a new issue that names the page and the state of the book that it was made of. The theme's
button for issues, in the menu at the head of the page, leads there too.
"""

from __future__ import annotations

import html
import os
import re
from urllib.parse import quote, urlencode

from sphinx.application import Sphinx

from tools.publishing.repository import Repository
from tools.sphinx_extensions.words import _


def report_address(repository: Repository, page: str, title: str) -> str:
    """Where GitHub opens an issue on the page at this address; its title may hold HTML."""
    plain = html.unescape(re.sub(r"<[^>]*>", "", title)).strip()
    body = _(
        "Page: {page}\nState: {state}\n\nWhat stands there, and what should stand there:\n"
    ).format(page=page, state=repository.commit or repository.branch)
    titled = _("Error on the page “{title}”").format(title=plain)
    fields = urlencode({"title": titled, "body": body}, quote_via=quote)
    return f"{repository.address}/issues/new?{fields}"


def add_link(app: Sphinx, pagename: str, _template: str, context: dict, _doctree: object) -> None:
    repository = Repository.from_environment(os.environ)
    if repository is None or pagename not in app.env.found_docs:
        return
    # The edition's own address, as site.py has set it.
    page = app.config.html_baseurl + app.builder.get_target_uri(pagename)
    address = report_address(repository, page, context["title"])
    text = _("Report an error on this page")
    link = f'<a class="report-error" href="{html.escape(address)}">{text}</a>'
    context["theme_extra_footer"] = f"{context.get('theme_extra_footer', '')} {link}"
    for group in context["header_buttons"]:
        for button in group.get("buttons", []):
            if button.get("label") == "source-issues-button":
                button |= {"text": text, "tooltip": text, "url": address}


def setup(app: Sphinx) -> dict[str, bool]:
    # After sphinx_book_theme, which makes the buttons at the priority of 501.
    app.connect("html-page-context", add_link, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
