"""What an explorer asks a newcomer to do first: one short line on its edge, until it is used."""

import pytest
from driver import EXPLORERS_OF, PHONE, open_explorer
from playwright.sync_api import Browser

pytestmark = [pytest.mark.site, pytest.mark.browser]

HINTED = [
    (page, name)
    for page, names in EXPLORERS_OF.items()
    if page.startswith(("chapters/04", "chapters/05"))
    for name in names
]
HINT = ".hint-first"
# The line's box, what it would be if it were not broken, and the boxes of all that is beside it.
LAID_OUT = """element => {
  const box = part => part.getBoundingClientRect().toJSON();
  const hint = element.shadowRoot.querySelector(".hint-first");
  const panel = element.shadowRoot.querySelector(".panel");
  const parts = [...panel.querySelectorAll(".stage *, .controls *")]
    .filter(part => part.checkVisibility() && part.textContent.trim() && !part.closest("svg"));
  return {
    hint: box(hint), panel: box(panel), parts: parts.map(box),
    line: parseFloat(getComputedStyle(hint).lineHeight),
  };
}"""


@pytest.mark.parametrize(("page", "name"), HINTED)
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_it_is_one_line_that_covers_nothing(browser: Browser, site, page, name, width, motion):
    viewport = {"width": width, "height": 844}
    explorer = open_explorer(browser, (site / page).as_uri(), name, viewport, motion=motion)
    hint = explorer.element.locator(HINT)
    assert hint.is_visible()
    assert ("▶ play" in hint.inner_text()) <= (motion == "no-preference")
    seen = explorer.element.evaluate(LAID_OUT)
    box, panel = seen["hint"], seen["panel"]
    assert box["height"] < 2 * seen["line"]
    assert panel["left"] <= box["left"] and box["right"] <= panel["right"]
    covered = [part for part in seen["parts"] if part["height"] and part["top"] < box["bottom"]]
    assert covered == []
    explorer.close()


@pytest.mark.parametrize(("page", "name"), HINTED)
def test_it_goes_with_the_first_use_and_nothing_moves(browser: Browser, site, page, name) -> None:
    explorer = open_explorer(browser, (site / page).as_uri(), name, PHONE)
    before = explorer.element.evaluate(LAID_OUT)["panel"]
    explorer.element.evaluate("element => element.set(element.state)")
    assert not explorer.element.locator(HINT).is_visible()
    assert explorer.element.evaluate(LAID_OUT)["panel"] == before
    explorer.close()


def test_it_is_not_printed(browser: Browser, site) -> None:
    page, name = HINTED[0]
    explorer = open_explorer(browser, (site / page).as_uri(), name)
    explorer.page.emulate_media(media="print")
    assert not explorer.element.locator(HINT).is_visible()
    explorer.close()
