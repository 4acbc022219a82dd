"""The training loop: what it promises about weights, random numbers, gradients and errors."""

import math
from typing import NamedTuple

import pytest
import torch
from torch import nn

from utils import training
from utils.training import (
    TrainingError,
    apply_in_batches,
    fit,
    mean_loss,
    parameter_count,
    seeded,
    to_device,
)

CPU = torch.device("cpu")


def squared_error(model, batch):
    inputs, targets = batch
    return (model(inputs) - targets).square().mean()


def line(count=64, slope=2.0, seed=0):
    """Batches of points on y = slope * x."""
    x = torch.randn(count, 1, generator=torch.Generator().manual_seed(seed))
    return list(zip(x.split(16), (slope * x).split(16), strict=True))


def new_model(seed=0):
    with seeded(seed):
        return nn.Linear(1, 1)


def train(model, loss=squared_error, data=None, held_out=None, **options):
    settings = {"epochs": 20, "learning_rate": 0.1, "seed": 0, "device": CPU} | options
    data = line() if data is None else data
    return fit(model, loss, data, line(seed=1) if held_out is None else held_out, **settings)


class Scripted:
    """A loss whose value in validation follows a list, one entry an epoch."""

    def __init__(self, validation_losses):
        self.remaining = list(validation_losses)
        self.states = []

    def __call__(self, model, batch):
        if model.training:
            return squared_error(model, batch)
        self.states.append({name: value.clone() for name, value in model.state_dict().items()})
        return torch.tensor(self.remaining.pop(0))


def test_it_learns():
    model = new_model()
    history = train(model, epochs=60)
    assert model.weight.item() == pytest.approx(2, abs=0.05)
    assert history.validation_loss[-1] < 0.01 * history.validation_loss[0]
    assert history.seconds > 0
    assert not model.training


def test_the_best_epoch_is_restored():
    scripted = Scripted([3.0, 1.0, 2.0, 5.0])
    model = new_model()
    history = train(model, scripted, held_out=line()[:1], epochs=4)
    assert history.best_epoch == 1
    assert history.validation_loss == [3.0, 1.0, 2.0, 5.0]
    assert torch.equal(model.weight, scripted.states[1]["weight"])
    assert not torch.equal(model.weight, scripted.states[3]["weight"])


def test_statistics_of_batch_normalisation_are_restored_with_the_weights():
    """They are buffers, no parameters: copying the parameters alone would mix two epochs."""
    scripted = Scripted([1.0, 2.0, 3.0])
    model = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1))
    train(model, scripted, held_out=line()[:1], epochs=3)
    assert torch.equal(model[0].running_mean, scripted.states[0]["0.running_mean"])
    assert not torch.equal(model[0].running_mean, scripted.states[2]["0.running_mean"])


def test_patience_stops_after_so_many_epochs_without_a_better_one():
    history = train(
        new_model(),
        Scripted([4.0, 3.0, 3.5, 3.0, 9.0, 1.0]),
        held_out=line()[:1],
        epochs=6,
        patience=3,
    )
    assert history.validation_loss == [4.0, 3.0, 3.5, 3.0, 9.0]  # the sixth epoch was never run
    assert history.best_epoch == 1
    assert len(history.training_loss) == 5


def test_without_patience_every_epoch_is_run():
    history = train(new_model(), Scripted([1.0, 2.0, 3.0, 4.0]), held_out=line()[:1], epochs=4)
    assert len(history.validation_loss) == 4


@pytest.mark.parametrize("clip_norm", [0.5, 2.0])
def test_gradients_are_cut_to_the_norm_asked_for(monkeypatch, clip_norm):
    """Seen where it counts: at the moment when the optimiser steps."""
    norms = []
    step = torch.optim.Adam.step

    def watched(optimiser, *args, **kwargs):
        gradients = [p.grad for group in optimiser.param_groups for p in group["params"]]
        norms.append(torch.stack([g.norm() for g in gradients]).norm().item())
        return step(optimiser, *args, **kwargs)

    monkeypatch.setattr(torch.optim.Adam, "step", watched)
    steep = [(x, 1000 * y) for x, y in line()]
    train(new_model(), data=steep, epochs=1, clip_norm=clip_norm)
    assert norms == pytest.approx([clip_norm] * 4, rel=1e-3)


def noisy_error(model, batch):
    inputs, targets = batch
    return (model(inputs + 0.5 * torch.randn_like(inputs)) - targets).square().mean()


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    runs = []
    for seed in (3, 3, 4):
        torch.manual_seed(len(runs))  # whatever happened before must not matter
        model = new_model()
        history = train(model, noisy_error, epochs=3, seed=seed)
        runs.append((model.weight.item(), history.training_loss, history.validation_loss))
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_the_global_generator_is_left_as_it_was():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    train(new_model(), noisy_error, epochs=2)
    assert torch.equal(torch.rand(3), expected)


