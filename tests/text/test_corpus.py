"""Parallel sentences through one interface."""

import re
from dataclasses import replace

import pytest

from utils.languages.grammar import LANGUAGES
from utils.languages.pairs import (
    CorpusError,
    ParallelCorpus,
    SentencePair,
    backwards,
)
from utils.text.corpus import load_corpus, meaning, written

SIZES = (30, 10, 5)
SPLITS = ("train", "validation", "test")


@pytest.mark.parametrize("source, target", [("zh", "en"), ("de", "en"), ("en", "zh")])
def test_pairs_of_every_split(source, target):
    corpus = load_corpus("grammar", source, target, sizes=SIZES)
    assert (corpus.source_language, corpus.target_language) == (source, target)
    for split, size in zip(SPLITS, SIZES, strict=True):
        pairs = getattr(corpus, split)
        assert isinstance(pairs, tuple) and len(pairs) == len(set(pairs)) == size
        for pair in pairs:
            for language, tokens in ((source, pair.source), (target, pair.target)):
                is_chinese = all("一" <= token <= "龥" for token in tokens[:-1] if token != "，")
                assert is_chinese == (language == "zh")
            assert pair.alignment
            for i, j in pair.alignment:
                assert 0 <= i < len(pair.source) and 0 <= j < len(pair.target)
            end = (len(pair.source) - 1, len(pair.target) - 1)
            assert end in pair.alignment


def test_one_seed_says_the_same_in_every_language():
    to_english, to_german = (
        load_corpus("grammar", "zh", language, sizes=SIZES, seed=8) for language in ("en", "de")
    )
    for split in SPLITS:
        ones, others = getattr(to_english, split), getattr(to_german, split)
        assert [pair.source for pair in ones] == [pair.source for pair in others]
        assert [pair.target for pair in ones] != [pair.target for pair in others]


def test_the_seed_decides():
    first = load_corpus(sizes=SIZES, seed=1)
    assert first == load_corpus(sizes=SIZES, seed=1)
    assert not set(first.train) & set(load_corpus(sizes=SIZES, seed=2).train[:3])


def test_the_defaults_are_chinese_and_english_statements_of_one_clause():
    corpus = load_corpus(sizes=SIZES)
    assert (corpus.source_language, corpus.target_language) == ("zh", "en")
    assert not any("，" in pair.source for pair in corpus.train)
    longer = load_corpus(sizes=SIZES, clauses=(3,))
    mean = [
        sum(len(pair.source) for pair in one.train) / len(one.train) for one in (corpus, longer)
    ]
    assert mean[1] > 1.5 * mean[0]


def test_splits_are_disjoint():
    corpus = load_corpus(sizes=(300, 100, 100), clauses=(1, 2))
    for side in ("source", "target"):
        train, validation, test = (
            {getattr(pair, side) for pair in getattr(corpus, split)} for split in SPLITS
        )
        assert not train & validation and not train & test and not validation & test


