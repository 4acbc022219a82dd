"""The Chromium of this machine: it opens the built pages in tests, and prints the book."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The names it goes by, in the order in which they are looked for; the last two are where Chrome is
# on macOS and Windows.
NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)
FLAGS = [
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
# Milliseconds. Only a browser that hangs takes so long, on however slow a machine.
LAUNCH_TIMEOUT = 600_000


def find(path: str | None = None) -> str | None:
    """Where Chromium is on the search path (by default that of the environment), or None."""
    return next(filter(None, (shutil.which(name, path=path) for name in NAMES)), None)


@contextmanager
def opened() -> Iterator[Browser]:
    """Chromium. Raises `FileNotFoundError` where there is none."""
    # The pages are rendered where there is no Playwright.
    from playwright.sync_api import sync_playwright

    executable = find()
    if executable is None:
        raise FileNotFoundError(
            f"expected Chromium under one of the names {', '.join(NAMES)}, found none; install it"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=FLAGS, timeout=LAUNCH_TIMEOUT
        )
        yield browser
        browser.close()


def version() -> str:
    """Which Chromium it is, such as "156.0.8078.108"; empty where there is none that starts.

    The browser is asked as the tests ask it: `--version` opens a window on Windows.
    """
    from playwright.sync_api import Error

    with suppress(Error, FileNotFoundError), opened() as browser:
        return browser.version
    return ""
