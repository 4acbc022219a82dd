"""Quality of restored images: known cases, and agreement with scikit-image."""

import math

import numpy as np
import pytest
import torch
from skimage.metrics import mean_squared_error as reference_mse
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from utils.measures.image_quality import mean_squared_error, psnr, ssim


def pair(count=4, size=28, dtype=torch.float64):
    """Smooth images and noisy copies of them, in [0, 1]."""
    generator = torch.Generator().manual_seed(0)
    rough = torch.rand(count, 1, size, size, generator=generator, dtype=dtype)
    smooth = torch.nn.functional.avg_pool2d(rough, 5, stride=1, padding=2)
    noise = torch.randn(smooth.shape, generator=generator, dtype=dtype)
    return (smooth + 0.1 * noise).clamp(0, 1), smooth


def test_mean_squared_error_of_a_known_case():
    original = torch.zeros(2, 1, 2, 2)
    restored = original.clone()
    restored[1, 0, 0, 0] = 0.5  # a quarter of the pixels is off by a half: 0.25 / 4
    assert mean_squared_error(restored, original).tolist() == [0.0, 0.0625]


@pytest.mark.parametrize(("difference", "decibels"), [(1.0, 0.0), (0.1, 20.0), (0.01, 40.0)])
def test_psnr_of_a_constant_difference(difference, decibels):
    original = torch.zeros(3, 1, 12, 12, dtype=torch.float64)
    assert psnr(original + difference, original).tolist() == pytest.approx([decibels] * 3, abs=1e-9)


def test_psnr_is_of_each_image_and_not_of_the_batch():
    original = torch.zeros(2, 1, 12, 12, dtype=torch.float64)
    restored = torch.stack([original[0] + 0.1, original[1] + 0.01])
    assert psnr(restored, original).tolist() == pytest.approx([20.0, 40.0])


def test_psnr_of_equal_images_is_infinite():
    _, original = pair()
    assert psnr(original, original).tolist() == [math.inf] * 4


def test_ssim_of_equal_images_is_one():
    for dtype in (torch.float32, torch.float64):
        _, original = pair(dtype=dtype)
        assert ssim(original, original).tolist() == pytest.approx([1.0] * 4, abs=1e-6)
        assert ssim(torch.zeros_like(original), torch.zeros_like(original)).tolist() == [1.0] * 4


def test_ssim_of_two_flat_images_is_its_term_for_brightness():
    """Without variance only (2ab + C1) / (a² + b² + C1) is left of the formula."""
    dark = torch.full((1, 1, 16, 16), 0.2, dtype=torch.float64)
    bright = torch.full((1, 1, 16, 16), 0.6, dtype=torch.float64)
    c1 = 0.01**2
    expected = (2 * 0.2 * 0.6 + c1) / (0.2**2 + 0.6**2 + c1)
    assert ssim(dark, bright).item() == pytest.approx(expected, abs=1e-9)


def test_ssim_of_an_image_and_its_negative_is_below_zero():
    _, original = pair()
    stretched = ((original - original.mean()) * 3 + 0.5).clamp(0, 1)
    assert (ssim(1 - stretched, stretched) < 0).all()


