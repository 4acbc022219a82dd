"""utils.compression.codec: the file gives back exactly what was quantised, or one clear error."""

import copy
import hashlib
import inspect
import io
import os
import pickle
import random
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from digit_files import assert_one_sentence, make_images
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torch import nn

from utils.compression import codec as codec_module
from utils.compression.codec import (
    CHECKSUM_BYTES,
    HEADER,
    MAGIC,
    MAX_IMAGES,
    Codec,
    CodecError,
    compress,
    decompress,
    load_codec,
    read_digits,
    save_codec,
    write_digits,
)
from utils.compression.quantiser import Quantiser
from utils.explorers.packed_tensors import rounded
from utils.models.convolutional import ResidualDecoder, ResidualEncoder
from utils.storage import weights
from utils.storage.weights import WeightsError


def make_modules(code_shape=(4, 7, 7), seed=0) -> tuple[nn.Module, nn.Module]:
    """Untrained, but with convolution, dropout and a decoder that leaves [0, 1]."""
    torch.manual_seed(seed)
    channels, height, width = code_shape
    stride = (28 // height, 28 // width)
    encoder = nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1),
        nn.Tanh(),
        nn.Dropout(0.5),
        nn.Conv2d(3, channels, stride, stride=stride),
    )
    decoder = nn.Sequential(
        nn.ConvTranspose2d(channels, 3, stride, stride=stride),
        nn.ReLU(),
        nn.Conv2d(3, 1, 3, padding=1),
    )
    with torch.no_grad():
        decoder[2].weight *= 10
    return encoder, decoder


@pytest.fixture(scope="module")
def codec() -> Codec:
    return Codec.fit(*make_modules(), make_images(300), bits=4)


@pytest.fixture(scope="module")
def whole(codec) -> bytes:
    return compress(make_images(20, seed=1), codec)


def refused(data: bytes, codec: Codec, pattern: str, **arguments) -> None:
    with pytest.raises(CodecError, match=pattern) as raised:
        decompress(data, codec, **arguments)
    assert_one_sentence(raised.value)


def sealed(data: bytes, **fields) -> bytes:
    """`data` with fields of its header changed, or its payload, and the checksum made right."""
    names = ["magic", "version", "bits", "count", "channels", "height", "width", "identity"]
    names.append("payload_bytes")
    header = dict(zip(names, HEADER.unpack(data[: HEADER.size]), strict=True))
    payload = fields.pop("payload", data[HEADER.size : -CHECKSUM_BYTES])
    header.update(payload_bytes=len(payload))
    header.update(fields)
    contents = HEADER.pack(*header.values()) + payload
    return contents + codec_module.checksum(contents)


# ---- What goes in comes out ----------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(
    count=st.integers(0, 5) | st.just(codec_module.BATCH + 1),
    channels=st.integers(1, 5),
    height=st.sampled_from([1, 2, 4, 7]),
    width=st.sampled_from([1, 4, 7]),
    bits=st.integers(1, 8),
    seed=st.integers(0, 9),
)
def test_a_file_gives_the_quantised_and_decoded_images(count, channels, height, width, bits, seed):
    encoder, decoder = make_modules((channels, height, width), seed)
    codec = Codec.fit(encoder, decoder, make_images(30, seed), bits)
    # Images unlike the training images: levels that training never met must be coded too.
    images = torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(seed))
    restored = decompress(compress(images, codec), codec)
    assert restored.shape == (count, 1, 28, 28) and restored.dtype == torch.float32
    assert torch.equal(restored, by_hand(images, encoder.eval(), decoder.eval(), codec.quantiser))


@torch.no_grad()
def by_hand(images, encoder, decoder, quantiser) -> torch.Tensor:
    """Quantise, dequantise and decode; in full batches, as the last digits may depend on them."""
    filled = torch.cat([images, torch.zeros(-len(images) % codec_module.BATCH, 1, 28, 28)])
    restored = [torch.zeros(0, 1, 28, 28)]
    for batch in filled.split(codec_module.BATCH) if len(filled) else []:
        levels = quantiser.dequantise(quantiser.quantise(encoder(batch)))
        restored.append(decoder(levels).clamp(0, 1))
    return torch.cat(restored)[: len(images)]


