"""Two editions' runs of a notebook, by small ones whose numbers are known."""

from __future__ import annotations

import json

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.translation.same_results import differences, in_chinese_words, in_english_words


def explorer(data: dict) -> str:
    return (
        f'<book-some label="x"><script type="application/json">{json.dumps(data)}</script>'
        '<img alt="x" src="data:image/png;base64,AAAA"></book-some>\n<script>1;</script>\n'
    )


def run(printed: str, table: str, data: dict) -> NotebookNode:
    outputs = [
        new_output("stream", text=printed),
        new_output("display_data", {"text/html": table, "text/plain": table}),
        new_output("display_data", {"text/html": explorer(data)}),
    ]
    return new_notebook(cells=[new_code_cell("show()", outputs=outputs)])


ENGLISH = run(
    "✓ 3 of 10 words, 1,234.5 in all\n",
    "<td>word</td><td>0.50</td>",
    {"words": ["a"], "n": [1, 2.5], "weights": "A1b2" * 20},
)


def test_other_words_in_another_order_are_no_difference() -> None:
    chinese = run(
        "✓ 10个词里有3个，一共1,234.5\n",
        "<td>词</td><td>0.50</td>",
        {"words": ["甲"], "n": [1, 2.5], "weights": "A1b2" * 20},
    )
    assert list(differences(ENGLISH, chinese)) == []


@pytest.mark.parametrize(
    "chinese",
    [
        run("✓ 10个词里有4个，一共1,234.5\n", "<td>0.50</td>", {"n": [1, 2.5], "w": "A1b2" * 20}),
        run("✓ 10，3，1,234.5\n", "<td>0.51</td>", {"n": [1, 2.5], "w": "A1b2" * 20}),
        run("✓ 10，3，1,234.5\n", "<td>0.50</td>", {"n": [1, 2.6], "w": "A1b2" * 20}),
        run("✓ 10，3，1,234.5\n", "<td>0.50</td>", {"n": [1, 2.5], "w": "A1b3" * 20}),
        run("10，3，1,234.5\n", "<td>0.50</td>", {"n": [1, 2.5], "w": "A1b2" * 20}),
        new_notebook(cells=[new_code_cell("show()")]),
    ],
)
def test_each_difference_is_named(chinese: NotebookNode) -> None:
    assert len(list(differences(ENGLISH, chinese))) >= 1


def said(english: str, chinese: str) -> list[str]:
    """What is found of two runs that each print a line."""
    pair = [
        new_notebook(cells=[new_code_cell("show()", outputs=[new_output("stream", text=text)])])
        for text in (english, chinese)
    ]
    return list(differences(*pair))


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("four times the parameters, a GRU three times", "参数是4倍，GRU是3倍"),
        ("nudged by a thousandth, near thirty-two", "挪动0.001，在32附近"),
        ("on MNIST's 10,000 test digits", "在MNIST的1万个测试数字上"),
        ("of 1,000 words", "1000个词里"),
        ("after 20 steps", "二十步之后"),
        ("from a three to an eight", "从3到8：3变成8"),
    ],
)
def test_a_number_may_be_a_word_in_the_other_edition(english: str, chinese: str) -> None:
    assert said(english, chinese) == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("four times the parameters", "参数是5倍"),
        ("4 of them, four of those", "5个，四个"),
        ("after 20 steps", "二十一步之后"),
        ("1 digit", "一个数字里的2个"),
    ],
)
def test_another_number_is_a_difference_in_words_too(english: str, chinese: str) -> None:
    assert len(said(english, chinese)) == 1


def test_lines_may_come_in_several_pieces() -> None:
    pieces = [new_output("stream", text=text) for text in ("1 of 2\n", "3\n")]
    whole = new_notebook(
        cells=[new_code_cell("a", outputs=[new_output("stream", text="2分之1\n3")])]
    )
    assert list(differences(new_notebook(cells=[new_code_cell("a", outputs=pieces)]), whole)) == []


def test_words_are_read_as_numbers() -> None:
    english = "Seven zeros, thirty-two, two hundred and five, a hundred; twice, three of nineteen"
    assert list(in_english_words(english)) == ["7", "0", "32", "205", "100", "2", "3", "19"]
    assert list(in_chinese_words("十，二十，三百零五，两千，一个")) == [
        "10",
        "20",
        "305",
        "2000",
    ]
