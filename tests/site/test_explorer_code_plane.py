"""The maps of two-number codes on the page of chapter 1: every picture is PyTorch's."""

import pytest
import torch
from driver import PHONE, middle, open_explorer
from torch import nn

from utils.explorers.packed_tensors import fill
from utils.models.encoder_decoder import MLPDecoder

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/01_encoder_decoder.html"
NAME = "book-code-plane"
SLIDERS = ("first number", "second number")
NETWORK, PCA = "the network", "PCA"
CONTROLS = {"map made by": NETWORK} | dict.fromkeys(SLIDERS, 50)  # in the middle


@pytest.fixture(scope="module")
def decoders(data):
    """By the name of their map."""
    network, pca = (chosen["decoder"] for chosen in data["maps"])
    hidden_size, code_length = network["from_code.weight"]["shape"]
    assert code_length == 2
    linear = nn.Linear(2, 784)
    fill(linear, {name.removeprefix("1."): tensor for name, tensor in pca.items()})
    return {
        NETWORK: fill(MLPDecoder(2, hidden_size), network).eval(),
        PCA: nn.Sequential(linear, nn.Hardtanh(0, 1)),
    }


def far_point(data):
    """A held-out digit, as its number among the points, that is far from the middle of the map."""
    low, high = torch.tensor(data["maps"][0]["low"]), torch.tensor(data["maps"][0]["high"])
    places = torch.tensor([place for _, place, _ in data["points"]])
    places = (places - low) / (high - low)
    return (places - 0.5).abs().sum(1).argmax().item()


def assert_near(code, point, data):
    """To a step of each slider, and the half height that a text is not centred by."""
    for i in range(2):
        assert abs(code[i] - point[i]) <= 0.015 * (
            data["maps"][0]["high"][i] - data["maps"][0]["low"][i]
        ), (code, point)


@torch.no_grad()
def test_it_opens_at_the_zero_that_is_drawn_most_clearly(browser, site, data, decoders):
    fresh = open_explorer(browser, (site / PAGE).as_uri(), NAME)
    zeros = torch.tensor([place for digit, place, _ in data["points"] if digit == 0])
    drawn = decoders[NETWORK](zeros).flatten(1)  # (zeros, 2) -> (zeros, 784)
    grey = (drawn * (1 - drawn)).sum(1) / drawn.sum(1)
    assert_near(fresh.result["code"], zeros[grey.argmin()].tolist(), data)
    assert fresh.errors == []
    fresh.close()


def test_the_data_are_a_map_of_held_out_digits(data):
    assert len(data["points"]) >= 50
    rounding = 0.0005  # points are stored with three decimals, the bounds are not rounded
    for digit, (x, y), _ in data["points"]:
        assert data["maps"][0]["low"][0] - rounding <= x <= data["maps"][0]["high"][0] + rounding
        assert data["maps"][0]["low"][1] - rounding <= y <= data["maps"][0]["high"][1] + rounding
        assert digit in range(10)


def test_the_digits_were_written_in_no_order_of_class(data):
    """Taken class by class, as the split has them, the first would leave no room for the rest."""
    first = {digit for digit, _, _ in data["points"][:40]}
    assert len(first) >= 8, first
    assert {digit for digit, _, _ in data["points"]} == set(range(10))


@pytest.mark.parametrize("name", [NETWORK, PCA])
@pytest.mark.parametrize("steps", [(0, 0), (100, 100), (0, 100), (50, 50), (13, 78), (91, 4)])
def test_the_picture_is_that_of_pytorch(explorer, data, decoders, name, steps):
    explorer.set("map made by", name)
    for label, step in zip(SLIDERS, steps, strict=True):
        explorer.set(label, step)
    (shown,) = (chosen for chosen in data["maps"] if chosen["name"] == name)
    low, high = torch.tensor(shown["low"]), torch.tensor(shown["high"])
    code = low + (high - low) * torch.tensor(steps) / 100
    result = explorer.result
    assert torch.allclose(torch.tensor(result["code"]), code, atol=1e-4)
    with torch.no_grad():
        image = decoders[name](code[None]).flatten()
    assert image.std() > 0.01  # there is something to see, so there is something to compare
    assert torch.allclose(torch.tensor(result["image"]), image, atol=1e-4)


