"""Tips of terms, papers and formulas: by mouse, keyboard and touch, on wide and narrow screens."""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import pytest
from driver import DESKTOP, PHONE, give_back, new_context, show, take
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/05_attention.html"
TERM = "p a[data-tips][href$='#term-query']"
PAPER = "p a[data-tips][href='https://arxiv.org/abs/1409.0473']"
FORMULA = "p .math[data-tips] mjx-math"
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
# Of the tip; and whether it stands in a landmark, which is a question to the whole page.
VIOLATIONS = """async () => [
  ...(await axe.run(".book-tip")).violations,
  ...(await axe.run(document, {runOnly: ["region"]})).violations,
].map(({id}) => id)"""
TOUCHED = """element => element.dispatchEvent(
  new PointerEvent("pointerdown", {pointerType: "touch", bubbles: true}))"""


def opened(browser: Browser, site: Path, **options: object) -> Page:
    """The chapter from disk, its formulas drawn; `foreign` lists what it asks of other hosts."""
    context = new_context(browser, **({"viewport": DESKTOP} | options))
    tab = context.new_page()
    tab.foreign = []
    tab.on("request", lambda request: note(tab.foreign, request.url))
    tab.goto((site / PAGE).as_uri(), wait_until="load")
    tab.evaluate("() => window.MathJax?.startup?.promise")
    return tab


def note(foreign: list[str], url: str) -> None:
    if not url.startswith(("file:", "data:", "blob:")):
        foreign.append(url)


@pytest.fixture(scope="module")
def wide(browser: Browser, site: Path) -> Iterator[Page]:
    page = opened(browser, site)
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def phone(browser: Browser, site: Path) -> Iterator[Page]:
    page = opened(browser, site, viewport=PHONE, has_touch=True)
    yield page
    page.context.close()


def tip(page: Page) -> Locator:
    return page.locator(".book-tip.is-shown")


def leave(page: Page) -> None:
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    expect(tip(page)).to_be_hidden()


def test_a_mouse_shows_the_definition_in_both_languages_and_can_move_onto_it(wide: Page) -> None:
    wide.locator(TERM).first.hover()
    expect(tip(wide)).to_contain_text("query · 查询")
    expect(tip(wide)).to_contain_text("the vector that is compared with the keys")
    tip(wide).hover()
    wide.wait_for_timeout(600)  # longer than it waits before it goes
    expect(tip(wide)).to_be_visible()
    more = tip(wide).get_by_role("link", name="Open in the glossary")
    assert more.evaluate("link => link.href").endswith("/book/glossary.html#term-query")
    wide.mouse.move(0, 0)
    expect(tip(wide)).to_be_hidden()
    assert wide.foreign == []


def test_the_keyboard_shows_it_a_screen_reader_is_told_and_escape_closes(wide: Page) -> None:
    leave(wide)
    link = wide.locator(TERM).first
    link.evaluate("link => link.focus({focusVisible: true})")
    expect(tip(wide)).to_contain_text("查询")
    described = link.get_attribute("aria-describedby")
    assert wide.locator(f"#{described}").get_attribute("role") == "tooltip"
    wide.keyboard.press("Escape")
    expect(tip(wide)).to_be_hidden()
    assert link.get_attribute("aria-describedby") is None
    assert link.evaluate("link => link === document.activeElement")
    link.evaluate("link => link.blur()")


def test_a_citation_shows_its_reference(wide: Page) -> None:
    leave(wide)
    wide.locator(PAPER).first.hover()
    expect(tip(wide)).to_contain_text("jointly learning to align and translate")
    expect(tip(wide).get_by_role("link", name="Open the paper")).to_be_visible()


def test_a_formula_shows_what_its_symbols_mean_in_this_chapter(wide: Page) -> None:
    leave(wide)
    formula = wide.locator(FORMULA).filter(has=wide.locator("mjx-c.mjx-c1D45E")).first  # q
    formula.scroll_into_view_if_needed()
    formula.hover()
    expect(tip(wide)).to_contain_text("any query and any key")
    assert tip(wide).locator("mjx-container").count() > 0  # drawn, as those of the page
    more = tip(wide).get_by_role("link", name="Open the notation")
    assert more.evaluate("link => link.href").endswith("/book/notation.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_tip_has_no_barriers(browser: Browser, site: Path, scheme: str) -> None:
    window = take(browser, DESKTOP, scheme)
    show(window, (site / PAGE).as_uri())
    page = window.page
    page.evaluate(AXE)
    for selector in (TERM, PAPER, FORMULA):
        page.locator(selector).first.scroll_into_view_if_needed()
        page.locator(selector).first.hover()
        expect(tip(page)).to_be_visible()
        assert page.evaluate(VIOLATIONS) == [], selector
        assert page.locator(".book-tip").evaluate(
            "tip => getComputedStyle(tip).transitionDuration"
        ) in {"0s", "0.0s"}
        leave(page)
    give_back(window)


def test_it_fades_in_within_300_ms(wide: Page) -> None:
    leave(wide)
    wide.locator(TERM).first.hover()
    expect(tip(wide)).to_be_visible()
    duration = tip(wide).evaluate("tip => getComputedStyle(tip).transitionDuration")
    assert 0 < float(duration.removesuffix("s")) <= 0.3


def test_a_tap_shows_it_another_elsewhere_closes_it_and_a_second_follows(phone: Page) -> None:
    link = phone.locator(TERM).first
    link.scroll_into_view_if_needed()
    link.tap()
    expect(tip(phone)).to_contain_text("查询")
    assert phone.url.endswith(PAGE)
    phone.locator("h2").first.evaluate(TOUCHED)
    phone.locator("h2").first.evaluate("element => element.click()")
    expect(tip(phone)).to_be_hidden()
    link.tap()
    expect(tip(phone)).to_be_visible()
    link.tap()
    phone.wait_for_url("**/book/glossary.html#term-query")
    phone.go_back()
    phone.evaluate("() => window.MathJax?.startup?.promise")


@pytest.mark.parametrize("page", ["book/before_you_start.html", PAGE])
def test_no_tip_leaves_a_narrow_screen(browser: Browser, site: Path, page: str) -> None:
    """Every one of the page, in its place: from the left edge to the right, the longest too."""
    window = take(browser, PHONE)
    show(window, (site / page).as_uri())
    outside = window.page.evaluate(
        """async () => {
          const outside = [];
          const marked = document.querySelectorAll("a[data-tips], [data-tips] mjx-math");
          for (const about of marked) {
            if (!about.checkVisibility()) continue;
            about.scrollIntoView({block: "center"});
            await showTip(about);
            const box = tip.getBoundingClientRect();
            if (box.left < 0 || box.right > innerWidth || box.top < 0 || box.bottom > innerHeight)
              outside.push([about.textContent, box.left, box.top, box.right, box.bottom]);
          }
          outside.push(["seen", marked.length]);
          return outside;
        }"""
    )
    seen = outside.pop()
    assert outside == [] and seen[1] > 50
    give_back(window)


@pytest.mark.parametrize(
    "page", ["book/before_you_start.html", "chapters/01_encoder_decoder.html", PAGE]
)
def test_every_mark_has_its_text_and_every_link_to_a_term_its_mark(site: Path, page: str) -> None:
    text = (site / page).read_text("utf-8")
    assert "const BOOK_TIPS" in text and text.count('data-tips="') > 20
    body = text[text.index("<article") : text.index("</article>")]
    terms = body.count("glossary.html#term-")
    marked = sum(
        "data-tips" in part.partition(">")[0] for part in body.split("glossary.html#term-")[1:]
    )
    assert terms == marked > 5
