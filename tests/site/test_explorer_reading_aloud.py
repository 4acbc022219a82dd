"""Chapter 7's explorer: what it reads aloud and where it looks, beside PyTorch with its weights."""

from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

import pytest
import torch
from driver import PHONE, Driven, middle, open_explorer, swipe
from playwright.sync_api import Browser, Locator
from torch import Tensor

from utils.decoding.search import Hypothesis, greedy
from utils.explorers.packed_readers import NO_ATTENTION, folded
from utils.explorers.packed_tensors import fill, unpack
from utils.models.attention import AttentionalDecoder, ScaledDotScore
from utils.models.seq2seq import Decoder
from utils.text.vocabulary import CONTROL_TOKENS, Vocabulary
from utils.vision.canvases import NO_DIGIT, Canvases
from utils.vision.features import PLACES
from utils.vision.number_words import number_words
from utils.vision.reading import CanvasReader, NumberReader, on_digit, place_counts

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/07_vision.html"
NAME = "book-reading-aloud"
TOLERANCE = 1e-4
LANGUAGES = ("English", "Chinese", "German")
# Which held-out digit stands where: its number in the data, its left and its top edge.
ARRANGEMENTS = {
    "one": [7, 42, 3],
    "two": [1, 4, 0, 9, 70, 12],
    "from right to left": [5, 84, 6, 3, 50, 2, 8, 3, 9],
    "over one another": [4, 20, 3, 2, 34, 8],
    "a zero first": [0, 5, 5, 6, 60, 5],
}


@pytest.fixture
def explorer(opened: Driven) -> Iterator[Driven]:
    """As it was opened, and in sight."""
    opened.element.evaluate(
        "(element, state) => element.set(state)",
        {
            "digits": opened.data["canvas"],
            **{"chosen": 0, "strokes": "", "word": 0, "language": "English"},
            "network": opened.data["networks"][0]["name"],
        },
    )
    opened.element.scroll_into_view_if_needed()
    assert opened.errors == []
    yield opened
    assert opened.errors == []


def reader_of(data: dict, network: dict) -> NumberReader:
    """The network that lies in the page, in PyTorch."""
    weights = network["weights"]
    hidden, _ = weights["reader.to_state.weight"]["shape"]
    eye = CanvasReader(hidden, knows_places="reader.positions.embedding.weight" in weights)
    speakers = {}
    for language in data["languages"]:
        words, size = weights[f"speakers.{language}.embedding.weight"]["shape"]
        if network["kind"] == NO_ATTENTION:
            speakers[language] = Decoder(words, size, hidden, context_at_every_step=True)
        else:
            speakers[language] = AttentionalDecoder(words, size, hidden, score=ScaledDotScore())
    return fill(folded(NumberReader(eye, speakers)), weights).eval()


@pytest.fixture(scope="module")
def readers(data: dict) -> dict[str, NumberReader]:
    return {network["name"]: reader_of(data, network) for network in data["networks"]}


@pytest.fixture(scope="module")
def vocabularies(data: dict) -> dict[str, Vocabulary]:
    return {
        language: Vocabulary(entry["tokens"][len(CONTROL_TOKENS) :])
        for language, entry in data["languages"].items()
    }


def place(explorer: Driven, digits: list[int], **others: object) -> dict:
    explorer.element.evaluate("(e, state) => e.set(state)", {"digits": digits, **others})
    return explorer.result


def canvas_of(data: dict, arranged: list[int]) -> Tensor:
    """The canvas by this test's own pasting: (1, 1, 40, 112)."""
    images = unpack(data["digits"]) / 255
    canvas = torch.zeros(1, 1, 40, 112)
    for which, left, top in zip(*[iter(arranged)] * 3, strict=True):
        square = canvas[0, 0, top : top + 28, left : left + 28]
        square.copy_(torch.maximum(square, images[which]))
    return canvas


