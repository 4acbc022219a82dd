"""Terms of a small glossary, in units that say them rightly and not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.translation import terms

GLOSSARY = """# Glossary

:::{glossary}
hidden state
隐状态 : yǐn zhuàng tài
  What a network remembers.

patch
图像块 : tú xiàng kuài
  A part of a picture.

score
得分 : dé fēn
  How well a key fits.

softmax
归一化指数函数 : guī yī huà
  Makes weights of scores.
:::
"""


@pytest.fixture
def glossary(tmp_path: Path) -> list[terms.Term]:
    path = tmp_path / "glossary.md"
    path.write_text(GLOSSARY, "utf-8")
    return terms.read(path)


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("The hidden states stay.", "隐状态不变。"),
        ("A patch is hidden.", "藏起一块。"),  # a short form
        ("softmax of them", "它们的softmax"),  # English in Chinese, too
        ("the score of a team", "一支队的分数"),  # a word with another sense
        ("unhidden stateless", "别的"),
    ],
)
def test_the_glossarys_words_are_no_fault(glossary, english: str, chinese: str) -> None:
    assert list(terms.missing(english, chinese, glossary)) == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [("The hidden states stay.", "隐藏状态不变。"), ("Softmax of them", "它们的归一化")],
)
def test_another_word_is_named(glossary, english: str, chinese: str) -> None:
    (fault,) = terms.missing(english, chinese, glossary)
    assert fault.split(" is ")[0] in english.lower()


def test_a_page_without_a_glossary_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("# Nothing", "utf-8")
    with pytest.raises(ValueError, match="expected a glossary"):
        terms.read(path)
