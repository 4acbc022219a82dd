"""Training in several processes: the same networks, no process left over, errors with a name."""

import copy
from dataclasses import replace

import joblib
import psutil
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader

from utils.training import jobs as several
from utils.training.jobs import Job, fit_all
from utils.training.loop import TrainingError, fit, seeded

FOREVER = 10**6  # epochs


def squared_error(model, inputs):
    return ((model(inputs) - inputs.sum(1, keepdim=True)) ** 2).mean()


def new_job(seed=0, **options):
    with seeded(seed):
        model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.2), nn.Tanh(), nn.Linear(3, 1)).train()
        inputs = torch.randn(40, 4)
    order = torch.Generator().manual_seed(seed)
    train = DataLoader(inputs, batch_size=8, shuffle=True, generator=order)
    options = {"epochs": 2, "learning_rate": 0.05, "seed": seed} | options
    return Job(model, squared_error, train, [inputs[:8]], **options)


def parameters(job):
    return list(job.model.parameters())


def are_equal(one, two):
    return all(map(torch.equal, parameters(one), parameters(two)))


def new_jobs():
    """More than there are workers.

    One model is as if written in a notebook: no module holds its class, nor the hook that it has,
    so they are sent to a worker with their source.
    """

    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 1)

        def forward(self, inputs):
            return self.layer(inputs)

    with seeded(2):
        own = Own()
    own.register_forward_hook(lambda *_: None)
    three = replace(new_job(2, epochs=1), model=own)
    return {"one": new_job(0), "two": new_job(1), "three": three}


def workers_left():
    """Processes below this one, but for those that keep an account of files and end with it."""
    below = psutil.Process().children(recursive=True)
    return [one for one in below if not any("resource_tracker" in part for part in one.cmdline())]


def test_two_workers_train_the_same_networks_as_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a worker must find its modules from anywhere
    monkeypatch.setattr(several, "best_device", lambda: torch.device("cpu"))
    fresh, here, elsewhere = new_jobs(), new_jobs(), new_jobs()
    owned = {name: parameters(job) for name, job in elsewhere.items()}
    histories = fit_all(here, workers=1)
    others = fit_all(elsewhere, workers=2)
    assert list(histories) == list(others) == ["one", "two", "three"]
    for name in histories:
        assert are_equal(here[name], elsewhere[name])  # to the last digit
        assert not are_equal(here[name], fresh[name])
        assert not elsewhere[name].model.training
        # In place: whoever holds the parameters sees them trained.
        assert all(a is b for a, b in zip(owned[name], parameters(elsewhere[name]), strict=True))
        assert all(parameter.requires_grad for parameter in owned[name])
        assert replace(histories[name], seconds=0) == replace(others[name], seconds=0)
        assert len(histories[name].training_loss) == fresh[name].epochs
    assert not workers_left()


def test_one_worker_trains_as_fit_does(monkeypatch):
    monkeypatch.setattr(several, "best_device", lambda: torch.device("cpu"))
    job, same = new_job(3), new_job(3)
    threads = torch.get_num_threads()
    history = fit_all({"it": job}, workers=1)["it"]
    assert torch.get_num_threads() == threads
    torch.set_num_threads(1)
    try:
        expected = fit(
            same.model,
            squared_error,
            same.train,
            same.validation,
            epochs=2,
            learning_rate=0.05,
            seed=3,
            device="cpu",
        )
    finally:
        torch.set_num_threads(threads)
    assert replace(history, seconds=0) == replace(expected, seconds=0)
    assert are_equal(job, same)


@pytest.mark.slow
def test_a_cluster_trains_the_same_networks(monkeypatch):
    """Dask with two worker processes, as its documentation sets one up on a single machine."""
    distributed = pytest.importorskip("distributed", reason="the extra `test` brings Dask")
    monkeypatch.setattr(several, "best_device", lambda: torch.device("cpu"))
    here, there = new_jobs(), new_jobs()
    fit_all(here, workers=1)
    where = []
    for name, job in there.items():
        there[name] = replace(job, loss_function=noting_the_process(where, squared_error))
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as own,
        distributed.Client(own),
        joblib.parallel_config(backend="dask"),
    ):
        fit_all(there)
    assert all(are_equal(here[name], there[name]) for name in here)
    assert not where, "trained in this process"
    assert not workers_left()


def noting_the_process(where, loss_function):
    """In a worker, `where` is a copy: only what is computed here shows in it."""

    def noted(model, inputs):
        where.append(inputs)
        return loss_function(model, inputs)

    return noted


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_an_error_ends_all_and_says_where_it_happened(workers):
    broken = replace(new_job(), train=[])
    jobs = {"the broken one": broken, "the long one": new_job(epochs=FOREVER)}
    with pytest.raises(TrainingError, match=r"^the broken one: expected at least one") as caught:
        fit_all(jobs, workers)
    assert isinstance(caught.value.__cause__, TrainingError)
    assert not workers_left()


@pytest.mark.slow
def test_an_interruption_leaves_no_process(monkeypatch):
    begun = []

    def interrupted(results, *_, **__):
        yield next(results)  # so one job is done, and the other is under way
        begun.extend(workers_left())
        raise KeyboardInterrupt

    monkeypatch.setattr(several, "progress", interrupted)
    jobs = {"short": new_job(epochs=1), "long": new_job(epochs=FOREVER)}
    with pytest.raises(KeyboardInterrupt):
        fit_all(jobs, workers=2)
    assert len(begun) == 2
    assert not workers_left()
    assert not jobs["short"].model.training  # what was done stays


@pytest.mark.slow
def test_a_process_that_dies(monkeypatch):
    def killing(results, *_, **__):
        yield next(results)  # "short" is done, and the workers are at work on the others
        workers_left()[0].kill()
        yield from results

    monkeypatch.setattr(several, "progress", killing)
    jobs = {"short": new_job(epochs=1)} | {n: new_job(epochs=FOREVER) for n in ("one", "two")}
    with pytest.raises(TrainingError, match=r"one, two: expected the processes .* fewer workers"):
        fit_all(jobs, workers=2)
    assert not workers_left()


def test_jobs_that_share_a_part():
    one = new_job()
    two = replace(one, model=nn.Sequential(one.model[0], nn.Linear(3, 1)))
    before = copy.deepcopy(one)
    with pytest.raises(ValueError, match="of its own for every job, got one that 'one' and 'two'"):
        fit_all({"one": one, "two": two}, workers=1)
    assert are_equal(one, before)


def test_how_many_workers(monkeypatch):
    used = []

    class Recording(joblib.Parallel):
        def __init__(self, workers, **_):
            used.append(workers)
            super().__init__(1, return_as="generator")

    monkeypatch.setattr(joblib, "Parallel", Recording)
    monkeypatch.setattr(joblib, "effective_n_jobs", lambda _: 2)
    monkeypatch.setattr(several, "best_device", lambda: torch.device("cpu"))
    fit_all(new_jobs())
    fit_all(new_jobs(), 8)
    fit_all({"one": new_job()})
    monkeypatch.setattr(several, "fit", lambda *_, **__: None)
    monkeypatch.setattr(nn.Module, "to", lambda model, _: model)
    monkeypatch.setattr(several, "best_device", lambda: torch.device("cuda"))
    fit_all(new_jobs())
    fit_all(new_jobs(), 2)
    assert used == [2, 3, 1, 1, 2]
    assert fit_all({}) == {}
    with pytest.raises(ValueError, match="expected one worker or more, got 0"):
        fit_all(new_jobs(), workers=0)
