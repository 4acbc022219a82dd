"""The two baselines: by hand on a few sentences, then on those of the grammar."""

import math
import random
from collections import Counter
from itertools import pairwise

import pytest

from utils.baselines.lookup_translation import Dictionary, TranslationMemory
from utils.languages.pairs import SentencePair
from utils.text.corpus import load_corpus


def aligned(source, target, *links):
    return SentencePair(tuple(source.split()), tuple(target.split()), frozenset(links))


@pytest.fixture(scope="module")
def corpus():
    return load_corpus("grammar", "zh", "en", sizes=(400, 1, 60), clauses=(1, 2))


# ------------------------------------------------------------------------------
# Dictionary


def test_a_token_becomes_what_it_is_aligned_to_most_often():
    dictionary = Dictionary(
        [
            aligned("der Hund", "the dog", (0, 0), (1, 1)),
            aligned("der Mann", "he man", (0, 0), (1, 1)),
            aligned("Mann der", "the man", (1, 0), (0, 1)),
        ]
    )
    assert dictionary.entries == {"der": "the", "Hund": "dog", "Mann": "man"}
    assert dictionary.translate(("Mann", "der", "Hund")) == ("man", "the", "dog")


def test_every_link_counts():
    """One sentence links it to "bought", another one twice to "buy"."""
    dictionary = Dictionary(
        [
            aligned("kaufte", "bought", (0, 0)),
            aligned("kaufte", "buy did buy", (0, 0), (0, 2)),
        ]
    )
    assert dictionary.entries == {"kaufte": "buy"}


@pytest.mark.parametrize("order", [1, -1])
def test_of_equally_frequent_words_the_first_in_the_alphabet(order):
    pairs = [
        aligned("x", "b", (0, 0)),
        aligned("x", "a", (0, 0)),
        aligned("x", "c", (0, 0)),
        aligned("y", "d e", (0, 1), (0, 0)),
    ]
    assert Dictionary(pairs[::order]).entries == {"x": "a", "y": "d"}


def test_what_is_most_often_aligned_to_nothing_is_left_out():
    never = aligned("的 狗", "dog", (1, 0))
    once = aligned("的 狗", "of dog", (0, 0), (1, 1))
    assert Dictionary([never, never, once]).translate(("狗", "的")) == ("dog",)
    assert Dictionary([never, once, once]).translate(("狗", "的")) == ("dog", "of")
    # As often to nothing as to a word: nothing comes before any word.
    assert Dictionary([once, never]).translate(("的",)) == ()
    assert Dictionary([aligned("的", "of")]).translate(("的",)) == ()


def test_equal_neighbours_are_written_once():
    dictionary = Dictionary(
        [aligned("老 师 的 书 册", "teacher book", (0, 0), (1, 0), (3, 1), (4, 1))]
    )
    assert dictionary.translate(tuple("老师书")) == ("teacher", "book")
    assert dictionary.translate(tuple("老师老师")) == ("teacher",)
    assert dictionary.translate(tuple("老师书册老师")) == ("teacher", "book", "teacher")
    # What becomes nothing does not stand between them, nor does what it has never seen.
    assert dictionary.translate(tuple("老的师猫师书")) == ("teacher", "book")


def test_unknown_tokens_are_left_out():
    dictionary = Dictionary([aligned("a b", "x y", (0, 0), (1, 1))])
    assert dictionary.translate(("c", "b", "c", "a")) == ("y", "x")
    assert dictionary.translate(("c",)) == ()
    assert dictionary.translate(()) == ()
    assert "c" not in dictionary.entries  # asking does not add


def test_pairs_without_alignment_are_refused():
    pairs = [aligned("a", "x", (0, 0)), SentencePair(("a",), ("x",))]
    with pytest.raises(ValueError, match="expected pairs with their true alignment, got one"):
        Dictionary(pairs)


def test_the_dictionary_of_the_grammar(corpus):
    """Its entries against counts made in another way: token by token, from the links alone."""
    dictionary = Dictionary(corpus.train)
    tokens = {token for pair in corpus.train for token in pair.source}
    assert set(dictionary.entries) == tokens
    counts = {token: Counter() for token in tokens}
    for pair in corpus.train:
        for i, j in pair.alignment:
            counts[pair.source[i]][pair.target[j]] += 1
        for i in set(range(len(pair.source))) - {i for i, _ in pair.alignment}:
            counts[pair.source[i]][""] += 1
    for token, word in dictionary.entries.items():
        most = max(counts[token].values())
        assert word == min(w for w, count in counts[token].items() if count == most)
    assert dictionary.entries["书"] == "book" and dictionary.entries["。"] == "."


# ------------------------------------------------------------------------------
# Translation memory


def memory_of(*sentences):
    """Each is translated as its number."""
    return TranslationMemory(
        [SentencePair(tuple(text.split()), (str(n),)) for n, text in enumerate(sentences)]
    )


