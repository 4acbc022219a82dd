"""Kinds of noise: how strong they are, where they act, and what their mean is."""

import math

import numpy as np
import pytest
import torch

from utils.images.noise import (
    HOPELESS,
    KINDS,
    dropped_pixels,
    gaussian,
    salt_and_pepper,
    speckle,
)

SHARES = [salt_and_pepper, dropped_pixels]
COUNT = 200  # images, 156,800 pixels: a mean is known to a four-hundredth of its spread


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def grey(value, count=COUNT):
    return torch.full((count, 1, 28, 28), value)


def every_kind(function):
    return pytest.mark.parametrize("kind", list(KINDS))(function)


@every_kind
def test_shape_and_type_are_kept_and_the_input_is_not_changed(kind):
    images = torch.rand(3, 1, 28, 28, generator=generator())
    before = images.clone()
    noisy = KINDS[kind](images, 0.5, generator())
    assert noisy.shape == images.shape and noisy.dtype == images.dtype
    assert torch.equal(images, before)
    assert not torch.equal(noisy, images)


@every_kind
def test_strength_zero_is_no_noise(kind):
    images = torch.rand(3, 1, 28, 28, generator=generator())
    assert torch.equal(KINDS[kind](images, 0.0, generator()), images)


@every_kind
def test_the_seed_decides(kind):
    images = grey(0.4, count=2)
    first = KINDS[kind](images, 0.5, generator(1))
    assert torch.equal(first, KINDS[kind](images, 0.5, generator(1)))
    assert not torch.equal(first, KINDS[kind](images, 0.5, generator(2)))
    assert not torch.equal(first[0], first[1])  # every image has noise of its own


@every_kind
def test_with_a_generator_the_global_one_is_left_alone_and_without_one_it_decides(kind):
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    KINDS[kind](grey(0.4, count=1), 0.5, generator())
    assert torch.rand(1) == expected
    torch.manual_seed(3)
    first = KINDS[kind](grey(0.4, count=1), 0.5)
    torch.manual_seed(3)
    assert torch.equal(first, KINDS[kind](grey(0.4, count=1), 0.5))


@every_kind
def test_more_strength_is_more_error(kind):
    images = torch.rand(50, 1, 28, 28, generator=generator())
    errors = [
        (KINDS[kind](images, share * HOPELESS[kind], generator()) - images).square().mean().item()
        for share in (0.1, 0.3, 0.6, 1.0)
    ]
    assert errors == sorted(errors) and errors[0] < 0.5 * errors[-1]


@every_kind
def test_each_image_may_have_its_own_strength(kind):
    images = grey(0.4, count=3)
    strengths = torch.tensor([0.0, 0.2, 0.9]).view(3, 1, 1, 1)
    noisy = KINDS[kind](images, strengths, generator())
    errors = (noisy - images).square().flatten(1).mean(1)
    assert errors[0] == 0 and 0 < errors[1] < errors[2]


@pytest.mark.parametrize("sigma", [0.1, 0.5, 2.0])
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_gaussian_has_its_standard_deviation_and_no_mean_whatever_the_pixel(sigma, value):
    """Not cut to [0, 1]: on paper and on ink a cut would give the noise a mean."""
    noise = gaussian(grey(value), sigma, generator()) - value
    assert noise.mean().item() == pytest.approx(0, abs=0.012 * sigma)
    assert noise.std().item() == pytest.approx(sigma, rel=0.01)


def test_gaussian_noise_of_two_pixels_is_unrelated():
    noise = gaussian(grey(0.0), 1.0, generator())
    neighbours = (noise[..., 1:] * noise[..., :-1]).mean().item()
    assert neighbours == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_salt_and_pepper_replaces_its_share_half_by_ink_half_by_paper(share):
    noisy = salt_and_pepper(grey(0.3), share, generator())
    assert noisy.unique().tolist() == pytest.approx([0.0, 0.3, 1.0])
    assert (noisy == 1).float().mean().item() == pytest.approx(share / 2, abs=0.01)
    assert (noisy == 0).float().mean().item() == pytest.approx(share / 2, abs=0.01)
    # The mean that chapter 3 predicts for a network trained on such targets.
    assert noisy.mean().item() == pytest.approx((1 - share) * 0.3 + share / 2, abs=0.01)


def test_dropped_pixels_are_zero_and_the_others_untouched():
    images = 0.5 + 0.5 * torch.rand(COUNT, 1, 28, 28, generator=generator())
    noisy = dropped_pixels(images, 0.3, generator(1))
    dropped = noisy == 0
    assert dropped.float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert torch.equal(noisy[~dropped], images[~dropped])


