"""A Chinese notebook, made of a small English one."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.translation.catalogues import Entry, Translations
from tools.translation.chinese_notebooks import BESIDE, BESIDE_IN_FOLDER, make, restated
from tools.translation.documents import Unit

ENGLISH = new_notebook(
    cells=[
        new_markdown_cell("# Title\n\nA *word* of $x$."),
        new_code_cell(f"beside = Path({BESIDE})", metadata={"tags": ["setup"]}),
        new_code_cell(
            'names = {"dot": "A name"}  # what is shown\nprint(f"{x} words")',
            outputs=[new_output("stream", text="3 words\n")],
            execution_count=2,
            metadata={"tags": ["training"], "tolerance": {"absolute": 1, "measured": ["words"]}},
        ),
    ]
)
WORDS = {
    ("Title", "text"): "标题",
    ("A *word* of $x$.", "text"): "$x$的一个词。",
    ("A name", "string"): "名字",
    ("what is shown", "comment"): "显示的内容",
    ("{x} words", "string"): "{x}个词",
    ("words", "measured"): "个词",
}


def translations(without: str = "") -> Translations:
    entries = [Entry(Unit(*unit), told) for unit, told in WORDS.items() if unit[0] != without]
    return Translations(entries)


def test_text_and_code_are_chinese_and_nothing_is_shown_yet() -> None:
    text, setup, code = make(ENGLISH, translations()).cells
    assert text.source == "# 标题\n\n$x$的一个词。"
    assert 'os.environ["BOOK_LANGUAGE"] = "zh_CN"' in setup.source
    assert setup.source.endswith(f"beside = Path({BESIDE_IN_FOLDER})")
    assert code.source == 'names = {"dot": "名字"}  # 显示的内容\nprint(f"{x}个词")'
    assert code.metadata["tolerance"] == {"absolute": 1, "measured": ["个词"]}
    assert code.outputs == [] and code.execution_count is None
    assert ENGLISH.cells[2].outputs  # the English one is as it was


def test_other_text_needs_no_run_and_other_code_does() -> None:
    stored = make(ENGLISH, translations())
    stored.cells[2].outputs = [new_output("stream", text="3个词\n")]
    entries = [Entry(Unit(*unit), told) for unit, told in WORDS.items()]
    for unit, told, is_kept in (
        (("Title", "text"), "另一个标题", True),
        (("what is shown", "comment"), "所显示的", True),
        (("A name", "string"), "另一个名字", False),
    ):
        made = make(ENGLISH, Translations([*entries, Entry(Unit(*unit), told)]))
        source = [cell.source for cell in made.cells]
        notebook = restated(stored, made)
        assert (notebook is not None) == is_kept, unit
        if notebook:
            assert [cell.source for cell in notebook.cells] == source
            assert notebook.cells[2].outputs == stored.cells[2].outputs


@pytest.mark.parametrize("unit", ["Title", "what is shown", "{x} words", "words"])
def test_a_unit_without_chinese_is_refused_by_name(unit: str) -> None:
    with pytest.raises(ValueError, match="in Chinese, found none") as error:
        make(ENGLISH, translations(without=unit))
    assert repr(unit) in str(error.value)