@pytest.mark.parametrize("size", [11, 28, 33])
def test_agrees_with_scikit_image(size):
    restored, original = pair(size=size)
    for i in range(len(original)):
        x, y = restored[i, 0].numpy(), original[i, 0].numpy()
        assert mean_squared_error(restored, original)[i].item() == pytest.approx(
            reference_mse(y, x), abs=1e-12
        )
        assert psnr(restored, original)[i].item() == pytest.approx(
            peak_signal_noise_ratio(y, x, data_range=1), abs=1e-6
        )
        reference = structural_similarity(
            y, x, data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        assert ssim(restored, original)[i].item() == pytest.approx(reference, abs=1e-6)


def test_single_precision_is_close_to_double():
    restored, original = pair()
    exact = ssim(restored, original).numpy()
    rounded = ssim(restored.float(), original.float()).numpy()
    assert np.abs(exact - rounded).max() < 1e-4


@pytest.mark.parametrize("metric", [mean_squared_error, psnr, ssim])
def test_arguments_may_be_exchanged(metric):
    restored, original = pair()
    assert torch.allclose(metric(restored, original), metric(original, restored), atol=1e-12)


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_more_noise_is_worse(metric):
    _, original = pair()
    noise = torch.randn(original.shape, generator=torch.Generator().manual_seed(1)).double()
    qualities = [
        metric(original + sigma * noise, original).mean().item() for sigma in (0.05, 0.1, 0.3)
    ]
    assert qualities[0] > qualities[1] > qualities[2]


@pytest.mark.parametrize("metric", [mean_squared_error, psnr, ssim])
@pytest.mark.parametrize("shape", [(3, 1, 28, 28), (4, 28, 28), (4, 3, 28, 28), (4, 1, 28, 27)])
def test_batches_that_do_not_fit_are_refused(metric, shape):
    """Broadcasting one image against four would give a number, and a wrong one."""
    _, original = pair()
    other = torch.zeros(shape, dtype=torch.float64)
    for arguments in ((other, original), (original, other)):
        with pytest.raises(ValueError, match=r"expected (two batches|a batch) of grey images"):
            metric(*arguments)


def test_ssim_refuses_images_smaller_than_its_window():
    small = torch.zeros(1, 1, 10, 28)
    with pytest.raises(ValueError, match="at least 11 x 11"):
        ssim(small, small)


@pytest.mark.parametrize("metric", [mean_squared_error, psnr, ssim])
def test_two_batches_of_one_wrong_shape_are_refused_too(metric):
    colour = torch.zeros(4, 3, 28, 28)
    with pytest.raises(ValueError, match="expected a batch of grey images"):
        metric(colour, colour)


@pytest.mark.parametrize("size", [(10, 28), (28, 10)])
def test_ssim_refuses_what_is_too_narrow_or_too_low_by_one_pixel(size):
    with pytest.raises(ValueError, match="at least 11 x 11"):
        ssim(torch.zeros(1, 1, *size), torch.zeros(1, 1, *size))
    assert ssim(torch.zeros(1, 1, 11, 28), torch.zeros(1, 1, 11, 28)).tolist() == [1.0]


def test_ssim_sees_exactly_eleven_pixels():
    """The window as the paper's section III-C has it, from a single speck of ink.

    Between a speck and empty paper the formula is known at each place: with the window's weight w
    there, the speck's local mean is w and its variance w - w². A window of another width has
    other weights and another number of places.
    """
    size = 15
    offsets = np.arange(11) - 5
    line = np.exp(-(offsets**2) / (2 * 1.5**2))
    weights = np.outer(line, line) / line.sum() ** 2  # (11, 11)
    padded = np.zeros((size - 10, size - 10))
    for row, column in np.ndindex(padded.shape):
        # The speck lies in the middle of the image; the window that starts here sees it off centre.
        padded[row, column] = weights[size // 2 - row, size // 2 - column]
    c1, c2 = 0.01**2, 0.03**2
    expected = (c1 * c2 / ((padded**2 + c1) * (padded - padded**2 + c2))).mean()
    speck = torch.zeros(1, 1, size, size, dtype=torch.float64)
    speck[0, 0, size // 2, size // 2] = 1
    assert ssim(speck, torch.zeros_like(speck)).item() == pytest.approx(expected, rel=1e-9)


def test_ssim_ends_where_its_window_ends():
    """A speck six rows away from the only window's middle is not seen, five rows away it is."""
    clean = torch.zeros(1, 1, 12, 11, dtype=torch.float64)
    speck = clean.clone()
    speck[0, 0, 0, 5] = 1  # the upper of two windows sees it in its first row, the lower does not
    upper, lower = (
        ssim(speck[..., rows, :], clean[..., rows, :]).item()
        for rows in (slice(0, 11), slice(1, 12))
    )
    assert upper < 1 and lower == 1
    assert ssim(speck, clean).item() == pytest.approx((upper + lower) / 2, rel=1e-12)


@pytest.mark.parametrize("metric", [mean_squared_error, psnr, ssim])
def test_bytes_are_refused(metric):
    _, original = pair()
    as_bytes = (255 * original).to(torch.uint8)
    for arguments in ((as_bytes, as_bytes), (as_bytes, original), (original, as_bytes)):
        with pytest.raises(ValueError, match="divide bytes by 255"):
            metric(*arguments)


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_pixels_from_0_to_255_and_nan_are_refused(metric):
    """Their PSNR would come out 48 dB too low, SSIM's constants 255 times too small."""
    _, original = pair()
    broken = original.clone()
    broken[2, 0, 5, 5] = math.nan
    with pytest.raises(ValueError, match=r"originals with pixels in \[0, 1\].*divide bytes by 255"):
        metric(255 * original, 255 * original)
    with pytest.raises(ValueError, match=r"restored images with finite.*divide bytes by 255"):
        metric(255 * original, original)
    for arguments in ((broken, original), (original, broken)):
        with pytest.raises(ValueError, match="got NaN among them"):
            metric(*arguments)


def test_a_restored_image_may_leave_0_to_1():
    original = torch.zeros(1, 1, 12, 12)
    assert psnr(original - 0.1, original).item() == pytest.approx(20, abs=1e-5)


def test_the_loss_lets_nan_through_for_the_training_loop_to_name():
    _, original = pair()
    assert mean_squared_error(original * math.nan, original).isnan().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("metric", [psnr, ssim])
def test_half_precision_is_computed_in_single(metric, dtype):
    restored, original = (images.to(dtype) for images in pair())
    quality = metric(restored, original)
    assert quality.dtype == torch.float32
    assert torch.equal(quality, metric(restored.float(), original.float()))
    assert torch.isfinite(metric(restored, original.float())).all()  # the types may differ
