"""utils.drawing.tables: the numbers that stand in a table, as a page and as plain text."""

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup

from utils.drawing import tables

COLUMNS = ["Code", "Numbers", "Error"]
ROWS = [["PCA", 25088, 1.9375], ["network <b>", 7, 1234.5]]


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(tables, "display", lambda data, raw: shown.append(data))
    return shown


def test_the_page_and_the_plain_text_hold_the_same_cells(displayed):
    tables.show_table(COLUMNS, ROWS, "What it costs")
    (data,) = displayed
    page = BeautifulSoup(data["text/html"], "html.parser")
    cells = [
        [cell.get_text() for cell in row.find_all(["th", "td"])] for row in page.find_all("tr")
    ]
    assert cells == [COLUMNS, ["PCA", "25,088", "1.94"], ["network <b>", "7", "1,234.50"]]
    lines = data["text/plain"].split("\n")
    assert lines[0] == page.caption.get_text() == "What it costs"
    assert [line.split() for line in lines[2:]] == [
        ["PCA", "25,088", "1.94"],
        ["network", "<b>", "7", "1,234.50"],
    ]


def test_the_first_column_and_the_head_are_marked_as_headers(displayed):
    tables.show_table(COLUMNS, ROWS, "What it costs")
    page = BeautifulSoup(displayed[0]["text/html"], "html.parser")
    assert [cell["scope"] for cell in page.thead.find_all("th")] == ["col"] * 3
    assert [row.find("th")["scope"] for row in page.tbody.find_all("tr")] == ["row"] * 2


def test_numbers_stand_under_each_other_and_words_do_not(displayed):
    tables.show_table(["", "Word", "Number"], [["a", "b", 1], ["c", "d", 2.0]], "caption")
    page = BeautifulSoup(displayed[0]["text/html"], "html.parser")
    for row in page.find_all("tr"):
        styles = [cell["style"] for cell in row.find_all(["th", "td"])]
        assert ["right" in style for style in styles] == [False, False, True]


@pytest.mark.parametrize(("decimals", "expected"), [(0, "2"), (1, "1.9"), (3, "1.938")])
def test_decimals_are_chosen_for_the_whole_table(displayed, decimals, expected):
    tables.show_table(["", "Error"], [["PCA", 1.9375]], "caption", decimals=decimals)
    assert f">{expected}<" in displayed[0]["text/html"]


@pytest.mark.parametrize("row", [["PCA", 1], ["PCA", 1, 2, 3]])
def test_a_row_of_the_wrong_length_is_refused(displayed, row):
    with pytest.raises(ValueError, match=f"expected 3 cells in every row, got {len(row)}"):
        tables.show_table(COLUMNS, [ROWS[0], row], "caption")
    assert displayed == []


@pytest.mark.parametrize(
    ("column", "right"),
    [
        (["88.1", "1,234", "–"], True),
        (["67–72", "4 / 23", "12 ± 3 dB"], True),
        (["< 0.1 %", "88 [84, 91]", ""], True),
        ([3, "never"], False),
        (["17,195 digits"], False),
        (["–", ""], False),
    ],
)
def test_numbers_given_as_text_stand_right_too(displayed, column, right):
    tables.show_table(["", "Number"], [["row", cell] for cell in column], "caption")
    page = BeautifulSoup(displayed[0]["text/html"], "html.parser")
    cells = [row.find_all(["th", "td"])[1] for row in page.find_all("tr")]
    assert [("right" in cell["style"]) for cell in cells] == [right] * (1 + len(column))


def test_a_stored_table_is_laid_out_anew_and_nothing_else_is(displayed):
    rows = [["a & <b>", "88.1"], ["c\nd", "–"]]
    tables.show_table(["", "x < 1"], rows, 'of "chance"')
    today = displayed[0]["text/html"]
    assert tables.relaid(today.replace("right", "left")) == today == tables.relaid(today)
    for other in ("<table><tr><td>1</td></tr></table>", "<book-x></book-x>", ""):
        assert tables.relaid(other) == other


def test_numpys_numbers_are_numbers_and_tensors_are_refused(displayed):
    tables.show_table(["", "n", "x"], [["a", np.int64(1234), np.float32(0.5)]], "caption")
    assert "1,234" in displayed[0]["text/plain"] and "0.50" in displayed[0]["text/plain"]
    with pytest.raises(TypeError, match="expected text or a number in a cell, got Tensor"):
        tables.show_table(["", "n"], [["a", torch.ones(1)]], "caption")


def test_chinese_stands_in_line_as_plain_text(displayed):
    """A character is as wide as two letters."""
    tables.show_table(["编码", "误差"], [["主成分分析", 1.5], ["PCA", "40.8%（28–55）"]], "图注")
    lines = displayed[0]["text/plain"].split("\n")
    assert lines == [
        "图注",
        "编码                  误差",
        "主成分分析            1.50",
        "PCA         40.8%（28–55）",
    ]


@pytest.mark.parametrize("text", ["40.8%（28–55）", "12毫秒", "3字节", "1,5 比特", "8 秒"])
def test_a_number_with_a_chinese_unit_is_a_number(text):
    assert tables.are_numbers([text])
    assert not tables.are_numbers([f"约{text}"])


def test_a_chinese_interval_goes_to_the_next_line_whole(displayed):
    tables.show_table(["名字", "对"], [["甲", "87.9%（82–92）"], ["乙", "7.1%（5–13）"]], "多少")
    page = displayed[0]["text/html"]
    assert ">87.9%\u200b（82–\u206092）<" in page
    assert tables.read_table(page).rows == [["甲", "87.9%（82–92）"], ["乙", "7.1%（5–13）"]]
    assert tables.relaid(page) == page
    assert "\u200b" not in displayed[0]["text/plain"]


def test_an_english_interval_stays_as_it_is(displayed):
    tables.show_table(["name", "right"], [["a", "87.9 % (82–92)"]], "How many")
    assert ">87.9 % (82–92)<" in displayed[0]["text/html"]
