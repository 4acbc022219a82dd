"""Attention by hand on the page of chapter 5: scores, weights and context are PyTorch's."""

import random
from functools import partial

import pytest
import torch
from driver import PHONE, middle, open_explorer, swipe

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
CONTROLS = {"score": "dot", "temperature": 1}
STEPS = [1, 2, 3, 4]
QUERY = [1, 0.5]
# Keys of which no two go the same way, and one is the origin.
OTHER_KEYS = [[-2.5, 2], [0, 0], [1.35, -2.1], [2.6, 0.05]]


@pytest.fixture
def explorer(explorer, data):
    """At its first step, with the chapter's query and keys."""
    move(explorer, step=1, query=QUERY, keys=data["keys"])
    return explorer


def flat(pairs):
    return [number for pair in pairs for number in pair]


def move(explorer, **state):
    """Set parts of the state; keys are pairs."""
    if "keys" in state:
        state["keys"] = flat(state["keys"])
    explorer.element.evaluate("(element, state) => element.set(state)", state)


def assert_is_attention(result, keys, score, temperature):
    """All that is shown, against utils.models.attention."""
    assert flat(result["keys"]) == pytest.approx(flat(keys))
    keys = torch.tensor(keys, dtype=torch.float32)
    query = torch.tensor([result["query"]], dtype=torch.float32)
    weigh = partial(masked_softmax, temperature=temperature)
    context, weights = Attention(SCORES[score], weigh)(query, keys, keys)
    scores = SCORES[score](query, keys)
    for name, expected in (
        ("scores", scores[0]),
        ("weights", weights[0]),
        ("products", weights[0, :, None] * keys),
        ("context", context[0]),
    ):
        assert torch.allclose(
            torch.tensor(result[name], dtype=torch.float32), expected, atol=1e-4
        ), name


def test_it_starts_as_the_figure_of_the_chapter(browser, site, data):
    fresh = open_explorer(browser, (site / PAGE).as_uri(), NAME)
    assert fresh.result["query"] == data["query"] == QUERY
    assert fresh.result["step"] == 1
    assert_is_attention(fresh.result, data["keys"], "dot", 1.0)
    assert fresh.errors == []
    fresh.close()


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("temperature", [0.1, 1, 5])
@pytest.mark.parametrize("query", [(1, 0.5), (-2.5, 2.5), (0, 0), (1.35, -2.1)])
def test_every_stage_is_that_of_pytorch(explorer, data, query, temperature, score):
    explorer.set("score", score)
    explorer.set("temperature", temperature)
    for keys in (data["keys"], OTHER_KEYS):
        for step in STEPS:
            move(explorer, step=step, query=query, keys=keys)
            assert explorer.result["step"] == step
            assert explorer.result["query"] == pytest.approx(query)
            assert_is_attention(explorer.result, keys, score, temperature)


# What one sees of the explorer at a step.
SEEN = """element => {
  const root = element.shadowRoot;
  const all = selector => [...root.querySelectorAll(selector)].filter(part =>
    part.checkVisibility({ visibilityProperty: true, opacityProperty: true }));
  return {
    block: all(".block text").map(text => text.textContent.replace("−", "-"))
      .filter(text => /^-?\\d+[.]\\d+$/.test(text)),
    names: all(".plane text tspan").map(text => text.textContent.replace("−", "-")),
    now: all(".block .band.now").map(band => Number(band.dataset.stage)),
    drops: all(".drop").length,
    circles: all(".plane > circle").filter(c => c.getAttribute("r") > 0).length,
    values: all(".value").length,
    crosses: all(".context").length,
    sentences: all(".stepper .sentence").length,
  };
}"""


