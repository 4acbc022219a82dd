"""How well digits were found: average precision, canvases without a fault, and things said twice.

A detection is right if its digit is that of the square it overlaps with most, intersection over
union being at least 1/2, and if no surer detection has taken that square.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..vision.canvases import NO_DIGIT, Canvases
from ..vision.finding import CLASSES, Detections, overlap

ENOUGH = 0.5  # intersection over union


def average_precision(found: Detections, canvases: Canvases) -> float:
    """The mean of the digits' average precisions, in [0, 1].

    For each digit all detections of all canvases are put in the order of their scores. After each
    of them precision is the share of right ones so far, and recall the share of the true squares
    found so far. Average precision is the area under precision as a function of recall, after each
    precision has been raised to the greatest one at any higher recall: that of the PASCAL VOC
    challenge since 2010 (Everingham et al. 2015, https://doi.org/10.1007/s11263-014-0733-5,
    section 4.2). Digits that stand on no canvas are left out.

    Raises `ValueError` for detections of another number of canvases, and for canvases without any
    digit.
    """
    _check(found, canvases)
    areas = []
    for digit in range(CLASSES):
        squares = int((canvases.digits == digit).sum())
        if squares:
            said = (found.digits == digit) & (found.scores > 0)
            right = _right(found._replace(scores=found.scores * said), canvases)
            areas.append(_area(found.scores[said], right[said], squares))
    if not areas:
        raise ValueError("expected canvases with digits, got none with any")
    return sum(areas) / len(areas)


def faultless(found: Detections, canvases: Canvases, surer_than: float = 0.5) -> Tensor:
    """(n,), bool: whether the detections with a greater score are the canvas's digits, each once.

    That is, all are right, and there are as many as digits. Raises `ValueError` for detections of
    another number of canvases.
    """
    _check(found, canvases)
    said = found.scores > surer_than
    right = _right(found._replace(scores=found.scores * said), canvases)
    return (right == said).all(1) & (said.sum(1) == canvases.counts)


def said_twice(found: Detections, surer_than: float = 0.5) -> Tensor:
    """(n,): how many detections with a greater score overlap by at least 1/2 with a surer one."""
    surer = found.scores[:, :, None] < found.scores[:, None]  # (n, detections, the surer)
    # Of equally sure ones the first counts as the surer.
    surer |= (found.scores[:, :, None] == found.scores[:, None]) & torch.ones_like(surer).tril(-1)
    near = overlap(found.corners[:, :, None], found.corners[:, None]) >= ENOUGH
    return ((surer & near).any(2) & (found.scores > surer_than)).sum(1)


def _check(found: Detections, canvases: Canvases) -> None:
    if len(found.scores) != len(canvases):
        raise ValueError(
            f"expected detections of {len(canvases)} canvases, got those of {len(found.scores)}"
        )


def _right(found: Detections, canvases: Canvases) -> Tensor:
    """(n, detections), bool: which are right, those with the score 0 being none."""
    overlaps = overlap(found.corners[:, :, None], canvases.corners[:, None].float())
    overlaps = overlaps.masked_fill((canvases.digits == NO_DIGIT)[:, None], -1.0)
    most, slots = overlaps.max(2)  # (n, detections), the square that each overlaps with most
    fits = (most >= ENOUGH) & (found.digits == canvases.digits.gather(1, slots))
    fits &= found.scores > 0
    right = torch.zeros_like(fits)
    taken = torch.zeros_like(canvases.digits, dtype=torch.bool)  # (n, slots)
    rows = torch.arange(len(fits))
    for number in found.scores.sort(dim=1, descending=True, stable=True).indices.T:  # each (n,)
        slot = slots[rows, number]
        right[rows, number] = fits[rows, number] & ~taken[rows, slot]
        taken[rows, slot] |= fits[rows, number]
    return right


def _area(scores: Tensor, right: Tensor, squares: int) -> float:
    """Under precision as a function of recall; scores, right: (detections,) of one digit."""
    right = right[scores.argsort(descending=True, stable=True)].double()
    precision = right.cumsum(0) / torch.arange(1, len(right) + 1)
    highest_from_here = precision.flip(0).cummax(0).values.flip(0) if len(right) else precision
    # Recall rises by 1 / squares at each right one, and nowhere else.
    return float((highest_from_here * right).sum() / squares)
