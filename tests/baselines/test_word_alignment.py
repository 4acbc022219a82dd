"""Links from the diagonal and from Model 1, beside counts made by hand."""

import math
import random
from collections import defaultdict
from itertools import pairwise

import pytest
from pairs_by_hand import pair_of

from utils.baselines.word_alignment import WordAlignmentModel, diagonal_links
from utils.languages.pairs import SentencePair
from utils.measures.alignments import (
    alignment_scores,
)
from utils.text.corpus import load_corpus


@pytest.fixture(scope="module")
def corpus():
    return load_corpus("grammar", "de", "en", sizes=(2000, 100, 200), clauses=(1, 2))


# ------------------------------------------------------------------------------
# The diagonal


def test_the_diagonal():
    assert diagonal_links(pair_of("a b c", "x y z")) == {(0, 0), (1, 1), (2, 2)}
    # Middles of the target words at 1/4, 3/4; those of the source words at 1/8, 3/8, 5/8, 7/8.
    assert diagonal_links(pair_of("a b c d", "x y")) == {(0, 0), (2, 1)}
    assert diagonal_links(pair_of("a b", "w x y z")) == {(0, 0), (0, 1), (1, 2), (1, 3)}
    assert diagonal_links(pair_of("a", "x y")) == {(0, 0), (0, 1)}
    assert diagonal_links(pair_of("a b c d e", "x")) == {(2, 0)}
    assert diagonal_links(pair_of("a", "")) == frozenset()
    with pytest.raises(ValueError, match="a source sentence of at least one token"):
        diagonal_links(pair_of("", "x"))


# ------------------------------------------------------------------------------
# Model 1


def plain_model(pairs, iterations, tension):
    """Expectation maximisation word by word: t by (source, target), None for NULL."""
    t = defaultdict(lambda: 1.0)
    for _ in range(iterations):
        counts, totals = defaultdict(float), defaultdict(float)
        for pair in pairs:
            length = len(pair.source)
            for j, target in enumerate(pair.target):
                place = (j + 0.5) / len(pair.target)
                near = [math.exp(-tension * abs((i + 0.5) / length - place)) for i in range(length)]
                share = {None: t[None, target] / (length + 1)}
                for i, source in enumerate(pair.source):
                    prior = near[i] / sum(near) * length / (length + 1)
                    share[i] = prior * t[source, target]
                for i, value in share.items():
                    source = None if i is None else pair.source[i]
                    counts[source, target] += value / sum(share.values())
                    totals[source] += value / sum(share.values())
        t = defaultdict(float, {key: value / totals[key[0]] for key, value in counts.items()})
    return t


def random_pairs(count, seed=0):
    """Repeated words, different lengths, an empty target among them."""
    choose = random.Random(seed)
    pairs = [
        SentencePair(
            tuple(choose.choices("abcdef", k=choose.randint(1, 5))),
            tuple(choose.choices("uvwxyz", k=choose.randint(1, 5))),
        )
        for _ in range(count)
    ]
    return [*pairs, pair_of("a b", "")]


@pytest.mark.parametrize("tension", [0.0, 3.0])
@pytest.mark.parametrize("iterations", [1, 2, 6])
def test_the_probabilities_by_a_plain_computation(iterations, tension):
    pairs = random_pairs(25)
    model = WordAlignmentModel.fit(pairs, iterations, tension)
    expected = plain_model(pairs, iterations, tension)
    for source in (None, *"abcdef"):
        total = 0
        for target in "uvwxyz":
            probability = model.probability(target, source)
            assert probability == pytest.approx(expected[source, target], rel=1e-9, abs=1e-12)
            total += probability
        assert total == pytest.approx(1)


def test_two_sentences_that_tell_three_words_apart():
    """The example of many textbooks: only the common word can stand for the common word."""
    pairs = [pair_of("das Haus", "the house"), pair_of("das Buch", "the book")]
    pairs += [pair_of("ein Buch", "a book")]
    model = WordAlignmentModel.fit(pairs, iterations=40)
    assert model.probability("the", "das") > 0.9 and model.probability("book", "Buch") > 0.9
    assert model.probability("house", "das") < 0.1
    assert model.links(pair_of("Haus das", "the house")) == {(1, 0), (0, 1)}
    assert model.links(pair_of("Buch ein", "a book")) == {(1, 0), (0, 1)}


def test_every_round_makes_the_training_pairs_likelier():
    pairs = random_pairs(30, seed=1)

    def log_likelihood(model):
        return sum(
            math.log(sum(model.probability(t, s) for s in (None, *p.source)) / (len(p.source) + 1))
            for p in pairs
            for t in p.target
        )

    values = [log_likelihood(WordAlignmentModel.fit(pairs, n)) for n in range(1, 9)]
    assert all(after > before for before, after in pairwise(values))


