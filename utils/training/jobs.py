"""Several small networks trained at once, each in a process of its own if there is no GPU.

A small recurrent network computes so little in one step that a second thread hardly makes it
faster; a second core is better used by a second network. The processes are joblib's, so the same
call trains on a cluster. With Dask, here two worker processes on this machine (a real cluster is
`Client("its-address:8786")`, and where the caller has a GPU, say how many `workers`):

    import joblib
    from dask.distributed import Client, LocalCluster

    # In a script all this stands under `if __name__ == "__main__":`.
    with (
        LocalCluster(n_workers=2, threads_per_worker=1) as cluster,
        Client(cluster),
        joblib.parallel_config(backend="dask"),
    ):
        histories = fit_all(jobs)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

import joblib
import numpy as np
import torch
from joblib.externals.loky import get_reusable_executor
from joblib.externals.loky.process_executor import TerminatedWorkerError
from torch import Tensor, nn

from ..notebook.frontend import SNAPSHOT_VARIABLE, progress
from ..wording.words import say
from .loop import WARM_UP, History, TrainingError, best_device, fit


@dataclass(frozen=True)
class Job:
    """One model to train, and what `loop.fit` takes for it, which says more.

    loss_function: of the model and a batch.
    train, validation: batches, to be read anew in every epoch.
    learning_rate: the peak of the schedule.
    seed: fixes what is random inside the loss (noise, dropout); the order of the batches has a seed
        of its own.
    warm_up: the share of the steps in which the learning rate rises to its peak.
    """

    model: nn.Module
    loss_function: Callable[[nn.Module, object], Tensor]
    train: Iterable
    validation: Iterable
    epochs: int
    learning_rate: float
    seed: int
    warm_up: float = WARM_UP


def fit_all(jobs: Mapping[str, Job], workers: int | None = None) -> dict[str, History]:
    """Train the model of every job in place, by `loop.fit`, with one thread each.

    Leaves the models with the weights of their best epochs, in evaluation mode, and returns the
    history of each job under its name. The result is the same, to the last digit, whatever the
    number of workers.

    workers: how many processes train at once. Without a number it is one if there is a GPU, else
        as many as joblib finds cores (of this machine, or of the cluster that
        `joblib.parallel_config` names), and never more than there are jobs. With one worker all is
        done in this process, one job after the other.

    Models and losses may be written in a notebook: joblib sends their definitions along.

    Raises `ValueError` for a number of workers below 1 and for jobs that share a model or a part of
    one. An error in a job ends all others and is raised as a `TrainingError` that begins with the
    job's name, with the error itself as its cause; so is the end of a process, with the names of
    the jobs that were under way. Models of jobs that were done stay trained. No process is left
    over, whether all went well or somebody interrupted.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"expected one worker or more, got {workers}; None chooses a number")
    _check_separate(jobs)
    if not jobs:
        return {}
    device = best_device()
    if workers is None:
        workers = 1 if device.type == "cuda" else joblib.effective_n_jobs(-1)
    workers = min(workers, len(jobs))
    done: dict[str, History] = {}
    with _no_process_left(), _named_end(jobs, done, workers):
        parallel = joblib.Parallel(
            workers, return_as="generator_unordered", batch_size=1, pre_dispatch=workers
        )
        tasks = [joblib.delayed(_fit)(name, job, device, workers) for name, job in jobs.items()]
        with closing(parallel(tasks)) as results:
            for name, outcome in progress(results, say("networks"), total=len(jobs)):
                if isinstance(outcome, Exception):
                    raise TrainingError(f"{name}: {outcome}") from outcome
                done[name], weights = outcome
                model = jobs[name].model
                model.load_state_dict({key: torch.from_numpy(w) for key, w in weights.items()})
                model.to(device).eval()
    return {name: done[name] for name in jobs}  # in the order of the jobs, not of their ends


def _check_separate(jobs: Mapping[str, Job]) -> None:
    owner: dict[int, str] = {}
    for name, job in jobs.items():
        for parameter in job.model.parameters():
            first = owner.setdefault(id(parameter), name)
            if first != name:
                raise ValueError(
                    f"expected a model of its own for every job, got one that {first!r} and "
                    f"{name!r} share in part or whole; make a copy with copy.deepcopy"
                )


def _fit(
    name: str, job: Job, device: torch.device, workers: int
) -> tuple[str, tuple[History, dict[str, np.ndarray]] | Exception]:
    """Train, here or in a worker; what went wrong comes back as what it is, to be raised there."""
    try:
        with _one_thread(), _progress_shown(workers == 1):
            history = fit(
                job.model,
                job.loss_function,
                job.train,
                job.validation,
                epochs=job.epochs,
                learning_rate=job.learning_rate,
                warm_up=job.warm_up,
                seed=job.seed,
                device=device,
                description=name,
            )
    except Exception as error:
        return name, error
    # As NumPy's arrays: PyTorch would send each tensor through an open file, of which there may be
    # too few.
    weights = {key: tensor.cpu().numpy() for key, tensor in job.model.state_dict().items()}
    return name, (history, weights)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Threads split long sums: with another number of them the last digits would be others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _progress_shown(shown: bool) -> Iterator[None]:
    """In a worker there is nobody to see a bar: whoever called shows one for all networks."""
    before = os.environ.get(SNAPSHOT_VARIABLE)
    if not shown:
        os.environ[SNAPSHOT_VARIABLE] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(SNAPSHOT_VARIABLE, None)
        else:
            os.environ[SNAPSHOT_VARIABLE] = before


@contextmanager
def _named_end(
    jobs: Mapping[str, Job], done: Mapping[str, History], workers: int
) -> Iterator[None]:
    """The end of a process, raised with the names of the jobs that were under way."""
    try:
        yield
    except TerminatedWorkerError as error:
        under_way = [name for name in jobs if name not in done][:workers]
        raise TrainingError(
            f"{', '.join(under_way)}: expected the processes that train them to go on, but one of "
            "them ended; if memory ran out, take fewer workers"
        ) from error


@contextmanager
def _no_process_left() -> Iterator[None]:
    """joblib keeps its workers for the next call, and an interruption would leave them at work."""
    try:
        yield
    finally:
        # `reuse=True` hands over the present one, with its workers; a fresh one has none yet.
        get_reusable_executor(reuse=True).shutdown(wait=True, kill_workers=True)
