"""The statistical translator: phrase pairs by their definition, the search against all there is."""

import itertools
import math
import random
from collections import Counter
from functools import cache

import pytest

from utils.baselines.ngram import NGramModel, WordScores
from utils.baselines.phrase_translation import (
    PASSED_OVER,
    PhraseTranslator,
    Weights,
    phrase_pairs,
    phrase_table,
    symmetrise,
)
from utils.languages.pairs import SentencePair
from utils.measures.translation_quality import bleu, exact_match
from utils.text.corpus import load_corpus
from utils.text.vocabulary import END, START, Vocabulary


def words(text):
    return tuple(text.split())


# ------------------------------------------------------------------------------
# From links to phrases


def pairs_by_definition(pair, alignment, longest):
    """Every two stretches: at least one link between them, none that leads out of one of them."""
    found = []
    for i, k in itertools.combinations(range(len(pair.source) + 1), 2):
        for j, m in itertools.combinations(range(len(pair.target) + 1), 2):
            inside = [i <= a < k and j <= b < m for a, b in alignment]
            out = [(i <= a < k) != (j <= b < m) for a, b in alignment]
            if any(inside) and not any(out) and k - i <= longest and m - j <= longest:
                found.append((pair.source[i:k], pair.target[j:m]))
    return found


@pytest.mark.parametrize("longest", [1, 2, 3, 7])
def test_phrase_pairs_are_those_of_the_definition(longest):
    draw = random.Random(longest)
    found_any = 0
    for _ in range(150):
        source = tuple(f"s{i}" for i in range(draw.randint(1, 6)))
        target = tuple(f"t{j}" for j in range(draw.randint(1, 6)))
        cells = list(itertools.product(range(len(source)), range(len(target))))
        alignment = frozenset(draw.sample(cells, draw.randint(0, min(6, len(cells)))))
        pair = SentencePair(source, target)
        found = phrase_pairs(pair, alignment, longest)
        # Phrases are counted, so none may come twice.
        assert Counter(found) == Counter(pairs_by_definition(pair, alignment, longest))
        found_any += len(found)
    assert found_any > 50


def test_an_example_of_phrase_pairs():
    pair = SentencePair(words("das kleine Haus"), words("the small house"))
    found = phrase_pairs(pair, frozenset({(0, 0), (1, 1), (2, 2)}))
    assert len(found) == 6
    assert (words("kleine Haus"), words("small house")) in found
    assert (words("das Haus"), words("the house")) not in found


def test_one_alignment_of_two():
    there, back = frozenset({(0, 0), (1, 1), (2, 1), (4, 3)}), frozenset({(0, 0), (1, 1), (1, 2)})
    # (2, 1) and (1, 2) touch (1, 1), and a token of each has no link yet; (4, 3) stands alone.
    assert symmetrise(there, back) == there | back
    # What touches nothing and joins a linked token is left out ...
    assert symmetrise(frozenset({(0, 0), (0, 4)}), frozenset({(0, 0)})) == {(0, 0)}
    # ... and what would link two tokens that have links already.
    square = frozenset({(0, 0), (1, 1)})
    assert symmetrise(square | {(0, 1)}, square) == square
    # It grows on from what has grown.
    chain = frozenset({(0, 0), (1, 1), (2, 2), (3, 3)})
    assert symmetrise(chain, frozenset({(0, 0)})) == chain
    assert symmetrise(frozenset(), frozenset()) == frozenset()


def test_the_table_holds_relative_frequencies_of_both_directions():
    counts = {(("x",), ("a",)): 3, (("x",), ("b",)): 1, (("y",), ("a",)): 6, (("y",), ("c",)): 6}
    table = phrase_table(counts)
    assert table[("x",)] == [
        (("a",), math.log(3 / 4), math.log(3 / 9)),
        (("b",), math.log(1 / 4), math.log(1)),
    ]
    assert [entry[0] for entry in table[("y",)]] == [("a",), ("c",)]  # of equals the first
    assert phrase_table(counts, most=1)[("x",)] == [(("a",), math.log(3 / 4), math.log(3 / 9))]


