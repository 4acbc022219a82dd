"""The eye of this room's networks: a canvas goes in, a vector for each of its places comes out."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from .canvases import CANVAS_HEIGHT, CANVAS_WIDTH

STRIDE = 8  # pixels from one place to the next
ROWS, COLUMNS = CANVAS_HEIGHT // STRIDE, CANVAS_WIDTH // STRIDE
PLACES = ROWS * COLUMNS
STRIDED = (16, 32, 64)  # channels of the first three convolutions
POOLED = (8, 16, 32)  # fewer, as a pooled convolution works on four times the places


class CanvasFeatures(nn.Module):
    """Four convolutions, of which three halve height and width: a feature map of 5 x 14 places.

    Each place has seen a square of 33 x 33 pixels, or 38 x 38 if they are pooled, a little more
    than a digit's; `place_centres` says where its middle is. After each convolution stand batch
    normalisation (Ioffe & Szegedy 2015, https://arxiv.org/abs/1502.03167) and a ReLU.

    size: numbers in the vector of a place.
    channels: of the first three convolutions; None for STRIDED, or POOLED if pooled.
    pooled: halve by max pooling behind a convolution that looks at every pixel, and not by taking
        every second place of the convolution. It sees more and costs more.
    """

    def __init__(
        self, size: int, channels: tuple[int, int, int] | None = None, pooled: bool = False
    ):
        super().__init__()
        self.size = size
        first, second, third = channels or (POOLED if pooled else STRIDED)

        def convolution(inputs: int, outputs: int, kernel_size: int, halves: bool) -> nn.Module:
            stride = 2 if halves and not pooled else 1
            padding = kernel_size // 2
            layers = [
                nn.Conv2d(inputs, outputs, kernel_size, stride, padding, bias=False),
                nn.BatchNorm2d(outputs),  # it has a bias
                nn.ReLU(),
            ]
            return nn.Sequential(*layers, *([nn.MaxPool2d(2)] if halves and pooled else []))

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
        features: Tensor = self.layers(canvases.contiguous(memory_format=torch.channels_last))
        return features


class FrozenFeatures(nn.Module):
    """A trained eye to look through as it is, in a network that learns.

    A copy, so that several networks can have the same. Without gradients its weights would stay,
    but batch normalisation would go on with the means of each batch; here it keeps those it has, in
    training as well.
    """

    def __init__(self, trained: CanvasFeatures):
        super().__init__()
        self.size = trained.size
        self.trained = copy.deepcopy(trained).requires_grad_(False)
        self.train()

    def train(self, mode: bool = True) -> FrozenFeatures:
        """Stays in evaluation mode, whatever the network around it does."""
        return super().train(False)

    def forward(self, canvases: Tensor) -> Tensor:
        """As `CanvasFeatures.forward`."""
        features: Tensor = self.trained(canvases)
        return features


def as_places(features: Tensor) -> Tensor:
    """A feature map (batch, size, rows, columns) -> (batch, rows * columns, size), row by row.

    Place p of a canvas is in row p // COLUMNS and column p % COLUMNS.
    """
    return features.flatten(2).transpose(1, 2)


def place_centres(pooled: bool = False) -> Tensor:
    """(70, 2): the row and the column of the pixel that each place has in its middle.

    A strided convolution's first place begins at the rim; a pooled one's stands within.
    """
    rows, columns = torch.arange(ROWS), torch.arange(COLUMNS)
    return STRIDE * torch.cartesian_prod(rows, columns) + (STRIDE // 2 if pooled else 0)
