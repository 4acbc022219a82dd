"""The one training loop of the book."""

from __future__ import annotations

import copy
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..notebook.frontend import progress
from ..storage.files import absolute
from ..storage.weights import fingerprint
from ..wording.words import say
from . import checkpoints
from .machine import OneProcess, SharedOut

if TYPE_CHECKING:
    from accelerate import Accelerator

# The share of the steps in which the learning rate rises, as a rule.
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
def seeded(seed: int, stream: int = 0) -> Iterator[None]:
    """Inside this context PyTorch's random numbers follow from `seed`; outside, nothing changes.

    stream: 0 or more; each gives other numbers for the same seed.

    Raises `ValueError` for a seed that is not a whole number of 0 or more.
    """
    if not isinstance(seed, Integral) or seed < 0:
        raise ValueError(f"expected a seed that is a whole number of 0 or more, got {seed!r}")
    with torch.random.fork_rng():
        # The CPU's generator looks at the last 32 binary digits of a seed only.
        torch.manual_seed(int(seed) + 1_000_003 * stream)
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
    warm_up: float = WARM_UP,
    clip_norm: float = 1.0,
    patience: int | None = None,
    device: torch.device | str | None = None,
    accelerator: Accelerator | None = None,
    checkpoint: str | os.PathLike | None = None,
    description: str | None = None,
) -> History:
    """Train `model` in place and leave it with the weights of its best epoch, in evaluation mode.

    `loss_function(model, batch)` returns the batch's mean loss, a tensor of shape (). `train` and
    `validation` yield batches, anew in every epoch: a tensor, or a tuple of tensors. The optimiser
    is Adam (Kingma & Ba 2015) under the one-cycle schedule (Smith & Topin 2019): the learning rate
    rises to `learning_rate` during the share `warm_up` of the steps (with 0 it is there at the
    second step), then falls along a cosine to nearly zero. Gradients longer than `clip_norm` are
    cut to it.
    The best epoch is the one with the lowest validation loss; with `patience`, training stops after
    so many epochs without a better one. `seed` fixes whatever is random inside the loss (noise,
    dropout); the validation loss sees the same random numbers in every epoch. An error or an
    interruption leaves the model as at the end of its best epoch, or as it was before the first.

    The model is moved to `device` (None: `best_device()`) and stays there; `description` labels the
    progress bar ("training" where there is none).

    With an `accelerator`, of Hugging Face's Accelerate, its processes do the work, on its devices
    and in its precision; `training.machine` says how they are started. They share each batch, so
    all must be given the same ones. The result is that of one process to float rounding, unless the
    loss draws random numbers (each process draws its own) or the model has batch normalisation
    (each process takes the statistics of its share).

    With a `checkpoint`, a path, the run is written there after every epoch. The same call finds the
    file and goes on behind the last epoch in it, to the same result to the last digit; of a run
    that is finished it returns the result. What was read of `train` is read again, so that its
    order goes on too; one drawn from PyTorch's global random numbers would not. In the precision
    "fp16" the scale of the gradients begins anew.

    Raises `TrainingError` for a model without trainable parameters, for epochs that are not a whole
    number of 1 or more, for a `clip_norm` that is not above 0, for a `warm_up` that is no share of
    the steps, for batches that are missing or can be read only once (missing validation shows
    after the first epoch), and when a loss is no longer finite; `ValueError` for a seed that is not
    a whole number of 0 or more and for a device beside an accelerator; `CheckpointError` for a file
    that is damaged, of another kind or of another run.
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
    if not 0 <= warm_up < 1:
        raise TrainingError(
            f"expected a warm_up from 0 to below 1, a share of the steps, got {warm_up}"
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
    if accelerator is not None and device is not None:
        raise ValueError(f"expected a device or an accelerator, which has one, got both: {device}")
    machine: OneProcess
    if accelerator is None:
        machine = OneProcess(torch.device(device or best_device()))
    else:
        machine = SharedOut(accelerator)
    model.to(machine.device)
    in_fast_order(model)
    optimiser = torch.optim.Adam(trainable, lr=learning_rate, fused=True)
    total_steps = max(int(epochs) * steps, 3)  # the fewest with a rise, a peak and a fall
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, learning_rate, total_steps, pct_start=max(warm_up, 2 / total_steps)
    )
    optimiser = machine.prepare(model, optimiser)
    run = {
        "description": description or "training",
        "epochs": int(epochs),
        "batches": steps,
        "learning_rate": learning_rate,
        "seed": seed,
        "warm_up": warm_up,
        "clip_norm": clip_norm,
        "patience": patience,
        "processes": machine.processes,
        "precision": machine.precision,
        "first_weights": fingerprint(model) if checkpoint else "",
    }
    done = checkpoints.Progress([], [], 0, copy.deepcopy(model.state_dict()), 0.0)
    start = time.perf_counter()
    labelled = description or say("training")
    epoch_bar = progress(range(epochs), labelled, shown=machine.number == 0)

    try:
        with (
            seeded(seed, machine.number),
            torch.backends.cudnn.flags(deterministic=True, benchmark=False),
        ):
            if checkpoint and absolute(checkpoint).exists():
                everything = (model, trainable, optimiser, schedule, machine)
                done = checkpoints.load(checkpoint, run, *everything)
                read_again(train, len(done.training_loss), seed)
            before = done.seconds
            for epoch in epoch_bar:
                if epoch < len(done.training_loss):
                    continue  # it is in the checkpoint
                if _is_stuck(done, patience):
                    break
                model.train()
                batch_losses = []
                for batch in train:
                    loss = machine.loss(model, loss_function, batch)
                    optimiser.zero_grad()
                    machine.backward(loss, trainable)
                    nn.utils.clip_grad_norm_(trainable, clip_norm)
                    optimiser.step()
                    schedule.step()
                    # Kept where it is: to read it now, a GPU would have to finish first.
                    batch_losses.append(loss.detach())
                done.training_loss.append(_mean(batch_losses, machine))
                _check_finite(done.training_loss[-1], epoch)
                done.validation_loss.append(
                    _validation_loss(model, loss_function, validation, seed, machine)
                )
                _check_finite(done.validation_loss[-1], epoch)
                epoch_bar.set_postfix({say("validation"): f"{done.validation_loss[-1]:.4g}"})
                if epoch == 0 or done.validation_loss[-1] < done.validation_loss[done.best_epoch]:
                    done.best_epoch, done.best_state = epoch, copy.deepcopy(model.state_dict())
                done.seconds = before + time.perf_counter() - start
                if checkpoint:
                    everything = (model, trainable, optimiser, schedule, machine)
                    checkpoints.save(checkpoint, run, done, *everything)
    finally:
        epoch_bar.close()
        model.load_state_dict(done.best_state)
        model.eval()
    return History(done.training_loss, done.validation_loss, done.best_epoch, done.seconds)


def in_fast_order(model: nn.Module) -> None:
    """Put its convolutions' weights into the order that is fast on a CPU for few channels."""
    for layer in model.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.to(memory_format=torch.channels_last)