@settings(max_examples=60, deadline=None)
@given(
    bits=st.integers(1, 8),
    shape=st.tuples(st.integers(0, 40), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)),
    seed=st.integers(0, 2**32 - 1),
    skew=st.sampled_from([0.0, 1.0, 6.0]),
)
def test_range_coding_loses_nothing(bits, shape, seed, skew):
    draw = np.random.default_rng(seed)
    levels = 2**bits
    frequencies = 1 + (np.exp(draw.normal(size=(*shape[1:], levels)) * skew)).clip(0, 200)
    bounds = torch.zeros(shape[1]), torch.ones(shape[1])
    quantiser = Quantiser(*bounds, torch.tensor(frequencies.astype(np.int64)))
    drawn = torch.tensor(draw.integers(0, levels, shape), dtype=torch.uint8)
    payload = codec_module._range_encode(drawn, quantiser)
    assert torch.equal(codec_module._range_decode(payload, shape[0], quantiser), drawn)
    assert quantiser.least_bytes(shape[0]) <= len(payload) <= quantiser.most_bytes(shape[0])


def test_an_image_has_the_same_code_alone_and_in_any_company(codec):
    images = make_images(codec_module.BATCH + 20, seed=2)
    levels, restored = codec.encode(images), codec.decode(codec.encode(images))
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(0))
    assert torch.equal(codec.encode(images[order]), levels[order])
    for place in (0, 1, 77, len(images) - 1):
        assert torch.equal(codec.encode(images[place : place + 1])[0], levels[place])
        assert torch.equal(codec.decode(levels[place : place + 1])[0], restored[place])


def test_networks_see_a_bounded_number_of_images(codec):
    sizes = []
    hook = codec.decoder.register_forward_hook(lambda _, inputs, __: sizes.append(len(inputs[0])))
    codec.decode(codec.encode(make_images(3 * codec_module.BATCH - 1)))
    hook.remove()
    assert sizes == [codec_module.BATCH] * 3


def test_a_fresh_process_reads_identical_images(codec, tmp_path):
    images = make_images(10, seed=3)
    size = write_digits(tmp_path / "digits.eda", images, codec)
    assert size == (tmp_path / "digits.eda").stat().st_size
    save_codec(tmp_path / "codec.safetensors", codec)
    script = """
import torch
from torch import nn
from utils.compression.codec import load_codec, read_digits, write_digits

{1}
torch.set_num_threads(1)
codec = load_codec("{0}/codec.safetensors", *make_modules(seed=5))
images = read_digits("{0}/digits.eda", codec)
torch.save(images, "{0}/images.pt")
images = torch.load("{0}/original.pt", weights_only=True)
write_digits("{0}/again.eda", images, codec)
"""
    torch.save(images, tmp_path / "original.pt")
    root = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, "-c", script.format(tmp_path.as_posix(), inspect.getsource(make_modules))],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        check=True,
    )
    restored = torch.load(tmp_path / "images.pt", weights_only=True)
    assert torch.equal(restored, read_digits(tmp_path / "digits.eda", codec))
    assert (tmp_path / "again.eda").read_bytes() == (tmp_path / "digits.eda").read_bytes()


# ---- The format, byte by byte --------------------------------------------------------------------

# Ten digits, what they were compressed to, and the codec, all written once. A file that a reader
# wrote last year has to be read next year, so that these bytes never change: if a change of the
# code changes them, it is a new version of the format, and the old one must still be read.
GOLDEN = Path(__file__).parents[1] / "golden"


def golden_modules() -> tuple[nn.Module, nn.Module]:
    """Keep every other pixel, in 2 bits. All sums are exact, so that no machine differs."""
    encoder = nn.Conv2d(1, 4, 4, stride=4, bias=False)
    decoder = nn.ConvTranspose2d(4, 1, 4, stride=4, bias=False)
    with torch.no_grad():
        encoder.weight.zero_()
        decoder.weight.zero_()
        for channel, (row, column) in enumerate([(0, 0), (0, 2), (2, 0), (2, 2)]):
            encoder.weight[channel, 0, row, column] = 3
            decoder.weight[channel, 0, row : row + 2, column : column + 2] = 0.25
    return encoder, decoder


@pytest.fixture(scope="module")
def golden() -> bytes:
    return (GOLDEN / "digits.digits").read_bytes()


