"""The words of figures, tables and printed lines, in the language that an edition is made in.

The book's own words are English. The environment variable BOOK_LANGUAGE names the language in which
they are shown: "en", as if it were not set, or "zh_CN". The Chinese of each is in the catalogue
`locales/zh_CN/LC_MESSAGES/utils.po`, of which `tools.translation.compiled` makes the file that is
read here.

    say("{count} words").format(count=3)

What is said is a literal, so that the catalogue can be made from the code, and a whole sentence,
since another language puts its parts in another order. It is said where it is used, not when a
module is imported. Errors and names that the program compares stay English.
"""

import json
import os
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

VARIABLE = "BOOK_LANGUAGE"
ENGLISH = "en"
# By the names that the variable has, what HTML calls them.
LANGUAGES = {ENGLISH: "en", "zh_CN": "zh-Hans"}
FOLDER = Path(__file__).parent
CATALOGUE, EXPLORERS = Path("LC_MESSAGES", "utils.mo"), Path("explorers.json")


def language() -> str:
    """The edition's, "en" or "zh_CN". Raises `ValueError` for another one."""
    name = os.environ.get(VARIABLE) or ENGLISH
    if name not in LANGUAGES:
        raise ValueError(
            f"expected the language of {VARIABLE} to be one of {', '.join(LANGUAGES)}, got "
            f"{name!r}; without the variable it is {ENGLISH}"
        )
    return name


def say(english: str) -> str:
    """These words in the edition's language; in English where they have not been translated."""
    name = language()
    return english if name == ENGLISH else _catalogue(name).gettext(english)


def explorer_words() -> dict[str, str]:
    """What the explorers say, from English to the edition's language; empty in English."""
    name = language()
    path = FOLDER / name / EXPLORERS
    if name == ENGLISH or not path.is_file():
        return {}
    return json.loads(path.read_text("utf-8"))


@cache
def _catalogue(name: str) -> GNUTranslations:
    with (FOLDER / name / CATALOGUE).open("rb") as file:
        return GNUTranslations(file)
