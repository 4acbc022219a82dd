"""Average precision and faults, beside counts made by hand."""

import pytest
import torch

from utils.measures.detections import average_precision, faultless, said_twice
from utils.vision.canvases import NO_DIGIT, Canvases
from utils.vision.finding import Detections


def canvases_with(*rows):
    """Each row a list of (digit, top, left)."""
    digits = torch.full((len(rows), 4), NO_DIGIT)
    corners = torch.zeros(len(rows), 4, 2, dtype=torch.long)
    for number, row in enumerate(rows):
        for slot, (digit, top, left) in enumerate(row):
            digits[number, slot] = digit
            corners[number, slot] = torch.tensor([top, left])
    return Canvases(torch.zeros(len(rows), 1, 40, 112), digits, corners)


def found_on(*rows):
    """Each row a list of (digit, top, left, score), filled up with what is none."""
    longest = max(len(row) for row in rows)
    table = torch.tensor(
        [[*row, *[(0, 0, 0, 0.0)] * (longest - len(row))] for row in rows], dtype=torch.float32
    ).view(len(rows), longest, 4)
    return Detections(table[..., 0].long(), table[..., 1:3], table[..., 3])


def test_average_precision_by_hand():
    """Right, wrong, right, and one never found: precisions 1, 1/2, 2/3, recall in thirds."""
    truth = canvases_with([(5, 0, 0)], [(5, 0, 0)], [(5, 0, 0)])
    found = found_on([(5, 0, 0, 0.9)], [(5, 0, 60, 0.8), (5, 0, 2, 0.7)], [])
    assert average_precision(found, truth) == pytest.approx((1 + 2 / 3) / 3)


def test_a_low_precision_is_raised_to_the_greatest_behind_it():
    """Wrong, right, right: precisions 0, 1/2, 2/3, so that both steps of recall count 2/3."""
    truth = canvases_with([(5, 0, 0), (5, 0, 40)])
    found = found_on([(5, 12, 80, 0.9), (5, 0, 0, 0.8), (5, 0, 40, 0.7)])
    assert average_precision(found, truth) == pytest.approx(2 / 3)


def test_the_second_on_one_square_is_wrong_and_the_surest_takes_it():
    """With precisions 1, 1/2, 2/3 the second square is found at 2/3."""
    truth = canvases_with([(5, 0, 0), (5, 0, 40)])
    found = found_on([(5, 0, 0, 0.8), (5, 0, 1, 0.9), (5, 0, 40, 0.7)])
    assert average_precision(found, truth) == pytest.approx((1 + 2 / 3) / 2)


def test_digits_count_alike_and_a_wrong_digit_is_not_found():
    truth = canvases_with([(1, 0, 0), (2, 0, 40)], [(1, 0, 0)], [(3, 0, 0)])
    found = found_on([(1, 0, 0, 0.9), (2, 0, 40, 0.9)], [(1, 0, 0, 0.9)], [(8, 0, 0, 0.9)])
    assert average_precision(found, truth) == pytest.approx((1 + 1 + 0) / 3)


def test_a_digit_that_is_said_where_another_stands_leaves_that_square_free():
    truth = canvases_with([(1, 0, 0), (2, 0, 40)])
    found = found_on([(2, 0, 0, 0.9), (1, 0, 0, 0.5), (2, 0, 40, 0.4)])
    assert average_precision(found, truth) == pytest.approx((1 + 1 / 2) / 2)


@pytest.mark.parametrize(("away", "enough"), [(9, True), (10, False)])
def test_half_of_the_union_has_to_be_common(away, enough):
    """At 9 pixels 19 x 28 of 37 x 28 are common, at 10 pixels 18 of 38."""
    truth = canvases_with([(5, 0, 0)])
    found = found_on([(5, 0, away, 0.9)])
    assert average_precision(found, truth) == float(enough)
    assert faultless(found, truth).tolist() == [enough]


def test_order_and_the_size_of_scores_do_not_matter():
    truth = canvases_with([(5, 0, 0), (5, 0, 40)], [(5, 3, 3)])
    found = found_on([(5, 0, 0, 0.9), (5, 0, 80, 0.7), (5, 0, 41, 0.2)], [(5, 3, 3, 0.4)])
    expected = average_precision(found, truth)
    order = torch.tensor([2, 0, 1])
    other = Detections(found.digits[:, order], found.corners[:, order], found.scores[:, order])
    assert average_precision(other, truth) == pytest.approx(expected)
    assert average_precision(found._replace(scores=found.scores**3), truth) == expected


def test_nothing_found_is_0_and_what_cannot_be_measured_an_error():
    truth = canvases_with([(5, 0, 0)])
    assert average_precision(found_on([(5, 0, 0, 0.0)]), truth) == 0
    with pytest.raises(ValueError, match="detections of 1 canvases"):
        average_precision(found_on([(5, 0, 0, 0.9)], [(5, 0, 0, 0.9)]), truth)
    with pytest.raises(ValueError, match="got none"):
        average_precision(found_on([(5, 0, 0, 0.9)]), canvases_with([]))


def test_faultless_is_each_digit_once_and_nothing_else():
    two = [(1, 0, 0), (2, 0, 40)]
    truth = canvases_with(two, two, two, two, two, [])
    right = [(1, 0, 0, 0.9), (2, 0, 41, 0.6)]
    found = found_on(
        right,
        right[:1],  # one is missing
        [*right, (1, 1, 0, 0.8)],  # one is said twice
        [right[0], (3, 0, 40, 0.9)],  # one is another digit
        [*right, (1, 0, 80, 0.4)],  # what is not sure does not count
        [],
    )
    assert faultless(found, truth).tolist() == [True, False, False, False, True, True]
    assert faultless(found, truth, surer_than=0.3).tolist()[4] is False


def test_what_overlaps_with_something_surer_is_said_twice():
    found = found_on(
        [(1, 0, 0, 0.9), (2, 0, 5, 0.8), (1, 0, 50, 0.7)],  # another digit is no excuse
        [(1, 0, 0, 0.9), (1, 0, 0, 0.9), (1, 0, 0, 0.9)],  # of equals the first is surer
        [(1, 0, 0, 0.9), (1, 0, 0, 0.4)],  # what is not sure is not said
    )
    assert said_twice(found).tolist() == [1, 2, 0]
