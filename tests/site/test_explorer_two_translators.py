"""The first page's two translators, against PyTorch with the page's weights."""

import json
from pathlib import Path

import pytest
from driver import DESKTOP, PHONE, Driven, open_explorer
from playwright.sync_api import Browser
from translators import Translators, assert_same

from tools import ROOT
from tools.sphinx_extensions.landing import explorers_of
from utils.text.corpus import written

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE, NAME = "index.html", "book-two-translators"
FIELD = "German sentence"
SIDES = ("plain", "attending")
CONTROLS = {}
EACH_WORD = 450  # milliseconds
MOST_BYTES = 1_000_000
TYPED = [
    "",
    "Der Hund schläft",
    "Zebra Peter Zebra gestern",
    "The girl is reading a book",
    "und " * 13,
]


def sentences_of(data: dict) -> list[str]:
    return [written(tuple(sentence["source"]), "de") for sentence in data["sentences"]]


def press(explorer: Driven, name: str) -> None:
    explorer.element.get_by_role("button", name=name, exact=True).click()


def opened_in_motion(browser: Browser, site: Path, viewport: dict = DESKTOP) -> Driven:
    address = (site / PAGE).as_uri()
    return open_explorer(browser, address, NAME, viewport, motion="no-preference")


def words(explorer: Driven, side: str) -> list[str]:
    """What is drawn of a translation, from top to bottom."""
    anchor = {"plain": "end", "attending": "start"}[side]
    return explorer.element.locator(f".twin-arcs text[text-anchor={anchor}]").all_text_contents()


def common(first: list, second: list) -> int:
    """The length of the longest sequence that both have in common."""
    best = [0] * (len(second) + 1)
    for a in first:
        row = [0]
        for j, b in enumerate(second):
            row.append(best[j] + 1 if a == b else max(row[j], best[j + 1]))
        best = row
    return best[-1]


@pytest.fixture(scope="module")
def networks(data: dict) -> Translators:
    kinds = [model["kind"] for model in data["models"]]
    assert kinds[0] == "no attention" != kinds[1]
    named = [model | {"name": side} for side, model in zip(SIDES, data["models"], strict=True)]
    return Translators(data | {"models": named})


@pytest.fixture
def explorer(opened: Driven, data: dict):
    opened.set(FIELD, sentences_of(data)[0])
    assert opened.errors == []
    yield opened
    assert opened.errors == []


def test_both_write_what_pytorch_writes(explorer: Driven, networks: Translators) -> None:
    for text in [*sentences_of(networks.data), *TYPED]:
        explorer.set(FIELD, text)
        result = explorer.result
        for side in SIDES:
            shared = {key: result[key] for key in ("tokens", "unknown", "message")}
            assert_same(result[side] | shared, networks.expect(text, side))
        assert (result["plain"]["weights"], result["playing"]) == (None, False)


def test_what_is_right_and_what_is_not(explorer: Driven, networks: Translators) -> None:
    for sentence, text in zip(networks.data["sentences"], sentences_of(networks.data), strict=True):
        explorer.set(FIELD, text)
        struck, wrong = 0, 0
        for side in SIDES:
            result, target = explorer.result[side], sentence["target"]
            assert result["right"] == (result["tokens"] == target and result["finished"])
            struck += len(result["tokens"]) - common(result["tokens"], target)
            wrong += not result["right"]
            outcome = explorer.element.locator(f".outcomes .{side}").inner_text()
            assert outcome.split("\n")[0] == result["translation"]
            assert ("✗ not right" in outcome, "✓ right" in outcome) == (
                not result["right"],
                result["right"],
            )
        assert explorer.element.locator(".twin-arcs text.wrong").count() == struck
        right = f"Right: {written(tuple(sentence['target']), 'en')}"
        assert explorer.element.locator(".note").inner_text() == (right if wrong else "")
    explorer.set(FIELD, "Der Hund schläft")
    assert [explorer.result[side]["right"] for side in SIDES] == [None, None]
    assert "Nobody has checked" in explorer.text


