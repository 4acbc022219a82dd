"""Position codes by hand on the page of chapter 6: the numbers are PyTorch's."""

import math

import pytest
import torch
from driver import BAR, DESKTOP, PHONE, middle, open_explorer, swipe

from utils.transformers.positions import RotaryPositions, SinePositions, wave_frequencies

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/06_transformer.html"
NAME = "book-position-codes"
PLACE, SIZE, QUERY, KEY, BOTH, PAIR = (
    "place of the word",
    "numbers in the code",
    "place of the query",
    "place of the key",
    "move both by",
    "pair of numbers",
)
CONTROLS = {PLACE: 6, SIZE: 16, QUERY: 8, KEY: 3, BOTH: 0, PAIR: 4}


def close(found, expected):
    found = torch.tensor(found, dtype=torch.float32)
    return torch.allclose(found, expected.float(), atol=1e-4)


# ------------------------------------------------------------------------------
# Waves


@pytest.mark.parametrize("place", [0, 1, 17, 30])
def test_code_and_products_are_those_of_pytorch(explorer, data, place):
    for size in data["sizes"]:
        explorer.set(SIZE, size)
        explorer.set(PLACE, place)
        codes = SinePositions(size).codes(torch.arange(data["places"])[None])[0]
        assert explorer.result["place"] == place
        assert close(explorer.result["code"], codes[place])
        assert close(explorer.result["products"], codes @ codes[place])


def numbers(explorer, selector):
    texts = explorer.element.locator(selector).all_text_contents()
    return [float(text.replace("−", "-")) for text in texts if "." in text]


def circles(explorer, selector):
    """Where the middles of circles of the chart are."""
    return torch.tensor(
        explorer.element.evaluate(
            """(element, selector) => [...element.shadowRoot.querySelectorAll(selector)].map(dot =>
              ["cx", "cy"].map(name => Number(dot.getAttribute(name))))""",
            selector,
        )
    )


def test_a_longer_code_has_the_waves_of_a_shorter_one(explorer, data):
    """The same numbers are drawn; what the code has in common with others, all of it decides."""
    small, large = data["sizes"]
    seen = {}
    for size in (small, large):
        explorer.set(SIZE, size)
        seen[size] = numbers(explorer, "text.sine"), numbers(explorer, "text.cosine")
    assert seen[small] == seen[large]
    every = large // small
    code = torch.tensor(explorer.result["code"]).unflatten(0, (-1, 2))[::every]
    assert seen[large][0] == pytest.approx(code[:, 0].tolist(), abs=0.00501)
    assert seen[large][1] == pytest.approx(code[:, 1].tolist(), abs=0.00501)
    assert f"{small // 2} of its {large // 2} waves" in explorer.text


