"""A dictionary: what Chinese words mean in English, and of what kind German words are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from ..wording.words import say
from .chinese import DIGITS
from .german import BE, HAVE, STRONG, TENS, UNITS, WILL
from .lexicon import (
    ADJECTIVES,
    CONJUNCTIONS,
    MODALS,
    NAMES,
    NOUNS,
    PLACES,
    PRONOUNS,
    TIMES,
    VERBS,
    Noun,
)

_NUMBERS = dict(
    zip(DIGITS, "zero one two three four five six seven eight nine".split(), strict=True)
)
SMALL_WORDS = "small words"
# The Chinese of German small words, and of parts of what the lexicon has as two words: "am Abend".
SMALL_GERMAN = {
    **dict.fromkeys(("kein", "keine", "keinen"), "没有"),
    **dict.fromkeys(("viele", "vielen"), "很多"),
    **dict.fromkeys(("alle", "allen"), "所有"),
    **dict.fromkeys(("einige", "einigen"), "一些"),
    **{"nicht": "不，没", "gerade": "正在", "jeden": "每", "letzte": "上个", "nächste": "下个"},
    **{"Abend": "晚上", "Tag": "天", "Woche": "星期"},
}


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
        first, _ = conjunction.chinese_first or ("", "")
        for word in (first, conjunction.chinese_second):
            if word:
                found[word] = conjunction.name
    for number, word in (_NUMBERS | {"十": "ten"}).items():
        found.setdefault(number, word)
    for noun in NOUNS:
        if noun.measure:
            found.setdefault(noun.measure, say("(measure word)"))
    particles = _particles()
    for particle in particles:
        found.pop(particle, None)  # else 给 would stand among the verbs
    return found | particles


def _particles() -> dict[str, str]:
    """What has no word of its own in the lexicon: `chinese` puts these between the words."""
    return {
        "的": "’s, which",
        "给": "give, to",
        "看": "look, show",  # 给 somebody something 看: give it to them to look at
        "了": say("(past)"),
        "们": say("(plural)"),
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
        "吗": say("(question)"),
        "。": ".",
        "？": "?",
        "，": ",",
        "所以": "so, therefore",
    }


def glosses_of(sentences: Iterable[Iterable[str]]) -> dict[str, str]:
    """Those of `glosses()` that occur in `sentences`, each of them characters, cut into words."""
    known = glosses()
    used = {word for sentence in sentences for word in cut("".join(sentence), known)}
    return {word: gloss for word, gloss in known.items() if word in used}


def cut(sentence: str, words: Collection[str]) -> list[str]:
    """The sentence cut from its beginning, each time at the longest of `words` that stands there.

    A character with which none of them begins is a piece of its own.
    """
    longest = max(map(len, words))
    found = []
    while sentence:
        length = next((n for n in range(longest, 1, -1) if sentence[:n] in words), 1)
        found.append(sentence[:length])
        sentence = sentence[length:]
    return found


def _of_verb(template: str, name: str) -> dict[str, str]:
    """The words of a template such as 给O打^电话, "call": the last one is the verb."""
    *before, verb = (chunk for chunk in re.split("[OR]", template) if chunk.strip("^"))
    said = {word.strip("^"): "to" for word in before}
    head, _, rest = verb.partition("^")
    said[head + rest] = name
    if rest:
        said |= {head: name, rest: f"({name})"}
    return said


def german_word_groups(tokens: Iterable[str]) -> dict[str, list[str]]:
    """The words among `tokens` by kind: {"people": ["Anna", ...], ..., "small words": [...]}.

    Each word is in one group, in alphabetical order; articles, pronouns and all that no other group
    has are small words. What is no word, such as a full stop or "sieben+", is left out, and so is a
    group without words. The kinds are named in the edition's language.
    """
    kind_of: dict[str, str] = {}
    for kind, form, _ in _forms():
        kind_of.setdefault(form, kind)
    groups: dict[str, list[str]] = {kind: [] for kind, _, _ in _forms()}
    groups[SMALL_WORDS] = []
    for token in sorted(set(tokens), key=_in_alphabet):
        if token.isalpha():
            groups[kind_of.get(token, SMALL_WORDS)].append(token)
    names = _names_of_kinds()
    return {names[kind]: words for kind, words in groups.items() if words}


def chinese_of_german(tokens: Iterable[str]) -> dict[str, str]:
    """What the German words among `tokens` are in Chinese, as far as one word can be.

    Dots stand where Chinese parts a verb, anrufen 给……打电话. The stem of a separable verb names
    its other part: macht 打开（＋auf），关上（＋zu）. Articles have no Chinese.
    """
    chinese_of: dict[str, list[str]] = {}
    for _, form, chinese in _forms():
        chinese_of.setdefault(form, []).append(chinese)
    for pronoun in PRONOUNS:
        for form in (pronoun.nominative, pronoun.accusative, pronoun.dative):
            chinese_of.setdefault(form, []).append(pronoun.chinese)
    told = {
        form: "，".join(dict.fromkeys(filter(None, all_of))) for form, all_of in chinese_of.items()
    }
    told |= SMALL_GERMAN
    return {token: told[token] for token in dict.fromkeys(tokens) if told.get(token)}


def _names_of_kinds() -> dict[str, str]:
    return {
        "people": say("people"),
        "animals": say("animals"),
        "things": say("things"),
        "places": say("places"),
        "verbs": say("verbs"),
        "adjectives": say("adjectives"),
        "numbers": say("numbers"),
        "times": say("times"),
        SMALL_WORDS: say("small words"),
    }


def _forms() -> Iterator[tuple[str, str, str]]:
    """A kind of word, one form of it and its Chinese, the kinds in the order of their display.

    The Chinese is "" where a form stands for no word of its own.
    """
    for name in NAMES:
        yield "people", name.name, name.chinese
    for noun in NOUNS:
        is_person, is_animal = "person" in noun.kinds, "animal" in noun.kinds
        for form in _noun_forms(noun):
            kind = "people" if is_person else "animals" if is_animal else "things"
            yield kind, form, noun.chinese
    for place in PLACES:
        yield "places", place.german, place.chinese.removesuffix("里")  # 城里 is "in the city"
    for verb in VERBS:
        chinese = re.sub("[OR]+", "……", verb.chinese.replace("^", "")).strip("…")
        apart = f"{chinese}（＋{verb.prefix}）" if verb.prefix else chinese
        yield from (("verbs", form, apart) for form in verb.german)
        for form in (verb.prefix + verb.german[3], verb.prefix + verb.participle):
            yield "verbs", form, chinese
    for modal in MODALS:
        yield from (("verbs", form, modal.chinese) for form in modal.german.values())
    for form in (form for forms in (HAVE, BE, WILL) for form in forms.values()):
        yield "verbs", form, ""
    endings = sorted({ending for row in STRONG.values() for ending in row})
    stems = [(adjective.german_stem, adjective.chinese) for adjective in ADJECTIVES]
    stems += [(noun.modifier[1], noun.modifier[0]) for noun in NOUNS if noun.modifier]
    for stem, chinese in stems:
        yield from (("adjectives", stem + ending, chinese) for ending in endings)
    for adjective in ADJECTIVES:
        yield "adjectives", adjective.german, adjective.chinese
    for number, chinese in _german_numbers():
        yield "numbers", number, chinese
    for time in TIMES:
        chinese = time.chinese if len(time.german) == 1 else ""
        yield from (("times", form, chinese) for form in time.german)


def _german_numbers() -> Iterator[tuple[str, str]]:
    """Each that is one token, but "ein", which is the article as well; and its Chinese."""
    for number, german in enumerate(UNITS):
        if german != "ein":
            ten = "十" if number >= 10 else ""
            yield german, ten + (DIGITS[number % 10] if number % 10 or not ten else "")
    for tens, german in enumerate(TENS):
        if german.isalpha():
            yield german, f"{DIGITS[tens]}十"


def _noun_forms(noun: Noun) -> Iterator[str]:
    yield noun.german
    if noun.german_plural:
        yield noun.german_plural
        yield noun.german_plural + "n"  # in the dative: "den Freunden"


def _in_alphabet(word: str) -> tuple[str, str]:
    """As a German dictionary sorts: "Äpfel" beside "Apfel"."""
    plain = word.casefold().translate(str.maketrans("äöü", "aou"))
    return plain, word