def test_the_sentences_are_the_longest_of_chapter_5(data: dict, site: Path) -> None:
    chapter, _ = explorers_of(ROOT / "chapters" / "05_attention.ipynb")["translator"]
    lengths = [len(sentence["source"]) for sentence in data["sentences"]]
    others = [s for s in chapter["sentences"] if s["source"] not in sentences_in(data)]
    assert len(lengths) == 8 == len(chapter["sentences"]) - len(others)
    assert min(lengths) >= max(len(sentence["source"]) for sentence in others)
    assert (site / PAGE).stat().st_size <= MOST_BYTES
    by_kind = {model["kind"]: model["weights"] for model in chapter["models"]}
    for model in data["models"]:
        assert json.dumps(model["weights"]) == json.dumps(by_kind[model["kind"]])


def sentences_in(data: dict) -> list[list[str]]:
    return [sentence["source"] for sentence in data["sentences"]]


def test_word_by_word(explorer: Driven) -> None:
    """Each step writes one word more; the arcs of the newest are as wide as its weights."""
    whole = explorer.result
    assert whole["written"] == whole["steps"] == max(len(whole[side]["tokens"]) for side in SIDES)
    for step in range(1, whole["steps"] + 1):
        press(explorer, "Next word")
        assert explorer.result["written"] == step
        for side in SIDES:
            assert words(explorer, side) == whole[side]["tokens"][:step]
        if step == whole["steps"] or step > len(whole["attending"]["tokens"]):
            continue
        drawn = explorer.element.evaluate(
            """element => [...element.shadowRoot.querySelectorAll(".twin-arcs path")]
              .filter(arc => arc.getAttribute("opacity") === "1")
              .map(arc => Number(arc.getAttribute("stroke-width")))"""
        )
        looked = whole["attending"]["weights"][step - 1]
        expected = [max(1, 8 * weight) for weight in looked if weight >= 0.03]
        assert drawn == pytest.approx(expected, abs=1e-3)
    press(explorer, "Next word")
    assert explorer.result["written"] == 1


def test_where_motion_is_reduced_all_is_written(browser: Browser, site: Path) -> None:
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME)
    assert explorer.result["written"] == explorer.result["steps"] > 0
    assert not explorer.result["playing"]
    assert not explorer.element.locator("button.play").is_visible()
    assert explorer.element.get_by_role("button", name="Next word").is_visible()
    moving = "element => element.shadowRoot.getAnimations({ subtree: true }).length"
    press(explorer, "Next word")
    assert explorer.element.evaluate(moving) == 0
    explorer.close()


def test_it_plays_by_itself_once_and_can_be_stopped(browser: Browser, site: Path) -> None:
    explorer = opened_in_motion(browser, site)
    clock, steps = explorer.page.clock, explorer.result["steps"]
    explorer.page.wait_for_function(f"document.querySelector('{NAME}').result.playing")
    assert explorer.result["written"] == 0
    seen = [words(explorer, "attending")]
    for _ in range(3):
        clock.run_for(EACH_WORD)
        seen.append(words(explorer, "attending"))
    assert [len(shown) for shown in seen] == [0, 1, 2, 3]
    assert explorer.element.locator(".twin-arcs .growing").count() > 0
    press(explorer, "Pause")
    clock.run_for(10 * EACH_WORD)
    assert (explorer.result["written"], explorer.result["playing"]) == (3, False)
    press(explorer, "Play")
    clock.run_for(steps * EACH_WORD)
    assert explorer.result["written"] == steps
    assert not explorer.result["playing"]
    assert explorer.element.get_by_role("button", name="Play").is_visible()
    press(explorer, "Play")
    assert explorer.result["written"] == 0
    press(explorer, "Next sentence")
    assert explorer.result["playing"] and explorer.result["written"] == 0
    explorer.set(FIELD, "Peter lacht.")
    assert not explorer.result["playing"]
    assert explorer.result["written"] == explorer.result["steps"]
    assert explorer.errors == []
    explorer.close()


def test_next_sentence_goes_round(explorer: Driven, data: dict) -> None:
    known = sentences_of(data)
    for text in [*known[1:], known[0]]:
        press(explorer, "Next sentence")
        assert explorer.element.locator("input[type=text]").first.input_value() == text
    explorer.set(FIELD, "Peter lacht.")
    press(explorer, "Next sentence")
    assert explorer.element.locator("input[type=text]").first.input_value() == known[0]


