"""The site as a whole: its pages, front page, search, and buttons that lead to the repository."""

from __future__ import annotations

import json
import os
import posixpath
import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.project import Project

from tools.publishing.repository import Repository
from tools.sphinx_extensions.glossary_links import read_terms
from tools.sphinx_extensions.words import _, is_chinese
from tools.translation import CATALOGUES, FOLDER

# The page at the site's root, and the file that it is made of: such a file at the top of the
# repository would stand between those that describe it.
ROOT_PAGE, ROOT_SOURCE = "index", "book/index"
# What other sites show where somebody links to the book: `make preview` takes the picture.
PREVIEW = "_static/preview.png"
# In the theme's address of a Chinese page's source, which there is not: the page is made.
CHINESE_SOURCE = re.compile(rf"/{FOLDER}/(?P<page>[^?#]+)\.(?:md|ipynb)")
LARGE_PREVIEW = '<meta name="twitter:card" content="summary_large_image" />'


class BookProject(Project):
    """Sphinx's list of sources, with the file in `book` that becomes the page at the root."""

    def path2doc(self, filename: str | os.PathLike[str]) -> str | None:
        page = super().path2doc(filename)
        return ROOT_PAGE if page == ROOT_SOURCE else page


def find_the_root_page(app: Sphinx) -> None:
    """Before Sphinx looks for its sources; links in one are relative to where its file lies."""
    project = BookProject(app.srcdir, app.config.source_suffix)
    project.restore(app.project)
    app.project = app.env.project = project


def build_only_the_book(app: Sphinx, config: Config) -> None:
    """Make pages of the files in _toc.yml alone, whatever else lies beside them.

    Jupyter Book's own option for that, `only_build_toc_files`, looks for all other files in order
    to exclude them, which fails where the name of a file or of the folder has brackets in it.
    """
    suffixes = sorted(config.source_suffix)  # a notebook comes before a text of the same name
    sources = [ROOT_SOURCE if page == ROOT_PAGE else page for page in config.external_site_map]
    config.include_patterns = [
        next(
            (name + suffix for suffix in suffixes if Path(app.srcdir, name + suffix).is_file()),
            name,
        )
        for name in sources
    ]


def known_repository() -> Repository | None:
    try:
        return Repository.from_environment(os.environ)
    except ValueError as error:
        raise ExtensionError(str(error)) from error


def name_repository(app: Sphinx, config: Config) -> None:
    """What needs an address only where one is known: better no button than a broken one."""
    repository = known_repository()
    if repository is None:
        return
    edition = FOLDER if is_chinese(config) else ""
    config.html_theme_options |= repository.theme_options(edition)
    # Each page names its address; sphinx_sitemap wants the slash.
    config.html_baseurl = config.ogp_site_url = posixpath.join(repository.pages, edition, "")
    config.ogp_image = PREVIEW
    config.ogp_image_alt = _(
        "A German sentence, and beside it what two networks have made of it in English."
    )
    config.ogp_custom_meta_tags = [LARGE_PREVIEW]
    config.sitemap_url_scheme = "{link}"
    config.sitemap_excludes = ["search.html"]


def lead_to_sources(
    app: Sphinx, pagename: str, _template: str, context: dict, _doctree: object
) -> None:
    """Buttons that the theme makes from a page's name: to what the page is made of.

    In Colab that is the notebook of the branch on which it knows where it comes from. A Chinese
    page is made of its catalogue.
    """
    repository = Repository.from_environment(os.environ)
    for group in context.get("header_buttons", []) if repository else []:
        for button in group.get("buttons", []):
            if button.get("text") == "Colab":
                button["url"] = repository.from_colab_branch(button["url"])
            elif button.get("label") == "source-edit-button" and pagename == ROOT_PAGE:
                button["url"] = button["url"].replace(f"/{ROOT_PAGE}.", f"/{ROOT_SOURCE}.")
            if button.get("label") == "source-edit-button" and is_chinese(app.config):
                button["url"] = CHINESE_SOURCE.sub(rf"/{CATALOGUES}/\g<page>.po", button["url"])


def name_the_root_page_once(
    app: Sphinx, pagename: str, _template: str, context: dict, _doctree: object
) -> None:
    """Its heading is the book's title, which other pages have behind theirs."""
    if pagename == app.config.root_doc:
        context["docstitle"] = ""


def add_search(
    app: Sphinx, pagename: str, _template: str, _context: dict, _doctree: object
) -> None:
    """Give the search page its own order of results, and the terms of the glossary."""
    if pagename == "search":
        terms = []
        for term in read_terms(app.env.get_doctree(app.config.glossary_page)):
            languages = [term.english, term.chinese]
            names = sum(languages[::-1] if is_chinese(app.config) else languages, ())
            terms.append({"names": names, "anchor": term.anchor})
        app.add_js_file(None, body=f"const BOOK_TERMS = {json.dumps(terms, ensure_ascii=False)};")
        # Behind Sphinx's scripts, which it changes, and before they start.
        app.add_js_file("search.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("tools.sphinx_extensions.words")
    # A list of all pages for search engines: of addresses, so that without one there is none.
    if known_repository():
        app.setup_extension("sphinx_sitemap")
    # After sphinx_external_toc, which reads _toc.yml at the priority of 900.
    app.connect("config-inited", build_only_the_book, priority=950)
    app.connect("config-inited", name_repository)
    app.connect("builder-inited", find_the_root_page)
    # After sphinx_book_theme, which makes the buttons at the priority of 501.
    app.connect("html-page-context", lead_to_sources, priority=800)
    app.connect("html-page-context", name_the_root_page_once)
    app.connect("html-page-context", add_search)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
