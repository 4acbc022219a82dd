"""The training loop: what it promises about weights, random numbers, gradients and errors."""

import itertools
import math
import re
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

from utils.training import loop as training
from utils.training.loop import (
    TrainingError,
    apply_in_batches,
    fit,
    mean_loss,
    parameter_count,
    seeded,
)
from utils.training.machine import to_device

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


@pytest.mark.parametrize("clip_norm", [0, -1, math.nan])
def test_a_norm_that_would_turn_gradients_round_is_refused(clip_norm):
    model, before = new_model(), new_model()
    with pytest.raises(TrainingError, match="expected a clip_norm above 0, got"):
        train(model, clip_norm=clip_norm)
    assert torch.equal(model.weight, before.weight)


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


def test_a_loader_of_a_stream():
    """Such a loader has a `len` that raises."""

    class Stream(IterableDataset):
        def __iter__(self):
            return iter(line())

    loader = DataLoader(Stream(), batch_size=None)
    model = new_model()
    assert train(model, data=loader, held_out=loader, epochs=3).training_loss == pytest.approx(
        train(new_model(), held_out=line(), epochs=3).training_loss
    )


@pytest.mark.parametrize("which", ["data", "held_out"])
def test_a_generator_is_refused_before_anything_is_read(which):
    read = []
    batches = (read.append(pair) or pair for pair in line())
    with pytest.raises(TrainingError, match=r"anew in every epoch, got a generator.*a list"):
        train(new_model(), **{which: batches})
    assert read == []


def test_batches_that_run_out_before_the_second_epoch():
    class Once:
        batches = iter([*line(), *line()])  # a pass to count them, and one to train

        def __iter__(self):
            return itertools.islice(self.batches, 4)

    with pytest.raises(TrainingError, match="at least one batch to measure the loss on, got none"):
        train(new_model(), data=Once(), epochs=2)


@pytest.mark.parametrize("epochs", ["abc", 2.0, None])
def test_epochs_that_are_no_number(epochs):
    with pytest.raises(TrainingError, match=f"at least one epoch.*got epochs={epochs!r} and 4 "):
        train(new_model(), epochs=epochs)


@pytest.mark.parametrize("seed", [-1, "abc", 0.5, None])
def test_a_seed_that_is_none(seed):
    with pytest.raises(ValueError, match=f"whole number of 0 or more, got {seed!r}"), seeded(seed):
        pass


def test_a_seed_of_numpy():
    with seeded(np.int64(3)):
        one = torch.rand(3)
    with seeded(3):
        assert torch.equal(one, torch.rand(3))


def test_after_an_interruption_the_model_is_that_of_its_best_epoch():
    model = new_model()
    scripted = Scripted([2.0, 1.0, 3.0])
    calls = itertools.count()

    def loss(model, batch):
        if next(calls) == 3 * 5 + 2:  # in the midst of the fourth epoch
            raise KeyboardInterrupt
        return scripted(model, batch)

    with pytest.raises(KeyboardInterrupt):
        train(model, loss, held_out=line()[:1], epochs=9)
    assert torch.equal(model.weight, scripted.states[1]["weight"])
    assert not torch.equal(model.weight, scripted.states[2]["weight"])
    assert not model.training


def test_after_an_error_in_the_first_epoch_the_model_is_as_it_was():
    model = new_model().train()
    before = model.weight.clone()

    def loss(model, batch):
        return squared_error(model, batch) * (math.nan if not model.training else 1)

    with pytest.raises(TrainingError, match="got nan in epoch 0"):
        train(model, loss)
    assert torch.equal(model.weight, before)
    assert not model.training


