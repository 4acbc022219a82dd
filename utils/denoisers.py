"""Classical denoisers, which know nothing of digits, and the grid search that tunes them.

A denoiser is a function `denoiser(noisy, **parameters) -> restored`; both are batches of images,
float32, shape (n, 1, 28, 28). What it returns is cut to [0, 1], where all clean images lie.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import torch
from scipy import ndimage
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle, denoise_wavelet
from torch import Tensor

from .metrics import psnr

Denoiser = Callable[..., Tensor]


def identity(noisy: Tensor) -> Tensor:
    """Do nothing but cut to [0, 1]: what every other method has to beat."""
    _check_images(noisy)
    return noisy.clamp(0, 1)


def median_filter(noisy: Tensor, size: int) -> Tensor:
    """Replace each pixel by the median of the `size` x `size` pixels around it (Tukey 1977)."""
    _check_images(noisy)
    filtered = ndimage.median_filter(noisy.numpy(), size=(1, 1, size, size))
    return torch.from_numpy(filtered).clamp(0, 1)


def total_variation(noisy: Tensor, weight: float) -> Tensor:
    """Look for an image near the noisy one with little difference between neighbouring pixels.

    A larger `weight` smooths more. Rudin, Osher & Fatemi (1992) asked the question,
    https://doi.org/10.1016/0167-2789(92)90242-F; Chambolle (2004) gave the algorithm used here,
    https://doi.org/10.1023/B:JMIV.0000011325.36760.1e.
    """
    return _one_by_one(lambda image: denoise_tv_chambolle(image, weight=weight), noisy)


def non_local_means(
    noisy: Tensor, cut_off: float, sigma: float = 0.0, patch_size: int = 5, distance: int = 6
) -> Tensor:
    """Average pixels whose surroundings look alike, wherever in the image they are.

    Buades, Coll & Morel (2005), https://doi.org/10.1109/CVPR.2005.38. Two patches of `patch_size`
    pixels, at most `distance` pixels apart, count as alike when they differ by less than about
    `cut_off`, in pixel values; the difference that noise of standard deviation `sigma` alone would
    make is subtracted first.
    """
    return _one_by_one(
        lambda image: denoise_nl_means(
            image, h=cut_off, sigma=sigma, patch_size=patch_size, patch_distance=distance
        ),
        noisy,
    )


def wavelet_shrinkage(
    noisy: Tensor, sigma: float, wavelet: str = "db2", method: str = "BayesShrink", shifts: int = 1
) -> Tensor:
    """Pull small wavelet coefficients to 0: noise is spread over all of them, a stroke over few.

    `method` is "BayesShrink" (Chang, Yu & Vetterli 2000, https://doi.org/10.1109/83.862633) or
    "VisuShrink" (Donoho & Johnstone 1994, https://doi.org/10.1093/biomet/81.3.425), with a soft
    threshold for noise of standard deviation `sigma`. The result is the mean over the image moved
    by 0 to `shifts` pixels in both directions (cycle spinning, Coifman & Donoho 1995,
    https://doi.org/10.1007/978-1-4612-2544-7_9), which wavelets need because they treat a stroke
    differently wherever it lies.
    """
    moves = list(product(range(shifts + 1), repeat=2))

    def shrink(image: np.ndarray) -> np.ndarray:
        total = np.zeros_like(image)
        for move in moves:
            there, back = move, (-move[0], -move[1])
            moved = np.roll(image, there, axis=(0, 1))
            shrunk = denoise_wavelet(
                moved, sigma=sigma, wavelet=wavelet, method=method, mode="soft"
            )
            total += np.roll(shrunk, back, axis=(0, 1))
        return total / len(moves)

    return _one_by_one(shrink, noisy)


@dataclass(frozen=True)
class Tuned:
    """A denoiser with the parameters that `tune` chose; call it with noisy images."""

    denoiser: Denoiser
    parameters: Mapping[str, object]
    validation_psnr: float  # decibels, mean over the validation images
    tried: Sequence[tuple[Mapping[str, object], float]] = field(repr=False)

    def __call__(self, noisy: Tensor) -> Tensor:
        return self.denoiser(noisy, **self.parameters)


def tune(denoiser: Denoiser, grid: Mapping[str, Sequence], noisy: Tensor, clean: Tensor) -> Tuned:
    """Try every combination of the values in `grid` and keep that with the highest mean PSNR.

    `noisy` and `clean` are validation images of shape (n, 1, 28, 28): never those that a result is
    reported on. An empty `grid` is right for a denoiser without parameters.
    Raises `ValueError` when a parameter has no values or the images are not pairs.
    """
    if noisy.shape != clean.shape:
        raise ValueError(
            f"expected noisy and clean images of one shape, got {tuple(noisy.shape)} and "
            f"{tuple(clean.shape)}; give the clean image of each noisy one"
        )
    empty = [name for name, values in grid.items() if len(values) == 0]
    if empty:
        raise ValueError(f"expected at least one value for every parameter, got none for {empty}")
    tried = [
        (parameters, psnr(denoiser(noisy, **parameters), clean).mean().item())
        for parameters in _combinations(grid)
    ]
    best, best_psnr = max(tried, key=lambda attempt: attempt[1])
    return Tuned(denoiser, best, best_psnr, tried)


def _combinations(grid: Mapping[str, Sequence]) -> Iterator[dict[str, object]]:
    for values in product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def _one_by_one(function: Callable[[np.ndarray], np.ndarray], noisy: Tensor) -> Tensor:
    """Apply a function of one (height, width) image to each, and cut the results to [0, 1]."""
    _check_images(noisy)
    restored = np.stack([function(image) for image in noisy[:, 0].numpy()])  # (n, height, width)
    return torch.from_numpy(restored).to(noisy.dtype).unsqueeze(1).clamp(0, 1)


def _check_images(noisy: Tensor) -> None:
    if noisy.ndim != 4 or noisy.shape[1] != 1 or len(noisy) == 0:
        raise ValueError(
            "expected a batch of grey images of shape (n, 1, height, width), "
            f"got {tuple(noisy.shape)}"
        )
