"""Attention by hand on the page of chapter 5: scores, weights and context are PyTorch's."""

from functools import partial

import pytest
import torch
from driver import PHONE, middle, open_explorer

from utils.models.attention import (
    Attention,
    DotScore,
    ScaledDotScore,
    masked_softmax,
)

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/05_attention.html"
NAME = "book-attention-by-hand"
SCORES = {"dot": DotScore(), "scaled dot": ScaledDotScore()}
CONTROLS = {
    "query, first number": 1,
    "query, second number": 0.5,
    "score": "dot",
    "temperature": 1,
}


def assert_is_attention(result, keys, score, temperature):
    """All that is shown, against utils.models.attention."""
    keys = torch.tensor(keys, dtype=torch.float32)
    query = torch.tensor([result["query"]], dtype=torch.float32)
    weigh = partial(masked_softmax, temperature=temperature)
    context, weights = Attention(SCORES[score], weigh)(query, keys, keys)
    scores = SCORES[score](query, keys)
    for name, expected in (("scores", scores), ("weights", weights), ("context", context)):
        assert torch.allclose(
            torch.tensor(result[name], dtype=torch.float32), expected[0], atol=1e-4
        ), name


def test_it_starts_as_the_figure_of_the_chapter(browser, site, data):
    fresh = open_explorer(browser, (site / PAGE).as_uri(), NAME)
    assert fresh.result["query"] == data["query"]
    assert_is_attention(fresh.result, data["keys"], "dot", 1.0)
    assert fresh.errors == []
    fresh.close()


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("temperature", [0.1, 1, 5])
@pytest.mark.parametrize("query", [(1, 0.5), (-2.5, 2.5), (0, 0), (1.35, -2.1)])
def test_scores_weights_and_context_are_those_of_pytorch(explorer, data, query, temperature, score):
    explorer.set("query, first number", query[0])
    explorer.set("query, second number", query[1])
    explorer.set("score", score)
    explorer.set("temperature", temperature)
    result = explorer.result
    assert result["query"] == pytest.approx(query)
    assert_is_attention(result, data["keys"], score, temperature)


@pytest.mark.parametrize("score", SCORES)
def test_all_numbers_of_the_calculation_are_written(explorer, data, score):
    explorer.set("score", score)
    explorer.set("query, second number", -1.25)
    result = explorer.result
    products = [
        weight * number
        for weight, key in zip(result["weights"], data["keys"], strict=True)
        for number in key
    ]
    expected = [
        *(number for key in data["keys"] for number in key),
        *result["query"],
        *result["scores"],
        *result["weights"],
        *products,
        *result["context"],
    ]
    texts = explorer.element.locator("svg").nth(1).locator("text").all_text_contents()
    numbers = [text.replace("−", "-") for text in texts if text.lstrip("−")[:1].isdigit()]
    assert all(len(text.split(".")[1]) == 2 and text != "-0.00" for text in numbers)
    assert sorted(map(float, numbers)) == pytest.approx(sorted(expected), abs=0.00501)
    divided = explorer.element.get_by_text("÷ √2", exact=True)
    assert divided.is_visible() == (score == "scaled dot")


def test_bars_and_circles_follow_the_weights(explorer):
    explorer.set("temperature", 2.5)
    weights = torch.tensor(explorer.result["weights"])
    drawn = explorer.element.evaluate(
        """element => {
          const all = selector => [...element.shadowRoot.querySelectorAll(selector)];
          const dots = all(".key").map(dot => dot.getAttribute("cx") + dot.getAttribute("cy"));
          return {
            bars: all("rect.weight").map(bar => Number(bar.getAttribute("height"))),
            radii: dots.map(dot => Number(all("circle:not(.key)").find(circle =>
              circle.getAttribute("cx") + circle.getAttribute("cy") === dot).getAttribute("r"))),
          };
        }"""
    )
    bars, areas = torch.tensor(drawn["bars"]), torch.tensor(drawn["radii"]).square()
    assert torch.allclose(bars / bars.sum(), weights, atol=1e-3)
    assert torch.allclose(areas / areas.sum(), weights, atol=1e-3)


def test_the_query_is_dragged_onto_every_key(explorer, data):
    mouse = explorer.page.mouse
    for number, key in enumerate(data["keys"]):
        mouse.move(*middle(explorer.element.locator(".handle circle")))
        mouse.down()
        mouse.move(*middle(explorer.element.locator(".key").nth(number)), steps=3)
        mouse.up()
        assert explorer.result["query"] == pytest.approx(key, abs=0.051)
        assert_is_attention(explorer.result, data["keys"], "dot", 1.0)


