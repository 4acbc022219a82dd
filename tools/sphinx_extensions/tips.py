"""What a page shows of a term, a paper or a symbol without being left, by book/assets/tips.js.

Links to the glossary, citations (links to a paper or to its entry in the bibliography) and formulas
are marked with the numbers of their tips. The texts stand in the page itself: it asks nobody for
them, so they are there from disk too. A formula's tips are the rows of the notation page that its
symbols have for this chapter.
"""

from __future__ import annotations

import html
import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from docutils import nodes
from sphinx.application import Sphinx

from tools.sphinx_extensions.symbols import Row, rows_for, symbols_in
from tools.sphinx_extensions.words import _

GLOSSARY, BIBLIOGRAPHY, NOTATION = "book/glossary", "book/bibliography", "book/notation"
CHAPTER = re.compile(r"chapters/0*(\d+)_|book/before_you_start")
LINK = re.compile(r'<a class="(reference[^"]*)" href="([^"]*)"(?: title="[^"]*")?>')
FORMULA = re.compile(
    r'<(span|div) class="math notranslate nohighlight"([^>]*)>(.*?)</\1>', re.DOTALL
)
# Inside of a tip nothing can be followed, and no identifier stands twice in a page.
IN_A_TIP = re.compile(r'<a class="headerlink".*?</a>|</?a\b[^>]*>| id="[^"]*"', re.DOTALL)


@dataclass(frozen=True)
class Tip:
    """HTML without links: what it is about (empty for a paper), and what there is to say of it.

    more: what the link below says; page: where it leads, empty for where the marked link leads.
    """

    title: str
    text: str
    more: str
    page: str = ""


def chapter_of(page: str) -> str:
    """The number by which the notation page names a chapter; empty for any other page."""
    found = CHAPTER.match(page)
    return (found[1] or "0") if found else ""


class Texts:
    """All that there are tips for, out of the pages that hold it; read when first asked for."""

    def __init__(self, app: Sphinx):
        self.app = app
        self.of_targets: dict[str, Tip] = {}  # by address, inside of the book or outside
        self.rows: list[Row] = []
        self.of_rows: list[Tip] = []
        for page, read in (
            (GLOSSARY, self.read_glossary),
            (BIBLIOGRAPHY, self.read_bibliography),
            (NOTATION, self.read_notation),
        ):
            if page in app.env.found_docs:
                read(app.env.get_and_resolve_doctree(page, app.builder))

    def render(self, *content: nodes.Node) -> str:
        container = nodes.inline() if isinstance(content[0], nodes.Inline | nodes.Text) else None
        holder = container if container is not None else nodes.container()
        holder += [node.deepcopy() for node in content]
        shown = self.app.builder.render_partial(holder)["fragment"]
        inner = re.sub(r"^\s*<(?:div|span)[^>]*>|</(?:div|span)>\s*$", "", shown)
        return IN_A_TIP.sub("", inner).strip()

    def target(self, page: str, anchor: str) -> str:
        return f"{self.app.builder.get_target_uri(page)}#{anchor}"

    def read_glossary(self, page: nodes.document) -> None:
        for item in page.findall(nodes.definition_list_item):
            terms = [child for child in item.children if isinstance(child, nodes.term)]
            definition = item.next_node(nodes.definition)
            if not terms or not terms[0]["ids"] or definition is None:
                continue
            title = " · ".join(self.render(*term.children) for term in terms)
            tip = Tip(title, self.render(*definition.children), _("Open in the glossary"))
            for term in terms:
                for anchor in term["ids"]:
                    self.of_targets[self.target(GLOSSARY, anchor)] = tip

    def read_bibliography(self, page: nodes.document) -> None:
        for entry in page.findall(nodes.citation):
            text = self.render(*entry.children[1:])  # behind its label
            for anchor in entry["ids"]:
                self.of_targets[self.target(BIBLIOGRAPHY, anchor)] = Tip(
                    "", text, _("Open in the bibliography")
                )
            for link in entry.findall(nodes.reference):
                self.of_targets[link["refuri"]] = Tip("", text, _("Open the paper"))

    def read_notation(self, page: nodes.document) -> None:
        for row in page.findall(nodes.row):
            cells = row.children
            first = [node.astext() for node in cells[0].findall(nodes.math)]
            if len(cells) != 4 or not first:
                continue
            symbols = [symbol for formula in first for symbol in symbols_in(formula)]
            places = [place.strip() for place in cells[3].astext().split(",")]
            self.rows.append(Row(tuple(symbols), tuple(places)))
            title, text = (self.render(*cell[0].children) for cell in cells[:2])
            self.of_rows.append(Tip(title, text, _("Open the notation"), NOTATION))


def mark(body: str, page: str, address: str, texts: Texts) -> tuple[str, list[Tip]]:
    """The page with marks, and the tips that they number. `address` is that of the page."""
    tips: list[Tip] = []

    def number(tip: Tip) -> str:
        if tip not in tips:
            tips.append(tip)
        return str(tips.index(tip))

    def mark_link(link: re.Match) -> str:
        target = html.unescape(link[2])
        if not re.match(r"[a-z]+:", target):
            name, _, anchor = target.partition("#")
            folder = posixpath.dirname(address)
            target = f"{posixpath.normpath(posixpath.join(folder, name))}#{anchor}" if name else ""
        tip = texts.of_targets.get(target)
        if tip is None:
            return link[0]
        return f'<a class="{link[1]}" href="{link[2]}" data-tips="{number(tip)}">'

    def mark_formula(formula: re.Match) -> str:
        tag, attributes, text = formula.groups()
        rows = rows_for(html.unescape(text), texts.rows, chapter_of(page))
        if not rows:
            return formula[0]
        numbers = " ".join(number(texts.of_rows[row]) for row in rows)
        return (
            f'<{tag} class="math notranslate nohighlight"{attributes} data-tips="{numbers}">'
            f"{text}</{tag}>"
        )

    if page != BIBLIOGRAPHY:  # there the reference stands before the reader
        body = LINK.sub(mark_link, body)
    return FORMULA.sub(mark_formula, body), tips


def script_of(tips: Sequence[Tip], pages: Mapping[str, str]) -> str:
    """The tips as tips.js reads them; `pages` has the addresses as seen from where they stand."""
    entries = [asdict(tip) | {"page": pages.get(tip.page, "")} for tip in tips]
    # No end of a script's element stands inside of it.
    return f"const BOOK_TIPS = {json.dumps(entries, ensure_ascii=False)};".replace("<", "\\u003c")


def setup(app: Sphinx) -> dict[str, bool]:
    texts: list[Texts] = []  # of this build, once a page has asked for them

    def add_tips(
        app: Sphinx, pagename: str, _template: str, context: dict, _doctree: object
    ) -> None:
        if app.builder.name != "html" or pagename not in app.env.found_docs:
            return
        if not texts:
            texts.append(Texts(app))
        address = app.builder.get_target_uri(pagename)
        context["body"], tips = mark(context["body"], pagename, address, texts[0])
        if not tips:
            return
        if any('class="math' in tip.title + tip.text for tip in tips):
            # MathJax is loaded where the page's own text has no formula, too.
            app.env.get_domain("math").data["has_equations"][pagename] = True
        notation = context["pathto"](NOTATION)
        app.add_js_file(None, body=script_of(tips, {NOTATION: notation}))
        app.add_js_file("tips.js", loading_method="defer")

    # Before sphinx.ext.mathjax, which asks at the default priority of 500 for formulas.
    app.connect("html-page-context", add_tips, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
