"""An n-gram model: the next token from the few before it, by counting.

Interpolated Kneser–Ney smoothing in the modified form of Chen & Goodman (1999),
https://doi.org/10.1006/csla.1999.0128, which was the best of all they compared. Its discounts
follow from the counts, so the order is all there is to choose.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..text.vocabulary import END, PADDING, START, Vocabulary

DISCOUNTED_COUNTS = 3  # once, twice, three times or more: each has a discount of its own
USUAL_DISCOUNT = 0.5  # where nothing was counted just once, which is to say: for a few sentences


@dataclass(frozen=True)
class Level:
    """What is known of the tokens that follow each context of one length.

    Contexts are numbered, and so are pairs: of the context one token shorter and the token
    before it (`contexts`), and of a context and the token after it (`ngrams`). Both are sorted.
    """

    contexts: np.ndarray  # int64 (contexts,)
    ngrams: np.ndarray  # int64 (n-grams,)
    probabilities: np.ndarray  # (n-grams,): discounted relative frequencies
    rest: np.ndarray  # (contexts,): what the discounts took, left to the next shorter context


class NGramModel:
    """Gives a probability to every token as the next one, from the `order` - 1 tokens before it.

    `NGramModel.fit` counts in sentences. The tokens are those of a `Vocabulary`; whatever is not
    in it is UNKNOWN. No probability of a token that a sentence can go on with is zero, END and
    UNKNOWN included; those of PADDING and START are.
    """

    def __init__(self, vocabulary: Vocabulary, levels: Sequence[Level]):
        self.vocabulary = vocabulary
        self._levels = tuple(levels)  # contexts of 0, 1, ... order - 1 tokens

    @classmethod
    def fit(
        cls, sentences: Sequence[Sequence[str]], vocabulary: Vocabulary, order: int
    ) -> NGramModel:
        """Count in sentences, each a sequence of tokens; START and END are added here.

        The same sentences give the same model: there is no seed. Raises `ValueError` for an order
        below 1, for no sentences, and for a sentence that is a single string.
        """
        if order < 1:
            raise ValueError(f"expected an order of 1 or more, got {order}; try 5")
        token_ids, places = _as_token_ids(sentences, vocabulary, order)
        size, predicted = len(vocabulary), token_ids[places]
        contexts, context = np.zeros(1, np.int64), np.zeros_like(places)  # the empty one
        levels = []
        for length in range(order):
            ngram = context * size + predicted
            pair = context * size + token_ids[places - length - 1]
            longer_contexts, context = np.unique(pair, return_inverse=True)
            if length + 1 < order:
                # How many different tokens come before an n-gram counts, not how often it occurs:
                # "Francisco" is frequent, but only after "San" (Kneser & Ney 1995).
                ngram = ngram[np.unique(context * size + predicted, return_index=True)[1]]
            levels.append(_smooth(contexts, *np.unique(ngram, return_counts=True), size))
            contexts = longer_contexts
        return cls(vocabulary, levels)

    @property
    def ngrams(self) -> int:
        """How many n-grams are stored, of all lengths: the model's size."""
        return sum(len(level.ngrams) for level in self._levels)

    def probabilities(self, history: Sequence[str] = ()) -> np.ndarray:
        """Of each token as the one after `history`, the sentence so far: (vocabulary,), sum 1."""
        order, size = len(self._levels), len(self.vocabulary)
        before = [*[START] * order, *self.vocabulary.encode(history)][-order:]
        # The same context, once for each token that may follow: -> (vocabulary, order + 1)
        token_ids = np.column_stack([np.tile(before, (size, 1)), np.arange(size)])
        return self._score(token_ids.ravel(), np.arange(size) * (order + 1) + order)

    def bits_per_symbol(self, sentences: Sequence[Sequence[str]]) -> float:
        """Cross entropy of sentences under the model in bits per symbol, END included."""
        order = len(self._levels)
        probabilities = self._score(*_as_token_ids(sentences, self.vocabulary, order))
        return float(-np.log2(probabilities).mean())

    def _score(self, token_ids: np.ndarray, places: np.ndarray) -> np.ndarray:
        """The probability of the token at each place, given the tokens before it."""
        size, predicted = len(self.vocabulary), token_ids[places]
        # Before anything is known, all tokens are equally likely but for the two never written.
        probabilities = ~np.isin(predicted, (PADDING, START)) / (size - 2)
        context, known = np.zeros_like(places), np.ones(len(places), bool)
        for length, level in enumerate(self._levels):
            if length:
                context, found = _find(level.contexts, context * size + token_ids[places - length])
                known = known & found  # if it is not, no longer context is either
            row, found = _find(level.ngrams, context * size + predicted)
            seen = np.where(found, level.probabilities[row], 0)
            mixed = seen + level.rest[context] * probabilities
            probabilities = np.where(known, mixed, probabilities)
        return probabilities


