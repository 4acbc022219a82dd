"""Chapter 2's explorer of who sees what: strengths are PyTorch's derivatives, and all can point."""

import pytest
import torch
from driver import DESKTOP, PHONE, Driven, middle, open_explorer, swipe
from playwright.sync_api import Browser, Locator
from torch import Tensor, nn

from utils.explorers.packed_tensors import fill, unpack
from utils.models.convolutional import PlainDecoder, ResidualDecoder

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/02_compression.html"
NAME = "book-receptive-field"
CONTROLS = {"which decoder paints": "plain", "held-out digit": 3}
WHO = next(iter(CONTROLS))
# How many cells a pixel of the middle is painted from, and one at a corner; for PCA, numbers. No
# digit has ink at a corner.
SEEN = {
    "plain": (1, 1),
    "patches touch": (1, 1),
    "patches overlap": (4, 1),
    "residual": (49, 16),
    "PCA": (196, 0),
}
PAINTED = {"plain": 16, "patches touch": 16, "patches overlap": 64, "residual": 784}


def decoder_of(network: dict) -> nn.Module:
    """The decoder of an entry of the data; codes (n, channels, height, width) -> (n, 784)."""
    packed = network["decoder"]
    if network["kind"] == "components":
        linear = nn.Linear(196, 784)
        linear.weight.data = torch.zeros(784, 196)
        linear.weight.data[unpack(packed["inked"]).long()] = unpack(packed["components"]).T
        linear.bias.data = unpack(packed["mean"])
        return nn.Sequential(nn.Flatten(), linear)
    if network["kind"] == "patches":
        shapes = [entry["shape"] for name, entry in packed.items() if name.endswith("weight")]
        hidden = [nn.Conv2d(4, shapes[0][0], 1), nn.ReLU()] if len(shapes) == 2 else []
        inputs, _, side, _ = shapes[-1]
        paint = nn.ConvTranspose2d(inputs, 1, side, stride=4, padding=(side - 4) // 2)
        decoder: nn.Module = nn.Sequential(*hidden, paint, nn.Sigmoid())
    elif network["kind"] == "residual":
        decoder = ResidualDecoder()
    else:
        decoder = PlainDecoder()
    return nn.Sequential(fill(decoder, packed), nn.Flatten()).eval()


def strengths(decoder: nn.Module, code: Tensor, pointed: str, place: list[int]) -> Tensor:
    x, y = place
    if pointed == "pixel":
        slopes = torch.func.grad(lambda c: decoder(c)[0, 28 * y + x])(code)
        return slopes[0].abs().sum(0).flatten()  # (channels, height, width) -> (cells,)
    total = torch.zeros(784)
    for channel in range(code.shape[1]):
        unit = torch.zeros_like(code)
        unit[0, channel, y, x] = 1
        total += torch.autograd.functional.jvp(decoder, code, unit)[1][0].abs()
    return total


def point(explorer: Driven, pointed: str, place: list[int]) -> None:
    explorer.element.evaluate(
        "(element, [pointed, place]) => element.set({ pointed, [pointed]: place })",
        [pointed, place],
    )


@pytest.mark.parametrize("name", SEEN)
def test_the_page_has_the_derivatives_that_pytorch_has(
    explorer: Driven, data: dict, name: str
) -> None:
    network = next(entry for entry in data["networks"] if entry["name"] == name)
    decoder = decoder_of(network)
    code = unpack(network["codes"])[3:4]
    explorer.set(WHO, name)
    for pointed, places in {"pixel": ([13, 13], [0, 0], [5, 27]), "cell": ([3, 3], [6, 0])}.items():
        for place in places:
            point(explorer, pointed, place)
            result = explorer.result
            assert (result["pointed"], result["place"]) == (pointed, place)
            with torch.no_grad():
                copy = decoder(code)[0]
            assert torch.allclose(torch.tensor(result["copy"]), copy, atol=1e-4)
            expected = strengths(decoder, code, pointed, place)
            found = torch.tensor(result["strengths"], dtype=torch.float32)
            assert torch.allclose(found, expected, atol=1e-5, rtol=1e-3)
            assert result["reached"] == (expected > 0).sum()


@pytest.mark.parametrize("name", SEEN)
def test_who_sees_what_the_chapter_says(explorer: Driven, data: dict, name: str) -> None:
    explorer.set(WHO, name)
    for pointed, place, most in (
        ("pixel", [13, 13], SEEN[name][0]),
        ("pixel", [0, 0], SEEN[name][1]),
        ("cell", [3, 3], painted_by(name, data)),
    ):
        point(explorer, pointed, place)
        reached = []
        for digit in range(10):
            explorer.set("held-out digit", digit)
            reached.append(explorer.result["reached"])
            verb = "painted from" if pointed == "pixel" else "paints"
            assert f"{verb} {reached[-1]} of " in explorer.text
        # At the rim a ReLU may let nothing through, for some digits or all.
        assert max(reached) <= most
        assert max(reached) == most or place == [0, 0]


def painted_by(name: str, data: dict) -> int:
    """How many pixels a cell of the middle paints; for PCA all where any digit has ink."""
    if name != "PCA":
        return PAINTED[name]
    inked = len(unpack(data["networks"][-1]["decoder"]["inked"]))
    assert inked > 500
    return inked


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP])
def test_letters_are_as_large_as_those_beside_them(browser: Browser, site, viewport) -> None:
    """A drawing grows where there is room, its letters do not: 11 to 15 pixels."""
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME, viewport)
    sizes = explorer.element.evaluate(
        """element => [...element.shadowRoot.querySelectorAll("svg text")].map(text =>
          parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""
    )
    assert len(sizes) == 4
    assert 11 <= min(sizes) <= max(sizes) <= 15.01
    explorer.close()


def boards(explorer: Driven) -> list[Locator]:
    return explorer.element.locator(".board").all()


def place_in(board: Locator, across: float, down: float) -> tuple[float, float]:
    box = board.locator("image").bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def test_a_mouse_points_by_passing_over(explorer: Driven) -> None:
    copy, code = boards(explorer)
    explorer.page.mouse.move(*place_in(copy, 4.5 / 28, 20.5 / 28))
    assert (explorer.result["pointed"], explorer.result["place"]) == ("pixel", [4, 20])
    explorer.page.mouse.move(*place_in(code, 5.5 / 7, 2.5 / 7))
    assert (explorer.result["pointed"], explorer.result["place"]) == ("cell", [5, 2])
    explorer.page.mouse.move(0, 0)
    assert explorer.result["place"] == [5, 2]


def test_arrow_keys_point_and_stay_on_the_board(explorer: Driven) -> None:
    point(explorer, "pixel", [0, 13])
    copy, code = boards(explorer)
    copy.focus()
    for key in ("ArrowLeft", "ArrowDown", "ArrowRight"):
        explorer.page.keyboard.press(key)
    assert explorer.result["place"] == [1, 14]
    assert "row 15, column 2" in copy.get_attribute("aria-label")
    code.focus()
    explorer.page.keyboard.press("ArrowUp")  # the first key only shows where one is
    before = explorer.result
    assert before["pointed"] == "cell"
    explorer.page.keyboard.press("ArrowUp")
    assert explorer.result["place"] == [before["place"][0], before["place"][1] - 1]
    said = explorer.element.locator("[aria-live]")
    said.get_by_text("This cell paints").wait_for(state="attached")


def test_a_finger_taps_drags_and_scrolls(explorer: Driven) -> None:
    copy, _ = boards(explorer)
    view = explorer.element.locator("svg").first
    point(explorer, "pixel", [2, 2])
    x, y = place_in(copy, 0.75, 0.5)
    assert swipe(view, (x, y), (x + 3, y + 120))  # the page scrolls
    assert explorer.result["place"] == [2, 2]
    assert not swipe(view, (x, y), (x + 1, y + 1))
    assert explorer.result["place"] == [21, 14]
    x, y = middle(copy.locator("image"))
    point(explorer, "pixel", [14, 14])
    assert not swipe(view, (x, y), (x + 2, y + 60))  # taken hold of, it goes any way
    assert explorer.result["place"][1] > 18


@pytest.mark.parametrize("place", ["99,-4", "3", "2.4,1"])
def test_an_odd_address_points_within_the_picture(browser: Browser, site, place: str) -> None:
    address = (site / PAGE).as_uri() + f"#{NAME}.pixel={place}"
    explorer = open_explorer(browser, address, NAME)
    assert all(along in range(28) for along in explorer.result["place"])
    assert explorer.errors == []
    explorer.close()


def test_picture_and_controls_fit_a_phone(browser: Browser, site) -> None:
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE, "dark")
    box = explorer.element.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    assert box["height"] <= PHONE["height"] - 60  # below the site's header
    assert not explorer.errors
    explorer.close()
