"""Canvases with one to four handwritten digits on them, which together are a number.

Where each digit stands is known, so it can be counted how often a network looks at the right place.
The task is that of Ba, Mnih & Kavukcuoglu (2015), https://arxiv.org/abs/1412.7755, section 4.1, who
put pairs of digits on a canvas; here there are up to four, they keep their order from left to right
and do not overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from ..images.digits import IMAGE_SIZE, Split, batches_of

CANVAS_HEIGHT = 40  # pixels
CANVAS_WIDTH = 112  # pixels; four digits side by side fill it
MOST_DIGITS = CANVAS_WIDTH // IMAGE_SIZE
NO_DIGIT = -1


@dataclass(frozen=True)
class Canvases:
    """Pictures of numbers.

    images: (n, 1, 40, 112), float32 in [0, 1], 1 = ink.
    digits: (n, 4), int64, from left to right, NO_DIGIT behind the last one.
    corners: (n, 4, 2), int64, the top and the left edge of each digit's square of 28 x 28 pixels,
        in pixels from the canvas's top left corner; 0 where there is no digit.
    """

    images: Tensor
    digits: Tensor
    corners: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: slice | Tensor) -> Canvases:
        return Canvases(self.images[chosen], self.digits[chosen], self.corners[chosen])

    @property
    def counts(self) -> Tensor:
        """(n,), how many digits are on each canvas."""
        return (self.digits != NO_DIGIT).sum(1)

    @property
    def numbers(self) -> list[str]:
        """What is written on each, in figures: "427"."""
        return [
            "".join(str(digit) for digit in row if digit != NO_DIGIT)
            for row in self.digits.tolist()
        ]

    def batches(self, batch_size: int, seed: int | None = None) -> DataLoader:
        """Batches of images, digits and corners, a tuple or list of three tensors each.

        Shuffled anew in every pass with a `seed`, as `Split.batches` are.
        """
        return batches_of(
            TensorDataset(self.images, self.digits, self.corners), len(self), batch_size, seed
        )


def make_canvases(split: Split, size: int, seed: int, fewest: int = 1, most: int = 3) -> Canvases:
    """`size` canvases, each with `fewest` to `most` digits taken from the images of `split`.

    All numbers of digits are equally likely, and so are all numbers that can be written with them,
    of which none begins with 0 but 0 itself. The digits stand anywhere without overlap: what is
    left of the width is shared out at random. The same arguments give the same canvases.

    Raises `ValueError` for numbers of digits outside 1 to 4, and for a split without one of the ten
    classes.
    """
    if not 1 <= fewest <= most <= MOST_DIGITS or size < 1:
        raise ValueError(
            f"expected one canvas or more with 1 to {MOST_DIGITS} digits, got {size} with "
            f"{fewest} to {most}"
        )
    of_class = [(split.labels == digit).nonzero().flatten() for digit in range(10)]
    available = torch.tensor([len(images) for images in of_class])  # (10 classes,)
    if available.min() == 0:
        missing = (available == 0).nonzero().flatten().tolist()
        raise ValueError(f"expected images of all ten digits, got none of {missing}")
    generator = torch.Generator().manual_seed(seed)

    def below(limits: Tensor) -> Tensor:
        """Whole numbers from 0 to limit - 1, each with the probability 1 / limit."""
        drawn = torch.rand(limits.shape, generator=generator, dtype=torch.float64)
        return (drawn * limits).long()

    slots = torch.arange(MOST_DIGITS)
    counts = fewest + below(torch.full((size, 1), most - fewest + 1))  # (size, 1)
    there = slots < counts  # (size, 4)
    is_first_of_several = (slots == 0) & (counts > 1)
    written = is_first_of_several + below(10 - is_first_of_several.long())  # none begins with 0
    # Places among the columns that no digit stands on, in order, and then moved apart.
    free = (CANVAS_WIDTH - counts * IMAGE_SIZE).expand(-1, MOST_DIGITS)
    gaps = below(free + 1).masked_fill(~there, CANVAS_WIDTH).sort(1).values
    lefts = gaps + slots * IMAGE_SIZE
    tops = below(torch.full((size, MOST_DIGITS), CANVAS_HEIGHT - IMAGE_SIZE + 1))
    chosen = below(available[written])  # (size, 4), which image of its class

    digits = written.masked_fill(~there, NO_DIGIT)
    corners = torch.stack([tops, lefts], -1).masked_fill(~there[..., None], 0)  # (size, 4, 2)
    images = torch.zeros(size, 1, CANVAS_HEIGHT, CANVAS_WIDTH)
    within = torch.arange(IMAGE_SIZE)
    for slot in range(MOST_DIGITS):
        for digit in range(10):
            (here,) = (digits[:, slot] == digit).nonzero(as_tuple=True)
            rows = corners[here, slot, 0, None] + within  # (here, 28)
            columns = corners[here, slot, 1, None] + within  # (here, 28)
            pasted = split.images[of_class[digit][chosen[here, slot]], 0]  # (here, 28, 28)
            images[here[:, None, None], 0, rows[:, :, None], columns[:, None, :]] = pasted
    return Canvases(images, digits, corners)
