"""A chaotic series against a plain loop and a formula, its levels, and a linear model of it."""

import math
import re

import pytest
import torch

from utils.baselines import series
from utils.baselines.series import (
    Levels,
    LinearAutoregression,
    copy_nearest,
    mackey_glass,
)

# ------------------------------------------------------------------------------
# Mackey-Glass


@pytest.fixture
def unsettled(monkeypatch):
    """Series from their very start, which are sooner computed."""
    monkeypatch.setattr(series, "SETTLING", 0.0)


def starts(count, seed):
    generator = torch.Generator().manual_seed(seed)
    return (0.4 + 0.8 * torch.rand(count, dtype=torch.float64, generator=generator)).tolist()


def solved_plainly(start, length):
    """Ten steps for a unit of time; x[n] is the value at (n - 170) / 10."""
    x = [start] * 171
    while len(x) <= 170 + 3000 + 60 * length:
        x.append(x[-1] + 0.1 * (0.2 * x[-171] / (1 + x[-171] ** 10) - 0.1 * x[-1]))
    return [x[170 + 3000 + 60 * k] for k in range(length)]


def test_the_series_of_a_plain_loop():
    found = mackey_glass(3, 25, seed=5)
    assert found.shape == (3, 25) and found.dtype == torch.float64
    for row, start in zip(found.tolist(), starts(3, 5), strict=True):
        assert row == pytest.approx(solved_plainly(start, 25), abs=1e-9)


def test_the_equation_is_solved(unsettled):
    """Until the delay has passed, x(t - 17) is the start c, and the solution known: it goes from c
    towards a = 2 c / (1 + c^10) as exp(-t / 10)."""
    found = mackey_glass(4, 3, seed=1)  # at the times 0, 6 and 12
    for row, c in zip(found.tolist(), starts(4, 1), strict=True):
        a = 2 * c / (1 + c**10)
        exact = [a + (c - a) * math.exp(-t / 10) for t in (0, 6, 12)]
        assert row == pytest.approx(exact, abs=3e-3)
        assert abs(row[2] - row[0]) > 0.01


def test_values_stay_in_their_range_and_use_it():
    found = mackey_glass(40, 40, seed=2)
    assert found.min() > 0.35 and found.max() < 1.4
    assert (found.min(1).values < 0.65).all() and (found.max(1).values > 1.15).all()


def test_the_seed_decides(unsettled):
    one = mackey_glass(2, 5, seed=3)
    torch.manual_seed(1)  # whatever happened before must not matter
    assert torch.equal(one, mackey_glass(2, 5, seed=3))
    other = mackey_glass(2, 5, seed=4)
    rows = [*one, *other]
    assert all((a - b).abs().max() > 0.01 for n, a in enumerate(rows) for b in rows[:n])


def test_the_global_generator_is_left_alone(unsettled):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    mackey_glass(2, 1, seed=0)
    assert torch.equal(torch.rand(3), expected)


def test_a_longer_series_begins_as_a_shorter_one(unsettled):
    assert torch.equal(mackey_glass(2, 9, seed=0)[:, :4], mackey_glass(2, 4, seed=0))


@pytest.mark.parametrize("delay, repeats", [(17.0, False), (8.0, True)])
def test_it_never_repeats_itself(monkeypatch, delay, repeats):
    """Read at every unit of time and laid over itself at each shift: nowhere does it fit. With a
    shorter delay it would."""
    assert series.DELAY == 17
    monkeypatch.setattr(series, "DELAY", delay)
    monkeypatch.setattr(series, "INTERVAL", 1.0)
    (values,) = mackey_glass(1, 700, seed=0)
    apart = [(values[lag : lag + 300] - values[:300]).abs().max() for lag in range(20, 400)]
    if repeats:
        assert min(apart) < 0.02
    else:
        assert min(apart) > 0.15


