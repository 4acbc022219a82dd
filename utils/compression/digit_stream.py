"""Any number of digits in one file, written and read a part at a time.

    write_stream("all.frames", batches, codec)  # batches: images (n, 1, 28, 28), of any sizes
    for images in read_stream("all.frames", codec):
        ...

The file is a row of *frames*. Each has its length in front and is what `codec.compress` makes of
up to `frame_images` images, with a checksum of its own; after the last one comes an end that
counts them. So neither side ever holds more than one batch and one frame, and no digit is given
out before its frame was checked. `codec` is a `Codec` or a `PixelCodec`: what comes back, and how
close it is to what went in, is the codec's.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Protocol

import torch
from torch import Tensor

from ..storage.files import absolute, written_atomically
from .codec import CHECKSUM_BYTES, check_images, check_name, checksum, require

MAGIC = b"\x8eFRAMES\r\n"
VERSION = 1
HEADER = struct.Struct("<9sHI")  # magic, version, the most images of a frame; little-endian
LENGTH = struct.Struct("<I")  # bytes of the frame that follows, 0 before the end
END = struct.Struct("<QQ")  # frames, images; behind it a checksum over all that of the frames
FRAME_IMAGES = 1024
MAX_FRAME_IMAGES = 4096
MAX_FRAME_BYTES = 2**25  # 8 KB a digit, ten times its pixels


class FrameCodec(Protocol):
    """What a stream asks of a codec; `Codec` and `PixelCodec` have it."""

    def compress(self, images: Tensor) -> bytes:
        """images (n, 1, 28, 28) in [0, 1] -> a frame, its last bytes a checksum"""

    def decompress(self, data: bytes, max_images: int) -> Tensor:
        """A frame -> images (n, 1, 28, 28); CodecError for anything else."""


def write_stream(
    path: str | os.PathLike,
    batches: Iterable[Tensor],
    codec: FrameCodec,
    frame_images: int = FRAME_IMAGES,
) -> int:
    """Write images to a file as they come, whole or not at all; return its bytes.

    batches: of images (n, 1, 28, 28) in [0, 1]; how they are divided changes no byte of the file.
    frame_images: 1 to 4096; a larger frame takes fewer bytes a digit, and more memory.

    Raises ValueError for the name of another format, for other images and for other frames;
    OSError if the file cannot be written. Then there is no file, or the older one as it was.
    """
    if frame_images not in range(1, MAX_FRAME_IMAGES + 1):
        raise ValueError(
            f"expected 1 to {MAX_FRAME_IMAGES} images in a frame, got {frame_images!r}; "
            f"{FRAME_IMAGES} suit"
        )
    path = absolute(path)
    check_name(path)
    frames, count, sums = 0, 0, b""
    header = HEADER.pack(MAGIC, VERSION, frame_images)
    with written_atomically(path) as file:
        file.write(header)
        for images in _regrouped(batches, int(frame_images)):
            frame = codec.compress(images)
            file.write(LENGTH.pack(len(frame)) + frame)
            frames, count = frames + 1, count + len(images)
            sums = checksum(sums + frame[-CHECKSUM_BYTES:])
        end = END.pack(frames, count)
        file.write(LENGTH.pack(0) + end + checksum(header + sums + end))
        return file.tell()


def read_stream(path: str | os.PathLike, codec: FrameCodec) -> Iterator[Tensor]:
    """The images of a file, a frame at a time: (n, 1, 28, 28) in [0, 1].

    What was given out is what was written. Raises CodecError, in one sentence, at the first frame
    that is damaged, cut short or another codec's, and for a file of another kind or version; at
    the end if frames are missing, were added or changed places.
    """
    path = absolute(path)
    require(path.is_file(), f"expected a stream of digits, but {path} is none; check the path")
    with open(path, "rb") as file:
        start = file.read(HEADER.size)
        require(
            start[: len(MAGIC)] == MAGIC,
            f"expected a stream of digits, which starts with {MAGIC!r}, but {path} starts with "
            f"{start[: len(MAGIC)]!r}; choose a file that write_stream wrote",
        )
        header = start.ljust(HEADER.size, b"\0")
        _, version, frame_images = HEADER.unpack(header)
        require(
            len(start) < HEADER.size or version == VERSION,
            f"expected version {VERSION} of the format, got version {version}; "
            "read the file with the edition of this book that wrote it",
        )
        require(
            len(start) < HEADER.size or 1 <= frame_images <= MAX_FRAME_IMAGES,
            f"expected frames of 1 to {MAX_FRAME_IMAGES} images, got a header that claims "
            f"{frame_images}, so the file is damaged; copy or write it again",
        )
        frames, count, sums = 0, 0, b""
        while size := LENGTH.unpack(_exactly(file, LENGTH.size, frames))[0]:
            require(
                size <= MAX_FRAME_BYTES,
                f"expected a frame of at most {MAX_FRAME_BYTES} bytes, got one that claims {size}, "
                f"so the file is damaged after {frames} frames; copy or write it again",
            )
            frame = _exactly(file, size, frames)
            images = codec.decompress(frame, max_images=frame_images)
            frames, count = frames + 1, count + len(images)
            sums = checksum(sums + frame[-CHECKSUM_BYTES:])
            yield images
        end = _exactly(file, END.size, frames)
        seal = _exactly(file, CHECKSUM_BYTES, frames)
        require(
            end == END.pack(frames, count)
            and seal == checksum(header + sums + end)
            and not file.read(1),
            f"expected the end of {frames} frames with {count} images, got another one, so frames "
            "are missing, were added or changed places; copy or write the file again",
        )


def _regrouped(batches: Iterable[Tensor], size: int) -> Iterator[Tensor]:
    """The same images in the same order, `size` at a time, the last ones fewer."""
    waiting: list[Tensor] = []
    for batch in batches:
        check_images(batch)
        for part in batch.detach().cpu().split(size):
            waiting.append(part.clone())  # since whoever hands it over may fill it anew
            if sum(map(len, waiting)) >= size:
                together = torch.cat(waiting)
                yield together[:size]
                waiting = [together[size:].clone()]
    if sum(map(len, waiting)):
        yield torch.cat(waiting)


def _exactly(file: BinaryIO, size: int, frames: int) -> bytes:
    data = file.read(size)
    require(
        len(data) == size,
        f"expected {size} more bytes after {frames} whole frames, got {len(data)}, so the file was "
        "cut short; copy or write it again",
    )
    return data
