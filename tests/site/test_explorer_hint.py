"""What an explorer asks a newcomer to do first: one short line on its edge, until it is used."""

from collections.abc import Iterator

import pytest
from driver import EXPLORERS_OF, PHONE, Driven, open_explorer
from playwright.sync_api import Browser

pytestmark = [pytest.mark.site, pytest.mark.browser]

# Of the first page the buttons say it.
HINTED = [page for page in EXPLORERS_OF if page != "index.html"]
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


def opened(browser: Browser, site, page: str, *options, **more) -> Iterator[tuple[str, Driven]]:
    """Every explorer of the page, which is opened once."""
    first, *others = EXPLORERS_OF[page]
    explorer = open_explorer(browser, (site / page).as_uri(), first, *options, **more)
    yield first, explorer
    for name in others:
        element = explorer.page.locator(name).first
        element.locator(".panel").wait_for()
        yield name, Driven(element, explorer.errors)
    assert explorer.errors == []
    explorer.close()


@pytest.mark.parametrize("page", HINTED)
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_it_is_one_line_that_covers_nothing(browser: Browser, site, page, width, motion) -> None:
    viewport = {"width": width, "height": 844}
    for name, explorer in opened(browser, site, page, viewport, motion=motion):
        hint = explorer.element.locator(HINT)
        assert hint.is_visible(), name
        assert ("▶ play" in hint.inner_text()) <= (motion == "no-preference"), name
        seen = explorer.element.evaluate(LAID_OUT)
        box, panel = seen["hint"], seen["panel"]
        assert box["height"] < 2 * seen["line"], name
        assert panel["left"] <= box["left"] and box["right"] <= panel["right"], name
        covered = [part for part in seen["parts"] if part["height"] and part["top"] < box["bottom"]]
        assert covered == [], name


@pytest.mark.parametrize("page", HINTED)
def test_it_goes_with_the_first_use_and_nothing_moves(browser: Browser, site, page) -> None:
    for name, explorer in opened(browser, site, page, PHONE):
        before = explorer.element.evaluate(LAID_OUT)["panel"]
        explorer.element.evaluate("element => element.set(element.state)")
        assert not explorer.element.locator(HINT).is_visible(), name
        assert explorer.element.evaluate(LAID_OUT)["panel"] == before, name


def test_it_is_not_printed(browser: Browser, site) -> None:
    name = EXPLORERS_OF[HINTED[0]][0]
    explorer = open_explorer(browser, (site / HINTED[0]).as_uri(), name)
    explorer.page.emulate_media(media="print")
    assert not explorer.element.locator(HINT).is_visible()
    explorer.close()
