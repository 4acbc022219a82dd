"""The search page: chapters first, terms under their names, prose as quotation, Chinese found."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from driver import DESKTOP, new_context
from playwright.sync_api import Browser, Page

from tools.machine.server import served

pytestmark = [pytest.mark.site, pytest.mark.browser]

# Links and quotations of all results, once the last is listed and each quotation has come.
RESULTS = """() => [...document.querySelectorAll("ul.search > li")].map(item => ({
  title: item.querySelector("a").textContent,
  page: item.querySelector("a").getAttribute("href"),
  quote: item.querySelector("p.context")?.textContent ?? "",
}))"""


@pytest.fixture(scope="module")
def page(browser: Browser, site: Path) -> Iterator[Page]:
    with served(site) as base:
        context = new_context(browser, viewport=DESKTOP, base_url=base)
        yield context.new_page()
        context.close()


def search(page: Page, question: str) -> list[dict]:
    page.goto(f"search.html?q={quote(question)}", wait_until="load")
    page.get_by_text("Search finished").or_(page.get_by_text("did not match")).wait_for()
    page.wait_for_load_state("networkidle")
    return page.evaluate(RESULTS)


def is_chapter(result: dict) -> bool:
    return result["page"].startswith(("chapters/", "book/before_you_start"))


@pytest.mark.parametrize(
    ("question", "first", "term"),
    [
        ("attention", "chapters/05_attention.html", "attention · 注意力"),
        ("decoder", "chapters/01_encoder_decoder.html", "decoder · 解码器"),
        ("beam search", "chapters/04_seq2seq.html", "beam search · 束搜索"),
        ("注意", "chapters/05_attention.html", "attention · 注意力"),
        ("解码", "chapters/01_encoder_decoder.html", "decoder · 解码器"),
        ("编码器解码器", "chapters/01_encoder_decoder.html", "encoder · 编码器"),
    ],
)
def test_chapters_come_first_and_then_the_terms(
    page: Page, question: str, first: str, term: str
) -> None:
    results = search(page, question)
    assert results[0]["page"].partition("#")[0] == first
    kinds = [
        0 if is_chapter(result) else 1 if "#term-" in result["page"] else 2 for result in results
    ]
    assert kinds == sorted(kinds) and {0, 1} <= set(kinds)
    terms = [result for result in results if "#term-" in result["page"]]
    assert f"{term} (glossary)" in [result["title"] for result in terms]
    assert len({result["page"] for result in results}) == len(results)
    for result in results[: kinds.count(0) + kinds.count(1)]:
        assert len(result["quote"]) > 30, result
        assert "Show the code" not in result["quote"] and "import " not in result["quote"], result


def test_a_terms_link_leads_to_its_entry(page: Page) -> None:
    (link,) = {r["page"] for r in search(page, "LSTM") if "#term-" in r["page"]}
    page.goto(link)
    entry = page.locator(f"dt#{link.partition('#')[2]}")
    assert entry.inner_text().startswith("LSTM")


def test_what_is_nowhere_is_not_found(page: Page) -> None:
    assert search(page, "zzzzqqq") == []
    assert search(page, "the") == []
