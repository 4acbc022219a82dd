"""The glossary's page: pinyin beside each Chinese name, an index by it, and a field that filters.

In book/glossary.md the pinyin stands behind the name, where Sphinx expects what to sort it by:
`编码器 : biān mǎ qì`. The directive `pinyin-index` lists the Chinese names in that order.

The Chinese edition has the same source. Its page stands in that order itself, with the Chinese
names first, and the index lists the English ones. An entry keeps its anchors.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from tools.sphinx_extensions.glossary_links import HAN
from tools.sphinx_extensions.words import is_chinese

PINYIN_CLASSES = ["pinyin", "language-zh-latn-pinyin"]  # the second becomes the attribute lang


class PinyinIndexHere(nodes.Element):
    """Where the index will stand."""


class PinyinIndex(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [PinyinIndexHere()]


class ShowPinyin(SphinxPostTransform):
    """On the page alone: what reads the glossary for the names of its terms finds only these."""

    default_priority = 100
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        if self.env.docname != self.config.glossary_page:
            return
        chinese = list(chinese_terms(self.document))
        make_index = index_of_english if is_chinese(self.config) else index_of
        for place in list(self.document.findall(PinyinIndexHere)):
            place.replace_self(make_index(chinese))
        if is_chinese(self.config):
            sort_by_pinyin(chinese)
        for term, pinyin, _, _ in chinese:
            term += [nodes.Text(" "), nodes.inline("", pinyin, classes=PINYIN_CLASSES)]


def chinese_terms(page: nodes.document) -> Iterator[tuple[nodes.term, str, str, str]]:
    """Each Chinese name: its node, its pinyin, its entry's first name, and that one's anchor.

    Raises `ValueError` for a name without pinyin.
    """
    for item in page.findall(nodes.definition_list_item):
        names = names_of(item)
        for name in names:
            if not re.search(HAN, name.astext()):
                continue
            pinyin = next(node["entries"][0][4] for node in name.findall(addnodes.index))
            if not pinyin or re.search(HAN, pinyin):
                raise ValueError(
                    f"expected pinyin behind {name.astext()} in the glossary, as in "
                    f"编码器 : biān mǎ qì, got {pinyin!r}"
                )
            yield name, pinyin, names[0].astext(), names[0]["ids"][0]


def plain(pinyin: str) -> str:
    """What it is sorted by: without tones, syllable by syllable, ü behind u."""
    spelt = unicodedata.normalize("NFD", pinyin.lower()).replace("u\u0308", "uz")
    return "".join(c for c in spelt if not unicodedata.combining(c))


def index_of(chinese: list[tuple[nodes.term, str, str, str]]) -> nodes.container:
    """A list for each first letter; a line leads to the entry."""
    index = nodes.container(classes=["pinyin-index"])
    entries = sorted(
        (plain(pinyin), term.astext(), pinyin, english, anchor)
        for term, pinyin, english, anchor in chinese
    )
    for letter, group in groupby(entries, key=lambda entry: entry[0][0].upper()):
        lines = nodes.bullet_list(classes=["simple"])
        for _, name, pinyin, english, anchor in group:
            link = nodes.reference("", name, internal=True, refid=anchor)
            spoken = nodes.inline("", pinyin, classes=PINYIN_CLASSES)
            line = nodes.paragraph("", "", link, nodes.Text(" "), spoken, nodes.Text(f" {english}"))
            lines += nodes.list_item("", line)
        index += [nodes.rubric("", letter), lines]
    return index


def index_of_english(chinese: list[tuple[nodes.term, str, str, str]]) -> nodes.container:
    """The same for who knows the English name, with the entry's first Chinese one beside it."""
    entries = {}
    for term, _, _, anchor in chinese:
        for name in names_of(term.parent):
            if not re.search(HAN, name.astext()):
                entries.setdefault((name.astext().lower(), name.astext()), (term, anchor))
    index = nodes.container(classes=["pinyin-index"])
    for letter, group in groupby(sorted(entries), key=lambda entry: entry[0][0].upper()):
        lines = nodes.bullet_list(classes=["simple"])
        for entry in group:
            term, anchor = entries[entry]
            link = nodes.reference("", entry[1], internal=True, refid=anchor)
            link["classes"] = ["language-en"]  # which becomes the attribute lang
            line = nodes.paragraph("", "", link, nodes.Text(f" {term.astext()}"))
            lines += nodes.list_item("", line)
        index += [nodes.rubric("", letter), lines]
    return index


def names_of(entry: nodes.definition_list_item) -> list[nodes.term]:
    return [child for child in entry.children if isinstance(child, nodes.term)]


def sort_by_pinyin(chinese: list[tuple[nodes.term, str, str, str]]) -> None:
    """Put the Chinese names first in each entry, and the entries in the order of these."""
    order: dict[nodes.definition_list_item, tuple[str, str]] = {}
    for term, pinyin, _, _ in chinese:
        order.setdefault(term.parent, (plain(pinyin), term.astext()))
    for entry in order:
        first = entry[0]  # an English name, by which the entry is known
        names = names_of(entry)
        names.sort(key=lambda name: not re.search(HAN, name.astext()))
        entry.children[: len(names)] = names
        if names[0] is not first:
            # A link to the entry leads to where it begins.
            names[0]["ids"], first["ids"] = [*first["ids"], *names[0]["ids"]], []
    for glossary in {id(entry.parent): entry.parent for entry in order}.values():
        glossary.children.sort(key=lambda entry: order.get(entry, ("", "")))


def keep_english_anchors(app: Sphinx, page: nodes.document) -> None:
    """Let links by a Chinese name lead to the anchor by which the entry is known in both editions.

    Sphinx makes one of a Chinese name by counting, so that another entry would change it.
    """
    glossary = app.config.glossary_page
    if not is_chinese(app.config) or app.env.docname != glossary:
        return
    objects = app.env.get_domain("std").objects
    for item in page.findall(nodes.definition_list_item):
        names = names_of(item)
        for name in names:
            if ("term", name.astext()) in objects:
                objects["term", name.astext()] = glossary, names[0]["ids"][0]


def add_filter(
    app: Sphinx, pagename: str, _template: str, _context: dict, _doctree: object
) -> None:
    if pagename == app.config.glossary_page:
        app.add_js_file("glossary.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(PinyinIndexHere)
    app.add_directive("pinyin-index", PinyinIndex)
    app.add_post_transform(ShowPinyin)
    app.connect("doctree-read", keep_english_anchors)
    app.connect("html-page-context", add_filter)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