def test_the_context_lies_at_a_key_that_takes_all(explorer, data):
    """A query of 2.5 and 1 at the lowest temperature: nearly all weight is the third key's."""
    explorer.set("query, first number", 2.5)
    explorer.set("query, second number", 1)
    explorer.set("temperature", 0.1)
    assert explorer.result["weights"][2] > 0.999
    cross = middle(explorer.element.locator(".context"))
    assert cross == pytest.approx(middle(explorer.element.locator(".key").nth(2)), abs=1)


def test_a_drag_ends_at_the_edge_of_the_plane(explorer, data):
    mouse = explorer.page.mouse
    mouse.move(*middle(explorer.element.locator(".handle circle")))
    mouse.down()
    mouse.move(1, 1, steps=2)
    mouse.up()
    assert explorer.result["query"] == pytest.approx([-data["reach"], data["reach"]], abs=0.01)


def test_a_press_on_the_legend_moves_nothing(explorer):
    before = explorer.result
    explorer.element.get_by_text("key; its circle").click()
    assert explorer.result == before


def test_the_keyboard_moves_query_score_and_temperature(explorer):
    press = explorer.page.keyboard.press
    before = explorer.result
    explorer.element.locator("input[type=range]").first.focus()
    press("ArrowRight")
    moved = explorer.result
    assert moved["query"][0] > before["query"][0]
    assert moved["query"][1] == before["query"][1]
    assert moved["scores"] != before["scores"]
    explorer.element.locator("input[type=radio]").first.focus()
    press("ArrowRight")
    scaled = explorer.result
    assert scaled["scores"] == pytest.approx([score / 2**0.5 for score in moved["scores"]])
    explorer.element.locator("input[type=range]").last.focus()
    press("ArrowRight")
    assert explorer.result["scores"] == scaled["scores"]
    assert explorer.result["weights"] != scaled["weights"]


def test_screen_readers_are_told_weights_and_context(explorer, data):
    explorer.set("query, first number", 2)
    weights, context = explorer.result["weights"], explorer.result["context"]
    said = explorer.element.locator("[aria-live]")
    said.get_by_text(f"the context is {context[0]:.2f} and {context[1]:.2f}.").wait_for(
        state="attached"
    )
    assert f"the greatest that of {data['names'][2]}" in said.text_content()
    assert ", ".join(f"{weight:.2f}" for weight in weights) in said.text_content()


# Another explorer beside the page's own, with other data.
WITH = """(element, change) => {
  const other = element.cloneNode(true);
  const source = other.querySelector("script");
  source.textContent = JSON.stringify({...JSON.parse(source.textContent), ...change});
  element.after(other);
  const seen = {
    inside: other.shadowRoot.innerHTML,
    images: other.shadowRoot.querySelectorAll("img").length,
    texts: [...other.shadowRoot.querySelectorAll("text")].map(text => text.textContent),
    picture: other.querySelector("img").offsetWidth > 0,
  };
  other.remove();
  return seen;
}"""


def test_a_name_that_looks_like_markup_stays_text(explorer):
    name = "<img src=x onerror=alert(1)>&amp;"
    seen = explorer.element.evaluate(WITH, {"names": [name, "b", "c", "d"]})
    assert name in seen["texts"]
    assert seen["images"] == 0


def test_too_many_keys_leave_the_picture(opened):
    """The figure for readers without scripts, instead of a broken explorer."""
    five = {"keys": [[1, 0]] * 5, "names": list("abcde")}
    seen = opened.element.evaluate(WITH, five)
    assert seen["inside"] == "<slot></slot>" and seen["picture"]
    assert len(opened.errors) == 1 and "expected up to 4 keys" in opened.errors[0]
    opened.errors.clear()


def test_a_phone_has_room_and_a_finger_moves_the_query(browser, site, data):
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, viewport=PHONE, scheme="dark")
    width = phone.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    key = phone.element.locator(".key").last
    key.scroll_into_view_if_needed()
    phone.page.touchscreen.tap(*middle(key))
    assert phone.result["query"] == pytest.approx(data["keys"][-1], abs=0.051)
    heights = phone.element.evaluate(
        """element => [...element.shadowRoot.querySelectorAll("svg text")].map(text =>
          parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a || 99)"""
    )
    assert min(heights) >= 11  # pixels; a turned text has no such factor
    assert phone.errors == []
    phone.close()
