"""Pictures that are no digits, drawn the way digits were prepared."""

import pytest
import torch

from utils.images.pictures import LETTER_HEIGHT, letters, shirts, uniform_noise


def test_letters_are_images_in_the_middle_of_an_empty_frame():
    images = letters()
    assert images.shape == (26, 1, 28, 28) and images.dtype == torch.float32
    assert images.min() == 0 and images.max() == 1
    rim = letters("ABCDEFGHIKLMNOPRSTUVWXYZ")  # J and Q have tails
    rim[..., 1:-1, 1:-1] = 0
    assert rim.max() == 0


def test_a_capital_is_as_high_as_a_digit():
    rows_with_ink = (letters("H")[0, 0].amax(1) > 0.5).sum().item()
    assert abs(rows_with_ink - LETTER_HEIGHT) <= 1


def test_different_letters_are_different_pictures():
    images = letters().flatten(1)
    assert len(torch.unique(images, dim=0)) == 26


def test_shirts_follow_from_the_seed_and_are_symmetric():
    first = shirts(5, seed=1)
    assert torch.equal(first, shirts(5, seed=1))
    assert not torch.equal(first, shirts(5, seed=2))
    # The polygon's edges are rounded to pixels of the larger canvas, hence not exactly equal.
    assert (first - first.flip(-1)).abs().mean() < 0.02
    assert first.flatten(1).mean(1).min() > 0.2  # filled, unlike a letter


def test_noise_has_no_structure():
    noise = uniform_noise(50, seed=0)
    assert noise.shape == (50, 1, 28, 28)
    assert abs(noise.mean().item() - 0.5) < 0.01
    neighbours = torch.corrcoef(torch.stack([noise[..., 1:].flatten(), noise[..., :-1].flatten()]))
    assert abs(neighbours[0, 1].item()) < 0.02
    assert torch.equal(noise, uniform_noise(50, seed=0))
    assert not torch.equal(noise, uniform_noise(50, seed=1))
    assert noise.min() >= 0 and noise.max() < 1


def test_every_picture_is_about_in_the_middle():
    places = torch.arange(28) - 13.5
    for images in (letters("HIOX"), shirts(5, seed=0)):
        mass = images.sum((1, 2, 3))
        across = (images.sum((1, 2)) * places).sum(1) / mass
        down = (images.sum((1, 3)) * places).sum(1) / mass
        assert across.abs().max() < 0.5 and down.abs().max() < 2.5


def test_edges_are_smooth_as_those_of_digits():
    """Drawn larger and shrunk by the mean: between paper and ink there are greys."""
    for images in (letters("O"), shirts(3, seed=0)):
        assert ((images > 0.05) & (images < 0.95)).float().mean() > 0.01


@pytest.mark.parametrize(
    "draw", [lambda: letters(""), lambda: shirts(0, seed=0), lambda: uniform_noise(0, seed=0)]
)
def test_no_picture_at_all_is_refused(draw):
    with pytest.raises(ValueError, match="expected at least one picture to draw, got 0"):
        draw()
