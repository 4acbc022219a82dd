"""The Chromium of this machine: it opens the built pages in tests, and prints the book."""

from __future__ import annotations

import shutil

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


def find(path: str | None = None) -> str | None:
    """Where Chromium is on the search path (by default that of the environment), or None."""
    return next(filter(None, (shutil.which(name, path=path) for name in NAMES)), None)
