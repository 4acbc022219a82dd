"""Parallel sentences, from the book's own grammar or from Multi30k, through one interface."""

from __future__ import annotations

import os
from dataclasses import dataclass

Tokens = tuple[str, ...]
Alignment = frozenset[tuple[int, int]]


class CorpusError(Exception):
    """The sentences asked for could not be had; the message says what to do."""


@dataclass(frozen=True)
class SentencePair:
    """A sentence in two languages, as tokens.

    `alignment` holds the pairs (position in `source`, position in `target`), counted from 0, of the
    tokens that mean the same; None where nobody knows.
    """

    source: Tokens
    target: Tokens
    alignment: Alignment | None = None


@dataclass(frozen=True)
class ParallelCorpus:
    """Three disjoint splits: train to fit, validation to choose, test to report."""

    source_language: str  # "zh", "de" or "en"
    target_language: str
    train: tuple[SentencePair, ...]
    validation: tuple[SentencePair, ...]
    test: tuple[SentencePair, ...]
