"""The address of a page keeps what its explorers show, and shows it again to whoever opens it."""

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from driver import EXPLORERS_OF, Driven, open_explorer
from playwright.sync_api import Browser, Locator

pytestmark = [pytest.mark.site, pytest.mark.browser]

DENOISING = ("chapters/03_denoising.html", "book-denoising")
WRITES = "text => decodeURIComponent(location.hash).includes(text)"


def opened(browser: Browser, site, page: str, name: str, hash_: str = "") -> Driven:
    return open_explorer(browser, (site / page).as_uri() + hash_, name)


def address_of(explorer: Driven, text: str) -> dict[str, list[str]]:
    """What stands behind # once `text` does."""
    explorer.page.wait_for_function(WRITES, arg=text)
    return parse_qs(explorer.page.evaluate("location.hash.slice(1)"), keep_blank_values=True)


def test_a_link_shows_what_was_seen(browser: Browser, site) -> None:
    first = opened(browser, site, *DENOISING)
    assert first.page.evaluate("location.hash") == ""
    first.set("kind of noise", "speckle")
    first.set("strength", 0.6)
    first.element.get_by_role("button", name="new noise").click()
    held = address_of(first, "seed=2")
    assert held == {
        "book-denoising.kind": ["speckle"],
        "book-denoising.strength": ["0.6"],
        "book-denoising.seed": ["2"],
    }
    seen = first.result
    second = opened(browser, site, *DENOISING, first.page.evaluate("location.hash"))
    assert second.result == seen
    assert second.page.evaluate("scrollY") > 0
    assert second.errors == []
    first.close()
    second.close()


def test_what_is_as_at_first_is_not_in_the_address(browser: Browser, site) -> None:
    explorer = opened(browser, site, *DENOISING)
    explorer.set("strength", 0.6)
    address_of(explorer, "strength=0.6")
    explorer.set("strength", 0.25)
    explorer.page.wait_for_function("location.hash === ''")
    explorer.close()


def test_explorers_of_one_page_keep_their_parts_apart(browser: Browser, site) -> None:
    page = "chapters/05_attention.html"
    by_hand = opened(browser, site, page, "book-attention-by-hand")
    by_hand.set("temperature", 2)
    address_of(by_hand, "temperature=2")
    by_hand.page.evaluate(
        "() => document.querySelector('book-translator').set({ text: 'ich schlafe .', step: 2 })"
    )
    held = address_of(by_hand, "translator.step=2")
    assert held["book-attention-by-hand.temperature"] == ["2"]
    assert held["book-translator.text"] == ["ich schlafe ."]
    again = opened(browser, site, page, "book-translator", by_hand.page.evaluate("location.hash"))
    assert again.result["step"] == 2
    by_hand.close()
    again.close()


@pytest.fixture(scope="module")
def plain(browser: Browser, site) -> dict:
    """What is shown at first."""
    explorer = opened(browser, site, *DENOISING)
    result = explorer.result
    explorer.close()
    return result


@pytest.mark.parametrize(
    "part",
    ["kind=none", "strength=much", "digit=1e400", "nothing=1", "constructor=1", "strength"],
)
def test_an_address_that_says_nothing_known_is_left_aside(
    browser: Browser, site, plain, part
) -> None:
    odd = opened(browser, site, *DENOISING, f"#book-denoising.{part}")
    assert odd.result == plain
    assert odd.errors == []
    odd.close()


def test_another_address_in_an_open_page_is_followed(browser: Browser, site) -> None:
    explorer = opened(browser, site, *DENOISING, "#book-denoising.strength=0.5")
    before = explorer.result["strength"]
    explorer.page.evaluate("() => { location.hash = 'book-denoising.strength=1'; }")
    explorer.page.wait_for_function(
        "before => document.querySelector('book-denoising').result.strength !== before", arg=before
    )
    assert explorer.result["strength"] == pytest.approx(2 * before)
    explorer.close()


# ------------------------------------------------------------------------------
# Links in the prose

LINKS = 'article a[href^="#book-"]'
SEES = """element => {
  const { top, bottom } = element.getBoundingClientRect();
  return top < innerHeight && bottom > 0 && document.activeElement === element;
}"""


def followed(link: Locator) -> Driven:
    """The explorer that a click on it leads to."""
    name = link.get_attribute("href")[1:].partition(".")[0]
    link.scroll_into_view_if_needed()
    link.click()
    explorer = Driven(link.page.locator(name), [])
    link.page.wait_for_function(f"document.activeElement === document.querySelector('{name}')")
    return explorer


