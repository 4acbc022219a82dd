"""The words that the PDF adds to those of the pages, in the language of its edition.

Where one is needed stands its English, as `say("…")`: tools/translation/site_words.py collects
these literals for the catalogue `site`.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.translation import compiled
from tools.translation.program_words import SITE

ENGLISH, CHINESE = "en", "zh-CN"  # as in HTML's `lang`
Say = Callable[[str], str]


def words_of(language: str) -> Say:
    """What gives a word in this language. Raises `ValueError` where there is no such edition."""
    if language == ENGLISH:
        return str
    if language == CHINESE:
        chinese = compiled.chinese(SITE)
        return lambda english: chinese.get(english, english)
    raise ValueError(f"expected pages in {ENGLISH} or {CHINESE}, got some in {language!r}")