def test_pcas_map_is_that_of_the_same_digits(explorer, data):
    """Those that would overlap there are left out, and the axes have its numbers."""
    numbers = "svg g > text.muted"
    before = explorer.element.locator(numbers).all_text_contents()
    explorer.set("map made by", PCA)
    assert explorer.element.locator(numbers).all_text_contents() != before
    shown = data["maps"][1]
    places = explorer.element.evaluate(
        """element => {
          const [zero, one] = [[0, 0], [1, 1]].map(place => element.plane.place(place));
          return [...element.shadowRoot.querySelectorAll(".digit")].map(digit => {
            const { e, f } = new DOMMatrix(getComputedStyle(digit).transform);
            const opacity = Number(getComputedStyle(digit).opacity);
            const along = [e, f].map((place, i) => (place - zero[i]) / (one[i] - zero[i]));
            return [opacity, ...along];
          });
        }"""
    )
    points = [place for _, _, place in data["points"]]
    assert [opacity == 1 for opacity, _, _ in places] == [place is not None for place in points]
    assert 30 <= sum(place is not None for place in points) < len(points)
    for (_, x, y), place in zip(places, points, strict=True):
        if place:
            assert [x, y] == pytest.approx(place, abs=0.01)
            assert shown["low"][0] < place[0] < shown["high"][0]
            assert shown["low"][1] < place[1] < shown["high"][1]
    assert f"{100 * shown['share']:.0f} % of the held-out digits" in explorer.text
    assert shown["share"] < data["maps"][0]["share"]
    named = explorer.element.locator("output").first.text_content()
    assert named == f"{explorer.result['code'][0]:.2f}".replace("-", "−")


def test_what_is_painted_is_the_result(explorer):
    explorer.set("first number", 20)
    painted = explorer.element.evaluate(
        """async element => {
          const image = new Image();
          image.src = element.shadowRoot.querySelector("image").getAttribute("href");
          await image.decode();
          const canvas = new OffscreenCanvas(28, 28).getContext("2d");
          canvas.drawImage(image, 0, 0);
          return [...canvas.getImageData(0, 0, 28, 28).data];
        }"""
    )
    greys = torch.tensor(painted).reshape(784, 4)[:, 0]
    ink = 1 - greys / 255
    assert torch.allclose(ink, torch.tensor(explorer.result["image"]), atol=0.5 / 255 + 1e-6)


def test_every_held_out_digit_is_written(explorer, data):
    written = explorer.element.locator(".digit").all_text_contents()
    assert written == [str(digit) for digit, _, _ in data["points"]]


@pytest.mark.parametrize("name", [NETWORK, PCA])
def test_no_digit_touches_the_maps_frame(explorer, name):
    explorer.set("map made by", name)
    boxes, frame = explorer.element.evaluate(
        """element => {
          const box = part => {
            const { left, right, top, bottom } = part.getBoundingClientRect();
            return [left, -right, top, -bottom];
          };
          const root = element.shadowRoot;
          const seen = [...root.querySelectorAll(".digit")].filter(
            digit => getComputedStyle(digit).opacity === "1");
          // The box of a text has room above and below its letters.
          const tall = ([left, right, top, bottom]) => [left, right, top + 3, bottom + 3];
          return [seen.map(digit => tall(box(digit))), box(root.querySelector(".frame"))];
        }"""
    )
    assert len(boxes) >= 30
    crossing = [box for box in boxes if any(a < b for a, b in zip(box, frame, strict=True))]
    assert crossing == []


