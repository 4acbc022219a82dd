"""The eye of this room's networks: a canvas goes in, a vector for each of its places comes out."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from .canvases import CANVAS_HEIGHT, CANVAS_WIDTH

STRIDE = 8  # pixels from one place to the next
ROWS, COLUMNS = CANVAS_HEIGHT // STRIDE, CANVAS_WIDTH // STRIDE
PLACES = ROWS * COLUMNS


class Widths(NamedTuple):
    """Channels after the first three convolutions; the fourth has as many as are asked for."""

    first: int = 16
    second: int = 32
    third: int = 64


STRIDED = Widths()
POOLED = Widths(8, 16, 32)  # a pooled convolution works on four times the places


class CanvasFeatures(nn.Module):
    """Four convolutions, of which three halve height and width: a feature map of 5 x 14 places.

    Places are 8 pixels apart, and each has seen a square of 33 x 33 pixels around it, or 38 x 38 of
    a pooled one: a little more than a digit's. After each convolution stand batch normalisation
    (Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167) and a ReLU.

    size: numbers in the vector of a place.
    widths: None for STRIDED, or POOLED if pooled.
    pooled: halve by max pooling behind a convolution that looks at every pixel, and not by taking
        every second place of the convolution. It sees more and costs more.
    """

    def __init__(self, size: int, widths: Widths | None = None, pooled: bool = False):
        super().__init__()
        self.size = size

        def convolution(inputs: int, outputs: int, kernel_size: int, halves: bool) -> nn.Module:
            stride = 2 if halves and not pooled else 1
            layers = [
                nn.Conv2d(
                    inputs, outputs, kernel_size, stride, padding=kernel_size // 2, bias=False
                ),
                nn.BatchNorm2d(outputs),
                nn.ReLU(),
            ]
            return nn.Sequential(*layers, *([nn.MaxPool2d(2)] if halves and pooled else []))

        first, second, third = widths or (POOLED if pooled else STRIDED)
        self.layers = nn.Sequential(
            # (batch, 1, 40, 112) -> (batch, first, 20, 56)
            convolution(1, first, 3 if pooled else 5, halves=True),
            convolution(first, second, 3, halves=True),  # -> (batch, second, 10, 28)
            convolution(second, third, 3, halves=True),  # -> (batch, third, 5, 14)
            convolution(third, size, 3, halves=False),  # -> (batch, size, 5, 14)
        )

    def forward(self, canvases: Tensor) -> Tensor:
        """(batch, 1, height, width) -> the feature map (batch, size, height / 8, width / 8)."""
        # With a pixel's channels side by side in memory a CPU takes half the time.
        return self.layers(canvases.contiguous(memory_format=torch.channels_last))


def as_places(features: Tensor) -> Tensor:
    """A feature map (batch, size, rows, columns) -> (batch, rows * columns, size), row by row.

    Place p of a canvas is in row p // 14 and column p % 14.
    """
    return features.flatten(2).transpose(1, 2)
