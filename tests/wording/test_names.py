"""utils.wording.names: languages have names in both editions."""

from utils.vision.number_words import LANGUAGES
from utils.wording.names import language_name


def test_in_english_a_name_is_itself():
    assert [language_name(name) for name in (*LANGUAGES, "Klingon")] == [*LANGUAGES, "Klingon"]


def test_in_chinese_it_is_chinese(chinese):
    assert [language_name(name) for name in LANGUAGES] == ["英语", "中文", "德语", "阿拉伯数字"]
    assert language_name("法语") == "法语"
