"""The eye of this room's networks: a canvas goes in, a vector for each of its places comes out."""

from __future__ import annotations

from typing import NamedTuple

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


class CanvasFeatures(nn.Module):
    """Four convolutions, of which three halve height and width: a feature map of 5 x 14 places.

    Places are 8 pixels apart, and each has seen a square of 33 x 33 pixels around it, a little more
    than a digit's. After each convolution stand batch normalisation (Ioffe & Szegedy 2015,
    https://arxiv.org/abs/1502.03167) and a ReLU.

    size: numbers in the vector of a place.
    """

    def __init__(self, size: int, widths: Widths = Widths()):
        super().__init__()
        self.size = size

        def convolution(inputs: int, outputs: int, kernel_size: int, stride: int) -> nn.Module:
            return nn.Sequential(
                nn.Conv2d(
                    inputs, outputs, kernel_size, stride, padding=kernel_size // 2, bias=False
                ),
                nn.BatchNorm2d(outputs),
                nn.ReLU(),
            )

        self.layers = nn.Sequential(
            convolution(1, widths.first, 5, 2),  # (batch, 1, 40, 112) -> (batch, 16, 20, 56)
            convolution(widths.first, widths.second, 3, 2),  # -> (batch, 32, 10, 28)
            convolution(widths.second, widths.third, 3, 2),  # -> (batch, 64, 5, 14)
            convolution(widths.third, size, 3, 1),  # -> (batch, size, 5, 14)
        )

    def forward(self, canvases: Tensor) -> Tensor:
        """(batch, 1, height, width) -> the feature map (batch, size, height / 8, width / 8)."""
        return self.layers(canvases)


def as_places(features: Tensor) -> Tensor:
    """A feature map (batch, size, rows, columns) -> (batch, rows * columns, size), row by row.

    Place p of a canvas is in row p // 14 and column p % 14.
    """
    return features.flatten(2).transpose(1, 2)
