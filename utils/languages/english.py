"""How English says a sentence: agreement, do-support, the verb's particle, a tense on one word."""

from __future__ import annotations

from .lexicon import Name, Place, Pronoun
from .sentences import (
    Clause,
    Meaning,
    NounPhrase,
    Sentence,
    Word,
    tense_of,
    write_words,
)

UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
BE = {"I": "am", "he": "is", "she": "is"}  # everyone else "are"
VOWELS = tuple("aeiou")


def say(sentence: Sentence) -> list[Word]:
    """The words of `sentence`, punctuation included."""
    first = say_clause(sentence.clause, is_question=sentence.is_question)
    words = first
    if sentence.other is not None:
        comma = Word(",", frozenset({(sentence.key, "comma")}))
        link = Word(sentence.conjunction.english, frozenset({(sentence.key, "conjunction")}))
        other = [link, *say_clause(sentence.other)]
        if sentence.other_first:
            words = [*other, comma, *first]
        elif sentence.conjunction.subordinate:
            words = [*first, *other]
        else:
            words = [*first, comma, *other]
    end = "?" if sentence.is_question else "."
    return [*words, Word(end, frozenset({(sentence.key, "end")}))]


def say_clause(
    clause: Clause, is_question: bool = False, head: NounPhrase | None = None
) -> list[Word]:
    """The words of one clause; `head` is the noun that a relative clause describes."""
    subject = [] if clause.gap == "subject" else say_noun_phrase(clause.subject, "subject")
    person = (head if clause.gap == "subject" else clause.subject).person
    auxiliaries, verb = _verb_group(clause, person, is_question)
    frequency: list[Word] = []
    time: list[Word] = []
    if clause.time is not None:
        said = [Word(text, frozenset({(clause.key, "time")})) for text in clause.time.english]
        frequency, time = (said, []) if clause.time.is_frequency else ([], said)

    front = time if clause.time_first else []
    if is_question:  # the first auxiliary changes places with the subject
        middle = [*auxiliaries[:1], *subject, *auxiliaries[1:], *frequency]
    else:
        middle = [*subject, *auxiliaries, *frequency]
    rest = []
    if clause.recipient is not None:
        rest += say_noun_phrase(clause.recipient, "object")
    if clause.object is not None:
        rest += say_noun_phrase(clause.object, "object")
        if verb[-1].text == "up" and isinstance(clause.object.head, Pronoun):
            rest.append(verb.pop())  # "pick up the child", but "pick it up"
    if clause.goal is not None:
        rest += _say_place(clause, clause.goal, "to")
    if clause.place is not None:
        rest += _say_place(clause, clause.place, clause.place.english_in)
    if clause.report is not None:
        that = Word("that", frozenset({(clause.key, "that")}))
        rest += [that, *say_clause(clause.report)]
    end = [] if clause.time_first else time
    return [*front, *middle, *verb, *rest, *end]


def _verb_group(clause: Clause, person: str, is_question: bool) -> tuple[list[Word], list[Word]]:
    """What may be inverted and negated, and the rest: (did, not), (look, for)."""
    tense = tense_of(clause)
    third = person in ("he", "she")
    negation = [Word("not", frozenset({(clause.key, "not")}))] if clause.is_negated else []
    asked = frozenset({(clause.key, "question")}) if is_question else frozenset()
    if clause.verb is None:
        be = Word(BE.get(person, "are"), frozenset({(clause.key, "be")}))
        predicate = Word(clause.predicate.name, frozenset({(clause.key, "predicate")}))
        return [be, *negation], [predicate]

    verb = clause.verb
    base, third_form, past, ing = verb.english
    meaning = frozenset({(clause.key, "verb")})
    rest = _words(verb.particle, meaning)
    if clause.modal is not None and clause.modal.name != "want":
        modal = frozenset({(clause.key, "modal")})
        if clause.modal.name == "can" and clause.is_negated and not is_question:
            return [Word("cannot", modal | {(clause.key, "not")})], [Word(base, meaning), *rest]
        return [Word(clause.modal.english, modal), *negation], [Word(base, meaning), *rest]
    if clause.tense == "future":
        return [Word("will", tense), *negation], [Word(base, meaning), *rest]
    if clause.tense == "progressive":
        be = Word(BE.get(person, "are"), tense)
        return [be, *negation], [Word(ing, meaning), *rest]

    if clause.modal is not None:  # "wants to": an ordinary verb, which needs "do" as others do
        modal = frozenset({(clause.key, "modal")})
        rest = [Word("to", modal), Word(base, meaning), *rest]
        base, third_form, meaning = "want", "wants", modal
    if clause.is_negated or is_question:
        do = "did" if clause.tense == "past" else "does" if third else "do"
        return [Word(do, tense | asked), *negation], [Word(base, meaning), *rest]
    if clause.tense == "past":
        return [], [Word(past, meaning | tense), *rest]
    return [], [Word(third_form if third else base, meaning), *rest]


