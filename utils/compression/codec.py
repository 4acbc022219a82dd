"""A compressed file of digits: it holds only their codes, and a decoder restores the images later.

    codec = Codec.fit(encoder, decoder, training_images, bits=4)
    write_digits("digits.eda", images, codec)  # -> size of the file in bytes
    images = read_digits("digits.eda", codec)  # in this process or another one

On the way to the file each number of a code is rounded to one of 2^bits levels (`Quantiser`); then
a range coder (Martin 1979; here that of `constriction`, Bamler 2022, https://arxiv.org/abs/2201.01741)
writes a level that was frequent in training in fewer bits than a rare one.

The reader needs what the writer had: decoder, levels and frequencies. `save_codec` stores them
once, for any number of files; each file names its codec. A file is checked before it is decoded;
nothing in it is run, and its size and the number of its images are limited.
"""

from __future__ import annotations

import copy
import hashlib
import mimetypes
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from constriction import stream
from torch import Tensor, nn

from ..storage import weights
from ..storage.files import absolute, write_atomically
from ..storage.weights import WeightsError
from .quantiser import Quantiser

IMAGE_SHAPE = (1, 28, 28)
MAX_IMAGES = 100_000  # in one file: all of MNIST is 70,000; as float32 images they fill 314 MB
BATCH = 128  # images that go through a network at once

# magic, version, bits, images, code shape (channels, height, width), identity, bytes of payload;
# after it the payload, then the first bytes of the SHA-256 of both. All numbers little-endian.
HEADER = struct.Struct("<8sHBI3H32sI")
MAGIC = b"\x8eDIGIT\r\n"  # not text, and changed by a transfer that takes it for text
VERSION = 1
CHECKSUM_BYTES = 8


class CodecError(Exception):
    """A file of digits cannot be read; the message says what was expected and what to do."""


def write_digits(path: str | os.PathLike, images: Tensor, codec: Codec) -> int:
    """Write images (n, 1, 28, 28) in [0, 1] to a file, whole or not at all; return its bytes.

    The file's name may end as you like (the book's end in `.digits`), but not as those of another
    format do: `digits.png` would be opened by programs that cannot read it. Raises `ValueError` for
    such a name and for images of another shape, kind or range; `OSError` if it cannot be written.
    """
    path = absolute(path)
    check_name(path)
    data = compress(images, codec)
    write_atomically(path, data)
    return len(data)


def read_digits(path: str | os.PathLike, codec: Codec, max_images: int = MAX_IMAGES) -> Tensor:
    """Read images (n, 1, 28, 28) in [0, 1] from a file; CodecError if it is anything else."""
    path = absolute(path)
    require(path.is_file(), f"expected a file of digits, but {path} is none; check the path")
    limit = codec.quantiser.most_bytes(max_images) + HEADER.size + CHECKSUM_BYTES
    with open(path, "rb") as file:
        data = file.read(limit + 1)
    require(
        len(data) <= limit,
        f"expected at most {limit} bytes, enough for {max_images} images, but {path} has more; "
        "check that it is a file of digits, or raise max_images",
    )
    return decompress(data, codec, max_images)


def compress(images: Tensor, codec: Codec) -> bytes:
    """The contents of a file: images (n, 1, 28, 28) in [0, 1] -> bytes. ValueError otherwise."""
    _check_shape(images)
    if len(images) > MAX_IMAGES:
        raise ValueError(
            f"expected at most {MAX_IMAGES} images, got {len(images)}; write several files"
        )
    levels = codec.encode(images)
    payload = _range_encode(levels, codec.quantiser)
    bits, code_shape = codec.quantiser.bits, codec.quantiser.code_shape
    identity = bytes.fromhex(codec.identity)
    return sealed(HEADER, payload, MAGIC, VERSION, bits, len(images), *code_shape, identity)


