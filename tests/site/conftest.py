"""Where the built site is, and the browser that opens it.

The tests here read `_build/html` as `make book` left it, or the folder that the environment
variable BOOK_SITE names. They build nothing.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
# The last two are where Chrome is on macOS and Windows.
BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
BROWSER_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Whatever a page asks of another host fails at once, and nothing leaves the machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    folder = Path(os.environ.get("BOOK_SITE", ROOT / "_build" / "html")).resolve()
    if not (folder / "book" / "index.html").is_file():
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
def browser() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.fail(
            f"Expected Chromium on the PATH under one of the names {', '.join(BROWSERS)}, found "
            "none. Install it, or leave these tests out with `-m 'not browser'`.",
            pytrace=False,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=BROWSER_FLAGS)
        yield browser
        browser.close()