@pytest.fixture(scope="module")
def golden_images() -> torch.Tensor:
    strip = np.array(Image.open(GOLDEN / "digits.png"))  # (28, 10 * 28)
    pixels = torch.from_numpy(strip).reshape(28, 10, 28).transpose(0, 1)  # -> (10, 28, 28)
    return pixels[:, None].float() / 255


@pytest.fixture(scope="module")
def golden_codec() -> Codec:
    return load_codec(GOLDEN / "codec.safetensors", *golden_modules())


def test_an_old_file_is_read_to_the_last_pixel(golden_codec, golden_images, tmp_path):
    levels = (golden_images[:, :, ::2, ::2] * 3).round()
    expected = (levels * 0.25).repeat_interleave(2, 2).repeat_interleave(2, 3)
    assert torch.equal(read_digits(GOLDEN / "digits.digits", golden_codec), expected)
    assert len(expected.unique()) == 4 and expected.mean() > 0.05


def test_the_same_digits_are_written_to_the_same_bytes(
    golden, golden_codec, golden_images, tmp_path
):
    assert compress(golden_images, golden_codec) == golden
    write_digits(tmp_path / "again.digits", golden_images, golden_codec)
    assert (tmp_path / "again.digits").read_bytes() == golden


def test_the_header_is_laid_out_as_the_format_says(golden, golden_codec):
    """By offsets written out here, so that a change of HEADER shows."""
    fields = [(8, 2), (10, 1), (11, 4), (15, 2), (17, 2), (19, 2), (53, 4)]
    numbers = [int.from_bytes(golden[at : at + size], "little") for at, size in fields]
    payload = len(golden) - 57 - 8
    assert golden[:8] == b"\x8eDIGIT\r\n"
    assert numbers == [1, 2, 10, 4, 7, 7, payload]  # version, bits, images, code shape, payload
    assert golden[21:53].hex() == golden_codec.identity
    assert golden[-8:] == hashlib.sha256(golden[:-8]).digest()[:8]


def test_a_codec_has_the_identity_that_its_files_name(golden_codec):
    modules, quantiser = golden_modules(), golden_codec.quantiser
    identity = "92ba45df4026b47890fd251b630097e03bb40db25b7db338369fd0346aa3d518"
    assert Codec(*modules, quantiser).identity == golden_codec.identity == identity


# ---- Quantiser -----------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(bits=st.integers(1, 8), seed=st.integers(0, 99), scale=st.sampled_from([1e-3, 1.0, 1e4]))
def test_rounding_moves_a_number_by_half_a_step_at_most(bits, seed, scale):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randn(50, 2, 3, 3, generator=generator) * scale + scale
    quantiser = Quantiser.fit(codes, bits)
    low, high = (bound[:, None, None] for bound in (quantiser.low, quantiser.high))
    moved = (quantiser.dequantise(quantiser.quantise(codes)) - codes.clamp(low, high)).abs()
    assert (moved <= quantiser.step / 2 * (1 + 1e-5) + 1e-6 * scale).all()
    assert (moved.amax((0, 2, 3)) > quantiser.step.flatten() / 10).all()
    assert quantiser.quantise(codes).max() == 2**bits - 1


def test_levels_are_read_back_as_themselves():
    quantiser = Quantiser(torch.tensor([-1.0]), torch.tensor([2.0]), torch.ones(1, 1, 1, 4).long())
    levels = torch.tensor([-1.0, 0.0, 1.0, 2.0]).reshape(4, 1, 1, 1)
    assert quantiser.quantise(levels).flatten().tolist() == [0, 1, 2, 3]
    assert torch.equal(quantiser.dequantise(quantiser.quantise(levels)), levels)
    others = torch.tensor([-9.0, 0.49, 0.51, 9.0]).reshape(4, 1, 1, 1)
    assert quantiser.quantise(others).flatten().tolist() == [0, 1, 2, 3]


def test_frequencies_count_each_place_and_leave_no_level_out():
    codes = torch.zeros(10, 1, 1, 2)
    codes[:3, 0, 0, 0] = 1.0
    quantiser = Quantiser.fit(codes, bits=1)
    assert quantiser.frequencies.tolist() == [[[[8, 4], [11, 1]]]]
    assert quantiser.low.tolist() == [0.0] and quantiser.high.tolist() == [1.0]


