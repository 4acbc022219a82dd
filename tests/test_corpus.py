"""Parallel sentences through one interface."""

import re

import pytest

from utils.corpus import CorpusError, ParallelCorpus, SentencePair, load_corpus
from utils.grammar import LANGUAGES

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

    monkeypatch.setattr("utils.multi30k.read_multi30k", read)
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
