"""Whether an alternative text says what one sees. For the notebooks, the pages and the README."""

from __future__ import annotations

import re
from collections.abc import Iterable

FEWEST_WORDS = 8
# Of all words in a text, so that none is filled up with numbers, or with the same word.
FEWEST_DIFFERENT_WORDS = 6
# Says that there is a picture, which everybody knows who is read its text.
ANNOUNCEMENT = re.compile(
    r"(?:(?:a|an|the|this|here is an?)\s+)?"
    r"(?:figure|image|picture|photo|graphic|screenshot|alt(?:ernative)? text)\b"
    r"(?:\s*(?:$|\d|:)|\s+(?:of|that|which|show|with)\w*\b)"
    r"|(?:[这此本])?(?:一?[张幅个])?(?:图片?|图像|照片|插图)\s*(?:$|\d|[:：]|[中里]|显示|展示|是)",
    re.I,
)
FILE_NAME = re.compile(r"[\w-]+\.(?:png|svg|jpe?g|gif|webp)\b|^data:|^(?:\.{0,2}/)?_images/", re.I)
STAND_IN = re.compile(r"\b(?:todo|tbd|fixme|lorem ipsum|untitled|placeholder)\b", re.I)
# Chinese is written without blanks, and its words have two characters as a rule.
CHINESE = "\u3400-\u9fff"
WORD = re.compile(rf"[{CHINESE}]{{1,2}}|[^\W\d_{CHINESE}]{{2,}}")
PIECE = re.compile(rf"[{CHINESE}]{{1,2}}|[^\s{CHINESE}]+")


def fault_of(alt: str | None, beside: Iterable[str] = ()) -> str | None:
    """What is wrong with the text of a picture, or None.

    beside: what stands next to the picture, its caption for example, and is read aloud anyway.
    """
    text = " ".join((alt or "").split())
    words = WORD.findall(text.lower())
    if not text:
        return "there is no text"
    if FILE_NAME.search(text):
        return "it names a file"
    if STAND_IN.search(text):
        return "it stands in for a text still to be written"
    if ANNOUNCEMENT.match(text):
        return "it begins by saying that there is a picture"
    if len(PIECE.findall(text)) < FEWEST_WORDS:
        return f"it has fewer than {FEWEST_WORDS} words"
    if len(set(words)) < FEWEST_DIFFERENT_WORDS:
        return f"it has fewer than {FEWEST_DIFFERENT_WORDS} different words that are no numbers"
    if any(plain(text) in plain(other) for other in beside):
        return "it repeats what stands beside the picture"
    return None


def plain(text: str) -> str:
    """The words alone, so that a full stop more or a capital makes no other text."""
    return " ".join(re.findall(r"\w+", text.lower()))
