"""Chapter 0's explorer: its cell is PyTorch's LSTM with gates set by biases, its network an RNN."""

import math
import re

import pytest
import torch
from driver import PHONE, Driven, middle, open_explorer, swipe
from playwright.sync_api import Browser, Locator
from torch import Tensor, nn

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "book/before_you_start.html"
NAME = "book-gated-cell"
CONTROLS = {"forget gate": 0.9, "input gate": 1, "output gate": 1, "plain network": 0.5}
GATES = ("input gate", "forget gate", "output gate")
STEPS = 40


@pytest.fixture
def explorer(explorer: Driven) -> Driven:
    explorer.element.evaluate("element => element.set({ ones: [1] })")
    return explorer


def logit(gate: float) -> Tensor:
    """The bias that opens a gate so far; infinite at 0 and 1."""
    return torch.logit(torch.tensor(gate, dtype=torch.float64))


@torch.no_grad()
def pytorchs(inputs: list[int], values: dict[str, float]) -> dict[str, Tensor]:
    x = torch.tensor(inputs, dtype=torch.float64)[:, None]  # (steps, 1)
    lstm = nn.LSTM(1, 1, dtype=torch.float64)
    for weights in lstm.parameters():
        weights.zero_()
    # The order is i, f, g, o; only the proposal g reads the input.
    opened, kept, shown = (logit(values[gate]) for gate in GATES)
    lstm.weight_ih_l0[2] = 1
    lstm.bias_ih_l0.copy_(torch.stack([opened, kept, torch.zeros(()), shown]))
    cells, hidden, state = [], [], None
    for step in x:
        output, state = lstm(step[None], state)
        hidden.append(output.item())
        cells.append(state[1].item())
    rnn = nn.RNN(1, 1, dtype=torch.float64)
    for weights in rnn.parameters():
        weights.zero_()
    rnn.weight_ih_l0.fill_(1)
    rnn.weight_hh_l0.fill_(values["plain network"])
    plain, _ = rnn(x)
    return {"cell": torch.tensor(cells), "shown": torch.tensor(hidden), "plain": plain[:, 0]}


@pytest.mark.parametrize("ones", [[1], [1, 12, 13, 30], list(range(1, 41)), []])
@pytest.mark.parametrize(
    "values",
    [
        CONTROLS,
        {"forget gate": 0.99, "input gate": 0.35, "output gate": 0.6, "plain network": 1.2},
        {"forget gate": 1, "input gate": 1, "output gate": 0, "plain network": 2},
        {"forget gate": 0, "input gate": 0.5, "output gate": 1, "plain network": 0},
    ],
)
def test_every_step_is_pytorchs(explorer: Driven, values: dict, ones: list[int]) -> None:
    for label, value in values.items():
        explorer.set(label, value)
    explorer.element.evaluate("(element, ones) => element.set({ ones })", ones)
    result = explorer.result
    assert result["inputs"] == [int(step in ones) for step in range(1, STEPS + 1)]
    for name, states in pytorchs(result["inputs"], values).items():
        found = torch.tensor(result[name], dtype=torch.float64)
        torch.testing.assert_close(found, states.double(), atol=1e-6, rtol=0)
        assert f"{name} {states[-1].item():.2f}" in explorer.text


def test_the_curves_are_drawn_where_the_numbers_are(explorer: Driven) -> None:
    """The first curve, from the scale beside it: 0 and 1 stand at the ends of the plot."""
    explorer.set("forget gate", 0.95)
    curve = explorer.element.locator("path[stroke='var(--green)']").first
    places = [float(y) for y in re.findall(r",([\d.]+)", curve.get_attribute("d"))]
    levels = [float(line.get_attribute("y1")) for line in explorer.element.locator("line").all()]
    low, high = max(levels), min(levels)
    shown = torch.tensor([(low - place) / (low - high) for place in places])
    torch.testing.assert_close(shown, torch.tensor(explorer.result["cell"]), atol=1e-4, rtol=0)


@pytest.mark.parametrize("forget", [0.5, 0.9, 0.99])
def test_half_lives_in_words(explorer: Driven, forget: float) -> None:
    explorer.set("forget gate", forget)
    steps = math.log(0.5) / math.log(forget)
    words = f"{steps:.1f}".removesuffix(".0") if steps < 10 else f"{steps:.0f}"
    assert f"half is left after {words} step" in explorer.text
    left = 100 * forget ** (STEPS - 1)
    assert (f"{left:.0f} % at step 40" if left >= 1 else "< 1 % at step 40") in explorer.text