def test_dots_lie_on_their_waves_and_the_curve_is_the_products(explorer, data):
    for place in (0, 11, data["places"] - 1):
        explorer.set(PLACE, place)
        dots = circles(explorer, "circle[data-number]")
        code = torch.tensor(explorer.result["code"])
        middles = 52 + 25 * (torch.arange(len(code)) // 2 + 0.5)
        assert torch.allclose(dots[:, 1], middles - 9.5 * code, atol=0.01)
        assert len(dots[:, 0].unique()) == 1
        points = circles(explorer, ".product")
        assert torch.isclose(points[place, 0], dots[0, 0], atol=0.01)
        products = torch.tensor(explorer.result["products"])
        heights = points[:, 1].max() - points[:, 1]
        expected = products - products.min()
        assert torch.allclose(heights / heights.max(), expected / expected.max(), atol=1e-3)
        assert int(products.argmax()) == place == int(heights.argmax())


def test_a_mouse_drags_the_word(explorer, data):
    chart = explorer.element.locator(".wave-chart")
    chart.evaluate("chart => chart.scrollIntoView({ block: 'center' })")
    first, last = (middle(chart.locator(".product").nth(i)) for i in (0, data["places"] - 1))
    x, y = middle(chart.locator(".tag"))
    mouse = explorer.page.mouse
    mouse.move(x, y)
    mouse.down()
    for place in (10, 20, 4):
        share = place / (data["places"] - 1)
        mouse.move(first[0] + share * (last[0] - first[0]), y + 40, steps=3)
        assert explorer.result["place"] == place
        assert middle(chart.locator(".tag"))[0] == pytest.approx(
            middle(chart.locator(".product").nth(place))[0], abs=2
        )
    mouse.move(last[0] + 400, y)
    assert explorer.result["place"] == data["places"] - 1
    mouse.up()


# ------------------------------------------------------------------------------
# A pair that turns


def turned(data, pair, vector, place):
    """`vector` as one pair of a head's numbers, turned by PyTorch."""
    whole = torch.zeros(data["head_size"] // 2, 2)
    whole[pair - 1] = torch.tensor(vector)
    there = RotaryPositions(data["head_size"]).turn(
        whole.flatten()[None, None, None], torch.tensor([[place]])
    )
    return there.flatten().unflatten(0, (-1, 2))[pair - 1]


@pytest.mark.parametrize(
    ("query", "key", "both", "pair"),
    [(0, 0, 0, 1), (8, 3, 0, 4), (8, 3, 20, 4), (20, 0, 3, 1), (0, 20, 7, 9), (5, 6, 1, 16)],
)
def test_arrows_and_score_are_those_of_pytorch(explorer, data, query, key, both, pair):
    explorer.set_all({QUERY: query, KEY: key, BOTH: both, PAIR: pair})
    result = explorer.result
    assert (result["query_place"], result["key_place"]) == (query + both, key + both)
    expected = [
        turned(data, pair, data[name], result[f"{name}_place"]) for name in ("query", "key")
    ]
    assert close(result["turned_query"], expected[0])
    assert close(result["turned_key"], expected[1])
    assert result["score"] == pytest.approx(float(expected[0] @ expected[1]), abs=1e-4)
    assert result["frequency"] == pytest.approx(
        float(wave_frequencies(data["head_size"])[pair - 1])
    )
    # Drawn they point where they were turned to.
    for name, there in zip(("query", "key"), expected, strict=True):
        transform = explorer.element.locator(f".turned.{name}").get_attribute("transform")
        angle = -math.radians(float(transform.removeprefix("rotate(").removesuffix(")")))
        direction = torch.tensor([math.cos(angle), math.sin(angle)])
        assert torch.allclose(direction, there / there.norm(), atol=1e-3)


def test_moved_together_the_arrows_turn_and_the_score_stays(explorer):
    before, dot = explorer.result, circles(explorer, ".score-dot")
    for both in (1, 9, 20):
        explorer.set(BOTH, both)
        result = explorer.result
        assert result["turned_query"] != pytest.approx(before["turned_query"], abs=0.01)
        assert result["score"] == pytest.approx(before["score"], abs=1e-9)
        assert torch.equal(circles(explorer, ".score-dot"), dot)
        assert f"Query at place {8 + both}, key at place {3 + both}" in explorer.text
    explorer.set(KEY, 4)
    assert explorer.result["score"] != pytest.approx(before["score"], abs=0.01)
    assert not torch.equal(circles(explorer, ".score-dot"), dot)


def test_the_dot_lies_on_the_curve(explorer):
    on_curve = """element => {
      const curve = element.shadowRoot.querySelector(".score-curve > path");
      const dot = element.shadowRoot.querySelector(".score-dot");
      const points = curve.getAttribute("d").slice(1).split("L")
        .map(point => point.split(" ").map(Number));
      const [x, y] = ["cx", "cy"].map(name => Number(dot.getAttribute(name)));
      return Math.min(...points.map(([a, b]) => Math.hypot(a - x, b - y)));
    }"""
    for query, key, pair in ((8, 3, 4), (0, 20, 1), (20, 0, 2), (4, 4, 10)):
        explorer.set_all({QUERY: query, KEY: key, PAIR: pair})
        assert explorer.element.evaluate(on_curve) < 0.05


def test_names_of_arrows_that_meet_stand_apart(explorer):
    for query in range(0, 21):
        explorer.set_all({QUERY: query, KEY: 10, PAIR: 2})
        boxes = [
            explorer.element.locator(".turning-arrows").get_by_text(name, exact=True).bounding_box()
            for name in ("query", "key")
        ]
        one, other = boxes
        apart = (
            one["x"] + one["width"] <= other["x"] + 1
            or other["x"] + other["width"] <= one["x"] + 1
            or one["y"] + one["height"] <= other["y"] + 4
            or other["y"] + other["height"] <= one["y"] + 4
        )
        assert apart, query


# ------------------------------------------------------------------------------
# Hands


def test_the_keyboard_moves_word_and_arrows(explorer):
    press = explorer.page.keyboard.press
    explorer.element.get_by_label(PLACE, exact=True).focus()
    press("ArrowRight")
    assert explorer.result["place"] == 7
    explorer.element.get_by_label(BOTH, exact=True).focus()
    press("ArrowRight")
    assert (explorer.result["query_place"], explorer.result["key_place"]) == (9, 4)


def test_screen_readers_are_told_both(explorer):
    explorer.set(PLACE, 9)
    said = explorer.element.locator("[aria-live]")
    said.get_by_text("The code of place 9 has the dot product 8").wait_for(state="attached")
    assert f"the score is {explorer.result['score']:.2f}".replace("-", "−") in said.text_content()


# How high the letters are in the drawings that are in sight, in pixels.
LETTERS = """element => [...element.shadowRoot.querySelectorAll("svg text")]
  .filter(text => text.checkVisibility())
  .map(text =>
    parseFloat(getComputedStyle(text).fontSize) * text.ownerSVGElement.getScreenCTM().a)"""


def test_a_phone_has_room_and_a_finger_drags_the_word(browser, site):
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE, scheme="dark")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    chart = phone.element.locator(".wave-chart")
    chart.evaluate("chart => chart.scrollIntoView({ block: 'center' })")
    x, y = middle(chart.locator(".tag"))
    assert not swipe(chart, (x, y), (x + 60, y + 70))
    assert phone.result["place"] > 9
    box = chart.bounding_box()
    before = phone.result["place"]
    x, y = box["x"] + 0.6 * box["width"], box["y"] + 0.5 * box["height"]
    assert swipe(chart, (x, y), (x + 4, y + 120))  # the page scrolls
    assert phone.result["place"] == before
    assert phone.errors == []
    phone.close()


def test_a_phone_shows_one_part_and_changes_it_with_what_is_moved(browser, site):
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE)
    switch = phone.element.get_by_role("group", name="show", exact=True)
    parts = [phone.element.locator(chart) for chart in (".wave-chart", ".turning-arrows")]

    def seen():
        assert phone.element.bounding_box()["height"] <= PHONE["height"] - BAR
        assert min(phone.element.evaluate(LETTERS)) >= 11.95
        return [part.is_visible() for part in parts]

    assert seen() == [True, False]
    switch.get_by_text("turns").tap()
    assert seen() == [False, True]
    phone.page.keyboard.press("ArrowLeft")
    assert seen() == [True, False]
    phone.page.evaluate("name => { location.hash = `${name}.both=12`; }", NAME)  # as a link does
    phone.element.get_by_label(BOTH, exact=True).wait_for()
    assert seen() == [False, True]
    phone.set(PLACE, 9)
    assert seen() == [True, False]
    phone.page.set_viewport_size(DESKTOP)
    assert not switch.is_visible() and all(part.is_visible() for part in parts)
    assert phone.errors == []
    phone.close()
