"""Digits without loss: each pixel is packed with the probability that a network gave it.

    codec = PixelCodec.from_predictor(predictor)  # a trained PixelPredictor
    save_pixel_codec("pixels.safetensors", codec)  # once, for any number of files
    data = codec.compress(images)  # greys that come back as they were
    images = codec.decompress(data)

A reader restores an image pixel by pixel, since the network needs what is above and to the left.
It goes through the network one place at a time (of many images at once), the writer through
whole rows, and one bit of difference between their probabilities would ruin all that follows.
Sums of float numbers do differ in their last bits with the order in which they are added up.
So weights are rounded to whole numbers, as are the numbers between the layers: every product and
every sum is a whole number below 2^53, which float64 holds exactly, in whatever order. (Such
networks: Ballé, Johnston & Minnen 2019, https://research.google/pubs/pub48934/.) The
exponentials of softmax come from a table of whole numbers, and one division, which IEEE 754 rounds
the same everywhere, makes probabilities of them.
"""

from __future__ import annotations

import os
import struct
from decimal import Context, Decimal
from functools import cache
from typing import cast

import numpy as np
import torch
from constriction import stream
from torch import Tensor

from ..images.digits import IMAGE_SIZE as SIDE
from ..models.pixel_predictor import GREYS, PixelPredictor
from ..storage import weights
from ..storage.files import absolute
from ..storage.weights import WeightsError
from .codec import (
    MAX_IMAGES,
    CodecError,
    check_images,
    require,
    sealed,
    unsealed,
)

LOOK_UNIT = 2**20  # the first layer's weights are multiples of 1 / LOOK_UNIT
UNIT = 2**12  # those of all other layers, and the numbers between them, of 1 / UNIT
LOGIT_UNIT = 2**8  # logits are multiples of 1 / LOGIT_UNIT
EXACT = 2**53  # up to here float64 holds every whole number
BATCH = 256  # images that are restored side by side

# magic, version, images, identity, bytes of payload; after it the payload, then the first bytes of
# the SHA-256 of both. All numbers little-endian.
HEADER = struct.Struct("<8sHI32sI")
MAGIC = b"\x8ePIXEL\r\n"
VERSION = 1
MAX_BITS_PER_PIXEL = 2 * 24 + 2  # constriction's least probability is 2^-24, twice a pixel