def test_speckle_leaves_paper_clean_and_grows_with_the_ink():
    assert (speckle(grey(0.0), 0.8, generator()) == 0).all()
    for value in (0.25, 1.0):
        noise = speckle(grey(value), 0.8, generator()) - value
        assert noise.std().item() == pytest.approx(0.8 * value, rel=0.01)
        assert noise.mean().item() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("noise", SHARES)
def test_with_a_share_of_one_nothing_of_the_image_is_left(noise):
    first = noise(torch.zeros(2, 1, 28, 28), 1.0, generator())
    second = noise(torch.full((2, 1, 28, 28), 0.7), 1.0, generator())
    assert torch.equal(first, second)


@every_kind
@pytest.mark.parametrize(
    "strength",
    [
        *(-0.1, math.nan, math.inf, "strong", None),
        torch.tensor([0.1, -0.1]).view(2, 1, 1, 1),
        torch.tensor([0.1, math.nan]).view(2, 1, 1, 1),
    ],
)
def test_a_strength_that_makes_no_sense_is_refused(kind, strength):
    with pytest.raises(ValueError, match=r"expected a (finite )?strength"):
        KINDS[kind](grey(0.4, count=2), strength, generator())


@pytest.mark.parametrize("noise", SHARES)
def test_a_share_above_one_is_refused(noise):
    with pytest.raises(ValueError, match="between 0 and 1"):
        noise(grey(0.4, count=2), 1.1, generator())


def test_every_kind_knows_its_hopeless_strength():
    assert HOPELESS.keys() == KINDS.keys()


@every_kind
@pytest.mark.parametrize("shape", [(28,), (2,), (2, 1), (1, 1, 28, 1), (3, 1, 1, 1)])
def test_strengths_that_would_be_spread_over_pixels_are_refused(kind, shape):
    """28 numbers would broadcast to one for each column."""
    with pytest.raises(ValueError, match=r"of shape \(2, 1, 1, 1\), got a tensor of shape"):
        KINDS[kind](grey(0.4, count=2), torch.full(shape, 0.3), generator())


@every_kind
def test_bytes_and_nan_are_refused(kind):
    """Full ink is 1 here: among bytes salt would be invisible, and noise of 0.5 as well."""
    images = grey(0.4, count=2)
    with pytest.raises(ValueError, match="divide bytes by 255"):
        KINDS[kind]((255 * images).to(torch.uint8), 0.3, generator())
    with pytest.raises(ValueError, match="got values from 102 to 102; divide bytes by 255"):
        KINDS[kind](255 * images, 0.3, generator())
    images[1, 0, 3, 3] = math.nan
    with pytest.raises(ValueError, match="got NaN among them"):
        KINDS[kind](images, 0.3, generator())


@every_kind
def test_noise_may_be_added_to_noise(kind):
    once = gaussian(grey(0.4, count=2), 0.5, generator())
    assert KINDS[kind](once, 0.3, generator(1)).shape == once.shape


@every_kind
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("strength", [0.3, np.float64(0.3), torch.full((2, 1, 1, 1), 0.3).double()])
def test_every_type_of_image_is_kept_whatever_the_strength_s(kind, dtype, strength):
    images = grey(0.4, count=2)
    noisy = KINDS[kind](images.to(dtype), strength, generator())
    assert noisy.dtype == dtype
    assert torch.allclose(noisy.float(), KINDS[kind](images, 0.3, generator()), atol=0.02)


@every_kind
def test_the_default_type_of_numbers_changes_nothing(kind):
    expected = KINDS[kind](grey(0.4, count=2), 0.5, generator())
    images = grey(0.4, count=2)
    torch.set_default_dtype(torch.float64)
    try:
        noisy = KINDS[kind](images, 0.5, generator())
    finally:
        torch.set_default_dtype(torch.float32)
    assert noisy.dtype == torch.float32 and torch.equal(noisy, expected)


@every_kind
def test_strengths_of_a_batch_are_those_of_its_images_alone(kind):
    """Each image as if it came alone, with its own strength."""
    images = torch.rand(3, 1, 28, 28, generator=generator())
    strengths = [0.1, 0.4, 0.8]
    together = KINDS[kind](images, torch.tensor(strengths).view(3, 1, 1, 1), generator(5))
    for i, strength in enumerate(strengths):
        same_draws = KINDS[kind](images, strength, generator(5))
        assert torch.equal(together[i], same_draws[i])
