"""The moving average of weights: by hand, in the training loop, and tied weights once."""

import copy

import pytest
import torch
from torch import nn

from utils.training.averaging import Averaged
from utils.training.loop import fit, parameter_count, seeded


def squared_error(model, batch):
    return (model(batch) - 3).square().mean()


def test_the_average_by_hand():
    """After n steps it moves by 1 - min(decay, (1 + n) / (10 + n)) of the way."""
    model = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(8.0)
    both = Averaged(model, decay=0.15)
    expected = 8.0
    for n, weight in enumerate([4.0, 2.0, -1.0]):
        with torch.no_grad():
            model.weight.fill_(weight)
        both.train()(torch.ones(1, 1))
        share = 1 - min(0.15, (1 + n) / (10 + n))
        expected += share * (weight - expected)
        assert both.average.weight.item() == pytest.approx(expected)
    assert both.eval()(torch.ones(1, 1)).item() == pytest.approx(expected)
    assert both.train().model is model and model.weight.item() == -1


def test_the_loop_trains_the_model_and_validates_the_average():
    with seeded(0):
        model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(0.5), nn.Linear(4, 1))
        data = [torch.randn(8, 2) for _ in range(5)]
    both, alone = Averaged(copy.deepcopy(model), decay=0.9), copy.deepcopy(model)
    options = {"epochs": 3, "learning_rate": 0.01, "seed": 0}
    history = fit(both, squared_error, data, data, **options)
    as_before = fit(alone, squared_error, data, data, **options)
    # The average draws no random number and changes nothing in training.
    assert history.training_loss == as_before.training_loss
    assert history.validation_loss != as_before.validation_loss
    assert history.best_epoch == as_before.best_epoch == 2
    for one, other in zip(both.model.parameters(), alone.parameters(), strict=True):
        assert torch.equal(one, other)
    found = torch.stack([squared_error(both.average, batch) for batch in data]).mean()
    assert found.item() == pytest.approx(history.validation_loss[-1])
    assert parameter_count(both) == parameter_count(model)


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.one = nn.Linear(2, 2, bias=False)
        self.other = nn.Linear(2, 2, bias=False)
        self.other.weight = self.one.weight
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, inputs):
        self.seen += 1
        return self.other(self.one(inputs))


def test_tied_weights_stay_tied_and_buffers_are_copied():
    both = Averaged(Tied(), decay=0.5).train()
    begun = both.average.one.weight.clone()
    with torch.no_grad():
        both.model.one.weight += 10
    both.update()
    assert both.average.other.weight is both.average.one.weight
    assert torch.allclose(both.average.one.weight, begun + 9)  # once: 1 - 1/10 of the way
    both.model.seen += 5
    both.update()
    assert both.average.seen == 5


def test_the_average_never_trains():
    both = Averaged(nn.Dropout(0.5)).train()
    assert not both.average.training and both.model.training


@pytest.mark.parametrize("decay", [-0.1, 1.0, 2.0])
def test_another_decay(decay):
    with pytest.raises(ValueError, match=f"expected a decay from 0 to below 1, got {decay}"):
        Averaged(nn.Linear(1, 1), decay)
