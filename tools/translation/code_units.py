"""What of a code cell is translated: its comments, and its strings that a reader sees.

A unit of a comment is its text, with the lines that continue it. A unit of a string is what stands
between its quotes, as written, joined where it goes over several lines; the fields of an f-string
stay in it. Names, numbers and layout are the same in both editions.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass

MAGIC = re.compile(r"^(\s*)([%!].*)$", re.M)
LETTER = re.compile(r"[A-Za-z]")
# A string of these is no word of a language: a name, an address, a format, a key of a tensor.
NO_WORD = re.compile(
    r"[a-z0-9]*[_/.@#%{}=][\w./@#:%{}=+-]*|#[0-9a-fA-F]{3,8}|[A-Za-z]|https?://\S+"
)
# Punctuation behind a field, which Chinese writes otherwise.
MARK = re.compile(r"\}(?::(?![\w{])| %)")
FIELD = re.compile(r"\{(?!\{)[^{}]*(?:\{[^{}]*\}[^{}]*)*\}")
# What stays in one line: of a comment a word, of a literal also an escape and a field.
PARTS = re.compile(r"[\x21-\x7e]+ ?|.")
PARTS_OF_LITERALS = re.compile(
    r"\\(?:N\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)"
    r"|\{\{|\}\}|" + FIELD.pattern + r"|[\x21-\x5b\x5d-\x7a|~]+ ?|.",
    re.S,
)
TITLE = "# @title"  # what Colab makes a form's title of: a line of its own
FOR_TOOLS = ("noqa", "fmt:")  # how comments begin that are meant for programs
LINE = 85  # the longest line of a code cell


@dataclass(frozen=True)
class Place:
    """Where a unit stands in a cell: from the character `start` to before `end`."""

    unit: str
    kind: str  # "comment" or "string"
    start: int
    end: int
    prefix: str = ""  # of a string: f, r, b or nothing
    quote: str = '"'


def units(source: str) -> list[tuple[str, str]]:
    """The units of a cell and their kinds, "comment" or "string", in order."""
    return [(place.unit, place.kind) for place in places(source)]


def translate(source: str, translated: Callable[[str, str], str]) -> str:
    """The cell with each unit replaced by what `translated` gives for it.

    Raises `ValueError` if that is not the same program but for its strings.
    """
    result = source
    for place in reversed(places(source)):
        new = translated(place.unit, place.kind)
        if new == place.unit:
            continue
        margin = result[result.rfind("\n", 0, place.start) + 1 : place.start]
        has_lines = "\n" in result[place.start : place.end]
        if place.kind == "comment":
            lines = [new]
            if has_lines and not margin.strip():
                lines = [line.rstrip() for line in _wrap(new, LINE - len(margin) - 2, PARTS)]
            text = f"\n{margin}".join(f"# {line}" for line in lines)
        else:
            before, after = place.prefix + place.quote, place.quote
            lines = [new]
            if has_lines and len(place.quote) == 1:
                room = LINE - len(margin) - len(before + after) - 1  # a comma behind the last
                lines = _wrap(new, room, PARTS_OF_LITERALS)
            text = f"\n{' ' * len(margin)}".join(f"{before}{line}{after}" for line in lines)
        result = result[: place.start] + text + result[place.end :]
    if shape(result) != shape(source):
        raise ValueError(
            "expected a translation to change comments and strings alone, got another program:\n"
            + result
        )
    return result


def places(source: str) -> list[Place]:
    """Where the units of a cell are, in order."""
    plain = MAGIC.sub(lambda match: match[1] + "0" * len(match[2]), source)
    found = [*_comments(plain), *_strings(plain)]
    return sorted(found, key=lambda place: place.start)


def is_prose(unit: str) -> bool:
    """Whether a reader could want it in another language."""
    words = FIELD.sub("", unit).strip()
    is_text = LETTER.search(words) and not NO_WORD.fullmatch(words)
    return bool(is_text or MARK.search(unit))


def is_one_word(unit: str) -> bool:
    """Whether it may be a name of the code's: one word without a capital."""
    return bool(re.fullmatch(r"[a-z0-9-]+", unit))


