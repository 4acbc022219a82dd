"""Two editions' runs of a notebook, by small ones whose numbers are known."""

from __future__ import annotations

import json

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.translation.same_results import differences


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
