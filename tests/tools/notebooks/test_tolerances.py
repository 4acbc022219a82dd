"""tools/notebooks/tolerances.py: numbers in a text, and how far they may lie apart."""

import copy

import pytest
from made_notebooks import notebook, table, trained

from tools.notebooks.compare import compare
from tools.notebooks.tolerances import Tolerance, numbers, tolerance_of, without_numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("29.3 dB", [29.3]),
        ("1,234.5 and 12,345,678", [1234.5, 12345678]),
        ("-3, −4.5, +2", [-3, -4.5, 2]),
        ("12% of 0.5", [12, 0.5]),
        ("1e-5 2.5E+03 1e−4", [1e-5, 2500, 1e-4]),
        (".25", [0.25]),
        ("from 10-20 and 3–4", [10, 20, 3, 4]),
        ("<td>7.50</td>", [7.5]),
        ("[0.5, -1.25]", [0.5, -1.25]),
        ("loss: 0.5.", [0.5]),
        ("0.91±0.02", [0.91, 0.02]),
        ("2.5× smaller", [2.5]),
        ("第2个头：平均46秒，误差0.5%", [2, 46, 0.5]),
    ],
)
def test_numbers_are_found(text: str, expected: list[float]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("7x7", "7×7", "17×17", "mnist-5k", "mnist-5", "chapter_2", "x2", "29dB", "10²"),
        *("1.2.3", "(4,7,7)", "#0072B2", "1,2345", "h1"),
    ],
)
def test_digits_in_a_name_are_text(text: str) -> None:
    assert numbers(text) == []
    assert without_numbers(text) == text


def test_widths_of_columns_do_not_count() -> None:
    assert without_numbers("net    9.9  1") == without_numbers("net  10.25  1")
    assert without_numbers("net 9.9") != without_numbers("pca 9.9")


def test_tag_and_tolerance_need_each_other() -> None:
    for wrong in (notebook(table("1"), tagged=True), notebook(table("1"), tolerance=0.1)):
        (difference,) = compare(wrong, copy.deepcopy(wrong))
        assert "tolerance" in difference.what


def test_tolerance_adds_absolute_and_relative() -> None:
    tolerance = Tolerance(relative=0.1, absolute=0.5)
    assert tolerance.allows(10.0, 11.5)
    assert tolerance.allows(-10.0, -11.5)
    assert not tolerance.allows(10.0, 11.8)
    assert Tolerance(absolute=0.3).allows(0.1, -0.1)
    assert not Tolerance(relative=0.3).allows(0.1, -0.1)


def test_both_forms_of_a_tolerance_are_read() -> None:
    assert tolerance_of(trained("1", 0.05).cells[1]) == Tolerance(relative=0.05)
    stated = {"relative": 0.1, "absolute": 2}
    assert tolerance_of(trained("1", stated).cells[1]) == Tolerance(0.1, 2)
    assert tolerance_of(trained("1", {"absolute": 2}).cells[1]) == Tolerance(0.0, 2)
    stated = {"absolute": 2, "measured": ["words/s"]}
    assert tolerance_of(trained("1", stated).cells[1]) == Tolerance(0.0, 2, measured=("words/s",))


@pytest.mark.parametrize(
    "stated",
    [
        "0.05",
        True,
        -0.1,
        0,
        1.5,
        {},
        {"rel": 0.1},
        {"absolute": "1"},
        float("nan"),
        [0.1],
        {"measured": ["a"]},
        {"relative": 0.1, "measured": "a"},
        {"relative": 0.1, "measured": [""]},
    ],
)
def test_a_tolerance_that_says_nothing_sensible_is_refused(stated: object) -> None:
    with pytest.raises(ValueError, match="expected as tolerance"):
        tolerance_of(trained("1", stated).cells[1])
