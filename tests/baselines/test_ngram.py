"""The n-gram model against its formulas, by hand and by a slow program; and on text."""

import math
import random
from collections import Counter

import numpy as np
import pytest

from utils.baselines.ngram import NGramModel
from utils.text.vocabulary import END, PADDING, START, UNKNOWN, Vocabulary


def characters(*texts):
    return [tuple(text) for text in texts]


def sentences(count, seed):
    """Sentences of letters in which every word depends on the one before it."""
    generator = random.Random(seed)
    subjects, verbs = ("the dog", "a cat", "the teacher"), ("sees", "likes", "has bought")
    objects = ("two books", "the house", "it", "a very old car")
    return characters(
        *(
            " ".join(generator.choice(part) for part in (subjects, verbs, objects)) + " ."
            for _ in range(count)
        )
    )


TRAIN, HELD_OUT = sentences(200, seed=0), sentences(50, seed=1)
VOCABULARY = Vocabulary.of(TRAIN)


def test_a_model_computed_by_hand():
    """Chen & Goodman (1999), section 3, for pairs of tokens: ab, ab, ac."""
    text = characters("ab", "ab", "ac")
    vocabulary = Vocabulary.of(text)
    model = NGramModel.fit(text, vocabulary, order=2)
    number = {token: vocabulary.encode([token])[0] for token in "abc"}
    # Alone, a token counts once for each token it stands after: a, b, c once, END twice.
    # n1 = 3, n2 = 1: the discounts are 3 / (3 + 2) and 2 - 0; of the five, 3.8 are taken.
    alone = np.zeros(len(vocabulary))
    alone[[END, UNKNOWN]] = 3.8 / 5 / 5  # a fifth of what was taken
    alone[list(number.values())] = (1 - 0.6) / 5 + 3.8 / 5 / 5
    assert model.probabilities(["?"]) == pytest.approx(alone)
    # After a: b twice, c once. Pairs were counted 3, 2, 2, 1, 1 times: n1 = 2, n2 = 2, n3 = 1, so
    # the discounts are 2 / (2 + 4) and 2 - 3 * 1/3 * 1/2 = 3/2.
    after = (1 / 3 + 3 / 2) / 3 * alone
    after[number["b"]] += (2 - 3 / 2) / 3
    after[number["c"]] += (1 - 1 / 3) / 3
    assert model.probabilities(["a"]) == pytest.approx(after)
    assert model.probabilities(["c", "b", "a"]) == pytest.approx(after)
    assert model.ngrams == 4 + 5


def slow_probability(counts, size, context, token_id):
    """The same model, written as its formula: recursive, with a dictionary for each length."""
    shorter = slow_probability(counts, size, context[1:], token_id) if context else 1 / (size - 2)
    table = counts[len(context)]
    total = sum(count for ngram, count in table.items() if ngram[:-1] == context)
    if not total:
        return shorter
    n = {c: sum(count == c for count in table.values()) for c in (1, 2, 3, 4)}
    first = n[1] / (n[1] + 2 * n[2])
    second = min(max(2 - 3 * first * n[3] / n[2], first), 2) if n[2] else first
    third = min(max(3 - 4 * first * n[4] / n[3], first), 3) if n[3] else first
    discounts = [0, first, second, third]
    seen = [count for ngram, count in table.items() if ngram[:-1] == context]
    rest = sum(discounts[min(count, 3)] for count in seen) / total
    own = table.get((*context, token_id), 0)
    return (own - discounts[min(own, 3)]) / total + rest * shorter


def test_it_is_the_model_of_the_formula():
    generator = random.Random(0)
    text = [tuple(generator.choices("abcd", (8, 4, 2, 1), k=6)) for _ in range(40)]
    text += characters("e", "f", "ge", "gee")  # so that single tokens too are counted once
    vocabulary, order = Vocabulary.of(text), 3
    token_ids = [[START] * (order - 1) + vocabulary.encode(s) + [END] for s in text]
    occurrences = [
        tuple(row[i - order + 1 : i + 1]) for row in token_ids for i in range(order - 1, len(row))
    ]
    counts = [None, None, Counter(occurrences)]
    for length in (1, 0):
        counts[length] = Counter(ngram[1:] for ngram in counts[length + 1])
    model = NGramModel.fit(text, vocabulary, order)
    for history in ((), ("a",), ("a", "b"), ("d", "d", "d"), ("g", "e"), ("f", "f"), ("?", "a")):
        context = tuple(([START] * order + vocabulary.encode(history))[-order + 1 :])
        expected = [
            slow_probability(counts, len(vocabulary), context, token_id)
            for token_id in range(END, len(vocabulary))
        ]
        assert model.probabilities(history)[END:] == pytest.approx(expected), history


