"""What a step changes glides to its new place, and what is dragged follows at once."""

from pathlib import Path

import pytest
from driver import SET, Driven, open_explorer
from playwright.sync_api import Browser

pytestmark = [pytest.mark.site, pytest.mark.browser]

# A control of each explorer whose picture consists of parts that stay, with another value of it.
GLIDING = [
    ("book/before_you_start.html", "book-gated-cell", "forget gate", 0.95),
    ("chapters/02_compression.html", "book-compression", "bits per number", 2),
    ("chapters/04_seq2seq.html", "book-translation-steps", "temperature", 2),
    ("chapters/04_seq2seq.html", "book-beam-search-tree", "beam width", 3),
    ("chapters/04_seq2seq.html", "book-letter-writer", "temperature", 2),
    ("chapters/05_attention.html", "book-translator", "word", 2),
    ("chapters/06_transformer.html", "book-attention-heads", "word that looks", 3),
    ("chapters/07_vision.html", "book-reading-aloud", "word", 1),
]
LONGEST = 300  # milliseconds
# Sets a control, held by a pointer or not, and says at once how long each part of the picture is on
# its way: a slow machine would be asked too late.
WAYS = f"""(element, [label, value, isHeld]) => {{
  const root = element.shadowRoot;
  const named = [...root.querySelectorAll("label")].find(each => each.textContent === label);
  const press = new PointerEvent("pointerdown", {{ bubbles: true, composed: true }});
  if (isHeld) root.getElementById(named.htmlFor).dispatchEvent(press);
  ({SET})(element, [[label, value]]);
  return root.getAnimations()
    .filter(({{ effect }}) => effect.target.closest(".stage"))
    .map(({{ effect }}) => effect.getComputedTiming().endTime);
}}"""


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
    ways = explorer.element.evaluate(WAYS, [label, value, False])
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
    assert explorer.element.evaluate(WAYS, [label, value, True]) == []
    explorer.close()


@pytest.mark.parametrize(("page", "name", "label", "value"), GLIDING)
def test_nothing_moves_where_motion_is_not_wanted(
    browser: Browser, site: Path, page: str, name: str, label: str, value: float
) -> None:
    explorer = open_explorer(browser, (site / page).as_uri(), name)
    assert explorer.element.evaluate(WAYS, [label, value, False]) == []
    explorer.close()
