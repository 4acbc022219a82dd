"""What the book adds to Sphinx.

MathJax from a local copy, Chinese marked as Chinese, the bibliography's list, the front page, a
directive that shows a chapter's explorer on another page, and buttons that lead to the repository,
to Colab and to Binder, where the environment names a repository (repository.py).
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from glossary_links import read_terms
from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting.author_year_title import SortingStyle
from pybtex.style.template import field as bibtex_field
from pybtex.style.template import sentence
from repository import Repository
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinxcontrib.bibtex.plugin import register_plugin as register_bibtex_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

# All that a page with formulas loads: the script with TeX input and HTML output, the fonts it
# draws with, and the TeX packages it fetches when a formula first uses one of their commands.
MATHJAX_PARTS = ("tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions")

# Chinese characters with the punctuation between them.
CHINESE = re.compile(r"[\u3400-\u9fff][\u3000-\u303f\u3400-\u9fff\uff00-\uffef]*")

# The data of an explorer, as utils/explorers/page.py writes them.
EXPLORER_DATA = re.compile(r'(?<=<script type="application/json">).*?(?=</script>)', re.DOTALL)

# The first line of a cell that Colab shows as a form.
FORM_TITLE = re.compile(r"\A# @title\b.*\n+")

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


class MarkChinese(SphinxPostTransform):
    """Say of Chinese words that they are Chinese: for speech, and for the choice of glyphs."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        for text in list(self.document.findall(nodes.Text)):
            if CHINESE.search(text) and isinstance(text.parent, nodes.TextElement):
                self.mark(text)

    def mark(self, text: nodes.Text) -> None:
        verbatim = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)
        ancestor = text.parent
        while ancestor is not None:
            if isinstance(ancestor, verbatim):
                return
            ancestor = ancestor.parent
        parts: list[nodes.Node] = []
        end = 0
        for match in CHINESE.finditer(text):
            if match.start() > end:
                parts.append(nodes.Text(text[end : match.start()]))
            # The HTML writer turns this class into the attribute lang.
            parts.append(nodes.inline("", match.group(), classes=["language-zh-hans"]))
            end = match.end()
        if end < len(text):
            parts.append(nodes.Text(text[end:]))
        text.parent.replace(text, parts)


class HideFormTitles(SphinxPostTransform):
    """Leave out the line that names a folded cell in Colab: on the page it is no code."""

    default_priority = 880
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        for block in self.document.findall(nodes.literal_block):
            shown = FORM_TITLE.sub("", block.rawsource or block.astext(), count=1)
            if shown != (block.rawsource or block.astext()):
                block.rawsource = shown
                block.children = []
                block += nodes.Text(shown)


class SmallExplorer(SphinxDirective):
    """A notebook's explorer, small: with one of its models and few sentences.

    ```{small-explorer} ../chapters/05_attention.ipynb translator
    :sentences: 8
    ```
    """

    required_arguments = 2  # the notebook, from the page's folder on, and the explorer's name
    option_spec: ClassVar[dict] = {"sentences": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        notebook, name = self.arguments
        _, path = self.env.relfn2path(notebook)
        self.env.note_dependency(path)
        cells = json.loads(Path(path).read_text("utf-8"))["cells"]
        pages = [
            "".join(output["data"]["text/html"])
            for cell in cells
            for output in cell.get("outputs", [])
            if "text/html" in output.get("data", {})
        ]
        found = [page for page in pages if f"<book-{name} " in page]
        if len(found) != 1:
            raise self.error(
                f"expected one explorer {name!r} in {notebook}, got {len(found)}; "
                "name another, or run the notebook"
            )
        smaller = EXPLORER_DATA.sub(lambda data: self.reduce(data[0]), found[0], count=1)
        return [nodes.raw("", smaller, format="html")]

    def reduce(self, content: str) -> str:
        data = json.loads(content)
        data["models"] = [model for model in data["models"] if model["name"] == data["chosen"]]
        data["sentences"] = data["sentences"][: self.options.get("sentences")]
        data["compact"] = True
        return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


class KeyLabels(BaseLabelStyle):
    """The entry's own key as its label. custom.css hides it: the text cites by author and year."""

    def format_labels(self, sorted_entries: list[Entry]) -> list[str]:
        return [entry.key for entry in sorted_entries]


class OldestFirst(SortingStyle):
    def sorting_key(self, entry: Entry) -> tuple[str, ...]:
        return (entry.fields["year"], *super().sorting_key(entry))


class BookList(PlainStyle):
    """The plain bibliography style, oldest paper first."""

    default_sorting_style = OldestFirst
    default_label_style = KeyLabels

    def format_title(self, entry: Entry, which_field: str, as_sentence: bool = True):
        """The title in the case it is written in; the plain style lowers what follows a colon."""
        title = bibtex_field(which_field)
        return sentence[title] if as_sentence else title


def round_brackets() -> BracketStyle:
    return BracketStyle(left="(", right=")")


@dataclass
class RoundAuthorYear(AuthorYearReferenceStyle):
    """Citations as in "(Elman, 1990)" and "Elman (1990)", like those of the notebooks."""

    bracket_parenthetical: BracketStyle = field(default_factory=round_brackets)
    bracket_textual: BracketStyle = field(default_factory=round_brackets)
    bracket_author: BracketStyle = field(default_factory=round_brackets)
    bracket_label: BracketStyle = field(default_factory=round_brackets)
    bracket_year: BracketStyle = field(default_factory=round_brackets)


def use_local_mathjax(app: Sphinx, _config: object) -> None:
    """Point every page with a formula to the copy below `_static`."""
    app.config.mathjax_path = "mathjax/tex-chtml.js"


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


def mend_citation_roles(
    _app: Sphinx, _pagename: str, _template: str, context: dict, _doctree: object
) -> None:
    """Make the entries of a list of papers list items; their own role is no longer in ARIA."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def write_front_page(app: Sphinx, exception: Exception | None) -> None:
    """Write index.html, which leads to the book's first page."""
    if exception is None and app.builder.name == "html":
        page = FRONT_PAGE.format(
            title=app.config.html_title, address=app.builder.get_target_uri(app.config.root_doc)
        )
        Path(app.outdir, "index.html").write_text(page, encoding="utf-8")


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
    register_plugin("pybtex.style.formatting", "book_list", BookList)
    register_bibtex_plugin(
        "sphinxcontrib.bibtex.style.referencing", "author_year_round", RoundAuthorYear
    )
    # After sphinx_external_toc, which reads _toc.yml at the priority of 900.
    app.connect("config-inited", build_only_the_book, priority=950)
    app.connect("config-inited", use_local_mathjax)
    app.connect("config-inited", name_repository)
    # After sphinx_book_theme, which makes the buttons at the priority of 501.
    app.connect("html-page-context", lead_to_stamped_notebooks, priority=800)
    # After sphinx.ext.mathjax, which listens at the default priority of 500.
    app.connect("html-page-context", drop_unused_mathjax, priority=800)
    app.connect("html-page-context", add_search)
    app.connect("html-page-context", mend_citation_roles)
    app.add_post_transform(MarkChinese)
    app.add_post_transform(HideFormTitles)
    app.add_directive("small-explorer", SmallExplorer)
    app.connect("build-finished", write_front_page)
    app.connect("builder-inited", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
