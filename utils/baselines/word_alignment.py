"""Which word stands for which, without a network: the diagonal, and a model of words alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..languages.pairs import Alignment, SentencePair


def diagonal_links(pair: SentencePair) -> Alignment:
    """Each target word with the source word at the same relative place: no word is looked at.

    Of two source words that are as near, the first. Raises `ValueError` for an empty source.
    """
    _check_source(pair)
    distances = _distances(len(pair.source), len(pair.target))
    return frozenset((int(i), j) for j, i in enumerate(distances.argmin(1)))


class WordAlignmentModel:
    """IBM Model 1: which word stands for which, learnt from sentence pairs without alignments.

    Every target word stands for one word of the source sentence, or for none of them (NULL), each
    as likely as the other, and is chosen by t(target word | source word) alone. Expectation
    maximisation finds the t under which the training pairs are likeliest: share every target word
    out among the source words of its sentence, in proportion to t; count; divide. Brown, Della
    Pietra, Della Pietra & Mercer (1993), https://aclanthology.org/J93-2003/, section 4.1.

    Words have no order here. With a `tension` above 0 a source word is the likelier, the nearer its
    relative place is to that of the target word: exp(-tension * distance), normalised, distance in
    [0, 1), as in Dyer, Chahuneau & Smith (2013), https://aclanthology.org/N13-1073/. NULL keeps the
    share that it has in Model 1, so a tension of 0 is Model 1. Choose it on validation pairs.

    `fit` makes one.
    """

    def __init__(
        self,
        sources: dict[str, int],
        targets: dict[str, int],
        cells: NDArray[np.int64],
        probabilities: NDArray[np.float64],
        tension: float,
    ):
        self._sources = sources  # numbers from 1, as NULL is 0
        self._targets = targets
        self._cells = cells  # (cells,), ascending: see `_cell_numbers`
        self._probabilities = probabilities  # (cells,), t of each; all others are 0
        self.tension = tension

    @classmethod
    def fit(
        cls, pairs: Sequence[SentencePair], iterations: int = 5, tension: float = 0.0
    ) -> WordAlignmentModel:
        """Learn t from `pairs`, whose alignments are not looked at, in so many rounds.

        Raises `ValueError` if there is nothing to learn from, for an empty source sentence, for
        less than one iteration and for a tension below 0.
        """
        if iterations < 1 or not 0 <= tension < math.inf:
            raise ValueError(
                "expected one iteration or more and a finite tension of 0 or more, got "
                f"{iterations} and {tension}"
            )
        if not any(pair.target for pair in pairs):
            raise ValueError("expected at least one pair with a target sentence, got none")
        source_words = sorted({word for pair in pairs for word in pair.source})
        target_words = sorted({word for pair in pairs for word in pair.target})
        sources = {word: number for number, word in enumerate(source_words, 1)}
        targets = {word: number for number, word in enumerate(target_words)}

        # One cell for each target word and each source word that it may stand for, of all
        # sentences in one line: a source and a target word met, the word's place in the text.
        met, places, priors = [], [], []
        text_length = 0
        for pair in pairs:
            _check_source(pair)
            met.append(_cell_numbers(pair, sources, targets).ravel())
            prior = _prior(len(pair.source), len(pair.target), tension)  # (target, 1 + source)
            priors.append(prior.ravel())
            place = np.arange(text_length, text_length + len(pair.target))
            places.append(np.repeat(place, 1 + len(pair.source)))
            text_length += len(pair.target)
        cells, cell = np.unique(np.concatenate(met), return_inverse=True)
        place, prior = np.concatenate(places), np.concatenate(priors)
        source = cells // (len(targets) + 1)

        probabilities = np.ones(len(cells))  # alike for all words: only their proportions count
        for _ in range(iterations):
            shares = prior * probabilities[cell]
            shares = _divide(shares, _sums(place, shares)[place])  # add up to 1 in a place
            counts = _sums(cell, shares)
            probabilities = _divide(counts, _sums(source, counts)[source])
        return cls(sources, targets, cells, probabilities, tension)

    def probability(self, target: str, source: str | None) -> float:
        """t(target | source), in [0, 1]; None is NULL. 0 for words that never met in training."""
        words = SentencePair((source or "",), (target,))
        return float(self._table(words)[0, 0 if source is None else 1])

    def links(self, pair: SentencePair) -> Alignment:
        """Each target word with the source word that it likeliest stands for; none if that is NULL.

        Of equally likely ones the first: without tension, a repeated source word is not told from
        its twin. Words that were not in the training pairs are linked to nothing. Raises
        `ValueError` for an empty source.
        """
        _check_source(pair)
        prior = _prior(len(pair.source), len(pair.target), self.tension)
        best = (prior * self._table(pair)).argmax(1)  # (target_length,), the first of equals
        return frozenset((int(i) - 1, j) for j, i in enumerate(best) if i > 0)

    def _table(self, pair: SentencePair) -> NDArray[np.float64]:
        """t of each target word given NULL and each source word, (target, 1 + source)."""
        wanted = _cell_numbers(pair, self._sources, self._targets)
        position = np.searchsorted(self._cells, wanted).clip(max=len(self._cells) - 1)
        return np.where(self._cells[position] == wanted, self._probabilities[position], 0.0)


def _cell_numbers(
    pair: SentencePair, sources: dict[str, int], targets: dict[str, int]
) -> NDArray[np.int64]:
    """A number for each target word with NULL and each source word, (target, 1 + source).

    It is the source word's times the number of target words, plus the target word's; a word that
    has no number gets one that no other has.
    """
    source = np.array([0, *(sources.get(word, len(sources) + 1) for word in pair.source)])
    target = np.array([targets.get(word, len(targets)) for word in pair.target], dtype=np.int64)
    return source[None, :] * (len(targets) + 1) + target[:, None]


def _sums(places: NDArray[np.integer], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each place the sum of the values that belong there."""
    return np.bincount(places, values).astype(np.float64, copy=False)


def _divide(parts: NDArray[np.float64], sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """The quotient; 0 where the sum is, as of a word that a great tension leaves nothing."""
    return np.divide(parts, sums, out=np.zeros_like(parts), where=sums > 0)


@lru_cache(maxsize=4096)  # a corpus has few pairs of lengths, and asks for each again and again
def _prior(source_length: int, target_length: int, tension: float) -> NDArray[np.float64]:
    """How likely each target word stands for NULL and each source word, (target, 1 + source)."""
    distances = _distances(source_length, target_length)
    # Less the shortest distance, which changes no proportion: so they are not all 0, ever.
    nearness = np.exp(-tension * (distances - distances.min(1, keepdims=True)))
    nearness *= source_length / nearness.sum(1, keepdims=True)  # as much in all as without tension
    null = np.ones((target_length, 1))
    prior = np.concatenate([null, nearness], 1) / (1 + source_length)
    prior.flags.writeable = False  # all who ask for these lengths share it
    return prior


def _distances(source_length: int, target_length: int) -> NDArray[np.float64]:
    """Between relative places in the two sentences, each in (0, 1): (target, source)."""
    source = (np.arange(source_length) + 0.5) / source_length
    target = (np.arange(target_length) + 0.5) / target_length
    return np.abs(target[:, None] - source)


def _check_source(pair: SentencePair) -> None:
    if not pair.source:
        raise ValueError("expected a source sentence of at least one token, got an empty one")
