"""Networks that one run of a notebook has trained, for the next run of the same program.

Both editions have the same notebooks with other words. The check that has just trained a network
for the English one need not train it again for the Chinese: in the environment made here, `fit` and
`fit_all` leave in a folder what they have trained, and take from there a network that began with
the same weights and was trained in the same way. What it is called does not count.
Nothing of that is stored with the book: a check begins with an empty folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools import ROOT

if TYPE_CHECKING:
    from torch import nn

    from utils.training.loop import History

# What changes the result of a training run, beside the model, its data and its loss: of two runs of
# one program these three are the same, if the folder is empty when the first one begins.
SETTINGS = ("epochs", "learning_rate", "warm_up", "seed", "clip_norm", "patience")
# A kernel runs this as it starts.
STARTUP = """import sys
sys.path.insert(0, {root!r})
from tools.notebooks import kept_training
kept_training.install({folder!r})
sys.path.remove({root!r})
del sys, kept_training
"""


def environment(base: Mapping[str, str], folder: Path) -> dict[str, str]:
    """`base`, so changed that kernels keep what they train in `folder`, and find it there."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    text = STARTUP.format(root=str(ROOT), folder=str(folder.resolve()))
    (startup / "00-kept-training.py").write_text(text, "utf-8")
    return dict(base) | {"IPYTHONDIR": str((folder / "ipython").resolve())}


def install(folder: str | os.PathLike) -> None:
    """Let this process's `fit` and `fit_all` keep what they train in `folder`, or find it there."""
    from utils.training import jobs, loop

    kept = Kept(Path(folder))
    loop.fit = kept.fit(loop.fit)
    jobs.fit_all = kept.fit_all(jobs.fit_all)


class Kept:
    """The networks in a folder, each found by how it began and was trained."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: Counter[str] = Counter()  # the same once more may have other data

    def path(self, model: nn.Module, settings: Mapping[str, Any]) -> Path:
        """Where the network is kept that `model` becomes."""
        from utils.storage.weights import fingerprint

        text = json.dumps({name: settings.get(name) for name in SETTINGS})
        key = hashlib.sha256((fingerprint(model) + text).encode()).hexdigest()[:24]
        self.seen[key] += 1
        return self.folder / f"{key}-{self.seen[key]}.safetensors"

    def fit(self, original: Callable[..., History]) -> Callable[..., History]:
        @wraps(original)
        def kept_fit(model, loss_function, train, validation, **settings) -> History:
            from utils.training.loop import in_fast_order, read_again

            if settings.get("checkpoint") or settings.get("accelerator"):
                return original(model, loss_function, train, validation, **settings)
            path = self.path(model, settings)
            if path.is_file():
                history = _load(path, model)
                in_fast_order(model)  # sums in another order would have other last digits
                read_again(train, len(history.training_loss), settings["seed"])
                return history
            history = original(model, loss_function, train, validation, **settings)
            _save(path, model, history)
            return history

        return kept_fit

    def fit_all(self, train: Callable[..., dict]) -> Callable[..., dict]:
        @wraps(train)
        def kept_fit_all(jobs: Mapping[str, Any], workers: int | None = None) -> dict:
            paths = {name: self.path(job.model, vars(job)) for name, job in jobs.items()}
            missing = {name: job for name, job in jobs.items() if not paths[name].is_file()}
            histories = train(missing, workers)
            for name in missing:
                _save(paths[name], jobs[name].model, histories[name])
            found = set(jobs) - set(missing)
            histories |= {name: _load(paths[name], jobs[name].model) for name in found}
            return {name: histories[name] for name in jobs}

        return kept_fit_all


def _save(path: Path, model: nn.Module, history: History) -> None:
    from utils.storage.weights import write_tensors

    path.parent.mkdir(parents=True, exist_ok=True)
    write_tensors(path, model.state_dict(), {"history": json.dumps(asdict(history))})


def _load(path: Path, model: nn.Module) -> History:
    from utils.storage.weights import read_tensors
    from utils.training.loop import History, best_device

    tensors, described = read_tensors(path)
    model.load_state_dict(tensors)
    model.to(best_device()).eval()
    return History(**json.loads(described["history"]))
