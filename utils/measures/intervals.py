"""How sure is a share? An interval beside a share that was counted in a sample.

Of 49 sentences 20 are right: that is 41 %, but in another 49 of the same kind it might have been 35
or 48 %. An interval says between which true shares such a count is no surprise.
"""

from __future__ import annotations

from typing import NamedTuple

from scipy.stats import binomtest

from ..wording.words import say


class Interval(NamedTuple):
    """From `low` to `high`, both in [0, 1]."""

    low: float
    high: float


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """The true shares under which `successes` of `trials` would be no surprise: Wilson's interval.

    It holds the share that was counted, stays within [0, 1], and has a width even where nothing or
    everything succeeded. In about 95 of 100 samples it holds the true share, if the trials do not
    depend on each other (Wilson 1927, https://doi.org/10.1080/01621459.1927.10502953; Brown, Cai &
    DasGupta 2001, https://doi.org/10.1214/ss/1009213286, recommend it). It is the spread of the
    sample that it knows of, not that of training anew with another seed.

    trials: 1 or more; successes: from 0 to trials, both whole numbers; confidence: above 0 and
    below 1. Raises `ValueError` for others.
    """
    if not 0 <= successes <= trials or trials < 1 or successes % 1 or trials % 1:
        raise ValueError(
            "expected whole numbers, one trial or more and from none to all of them as successes, "
            f"got {successes} of {trials}; count, and pass no shares"
        )
    if not 0 < confidence < 1:
        raise ValueError(f"expected a confidence between 0 and 1, got {confidence}; try 0.95")
    test = binomtest(int(successes), int(trials))
    interval = test.proportion_ci(confidence, method="wilson")
    # Rounding can leave the range by a hair, or miss the counted share at its ends.
    share = successes / trials
    return Interval(min(max(interval.low, 0.0), share), max(min(interval.high, 1.0), share))


def share_text(successes: int, trials: int, confidence: float = 0.95) -> str:
    """A share for a table, in per cent: "40.8 % (28–55)", in brackets its Wilson interval.

    Errors as in `wilson_interval`.
    """
    low, high = wilson_interval(successes, trials, confidence)
    return say("{share:.1f} % ({low:.0f}–{high:.0f})").format(
        share=100 * successes / trials, low=100 * low, high=100 * high
    )
