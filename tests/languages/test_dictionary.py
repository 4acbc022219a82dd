"""The dictionary: all of the grammar's Chinese is covered, each German word has its kind."""

import pytest

from utils.languages.dictionary import (
    SMALL_WORDS,
    chinese_of_german,
    cut,
    german_word_groups,
    glosses,
    glosses_of,
)
from utils.languages.german import say
from utils.languages.grammar import generate, texts
from utils.languages.lexicon import NOUNS
from utils.text.corpus import load_corpus

MARKS = "。？，"
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


def test_every_sentence_of_the_grammar_is_covered():
    known = glosses()
    corpus = load_corpus("grammar", "zh", "en", sizes=(1_500, 1, 1), clauses=(1, 2))
    used = {word for pair in corpus.train for word in cut("".join(pair.source), known)}
    assert used - known.keys() == set()
    assert len(used) > 150


def test_words_mean_what_the_lexicon_says():
    known = glosses()
    expected = {
        **{"学": "learn", "学习": "learning", "学校": "school", "大": "big", "大学": "university"},
        **{"睡觉": "sleep", "睡": "sleep", "打电话": "call", "找": "look for", "找到": "find"},
        **{"给": "give, to", "神经": "neural", "个": "(measure word)", "三": "three", "十": "ten"},
        **{"看": "look, show", "看见": "see", "因为": "because", "所以": "so, therefore"},
        **{"一": "a, one", "上个星期": "last week", "安娜": "Anna", "漂亮": "beautiful"},
    }
    assert {word: known[word] for word in expected} == expected
    assert all(word and gloss for word, gloss in known.items())
    assert set("".join(known)) >= set(MARKS)


def test_a_word_was_met_only_where_it_stood_as_a_word():
    """所 and 以 alone, or 学 as a part of 学校, are not 所以 and 学."""
    met = glosses_of([tuple("所有学生可以去学校。"), tuple("他睡了觉")])
    assert met == {word: glosses()[word] for word in met}
    assert set(met) == set("所有 学生 可以 去 学校 。 他 睡 了 觉".split())
    assert cut("龙睡觉龙", glosses()) == ["龙", "睡觉", "龙"]


def test_one_clause_has_no_conjunctions():
    corpus = load_corpus("grammar", "zh", "en", sizes=(3_000, 1, 1), clauses=(1,))
    met = glosses_of(pair.source for pair in corpus.train)
    assert not met.keys() & {"因为", "所以", "虽然", "但是", "如果"}
    assert {"可以", "所有", "看", "看见", "睡觉"} <= met.keys()


def test_a_sentence_word_by_word():
    known = glosses()
    words = cut("老师们正在给孩子打电话", known)
    assert [known[word] for word in words] == [
        *("teacher", "(plural)", "right now", "in, at", "give, to", "child", "call"),
    ]


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


def test_german_words_have_the_chinese_of_the_lexicon():
    expected = {
        **{"Hund": "狗", "Studenten": "学生", "Kindern": "孩子", "Schule": "学校", "Anna": "安娜"},
        **{"liest": "读", "aufgestanden": "起床", "anrufen": "给……打电话", "kannst": "能"},
        **{"neuronales": "神经", "teure": "贵", "müde": "累", "gestern": "昨天", "zwölf": "十二"},
        **{"zehn": "十", "zwanzig": "二十", "sieben": "七", "nicht": "不，没", "viele": "很多"},
        **{
            "macht": "打开（＋auf），关上（＋zu）",
            "steht": "起床（＋auf）",
            "ihm": "他",
            "sie": "她，他们",
        },
    }
    assert chinese_of_german([*expected, "der", "ein", "am", "zweiund+", "."]) == expected


def test_in_chinese_the_kinds_and_remarks_are_chinese_and_the_meanings_english(chinese):
    known = glosses()
    assert [known[word] for word in ("了", "们", "吗", "个")] == [
        *("（过去）", "（复数）", "（疑问）", "（量词）"),
    ]
    assert known["书"] == "book"
    words = [word for some in KINDS.values() for word in some.split()]
    groups = german_word_groups(words)
    assert len(groups) == len(KINDS)
    assert all("\u4e00" <= character <= "\u9fff" for kind in groups for character in kind)