def test_bounds_leave_rare_values_out_when_levels_are_few():
    codes = torch.randn(1000, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    codes[0, 0, 0, 0] = 40.0
    error = {}
    for bits in (2, 8):
        quantiser = Quantiser.fit(codes, bits)
        restored = quantiser.dequantise(quantiser.quantise(codes))
        error[bits] = (restored - codes)[1:].square().mean()
    full = (codes.max() - codes.min()) / 3
    assert error[2] < 0.25 < full**2 / 12, "levels were spread up to the outlier"
    assert error[8] < error[2] / 50


def test_a_channel_that_never_varies_is_restored():
    codes = torch.full((5, 2, 1, 1), 0.3)
    codes[:, 1, 0, 0] = torch.arange(5.0)
    quantiser = Quantiser.fit(codes, bits=3)
    restored = quantiser.dequantise(quantiser.quantise(codes))
    assert torch.equal(restored[:, 0], codes[:, 0])


@pytest.mark.parametrize(
    ("codes", "bits"),
    [
        (torch.zeros(0, 1, 2, 2), 4),
        (torch.zeros(3, 2, 2), 4),
        (torch.full((3, 1, 2, 2), float("nan")), 4),
        (torch.zeros(3, 1, 2, 2), 0),
        (torch.zeros(3, 1, 2, 2), 9),
        (torch.zeros(3, 1, 2, 2), 2.5),
        (torch.zeros(70_000, 1, 1, 1), 1),
    ],
)
def test_a_quantiser_is_not_fitted_to_nonsense(codes, bits):
    with pytest.raises(ValueError) as raised:
        Quantiser.fit(codes, bits)
    assert_one_sentence(raised.value)


def test_a_quantiser_has_no_false_tables():
    good = Quantiser.fit(torch.randn(9, 2, 3, 3), 2)
    ones = good.frequencies
    nan = torch.tensor([float("nan"), 1.0])
    for low, high, frequencies in (
        (good.low, good.high[:1], ones),
        (nan, good.high, ones),
        (good.high, good.low, ones),
        (good.low, good.high, ones[..., :3]),
        (good.low, good.high, ones[..., :1]),
        (good.low, good.high, ones[0]),
        (good.low, good.high, ones[:, :0]),
        (good.low, good.high, ones * 0),
        (good.low, good.high, ones * 2**16),
    ):
        with pytest.raises(ValueError, match=r"expected finite low .*; use Quantiser\.fit$"):
            Quantiser(low, high, frequencies)
    with pytest.raises(ValueError, match=r"expected finite codes of shape \(n, 2, 3, 3\), got"):
        good.quantise(torch.zeros(1, 2, 3, 4))
    with pytest.raises(ValueError, match="expected finite codes"):
        good.quantise(torch.full((1, 2, 3, 3), float("inf")))


def test_frequent_levels_take_fewer_bytes(codec):
    """Below the bits that rounding leaves, and within 2 % of the entropy of the frequencies."""
    levels = codec.encode(make_images(400, seed=4))
    payload = codec_module._range_encode(levels, codec.quantiser)
    assert len(payload) < 0.8 * levels.numel() * codec.quantiser.bits / 8
    frequencies = codec.quantiser.frequencies.flatten(0, 2).double()
    probabilities = frequencies / frequencies.sum(-1, keepdim=True)
    taken = probabilities[torch.arange(196), levels.flatten(1).long()]
    bits = -taken.log2().sum().item()
    assert 0.999 * bits / 8 <= len(payload) <= 1.02 * bits / 8 + 8


# ---- Files that are not what they should be -----------------------------------------------------


def test_1000_damaged_files_are_refused(codec, whole):
    draw = random.Random(0)
    for trial in range(1000):
        data = bytearray(whole)
        place = draw.randrange(len(data))
        if trial % 4 == 0:
            data[place] ^= draw.randrange(1, 256)
        elif trial % 4 == 1:
            for place in draw.sample(range(len(data)), draw.randrange(2, 30)):
                data[place] ^= draw.randrange(1, 256)
        elif trial % 4 == 2:
            del data[place:]
        else:
            data[place:place] = draw.randbytes(draw.randrange(1, 40))
        refused(bytes(data), codec, "expected")


def test_every_byte_of_the_header_is_guarded(codec, whole):
    for place in range(HEADER.size):
        refused(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :], codec, "expected")


