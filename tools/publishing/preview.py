"""Takes the picture of the book that the README shows, from the built pages.

    python -m tools.publishing.preview [FILE]

opens chapter 5 in Chromium, where a query can be dragged among keys, and writes the window as a PNG
to FILE, by default book/assets/preview.png. `make preview` builds the pages first.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tools import ROOT
from tools.machine import browser, files

PREVIEW = ROOT / "book" / "assets" / "preview.png"
PAGE, EXPLORER = "chapters/05_attention.html", "book-attention-by-hand"
WINDOW = {"width": 1280, "height": 800}
HEADER = 64  # pixels that the bar across the top takes
PATIENCE = 300_000  # milliseconds: a slow machine is no fault


def take(site: Path, target: Path) -> None:
    """Write the picture. Raises `FileNotFoundError` without built pages, or without Chromium."""
    page_file = site / PAGE
    if not page_file.is_file():
        raise FileNotFoundError(f"expected the built book in {site}, found none; run `make book`")
    with browser.opened() as chromium:
        page = chromium.new_page(viewport=WINDOW, color_scheme="light", reduced_motion="reduce")
        page.set_default_timeout(PATIENCE)
        page.goto(page_file.as_uri(), wait_until="load")
        page.evaluate("() => window.MathJax?.startup?.promise")  # formulas move what stands below
        explorer = page.locator(EXPLORER).first
        explorer.locator(".panel svg").first.wait_for()
        explorer.evaluate(
            "(element, header) => scrollBy(0, element.getBoundingClientRect().top - header)",
            HEADER,
        )
        picture = page.screenshot()
    files.write(target, picture)


def main(arguments: Sequence[str]) -> int:
    if len(arguments) > 1:
        print(__doc__, file=sys.stderr)
        return 2
    target = Path(arguments[0]) if arguments else PREVIEW
    try:
        take(ROOT / "_build" / "html", target)
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The picture is taken: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
