"""Chapter 2's explorer: its networks, levels and bytes are those of PyTorch and of the codec."""

import numpy as np
import pytest
import torch
from driver import BAR, PHONE, Driven, middle, open_explorer, swipe
from playwright.sync_api import Browser
from torch import Tensor

from utils.compression.quantiser import Quantiser
from utils.explorers.packed_tensors import fill, unpack
from utils.measures.image_quality import psnr
from utils.models.convolutional import ResidualDecoder, ResidualEncoder

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/02_compression.html"
NAME = "book-compression"
CONTROLS = {"picture": "held-out", "channels kept": 4, "bits per number": 4}
TOLERANCE = 1e-4
# Lines from one corner to another of the middle of the pad, as shares of it.
STROKES = [[(0.05, 0.05), (0.15, 0.3), (0.25, 0.5)], [(0.1, 0.5), (0.35, 0.2)]]


def check(result: dict, data: dict, kept: int, bits: int) -> None:
    """That all which follows from the original is as PyTorch and the codec have it."""
    shape = data["encoder"]["shrink.weight"]["shape"]
    blocks = sum(name.endswith("change.0.weight") for name in data["encoder"])
    encoder = fill(ResidualEncoder(shape[0], blocks), data["encoder"]).eval()
    decoder = fill(ResidualDecoder(shape[0], blocks), data["decoder"]).eval()
    packed = data["quantisers"][str(bits)]
    frequencies = unpack(packed["frequencies"]).long()
    quantiser = Quantiser(unpack(packed["low"]), unpack(packed["high"]), frequencies)
    original = torch.tensor(result["original"], dtype=torch.float32).view(1, 1, 28, 28)
    with torch.no_grad():
        encoded = encoder(original)
    seen = torch.tensor(result["encoded"]).view_as(encoded)
    assert (seen - encoded).abs().max() <= TOLERANCE

    # From the page's own code: a number half-way between two levels could fall to either.
    levels = quantiser.quantise(seen)  # (1, 4, 7, 7)
    code = unpack(data["means"])[None]
    channels = data["order"][:kept]
    code[:, channels] = quantiser.dequantise(levels)[:, channels]
    assert (torch.tensor(result["code"]).view_as(code) - code).abs().max() <= TOLERANCE

    with torch.no_grad():
        restored = decoder(code)
    assert (torch.tensor(result["restored"]).view_as(restored) - restored).abs().max() <= TOLERANCE
    assert result["psnr"] == pytest.approx(psnr(restored, original).item(), abs=1e-3)

    probabilities = torch.from_numpy(quantiser.probabilities)  # (196, 2^bits)
    taken = probabilities.gather(1, levels.flatten()[:, None].long())
    channel_bytes = -taken.log2().view(4, 49).sum(1) / 8
    for channel in range(4):
        expected = channel_bytes[channel].item() if channel in channels else 0
        assert result["channelBytes"][channel] == pytest.approx(expected, abs=TOLERANCE)
    assert result["bytes"] == pytest.approx(channel_bytes[channels].sum().item(), abs=TOLERANCE)