@pytest.mark.parametrize("step", STEPS)
def test_each_step_shows_its_stage_and_those_before(explorer, data, step):
    move(explorer, step=step)
    result, seen = explorer.result, explorer.element.evaluate(SEEN)
    stages = [
        result["scores"],
        result["weights"],
        [number for product in result["products"] for number in product],
        result["context"],
    ]
    expected = [
        *(number for key in data["keys"] for number in key),
        *result["query"],
        *(number for stage in stages[:step] for number in stage),
    ]
    assert sorted(map(float, seen["block"])) == pytest.approx(sorted(expected), abs=0.00501)
    beside_keys = result["scores"] if step == 1 else result["weights"]
    assert [float(name) for name in seen["names"]] == pytest.approx(beside_keys, abs=0.00501)
    assert seen["now"] == [step]
    count = len(data["keys"])
    assert seen["drops"] == (count if step == 1 else 0)
    assert seen["circles"] == (count if step > 1 else 0)
    assert seen["values"] == (count if step > 2 else 0)
    assert seen["crosses"] == (step == 4)
    assert seen["sentences"] == len(STEPS)


@pytest.mark.parametrize("score", SCORES)
def test_all_numbers_of_the_calculation_are_written(explorer, data, score):
    explorer.set("score", score)
    move(explorer, query=[1, -1.25], step=4)
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
    texts = explorer.element.locator(".block text").all_text_contents()
    numbers = [text.replace("−", "-") for text in texts if "." in text and text[0] != "T"]
    assert all(len(text.split(".")[1]) == 2 and text != "-0.00" for text in numbers)
    assert sorted(map(float, numbers)) == pytest.approx(sorted(expected), abs=0.00501)
    divided = explorer.element.get_by_text("÷ √2", exact=True)
    assert divided.is_visible() == (score == "scaled dot")


def attributes(explorer, selector, *names):
    """Numbers that elements of the drawings have as attributes."""
    return torch.tensor(
        explorer.element.evaluate(
            """(element, [selector, names]) =>
              [...element.shadowRoot.querySelectorAll(selector)].map(part =>
                names.map(name => Number(part.getAttribute(name))))""",
            [selector, names],
        )
    )


def test_bars_and_circles_follow_the_weights(explorer):
    move(explorer, step=2)
    explorer.set("temperature", 2.5)
    weights = torch.tensor(explorer.result["weights"])
    bars = attributes(explorer, "rect.weight", "height")[:, 0]
    areas = attributes(explorer, ".plane > circle", "r")[:, 0].square()
    assert torch.allclose(bars / bars.sum(), weights, atol=1e-3)
    assert torch.allclose(areas / areas.sum(), weights, atol=1e-3)


def test_bars_of_scores_are_as_long_as_these(explorer):
    move(explorer, query=[0.5, 2])
    scores = torch.tensor(explorer.result["scores"])
    bars = attributes(explorer, "rect.score", "height")[:, 0]
    assert scores.min() > 0
    assert torch.allclose(bars / bars.sum(), scores / scores.sum(), atol=1e-3)


def test_a_key_reaches_as_far_along_the_query_as_its_score_says(explorer, data):
    """A score is the way to the foot of the key's line, times the query's length."""
    move(explorer, query=[-0.6, 1.1], keys=OTHER_KEYS)
    scale = 266 / (2 * data["reach"])
    feet = attributes(explorer, ".foot", "cx", "cy")
    (start,) = attributes(explorer, ".plane line[stroke-width='2.5']", "x1", "y1")
    ways = (feet - start) / scale * torch.tensor([1, -1])
    query = torch.tensor(explorer.result["query"])
    expected = torch.tensor(explorer.result["scores"])
    assert torch.allclose(ways @ query, expected, atol=0.01)
    # The line from key to foot stands at a right angle to the query.
    drops = attributes(explorer, ".drop", "x1", "y1", "x2", "y2")
    across = (drops[:, 2:] - drops[:, :2]) * torch.tensor([1, -1])
    assert torch.allclose(across @ query, torch.zeros(4), atol=0.05)


