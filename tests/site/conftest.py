"""Where the built site is, the browser that opens it, and the explorer that a module is about.

The tests here read `_build/html` as `make book` left it, or the folder that the environment
variable BOOK_SITE names. They build nothing.
"""

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from driver import Driven, open_explorer
from playwright.sync_api import Browser

from tools.machine import browser as chromium

ROOT = Path(__file__).resolve().parents[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--one-way",
        action="store_true",
        help="open the first page and the chapters alone, and in one way (with `-m quick`)",
    )


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    folder = Path(os.environ.get("BOOK_SITE", ROOT / "_build" / "html")).resolve()
    if not (folder / "index.html").is_file():
        pytest.fail(
            f"Expected the built book in {folder}, found none. Run `make book` first, "
            "or set BOOK_SITE to the folder it was built into.",
            pytrace=False,
        )
    return folder


@pytest.fixture(scope="session")
def pages(site: Path) -> list[Path]:
    """Every page of the site: all HTML files but the templates that the theme copies."""
    return sorted(page for page in site.rglob("*.html") if "_static" not in page.parts)


@pytest.fixture(scope="session")
def soup_of() -> Callable[[Path], BeautifulSoup]:
    """The elements of a page, for all who only look at them: reading one takes up to a second."""

    @cache
    def parsed(page: Path) -> BeautifulSoup:
        return BeautifulSoup(page.read_text("utf-8"), "html.parser")

    return parsed


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    if chromium.find() is None:
        pytest.fail(
            f"Expected Chromium on the PATH under one of the names {', '.join(chromium.NAMES)}, "
            "found none. Install it, or leave these tests out with `-m 'not browser'`.",
            pytrace=False,
        )
    with chromium.opened() as browser:
        yield browser


# A module about one explorer says which one, and how each of its tests finds it: its PAGE, its
# NAME, and what its CONTROLS are set to.


@pytest.fixture(scope="module")
def opened(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Driven]:
    """The module's explorer, opened once for all its tests."""
    module = request.module
    driven = open_explorer(browser, (site / module.PAGE).as_uri(), module.NAME)
    yield driven
    driven.close()


@pytest.fixture(scope="module")
def data(opened: Driven) -> dict:
    return opened.data


@pytest.fixture
def explorer(request: pytest.FixtureRequest, opened: Driven) -> Iterator[Driven]:
    """The module's explorer at its beginning; it has met no error, before and after."""
    opened.set_all(request.module.CONTROLS)
    opened.element.scroll_into_view_if_needed()  # where a mouse can reach it
    assert opened.errors == []
    yield opened
    assert opened.errors == []