def decompress(data: bytes, codec: Codec, max_images: int = MAX_IMAGES) -> Tensor:
    """The images of a file: bytes -> (n, 1, 28, 28), float32 in [0, 1].

    Raises CodecError, before anything is decoded, for bytes that are damaged, cut short, of another
    format or version, written with another codec, or that claim more than `max_images` images.
    """
    (bits, count, *code_shape, identity), payload = unsealed(
        data, HEADER, MAGIC, VERSION, "a file of digits", "write_digits"
    )
    # From here on the file is as it was written; but it may be another codec's, or made to harm.
    quantiser = codec.quantiser
    require(
        identity.hex() == codec.identity,
        f"expected a file written with codec {codec.identity[:12]}, got one written with codec "
        f"{identity.hex()[:12]}; load the codec that belongs to the file with load_codec",
    )
    require(
        count <= max_images,
        f"expected at most {max_images} images, got a header that claims {count}; "
        "raise max_images if you trust the file",
    )
    require(
        (bits, *code_shape) == (quantiser.bits, *quantiser.code_shape)
        and len(payload) % 4 == 0
        and quantiser.least_bytes(count) <= len(payload) <= quantiser.most_bytes(count),
        f"expected {count} codes of {quantiser.code_shape} numbers at {quantiser.bits} bits, got a "
        f"header for {tuple(code_shape)} at {bits} bits and a payload of {len(payload)} bytes, "
        "which do not agree; write the file again",
    )
    return codec.decode(_range_decode(payload, count, quantiser))


class Codec:
    """Encoder, decoder and quantiser: all that writing needs. Reading needs no encoder.

    The modules are copied, in evaluation mode, in float32 and on the CPU: training them further
    changes no codec, and files do not depend on the device. With `encoder=None` it only reads.
    `identity`, 64 hexadecimal digits, is the SHA-256 of what reading needs: the decoder's weights,
    the levels and the frequencies.
    """

    def __init__(self, encoder: nn.Module | None, decoder: nn.Module, quantiser: Quantiser):
        self.encoder = None if encoder is None else _frozen(encoder)
        self.decoder = _frozen(decoder)
        self.quantiser = quantiser
        _check_finite("decoder", self.decoder)
        _check_output("decoder", self.decoder, quantiser.code_shape, IMAGE_SHAPE)
        if self.encoder is not None:
            _check_finite("encoder", self.encoder)
            _check_output("encoder", self.encoder, IMAGE_SHAPE, quantiser.code_shape)
        self.identity = weights.fingerprint(self.reader_tensors())

    @classmethod
    def fit(cls, encoder: nn.Module, decoder: nn.Module, images: Tensor, bits: int) -> Codec:
        """A codec whose levels and frequencies come from training images, (n, 1, 28, 28)."""
        check_images(images)
        codes = _in_batches(_frozen(encoder), images)
        return cls(encoder, decoder, Quantiser.fit(codes, bits))

    def encode(self, images: Tensor) -> Tensor:
        """images (n, 1, 28, 28) in [0, 1] -> levels, uint8, (n, channels, height, width)"""
        check_images(images)
        encoder = self.encoder
        if encoder is None:
            raise ValueError(
                "expected a codec with an encoder, got one that only reads; "
                "pass an encoder to Codec or load_codec"
            )
        return _in_batches(lambda batch: self.quantiser.quantise(encoder(batch)), images)

    def decode(self, levels: Tensor) -> Tensor:
        """levels (n, channels, height, width) -> images (n, 1, 28, 28) in [0, 1]"""
        return _in_batches(
            lambda batch: self.decoder(self.quantiser.dequantise(batch)).clamp(0, 1), levels
        )

    def compress(self, images: Tensor) -> bytes:
        """`compress`, as a method: what a stream asks of its codec."""
        return compress(images, self)

    def decompress(self, data: bytes, max_images: int = MAX_IMAGES) -> Tensor:
        """`decompress`, as a method."""
        return decompress(data, self, max_images)

    def reader_tensors(self) -> dict[str, Tensor]:
        """What reading needs, by name, as `save_codec` stores it."""
        decoder = {f"decoder.{name}": value for name, value in self.decoder.state_dict().items()}
        return decoder | {
            "quantiser.low": self.quantiser.low,
            "quantiser.high": self.quantiser.high,
            "quantiser.frequencies": self.quantiser.frequencies.to(torch.uint16),
        }


def save_codec(path: str | os.PathLike, codec: Codec, with_encoder: bool = True) -> int:
    """Write a codec to one safetensors file, whole or not at all; return its bytes.

    `with_encoder=False` writes the half that a reader needs, to count the decoder's own bytes.
    Weights that 16 bits hold exactly take 16 bits, all others 32: a decoder that was rounded first
    (`packed_tensors.rounded`) takes half the room, and comes back as it was in either case.
    """
    tensors = codec.reader_tensors()
    if with_encoder and codec.encoder is not None:
        state = codec.encoder.state_dict()
        tensors |= {f"encoder.{name}": value for name, value in state.items()}
    tensors = {name: _smallest(tensor) for name, tensor in tensors.items()}
    weights.write_tensors(path, tensors, {"codec": codec.identity})
    return absolute(path).stat().st_size


