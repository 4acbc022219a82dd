"""Several small networks trained at once, each in a process of its own.

A small recurrent network computes so little in one step that a second thread hardly makes it
faster; a second core is better used by a second network.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any, cast

import numpy as np
import torch

from ..languages.pairs import ParallelCorpus
from ..models.seq2seq import Seq2Seq, translation_loss
from ..notebook.frontend import SNAPSHOT_VARIABLE, progress
from ..text.batches import BucketedBatches
from ..text.vocabulary import Vocabulary
from .loop import History, TrainingError, best_device, fit

VALIDATION_BATCH_SIZE = 250


@dataclass(frozen=True)
class Job:
    """One model to train on a corpus.

    learning_rate: the peak of the schedule, as in `utils.training.loop.fit`.
    seed: fixes the order of the training pairs, and dropout.
    """

    model: Seq2Seq
    corpus: ParallelCorpus
    source_vocabulary: Vocabulary
    target_vocabulary: Vocabulary
    batch_size: int
    epochs: int
    learning_rate: float
    seed: int


def fit_all(jobs: Mapping[str, Job], workers: int | None = None) -> dict[str, History]:
    """Train the model of every job in place, by `utils.training.loop.fit` on `translation_loss`.

    Leaves the models with the weights of their best epochs, in evaluation mode, and returns the
    history of each job under its name.

    workers: how many processes train at once, each with one thread. Without a number it is one if
        there is a GPU, else as many as there are CPU cores, and never more than there are jobs.
        With one worker all is done in this process, one job after the other, with as many threads
        as PyTorch has here.

    The number of workers changes no random number and no order. Threads may: they split long sums,
    and rounding then differs in the last digits, which training can make larger.

    With more than one worker a model must consist of what can be imported, since other processes
    have to build it: no lambda, and no class or function written in a notebook. A script (not a
    notebook) must call this under `if __name__ == "__main__":`, as every new process reads it.

    Raises `ValueError` for a number of workers below 1 and for jobs that share a model or a part of
    one. An error in a job ends all others and is raised as a `TrainingError` that begins with the
    job's name, with the error itself as its cause. Models of jobs that were done stay trained.
    """
    if workers is not None and workers < 1:
        raise ValueError(f"expected one worker or more, got {workers}; None chooses a number")
    _check_separate(jobs)
    device = best_device()
    if workers is None:
        workers = 1 if device.type == "cuda" else _core_count()
    workers = min(workers, len(jobs))
    done = _fit_here(jobs, device) if workers <= 1 else _fit_elsewhere(jobs, workers, device)
    return {name: done[name] for name in jobs}  # in the order of the jobs, not of their ends


def _core_count() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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


def _fit_job(job: Job, device: torch.device, description: str) -> History:
    vocabularies = job.source_vocabulary, job.target_vocabulary
    return fit(
        job.model,
        translation_loss,
        BucketedBatches(job.corpus.train, *vocabularies, job.batch_size, seed=job.seed),
        BucketedBatches(job.corpus.validation, *vocabularies, VALIDATION_BATCH_SIZE),
        epochs=job.epochs,
        learning_rate=job.learning_rate,
        seed=job.seed,
        device=device,
        description=description,
    )


@contextmanager
def _named(name: str) -> Iterator[None]:
    """Errors inside this context are raised again with the name of the job."""
    try:
        yield
    except BrokenProcessPool as error:
        raise TrainingError(
            f"{name}: expected its process to go on, but it, or one beside it, ended; if memory "
            'ran out, take fewer workers; in a script, call this under `if __name__ == "__main__":`'
        ) from error
    except Exception as error:
        raise TrainingError(f"{name}: {error}") from error


def _fit_here(jobs: Mapping[str, Job], device: torch.device) -> dict[str, History]:
    done = {}
    for name, job in progress(jobs.items(), "networks"):
        with _named(name):
            done[name] = _fit_job(job, device, name)
    return done


# ------------------------------------------------------------------------------
# In other processes. They are started afresh (`spawn`), the only way that is safe with threads and
# that every operating system has. What they are sent is pickled as plain bytes: left alone, PyTorch
# would send each tensor through an open file, of which there may be too few.


def _fit_elsewhere(
    jobs: Mapping[str, Job], workers: int, device: torch.device
) -> dict[str, History]:
    corpora = list({id(job.corpus): job.corpus for job in jobs.values()}.values())
    place = {id(corpus): index for index, corpus in enumerate(corpora)}
    packed = {}
    for name, job in jobs.items():
        with _named(name):
            packed[name] = _pack(job)

    context = multiprocessing.get_context("spawn")
    # Nothing is ever written to this pipe. The workers see it close, and end.
    listener, lifeline = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(
        workers,
        context,
        _begin_worker,
        (listener, pickle.dumps([_without_test(c) for c in corpora])),
    )
    done = {}
    try:
        names = {
            executor.submit(_fit_packed, packed[name], place[id(job.corpus)], device): name
            for name, job in jobs.items()
        }
        # Each call of `submit` wakes the thread that watches the processes before it starts one, so
        # that the last may not be watched, nor its death noticed. One more call: now it is.
        executor.submit(int).cancel()
        for future in progress(as_completed(names), "networks", total=len(names)):
            name = names[future]
            with _named(name):
                history, weights = future.result()
            model = jobs[name].model
            model.load_state_dict({key: torch.from_numpy(array) for key, array in weights.items()})
            model.to(device).eval()
            done[name] = history
    except BaseException:  # an interruption, too, leaves no process behind
        lifeline.close()
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        lifeline.close()
        listener.close()
    return done


def _pack(job: Job) -> bytes:
    """The job without its corpus, which every worker gets but once."""
    try:
        return pickle.dumps(replace(job, corpus=cast(Any, None)))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise TrainingError(
            f"expected a model that another process can build, got one that cannot be sent "
            f"({error}); write its parts in a module, or set workers=1"
        ) from error


def _without_test(corpus: ParallelCorpus) -> ParallelCorpus:
    return replace(corpus, test=())


# What a worker was given when it began; in the process that calls `fit_all` it stays empty.
_corpora: list[ParallelCorpus] = []


def _begin_worker(listener: Connection, corpora: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever called decides, and closes the lifeline
    threading.Thread(target=_end_with, args=(listener,), daemon=True).start()
    os.environ[SNAPSHOT_VARIABLE] = "1"  # progress is shown by whoever called
    torch.set_num_threads(1)
    _corpora.extend(pickle.loads(corpora))


def _end_with(listener: Connection) -> None:
    """End this process when the lifeline is closed, or whoever held it has died."""
    try:
        listener.recv_bytes()
    finally:
        os._exit(1)  # at once, in the midst of training


def _fit_packed(
    packed: bytes, corpus: int, device: torch.device
) -> tuple[History, dict[str, np.ndarray]]:
    """In a worker: train, and return the history and the weights."""
    try:
        job = pickle.loads(packed)
    except (ImportError, AttributeError) as error:
        raise TrainingError(
            f"expected a model of parts that can be imported, got others ({error}); write them in "
            "a module, or set workers=1"
        ) from error
    job = replace(job, corpus=_corpora[corpus])
    history = _fit_job(job, device, "")
    weights = {name: tensor.cpu().numpy() for name, tensor in job.model.state_dict().items()}
    return history, weights
