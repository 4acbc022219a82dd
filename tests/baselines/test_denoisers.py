"""Classical denoisers and the search that tunes them."""

import numpy as np
import pytest
import torch
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle, denoise_wavelet

from utils.baselines.denoisers import (
    Tuned,
    bilateral_filter,
    bm3d,
    dct_shrinkage,
    gaussian_blur,
    identity,
    median_filter,
    non_local_means,
    total_variation,
    tune,
    wavelet_shrinkage,
)
from utils.images.noise import gaussian, salt_and_pepper
from utils.measures.image_quality import psnr

SIGMA = 0.3
DENOISERS = {
    identity: {},
    gaussian_blur: {"width": 0.8},
    median_filter: {"size": 3},
    bilateral_filter: {"width": 1.0, "cut_off": 1.0},
    total_variation: {"weight": 0.3},
    non_local_means: {"cut_off": 0.4},
    wavelet_shrinkage: {"sigma": 0.3},
    dct_shrinkage: {"sigma": 0.3, "patch_size": 5},
    bm3d: {"sigma": 0.3, "patch_size": 5, "group_size": 8},
}


def every_denoiser(function):
    return pytest.mark.parametrize(("denoiser", "parameters"), DENOISERS.items())(function)


def bars(count=6):
    """Thick bars at different places, as clean as digits are."""
    images = torch.zeros(count, 1, 28, 28)
    for i in range(count):
        images[i, 0, 4:24, 3 + 3 * i : 8 + 3 * i] = 1
    return images


def noisy_bars(sigma=SIGMA, seed=0):
    return gaussian(bars(), sigma, torch.Generator().manual_seed(seed))


@every_denoiser
def test_images_in_images_out(denoiser, parameters):
    noisy = noisy_bars()
    before = noisy.clone()
    restored = denoiser(noisy, **parameters)
    assert restored.shape == noisy.shape and restored.dtype == torch.float32
    assert restored.min() >= 0 and restored.max() <= 1
    assert torch.equal(noisy, before)


@every_denoiser
def test_each_image_is_restored_on_its_own(denoiser, parameters):
    noisy = noisy_bars()
    together = denoiser(noisy, **parameters)
    alone = torch.cat([denoiser(image[None], **parameters) for image in noisy])
    assert torch.allclose(together, alone, atol=1e-5)


@every_denoiser
def test_it_beats_doing_nothing(denoiser, parameters):
    noisy, clean = noisy_bars(), bars()
    gain = (psnr(denoiser(noisy, **parameters), clean) - psnr(identity(noisy), clean)).mean()
    assert gain == 0 if denoiser is identity else gain > 2


@every_denoiser
@pytest.mark.parametrize("shape", [(28, 28), (4, 28, 28), (4, 3, 28, 28), (0, 1, 28, 28)])
def test_what_is_no_batch_of_grey_images_is_refused(denoiser, parameters, shape):
    with pytest.raises(ValueError, match="expected a batch of grey images"):
        denoiser(torch.zeros(shape), **parameters)


@every_denoiser
def test_bytes_and_nan_are_refused(denoiser, parameters):
    """Thresholds and weights are meant for ink of 1; among bytes they would do nothing at all."""
    with pytest.raises(ValueError, match="divide bytes by 255"):
        denoiser((255 * bars()).to(torch.uint8), **parameters)
    with pytest.raises(ValueError, match="divide bytes by 255"):
        denoiser(255 * bars(), **parameters)
    noisy = noisy_bars()
    noisy[1, 0, 20, 20] = np.nan
    with pytest.raises(ValueError, match="got NaN among them"):
        denoiser(noisy, **parameters)


@every_denoiser
@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_the_type_is_kept(denoiser, parameters, dtype):
    noisy = noisy_bars()[:2]
    restored = denoiser(noisy.to(dtype), **parameters)
    assert restored.dtype == dtype
    # In 16 bits a threshold may fall on the other side of a coefficient here and there.
    assert (restored.float() - denoiser(noisy, **parameters)).abs().mean() < 0.005