def said(explorer: Driven) -> list[str]:
    """The words as they stand on the page, without the numbers of the eye's stops."""
    return explorer.element.locator(".said button span").all_inner_texts()


def dragged_to(explorer: Driven, number: int, left: int) -> None:
    """Wait for a frame in which the digit is there."""
    explorer.page.wait_for_function(
        f"([number, left]) => document.querySelector('{NAME}').result.digits[number][1] === left",
        arg=[number, left],
    )


# ------------------------------------------------------------------------------
# What it computes


def test_both_networks_fit_a_page(data: dict) -> None:
    assert {network["kind"] for network in data["networks"]} <= {NO_ATTENTION, "scaled dot"}
    assert tuple(data["languages"]) == LANGUAGES
    assert sorted(set(data["labels"])) == list(range(10))


@pytest.mark.parametrize("arranged", ARRANGEMENTS.values(), ids=ARRANGEMENTS)
def test_the_page_reads_as_pytorch_does(
    explorer: Driven, data: dict, readers: dict, vocabularies: dict, arranged: list[int]
) -> None:
    canvas = canvas_of(data, arranged)
    for name, reader in readers.items():
        for language in LANGUAGES:
            result = place(explorer, arranged, network=name, language=language, word=0)
            pixels = torch.tensor(result["pixels"]).view(1, 1, 40, 112)
            torch.testing.assert_close(pixels, canvas)
            model = reader.speaking(language)
            (expected,) = greedy(model, canvas, place_counts(canvas), data["longest"])
            assert_written(result, expected, vocabularies[language])
            assert said(explorer) == result["words"]


def assert_written(result: dict, expected: Hypothesis, vocabulary: Vocabulary) -> None:
    words = vocabulary.decode(expected.token_ids)
    assert result["words"] == list(words)
    assert result["log_probability"] == pytest.approx(expected.log_probability, abs=TOLERANCE)
    if expected.weights is None:
        assert result["weights"] is None
    else:
        found = torch.tensor(result["weights"]).view(-1, PLACES)
        assert (found - expected.weights[: len(words)]).abs().max() <= TOLERANCE


def test_shares_are_those_of_the_places_on_a_square(explorer: Driven, data: dict) -> None:
    arranged = ARRANGEMENTS["two"]
    result = place(explorer, arranged, word=1)
    corners = torch.zeros(1, 4, 2, dtype=torch.int64)
    corners[0, :2] = torch.tensor([[0, 4], [12, 70]])  # top, left
    digits = torch.tensor([[1, 9, NO_DIGIT, NO_DIGIT]])
    inside = on_digit(Canvases(canvas_of(data, arranged), digits, corners))[0, :2]  # (2, 70)
    weights = torch.tensor(result["weights"][0])
    expected = [weights[there].sum().item() for there in inside]
    assert result["shares"] == pytest.approx(expected, abs=1e-5)
    assert f"{100 * expected[0]:.0f} % on the {data['labels'][1]}" in explorer.text


def test_the_square_of_the_digit_that_a_word_says_is_outlined(explorer: Driven) -> None:
    """In every language, for whatever it made of the canvas, if that is a number of its length."""
    outlined = 0
    for language in LANGUAGES:
        result = place(explorer, ARRANGEMENTS["from right to left"], language=language, word=0)
        words = tuple(result["words"])
        numbers = [
            str(number)
            for number in range(100, 1000)
            if tuple(word.text for word in number_words(str(number), language)) == words
        ]
        for number, written in enumerate(words, 1):
            meant = place(explorer, ARRANGEMENTS["from right to left"], word=number)["meant"]
            if not numbers:
                assert meant == []
                continue
            word = number_words(numbers[0], language)[number - 1]
            assert word.text == written
            # From left to right they were put down last to first.
            assert sorted(meant) == sorted(2 - place for place in word.digits)
            shown = explorer.element.evaluate(
                """element => [...element.shadowRoot.querySelectorAll(".digit")]
                  .filter(digit => digit.children[1].getAttribute("display") !== "none").length"""
            )
            assert shown == len(meant)
            outlined += len(meant)
    assert outlined > 0


