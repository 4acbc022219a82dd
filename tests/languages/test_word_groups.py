"""The German words of the grammar by kind."""

import pytest

from utils.languages.german import say
from utils.languages.grammar import generate, texts
from utils.languages.lexicon import NOUNS
from utils.languages.word_groups import SMALL_WORDS, german_word_groups

KINDS = {
    "people": "Anna Frau Frauen Lehrern Freunden Ärztinnen",
    "animals": "Hund Vögel",
    "things": "Apfel Bücher Schlüssel Mathematik Netz Lernen",
    "places": "Schule Krankenhaus",
    "verbs": "liest lesen gelesen aufgestanden aufmachen lädt bin hast kann wird lernen",
    "adjectives": "groß große großen teuer teure müde müder neuronales",
    "numbers": "zwei zwölf zwanzig",
    "times": "gestern Woche oft",
    SMALL_WORDS: "der ein eine nicht ich unserem auf zum",
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_a_word(kind):
    words = KINDS[kind].split()
    groups = german_word_groups([*words, ".", "sieben+"])
    assert list(groups) == [kind]
    assert sorted(groups[kind]) == sorted(words)


def test_every_word_of_the_grammar_is_in_one_group():
    tokens = {word for sentence in generate(2000, seed=0) for word in texts(say(sentence))}
    groups = german_word_groups(tokens)
    found = [word for words in groups.values() for word in words]
    assert sorted(found) == sorted(token for token in tokens if token.isalpha())
    assert list(groups) == list(KINDS)
    # Capitals are nouns and names, but for the times among them.
    nouns = {word for kind in ("people", "animals", "things", "places") for word in groups[kind]}
    capitals = {word for word in found if word[0].isupper()}
    assert nouns <= capitals and capitals - nouns <= set(groups["times"])
    assert not {noun.german for noun in NOUNS} & set(groups[SMALL_WORDS])


def test_words_are_sorted_as_in_a_dictionary():
    assert german_word_groups(["Tür", "Äpfel", "Auto", "Apfel", "Tasse"]) == {
        "things": ["Apfel", "Äpfel", "Auto", "Tasse", "Tür"]
    }
