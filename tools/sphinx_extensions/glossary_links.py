"""Links from the chapters to the glossary: each term where a page first uses it.

Notebooks hold plain Markdown, which has no such links, so the build sets them. On each page that
`glossary_link_pages` names (patterns, in `_config.yml`), a term becomes a link once:

1. where its Chinese name stands behind it, as in "an *encoder* (编码器)": there it is introduced;
2. else, unless it is an everyday word, where its name first stands in the text;
3. else where its Chinese name stands.

In the Chinese edition a term is introduced where an English name stands behind its Chinese one, as
in "**查询**（query）", and is else linked where one of its names first stands. Nothing parts
Chinese words: so what belongs to a longer name is no other one's, and a name of one character,
which is a part of many words, is linked only where it is introduced in bold. There a part of a name
may stand for it, as 头 for 注意力头.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from itertools import islice

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from tools.sphinx_extensions.words import is_chinese

HAN = "[\u3400-\u9fff]"
# What these mean in a sentence is mostly something else than in the glossary.
EVERYDAY = frozenset(
    (
        "alignment batch code kernel key loss mask packing parameter phrase score seed symbol "
        "token value"
    ).split()
)
# The same of Chinese names.
EVERYDAY_IN_CHINESE = frozenset(("编码", "得分", "打包", "短语", "符号"))
# Chinese words that a term's name, or the first character of one, may be a part of.
OTHER_WORDS = ("超参数", "来自", "出自", "取自", "各自", "独自", "亲自")
# What is no running text, or is a link already.
CLOSED = (
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.reference,
    nodes.title,
)


@dataclass(frozen=True)
class Term:
    """An entry of the glossary: its names, and its anchor on the glossary's page."""

    anchor: str
    english: tuple[str, ...]
    chinese: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where a name stands: from `start` to `end` in the text number `text` of a page."""

    text: int
    start: int
    end: int

    def overlaps(self, other: Place) -> bool:
        return self.text == other.text and self.start < other.end and other.start < self.end


def read_terms(glossary: nodes.document) -> list[Term]:
    """The entries of the glossary's page. Raises `ValueError` if it holds none."""
    terms = []
    for item in glossary.findall(nodes.definition_list_item):
        names = [child for child in item.children if isinstance(child, nodes.term)]
        if names and names[0]["ids"]:
            texts = [name.astext() for name in names]
            english = tuple(text for text in texts if not re.search(HAN, text))
            chinese = tuple(text for text in texts if re.search(HAN, text))
            terms.append(Term(names[0]["ids"][0], english, chinese))
    if not terms:
        raise ValueError("expected a glossary with terms, got a page without any")
    return terms


def open_texts(page: nodes.document) -> list[nodes.Text]:
    """The running text of a page, in reading order."""
    return [text for text in page.findall(nodes.Text) if not _is_closed(text)]


def _is_closed(text: nodes.Text) -> bool:
    ancestor = text.parent
    while ancestor is not None:
        if isinstance(ancestor, CLOSED):
            return True
        ancestor = ancestor.parent
    return not isinstance(text.parent, nodes.TextElement)


def first_uses(terms: Sequence[Term], texts: Sequence[str]) -> list[tuple[Term, Place]]:
    """For each term that the texts use, where they use it first, by the rules above.

    No two places overlap: "self-attention" is not "attention" too. Longer names choose first.
    """
    uses: list[tuple[Term, Place]] = []
    for term in sorted(terms, key=lambda term: -max(map(len, term.english), default=0)):
        place = next(
            (
                place
                for place in _candidates(term, texts)
                if not any(place.overlaps(taken) for _, taken in uses)
            ),
            None,
        )
        if place:
            uses.append((term, place))
    return uses


def _candidates(term: Term, texts: Sequence[str]) -> Iterator[Place]:
    named = list(_matches([_whole_word(name) for name in term.english], texts))
    yield from (place for place in named if _is_introduced(term, place, texts))
    for place in named:
        word = texts[place.text][place.start : place.end].lower()
        if word not in EVERYDAY and word.removesuffix("s") not in EVERYDAY:
            yield place
    # A part of a longer Chinese word may be another term.
    yield from _matches([rf"(?<!{HAN}){re.escape(n)}(?!{HAN})" for n in term.chinese], texts)


def _whole_word(name: str) -> str:
    """A pattern for a name, also in the plural or beginning a sentence; LSTM is always LSTM."""
    first = f"[{name[0]}{name[0].upper()}]" if name[0].islower() else re.escape(name[0])
    return rf"(?<![\w-]){first}{re.escape(name[1:])}s?(?![\w-])"


def _matches(patterns: Sequence[str], texts: Sequence[str]) -> Iterator[Place]:
    for number, text in enumerate(texts):
        spans = [match.span() for pattern in patterns for match in re.finditer(pattern, text)]
        for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
            yield Place(number, start, end)


