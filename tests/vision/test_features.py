"""The eye: the shape of its map, and what each place of it has seen."""

import pytest
import torch

from utils.vision.features import (
    COLUMNS,
    PLACES,
    ROWS,
    CanvasFeatures,
    FrozenFeatures,
    as_places,
    place_centres,
)


def test_a_canvas_becomes_5_x_14_places_row_by_row():
    features = CanvasFeatures(6).eval()(torch.rand(2, 1, 40, 112))
    assert features.shape == (2, 6, ROWS, COLUMNS) == (2, 6, 5, 14)
    places = as_places(features)
    assert places.shape == (2, PLACES, 6)
    assert torch.equal(places[1, 2 * COLUMNS + 3], features[1, :, 2, 3])


@pytest.mark.parametrize(("pooled", "before", "after"), [(False, 16, 16), (True, 19, 18)])
def test_a_place_has_seen_what_lies_around_its_centre_and_nothing_else(pooled, before, after):
    """By gradients: with weights that are positive every pixel that is seen has one."""
    eye = CanvasFeatures(2, channels=(2, 2, 2), pooled=pooled).eval()
    with torch.no_grad():
        for weights in eye.parameters():
            weights.abs_()
    # Of several pixels that are equal the pool passes the gradient to one; let all be seen.
    seen = torch.zeros(40, 112, dtype=torch.bool)
    row, column = 2, 6
    place = row * COLUMNS + column
    for number in range(8):
        canvas = torch.rand(1, 1, 40, 112, generator=torch.Generator().manual_seed(number))
        canvas.requires_grad_()
        as_places(eye(canvas))[0, place].sum().backward()
        assert canvas.grad is not None
        seen |= canvas.grad[0, 0] != 0
    rows, columns = seen.nonzero(as_tuple=True)
    centre = place_centres(pooled)[place].tolist()
    assert centre == ([20, 52] if pooled else [16, 48])
    assert (rows.min(), rows.max()) == (max(centre[0] - before, 0), centre[0] + after)
    assert (columns.min(), columns.max()) == (centre[1] - before, centre[1] + after)


def test_a_frozen_eye_sees_and_stays_the_same_while_the_network_around_it_trains():
    eye = CanvasFeatures(6)
    eye(torch.rand(8, 1, 40, 112))  # moves the running means
    canvases = torch.rand(4, 1, 40, 112)
    seen = eye.eval()(canvases)
    frozen = FrozenFeatures(eye.train())
    network = torch.nn.Sequential(frozen, torch.nn.Conv2d(6, 1, 1)).train()
    before = {name: value.clone() for name, value in frozen.state_dict().items()}
    network(canvases).sum().backward()
    assert torch.equal(frozen(canvases), seen)
    assert all(torch.equal(value, before[name]) for name, value in frozen.state_dict().items())
    assert all(parameter.grad is None for parameter in frozen.parameters())
    # What is frozen is a copy: the eye itself can go on learning.
    assert eye.training and all(parameter.requires_grad for parameter in eye.parameters())
