"""A moving average of the weights: what training has been near, instead of where it stands now."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn


class Averaged(nn.Module):
    """A model that is trained, and beside it the exponential moving average of its weights.

    Each step of training jumps about a good place, and the mean of many steps lies nearer to it
    (Polyak & Juditsky 1992, https://doi.org/10.1137/0330046). In training mode the model itself
    answers; in evaluation mode its average does. So `training.loop.fit`, given the two as one,
    measures the validation loss of the average and keeps the epoch in which that was best:

        both = Averaged(model)
        fit(both, loss_function, ...)
        translate(both.average, ...)

    After n steps the average moves by 1 - min(decay, (1 + n) / (10 + n)) of the way to the model:
    far in the beginning, so that the random weights are soon forgotten. Weights that a model has
    twice (tied ones) are averaged once. Buffers are copied, not averaged.

    decay: in [0, 1); 0.999 is about the mean of the last thousand steps.

    Raises `ValueError` for another decay.
    """

    steps: Tensor

    def __init__(self, model: nn.Module, decay: float = 0.999):
        super().__init__()
        if not 0 <= decay < 1:
            raise ValueError(f"expected a decay from 0 to below 1, got {decay}; 0.999 is usual")
        self.model = model
        self.average = copy.deepcopy(model).requires_grad_(False)
        self.decay = decay
        self.register_buffer("steps", torch.zeros((), dtype=torch.long))
        self.train(model.training)

    def train(self, mode: bool = True) -> Averaged:
        """As in every module; the average stays in evaluation mode."""
        super().train(mode)
        self.average.eval()
        return self

    def forward(self, *inputs: Any) -> Any:
        """What the model says in training mode, what its average says in evaluation mode.

        In training mode the average first takes in the weights as the step before left them.
        """
        if not self.training:
            return self.average(*inputs)
        self.update()
        return self.model(*inputs)

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the weights that the model has now."""
        done = int(self.steps)
        share = 1 - min(self.decay, (1 + done) / (10 + done))
        of_average: list[Tensor] = list(self.average.parameters())
        of_model: list[Tensor] = list(self.model.parameters())
        torch._foreach_lerp_(of_average, of_model, share)
        for kept, now in zip(self.average.buffers(), self.model.buffers(), strict=True):
            kept.copy_(now)
        self.steps += 1