def test_the_global_generator_survives_an_error_inside():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    with pytest.raises(RuntimeError), seeded(1):
        torch.rand(5)
        raise RuntimeError
    assert torch.equal(torch.rand(3), expected)


def test_validation_sees_the_same_random_numbers_in_every_epoch():
    drawn = []

    def loss(model, batch):
        if not model.training:
            drawn.append(torch.rand(4))
        return squared_error(model, batch)

    train(new_model(), loss, held_out=line()[:1], epochs=3)
    assert torch.equal(drawn[0], drawn[1]) and torch.equal(drawn[0], drawn[2])


def test_training_sees_other_random_numbers_in_every_epoch():
    drawn = []

    def loss(model, batch):
        if model.training:
            drawn.append(torch.rand(4))
        return squared_error(model, batch)

    train(new_model(), loss, data=line()[:1], epochs=3)
    assert not torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[1], drawn[2])


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_training(bad):
    def loss(model, batch):
        return squared_error(model, batch) * bad

    with pytest.raises(TrainingError, match=r"expected a finite loss, got (nan|inf) in epoch 0"):
        train(new_model(), loss)


def test_a_validation_loss_that_is_not_finite_stops_training_too():
    """NaN is below nothing: it would keep the first epoch's weights and say they were the best."""
    with pytest.raises(TrainingError, match="expected a finite loss, got nan in epoch 1"):
        train(new_model(), Scripted([1.0, math.nan, 0.5]), held_out=line()[:1], epochs=3)


@pytest.mark.parametrize("options", [{"epochs": 0}, {"data": []}])
def test_nothing_to_train_on(options):
    with pytest.raises(TrainingError, match="expected at least one epoch and one batch"):
        train(new_model(), **options)


def test_nothing_to_validate_on():
    with pytest.raises(TrainingError, match="at least one batch to measure the loss on"):
        train(new_model(), held_out=[], epochs=1)


def test_nothing_that_may_be_trained():
    with pytest.raises(TrainingError, match="expected a model with parameters to train"):
        train(new_model().requires_grad_(False))


def test_frozen_parts_stay_as_they_are():
    model = nn.Sequential(new_model(0), new_model(1))
    model[0].requires_grad_(False)
    before = model[0].weight.clone(), model[1].weight.clone()
    train(model, epochs=2)
    assert torch.equal(model[0].weight, before[0])
    assert not torch.equal(model[1].weight, before[1])
    assert parameter_count(model) == 2


def test_batches_that_can_be_counted_only_by_reading_them():
    class Stream:
        def __iter__(self):
            return iter(line())

    assert len(train(new_model(), data=Stream(), epochs=2).training_loss) == 2


def test_mean_loss_changes_nothing_in_the_model():
    model = nn.Sequential(nn.BatchNorm1d(1), nn.Linear(1, 1))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    value = mean_loss(model, squared_error, line(), seed=0)
    assert value == mean_loss(model, squared_error, line(), seed=0)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model[1].weight.grad is None


def test_apply_in_batches_equals_one_large_batch():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Dropout(0.5))
    inputs = torch.randn(25, 3, generator=torch.Generator().manual_seed(0))
    result = apply_in_batches(model, inputs, batch_size=7)
    assert torch.allclose(result, model.eval()(inputs).detach())
    assert not result.requires_grad


def test_to_device_takes_tensors_and_tuples_of_them():
    one, two = torch.zeros(1), torch.ones(2)
    assert to_device(one, CPU) is one
    assert to_device((one, two), CPU) == (one, two)
    assert type(to_device([one, two], CPU)) is tuple


def test_a_named_tuple_keeps_its_names_on_the_way_to_the_device():
    class Pair(NamedTuple):
        inputs: torch.Tensor
        targets: torch.Tensor

    moved = to_device(Pair(torch.zeros(1), torch.ones(2)), torch.device("meta"))
    assert type(moved) is Pair
    assert moved.inputs.shape == (1,) and moved.targets.shape == (2,)
    assert moved.targets.device.type == "meta"


def test_the_learning_rate_rises_and_falls(monkeypatch):
    rates = []
    step = torch.optim.Adam.step

    def watched(optimiser, *args, **kwargs):
        rates.append(optimiser.param_groups[0]["lr"])
        return step(optimiser, *args, **kwargs)

    monkeypatch.setattr(torch.optim.Adam, "step", watched)
    train(new_model(), epochs=10, learning_rate=0.1)
    assert max(rates) == pytest.approx(0.1, rel=1e-3)
    peak = rates.index(max(rates))
    assert abs(peak - training.WARM_UP * len(rates)) <= 1
    assert rates[-1] < 0.001 * max(rates)
