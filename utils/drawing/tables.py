"""Tables of results, the same on the page, in Colab and on GitHub."""

import re
from collections.abc import Sequence
from html import escape, unescape
from numbers import Integral, Real
from typing import NamedTuple

from IPython.display import display

from ..wording.letters import letters
from ..wording.names import called

Cell = str | int | float

# What is read as a number, or as several: 1,234.5, < 0.1 %, 67–72, 4 / 23, 12 ± 3 dB, 88 [84, 91].
NUMBERS = re.compile(
    r"(?=.*\d)[\d.,:+±×/<>≤≥≈~%()（）\[\]…\s–−-]+(?:d?B|bits?|bytes?|ms|s|比特|字节|毫秒|秒)?"
)
NO_NUMBER = {"", "–", "—", "-", "nan"}  # stands in a column of numbers where there is none
# An interval behind a share, which goes to the next line whole: left to itself a browser breaks it
# behind its dash, since a Chinese bracket keeps to what stands before it.
CHINESE_INTERVAL = re.compile(r"%(（\d+–)")
MAY_BREAK, MAY_NOT_BREAK = "\N{ZERO WIDTH SPACE}", "\N{WORD JOINER}"
HEAD = '<table class="dataframe">\n<caption>'


def show_table(
    columns: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str, decimals: int = 2
) -> None:
    """Display a table; the first column names the row, floats get `decimals` places.

    Columns of numbers, be they given as text, stand right, so that their digits are in line.
    NumPy's numbers are numbers too. Texts that are names are shown as what they are `called`.
    Raises `ValueError` when a row has more or fewer cells than there are columns, and `TypeError`
    for a cell that is neither text nor number.
    """
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(
                f"expected {len(columns)} cells in every row, got {len(row)} in {list(row)!r}"
            )
    columns = [called(name) for name in columns]
    texts = [[_format(cell, decimals) for cell in row] for row in rows]
    display(
        {
            "text/html": _as_html(columns, texts, caption),
            "text/plain": _as_text(columns, texts, caption),
        },
        raw=True,
    )


class Table(NamedTuple):
    """What a table says: each row has as many cells as there are columns."""

    columns: list[str]
    rows: list[list[str]]
    caption: str


def read_table(page: str) -> Table | None:
    """The table that `show_table` has made the HTML of; None for any other HTML."""
    if not page.startswith(HEAD):
        return None
    (caption,) = re.findall("<caption>(.*?)</caption>", page, re.DOTALL)
    columns, *rows = (
        [
            unescape(text).replace(MAY_BREAK, "").replace(MAY_NOT_BREAK, "")
            for text in re.findall("<t[hd]\\b[^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall("<tr>(.*?)</tr>", page, re.DOTALL)
    )
    return Table(columns, rows, unescape(caption))


def relaid(page: str) -> str:
    """The HTML of a stored table as `show_table` lays it out today; any other HTML as it is."""
    table = read_table(page)
    return page if table is None else _as_html(*table)


def _format(cell: Cell, decimals: int) -> str:
    if isinstance(cell, str):
        return called(cell)
    if isinstance(cell, Integral):
        return f"{int(cell):,}"
    if isinstance(cell, Real):
        return f"{float(cell):,.{decimals}f}"
    raise TypeError(
        f"expected text or a number in a cell, got {type(cell).__name__}; a tensor of one number "
        "has .item()"
    )


def _as_html(columns: Sequence[str], texts: Sequence[Sequence[str]], caption: str) -> str:
    def cell(tag: str, text: str, number: bool, scope: str = "") -> str:
        if number:
            text = CHINESE_INTERVAL.sub(f"%{MAY_BREAK}\\1{MAY_NOT_BREAK}", text)
        style = ' style="text-align: right"' if number else ' style="text-align: left"'
        return f"<{tag}{scope}{style}>{escape(text)}</{tag}>"

    # The first column names the row, be the name a number.
    numeric = [i > 0 and are_numbers([row[i] for row in texts]) for i in range(len(columns))]
    head = "".join(cell("th", name, numeric[i], ' scope="col"') for i, name in enumerate(columns))
    body = "\n".join(
        "<tr>"
        + cell("th", text[0], False, ' scope="row"')
        + "".join(cell("td", text[i], numeric[i]) for i in range(1, len(columns)))
        + "</tr>"
        for text in texts
    )
    return (
        f"{HEAD}{escape(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )


def are_numbers(column: Sequence[str]) -> bool:
    """Whether all cells are numbers, or say that there is none."""
    given = [text for text in column if text.strip() not in NO_NUMBER]
    return bool(given) and all(NUMBERS.fullmatch(text) for text in given)


def _as_text(columns: Sequence[str], texts: Sequence[Sequence[str]], caption: str) -> str:
    widths = [
        max(letters(line[i]) for line in [list(columns), *texts]) for i in range(len(columns))
    ]

    def padded(text: str, width: int, left: bool) -> str:
        blanks = " " * (width - letters(text))
        return text + blanks if left else blanks + text

    lines = [
        "  ".join(
            padded(text, width, left=i == 0)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in [list(columns), *texts]
    ]
    return "\n".join([caption, *lines])
