"""How far the numbers of two runs may lie apart: what a training cell states in its metadata."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from tools.notebooks.listing import is_training

# A number stands alone: 0.5, -3, −3, +1, 1,234.5, 1e-5, 12 % and each end of 10-20. Digits that are
# part of a name are not numbers but text, which is compared exactly: mnist-5k, mnist-5, 7x7, 7×7,
# 29dB, x2, 10², 1.2.3, and (4,7,7), where no space follows the comma. Chinese has no space beside a
# number, 46秒, and its characters are no part of such a name.
LETTER = r"[^\W\u3400-\u9fff]"
NUMBER = re.compile(
    rf"""
    (?<! {LETTER} | [.,] ) (?<![A-Za-z_][-−]) (?<![0-9]×)
    [-+−]?
    (?: [0-9]{{1,3}} (?: ,[0-9]{{3}} )+ (?: \.[0-9]+ )? | [0-9]+ (?: \.[0-9]+ )? | \.[0-9]+ )
    (?: [eE] [-+−]? [0-9]+ )?
    (?! {LETTER} | [.,][0-9] | ×[0-9] )
    """,
    re.VERBOSE,
)


def numbers(text: str) -> list[float]:
    """The numbers in the text, in order."""
    return [float(n.replace(",", "").replace("−", "-")) for n in NUMBER.findall(text)]


def without_numbers(text: str) -> str:
    """The text with "#" for each number, and one space for several: widths of columns vary too."""
    return re.sub(r"\s+", " ", NUMBER.sub("#", text)).strip()


@dataclass(frozen=True)
class Tolerance:
    """Two numbers agree when they differ by at most `absolute + relative * (the larger size)`.

    With `words`, the output is text that a trained network wrote. A rounding on another machine may
    turn one of its choices, so that only the number of lines is compared; what holds of such text
    in every run is for the notebook's claims to check.

    A whole number counts something, parameters or epochs or sentences, so it has to be the same,
    and so has whatever stands in a claim, in a table's head or in the names of its rows. Two kinds
    of whole numbers have the tolerance nevertheless: percentages, and those of which `measured`
    names the table's column, or the words behind them in a printed line or at its beginning.
    """

    relative: float = 0.0
    absolute: float = 0.0
    words: bool = False
    measured: tuple[str, ...] = ()

    def allows(self, a: float, b: float) -> bool:
        return abs(a - b) <= self.absolute + self.relative * max(abs(a), abs(b))

    def __str__(self) -> str:
        return f"{self.absolute:g} + {self.relative:g} × the larger"


def tolerance_of(cell: NotebookNode) -> Tolerance | None:
    """What a cell tagged `training` states in its metadata; None for a cell compared exactly.

    Raises `ValueError` for a training cell without a tolerance, a tolerance without the tag, and a
    tolerance that is neither a number, {"relative": number, "absolute": number} nor "words". With
    the numbers, "measured" may stand, a list of words.
    """
    stated = cell.metadata.get("tolerance")
    if not is_training(cell):
        if stated is not None:
            raise ValueError("expected no tolerance in a cell without the tag 'training'")
        return None
    if stated is None:
        raise ValueError("expected a tolerance in a cell with the tag 'training', got none")
    if stated == "words":
        return Tolerance(words=True)
    parts = dict(stated) if isinstance(stated, Mapping) else {"relative": stated}
    measured = parts.pop("measured", [])
    are_words = isinstance(measured, list) and all(
        isinstance(word, str) and word.strip() for word in measured
    )
    sound = (
        parts
        and are_words
        and all(
            name in ("relative", "absolute")
            and isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(value)
            and value >= 0
            for name, value in parts.items()
        )
    )
    if not sound or parts.get("relative", 0) >= 1 or not any(parts.values()):
        raise ValueError(
            'expected as tolerance a number between 0 and 1, {"relative": number, '
            f'"absolute": number}} or "words", and "measured" as a list of words, got {stated!r}'
        )
    return Tolerance(**parts, measured=tuple(measured))


def columns_of(page: str) -> list[str]:
    """The names of the columns of a table as `drawing.tables` writes it; none of another page."""
    return [html.unescape(name) for name in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)]


def is_measured(number: re.Match, tolerance: Tolerance, columns: Sequence[str]) -> bool:
    """Whether this number, found in its line, has the tolerance; see `Tolerance`."""
    line, behind = number.string, number.string[number.end() :].lstrip()
    if line.startswith(("✓", "·")) or "<thead>" in line:
        return False
    column = ""
    if columns:
        # The cells behind it are counted: in the plain form two spaces or more divide them.
        cells = len(re.findall("<td", line[number.end() :]))
        if not line.startswith("<"):
            cells = len(re.findall(r"\s{2,}", line[number.end() :]))
        divided = line.startswith("<tr>") or re.search(r"\s{2,}", line)
        if divided and cells >= len(columns) - 1:
            return False  # the name of a row
        column = columns[-1 - cells] if divided else ""
    is_whole = re.fullmatch(r"[-+−]?[0-9,]+", number[0])
    is_share = "%" in column or behind.startswith("%")
    if columns:
        is_named = column in tolerance.measured
    else:
        is_named = behind.startswith(tolerance.measured) or line.startswith(tolerance.measured)
    return not is_whole or is_share or is_named
