"""utils.compression.pixel_codec: every grey comes back, on any machine, or one clear error."""

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

from utils.compression import pixel_codec
from utils.compression.codec import MAX_IMAGES, CodecError, checksum
from utils.compression.pixel_codec import (
    HEADER,
    PixelCodec,
    load_pixel_codec,
    save_pixel_codec,
)
from utils.models.pixel_predictor import PixelPredictor, bits_per_pixel
from utils.storage import weights
from utils.storage.weights import WeightsError

GOLDEN = Path(__file__).parents[1] / "golden"


def make_predictor(seed: int = 0) -> PixelPredictor:
    """Untrained, but with weights as large as those that have learnt."""
    torch.manual_seed(seed)
    predictor = PixelPredictor(above=2, beside=2, channels=8)
    with torch.no_grad():
        for parameter in predictor.parameters():
            parameter *= 3
    return predictor


def grey_images(count: int, seed: int = 0) -> torch.Tensor:
    return (255 * make_images(count, seed)).round() / 255


@pytest.fixture(scope="module")
def codec() -> PixelCodec:
    return PixelCodec.from_predictor(make_predictor())


@pytest.fixture(scope="module")
def whole(codec) -> bytes:
    return codec.compress(grey_images(5, seed=1))


def refused(data: bytes, codec: PixelCodec, pattern: str, **arguments) -> None:
    with pytest.raises(CodecError, match=pattern) as raised:
        codec.decompress(data, **arguments)
    assert_one_sentence(raised.value)


# ---- What goes in comes out ----------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_every_grey_comes_back(codec, monkeypatch, count):
    monkeypatch.setattr(pixel_codec, "BATCH", 2)  # so that few images are several batches
    images = grey_images(count)
    restored = codec.decompress(codec.compress(images))
    assert restored.dtype == torch.float32 and torch.equal(restored, images)


def test_images_unlike_digits_come_back_too(codec):
    noise = torch.randint(0, 256, (2, 1, 28, 28), generator=torch.Generator().manual_seed(0)) / 255
    images = torch.cat([noise, torch.ones(1, 1, 28, 28), torch.zeros(1, 1, 28, 28)])
    assert torch.equal(codec.decompress(codec.compress(images)), images)


def test_a_file_takes_what_the_network_predicts():
    predictor, images = make_predictor(), grey_images(50)
    with torch.no_grad():
        at_best = bits_per_pixel(predictor, images).item()
    assert PixelCodec.from_predictor(predictor).bits(images) == pytest.approx(at_best, rel=0.01)


@pytest.mark.slow
def test_a_fresh_process_reads_identical_images(codec, whole, tmp_path):
    save_pixel_codec(tmp_path / "codec.safetensors", codec)
    (tmp_path / "whole").write_bytes(whole)
    script = """
import hashlib, sys
from pathlib import Path
from utils.compression.pixel_codec import load_pixel_codec

codec = load_pixel_codec(sys.argv[1])
images = codec.decompress(Path(sys.argv[2]).read_bytes())
print(hashlib.sha256(images.numpy().tobytes()).hexdigest())
"""
    root = Path(__file__).parents[2]
    files = tmp_path / "codec.safetensors", tmp_path / "whole"
    answer = subprocess.run(
        [sys.executable, "-c", script, *files],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert answer.strip() == hashlib.sha256(grey_images(5, 1).numpy().tobytes()).hexdigest()


# ---- The same probabilities everywhere -----------------------------------------------------------


def test_sums_are_those_of_whole_numbers(codec):
    """By Python's own integers, which are never rounded."""
    tensors = {name: tensor.numpy().astype(object) for name, tensor in codec.tensors.items()}
    draw = np.random.default_rng(0)
    greys = draw.integers(0, 256, (4, 15))
    seen = np.concatenate([greys, greys > 0], axis=1).astype(int)
    hidden = np.maximum(seen.astype(object) @ tensors["look"] + tensors["look_bias"], 0) // 2**8
    hidden = np.maximum(hidden @ tensors["mix"] + 2**12 * tensors["mix_bias"], 0) // 2**12
    logits = (hidden @ tensors["out"] + 2**12 * tensors["out_bias"]) // 2**16
    features = codec._features(torch.from_numpy(seen).double())
    assert (features.numpy() == hidden).all()
    assert (codec._logits(features, slice(None)).numpy() == logits).all()


def test_the_order_of_images_and_how_many_changes_no_probability(codec):
    seen = torch.randint(0, 2, (300, 30)).double()
    features = codec._features(seen)
    for rows in (slice(0, 1), slice(7, 24), slice(None, None, 3)):
        assert torch.equal(codec._features(seen[rows]), features[rows])
        assert (codec._greys(features[rows]) == codec._greys(features)[rows]).all()
        assert (codec._ink(features[rows]) == codec._ink(features)[rows]).all()


def test_probabilities_are_those_of_softmax(codec):
    logits = torch.randint(-3000, 3000, (20, 255)).double()
    probabilities = torch.from_numpy(pixel_codec._softmax(logits))
    assert torch.allclose(probabilities, (logits / 256).softmax(1), atol=1e-8)
    table = pixel_codec._exponentials()
    assert table[0] == 2**32 and table[-1] == 1 and (np.diff(table) <= 0).all()
    exact = 2**32 * np.exp(-np.arange(len(table)) / 256)
    assert (abs(table - exact) <= 0.5 + 1e-5).all() and (table == table.round()).all()


def golden_images() -> torch.Tensor:
    strip = torch.from_numpy(np.array(Image.open(GOLDEN / "digits.png")))  # (28, 10 * 28)
    return strip.reshape(28, 10, 28).transpose(0, 1)[:, None].float() / 255


def test_an_old_file_is_read_and_written_to_the_same_bytes():
    """tests/golden/digits.pixels, written once, on one machine; read on all."""
    codec = load_pixel_codec(GOLDEN / "pixel_codec.safetensors")
    golden = (GOLDEN / "digits.pixels").read_bytes()
    assert torch.equal(codec.decompress(golden), golden_images())
    assert codec.compress(golden_images()) == golden


def test_the_header_is_laid_out_as_the_format_says():
    golden = (GOLDEN / "digits.pixels").read_bytes()
    assert golden[:8] == b"\x8ePIXEL\r\n"
    assert golden[8:14] == bytes([1, 0, 10, 0, 0, 0])  # version, images
    assert golden[14:46].hex() == load_pixel_codec(GOLDEN / "pixel_codec.safetensors").identity
    assert int.from_bytes(golden[46:50], "little") == len(golden) - 50 - 8
    assert golden[-8:] == hashlib.sha256(golden[:-8]).digest()[:8]


# ---- Files and weights that are none -------------------------------------------------------------


def test_damaged_cut_and_foreign_bytes_are_refused(codec, whole):
    for at in range(0, len(whole), 5):
        refused(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :], codec, "expected")
    for length in (0, 3, 8, 57, 58, len(whole) - 1):
        refused(whole[:length], codec, "cut short|damaged|starts with")
    refused(b"\x89PNG\r\n\x1a\n" + bytes(99), codec, "choose one that PixelCodec.compress wrote")
    refused(whole[:8] + b"\2" + whole[9:], codec, "version 1 of the format, got version 2")
    other = PixelCodec.from_predictor(make_predictor(seed=1))
    refused(whole, other, "load the codec that belongs to them")
    refused(whole, codec, "at most 4 images", max_images=4)


