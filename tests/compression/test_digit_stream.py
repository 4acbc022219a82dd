"""utils.compression.digit_stream: any number of digits in bounded memory, or one clear error."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from digit_files import assert_one_sentence, make_images
from PIL import Image
from torch import nn

from utils.compression import digit_stream
from utils.compression.codec import Codec, CodecError, load_codec
from utils.compression.digit_stream import MAX_FRAME_IMAGES, read_stream, write_stream
from utils.compression.pixel_codec import PixelCodec
from utils.compression.quantiser import Quantiser
from utils.models.pixel_predictor import PixelPredictor

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def codec() -> Codec:
    """Four numbers a digit, and no network worth the name."""
    torch.manual_seed(0)
    encoder, decoder = nn.Conv2d(1, 1, 14, stride=14), nn.ConvTranspose2d(1, 1, 14, stride=14)
    return Codec(encoder, decoder, Quantiser.fit(encoder(make_images(50)).detach(), bits=4))


@pytest.fixture(scope="module")
def whole(codec, tmp_path_factory) -> bytes:
    """Three frames: 8, 8 and 4 images."""
    path = tmp_path_factory.mktemp("whole") / "whole.frames"
    write_stream(path, [make_images(20)], codec, frame_images=8)
    return path.read_bytes()


def refused(path, data: bytes, codec, pattern: str) -> list[torch.Tensor]:
    """What was given out before the error."""
    path.write_bytes(data)
    given = []
    with pytest.raises(CodecError, match=pattern) as raised:
        given.extend(read_stream(path, codec))
    assert_one_sentence(raised.value)
    return given


def frames_of(data: bytes) -> list[bytes]:
    """The frames with their lengths in front, from the format's description."""
    frames, at = [], 15
    while size := int.from_bytes(data[at : at + 4], "little"):
        frames.append(data[at : at + 4 + size])
        at += 4 + size
    return frames


@pytest.mark.parametrize("sizes", [[20], [1] * 20, [7, 0, 13], [8, 8, 4]])
def test_how_images_come_changes_no_byte(codec, whole, tmp_path, sizes):
    path = tmp_path / "again.frames"
    size = write_stream(path, iter(make_images(20).split(sizes)), codec, frame_images=8)
    assert path.read_bytes() == whole and size == len(whole)
    frames = list(read_stream(path, codec))
    assert [len(images) for images in frames] == [8, 8, 4]
    assert torch.equal(torch.cat(frames), codec.decode(codec.encode(make_images(20))))


def test_a_batch_that_is_filled_anew_is_kept_as_it_was(codec, whole, tmp_path):
    def batches():
        buffer = torch.zeros(5, 1, 28, 28)
        for images in make_images(20).split(5):
            buffer.copy_(images)
            yield buffer

    write_stream(tmp_path / "again.frames", batches(), codec, frame_images=8)
    assert (tmp_path / "again.frames").read_bytes() == whole


def test_no_images_are_a_stream_too(codec, tmp_path):
    for batches in ([], [make_images(1)[:0]]):
        write_stream(tmp_path / "empty.frames", batches, codec)
        assert list(read_stream(tmp_path / "empty.frames", codec)) == []


def test_pixels_without_loss_go_through_a_stream(tmp_path):
    torch.manual_seed(0)
    codec = PixelCodec.from_predictor(PixelPredictor(above=1, beside=1, channels=4))
    images = (255 * make_images(3)).round() / 255
    write_stream(tmp_path / "exact.frames", [images], codec, frame_images=2)
    assert torch.equal(torch.cat(list(read_stream(tmp_path / "exact.frames", codec))), images)


