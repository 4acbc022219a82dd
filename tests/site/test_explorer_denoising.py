"""Chapter 3's explorer: its noise, its networks and its BM3D are those of the book in PyTorch."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from driver import PHONE, Driven, middle, new_context, open_explorer, swipe
from playwright.sync_api import Browser, expect
from torch import Tensor

from utils.baselines.denoisers import bm3d, identity
from utils.explorers.packed_tensors import fill, unpack
from utils.images.noise import HOPELESS, KINDS
from utils.measures.image_quality import psnr
from utils.models.convolutional import ResidualDecoder, ResidualEncoder

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/03_denoising.html"
NAME = "book-denoising"
SHOWN_FIRST = "trained at σ = 0.5"
CONTROLS = {"kind of noise": "Gaussian", "strength": 0.25, "digit": 0, "network": SHOWN_FIRST}
TOLERANCE = 1e-4
SIZES = {"patch_size": 5, "group_size": 8, "step": 3}  # of BM3D


def salted_and_peppered(images: Tensor, strength: float, uniform: Tensor, _: Tensor) -> Tensor:
    noisy = images.clone()
    noisy[uniform < strength] = 0
    noisy[uniform < strength / 2] = 1
    return noisy


# The kinds of utils/images/noise.py, from draws that are given.
FORMULAS: dict[str, Callable[[Tensor, float, Tensor, Tensor], Tensor]] = {
    "Gaussian": lambda images, strength, _, normal: images + strength * normal,
    "salt and pepper": salted_and_peppered,
    "speckle": lambda images, strength, _, normal: images * (1 + strength * normal),
    "dropped pixels": lambda images, strength, uniform, _: images * (uniform >= strength),
}


@pytest.fixture(scope="module")
def denoisers(data: dict) -> dict[str, Callable[[Tensor], Tensor]]:
    found = {}
    for network in data["networks"]:
        channels = network["encoder"]["shrink.weight"]["shape"][0]
        blocks = sum(name.endswith("change.0.weight") for name in network["encoder"])
        encoder = fill(ResidualEncoder(channels, blocks), network["encoder"]).eval()
        decoder = fill(ResidualDecoder(channels, blocks), network["decoder"]).eval()
        found[network["name"]] = torch.nn.Sequential(encoder, decoder)
    return found


def as_image(numbers: list[float]) -> Tensor:
    return torch.tensor(numbers).view(1, 1, 28, 28)


def press(explorer: Driven, name: str) -> None:
    explorer.element.get_by_role("button", name=name).click()


@pytest.mark.parametrize("kind", KINDS)
def test_the_formulas_of_this_test_are_those_of_the_book(kind: str) -> None:
    images = torch.rand(1, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    uniform = torch.rand(images.shape, generator=torch.Generator().manual_seed(2))
    normal = torch.randn(images.shape, generator=torch.Generator().manual_seed(2))
    for strength in (0.0, 0.3, 1.0):
        expected = KINDS[kind](images, strength, torch.Generator().manual_seed(2))
        noisy = FORMULAS[kind](images, strength, uniform, normal)
        torch.testing.assert_close(noisy, expected)


def test_the_book_and_the_page_agree_on_what_is_hopeless(data: dict) -> None:
    assert data["hopeless"] == HOPELESS


def told(data: dict, kind: str, share: float) -> float:
    """What BM3D is told of the noise: tuned at some strengths, on straight lines in between."""
    shares, sigmas = zip((0.0, 0.0), *data["bm3d"]["sigmas"][kind], strict=True)
    return float(np.interp(share, shares, sigmas))


def test_what_bm3d_is_told_was_tuned_for_every_kind(data: dict) -> None:
    assert data["bm3d"]["sigmas"].keys() == KINDS.keys()
    for tried in data["bm3d"]["sigmas"].values():
        assert len(tried) >= 4 and tried[-1][0] == 1
    # Of Gaussian noise it is told the truth, where it can do something against it.
    assert told(data, "Gaussian", 0.25) == pytest.approx(0.25 * HOPELESS["Gaussian"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0, 0.1, 0.35, 1])
def test_the_page_denoises_as_pytorch_does(
    explorer: Driven, data: dict, denoisers: dict, kind: str, share: float
) -> None:
    digits = unpack(data["digits"]) / 255
    digit = len(digits) // 2
    explorer.set_all({"digit": digit, "kind of noise": kind, "strength": share})
    strength = share * HOPELESS[kind]
    clean = digits[digit].view(1, 1, 28, 28)
    result = explorer.result
    noisy = FORMULAS[kind](clean, strength, as_image(result["uniform"]), as_image(result["normal"]))
    filtered = identity(noisy)
    if share:
        sigma = told(data, kind, share)
        filtered = bm3d(noisy, sigma=sigma, **SIZES)
    for name, denoiser in denoisers.items():
        explorer.set("network", name)
        result = explorer.result
        assert result["strength"] == pytest.approx(strength)
        torch.testing.assert_close(as_image(result["clean"]), clean)
        assert (as_image(result["noisy"]) - noisy).abs().max() <= TOLERANCE
        with torch.no_grad():
            restored = {"network": denoiser(noisy), "BM3D": filtered}
        decibels = {"noisy": psnr(identity(noisy), clean).item()}
        for method, expected in restored.items():
            assert (as_image(result["restored"][method]) - expected).abs().max() <= TOLERANCE
            decibels[method] = psnr(expected, clean).item()
        assert result["psnr"] == pytest.approx(decibels, abs=1e-3)
        if share == 0:
            assert "no error, best" in explorer.text
        else:
            assert f"{max(decibels.values()):.1f} dB, best" in explorer.text
    words = f"σ = {strength:.2f}"
    if kind in ("salt and pepper", "dropped pixels"):
        words = f"{100 * strength:.0f} %"
    assert words == explorer.element.locator(".control output").inner_text()


def test_it_opens_on_a_digit_that_flatters_nobody(
    explorer: Driven, browser: Browser, site: Path
) -> None:
    leads = []
    for digit in range(len(unpack(explorer.data["digits"]))):
        explorer.set("digit", digit)
        found = explorer.result["psnr"]
        leads.append(found["network"] - found["BM3D"])
    fresh = open_explorer(browser, (site / PAGE).as_uri(), NAME)
    found = fresh.result["psnr"]
    mean = sum(leads) / len(leads)
    assert abs(found["network"] - found["BM3D"] - mean) <= 0.5
    assert max(leads) - mean > 1  # so that another digit would have been seen
    fresh.close()


@pytest.mark.parametrize(
    ("kind", "share", "words"),
    [
        ("Gaussian", 0.25, "Closest to the clean digit: the network"),
        ("Gaussian", 0.05, "Closest to the clean digit: BM3D"),
        ("Gaussian", 0, "The noisy picture is the clean digit itself."),
        ("dropped pixels", 1, "Every pixel is replaced"),
    ],
)
def test_who_is_closest_is_said(explorer: Driven, kind: str, share: float, words: str) -> None:
    explorer.set_all({"kind of noise": kind, "strength": share})
    assert words in explorer.text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0, 0.05, 0.25])
def test_whoever_does_harm_is_named(explorer: Driven, kind: str, share: float) -> None:
    explorer.set_all({"kind of noise": kind, "strength": share})
    for network in [SHOWN_FIRST, "trained to copy"]:
        explorer.set("network", network)
        decibels = explorer.result["psnr"]
        named = [
            name
            for name, method in (("the network", "network"), ("BM3D", "BM3D"))
            if decibels[method] < decibels["noisy"]
        ]
        expected = {
            0: "",
            1: f"Here {named[0]} does more harm than good." if named else "",
            2: "Here the network and BM3D do more harm than good.",
        }[len(named)]
        assert expected in explorer.text
        assert bool(expected) == ("more harm than good" in explorer.text)


def test_noise_and_network_answer_before_bm3d_and_the_last_setting_wins(explorer) -> None:
    """Four settings in one task of the browser: BM3D is computed for the last, behind them."""
    pictures = (
        """[...element.shadowRoot.querySelectorAll("image")].map(i => i.getAttribute("href"))"""
    )
    before, at_once, later = explorer.element.evaluate(
        f"""async element => {{
          const seen = () => {pictures};
          const [before, late] = [seen(), []];
          for (const strength of [0.6, 0.7, 0.3, 0.5]) {{
            element.set({{ strength }});
            late.push(element.result.isLate);
          }}
          const atOnce = [seen(), late];
          while (element.result.isLate) await new Promise(resolve => setTimeout(resolve));
          return [before, atOnce, seen()];
        }}"""
    )
    (pictures, late), changed = at_once, [1, 2]  # the noisy picture, and the network's
    assert late == [True] * 4
    assert [i for i in range(4) if pictures[i] != before[i]] == changed
    assert [i for i in range(4) if later[i] != pictures[i]] == [3]
    shown = explorer.result
    explorer.set("strength", 0.25)
    explorer.set("strength", 0.5)
    assert explorer.result["restored"] == shown["restored"]
    assert shown["strength"] == pytest.approx(0.5 * explorer.data["hopeless"]["Gaussian"])


def test_bm3d_works_beside_the_page(explorer: Driven) -> None:
    explorer.set("strength", 0.85)
    assert explorer.result["restored"]["BM3D"]
    assert len(explorer.page.workers) == 1


def test_where_no_worker_can_be_started_bm3d_answers_all_the_same(browser: Browser, site) -> None:
    context = new_context(browser)
    page = context.new_page()
    page.add_init_script("delete window.Worker")
    page.goto((site / PAGE).as_uri())
    explorer = Driven(page.locator(NAME), [])
    explorer.set("strength", 0.85)
    assert explorer.page.workers == []
    sigma, noisy = (explorer.result[name] for name in ("sigma", "noisy"))
    expected = bm3d(as_image(noisy), sigma=sigma, **SIZES)
    restored = as_image(explorer.result["restored"]["BM3D"])
    assert torch.allclose(restored, expected, atol=TOLERANCE)
    context.close()


def test_draws_are_uniform_and_normal(explorer: Driven) -> None:
    result = explorer.result
    uniform, normal = torch.tensor(result["uniform"]), torch.tensor(result["normal"])
    assert uniform.min() >= 0
    assert uniform.max() < 1
    # Four standard errors of 784 draws.
    assert uniform.mean().item() == pytest.approx(0.5, abs=4 * 0.289 / 28)
    assert normal.mean().item() == pytest.approx(0, abs=4 / 28)
    assert normal.std().item() == pytest.approx(1, abs=4 / 28 / 2**0.5)
    assert torch.corrcoef(torch.stack([uniform, normal]))[0, 1].abs() < 4 / 28


def test_only_the_button_draws_new_noise(explorer: Driven) -> None:
    first = explorer.result
    moved = {"strength": 0.6, "kind of noise": "speckle", "digit": 1}
    for label, value in moved.items():
        explorer.set(label, value)
        result = explorer.result
        assert result["uniform"] == first["uniform"]
        assert result["normal"] == first["normal"]
    press(explorer, "new noise")
    again = explorer.result
    for draws in ("uniform", "normal"):
        both = torch.stack([torch.tensor(again[draws]), torch.tensor(first[draws])])
        assert torch.corrcoef(both)[0, 1].abs() < 4 / 28
    assert again["clean"] == result["clean"]


def test_networks_and_filter_earn_their_keep(explorer: Driven, denoisers: dict) -> None:
    for name in denoisers:
        explorer.set("network", name)
        decibels = explorer.result["psnr"]
        assert min(decibels["network"], decibels["BM3D"]) > decibels["noisy"] + 3


def test_a_digit_of_the_readers_own(explorer: Driven, denoisers: dict) -> None:
    held_out = explorer.result
    press(explorer, "draw a digit")
    assert sum(explorer.result["clean"]) == 0
    assert "Draw a digit on the paper" in explorer.text
    pad = explorer.element.locator("svg").first
    box = pad.bounding_box()

    def at(across: float, down: float) -> tuple[float, float]:
        return box["x"] + across * box["width"], box["y"] + down * box["height"]

    mouse = explorer.page.mouse
    mouse.move(*at(0.3, 0.35))
    mouse.down()
    mouse.move(*at(0.7, 0.35), steps=4)
    mouse.move(*at(0.45, 0.8), steps=6)
    mouse.up()
    drawn = explorer.result
    assert 30 < sum(drawn["clean"]) < 150
    # The noise is the one that was there before.
    assert drawn["normal"] == held_out["normal"]
    noisy = as_image(drawn["clean"]) + drawn["strength"] * as_image(drawn["normal"])
    assert (as_image(drawn["noisy"]) - noisy).abs().max() <= TOLERANCE
    with torch.no_grad():
        restored = denoisers[SHOWN_FIRST](noisy)
    assert (as_image(drawn["restored"]["network"]) - restored).abs().max() <= TOLERANCE
    # A finger draws up and down as well, and the page stays where it is.
    assert not swipe(pad, at(0.5, 0.3), at(0.5, 0.8))
    assert sum(explorer.result["clean"]) > sum(drawn["clean"])
    press(explorer, "clear the pad")
    assert sum(explorer.result["clean"]) == 0


def test_a_screen_reader_is_told_what_came_out_when_all_of_it_has(browser: Browser, site) -> None:
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME)
    told = explorer.element.locator("[aria-live]")
    explorer.element.evaluate(
        """element => {
          element.ask = element.askFilter;
          element.askFilter = (...job) => { element.goOn = () => element.ask(...job) };
        }"""
    )
    explorer.set("strength", 0.85)
    # The address is written when a screen reader would be told.
    explorer.page.wait_for_function("location.hash.includes('strength')")
    assert told.text_content() == ""
    explorer.element.evaluate("element => element.goOn()")
    expect(told).to_contain_text("σ = 1.70: noisy")
    explorer.close()


def test_on_an_empty_pad_nothing_is_best(explorer: Driven) -> None:
    explorer.element.get_by_role("button", name="draw a digit").click()
    assert explorer.result["psnr"]["noisy"] > 0  # there are numbers, of nothing
    assert "best" not in explorer.text and "dB" not in explorer.text
    assert "Draw a digit" in explorer.text
    pad = middle(explorer.element.locator("svg").first)
    explorer.page.mouse.click(*pad)
    assert "best" in explorer.text and "PSNR" in explorer.text


def test_a_link_keeps_a_drawing(browser: Browser, site) -> None:
    address = (site / PAGE).as_uri() + f"#{NAME}.digit=own&{NAME}.strokes=8 8,20 8,12 22"
    linked = open_explorer(browser, address, NAME)
    assert sum(linked.result["clean"]) > 30
    assert "your drawing" in linked.text
    assert linked.errors == []
    linked.close()


def test_the_keyboard_does_all(explorer: Driven) -> None:
    before = explorer.result
    explorer.element.get_by_label("strength", exact=True).focus()
    explorer.page.keyboard.press("ArrowRight")
    assert explorer.result["strength"] == pytest.approx(before["strength"] + 0.1)
    explorer.element.get_by_label("kind of noise", exact=True).focus()
    explorer.page.keyboard.press("ArrowDown")
    assert set(explorer.result["noisy"]) > {0, 1}
    explorer.element.get_by_role("button", name="new noise").focus()
    explorer.page.keyboard.press("Enter")
    assert explorer.result["uniform"] != before["uniform"]


def test_names_stay_text(explorer: Driven, data: dict) -> None:
    name = "<b>bold</b><img src=x onerror=alert(1)>"
    network = data["networks"][0] | {"name": name}
    inside = explorer.page.evaluate(
        """text => {
          const element = document.createElement("book-denoising");
          const source = document.createElement("script");
          source.type = "application/json";
          source.textContent = text;
          element.append(source);
          document.querySelector("article").append(element);
          const root = element.shadowRoot;
          const found = [root.querySelectorAll("b, img").length, root.textContent];
          element.remove();
          return found;
        }""",
        json.dumps(data | {"networks": [network], "first": name}),
    )
    assert inside[0] == 0
    assert name in inside[1]
    assert not explorer.errors


def test_all_fits_a_phone(browser: Browser, site) -> None:
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE, "dark")
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
    assert explorer.element.bounding_box()["height"] <= PHONE["height"] - 100  # below the bar
    assert content <= width
    assert smallest >= 11
    assert not explorer.errors
    explorer.close()
