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


def load_corpus(
    corpus: str = "grammar",
    source: str = "zh",
    target: str = "en",
    *,
    sizes: tuple[int, int, int] = (20_000, 500, 500),
    clauses: tuple[int, ...] = (1,),
    seed: int = 0,
    data_root: str | os.PathLike | None = None,
) -> ParallelCorpus:
    """Load parallel sentences, split into training, validation and test pairs.

    `"grammar"` makes them up (`utils.grammar`): Chinese "zh", German "de" and English "en", with
    true alignments, from `seed`, `sizes` of them in the three splits, each with one of the given
    numbers of `clauses`. It needs no network. `"multi30k"` reads 29,000 / 1,014 / 1,000 captions in
    German and English (`utils.multi30k`) from `data_root`, else from the folder that the
    environment variable `DATA_ROOT` names, else from a cache in the user's own folder, into which
    they are downloaded the first time; `sizes`, `clauses` and `seed` do not apply.

    Raises `CorpusError` for a corpus or a pair of languages that there is not, for other than three
    sizes, and when Multi30k is neither on disk nor to be downloaded; `ValueError` for sizes or
    numbers of clauses that `utils.grammar.generate` does not take.
    """
    # Both modules need the classes above.
    from .grammar import LANGUAGES, SPLITS, generate, translate
    from .multi30k import read_multi30k

    if corpus == "multi30k":
        return read_multi30k(source, target, data_root=data_root)
    if corpus != "grammar":
        raise CorpusError(
            f'expected the corpus "grammar" or "multi30k", got {corpus!r}; '
            "set `corpus` to one of the two"
        )
    if source == target or not {source, target} <= set(LANGUAGES):
        raise CorpusError(
            f"expected two different languages of {', '.join(LANGUAGES)}, "
            f"got {source!r} and {target!r}"
        )
    if len(sizes) != len(SPLITS):
        raise CorpusError(f"expected three sizes, one each for {', '.join(SPLITS)}, got {sizes}")
    splits = (
        tuple(
            translate(sentence, source, target)
            for sentence in generate(size, seed=seed, split=split, clauses=clauses)
        )
        for split, size in zip(SPLITS, sizes, strict=True)
    )
    return ParallelCorpus(source, target, *splits)


def written(tokens: Tokens, language: str) -> str:
    """A sentence as it is written in "zh", "de" or "en": spaces, capital letter, joined numbers.

    Raises `CorpusError` for another language.
    """
    from .grammar import LANGUAGES

    if language not in LANGUAGES:
        raise CorpusError(f"expected a language of {', '.join(LANGUAGES)}, got {language!r}")
    return LANGUAGES[language].write(tokens)


def backwards(pair: SentencePair) -> SentencePair:
    """The same pair with its source read from the end (Sutskever et al. 2014)."""
    alignment = pair.alignment
    if alignment is not None:
        alignment = frozenset((len(pair.source) - 1 - i, j) for i, j in alignment)
    return SentencePair(pair.source[::-1], pair.target, alignment)
