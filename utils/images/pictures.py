"""Pictures of 28 x 28 pixels that are no digits: letters, shirts and noise, made without any file.

They are drawn as MNIST's digits were prepared (LeCun et al. 1998): grey ink of about 20 pixels'
height in the middle of an empty frame; only the tails of J and Q reach the rim. Shape
(n, 1, 28, 28), float32 in [0, 1], 1 = ink. None at all, n = 0, raises `ValueError`.
"""

import string
from pathlib import Path

import matplotlib
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from .digits import IMAGE_SIZE

SCALE = 4  # pictures are drawn so many times larger and then shrunk, which smooths their edges
CANVAS = IMAGE_SIZE * SCALE
FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
LETTER_HEIGHT = 20  # pixels


def letters(text: str = string.ascii_uppercase) -> Tensor:
    """One picture for each character of `text`, in the font that comes with matplotlib."""
    # A capital of DejaVu Sans is 0.73 of the font's size high.
    font = ImageFont.truetype(str(FONT), size=round(LETTER_HEIGHT * SCALE / 0.73))
    pictures = []
    for letter in text:
        canvas = Image.new("L", (CANVAS, CANVAS))
        middle = (CANVAS / 2, CANVAS / 2)
        ImageDraw.Draw(canvas).text(middle, letter, fill=255, font=font, anchor="mm")
        pictures.append(_shrink(canvas))
    return _as_images(pictures)


def shirts(count: int, seed: int) -> Tensor:
    """Filled outlines of T-shirts whose widths and sleeves vary at random."""
    random = np.random.default_rng(seed)
    pictures = []
    for _ in range(count):
        body = random.uniform(5, 7)  # half the width at the hem, pixels
        sleeve = random.uniform(9, 12)  # from the middle to the end of a sleeve
        cuff = random.uniform(9, 13)  # height at which a sleeve ends
        hem = random.uniform(23, 26)
        right = [
            (2.5, 4),
            (6, 4),
            (sleeve, cuff - 2),
            (sleeve - 3, cuff),
            (body, cuff - 2),
            (body, hem),
        ]
        outline = [(14 + x, y) for x, y in right] + [(14 - x, y) for x, y in reversed(right)]
        canvas = Image.new("L", (CANVAS, CANVAS))
        ImageDraw.Draw(canvas).polygon([(x * SCALE, y * SCALE) for x, y in outline], fill=255)
        pictures.append(_shrink(canvas))
    return _as_images(pictures)


def uniform_noise(count: int, seed: int) -> Tensor:
    """Every pixel drawn by itself, evenly between paper and ink."""
    _require_some(count)
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 1, IMAGE_SIZE, IMAGE_SIZE, generator=generator)


def _shrink(canvas: Image.Image) -> np.ndarray:
    return np.asarray(canvas.resize((IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.BOX))


def _as_images(pictures: list[np.ndarray]) -> Tensor:
    _require_some(len(pictures))
    return torch.from_numpy(np.stack(pictures)).float().div(255)[:, None]  # -> (n, 1, 28, 28)


def _require_some(count: int) -> None:
    if count < 1:
        raise ValueError(f"expected at least one picture to draw, got {count}; ask for more")
