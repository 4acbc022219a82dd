"""What a step changes glides to its new place, and what is dragged follows at once."""

from pathlib import Path

import pytest
from driver import Driven, open_explorer
from playwright.sync_api import Browser

pytestmark = [pytest.mark.site, pytest.mark.browser]

# A control of each explorer whose picture consists of parts that stay, with another value of it.
GLIDING = [
    ("book/before_you_start.html", "book-gated-cell", "forget gate", 0.95),
    ("chapters/02_compression.html", "book-compression", "bits per number", 2),
    ("chapters/04_seq2seq.html", "book-translation-steps", "temperature", 2),
    ("chapters/04_seq2seq.html", "book-beam-search-tree", "width of the beam", 3),
    ("chapters/04_seq2seq.html", "book-letter-writer", "temperature", 2),
    ("chapters/05_attention.html", "book-translator", "English word", 2),
]
LONGEST = 300  # milliseconds
# How long each part of the picture is on its way; asking makes the browser begin.
ON_THEIR_WAY = """element => element.shadowRoot.getAnimations()
  .filter(({ effect }) => effect.target.closest(".stage"))
  .map(({ effect }) => effect.getComputedTiming().endTime)"""
HOLD = """(element, label) => {
  const named = [...element.shadowRoot.querySelectorAll("label")];
  const { htmlFor } = named.find(({ textContent }) => textContent === label);
  const input = element.shadowRoot.getElementById(htmlFor);
  input.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, composed: true }));
}"""


def in_motion(browser: Browser, site: Path, page: str, name: str) -> Driven:
    explorer = open_explorer(browser, (site / page).as_uri(), name, motion="no-preference")
    # What moved as it came up has arrived.
    explorer.page.wait_for_function(
        f"!document.querySelector('{name}').shadowRoot.getAnimations().length"
    )
    return explorer


@pytest.mark.parametrize(("page", "name", "label", "value"), GLIDING)
def test_a_step_glides_within_300_ms(
    browser: Browser, site: Path, page: str, name: str, label: str, value: float
) -> None:
    explorer = in_motion(browser, site, page, name)
    explorer.set(label, value)
    ways = explorer.element.evaluate(ON_THEIR_WAY)
    assert ways
    assert max(ways) <= LONGEST
    explorer.close()


@pytest.mark.parametrize(
    ("page", "name", "label", "value"),
    [case for case in GLIDING if case[1] != "book-beam-search-tree"],  # its beam has four widths
)
def test_nothing_glides_behind_a_slider_that_is_held(
    browser: Browser, site: Path, page: str, name: str, label: str, value: float
) -> None:
    explorer = in_motion(browser, site, page, name)
    explorer.element.evaluate(HOLD, label)
    explorer.set(label, value)
    assert explorer.element.evaluate(ON_THEIR_WAY) == []
    explorer.close()


@pytest.mark.parametrize(("page", "name", "label", "value"), GLIDING)
def test_nothing_moves_where_motion_is_not_wanted(
    browser: Browser, site: Path, page: str, name: str, label: str, value: float
) -> None:
    explorer = open_explorer(browser, (site / page).as_uri(), name)
    explorer.set(label, value)
    assert explorer.element.evaluate(ON_THEIR_WAY) == []
    explorer.close()
