"""utils.wording.letters: how wide text is, and where a line may end."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.wording.letters import letters, wrapped


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("编码", 4), ("c = 编码。", 10), ("σ – “é”", 7)]
)
def test_a_chinese_character_is_as_wide_as_two_letters(text, width):
    assert letters(text) == width


def lines(text: str, room: int) -> list[str]:
    return wrapped(text, lambda line: letters(line) <= room)


def test_english_ends_a_line_at_a_blank():
    assert lines("one  two three", 7) == ["one two", "three"]
    assert lines("unbreakable", 4) == ["unbreakable"]
    assert lines(" \n ", 4) == []


def test_chinese_ends_a_line_anywhere_but_not_beside_a_mark_that_belongs_there():
    assert lines("网络读句子", 6) == ["网络读", "句子"]
    assert lines("网络读。句子", 6) == ["网络", "读。句", "子"]
    assert lines("网络（读）", 6) == ["网络", "（读）"]
    assert lines("有128个数的GRU网络", 7) == ["有128个", "数的GRU", "网络"]


@given(st.text("ab 网络。（”）x1%"), st.integers(1, 12))
def test_nothing_is_lost_and_lines_are_as_full_as_can_be(text, room):
    found = lines(text, room)
    assert "".join("".join(found).split()) == "".join(text.split())
    for line, after in pairwise(found):
        assert line == line.strip() and after
        assert letters(f"{line} {after}") > room