@pytest.mark.parametrize("length", [0, 1, len(MAGIC), HEADER.size + CHECKSUM_BYTES - 1])
def test_a_file_cut_short_says_so(codec, whole, length):
    refused(whole[:length], codec, f"got {length}, so the file was cut short; copy or write it")


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_foreign_files_are_refused_and_run_nothing(codec, tmp_path):
    trap = tmp_path / "the pickle ran"
    png, archive = io.BytesIO(), io.BytesIO()
    Image.new("L", (28, 28)).save(png, "png")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("data.pkl", pickle.dumps(Malicious(str(trap))))
    for data in (png.getvalue(), archive.getvalue(), pickle.dumps(Malicious(str(trap))), b"x"):
        (tmp_path / "foreign").write_bytes(data)
        with pytest.raises(CodecError, match="expected a file of digits, which starts with") as got:
            read_digits(tmp_path / "foreign", codec)
        assert_one_sentence(got.value)
    # A pickle behind a right header with a right checksum is a payload of numbers, no more.
    data = sealed(compress(make_images(20), codec), payload=pickle.dumps(Malicious(str(trap))))
    refused(data, codec, "expected")
    assert not trap.exists()


def test_a_huge_number_of_images_is_refused_before_decoding(codec, whole, monkeypatch):
    monkeypatch.setattr(codec_module, "_range_decode", lambda *_: pytest.fail("decoded"))
    refused(sealed(whole, count=2**32 - 1), codec, f"at most {MAX_IMAGES} images.*4294967295")
    refused(sealed(whole, count=MAX_IMAGES), codec, f"expected {MAX_IMAGES} codes.*do not agree")
    refused(sealed(whole, count=0), codec, "expected 0 codes.*do not agree")
    refused(whole, codec, "at most 19 images.*claims 20", max_images=19)
    refused(sealed(whole, height=8), codec, r"got a header for \(4, 8, 7\)")
    refused(sealed(whole, bits=5), codec, "at 5 bits")
    refused(sealed(whole, payload=whole[HEADER.size : -CHECKSUM_BYTES - 1]), codec, "do not agree")


def test_a_false_payload_is_refused_though_its_checksum_is_right(codec, whole):
    payload = whole[HEADER.size : -CHECKSUM_BYTES]
    draw = random.Random(0)
    for false in (
        payload[:-4],
        payload + bytes(4),
        payload + b"\1\0\0\0",
        draw.randbytes(len(payload)),
        b"\xff" * len(payload),
    ):
        refused(sealed(whole, payload=false), codec, "as compress writes them, got other bytes")
    for count in (19, 21):
        refused(sealed(whole, count=count), codec, f"expected the codes of {count} images")


def test_another_version_says_where_to_read_it(codec, whole):
    refused(
        sealed(whole, version=2), codec, "version 1 of the format, got version 2; read the file"
    )


def test_another_decoder_or_quantiser_says_what_to_load(codec, whole):
    encoder, decoder = make_modules()
    with torch.no_grad():
        decoder[2].bias += 1e-6
    low, high, frequencies = (
        getattr(codec.quantiser, name).clone() for name in ("low", "high", "frequencies")
    )
    others = [Codec(encoder, decoder, codec.quantiser)]
    frequencies[0, 0, 0, 0] += 1
    others.append(Codec(encoder, codec.decoder, Quantiser(low, high, frequencies)))
    others.append(
        Codec(encoder, codec.decoder, Quantiser(low, high + 1e-5, codec.quantiser.frequencies))
    )
    for other in others:
        assert other.identity != codec.identity
        pattern = f"with codec {other.identity[:12]}, got .* {codec.identity[:12]}; load the codec"
        refused(whole, other, pattern)
    # The encoder is not needed for reading, so it may change.
    reader = Codec(None, codec.decoder, codec.quantiser)
    assert torch.equal(decompress(whole, reader), decompress(whole, codec))
    with pytest.raises(ValueError, match="expected a codec with an encoder, got one that only rea"):
        compress(make_images(1), reader)


def test_a_path_without_a_file_is_refused(codec, tmp_path):
    for path in (tmp_path / "none.eda", tmp_path):
        with pytest.raises(CodecError, match="is none; check the path") as raised:
            read_digits(path, codec)
        assert_one_sentence(raised.value)


