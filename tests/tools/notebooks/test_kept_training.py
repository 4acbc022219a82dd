"""Networks that are kept between two runs of one program; on a network of two numbers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tools.notebooks.kept_training import Kept, environment
from utils.training.jobs import Job
from utils.training.loop import History, fit, seeded


def loss(model: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    return ((model(batch) - 1) ** 2).mean()


class Batches:
    """Random ones, others each time that one goes through them."""

    def __init__(self, seed: int) -> None:
        self.random = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return 3

    def __iter__(self):
        for _ in range(3):
            yield torch.randn(4, 2, generator=self.random)


class Trainer:
    """`fit` as a run of a program has it, with a count of what was really trained."""

    def __init__(self, folder: Path) -> None:
        self.trained = 0
        self.fit = Kept(folder).fit(self._train)

    def _train(self, *given: object, **settings: object) -> History:
        self.trained += 1
        return fit(*given, **settings)

    def run(self, *, seed: int = 0, epochs: int = 2, warm_up: float = 0.2, name: str = "a"):
        with seeded(seed):
            model = nn.Linear(2, 1)
        batches = Batches(seed)
        history = self.fit(
            *(model, loss),
            **{"train": batches, "validation": [torch.ones(2, 2)], "description": name},
            **{"epochs": epochs, "learning_rate": 0.1, "warm_up": warm_up, "seed": seed},
        )
        return model, history, next(iter(batches))


def test_the_second_run_takes_what_the_first_has_trained(tmp_path: Path) -> None:
    first, second = Trainer(tmp_path), Trainer(tmp_path)
    model, history, batch = first.run()
    again, history_again, batch_again = second.run(name="一个名字")
    assert (first.trained, second.trained) == (1, 0)
    assert all(map(torch.equal, model.state_dict().values(), again.state_dict().values()))
    assert history == history_again
    assert not again.training
    # What is drawn afterwards is what would have been drawn after training.
    assert torch.equal(batch, batch_again)


@pytest.mark.parametrize("other", [{"seed": 1}, {"epochs": 3}, {"warm_up": 0.0}])
def test_another_training_is_not_taken(tmp_path: Path, other: dict) -> None:
    Trainer(tmp_path).run()
    second = Trainer(tmp_path)
    second.run(**other)
    assert second.trained == 1


def test_the_same_training_twice_is_kept_twice(tmp_path: Path) -> None:
    first, second = Trainer(tmp_path), Trainer(tmp_path)
    for trainer in (first, second):
        trainer.run()
        trainer.run()  # it may have been given other data
    assert (first.trained, second.trained) == (2, 0)


def test_jobs_are_found_by_how_they_begin_whatever_they_are_called(tmp_path: Path) -> None:
    calls: list[list[str]] = []

    def train(jobs: dict[str, Job], workers: int | None = None) -> dict[str, History]:
        calls.append(list(jobs))
        for job in jobs.values():
            with torch.no_grad():
                job.model.weight.add_(1)
        return {name: History([1.0], [2.0], 0, 3.0) for name in jobs}

    def jobs(*names: str) -> dict[str, Job]:
        made = {}
        for seed, name in enumerate(names):
            with seeded(seed):
                made[name] = Job(nn.Linear(2, 1), loss, [], [], 1, 0.1, seed)
        return made

    first = jobs("a", "b")
    Kept(tmp_path).fit_all(train)(first)
    second = jobs("甲", "乙", "丙")
    histories = Kept(tmp_path).fit_all(train)(second)
    assert calls == [["a", "b"], ["丙"]]
    assert list(histories) == ["甲", "乙", "丙"]
    assert torch.equal(first["b"].model.weight, second["乙"].model.weight)


def test_a_kernel_is_told_where_to_keep_them(tmp_path: Path) -> None:
    found = environment({"PATH": "p"}, tmp_path / "kept")
    assert found["PATH"] == "p"
    (startup,) = Path(found["IPYTHONDIR"], "profile_default", "startup").glob("*.py")
    assert f"install({str((tmp_path / 'kept').resolve())!r})" in startup.read_text("utf-8")
