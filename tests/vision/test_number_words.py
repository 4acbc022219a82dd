"""Numbers in words, against lists written by hand, and the digits that each word says."""

import pytest

from utils.vision.number_words import LANGUAGES, number_words

BY_HAND = {
    "0": ("zero", "零", "null", "0"),
    "7": ("seven", "七", "sieben", "7"),
    "1": ("one", "一", "eins", "1"),
    "10": ("ten", "十", "zehn", "1 0"),
    "11": ("eleven", "十 一", "elf", "1 1"),
    "12": ("twelve", "十 二", "zwölf", "1 2"),
    "16": ("sixteen", "十 六", "sech zehn", "1 6"),
    "17": ("seventeen", "十 七", "sieb zehn", "1 7"),
    "20": ("twenty", "二 十", "zwanzig", "2 0"),
    "21": ("twenty one", "二 十 一", "ein und zwanzig", "2 1"),
    "100": ("one hundred", "一 百", "ein hundert", "1 0 0"),
    "101": ("one hundred one", "一 百 零 一", "ein hundert eins", "1 0 1"),
    "110": ("one hundred ten", "一 百 一 十", "ein hundert zehn", "1 1 0"),
    "216": ("two hundred sixteen", "二 百 一 十 六", "zwei hundert sech zehn", "2 1 6"),
    "300": ("three hundred", "三 百", "drei hundert", "3 0 0"),
    "427": (
        "four hundred twenty seven",
        "四 百 二 十 七",
        "vier hundert sieben und zwanzig",
        "4 2 7",
    ),
    "999": ("nine hundred ninety nine", "九 百 九 十 九", "neun hundert neun und neunzig", "9 9 9"),
}


@pytest.mark.parametrize("number", BY_HAND)
def test_numbers_are_said_as_people_say_them(number: str) -> None:
    said = {
        language: " ".join(word.text for word in number_words(number, language))
        for language in LANGUAGES
    }
    expected = ("English", "Chinese", "German", "figures")
    assert said == dict(zip(expected, BY_HAND[number], strict=True))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_numbers_sound_alike(language: str) -> None:
    said = {
        tuple(word.text for word in number_words(str(number), language)) for number in range(1000)
    }
    assert len(said) == 1000


@pytest.mark.parametrize(
    ("number", "language", "digits"),
    [
        ("427", "English", [{0}, set(), {1}, {2}]),
        ("427", "German", [{0}, set(), {2}, set(), {1}]),  # the ones before the tens
        ("427", "Chinese", [{0}, set(), {1}, set(), {2}]),
        ("417", "English", [{0}, set(), {1, 2}]),
        ("417", "German", [{0}, set(), {2}, {1}]),
        ("412", "German", [{0}, set(), {1, 2}]),
        ("407", "Chinese", [{0}, set(), {1}, {2}]),  # which says the gap
        ("17", "Chinese", [{0}, {1}]),
        ("40", "English", [{0}]),
    ],
)
def test_each_word_knows_its_digits(number: str, language: str, digits: list[set[int]]) -> None:
    assert [set(word.digits) for word in number_words(number, language)] == digits


@pytest.mark.parametrize("language", ["English", "Chinese", "German"])
def test_a_word_changes_only_with_its_digits(language: str) -> None:
    """Two numbers that agree in a word's digits, and in how many there are, agree in the word."""
    known: dict[tuple, str] = {}
    for value in range(100, 1000):
        number = str(value)
        words = number_words(number, language)
        shape = tuple(tuple(sorted(word.digits)) for word in words)
        for place, word in enumerate(words):
            if word.digits:
                at = (shape, place, tuple(number[digit] for digit in sorted(word.digits)))
                assert known.setdefault(at, word.text) == word.text


@pytest.mark.parametrize("number", ["007", "", "-3", "4.5", "１２"])
def test_only_numbers_in_figures_are_said(number: str) -> None:
    with pytest.raises(ValueError, match="expected a number in figures"):
        number_words(number, "English")


def test_what_cannot_be_said_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a number up to 999, got 1000"):
        number_words("1000", "German")
    assert len(number_words("1000", "figures")) == 4
    with pytest.raises(ValueError, match="expected one of English, Chinese, German, figures, got"):
        number_words("7", "Latin")
