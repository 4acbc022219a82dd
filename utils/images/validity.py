"""What counts as a batch of grey images, said once for metrics, noise and denoisers.

The book's images are floating-point, of shape (n, 1, height, width): 0 is paper, 1 is ink. Bytes
from 0 to 255 would run through the same formulas and come out as wrong numbers: they are refused.
"""

from torch import Tensor

# The strongest noise of the book, normal with a standard deviation of 4 (chapter 3), stays below
# this; an image of bytes goes above it.
FARTHEST_PIXEL = 32.0


def check_batch(images: Tensor, what: str = "images") -> None:
    """Raise `ValueError` unless `images` is a batch (n, 1, height, width) of floats, not empty."""
    if not isinstance(images, Tensor):
        raise ValueError(
            f"expected {what} as a tensor, got {type(images).__name__}; "
            "make one with torch.as_tensor"
        )
    if images.ndim != 4 or images.shape[1] != 1 or images.numel() == 0:
        raise ValueError(
            "expected a batch of grey images of shape (n, 1, height, width), "
            f"got {what} of shape {tuple(images.shape)}"
        )
    if not images.is_floating_point():
        raise ValueError(
            f"expected {what} of floating-point pixels, got {images.dtype}; "
            "divide bytes by 255, which makes ink 1"
        )


def check_clean(images: Tensor, what: str = "images") -> None:
    """Raise `ValueError` unless `images` is a batch whose pixels all lie in [0, 1]."""
    check_batch(images, what)
    if not bool(((images >= 0) & (images <= 1)).all()):  # NaN is neither
        raise ValueError(
            f"expected {what} with pixels in [0, 1], got {_extent(images)}; "
            "divide bytes by 255, or clamp what was computed"
        )


def check_noisy(images: Tensor, what: str = "images") -> None:
    """Raise `ValueError` unless `images` is a batch of pixels near [0, 1], as noise leaves them.

    Noise may carry a pixel far out of [0, 1]; NaN, infinity and values that only an image of bytes
    has are refused.
    """
    check_batch(images, what)
    if not bool((images.abs() <= FARTHEST_PIXEL).all()):
        raise ValueError(
            f"expected {what} with finite pixels in or near [0, 1], got {_extent(images)}; "
            "divide bytes by 255, and look for the source of NaN or infinity"
        )


def _extent(images: Tensor) -> str:
    if bool(images.isnan().any()):
        return "NaN among them"
    return f"values from {images.min().item():g} to {images.max().item():g}"
