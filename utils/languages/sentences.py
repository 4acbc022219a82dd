"""Sentences before they have words: what is said, which Chinese, German and English then say.

Every part that can be said has a `key`, a number of its own within the sentence. A word carries the
keys of what it expresses, so words of two languages mean the same when they share one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .lexicon import (
    Adjective,
    Conjunction,
    Modal,
    Name,
    Noun,
    Place,
    Pronoun,
    Time,
    Verb,
)

# A meaning is the key of a part of the sentence and what is said of it: (3, "past").
Meaning = tuple[int, str]

# The determiners that come with a noun in the plural.
PLURAL = frozenset({"number", "many", "some", "all", "the (plural)"})


class Word(NamedTuple):
    """One word of one language and the meanings it expresses: none for "do" in "do not"."""

    text: str
    meanings: frozenset[Meaning] = frozenset()


@dataclass(frozen=True)
class NounPhrase:
    """Somebody or something.

    `determiner` is "the", "a", "this", "number", "many", "some", "all", "the (plural)",
    "possessive" (whose is then in `possessor`) or "none" (mass nouns, names and pronouns).
    """

    key: int
    head: Noun | Name | Pronoun
    determiner: str = "none"
    number: int | None = None
    possessor: Pronoun | None = None
    adjective: Adjective | None = None
    relative: Clause | None = None  # its subject or object is this noun phrase

    @property
    def is_plural(self) -> bool:
        """Whether the determiner says that there are several."""
        return self.determiner in PLURAL

    @property
    def person(self) -> str:
        """One of `lexicon.PERSONS`: which form of the verb it takes as a subject."""
        if isinstance(self.head, Pronoun):
            return self.head.name
        return "they" if self.is_plural else "he"


@dataclass(frozen=True)
class Clause:
    """One verb and what goes with it.

    `verb` is None for the copula: "the house is old", with `predicate`. In a relative clause
    `subject` or `object` is None, as `gap` says: the noun it describes stands there.
    """

    key: int
    subject: NounPhrase | None
    verb: Verb | None
    tense: str = "present"  # "present", "past", "progressive" or "future"
    modal: Modal | None = None
    is_negated: bool = False
    object: NounPhrase | None = None
    recipient: NounPhrase | None = None
    place: Place | None = None
    goal: Place | None = None
    time: Time | None = None
    time_first: bool = False
    predicate: Adjective | None = None
    report: Clause | None = None  # what is said, known, believed or hoped
    gap: str = ""  # "", "subject" or "object"


@dataclass(frozen=True)
class Sentence:
    """One clause, or two joined by a conjunction: the one marked by it first or second."""

    clause: Clause
    is_question: bool = False
    key: int = -1
    conjunction: Conjunction | None = None
    other: Clause | None = None
    other_first: bool = False


def tense_of(clause: Clause) -> frozenset[Meaning]:
    """The meaning of the tense: none for the present, which no language here marks."""
    return frozenset() if clause.tense == "present" else frozenset({(clause.key, clause.tense)})


def write_words(text: str) -> str:
    """Words parted by blanks as German and English write them: marks close up, a capital first."""
    for mark in ",.?":
        text = text.replace(f" {mark}", mark)
    return text[:1].upper() + text[1:]