def test_what_is_right_is_said(explorer: Driven, data: dict) -> None:
    rights = 0
    for digit in range(10):
        result = place(explorer, [digit, 40, 6])
        truth = [word.text for word in number_words(str(data["labels"][digit]), "English")]
        assert result["is_right"] == (result["words"] == truth)
        words = "Right: " if result["is_right"] else f"is “{truth[0]}”"
        assert words in explorer.text
        rights += result["is_right"]
    assert rights > 0


@pytest.mark.parametrize(
    ("arranged", "words"),
    [("a zero first", "No number begins with 0"), ("over one another", "Overlapping digits")],
)
def test_what_training_never_had_is_said(explorer: Driven, arranged: str, words: str) -> None:
    place(explorer, ARRANGEMENTS["one"])
    assert words not in explorer.text
    place(explorer, ARRANGEMENTS[arranged])
    assert words in explorer.text


def test_a_network_with_one_vector_shows_no_place(explorer: Driven, data: dict) -> None:
    plain = [each["name"] for each in data["networks"] if each["kind"] == NO_ATTENTION]
    lit = """element => [...element.shadowRoot.querySelectorAll(".glow rect")]
      .filter(place => Number(place.getAttribute("fill-opacity")) > 0).length"""
    stops = explorer.element.locator(".eye circle")
    assert explorer.element.evaluate(lit) == PLACES
    assert stops.count() == len(explorer.result["words"])
    for name in plain:
        explorer.set("network", name)
        assert explorer.element.evaluate(lit) == 0
        assert stops.count() == 0
        assert "one vector of the whole canvas" in explorer.text


# ------------------------------------------------------------------------------
# Word by word


def test_step_by_step(explorer: Driven) -> None:
    count = len(explorer.result["words"])
    assert explorer.result["word"] == count
    explorer.set("word", 1)
    stops = explorer.element.locator(".eye circle")
    for word in range(1, count + 1):
        assert explorer.result["word"] == word
        assert stops.count() == word
        now = explorer.element.locator(".said [data-when='now']")
        assert now.count() == 1 and explorer.result["words"][word - 1] in now.inner_text()
        if word < count:
            explorer.element.get_by_role("button", name="next →").click()
    explorer.element.locator(".said button").first.click()
    assert explorer.result["word"] == 1


def test_the_eye_stops_where_the_weights_are(explorer: Driven) -> None:
    weights = torch.tensor(explorer.result["weights"][-1]).view(5, 14)
    x = (weights.sum(0) * (8 * torch.arange(14) + 4)).sum().item()
    y = (weights.sum(1) * (8 * torch.arange(5) + 4)).sum().item()
    canvas = explorer.element.locator("svg.canvas > image").bounding_box()
    dot = middle(explorer.element.locator(".eye [data-now] circle"))
    unit = canvas["width"] / 112
    assert dot == pytest.approx((canvas["x"] + x * unit, canvas["y"] + y * unit), abs=1)


# ------------------------------------------------------------------------------
# Digits are moved, added, drawn


def square(explorer: Driven, number: int) -> Locator:
    return explorer.element.locator(".digit").nth(number)


def test_a_mouse_moves_a_digit(explorer: Driven) -> None:
    which, left, _ = place(explorer, [4, 20, 6, 7, 70, 6])["digits"][0]
    unit = explorer.element.locator("svg.canvas > image").bounding_box()["width"] / 112
    x, y = middle(square(explorer, 0))
    mouse = explorer.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 10 * unit, y - 3 * unit, steps=3)
    mouse.move(x - 8 * unit, y - 40 * unit, steps=3)
    mouse.up()
    dragged_to(explorer, 0, left - 8)
    assert explorer.result["digits"] == [[which, left - 8, 0], [7, 70, 6]]
    # What was read is what is seen now.
    expected = place(explorer, [4, left - 8, 0, 7, 70, 6])
    assert explorer.result["words"] == expected["words"]


