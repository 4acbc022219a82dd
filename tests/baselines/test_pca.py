"""utils.baselines.pca: the best linear code, with nothing random in it."""

import pytest
import torch
from sklearn.decomposition import PCA

from utils.baselines.pca import PCACode
from utils.images.digits import load_digits
from utils.measures.image_quality import mean_squared_error


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def fitted(digits):
    """More images than pixels: as many as a chapter fits would only take longer."""
    return digits.train.images[:1000]


@pytest.fixture(scope="module")
def pca(fitted):
    return PCACode.fit(fitted, 32)


def test_it_is_scikit_learns_exact_solution(digits, fitted, pca):
    reference = PCA(32, svd_solver="full").fit(fitted.flatten(1).numpy())
    pixels = digits.test.images.flatten(1).numpy()
    restored = reference.inverse_transform(reference.transform(pixels))
    ours = pca.decode(pca.encode(digits.test.images), clip=False)
    torch.testing.assert_close(ours.flatten(1), torch.from_numpy(restored), atol=1e-4, rtol=0)


def test_the_first_k_numbers_are_the_code_of_length_k(digits, fitted, pca):
    images = digits.test.images
    short = PCACode.fit(fitted, 5)
    from_long = pca.decode(pca.encode(images)[:, :5])
    torch.testing.assert_close(from_long, short.decode(short.encode(images)), atol=1e-5, rtol=0)


def test_more_numbers_restore_the_fitted_images_better(fitted, pca):
    codes = pca.encode(fitted)
    errors = [
        mean_squared_error(pca.decode(codes[:, :k], clip=False), fitted).mean()
        for k in (1, 4, 16, 32)
    ]
    assert errors == sorted(errors, reverse=True) and errors[-1] < errors[0] / 2


def test_no_other_plane_restores_the_fitted_images_better(fitted):
    images = fitted[:500]
    plane = PCACode.fit(images, 2)
    best = mean_squared_error(plane.decode(plane.encode(images), clip=False), images).mean()
    centred = (images - images.mean(0)).flatten(1)
    for seed in range(5):
        chosen = torch.randn(784, 2, generator=torch.Generator().manual_seed(seed))
        basis, _ = torch.linalg.qr(chosen)
        assert (centred - centred @ basis @ basis.T).square().mean() > best


def test_as_many_numbers_as_pixels_lose_nothing(digits, fitted):
    full = PCACode.fit(fitted, 784)
    assert (
        full.decode(full.encode(digits.test.images), clip=False) - digits.test.images
    ).abs().max() < 1e-4


def test_clipping_never_hurts_and_is_a_choice(digits, pca):
    images = digits.test.images
    codes = pca.encode(images)
    clipped, raw = pca.decode(codes), pca.decode(codes, clip=False)
    assert raw.min() < 0 and raw.max() > 1
    assert clipped.min() == 0 and clipped.max() == 1
    assert torch.equal(clipped, raw.clamp(0, 1))
    assert (mean_squared_error(clipped, images) <= mean_squared_error(raw, images) + 1e-8).all()


def test_the_same_images_give_the_same_code(digits, fitted, pca):
    again = PCACode.fit(fitted, 32)
    assert torch.equal(again.encode(digits.test.images), pca.encode(digits.test.images))


def test_parameters_counts_what_the_decoder_needs(pca):
    assert pca.numbers == 32
    assert pca.parameters == 32 * 784 + 784


@pytest.mark.parametrize("numbers", [0, -1, 785, 101])
def test_an_impossible_length_is_refused(digits, numbers):
    with pytest.raises(ValueError, match=f"expected from 1 to 100 numbers.*got {numbers};"):
        PCACode.fit(digits.train.images[:100], numbers)


@pytest.mark.parametrize(
    "shape", [(1, 28, 28), (5, 28, 28), (5, 784), (5, 3, 28, 28), (5, 1, 14, 14)]
)
def test_images_of_another_shape_are_refused(pca, shape):
    with pytest.raises(ValueError, match="expected images of shape"):
        PCACode.fit(torch.zeros(shape), 2)
    with pytest.raises(ValueError, match="expected images of shape"):
        pca.encode(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(5, 33), (5, 0), (32,), (1, 1, 32)])
def test_codes_of_another_shape_are_refused(pca, shape):
    with pytest.raises(ValueError, match="expected codes of shape"):
        pca.decode(torch.zeros(shape))


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(5, 1, 28, 28, dtype=torch.uint8),
        torch.full((5, 1, 28, 28), 255.0),
        torch.full((5, 1, 28, 28), -0.1),
        torch.full((5, 1, 28, 28), float("nan")),
    ],
)
def test_pixels_that_are_not_from_0_to_1_are_refused(pca, images):
    """Their code would be clipped to black or white without a word."""
    for function in (pca.encode, lambda images: PCACode.fit(images, 2)):
        with pytest.raises(
            ValueError, match=r"expected images (with pixels in \[0, 1\]|of floating-)"
        ):
            function(images)


def test_as_modules_are_the_same_code(digits, pca):
    images = digits.test.images
    for numbers in (1, 7, 32):
        encoder, decoder = pca.as_modules(numbers)
        with torch.no_grad():
            codes = encoder(images)
            restored = decoder(codes)
        assert codes.shape == (len(images), 1, 1, numbers)
        expected = pca.encode(images)[:, :numbers]
        torch.testing.assert_close(codes.flatten(1), expected, atol=1e-4, rtol=0)
        torch.testing.assert_close(restored, pca.decode(expected), atol=1e-4, rtol=0)
    for numbers in (0, -1, 33):
        with pytest.raises(ValueError, match=f"expected from 1 to 32 numbers, got {numbers};"):
            pca.as_modules(numbers)
