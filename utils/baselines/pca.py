"""Principal component analysis as encoder and decoder: the best *linear* code of a given length.

Nothing that is linear on both sides restores the images it was fitted on with less mean squared
error (Baldi & Hornik 1989, https://doi.org/10.1016/0893-6080(89)90014-2), which makes it the
baseline of every code in this book.
"""

from __future__ import annotations

import numpy as np
import torch
from sklearn.decomposition import PCA
from torch import Tensor, nn

from ..images.digits import IMAGE_PIXELS, IMAGE_SIZE
from ..images.validity import check_clean


class PCACode:
    """Codes of at most `numbers` numbers for images of 28 x 28 pixels.

    The code is ordered: number 1 explains most of the training images, number 2 most of what is
    left, and so on. The first k numbers are therefore themselves the PCA code of length k, and one
    fit serves every shorter code: `decode(codes[:, :k])`.
    """

    def __init__(self, pca: PCA):
        self._pca = pca

    @classmethod
    def fit(cls, images: Tensor, numbers: int) -> PCACode:
        """Fit to `images` of shape (n, 1, 28, 28). The same images give the same code: no seed.

        Raises `ValueError` for another shape, for pixels that are not float in [0, 1], and unless
        1 <= numbers <= min(n, 784).
        """
        pixels = _as_pixels(images)
        if not 1 <= numbers <= min(pixels.shape):
            raise ValueError(
                f"expected from 1 to {min(pixels.shape)} numbers for {len(images)} images of "
                f"{IMAGE_PIXELS} pixels, got {numbers}; ask for fewer numbers or fit on more images"
            )
        # scikit-learn would by itself choose a solver that is only approximate, and random.
        return cls(PCA(numbers, svd_solver="covariance_eigh").fit(pixels))

    @property
    def numbers(self) -> int:
        """The length of a full code."""
        return int(self._pca.n_components_)

    def as_modules(self, numbers: int) -> tuple[nn.Module, nn.Module]:
        """Encoder and clipped decoder of the first `numbers` numbers, as networks without training.

        The encoder maps images (n, 1, 28, 28) to codes (n, 1, 1, numbers): one channel with a
        place for each number, so that a quantiser gives all of them one step. For a linear code
        that is the best choice: a number that hardly varies is then rounded to zero for free.
        Raises `ValueError` unless 1 <= numbers <= `self.numbers`.
        """
        if not 1 <= numbers <= self.numbers:
            raise ValueError(
                f"expected from 1 to {self.numbers} numbers, got {numbers}; "
                "fit with more numbers for longer codes"
            )
        components = torch.from_numpy(self._pca.components_[:numbers]).float()  # (k, 784)
        mean = torch.from_numpy(self._pca.mean_).float()  # (784,)
        encoder = nn.Linear(IMAGE_PIXELS, numbers, dtype=torch.float32)
        decoder = nn.Linear(numbers, IMAGE_PIXELS, dtype=torch.float32)
        with torch.no_grad():
            encoder.weight.copy_(components)
            encoder.bias.copy_(-components @ mean)
            decoder.weight.copy_(components.T)
            decoder.bias.copy_(mean)
        return (
            nn.Sequential(nn.Flatten(), encoder, nn.Unflatten(1, (1, 1, numbers))),
            nn.Sequential(
                nn.Flatten(),
                decoder,
                nn.Hardtanh(0, 1),
                nn.Unflatten(1, (1, IMAGE_SIZE, IMAGE_SIZE)),
            ),
        )

    @property
    def parameters(self) -> int:
        """How many numbers the decoder holds: an image for each of the code, and the mean image."""
        return (self.numbers + 1) * IMAGE_PIXELS

    def encode(self, images: Tensor) -> Tensor:
        """Images (n, 1, 28, 28) -> codes (n, numbers), float32.

        Raises `ValueError` for another shape, and for pixels that are not float in [0, 1].
        """
        return torch.from_numpy(self._pca.transform(_as_pixels(images))).float()

    def decode(self, codes: Tensor, clip: bool = True) -> Tensor:
        """Codes (n, k), k at most `numbers` -> images (n, 1, 28, 28), float32.

        A sum of components leaves [0, 1] in places where no pixel can be. With `clip` those values
        are set to the nearest one in the range, which brings each of them closer to the truth: the
        fair thing to do beside a network whose output cannot leave the range. Raises `ValueError`
        for codes of another shape or longer than `numbers`.
        """
        if codes.ndim != 2 or not 1 <= codes.shape[1] <= self.numbers:
            raise ValueError(
                f"expected codes of shape (n, k) with k from 1 to {self.numbers}, got "
                f"{tuple(codes.shape)}; fit with more numbers for longer codes"
            )
        components = self._pca.components_[: codes.shape[1]]  # (k, 784)
        numbers = codes.detach().cpu().double().numpy()
        pixels = numbers @ components + self._pca.mean_  # (n, k) -> (n, 784)
        images = torch.from_numpy(pixels).float().unflatten(1, (1, IMAGE_SIZE, IMAGE_SIZE))
        return images.clamp(0, 1) if clip else images


def _as_pixels(images: Tensor) -> np.ndarray:
    """Images (n, 1, 28, 28) -> pixels (n, 784), float64."""
    if images.ndim != 4 or tuple(images.shape[1:]) != (1, IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(
            f"expected images of shape (n, 1, {IMAGE_SIZE}, {IMAGE_SIZE}), got "
            f"{tuple(images.shape)}; a single image becomes a batch with `image[None]`"
        )
    # Bytes from 0 to 255 would give a code as well, and `decode` would clip it to white or black.
    check_clean(images)
    return images.detach().cpu().flatten(1).double().numpy()
