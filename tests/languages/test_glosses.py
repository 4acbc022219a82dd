"""The glosses of Chinese words: whatever the grammar says is covered by them."""

from utils.languages.glosses import MEASURE_WORD, glosses
from utils.text.corpus import load_corpus

MARKS = "。？，"


def cut(sentence, words):
    """The longest words first, as the page cuts; characters that none covers alone."""
    longest = max(map(len, words))
    found = []
    while sentence:
        length = next((n for n in range(longest, 1, -1) if sentence[:n] in words), 1)
        found.append(sentence[:length])
        sentence = sentence[length:]
    return found


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
        **{"给": "give, to", "神经": "neural", "个": MEASURE_WORD, "三": "three", "十": "ten"},
        **{"一": "a, one", "上个星期": "last week", "安娜": "Anna", "漂亮": "beautiful"},
    }
    assert {word: known[word] for word in expected} == expected
    assert all(word and gloss for word, gloss in known.items())
    assert set("".join(known)) >= set(MARKS)


def test_a_sentence_word_by_word():
    known = glosses()
    words = cut("老师们正在给孩子打电话", known)
    assert [known[word] for word in words] == [
        *("teacher", "(plural)", "right now", "in, at", "give, to", "child", "call"),
    ]