def test_a_file_larger_than_the_limit_is_not_read_whole(codec, tmp_path):
    path = tmp_path / "large.eda"
    with open(path, "wb") as file:
        file.truncate(2**31)  # a file with a hole, which takes no place on most disks
    with pytest.raises(CodecError, match=r"bytes, enough for 100 images, but .* has more"):
        read_digits(path, codec, max_images=100)


@pytest.mark.parametrize("name", ["d" * 244, "d" * 255, "数字", "a b#%[1]"])
def test_any_name_that_a_file_can_have_is_written(codec, tmp_path, name):
    write_digits(tmp_path / name, make_images(2), codec)
    assert len(read_digits(tmp_path / name, codec)) == 2
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_path_from_home_or_relative_is_written_out(codec, tmp_path, monkeypatch):
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(here)
    write_digits("~/folder/mine.digits", make_images(2), codec)
    write_digits("mine.digits", make_images(3), codec)
    save_codec("~/codec.safetensors", codec)
    assert (home / "folder" / "mine.digits").is_file() and (here / "mine.digits").is_file()
    assert list(here.iterdir()) == [here / "mine.digits"]  # and no folder called ~
    assert len(read_digits("~/folder/mine.digits", codec)) == 2
    assert len(read_digits("mine.digits", codec)) == 3
    assert load_codec("~/codec.safetensors", *make_modules()).identity == codec.identity
    with pytest.raises(CodecError, match=re.escape(f"{home / 'none.digits'} is none")):
        read_digits("~/none.digits", codec)
    with pytest.raises(WeightsError, match=re.escape(str(here / "none"))):
        load_codec("none", *make_modules())


@pytest.mark.skipif(os.name == "nt", reason="Windows makes links for administrators only")
def test_a_link_stays_a_link_and_a_file_keeps_its_mode(codec, tmp_path):
    target, link = tmp_path / "store" / "target.digits", tmp_path / "link.digits"
    link.symlink_to(Path("store", "target.digits"))
    write_digits(link, make_images(2), codec)  # the link led nowhere yet
    target.chmod(0o640)
    write_digits(link, make_images(3), codec)
    assert link.is_symlink() and not target.is_symlink()
    assert len(read_digits(target, codec)) == 3
    assert target.stat().st_mode & 0o777 == 0o640
    assert list(target.parent.iterdir()) == [target]


def test_a_folder_or_another_formats_name_is_refused_before_anything_is_written(codec, tmp_path):
    with pytest.raises(IsADirectoryError, match=r"name of a file .* is a folder; add") as e:
        write_digits(tmp_path, make_images(2), codec)
    assert_one_sentence(e.value)
    for name, kind in (("a.png", "image/png"), ("a.b.ZIP", "application/zip")):
        with pytest.raises(ValueError, match=f"got {name}, which promises {kind}; call it") as e:
            write_digits(tmp_path / name, make_images(2), codec)
        assert str(e.value).startswith("expected ") and str(e.value).endswith("example")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_failed_write_leaves_the_old_file(codec, tmp_path, monkeypatch, call):
    def fail(*_):
        raise OSError("disk full")

    path = tmp_path / "digits.eda"
    write_digits(path, make_images(3), codec)
    old = path.read_bytes()
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="disk full"):
        write_digits(path, make_images(4), codec)
    assert path.read_bytes() == old and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("images", "pattern"),
    [
        (torch.zeros(2, 28, 28), r"shape \(n, 1, 28, 28\), got torch.float32 of shape \(2, 28, 28"),
        (torch.zeros(2, 1, 28, 27), "shape"),
        (torch.zeros(2, 1, 28, 28, dtype=torch.uint8), "float32 images.* got torch.uint8"),
        (torch.zeros(2, 1, 28, 28, dtype=torch.float64), r"got torch.float64.* with \.float\(\)"),
        (np.zeros((2, 1, 28, 28), np.float32), "a tensor of images, got ndarray"),
        (torch.tensor(0.5), r"shape \(n, 1, 28, 28\), got torch.float32 of shape \(\)"),
        (torch.full((2, 1, 28, 28), 1.001), r"pixels in \[0, 1\]"),
        (torch.full((2, 1, 28, 28), -0.001), r"pixels in \[0, 1\]"),
        (torch.full((2, 1, 28, 28), float("nan")), r"pixels in \[0, 1\], got others or NaN"),
        (torch.zeros(1).expand(MAX_IMAGES + 1, 1, 28, 28), "at most 100000 images, got 100001"),
    ],
)
def test_other_images_are_refused_and_nothing_is_written(codec, tmp_path, images, pattern):
    with pytest.raises(ValueError, match=pattern) as raised:
        write_digits(tmp_path / "digits.eda", images, codec)
    assert_one_sentence(raised.value)
    assert list(tmp_path.iterdir()) == []