@pytest.mark.parametrize("count, length", [(0, 5), (-1, 5), (5, 0), (5, -1)])
def test_no_series(count, length):
    message = (
        f"expected one series or more of one value or more, got count={count} and length={length}"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        mackey_glass(count, length, seed=0)


def test_the_smallest_series(unsettled):
    assert mackey_glass(1, 1, seed=0).shape == (1, 1)


# ------------------------------------------------------------------------------
# Levels


@pytest.mark.parametrize("count", [1, 2, 7, 64])
def test_there_and_back_is_within_half_a_level(count):
    levels = Levels(0.3, 1.4, count)
    values = torch.linspace(0.3, 1.4, 1001, dtype=torch.float64)
    tokens = levels.to_tokens(values)
    back = levels.to_values(tokens)
    assert back.shape == values.shape
    half = (1.4 - 0.3) / count / 2
    assert (back - values).abs().max() == pytest.approx(half, abs=1e-9)  # at the edges, no more
    assert sorted(set(tokens), key=int) == levels.tokens == [str(n) for n in range(count)]
    assert levels.to_tokens(back) == tokens


def test_four_levels_by_hand():
    levels = Levels(-1.0, 1.0, 4)
    assert levels.tokens == ["0", "1", "2", "3"]
    assert levels.to_tokens(torch.tensor([-1.0, -0.6, -0.4, 0.1, 0.6, 1.0])) == tuple("001233")
    assert levels.to_values(("3", "0", "0", "1")).tolist() == [0.75, -0.75, -0.75, -0.25]


def test_what_lies_outside_becomes_the_nearest_level():
    outside = torch.tensor([-9.0, -math.inf, 9.0, math.inf])
    assert Levels(-1.0, 1.0, 4).to_tokens(outside) == tuple("0033")


def test_nothing_there_and_back():
    levels = Levels(0.0, 1.0, 4)
    assert levels.to_tokens(torch.zeros(0)) == ()
    assert levels.to_values(()).shape == (0,)


@pytest.mark.parametrize(
    "arguments",
    [(0, 1, 0), (0, 1, -1), (1, 1, 4), (1, 0, 4), (math.nan, 1, 4), (0, math.inf, 4)],
)
def test_levels_that_cannot_be(arguments):
    lowest, highest, count = arguments
    message = (
        "expected one level or more between a number and a greater one, "
        f"got {count} between {lowest} and {highest}"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Levels(*arguments)


@pytest.mark.parametrize(
    "values, got",
    [
        (torch.tensor([0.5, math.nan]), r"shape \(2,\) with 1 that are none"),
        (torch.zeros(2, 3), r"shape \(2, 3\) with 0 that are none"),
        (torch.tensor(0.5), r"shape \(\) with 0 that are none"),
    ],
)
def test_what_has_no_level(values, got):
    with pytest.raises(ValueError, match=rf"expected one series \(length,\) .* got {got}"):
        Levels(0.0, 1.0, 4).to_tokens(values)


@pytest.mark.parametrize("token", ["4", "-1", "</s>", "<unk>", "", "1.0"])
def test_tokens_of_no_level(token):
    """A network may write such, and "-1" would count from the end."""
    message = f"expected tokens from '0' to '3', got {token!r}; "
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Levels(0.0, 1.0, 4).to_values(("0", token))


# ------------------------------------------------------------------------------
# Linear autoregression

FREQUENCIES = 0.7, 1.9
MEAN = 0.3


def two_sinusoids(count, length, seed=0):
    """Random phases and heights about a common mean: (count, length)."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(length, dtype=torch.float64)
    total = torch.full((count, length), MEAN, dtype=torch.float64)
    for frequency in FREQUENCIES:
        phase, height = torch.rand(2, count, 1, dtype=torch.float64, generator=generator)
        total += (0.5 + height) * torch.sin(frequency * time + 2 * math.pi * phase)
    return total


def test_the_weights_of_two_sinusoids():
    """(1 - 2 cos(v) B + B^2) (1 - 2 cos(w) B + B^2) makes nothing of them, B one step back."""
    p, q = (2 * math.cos(frequency) for frequency in FREQUENCIES)
    latest_first = [p + q, -(2 + p * q), p + q, -1]
    expected = [*reversed(latest_first), MEAN * (1 - sum(latest_first))]
    for count, length in ((1, 40), (6, 12)):
        found = LinearAutoregression.fit(two_sinusoids(count, length), order=4)
        assert found.weights.tolist() == pytest.approx(expected, abs=1e-8)


def test_it_goes_on_as_two_sinusoids_do():
    model = LinearAutoregression.fit(two_sinusoids(1, 40), order=4)
    others = two_sinusoids(3, 60, seed=1)  # each has to be continued on its own
    before = others[:, :10].clone()
    found = model.go_on(before, 50)
    assert torch.allclose(found, others[:, 10:], atol=1e-6)
    assert torch.equal(before, others[:, :10])
    assert torch.equal(model.go_on(before[:, -4:], 50), found)  # it looks at the last four
    assert model.go_on(before, 1).shape == (3, 1)


def test_three_values_are_not_enough_for_two_sinusoids():
    """Each needs two weights."""
    known, unknown = two_sinusoids(3, 60).split([40, 20], 1)
    errors = {
        order: (LinearAutoregression.fit(known, order).go_on(known, 20) - unknown).abs().max()
        for order in (1, 2, 3, 4)
    }
    assert errors[4] < 1e-6
    assert min(errors[order] for order in (1, 2, 3)) > 0.1


def test_the_constant_alone_continues_a_straight_line():
    line = 2 + 0.5 * torch.arange(12, dtype=torch.float64)[None]
    model = LinearAutoregression.fit(line[:, :8], order=1)
    assert model.weights.tolist() == pytest.approx([1, 0.5])
    assert torch.allclose(model.go_on(line[:, :8], 4), line[:, 8:])


def test_weights_are_those_of_least_squares():
    """Of no other weights is the error smaller: it is at right angles to every input."""
    values = mackey_glass(3, 30, seed=0)
    order = 3
    model = LinearAutoregression.fit(values, order)
    inputs, errors = [], []
    for row in values.tolist():
        for start in range(len(row) - order):
            stretch = [*row[start : start + order], 1.0]
            pairs = zip(model.weights.tolist(), stretch, strict=True)
            inputs.append(stretch)
            errors.append(row[start + order] - sum(weight * value for weight, value in pairs))
    assert len(errors) == 3 * 27
    assert max(map(abs, errors)) > 0.01
    for column in zip(*inputs, strict=True):
        assert sum(a * b for a, b in zip(column, errors, strict=True)) == pytest.approx(0, abs=1e-9)


def test_orders_from_one_to_all_but_one_value():
    values = two_sinusoids(8, 6)
    for order in range(1, 6):
        assert LinearAutoregression.fit(values, order).weights.shape == (order + 1,)
    for order in (-1, 0, 6, 7):
        with pytest.raises(ValueError, match=f"^expected an order from 1 to 5, got {order}$"):
            LinearAutoregression.fit(values, order)


@pytest.mark.parametrize("shape", [(9,), (0, 9), (2, 9, 1)])
def test_nothing_to_fit(shape):
    message = f"expected series (count, length), got shape {shape}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        LinearAutoregression.fit(torch.zeros(shape), 2)


@pytest.mark.parametrize(
    "shape, steps", [((2, 9), 0), ((2, 9), -1), ((2, 3), 5), ((9,), 5), ((2, 9, 1), 5)]
)
def test_nothing_to_go_on_from_and_no_step(shape, steps):
    model = LinearAutoregression.fit(two_sinusoids(1, 40), order=4)
    message = (
        "expected series (count, length) of 4 values or more and at least one step, "
        f"got shape {shape} and {steps} steps"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        model.go_on(torch.zeros(shape, dtype=torch.float64), steps)


# ------------------------------------------------------------------------------
# The copy of the most similar stretch


def test_a_series_goes_on_as_the_most_similar_stretch_did():
    train = torch.tensor([[0.0, 1, 2, 3, 4], [9, 9, 1, 5, 7]])
    past = torch.tensor([[8.0, 0.9, 2.1], [0, 9, 1.2]])
    continued = copy_nearest(train, past, length=2, steps=1)
    assert continued.tolist() == [[3], [5]]
    # Of stretches that are equally similar the first counts.
    assert copy_nearest(train, past[1:], length=1, steps=2).tolist() == [[2, 3]]


@pytest.mark.parametrize(("length", "steps"), [(0, 1), (4, 1), (2, 0), (2, 4)])
def test_a_copy_needs_stretches_that_are_long_enough(length, steps):
    with pytest.raises(ValueError, match="expected a length from 1 to 3 and from 1 to"):
        copy_nearest(torch.rand(2, 5), torch.rand(1, 3), length, steps)


def test_series_of_fewer_digits():
    """A reader's own values are float32; those of the book are float64."""
    train = two_sinusoids(5, 40)
    before = two_sinusoids(2, 12, seed=1)
    model = LinearAutoregression.fit(train, order=4)
    found = model.go_on(before.float(), 3)
    assert torch.allclose(found, model.go_on(before, 3), atol=1e-4)
    copied = copy_nearest(train, before.float(), length=4, steps=2)
    assert torch.equal(copied, copy_nearest(train, before, length=4, steps=2))
