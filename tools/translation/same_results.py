"""Whether two editions' runs of a notebook show the same numbers, tables and claims.

Words differ, and with them the order of the numbers in a line; so of each output the numbers are
compared as a collection, and of pictures only that there is one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from nbformat import NotebookNode

from tools.notebooks.listing import code_cells, tags
from tools.notebooks.outputs import EXPLORER, EXPLORER_KIND, IMAGES, claims_of, is_explorer

# As in tools/notebooks/tolerances.py, but a Chinese character beside it ends a number.
NUMBER = re.compile(
    r"(?<![A-Za-z0-9_.,])(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
    r"(?:[eE][-+−]?[0-9]+)?(?![A-Za-z0-9_]|[.,][0-9])"
)
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
    kinds = [[_kind(output) for output in cell.outputs] for cell in (one, other)]
    if kinds[0] != kinds[1]:
        yield f"shows {kinds[1] or 'nothing'}, in English {kinds[0] or 'nothing'}"
        return
    for a, b in zip(one.outputs, other.outputs, strict=True):
        before, after = Counter(_numbers(a)), Counter(_numbers(b))
        if before != after:
            lost, new = sorted((before - after).elements()), sorted((after - before).elements())
            yield f"other numbers: {', '.join(new)} in the place of {', '.join(lost)}"


def _kind(output: NotebookNode) -> str:
    if output.output_type in ("stream", "error"):
        return output.output_type
    return " and ".join(sorted(output.data))


def _numbers(output: NotebookNode) -> list[str]:
    """The numbers that an output shows, without markup and pictures; an explorer's data whole."""
    if output.output_type == "stream":
        return NUMBER.findall(output.text)
    if output.output_type == "error":
        return [output.ename]
    if is_explorer(output):
        data = EXPLORER.fullmatch(output.data[EXPLORER_KIND])["data"]
        return [json.dumps(leaf) for leaf in _leaves(json.loads(data))]
    texts = (
        content if isinstance(content, str) else json.dumps(content)
        for kind, content in output.data.items()
        if kind not in IMAGES
    )
    return [number for text in texts for number in NUMBER.findall(MARKUP.sub(" ", text))]


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