# ---- Codecs --------------------------------------------------------------------------------------


def test_a_codec_keeps_the_weights_it_was_made_with(codec):
    encoder, decoder = make_modules()
    encoder.train()
    mine = Codec(encoder, decoder, codec.quantiser)
    before = compress(make_images(5), mine)
    with torch.no_grad():
        encoder[0].weight += 1
        decoder[0].weight += 1
    assert compress(make_images(5), mine) == before
    assert torch.equal(decompress(before, mine), decompress(before, codec))
    assert encoder.training and encoder[0].weight.requires_grad


def test_a_codec_refuses_modules_that_do_not_fit(codec):
    encoder, decoder = make_modules()
    for modules, pattern in (
        (
            (encoder, nn.Identity()),
            r"the decoder to turn shape \(4, 7, 7\) into \(1, 28, 28\), got",
        ),
        ((nn.Identity(), decoder), r"the encoder to turn .* into \(4, 7, 7\), got \(1, 28, 28\)"),
        ((encoder, nn.Linear(3, 3)), "got an error"),
    ):
        with pytest.raises(ValueError, match=pattern) as raised:
            Codec(*modules, codec.quantiser)
        assert_one_sentence(raised.value)


def test_a_codec_refuses_weights_that_are_no_numbers(codec):
    for broken in (0, 1):
        modules = make_modules()
        with torch.no_grad():
            modules[broken][0].weight[0] = float("nan")
        with pytest.raises(ValueError, match=r"(en|de)coder weights that are finite, got NaN") as e:
            Codec(*modules, codec.quantiser)
        assert_one_sentence(e.value)


def test_another_default_kind_of_number_changes_nothing(whole):
    torch.set_default_dtype(torch.float64)
    try:
        modules = [module.float() for module in make_modules_in(torch.float32)]
        codec = Codec.fit(*modules, make_images_in(torch.float32, 300), bits=4)
        assert compress(make_images_in(torch.float32, 20, seed=1), codec) == whole
        assert decompress(whole, codec).dtype == torch.float32
    finally:
        torch.set_default_dtype(torch.float32)


def make_modules_in(dtype: torch.dtype) -> tuple[nn.Module, nn.Module]:
    """`make_modules`, whatever the default is."""
    default = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        return make_modules()
    finally:
        torch.set_default_dtype(default)


def make_images_in(dtype: torch.dtype, count: int, seed: int = 0) -> torch.Tensor:
    default = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        return make_images(count, seed)
    finally:
        torch.set_default_dtype(default)


def test_weights_that_16_bits_hold_take_16_bits_and_come_back(codec, tmp_path):
    decoder = ResidualDecoder()
    quantiser = Quantiser.fit(torch.randn(9, 4, 7, 7), 3)
    exact, half = (Codec(None, d, quantiser) for d in (decoder, rounded(decoder)))
    sizes = [save_codec(tmp_path / name, c) for name, c in (("32", exact), ("16", half))]
    # Matrices are rounded; vectors stay as they are, and those that never learnt are 0 or 1.
    matrices = sum(p.numel() for p in decoder.parameters() if p.ndim > 1)
    assert sizes[0] - sizes[1] == pytest.approx(2 * matrices, abs=300)  # names of kinds
    for name, codec in (("32", exact), ("16", half)):
        loaded = load_codec(tmp_path / name, None, ResidualDecoder())
        assert loaded.identity == codec.identity
        assert all(t.dtype == torch.float32 for t in loaded.decoder.parameters())
    large = nn.Sequential(nn.Flatten(), nn.Linear(196, 784), nn.Unflatten(1, (1, 28, 28)))
    with torch.no_grad():
        large[1].bias.fill_(1e30)  # 16 bits make it infinite
    save_codec(tmp_path / "large", Codec(None, large, quantiser))
    loaded = load_codec(tmp_path / "large", None, copy.deepcopy(large))
    assert torch.equal(loaded.decoder[1].bias, large[1].bias)


