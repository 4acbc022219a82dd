"""How German says a sentence: gender, case and agreement, and a verb in two places.

The finite verb stands second in a statement, first in a question and last in a subordinate clause;
participle, infinitive and separable prefix stand at the end.
"""

from __future__ import annotations

from .lexicon import Name, Noun, Place, Pronoun, by_person
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
    "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn "
    "sechzehn siebzehn achtzehn neunzehn"
).split()
TENS = "- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()

# Endings by case, then m, f, n, plural.
ARTICLE = {
    "nominative": ("der", "die", "das", "die"),
    "accusative": ("den", "die", "das", "die"),
    "dative": ("dem", "der", "dem", "den"),
}
RELATIVE = ARTICLE | {"dative": ("dem", "der", "dem", "denen")}
# Of words that decline as the article does: dieser, viele, and adjectives that stand alone.
STRONG = {
    "nominative": ("er", "e", "es", "e"),
    "accusative": ("en", "e", "es", "e"),
    "dative": ("em", "er", "em", "en"),
}
# Of ein, kein, mein, unser.
MIXED = STRONG | {
    "nominative": ("", "e", "", "e"),
    "accusative": ("en", "e", "", "e"),
}
# Of adjectives after the article or dieser; after ein and mein where those have an ending.
WEAK = {
    "nominative": ("e", "e", "e", "en"),
    "accusative": ("en", "e", "e", "en"),
    "dative": ("en", "en", "en", "en"),
}
# Of what is new to the hearer; "none" is that of a mass noun.
INDEFINITE = frozenset({"a", "number", "many", "some", "none"})
HAVE = by_person("habe hast hat hat haben haben")
BE = by_person("bin bist ist ist sind sind")
WILL = by_person("werde wirst wird wird werden werden")
CONTRACTIONS = {
    ("in", "dem"): "im",
    ("in", "das"): "ins",
    ("an", "dem"): "am",
    ("zu", "dem"): "zum",
    ("zu", "der"): "zur",
}


def say(sentence: Sentence) -> list[Word]:
    """The words of `sentence`, punctuation included."""
    comma = Word(",", frozenset({(sentence.key, "comma")}))
    if sentence.is_question:
        words = say_clause(sentence.clause, "first")
    elif sentence.other is None:
        words = say_clause(sentence.clause)
    else:
        link = Word(sentence.conjunction.german, frozenset({(sentence.key, "conjunction")}))
        order = "last" if sentence.conjunction.subordinate else "second"
        other = [link, *say_clause(sentence.other, order)]
        if sentence.other_first:  # the subordinate clause fills the place before the verb
            words = [*other, comma, *say_clause(sentence.clause, "first")]
        else:
            words = [*say_clause(sentence.clause), comma, *other]
    end = "?" if sentence.is_question else "."
    return _join_commas([*words, Word(end, frozenset({(sentence.key, "end")}))])


def _join_commas(words: list[Word]) -> list[Word]:
    """`words` without a comma at the start, before a final mark, or beside another comma."""
    kept: list[Word] = []
    for word in words:
        if kept and kept[-1].text == "," and word.text in (",", ".", "?"):
            if word.text == ",":
                kept[-1] = Word(",", kept[-1].meanings | word.meanings)
                continue
            kept.pop()
        kept.append(word)
    return kept


def say_clause(clause: Clause, order: str = "second", head: NounPhrase | None = None) -> list[Word]:
    """The words of one clause with its finite verb "first", "second" or "last".

    `head` is the noun that a relative clause describes.
    """
    person = (head if clause.gap == "subject" else clause.subject).person
    finite, nonfinite = _verb_group(clause, person)
    subject = [] if clause.gap == "subject" else say_noun_phrase(clause.subject, "nominative")
    time = []
    if clause.time is not None:
        time = _words(clause.time.german, frozenset({(clause.key, "time")}))

    front, middle = [], []
    if order != "second":
        middle = [*subject]
    elif clause.time_first:
        front, time, middle = time, [], [*subject]
    else:
        front = subject
    rest = [*_say_complements(clause, time), *nonfinite]
    if clause.report is not None:
        that = Word("dass", frozenset({(clause.key, "that")}))
        report = [Word(","), that, *say_clause(clause.report, "last")]
    else:
        report = []
    if order == "last":
        # "weil er das Buch kaufen will", "der es aufmacht": prefix and verb are one word again.
        return [*middle, *_merge_prefix(clause, rest, finite), *report]
    return [*front, finite, *middle, *rest, *report]


