"""All 70,000 digits of MNIST in one file: chapter 2's code beside WebP, timed, in little memory."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from tools.full_scale import record
from tools.full_scale.record import Run
from tools.machine.system import used
from utils.compression.codec import Codec
from utils.compression.digit_stream import FRAME_IMAGES, read_stream, write_stream
from utils.images.digits import Digits, load_digits
from utils.measures.image_quality import psnr
from utils.models.convolutional import ResidualDecoder, ResidualEncoder
from utils.models.encoder_decoder import EncoderDecoder
from utils.training.loop import fit, seeded

EPOCHS, RATE, BATCH = 3, 1e-2, 32  # the rate and the batch of chapter 2
BITS = 3  # a number, as in chapter 2's file
SIDE = 32  # a sheet has 32 x 32 digits, as many as a frame
LOSSY = {"format": "WEBP", "quality": 10, "method": 6}
LOSSLESS = {"format": "WEBP", "lossless": True, "quality": 100, "method": 5}
COLUMNS = ["All in", "bytes a digit", "PSNR (dB)", "written a second", "read a second"]
Batches = Iterable[Tensor]


def run(seed: int = 0, digits: Digits | None = None, epochs: int = EPOCHS) -> Run:
    """Train the network, put every digit into each kind of file, and take it out again.

    Raises `RuntimeError` if a digit that is read is another one than its code says.
    """
    start = time.monotonic()
    worked_before = used(children=False)[0]
    digits = digits or load_digits("mnist", split_seed=seed)
    codec = trained(digits, seed, epochs)
    before = psutil.Process().memory_info().rss
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "all.frames")
        rows = [
            measured(
                f"chapter 2's code, {BITS} bits a number",
                digits,
                lambda batches: write_stream(path, batches, codec),
                lambda: read_stream(path, codec),
            )
        ]
        grown = psutil.Process().memory_info().rss - before
        check(digits, codec, read_stream(path, codec))
    rows.append(webp_row(f"WebP, quality {LOSSY['quality']}", LOSSY, digits))
    rows.append(webp_row("WebP, lossless", LOSSLESS, digits))
    worked, memory = used(children=False)
    caption = (
        f"{sum(map(len, parts(digits))):,} digits; while our file was written and read, memory "
        f"grew by {max(grown, 0) / 1e6:.0f} MB"
    )
    return Run(
        record.code_of("stream"),
        **record.circumstances(
            "python -m tools.full_scale stream",
            torch.get_num_threads(),
            time.monotonic() - start,
            None if worked is None or worked_before is None else worked - worked_before,
            memory,
        ),
        results={"tables": [{"columns": COLUMNS, "rows": rows, "caption": caption}]},
    )


def trained(digits: Digits, seed: int, epochs: int) -> Codec:
    """Chapter 2's network and its codec, of the training digits alone."""
    with seeded(seed):
        model = EncoderDecoder(ResidualEncoder(), ResidualDecoder())
    fit(
        model,
        lambda network, images: F.mse_loss(network(images), images),
        digits.train.batches(BATCH, seed=seed),
        digits.validation.batches(500),
        epochs=epochs,
        learning_rate=RATE,
        seed=seed,
        description="residual network",
    )
    model.cpu().eval()
    return Codec.fit(model.encoder, model.decoder, digits.train.images, BITS)


def parts(digits: Digits) -> tuple[Tensor, ...]:
    return digits.train.images, digits.validation.images, digits.test.images


def frames(digits: Digits) -> Iterator[Tensor]:
    """All digits, as many at a time as a frame has: (n, 1, 28, 28)."""
    for part in parts(digits):
        yield from part.split(FRAME_IMAGES)


def measured(
    name: str, digits: Digits, write: Callable[[Batches], int], read: Callable[[], Iterator[Tensor]]
) -> list[str]:
    """A row of the table: bytes, quality on the test digits, and digits a second each way."""
    count = sum(map(len, parts(digits)))
    start = time.perf_counter()
    size = write(frames(digits))
    written = time.perf_counter()
    held_out, seen = len(digits.test), 0
    decibels = []
    spent = 0.0
    batches = read()
    while True:
        before = time.perf_counter()
        images = next(batches, None)
        spent += time.perf_counter() - before
        if images is None:
            break
        true = slice_of(digits, seen, seen + len(images))
        first = max(0, count - held_out - seen)  # of those in this batch that are held out
        if first < len(images):
            decibels.append(psnr(images[first:], true[first:]))
        seen += len(images)
    if seen != count:
        raise RuntimeError(f"{name}: expected {count} digits, read {seen}")
    quality = torch.cat(decibels)
    exact = bool(quality.isinf().all())
    return [
        name,
        f"{size / count:.1f}",
        "all pixels" if exact else f"{quality.mean().item():.2f}",
        f"{count / (written - start):,.0f}",
        f"{count / spent:,.0f}",
    ]


def webp_row(name: str, options: dict[str, Any], digits: Digits) -> list[str]:
    """That of WebP, whose sheets stay in memory."""
    sheets: list[bytes] = []

    def write(batches: Batches) -> int:
        sheets.extend(webp(images, options) for images in batches)
        return sum(map(len, sheets))

    return measured(name, digits, write, lambda: map(from_webp, sheets))


def slice_of(digits: Digits, start: int, end: int) -> Tensor:
    """Digits of all parts together, counted from the first."""
    found = []
    for part in parts(digits):
        found.append(part[max(0, start) : max(0, end)])
        start, end = start - len(part), end - len(part)
    return torch.cat(found)


def check(digits: Digits, codec: Codec, read: Iterator[Tensor]) -> None:
    """That what was read is what the codec makes of each digit by itself."""
    seen = 0
    for images in read:
        expected = codec.decode(codec.encode(slice_of(digits, seen, seen + len(images))))
        if not torch.allclose(images, expected, atol=1e-5):
            raise RuntimeError(f"digits {seen} to {seen + len(images)} came back as others")
        seen += len(images)


def webp(images: Tensor, options: dict[str, Any]) -> bytes:
    """Up to SIDE² digits (n, 1, 28, 28) as one picture; places without a digit are black."""
    sheet = torch.zeros(SIDE * SIDE, 28, 28)
    sheet[: len(images)] = images[:, 0]
    grid = sheet.view(SIDE, SIDE, 28, 28).transpose(1, 2)  # -> (SIDE, 28, SIDE, 28)
    pixels = (grid.reshape(28 * SIDE, 28 * SIDE) * 255).round().byte()
    file = io.BytesIO()
    Image.fromarray(pixels.numpy()).save(file, **options)
    return len(images).to_bytes(4, "little") + file.getvalue()


def from_webp(data: bytes) -> Tensor:
    """What `webp` made of digits, (n, 1, 28, 28)."""
    count = int.from_bytes(data[:4], "little")
    picture = Image.open(io.BytesIO(data[4:])).convert("L")
    pixels = torch.frombuffer(bytearray(picture.tobytes()), dtype=torch.uint8)
    grid = pixels.view(SIDE, 28, SIDE, 28).transpose(1, 2)  # -> (SIDE, SIDE, 28, 28)
    return grid.reshape(-1, 1, 28, 28)[:count].float() / 255
