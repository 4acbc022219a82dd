"""Kinds of noise, each with one strength: 0 is none, `HOPELESS` leaves next to nothing of a digit.

A kind is a function `noise(images, strength, generator) -> noisy images` of shape (n, 1, 28, 28) in
and out. `strength` is one number for all images, or a tensor of shape (n, 1, 1, 1) with one for
each; a negative one, or a share above 1, raises `ValueError`, and so do images of bytes, since
full ink is 1, or with NaN. What comes out has the type of the images. Without a `generator` the
global one is drawn from, which is the one that `fit` seeds. Noisy images are *not* cut to
[0, 1]: a cut would make the noise's mean depend on the pixel under it, which matters for training
on noisy targets (chapter 3).
"""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from .validity import check_noisy

Noise = Callable[[Tensor, float | Tensor, Generator | None], Tensor]


def gaussian(
    images: Tensor, strength: float | Tensor, generator: Generator | None = None
) -> Tensor:
    """Add to every pixel a draw from a normal distribution of standard deviation `strength`."""
    strength = _checked(images, strength)
    return images + strength * _normal(images, generator)


def salt_and_pepper(
    images: Tensor, strength: float | Tensor, generator: Generator | None = None
) -> Tensor:
    """Replace a share `strength` of the pixels, half of them by full ink, half by bare paper."""
    strength = _checked(images, strength, largest=1.0)
    draw = _uniform(images, generator)
    salted = torch.where(draw < strength / 2, torch.ones_like(images), images)
    return torch.where((draw >= strength / 2) & (draw < strength), torch.zeros_like(images), salted)


def speckle(images: Tensor, strength: float | Tensor, generator: Generator | None = None) -> Tensor:
    """Multiply every pixel by 1 plus a normal draw of standard deviation `strength`.

    Paper, being 0, stays clean.
    """
    strength = _checked(images, strength)
    return images * (1 + strength * _normal(images, generator))


def dropped_pixels(
    images: Tensor, strength: float | Tensor, generator: Generator | None = None
) -> Tensor:
    """Set a share `strength` of the pixels to 0 (masking noise, Vincent et al. 2008)."""
    strength = _checked(images, strength, largest=1.0)
    return torch.where(_uniform(images, generator) < strength, torch.zeros_like(images), images)


KINDS: dict[str, Noise] = {
    "Gaussian": gaussian,
    "salt and pepper": salt_and_pepper,
    "speckle": speckle,
    "dropped pixels": dropped_pixels,
}

HOPELESS = {"Gaussian": 2.0, "salt and pepper": 1.0, "speckle": 2.0, "dropped pixels": 1.0}


def _checked(images: Tensor, strength: float | Tensor, largest: float = math.inf) -> Tensor:
    """The strength as a tensor of the images' type, after a look at both."""
    check_noisy(images)  # not `check_clean`: noise may be added to noise
    try:
        strengths = torch.as_tensor(strength, dtype=images.dtype, device=images.device)
    except (TypeError, ValueError, RuntimeError):
        strengths = torch.tensor(math.nan)
    # A tensor of any other shape would be spread over the pixels instead of the images.
    fits = strengths.ndim == 0 or strengths.shape == (len(images), 1, 1, 1)
    if not fits or not bool(((strengths >= 0) & (strengths <= largest)).all()):
        limits = "of at least 0" if largest == math.inf else f"between 0 and {largest:g}"
        got = strength if fits else f"a tensor of shape {tuple(strengths.shape)}"
        raise ValueError(
            f"expected a strength {limits}, one number or a tensor of shape "
            f"({len(images)}, 1, 1, 1), got {got}; 0 is no noise at all"
        )
    if bool(strengths.isinf().any()):
        raise ValueError(f"expected a finite strength, got {strength}; 0 is no noise at all")
    return strengths


# Drawn in 32 bits and then rounded: 16 bits would draw a uniform number of 1.
def _normal(images: Tensor, generator: Generator | None) -> Tensor:
    draw = torch.randn(images.shape, generator=generator, device=images.device, dtype=torch.float32)
    return draw.to(images.dtype)


def _uniform(images: Tensor, generator: Generator | None) -> Tensor:
    return torch.rand(images.shape, generator=generator, device=images.device, dtype=torch.float32)
