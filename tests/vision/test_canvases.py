"""Canvases: digits where they are said to be, every number as likely as another."""

from itertools import pairwise

import pytest
import torch

from utils.images.digits import IMAGE_SIZE, Split
from utils.vision.canvases import CANVAS_HEIGHT, CANVAS_WIDTH, NO_DIGIT, make_canvases


@pytest.fixture(scope="module")
def split() -> Split:
    """Three images of each class; each pixel of one has a value that no other image has."""
    labels = torch.arange(10).repeat(3)
    values = torch.linspace(0.1, 1, 30)
    return Split(values[:, None, None, None].expand(-1, 1, 28, 28).clone(), labels)


def test_each_digit_stands_where_it_is_said_to(split: Split) -> None:
    canvases = make_canvases(split, 200, seed=1)
    assert canvases.images.shape == (200, 1, CANVAS_HEIGHT, CANVAS_WIDTH)
    for image, digits, corners in zip(
        canvases.images[:, 0], canvases.digits, canvases.corners, strict=True
    ):
        left_over = image.clone()
        for digit, (top, left) in zip(digits, corners, strict=True):
            if digit == NO_DIGIT:
                continue
            square = (slice(top, top + IMAGE_SIZE), slice(left, left + IMAGE_SIZE))
            pixels = image[square]
            assert pixels.shape == (28, 28)
            value = pixels[0, 0]
            assert (pixels == value).all()  # of one image: nothing lies over it
            assert split.labels[(split.images[:, 0, 0, 0] == value).nonzero().item()] == digit
            left_over[square] = 0
        assert (left_over == 0).all()


def test_digits_come_from_left_to_right_and_the_empty_slots_behind(split: Split) -> None:
    canvases = make_canvases(split, 300, seed=2, fewest=1, most=4)
    for digits, corners in zip(canvases.digits.tolist(), canvases.corners.tolist(), strict=True):
        count = sum(digit != NO_DIGIT for digit in digits)
        assert NO_DIGIT not in digits[:count]
        lefts = [left for _, left in corners[:count]]
        assert all(b - a >= IMAGE_SIZE for a, b in pairwise(lefts))
    assert canvases.counts.tolist() == [len(number) for number in canvases.numbers]


def test_no_number_begins_with_zero_but_zero(split: Split) -> None:
    canvases = make_canvases(split, 2_000, seed=3)
    assert all(number == str(int(number)) for number in canvases.numbers)
    assert "0" in canvases.numbers


def test_counts_numbers_and_places_are_even(split: Split) -> None:
    canvases = make_canvases(split, 12_000, seed=4)
    shares = canvases.counts.bincount(minlength=5)[1:4] / 12_000
    assert (shares - 1 / 3).abs().max() < 0.02
    of_two = [number for number in canvases.numbers if len(number) == 2]
    firsts = torch.tensor([int(number[0]) for number in of_two]).bincount(minlength=10)
    assert firsts[0] == 0
    assert (firsts[1:] / len(of_two) - 1 / 9).abs().max() < 0.02
    single = canvases.counts == 1
    tops, lefts = canvases.corners[single, 0].unbind(-1)
    for drawn, last in ((tops, CANVAS_HEIGHT - 28), (lefts, CANVAS_WIDTH - 28)):
        assert drawn.min() == 0 and drawn.max() == last
        assert abs(drawn.float().mean() - last / 2) < last / 40


def test_a_seed_gives_the_same_canvases_and_another_others(split: Split) -> None:
    first, again, other = (make_canvases(split, 50, seed=seed) for seed in (5, 5, 6))
    assert torch.equal(first.images, again.images) and torch.equal(first.corners, again.corners)
    assert not torch.equal(first.digits, other.digits)


def test_a_part_keeps_what_belongs_together(split: Split) -> None:
    canvases = make_canvases(split, 20, seed=7)
    some = canvases[canvases.counts == 2]
    assert set(some.counts.tolist()) == {2}
    assert some.numbers == [number for number in canvases.numbers if len(number) == 2]


@pytest.mark.parametrize(("size", "fewest", "most"), [(0, 1, 3), (5, 0, 3), (5, 1, 5), (5, 3, 2)])
def test_impossible_canvases_are_refused(split: Split, size: int, fewest: int, most: int) -> None:
    with pytest.raises(ValueError, match="expected one canvas or more with 1 to 4 digits, got"):
        make_canvases(split, size, 0, fewest, most)


def test_a_missing_class_is_named(split: Split) -> None:
    kept = split.labels != 7
    with pytest.raises(ValueError, match=r"all ten digits, got none of \[7\]"):
        make_canvases(Split(split.images[kept], split.labels[kept]), 5, 0)