@pytest.mark.parametrize(("kept", "bits"), [(4, 8), (4, 4), (3, 5), (2, 2), (1, 1), (1, 7), (4, 3)])
def test_the_page_restores_what_pytorch_restores(
    explorer: Driven, data: dict, kept: int, bits: int
) -> None:
    digits = unpack(data["digits"]) / 255
    explorer.set("channels kept", kept)
    explorer.set("bits per number", bits)
    for digit in {0, len(digits) // 2, len(digits) - 1}:
        explorer.set("digit", digit)
        result = explorer.result
        assert result["original"] == pytest.approx(digits[digit].flatten().tolist(), abs=1e-6)
        check(result, data, kept, bits)
        assert f"in all {result['bytes']:.1f} bytes" in explorer.text
        assert f"PSNR {result['psnr']:.1f} dB" in explorer.text
        assert explorer.element.get_by_text("dropped", exact=True).locator(
            "visible=true"
        ).count() == (4 - kept)


def test_better_quality_costs_bytes(explorer: Driven) -> None:
    coarse, fine = [], []
    for results, kept, bits in ((coarse, 1, 2), (fine, 4, 8)):
        explorer.set("channels kept", kept)
        explorer.set("bits per number", bits)
        results.append(explorer.result)
    assert fine[0]["bytes"] > 4 * coarse[0]["bytes"]
    assert fine[0]["psnr"] > coarse[0]["psnr"] + 2


@pytest.fixture
def pad(explorer: Driven) -> Driven:
    """Empty, with the pen beside it."""
    explorer.set("picture", "own")
    press(explorer, "clear the pad")
    return explorer


def ink(explorer: Driven) -> Tensor:
    return torch.tensor(explorer.result["original"]).view(28, 28)


def middle_of(picture: Tensor) -> tuple[float, float]:
    """Across and down, in pixels."""
    places = torch.arange(28) + 0.5
    mass = picture.sum()
    return (picture.sum(0) @ places / mass).item(), (picture.sum(1) @ places / mass).item()


def test_a_drawing_is_compressed_as_it_is_shown(pad: Driven, data: dict) -> None:
    for stroke in STROKES:
        draw(pad, stroke)
    drawn = ink(pad)
    assert 20 < drawn.sum() < 120  # of MNIST's training digits nine in ten have 52 to 160
    assert drawn.max() == 1
    assert ((drawn > 0.1) & (drawn < 0.9)).sum() > 20  # grey at the rim
    check(pad.result, data, 4, 4)


def test_ink_stays_where_it_is_drawn(pad: Driven) -> None:
    draw(pad, STROKES[0], release=False)
    held = ink(pad)
    assert held[:16, :9].count_nonzero() == held.count_nonzero() > 0
    pad.page.mouse.up()
    assert ink(pad).equal(held)
    draw(pad, STROKES[1])
    both = ink(pad)
    assert (both >= held).all() and both.sum() > held.sum()


def test_ink_is_centred_when_that_is_asked_for(pad: Driven, data: dict) -> None:
    for stroke in STROKES:
        draw(pad, stroke)
    before = ink(pad)
    assert "middle of their ink" in pad.text
    press(pad, "centre the ink")
    after = ink(pad)
    assert middle_of(before) != pytest.approx((14.5, 14.5), abs=2)
    assert middle_of(after) == pytest.approx((14.5, 14.5), abs=0.1)
    assert after.sum() == pytest.approx(before.sum().item(), rel=0.1)
    assert "middle of their ink" not in pad.text
    check(pad.result, data, 4, 4)
    draw(pad, STROKES[0])
    assert (ink(pad) >= after).all()  # what is there stays


def test_an_empty_pad_has_no_quality_and_says_what_to_do(pad: Driven) -> None:
    draw(pad, STROKES[0])
    press(pad, "clear the pad")
    result = pad.result
    assert not any(result["original"])
    assert result["psnr"] is None and result["bytes"] is None
    shown = pad.text.replace("PSNR (dB)", "")  # what the chart's axis is called
    assert "dB" not in shown and "bytes:" not in pad.text and "in all" not in pad.text
    assert "Draw on the empty paper" in pad.text
    assert pad.element.get_by_text("draw a digit", exact=True).is_visible()
    press(pad, "centre the ink")
    assert not any(pad.result["original"])
    said = pad.element.locator("[aria-live]")
    said.get_by_text("The pad is empty").wait_for(state="attached")
    assert not pad.errors


def test_a_held_out_digit_cannot_be_drawn_over(explorer: Driven) -> None:
    before = explorer.result["original"]
    draw(explorer, STROKES[0])
    assert explorer.result["original"] == before
    explorer.set("picture", "own")
    assert not any(explorer.result["original"])


def test_a_finger_draws_on_a_pad_and_else_moves_the_page(explorer: Driven) -> None:
    picture = explorer.element.locator("svg").first
    picture.scroll_into_view_if_needed()
    before = explorer.result["original"]
    x, y = middle(picture.locator("image"))
    assert swipe(picture, (x, y - 60), (x + 3, y + 60))
    assert explorer.result["original"] == before

    explorer.set("picture", "own")
    press(explorer, "clear the pad")
    x, y = middle(picture.locator("image"))
    assert not swipe(picture, (x, y - 60), (x + 3, y + 60))
    drawn = ink(explorer)
    assert drawn.sum() > 10 and drawn[:, :7].sum() == drawn[:, 21:].sum() == 0
    press(explorer, "clear the pad")


def test_the_keyboard_does_all(explorer: Driven, data: dict) -> None:
    before = explorer.result
    explorer.element.get_by_label("bits per number", exact=True).focus()
    explorer.page.keyboard.press("ArrowRight")
    assert explorer.result["bytes"] > before["bytes"]
    explorer.element.get_by_label("a held-out digit", exact=True).focus()
    explorer.page.keyboard.press("ArrowRight")
    for _ in range(3):
        explorer.page.keyboard.press("Tab")
    explorer.page.keyboard.press("Enter")  # draw a spiral
    assert sum(explorer.result["original"]) > 50
    check(explorer.result, data, 4, 5)
    press(explorer, "clear the pad")


def test_all_fits_a_phone(browser: Browser, site) -> None:
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE, "dark")
    for picture in ("held-out", "own"):
        explorer.set("picture", picture)
        assert_fits(explorer)
        # From the pictures to what changes the code, in what a browser's own bars leave.
        top = explorer.element.bounding_box()["y"]
        for label in ("bits per number", "channels kept"):
            slider = explorer.element.get_by_label(label, exact=True).bounding_box()
            assert slider["y"] + slider["height"] - top <= 664
    assert not explorer.errors
    explorer.close()


def draw(explorer: Driven, stroke: list[tuple[float, float]], release: bool = True) -> None:
    """With the mouse on the first picture; (0, 0) is the upper left corner of the 28 x 28."""
    picture = explorer.element.locator("svg").first.locator("image")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    mouse = explorer.page.mouse
    for i, (x, y) in enumerate(stroke):
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if i == 0:
            mouse.down()
    if release:
        mouse.up()


def press(explorer: Driven, name: str) -> None:
    explorer.element.get_by_role("button", name=name).click()


