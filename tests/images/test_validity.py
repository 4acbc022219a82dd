"""What counts as a batch of grey images."""

import pytest
import torch

from utils.images.validity import (
    FARTHEST_PIXEL,
    check_batch,
    check_clean,
    check_noisy,
)

GOOD = torch.linspace(0, 1, 16).view(1, 1, 4, 4)
CHECKS = [check_batch, check_clean, check_noisy]


def spoilt(value):
    images = GOOD.clone()
    images[0, 0, 2, 1] = value
    return images


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_floating_type_is_taken(check, dtype):
    assert check(GOOD.to(dtype)) is None


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64, torch.bool])
def test_bytes_and_other_whole_numbers_are_refused(check, dtype):
    with pytest.raises(ValueError, match=r"restored of floating-point pixels.*divide bytes by 255"):
        check(GOOD.to(dtype), "restored")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("shape", [(4, 4), (1, 4, 4), (2, 3, 4, 4), (0, 1, 4, 4), (1, 1, 0, 4)])
def test_what_is_no_batch_of_grey_images_is_refused(check, shape):
    with pytest.raises(ValueError, match="expected a batch of grey images"):
        check(torch.zeros(shape))


@pytest.mark.parametrize("check", CHECKS)
def test_what_is_no_tensor_is_refused(check):
    with pytest.raises(ValueError, match=r"got ndarray; make one with torch.as_tensor"):
        check(GOOD.numpy())


@pytest.mark.parametrize("value", [-1e-6, 1 + 1e-6, 255.0, float("nan"), float("inf")])
def test_a_single_pixel_outside_0_to_1_makes_an_image_not_clean(value):
    with pytest.raises(ValueError, match=r"originals with pixels in \[0, 1\]"):
        check_clean(spoilt(value), "originals")


@pytest.mark.parametrize("value", [-FARTHEST_PIXEL, -3.0, 4.5, FARTHEST_PIXEL])
def test_noise_may_carry_a_pixel_far(value):
    check_noisy(spoilt(value))


@pytest.mark.parametrize(
    "value", [-FARTHEST_PIXEL - 0.1, FARTHEST_PIXEL + 0.1, float("nan"), float("-inf")]
)
def test_but_no_byte_and_nothing_infinite_is_a_noisy_pixel(value):
    with pytest.raises(ValueError, match="finite pixels in or near"):
        check_noisy(spoilt(value))


def test_the_message_says_what_came():
    with pytest.raises(ValueError, match="got values from 0 to 255"):
        check_noisy(255 * GOOD)
    with pytest.raises(ValueError, match="got NaN among them"):
        check_clean(spoilt(float("nan")))