def test_a_saved_codec_comes_back_whole(codec, whole, tmp_path):
    path = tmp_path / "codec.safetensors"
    size = save_codec(path, codec)
    assert size == path.stat().st_size
    given_modules = make_modules(seed=8)
    prints = [weights.fingerprint(module) for module in given_modules]
    loaded = load_codec(path, *given_modules)
    assert [weights.fingerprint(module) for module in given_modules] == prints
    assert loaded.identity == codec.identity
    assert compress(make_images(20, seed=1), loaded) == whole
    # The reader's half is smaller, and no encoder is needed to load either file.
    assert save_codec(tmp_path / "reader.safetensors", codec, with_encoder=False) < size
    for name in ("codec", "reader"):
        reader = load_codec(tmp_path / f"{name}.safetensors", None, make_modules(seed=8)[1])
        assert torch.equal(decompress(whole, reader), decompress(whole, codec))


def test_a_file_that_is_no_codec_is_refused(codec, tmp_path):
    path = tmp_path / "codec.safetensors"
    encoder, decoder = make_modules()
    with pytest.raises(WeightsError, match="there is none"):
        load_codec(path, encoder, decoder)
    save_codec(path, codec)
    with pytest.raises(WeightsError, match="build the module"):
        load_codec(path, encoder, make_modules((3, 7, 7))[1])
    tensors = codec.reader_tensors()
    false = [
        {name: value for name, value in tensors.items() if name != "quantiser.low"},
        tensors | {"quantiser.low": tensors["quantiser.high"] + 1},
        tensors | {"quantiser.frequencies": torch.zeros(4, 7, 7, 16, dtype=torch.uint16)},
        tensors | {"quantiser.frequencies": torch.ones(4, 7, 6, 16, dtype=torch.uint16)},
    ]
    for table in false:
        weights.write_tensors(path, table, {})
        with pytest.raises(
            WeightsError, match=r"expected a codec in .*; write the file with save_c"
        ):
            load_codec(path, None, decoder)
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    with pytest.raises(WeightsError, match="SHA-256 differs"):
        load_codec(path, None, decoder)


def test_a_loaded_codec_restores_exactly_what_the_trained_one_does(tmp_path):
    # Training leaves the weights in another order in memory, which changes the last digits.
    torch.manual_seed(0)
    encoder, decoder = (
        module.to(memory_format=torch.channels_last)
        for module in (ResidualEncoder(), ResidualDecoder())
    )
    images = make_images(20, seed=3)
    trained = Codec.fit(encoder, decoder, images, bits=4)
    save_codec(tmp_path / "codec.safetensors", trained)
    loaded = load_codec(tmp_path / "codec.safetensors", None, ResidualDecoder())
    levels = trained.encode(images)
    assert torch.equal(loaded.decode(levels), trained.decode(levels))


def test_a_stretched_quantiser_has_a_longer_step_about_the_same_middle():
    codes = torch.randn(300, 2, 3, 3, generator=torch.Generator().manual_seed(0))
    plain, stretched = Quantiser.fit(codes, 4), Quantiser.fit(codes, 4, stretch=1.5)
    assert torch.allclose(stretched.step, 1.5 * plain.step)
    assert torch.allclose(stretched.low + stretched.high, plain.low + plain.high, atol=1e-6)
    with pytest.raises(ValueError, match=r"stretch of 1 or more, got 0\.5"):
        Quantiser.fit(codes, 4, stretch=0.5)
    for stretch in (float("inf"), float("nan")):
        with pytest.raises(ValueError, match=f"finite stretch of 1 or more, got {stretch}"):
            Quantiser.fit(codes, 4, stretch=stretch)


def test_codes_of_half_precision_and_numpys_numbers_are_taken(codec):
    codes = torch.randn(50, 2, 3, 3, generator=torch.Generator().manual_seed(0)).bfloat16()
    quantiser = Quantiser.fit(codes, np.int64(3))
    assert quantiser.bits == 3 and quantiser.low.dtype == torch.float32
    assert torch.equal(quantiser.quantise(codes), quantiser.quantise(codes.float()))
