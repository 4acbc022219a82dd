"""The detector before learnt queries: an answer at each place of the picture, and most thrown away.

A convolutional network that looks for one digit is moved over all places at once, which is nothing
but more convolutions (Sermanet et al. 2014, https://arxiv.org/abs/1312.6229). Which places should
say a digit is decided by hand, after Tian, Shen, Chen & He (2019,
https://arxiv.org/abs/1904.01355): those near its centre. Several then say the same digit, and of
squares that overlap the surest alone is kept.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..images.digits import IMAGE_SIZE
from ..vision.canvases import NO_DIGIT
from ..vision.features import PLACES, STRIDE, CanvasFeatures, as_places, place_centres
from ..vision.finding import CLASSES, CORNER_WEIGHT, NONE, Answers, Detections, overlap

TO_CENTRE = (IMAGE_SIZE - 1) / 2  # pixels from a square's corner to its centre


class SlidingDetector(nn.Module):
    """Says at each of the 70 places which digit it sees, and where that digit's square begins.

    The features are those of `vision.finding.Finder`; behind them stand two layers, the same at
    each place. size: numbers in the vector of a place.
    """

    corners: Tensor

    def __init__(self, size: int):
        super().__init__()
        self.features = CanvasFeatures(size)
        self.to_logits = nn.Linear(size, CLASSES + 1)
        self.to_offsets = nn.Linear(size, 2)
        # Of the square that has its centre at the place, (70, 2).
        self.register_buffer("corners", place_centres() - TO_CENTRE, persistent=False)

    def forward(self, canvases: Tensor) -> Answers:
        """(batch, 1, 40, 112) -> an answer for each of the 70 places, row by row."""
        places = as_places(self.features(canvases))  # (batch, 70, size)
        return Answers(self.to_logits(places), self.corners + STRIDE * self.to_offsets(places))


def places_of_digits(digits: Tensor, corners: Tensor, near: float) -> Tensor:
    """Which digit each place should say, as the number of its slot: (batch, 70), NO_DIGIT for none.

    digits: (batch, slots); corners: (batch, slots, 2), as those of `Canvases`. A place belongs to a
    digit if it is at most `near` pixels from the digit's centre, both down and across; digits that
    do not overlap, and a `near` below 14, leave no doubt.

    Raises `ValueError` for a `near` of less than half a stride, with which some digits would have
    no place, and for one of half a digit or more.
    """
    if not STRIDE / 2 <= near < IMAGE_SIZE / 2:
        raise ValueError(
            f"expected a distance from {STRIDE // 2} to below {IMAGE_SIZE // 2} pixels, got {near}"
        )
    centres = corners + TO_CENTRE  # (batch, slots, 2)
    apart = place_centres().to(corners.device)[:, None] - centres[:, None]  # (batch, 70, slots, 2)
    belongs = (apart.abs().amax(-1) <= near) & (digits != NO_DIGIT)[:, None]  # (batch, 70, slots)
    return torch.where(belongs.any(-1), belongs.int().argmax(-1), NO_DIGIT)


def sliding_loss(
    model: nn.Module, batch: tuple[Tensor, Tensor, Tensor], near: float = STRIDE
) -> Tensor:
    """Cross entropy at all places, and the distance of the corners where a digit is, shape ().

    Both are divided by the number of places with a digit, as the others are many and soon easy. A
    batch is one of `Canvases.batches`; `near` and errors as in `places_of_digits`.
    """
    images, digits, corners = batch
    answers = model(images)
    slots = places_of_digits(digits, corners, near)  # (batch, 70)
    here = slots != NO_DIGIT
    slots = slots.clamp(min=0)
    classes = digits.gather(1, slots).masked_fill(~here, NONE)  # (batch, 70)
    true_corners = corners.gather(1, slots[..., None].expand(-1, PLACES, 2))  # (batch, 70, 2)
    entropy = F.cross_entropy(answers.logits.flatten(0, 1), classes.flatten(), reduction="sum")
    apart = (answers.corners - true_corners)[here].abs().sum() / IMAGE_SIZE
    return (entropy + CORNER_WEIGHT * apart) / here.sum().clamp(min=1)


def suppress(found: Detections, most: float = 0.3) -> Detections:
    """Non-maximum suppression: what overlaps with something surer by more than `most` is dropped.

    The detections of each canvas in the order of their scores, the greatest first; dropped ones
    have the score 0. What was dropped drops nothing. Digits never lie on each other here, so the
    class does not matter. Raises `ValueError` for a `most` outside [0, 1].
    """
    if not 0 <= most <= 1:
        raise ValueError(f"expected an overlap from 0 to 1, got {most}")
    scores, order = found.scores.sort(dim=1, descending=True, stable=True)  # (n, answers)
    corners = found.corners.gather(1, order[..., None].expand(-1, -1, 2))
    too_near = overlap(corners[:, :, None], corners[:, None]) > most  # (n, answers, answers)
    kept = scores > 0
    for surer in range(scores.shape[1]):
        dropped = too_near[:, surer] & kept[:, surer, None]  # (n, answers)
        dropped[:, : surer + 1] = False  # the later ones alone
        kept &= ~dropped
    return Detections(found.digits.gather(1, order), corners, scores.masked_fill(~kept, 0.0))