def test_the_weighted_values_lead_end_to_end_to_the_context(explorer, data):
    scale = 266 / (2 * data["reach"])
    for step, keys in ((3, OTHER_KEYS), (4, OTHER_KEYS), (4, data["keys"])):
        move(explorer, step=step, keys=keys)
        lines = attributes(explorer, ".value", "x1", "y1", "x2", "y2")
        ways = (lines[:, 2:] - lines[:, :2]) / scale * torch.tensor([1, -1])
        assert torch.allclose(ways, torch.tensor(explorer.result["products"]), atol=0.01)
        if step == 3:  # each from the origin
            assert torch.allclose(lines[:, :2], lines[0, :2].expand(4, 2))
        else:
            assert torch.allclose(lines[1:, :2], lines[:-1, 2:], atol=0.01)
            context = torch.tensor(explorer.result["context"])
            whole = (lines[-1, 2:] - lines[0, :2]) / scale * torch.tensor([1, -1])
            assert torch.allclose(whole, context, atol=0.01)


def drag(explorer, start, end):
    mouse = explorer.page.mouse
    mouse.move(*start)
    mouse.down()
    mouse.move(*end, steps=3)
    mouse.up()


def test_the_query_is_dragged_onto_every_key(explorer, data):
    for number, key in enumerate(data["keys"]):
        handle = middle(explorer.element.locator(".handle circle"))
        drag(explorer, handle, middle(explorer.element.locator(".key").nth(number)))
        assert explorer.result["query"] == pytest.approx(key, abs=0.051)
        assert_is_attention(explorer.result, data["keys"], "dot", 1.0)


def test_every_key_is_dragged_and_its_value_goes_with_it(explorer, data):
    expected = [list(key) for key in data["keys"]]
    unit = 266 / (2 * data["reach"])
    plane = explorer.element.locator(".plane")
    unit *= plane.bounding_box()["width"] / 320
    for number, (right, up) in enumerate([(0.5, -1), (-1, 0.5), (0, -2), (-0.5, 1)]):
        x, y = middle(explorer.element.locator(".key").nth(number))
        # Taken at its side it goes no farther than the hand.
        drag(explorer, (x + 3, y), (x + 3 + right * unit, y - up * unit))
        expected[number][0] += right
        expected[number][1] += up
        assert explorer.result["query"] == QUERY
        keys = explorer.result["keys"]
        assert flat(keys) == pytest.approx(flat(expected), abs=0.051)
        assert_is_attention(explorer.result, keys, "dot", 1.0)
    back = explorer.element.get_by_role("button", name="back to the start")
    back.click()
    assert explorer.result["keys"] == data["keys"]
    assert not back.is_visible()


def test_a_press_away_from_all_marks_moves_the_query(explorer, data):
    box = explorer.element.locator(".plane").bounding_box()
    place = box["x"] + 0.3 * box["width"], box["y"] + 0.7 * box["height"]
    explorer.page.mouse.click(*place)
    assert explorer.result["query"][0] < -1 and explorer.result["query"][1] < -1
    assert explorer.result["keys"] == data["keys"]


def test_the_context_lies_at_a_key_that_takes_all(explorer, data):
    """A query of 2.5 and 1 at the lowest temperature: nearly all weight is the third key's."""
    move(explorer, step=4, query=[2.5, 1])
    explorer.set("temperature", 0.1)
    assert explorer.result["weights"][2] > 0.999
    cross = middle(explorer.element.locator(".context"))
    assert cross == pytest.approx(middle(explorer.element.locator(".key").nth(2)), abs=1)


def test_a_drag_ends_at_the_edge_of_the_plane(explorer, data):
    drag(explorer, middle(explorer.element.locator(".handle circle")), (1, 1))
    assert explorer.result["query"] == pytest.approx([-data["reach"], data["reach"]], abs=0.01)


POINTED = """element => ({
  steps: [...element.shadowRoot.querySelectorAll(".stepper label")]
    .flatMap((step, i) => step.classList.contains("pointed") ? [i + 1] : []),
  stages: [...element.shadowRoot.querySelectorAll(".block .band.pointed")]
    .map(band => Number(band.dataset.stage)),
})"""