def _is_introduced(term: Term, place: Place, texts: Sequence[str]) -> bool:
    """Whether the Chinese name follows in brackets; emphasis may end between the two."""
    following = "".join([texts[place.text][place.end :], *texts[place.text + 1 : place.text + 2]])
    return any(
        re.match(rf"[\s,]*[(（][^()（）]*(?<!{HAN}){re.escape(name)}(?!{HAN})", following)
        for name in term.chinese
    )


def first_uses_in_chinese(terms: Sequence[Term], texts: Sequence[str]) -> list[tuple[Term, Place]]:
    """The same of a page in Chinese: one place for each term that it uses."""
    found: dict[Term, list[Place]] = {term: [] for term in terms}
    taken = [place for word in OTHER_WORDS for place in _matches([word], texts)]
    names = [(name, term) for term in terms for name in (*term.chinese, *term.english)]
    for name, term in sorted(names, key=lambda named: -len(named[0])):
        for place in _matches([_name_in_chinese(name)], texts):
            if not any(place.overlaps(other) for other in taken):
                taken.append(place)
                found[term].append(place)
    uses: list[tuple[Term, Place]] = []
    for term, places in found.items():
        places.sort(key=lambda place: (place.text, place.start))
        clear = [place for place in places if _is_clear(texts[place.text][place.start : place.end])]
        free = (
            place
            for place in (*_introductions(term, places, texts), *clear)
            if not any(place.overlaps(other) for _, other in uses)
        )
        uses += [(term, place) for place in islice(free, 1)]
    return uses


def _name_in_chinese(name: str) -> str:
    """A pattern for a name in a Chinese sentence, where a blank before letters may be missing.

    One in letters is a whole word, and no part of a phrase in another language.
    """
    if re.search(HAN, name):
        return re.escape(name).replace(r"\ ", " ?")
    return rf"(?<![A-Za-z0-9_-])(?<![A-Za-z,] ){re.escape(name)}(?![A-Za-z0-9_-])(?! [A-Za-z])"


def _is_clear(name: str) -> bool:
    """Whether a name means the term wherever it stands."""
    return len(name) > 1 and name not in EVERYDAY | EVERYDAY_IN_CHINESE


def _introductions(term: Term, places: Sequence[Place], texts: Sequence[str]) -> Iterator[Place]:
    """Where an English name follows in brackets: behind a name, or in bold behind a part of one."""
    bold = [
        Place(number, 0, len(text))
        for number, text in enumerate(texts)
        if text and any(name.endswith(text) for name in term.chinese)
    ]
    whole = [place for place in places if place.end - place.start > 1]
    for place in sorted({*bold, *whole}, key=lambda place: (place.text, place.start)):
        behind = "".join(texts[place.text : place.text + 3])[place.end :]
        english = "|".join(map(re.escape, term.english))
        if re.match(rf"[(（][^()（）]*(?<![A-Za-z-])(?:{english})s?(?![A-Za-z-])", behind, re.I):
            yield place


class LinkTerms(SphinxPostTransform):
    """Make the links on one page."""

    default_priority = 890  # before Chinese is marked as such, which divides texts
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        page, glossary = self.env.docname, self.config.glossary_page
        if not any(fnmatch(page, pattern) for pattern in self.config.glossary_link_pages):
            return
        if glossary not in self.env.found_docs:
            raise ExtensionError(
                f"expected the glossary in {glossary}, found no such page; set glossary_page"
            )
        texts = open_texts(self.document)
        places: dict[int, list[tuple[Place, Term]]] = {}
        terms = read_terms(self.env.get_doctree(glossary))
        find = first_uses_in_chinese if is_chinese(self.config) else first_uses
        for term, place in find(terms, texts):
            places.setdefault(place.text, []).append((place, term))
        for number, found in places.items():
            self.divide(texts[number], sorted(found, key=lambda item: item[0].start), glossary)

    def divide(self, text: nodes.Text, found: list[tuple[Place, Term]], glossary: str) -> None:
        """Put links into a text."""
        parts: list[nodes.Node] = []
        end = 0
        for place, term in found:
            parts.append(nodes.Text(text[end : place.start]))
            word = nodes.inline("", text[place.start : place.end], classes=["std", "std-term"])
            builder = self.app.builder
            parts.append(make_refnode(builder, self.env.docname, glossary, term.anchor, word))
            end = place.end
        parts.append(nodes.Text(text[end:]))
        text.parent.replace(text, [part for part in parts if part.astext()])


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("glossary_page", "book/glossary", "env")
    app.add_config_value("glossary_link_pages", [], "env")
    app.add_post_transform(LinkTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