@pytest.mark.parametrize("page", [page for page in EXPLORERS_OF if page != "index.html"])
def test_every_link_to_a_state_leads_there(browser: Browser, site, page: str) -> None:
    explorer = opened(browser, site, page, EXPLORERS_OF[page][0])
    links = explorer.page.locator(LINKS)
    assert links.count() >= 2
    for i in range(links.count()):
        link = links.nth(i)
        shown = followed(link)
        assert shown.element.evaluate(SEES)
        values = parse_qs(link.get_attribute("href")[1:])
        state = shown.element.evaluate(
            "e => Object.entries(e.state).map(([name, value]) => [name, String(value)])"
        )
        name = shown.element.evaluate("e => e.localName")
        known = {f"{name}.{key}": [value] for key, value in state}
        assert values == {key: known.get(key) for key in values}, link.inner_text()
    assert explorer.errors == []
    explorer.close()


@pytest.fixture
def chapter(browser: Browser, site) -> Iterator[Driven]:
    page = "chapters/05_attention.html"
    explorer = opened(browser, site, page, "book-attention-by-hand")
    yield explorer
    assert explorer.errors == []
    explorer.close()


def test_back_leads_from_a_state_to_the_link(chapter: Driven) -> None:
    chapter.set("temperature", 2)
    address_of(chapter, "temperature=2")
    link = chapter.page.locator('article a[href^="#book-attention-by-hand."]').last
    link.scroll_into_view_if_needed()
    place = chapter.page.evaluate("scrollY")
    before = chapter.result
    followed(link)
    assert chapter.result != before
    assert chapter.page.evaluate("scrollY") != place
    chapter.page.go_back()
    chapter.page.wait_for_function("text => location.hash.includes(text)", arg="temperature=2")
    chapter.page.wait_for_function("place => Math.abs(scrollY - place) < 2", arg=place)
    assert chapter.result == before
    assert link.evaluate("link => document.activeElement === link")


def test_a_link_can_be_followed_twice(chapter: Driven) -> None:
    link = chapter.page.locator('article a[href^="#book-attention-by-hand."]').last
    first = followed(link).result
    chapter.page.evaluate("() => document.activeElement.blur()")
    assert followed(link).element.evaluate(SEES)
    assert chapter.result == first
    chapter.set("temperature", 5)
    assert chapter.result != first
    address_of(chapter, "temperature=5")
    followed(link)
    assert chapter.result == first


BACK = "back to the text"
IN_SIGHT = """link => {
  const { top, bottom } = link.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}"""


def test_a_button_leads_from_a_state_back_to_the_sentence(chapter: Driven) -> None:
    back = chapter.element.get_by_role("button", name=BACK)
    assert not back.is_visible()
    link = chapter.page.locator('article a[href^="#book-attention-by-hand."]').last
    followed(link)
    panel = chapter.element.locator(".panel")
    assert panel.get_attribute("data-pointed-out") == ""
    assert back.is_visible()
    state = chapter.result
    chapter.set("temperature", 3)  # who plays on can still go back
    assert back.is_visible() and chapter.result != state
    chapter.page.keyboard.press("Tab")
    assert back.evaluate("button => button.getRootNode().activeElement === button")
    chapter.page.keyboard.press("Enter")
    assert not back.is_visible()
    assert link.evaluate(IN_SIGHT)
    assert link.evaluate("link => document.activeElement === link")
    assert link.get_attribute("data-pointed-out") == ""
    chapter.page.wait_for_function("() => !document.querySelector('[data-pointed-out]')")


def test_the_way_back_goes_when_the_reader_goes_on(chapter: Driven) -> None:
    back = chapter.element.get_by_role("button", name=BACK)
    link = chapter.page.locator('article a[href^="#book-attention-by-hand."]').last
    followed(link)
    chapter.page.evaluate("() => document.querySelector('article p').click()")
    back.wait_for(state="hidden")
    followed(link)
    assert back.is_visible()
    chapter.page.evaluate("() => scrollTo(0, 0)")
    back.wait_for(state="hidden")


def test_an_address_that_somebody_opens_has_no_way_back(browser: Browser, site) -> None:
    explorer = opened(browser, site, *DENOISING, "#book-denoising.strength=0.5")
    assert not explorer.element.get_by_role("button", name=BACK).is_visible()
    explorer.close()