def shape(source: str) -> str:
    """The program without its comments, its strings and their pieces: equal in both editions."""
    tree = ast.parse(MAGIC.sub(lambda match: match[1] + "0", source))
    for node in ast.walk(tree):
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                setattr(node, name, [_shape(child) for child in value])
            else:
                setattr(node, name, _shape(value))
    return ast.dump(tree)


def _shape(node: object) -> object:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ast.Constant("")
    if isinstance(node, ast.JoinedStr):
        fields = [ast.unparse(part) for part in node.values if isinstance(part, ast.FormattedValue)]
        return ast.Constant(" ".join(sorted(fields)))
    return node


def _offsets(source: str) -> list[int]:
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def _comments(source: str) -> Iterator[Place]:
    starts = _offsets(source)
    lines = source.splitlines()
    block: list[tuple[int, int, str, int, bool]] = []
    tokens = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    for token in tokens:
        row, column = token.start
        start = starts[row - 1] + column
        own_line = not lines[row - 1][:column].strip()
        follows = (
            block
            and own_line
            and block[-1][4]
            and block[-1][0] == row - 1
            and block[-1][3] == column
            and not block[-1][2].startswith(TITLE)
        )
        if not follows:
            yield from _comment(block)
            block = []
        block.append((row, start, token.string, column, own_line))
    yield from _comment(block)


def _comment(block: list[tuple[int, int, str, int, bool]]) -> Iterator[Place]:
    text = " ".join(part[2].lstrip("#").strip() for part in block)
    if block and not text.startswith(FOR_TOOLS) and LETTER.search(text):
        yield Place(text, "comment", block[0][1], block[-1][1] + len(block[-1][2]))


def _strings(source: str) -> Iterator[Place]:
    starts = _offsets(source)
    lines = source.splitlines(keepends=True)

    def offset(row: int, column: int) -> int:
        """Of a place that `ast` counts in bytes."""
        return starts[row - 1] + len(lines[row - 1].encode()[:column].decode())

    inside: set[int] = set()  # what belongs to an f-string that was seen
    for node in ast.walk(ast.parse(source)):
        if id(node) in inside:
            continue
        if isinstance(node, ast.JoinedStr):
            inside.update(id(child) for child in ast.walk(node))
        elif not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            continue
        start, end = (
            offset(node.lineno, node.col_offset),
            offset(node.end_lineno, node.end_col_offset),
        )
        place = _string(source[start:end], start, end)
        if place and is_prose(place.unit):
            yield place


def _string(literal: str, start: int, end: int) -> Place | None:
    """The literal, or several that Python joins, as one unit; none if it is not ours to change."""
    pieces, prefix, quote = [], "", '"'
    position = 0
    pattern = re.compile(r"([A-Za-z]*)(\"\"\"|'''|\"|')((?:\\.|(?!\2).)*?)\2", re.S)
    while match := pattern.search(literal, position):
        pieces.append((match[1].lower(), match[3]))
        quote = match[2] if len(match[2]) == 3 or match[2] == "'" else quote
        prefix = max(prefix, match[1].lower(), key=len)
        position = match.end()
    if not pieces or any("b" in piece[0] for piece in pieces):
        return None
    # A piece without fields beside one with fields: its braces mean themselves.
    text = "".join(
        piece if piece_prefix == prefix else piece.replace("{", "{{").replace("}", "}}")
        for piece_prefix, piece in pieces
    )
    return Place(text, "string", start, end, prefix, quote)


def _wrap(text: str, width: int, parts: re.Pattern) -> list[str]:
    """Lines no wider than `width`, where a Chinese character takes the room of two letters."""
    lines, line, room = [], "", width
    for part in parts.findall(text):
        size = sum(1 if ord(c) < 0x2E80 else 2 for c in part)
        if size > room and line and part not in "，。；：、）":
            lines.append(line)
            line, room = "", width
        line += part
        room -= size
    return [*lines, line]
