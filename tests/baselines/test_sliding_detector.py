"""The sliding detector: which places should speak, and whose word is kept."""

import pytest
import torch

from utils.baselines.sliding_detector import (
    SlidingDetector,
    places_of_digits,
    sliding_loss,
    suppress,
)
from utils.images.digits import load_digits
from utils.training.loop import seeded
from utils.vision.canvases import NO_DIGIT, make_canvases
from utils.vision.features import COLUMNS
from utils.vision.finding import NONE, Answers, Detections


def test_places_near_a_centre_belong_to_its_digit():
    """The centre of the square at (2, 10) is the pixel (15.5, 23.5); places are 8 apart."""
    digits = torch.tensor([[4, NO_DIGIT]])
    corners = torch.tensor([[[2, 10], [0, 0]]])
    close = places_of_digits(digits, corners, near=4)
    assert (close != NO_DIGIT).nonzero()[:, 1].tolist() == [2 * COLUMNS + 3]  # (16, 24)
    wide = (places_of_digits(digits, corners, near=8) != NO_DIGIT).nonzero()[:, 1].tolist()
    assert wide == [COLUMNS + 2, COLUMNS + 3, 2 * COLUMNS + 2, 2 * COLUMNS + 3]


def test_every_digit_has_a_place_and_knows_its_slot():
    canvases = make_canvases(load_digits().train, 200, seed=0, most=4)
    slots = places_of_digits(canvases.digits, canvases.corners, near=4)
    for row, count in enumerate(canvases.counts.tolist()):
        assert set(slots[row].tolist()) == {NO_DIGIT, *range(count)}


@pytest.mark.parametrize("near", [3.9, 14])
def test_other_distances_are_errors(near):
    with pytest.raises(ValueError, match="a distance from 4"):
        places_of_digits(torch.tensor([[1]]), torch.zeros(1, 1, 2), near)


class Said(torch.nn.Module):
    """Gives the answers that it was given."""

    def __init__(self, answers):
        super().__init__()
        self.answers = answers

    def forward(self, canvases):
        return self.answers


def test_the_loss_of_right_answers_is_0_and_wrong_corners_count_where_a_digit_is():
    canvases = make_canvases(load_digits().train, 3, seed=1)
    batch = canvases.images, canvases.digits, canvases.corners
    slots = places_of_digits(canvases.digits, canvases.corners, near=8)
    logits = torch.full((3, 70, 11), -30.0)
    corners = torch.zeros(3, 70, 2)
    for row, place in torch.cartesian_prod(torch.arange(3), torch.arange(70)).tolist():
        slot = slots[row, place]
        logits[row, place, NONE if slot == NO_DIGIT else canvases.digits[row, slot]] = 30.0
        if slot != NO_DIGIT:
            corners[row, place] = canvases.corners[row, slot].float()
    assert sliding_loss(Said(Answers(logits, corners)), batch) < 1e-6
    far = corners + torch.tensor([0.0, 14.0])
    assert sliding_loss(Said(Answers(logits, far)), batch).item() == pytest.approx(2.5, abs=1e-4)
    far[slots != NO_DIGIT] = corners[slots != NO_DIGIT]
    assert sliding_loss(Said(Answers(logits, far)), batch) < 1e-6


def test_moved_by_a_stride_the_answers_move_with_the_picture():
    with seeded(0):
        model = SlidingDetector(8).eval()
    canvases = make_canvases(load_digits().train, 4, seed=2, most=1)
    canvas = torch.zeros(1, 1, 40, 112)
    canvas[..., 16:96] = canvases.images[:1, :, :, 16:96]
    moved = canvas.roll(8, -1)
    here, there = model(canvas), model(moved)
    inner = torch.arange(70).view(5, 14)[:, 3:10].flatten()
    assert torch.allclose(here.logits[:, inner], there.logits[:, inner + 1], atol=1e-5)
    shift = torch.tensor([0.0, 8.0])
    assert torch.allclose(here.corners[:, inner] + shift, there.corners[:, inner + 1], atol=1e-3)


def test_the_surest_of_those_that_overlap_is_kept():
    found = Detections(
        torch.tensor([[1, 2, 3, 4]]),
        torch.tensor([[[0.0, 6.0], [0.0, 0.0], [0.0, 60.0], [0.0, 12.0]]]),
        torch.tensor([[0.6, 0.9, 0.5, 0.4]]),
    )
    kept = suppress(found, most=0.5)
    # 6 pixels away is too near to the surest, 12 pixels away is not, and what was itself dropped
    # drops nothing.
    assert kept.digits.tolist() == [[2, 1, 3, 4]]
    assert kept.scores[0].tolist() == pytest.approx([0.9, 0.0, 0.5, 0.4])
    assert kept.corners[0, 3].tolist() == [0.0, 12.0]


def test_canvases_are_judged_one_by_one_and_none_stays_none():
    found = Detections(
        torch.zeros(2, 2, dtype=torch.long),
        torch.zeros(2, 2, 2),
        torch.tensor([[0.2, 0.8], [0.0, 0.3]]),
    )
    kept = suppress(found)
    assert kept.scores.flatten().tolist() == pytest.approx([0.8, 0.0, 0.3, 0.0])
    with pytest.raises(ValueError, match="from 0 to 1"):
        suppress(found, most=1.5)