def test_bytes_made_to_deceive_are_refused(codec, whole):
    """With a right checksum: other counts, and payloads that no writer writes."""
    magic, version, count, identity, _ = HEADER.unpack(whole[: HEADER.size])
    payload = whole[HEADER.size : -8]

    def sealed(count: int, payload: bytes) -> bytes:
        header = HEADER.pack(magic, version, count, identity, len(payload))
        return header + payload + checksum(header + payload)

    assert sealed(count, payload) == whole
    for false in (
        sealed(count + 1, payload),
        sealed(count - 1, payload),
        sealed(count, payload[:-4]),
        sealed(count, payload + bytes(4)),
        sealed(count, payload[:-1]),
        sealed(count, bytes(len(payload))),
        sealed(0, bytes(400)),
    ):
        refused(false, codec, "the file is false; write it again")


@pytest.mark.parametrize(
    ("images", "pattern"),
    [
        (torch.full((2, 1, 28, 28), 0.3), "multiples of 1/255"),
        (torch.full((2, 1, 28, 28), 1.5), r"pixels in \[0, 1\]"),
        (torch.zeros(2, 28, 28), "shape"),
        (torch.zeros(1).expand(MAX_IMAGES + 1, 1, 28, 28), "at most 100000 images"),
    ],
)
def test_other_images_are_refused(codec, images, pattern):
    with pytest.raises(ValueError, match=pattern) as raised:
        codec.compress(images)
    assert_one_sentence(raised.value)


def test_a_saved_codec_comes_back_whole(codec, whole, tmp_path):
    size = save_pixel_codec(tmp_path / "codec.safetensors", codec)
    numbers = sum(tensor.numel() for tensor in codec.tensors.values())
    assert 2 * numbers < size < 3 * numbers + 1500
    loaded = load_pixel_codec(tmp_path / "codec.safetensors")
    assert loaded.identity == codec.identity
    assert torch.equal(loaded.decompress(whole), grey_images(5, seed=1))


def test_what_is_no_codec_is_refused(codec, tmp_path):
    future = codec.tensors["look"].clone()
    future[14] = 1  # the grey of the last place of the window, right of the pixel
    for false in (
        {name: value for name, value in codec.tensors.items() if name != "mix"},
        codec.tensors | {"mix": codec.tensors["mix"][:3]},
        codec.tensors | {"window": torch.tensor([3, 3], dtype=torch.int32)},
        codec.tensors | {"look": future},
        {name: tensor.sign() * (2**31 - 1) for name, tensor in codec.tensors.items()}
        | {"window": codec.tensors["window"]},
    ):
        with pytest.raises(ValueError) as raised:
            PixelCodec(false)
        assert_one_sentence(raised.value)
        weights.write_tensors(tmp_path / "false.safetensors", false, {})
        with pytest.raises(WeightsError, match="write the file with save_pixel_codec"):
            load_pixel_codec(tmp_path / "false.safetensors")


def test_weights_that_are_too_large_or_no_numbers_are_refused():
    for value, pattern in ((float("nan"), "finite"), (1e9, "weights below"), (4e5, "no sum reach")):
        predictor = make_predictor()
        with torch.no_grad():
            predictor.mix.weight[:] = value
            predictor.grey.weight[:] = value
        with pytest.raises(ValueError, match=pattern) as raised:
            PixelCodec.from_predictor(predictor)
        assert_one_sentence(raised.value)
