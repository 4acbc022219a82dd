"""Whether a unit says each term with the glossary's word for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools import ROOT

GLOSSARY = ROOT / "book" / "glossary.md"
ENTRIES = re.compile(r"^:::\{glossary\}\n(.*?)^:::", re.M | re.S)
HAN = re.compile(r"[\u3400-\u9fff]")
# Words that English also has in another sense: which is meant, only a reader knows.
AMBIGUOUS = frozenset(
    "alignment batch code kernel key loss mask packing parameter phrase score seed symbol token "
    "value".split()
)
# Where these stand, the word in them is not the term.
OTHER_SENSES = re.compile(r"cell states|Laid end to end|dropout of words")
# In a sentence the term may be shorter than in the list.
SHORT = {
    "注意力头": ("头",),
    "n 元语法": ("n元", "$n$元"),
    "图像块": ("块",),
    "噪声": ("噪",),
    "分桶": ("桶",),
    "椒盐噪声": ("椒盐",),
    "像素丢失": ("丢了像素", "丢失"),
    "离散余弦变换": ("DCT",),
    "均方误差": ("均方根误差",),
    "视觉 Transformer": ("视觉Transformer",),
    "Kneser–Ney 平滑": ("Kneser–Ney",),
}


@dataclass(frozen=True)
class Term:
    """An entry of the glossary."""

    english: tuple[str, ...]
    chinese: tuple[str, ...]

    def is_in(self, english: str) -> bool:
        """Whether an English unit has the term, in one of its names."""
        for name in self.english:
            capitals = 0 if name.isupper() else re.IGNORECASE
            if name not in AMBIGUOUS and re.search(
                rf"(?<![\w-]){re.escape(name)}(?:s|es)?(?![\w-])", english, capitals
            ):
                return True
        return False

    def is_said_in(self, chinese: str) -> bool:
        """Whether a Chinese unit has one of its names, or the English one, as for softmax."""
        short = (form for name in self.chinese for form in SHORT.get(name, ()))
        names = (*self.chinese, *self.english, *short)
        return any(name.lower() in chinese.lower() for name in names)


def read(path: Path = GLOSSARY) -> list[Term]:
    """The terms that have a Chinese name. Raises `ValueError` for a page without a glossary."""
    found = ENTRIES.search(path.read_text("utf-8"))
    if found is None:
        raise ValueError(f"expected a glossary in {path}, found none")
    terms = []
    for entry in found[1].split("\n\n"):
        names = [line for line in entry.splitlines() if line and not line.startswith(" ")]
        chinese = [name.split(" : ")[0] for name in names if HAN.search(name)]
        english = [name for name in names if not HAN.search(name)]
        if english and chinese:
            terms.append(Term(tuple(english), tuple(chinese)))
    return terms


def missing(english: str, chinese: str, terms: list[Term]) -> Iterator[str]:
    """The terms of an English unit that its Chinese says with another word."""
    english = OTHER_SENSES.sub(" ", english)
    for term in terms:
        if term.is_in(english) and not term.is_said_in(chinese):
            yield f"{term.english[0]} is {' or '.join(term.chinese)} in the glossary"
