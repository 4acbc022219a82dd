"""How Chinese says a sentence: measure words, particles instead of endings, clauses before nouns.

Chinese is written without spaces; each character is a word of its own here.
"""

from __future__ import annotations

from collections.abc import Sequence

from .lexicon import Name, Place, Pronoun
from .sentences import Clause, Meaning, NounPhrase, Sentence, Word, tense_of

DIGITS = "零一二三四五六七八九"


def say(sentence: Sentence) -> list[Word]:
    """The characters of `sentence`, punctuation included."""
    first = say_clause(sentence.clause, is_question=sentence.is_question)
    words = first
    if sentence.other is not None:
        other = say_clause(sentence.other)
        comma = Word("，", frozenset({(sentence.key, "comma")}))
        link = frozenset({(sentence.key, "conjunction")})
        if sentence.other_first:
            before, between = sentence.conjunction.chinese_first
            # 所以 and 但是 answer to 因为 and 虽然; German and English say nothing there.
            words = [*_words(before, link), *other, comma, *_words(between), *first]
        else:
            words = [*first, comma, *_words(sentence.conjunction.chinese_second, link), *other]
    if sentence.is_question:
        words.append(Word("吗", frozenset({(sentence.clause.key, "question")})))
    end = "？" if sentence.is_question else "。"
    return [*words, Word(end, frozenset({(sentence.key, "end")}))]


def say_clause(clause: Clause, is_question: bool = False) -> list[Word]:
    """The characters of one clause; in a relative one the gap is simply left out."""
    subject = [] if clause.subject is None else say_noun_phrase(clause.subject)
    time = []
    if clause.time is not None:
        time = _words(clause.time.chinese, frozenset({(clause.key, "time")}))
    start = [*time, *subject] if clause.time_first else [*subject, *time]
    if clause.verb is None:
        predicate = _words(clause.predicate.chinese, frozenset({(clause.key, "predicate")}))
        if clause.is_negated:
            return [*start, Word("不", frozenset({(clause.key, "not")})), *predicate]
        # In a question 很 would be "very".
        be = [] if is_question else [Word("很", frozenset({(clause.key, "be")}))]
        return [*start, *be, *predicate]

    words = [*start, *_say_mode(clause)]
    if clause.place is not None:
        words += _say_place(clause, clause.place)
    words += _say_verb(clause)
    if clause.report is not None:
        words += say_clause(clause.report)
    return words


def _say_mode(clause: Clause) -> list[Word]:
    """What stands before the verb: negation, modal verb, future, progressive."""
    negation = frozenset({(clause.key, "not")})
    tense = tense_of(clause)
    words = []
    if clause.is_negated:
        # 没 denies that something happened, so it also says the past.
        words.append(
            Word("没", negation | tense) if clause.tense == "past" else Word("不", negation)
        )
    if clause.modal is not None:
        words += _words(clause.modal.chinese, frozenset({(clause.key, "modal")}))
    elif clause.tense == "future":
        words.append(Word("会", tense))
    elif clause.tense == "progressive":
        words.append(Word("正", tense))
        if clause.place is None:  # otherwise one 在 says both: 正在花园里读书
            words.append(Word("在", tense))
    return words


def _say_place(clause: Clause, place: Place) -> list[Word]:
    where = frozenset({(clause.key, "where")})
    at = where | tense_of(clause) if clause.tense == "progressive" else where
    noun = _words(place.chinese, frozenset({(clause.key, "place")}))
    return [Word("在", at), *noun, *_words(place.inside, where)]


def _say_verb(clause: Clause) -> list[Word]:
    """The verb's template filled in: 给R看^O becomes 给孩子看了一本书."""
    meaning = frozenset({(clause.key, "verb")})
    says_past = clause.tense == "past" and not clause.is_negated and clause.gap != "object"
    words = []
    for symbol in clause.verb.chinese:
        if symbol == "^":
            words += [Word("了", tense_of(clause))] if says_past else []
        elif symbol == "R":
            words += say_noun_phrase(clause.recipient)
        elif symbol == "O" and clause.goal is not None:
            words += _words(clause.goal.chinese, frozenset({(clause.key, "place")}))
        elif symbol == "O":
            words += [] if clause.object is None else say_noun_phrase(clause.object)
        else:
            words.append(Word(symbol, meaning))
    return words


def _words(text: str, meanings: frozenset[Meaning] = frozenset()) -> list[Word]:
    return [Word(character, meanings) for character in text]


def say_noun_phrase(phrase: NounPhrase) -> list[Word]:
    """The characters of a noun phrase: whose or how many, the relative clause, quality, noun."""
    head, key = phrase.head, phrase.key
    meaning = frozenset({(key, "head")})
    if isinstance(head, Pronoun | Name):
        return _words(head.chinese, meaning)

    words = _say_determiner(phrase)
    if phrase.relative is not None:
        relative = frozenset({(phrase.relative.key, "relative")})
        words += [*say_clause(phrase.relative), Word("的", relative)]
    if phrase.adjective is not None:
        adjective = frozenset({(key, "adjective")})
        words += _words(phrase.adjective.chinese, adjective)
        words += [Word("的")] if phrase.adjective.takes_de else []
    if head.modifier is not None:
        words += _words(head.modifier[0], frozenset({(key, "modifier")}))
    words += _words(head.chinese, meaning)
    if phrase.determiner == "the (plural)":
        words.append(Word("们", frozenset({(key, "plural")})))
    return words


def _say_determiner(phrase: NounPhrase) -> list[Word]:
    meaning = frozenset({(phrase.key, "determiner")})
    measure = _words(getattr(phrase.head, "measure", ""))
    match phrase.determiner:
        case "a":
            return [Word("一", meaning), *measure]
        case "this":
            return [Word("这", meaning), *measure]
        case "number":
            return [*say_number(phrase.number, phrase.key), *measure]
        case "many":
            return _words("很多", meaning)
        case "some":
            return _words("一些", meaning)
        case "all":
            return _words("所有", meaning)
        case "possessive":
            return [*_words(phrase.possessor.chinese, meaning), Word("的")]
        case _:  # Chinese has no article
            return []


def say_number(number: int, key: int) -> list[Word]:
    """21 is 二十一: two tens and one. Two things are 两, not 二."""
    tens, units = divmod(number, 10)
    if number == 2:
        return [Word("两", frozenset({(key, "number")}))]
    if number < 20:
        text = ("十" if tens else "") + (DIGITS[units] if units or not tens else "")
        return _words(text, frozenset({(key, "number")}))
    said = _words(f"{DIGITS[tens]}十", frozenset({(key, "tens")}))
    return said + (_words(DIGITS[units], frozenset({(key, "units")})) if units else [])


def write(words: Sequence[str]) -> str:
    """The sentence as it is written: without spaces."""
    return "".join(words)
