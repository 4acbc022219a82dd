"""What of a Markdown text is translated: its headings, paragraphs, list items and table cells.

A unit is the Markdown of one of them as Sphinx's gettext keys it, in one line. Everything around
it, from the sign of a list to a directive's options, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

EXTENSIONS = {"amsmath", "colon_fence", "deflist", "dollarmath"}  # as in _config.yml
# What says the same in every language: code, formulas, citations, addresses, numbers and marks.
SAME = re.compile(
    r"`[^`]*`|\$[^$]*\$|\{cite:[pt]\}`[^`]*`|\(\S+\)|https?://\S+|\b[\d.,]+\b|&\w+;|<[^>]*>"
)
LETTER = re.compile(r"[A-Za-z]")
HTML_TEXT = re.compile(r">([^<>]*[A-Za-z][^<>]*)<")
# Between the lines of one paragraph: an indent, or the signs of a quotation.
BREAK = r"[ \t]*\n[ \t>]*"
# Directives whose text is the book's own prose, and where a unit stands in one of their lines.
DIRECTIVE_LINES = {
    "{chapter-cards}": re.compile(r"^\S+: (.+)$", re.M),
    "{raw} html": HTML_TEXT,
}
# Of commands only what is said beside them.
COMMENTS = {"sh": re.compile(r"(?:^| )# (.+)$", re.M)}
DIRECTIVE_BLOCKS = {"{glossary}", "{note}"}


@dataclass(frozen=True)
class Place:
    """Where a unit stands in a text: from the character `start` to before `end`."""

    unit: str
    start: int
    end: int


def units(text: str) -> list[str]:
    """The units of a Markdown text, in order."""
    return [place.unit for place in places(text)]


def translate(text: str, translated: Callable[[str], str]) -> str:
    """The text with each unit replaced by what `translated` gives for it, in one line."""
    for place in reversed(list(places(text))):
        text = text[: place.start] + translated(place.unit) + text[place.end :]
    return text


def shown_text(unit: str) -> str:
    """What a reader sees of a unit: its text without the signs of Markdown, formulas and code."""
    (block,) = (t for t in _parser().parse(unit) if t.type == "inline")
    return "".join(child.content for child in block.children or () if child.type == "text")


def headings(text: str) -> Iterator[str]:
    """The text of each heading, without signs of Markdown."""
    tokens = _parser().parse(text)
    for before, token in pairwise(tokens):
        if before.type == "heading_open":
            yield "".join(child.content for child in token.children or ())


def places(text: str) -> Iterator[Place]:
    """Where the units of a Markdown text are, in order and without overlaps."""
    starts = [0]  # of each line
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    end = 0  # of the unit before, where the next one is looked for: cells share a line
    for token in _parser().parse(text):
        if token.map is None:
            continue
        # A term of a definition list ends, says its token, on the line where it begins.
        begin = max(end, starts[token.map[0]])
        stop = starts[max(token.map[1], token.map[0] + 1)]
        found: list[Place] = []
        if token.type == "inline":
            found = [_find(text, token.content, begin, stop)]
        elif token.type == "html_block":
            found = _matches(HTML_TEXT, text, begin, stop)
        elif token.type in ("fence", "colon_fence"):
            found = list(_in_directive(token.info.strip(), token.content, text, begin, stop))
        for place in found:
            if is_prose(place.unit):
                yield place
            end = place.end


def is_prose(unit: str) -> bool:
    """Whether another language would say it with other words."""
    return bool(LETTER.search(SAME.sub("", unit)))


def _find(text: str, content: str, begin: int, stop: int) -> Place:
    lines = [line.strip() for line in content.split("\n")]
    match = re.compile(BREAK.join(map(re.escape, lines))).search(text, begin, stop)
    if match is None:
        raise ValueError(f"expected to find again what was parsed, {content!r}; write it plainer")
    return Place(" ".join(lines), match.start(), match.end())


def _matches(pattern: re.Pattern, text: str, begin: int, stop: int) -> list[Place]:
    found = []
    for match in pattern.finditer(text, begin, stop):
        inside = match.group(1).strip()
        start = match.start(1) + match.group(1).index(inside)
        found.append(Place(" ".join(inside.split()), start, start + len(inside)))
    return found


def _in_directive(info: str, body: str, text: str, begin: int, stop: int) -> Iterator[Place]:
    if info in DIRECTIVE_LINES:
        yield from _matches(DIRECTIVE_LINES[info], text, begin, stop)
    elif info in COMMENTS:
        yield from _matches(COMMENTS[info], text, begin, stop)
    elif info in DIRECTIVE_BLOCKS:
        offset = text.index(body, begin)
        if info == "{glossary}":
            # Its names are the same in both editions; what they mean stands indented below.
            for match in re.finditer(r"^  \S.*(?:\n  \S.*)*", body, re.M):
                lines = [line.strip() for line in match.group().split("\n")]
                yield Place(" ".join(lines), offset + match.start() + 2, offset + match.end())
        else:
            for place in places(body):
                yield Place(place.unit, offset + place.start, offset + place.end)


@cache
def _parser() -> MarkdownIt:
    """The parser of the pages, so that a unit here is a unit there."""
    from markdown_it.renderer import RendererHTML

    return create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)
