"""Parallel sentences, from the book's own grammar or from Multi30k, through one interface."""

from __future__ import annotations

import os

from ..languages.grammar import LANGUAGES, SPLITS, generate, translate
from ..languages.pairs import CorpusError, ParallelCorpus, SentencePair, Tokens
from ..wording.words import ENGLISH, language
from .multi30k import read_multi30k


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

    `"grammar"` makes them up (`grammar`): Chinese "zh", German "de" and English "en", with
    true alignments, from `seed`, `sizes` of them in the three splits, each with one of the given
    numbers of `clauses`. It needs no network. `"multi30k"` reads 29,000 / 1,014 / 1,000 captions in
    German and English (`utils.text.multi30k`) from `data_root`, else from the folder that the
    environment variable `DATA_ROOT` names, else from a cache in the user's own folder, into which
    they are downloaded the first time; `sizes`, `clauses` and `seed` do not apply.

    Raises `CorpusError` for a corpus or a pair of languages that there is not, for other than three
    sizes, and when Multi30k is neither on disk nor to be downloaded; `ValueError` for sizes or
    numbers of clauses that `utils.languages.grammar.generate` does not take.
    """
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
    if language not in LANGUAGES:
        raise CorpusError(f"expected a language of {', '.join(LANGUAGES)}, got {language!r}")
    return LANGUAGES[language].write(tokens)


def meaning(pair: SentencePair) -> str:
    """What a sentence says, in Chinese and in brackets, for readers who may not know its languages.

    "" in the English edition, and for a pair that has a Chinese side or whose Chinese nobody knows.
    """
    is_said = pair.chinese in ("".join(pair.source), "".join(pair.target))
    return "" if language() == ENGLISH or is_said or not pair.chinese else f"（{pair.chinese}）"