def load_codec(path: str | os.PathLike, encoder: nn.Module | None, decoder: nn.Module) -> Codec:
    """The codec in a file of `save_codec`, in modules like those given, which stay as they are.

    `encoder=None` leaves the encoder out. Raises WeightsError for a missing, damaged or foreign
    file, and for modules that its weights do not fit.
    """
    tensors, _ = weights.read_tensors(path)
    parts: dict[str, dict[str, Tensor]] = {"encoder": {}, "decoder": {}, "quantiser": {}}
    for name, tensor in tensors.items():
        part, _, rest = name.partition(".")
        tensor = tensor.float() if tensor.dtype == torch.float16 else tensor
        parts.setdefault(part, {})[rest] = tensor
    encoder, decoder = copy.deepcopy(encoder), copy.deepcopy(decoder)
    weights.fill(decoder, parts["decoder"], path)
    if encoder is not None:
        weights.fill(encoder, parts["encoder"], path)
    try:
        table = parts["quantiser"]
        quantiser = Quantiser(table["low"], table["high"], table["frequencies"].to(torch.int64))
        return Codec(encoder, decoder, quantiser)
    except (KeyError, ValueError) as error:
        raise WeightsError(
            f"expected a codec in {path}, got weights without a quantiser that fits them; "
            "write the file with save_codec"
        ) from error


def _range_encode(levels: Tensor, quantiser: Quantiser) -> bytes:
    """levels (n, channels, height, width) -> bytes, one place of all codes at a time"""
    coder = stream.queue.RangeEncoder()
    columns = levels.flatten(1).T.contiguous().numpy()  # (n, ...) -> (places, n)
    for column, probabilities in zip(columns, quantiser.probabilities, strict=True):
        coder.encode(column.astype(np.int32), _model(probabilities))
    return coder.get_compressed().astype("<u4").tobytes()


def _range_decode(payload: bytes, count: int, quantiser: Quantiser) -> Tensor:
    coder = stream.queue.RangeDecoder(np.frombuffer(payload, "<u4").astype(np.uint32))
    columns = np.empty((len(quantiser.probabilities), count), np.uint8)  # (places, n)
    message = (
        f"expected the codes of {count} images as compress writes them, got other bytes, "
        "so the file is false; write it again"
    )
    try:
        for column, probabilities in zip(columns, quantiser.probabilities, strict=True):
            column[:] = coder.decode(_model(probabilities), count)
    except AssertionError as error:  # constriction's, for bytes that no encoder writes
        raise CodecError(message) from error
    levels = torch.from_numpy(columns.T.copy()).reshape(count, *quantiser.code_shape)
    # There is one way to write given codes, so whatever is missing, changed or added shows.
    require(_range_encode(levels, quantiser) == payload, message)
    return levels


def _model(probabilities: np.ndarray) -> stream.model.Categorical:
    # Said outright, because reader and writer must agree and constriction's default has changed.
    return stream.model.Categorical(probabilities, perfect=False)


