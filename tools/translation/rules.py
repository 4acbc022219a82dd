"""What a translated unit has to keep of its English, and how its Chinese is written.

What can be seen without understanding it: the same formulas, code, links and fields; full-width
punctuation and no typed space beside Chinese; Markdown that still is what it was; and the book's
word for each term.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tools.translation import code_units, markdown_units
from tools.translation.documents import Unit

HAN = r"\u3400-\u9fff"
# What stands in Markdown and means the same in both editions.
KEPT = {
    "formula": re.compile(r"(?<!\\)\$[^$]+\$"),
    "code": re.compile(r"`[^`]+`"),
    "link": re.compile(r"\]\(([^()\s]*(?:\([^()]*\)[^()\s]*)*)\)"),
    "citation": re.compile(r"\{(?:cite:[pt]|source|doc)\}`[^`]*`"),
}
TERM_ROLE = re.compile(r"\{term\}`[^`]*`")
FIELDS = code_units.FIELD
# Between Chinese characters these are written full width.
HALF_WIDTH = re.compile(
    rf"[{HAN}][,;:!?]|[,;:!?](?=[{HAN}])|[{HAN}]\.(?!\w)|[{HAN}]\s*\(|\)\s*[{HAN}]"
)
# A tensor's shape is written as in code, and so is what fills a field.
SHAPE = re.compile(r"\s*(?:\([^()]*,[^()]*\)|\{[^{}]*\}|->|@)\s*")
TITLE = re.compile(r"^@title | \{ display-mode.*$")  # Colab's form of them
# A chapter's number stands before its title.
NUMBER = re.compile(r"(?<![^\[])\d+ ")
SPACE = re.compile(
    rf"[{HAN}，。；：！？、）」』] +(?![-|(]? )[\w*`$\[]|[\w*`$\])%] +(?=[{HAN}])|[{HAN}] +[{HAN}]"
)
EMPHASIS = re.compile(r"\*")
CODE_AND_FORMULAS = re.compile(r"`[^`]*`|\$[^$]*\$|\]\([^)]*\)|\{\w[^{}]*\}|https?://\S+")


def faults(unit: Unit, chinese: str) -> Iterator[str]:
    """What is wrong with a translation, each in a sentence."""
    if chinese != chinese.strip() and unit.kind != "string":
        yield "begins or ends with a blank"
    if unit.kind == "text":
        yield from _text_faults(unit.source, chinese)
    if unit.kind == "string":
        yield from _string_faults(unit.source, chinese)
    if chinese == unit.source:
        return
    chinese = NUMBER.sub("", TERM_ROLE.sub("术语", chinese))
    plain = CODE_AND_FORMULAS.sub(lambda match: "x", chinese)
    if unit.kind != "text":
        plain = SHAPE.sub("、", TITLE.sub("", chinese))
    if match := HALF_WIDTH.search(plain):
        yield f"half-width punctuation in {_around(plain, match)!r}"
    if match := SPACE.search(plain):
        yield f"a typed space beside Chinese in {_around(plain, match)!r}"


def _text_faults(english: str, chinese: str) -> Iterator[str]:
    roles = [len(TERM_ROLE.findall(text)) for text in (english, chinese)]
    if roles[0] != roles[1]:
        yield f"{roles[0]} terms are links to the glossary, here {roles[1]}"
    english, chinese = (TERM_ROLE.sub("term", text) for text in (english, chinese))
    rest = english, chinese
    for what, pattern in KEPT.items():
        before, after = (Counter(pattern.findall(text)) for text in rest)
        rest = tuple(pattern.sub("]" if what == "link" else " ", text) for text in rest)
        if before != after:
            lost, new = list(before - after), list(after - before)
            yield f"another {what}: lost {lost}, new {new}"
    before, after = (re.findall(r"</?\w+>", text) for text in (english, chinese))
    if before != after:
        yield f"other HTML: {before}, here {after}"
    if "\n" in chinese:
        yield "more than one line"
    shown = markdown_units.shown_text(chinese)
    if EMPHASIS.search(shown) and not EMPHASIS.search(markdown_units.shown_text(english)):
        yield (
            "a * is shown as it is: emphasis has to end before the punctuation, "
            f"**这样**。 in {shown[:80]!r}"
        )


def _string_faults(english: str, chinese: str) -> Iterator[str]:
    before, after = (Counter(FIELDS.findall(text)) for text in (english, chinese))
    if before != after:
        yield f"other fields: lost {list(before - after)}, new {list(after - before)}"
    for mark in ("\\n", "$", "%%"):
        if english.count(mark) != chinese.count(mark):
            yield f"another number of {mark}"
    if re.search(r'(?<!\\)"', chinese) and not re.search(r'(?<!\\)"', english):
        yield "an ASCII quotation mark; Chinese has “ ”"


def _around(text: str, match: re.Match) -> str:
    return text[max(0, match.start() - 8) : match.end() + 8]