@pytest.mark.parametrize("order", [1, 2, 3, 5, 9, 60])
def test_probabilities_sum_to_one_after_any_history(order):
    model = NGramModel.fit(TRAIN, VOCABULARY, order)
    for history in ("", "t", "the", "zzz", "the zzz", "?!", "the dog sees the", "x" * 100):
        probabilities = model.probabilities(tuple(history))
        assert probabilities.shape == (len(VOCABULARY),)
        assert probabilities.sum() == pytest.approx(1)
        assert (probabilities[[PADDING, START]] == 0).all()
        assert (probabilities[END:] > 0).all()


@pytest.mark.parametrize("text", [characters("a"), characters("ab", "ab", "ab", "ab"), [()]])
def test_the_smallest_texts_leave_something_for_everything(text):
    vocabulary = Vocabulary(["a", "b", "c"])
    for order in (1, 2, 4):
        model = NGramModel.fit(text, vocabulary, order)
        for history in ((), ("a",), ("c", "a")):
            probabilities = model.probabilities(history)
            assert probabilities.sum() == pytest.approx(1)
            assert (probabilities[END:] > 0).all()
        assert math.isfinite(model.bits_per_symbol(characters("cab?")))


def test_order_one_is_a_smoothed_count_that_knows_no_history():
    model = NGramModel.fit(TRAIN, VOCABULARY, order=1)
    probabilities = model.probabilities()
    assert np.array_equal(probabilities, model.probabilities(tuple("the do")))
    token_ids = [number for s in TRAIN for number in (*VOCABULARY.encode(s), END)]
    frequencies = np.bincount(token_ids, minlength=len(VOCABULARY)) / len(token_ids)
    # Discounts are at most 3 of each count, spread over all tokens.
    assert probabilities == pytest.approx(frequencies, abs=3 * len(VOCABULARY) / len(token_ids))
    assert 0 < probabilities[UNKNOWN] < frequencies[frequencies > 0].min()


def test_bits_are_those_of_the_probabilities_with_the_end_included():
    model = NGramModel.fit(TRAIN, VOCABULARY, order=4)
    text = [HELD_OUT[0], tuple("zz?"), ()]
    bits = []
    for sentence in text:
        for i, number in enumerate([*VOCABULARY.encode(sentence), END]):
            bits.append(-math.log2(model.probabilities(sentence[:i])[number]))
    assert model.bits_per_symbol(text) == pytest.approx(sum(bits) / len(bits))


def test_longer_contexts_tell_more_about_text_that_was_held_out():
    uniform = math.log2(len(VOCABULARY) - 2)
    bits = [
        NGramModel.fit(TRAIN, VOCABULARY, order).bits_per_symbol(HELD_OUT) for order in (1, 2, 5)
    ]
    assert bits[0] < uniform - 0.3
    assert bits[1] < bits[0] - 1
    assert bits[2] < bits[1] - 0.5


def test_what_follows_one_token_only_is_not_expected_after_others():
    """Kneser & Ney (1995): "Francisco" is frequent, but says little of where nothing is known."""
    text = [("san", "francisco")] * 20
    text += [(word, "river") for word in ("blue", "long", "old", "deep")]
    vocabulary = Vocabulary.of(text)
    model = NGramModel.fit(text, vocabulary, order=2)
    francisco, river = vocabulary.encode(("francisco", "river"))
    assert model.probabilities(["san"])[francisco] > 0.5
    after_unknown = model.probabilities(["never seen"])
    assert after_unknown[river] > after_unknown[francisco]


def test_words_not_in_the_vocabulary_are_counted_as_unknown():
    text = [("a", "b"), ("a", "c"), ("a", "d"), ("a", "a")]
    model = NGramModel.fit(text, Vocabulary(["a"]), order=2)
    assert model.probabilities(["a"])[UNKNOWN] > model.probabilities(["a"])[END]
    unknown = model.probabilities(["a", "e"])
    assert np.array_equal(unknown, model.probabilities(["b"]))
    assert unknown[END] > 0.5


def test_it_depends_on_the_sentences_but_not_on_their_order():
    one = NGramModel.fit(TRAIN, VOCABULARY, order=4)
    other = NGramModel.fit(TRAIN[::-1], VOCABULARY, order=4)
    for history in ((), tuple("the d"), tuple("??")):
        assert np.array_equal(one.probabilities(history), other.probabilities(history))
    assert one.bits_per_symbol(TRAIN) < one.bits_per_symbol(HELD_OUT)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="an order of 1 or more, got 0"):
        NGramModel.fit(TRAIN, VOCABULARY, 0)
    with pytest.raises(ValueError, match="at least one sentence, got none"):
        NGramModel.fit([], VOCABULARY, 2)
    with pytest.raises(ValueError, match="as a sequence of tokens"):
        NGramModel.fit(["the dog"], VOCABULARY, 2)
    model = NGramModel.fit(TRAIN, VOCABULARY, 2)
    with pytest.raises(ValueError, match="at least one sentence, got none"):
        model.bits_per_symbol([])
    with pytest.raises(ValueError, match="as a sequence of tokens"):
        model.probabilities("the")
