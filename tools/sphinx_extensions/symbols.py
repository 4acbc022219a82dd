"""The symbols of a formula, and the rows of book/notation.md that say what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ACCENTS = {"hat", "tilde", "dot", "bar", "overrightarrow", "overleftarrow", "mathcal", "mathbb"}
NAMES = {"operatorname", "mathrm"}  # what follows is one symbol, however many letters it has
SIGNS = {"odot", "nabla"}
GREEK = {"alpha", "eta", "theta", "mu", "sigma", "Sigma", "varepsilon", "lambda", "pi"}
FUNCTIONS = {"mean", "cov", "var"}  # words that say what they mean
COUNTING = {"i", "j", "t"}  # letters that count, below a letter or alone
CONSTANTS = {"e"}
PLACE = "place"  # an index that names one place: 3, i, the last one


def read_argument(text: str, start: int) -> tuple[str, int]:
    """What a command or an index applies to, without its braces, and where it ends."""
    while text[start] == " ":
        start += 1
    if text[start] == "{":
        depth = 0
        for end in range(start, len(text)):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if depth == 0:
                return text[start + 1 : end], end + 1
        raise ValueError(f"expected a closing brace in {text!r}")
    if command := re.match(r"\\[A-Za-z]+", text[start:]):
        return command.group(), start + command.end()
    return text[start], start + 1


def kind_of_index(index: str) -> str:
    index = index.replace(" ", "").replace(",", "")
    if index in {"t", "t-1", "t+1"}:
        return "t"
    if index == "j":
        return "j"
    if index in {"tj", "ti"}:
        return "tj"
    if re.fullmatch(r"\d+|i|m|J|t-\d+", index):
        return PLACE
    return index  # a name, as in W_c


def symbols_in(formula: str) -> set[str]:
    """The symbols of a formula, such as `x`, `x_t`, `\\hat x` or `W_c`; `x_place` for x_3."""
    found = set()
    position = 0
    while position < len(formula):
        base = None
        if command := re.match(r"\\([A-Za-z]+)", formula[position:]):
            name = command.group(1)
            position += command.end()
            if name in ACCENTS:
                argument, position = read_argument(formula, position)
                base = f"\\{name} {argument}"
            elif name in NAMES:
                base, position = read_argument(formula, position)
                base = None if base in FUNCTIONS else base
            elif name in {"begin", "end", "text"}:
                _, position = read_argument(formula, position)
            elif name in GREEK | SIGNS:
                base = f"\\{name}"
        elif formula[position] == "\\":
            position += 2  # a space or a brace that is printed
        elif formula[position].isascii() and formula[position].isalpha():
            base = formula[position]
            position += 1
        else:
            position += 1
            if formula[position - 1] not in "_^":
                continue
            # An index of a sign, as below a sum, declares a letter that counts.
            argument, position = read_argument(formula, position)
            if formula[position - len(argument) - 1] == "^" or "=" not in argument:
                found |= symbols_in(argument)
            continue
        index = ""
        while position < len(formula) and formula[position] in "_'":
            if formula[position] == "'":
                base = f"{base}'" if base else None
                position += 1
            else:
                argument, position = read_argument(formula, position + 1)
                if base:
                    index = f"_{kind_of_index(argument)}"
                    found |= symbols_in(argument) & {"m", "J"}
        if base and not (index == "" and base in COUNTING | CONSTANTS):
            found.add(base + index)
    return found


def matches(symbol: str, other: str) -> bool:
    """Whether they are the same, or one is a place of the other: x_3 of x, x_t, h_j or u_tj."""
    for one, two in ((symbol, other), (other, symbol)):
        base, _, index = one.partition("_")
        if index == PLACE and two in {base, f"{base}_t", f"{base}_j", f"{base}_tj"}:
            return True
        if index == "j" and two == base:
            return True
    return symbol == other


@dataclass(frozen=True)
class Row:
    """A row of the notation page: its symbols, as `symbols_in` reads them, and where they hold."""

    symbols: tuple[str, ...]
    places: tuple[str, ...]


def rows_for(formula: str, rows: Sequence[Row], place: str) -> list[int]:
    """The numbers of the rows that say what the formula's symbols mean in that place, ascending.

    A symbol without a row for the place has none: elsewhere the same letter may mean another thing.
    """
    valid = {
        symbol: number
        for number, row in enumerate(rows)
        if place in row.places
        for symbol in row.symbols
    }
    found = {_row_of(symbol, valid) for symbol in symbols_in(formula)}
    return sorted(number for number in found if number is not None)


def _row_of(symbol: str, valid: dict[str, int]) -> int | None:
    """A place of a sequence is explained by the symbol with the index, if any: x_3 by x_t."""
    base, _, index = symbol.partition("_")
    candidates: Iterable[str] = (symbol,)
    if index == PLACE:
        candidates = (symbol, f"{base}_t", f"{base}_j", f"{base}_tj", base)
    elif index == "j":
        candidates = (symbol, base)
    return next((valid[name] for name in candidates if name in valid), None)
