"""The built pages without a mouse: Tab reaches everything, in the order in which it is read."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from driver import DESKTOP, PHONE, give_back, new_context, show, take
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.site, pytest.mark.browser]

CHAPTER = "chapters/02_compression.html"  # sliders, folded cells, wide code, tables, downloads
SCRIPTS = [
    Path(__file__).with_name(name).read_text("utf-8")
    for name in ("accessibility.js", "keyboard.js")
]
WAYS = [(DESKTOP, "light"), (PHONE, "dark")]
# In the order in which they are read. On a phone the sidebars are put away behind buttons.
PARTS = {
    DESKTOP["width"]: ["skip", "sidebar", "header", "article", "neighbours", "contents"],
    PHONE["width"]: ["skip", "header", "article", "neighbours"],
}
LINE = 20  # pixels by which the boxes of one line may differ: a formula is higher than a word
PRIMARY, SECONDARY = "button.primary-toggle", "button.secondary-toggle"
SEARCH = "button.search-button__button:visible"


@contextmanager
def opened_with_scripts(
    browser: Browser, site: Path, viewport: dict[str, int], scheme: str
) -> Iterator[Page]:
    """In a window of its own: in a used one Chromium does not close a second dialog by Escape."""
    context = new_context(browser, viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{site.as_uri()}/{CHAPTER}", wait_until="load")
    page.evaluate("() => window.MathJax?.startup?.promise")
    for script in SCRIPTS:
        page.evaluate(script)
    yield page
    context.close()


class Walk:
    """What Tab reached on a page, from its top until the focus left it.

    operable: what a mouse can operate. stops: where the focus was. ended: whether it left the page.
    """

    def __init__(self, page: Page):
        self.width = page.viewport_size["width"]
        self.operable = page.evaluate("() => keyboard.operable()")
        self.stops: list[dict] = []
        self.ended = False
        # A radio button or a date may take several keys; twice as many as controls is a trap.
        for _ in range(2 * len(self.operable)):
            page.keyboard.press("Tab")
            stop = page.evaluate("() => keyboard.focused()")
            if stop is None:
                self.ended = True
                break
            self.stops.append(stop)


@pytest.fixture(scope="module", params=WAYS, ids=["desktop", "phone"])
def walk(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Walk:
    with opened_with_scripts(browser, site, *request.param) as page:
        return Walk(page)


@pytest.fixture(params=WAYS, ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Page]:
    with opened_with_scripts(browser, site, *request.param) as page:
        yield page


def names(stops: list[dict]) -> str:
    return "\n".join(stop["name"] for stop in stops)


def test_tab_reaches_all_that_a_mouse_can_operate(walk: Walk) -> None:
    kinds = [control["name"] for control in walk.operable]
    for kind in ("summary", ".copybtn", "input#control", "pre", ".dropdown-toggle"):
        # On a desktop the code is not wider than its block.
        if kind != "pre" or walk.width == PHONE["width"]:
            assert any(kind in name for name in kinds), f"{CHAPTER} has no {kind}"
    reached = {stop["number"] for stop in walk.stops}
    missed = [control for control in walk.operable if control["number"] not in reached]
    assert not missed, names(missed)
    # Chromium focuses what scrolls in any case, other browsers only what says so.
    unsaid = [control for control in walk.operable if not control["isStop"]]
    assert not unsaid, names(unsaid)


def test_nothing_holds_the_focus(walk: Walk) -> None:
    assert walk.ended, names(walk.stops[-5:])


def test_tab_goes_through_the_page_as_it_is_read(walk: Walk) -> None:
    assert walk.stops[0]["name"].endswith('"Skip to main content"')
    parts = list(dict.fromkeys(stop["part"] for stop in walk.stops))
    assert parts == PARTS[walk.width]
    returns = [
        f"from {before['name']} back to {stop['name']}"
        for before, stop in itertools.pairwise(walk.stops)
        if before["part"] != stop["part"]
        and PARTS[walk.width].index(before["part"]) > PARTS[walk.width].index(stop["part"])
    ]
    article = [stop for stop in walk.stops if stop["part"] == "article" and not stop["inExplorer"]]
    returns += [
        f"from {before['name']} up to {stop['name']}"
        for before, stop in itertools.pairwise(article)
        if stop["bottom"] < before["top"] - LINE
    ]
    assert not returns, "\n".join(returns)


def test_one_sees_where_the_focus_is(walk: Walk) -> None:
    """A ring that is there with the focus alone, of a contrast of 3 to 1 (WCAG 2.4.7, 1.4.11)."""
    hidden = [
        f"{stop['name']}: {stop}"
        for stop in walk.stops
        if not stop["isSeen"] or not stop["changes"] or stop["ring"] < 3
    ]
    assert not hidden, "\n".join(hidden)


def focus_is_on(page: Page, selector: str) -> bool:
    return page.evaluate("selector => document.activeElement.matches(selector)", selector)


def test_the_search_opens_and_closes_without_a_mouse(page: Page) -> None:
    button = page.locator(SEARCH).first
    button.focus()
    page.keyboard.press("Enter")
    assert focus_is_on(page, "#pst-search-dialog input")
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "() => document.activeElement === document.body"
            " || document.activeElement.closest('dialog') !== null"
        )
    page.keyboard.press("Escape")
    assert not page.locator("#pst-search-dialog").is_visible()
    assert button.evaluate("button => button === document.activeElement")


@pytest.mark.parametrize(
    ("toggle", "dialog"),
    [(PRIMARY, "#pst-primary-sidebar-modal"), (SECONDARY, "#pst-secondary-sidebar-modal")],
)
def test_on_a_phone_the_sidebars_open_and_close_without_a_mouse(
    browser: Browser, site: Path, toggle: str, dialog: str
) -> None:
    window = take(browser, PHONE)
    show(window, f"{site.as_uri()}/{CHAPTER}")
    page = window.page
    page.locator(toggle).focus()
    page.keyboard.press("Enter")
    page.locator(dialog).wait_for()
    links = page.locator(f"{dialog} a[href]:visible").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    reached = set()
    for _ in range(2 * len(links) + 20):  # behind the last link the focus leaves the page
        page.keyboard.press("Tab")
        reached.add(page.evaluate("() => document.activeElement.getAttribute('href')"))
        if set(links) <= reached:
            break
    assert links and set(links) <= reached
    page.keyboard.press("Escape")
    page.locator(dialog).wait_for(state="hidden")
    assert focus_is_on(page, toggle)
    give_back(window)


def test_menus_of_buttons_open_and_close_without_a_mouse(page: Page) -> None:
    """Of the downloads, and where the site was built with a repository, of Colab and the source."""
    toggles = page.locator("button.dropdown-toggle:visible")
    assert toggles.count() >= 1
    for index in range(toggles.count()):
        toggle = toggles.nth(index)
        toggle.focus()
        page.keyboard.press("Enter")
        items = toggle.locator("xpath=following-sibling::ul").locator("a, button")
        for number in range(items.count()):
            page.keyboard.press("Tab" if number == 0 else "ArrowDown")
            assert items.nth(number).evaluate("item => item === document.activeElement")
        page.keyboard.press("Escape")
        assert toggle.get_attribute("aria-expanded") == "false"
        assert toggle.evaluate("toggle => toggle === document.activeElement")