def _merge_prefix(clause: Clause, rest: list[Word], finite: Word) -> list[Word]:
    if (
        clause.verb is not None
        and clause.verb.prefix
        and rest
        and rest[-1].text == clause.verb.prefix
    ):
        return [*rest[:-1], Word(rest[-1].text + finite.text, finite.meanings)]
    return [*rest, finite]


def _verb_group(clause: Clause, person: str) -> tuple[Word, list[Word]]:
    """The finite verb, and what stands at the end: (hat, [gekauft]), (macht, [auf])."""
    tense = tense_of(clause)
    if clause.verb is None:
        predicate = Word(clause.predicate.german, frozenset({(clause.key, "predicate")}))
        return Word(BE[person], frozenset({(clause.key, "be")})), [predicate]
    verb = clause.verb
    meaning = frozenset({(clause.key, "verb")})
    first, second, third, infinitive = verb.german
    forms = {"I": first, "you": second, "he": third, "she": third}
    if clause.modal is not None:
        finite = Word(clause.modal.german[person], frozenset({(clause.key, "modal")}))
        return finite, [Word(verb.prefix + infinitive, meaning)]
    if clause.tense == "future":
        return Word(WILL[person], tense), [Word(verb.prefix + infinitive, meaning)]
    if clause.tense == "past":
        auxiliary = (BE if verb.auxiliary == "sein" else HAVE)[person]
        return Word(auxiliary, tense), [Word(verb.prefix + verb.participle, meaning)]
    prefix = [Word(verb.prefix, meaning)] if verb.prefix else []
    return Word(forms.get(person, infinitive), meaning), prefix


def _say_complements(clause: Clause, time: list[Word]) -> list[Word]:
    """What stands between the verb's two places, pronouns and names first."""
    words, later, place = [], [], []
    object_case = clause.verb.case if clause.verb is not None else "accusative"
    # Mass nouns are denied by "kein": "trinkt keinen Tee".
    denied_by_kein = (
        clause.is_negated
        and clause.object is not None
        and isinstance(clause.object.head, Noun)
        and clause.object.head.is_mass
    )
    for phrase, case in ((clause.recipient, "dative"), (clause.object, object_case)):
        if phrase is None:
            continue
        negation = (clause.key, "not") if denied_by_kein and phrase is clause.object else None
        said = say_noun_phrase(phrase, case, negation)
        if isinstance(phrase.head, Pronoun | Name):
            words += said
        else:
            later += said
    if clause.place is not None:
        place = _say_place(clause, clause.place, clause.place.german_in, "dative")
    words += time
    if clause.tense == "progressive":
        words.append(Word("gerade", tense_of(clause)))
    # "isst im Garten einen Apfel", but "isst den Apfel im Garten": what is new stands last.
    if later and clause.object.determiner in INDEFINITE:
        words += place
        place = []
    words += later
    if clause.is_negated and not denied_by_kein:
        words.append(Word("nicht", frozenset({(clause.key, "not")})))
    words += place
    if clause.goal is not None:
        case = "dative" if clause.goal.german_to == "zu" else "accusative"
        words += _say_place(clause, clause.goal, clause.goal.german_to, case)
    return words


def _words(texts: tuple[str, ...], meanings: frozenset[Meaning]) -> list[Word]:
    return [Word(text, meanings) for text in texts]


def _column(gender: str, is_plural: bool) -> int:
    return 3 if is_plural else "mfn".index(gender)


def _say_place(clause: Clause, place: Place, preposition: str, case: str) -> list[Word]:
    where = frozenset({(clause.key, "where")})
    article = ARTICLE[case][_column(place.gender, is_plural=False)]
    noun = Word(place.german, frozenset({(clause.key, "place")}))
    if (preposition, article) in CONTRACTIONS:
        return [Word(CONTRACTIONS[preposition, article], where), noun]
    return [Word(preposition, where), Word(article), noun]