class PixelCodec:
    """A pixel predictor in whole numbers: all that writing and reading need.

    tensors: int32 by name: `look` (2 * rows * columns, channels),
        `look_bias` (channels,), `mix` (channels, channels), `mix_bias` (channels,),
        `out` (channels, 256), `out_bias` (256,), and `window`, the two numbers rows and columns of
        what is seen.
    identity: 64 hexadecimal digits, the SHA-256 of the tensors.

    Raises ValueError for tensors that do not fit, and for weights so large that a sum might not be
    exact.
    """

    def __init__(self, tensors: dict[str, Tensor]):
        self.tensors = {name: tensor.clone() for name, tensor in tensors.items()}
        _check_tensors(self.tensors)
        self.identity = weights.fingerprint(self.tensors)
        self.rows, self.columns = self.tensors["window"].tolist()
        self._exact = {name: tensor.double() for name, tensor in self.tensors.items()}
        _check_bounds(self._exact)

    @classmethod
    def from_predictor(cls, predictor: PixelPredictor) -> PixelCodec:
        """A trained predictor, its weights rounded to whole numbers."""
        state = {
            name: value.detach().cpu().double() for name, value in predictor.named_parameters()
        }
        if not all(torch.isfinite(value).all() for value in state.values()):
            raise ValueError(
                "expected a predictor with finite weights, got NaN or infinity; "
                "train again, with a smaller learning rate"
            )
        look = state["look.weight"] * predictor.mask.cpu()  # (channels, 2, rows, columns)
        look[:, 0] /= 255  # since whole greys go in
        return cls(
            {
                "look": _whole(look.flatten(1).T, LOOK_UNIT),
                "look_bias": _whole(state["look.bias"], LOOK_UNIT),
                "mix": _whole(state["mix.weight"].flatten(1).T, UNIT),
                "mix_bias": _whole(state["mix.bias"], UNIT),
                "out": _whole(torch.cat([state["ink.weight"], state["grey.weight"]]).T, UNIT),
                "out_bias": _whole(torch.cat([state["ink.bias"], state["grey.bias"]]), UNIT),
                "window": torch.tensor(look.shape[2:], dtype=torch.int32),
            }
        )

    def compress(self, images: Tensor) -> bytes:
        """The contents of a file: images (n, 1, 28, 28), multiples of 1/255 -> bytes.

        Raises ValueError for images of another shape, kind or range, and for greys between those
        that a byte can say, since they would not come back.
        """
        check_images(images)
        if len(images) > MAX_IMAGES:
            raise ValueError(
                f"expected at most {MAX_IMAGES} images, got {len(images)}; write a stream of them"
            )
        pixels = (255 * images.detach().cpu()).round().to(torch.uint8)
        if not torch.equal(pixels.float() / 255, images.detach().cpu()):
            raise ValueError(
                "expected pixels that are multiples of 1/255, got others, which would not come "
                "back as they are; round them with (255 * images).round() / 255"
            )
        payload = self._encode(pixels.squeeze(1))
        identity = bytes.fromhex(self.identity)
        return sealed(HEADER, payload, MAGIC, VERSION, len(images), identity)

    def decompress(self, data: bytes, max_images: int = MAX_IMAGES) -> Tensor:
        """The images of a file: bytes -> (n, 1, 28, 28), float32, multiples of 1/255.

        Raises CodecError, before anything is decoded, for bytes that are damaged, cut short, of
        another format or version, written with another codec, or that claim more than `max_images`.
        """
        (count, identity), payload = unsealed(
            data, HEADER, MAGIC, VERSION, "a file of digits without loss", "PixelCodec.compress"
        )
        require(
            identity.hex() == self.identity,
            f"expected digits written with codec {self.identity[:12]}, got some written with codec "
            f"{identity.hex()[:12]}; load the codec that belongs to them with load_pixel_codec",
        )
        require(
            count <= max_images,
            f"expected at most {max_images} images, got a header that claims {count}; "
            "raise max_images if you trust the file",
        )
        most = 8 + count * SIDE * SIDE * MAX_BITS_PER_PIXEL // 8
        require(
            len(payload) % 4 == 0 and len(payload) <= most,
            f"expected at most {most} bytes for {count} images, a multiple of 4, got "
            f"{len(payload)}, so the file is false; write it again",
        )
        return self._decode(payload, count)[:, None].float() / 255

    def bits(self, images: Tensor) -> float:
        """Bits for each pixel that `compress` takes, its header and checksum counted."""
        return 8 * len(self.compress(images)) / images.numel()

    def _encode(self, pixels: Tensor) -> bytes:
        """pixels (n, 28, 28), uint8 -> bytes, in the order in which `_decode` needs them"""
        coder = stream.queue.RangeEncoder()
        for batch in pixels.split(BATCH):
            padded = self._padded(batch)
            for row in range(SIDE):
                # All windows of a row at once: each pixel in them lies before the one predicted.
                seen = torch.stack([self._window(padded, row, i) for i in range(SIDE)])
                features = self._features(seen)  # (28, batch, channels)
                for column in range(SIDE):
                    values = batch[:, row, column].numpy()
                    coder.encode((values > 0).astype(np.int32), _INK, self._ink(features[column]))
                    inked = np.flatnonzero(values)
                    if len(inked):
                        greys = self._greys(features[column][torch.from_numpy(inked)])
                        coder.encode(values[inked].astype(np.int32) - 1, _GREY, greys)
        return coder.get_compressed().astype("<u4").tobytes()

    def _decode(self, payload: bytes, count: int) -> Tensor:
        coder = stream.queue.RangeDecoder(np.frombuffer(payload, "<u4").astype(np.uint32))
        pixels = torch.zeros(count, SIDE, SIDE, dtype=torch.uint8)
        message = (
            f"expected the pixels of {count} images as PixelCodec writes them, got other bytes, "
            "so the file is false; write it again"
        )
        try:
            for batch in pixels.split(BATCH):  # a part of `pixels`, which is filled in
                padded = self._padded(batch)
                inside = padded[:, 0, self.rows - 1 :, self.columns // 2 :]
                for row in range(SIDE):
                    for column in range(SIDE):
                        features = self._features(self._window(padded, row, column))
                        ink = np.asarray(coder.decode(_INK, self._ink(features)))
                        inked = torch.from_numpy(np.flatnonzero(ink))
                        if len(inked):
                            greys = coder.decode(_GREY, self._greys(features[inked]))
                            values = torch.from_numpy(np.asarray(greys) + 1)
                            batch[inked, row, column] = values.to(torch.uint8)
                            inside[inked, row, column] = values.double()
                            padded[inked, 1, row + self.rows - 1, column + self.columns // 2] = 1
        except AssertionError as error:  # constriction's, for bytes that no encoder writes
            raise CodecError(message) from error
        # There is one way to write given pixels, so whatever is missing, changed or added shows.
        require(self._encode(pixels) == payload, message)
        return pixels

    def _padded(self, pixels: Tensor) -> Tensor:
        """pixels (n, 28, 28) -> greys and ink, empty paper around them, float64, (n, 2, ., .)"""
        greys = pixels[:, None].double()
        seen = torch.cat([greys, (greys > 0).double()], dim=1)
        side = self.columns // 2
        return torch.nn.functional.pad(seen, (side, side, self.rows - 1, 0))

    def _window(self, padded: Tensor, row: int, column: int) -> Tensor:
        """What the predictor sees at a place: -> (n, 2 * rows * columns)"""
        return padded[:, :, row : row + self.rows, column : column + self.columns].flatten(1)

    def _features(self, seen: Tensor) -> Tensor:
        """Windows (..., 2 * rows * columns) -> whole numbers (..., channels)"""
        exact = self._exact
        hidden = (seen @ exact["look"] + exact["look_bias"]).clamp(min=0)
        hidden = (hidden / (LOOK_UNIT // UNIT)).floor()  # a division by a power of two is exact
        hidden = (hidden @ exact["mix"] + UNIT * exact["mix_bias"]).clamp(min=0)
        return (hidden / UNIT).floor()

    def _logits(self, features: Tensor, part: slice) -> Tensor:
        sums = features @ self._exact["out"][:, part] + UNIT * self._exact["out_bias"][part]
        return (sums / (UNIT * UNIT // LOGIT_UNIT)).floor()

    def _ink(self, features: Tensor) -> np.ndarray:
        """The probability of ink: (n, channels) -> (n,)"""
        logit = self._logits(features, slice(0, 1))
        return _softmax(torch.cat([torch.zeros_like(logit), logit], dim=1))[:, 1].copy()

    def _greys(self, features: Tensor) -> np.ndarray:
        """The probabilities of greys 1 to 255: (n, channels) -> (n, 255)"""
        return _softmax(self._logits(features, slice(1, None)))


def save_pixel_codec(path: str | os.PathLike, codec: PixelCodec) -> int:
    """Write a codec to one safetensors file, whole or not at all; return its bytes.

    Numbers that 16 bits hold take 16 bits, and come back as they were.
    """
    small = torch.iinfo(torch.int16)
    tensors = {
        name: tensor.short() if small.min <= tensor.min() and tensor.max() <= small.max else tensor
        for name, tensor in codec.tensors.items()
    }
    weights.write_tensors(path, tensors, {"codec": codec.identity})
    return absolute(path).stat().st_size


def load_pixel_codec(path: str | os.PathLike) -> PixelCodec:
    """The codec in a file of `save_pixel_codec`; WeightsError for any other file."""
    tensors, _ = weights.read_tensors(path)
    try:
        return PixelCodec({name: tensor.int() for name, tensor in tensors.items()})
    except ValueError as error:
        raise WeightsError(
            f"expected a codec of pixels in {path}, got tensors that are none; "
            "write the file with save_pixel_codec"
        ) from error


# Said outright, because reader and writer must agree and constriction's default has changed.
_INK = stream.model.Bernoulli(perfect=False)
_GREY = stream.model.Categorical(perfect=False)


@cache
def _exponentials() -> np.ndarray:
    """Whole numbers 2^32 * exp(-k / LOGIT_UNIT), k = 0, 1, ... down to 1.

    `Decimal` rounds exp correctly; the exp of a machine's own library may differ in its last bit.
    """
    context = Context(prec=28)
    table: list[int] = []
    while not table or table[-1] > 1:
        exponent = context.divide(Decimal(-len(table)), Decimal(LOGIT_UNIT))
        table.append(int((2**32 * context.exp(exponent)).to_integral_value()))
    return np.array(table, np.float64)


def _softmax(logits: Tensor) -> np.ndarray:
    """Whole multiples of 1 / LOGIT_UNIT, (n, symbols) -> probabilities, (n, symbols)"""
    table = _exponentials()
    below = (logits.amax(dim=1, keepdim=True) - logits).clamp(max=len(table) - 1)
    shares = table[below.numpy().astype(np.int64)]  # whole, and their sum is below 2^53
    return cast(np.ndarray, shares / shares.sum(axis=1, keepdims=True))


def _whole(values: Tensor, unit: int) -> Tensor:
    scaled = (values * unit).round()
    if scaled.abs().max() >= 2**31:
        raise ValueError(
            f"expected weights below {2**31 // unit}, got {values.abs().max():.4g}; train again, "
            "with a smaller learning rate"
        )
    return scaled.int()


def _check_tensors(tensors: dict[str, Tensor]) -> None:
    window = tensors.get("window")
    channels = len(tensors.get("mix_bias", ()))
    fits = window is not None and window.shape == (2,) and channels > 0
    if fits:
        rows, columns = cast(Tensor, window).tolist()
        shapes = {
            "look": (2 * rows * columns, channels),
            "look_bias": (channels,),
            "mix": (channels, channels),
            "mix_bias": (channels,),
            "out": (channels, GREYS),
            "out_bias": (GREYS,),
            "window": (2,),
        }
        fits = (
            rows > 0
            and columns % 2 == 1
            and {name: tuple(tensor.shape) for name, tensor in tensors.items()} == shapes
            and all(tensor.dtype == torch.int32 for tensor in tensors.values())
            and _sees_the_past_alone(tensors["look"], rows, columns)
        )
    if not fits:
        raise ValueError(
            "expected the whole numbers of a pixel predictor, got tensors of other names, kinds or "
            "shapes, or that see pixels which a reader has not restored yet; use from_predictor"
        )


def _sees_the_past_alone(look: Tensor, rows: int, columns: int) -> bool:
    kernel = look.reshape(2, rows, columns, -1)
    return not kernel[:, -1, columns // 2 :].any()


def _check_bounds(exact: dict[str, Tensor]) -> None:
    """No sum, in whatever order, may reach 2^53 on any image."""
    pixels = len(exact["look"]) // 2
    most_seen = torch.tensor([255.0] * pixels + [1.0] * pixels, dtype=torch.float64)
    first = most_seen @ exact["look"].abs() + exact["look_bias"].abs()
    hidden = first / (LOOK_UNIT // UNIT)
    second = hidden @ exact["mix"].abs() + UNIT * exact["mix_bias"].abs()
    third = second / UNIT @ exact["out"].abs() + UNIT * exact["out_bias"].abs()
    largest = max(sums.max().item() for sums in (first, second, third))
    if not largest < EXACT / 2:  # half of it, since these bounds are themselves rounded
        raise ValueError(
            f"expected weights so small that no sum reaches {EXACT / 2:.1e}, got sums of up to "
            f"{largest:.1e}; train again, with a smaller learning rate"
        )
