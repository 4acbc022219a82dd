"""What kind of word a German word of the grammar is, for lists that a reader chooses from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .german import BE, HAVE, STRONG, TENS, UNITS, WILL
from .lexicon import ADJECTIVES, MODALS, NAMES, NOUNS, PLACES, TIMES, VERBS, Noun

SMALL_WORDS = "small words"


def german_word_groups(tokens: Iterable[str]) -> dict[str, list[str]]:
    """The words among `tokens` by kind: {"people": ["Anna", ...], ..., "small words": [...]}.

    Each word is in one group, in alphabetical order; articles, pronouns and all that no other group
    has are small words. What is no word, such as a full stop or "sieben+", is left out, and so is a
    group without words.
    """
    kind_of: dict[str, str] = {}
    for kind, form in _forms():
        kind_of.setdefault(form, kind)
    groups: dict[str, list[str]] = {kind: [] for kind, _ in _forms()}
    groups[SMALL_WORDS] = []
    for token in sorted(set(tokens), key=_in_alphabet):
        if token.isalpha():
            groups[kind_of.get(token, SMALL_WORDS)].append(token)
    return {kind: words for kind, words in groups.items() if words}


def _forms() -> Iterator[tuple[str, str]]:
    """A kind of word and one form of it, the kinds in the order in which they are shown."""
    for name in NAMES:
        yield "people", name.name
    for noun in NOUNS:
        is_person, is_animal = "person" in noun.kinds, "animal" in noun.kinds
        for form in _noun_forms(noun):
            yield "people" if is_person else "animals" if is_animal else "things", form
    for place in PLACES:
        yield "places", place.german
    for verb in VERBS:
        for form in (*verb.german, verb.prefix + verb.german[3], verb.prefix + verb.participle):
            yield "verbs", form
    auxiliaries = (HAVE, BE, WILL, *(modal.german for modal in MODALS))
    for form in (form for forms in auxiliaries for form in forms.values()):
        yield "verbs", form
    endings = {ending for row in STRONG.values() for ending in row}
    modifiers = [noun.modifier[1] for noun in NOUNS if noun.modifier]
    for stem in (*(adjective.german_stem for adjective in ADJECTIVES), *modifiers):
        for ending in sorted(endings):
            yield "adjectives", stem + ending
    for adjective in ADJECTIVES:
        yield "adjectives", adjective.german
    for number in (*UNITS, *TENS):
        if number != "ein":  # the article as well
            yield "numbers", number
    for time in TIMES:
        for form in time.german:
            yield "times", form


def _noun_forms(noun: Noun) -> Iterator[str]:
    yield noun.german
    if noun.german_plural:
        yield noun.german_plural
        yield noun.german_plural + "n"  # in the dative: "den Freunden"


def _in_alphabet(word: str) -> tuple[str, str]:
    """As a German dictionary sorts: "Äpfel" beside "Apfel"."""
    plain = word.casefold().translate(str.maketrans("äöü", "aou"))
    return plain, word
