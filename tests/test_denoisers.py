"""Classical denoisers and the search that tunes them."""

import numpy as np
import pytest
import torch
from skimage.restoration import denoise_nl_means, denoise_tv_chambolle, denoise_wavelet

from utils.denoisers import (
    Tuned,
    identity,
    median_filter,
    non_local_means,
    total_variation,
    tune,
    wavelet_shrinkage,
)
from utils.metrics import psnr
from utils.noise import gaussian, salt_and_pepper

SIGMA = 0.3
DENOISERS = {
    identity: {},
    median_filter: {"size": 3},
    total_variation: {"weight": 0.3},
    non_local_means: {"cut_off": 0.4},
    wavelet_shrinkage: {"sigma": 0.3},
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
    assert torch.allclose(together, alone, atol=1e-6)


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
def test_wavelet_shrinkage_without_shifts_is_scikit_images(method):
    noisy = noisy_bars()
    expected = denoise_wavelet(
        noisy[3, 0].numpy(), sigma=0.2, wavelet="db1", method=method, mode="soft"
    )
    restored = wavelet_shrinkage(noisy, sigma=0.2, wavelet="db1", method=method, shifts=0)
    assert np.allclose(restored[3, 0].numpy(), np.clip(expected, 0, 1), atol=1e-6)


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
