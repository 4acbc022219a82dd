"""A chapter's page as a story: what is seen first, what is folded, and what the reader can open."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import NavigableString, Tag
from driver import DESKTOP, PHONE, give_back, new_context, show, take
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.site

SCREEN = {"width": 1280, "height": 800}
PLACES = {"chapters/*.html", "book/before_you_start.html"}
MOST_WORDS = 2_500
# Of the story: what is not its prose. Badges of claims count, the checks behind them do not, nor
# what unfolds code, as the story does not show it.
NO_PROSE = (
    "details > :not(summary), details.hide > summary, .cell_input, table, figure, pre, script, "
    ".headerlink, .math, .folded-prompt, .views"
)
# A check behind its claim, code of a figure, a solution, a section for the curious.
CHECK, CODE = (
    "details.claim .cell_input",
    "div.cell:not(.tag_solution, details.aside *) > details.hide .cell_input",
)
CLAIM = "details.claim:not(details.aside *)"
SOLUTION, ASIDE = ".tag_solution .cell_input", "details.aside > :not(summary)"


@pytest.fixture(scope="session")
def chapters(site: Path) -> list[Path]:
    found = sorted(path for place in PLACES for path in site.glob(place))
    assert len(found) >= 6
    return found


# Where things lie on a page, in pixels; the first explorer, as a part of the page's height.
LAYOUT = """() => {
  const article = document.querySelector("article");
  const top = (element) => element.getBoundingClientRect().top;
  const picture = article.querySelector(".cell_output");
  const explorer = [...article.querySelectorAll("*")]
    .find((element) => element.localName.startsWith("book-"));
  return {
    picture: top(picture),
    pictureHeight: picture.offsetHeight,
    setUp: top(article.querySelector("details.set-up")),
    explorer: explorer && (top(explorer) - top(article)) / article.offsetHeight,
  };
}"""


@pytest.fixture(scope="session")
def laid_out(browser: Browser, chapters: list[Path]) -> dict[str, dict]:
    """The layout of each chapter, in the story, on a laptop's screen."""
    window = take(browser, SCREEN)
    found = {}
    for path in chapters:
        show(window, path.as_uri())
        found[path.name] = window.page.evaluate(LAYOUT)
    give_back(window)
    return found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    window = take(browser, SCREEN)
    yield window.page
    give_back(window)


def choose(page: Page, view: str) -> None:
    page.get_by_label(view, exact=True).check(force=True)  # the words beside it cover it


def seen(page: Page, selector: str) -> int:
    return page.locator(f"{selector}:visible").count()


def in_folds(page: Page, selector: str) -> int:
    return page.locator(selector).count()


def prose(article: Tag) -> str:
    """The text of an article without what is no prose of the story."""
    aside = set(map(id, article.select(NO_PROSE)))

    def texts(tag: Tag) -> Iterator[str]:
        for child in tag.children:
            if isinstance(child, Tag):
                if id(child) not in aside:
                    yield from texts(child)
            elif type(child) is NavigableString:
                yield child

    return " ".join(texts(article))


def test_no_story_is_longer_than_a_reader_stays(chapters: list[Path], soup_of) -> None:
    for path in chapters:
        words = len(re.findall(r"\w[\w'’.,-]*", prose(soup_of(path).article)))
        assert 500 < words <= MOST_WORDS, f"{path.name}: {words} words"


@pytest.mark.browser
def test_the_first_screen_has_the_question_and_its_picture(laid_out: dict[str, dict]) -> None:
    for name, page in laid_out.items():
        shown = (SCREEN["height"] - page["picture"]) / page["pictureHeight"]
        assert shown >= 0.6, f"{name}: {shown:.0%} of the first picture is on the first screen"
        assert page["setUp"] > page["picture"], f"{name}: the set-up comes before the picture"


@pytest.mark.browser
def test_the_explorer_stands_in_the_first_quarter(laid_out: dict[str, dict]) -> None:
    places = {name: page["explorer"] for name, page in laid_out.items() if page["explorer"]}
    assert len(places) >= 6
    late = [f"{name}: it begins at {place:.0%}" for name, place in places.items() if place > 0.25]
    assert not late, "\n".join(late)


@pytest.mark.browser
def test_a_reader_opens_code_or_everything_and_the_site_remembers(
    page: Page, chapters: list[Path]
) -> None:
    first, second = chapters[-2:]
    page.goto(first.as_uri())
    assert all(in_folds(page, part) for part in (CHECK, CODE, SOLUTION))
    assert not any(seen(page, part) for part in (CHECK, CODE, SOLUTION, ASIDE))
    assert seen(page, "details.claim > summary") == in_folds(page, CLAIM) > 0
    choose(page, "With the code")
    assert seen(page, CODE) == in_folds(page, CODE)
    assert not any(seen(page, part) for part in (CHECK, SOLUTION, ASIDE))
    choose(page, "Everything")
    for part in (CHECK, CODE, SOLUTION):
        assert seen(page, part) == in_folds(page, part)
    page.goto(second.as_uri())
    assert page.get_by_label("Everything", exact=True).is_checked()
    assert seen(page, CHECK) == in_folds(page, CHECK) > 0
    choose(page, "Story")
    assert not any(seen(page, part) for part in (CHECK, CODE, SOLUTION))
    page.reload()
    assert page.get_by_label("Story", exact=True).is_checked() and not seen(page, CODE)


@pytest.mark.browser
def test_a_claim_opens_its_check_alone(page: Page, chapters: list[Path]) -> None:
    page.goto(chapters[-1].as_uri())
    claim = page.locator("details.claim").first
    claim.locator("summary").press("Enter")
    assert claim.locator(".cell_input").is_visible() and "claim(" in claim.inner_text()
    assert seen(page, CHECK) == 1


@pytest.mark.browser
def test_a_link_into_a_folded_section_unfolds_it(page: Page, chapters: list[Path]) -> None:
    for path in chapters:
        page.goto(path.as_uri())
        aside = page.locator("section:has(> details.aside)")
        if aside.count():
            break
    else:
        pytest.fail("no chapter has a section for the curious")
    anchor = aside.first.get_attribute("id")
    content = page.locator(f"#{anchor} > details.aside > :not(summary)").first
    assert not content.is_visible()
    page.goto(f"{path.as_uri()}#{anchor}")
    content.wait_for(state="visible")


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_without_scripts_all_can_be_unfolded(
    browser: Browser, chapters: list[Path], viewport: dict[str, int]
) -> None:
    context = new_context(browser, viewport=viewport, java_script_enabled=False)
    page = context.new_page()
    page.goto(chapters[-1].as_uri())
    assert not page.locator(".views").count()
    folds = page.locator("article details > summary")
    nested = page.locator("article details details > summary")
    visible = page.locator("article details > summary:visible")
    assert visible.count() == folds.count() - nested.count() > 10
    assert page.locator("details.claim summary").first.inner_text().strip()
    context.close()