# Memory of a process that writes and reads 15,000 images of 3,136 bytes, 47 MB, 512 at a time.
MEMORY = """
import sys
import psutil, torch
from torch import nn
from utils.compression.codec import Codec
from utils.compression.digit_stream import read_stream, write_stream
from utils.compression.quantiser import Quantiser

torch.set_num_threads(1)
process, path = psutil.Process(), sys.argv[1]
encoder, decoder = nn.Conv2d(1, 1, 14, stride=14), nn.ConvTranspose2d(1, 1, 14, stride=14)
codec = Codec(encoder, decoder, Quantiser.fit(torch.randn(50, 1, 2, 2), bits=4))
used = []

def batches(count):
    for _ in range(count // 500):
        yield torch.rand(500, 1, 28, 28)
        used.append(process.memory_info().rss)

write_stream(path, batches(2000), codec, 512)
for images in read_stream(path, codec):
    pass
before = max(used + [process.memory_info().rss])
used.clear()
write_stream(path, batches(15000), codec, 512)
written = max(used)
used.clear()
count = 0
for images in read_stream(path, codec):
    count += len(images)
    used.append(process.memory_info().rss)
print(count, (written - before) // 2**20, (max(used) - before) // 2**20)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", MEMORY, tmp_path / "many.frames"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    count, while_writing, while_reading = map(int, answer)
    assert count == 15_000
    assert max(while_writing, while_reading) < 15  # MB, of the 47


# ---- The format, byte by byte --------------------------------------------------------------------


def golden_modules() -> tuple[nn.Module, nn.Module]:
    return nn.Conv2d(1, 4, 4, stride=4, bias=False), nn.ConvTranspose2d(4, 1, 4, 4, bias=False)


def test_an_old_stream_is_read_and_written_to_the_same_bytes(tmp_path):
    """tests/golden/digits.frames: the ten golden digits in frames of 4, written once."""
    codec = load_codec(GOLDEN / "codec.safetensors", *golden_modules())
    strip = torch.from_numpy(np.array(Image.open(GOLDEN / "digits.png")))  # (28, 10 * 28)
    images = strip.reshape(28, 10, 28).transpose(0, 1)[:, None].float() / 255
    levels = (images[:, :, ::2, ::2] * 3).round()
    expected = (levels * 0.25).repeat_interleave(2, 2).repeat_interleave(2, 3)
    golden = (GOLDEN / "digits.frames").read_bytes()
    assert torch.equal(torch.cat(list(read_stream(GOLDEN / "digits.frames", codec))), expected)
    write_stream(tmp_path / "again.frames", [images], codec, frame_images=4)
    assert (tmp_path / "again.frames").read_bytes() == golden


def test_a_stream_is_laid_out_as_the_format_says():
    golden = (GOLDEN / "digits.frames").read_bytes()
    assert golden[:9] == b"\x8eFRAMES\r\n"
    assert golden[9:15] == bytes([1, 0, 4, 0, 0, 0])  # version, images of a frame
    frames = frames_of(golden)
    assert [frame[4:12] for frame in frames] == [b"\x8eDIGIT\r\n"] * 3
    assert [frame[15] for frame in frames] == [4, 4, 2]  # images, as each frame's header says
    sums = b""
    for frame in frames:
        sums = hashlib.sha256(sums + frame[-8:]).digest()[:8]
    end = bytes(4) + (3).to_bytes(8, "little") + (10).to_bytes(8, "little")
    seal = hashlib.sha256(golden[:15] + sums + end[4:]).digest()[:8]
    assert golden == golden[:15] + b"".join(frames) + end + seal


# ---- Files that are no streams -------------------------------------------------------------------


def test_every_changed_byte_is_noticed(codec, whole, tmp_path):
    path = tmp_path / "bad.frames"
    right = torch.cat(list_of(whole, codec, path))
    for at in [*range(15), *range(15, len(whole), 7), *range(len(whole) - 28, len(whole))]:
        changed = whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :]
        given = refused(path, changed, codec, "expected")
        for number, images in enumerate(given):  # what was given out is what was written
            assert torch.equal(images, right[8 * number :][: len(images)])


def test_every_cut_is_noticed(codec, whole, tmp_path):
    for length in [*range(20), *range(20, len(whole), 7), len(whole) - 9, len(whole) - 1]:
        refused(tmp_path / "bad.frames", whole[:length], codec, "cut short|starts with")
    refused(tmp_path / "bad.frames", whole + b"\0", codec, "the end of 3 frames with 20 images")


def test_frames_that_are_missing_or_change_places_are_noticed(codec, whole, tmp_path):
    header, frames = whole[:15], frames_of(whole)
    end = whole[15 + sum(map(len, frames)) :]
    first, second, third = frames
    for order in ([second, first, third], [first, third], [first, second, third, third], []):
        data = header + b"".join(order) + end
        refused(tmp_path / "bad.frames", data, codec, "missing, were added or changed places")


def test_foreign_files_are_refused(codec, whole, tmp_path):
    path = tmp_path / "bad.frames"
    assert refused(path, b"\x89PNG\r\n\x1a\n" + bytes(99), codec, "choose a file that write") == []
    refused(path, whole[:9] + b"\2" + whole[10:], codec, "version 1 of the format, got version 2")
    refused(path, whole[:11] + bytes(4) + whole[15:], codec, "got a header that claims 0")
    fewer = whole[:11] + (4).to_bytes(4, "little") + whole[15:]  # than its frames hold
    assert refused(path, fewer, codec, "at most 4 images, got a header that claims 8") == []
    refused(path, whole[:15] + b"\xff" * 4 + whole[19:], codec, "a frame of at most 33554432 bytes")
    other = Codec(nn.Conv2d(1, 1, 14, 14), nn.ConvTranspose2d(1, 1, 14, 14), codec.quantiser)
    refused(path, whole, other, "written with codec")
    with pytest.raises(CodecError, match="is none; check the path"):
        next(read_stream(tmp_path / "none.frames", codec))


def list_of(data: bytes, codec, path) -> list[torch.Tensor]:
    path.write_bytes(data)
    return list(read_stream(path, codec))


# ---- Writing that fails --------------------------------------------------------------------------


def test_a_batch_that_is_no_images_leaves_the_old_file(codec, tmp_path):
    path = tmp_path / "all.frames"
    write_stream(path, [make_images(3)], codec)
    old = path.read_bytes()

    def stops():
        yield make_images(4)
        raise KeyboardInterrupt

    for batches, error in (
        ([make_images(4), torch.zeros(2, 28, 28)], ValueError),
        ([make_images(4), make_images(2) + 1], ValueError),
        (stops(), KeyboardInterrupt),
    ):
        with pytest.raises(error):
            write_stream(path, batches, codec, frame_images=2)
        assert path.read_bytes() == old and list(tmp_path.iterdir()) == [path]


def test_nonsense_is_refused_before_anything_is_written(codec, tmp_path):
    for size in (0, MAX_FRAME_IMAGES + 1, 2.5):
        with pytest.raises(ValueError, match=f"images in a frame, got {size}") as raised:
            write_stream(tmp_path / "all.frames", [make_images(2)], codec, frame_images=size)
        assert_one_sentence(raised.value)
    with pytest.raises(ValueError, match=r"got all\.png, which promises image/png"):
        write_stream(tmp_path / "all.png", [make_images(2)], codec)
    assert list(tmp_path.iterdir()) == []


def test_the_largest_frame_fits_a_length(codec):
    assert digit_stream.MAX_FRAME_BYTES > 2 * MAX_FRAME_IMAGES * 784