@pytest.mark.parametrize("step", STEPS)
def test_sentences_and_stages_point_at_each_other(explorer, step):
    both = {"steps": [step], "stages": [step]}
    nobody = {"steps": [], "stages": []}
    explorer.element.locator(".stepper .sentence").nth(step - 1).hover()
    assert explorer.element.evaluate(POINTED) == both
    explorer.element.locator(".plane").hover(position={"x": 20, "y": 20})
    assert explorer.element.evaluate(POINTED) == nobody
    band = explorer.element.locator(f".block .band[data-stage='{step}']")
    explorer.page.mouse.move(*middle(band))
    assert explorer.element.evaluate(POINTED) == both
    explorer.page.mouse.click(*middle(band))
    assert explorer.result["step"] == step
    explorer.element.locator(".plane").hover(position={"x": 20, "y": 20})
    assert explorer.element.evaluate(POINTED) == nobody


def test_the_keyboard_takes_the_steps_and_shows_the_stage(explorer):
    press = explorer.page.keyboard.press
    explorer.element.locator(".stepper input").first.focus()
    for step in STEPS[1:]:
        press("ArrowRight")
        assert explorer.result["step"] == step
        assert explorer.element.evaluate(POINTED) == {"steps": [step], "stages": [step]}


def test_the_keyboard_moves_query_and_keys(explorer, data):
    press = explorer.page.keyboard.press
    explorer.element.locator(".handle").focus()
    press("ArrowRight")
    press("Shift+ArrowDown")
    assert explorer.result["query"] == pytest.approx([1.05, 0])
    press("Tab")
    press("ArrowUp")
    press("ArrowLeft")
    assert explorer.result["keys"][0] == pytest.approx([0.95, 0.05])
    for _ in range(3):
        press("Tab")
    press("Shift+ArrowUp")
    assert explorer.result["keys"][3] == pytest.approx([-1, 1.5])
    assert explorer.result["keys"][1:3] == data["keys"][1:3]
    said = explorer.element.locator(".key-handle").nth(3)
    assert said.get_attribute("aria-valuetext") == "−1.00 and 1.50"


def test_the_keyboard_moves_score_and_temperature(explorer):
    press = explorer.page.keyboard.press
    before = explorer.result
    explorer.element.locator(".choice input").first.focus()
    press("ArrowRight")
    scaled = explorer.result
    assert scaled["scores"] == pytest.approx([score / 2**0.5 for score in before["scores"]])
    explorer.element.locator("input[type=range]").last.focus()
    press("ArrowRight")
    assert explorer.result["scores"] == scaled["scores"]
    assert explorer.result["weights"] != scaled["weights"]


def test_an_address_with_too_few_keys_is_left_aside(explorer, data):
    move(explorer, keys=[[1, 2]], step=7)
    assert explorer.result["keys"] == data["keys"]
    assert explorer.result["step"] == 1
    move(explorer, keys=[[9, -9]] * 4)
    assert explorer.result["keys"] == [[data["reach"], -data["reach"]]] * 4


def test_what_moves_is_there_within_300_ms_and_at_once_without_motion(browser, site):
    """Heights of the largest weight's bar, from the step's change until it rests."""
    watch = """async (element, step) => {
      const seen = [];
      const bar = element.shadowRoot.querySelectorAll("rect.weight")[2];
      let began = null;
      element.set({ step });
      await new Promise(rested => {
        const look = time => {
          began ??= time;
          seen.push([time - began, Number(bar.getAttribute("height"))]);
          time - began < 700 ? requestAnimationFrame(look) : rested();
        };
        requestAnimationFrame(look);
      });
      return seen;
    }"""
    still = open_explorer(browser, (site / PAGE).as_uri(), NAME)
    heights = {height for _, height in still.element.evaluate(watch, 2)}
    assert len(heights) == 1
    still.page.emulate_media(reduced_motion="no-preference")
    still.element.evaluate(watch, 1)
    seen = still.element.evaluate(watch, 2)
    # Frames may be rare on a busy machine; the last one of the way may come late by one.
    late = [height for time, height in seen if time > 320]
    assert seen[0][1] > late[0] + 1, "it moves"
    assert len(set(late)) == 1 and set(late) == heights
    still.close()