def test_a_finger_moves_a_digit_and_scrolls_beside_it(explorer: Driven) -> None:
    place(explorer, [4, 20, 0, 7, 80, 6])
    canvas = explorer.element.locator("svg.canvas")
    x, y = middle(square(explorer, 0))
    unit = explorer.element.locator("svg.canvas > image").bounding_box()["width"] / 112
    assert not swipe(canvas, (x, y), (x + 2 * unit, y + 12 * unit))
    dragged_to(explorer, 0, 22)
    assert explorer.result["digits"][0] == [4, 22, 12]
    between = x + 45 * unit
    assert swipe(canvas, (between, y), (between, y + 100))
    assert explorer.result["digits"][0] == [4, 22, 12]


def test_a_hand_may_move_faster_than_the_page_reads(explorer: Driven) -> None:
    """All moves within one frame are read once."""
    updates = explorer.element.evaluate(
        """async element => {
          const digit = element.shadowRoot.querySelector(".digit");
          const canvas = element.shadowRoot.querySelector("svg.canvas");
          const { x, y, width, height } = digit.getBoundingClientRect();
          canvas.setPointerCapture = () => {};
          const tell = (kind, moved) => canvas.dispatchEvent(new PointerEvent(kind, {
            pointerId: 3, pointerType: "mouse", bubbles: true,
            clientX: x + width / 2 + moved, clientY: y + height / 2,
          }));
          tell("pointerdown", 0);
          let count = 0;
          const update = element.update;
          element.update = (state) => { count++; return update.call(element, state); };
          await new Promise(requestAnimationFrame);
          for (let moved = 1; moved <= 40; moved++) tell("pointermove", moved);
          await new Promise(requestAnimationFrame);
          await new Promise(requestAnimationFrame);
          tell("pointerup", 40);
          delete element.update;
          delete canvas.setPointerCapture;
          return count;
        }"""
    )
    assert updates == 1


def test_the_keyboard_moves_adds_and_takes_away(explorer: Driven) -> None:
    place(explorer, [4, 20, 6, 7, 70, 6])
    square(explorer, 1).focus()
    assert explorer.result["chosen"] == 1
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowLeft"):
        explorer.page.keyboard.press(key)
    assert explorer.result["digits"][1] == [7, 65, 5]
    assert "65 pixels from the left, 5 from the top" in square(explorer, 1).get_attribute(
        "aria-label"
    )
    explorer.page.keyboard.press("Delete")
    assert explorer.result["digits"] == [[4, 20, 6]]
    explorer.page.keyboard.press("Delete")  # the last one stays
    assert explorer.result["digits"] == [[4, 20, 6]]


def test_buttons_add_take_away_and_draw_lots(explorer: Driven) -> None:
    def press(name: str) -> list[list[int]]:
        # One that does nothing for now can be pressed all the same.
        explorer.element.get_by_role("button", name=name).dispatch_event("click")
        return explorer.result["digits"]

    place(explorer, [4, 42, 6])
    assert len(press("add a digit")) == 2
    digits = press("add a digit")
    assert len(digits) == 3
    lefts = sorted(left for _, left, _ in digits)
    assert all(right - left >= 28 for left, right in pairwise(lefts))
    assert press("add a digit") == digits
    assert len(press("take it away")) == 2
    for _ in range(12):
        digits = press("another number")
        labels = [explorer.data["labels"][which] for which, _, _ in digits]
        assert len(labels) == 1 or labels[0] != 0
        lefts = [left for _, left, _ in digits]
        assert all(right - left >= 28 for left, right in pairwise(lefts))
        assert explorer.result["number"] == "".join(map(str, labels))


