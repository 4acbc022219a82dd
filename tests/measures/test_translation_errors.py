"""Kinds of errors: each by an example, and every word of the grammar has its kind."""

import pytest

from utils.measures.translation_errors import (
    KINDS,
    OTHER,
    count_error_kinds,
    error_kinds,
    kind_of,
)
from utils.text.corpus import load_corpus

REFERENCE = "Peter is showing him my black cat at the school ."


@pytest.mark.parametrize(
    ("hypothesis", "kinds"),
    [
        (REFERENCE, set()),
        ("Peter is showing me his black cat at the school .", {"pronoun or possessive"}),
        ("Peter is showing him my black dog at the school .", {"noun or name"}),
        ("Paul is showing him my black cat at the school .", {"noun or name"}),
        ("Peter is showing him my black cats at the school .", {"one or many"}),
        (
            "Peter is showing him my black dogs at the school .",
            {"noun or name"},
        ),
        ("Peter showed him my black cat at the school .", {"tense or form of the verb"}),
        ("Peter are showing him my black cat at the school .", {"tense or form of the verb"}),
        ("Peter is giving him my black cat at the school .", {"verb"}),
        ("Peter gave him my black cat at the school .", {"verb", "tense or form of the verb"}),
        ("Peter is showing him my old cat at the school .", {"adjective"}),
        ("Peter is showing him my black cat in the park .", {"time or place"}),
        ("Peter is showing him my black cat today .", {"time or place", "article or determiner"}),
        ("Peter is showing him a black cat at the school .", {"pronoun or possessive",
                                                             "article or determiner"}),
        ("Peter is showing him my black cat at the school ?", {"other word"}),
        ("Peter is not showing him my black cat at the school .", {"other word"}),
        ("at the school Peter is showing him my black cat .", {"order alone"}),
        ("", {"noun or name", "tense or form of the verb", "verb", "pronoun or possessive",
              "adjective", "time or place", "article or determiner", "other word"}),
    ],
)  # fmt: skip
def test_kinds_by_example(hypothesis, kinds):
    one, other = tuple(hypothesis.split()), tuple(REFERENCE.split())
    assert error_kinds(hypothesis=one, reference=other) == kinds
    # What is missing in one is too much in the other: the kinds are the same.
    assert error_kinds(hypothesis=other, reference=one) == kinds


@pytest.mark.parametrize(
    ("hypothesis", "reference", "kinds"),
    [
        ("ninety- three doors .", "fifty- three doors .", {"number"}),
        ("thirty doors .", "three doors .", {"number"}),
        ("a old cat .", "an old cat .", {"article or determiner"}),
        ("I cannot read .", "I can read .", {"verb"}),
        ("she wants to go .", "they want to go .", {"pronoun or possessive",
                                                    "tense or form of the verb"}),
        # A cat too many is no plural: the reference has none.
        ("the cat sees the cat .", "the cat sees the dog .", {"noun or name"}),
        ("the cat sees cats .", "the cat sees the cat .", {"one or many", "article or determiner"}),
        # Both: a noun in the plural, and another noun.
        ("the cats see a dog .", "the cat see a bird .", {"one or many", "noun or name"}),
        ("the horse and the horse .", "the horse .", {"noun or name", "article or determiner",
                                                      "other word"}),
    ],
)  # fmt: skip
def test_kinds_of_other_sentences(hypothesis, reference, kinds):
    found = error_kinds(hypothesis=tuple(hypothesis.split()), reference=tuple(reference.split()))
    assert found == kinds


def test_every_word_of_the_grammar_has_a_kind():
    corpus = load_corpus("grammar", "zh", "en", sizes=(3_000, 1, 1), clauses=(1, 2))
    words = {word for pair in corpus.train for word in pair.target}
    without = {word for word in words if kind_of(word) == OTHER}
    assert without <= set(". , ? and but if although because not to that who".split())
    assert {kind_of(word) for word in words} == set(KINDS) - {
        "one or many",
        "order alone",
    }


def test_counts_over_all_wrong_translations():
    references = [tuple(text.split()) for text in ("a cat .", "a dog .", "two cats .", "I read .")]
    hypotheses = [tuple(text.split()) for text in ("the dog .", "a dog .", "two cat .", "a dog .")]
    assert count_error_kinds(hypotheses=hypotheses, references=references) == [
        # Of equally frequent kinds the first of KINDS.
        ("article or determiner", 2),
        ("noun or name", 2),
        ("pronoun or possessive", 1),
        ("one or many", 1),
        ("verb", 1),
    ]
    assert count_error_kinds(hypotheses=references, references=references) == []
    with pytest.raises(ValueError, match="as many hypotheses as references, got 3 and 4"):
        count_error_kinds(hypotheses=hypotheses[1:], references=references)