def _words(text: str, meanings: frozenset[Meaning]) -> list[Word]:
    return [Word(word, meanings) for word in text.split()]


def _say_place(clause: Clause, place: Place, preposition: str) -> list[Word]:
    return [
        Word(preposition, frozenset({(clause.key, "where")})),
        Word("the"),
        Word(place.english, frozenset({(clause.key, "place")})),
    ]


def say_noun_phrase(phrase: NounPhrase, role: str) -> list[Word]:
    """The words of a noun phrase, with its relative clause; `role` is "subject" or "object"."""
    head, key = phrase.head, phrase.key
    meaning = frozenset({(key, "head")})
    if isinstance(head, Pronoun):
        return [Word(head.name if role == "subject" else head.english_object, meaning)]
    if isinstance(head, Name):
        return [Word(head.name, meaning)]

    noun = []
    if head.modifier is not None:
        noun.append(Word(head.modifier[2], frozenset({(key, "modifier")})))
    noun.append(Word(head.english_plural if phrase.is_plural else head.english, meaning))
    if phrase.adjective is not None:
        noun.insert(0, Word(phrase.adjective.name, frozenset({(key, "adjective")})))

    words = [*_say_determiner(phrase, noun[0].text), *noun]
    if phrase.relative is not None:
        clause = phrase.relative
        who = "who" if "person" in head.kinds and clause.gap == "subject" else "that"
        words.append(Word(who, frozenset({(clause.key, "relative")})))
        words += say_clause(clause, head=phrase)
    return words


def _say_determiner(phrase: NounPhrase, next_word: str) -> list[Word]:
    meaning = frozenset({(phrase.key, "determiner")})
    match phrase.determiner:
        case "none":
            return []
        case "the":
            return [Word("the", meaning)]
        case "the (plural)":
            return [Word("the", frozenset({(phrase.key, "plural")}))]
        case "a":
            return [Word("an" if next_word.startswith(VOWELS) else "a", meaning)]
        case "possessive":
            return [Word(phrase.possessor.english_possessive, meaning)]
        case "number":
            return say_number(phrase.number, phrase.key)
        case other:  # "this", "many", "some", "all"
            return [Word(other, meaning)]


def say_number(number: int, key: int) -> list[Word]:
    """21 is two words, "twenty-" and "one"; the hyphen shows that they are written as one."""
    tens, units = divmod(number, 10)
    if number < len(UNITS):
        return [Word(UNITS[number], frozenset({(key, "number")}))]
    if units == 0:
        return [Word(TENS[tens], frozenset({(key, "tens")}))]
    return [
        Word(f"{TENS[tens]}-", frozenset({(key, "tens")})),
        Word(UNITS[units], frozenset({(key, "units")})),
    ]


def write(words: list[str]) -> str:
    """The sentence as it is written: "The twenty-one students are reading.\""""
    return write_words(" ".join(words).replace("- ", "-"))
