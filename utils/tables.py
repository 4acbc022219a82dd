"""Tables of results, the same on the page, in Colab and on GitHub."""

from collections.abc import Sequence
from html import escape

from IPython.display import display

Cell = str | int | float


def show_table(
    columns: Sequence[str], rows: Sequence[Sequence[Cell]], caption: str, decimals: int = 2
) -> None:
    """Display a table; the first column names the row, floats get `decimals` places.

    Raises `ValueError` when a row has more or fewer cells than there are columns.
    """
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(
                f"expected {len(columns)} cells in every row, got {len(row)} in {list(row)!r}"
            )
    texts = [[_format(cell, decimals) for cell in row] for row in rows]
    display(
        {
            "text/html": _as_html(columns, rows, texts, caption),
            "text/plain": _as_text(columns, texts, caption),
        },
        raw=True,
    )


def _format(cell: Cell, decimals: int) -> str:
    if isinstance(cell, float):
        return f"{cell:,.{decimals}f}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _as_html(columns, rows, texts, caption) -> str:
    def cell(tag: str, text: str, number: bool, scope: str = "") -> str:
        style = ' style="text-align: right"' if number else ' style="text-align: left"'
        return f"<{tag}{scope}{style}>{escape(text)}</{tag}>"

    numeric = [all(isinstance(row[i], int | float) for row in rows) for i in range(len(columns))]
    head = "".join(cell("th", name, numeric[i], ' scope="col"') for i, name in enumerate(columns))
    body = "\n".join(
        "<tr>"
        + cell("th", text[0], False, ' scope="row"')
        + "".join(cell("td", text[i], numeric[i]) for i in range(1, len(columns)))
        + "</tr>"
        for text in texts
    )
    return (
        f'<table class="dataframe">\n<caption>{escape(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
    )


def _as_text(columns, texts, caption) -> str:
    widths = [max(len(line[i]) for line in [list(columns), *texts]) for i in range(len(columns))]
    lines = [
        "  ".join(
            text.ljust(width) if i == 0 else text.rjust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in [list(columns), *texts]
    ]
    return "\n".join([caption, *lines])
