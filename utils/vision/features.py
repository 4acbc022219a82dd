"""The eye of this room's networks: a canvas goes in, a vector for each of its places comes out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .canvases import CANVAS_HEIGHT, CANVAS_WIDTH

STRIDE = 8  # pixels from one place to the next
ROWS, COLUMNS = CANVAS_HEIGHT // STRIDE, CANVAS_WIDTH // STRIDE
PLACES = ROWS * COLUMNS


class CanvasFeatures(nn.Module):
    """Four convolutions, of which three halve height and width: a feature map of 5 x 14 places.

    Each place has seen a square of 33 x 33 pixels, a little more than a digit's, and the pixel in
    its middle is what `place_centres` says. After each convolution stand batch normalisation
    (Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167) and a ReLU.

    size: numbers in the vector of a place.
    channels: of the first three convolutions.
    """

    def __init__(self, size: int, channels: tuple[int, int, int] = (16, 32, 64)):
        super().__init__()
        self.size = size
        first, second, third = channels

        def convolution(inputs: int, outputs: int, kernel_size: int, stride: int) -> nn.Module:
            padding = kernel_size // 2
            return nn.Sequential(
                nn.Conv2d(inputs, outputs, kernel_size, stride, padding, bias=False),
                nn.BatchNorm2d(outputs),  # it has a bias
                nn.ReLU(),
            )

        self.layers = nn.Sequential(
            convolution(1, first, 5, 2),  # (batch, 1, 40, 112) -> (batch, 16, 20, 56)
            convolution(first, second, 3, 2),  # -> (batch, 32, 10, 28)
            convolution(second, third, 3, 2),  # -> (batch, 64, 5, 14)
            convolution(third, size, 3, 1),  # -> (batch, size, 5, 14)
        )

    def forward(self, canvases: Tensor) -> Tensor:
        """(batch, 1, height, width) -> the feature map (batch, size, height / 8, width / 8)."""
        features: Tensor = self.layers(canvases)
        return features


def as_places(features: Tensor) -> Tensor:
    """A feature map (batch, size, rows, columns) -> (batch, rows * columns, size), row by row.

    Place p of a canvas is in row p // COLUMNS and column p % COLUMNS.
    """
    return features.flatten(2).transpose(1, 2)


def place_centres() -> Tensor:
    """(70, 2): the row and the column of the pixel that each place has in its middle."""
    rows, columns = torch.arange(ROWS), torch.arange(COLUMNS)
    return STRIDE * torch.cartesian_prod(rows, columns)
