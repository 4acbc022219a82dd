"""The one training loop of the book."""

import copy
import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn

from ..notebook.frontend import progress

# A peak learning rate is reached after this share of the steps and then falls to nearly zero.
WARM_UP = 0.2


class TrainingError(Exception):
    """Training cannot go on; the message says what to change."""


@dataclass(frozen=True)
class History:
    """What one training run did. Losses are means over the batches of one epoch, one per epoch."""

    training_loss: list[float]
    validation_loss: list[float]
    best_epoch: int  # counted from 0: the epoch whose weights the model has now
    seconds: float


def best_device() -> torch.device:
    """The GPU if there is one that CUDA knows, else the CPU.

    Apple's ("mps") must be asked for: it rounds differently, and does not know 64-bit numbers.
    """
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Inside this context PyTorch's random numbers follow from `seed`; outside, nothing changes.

    Raises `ValueError` for a seed that is not a whole number of 0 or more.
    """
    if not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"expected a seed that is a whole number of 0 or more, got {seed!r}")
    with torch.random.fork_rng():
        torch.manual_seed(int(seed))
        yield


def parameter_count(module: nn.Module) -> int:
    """How many numbers training may change in `module`."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def fit(
    model: nn.Module,
    loss_function: Callable[[Any, Any], Tensor],
    train: Iterable,
    validation: Iterable,
    *,
    epochs: int,
    learning_rate: float,
    seed: int,
    clip_norm: float = 1.0,
    patience: int | None = None,
    device: torch.device | str | None = None,
    description: str = "training",
) -> History:
    """Train `model` in place and leave it with the weights of its best epoch, in evaluation mode.

    `loss_function(model, batch)` returns the batch's mean loss, a tensor of shape (). `train` and
    `validation` yield batches, anew in every epoch: a tensor, or a tuple of tensors. The optimiser
    is Adam (Kingma & Ba 2015) under the one-cycle schedule (Smith & Topin 2019): the learning rate
    rises to `learning_rate`, then falls along a cosine. Gradients longer than `clip_norm` are cut
    to it.
    The best epoch is the one with the lowest validation loss; with `patience`, training stops after
    so many epochs without a better one. `seed` fixes whatever is random inside the loss (noise,
    dropout); the validation loss sees the same random numbers in every epoch. An error or an
    interruption leaves the model as at the end of its best epoch, or as it was before the first.

    The model is moved to `device` (None: `best_device()`) and stays there; `description` labels the
    progress bar.

    Raises `TrainingError` for a model without trainable parameters, for epochs that are not a whole
    number of 1 or more, for a `clip_norm` that is not above 0, for batches that are missing or can
    be read only once (missing validation shows after the first epoch), and when a loss is no longer
    finite; `ValueError` for a seed that is not a whole number of 0 or more.
    """
    for batches in (train, validation):
        if isinstance(batches, Iterator):
            raise TrainingError(
                f"expected batches that can be read anew in every epoch, got a "
                f"{type(batches).__name__}, which is empty after the first; pass a list of them"
            )
    steps = _count(train)
    if not isinstance(epochs, Integral) or epochs < 1 or steps < 1:
        raise TrainingError(
            f"expected at least one epoch and one batch, got epochs={epochs!r} and {steps} batches"
        )
    if not clip_norm > 0:
        raise TrainingError(
            f"expected a clip_norm above 0, got {clip_norm}; 1 suits the book's networks"
        )
    trainable = [p for p in model.parameters() if p.requires_grad]
    if not trainable:
        raise TrainingError(
            "expected a model with parameters to train, got none; "
            "set requires_grad_(True) on what should learn"
        )
    device = torch.device(device or best_device())
    model.to(device)
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            # The memory order in which convolutions of few channels run fastest on a CPU.
            layer.to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(trainable, lr=learning_rate, fused=True)
    total_steps = max(epochs * steps, 3)  # the fewest with a rise, a peak and a fall
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, learning_rate, total_steps, pct_start=max(WARM_UP, 2 / total_steps)
    )
    training_loss: list[float] = []
    validation_loss: list[float] = []
    best_epoch, best_state = 0, copy.deepcopy(model.state_dict())
    start = time.perf_counter()
    epoch_bar = progress(range(epochs), description)

    try:
        with seeded(seed), torch.backends.cudnn.flags(deterministic=True, benchmark=False):
            for epoch in epoch_bar:
                model.train()
                batch_losses = []
                for batch in train:
                    loss = loss_function(model, to_device(batch, device))
                    optimiser.zero_grad()
                    loss.backward()
                    nn.utils.clip_grad_norm_(trainable, clip_norm)
                    optimiser.step()
                    schedule.step()
                    # Kept where it is: to read it now, a GPU would have to finish first.
                    batch_losses.append(loss.detach())
                training_loss.append(_mean(batch_losses))
                _check_finite(training_loss[-1], epoch)
                validation_loss.append(mean_loss(model, loss_function, validation, seed, device))
                _check_finite(validation_loss[-1], epoch)
                epoch_bar.set_postfix(validation=f"{validation_loss[-1]:.4g}")
                if epoch == 0 or validation_loss[-1] < validation_loss[best_epoch]:
                    best_epoch, best_state = epoch, copy.deepcopy(model.state_dict())
                elif patience is not None and epoch - best_epoch >= patience:
                    break
    finally:
        epoch_bar.close()
        model.load_state_dict(best_state)
        model.eval()
    return History(training_loss, validation_loss, best_epoch, time.perf_counter() - start)


def _count(batches: Any) -> int:
    try:
        return len(batches)
    except TypeError:  # a stream, or the loader of one
        return sum(1 for _ in batches)


def _mean(losses: list[Tensor]) -> float:
    if not losses:
        raise TrainingError("expected at least one batch to measure the loss on, got none")
    return torch.stack(losses).mean().item()


def _check_finite(loss: float, epoch: int) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"expected a finite loss, got {loss} in epoch {epoch}; "
            "lower the learning rate or look for bad values in the data"
        )


@torch.no_grad()
def mean_loss(
    model: nn.Module,
    loss_function: Callable[[Any, Any], Tensor],
    batches: Iterable,
    seed: int,
    device: torch.device | None = None,
) -> float:
    """The mean over `batches` of the loss, in evaluation mode, with random numbers from `seed`."""
    device = device or next(model.parameters()).device
    model.eval()
    with seeded(seed):
        losses = [loss_function(model, to_device(batch, device)) for batch in batches]
    return _mean(losses)


@torch.no_grad()
def apply_in_batches(function: nn.Module, inputs: Tensor, batch_size: int = 500) -> Tensor:
    """`function(inputs)` on the CPU, a batch at a time, in evaluation mode and without gradients.

    `inputs` of shape (n, ...) -> (n, ...) of whatever shape the module gives one item.
    """
    function.eval()
    device = next((p.device for p in function.parameters()), torch.device("cpu"))
    return torch.cat([function(batch.to(device)).cpu() for batch in inputs.split(batch_size)])


def to_device(batch: Any, device: torch.device) -> Any:
    """`batch` on `device`: a tensor, or a tuple or list of tensors; a named tuple stays one."""
    if isinstance(batch, Tensor):
        return batch.to(device)
    moved = tuple(item.to(device) for item in batch)
    return type(batch)(*moved) if hasattr(batch, "_fields") else moved
