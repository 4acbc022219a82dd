"""Both editions: the same pages at the same places, each leading to the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from tools.machine.server import served
from tools.translation import FOLDER, catalogues, markdown_units

pytestmark = pytest.mark.site
SoupOf = Callable[[Path], BeautifulSoup]
# What is English in the Chinese edition, too: code, what is printed (words of the grammar), papers.
ENGLISH = "pre, code, script, style, em, .math, .bibliography, a.external"
# Pages on the code, of papers, and of real sentences.
ENGLISH_PAGES = re.compile(r"(^|/)(api/|bibliography|at_full_scale|genindex|search)")
# Six words of English in a row are a sentence, or a good part of one.
SENTENCE = re.compile(r"(?:\b[A-Za-z][A-Za-z'’-]*[ ,;:]+){5,}[A-Za-z]+")
# What stands side by side in these is no sentence.
BLOCKS = "td, th, text, p, li, dt, dd, figcaption, caption, button, option"
SPOKEN = ("alt", "aria-label", "title", "label")


@pytest.fixture(scope="module")
def pairs(site: Path, pages: list[Path]) -> list[tuple[Path, Path]]:
    """Each English page with the Chinese one."""
    chinese = site / FOLDER
    english = [page for page in pages if not page.is_relative_to(chinese)]
    return [(page, chinese / page.relative_to(site)) for page in english]


def test_every_page_is_there_twice(
    site: Path, pages: list[Path], pairs: list[tuple[Path, Path]]
) -> None:
    assert len(pages) == 2 * len(pairs)
    assert all(chinese.is_file() for _, chinese in pairs)


def test_each_page_leads_to_the_same_one_in_the_other_language(
    pairs: list[tuple[Path, Path]], soup_of: SoupOf
) -> None:
    for english, chinese in pairs:
        for page, language, other, name in (
            (english, "en", chinese, "中文"),
            (chinese, "zh-CN", english, "English"),
        ):
            soup = soup_of(page)
            assert soup.html["lang"] == language, page
            (switch,) = soup.select("a.edition-switch")
            assert switch.get_text(strip=True) == name, page
            assert (page.parent / switch["href"]).resolve() == other.resolve(), page
            (alternate,) = soup.select("link[rel=alternate][hreflang]")
            assert alternate["hreflang"] == switch["hreflang"] == switch["lang"], page
            assert alternate["data-from-here"] == switch["href"], page
            # Whole where the site's address is known.
            assert alternate["href"].endswith(switch["href"].removeprefix("../").lstrip("./")), page


def test_sections_have_the_same_anchors(pairs: list[tuple[Path, Path]], soup_of: SoupOf) -> None:
    compared = 0
    for english, chinese in pairs:
        before, after = (
            [section["id"] for section in soup_of(page).select("article section[id]")]
            for page in (english, chinese)
        )
        assert before == after, chinese
        compared += len(before)
    assert compared > 100


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What has no Chinese today: the step `translation` names it, so that nobody else has to."""
    folder = tmp_path_factory.mktemp("catalogues")
    catalogues.update(target=folder)
    entries = [entry for name in catalogues.names() for entry in catalogues.entries(name, folder)]
    return " ".join(
        markdown_units.shown_text(entry.unit.source)
        for entry in entries
        if entry.unit.kind == "text" and (entry.fuzzy or not entry.chinese)
    )


def test_no_english_sentence_is_left_in_the_chinese_text(
    site: Path, pairs: list[tuple[Path, Path]], soup_of: SoupOf, waiting: str
) -> None:
    found = []
    for _, chinese in pairs:
        name = chinese.relative_to(site / FOLDER).as_posix()
        if ENGLISH_PAGES.search(name):
            continue
        article = BeautifulSoup(str(soup_of(chinese).article), "html.parser")
        texts = [tag[kind] for kind in SPOKEN for tag in article.select(f"[{kind}]")]
        for element in article.select(ENGLISH):
            element.replace_with(" · ")
        for element in article.select(BLOCKS):
            element.append(" · ")
        texts.append(article.get_text(" "))
        left = [" ".join(match[0].split()) for text in texts for match in SENTENCE.finditer(text)]
        found += [f"{name}: {sentence}" for sentence in left if sentence not in waiting]
    assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[str]:
    with served(site) as address:
        yield address.rstrip("/")


@pytest.fixture
def reader(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a browser that was never here before, in the language that a test names."""
    context = browser.new_context(locale=request.param)
    page = context.new_page()
    yield page
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("reader", ["zh-CN"], indirect=True)
def test_a_first_visit_follows_the_browsers_language_once(reader: Page, server: str) -> None:
    address = f"{server}/chapters/05_attention.html"
    reader.goto(f"{address}#by-hand", wait_until="commit")  # it leads on before it is loaded
    reader.wait_for_url(f"**/{FOLDER}/chapters/05_attention.html#by-hand")
    reader.locator("a.edition-switch").click()
    reader.wait_for_url(f"{address}#by-hand")
    reader.goto(f"{server}/index.html")
    assert reader.url == f"{server}/index.html"  # the choice stays


@pytest.mark.browser
@pytest.mark.parametrize("reader", ["de-DE"], indirect=True)
def test_other_readers_stay_where_they_are(reader: Page, server: str) -> None:
    for page in ("index.html", f"{FOLDER}/index.html"):
        reader.goto(f"{server}/{page}")
        assert reader.url == f"{server}/{page}"


@pytest.mark.browser
@pytest.mark.parametrize("reader", ["zh-CN"], indirect=True)
def test_explorers_speak_chinese(reader: Page, server: str) -> None:
    reader.goto(f"{server}/{FOLDER}/chapters/05_attention.html")
    explorer = reader.locator("book-translator")
    explorer.scroll_into_view_if_needed()
    explorer.get_by_text("或自己输入").first.wait_for()
    explorer.get_by_text("对比", exact=True).wait_for()


@pytest.mark.browser
@pytest.mark.parametrize("reader", ["zh-CN"], indirect=True)
@pytest.mark.parametrize("word", ["量化", "压缩", "教师强制"])
def test_the_search_finds_chinese_words(reader: Page, server: str, word: str) -> None:
    reader.goto(f"{server}/{FOLDER}/search.html?q={word}")
    # One is listed after the other.
    reader.locator("#search-results li a").nth(1).wait_for()
