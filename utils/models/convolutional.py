"""Convolutional autoencoders for 28 x 28 images with a code of 7 x 7 x 4 = 196 numbers.

`PlainEncoder` and `PlainDecoder` are the shortest such network, of chapter 2's first half.
`ResidualEncoder` and `ResidualDecoder` are what the second half arrives at, and chapter 3 uses.
Images have the shape (batch, 1, 28, 28), codes (batch, 4, 7, 7) unless `code_channels` says
otherwise.
"""

import torch
from torch import Tensor, nn

CODE_CHANNELS = 4


class PlainEncoder(nn.Module):
    """Two convolutions, each followed by max pooling that halves height and width."""

    def __init__(self, channels: int = 8, code_channels: int = CODE_CHANNELS):
        super().__init__()
        self.first = nn.Conv2d(1, channels, kernel_size=3, padding=1)
        self.second = nn.Conv2d(channels, code_channels, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(kernel_size=2)

    def forward(self, images: Tensor) -> Tensor:
        features = torch.relu(self.first(images))  # (batch, 1, 28, 28) -> (batch, channels, 28, 28)
        features = self.pool(features)  # -> (batch, channels, 14, 14)
        features = torch.relu(self.second(features))  # -> (batch, 4, 14, 14)
        return self.pool(features)  # -> (batch, 4, 7, 7)


class PlainDecoder(nn.Module):
    """Two transposed convolutions, each of which learns to double height and width."""

    def __init__(self, channels: int = 8, code_channels: int = CODE_CHANNELS):
        super().__init__()
        self.first = nn.ConvTranspose2d(code_channels, channels, kernel_size=2, stride=2)
        self.second = nn.ConvTranspose2d(channels, 1, kernel_size=2, stride=2)

    def forward(self, code: Tensor) -> Tensor:
        features = torch.relu(self.first(code))  # (batch, 4, 7, 7) -> (batch, channels, 14, 14)
        return torch.sigmoid(self.second(features))  # -> (batch, 1, 28, 28), each in (0, 1)


class ResidualBlock(nn.Module):
    """Adds to its input what two convolutions make of it (He et al. 2016, pre-activation)."""

    def __init__(self, channels: int):
        super().__init__()
        self.change = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, kernel_size=3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, kernel_size=3, padding=1),
        )

    def forward(self, features: Tensor) -> Tensor:
        return features + self.change(features)  # (batch, channels, 7, 7), unchanged in shape


class ResidualEncoder(nn.Module):
    """One wide strided convolution to 7 x 7, then refinement there; the code may be negative."""

    def __init__(self, channels: int = 32, blocks: int = 1, code_channels: int = CODE_CHANNELS):
        super().__init__()
        self.shrink = nn.Conv2d(1, channels, kernel_size=8, stride=4, padding=2)
        self.blocks = nn.Sequential(*[ResidualBlock(channels) for _ in range(blocks)])
        self.normalise = nn.BatchNorm2d(channels)
        self.to_code = nn.Conv2d(channels, code_channels, kernel_size=3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        features = self.shrink(images)  # (batch, 1, 28, 28) -> (batch, channels, 7, 7)
        features = self.blocks(features)
        features = torch.relu(self.normalise(features))
        return self.to_code(features)  # -> (batch, 4, 7, 7)


class ResidualDecoder(nn.Module):
    """Refinement at 7 x 7, then one wide transposed convolution whose patches overlap."""

    def __init__(self, channels: int = 32, blocks: int = 1, code_channels: int = CODE_CHANNELS):
        super().__init__()
        self.from_code = nn.Conv2d(code_channels, channels, kernel_size=3, padding=1)
        self.blocks = nn.Sequential(*[ResidualBlock(channels) for _ in range(blocks)])
        self.normalise = nn.BatchNorm2d(channels)
        self.grow = nn.ConvTranspose2d(channels, 1, kernel_size=8, stride=4, padding=2)

    def forward(self, code: Tensor) -> Tensor:
        features = self.from_code(code)  # (batch, 4, 7, 7) -> (batch, channels, 7, 7)
        features = self.blocks(features)
        features = torch.relu(self.normalise(features))
        return torch.sigmoid(self.grow(features))  # -> (batch, 1, 28, 28), each in (0, 1)