def read_again(batches: Iterable, epochs: int, seed: int) -> None:
    """Go through them as the epochs before did: where they are shuffled, the order goes on."""
    with seeded(seed):  # so that nothing drawn here is missed afterwards
        for _ in range(epochs):
            for _ in batches:
                pass


def _is_stuck(done: checkpoints.Progress, patience: int | None) -> bool:
    """Have the last epochs, as many as `patience` says, brought nothing better?"""
    waited = len(done.validation_loss) - 1 - done.best_epoch
    return patience is not None and waited > 0 and waited >= patience


def _count(batches: Any) -> int:
    try:
        return len(batches)
    except TypeError:  # a stream, or the loader of one
        return sum(1 for _ in batches)


def _mean(losses: list[Tensor], machine: OneProcess) -> float:
    if not losses:
        raise TrainingError("expected at least one batch to measure the loss on, got none")
    return machine.total(torch.stack(losses)).mean().item()


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
    machine = OneProcess(device or next(model.parameters()).device)
    return _validation_loss(model, loss_function, batches, seed, machine)


@torch.no_grad()
def _validation_loss(
    model: nn.Module,
    loss_function: Callable[[Any, Any], Tensor],
    batches: Iterable,
    seed: int,
    machine: OneProcess,
) -> float:
    model.eval()
    with seeded(seed, machine.number):
        losses = [machine.loss(model, loss_function, batch) for batch in batches]
    return _mean(losses, machine)


@torch.no_grad()
def apply_in_batches(function: nn.Module, inputs: Tensor, batch_size: int = 500) -> Tensor:
    """`function(inputs)` on the CPU, a batch at a time, in evaluation mode and without gradients.

    `inputs` of shape (n, ...) -> (n, ...) of whatever shape the module gives one item.
    """
    function.eval()
    device = next((p.device for p in function.parameters()), torch.device("cpu"))
    return torch.cat([function(batch.to(device)).cpu() for batch in inputs.split(batch_size)])
