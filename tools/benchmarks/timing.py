"""Times, and what is read off them. `torch.utils.benchmark` takes them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import linear_regression, median, quantiles

SECONDS = 0.5  # of work for which each thing is measured, at least


def timed(
    step: Callable[[], object], threads: int = 1, seconds: float = SECONDS
) -> dict[str, float]:
    """Seconds of one call, {median, low, high}: the middle half lies from `low` to `high`.

    Of one thread it is the processor's time, which does not grow where other programs want the
    processor too; of several it is the time on the clock, since a thread that waits for another
    counts as work.
    """
    from torch.utils.benchmark import Timer

    timer = time.process_time if threads == 1 else time.perf_counter
    step()  # the first call also makes what later ones find
    clock = Timer("step()", globals={"step": step}, timer=timer, num_threads=threads)
    return spread(clock.blocked_autorange(min_run_time=seconds).times)


def spread(times: Sequence[float]) -> dict[str, float]:
    """The median of one or more values, and the ends of their middle half."""
    if len(times) < 2:
        return {"median": times[0], "low": times[0], "high": times[0]}
    low, _, high = quantiles(times, n=4, method="inclusive")
    return {"median": median(times), "low": low, "high": high}


def rates(amount: float, seconds: Mapping[str, float]) -> dict[str, float]:
    """How much a second, if a call does so much: {median, low, high}, rounded to four digits."""
    ends = {"median": "median", "low": "high", "high": "low"}
    return {name: rounded(amount / seconds[other]) for name, other in ends.items()}


def rounded(number: float, digits: int = 4) -> float:
    """To so many digits that count."""
    return float(f"{number:.{digits}g}")


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """p of the power law size^p that fits best: 1 is in proportion, 2 is with the square.

    Raises `ValueError` for fewer than two sizes, and for what is not above 0.
    """
    if len(sizes) < 2 or min(*sizes, *seconds) <= 0:
        raise ValueError(
            f"expected two or more sizes and times above 0, got {list(sizes)} and {list(seconds)}"
        )
    return linear_regression([*map(math.log, sizes)], [*map(math.log, seconds)]).slope


def floating_point_operations(step: Callable[[], object]) -> int:
    """Of the matrix products and convolutions in one call; a product and its sum are two."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def peak_bytes(step: Callable[[], object]) -> int:
    """The most that tensors took at any moment of one call, beside what was there before it."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        step()
    changes = sorted(
        (event.start_ns(), event.nbytes())
        for event in watched.profiler.kineto_results.events()
        if event.name() == "[memory]"
    )
    return highest([change for _, change in changes])


def highest(changes: Sequence[int]) -> int:
    """The greatest sum of the first so many changes; 0 where there are none."""
    held = most = 0
    for change in changes:
        held += change
        most = max(most, held)
    return most


def matrix_product(threads: int = 1, size: int = 1024) -> float:
    """The machine's own speed, in floating-point operations a second: two square matrices."""
    import torch

    one, other = torch.rand(2, size, size)
    seconds = timed(lambda: one @ other, threads)
    return rounded(2 * size**3 / seconds["median"])
