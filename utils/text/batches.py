"""Sentences of different lengths, side by side in one tensor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from ..languages.pairs import SentencePair, Tokens
from .vocabulary import END, PADDING, START, Vocabulary

# Sentences are sorted by length within so many batches at a time: enough for batches with hardly
# any padding, few enough for a sentence to meet others in each epoch.
POOL_BATCHES = 50


class Batch(NamedTuple):
    """Sentence pairs as token ids, int64, filled up with PADDING behind the end of each sentence.

    source: (batch, source_length).
    source_lengths: (batch,), tokens of each source sentence, 1 or more.
    target_input: (batch, target_length), what a decoder reads: START, then the target sentence.
    target_output: (batch, target_length), what it should write: the target sentence, then END.
    """

    source: Tensor
    source_lengths: Tensor
    target_input: Tensor
    target_output: Tensor


class TokenBatch(NamedTuple):
    """Sentences for a language model: the target half of a `Batch`, with the same shapes."""

    target_input: Tensor
    target_output: Tensor


class EncodedPairs(Dataset):
    """Sentence pairs as token ids: each item is a source, and a target between START and END.

    Tokens become ids once, here; several loaders may share one data set.

    Raises `ValueError` when there are no pairs, and for an empty source sentence.
    """

    def __init__(
        self,
        pairs: Sequence[SentencePair],
        source_vocabulary: Vocabulary,
        target_vocabulary: Vocabulary,
    ):
        if not pairs:
            raise ValueError("expected at least one sentence pair, got none")
        sources = _encode_sources([pair.source for pair in pairs], source_vocabulary)
        targets = [_with_start_and_end(pair.target, target_vocabulary) for pair in pairs]
        self.examples = list(zip(sources, targets, strict=True))

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> tuple[list[int], list[int]]:
        return self.examples[index]

    def batches(self, batch_size: int, seed: int | None = None) -> DataLoader:
        """`Batch`es of similar length; every pair comes once in a pass.

        With a `seed` the pairs are shuffled anew in every pass, in an order that the seed fixes,
        and so are the batches; without one they always come from short to long. One batch has the
        remainder.
        """
        lengths = [(len(source), len(target)) for source, target in self.examples]
        return _loader(self, LengthBuckets(lengths, batch_size, seed), collate_pairs)


class EncodedSentences(Dataset):
    """Sentences as token ids, each between START and END, for a language model.

    Raises `ValueError` when there are none.
    """

    def __init__(self, sentences: Sequence[Tokens], vocabulary: Vocabulary):
        if not sentences:
            raise ValueError("expected at least one sentence, got none")
        self.examples = [_with_start_and_end(sentence, vocabulary) for sentence in sentences]

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> list[int]:
        return self.examples[index]

    def batches(self, batch_size: int, seed: int | None = None) -> DataLoader:
        """`TokenBatch`es, in the same order as those of `EncodedPairs`."""
        lengths = [len(token_ids) for token_ids in self.examples]
        return _loader(self, LengthBuckets(lengths, batch_size, seed), collate_sentences)


class LengthBuckets(Sampler[list[int]]):
    """Which items go together: lists of positions in `lengths`, each with similar lengths.

    `lengths` holds whatever sorts by length, one entry an item. With a `seed`: shuffle, sort within
    pools of POOL_BATCHES batches, shuffle the batches. Raises `ValueError` for a `batch_size` below
    1.
    """

    def __init__(self, lengths: Sequence, batch_size: int, seed: int | None = None):
        if batch_size < 1:
            raise ValueError(f"expected a batch_size of 1 or more, got {batch_size}")
        self.lengths = lengths
        self.batch_size = batch_size
        self.generator = None if seed is None else torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return -(-len(self.lengths) // self.batch_size)  # rounded up

    def __iter__(self) -> Iterator[list[int]]:
        size = self.batch_size
        if self.generator is None:
            order = sorted(range(len(self.lengths)), key=self.lengths.__getitem__)
            yield from _cut(order, size)
            return
        order = torch.randperm(len(self.lengths), generator=self.generator).tolist()
        batches = []
        for pool in _cut(order, POOL_BATCHES * size):
            batches += _cut(sorted(pool, key=self.lengths.__getitem__), size)
        for index in torch.randperm(len(batches), generator=self.generator).tolist():
            yield batches[index]


def collate_pairs(examples: Sequence[tuple[list[int], list[int]]]) -> Batch:
    """Items of `EncodedPairs`, side by side in one `Batch`."""
    sources, targets = zip(*examples, strict=True)
    return Batch(*_pad_sources(sources), *_shift(targets))


def collate_sentences(examples: Sequence[list[int]]) -> TokenBatch:
    """Items of `EncodedSentences`, side by side in one `TokenBatch`."""
    return TokenBatch(*_shift(examples))


def _loader(dataset: Dataset, buckets: LengthBuckets, collate: Callable) -> DataLoader:
    return DataLoader(
        dataset,
        batch_sampler=buckets,
        collate_fn=collate,
        # Without a generator of its own a loader draws from the global one, in vain.
        generator=torch.Generator(),
    )


def make_batch(
    pairs: Sequence[SentencePair], source_vocabulary: Vocabulary, target_vocabulary: Vocabulary
) -> Batch:
    """One batch of all `pairs`, in their order.

    Raises `ValueError` when there are no pairs, and for an empty source sentence.
    """
    return collate_pairs(EncodedPairs(pairs, source_vocabulary, target_vocabulary).examples)


def source_batches(
    sentences: Sequence[Tokens], vocabulary: Vocabulary, batch_size: int
) -> Iterator[tuple[list[int], Tensor, Tensor]]:
    """The source half of `Batch`es, from short to long, for translating sentences as yet unknown.

    Yields the positions in `sentences` that a batch holds, their token ids (batch, source_length)
    and their lengths (batch,). Raises `ValueError`, with the first batch, for an empty sentence; no
    sentences, no batches.
    """
    encoded = _encode_sources(sentences, vocabulary)
    if not encoded:
        return
    for chosen in LengthBuckets([len(token_ids) for token_ids in encoded], batch_size):
        yield chosen, *_pad_sources([encoded[position] for position in chosen])


def padding_mask(lengths: Tensor, length: int) -> Tensor:
    """(batch,) -> (batch, length), bool: True where there is a token, False at padding."""
    positions = torch.arange(length, device=lengths.device)  # (length,)
    return positions < lengths[:, None]  # (length,), (batch, 1) -> (batch, length)


def _encode_sources(sentences: Sequence[Tokens], vocabulary: Vocabulary) -> list[list[int]]:
    encoded = [vocabulary.encode(sentence) for sentence in sentences]
    for position, token_ids in enumerate(encoded):
        if len(token_ids) == 0:
            raise ValueError(
                f"expected source sentences of at least one token, got an empty one at position "
                f"{position}; an encoder has nothing to read there, so leave it out"
            )
    return encoded


def _with_start_and_end(sentence: Tokens, vocabulary: Vocabulary) -> list[int]:
    return [START, *vocabulary.encode(sentence), END]


def _pad_sources(sources: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    """Token ids (batch, source_length) and lengths (batch,)."""
    return _pad(sources), torch.tensor([len(source) for source in sources])


def _shift(targets: Sequence[list[int]]) -> tuple[Tensor, Tensor]:
    """START ... END -> all but the last token, and all but the first, each padded."""
    return _pad([target[:-1] for target in targets]), _pad([target[1:] for target in targets])


def _pad(sequences: Sequence[list[int]]) -> Tensor:
    """(length of each,) -> (batch, greatest length)"""
    longest = max(map(len, sequences))
    # One tensor from plain lists: a tensor for each sentence would cost more than all the rest.
    return torch.tensor(
        [[*token_ids, *[PADDING] * (longest - len(token_ids))] for token_ids in sequences]
    )


def _cut(items: list, size: int) -> list[list]:
    return [items[start : start + size] for start in range(0, len(items), size)]
