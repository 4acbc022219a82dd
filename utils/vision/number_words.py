"""Numbers from 0 to 999 in words of three languages, each word with the digits that it says.

The languages order the same digits differently: 427 is "four hundred twenty seven", 四百二十七
and "vier hundert sieben und zwanzig", in which the ones come before the tens. So an eye that reads
a number aloud has to move differently in each. "figures" writes the digits themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

LARGEST = 999  # in words; figures have no end


class NumberWord(NamedTuple):
    """A word, and the digits that decide which word it is.

    digits: their places in the number, from the left, counted from 0. Two for the words from 11 to
        19, which depend on both; none for a word such as "hundred" or "und", which says no digit.
    """

    text: str
    digits: frozenset[int] = frozenset()


def number_words(number: str, language: str) -> list[NumberWord]:
    """The number, written in figures without needless zeros, in one of `LANGUAGES`.

    Raises `ValueError` for another language, for anything but a number, and for one above LARGEST
    in words.
    """
    if language not in LANGUAGES:
        raise ValueError(f"expected one of {', '.join(LANGUAGES)}, got {language!r}")
    if not (number.isascii() and number.isdigit()) or number != str(int(number)):
        raise ValueError(f'expected a number in figures, such as "427", got {number!r}')
    if language != "figures" and int(number) > LARGEST:
        raise ValueError(f"expected a number up to {LARGEST}, got {number}")
    return LANGUAGES[language](number)


def _figures(number: str) -> list[NumberWord]:
    return [_says(digit, place) for place, digit in enumerate(number)]


_ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_ENGLISH_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()


def _english(number: str) -> list[NumberWord]:
    hundreds, tens, ones = _places(number)
    words: list[NumberWord] = []
    if hundreds:
        words += [_says(_ENGLISH[hundreds], 0), NumberWord("hundred")]
    last = len(number) - 1
    if tens == 1:
        words.append(_says(_ENGLISH[10 + ones], last - 1, last))
        return words
    if tens > 1:
        words.append(_says(_ENGLISH_TENS[tens], last - 1))
    if ones or number == "0":
        words.append(_says(_ENGLISH[ones], last))
    return words


_CHINESE = "零一二三四五六七八九"


def _chinese(number: str) -> list[NumberWord]:
    """With 零 for a gap before the ones, and 十 alone for 10 to 19."""
    hundreds, tens, ones = _places(number)
    last = len(number) - 1
    words: list[NumberWord] = []
    if hundreds:
        words += [_says(_CHINESE[hundreds], 0), NumberWord("百")]
    if tens:
        if tens > 1 or hundreds:
            words.append(_says(_CHINESE[tens], last - 1))
            words.append(NumberWord("十"))
        else:  # the only sign of this digit
            words.append(_says("十", last - 1))
    elif hundreds and ones:
        words.append(_says("零", last - 1))
    if ones or number == "0":
        words.append(_says(_CHINESE[ones], last))
    return words


_GERMAN = "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf".split()
_GERMAN_TENS = "- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()
_GERMAN_STEMS = {1: "ein", 6: "sech", 7: "sieb"}  # before "zehn"; 1 before all that follows


def _german(number: str) -> list[NumberWord]:
    """As separate words: "vier hundert sieben und zwanzig"."""
    hundreds, tens, ones = _places(number)
    last = len(number) - 1
    words: list[NumberWord] = []
    if hundreds:
        words += [_says("ein" if hundreds == 1 else _GERMAN[hundreds], 0), NumberWord("hundert")]
    if tens == 1 and ones < 3:
        words.append(_says(_GERMAN[10 + ones], last - 1, last))
    elif tens == 1:
        words.append(_says(_GERMAN_STEMS.get(ones, _GERMAN[ones]), last))
        words.append(_says("zehn", last - 1))
    elif tens > 1:
        if ones:
            words.append(_says("ein" if ones == 1 else _GERMAN[ones], last))
            words.append(NumberWord("und"))
        words.append(_says(_GERMAN_TENS[tens], last - 1))
    elif ones or number == "0":
        words.append(_says(_GERMAN[ones], last))
    return words


def _says(text: str, *places: int) -> NumberWord:
    return NumberWord(text, frozenset(places))


def _places(number: str) -> tuple[int, int, int]:
    """Hundreds, tens and ones."""
    value = int(number)
    return value // 100, value // 10 % 10, value % 10


LANGUAGES: dict[str, Callable[[str], list[NumberWord]]] = {
    "English": _english,
    "Chinese": _chinese,
    "German": _german,
    "figures": _figures,
}
