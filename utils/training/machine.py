"""What a network is trained on: one process on one device, or several that share each batch.

Several processes, GPUs and mixed precision are Hugging Face's Accelerate
(https://huggingface.co/docs/accelerate). It is imported by whoever wants it, not here:

    from accelerate import Accelerator
    from utils.training.loop import fit

    fit(model, loss_function, train, validation, ..., accelerator=Accelerator())

A script with these lines runs on the GPU, Apple's MPS included, or else on the CPU. `torchrun`
starts it in several processes, each on a GPU of its own, or, where a variable says so, all on the
CPU:

    python script.py
    torchrun --nproc_per_node 4 script.py
    ACCELERATE_USE_CPU=true torchrun --nproc_per_node 2 script.py

`Accelerator(mixed_precision="bf16")` computes most of a loss with numbers of 16 bits; the weights
keep 32.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from ..text.vocabulary import PADDING

if TYPE_CHECKING:
    from accelerate import Accelerator


class OneProcess:
    """This process, on one device: a whole batch, and PyTorch's own steps.

    number: which of the processes this is, from 0; number 0 writes files and shows progress.
    """

    number = 0
    processes = 1
    precision = "no"  # Accelerate's word for whole precision

    def __init__(self, device: torch.device):
        self.device = device

    def prepare(self, model: nn.Module, optimiser: torch.optim.Optimizer) -> torch.optim.Optimizer:
        """The optimiser whose steps are to be taken."""
        return optimiser

    def loss(
        self, model: nn.Module, loss_function: Callable[[Any, Any], Tensor], batch: Any
    ) -> Tensor:
        """What this process adds to the mean loss of `batch`, shape ()."""
        return loss_function(model, to_device(batch, self.device))

    def backward(self, loss: Tensor, parameters: Sequence[nn.Parameter]) -> None:
        """Leave the gradient of the whole batch's loss in `parameters`."""
        loss.backward()

    def total(self, numbers: Tensor) -> Tensor:
        """The sum over all processes, known to each."""
        return numbers

    def each(self, numbers: Tensor) -> Tensor:
        """The `numbers` of all processes, known to each: (...) -> (processes, ...)"""
        return numbers[None]


class SharedOut(OneProcess):
    """The processes of an `Accelerator`: each takes every n-th row of a batch.

    So a batch is as large, and a step is the same, however many processes there are. All must read
    the same batches in the same order. The loss of a share counts by the number of terms it is the
    mean of, and gradients are added up after `backward`; any loss will do, whatever parts of the
    model it calls.
    """

    def __init__(self, accelerator: Accelerator):
        super().__init__(accelerator.device)
        self.accelerator = accelerator
        self.number = accelerator.process_index
        self.processes = accelerator.num_processes
        self.precision = accelerator.mixed_precision

    def prepare(self, model: nn.Module, optimiser: torch.optim.Optimizer) -> torch.optim.Optimizer:
        """Gives every process the weights of the first; the optimiser can scale gradients now."""
        from accelerate.utils import broadcast  # the caller has imported it already

        with torch.no_grad():
            for weights in model.state_dict().values():
                weights.copy_(broadcast(weights.contiguous()))
        return self.accelerator.prepare_optimizer(optimiser)

    def loss(
        self, model: nn.Module, loss_function: Callable[[Any, Any], Tensor], batch: Any
    ) -> Tensor:
        """What this process's share of the rows adds to the mean loss of `batch`, shape ()."""
        share, weight = share_of(batch, self.number, self.processes)
        with self.accelerator.autocast():
            loss = loss_function(model, to_device(share, self.device))
        # Shares are added up: not in the few digits of mixed precision.
        return weight * loss.to(torch.promote_types(loss.dtype, torch.float32))

    def backward(self, loss: Tensor, parameters: Sequence[nn.Parameter]) -> None:
        """Leave the gradient of the whole batch's loss in `parameters`, added up over processes."""
        self.accelerator.backward(loss)
        gradients = [p.grad for p in parameters if p.grad is not None]
        if self.processes > 1:  # as one long vector: one exchange instead of many
            summed = self.total(torch.cat([gradient.flatten() for gradient in gradients]))
            parts = summed.split([gradient.numel() for gradient in gradients])
            for gradient, part in zip(gradients, parts, strict=True):
                gradient.copy_(part.view_as(gradient))
        self.accelerator.unscale_gradients()

    def total(self, numbers: Tensor) -> Tensor:
        """The sum over all processes, known to each."""
        return self.accelerator.reduce(numbers, "sum")

    def each(self, numbers: Tensor) -> Tensor:
        """The `numbers` of all processes, known to each: (...) -> (processes, ...), on the CPU."""
        return self.accelerator.gather(numbers[None].to(self.device)).cpu()


def share_of(batch: Any, number: int, processes: int) -> tuple[Any, float]:
    """Every n-th row of a batch, and how much its mean loss counts in the whole batch's.

    batch: a tensor or a tuple of tensors, each with one row for an item.
    number: whose share it is, from 0 to processes - 1.

    The weights of all shares add up to 1. Who is left no row gets the first one, with the weight 0.

    Raises `ValueError` for tensors that differ in the number of rows.
    """
    if processes == 1:
        return batch, 1.0
    rows = {len(item) for item in _items(batch)}
    if len(rows) != 1:
        raise ValueError(
            "expected batches whose tensors all have one row for an item, got tensors of "
            f"{sorted(rows)} rows; several processes cannot share such a batch"
        )
    if number >= rows.pop():
        return _map(lambda item: item[:1], batch), 0.0
    share = _map(lambda item: item[number::processes], batch)
    return share, _terms(share) / _terms(batch)


def to_device(batch: Any, device: torch.device) -> Any:
    """`batch` on `device`: a tensor, or a tuple or list of tensors; a named tuple stays one."""
    return _map(lambda item: item.to(device), batch)


def _map(change: Callable[[Tensor], Tensor], batch: Any) -> Any:
    if isinstance(batch, Tensor):
        return change(batch)
    changed = tuple(change(item) for item in batch)
    return type(batch)(*changed) if hasattr(batch, "_fields") else changed


def _items(batch: Any) -> Sequence[Tensor]:
    return [batch] if isinstance(batch, Tensor) else list(batch)


def _terms(batch: Any) -> int:
    """What a batch's loss is the mean of: target tokens of sentences, or else rows."""
    if hasattr(batch, "target_output"):
        return int((batch.target_output != PADDING).sum())
    return len(_items(batch)[0])