def test_the_cross_is_dragged_onto_a_digit(explorer, data):
    digit = far_point(data)
    mouse = explorer.page.mouse
    mouse.move(*middle(explorer.element.locator(".handle")))
    mouse.down()
    mouse.move(*middle(explorer.element.locator(".digit").nth(digit)), steps=3)
    code = explorer.result["code"]
    assert_near(code, data["points"][digit][1], data)
    mouse.up()
    mouse.move(*middle(explorer.element))
    assert explorer.result["code"] == code  # let go, so it stays
    shown = explorer.element.locator("output").all_text_contents()
    assert shown == [f"{value:.2f}".replace("-", "−") for value in code]


def test_a_drag_ends_at_the_edge_of_the_map(explorer, data):
    mouse = explorer.page.mouse
    mouse.move(*middle(explorer.element.locator(".handle")))
    mouse.down()
    mouse.move(1, 1, steps=2)
    mouse.up()
    low_x, high_y = data["maps"][0]["low"][0], data["maps"][0]["high"][1]
    assert explorer.result["code"] == pytest.approx([low_x, high_y], abs=1e-4)


def test_a_press_beside_the_map_moves_nothing(explorer):
    before = explorer.result
    explorer.element.get_by_text("first number of the code").click()
    assert explorer.result == before


def test_the_keyboard_walks(explorer, data):
    explorer.element.locator("input[type=range]").first.focus()
    before = explorer.result
    explorer.page.keyboard.press("ArrowRight")
    after = explorer.result
    step = (data["maps"][0]["high"][0] - data["maps"][0]["low"][0]) / 100
    assert after["code"][0] == pytest.approx(before["code"][0] + step, abs=1e-4)
    assert after["code"][1] == before["code"][1]
    assert after["image"] != before["image"]


def test_screen_readers_are_told_the_number_and_the_nearest_digit(explorer, data):
    digit = far_point(data)
    explorer.page.mouse.click(*middle(explorer.element.locator(".digit").nth(digit)))
    x, y = explorer.result["code"]
    said = explorer.element.locator("[aria-live]")
    said.get_by_text(f"is a {data['points'][digit][0]}.").wait_for(state="attached")
    assert f"({x:.2f}, {y:.2f})".replace("-", "−") in said.text_content()
    named = explorer.element.locator("input").first.get_attribute("aria-valuetext")
    assert named == f"{x:.2f}".replace("-", "−")


def test_weights_of_another_network_leave_the_picture(opened):
    """The figure for readers without scripts, instead of a broken explorer."""
    seen = opened.element.evaluate(
        """element => {
          const broken = element.cloneNode(true);
          const source = broken.querySelector("script");
          const data = JSON.parse(source.textContent);
          data.maps[0].decoder["from_code.weight"].shape = [64, 4];
          source.textContent = JSON.stringify(data);
          element.after(broken);
          const seen = [broken.shadowRoot.innerHTML, broken.querySelector("img").offsetWidth > 0];
          broken.remove();
          return seen;
        }"""
    )
    assert seen == ["<slot></slot>", True]
    assert len(opened.errors) == 1 and "expected 4 numbers, got 2" in opened.errors[0]
    opened.errors.clear()


def test_a_phone_has_room_and_a_finger_moves_the_cross(browser, site, data):
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, viewport=PHONE, scheme="dark")
    width = phone.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    assert phone.element.bounding_box()["height"] <= PHONE["height"] - 80  # the bar above
    digit = far_point(data)
    place = phone.element.locator(".digit").nth(digit)
    place.scroll_into_view_if_needed()
    phone.page.touchscreen.tap(*middle(place))
    assert_near(phone.result["code"], data["points"][digit][1], data)
    heights = phone.element.evaluate(
        """element => [...element.shadowRoot.querySelectorAll("svg text")].map(text =>
          parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a || 99)"""
    )
    assert min(heights) >= 11  # pixels; a turned text has no such factor
    assert phone.errors == []
    phone.close()
