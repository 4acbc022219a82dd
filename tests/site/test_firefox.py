"""Every explorer in Firefox: it draws itself, and answers as it does in Chromium.

That Chromium's numbers are PyTorch's, the tests of each explorer say.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from driver import EXPLORERS_OF, new_context
from playwright.sync_api import Browser, Page

from tools.machine import firefox
from tools.machine.firefox import Firefox

pytestmark = [pytest.mark.site, pytest.mark.firefox]

# What each explorer of the page shows at first, and after each of its controls was moved as far as
# it goes: sliders to their end, menus and choices to their last entry. A text loses a word.
ANSWERS = """async names => {
  await Promise.all(names.map(name => customElements.whenDefined(name)));
  return names.map(name => {
    const element = document.querySelector(name);
    const shown = () => JSON.parse(JSON.stringify(element.result));
    const answers = [shown()];
    const moved = [...element.shadowRoot.querySelectorAll("input, select")];
    for (const input of moved) {
      if (input.type === "range") input.value = input.max;
      else if (input.type === "radio") input.checked = true;
      else if (input.tagName === "SELECT") input.selectedIndex = input.options.length - 1;
      else if (input.type === "text") input.value = input.value.replace(/ \\S+/, "");
      else continue;
      const isTold = ["range", "text"].includes(input.type) ? "input" : "change";
      input.dispatchEvent(new Event(isTold));
      answers.push(shown());
    }
    const drawn = element.shadowRoot.querySelector(".panel").getBoundingClientRect();
    return { answers, width: drawn.width, height: drawn.height };
  });
}"""


@pytest.fixture(scope="module")
def window() -> Iterator[Firefox]:
    with firefox.opened() as window:
        yield window


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = new_context(browser, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", EXPLORERS_OF)
def test_explorers_answer_in_firefox_as_in_chromium(
    window: Firefox, page: Page, site: Path, name: str
) -> None:
    address = (site / name).as_uri()
    page.goto(address)
    window.open(address)
    expected = page.evaluate(ANSWERS, EXPLORERS_OF[name])
    found = window.evaluate(ANSWERS, EXPLORERS_OF[name])
    assert window.errors == []
    for explorer, there, here in zip(EXPLORERS_OF[name], expected, found, strict=True):
        assert len(here["answers"]) > 1, f"{explorer} has no control"
        assert here["width"] > 300 and here["height"] > 200, explorer
        assert same(there["answers"], here["answers"]), explorer


def same(there: object, here: object) -> bool:
    """Whether two results agree, numbers up to how the browsers round exp and log."""
    if isinstance(there, dict) and isinstance(here, dict):
        return there.keys() == here.keys() and all(same(there[key], here[key]) for key in there)
    if isinstance(there, list) and isinstance(here, list):
        return len(there) == len(here) and all(map(same, there, here))
    if isinstance(there, float) or isinstance(here, float):
        return here == pytest.approx(there, rel=1e-5, abs=1e-6)
    return there == here
