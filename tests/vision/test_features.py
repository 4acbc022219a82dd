"""The eye: the shape of its map, and what each place of it has seen."""

import torch

from utils.vision.features import (
    COLUMNS,
    PLACES,
    ROWS,
    CanvasFeatures,
    as_places,
    place_centres,
)


def test_a_canvas_becomes_5_x_14_places_row_by_row():
    features = CanvasFeatures(6).eval()(torch.rand(2, 1, 40, 112))
    assert features.shape == (2, 6, ROWS, COLUMNS) == (2, 6, 5, 14)
    places = as_places(features)
    assert places.shape == (2, PLACES, 6)
    assert torch.equal(places[1, 2 * COLUMNS + 3], features[1, :, 2, 3])


def test_a_place_has_seen_33_pixels_around_its_centre_and_nothing_else():
    """By gradients: with weights that are positive every pixel that is seen has one."""
    eye = CanvasFeatures(2, channels=(2, 2, 2)).eval()
    with torch.no_grad():
        for weights in eye.parameters():
            weights.abs_()
    canvas = torch.ones(1, 1, 40, 112, requires_grad=True)
    row, column = 2, 6
    place = row * COLUMNS + column
    as_places(eye(canvas))[0, place].sum().backward()
    assert canvas.grad is not None
    rows, columns = canvas.grad[0, 0].nonzero(as_tuple=True)
    centre = place_centres()[place].tolist()
    assert centre == [16, 48]
    assert (rows.min(), rows.max()) == (centre[0] - 16, centre[0] + 16)
    assert (columns.min(), columns.max()) == (centre[1] - 16, centre[1] + 16)
