"""Predicts each pixel of a digit from pixels above it and to its left.

The kernel of its first convolution has zeros where pixels lie that a reader, who restores an image
row by row, does not know yet (masked convolution; van den Oord, Kalchbrenner & Kavukcuoglu 2016,
https://arxiv.org/abs/1601.06759). All later layers stay at one place.

A pixel is one of 256 greys, 0 the empty paper. Most are empty, so the prediction has two steps:
whether there is ink, and, if there is, which of the 255 other greys it has.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

GREYS = 256


class PixelPredictor(nn.Module):
    """A masked convolution, then layers that see one place alone.

    above, beside: how many rows above, and columns to either side, the kernel sees.
    channels: numbers at each place in the two hidden layers.
    """

    def __init__(self, above: int = 4, beside: int = 4, channels: int = 48):
        super().__init__()
        self.above, self.beside = above, beside
        # Two pictures go in: the greys, divided by 255, and whether there is ink at all.
        self.look = nn.Conv2d(2, channels, (above + 1, 2 * beside + 1))
        self.mix = nn.Conv2d(channels, channels, kernel_size=1)
        self.ink = nn.Linear(channels, 1)
        self.grey = nn.Linear(channels, GREYS - 1)
        mask = torch.ones(above + 1, 2 * beside + 1)
        mask[-1, beside:] = 0  # in the pixel's own row: the pixel itself and what is right of it
        self.register_buffer("mask", mask, persistent=False)
        self.mask: Tensor

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """images (batch, 1, 28, 28) in [0, 1] -> logits of ink and of the greys 1 to 255.

        Their shapes are (batch, 28, 28) and (batch, 28, 28, 255).
        """
        features = self.features(images)
        return self.ink(features).squeeze(-1), self.grey(features)

    def features(self, images: Tensor) -> Tensor:
        """What is known of a pixel before it is seen: -> (batch, 28, 28, channels)."""
        seen = torch.cat([images, (images > 0).float()], dim=1)  # -> (batch, 2, 28, 28)
        seen = functional.pad(seen, (self.beside, self.beside, self.above, 0))  # empty paper
        features = functional.conv2d(seen, self.look.weight * self.mask, self.look.bias)
        features = torch.relu(features)  # -> (batch, channels, 28, 28)
        return torch.relu(self.mix(features)).permute(0, 2, 3, 1)


def bits_per_pixel(predictor: PixelPredictor, images: Tensor) -> Tensor:
    """The mean of -log2 p over all pixels: what a perfect entropy coder would take. Shape ().

    images: (batch, 1, 28, 28) in [0, 1], multiples of 1/255. The greys are predicted only where
    there is ink, which on digits saves four fifths of the work.
    """
    features = predictor.features(images)  # (batch, 28, 28, channels)
    values = (255 * images).round().long().squeeze(1)  # -> (batch, 28, 28), 0 to 255
    inked = values > 0
    ink = predictor.ink(features).squeeze(-1)
    nats = functional.binary_cross_entropy_with_logits(ink, inked.float(), reduction="sum")
    greys = predictor.grey(features[inked])  # (pixels with ink, 255)
    nats = nats + functional.cross_entropy(greys, values[inked] - 1, reduction="sum")
    return nats / math.log(2) / values.numel()
