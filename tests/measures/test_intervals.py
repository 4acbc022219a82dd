"""Wilson's interval: by its formula, by its meaning, and at the ends."""

import math
from statistics import NormalDist

import pytest
from scipy.stats import binom

from utils.measures.intervals import share_text, wilson_interval


def formula(successes, trials, confidence):
    """Wilson (1927): the shares p for which |share - p| = z sqrt(p (1 - p) / trials)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    half /= 1 + z * z / trials
    return centre - half, centre + half


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.99])
def test_it_is_that_of_the_formula(confidence):
    for trials in (1, 2, 7, 49, 1000):
        for successes in {0, 1, trials // 3, trials - 1, trials}:
            found = wilson_interval(successes, trials, confidence)
            assert found == pytest.approx(formula(successes, trials, confidence), abs=1e-12)
            assert 0 <= found.low <= successes / trials <= found.high <= 1
            assert found.low < found.high


def test_an_example_from_the_literature():
    """Newcombe (1998), Statistics in Medicine 17, 857–872, table I, method 3: 81 of 263."""
    low, high = wilson_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_about_95_of_100_samples_have_the_true_share_in_it(share):
    """Counted over all samples there can be, not drawn."""
    trials = 60
    covered = sum(
        binom.pmf(successes, trials, share)
        for successes in range(trials + 1)
        if wilson_interval(successes, trials).low
        <= share
        <= wilson_interval(successes, trials).high
    )
    assert 0.93 < covered < 0.98


def test_more_trials_say_more_and_more_confidence_says_less():
    widths = [high - low for low, high in (wilson_interval(4 * n, 10 * n) for n in (1, 4, 16, 64))]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] / widths[-1] > 6  # about as one over the root of the trials
    narrow, wide = wilson_interval(4, 10, 0.5), wilson_interval(4, 10, 0.99)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_shares_for_a_table():
    assert share_text(20, 49) == "40.8 % (28–55)"
    assert share_text(0, 107) == "0.0 % (0–3)"
    assert share_text(81, 263, confidence=0.5) == "30.8 % (29–33)"
    assert share_text(3, 3) == "100.0 % (44–100)"


@pytest.mark.parametrize(
    ("successes", "trials"), [(0, 0), (-1, 5), (6, 5), (0.4, 1), (1, 2.5), (math.nan, 4)]
)
def test_what_cannot_be_counted(successes, trials):
    for function in (wilson_interval, share_text):
        with pytest.raises(ValueError, match=f"got {successes} of {trials}; count, and pass"):
            function(successes, trials)


@pytest.mark.parametrize("confidence", [0, 1, 95, -0.1, math.nan])
def test_confidences_that_cannot_be(confidence):
    with pytest.raises(ValueError, match=f"between 0 and 1, got {confidence}; try 0.95"):
        wilson_interval(1, 2, confidence)


def test_in_chinese_a_share_is_written_without_blanks(chinese):
    assert share_text(20, 49) == "40.8%（28–55）"