def test_multi30k_is_read_by_its_own_module(monkeypatch, tmp_path):
    pair = SentencePair(("ein", "hund"), ("a", "dog"))
    captions = ParallelCorpus("de", "en", (pair,), (), ())

    def read(source, target, *, data_root):
        assert (source, target, data_root) == ("de", "en", tmp_path)
        return captions

    monkeypatch.setattr("utils.text.corpus.read_multi30k", read)
    assert load_corpus("multi30k", "de", "en", data_root=tmp_path) is captions
    assert captions.train[0].alignment is None


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        (
            {"corpus": "europarl"},
            CorpusError,
            'expected the corpus "grammar" or "multi30k", got \'europarl\'; '
            "set `corpus` to one of the two",
        ),
        (
            {"source": "fr"},
            CorpusError,
            "expected two different languages of zh, de, en, got 'fr' and 'en'",
        ),
        (
            {"source": "en", "target": "en"},
            CorpusError,
            "expected two different languages of zh, de, en, got 'en' and 'en'",
        ),
        (
            {"sizes": (10, 5)},
            CorpusError,
            "expected three sizes, one each for train, validation, test, got (10, 5)",
        ),
        (
            {"sizes": (10, 10**7, 5)},
            ValueError,
            "expected between 0 and 100,000 sentences, got 10,000,000",
        ),
        (
            {"clauses": (9,)},
            ValueError,
            "expected numbers of clauses between 1 and 5, got (9,)",
        ),
    ],
)
def test_errors_are_one_sentence(arguments, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        load_corpus(**{"sizes": (3, 2, 1), **arguments})


def test_every_language_of_the_grammar_is_offered():
    for source in LANGUAGES:
        for target in LANGUAGES:
            if source != target:
                assert len(load_corpus("grammar", source, target, sizes=(2, 1, 1)).train) == 2


@pytest.mark.parametrize(
    "language, tokens, text",
    [
        ("zh", "八 十 二 个 学 生 学 英 语 吗 ？", "八十二个学生学英语吗？"),
        ("zh", "如 果 他 来 ， 我 就 走 。", "如果他来，我就走。"),
        ("de", "drei+ und+ achtzig Kinder , die lesen .", "Dreiundachtzig Kinder, die lesen."),
        ("de", "liest er heute ?", "Liest er heute?"),
        ("en", "eighty- two students say , you read .", "Eighty-two students say, you read."),
        ("en", "does Anna read ?", "Does Anna read?"),
        ("zh", "", ""),
        ("de", "", ""),
        ("en", "", ""),
    ],
)
def test_a_sentence_as_it_is_written(language, tokens, text):
    assert written(tuple(tokens.split()), language) == text


def test_no_space_is_left_where_none_belongs():
    """Numbers of two tokens and all punctuation marks of the grammar are joined."""
    corpora = {
        ("zh", "en"): load_corpus("grammar", "zh", "en", sizes=(150, 1, 1), clauses=(1, 2)),
        ("de", "en"): load_corpus("grammar", "de", "en", sizes=(150, 1, 1), clauses=(1, 2)),
    }
    for (source, target), corpus in corpora.items():
        for pair in corpus.train:
            for language, tokens in ((source, pair.source), (target, pair.target)):
                text = written(tokens, language)
                assert not re.search(r"[+]|- | [,.?]|  |^ | $", text)
                assert text[0] == text[0].upper()
                assert (" " in text) == (language != "zh")
                glue = str.maketrans("", "", " +-")
                assert text.translate(glue).lower() == "".join(tokens).translate(glue).lower()


def test_other_languages_are_not_written():
    message = "expected a language of zh, de, en, got 'fr'"
    with pytest.raises(CorpusError, match=f"^{re.escape(message)}$"):
        written(("oui",), "fr")


def test_backwards_turns_the_source_round_and_nothing_else():
    pair = SentencePair(("a", "b", "c"), ("x", "y"), frozenset({(0, 1), (1, 0), (2, 0)}))
    expected = SentencePair(("c", "b", "a"), ("x", "y"), frozenset({(2, 1), (1, 0), (0, 0)}))
    assert backwards(pair) == expected
    without = SentencePair(("a", "b"), ("x",))
    assert backwards(without) == SentencePair(("b", "a"), ("x",), None)
    assert backwards(SentencePair((), (), frozenset())) == SentencePair((), (), frozenset())


def test_backwards_links_the_same_words_and_twice_is_as_before():
    def linked(pair):
        return sorted((pair.source[i], pair.target[j]) for i, j in pair.alignment)

    for source, target in (("zh", "en"), ("de", "zh"), ("en", "de")):
        for pair in load_corpus("grammar", source, target, sizes=(40, 1, 1), clauses=(2,)).train:
            turned = backwards(pair)
            assert turned.source == tuple(reversed(pair.source)) != pair.source
            assert linked(turned) == linked(pair)
            assert turned.alignment != pair.alignment
            assert backwards(turned) == pair


def test_in_chinese_a_sentence_has_its_meaning_beside_it(monkeypatch):
    """It is the sentence from which a pair with a Chinese side is made; that one needs none."""
    german, chinese = (
        load_corpus("grammar", source, "en", sizes=(50, 1, 1)).train for source in ("de", "zh")
    )
    assert {meaning(pair) for pair in german} == {""}
    monkeypatch.setenv("BOOK_LANGUAGE", "zh_CN")
    assert [meaning(pair) for pair in german] == [
        f"（{written(pair.source, 'zh')}）" for pair in chinese
    ]
    assert {meaning(pair) for pair in chinese} == {""}
    assert meaning(replace(german[0], chinese="")) == ""
    assert replace(german[0], chinese="") == german[0]
