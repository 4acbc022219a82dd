"""The figures on the built pages: part of the page, in its font and theme, and larger on demand."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from driver import DESKTOP, PHONE, give_back, show, take
from playwright.sync_api import Browser

from utils.drawing.colours import PALETTE

pytestmark = pytest.mark.site

PLACES = ("book/before_you_start.html", "chapters/*.html")
PAGE = "book/before_you_start.html"
FIXED = re.compile(r"#[0-9a-fA-F]{3,8}\b|rgb|hsl")


@pytest.fixture(scope="module")
def chapters(site: Path, soup_of) -> dict[str, BeautifulSoup]:
    found = {
        path.relative_to(site).as_posix(): soup_of(path)
        for place in PLACES
        for path in sorted(site.glob(place))
    }
    assert len(found) >= 6
    return found


def test_every_picture_that_a_cell_shows_is_drawn_in_the_page(chapters) -> None:
    still = [
        f"{name}: {image.get('alt', '')[:60]}"
        for name, soup in chapters.items()
        for image in soup.select(".cell_output img")
        if not image.find_parent(re.compile("^book-"))
    ]
    assert not still, "run the notebooks anew (make execute):\n" + "\n".join(still)
    assert all(len(soup.select("figure.drawn svg")) >= 4 for soup in chapters.values())


def test_every_drawing_has_a_name_and_no_colour_beside_the_palette_s(chapters) -> None:
    faults = []
    for name, soup in chapters.items():
        for drawing in soup.select("figure.drawn svg"):
            label = drawing.get("aria-label", "")
            if drawing.get("role") != "img" or not label:
                faults.append(f"{name}: a drawing without a name")
            for tag in [drawing, *drawing.find_all(True)]:
                values = {tag.get("fill", "none"), tag.get("stroke", "none")} - {"none"}
                allowed = {f"var(--figure-{colour})" for colour in PALETTE}
                if values - allowed or FIXED.search(tag.get("style", "")):
                    faults.append(f"{name}: {label[:40]}: {tag.name} {values - allowed}")
    assert not faults, "\n".join(faults)


# Of each drawing that is laid out: its text's size and family, and the colour of its ink.
LOOKS = """() => {
  for (const fold of document.querySelectorAll("article details")) fold.open = true;
  document.documentElement.dataset.view = "everything";
  return [...document.querySelectorAll(".drawing > svg")].map(drawing => {
    const text = drawing.querySelector("text");
    const style = getComputedStyle(text);
    return {
      family: style.fontFamily,
      size: parseFloat(style.fontSize) * drawing.getScreenCTM().a,
      ink: getComputedStyle(drawing).fill,
      ground: getComputedStyle(drawing).backgroundColor,
    };
  });
}"""


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "media", "side"), [
    ("light", "screen", 0), ("dark", "screen", 1), ("dark", "print", 0),
])  # fmt: skip
def test_a_drawing_has_the_page_s_font_and_the_theme_s_ink(
    browser: Browser, site: Path, scheme: str, media: str, side: int
) -> None:
    window = take(browser, DESKTOP, scheme)
    show(window, f"{site.as_uri()}/{PAGE}")
    page = window.page
    page.emulate_media(media=media, color_scheme=scheme)
    theme = "light" if side == 0 else "dark"
    page.wait_for_function(f"document.documentElement.dataset.theme === '{theme}'")
    family, size = page.evaluate(
        "() => { const s = getComputedStyle(document.body);"
        " return [s.fontFamily, parseFloat(s.fontSize)]; }"
    )
    looks = page.evaluate(LOOKS)
    give_back(window)
    assert len(looks) >= 8
    ink = PALETTE["ink"][side]
    red, green, blue = (int(ink[i : i + 2], 16) for i in (1, 3, 5))
    for look in looks:
        assert look["family"] == family
        assert 0.75 * size <= look["size"] <= 1.3 * size, look
        assert look["ink"] == f"rgb({red}, {green}, {blue})"
        assert look["ground"] == "rgba(0, 0, 0, 0)"


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_a_drawing_is_enlarged_by_keyboard_and_click_and_given_back(
    browser: Browser, site: Path, viewport: dict
) -> None:
    window = take(browser, viewport)
    show(window, f"{site.as_uri()}/{PAGE}")
    page = window.page
    drawing = page.locator("figure.drawn .drawing").first
    before = drawing.locator("svg").first.bounding_box()["width"]
    button = drawing.get_by_role("button", name="Enlarge the figure")
    dialog = page.get_by_role("dialog", name="Figure, enlarged")
    for opened_by in (
        lambda: (button.focus(), page.keyboard.press("Enter")),
        lambda: drawing.click(position={"x": 20, "y": 20}),
    ):
        opened_by()
        dialog.wait_for()
        assert dialog.locator("svg").bounding_box()["width"] > 1.2 * before
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.keyboard.press("Escape")
        dialog.wait_for(state="detached")
        assert button.evaluate("button => button === document.activeElement")
    drawing.click(position={"x": 20, "y": 20})
    dialog.get_by_role("button", name="Close").click()
    dialog.wait_for(state="detached")
    give_back(window)


# Of each drawing of these pages, its folds open: the least size of its letters, in pixels; how far
# it reaches out of what it can be scrolled to; whether it scrolls, and is a stop of the tab key.
SCROLLED = """async () => {
  for (const fold of document.querySelectorAll("article details")) fold.open = true;
  await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
  return [...document.querySelectorAll(".scrolls-aside")].map(wide => {
    const drawing = wide.querySelector("svg");
    const scale = drawing.getScreenCTM().a;
    const texts = [...drawing.querySelectorAll("text")];
    wide.scrollLeft = wide.scrollWidth;
    const right = Math.max(...texts.map(text => text.getBoundingClientRect().right));
    return {
      size: Math.min(...texts.map(text => parseFloat(getComputedStyle(text).fontSize) * scale)),
      beyond: right - wide.getBoundingClientRect().right,
      scrolls: wide.scrollWidth > wide.clientWidth,
      stop: wide.tabIndex === 0,
    };
  });
}"""


@pytest.mark.browser
@pytest.mark.parametrize("page", ["book/at_full_scale.html", "book/benchmarks.html"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_letters_of_a_plot_can_be_read_and_what_is_wide_scrolls(
    browser: Browser, site: Path, viewport: dict, page: str
) -> None:
    window = take(browser, viewport)
    show(window, f"{site.as_uri()}/{page}")
    plots = window.page.evaluate(SCROLLED)
    sideways = window.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    errors = window.errors
    give_back(window)
    assert len(plots) >= 4 and not sideways and errors == []
    for plot in plots:
        assert plot["size"] >= 10 and plot["beyond"] <= 1, plot
        assert plot["stop"] == plot["scrolls"], plot
    assert any(plot["scrolls"] for plot in plots) == (viewport == PHONE)
