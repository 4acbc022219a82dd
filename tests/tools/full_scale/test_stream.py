"""All digits in one file, tried on a few."""

import re

import pytest
import torch

from tools.full_scale import record, stream
from utils.images.digits import Digits, Split, load_digits


@pytest.fixture(scope="module")
def few() -> Digits:
    digits = load_digits()
    sizes = {"train": 96, "validation": 20, "test": 30}
    return Digits(
        **{
            name: Split(getattr(digits, name).images[:size], getattr(digits, name).labels[:size])
            for name, size in sizes.items()
        }
    )


def test_every_digit_goes_in_and_comes_out_and_quality_is_that_of_the_test_digits(few, monkeypatch):
    monkeypatch.setattr(stream, "FRAME_IMAGES", 40)  # so that a part lies in several frames
    run = stream.run(digits=few, epochs=1)
    (table,) = run.results["tables"]
    assert re.fullmatch(r"146 digits; .* memory grew by \d+ MB", table["caption"])
    assert len(table["rows"]) == 3
    assert all(len(row) == len(table["columns"]) for row in table["rows"])
    ours, lossy, lossless = table["rows"]
    assert lossless[2] == "all pixels"
    assert 5 < float(ours[2]) < float(lossy[2]) < 40
    assert float(lossy[1]) < float(lossless[1])
    assert record.is_current("stream", run)


def test_quality_is_that_of_held_out_digits_alone(few):
    """What comes back is right for all but the test digits, or for these alone."""
    tests = len(few.test)

    def row(spoil_test: bool):
        def read():
            images = torch.cat(stream.parts(few))
            spoilt = images.clone()
            chosen = slice(-tests, None) if spoil_test else slice(None, -tests)
            spoilt[chosen] = 1 - spoilt[chosen]
            yield from spoilt.split(33)

        return stream.measured("a", few, lambda batches: sum(map(len, batches)), read)

    assert row(spoil_test=False)[2] == "all pixels"
    assert float(row(spoil_test=True)[2]) < 5


def test_a_digit_too_few_or_another_one_is_noticed(few):
    images = torch.cat(stream.parts(few))
    with pytest.raises(RuntimeError, match="expected 146 digits, read 145"):
        stream.measured("a", few, lambda _: 1, lambda: iter(images[1:].split(50)))
    codec = stream.trained(few, seed=0, epochs=1)
    right = codec.decode(codec.encode(images))
    stream.check(few, codec, iter(right.split(50)))
    right[100] = right[101]
    with pytest.raises(RuntimeError, match="digits 100 to 146 came back as others"):
        stream.check(few, codec, iter((right[:100], right[100:])))


def test_a_sheet_gives_its_digits_back_in_their_order(few):
    images = few.train.images[:70]
    again = stream.from_webp(stream.webp(images, stream.LOSSLESS))
    assert torch.equal((again * 255).round(), (images * 255).round())
