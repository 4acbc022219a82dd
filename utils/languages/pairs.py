"""Sentences in two languages, side by side: the form that every corpus comes in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

Tokens = tuple[str, ...]


Alignment = frozenset[tuple[int, int]]


class CorpusError(Exception):
    """The sentences asked for could not be had; the message says what to do."""


@dataclass(frozen=True)
class SentencePair:
    """A sentence in two languages, as tokens.

    `alignment` holds the pairs (position in `source`, position in `target`), counted from 0, of the
    tokens that mean the same; None where nobody knows. `chinese` is the sentence as Chinese writes
    it, for readers of the Chinese edition; "" where nobody knows. It makes no pair another one.
    """

    source: Tokens
    target: Tokens
    alignment: Alignment | None = None
    chinese: str = field(default="", compare=False)


@dataclass(frozen=True)
class ParallelCorpus:
    """Three disjoint splits: train to fit, validation to choose, test to report."""

    source_language: str  # "zh", "de" or "en"
    target_language: str
    train: tuple[SentencePair, ...]
    validation: tuple[SentencePair, ...]
    test: tuple[SentencePair, ...]


def backwards(pair: SentencePair) -> SentencePair:
    """The same pair with its source read from the end (Sutskever et al. 2014)."""
    alignment = pair.alignment
    if alignment is not None:
        alignment = frozenset((len(pair.source) - 1 - i, j) for i, j in alignment)
    return replace(pair, source=pair.source[::-1], alignment=alignment)
