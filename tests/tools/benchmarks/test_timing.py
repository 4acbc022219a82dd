"""The arithmetic of what is measured; no time itself is checked."""

import time
from collections.abc import Callable

import pytest
import torch
from torch.utils.benchmark import Timer

from tools.benchmarks import networks, timing
from utils.models.seq2seq import translation_loss


def test_the_middle_half_lies_around_the_median() -> None:
    assert timing.spread([5, 1, 3, 2, 4]) == {"median": 3, "low": 2, "high": 4}
    assert timing.spread([7.0]) == {"median": 7, "low": 7, "high": 7}


def test_a_long_time_is_a_low_rate() -> None:
    rates = timing.rates(100, {"median": 0.5, "low": 0.25, "high": 1.0})
    assert rates == {"median": 200, "low": 100, "high": 400}


def test_four_digits_count() -> None:
    assert [timing.rounded(number) for number in (123456, 0.000123456)] == [123500, 0.0001235]


@pytest.mark.parametrize("power", [-1, 0.5, 1, 2])
def test_the_exponent_is_that_of_the_power_law(power: float) -> None:
    sizes = [8, 16, 64, 100]
    assert timing.exponent(sizes, [3 * size**power for size in sizes]) == pytest.approx(power)


def test_of_one_size_or_of_no_time_there_is_no_exponent() -> None:
    for sizes, seconds in ([[8], [1.0]], [[8, 16], [1.0, 0.0]]):
        with pytest.raises(ValueError, match="two or more sizes"):
            timing.exponent(sizes, seconds)


def test_what_is_given_back_is_not_counted_at_the_peak() -> None:
    assert timing.highest([100, 50, -100, 70, -120]) == 150
    assert timing.highest([]) == 0


def test_operations_and_memory_of_a_product_are_those_of_a_product() -> None:
    one = torch.rand(30, 40)
    other = torch.rand(40, 50)
    assert timing.floating_point_operations(lambda: one @ other) == 2 * 30 * 40 * 50
    peak = timing.peak_bytes(lambda: (one @ other).sum())
    assert 4 * 30 * 50 <= peak <= 4 * 30 * 50 + 1024


def test_a_call_is_timed_with_as_many_threads_as_asked_for() -> None:
    seen = set()
    timing.timed(lambda: seen.add(torch.get_num_threads()), threads=2, seconds=0.001)
    assert 2 in seen


@pytest.mark.parametrize(("threads", "clock"), [(1, time.process_time), (2, time.perf_counter)])
def test_the_processors_clock_counts_where_one_thread_works(
    threads: int, clock: Callable[[], float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it begins after a first call, which also makes what later ones find."""
    calls, begun = [], []

    class Watched(Timer):
        def __init__(self, *arguments: object, timer: Callable[[], float], **options: object):
            begun.append((timer, len(calls)))
            super().__init__(*arguments, timer=timer, **options)

    monkeypatch.setattr("torch.utils.benchmark.Timer", Watched)
    timing.timed(lambda: calls.append(None), threads, seconds=0.001)
    assert begun == [(clock, 1)] and len(calls) > 1


def test_tokens_are_counted_without_padding() -> None:
    trained = networks.network("dot")
    ends = sum(int((batch.target_output == networks.END).sum()) for batch in trained.batches)
    assert ends == 64 * networks.BATCHES  # one in each sentence
    words = [
        sum(1 for token in row.tolist() if token != networks.PADDING)
        for batch in trained.batches
        for row in batch.target_output
    ]
    assert trained.amount == sum(words)


def test_made_sentences_have_no_end_and_no_padding_in_them() -> None:
    batch = networks.made_batch(sentences=3, length=50, vocabulary=9)
    assert batch.source.shape == batch.target_output.shape == (3, 50)
    assert int(batch.source.min()) > max(networks.END, networks.PADDING)
    assert int(batch.source.max()) < 9
    model = networks.translator("additive", 8, (9, 9))
    assert torch.isfinite(translation_loss(model, batch))
