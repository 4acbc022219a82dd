"""In what wrong translations are wrong: which kinds of words differ from the reference.

The kinds are those of the grammar's English (`languages.lexicon`, `languages.english`): every
word that it can write belongs to one. Words are compared, not places, so that one missing word
does not make all after it wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

from ..languages.english import TENS, UNITS
from ..languages.lexicon import (
    ADJECTIVES,
    CONJUNCTIONS,
    MODALS,
    NAMES,
    NOUNS,
    PLACES,
    PRONOUNS,
    TIMES,
    VERBS,
)
from ..languages.pairs import Tokens

NUMBER = "number"
PLURAL = "one or many"
NOUN = "noun or name"
PRONOUN = "pronoun or possessive"
DETERMINER = "article or determiner"
FORM = "tense or form of the verb"
VERB = "verb"
ADJECTIVE = "adjective"
CIRCUMSTANCE = "time or place"
OTHER = "other word"
ORDER = "order alone"

# In the order in which a word finds its kind: "her" is a pronoun, whatever else it might be.
KINDS = (
    NUMBER, PRONOUN, DETERMINER, NOUN, PLURAL, VERB, FORM, ADJECTIVE, CIRCUMSTANCE, OTHER, ORDER,
)  # fmt: skip


@cache
def _words() -> dict[str, tuple[str, str]]:
    """Of each English word its kind, and what it is a form of."""
    kinds: dict[str, tuple[str, str]] = {}

    def add(kind: str, base: str, *words: str | None) -> None:
        for word in words:
            if word:
                kinds.setdefault(word, (kind, base))

    for word in (*UNITS, *TENS, *(f"{ten}-" for ten in TENS)):
        add(NUMBER, word, word)
    for pronoun in PRONOUNS:
        for form in (pronoun.name, pronoun.english_object, pronoun.english_possessive):
            add(PRONOUN, form or "", form)
    for word in ("the", "a", "an", "this", "many", "some", "all"):
        add(DETERMINER, word, word)
    for name in NAMES:
        add(NOUN, name.name, name.name)
    for noun in NOUNS:
        # "work" is a verb in this grammar too: whichever is found first, it is one kind.
        add(NOUN, noun.english, noun.english, noun.english_plural)
        if noun.modifier is not None:
            add(NOUN, noun.modifier[2], noun.modifier[2])
    for verb in VERBS:
        add(VERB, verb.english[0], *verb.english)
        add(VERB, verb.particle, *verb.particle.split())
    for modal in MODALS:
        add(VERB, modal.english, modal.english)
    add(VERB, "cannot", "cannot")
    add(VERB, "want", "wants")
    for word in ("am", "is", "are", "was", "were", "do", "does", "did", "will"):
        add(FORM, word, word)
    for adjective in ADJECTIVES:
        add(ADJECTIVE, adjective.name, adjective.name)
    for place in PLACES:
        add(CIRCUMSTANCE, place.english, place.english, place.english_in)
    for time in TIMES:
        for word in time.english:
            add(CIRCUMSTANCE, word, word)
    for conjunction in CONJUNCTIONS:
        add(OTHER, conjunction.english, conjunction.english)
    return kinds


def kind_of(word: str) -> str:
    """The kind that an English word of the grammar belongs to; `OTHER` for any other token."""
    return _words().get(word, (OTHER, word))[0]


def error_kinds(*, hypothesis: Tokens, reference: Tokens) -> frozenset[str]:
    """The kinds of words in which a translation differs from its reference; empty if it does not.

    Words are counted, wherever they stand. What one sentence has and the other has not (or more
    often) is of the kind of that word, but for two cases: if both have the same noun, one of them
    in the singular and the other in the plural, that is `PLURAL`, and if they have the same verb in
    other forms, that is `FORM`, as are "is", "did" and "will". If all words are the same, it is
    `ORDER`.
    """
    if hypothesis == reference:
        return frozenset()
    words = _words()
    missing, extra = Counter(reference), Counter(hypothesis)
    missing, extra = missing - extra, extra - missing
    if not missing and not extra:
        return frozenset({ORDER})
    kinds = set()
    for kind, if_same in ((NOUN, PLURAL), (VERB, FORM)):
        bases = [
            Counter(words[word][1] for word in part.elements() if kind_of(word) == kind)
            for part in (missing, extra)
        ]
        if bases[0] & bases[1]:
            kinds.add(if_same)
        if bases[0] != bases[1]:
            kinds.add(kind)
    for word in (*missing, *extra):
        if kind_of(word) not in (NOUN, VERB):
            kinds.add(kind_of(word))
    return frozenset(kinds)


def count_error_kinds(
    *, hypotheses: Sequence[Tokens], references: Sequence[Tokens]
) -> list[tuple[str, int]]:
    """How many of the wrong translations are wrong in each kind, the commonest first.

    One translation can be wrong in several kinds, so the numbers may add up to more than there are
    wrong translations. Kinds that do not occur are left out. Raises `ValueError` for unequal
    numbers of sentences.
    """
    if len(hypotheses) != len(references):
        raise ValueError(
            f"expected as many hypotheses as references, got {len(hypotheses)} and "
            f"{len(references)}; give each reference its hypothesis"
        )
    counts: Counter[str] = Counter()
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        counts.update(error_kinds(hypothesis=hypothesis, reference=reference))
    return sorted(counts.items(), key=lambda item: (-item[1], KINDS.index(item[0])))