def _in_batches(function: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """`function` of all inputs, BATCH at a time, the last batch filled up with zeros.

    Always as many, because the last digits of what a network makes of an image can depend on how
    many images it is given, and a number near the border of two levels would then change level.
    """
    parts = []
    with torch.no_grad():
        for start in range(0, max(len(inputs), 1), BATCH):
            batch = inputs[start : start + BATCH].detach().cpu()
            padding = batch.new_zeros(BATCH - len(batch), *batch.shape[1:])
            parts.append(function(torch.cat([batch, padding]))[: len(batch)])
    return torch.cat(parts)


def _frozen(module: nn.Module) -> nn.Module:
    # The order of weights in memory decides which of PyTorch's convolutions runs, and with it the
    # last digits of the images; a codec that was trained must restore what a loaded one restores.
    module = copy.deepcopy(module).to(memory_format=torch.contiguous_format)
    return module.cpu().float().eval().requires_grad_(False)


def _smallest(tensor: Tensor) -> Tensor:
    """float32 as float16 if that changes no number; everything else as it is."""
    if tensor.dtype != torch.float32:
        return tensor
    half = tensor.half()  # what is too large becomes infinite, and so is not equal
    return half if torch.equal(half.float(), tensor) else tensor


def _check_shape(images: Tensor) -> None:
    if not isinstance(images, Tensor):
        raise ValueError(
            f"expected a tensor of images, got {type(images).__name__}; "
            "make one with torch.as_tensor"
        )
    if images.dim() != 4 or images.shape[1:] != IMAGE_SHAPE or images.dtype != torch.float32:
        raise ValueError(
            f"expected float32 images of shape (n, 1, 28, 28), got {images.dtype} of shape "
            f"{tuple(images.shape)}; reshape them, convert them with .float(), and divide bytes by "
            "255"
        )


def check_images(images: Tensor) -> None:
    """ValueError for anything but float32 images (n, 1, 28, 28) in [0, 1]."""
    _check_shape(images)
    if not ((images >= 0) & (images <= 1)).all():  # NaN is neither
        raise ValueError(
            "expected pixels in [0, 1], got others or NaN; divide bytes by 255, or clamp them"
        )


def _check_finite(name: str, module: nn.Module) -> None:
    if not all(torch.isfinite(tensor).all() for tensor in module.state_dict().values()):
        raise ValueError(
            f"expected {name} weights that are finite, got NaN or infinity; "
            "train again, with a smaller learning rate"
        )


def _check_output(name: str, module: nn.Module, given: tuple, expected: tuple) -> None:
    got: tuple | str
    try:
        with torch.no_grad():
            got = tuple(module(torch.zeros(1, *given, dtype=torch.float32)).shape[1:])
    except RuntimeError as error:
        got = f"an error ({str(error).splitlines()[0]})"
    if got != expected:
        raise ValueError(
            f"expected the {name} to turn shape {given} into {expected}, got {got}; "
            "use the encoder and the decoder that the quantiser was fitted with"
        )


def check_name(path: Path) -> None:
    """ValueError for a name that ends as those of another format do."""
    foreign, _ = mimetypes.MimeTypes(filenames=()).guess_type(path.name)
    if foreign:
        raise ValueError(
            f"expected a name for a file of digits, got {path.name}, which promises {foreign}; "
            f"call it {path.stem}.digits, for example"
        )


def sealed(header: struct.Struct, payload: bytes, *fields: Any) -> bytes:
    """The header of the fields and the payload's length, the payload, and a checksum over both."""
    contents = header.pack(*fields, len(payload)) + payload
    return contents + checksum(contents)


def unsealed(
    data: bytes, header: struct.Struct, magic: bytes, version: int, kind: str, writer: str
) -> tuple[tuple, bytes]:
    """The fields behind magic and version, without the payload's length, and the payload.

    kind, writer: what a reader of messages should give, and the function that makes it.

    Raises CodecError for bytes that `sealed` has not made, of another kind or version, and for
    damaged ones.
    """
    require(
        data[: len(magic)] == magic[: len(data)],
        f"expected {kind}, which starts with {magic!r}, but this one starts with "
        f"{bytes(data[: len(magic)])!r}; choose one that {writer} wrote",
    )
    least = header.size + CHECKSUM_BYTES
    require(
        len(data) >= least,
        f"expected at least {least} bytes, got {len(data)}, so the file was cut short; "
        "copy or write it again",
    )
    head, payload = data[: header.size], data[header.size : -CHECKSUM_BYTES]
    _, its_version, *fields, payload_bytes = header.unpack(head)
    require(
        its_version == version,
        f"expected version {version} of the format, got version {its_version}; "
        "read the file with the edition of this book that wrote it",
    )
    require(
        payload_bytes == len(payload),
        f"expected {payload_bytes} bytes behind the header, as it says, got {len(payload)}; "
        "the file was cut short or lengthened, so copy or write it again",
    )
    require(
        checksum(head + payload) == data[-CHECKSUM_BYTES:],
        "expected contents that agree with the checksum at their end, but they differ, "
        "so the file is damaged; copy or write it again",
    )
    return tuple(fields), payload


def checksum(contents: bytes) -> bytes:
    """The first bytes of the SHA-256, CHECKSUM_BYTES of them."""
    return hashlib.sha256(contents).digest()[:CHECKSUM_BYTES]


def require(condition: bool, message: str) -> None:
    """CodecError with the message, unless the condition holds."""
    if not condition:
        raise CodecError(message)
