"""Whether two editions' runs of a notebook show the same numbers, tables and claims.

Words differ, and with them the order of the numbers in a line; so of each output the numbers are
compared as a collection, and of pictures only that there is one. A number that one edition has in
figures may be a word in the other: "four times", 4倍.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator

from nbformat import NotebookNode

from tools.notebooks.listing import code_cells, tags
from tools.notebooks.outputs import (
    EXPLORER,
    EXPLORER_KIND,
    IMAGES,
    claims_of,
    is_explorer,
    merge_streams,
)

# As in tools/notebooks/tolerances.py, but a Chinese character beside it ends a number.
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.,])(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
    r"(?:[eE][-+−]?[0-9]+)?(?![A-Za-z0-9_]|[.,][0-9])"
)
TEN_THOUSAND = re.compile(r"([0-9][0-9,]*(?:\.[0-9]+)?)\s?万")
ONES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
) | {"zeros": 0, "once": 1, "twice": 2}
TENS = {
    word: 10 * (place + 2)
    for place, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split())
}
HUNDRED, THOUSAND = {"hundred": 100}, {"thousand": 1000}
PARTS = {"tenth": "0.1", "hundredth": "0.01", "thousandth": "0.001"}
WORD = re.compile(r"[A-Za-z]+|[^A-Za-z\s-]")  # what else stands there ends a number
CHINESE = re.compile(r"[一二两三四五六七八九十百千零]+")
CHINESE_ONES = {character: value for value, character in enumerate("零一二三四五六七八九")} | {
    "两": 2
}
CHINESE_PLACES = {"十": 10, "百": 100, "千": 1000}
PACKED = re.compile(r"[A-Za-z0-9+/=]{40,}")  # base 64
MARKUP = re.compile(r"<[^>]*>")


def differences(english: NotebookNode, chinese: NotebookNode) -> Iterator[str]:
    """What the Chinese run shows otherwise, each in a sentence that names the cell."""
    pairs = zip(code_cells(english), code_cells(chinese), strict=True)
    for place, (one, other) in enumerate(pairs, start=1):
        if "setup" in tags(one):
            continue
        for problem in _cell_differences(one, other):
            yield f"code cell {place}, {_first_line(other)!r}: {problem}"
    held = [len(claims_of(notebook)) for notebook in (english, chinese)]
    if held[0] != held[1]:
        yield f"{held[0]} claims in English, {held[1]} in Chinese"


def _cell_differences(one: NotebookNode, other: NotebookNode) -> Iterator[str]:
    shown = [merge_streams(cell.outputs) for cell in (one, other)]
    kinds = [[_kind(output) for output in outputs] for outputs in shown]
    if kinds[0] != kinds[1]:
        yield f"shows {kinds[1] or 'nothing'}, in English {kinds[0] or 'nothing'}"
        return
    for a, b in zip(*shown, strict=True):
        before, after = Counter(_numbers(a)), Counter(_numbers(b))
        said = _in_words(a, in_english_words), _in_words(b, in_chinese_words)
        lost = [number for number in (before - after).elements() if number not in said[1]]
        new = [number for number in (after - before).elements() if number not in said[0]]
        if lost or new:
            listed = [", ".join(sorted(numbers)) or "none" for numbers in (new, lost)]
            yield f"other numbers: {listed[0]} in the place of {listed[1]}"


def _kind(output: NotebookNode) -> str:
    if output.output_type in ("stream", "error"):
        return output.output_type
    return " and ".join(sorted(output.data))


def _numbers(output: NotebookNode) -> list[str]:
    """The numbers that an output shows, without markup and pictures; an explorer's data whole."""
    if output.output_type == "error":
        return [output.ename]
    if is_explorer(output):
        data = EXPLORER.fullmatch(output.data[EXPLORER_KIND])["data"]
        return [json.dumps(leaf) for leaf in _leaves(json.loads(data))]
    return [
        number.replace(",", "")
        for text in _texts(output)
        for number in NUMBER.findall(_whole(text))
    ]


def _in_words(output: NotebookNode, read: Callable[[str], Iterator[str]]) -> set[str]:
    """The numbers that an output has as words, as they would be in figures."""
    return {number for text in _texts(output) for number in read(text)}


def _texts(output: NotebookNode) -> list[str]:
    """What an output shows in words and figures; nothing of an explorer, whose data count."""
    if output.output_type == "stream":
        return [output.text]
    if output.output_type == "error" or is_explorer(output):
        return []
    contents = (
        content if isinstance(content, str) else json.dumps(content)
        for kind, content in output.data.items()
        if kind not in IMAGES
    )
    return [MARKUP.sub(" ", content) for content in contents]


def _whole(text: str) -> str:
    """The text with 1万 as 10000."""
    return TEN_THOUSAND.sub(lambda found: f"{10_000 * float(found[1].replace(',', '')):.0f}", text)


def in_english_words(text: str) -> Iterator[str]:
    """The numbers that words of a text say: "thirty-two", "a hundred", "a thousandth"."""
    value, smallest = None, 0  # of what is being read, and below what the next word may add to it
    for word in [*WORD.findall(text.lower()), ""]:
        size = ONES.get(word, TENS.get(word))
        if size is not None and value is not None and 0 < size < smallest:
            value, smallest = value + size, 10 if word in TENS else 0
            continue
        factor = HUNDRED.get(word, THOUSAND.get(word))
        if factor and value:
            value, smallest = value * factor, factor
            continue
        if word == "and" and smallest >= 100:
            continue
        if value is not None:
            yield str(value)
        value = factor if size is None else size
        smallest = factor or (10 if word in TENS else 0)
        if word in PARTS:
            yield PARTS[word]


def in_chinese_words(text: str) -> Iterator[str]:
    """The numbers that Chinese numerals of a text say; not 一 alone, which is mostly no number."""
    for numeral in CHINESE.findall(text):
        value, digit = 0, None
        for character in numeral:
            if character in CHINESE_PLACES:
                value += (1 if digit is None else digit) * CHINESE_PLACES[character]
                digit = None
            else:
                digit = CHINESE_ONES[character]
        if numeral != "一":
            yield str(value + (digit or 0))


def _leaves(value: object) -> Iterator[int | float | str]:
    """The numbers in an explorer's data, and the texts that hold packed weights."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, str):
        if PACKED.fullmatch(value):
            yield value
    elif not isinstance(value, bool) and value is not None:
        yield value


def _first_line(cell: NotebookNode) -> str:
    return next(iter(cell.source.strip().splitlines()), "")
