"""The glossary's page: what its field leaves, and the index by Chinese word."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from driver import DESKTOP, new_context
from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "book/glossary.html"


@pytest.fixture(scope="module")
def page(browser: Browser, site: Path) -> Iterator[Page]:
    context = new_context(browser, viewport=DESKTOP)
    page = context.new_page()
    page.goto((site / PAGE).as_uri(), wait_until="load")
    yield page
    context.close()


def left(page: Page, asked: str) -> list[str]:
    """The first names of the entries that are left."""
    page.get_by_label("Find a term").fill(asked)
    return page.evaluate(
        """() => [...document.querySelectorAll("dl.glossary > dt")]
          .filter(dt => dt.checkVisibility() && dt.previousElementSibling?.localName !== "dt")
          .map(dt => dt.firstChild.textContent)"""
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("beam s", ["beam search"]),
        ("LSTM", ["LSTM"]),
        ("long short", []),
        ("自编码", ["autoencoder", "masked autoencoder"]),
        ("bianmaqi", ["autoencoder", "encoder", "masked autoencoder"]),
        ("biān mǎ qì", ["autoencoder", "encoder", "masked autoencoder"]),
        ("bmq", ["autoencoder", "encoder", "masked autoencoder"]),
        ("xuexilv", ["learning rate"]),
        ("xue xi lü", ["learning rate"]),
        ("xuexilu", ["learning rate"]),
        ("seq2", ["sequence to sequence"]),
        ("zzz", []),
    ],
)
def test_what_is_typed_leaves_the_terms_that_have_it(
    page: Page, asked: str, found: list[str]
) -> None:
    every = left(page, "")
    assert len(every) > 90
    assert left(page, asked) == found
    count = page.locator(".glossary-filter output").inner_text()
    assert count == f"{len(found)} of {len(every)} terms"
    assert page.locator(".pinyin-index").is_hidden()
    page.keyboard.press("Escape")
    assert page.get_by_label("Find a term").input_value() == ""
    assert page.locator(".pinyin-index").is_visible()


def test_a_link_to_a_term_that_is_filtered_out_shows_it(page: Page) -> None:
    left(page, "beam s")
    page.evaluate("location.hash = '#term-attention'")
    page.wait_for_function("document.getElementById('term-attention').checkVisibility()")


def test_the_index_leads_to_every_chinese_name_in_the_order_of_pinyin(page: Page) -> None:
    left(page, "")
    lines = page.evaluate(
        """() => [...document.querySelectorAll(".pinyin-index li")].map(line => [
          line.querySelector("a").textContent,
          line.querySelector(".pinyin").textContent,
          document.querySelector(line.querySelector("a").hash)?.localName])"""
    )
    names = page.evaluate(
        """() => [...document.querySelectorAll("dl.glossary > dt:has(.pinyin)")].length"""
    )
    assert len(lines) == names > 90 and {line[2] for line in lines} == {"dt"}
    order = [line[0] for line in lines]
    places = [order.index(name) for name in ("编码", "长度归一化", "重建误差", "词表", "自编码器")]
    assert places == sorted(places)  # bian, chang, chong, ci, zi
    letters = page.locator(".pinyin-index .rubric").all_inner_texts()
    assert letters == sorted(set(letters))


def test_without_scripts_it_is_a_plain_list(browser: Browser, site: Path) -> None:
    context = new_context(browser, viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    page.goto((site / PAGE).as_uri(), wait_until="load")
    assert page.locator("dl.glossary > dt").count() > 180
    assert page.locator("dl.glossary > dt").last.is_visible()
    assert page.locator(".pinyin-index li").last.is_visible()
    assert page.get_by_label("Find a term").count() == 0
    context.close()
