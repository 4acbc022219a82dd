"""How close a restored image is to the original: mean squared error, PSNR and SSIM.

Every function takes two batches of images of shape (n, 1, height, width), floating-point, and
returns one number for each image, shape (n,). Figures in the book are means of these.

PSNR and SSIM are defined relative to the largest value a pixel can have, here 1: the original has
to lie in [0, 1], and bytes are refused. The squared error knows no such value; being a loss too, it
looks at shapes and types alone, and NaN is left for the training loop to name.
"""

import torch
from torch import Tensor
from torch.nn import functional

from ..images.validity import check_batch, check_clean, check_noisy

# Wang et al. (2004), section III-C: an 11 x 11 Gaussian window of standard deviation 1.5 pixels.
SSIM_WINDOW = 11
SSIM_SIGMA = 1.5
SSIM_K1 = 0.01
SSIM_K2 = 0.03


def mean_squared_error(restored: Tensor, original: Tensor) -> Tensor:
    """Mean over an image's pixels of the squared difference; 0 when equal. Shape (n,).

    Raises `ValueError` for what is no pair of floating-point batches of one shape.
    """
    _check_pair(restored, original)
    return (restored - original).square().flatten(1).mean(1)  # (n, 1, h, w) -> (n,)


def psnr(restored: Tensor, original: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image in decibels (dB), for a peak value of 1. Shape (n,).

    10 dB more is a tenth of the squared error. Equal images give infinity.
    Raises `ValueError` for originals outside [0, 1] and for restored images of bytes or with NaN.
    """
    restored, original = _checked(restored, original)
    return -10 * torch.log10(mean_squared_error(restored, original))


def ssim(restored: Tensor, original: Tensor) -> Tensor:
    """Structural similarity of each image, at most 1, reached only by equal images. Shape (n,).

    Wang, Bovik, Sheikh & Simoncelli (2004), https://doi.org/10.1109/TIP.2003.819861, with the
    paper's Gaussian window and constants and population (not sample) variances, averaged over the
    windows that lie wholly inside the image.
    Raises `ValueError` as `psnr` does, and for images smaller than the window of 11 x 11 pixels.
    """
    restored, original = _checked(restored, original)
    if min(original.shape[-2:]) < SSIM_WINDOW:
        raise ValueError(
            f"expected images of at least {SSIM_WINDOW} x {SSIM_WINDOW} pixels for SSIM, "
            f"got {tuple(original.shape)}; use `psnr` for smaller ones"
        )
    window = _gaussian_window(original)  # (1, 1, 11, 11)

    def local_mean(values: Tensor) -> Tensor:
        return functional.conv2d(values, window)  # (n, 1, h, w) -> (n, 1, h - 10, w - 10)

    mean_x, mean_y = local_mean(restored), local_mean(original)
    variance_x = local_mean(restored.square()) - mean_x.square()
    variance_y = local_mean(original.square()) - mean_y.square()
    covariance = local_mean(restored * original) - mean_x * mean_y
    c1, c2 = SSIM_K1**2, SSIM_K2**2
    similarity = ((2 * mean_x * mean_y + c1) * (2 * covariance + c2)) / (
        (mean_x.square() + mean_y.square() + c1) * (variance_x + variance_y + c2)
    )
    return similarity.flatten(1).mean(1)  # (n, 1, h - 10, w - 10) -> (n,)


def _gaussian_window(like: Tensor) -> Tensor:
    offsets = torch.arange(SSIM_WINDOW, dtype=like.dtype, device=like.device) - SSIM_WINDOW // 2
    line = torch.exp(-offsets.square() / (2 * SSIM_SIGMA**2))
    line = line / line.sum()
    return torch.outer(line, line)[None, None]  # (11,) -> (1, 1, 11, 11)


def _checked(restored: Tensor, original: Tensor) -> tuple[Tensor, Tensor]:
    """Both, in one type of at least 32 bits: in 16 a variance of SSIM drowns in rounding."""
    _check_pair(restored, original)
    check_clean(original, "originals")
    check_noisy(restored, "restored images")
    dtype = torch.promote_types(restored.dtype, original.dtype)
    dtype = torch.promote_types(dtype, torch.float32)
    return restored.to(dtype), original.to(dtype)


def _check_pair(restored: Tensor, original: Tensor) -> None:
    check_batch(restored, "restored images")
    check_batch(original, "originals")
    if restored.shape != original.shape:
        raise ValueError(
            "expected two batches of grey images of one shape (n, 1, height, width), "
            f"got {tuple(restored.shape)} and {tuple(original.shape)}"
        )
