"""Chapter 7's explorer of a masked autoencoder: what it restores is what PyTorch does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from driver import PHONE, Driven, open_explorer, swipe
from playwright.sync_api import Browser
from torch import Tensor

from utils.explorers.packed_tensors import fill, unpack
from utils.measures.image_quality import psnr
from utils.transformers.stack import Architecture
from utils.vision.masked_autoencoder import MaskedAutoencoder
from utils.vision.patches import take, to_patches

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/07_vision.html"
NAME = "book-hidden-patches"
TOLERANCE = 1e-4


@pytest.fixture
def explorer(opened: Driven) -> Iterator[Driven]:
    """As it was opened, and in sight."""
    hide(opened, opened.data["hidden"], digit=str(opened.data["digit"]), place=0)
    opened.element.scroll_into_view_if_needed()
    assert opened.errors == []
    yield opened
    assert opened.errors == []


def hide(explorer: Driven, hidden: list[int], **others: object) -> dict:
    explorer.element.evaluate("(e, state) => e.set(state)", {"hidden": hidden, **others})
    return explorer.result


@pytest.fixture(scope="module")
def model(data: dict) -> MaskedAutoencoder:
    """The network that lies in the page, in PyTorch."""
    network = data["network"]
    weights = network["weights"]

    def architecture(described: dict, stack: str) -> Architecture:
        longest, size = weights[f"{stack}.positions.embedding.weight"]["shape"]
        inner_size = weights[f"{stack}.blocks.0.feed_forward.0.weight"]["shape"][0]
        return Architecture(
            **{"size": size, "inner_size": inner_size, "longest": longest},
            **{name: described[name] for name in ("heads", "layers", "norm", "positions")},
        )

    made = MaskedAutoencoder(
        architecture(network["read_by"], "encoder.stack"),
        architecture(network["written_by"], "decoder"),
        network["patch_size"],
    )
    return fill(made, weights).eval()


def image_of(data: dict, digit: int) -> Tensor:
    return unpack(data["digits"])[digit].view(1, 1, 28, 28) / 255


@pytest.mark.parametrize("digit", [0, 4, 9])
@pytest.mark.parametrize("hidden", [[24], list(range(7, 49)), list(range(48)), None])
def test_the_page_restores_as_pytorch_does(
    explorer: Driven, data: dict, model: MaskedAutoencoder, digit: int, hidden: list[int] | None
) -> None:
    hidden = data["hidden"] if hidden is None else hidden
    result = hide(explorer, hidden, digit=str(digit))
    assert result["hidden"] == hidden
    visible = torch.tensor([[place for place in range(model.places) if place not in hidden]])
    image = image_of(data, digit)
    with torch.no_grad():
        expected = model.restore(image, visible)
    restored = torch.tensor(result["restored"]).view(1, 1, 28, 28)
    assert (restored - expected).abs().max() <= TOLERANCE
    size = data["network"]["patch_size"]
    pair = [take(to_patches(x, size), torch.tensor([hidden]))[None] for x in (expected, image)]
    assert result["psnr"] == pytest.approx(psnr(*pair).item(), abs=1e-2)
    assert f"PSNR {result['psnr']:.1f} dB" in explorer.text


def test_what_is_hidden_changes_nothing_and_what_is_seen_does(
    explorer: Driven, data: dict, model: MaskedAutoencoder
) -> None:
    """Two digits with the same patches in sight would be restored alike: these are paper."""
    corners = [place for place in range(model.places) if place not in (0, 6, 42, 48)]
    restored = [hide(explorer, corners, digit=str(digit))["restored"] for digit in (1, 8)]
    assert restored[0] == pytest.approx(restored[1], abs=1e-6)
    several = [hide(explorer, [24], digit=str(digit))["restored"] for digit in (1, 8)]
    assert several[0] != several[1]


def test_with_nothing_hidden_the_digit_is_the_truth(explorer: Driven, data: dict) -> None:
    explorer.element.get_by_role("button", name="show all").click()
    result = explorer.result
    assert (result["hidden"], result["psnr"]) == ([], None)
    truth = image_of(data, data["digit"]).flatten()
    torch.testing.assert_close(torch.tensor(result["restored"]), truth)


def test_a_button_hides_as_many_as_in_training(explorer: Driven, data: dict) -> None:
    draws = []
    for _ in range(3):
        explorer.element.get_by_role("button", name="at random").click()
        draws.append(explorer.result["hidden"])
    assert {len(hidden) for hidden in draws} == {len(data["hidden"])}
    assert draws[0] != draws[1] != draws[2]


def place_of(explorer: Driven, place: int, columns: int = 7) -> tuple[float, float]:
    """The middle of a patch on the screen."""
    box = explorer.element.locator(".cover > rect").first.bounding_box()
    column, line = place % columns, place // columns
    side = box["width"] / columns
    return box["x"] + (column + 0.5) * side, box["y"] + (line + 0.5) * side


def test_a_mouse_hides_what_it_passes_over_and_shows_it_again(explorer: Driven) -> None:
    mouse = explorer.page.mouse
    hide(explorer, [10])
    for expected in ([10, 15, 16, 17], [10]):
        mouse.move(*place_of(explorer, 15))
        mouse.down()
        mouse.move(*place_of(explorer, 17), steps=6)
        mouse.up()
        assert explorer.result["hidden"] == expected


def test_a_finger_hides_patches_in_any_direction(explorer: Driven) -> None:
    hide(explorer, [])
    picture = explorer.element.locator("svg.masked")
    assert not swipe(picture, place_of(explorer, 9), place_of(explorer, 37))
    assert explorer.result["hidden"] == [9, 16, 23, 30, 37]


def test_the_keyboard_hides_and_shows(explorer: Driven) -> None:
    hide(explorer, [])
    cover = explorer.element.locator(".cover")
    cover.focus()
    for key in ("ArrowRight", "ArrowDown", " "):
        explorer.page.keyboard.press(key)
    assert explorer.result["hidden"] == [8]
    assert "row 2, column 2, hidden" in cover.get_attribute("aria-label")
    for key in ("Enter", "ArrowUp", "ArrowUp"):
        explorer.page.keyboard.press(key)
    assert explorer.result["hidden"] == []
    assert explorer.result["place"] == 1


def test_the_last_patch_stays(explorer: Driven) -> None:
    result = hide(explorer, list(range(49)))
    assert len(result["hidden"]) == 48
    assert "The last patch cannot be hidden" in explorer.text


@pytest.mark.parametrize("odd", ["hidden=99,-1,0.5", "place=200", "digit=none"])
def test_an_odd_address_does_no_harm(browser: Browser, site: Path, odd: str) -> None:
    linked = open_explorer(browser, f"{(site / PAGE).as_uri()}#{NAME}.{odd}", NAME)
    assert set(linked.result["hidden"]) <= set(range(49))
    assert linked.result["digit"] == linked.data["digit"]
    assert linked.errors == []
    linked.close()


def test_a_link_keeps_what_is_hidden(browser: Browser, site: Path) -> None:
    address = f"{(site / PAGE).as_uri()}#{NAME}.digit=3&{NAME}.hidden=1,2,30"
    linked = open_explorer(browser, address, NAME, PHONE)
    assert (linked.result["digit"], linked.result["hidden"]) == (3, [1, 2, 30])
    panel = linked.element.locator(".panel")
    assert panel.evaluate("e => e.scrollWidth <= e.clientWidth")
    linked.close()
