"""A training run on disk, after any of its epochs: what a killed run needs to go on.

The file is one of `storage.weights`: safetensors, that is numbers and names and nothing that runs,
with a SHA-256 over its contents, written whole or not at all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..storage.files import absolute
from ..storage.weights import WeightsError, read_tensors, write_tensors
from .machine import OneProcess


class CheckpointError(Exception):
    """A run cannot go on from a file; the message says what to do."""


@dataclass
class Progress:
    """How far a run has come: its losses, one for an epoch, its best epoch, and its seconds.

    best_state: the weights of the best epoch; those of the beginning as long as there is none.
    """

    training_loss: list[float]
    validation_loss: list[float]
    best_epoch: int
    best_state: dict[str, Tensor]
    seconds: float


def save(
    path: str | os.PathLike,
    run: Mapping[str, Any],
    progress: Progress,
    model: nn.Module,
    parameters: Sequence[nn.Parameter],
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    machine: OneProcess,
) -> None:
    """Write all that the next epochs depend on; called by every process, the first one writes.

    run: what makes this run another one than others, as JSON knows it; `load` compares it.
    parameters: those that the optimiser changes, in the same order for `load`.
    """
    tensors = {f"random.{name}": machine.each(state) for name, state in _random(machine).items()}
    if machine.number != 0:
        return
    tensors |= {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in progress.best_state.items()}
    for index, parameter in enumerate(parameters):
        for name, value in optimiser.state[parameter].items():
            tensors[f"optimiser.{index}.{name}"] = value
    groups = [
        {name: value for name, value in group.items() if name != "params"}
        for group in optimiser.param_groups
    ]
    description = {
        "run": dict(run),
        "training_loss": progress.training_loss,
        "validation_loss": progress.validation_loss,
        "best_epoch": progress.best_epoch,
        "seconds": progress.seconds,
        "groups": groups,
        "schedule": schedule.state_dict(),
    }
    # JSON writes a number with as many digits as it takes to read the same one again; NumPy's
    # numbers, which it does not know, become Python's.
    write_tensors(path, tensors, {"checkpoint": json.dumps(description, default=float)})


def load(
    path: str | os.PathLike,
    run: Mapping[str, Any],
    model: nn.Module,
    parameters: Sequence[nn.Parameter],
    optimiser: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
    machine: OneProcess,
) -> Progress:
    """Bring everything, PyTorch's random numbers too, to where `save` found it.

    Raises `CheckpointError` for a damaged or foreign file and for the checkpoint of another run;
    nothing is changed then, and the file is left alone.
    """
    path = absolute(path)
    try:
        tensors, about = read_tensors(path)
        saved = json.loads(about["checkpoint"])
    except (WeightsError, KeyError) as error:
        raise CheckpointError(
            f"expected the checkpoint of a training run at {path}, but the file is damaged or of "
            "another kind; delete it to train from the beginning, or name another path"
        ) from error
    differing = [name for name in run if saved["run"].get(name) != run[name]]
    if differing:
        name = differing[0]
        raise CheckpointError(
            f"expected the checkpoint of this very run at {path}, but it is of one with another "
            f"{name.replace('_', ' ')} ({saved['run'].get(name)!r}, not {run[name]!r}); "
            "name a path of its own for every run, or delete the file to train from the beginning"
        )

    def part(prefix: str) -> dict[str, Tensor]:
        return {
            name.removeprefix(prefix): tensor
            for name, tensor in tensors.items()
            if name.startswith(prefix)
        }

    model.load_state_dict(part("model."))
    for index, parameter in enumerate(parameters):
        for name, value in part(f"optimiser.{index}.").items():
            # In the memory order of the weights, by which the optimiser goes through both.
            like = torch.empty_like(parameter) if value.shape == parameter.shape else value
            optimiser.state[parameter][name] = like.copy_(value).to(parameter.device)
    for group, values in zip(optimiser.param_groups, saved["groups"], strict=True):
        group.update(values)
    schedule.load_state_dict(saved["schedule"])
    for name, states in part("random.").items():
        _set_random(name, states[machine.number], machine)
    best_state = {name: value.to(machine.device) for name, value in part("best.").items()}
    return Progress(
        saved["training_loss"],
        saved["validation_loss"],
        saved["best_epoch"],
        best_state,
        saved["seconds"],
    )


def _random(machine: OneProcess) -> dict[str, Tensor]:
    """The states of PyTorch's generators that a loss may draw from, each (bytes,)."""
    states = {"cpu": torch.get_rng_state()}
    if machine.device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(machine.device)
    if machine.device.type == "mps":
        states["mps"] = torch.mps.get_rng_state()
    return states


def _set_random(name: str, state: Tensor, machine: OneProcess) -> None:
    if name == "cuda":
        torch.cuda.set_rng_state(state, machine.device)
    elif name == "mps":
        torch.mps.set_rng_state(state)
    else:
        torch.set_rng_state(state)