class WordScores:
    """The logarithms of an n-gram model's probabilities, one word at a time, for a search.

    A search asks for one word after one history, again and again for the same ones: they are looked
    up in dictionaries and kept. A history is a tuple of token ids, as many as the model sees at
    most (`order` - 1) or, where less is known, fewer.
    """

    def __init__(self, model: NGramModel):
        self._size = len(model.vocabulary)
        self._seen = len(model._levels) - 1  # tokens of a history
        self._levels = [
            (
                {context: row for row, context in enumerate(level.contexts.tolist())},
                dict(zip(level.ngrams.tolist(), level.probabilities.tolist(), strict=True)),
                level.rest.tolist(),
            )
            for level in model._levels
        ]
        self._known: dict[tuple[tuple[int, ...], tuple[int, ...]], tuple] = {}
        self._single: dict[tuple[tuple[int, ...], int], float] = {}

    @property
    def start(self) -> tuple[int, ...]:
        """The history at the beginning of a sentence."""
        return (START,) * self._seen

    def of_words(
        self, history: tuple[int, ...], words: tuple[int, ...]
    ) -> tuple[float, tuple[int, ...]]:
        """The natural logarithm of the probability of `words` after `history`, and the history
        after them. An empty history is one of which nothing is known, not a sentence's beginning.
        """
        key = history, words
        if key not in self._known:
            total = 0.0
            for word in words:
                total += self._log_probability(history, word)
                history = _last((*history, word), self._seen)
            self._known[key] = total, history
        return self._known[key]

    def of_end(self, history: tuple[int, ...]) -> float:
        """The natural logarithm of the probability that the sentence ends after `history`."""
        return self._log_probability(history, END)

    def _log_probability(self, history: tuple[int, ...], word: int) -> float:
        key = history, word
        if key not in self._single:
            # As in `NGramModel._score`, from the shortest context to the longest that is known.
            probability, context = 1 / (self._size - 2), 0
            for length, (contexts, ngrams, rest) in enumerate(self._levels[: len(history) + 1]):
                if length:
                    found = contexts.get(context * self._size + history[-length])
                    if found is None:
                        break
                    context = found
                seen = ngrams.get(context * self._size + word, 0.0)
                probability = seen + rest[context] * probability
            self._single[key] = math.log(probability)
        return self._single[key]


def _last(history: tuple[int, ...], count: int) -> tuple[int, ...]:
    return history[max(0, len(history) - count) :]


def _smooth(contexts: np.ndarray, ngrams: np.ndarray, counts: np.ndarray, size: int) -> Level:
    """Take a discount from each count, and leave what was taken to the shorter contexts."""
    once, twice, thrice, often = ((counts == n).sum() for n in (1, 2, 3, 4))
    first = once / (once + 2 * twice) if once else USUAL_DISCOUNT
    second = 2 - 3 * first * thrice / twice if twice else first
    third = 3 - 4 * first * often / thrice if thrice else first
    # Chen & Goodman's estimates, kept in order where the counts are too few to trust them.
    discounts = np.array([0, first, np.clip(second, first, 2), np.clip(third, first, 3)])
    taken = discounts[np.minimum(counts, DISCOUNTED_COUNTS)]
    context = ngrams // size
    totals = np.bincount(context, counts, minlength=len(contexts))
    rest = np.bincount(context, taken, minlength=len(contexts)) / totals
    return Level(contexts, ngrams, (counts - taken) / totals[context], rest)


def _find(table: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The row of each key in a sorted table (row 0 if it is not there), and whether it is there."""
    rows = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    found = table[rows] == keys
    return np.where(found, rows, 0), found


def _as_token_ids(
    sentences: Sequence[Sequence[str]], vocabulary: Vocabulary, order: int
) -> tuple[np.ndarray, np.ndarray]:
    """All sentences as one row of token ids, each after `order` times START and followed by END;
    and the places in it of the tokens to predict, which are all but START."""
    if not len(sentences):
        raise ValueError("expected at least one sentence, got none; pass some text")
    token_ids = np.array(
        [
            token_id
            for sentence in sentences
            for token_id in (*[START] * order, *vocabulary.encode(sentence), END)
        ]
    )
    return token_ids, np.flatnonzero(token_ids != START)