def test_the_menu_changes_the_chosen_digit(explorer: Driven) -> None:
    place(explorer, [4, 20, 6, 7, 70, 6], chosen=1)
    explorer.set("the chosen digit", 9)
    assert explorer.result["digits"] == [[4, 20, 6], [9, 70, 6]]


def test_a_digit_of_the_readers_own(
    explorer: Driven, data: dict, readers: dict, vocabularies: dict
) -> None:
    place(explorer, [4, 20, 6, 7, 70, 6], chosen=1)
    pad = explorer.element.locator(".tools svg")
    assert not pad.is_visible()
    explorer.element.get_by_role("button", name="draw a digit").click()
    assert explorer.result["digits"] == [[4, 20, 6], [-1, 70, 6]]
    box = pad.bounding_box()
    at = [(box["x"] + 0.5 * box["width"], box["y"] + down * box["height"]) for down in (0.3, 0.75)]
    assert not swipe(pad, *at)  # a finger draws up and down as well
    result = explorer.result
    drawn = torch.tensor(result["pixels"]).view(1, 1, 40, 112)
    assert 20 < drawn[..., 6:34, 70:98].sum() < 100
    assert drawn[..., 70:].sum() == drawn[..., 6:34, 70:98].sum()
    assert "Whether your digit was read right, you can see" in explorer.text
    name = data["networks"][0]["name"]
    model = readers[name].speaking("English")
    (expected,) = greedy(model, drawn, place_counts(drawn), data["longest"])
    assert_written(result, expected, vocabularies["English"])


# ------------------------------------------------------------------------------
# Links, screen readers, phones


def test_a_link_keeps_canvas_and_drawing(browser: Browser, site: Path) -> None:
    state = {
        "language": "German",
        "digits": "-1,3,4,6,60,2",
        "strokes": "14 5,14 23",
        "word": "1",
    }
    hash_ = "&".join(f"{NAME}.{name}={value}" for name, value in state.items())
    linked = open_explorer(browser, f"{(site / PAGE).as_uri()}#{hash_}", NAME)
    result = linked.result
    assert result["digits"] == [[-1, 3, 4], [6, 60, 2]]
    assert (result["language"], result["word"]) == ("German", 1)
    assert sum(result["pixels"]) > 20
    assert linked.errors == []
    linked.close()


@pytest.mark.parametrize(
    "odd", ["digits=99,1,1", "digits=1", "digits=0.5,3,3", "chosen=7", "word=99"]
)
def test_an_address_that_nobody_can_follow_does_no_harm(
    browser: Browser, site: Path, odd: str
) -> None:
    linked = open_explorer(browser, f"{(site / PAGE).as_uri()}#{NAME}.{odd}", NAME)
    canvas = linked.data["canvas"]
    assert list(chain(*linked.result["digits"])) == canvas
    assert linked.errors == []
    linked.close()


def test_a_screen_reader_is_told_what_is_said_and_where_it_looks(
    browser: Browser, site: Path
) -> None:
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME)
    explorer.set("language", "German")
    explorer.page.wait_for_function("location.hash.includes('language')")
    told = explorer.element.locator("[aria-live]").text_content()
    assert told.startswith("German: " + " ".join(explorer.result["words"]))
    assert "Of its weights lie" in told
    languages = explorer.element.locator(".said span[lang]")
    assert {each.get_attribute("lang") for each in languages.all()} == {"de"}
    explorer.close()


def test_on_a_phone_canvas_words_and_steps_are_seen_together(browser: Browser, site: Path) -> None:
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE)
    canvas = explorer.element.locator("svg.canvas").bounding_box()
    steps = explorer.element.get_by_role("button", name="next →").bounding_box()
    assert steps["y"] + steps["height"] - canvas["y"] < 0.6 * PHONE["height"]
    panel = explorer.element.locator(".panel")
    assert panel.evaluate("e => e.scrollWidth <= e.clientWidth")
    explorer.close()
