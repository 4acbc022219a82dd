"""Batches: what stands where, and in which order they come."""

import random
from collections import Counter
from itertools import pairwise

import pytest
import torch

from utils.languages.pairs import SentencePair
from utils.text.batches import (
    POOL_BATCHES,
    Batch,
    EncodedPairs,
    EncodedSentences,
    LengthBuckets,
    TokenBatch,
    make_batch,
    padding_mask,
    source_batches,
)
from utils.text.vocabulary import END, PADDING, START, UNKNOWN, Vocabulary

LETTERS = Vocabulary(tuple("abcdefgh"))
DIGITS = Vocabulary(tuple("01234567"))


def random_pairs(count, seed=0):
    """Of 1 to 12 letters and about as many digits."""
    draw = random.Random(seed)
    pairs = []
    for _ in range(count):
        length = draw.randint(1, 12)
        source = tuple(draw.choices("abcdefgh", k=length))
        target = tuple(draw.choices("01234567", k=max(0, length + draw.randint(-1, 1))))
        pairs.append(SentencePair(source, target))
    return pairs


def in_words(batch):
    """The pairs that a batch holds, read from its numbers."""
    return [
        (LETTERS.decode(source), DIGITS.decode(target))
        for source, target in zip(batch.source, batch.target_output, strict=True)
    ]


def test_a_batch_number_by_number():
    pairs = [SentencePair(("a", "c"), ("1",)), SentencePair(("?",), ("0", "2", "1"))]
    batch = make_batch(pairs, LETTERS, DIGITS)
    assert batch.source.tolist() == [[4, 6], [UNKNOWN, PADDING]]
    assert batch.source_lengths.tolist() == [2, 1]
    assert batch.target_input.tolist() == [[START, 5, PADDING, PADDING], [START, 4, 6, 5]]
    assert batch.target_output.tolist() == [[5, END, PADDING, PADDING], [4, 6, 5, END]]
    assert all(part.dtype == torch.int64 for part in batch)


def test_an_empty_target_is_a_start_and_an_end():
    batch = make_batch([SentencePair(("a",), ())], LETTERS, DIGITS)
    assert batch.target_input.tolist() == [[START]]
    assert batch.target_output.tolist() == [[END]]


def test_the_mask_is_true_where_there_is_a_token():
    mask = padding_mask(torch.tensor([2, 3, 1]), 4)
    assert mask.tolist() == [
        [True, True, False, False],
        [True, True, True, False],
        [True, False, False, False],
    ]
    batch = make_batch(random_pairs(20), LETTERS, DIGITS)
    mask = padding_mask(batch.source_lengths, batch.source.shape[1])
    assert torch.equal(mask, batch.source != PADDING)


@pytest.mark.parametrize("seed", [None, 5])
@pytest.mark.parametrize("count", [1, 63, 64, 65])
def test_every_pair_comes_once_in_a_pass(seed, count):
    pairs = random_pairs(count)
    batches = EncodedPairs(pairs, LETTERS, DIGITS).batches(16, seed=seed)
    for _ in range(2):
        drawn = list(batches)
        assert all(isinstance(batch, Batch) for batch in drawn)
        assert len(drawn) == len(batches)
        assert sorted(len(b.source) for b in drawn) == sorted(
            len(range(count)[start : start + 16]) for start in range(0, count, 16)
        )
        assert Counter(pair for batch in drawn for pair in in_words(batch)) == Counter(
            (pair.source, pair.target) for pair in pairs
        )


def test_a_seed_fixes_all_passes_and_each_differs():
    def passes(seed):
        batches = EncodedPairs(random_pairs(100), LETTERS, DIGITS).batches(8, seed)
        return [[in_words(batch) for batch in batches] for _ in range(2)]

    first, second = passes(1)
    assert passes(1) == [first, second]
    assert first != second
    assert {frozenset(batch) for batch in first} != {frozenset(batch) for batch in second}
    assert passes(2) != [first, second]


def test_a_seeded_order_draws_nothing_from_the_global_generator():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    list(EncodedPairs(random_pairs(50), LETTERS, DIGITS).batches(8, seed=1))
    assert torch.equal(torch.rand(2), expected)


def test_without_a_seed_the_batches_go_from_short_to_long_each_time():
    batches = EncodedPairs(random_pairs(100), LETTERS, DIGITS).batches(8)
    lengths = [length for batch in batches for length in batch.source_lengths.tolist()]
    assert lengths == sorted(lengths)
    assert all(torch.equal(a.source, b.source) for a, b in zip(batches, batches, strict=True))


def padding_share(batches):
    return sum((b.source == PADDING).sum().item() for b in batches) / sum(
        b.source.numel() for b in batches
    )


