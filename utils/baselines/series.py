"""A time series that is hard to continue, and the linear model that it is compared with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

# Mackey & Glass (1977), https://doi.org/10.1126/science.267326. With this delay the series is
# chaotic, never quite periodic (Farmer 1982, https://doi.org/10.1016/0167-2789(82)90042-2).
DELAY = 17.0
GROWTH, DECAY, POWER = 0.2, 0.1, 10
STEP = 0.1  # of the numerical solution (Euler's method)
INTERVAL = 6.0  # between two values of the series
SETTLING = 300.0  # what the beginning was like is forgotten after this time


def mackey_glass(count: int, length: int, seed: int) -> Tensor:
    """`count` series of `length` values, (count, length), float64, about 0.4 to 1.3.

    Each solves dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x(t) from a random start, read
    every 6 units of time. Raises `ValueError` for a count or a length below 1.
    """
    if min(count, length) < 1:
        raise ValueError(
            f"expected one series or more of one value or more, got count={count} and "
            f"length={length}"
        )
    generator = torch.Generator().manual_seed(seed)
    start = torch.rand(count, dtype=torch.float64, generator=generator) * 0.8 + 0.4
    delay, interval, settling = (round(time / STEP) for time in (DELAY, INTERVAL, SETTLING))
    values = [start] * (delay + 1)
    for _ in range(settling + interval * length):
        now, before = values[-1], values[-1 - delay]
        change = GROWTH * before / (1 + before**POWER) - DECAY * now
        values.append(now + STEP * change)
    read = values[delay + settling :: interval][:length]
    return torch.stack(read, 1)  # length times (count,) -> (count, length)


class Levels:
    """Values rounded to one of `count` levels between `lowest` and `highest`, and back.

    Raises `ValueError` for a count below 1, and unless `lowest` < `highest`, both finite.
    """

    def __init__(self, lowest: float, highest: float, count: int):
        if count < 1 or not -math.inf < lowest < highest < math.inf:
            raise ValueError(
                "expected one level or more between a number and a greater one, got "
                f"{count} between {lowest} and {highest}"
            )
        edges = torch.linspace(lowest, highest, count + 1, dtype=torch.float64)
        self.inner_edges = edges[1:-1]
        self.centres = (edges[1:] + edges[:-1]) / 2
        self.tokens = [str(level) for level in range(count)]

    def to_tokens(self, series: Tensor) -> tuple[str, ...]:
        """Values (length,) -> tokens; whatever lies outside becomes the nearest level.

        Raises `ValueError` for another shape, and for values that are not a number.
        """
        if series.dim() != 1 or series.isnan().any():
            raise ValueError(
                "expected one series (length,) in which every value is a number, got shape "
                f"{tuple(series.shape)} with {int(series.isnan().sum())} that are none"
            )
        return tuple(str(int(level)) for level in torch.bucketize(series, self.inner_edges))

    def to_values(self, tokens: tuple[str, ...]) -> Tensor:
        """Tokens -> the middle of their levels, (length,); `ValueError` for those of no level."""
        unknown = [token for token in tokens if token not in self.tokens]
        if unknown:
            raise ValueError(
                f"expected tokens from '0' to '{self.tokens[-1]}', got {unknown[0]!r}; "
                "leave out or replace what is no level"
            )
        return self.centres[[int(token) for token in tokens]]


@dataclass(frozen=True)
class LinearAutoregression:
    """The next value as a weighted sum of the last `order` values and a constant."""

    weights: Tensor  # (order + 1,), the constant last

    @classmethod
    def fit(cls, series: Tensor, order: int) -> LinearAutoregression:
        """Least squares on all stretches of `series` (count, length).

        Raises `ValueError` unless 1 <= order < length.
        """
        if series.dim() != 2 or not len(series):
            raise ValueError(f"expected series (count, length), got shape {tuple(series.shape)}")
        length = series.shape[1]
        if not 1 <= order < length:
            raise ValueError(f"expected an order from 1 to {length - 1}, got {order}")
        stretches = series.unfold(1, order + 1, 1).flatten(0, 1)  # (count * starts, order + 1)
        return cls(torch.linalg.lstsq(_with_one(stretches[:, :-1]), stretches[:, -1]).solution)

    def go_on(self, series: Tensor, steps: int) -> Tensor:
        """Continue `series` (count, length) by so many steps on its own: (count, steps).

        Raises `ValueError` for series shorter than the order, and for less than one step.
        """
        order = len(self.weights) - 1
        if series.dim() != 2 or series.shape[1] < order or steps < 1:
            raise ValueError(
                f"expected series (count, length) of {order} values or more and at least one step, "
                f"got shape {tuple(series.shape)} and {steps} steps"
            )
        series = series.to(self.weights)
        for _ in range(steps):
            following = _with_one(series[:, -order:]) @ self.weights  # (count,)
            series = torch.cat([series, following[:, None]], 1)
        return series[:, -steps:]


def _with_one(values: Tensor) -> Tensor:
    """(count, order) -> (count, order + 1), with a column of ones for the constant."""
    return torch.cat([values, torch.ones_like(values[:, :1])], 1)


def copy_nearest(train: Tensor, past: Tensor, length: int, steps: int) -> Tensor:
    """Continue each series as the training stretch went on that is most like its last values.

    train: (series, values); past: (count, values); compared are the last `length` values. Returns
    (count, steps). Raises `ValueError` unless a training series holds `length + steps` values.
    """
    if not (1 <= length <= past.shape[1] and 1 <= steps <= train.shape[1] - length):
        raise ValueError(
            f"expected a length from 1 to {past.shape[1]} and from 1 to "
            f"{train.shape[1] - length} steps, got {length} and {steps}"
        )
    stretches = train.unfold(1, length + steps, 1).flatten(0, 1)  # (stretches, length + steps)
    last = past[:, -length:].to(train)  # (count, length)
    distances = torch.cdist(last, stretches[:, :length])  # (count, stretches)
    return stretches[distances.argmin(1), length:]