def test_screen_readers_are_told_weights_and_context(explorer, data):
    move(explorer, step=4, query=[2, 0.5])
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


def test_a_phone_has_room_and_a_finger_moves_query_and_keys(browser, site, data):
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, viewport=PHONE, scheme="dark")
    width = phone.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    # Steps, plane, and calculation are on one screen.
    boxes = [phone.element.locator(part).bounding_box() for part in (".stepper", ".block")]
    assert boxes[1]["y"] + boxes[1]["height"] - boxes[0]["y"] < 0.9 * PHONE["height"]
    controls = phone.element.locator(".controls").bounding_box()
    plane = phone.element.locator(".plane")
    plane.evaluate("plane => plane.scrollIntoView({ block: 'center' })")
    assert controls["y"] + controls["height"] - boxes[0]["y"] < PHONE["height"]
    box = plane.bounding_box()
    phone.page.touchscreen.tap(box["x"] + 0.3 * box["width"], box["y"] + 0.7 * box["height"])
    assert phone.result["query"][0] < -1 and phone.result["query"][1] < -1
    x, y = middle(phone.element.locator(".key").nth(1))
    assert not swipe(plane, (x, y), (x, y + 60))
    moved = phone.result["keys"][1]
    assert moved[0] == pytest.approx(data["keys"][1][0]) and moved[1] < 0
    heights = phone.element.evaluate(
        """element => [...element.shadowRoot.querySelectorAll("svg text")].map(text =>
          parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a || 99)"""
    )
    assert min(heights) >= 11.95  # pixels; a turned text has no such factor
    assert phone.errors == []
    phone.close()


# Boxes of all names in the plane that are seen, on the screen, and pairs of them that meet.
MEETING = """element => {
  const names = [...element.shadowRoot.querySelectorAll(".plane > text[style*='font-weight: 700']")]
    .filter(name => name.getAttribute("visibility") !== "hidden");
  const boxes = names.map(name => name.getBoundingClientRect());
  const meet = (a, b) =>
    a.left + 1 < b.right && b.left + 1 < a.right && a.top + 3 < b.bottom && b.top + 3 < a.bottom;
  const frame = element.shadowRoot.querySelector(".plane").getBoundingClientRect();
  return {
    count: names.length,
    meeting: boxes.flatMap((a, i) => boxes.flatMap((b, j) => i < j && meet(a, b)
      ? [`${names[i].textContent} and ${names[j].textContent}`] : [])),
    outside: names.filter((_, i) => boxes[i].left < frame.left || boxes[i].right > frame.right + 1)
      .map(name => name.textContent),
  };
}"""


@pytest.mark.parametrize("step", [1, 4])
def test_no_name_lies_on_another_wherever_the_points_are(explorer, data, step):
    draw = random.Random(step)
    reach = data["reach"]

    def anywhere():
        return [round(draw.uniform(-reach, reach), 2) for _ in range(2)]

    together = [[place, [place] * 4] for place in ([0.5, 0.5], [reach, reach], [-reach, -reach])]
    linked = [data["keys"][0], data["keys"]]  # where a link of the chapter leads
    apart = [[anywhere(), [anywhere() for _ in range(4)]] for _ in range(30)]
    for query, keys in [linked, *together, *apart]:
        move(explorer, step=step, query=query, keys=keys)
        seen = explorer.element.evaluate(MEETING)
        assert seen == {"count": 6 if step == 4 else 5, "meeting": [], "outside": []}, (query, keys)


def test_a_button_goes_from_step_to_step_and_begins_again(explorer):
    for step in (2, 3, 4):
        explorer.element.get_by_role("button", name="next").click()
        assert explorer.result["step"] == step
        sentence = explorer.element.locator(".stepper .sentence").nth(step - 1)
        assert sentence.is_visible()
    explorer.element.get_by_role("button", name="again").click()
    assert explorer.result["step"] == 1