def test_convolutions_get_the_fast_memory_order_and_others_keep_theirs():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.image = nn.Sequential(nn.Conv2d(2, 3, 2), nn.ConvTranspose2d(3, 1, 2))
            self.volume = nn.Conv3d(1, 1, 1)  # which knows no such order
            self.matrix = nn.Parameter(torch.ones(2, 3, 4, 5))

        def forward(self, x):
            return self.volume(self.image(x)[:, :, None]).mean() * self.matrix.mean()

    model = Both()
    batches = [torch.rand(2, 2, 5, 5)]
    train(model, lambda model, batch: model(batch), batches, batches, epochs=1)
    for layer in model.image:
        assert layer.weight.is_contiguous(memory_format=torch.channels_last)
    assert model.matrix.is_contiguous()


def test_the_device_may_be_named(monkeypatch):
    monkeypatch.setattr(training, "best_device", lambda: torch.device("meta"))
    model = new_model()
    train(model, device="cpu", epochs=1)
    assert model.weight.device == CPU


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


@pytest.fixture
def rates(monkeypatch) -> list[float]:
    """The learning rate of every step that is trained."""
    rates = []
    step = torch.optim.Adam.step

    def watched(optimiser, *args, **kwargs):
        rates.append(optimiser.param_groups[0]["lr"])
        return step(optimiser, *args, **kwargs)

    monkeypatch.setattr(torch.optim.Adam, "step", watched)
    return rates


def test_the_learning_rate_rises_and_falls(rates):
    train(new_model(), epochs=10, learning_rate=0.1)
    assert len(rates) == 40
    assert max(rates) == pytest.approx(0.1, rel=1e-3)
    peak = rates.index(max(rates))
    assert peak == 40 * training.WARM_UP - 1
    assert rates == sorted(rates[:peak]) + sorted(rates[peak:], reverse=True)
    assert rates[0] == pytest.approx(0.1 / 25)
    assert rates[-1] < 0.001 * max(rates)


@pytest.mark.parametrize(("share", "peak"), [(0.5, 19), (0.1, 3), (0.0, 1)])
def test_how_long_it_rises_can_be_chosen(rates, share, peak):
    train(new_model(), epochs=10, learning_rate=0.1, warm_up=share)
    assert rates.index(max(rates)) == peak
    assert max(rates) == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("share", [-0.1, 1, math.nan])
def test_a_rise_over_no_share_of_the_steps_is_refused(share):
    with pytest.raises(TrainingError, match="expected a warm_up from 0 to below 1"):
        train(new_model(), warm_up=share)


@pytest.mark.parametrize("epochs", [1, 2, 3, 4, 5, 7, 9, 10])
@pytest.mark.parametrize("batches", [1, 2, 5])
def test_runs_of_a_few_steps_train_too(rates, epochs, batches):
    model = new_model()
    before = model.weight.item()
    train(model, data=[line()[0]] * batches, epochs=epochs, learning_rate=0.1)
    assert len(rates) == epochs * batches
    if len(rates) > 1:
        assert max(rates) == pytest.approx(0.1, rel=0.01)
        assert abs(rates.index(max(rates)) - max(1, 0.2 * len(rates) - 1)) < 1
    if len(rates) > 2:
        assert rates[-1] < 1e-5
    assert abs(model.weight.item() - before) > 0.001


@pytest.mark.parametrize(
    ("language", "description", "words"),
    [
        ("en", None, ("training: ", "validation=")),
        ("en", "series", ("series: ", "validation=")),
        ("zh_CN", None, ("训练: ", "验证=")),
        ("zh_CN", "时间序列", ("时间序列: ", "验证=")),
    ],
)
def test_the_progress_bar_is_in_the_edition_s_language(
    monkeypatch, capsys, language, description, words
):
    monkeypatch.setenv("BOOK_LANGUAGE", language)
    monkeypatch.setenv("BOOK_SNAPSHOT", "0")
    train(new_model(), epochs=2, description=description)
    shown = capsys.readouterr().err
    assert all(word in shown for word in words)
    latin = re.findall(r"[a-z]{3,}", shown)
    assert not latin or language == "en"