def ask(memory, *sentences):
    return [word for (word,) in memory.translate([tuple(text.split()) for text in sentences])]


def test_a_seen_sentence_has_its_own_translation(corpus):
    memory = TranslationMemory(corpus.train)
    found = memory.translate([pair.source for pair in corpus.train])
    assert found == [pair.target for pair in corpus.train]


def test_a_changed_sentence_has_that_of_the_nearest():
    memory = memory_of("the dog sees a cat .", "we read books today .", "the man sleeps .")
    assert ask(memory, "the dog sees a bird .", "they read books today .") == ["0", "1"]
    assert ask(memory, "the old man sleeps .", "man", "read the books .") == ["2", "2", "1"]


def test_the_order_of_words_counts():
    memory = memory_of("dog bites man .", "man bites dog .")
    assert ask(memory, "dog bites man today .", "man bites dog today .") == ["0", "1"]
    assert ask(memory, "dog bites", "man bites") == ["0", "1"]


def test_rare_words_weigh_more():
    memory = memory_of("a x", "b y", *["a"] * 20)
    # One word each is shared with the first two: "a" is in most sentences, "y" in one.
    assert ask(memory, "a y") == ["1"]
    assert ask(memory_of("a x", "b y", *["y"] * 20), "a y")[0] == "0"


def test_a_repeated_word_counts_as_often_as_it_is_there():
    memory = memory_of("a b b b", "a a a b")
    assert ask(memory, "a b b", "a a b") == ["0", "1"]


def test_the_nearest_by_a_plain_computation(corpus):
    """Cosines of tf-idf, inverse document frequencies as ln((1 + n) / (1 + df)) + 1."""

    def features(sentence):
        return Counter([*sentence, *pairwise(sentence)])

    train = corpus.train[:150]
    documents = Counter(feature for pair in train for feature in set(features(pair.source)))

    def vector(sentence):
        weighted = {
            feature: count * (math.log((1 + len(train)) / (1 + documents[feature])) + 1)
            for feature, count in features(sentence).items()
            if feature in documents
        }
        norm = math.hypot(*weighted.values())
        return {feature: value / norm for feature, value in weighted.items()}

    known = [vector(pair.source) for pair in train]
    sentences = [pair.source for pair in corpus.test[:25]]
    found = TranslationMemory(train).translate(sentences)
    for sentence, translation in zip(sentences, found, strict=True):
        query = vector(sentence)
        cosines = [sum(query.get(f, 0) * value for f, value in row.items()) for row in known]
        nearest = {train[n].target for n, c in enumerate(cosines) if c > max(cosines) - 1e-9}
        assert translation in nearest
    assert len(set(found)) > 15


def test_the_order_of_queries_decides_nothing(corpus):
    memory = TranslationMemory(corpus.train)
    sentences = [pair.source for pair in corpus.test] + [("nobody", "knows"), ()]
    expected = dict(zip(sentences, memory.translate(sentences), strict=True))
    assert [expected[s] for s in sentences] == [memory.translate([s])[0] for s in sentences]
    random.Random(0).shuffle(sentences)
    assert memory.translate(sentences) == [expected[sentence] for sentence in sentences]
    assert memory.translate(sentences[:1] * 3) == [expected[sentences[0]]] * 3


def test_where_nothing_is_known_the_answer_is_some_seen_sentence():
    assert ask(memory_of("a b", "c d"), "x y") in (["0"], ["1"])


def test_a_memory_needs_no_alignment_and_looks_at_sources_alone():
    memory = TranslationMemory([SentencePair(("a",), ("x",)), SentencePair(("x",), ("a",))])
    assert memory.translate([("x",), ("a",)]) == [("a",), ("x",)]


def test_no_queries_no_translations():
    assert memory_of("a b").translate([]) == []


# ------------------------------------------------------------------------------
# Both


@pytest.mark.parametrize("baseline", [Dictionary, TranslationMemory])
@pytest.mark.parametrize("pairs", [[], [aligned("", "a")]])
def test_nothing_to_learn_from(baseline, pairs):
    with pytest.raises(ValueError, match="expected at least one pair with a source sentence"):
        baseline(pairs)


def test_one_sentence_is_not_many_and_a_string_is_none():
    """A string would be taken apart into letters unnoticed, and so would each token of a list."""
    pairs = [aligned("a b", "x y", (0, 0), (1, 1))]
    for translate, wrong in (
        (Dictionary(pairs).translate, "ab"),
        (Dictionary(pairs).translate, [("a", "b")]),
        (TranslationMemory(pairs).translate, ("a", "b")),
        (TranslationMemory(pairs).translate, ["a b"]),
        (TranslationMemory(pairs).translate, "ab"),
    ):
        with pytest.raises(ValueError, match="expected a sentence as a tuple of tokens"):
            translate(wrong)