# ------------------------------------------------------------------------------
# The language model, one word at a time


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_scores_of_words_are_those_of_the_model(order):
    text = [words(t) for t in ("the cat sees a dog .", "a dog sees .", "the dog sees the cat .")]
    vocabulary = Vocabulary.of(text)
    model = NGramModel.fit(text, vocabulary, order)
    scores = WordScores(model)
    assert scores.start == (START,) * (order - 1)
    for sentence in (*text, words("a cat ."), words("? the ?"), ()):
        token_ids = tuple(vocabulary.encode(sentence))
        total, history = scores.of_words(scores.start, token_ids)
        expected = sum(
            math.log(model.probabilities(sentence[:n])[token_id])
            for n, token_id in enumerate(token_ids)
        )
        assert total == pytest.approx(expected)
        assert history == (*scores.start, *token_ids)[len(token_ids) :]
        ending = math.log(model.probabilities(sentence)[END])
        assert scores.of_end(history) == pytest.approx(ending)
        # Word by word it is the same as all at once.
        step, steps = scores.start, 0.0
        for token_id in token_ids:
            gained, step = scores.of_words(step, (token_id,))
            steps += gained
        assert (steps, step) == (pytest.approx(total), history)


def test_an_empty_history_knows_nothing_of_the_beginning():
    """Else a phrase in the middle would be judged as if a sentence began with it."""
    text = [words(f"a {x} {y} .") for x in "bcde" for y in "fghi"]
    scores = WordScores(NGramModel.fit(text, Vocabulary.of(text), 3))
    (a,) = Vocabulary.of(text).encode(["a"])
    assert scores.of_words((), (a,))[0] < scores.of_words(scores.start, (a,))[0] - 0.5


# ------------------------------------------------------------------------------
# The search


def random_translator(draw):
    """A table over three letters, in which some phrases have two letters or two words."""
    table = {}
    for source in [("x",), ("y",), ("z",), ("x", "y"), ("y", "z")]:
        targets = draw.sample([("a",), ("b",), ("c",), ("a", "b"), ("c", "a"), ()], 2)
        table[source] = [(t, -draw.random(), -draw.random()) for t in targets]
    text = [tuple(draw.choices("abc", k=draw.randint(1, 5))) for _ in range(12)]
    return table, NGramModel.fit(text, Vocabulary(("a", "b", "c")), order=3)


def every_derivation(table, sentence, farthest):
    """All ways to cover the sentence with phrases: lists of (begin, end, words, two logarithms)."""

    def go_on(covered, path):
        if len(covered) == len(sentence):
            yield path
            return
        first = min(set(range(len(sentence))) - covered)
        for begin in range(first, min(len(sentence), first + farthest + 1)):
            for end in range(begin + 1, len(sentence) + 1):
                stretch = set(range(begin, end))
                if stretch & covered:
                    continue
                for entry in table.get(sentence[begin:end], ()):
                    yield from go_on(covered | stretch, [*path, (begin, end, *entry)])

    return go_on(set(), [])


@cache
def log_probability(model, target):
    token_ids = [*model.vocabulary.encode(target), END]
    return sum(
        math.log(model.probabilities(target[:n])[token_id]) for n, token_id in enumerate(token_ids)
    )


def score(model, path, weights):
    target = [word for _, _, chosen, _, _ in path for word in chosen]
    ends = [0, *(end for _, end, *_ in path)]
    jumps = sum(abs(begin - end) for (begin, *_), end in zip(path, ends, strict=False))
    language = log_probability(model, tuple(target))
    return tuple(target), (
        weights.language_model * language
        + weights.target_given_source * sum(entry[3] for entry in path)
        + weights.source_given_target * sum(entry[4] for entry in path)
        + weights.word * len(target)
        + weights.phrase * len(path)
        - weights.jump * jumps
    )


WEIGHTS = [
    Weights(),
    Weights(language_model=1.5, target_given_source=0.7, source_given_target=0.1, word=1.1),
    Weights(jump=0.6, phrase=-0.8, farthest=1),
    Weights(jump=0.0, phrase=0.5, farthest=0),
]


@pytest.mark.parametrize("weights", WEIGHTS)
def test_with_room_for_all_it_finds_the_best_of_all(weights):
    draw = random.Random(5)
    differing = 0
    for _ in range(6):
        table, model = random_translator(draw)
        translator = PhraseTranslator(table, model)
        sentence = tuple(draw.choices("xyz", k=4))
        found = [
            score(model, p, weights) for p in every_derivation(table, sentence, weights.farthest)
        ]
        _, highest = max(found, key=lambda entry: entry[1])
        (translation,) = translator.translate([sentence], weights, stack_size=10_000)
        reached = max(value for target, value in found if target == translation)
        assert reached == pytest.approx(highest)
        differing += len({target for target, _ in found}) > 3
    assert differing > 3