@pytest.mark.parametrize(
    ("label", "value", "words"),
    [
        ("forget gate", 1, "keeps all"),
        ("forget gate", 0, "lost all"),
        ("input gate", 0, "does not get into the cell"),
        ("output gate", 0, "none of it is shown"),
        ("plain network", 2, "still has more than half at step 40"),
        ("plain network", 0.5, "has lost half after 1 step."),
    ],
)
def test_what_a_reader_may_wonder_at_is_said(explorer, label, value, words) -> None:
    explorer.set(label, value)
    assert words in explorer.text


def row(explorer: Driven) -> Locator:
    return explorer.element.get_by_role("slider", name="inputs")


def place_of(explorer: Driven, step: int) -> tuple[float, float]:
    """Where on the screen a step of the row is."""
    return middle(explorer.element.locator("circle[r='1.5']").nth(step - 1))


def ones(explorer: Driven) -> list[int]:
    return [i + 1 for i, digit in enumerate(explorer.result["inputs"]) if digit]


def test_a_press_writes_a_one_and_takes_it_out(explorer: Driven) -> None:
    explorer.page.mouse.click(*place_of(explorer, 20))
    assert ones(explorer) == [1, 20]
    explorer.page.mouse.click(*place_of(explorer, 20))
    assert ones(explorer) == [1]


def test_a_one_is_dragged_along(explorer: Driven) -> None:
    mouse = explorer.page.mouse
    mouse.move(*place_of(explorer, 1))
    mouse.down()
    mouse.move(*place_of(explorer, 15), steps=4)
    assert ones(explorer) == [15]
    mouse.move(*place_of(explorer, 31), steps=4)
    mouse.up()
    assert ones(explorer) == [31]
    mouse.move(*place_of(explorer, 5))
    assert ones(explorer) == [31]


def test_a_press_on_the_curves_writes_nothing(explorer: Driven) -> None:
    x, y = place_of(explorer, 20)
    explorer.page.mouse.click(x, y + 100)
    assert ones(explorer) == [1]


def test_a_finger_drags_a_one_and_scrolls_elsewhere(explorer: Driven) -> None:
    drawn = explorer.element.locator("svg").first
    assert not swipe(drawn, place_of(explorer, 1), place_of(explorer, 12))
    assert ones(explorer) == [12]
    x, y = place_of(explorer, 25)
    assert swipe(drawn, (x, y), (x, y + 120))
    assert ones(explorer) == [12]


def test_the_keyboard_writes(explorer: Driven) -> None:
    inputs = row(explorer)
    inputs.focus()
    keyboard = explorer.page.keyboard
    keyboard.press("Home")
    for _ in range(4):
        keyboard.press("ArrowRight")
    assert inputs.get_attribute("aria-valuetext") == "step 5 reads 0"
    keyboard.press("Space")
    assert ones(explorer) == [1, 5]
    assert inputs.get_attribute("aria-valuetext") == "step 5 reads 1"
    keyboard.press("Home")
    keyboard.press("Enter")
    assert ones(explorer) == [5]
    keyboard.press("End")
    keyboard.press("Space")
    assert ones(explorer) == [5, STEPS]


def test_a_link_keeps_the_ones(browser: Browser, site) -> None:
    address = (site / PAGE).as_uri() + f"#{NAME}.ones=3,9&{NAME}.forget=0.97"
    linked = open_explorer(browser, address, NAME)
    assert ones(linked) == [3, 9]
    assert linked.result["cell"][3] == pytest.approx(0.97 * math.tanh(1))
    assert linked.errors == []
    linked.close()


def test_all_is_in_sight_on_a_phone(browser: Browser, site) -> None:
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE, "dark")
    box = phone.element.bounding_box()
    assert box["height"] <= PHONE["height"] - 100  # the page's own bar stands above
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    sizes = phone.element.evaluate(
        """element => [...element.shadowRoot.querySelectorAll("svg text")].map(text =>
          parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)"""
    )
    assert min(sizes) >= 11
    assert phone.errors == []
    phone.close()