def say_noun_phrase(phrase: NounPhrase, case: str, negation: Meaning | None = None) -> list[Word]:
    """The words of a noun phrase in `case`, with its relative clause between commas.

    With `negation`, a meaning, the noun is denied by "kein", which expresses it.
    """
    head, key = phrase.head, phrase.key
    meaning = frozenset({(key, "head")})
    if isinstance(head, Pronoun):
        return [Word(getattr(head, case), meaning)]
    if isinstance(head, Name):
        return [Word(head.name, meaning)]

    column = _column(head.gender, phrase.is_plural)
    determiner, ending = _say_determiner(phrase, case, column, negation)
    words = [*determiner]
    if phrase.adjective is not None:
        text = phrase.adjective.german_stem + ending
        words.append(Word(text, frozenset({(key, "adjective")})))
    if head.modifier is not None:
        words.append(Word(head.modifier[1] + ending, frozenset({(key, "modifier")})))
    words.append(Word(_decline(head, case, phrase.is_plural), meaning))
    if phrase.relative is not None:
        words += _say_relative(phrase, phrase.relative, column)
    return words


def _say_relative(phrase: NounPhrase, clause: Clause, column: int) -> list[Word]:
    case = "nominative" if clause.gap == "subject" else clause.verb.case
    pronoun = Word(RELATIVE[case][column], frozenset({(clause.key, "relative")}))
    return [Word(","), pronoun, *say_clause(clause, "last", head=phrase), Word(",")]


def _decline(noun: Noun, case: str, is_plural: bool) -> str:
    if is_plural:
        takes_n = case == "dative" and not noun.german_plural.endswith(("n", "s"))
        return noun.german_plural + "n" * takes_n
    return noun.german_plural if noun.weak and case != "nominative" else noun.german


def _say_determiner(
    phrase: NounPhrase, case: str, column: int, negation: Meaning | None
) -> tuple[list[Word], str]:
    """The determiner, and the ending of an adjective after it."""
    meaning = frozenset({(phrase.key, "determiner")})
    strong, mixed, weak = (table[case][column] for table in (STRONG, MIXED, WEAK))
    # An adjective shows the case where the determiner does not: "ein altes Haus".
    after_mixed = strong if mixed == "" else weak
    if negation is not None:
        return [Word("kein" + mixed, frozenset({negation}))], after_mixed
    match phrase.determiner:
        case "the":
            return [Word(ARTICLE[case][column], meaning)], weak
        case "the (plural)":
            return [Word(ARTICLE[case][column], frozenset({(phrase.key, "plural")}))], weak
        case "this":
            return [Word("dies" + strong, meaning)], weak
        case "a":
            return [Word("ein" + mixed, meaning)], after_mixed
        case "possessive":
            return [Word(phrase.possessor.german_possessive + mixed, meaning)], after_mixed
        case "number":
            return say_number(phrase.number, phrase.key), strong
        case "many":
            return [Word("viel" + strong, meaning)], strong
        case "some":
            return [Word("einig" + strong, meaning)], strong
        case "all":
            return [Word("all" + strong, meaning)], weak
        case _:
            return [], strong


def say_number(number: int, key: int) -> list[Word]:
    """21 is three words, "ein+", "und+" and "zwanzig"; the plus shows that they are one."""
    tens, units = divmod(number, 10)
    if number < len(UNITS):
        return [Word(UNITS[number], frozenset({(key, "number")}))]
    if units == 0:
        return [Word(TENS[tens], frozenset({(key, "tens")}))]
    return [
        Word(f"{UNITS[units]}+", frozenset({(key, "units")})),
        Word("und+"),
        Word(TENS[tens], frozenset({(key, "tens")})),
    ]


def write(words: list[str]) -> str:
    """The sentence as it is written: "Die einundzwanzig Studenten lesen gerade.\""""
    return write_words(" ".join(words).replace("+ ", ""))