def assert_fits(explorer: Driven) -> None:
    """Nothing is wider than the screen, and all drawn text is at least 11 pixels high."""
    width, content, smallest = explorer.element.evaluate(
        """element => {
          const root = element.shadowRoot;
          const drawings = [...root.querySelectorAll("svg")].filter(s => s.viewBox.baseVal.width);
          const sizes = drawings.map(
            s => 13 * s.getBoundingClientRect().width / s.viewBox.baseVal.width);
          const right = Math.max(document.documentElement.scrollWidth,
            ...[...root.querySelectorAll("*")].map(e => e.getBoundingClientRect().right));
          return [innerWidth, right, Math.min(...sizes)];
        }"""
    )
    assert content <= width
    assert smallest >= 11


@pytest.mark.parametrize(("kept", "bits"), [(4, 1), (4, 5), (2, 8)])
def test_the_network_moves_along_its_curve(explorer: Driven, kept: int, bits: int) -> None:
    """The curve was measured by PyTorch, the point is computed in the page."""
    explorer.set("channels kept", kept)
    explorer.set("bits per number", bits)
    for digit in (0, 21):
        explorer.set("digit", digit)
        result = explorer.result
        size, decibels = result["curves"]["network"][bits - 1]
        assert result["bytes"] == pytest.approx(size, abs=0.2)
        assert result["psnr"] == pytest.approx(decibels, abs=0.1)


def test_rivals_are_read_off_at_the_same_bytes(explorer: Driven, data: dict) -> None:
    explorer.set("digit", 5)
    for bits in range(1, 9):
        explorer.set("bits per number", bits)
        size = explorer.result["bytes"]
        for name in ("PCA", "WebP"):
            curve = data["curves"][5][name]
            sizes, decibels = zip(*curve, strict=True)
            assert list(sizes) == sorted(sizes) and max(decibels) > decibels[0] + 3
            if sizes[0] <= size <= sizes[-1]:
                assert f"{name} {np.interp(size, sizes, decibels):.1f} dB" in explorer.text
            else:  # no file is so small, or so large
                assert f"{name} not measured" in explorer.text


def test_the_digit_shown_first_has_the_median_lead_over_webp(
    browser: Browser, site, data: dict
) -> None:
    leads = {}
    for digit, curves in enumerate(data["curves"]):
        size, decibels = curves["network"][-1][3]  # all channels, 4 bits
        sizes, of_webp = zip(*curves["WebP"], strict=True)
        if sizes[0] <= size <= sizes[-1]:
            leads[digit] = decibels - np.interp(size, sizes, of_webp)
    assert len(leads) > 30
    # Of an even number of digits, one of the two in the middle.
    nearest = sorted(leads, key=lambda digit: abs(leads[digit] - np.median(list(leads.values()))))
    fresh = open_explorer(browser, (site / PAGE).as_uri(), NAME)
    digits = unpack(data["digits"]) / 255
    shown = torch.tensor(fresh.result["original"])
    found = (digits.flatten(1) - shown).abs().sum(1).argmin().item()
    assert abs(leads[found] - leads[nearest[0]]) < 0.1 and found in nearest[:4]
    fresh.close()


def test_how_bytes_are_counted_is_said_of_rivals_alone(explorer: Driven) -> None:
    assert "a file of 64 copies" in explorer.text
    explorer.set("picture", "own")
    press(explorer, "draw a spiral")
    assert "a file of 64 copies" not in explorer.text


@pytest.mark.parametrize("bits", [2, 3, 4])
def test_a_spiral_takes_no_more_bytes_and_buys_fewer_decibels(
    explorer: Driven, data: dict, bits: int
) -> None:
    """So the page says of it what it costs and what that buys, and no more."""
    explorer.set("bits per number", bits)
    explorer.set("picture", "own")
    press(explorer, "draw a spiral")
    sizes, decibels = zip(
        *(curves["network"][-1][bits - 1] for curves in data["curves"]), strict=True
    )
    assert min(sizes) < explorer.result["bytes"] < max(sizes)
    assert explorer.result["psnr"] < min(decibels)
    press(explorer, "clear the pad")
    assert "how many decibels they buy" in explorer.text


def test_a_drawing_has_no_rivals_and_says_so(pad: Driven) -> None:
    for stroke in STROKES:
        draw(pad, stroke)
    assert pad.result["curves"] == {}
    assert "WebP and PCA are not in the page" in pad.text
    assert f"network {pad.result['psnr']:.1f} dB" in pad.text


@pytest.mark.parametrize("picture", ["held-out", "own"])
def test_pictures_controls_and_sentence_are_on_one_screen_of_a_phone(
    browser: Browser, site, picture: str
) -> None:
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE)
    phone.set("picture", picture)
    if picture == "own":
        press(phone, "draw a spiral")
    for bits in (1, 8):
        for kept in (1, 4):
            phone.set_all({"bits per number": bits, "channels kept": kept})
            assert f"{2**bits} levels" in phone.text
            assert phone.element.bounding_box()["height"] <= PHONE["height"] - BAR
    assert phone.errors == []
    phone.close()
