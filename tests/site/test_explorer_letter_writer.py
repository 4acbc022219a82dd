"""Chapter 4's letter writer: what it writes, and with which probabilities, beside PyTorch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from driver import PHONE, Driven, open_explorer
from playwright.sync_api import Browser
from torch import nn

from utils.explorers.packed_tensors import fill
from utils.models.language_model import RecurrentLanguageModel, next_token_probabilities
from utils.text.vocabulary import CONTROL_TOKENS, END, Vocabulary

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/04_seq2seq.html"
NAME = "book-letter-writer"
BEGINNING = "you begin"
CONTROLS = {"temperature": 1, BEGINNING: "The ", "letter": 1}
CLOSE = 1e-5
BARS = 8
ROWS = """element => {
  const [, ...texts] = element.shadowRoot.querySelectorAll("svg text");
  const rows = [];
  for (let i = 0; i < texts.length; i += 2)
    rows.push([texts[i].textContent, texts[i + 1].textContent]);
  return rows;
}"""


@pytest.fixture(scope="module")
def vocabulary(data: dict) -> Vocabulary:
    return Vocabulary(data["tokens"][len(CONTROL_TOKENS) :])


@pytest.fixture(scope="module")
def model(data: dict) -> RecurrentLanguageModel:
    """The network that lies in the page, in PyTorch."""
    size, embedding = data["weights"]["embedding.weight"]["shape"]
    hidden = data["weights"]["recurrent.network.weight_hh_l0"]["shape"][1]
    model = RecurrentLanguageModel(size, embedding, hidden, cell=nn.GRU)
    return fill(model, data["weights"]).eval()


@pytest.mark.parametrize(
    ("beginning", "temperature"), [("The ", 1), ("", 0.5), ("Is she", 2), ("Zebra €", 1)]
)
def test_every_letter_has_the_probabilities_of_pytorch(
    explorer: Driven, data: dict, model, vocabulary, beginning: str, temperature: float
) -> None:
    explorer.set("temperature", temperature)
    explorer.set(BEGINNING, beginning)
    drawn = explorer.result["drawn"]
    assert 1 <= len(drawn) <= data["longest"]
    letters = tuple(beginning)
    for step, token_id in enumerate(drawn, 1):
        explorer.set("letter", step)
        expected = next_token_probabilities(model, vocabulary, letters, temperature).numpy()
        assert np.abs(np.array(explorer.result["probabilities"]) - expected).max() < CLOSE
        assert expected[token_id] > 0
        letters = (*letters, data["tokens"][token_id])
    result = explorer.result
    assert result["finished"] == (drawn[-1] == END)
    assert "".join(letters[:-1] if result["finished"] else letters) == result["text"]
    unknown = [letter for letter in dict.fromkeys(beginning) if letter not in data["tokens"]]
    assert all(f"“{letter}”" in result["message"] for letter in unknown)
    assert bool(result["message"]) == bool(unknown)


def test_the_bars_show_the_likeliest_letters_and_the_one_drawn(
    explorer: Driven, data: dict
) -> None:
    explorer.set("temperature", 2)  # where unlikely ones are drawn
    unlikely = 0
    for step in range(1, len(explorer.result["drawn"]) + 1):
        explorer.set("letter", step)
        result = explorer.result
        probabilities = np.array(result["probabilities"])
        order = [i for i in np.argsort(-probabilities, kind="stable") if i >= END]
        drawn = result["drawn"][step - 1]
        shown = order[:BARS]
        if drawn not in shown:
            shown[-1] = drawn
            unlikely += 1
        names = [
            ("▸ " if i == drawn else "")
            + ("end" if i == END else "blank" if data["tokens"][i] == " " else data["tokens"][i])
            for i in shown
        ]
        rows = explorer.element.evaluate(ROWS)
        assert [name for name, _ in rows] == [*names, f"{len(order) - BARS} others"]
        rest = 1 - probabilities[shown].sum()
        numbers = [
            "< 0.1 %" if 0 < value < 0.001 else f"{100 * value:.1f} %"
            for value in (*probabilities[shown], rest)
        ]
        assert [number for _, number in rows] == numbers
    assert unlikely


def test_a_lower_temperature_is_surer(explorer: Driven) -> None:
    highest = []
    for temperature in (0.2, 0.6, 1, 1.5, 2):
        explorer.set("temperature", temperature)
        highest.append(max(explorer.result["probabilities"]))
    assert highest == sorted(highest, reverse=True) and highest[0] > highest[-1]


def test_letters_arrive_one_by_one(explorer: Driven) -> None:
    letters = explorer.element.locator(".text [data-when]")
    assert letters.count() == len(explorer.result["drawn"])
    letters.nth(3).click()
    assert explorer.result["step"] == 4
    when = letters.evaluate_all("all => all.map(one => one.dataset.when)")
    assert when == [*["before"] * 3, "now", *["later"] * (len(when) - 4)]
    seen = "all => all.filter(one => getComputedStyle(one).visibility === 'visible').length"
    assert letters.evaluate_all(seen) == len(when)
    explorer.page.emulate_media(reduced_motion="no-preference")
    play = explorer.element.locator("button", has_text="play")
    play.wait_for()
    at_once = (
        "(e, b) => { b.click(); return e.shadowRoot.querySelector('.text').dataset.arriving; }"
    )
    assert explorer.element.evaluate(at_once, play.element_handle()) == ""
    explorer.page.wait_for_function(f"document.querySelector('{NAME}').result.step >= 6")
    explorer.page.emulate_media(reduced_motion="reduce")
    play.wait_for(state="hidden")
    stopped = explorer.result["step"]
    explorer.page.wait_for_timeout(500)  # longer than a letter
    assert explorer.result["step"] == stopped


def test_another_draw_is_another_text_and_stays_in_the_address(explorer: Driven) -> None:
    again = explorer.element.get_by_role("button", name="write anew")
    texts = [explorer.result["text"]]
    for _ in range(4):
        again.click()
        texts.append(explorer.result["text"])
        assert explorer.result["step"] == 1
    assert len(set(texts)) >= 4
    assert all(text.startswith("The ") for text in texts)
    seed = explorer.element.evaluate("e => e.state.seed")
    explorer.page.wait_for_function(f"location.hash.includes('letter-writer.seed={seed}')")
    explorer.element.evaluate("(e, seed) => e.set({ seed })", seed - 1)
    assert explorer.result["text"] == texts[-2]


def test_fits_a_phone(browser: Browser, site: Path) -> None:
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME, viewport=PHONE, scheme="dark")
    explorer.set("temperature", 2)
    width = explorer.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    assert explorer.element.bounding_box()["height"] <= PHONE["height"]
    assert explorer.errors == []
    explorer.close()


def test_markup_that_is_typed_stays_text(explorer: Driven) -> None:
    markup = "<img src=x onerror=\"document.title='broken'\">"
    explorer.set(BEGINNING, markup)
    assert explorer.result["text"].startswith(markup)
    assert explorer.element.evaluate("e => e.shadowRoot.querySelectorAll('img').length") == 0
    assert torch.tensor(explorer.result["probabilities"]).sum().item() == pytest.approx(1)