def test_buckets_leave_little_padding():
    pairs = random_pairs(2000)
    at_random = [
        make_batch(pairs[start : start + 20], LETTERS, DIGITS) for start in range(0, 2000, 20)
    ]
    bucketed = list(EncodedPairs(pairs, LETTERS, DIGITS).batches(20, seed=0))
    assert padding_share(at_random) > 0.3
    assert padding_share(bucketed) < 0.05


def test_batches_of_short_sentences_do_not_come_first():
    """Else the weights would see long sentences last in each epoch."""
    batches = EncodedPairs(random_pairs(2000), LETTERS, DIGITS).batches(20, seed=0)
    widths = [batch.source.shape[1] for batch in batches]
    rises = sum(a <= b for a, b in pairwise(widths))
    assert rises < 0.8 * len(widths)


def test_targets_of_a_batch_are_of_similar_length_too():
    """Sorted by the source alone, sentences with long and short targets would come together."""
    draw = random.Random(0)
    pairs = [
        SentencePair(("a",) * draw.randint(3, 4), ("1",) * draw.choice([1, 4, 8, 12]))
        for _ in range(1500)
    ]
    for seed in (0, None):
        batches = list(EncodedPairs(pairs, LETTERS, DIGITS).batches(10, seed))
        spread = [len(set((b.target_output != PADDING).sum(1).tolist())) for b in batches]
        assert sum(one == 1 for one in spread) > 0.7 * len(batches)


@pytest.mark.parametrize("batch_size", [4, 10])
def test_pools_are_neither_single_batches_nor_everything(batch_size):
    """Sorted all at once, a sentence would meet the same others in every pass."""
    lengths = list(range(3 * POOL_BATCHES * batch_size))
    buckets = LengthBuckets(lengths, batch_size, seed=1)
    spans = [max(chosen) - min(chosen) for chosen in buckets]
    assert len(spans) == 3 * POOL_BATCHES
    # A batch of neighbours in a random third of all has gaps of three on average, not of one ...
    mean = sum(spans) / len(spans)
    assert mean > 2 * (batch_size - 1)
    # ... and is far from holding short and long ones alike.
    assert mean < 0.05 * len(lengths)
    again = [max(chosen) - min(chosen) for chosen in buckets]
    assert sorted(spans) != sorted(again)


def test_tokens_are_encoded_once():
    vocabulary = Vocabulary(("a",))
    batches = EncodedPairs([SentencePair(("a",), ("a",))] * 3, vocabulary, vocabulary).batches(
        2, seed=0
    )
    vocabulary.encode = None
    assert len(list(batches)) == 2


def test_batches_for_a_language_model():
    sentences = [("a", "b"), (), ("c",)]
    (batch,) = EncodedSentences(sentences, LETTERS).batches(3)
    assert isinstance(batch, TokenBatch)
    assert batch.target_input.tolist() == [
        [START, PADDING, PADDING],
        [START, 6, PADDING],
        [START, 4, 5],
    ]
    assert batch.target_output.tolist() == [[END, PADDING, PADDING], [6, END, PADDING], [4, 5, END]]
    one, two = (EncodedSentences(sentences * 9, LETTERS).batches(4, seed=2) for _ in range(2))
    assert len(one) == 7
    assert all(torch.equal(a.target_input, b.target_input) for a, b in zip(one, two, strict=True))


def test_sources_alone_keep_their_positions():
    sentences = [("a", "b", "c"), ("d",), ("e", "f"), ("g",), ("h", "a")]
    seen = {}
    for positions, source, lengths in source_batches(sentences, LETTERS, 2):
        assert len(positions) <= 2
        assert lengths.tolist() == [len(sentences[position]) for position in positions]
        for position, row in zip(positions, source, strict=True):
            seen[position] = LETTERS.decode(row)
    assert [seen[position] for position in range(5)] == sentences
    assert list(source_batches([], LETTERS, 2)) == []


def test_no_pairs():
    with pytest.raises(ValueError, match="expected at least one sentence pair, got none"):
        make_batch([], LETTERS, DIGITS)
    with pytest.raises(ValueError, match="expected at least one sentence pair, got none"):
        EncodedPairs([], LETTERS, DIGITS)
    with pytest.raises(ValueError, match="expected at least one sentence, got none"):
        EncodedSentences([], LETTERS)


def test_a_batch_size_of_nothing():
    with pytest.raises(ValueError, match="expected a batch_size of 1 or more, got 0"):
        EncodedPairs(random_pairs(3), LETTERS, DIGITS).batches(0)


def test_an_empty_source_sentence():
    pairs = [*random_pairs(2), SentencePair((), ("1",))]
    with pytest.raises(ValueError, match="of at least one token, got an empty one at position 2"):
        make_batch(pairs, LETTERS, DIGITS)
    with pytest.raises(ValueError, match="of at least one token, got an empty one at position 2"):
        EncodedPairs(pairs, LETTERS, DIGITS).batches(2)
    with pytest.raises(ValueError, match="of at least one token, got an empty one at position 1"):
        list(source_batches([("a",), ()], LETTERS, 2))
