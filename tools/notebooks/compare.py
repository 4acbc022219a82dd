"""Are the outputs of two runs of a notebook the same?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from tools.notebooks.outputs import EXPLORER, EXPLORER_KIND, IMAGES, alt_texts, is_explorer
from tools.notebooks.store import clean
from tools.notebooks.tolerances import (
    NUMBER,
    Tolerance,
    columns_of,
    is_measured,
    numbers,
    tolerance_of,
    without_numbers,
)


@dataclass(frozen=True)
class Difference:
    """Something in which a fresh run differs from what is stored."""

    what: str
    stored: str = ""
    fresh: str = ""
    cell: int = 0  # counted from 1, Markdown cells included; 0: the notebook as a whole
    source: str = ""  # the cell's first line

    def __str__(self) -> str:
        place = f"cell {self.cell} `{self.source}`: " if self.cell else ""
        text = f"{place}{self.what}"
        if self.stored or self.fresh:
            text += f"\n    stored: {self.stored}\n    fresh:  {self.fresh}"
        return text


def compare(stored: NotebookNode, fresh: NotebookNode) -> list[Difference]:
    """All differences between the outputs of two runs of a notebook, but for the pictures' pixels.

    Cells tagged `training` may differ in their numbers, within the tolerance that each states.
    """
    old_cells, new_cells = clean(stored).cells, clean(fresh).cells
    differences = []
    if len(old_cells) != len(new_cells):
        differences.append(
            Difference("the number of cells differs", str(len(old_cells)), str(len(new_cells)))
        )
    for number, (old, new) in enumerate(zip(old_cells, new_cells, strict=False), start=1):
        first_line = next(iter(old.source.strip().splitlines()), "")
        differences += [
            Difference(d.what, d.stored, d.fresh, number, first_line)
            for d in _compare_cells(old, new)
        ]
    return differences


def _compare_cells(old: NotebookNode, new: NotebookNode) -> Iterator[Difference]:
    if old.cell_type != new.cell_type or old.source != new.source:
        line = _first_difference(old.source, new.source)
        yield Difference("the cell itself is another", *line)
        return
    if old.cell_type != "code":
        return
    try:
        tolerance = tolerance_of(old)
    except ValueError as error:
        yield Difference(str(error))
        return
    kinds = [_kind(output) for output in old.outputs], [_kind(output) for output in new.outputs]
    if kinds[0] != kinds[1]:
        yield Difference("the outputs differ in number or kind", *map(_list_kinds, kinds))
        return
    for old_output, new_output in zip(old.outputs, new.outputs, strict=True):
        if is_explorer(old_output) != is_explorer(new_output):
            yield Difference("one of the two is an explorer, the other is not")
            continue
        yield from _compare_alt_texts(old_output, new_output)
        for (name, old_text), (_, new_text) in zip(
            _texts(old_output, tolerance is None),
            _texts(new_output, tolerance is None),
            strict=True,
        ):
            if tolerance is None or is_explorer(old_output):
                yield from _compare_exactly(name, old_text, new_text)
            else:
                columns = columns_of(old_output.get("data", {}).get("text/html", ""))
                yield from _compare_numbers(name, old_text, new_text, tolerance, columns)


def _kind(output: NotebookNode) -> str:
    if output.output_type == "stream":
        return output.name
    if output.output_type == "error":
        return f"error {output.ename}"
    return f"{output.output_type} of " + " and ".join(sorted(output.data))


def _list_kinds(kinds: Sequence[str]) -> str:
    return "; ".join(kinds) or "no output"


def _texts(output: NotebookNode, exact: bool) -> list[tuple[str, str]]:
    """All that is compared of an output: (name, text), pictures left out."""
    if output.output_type == "stream":
        return [(output.name, output.text)]
    if output.output_type == "error":
        return [("error", output.evalue)]
    if is_explorer(output):
        return [(EXPLORER_KIND, explorer_outline(output.data[EXPLORER_KIND], exact))]
    return [
        (kind, content if isinstance(content, str) else json.dumps(content, sort_keys=True))
        for kind, content in sorted(output.data.items())
        if kind not in IMAGES
    ]


def explorer_outline(page: str, exact: bool) -> str:
    """An explorer without its picture, and, unless `exact`, without what training makes in it.

    Trained weights are for the site's tests to check: they compare what the page computes with what
    PyTorch does. Here, the form of the data has to be the same, and all words in it.
    """
    found = EXPLORER.fullmatch(page)
    data = found["data"] if exact else json.dumps(_outline(json.loads(found["data"])))
    pieces = [page[: found.start("data")], data, "(picture)", found["script"]]
    return "\n".join(pieces)


def _outline(value: object) -> object:
    """Dictionaries by their keys, packed tensors by shape and kind, lists of numbers as such."""
    if isinstance(value, Mapping):
        if {"shape", "kind", "values"} <= value.keys():
            return [value["kind"], *value["shape"]]
        return {key: _outline(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_outline(item) for item in value]
        has_words = any(isinstance(item, str) for item in value)
        # How many there are of what training made may vary, but no word may be missing.
        return items if has_words or any(item != items[0] for item in items) else items[:1]
    return "number" if isinstance(value, int | float) else value


def _compare_alt_texts(old: NotebookNode, new: NotebookNode) -> Iterator[Difference]:
    new_texts = alt_texts(new)
    for kind, alt in alt_texts(old).items():
        if alt != new_texts[kind]:
            yield Difference(f"the alt text of {kind} differs", str(alt), str(new_texts[kind]))


def _compare_exactly(name: str, old: str, new: str) -> Iterator[Difference]:
    if old != new:
        yield Difference(f"{name} differs", *_first_difference(old, new))


def _compare_numbers(
    name: str, old: str, new: str, tolerance: Tolerance, columns: Sequence[str]
) -> Iterator[Difference]:
    """Line by line: the words and what is counted exactly, other numbers within the tolerance."""
    old_lines, new_lines = old.strip().splitlines(), new.strip().splitlines()
    if len(old_lines) != len(new_lines):
        yield Difference(
            f"{name} differs in its number of lines", str(len(old_lines)), str(len(new_lines))
        )
        return
    if tolerance.words:
        return
    for old_line, new_line in zip(old_lines, new_lines, strict=True):
        if without_numbers(old_line) != without_numbers(new_line):
            yield Difference(f"{name} differs in more than numbers", old_line, new_line)
            continue
        far, counted = [], []
        for one, other in zip(NUMBER.finditer(old_line), NUMBER.finditer(new_line), strict=True):
            (a,), (b,) = numbers(one[0]), numbers(other[0])
            if not is_measured(one, tolerance, columns):
                counted += [f"{one[0]} and {other[0]}"] if a != b else []
            elif not tolerance.allows(a, b):
                far.append(f"{a:g} and {b:g}")
        if counted:
            what = f"{name} differs in what is not measured: {', '.join(counted)}"
            yield Difference(what, old_line, new_line)
        if far:
            what = f"{name} differs by more than {tolerance}: {', '.join(far)}"
            yield Difference(what, old_line, new_line)


def _first_difference(old: str, new: str) -> tuple[str, str]:
    """The first line in which two texts differ, from both; "(nothing)" after the end of one."""
    old_lines, new_lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for i in range(max(len(old_lines), len(new_lines))):
        a, b = ("".join(lines[i : i + 1]) for lines in (old_lines, new_lines))
        if a != b:
            if a.rstrip() == b.rstrip():  # the difference is in the white space: make it visible
                return repr(a), repr(b)
            return a.rstrip() or "(nothing)", b.rstrip() or "(nothing)"
    return "", ""