@every_denoiser
def test_images_that_a_network_has_just_made_are_taken(denoiser, parameters):
    noisy = noisy_bars()[:2]
    restored = denoiser(noisy.clone().requires_grad_(), **parameters)
    assert torch.equal(restored.detach(), denoiser(noisy, **parameters))


@every_denoiser
def test_empty_paper_stays_empty(denoiser, parameters):
    """All patches are equal here, so the most similar one is not unique."""
    empty = torch.zeros(2, 1, 28, 28)
    assert torch.equal(denoiser(empty, **parameters), empty)


@pytest.mark.parametrize(
    ("denoiser", "parameters", "name"),
    [
        (gaussian_blur, {"width": 0.0}, "width"),
        (median_filter, {"size": 2}, "size"),
        (median_filter, {"size": -1}, "size"),
        (bilateral_filter, {"width": -1.0, "cut_off": 1.0}, "width"),
        (bilateral_filter, {"width": 1.0, "cut_off": float("nan")}, "cut_off"),
        (total_variation, {"weight": 0.0}, "weight"),
        (non_local_means, {"cut_off": 0.0}, "cut_off"),
        (non_local_means, {"cut_off": 0.3, "sigma": -0.1}, "sigma"),
        (non_local_means, {"cut_off": 0.3, "patch_size": 4}, "patch_size"),
        (non_local_means, {"cut_off": 0.3, "distance": 0}, "distance"),
        (wavelet_shrinkage, {"sigma": 0.0}, "sigma"),
        (wavelet_shrinkage, {"sigma": 0.3, "shifts": -1}, "shifts"),
        (dct_shrinkage, {"sigma": -0.3}, "sigma"),
        (dct_shrinkage, {"sigma": 0.3, "patch_size": 29}, "patch_size"),
        (bm3d, {"sigma": 0.0}, "sigma"),
        (bm3d, {"sigma": 0.3, "patch_size": 0}, "patch_size"),
        (bm3d, {"sigma": 0.3, "group_size": 6}, "group_size"),
        (bm3d, {"sigma": 0.3, "patch_size": 4, "step": 5}, "step"),
        (bm3d, {"sigma": 0.3, "step": 0}, "step"),
        (bm3d, {"sigma": 0.3, "patch_size": 28, "group_size": 2}, "group_size"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(denoiser, parameters, name):
    with pytest.raises(ValueError, match=rf"expected (a )?{name}"):
        denoiser(noisy_bars(), **parameters)


def test_identity_cuts_and_does_nothing_else():
    images = torch.tensor([-0.5, 0.25, 1.5]).view(1, 1, 1, 3)
    assert identity(images).flatten().tolist() == [0, 0.25, 1]


def test_the_median_removes_a_single_speck_and_stays_within_its_image():
    images = torch.zeros(2, 1, 28, 28)
    images[0, 0, 10, 10] = 1
    images[1] = 1
    restored = median_filter(images, size=3)
    assert (restored[0] == 0).all() and (restored[1] == 1).all()
    assert torch.equal(median_filter(bars(), size=1), bars())


def test_gaussian_blur_is_scipys_and_stays_within_its_image():
    noisy = noisy_bars()
    expected = gaussian_filter(noisy[4, 0].numpy(), sigma=0.8)
    assert np.allclose(gaussian_blur(noisy, 0.8)[4, 0].numpy(), np.clip(expected, 0, 1), atol=1e-6)


def test_the_bilateral_filter_weighs_by_distance_and_by_difference():
    image, width, cut_off = texture(9, 12, sigma=0.5), 0.7, 0.4
    padded = np.pad(image, 3, mode="symmetric")  # 3 = 3 * 0.7, rounded up
    expected = np.zeros_like(image)
    for row, column in np.ndindex(image.shape):
        total = weights = 0.0
        for down, right in np.ndindex(7, 7):
            value = padded[row + down, column + right]
            distance = (down - 3) ** 2 + (right - 3) ** 2
            weight = np.exp(-distance / (2 * width**2))
            weight *= np.exp(-((value - image[row, column]) ** 2) / (2 * cut_off**2))
            total, weights = total + weight * value, weights + weight
        expected[row, column] = total / weights
    restored = bilateral_filter(as_batch(image), width=width, cut_off=cut_off)[0, 0].numpy()
    assert np.allclose(restored, np.clip(expected, 0, 1), atol=1e-5)
    assert image.min() < 0 and image.max() > 1  # noise leaves [0, 1]


def test_a_bilateral_filter_that_minds_no_difference_is_a_blur():
    image = noisy_bars()[1, 0].numpy()
    expected = gaussian_filter(image, sigma=0.9, radius=3)
    restored = bilateral_filter(as_batch(image), width=0.9, cut_off=1e4)[0, 0].numpy()
    assert np.allclose(restored, np.clip(expected, 0, 1), atol=1e-5)


def test_the_bilateral_filter_keeps_an_edge_that_a_blur_washes_out():
    clean = bars()
    sharp = psnr(bilateral_filter(clean, width=1.0, cut_off=0.2), clean).mean()
    assert sharp > psnr(gaussian_blur(clean, width=1.0), clean).mean() + 10


def test_total_variation_is_scikit_images():
    noisy = noisy_bars()
    expected = np.clip(denoise_tv_chambolle(noisy[2, 0].numpy(), weight=0.2), 0, 1)
    assert np.allclose(total_variation(noisy, weight=0.2)[2, 0].numpy(), expected, atol=1e-6)


def test_total_variation_falls_with_the_weight():
    def roughness(images):
        return images.diff(dim=-1).abs().sum() + images.diff(dim=-2).abs().sum()

    values = [
        roughness(total_variation(noisy_bars(), weight)).item() for weight in (0.05, 0.2, 0.8)
    ]
    assert values[0] > values[1] > values[2]


def test_non_local_means_is_scikit_images():
    noisy = noisy_bars()
    expected = denoise_nl_means(
        noisy[1, 0].numpy(), h=0.3, sigma=0.2, patch_size=3, patch_distance=4
    )
    restored = non_local_means(noisy, cut_off=0.3, sigma=0.2, patch_size=3, distance=4)
    assert np.allclose(restored[1, 0].numpy(), np.clip(expected, 0, 1), atol=1e-6)


@pytest.mark.parametrize("method", ["BayesShrink", "VisuShrink"])
@pytest.mark.parametrize(
    ("wavelet", "height", "width", "dtype"),
    [("db1", 28, 28, np.float32), ("db2", 27, 40, np.float64), ("db2", 97, 81, np.float32)],
)
def test_wavelet_shrinkage_without_shifts_is_scikit_images(method, wavelet, height, width, dtype):
    """Each image has its own thresholds, of one level or of several."""
    images = np.stack([texture(height, width, sigma) for sigma in (0.1, 0.5)]).astype(dtype)
    expected = [
        denoise_wavelet(image, sigma=0.2, wavelet=wavelet, method=method, mode="soft")
        for image in images
    ]
    noisy = torch.from_numpy(images).unsqueeze(1)
    restored = wavelet_shrinkage(noisy, sigma=0.2, wavelet=wavelet, method=method, shifts=0)
    assert np.allclose(restored[:, 0].numpy(), np.clip(expected, 0, 1), atol=1e-6)


def test_an_unknown_rule_of_shrinkage_is_refused():
    with pytest.raises(ValueError, match="expected method"):
        wavelet_shrinkage(noisy_bars(), sigma=0.2, method="SureShrink")


def test_shifts_move_the_image_back_and_help():
    noisy, clean = noisy_bars(), bars()
    still, moved = (
        psnr(wavelet_shrinkage(noisy, sigma=0.3, wavelet="db1", shifts=shifts), clean).mean()
        for shifts in (0, 1)
    )
    assert moved > still + 0.3


def test_tune_finds_the_best_of_the_grid():
    noisy, clean = noisy_bars(), bars()
    grid = {"weight": [0.01, 0.1, 0.3, 3.0]}
    tuned = tune(total_variation, grid, noisy, clean)
    by_hand = {w: psnr(total_variation(noisy, w), clean).mean().item() for w in grid["weight"]}
    assert tuned.parameters == {"weight": max(by_hand, key=by_hand.get)}
    assert tuned.parameters["weight"] in (0.1, 0.3)  # neither no smoothing nor nothing else
    assert tuned.validation_psnr == pytest.approx(max(by_hand.values()))
    assert [quality for _, quality in tuned.tried] == pytest.approx(list(by_hand.values()))


def test_tune_tries_every_combination_once():
    seen = []

    def denoiser(noisy, a, b):
        seen.append((a, b))
        return noisy

    tune(denoiser, {"a": [1, 2], "b": ["x", "y", "z"]}, noisy_bars(), bars())
    assert sorted(seen) == [(a, b) for a in (1, 2) for b in ("x", "y", "z")]


def test_tune_prefers_what_suits_the_noise():
    """Specks ask for a median; the same search on clean images leaves them alone."""
    clean = bars()
    specks = salt_and_pepper(clean, 0.1, torch.Generator().manual_seed(0))
    grid = {"size": [1, 3]}
    assert tune(median_filter, grid, specks, clean).parameters == {"size": 3}
    assert tune(median_filter, grid, clean + 1e-4, clean).parameters == {"size": 1}


def test_a_tuned_denoiser_is_called_with_images_alone():
    noisy, clean = noisy_bars(), bars()
    tuned = tune(median_filter, {"size": [3]}, noisy, clean)
    assert isinstance(tuned, Tuned)
    assert torch.equal(tuned(noisy), median_filter(noisy, size=3))


def test_tune_without_parameters():
    tuned = tune(identity, {}, noisy_bars(), bars())
    assert tuned.parameters == {}
    assert tuned.validation_psnr == pytest.approx(
        psnr(identity(noisy_bars()), bars()).mean().item()
    )


def test_tune_refuses_images_that_are_no_pairs():
    with pytest.raises(ValueError, match="give the clean image of each noisy one"):
        tune(identity, {}, noisy_bars(), bars()[:3])


def test_tune_refuses_a_parameter_without_values():
    with pytest.raises(ValueError, match=r"got none for \['size'\]"):
        tune(median_filter, {"size": []}, noisy_bars(), bars())


# ------------------------------------------------------------------------------
# Transforms of patches, against loops that follow the papers


def patches_of(image, size):
    height, width = image.shape
    corners = [(r, c) for r in range(height - size + 1) for c in range(width - size + 1)]
    return corners, [image[r : r + size, c : c + size] for r, c in corners]


def haar(stack, inverse=False):
    """Along the first axis, level by level, as Haar's transform is usually written."""
    if len(stack) == 1:
        return stack
    half = len(stack) // 2
    if inverse:
        means, differences = haar(stack[:half], inverse=True), stack[half:]
        both = np.stack([means + differences, means - differences], axis=1) / np.sqrt(2)
        return both.reshape(stack.shape)
    means, differences = stack[0::2] + stack[1::2], stack[0::2] - stack[1::2]
    return np.concatenate([haar(means / np.sqrt(2)), differences / np.sqrt(2)])


def transform(stack):
    return haar(dctn(stack, axes=(1, 2), norm="ortho"))


def back(spectrum):
    return idctn(haar(spectrum, inverse=True), axes=(1, 2), norm="ortho")


def similar(patches, reference, count):
    distances = [((patch - reference) ** 2).sum() for patch in patches]
    return np.argsort(distances, kind="stable")[:count]


def bm3d_in_loops(noisy, sigma, size, count, step):
    """One image, step by step as in Dabov et al. (2007), section III."""
    last_row, last_column = (side - size for side in noisy.shape)

    def is_reference(row, column):
        return (row % step == 0 or row == last_row) and (
            column % step == 0 or column == last_column
        )

    window = np.outer(np.kaiser(size, 2.0), np.kaiser(size, 2.0))
    corners, patches = patches_of(noisy, size)

    def overlay(groups):
        total, weights = np.zeros_like(noisy), np.zeros_like(noisy)
        for members, stack, weight in groups:
            for member, patch in zip(members, stack, strict=True):
                r, c = corners[member]
                total[r : r + size, c : c + size] += weight * window * patch
                weights[r : r + size, c : c + size] += weight * window
        return total / weights

    groups = []
    for corner, reference in zip(corners, patches, strict=True):
        if not is_reference(*corner):
            continue
        members = similar(patches, reference, count)
        spectrum = transform(np.stack([patches[i] for i in members]))
        kept = np.where(np.abs(spectrum) > 2.7 * sigma, spectrum, 0)
        groups.append((members, back(kept), 1 / max((kept != 0).sum(), 1)))
    _, basic_patches = patches_of(overlay(groups), size)

    groups = []
    for corner, reference in zip(corners, basic_patches, strict=True):
        if not is_reference(*corner):
            continue
        members = similar(basic_patches, reference, count)
        power = transform(np.stack([basic_patches[i] for i in members])) ** 2
        gain = power / (power + sigma**2)
        spectrum = transform(np.stack([patches[i] for i in members]))
        groups.append((members, back(gain * spectrum), 1 / max((gain**2).sum(), 1)))
    return overlay(groups)


def texture(height, width, sigma=0.1):
    """Waves under noise: no two patches are equal, and many coefficients are large."""
    rows, columns = np.mgrid[:height, :width]
    waves = 0.5 + 0.4 * np.sin(rows / 2) * np.cos(columns / 3)
    return waves + sigma * np.random.default_rng(0).normal(size=(height, width))


def as_batch(image):
    return torch.from_numpy(image).float()[None, None]


@pytest.mark.parametrize(("size", "count", "step"), [(3, 1, 1), (4, 8, 1), (5, 2, 1), (4, 4, 3)])
def test_bm3d_is_its_paper_step_by_step(size, count, step):
    image = texture(13, 11)  # no square, so that rows and columns cannot be exchanged
    expected = np.clip(bm3d_in_loops(image, 0.1, size, count, step), 0, 1)
    restored = bm3d(as_batch(image), sigma=0.1, patch_size=size, group_size=count, step=step)
    assert np.abs(restored[0, 0].numpy() - expected).max() < 1e-4


def test_bm3d_tells_patches_apart_that_differ_by_little():
    """Far less than their brightness, which must not drown the differences in rounding."""
    image = 0.5 + 1e-3 * texture(13, 11)
    expected = bm3d_in_loops(image, 1e-4, size=4, count=8, step=1)
    restored = bm3d(as_batch(image), sigma=1e-4, patch_size=4, group_size=8)
    assert np.abs(restored[0, 0].numpy() - expected).max() < 1e-6


def test_dct_shrinkage_is_the_mean_of_thresholded_patches():
    image, size, sigma = texture(9, 12), 4, 0.1
    total, count = np.zeros_like(image), np.zeros_like(image)
    for (r, c), patch in zip(*patches_of(image, size), strict=True):
        spectrum = dctn(patch, norm="ortho")
        kept = np.where(np.abs(spectrum) > 3 * sigma, spectrum, 0)
        total[r : r + size, c : c + size] += idctn(kept, norm="ortho")
        count[r : r + size, c : c + size] += 1
    restored = dct_shrinkage(as_batch(image), sigma=sigma, patch_size=size)
    assert np.allclose(restored[0, 0].numpy(), np.clip(total / count, 0, 1), atol=1e-5)


def test_bm3d_gains_by_its_groups():
    """Every bar is the same all along: patches that help each other abound."""
    noisy, clean = noisy_bars(), bars()
    qualities = [
        psnr(restored, clean).mean()
        for restored in (
            dct_shrinkage(noisy, SIGMA, patch_size=5),
            bm3d(noisy, SIGMA, patch_size=5, group_size=8),
        )
    ]
    assert qualities[1] > qualities[0] + 1


def test_more_images_than_bm3d_takes_at_once():
    noisy = gaussian(bars().repeat(6, 1, 1, 1), SIGMA, torch.Generator().manual_seed(1))
    parameters = {"sigma": SIGMA, "patch_size": 4, "group_size": 4}
    together = bm3d(noisy, **parameters)
    assert together.shape == noisy.shape
    for i in (0, 15, 16, 35):
        assert torch.allclose(together[i], bm3d(noisy[i : i + 1], **parameters)[0], atol=1e-5)
