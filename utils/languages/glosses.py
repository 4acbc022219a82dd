"""What each word of the grammar's Chinese means, in an English word or two."""

from __future__ import annotations

import re

from .chinese import DIGITS
from .lexicon import ADJECTIVES, CONJUNCTIONS, MODALS, NAMES, NOUNS, PLACES, PRONOUNS, TIMES, VERBS

# What has no word of its own in the lexicon: `chinese` puts these between the words.
_PARTICLES = {
    "的": "’s, which",
    "给": "give, to",
    "了": "(past)",
    "们": "(plural)",
    "正": "right now",
    "在": "in, at",
    "里": "inside",
    "上": "on",
    "会": "will",
    "不": "not",
    "没": "did not",
    "很": "is, very",
    "一": "a, one",
    "这": "this",
    "两": "two",
    "很多": "many",
    "一些": "some",
    "所有": "all",
    "吗": "(question)",
    "。": ".",
    "？": "?",
    "，": ",",
}
_NUMBERS = dict(
    zip(DIGITS, "zero one two three four five six seven eight nine".split(), strict=True)
)
MEASURE_WORD = "(piece)"  # stands between a number and its noun


def glosses() -> dict[str, str]:
    """Words of one or more characters, and their meanings; nouns first, particles last.

    A verb that takes a word along, as 睡觉 does, has an entry for both and for each part, since 了
    can stand between them. Cut at the longest words, every sentence of the grammar is covered.
    """
    found = {noun.chinese: noun.english for noun in NOUNS}
    found |= {noun.modifier[0]: noun.modifier[2] for noun in NOUNS if noun.modifier}
    found |= {place.chinese: place.name for place in PLACES}
    found |= {name.chinese: name.name for name in NAMES}
    found |= {pronoun.chinese: pronoun.name for pronoun in PRONOUNS}
    for verb in VERBS:
        for word, gloss in _of_verb(verb.chinese, verb.name).items():
            found.setdefault(word, gloss)
    found |= {modal.chinese: modal.name for modal in MODALS}
    found |= {adjective.chinese: adjective.name for adjective in ADJECTIVES}
    found |= {time.chinese: time.name for time in TIMES}
    for conjunction in CONJUNCTIONS:
        first, answer = conjunction.chinese_first or ("", "")
        for word in (first, conjunction.chinese_second):
            if word:
                found[word] = conjunction.name
        if answer:
            found.setdefault(answer, f"({conjunction.name} …)")
    for number, word in (_NUMBERS | {"十": "ten"}).items():
        found.setdefault(number, word)
    for noun in NOUNS:
        if noun.measure:
            found.setdefault(noun.measure, MEASURE_WORD)
    for particle in _PARTICLES:
        found.pop(particle, None)  # else 给 would stand among the verbs
    return found | _PARTICLES


def _of_verb(template: str, name: str) -> dict[str, str]:
    """The words of a template such as 给O打^电话, "call": the last one is the verb."""
    *before, verb = (chunk for chunk in re.split("[OR]", template) if chunk.strip("^"))
    said = {word.strip("^"): "to" for word in before}
    head, _, rest = verb.partition("^")
    said[head + rest] = name
    if rest:
        said |= {head: name, rest: f"({name})"}
    return said
