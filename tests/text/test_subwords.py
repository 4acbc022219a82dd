"""Subwords: learnt alike from the same text, and put together to what was written."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from utils.text.subwords import BLANK, NEVER_SEEN, Subwords
from utils.text.vocabulary import CONTROL_TOKENS, UNKNOWN, VocabularyError

TEXTS = [
    "Ein Mann schläft auf einer Bank.",
    "Eine Frau, die einen Mann sieht.",
    "Der Mann und die Frau sind auf der Bank!",
    "A man's T-shirt is (very) blue; he sleeps.",
]
SUBWORDS = Subwords.learn(TEXTS, 80)


def test_there_are_as_many_as_asked_for_and_the_same_each_time():
    assert len(SUBWORDS.vocabulary) == 80
    assert SUBWORDS.vocabulary.tokens[:4] == CONTROL_TOKENS
    assert Subwords.learn(TEXTS, 80).vocabulary.tokens == SUBWORDS.vocabulary.tokens
    assert Subwords.learn(iter(TEXTS), 80).vocabulary.tokens == SUBWORDS.vocabulary.tokens


def test_what_is_frequent_becomes_one_token_and_what_is_rare_is_spelt():
    assert SUBWORDS.cut("Mann") == (BLANK + "mann",)
    assert len(SUBWORDS.cut("very")) > 1


def test_the_pairs_that_are_joined_by_hand():
    """In "ab ab ab ac" the pairs ▁a (4 times), then ▁ab (3 times) are joined; ▁ac is left apart."""
    learnt = Subwords.learn(["ab ab", "ab ac"], len(CONTROL_TOKENS) + 5 + 2)
    assert set(learnt.vocabulary.tokens[4:9]) == {"a", "b", "c", BLANK, NEVER_SEEN}
    assert learnt.vocabulary.tokens[9:] == (BLANK + "a", BLANK + "ab")
    assert learnt.cut("ac ab cab") == (BLANK + "a", "c", BLANK + "ab", BLANK, "c", "a", "b")


@pytest.mark.parametrize("text", TEXTS)
def test_joined_again_a_text_is_what_it_was(text):
    assert SUBWORDS.join(SUBWORDS.cut(text)) == text.lower()
    kept = Subwords.learn(TEXTS, 80, lower_case=False)
    assert kept.join(kept.cut(text)) == text


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aeinmr äß.,-'!()▁\t", max_size=40))
def test_any_text_of_known_characters_comes_back_with_single_blanks(text):
    tokens = SUBWORDS.cut(text)
    assert SUBWORDS.join(tokens) == " ".join(
        text.replace("▁", " ").replace("ß", NEVER_SEEN).split()
    )
    assert UNKNOWN not in SUBWORDS.vocabulary.encode(tokens)


def test_a_sign_is_never_part_of_a_word():
    """Joined with "no" it would come before the letters of the rare "ab"."""
    learnt = Subwords.learn(["no. no-no no. no-no"] * 5 + ["ab"], len(CONTROL_TOKENS) + 8 + 3)
    assert learnt.cut("no. no-no") == (BLANK + "no", ".", BLANK + "no", "-", "no")


def test_a_character_that_was_never_seen_is_shown_and_not_lost():
    tokens = SUBWORDS.cut("Mann 7")
    assert tokens[-1].endswith(NEVER_SEEN)
    assert SUBWORDS.join(tokens) == "mann " + NEVER_SEEN
    assert UNKNOWN not in SUBWORDS.vocabulary.encode(tokens)


@pytest.mark.parametrize("name", CONTROL_TOKENS)
def test_the_name_of_a_control_token_in_a_text_does_not_become_one(name):
    learnt = Subwords.learn(["<pad> </s> <unk>"], 20)
    assert learnt.join(learnt.cut(name)) == name
    assert not set(learnt.cut(name)) & set(CONTROL_TOKENS)


def test_what_nobody_sees_changes_no_token():
    composed, apart = "schläft", "schla\N{COMBINING DIAERESIS}ft"
    assert SUBWORDS.cut(apart) == SUBWORDS.cut(composed)
    assert SUBWORDS.cut("Ma\N{SOFT HYPHEN}nn") == SUBWORDS.cut("Mann")


def test_a_file_holds_all_of_it(tmp_path):
    for subwords in (SUBWORDS, Subwords.learn(TEXTS, 70, lower_case=False)):
        path = tmp_path / "subwords.json"
        subwords.save(path)
        again = Subwords.read(path)
        assert again.vocabulary.tokens == subwords.vocabulary.tokens
        assert again.lower_case == subwords.lower_case
        for text in (*TEXTS, "Noch 1 Mann."):
            assert again.cut(text) == subwords.cut(text)


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"lower_case": True, "tokenizer": {}})])
def test_a_file_of_another_kind(tmp_path, text):
    path = tmp_path / "subwords.json"
    path.write_text(text)
    with pytest.raises(VocabularyError, match=r"expected subwords at .*subwords.json"):
        Subwords.read(path)
    with pytest.raises(VocabularyError, match="got FileNotFoundError"):
        Subwords.read(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("texts", "size", "message"),
    [
        (TEXTS, 20, "expected a size of [0-9]+ or more, as the text has .* got 20"),
        (TEXTS, 5000, r"expected text with 5000 subwords in it, got [0-9]+; take fewer"),
        ("a text", 20, "expected a list of sentences, got one string"),
    ],
)
def test_sizes_and_texts_that_do_not_fit(texts, size, message):
    with pytest.raises(VocabularyError, match=message):
        Subwords.learn(texts, size)