def test_a_word_that_comes_with_any_other_stands_for_none():
    pairs = [pair_of(s, f"{t} uh") for s, t in zip("abcdef", "uvwxyz", strict=True)]
    model = WordAlignmentModel.fit(pairs, iterations=10)
    assert model.probability("uh", None) > 0.9
    assert model.links(pairs[2]) == {(0, 0)}


def test_unknown_words_are_linked_to_nothing():
    pairs = [pair_of("a b", "u v"), pair_of("a c", "u w"), pair_of("d", "z")]
    model = WordAlignmentModel.fit(pairs, iterations=20)
    assert model.links(pair_of("a", "u")) == {(0, 0)}
    assert model.links(pair_of("? a ?", "! u")) == {(1, 1)}
    assert model.links(pair_of("? ?", "u !")) == frozenset()
    assert model.links(pair_of("a", "z")) == frozenset()  # they never met
    assert model.links(pair_of("a", "")) == frozenset()
    assert model.probability("!", "a") == model.probability("u", "?") == 0
    assert model.probability("!", "?") == model.probability("z", "a") == 0


def test_of_equal_words_the_first_and_with_tension_the_nearest():
    pairs = [pair_of("der a der b", "the u the v"), pair_of("a der", "u the"), pair_of("b", "v")]
    without = WordAlignmentModel.fit(pairs, 20)
    assert without.links(pairs[0]) == {(0, 0), (1, 1), (0, 2), (3, 3)}
    with_tension = WordAlignmentModel.fit(pairs, 20, tension=2)
    assert with_tension.links(pairs[0]) == {(0, 0), (1, 1), (2, 2), (3, 3)}
    assert (without.tension, with_tension.tension) == (0, 2)


def test_with_all_the_tension_there_is_the_words_decide_no_more():
    pairs = random_pairs(25)
    model = WordAlignmentModel.fit(pairs, tension=1e9)
    probabilities = [model.probability(t, s) for t in "uvwxyz" for s in (None, *"abcdef")]
    assert all(0 <= probability <= 1 for probability in probabilities)
    for pair in pairs:
        assert model.links(pair) <= {
            (i, j)
            for i, j in ((i, j) for i in range(len(pair.source)) for j in range(len(pair.target)))
            if abs((i + 0.5) / len(pair.source) - (j + 0.5) / len(pair.target))
            <= 0.5 / len(pair.source) + 1e-9
        }


def test_a_word_that_is_never_the_nearest_stands_for_nothing():
    model = WordAlignmentModel.fit([pair_of("a b c", "x")], tension=1e9)
    assert [model.probability("x", source) for source in (None, *"abc")] == [1, 0, 1, 0]


def test_true_alignments_are_not_looked_at(corpus):
    pairs = corpus.train[:200]
    blind = WordAlignmentModel.fit([SentencePair(pair.source, pair.target) for pair in pairs])
    seeing = WordAlignmentModel.fit(pairs)
    assert [blind.links(pair) for pair in pairs] == [seeing.links(pair) for pair in pairs]


def test_beside_the_true_alignments_of_the_grammar(corpus):
    """Words say more than places, both together more than either, and more pairs help."""

    def error_rate(links):
        found = [links(pair) for pair in corpus.test]
        return alignment_scores(found=found, true=[pair.alignment for pair in corpus.test])[2]

    diagonal = error_rate(diagonal_links)
    few = error_rate(WordAlignmentModel.fit(corpus.train[:200]).links)
    words = error_rate(WordAlignmentModel.fit(corpus.train).links)
    both = error_rate(WordAlignmentModel.fit(corpus.train, tension=3).links)
    assert 0.45 < diagonal < 0.6
    assert both < words < 0.2
    assert words < few < diagonal


@pytest.mark.parametrize(
    ("pairs", "options", "words_of_the_error"),
    [
        ([], {}, "at least one pair with a target sentence, got none"),
        ([pair_of("a", "")], {}, "at least one pair with a target sentence, got none"),
        ([pair_of("", "u")], {}, "a source sentence of at least one token"),
        ([pair_of("a", "u")], {"iterations": 0}, "one iteration or more .* got 0 and 0.0"),
        ([pair_of("a", "u")], {"tension": -1}, "tension of 0 or more, got 5 and -1"),
        ([pair_of("a", "u")], {"tension": math.nan}, "finite tension of 0 or more, got 5 and nan"),
        ([pair_of("a", "u")], {"tension": math.inf}, "finite tension of 0 or more, got 5 and inf"),
    ],
)
def test_what_cannot_be_fitted(pairs, options, words_of_the_error):
    with pytest.raises(ValueError, match=words_of_the_error):
        WordAlignmentModel.fit(pairs, **options)


def test_links_of_an_empty_source():
    model = WordAlignmentModel.fit([pair_of("a", "u")])
    with pytest.raises(ValueError, match="a source sentence of at least one token"):
        model.links(pair_of("", "u"))
