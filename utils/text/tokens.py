"""A text as tokens: words, numbers and marks, whoever typed it and with whatever keyboard."""

import re
import unicodedata

from ..languages.pairs import Tokens

# Hyphens that a text processor puts in the place of "-"; variation selectors, which say how to draw
# the sign before them.
REPLACED = {ord("‐"): "-", ord("‑"): "-"} | dict.fromkeys(range(0xFE00, 0xFE10))


TOKEN = re.compile(
    r"""
    \d+ (?: [.,]\d+ )+                # 2.50 or 1,000
    | [^\W_]+ (?: -[^\W_]+ )*         # letters and digits, joined by hyphens: t-shirt, 20th
    | (?<= [^\W_] ) ['’] [^\W_]+      # what follows an apostrophe: 's
    | \S                              # any other sign alone
    """,
    re.VERBOSE,
)


def tokenise(sentence: str) -> Tokens:
    """The lower-cased tokens of a German or English sentence.

    A token is a word, a number or one punctuation mark. A word keeps its umlauts and the hyphens
    inside it; an apostrophe starts a new token: "A man's T-shirt." -> a, man, 's, t-shirt, full
    stop. White space of any kind separates tokens and is dropped. Letters whose accents are
    characters of their own ("u" and two dots) are composed first, and characters that nobody sees
    are left out, as `readable` says.
    """
    return tuple(TOKEN.findall(readable(sentence).lower()))


def readable(text: str) -> str:
    """Composed characters (Unicode's NFC), and none that controls how a text is shown.

    Soft hyphens, byte order marks, invisible joiners and marks of direction go; control characters
    are blanks; half of a character that needs two codes, which cannot be printed, becomes the sign
    for that. Hyphens of a text processor's own become "-".
    """
    if not text.isprintable():
        text = "".join(map(_shown, text))
    return unicodedata.normalize("NFC", text.translate(REPLACED))


def _shown(character: str) -> str:
    """What stands for a character of any kind, by its category in Unicode."""
    category = unicodedata.category(character)
    return {"Cf": "", "Cc": " ", "Cs": "\N{REPLACEMENT CHARACTER}"}.get(category, character)
