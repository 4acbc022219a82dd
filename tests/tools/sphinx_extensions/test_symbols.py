"""tools/sphinx_extensions/symbols.py: which rows of the notation page explain a formula.

How formulas are read, tests/book/test_notation.py tests on the book's own.
"""

import pytest

from tools.sphinx_extensions.symbols import Row, rows_for

X = Row(("x",), ("0", "1", "4"))
X_T = Row(("x_t",), ("0", "4"))
H_J = Row(("h_j",), ("5",))
WEIGHTS = Row(("W_x", "W_h"), ("0",))
SCORE = Row(("u_tj",), ("this page",))
ROWS = [X, X_T, H_J, WEIGHTS, SCORE]


@pytest.mark.parametrize(
    ("formula", "place", "rows"),
    [
        (r"\(h_t = W_x x_t\)", "0", [X_T, WEIGHTS]),
        (r"\(W_x + W_h\)", "0", [WEIGHTS]),
        (r"\(x_1\)", "0", [X_T]),  # a place of the sequence, where there is one
        (r"\(x_1\)", "1", [X]),  # elsewhere a number of the image
        (r"\(x\)", "0", [X]),
        (r"\(h_3\)", "5", [H_J]),
        (r"\(h_3\)", "1", []),
        (r"\(x\)", "5", []),  # what it means in another chapter is not what it means here
        (r"\(u_{tj}\)", "5", []),
        (r"\(2 \cdot 3 = 6\)", "0", []),
        (r"\(x\)", "", []),
    ],
)
def test_rows(formula: str, place: str, rows: list[Row]) -> None:
    assert [ROWS[number] for number in rows_for(formula, ROWS, place)] == rows
