"""The sentences and words of an explorer that reads German, as JSON can hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..languages.dictionary import chinese_of_german, german_word_groups
from ..languages.pairs import SentencePair
from ..wording.words import ENGLISH, language


def pack_sentences(pairs: Iterable[SentencePair], source_tokens: Sequence[str]) -> dict:
    """The entries "sentences" and "words" of an explorer's data.

    pairs: from German, with their alignments; one that comes again is left out.
    source_tokens: the vocabulary, of which the words that can be clicked are taken.

    {"sentences": [{"source", "target", "alignment"}], "words": {kind: [word, ...]}}. In the Chinese
    edition each sentence has its "chinese" too, where that is known, and "meanings" are the words'.
    """
    in_chinese = language() != ENGLISH
    sentences = [
        {"source": pair.source, "target": pair.target, "alignment": sorted(pair.alignment or ())}
        | ({"chinese": pair.chinese} if in_chinese and pair.chinese else {})
        for pair in dict.fromkeys(pairs)
    ]
    packed = {"sentences": sentences, "words": german_word_groups(source_tokens)}
    if in_chinese:
        packed["meanings"] = chinese_of_german(source_tokens)
    return packed
