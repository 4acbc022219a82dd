"""Classical denoisers, which know nothing of digits, and the grid search that tunes them.

A denoiser is a function `denoiser(noisy, **parameters) -> restored`; both are batches of images,
floating-point, shape (n, 1, height, width), and images of bytes are refused. What it returns is cut
to [0, 1], where all clean images lie, and has the type of `noisy`. A parameter that makes no sense
raises `ValueError`.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pywt
import torch
from scipy import fft, ndimage
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle
from torch import Tensor
from torch.nn import functional

from ..images.validity import check_noisy
from ..measures.image_quality import psnr

Denoiser = Callable[..., Tensor]

# Coefficients of noise alone exceed so many of its standard deviations about once in 370 and in 140
# times: the thresholds of Yu & Sapiro (2011) and of Dabov et al. (2007, table I).
DCT_THRESHOLD = 3.0
BM3D_THRESHOLD = 2.7
BM3D_WINDOW = 2.0  # shape of the Kaiser window that fades a patch out towards its rim, same table
TIE = 1e-13  # squared distance by which each patch of a picture seems farther than the one before
BM3D_BATCH = 16  # images at once; the distances between all their patches fill 25 MB


def identity(noisy: Tensor) -> Tensor:
    """Do nothing but cut to [0, 1]: what every other method has to beat."""
    check_noisy(noisy)
    return noisy.clamp(0, 1)


def gaussian_blur(noisy: Tensor, width: float) -> Tensor:
    """Average each pixel with those around it, weighted by a bell curve of `width` pixels.

    `width` is its standard deviation; beyond the rim the picture is mirrored.
    """
    _require_positive(width=width)
    return _one_by_one(lambda image: ndimage.gaussian_filter(image, sigma=width), noisy)


def median_filter(noisy: Tensor, size: int) -> Tensor:
    """Replace each pixel by the median of the `size` x `size` pixels around it (Tukey 1977).

    `size` is odd: an even square has no pixel in its middle, and would move the picture.
    """
    _require_odd(size=size)
    return _one_by_one(lambda image: ndimage.median_filter(image, size=size), noisy)


def bilateral_filter(noisy: Tensor, width: float, cut_off: float) -> Tensor:
    """Average neighbouring pixels that also have similar values, so that edges stay sharp.

    Tomasi & Manduchi (1998), https://doi.org/10.1109/ICCV.1998.710815. Both weights are bell
    curves: over the distance, of standard deviation `width` in pixels and cut after three of them,
    and over the difference of the values, of standard deviation `cut_off`. Beyond the rim the
    picture is mirrored. (scikit-image's filter is not used, as it expects values in [0, 1], which
    noise leaves.)
    """
    _require_positive(width=width, cut_off=cut_off)
    reach = math.ceil(3 * width)
    offsets = np.arange(-reach, reach + 1)
    line = np.exp(-(offsets**2) / (2 * width**2))
    near = np.outer(line, line)  # (side, side), side = 2 * reach + 1

    def smooth(image: np.ndarray) -> np.ndarray:
        padded = np.pad(image, reach, mode="symmetric")
        windows = np.lib.stride_tricks.sliding_window_view(padded, near.shape)
        # windows: (height, width, side, side), all that each pixel sees
        differences = windows - image[:, :, None, None]
        weights = near * np.exp(-(differences**2) / (2 * cut_off**2))
        return (weights * windows).sum((2, 3)) / weights.sum((2, 3))

    return _one_by_one(smooth, noisy)


def total_variation(noisy: Tensor, weight: float) -> Tensor:
    """Look for an image near the noisy one with little difference between neighbouring pixels.

    A larger `weight` smooths more. Rudin, Osher & Fatemi (1992) asked the question,
    https://doi.org/10.1016/0167-2789(92)90242-F; Chambolle (2004) gave the algorithm used here,
    https://doi.org/10.1023/B:JMIV.0000011325.36760.1e.
    """
    _require_positive(weight=weight)
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
    _require_positive(cut_off=cut_off, distance=distance)
    _require_odd(patch_size=patch_size)
    if not (math.isfinite(sigma) and sigma >= 0):
        raise ValueError(f"expected sigma, the noise's strength, of at least 0, got {sigma}")
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
    _require_positive(sigma=sigma)
    if shifts < 0:
        raise ValueError(f"expected shifts of at least 0 pixels, got {shifts}; 0 moves nothing")
    if method not in ("BayesShrink", "VisuShrink"):
        raise ValueError(f'expected method "BayesShrink" or "VisuShrink", got {method!r}')
    check_noisy(noisy)
    images = _as_floats(noisy)[:, 0].numpy()  # (n, height, width)
    moves = list(product(range(shifts + 1), repeat=2))
    total = np.zeros_like(images)
    for down, right in moves:
        moved = np.roll(images, (down, right), axis=(1, 2))
        total += np.roll(_shrink(moved, sigma, wavelet, method), (-down, -right), axis=(1, 2))
    restored = torch.from_numpy(total / len(moves))
    return restored.to(noisy.dtype).unsqueeze(1).clamp(0, 1)


def _shrink(images: np.ndarray, sigma: float, wavelet: str, method: str) -> np.ndarray:
    """What scikit-image's `denoise_wavelet` makes of each image (n, height, width), all at once.

    It takes one image, and longer to prepare its work than to do it on one as small as a digit.
    """
    height, width = images.shape[1:]
    levels = max(pywt.dwtn_max_level((height, width), wavelet) - 3, 1)  # the coarsest are kept

    def threshold(details: np.ndarray) -> np.ndarray | float:
        if method == "VisuShrink":
            return sigma * math.sqrt(2 * math.log(height * width))
        power = np.square(details).mean((1, 2), keepdims=True) - sigma**2  # without the noise's
        return sigma**2 / np.sqrt(np.maximum(power, np.finfo(details.dtype).eps))

    coarse, *levels_of_details = pywt.wavedecn(images, wavelet, level=levels, axes=(1, 2))
    shrunk = [
        {name: _soft(details, threshold(details)) for name, details in level.items()}
        for level in levels_of_details
    ]
    restored = pywt.waverecn([coarse, *shrunk], wavelet, axes=(1, 2))
    return restored[:, :height, :width]  # sides of an odd length come back one pixel longer


def _soft(coefficients: np.ndarray, threshold: np.ndarray | float) -> np.ndarray:
    return np.sign(coefficients) * np.maximum(np.abs(coefficients) - threshold, 0)


def dct_shrinkage(noisy: Tensor, sigma: float, patch_size: int = 8) -> Tensor:
    """Set small coefficients of every patch's cosine transform to 0, and average the patches.

    Yu & Sapiro (2011), https://doi.org/10.5201/ipol.2011.ys-dct. Small is what noise of standard
    deviation `sigma` can make: less than three times `sigma`. Every pixel lies in as many as
    `patch_size` x `patch_size` patches.
    """
    _require_positive(sigma=sigma)
    patches = _patches(noisy, patch_size)  # (n, places, pixels of a patch)
    transform = _dct_matrix(patch_size)
    spectra = patches @ transform.T
    kept = torch.where(spectra.abs() > DCT_THRESHOLD * sigma, spectra, 0)
    restored = _overlay(kept @ transform, torch.ones_like(kept), noisy.shape, patch_size)
    return restored.to(noisy.dtype).clamp(0, 1)


def bm3d(
    noisy: Tensor, sigma: float, patch_size: int = 8, group_size: int = 16, step: int = 1
) -> Tensor:
    """Block matching and 3-D filtering: restore similar patches together, twice.

    Dabov, Foi, Katkovnik & Egiazarian (2007), https://doi.org/10.1109/TIP.2007.901238. Each patch
    of `patch_size` x `patch_size` pixels is stacked with the most similar ones of its image to a
    group of `group_size`, a power of 2. Cosine transforms along both sides of the patches and a
    Haar transform along the stack gather what the patches have in common in few coefficients, while
    noise of standard deviation `sigma` stays spread over all. The first pass sets small
    coefficients to 0. The second looks for similar patches in the result of the first, and uses
    their coefficients to weigh those of the noisy ones as a Wiener filter does. Overlapping patches
    are averaged, those whose group kept little noise with more weight.

    Written for small images: patches are compared with all others of the image, not only with those
    in a window and up to a distance. Every `step`-th place across and down has a group of its own,
    and so has the last; the paper's choice is 3.
    """
    check_noisy(noisy)
    _require_positive(sigma=sigma)
    _require_patch(noisy, patch_size)
    if not 1 <= step <= patch_size:
        raise ValueError(
            f"expected a step from 1 to {patch_size}, the size of a patch, got {step}; "
            "beyond it some pixels lie in no patch"
        )
    places = (noisy.shape[-2] - patch_size + 1) * (noisy.shape[-1] - patch_size + 1)
    if group_size not in [2**power for power in range(16)] or group_size > places:
        raise ValueError(
            f"expected a group_size that is a power of 2 and at most {places}, the number of "
            f"patches in an image, got {group_size}"
        )
    restored = [
        _bm3d(batch, sigma, patch_size, group_size, step)
        for batch in noisy.detach().split(BM3D_BATCH)
    ]
    return torch.cat(restored).to(noisy.dtype).clamp(0, 1)


def _bm3d(noisy: Tensor, sigma: float, patch_size: int, group_size: int, step: int) -> Tensor:
    """Both passes over images (n, 1, height, width) -> (n, 1, height, width), not cut.

    A patch is a member of many groups. Its cosine transform is taken once, and taken back once for
    all of them together, as a sum and its transform may change places.
    """
    across, along = _dct_matrix(patch_size), _haar_matrix(group_size)
    line = torch.kaiser_window(patch_size, periodic=False, beta=BM3D_WINDOW)
    window = torch.outer(line, line).flatten()  # (pixels of a patch,)
    patches = _patches(noisy, patch_size)  # (n, places, pixels of a patch)
    places = patches.shape[1]
    references = _references(noisy.shape, patch_size, step)  # (groups,)

    def average(spectra: Tensor, noise_left: Tensor, members: Tensor) -> Tensor:
        """Put every patch of every group (its spectrum) back where it came from."""
        # The less noise a group kept, the more it counts; a group without any counts as one number.
        weights = 1 / noise_left.clamp(min=1)[..., None, None]  # (n, groups, 1, 1)
        weighted = _scatter((weights * along.T) @ spectra, members, places) @ across
        total = _scatter(weights.expand(*members.shape, 1), members, places)  # (n, places, 1)
        return _overlay(window * weighted, window * total, noisy.shape, patch_size)

    noisy_spectra = patches @ across.T  # (n, places, pixels of a patch)
    members = _most_similar(patches, references, group_size)  # (n, groups, group_size)
    groups = along @ _gather(noisy_spectra, members)  # (n, groups, group_size, pixels of a patch)
    kept = groups.abs() > BM3D_THRESHOLD * sigma
    basic = average(groups * kept, kept.flatten(2).sum(2), members)

    basic_patches = _patches(basic, patch_size)
    members = _most_similar(basic_patches, references, group_size)
    power = (along @ _gather(basic_patches @ across.T, members)).square()
    gain = power / (power + sigma**2)
    groups = along @ _gather(noisy_spectra, members)
    return average(groups * gain, gain.square().flatten(2).sum(2), members)


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
    check_noisy(noisy)
    images = _as_floats(noisy)[:, 0].numpy()  # (n, height, width)
    restored = torch.from_numpy(np.stack([function(image) for image in images]))
    return restored.to(noisy.dtype).unsqueeze(1).clamp(0, 1)


def _as_floats(images: Tensor) -> Tensor:
    """On the CPU, in 32 bits or more: neither SciPy nor scikit-image knows anything smaller."""
    return images.detach().cpu().to(torch.promote_types(images.dtype, torch.float32))


def _patches(images: Tensor, size: int) -> Tensor:
    """Every square of `size` pixels, row by row: (n, 1, h, w) -> (n, places, size * size)."""
    check_noisy(images)
    _require_patch(images, size)
    return functional.unfold(images.detach().cpu().float(), size).transpose(1, 2)


def _require_patch(images: Tensor, size: int) -> None:
    if not 1 <= size <= min(images.shape[-2:]):
        raise ValueError(
            f"expected a patch_size from 1 to {min(images.shape[-2:])}, the images' smaller side, "
            f"got {size}"
        )


def _overlay(patches: Tensor, weights: Tensor, shape: torch.Size, size: int) -> Tensor:
    """The weighted mean of overlapping patches (n, places, size * size), as images of `shape`.

    `patches` are multiplied by their `weights` already.
    """

    def lay(values: Tensor) -> Tensor:
        return functional.fold(values.transpose(1, 2), tuple(shape[-2:]), size)

    return lay(patches) / lay(weights)


def _references(shape: torch.Size, size: int, step: int) -> Tensor:
    """The places, counted row by row, that have a group of their own: (groups,)"""
    height, width = (side - size + 1 for side in shape[-2:])  # places down and across
    rows, columns = (
        torch.tensor(sorted({*range(0, count, step), count - 1})) for count in (height, width)
    )
    return (width * rows[:, None] + columns).flatten()


def _most_similar(patches: Tensor, references: Tensor, count: int) -> Tensor:
    """For every reference the places of the `count` patches most similar to it, itself first.

    (n, places, pixels), (groups,) -> (n, groups, count)
    """
    # In 64 bits: in 32 the way over squares and products would lose small distances.
    patches = patches.double()
    # Squared distances, less the squares of the references, which are the same along a row.
    squares = patches.square().sum(2)[:, None]  # (n, 1, places)
    distances = torch.baddbmm(squares, -2 * patches[:, references], patches.transpose(1, 2))
    # Of equal ones the first; else which is taken would depend on the machine.
    distances += TIE * torch.arange(patches.shape[1])
    # Itself also where several patches are equal.
    distances[:, torch.arange(len(references)), references] = -math.inf
    return distances.topk(count, largest=False).indices


def _gather(patches: Tensor, members: Tensor) -> Tensor:
    """(n, places, pixels), (n, groups, count) -> (n, groups, count, pixels)"""
    places = patches.shape[1]
    return patches.flatten(0, 1).index_select(0, _rows(members, places)).view(*members.shape, -1)


def _scatter(values: Tensor, members: Tensor, places: int) -> Tensor:
    """The opposite of `_gather`, with a sum where a patch is a member of several groups.

    (n, groups, count, pixels), (n, groups, count) -> (n, places, pixels)
    """
    count, pixels = len(values), values.shape[-1]
    sums = values.new_zeros(count * places, pixels)
    sums.index_add_(0, _rows(members, places), values.reshape(-1, pixels))
    return sums.view(count, places, pixels)


def _rows(members: Tensor, places: int) -> Tensor:
    """Places (n, groups, count) in their images -> the rows where the patches of all images lie."""
    return (members + places * torch.arange(len(members))[:, None, None]).flatten()


def _dct_matrix(size: int) -> Tensor:
    """The orthonormal 2-D cosine transform of a patch written row by row, (size², size²)."""
    line = torch.from_numpy(fft.dct(np.eye(size), axis=0, norm="ortho")).float()  # (size, size)
    return torch.kron(line, line)


def _haar_matrix(size: int) -> Tensor:
    """The orthonormal Haar transform of `size` numbers, a power of 2: means, then differences."""
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        differences = np.kron(np.eye(len(matrix)), [1, -1])
        matrix = np.concatenate([np.kron(matrix, [1, 1]), differences])
    return torch.from_numpy(matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).float()


def _require_positive(**parameters: float) -> None:
    for name, value in parameters.items():
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"expected {name} to be a finite number above 0, got {value}")


def _require_odd(**parameters: int) -> None:
    for name, value in parameters.items():
        if value < 1 or value % 2 != 1:
            raise ValueError(f"expected {name} to be an odd number of pixels, got {value}")
