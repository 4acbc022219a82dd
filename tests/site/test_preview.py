"""The picture in the README shows the first page as it is."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tools import ROOT
from tools.publishing import preview

pytestmark = [pytest.mark.site, pytest.mark.browser]
AGAIN = "the first page has changed since its picture was taken; run `make preview`"


@pytest.fixture(scope="module")
def record() -> dict:
    return json.loads(preview.SEEN.read_text("utf-8"))


def test_the_picture_is_the_one_that_was_described(record: dict) -> None:
    assert preview.checksum(preview.PREVIEW.read_bytes()) == record["sha256"], AGAIN


def test_the_first_page_still_looks_so(browser: Browser, site: Path, record: dict) -> None:
    page = preview.open_page(browser, site)
    seen = preview.look(page)
    assert len(seen) > 60
    assert seen == record["seen"], AGAIN
    # What the page says in other words, or in other colours, would be noticed.
    for change in (
        "explorer => explorer.set({ written: 3 })",
        "() => document.querySelector('article h1').prepend('!')",
        "() => document.querySelector('a.call').style.color = 'red'",
    ):
        before = preview.look(page)
        page.locator(preview.EXPLORER).evaluate(change)
        assert preview.look(page) != before, change
    page.close()


def test_the_readme_shows_it() -> None:
    assert f"]({preview.PREVIEW.relative_to(ROOT).as_posix()})" in (ROOT / "README.md").read_text()
