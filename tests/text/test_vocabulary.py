"""Tokens and their ids."""

import pytest
import torch

from utils.text.vocabulary import (
    END,
    PADDING,
    START,
    UNKNOWN,
    Vocabulary,
    VocabularyError,
)

SENTENCES = [("b", "a", "c"), ("b", "ä", "c"), ("b", "Z")]


def test_the_frequent_come_first_and_ties_follow_the_alphabet():
    assert Vocabulary.of(SENTENCES).tokens == (
        *("<pad>", "<s>", "</s>", "<unk>"),
        *("b", "c", "Z", "a", "ä"),
    )


def test_the_order_of_the_sentences_does_not_matter():
    assert Vocabulary.of(reversed(SENTENCES)).tokens == Vocabulary.of(SENTENCES).tokens


def test_rare_tokens_are_left_out():
    vocabulary = Vocabulary.of(SENTENCES, minimum_count=2)
    assert vocabulary.tokens[4:] == ("b", "c")
    assert len(vocabulary) == 6
    assert "c" in vocabulary and "a" not in vocabulary
    assert vocabulary.encode(("a", "b", "Z")) == [UNKNOWN, 4, UNKNOWN]


def test_encoding_and_back():
    vocabulary = Vocabulary.of(SENTENCES)
    for sentence in SENTENCES:
        token_ids = vocabulary.encode(sentence)
        assert all(isinstance(token_id, int) and token_id > UNKNOWN for token_id in token_ids)
        assert vocabulary.decode(token_ids) == sentence
    assert vocabulary.encode(()) == []


def test_decoding_stops_at_the_end_and_shows_no_padding():
    vocabulary = Vocabulary(("a", "b"))
    token_ids = [START, 4, PADDING, UNKNOWN, 5, END, 4, PADDING]
    assert vocabulary.decode(token_ids) == ("a", "<unk>", "b")
    assert vocabulary.decode(torch.tensor(token_ids)) == ("a", "<unk>", "b")
    assert vocabulary.decode([]) == ()


@pytest.mark.parametrize("name", ["<pad>", "<s>", "</s>", "<unk>"])
def test_the_name_of_a_control_token_in_a_text_does_not_become_one(name):
    vocabulary = Vocabulary(("a", "b"))
    assert vocabulary.encode(("a", name, "b")) == [4, UNKNOWN, 5]
    assert name not in vocabulary
    with pytest.raises(VocabularyError, match=rf"differ from each other and from .*'{name}'\]"):
        Vocabulary.of([("a", name)])


def test_a_token_twice():
    with pytest.raises(VocabularyError, match="got some token twice"):
        Vocabulary(("a", "b", "a"))


@pytest.mark.parametrize("sentences", [["ab c"], "ab c", [("a", 3)]])
def test_a_string_is_no_sentence(sentences):
    with pytest.raises(VocabularyError, match="expected a sentence as a sequence of tokens"):
        Vocabulary.of(sentences)


@pytest.mark.parametrize("sentence", ["a b", "", ("a", 3)])
def test_a_string_cannot_be_encoded(sentence):
    with pytest.raises(VocabularyError, match=r"write tuple\(sentence\) for its characters"):
        Vocabulary(("a", "b")).encode(sentence)


@pytest.mark.parametrize("options", [([],), ([(), ()],), ([("a",), ("b",)], 2)])
def test_nothing_left_to_number(options):
    with pytest.raises(VocabularyError, match="expected sentences with tokens that occur"):
        Vocabulary.of(*options)


@pytest.mark.parametrize("token_id", [-1, 6])
def test_a_number_that_no_token_has(token_id):
    with pytest.raises(VocabularyError, match=f"expected token ids from 0 to 5, got {token_id}"):
        Vocabulary(("a", "b")).decode([4, token_id])


def test_its_errors_are_value_errors():
    assert issubclass(VocabularyError, ValueError)
