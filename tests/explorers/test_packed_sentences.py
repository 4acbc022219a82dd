"""utils.explorers.packed_sentences: what the page gets of sentences that it reads in German."""

import json

import pytest

from utils.explorers.packed_sentences import pack_sentences
from utils.languages.pairs import SentencePair
from utils.text.corpus import load_corpus

TOKENS = ["Hund", "schläft", "der", "."]


@pytest.fixture(scope="module")
def pairs() -> tuple[SentencePair, ...]:
    return load_corpus("grammar", "de", "en", sizes=(5, 1, 1)).train


def test_each_sentence_comes_once_with_its_links(pairs):
    packed = json.loads(json.dumps(pack_sentences([pairs[1], *pairs], TOKENS)))
    assert set(packed) == {"sentences", "words"}
    order = [pairs[1], pairs[0], *pairs[2:]]
    for sentence, pair in zip(packed["sentences"], order, strict=True):
        links = {tuple(link) for link in sentence.pop("alignment")}
        assert sentence == {"source": list(pair.source), "target": list(pair.target)}
        assert links == pair.alignment
    assert sorted(word for words in packed["words"].values() for word in words) == [
        *("Hund", "der", "schläft"),
    ]


def test_in_chinese_sentences_and_words_say_what_they_mean(pairs, chinese):
    packed = pack_sentences([*pairs, SentencePair(("ja",), ("yes",), frozenset())], TOKENS)
    told = [sentence.get("chinese") for sentence in packed["sentences"]]
    assert told == [*(pair.chinese for pair in pairs), None]
    assert all(told[:-1])
    assert packed["meanings"] == {"Hund": "狗", "schläft": "睡觉"}