def test_a_small_stack_finds_nothing_better_and_mostly_the_same():
    draw = random.Random(6)
    same = 0
    for _ in range(10):
        table, model = random_translator(draw)
        translator = PhraseTranslator(table, model)
        sentence = tuple(draw.choices("xyz", k=4))
        small, large = (
            translator.translate([sentence], stack_size=size)[0] for size in (3, 10_000)
        )
        found = [score(model, p, Weights()) for p in every_derivation(table, sentence, 6)]
        best_of = {t: max(v for u, v in found if u == t) for t, _ in found}
        assert best_of[small] <= best_of[large] + 1e-9
        same += small == large
    assert same >= 6


def test_what_it_does_not_know_is_passed_over():
    table = {("x",): [(("a",), 0.0, 0.0)], ("y",): [(("b",), 0.0, 0.0)]}
    text = [words("a b"), words("a b")]
    translator = PhraseTranslator(table, NGramModel.fit(text, Vocabulary.of(text), 2))
    assert translator.translate([words("? x ? y"), words("? ?"), ()]) == [words("a b"), (), ()]
    assert PASSED_OVER < -20
    # A token that only longer phrases hold is passed over where they do not fit.
    table = {("x", "y"): [(("a",), 0.0, 0.0)]}
    translator = PhraseTranslator(table, NGramModel.fit(text, Vocabulary.of(text), 2))
    assert translator.translate([words("x y"), words("x")]) == [("a",), ()]


# ------------------------------------------------------------------------------
# All of it


@pytest.fixture(scope="module")
def corpus():
    return load_corpus("grammar", "zh", "en", sizes=(1_500, 40, 60))


@pytest.fixture(scope="module")
def translator(corpus):
    return PhraseTranslator.fit(corpus.train)


def test_it_translates_new_sentences_of_the_grammar(corpus, translator):
    references = [pair.target for pair in corpus.test]
    weights = Weights(farthest=10)
    found = translator.translate([pair.source for pair in corpus.test], weights)
    assert bleu(hypotheses=found, references=references).score > 35
    assert exact_match(hypotheses=found, references=references) > 0.1
    # Order and company decide nothing.
    turned = translator.translate([pair.source for pair in corpus.test[::-1]], weights)
    assert turned == found[::-1]


def test_it_learns_from_words_alone(corpus, translator):
    without = [SentencePair(pair.source, pair.target) for pair in corpus.train]
    other = PhraseTranslator.fit(without)
    assert (other.alignments, other.size) == (translator.alignments, translator.size)
    shared = sum(
        len(found & pair.alignment)
        for found, pair in zip(translator.alignments, corpus.train, strict=True)
    )
    true = sum(len(pair.alignment) for pair in corpus.train)
    assert 2 * shared / (true + sum(map(len, translator.alignments))) > 0.7


def test_tuning_never_makes_it_worse_on_what_it_is_tuned_on(corpus, translator):
    pairs = corpus.validation
    start = Weights(target_given_source=-1.0)  # what was seen seldom is preferred

    def quality(weights):
        found = translator.translate([pair.source for pair in pairs], weights, 5)
        return bleu(hypotheses=found, references=[pair.target for pair in pairs]).score

    candidates = {"target_given_source": (-1.0, 0.3), "language_model": (0.5, -1.0)}
    best, reached = translator.tune(pairs, candidates, start, stack_size=5)
    assert reached == quality(best) > quality(start) + 5
    assert best == Weights()
    # Nothing to try, or nothing that is better: all stays.
    assert translator.tune(pairs, {}, best, stack_size=5) == (best, reached)
    worse = {"target_given_source": (0.3, -1.0)}
    assert translator.tune(pairs, worse, best, stack_size=5) == (best, reached)


def test_what_cannot_be(translator):
    with pytest.raises(ValueError, match="a stack_size of 1 or more and a farthest of 0 or more"):
        translator.translate([("我",)], stack_size=0)
    with pytest.raises(ValueError, match="got 10 and -1"):
        translator.translate([("我",)], Weights(farthest=-1))
    with pytest.raises(ValueError, match="expected a sentence as a tuple of tokens, got '我'"):
        translator.translate(["我"])
    with pytest.raises(ValueError, match="at least one pair with a target sentence"):
        PhraseTranslator.fit([])