def test_type_your_own(explorer: Driven, networks: Translators) -> None:
    page = explorer.page
    page.get_by_role("link", name="Type your own").click()
    page.keyboard.type("Der Zebrafink liest")  # what stood there was selected
    assert explorer.result["unknown"] == ["Zebrafink"]
    marked = explorer.element.locator(".twin-arcs text.unknown").all_text_contents()
    assert marked == ["Zebrafink ?"]
    assert "The network does not know “Zebrafink”" in explorer.text
    explorer.set(FIELD, "<img src=x onerror=alert(1)> <b>Peter</b>")
    assert explorer.element.locator(".panel :is(img, b)").count() == 0


def test_by_keyboard(explorer: Driven) -> None:
    page, field = explorer.page, explorer.element.locator("input[type=text]").first
    field.focus()
    reached = []
    for _ in range(3):
        page.keyboard.press("Tab")
        reached.append(
            explorer.element.evaluate("element => element.shadowRoot.activeElement.textContent")
        )
    assert reached[:2] == ["Next word", "Next sentence"]
    assert reached[2].endswith("German words they know")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert explorer.result["written"] == 2


def test_known_words_are_clicked_into_the_sentence(explorer: Driven) -> None:
    explorer.set(FIELD, "")
    if not explorer.element.get_by_label("find a word").is_visible():  # a test before has opened it
        explorer.element.locator("summary").click()
    explorer.set("find a word", "peter")
    explorer.element.get_by_role("button", name="Peter", exact=True).click()
    explorer.set("find a word", "lacht")
    explorer.element.get_by_role("button", name="lacht", exact=True).click()
    assert explorer.element.locator("input[type=text]").first.input_value() == "Peter lacht"
    assert explorer.result["tokens"] == ["Peter", "lacht", "."]
    explorer.element.get_by_role("button", name="close").click()
    assert not explorer.element.get_by_label("find a word").is_visible()


def test_pointing_at_a_word_shows_its_arcs(explorer: Driven) -> None:
    strong = """element => [...element.shadowRoot.querySelectorAll(".twin-arcs text.now")]
      .map(word => word.textContent)"""
    assert explorer.element.evaluate(strong) == []
    word = explorer.element.locator(".twin-arcs text[text-anchor=start]").nth(2)
    word.hover()
    result = explorer.result
    assert explorer.element.evaluate(strong) == [result[side]["tokens"][2] for side in SIDES]
    assert result["written"] == result["steps"]  # nothing is taken back
    explorer.page.mouse.move(2, 2)
    assert explorer.element.evaluate(strong) == []


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_all_of_it_is_on_a_phone_s_first_screen(browser: Browser, site: Path, motion: str) -> None:
    address = (site / PAGE).as_uri()
    phone = open_explorer(browser, address, NAME, PHONE, motion=motion)
    for text in sentences_of(phone.data):
        phone.set(FIELD, text)
        seen = phone.element.evaluate(
            """element => {
              const root = element.shadowRoot;
              const panel = root.querySelector(".panel").getBoundingClientRect();
              const boxes = ["input", ".twin-arcs text", ".outcomes p", "button"]
                .flatMap(parts => [...root.querySelectorAll(parts)])
                .filter(part => part.checkVisibility())
                .map(part => part.getBoundingClientRect());
              return {
                bottom: Math.max(...boxes.map(box => box.bottom)),
                inside: boxes.every(box => box.left >= panel.left && box.right <= panel.right),
                scrolled: scrollY,
                buttons: root.querySelectorAll(".stage button").length,
              };
            }"""
        )
        assert seen["bottom"] <= PHONE["height"], (text, seen)
        assert seen["inside"], text
        assert (seen["scrolled"], seen["buttons"]) == (0, 3)
    calls = [
        phone.page.get_by_role("link", name=name) for name in ("Start reading", "Type your own")
    ]
    assert all(call.bounding_box()["y"] > 0 for call in calls)
    assert phone.errors == []
    phone.close()


def test_a_link_shows_the_same_sentence_and_does_not_play(browser: Browser, site: Path) -> None:
    address = (site / PAGE).as_uri() + f"#{NAME}.text=Peter+lacht.&{NAME}.written=2"
    explorer = open_explorer(browser, address, NAME, motion="no-preference")
    explorer.page.clock.run_for(3 * EACH_WORD)
    result = explorer.result
    assert (result["tokens"], result["written"]) == (["Peter", "lacht", "."], 2)
    assert not result["playing"]
    explorer.close()
