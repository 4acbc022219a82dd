"""utils.wording.names: what is known by a name is called something in each edition."""

import re

from utils.drawing.colours import THINGS
from utils.images.noise import KINDS as KINDS_OF_NOISE
from utils.measures.translation_errors import KINDS as KINDS_OF_MISTAKES
from utils.vision.number_words import LANGUAGES
from utils.wording.names import _names, called

# Methods, cells and formats are called the same in both languages.
SAME = re.compile(r"[A-Z][A-Za-z]*[A-Z0-9][A-Za-z0-9]*|JPEG 2000")


def test_in_english_a_name_is_itself():
    assert [called(name) for name in _names()] == list(_names())
    assert called("Klingon") == "Klingon"


def test_in_chinese_it_is_chinese_and_no_two_are_called_the_same(chinese):
    assert [called(name) for name in LANGUAGES] == ["英语", "中文", "德语", "阿拉伯数字"]
    assert called("法语") == "法语"
    told = list(_names().values())
    assert all(re.search("[\u4e00-\u9fff]", name) for name in told)


def test_whatever_has_a_colour_or_is_counted_by_kind_is_called_something_in_chinese(chinese):
    for name in (*THINGS, *KINDS_OF_NOISE, *KINDS_OF_MISTAKES):
        assert SAME.fullmatch(name) or called(name) != name, name
