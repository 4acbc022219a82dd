"""Takes the picture of the book that the README and links to the book show, from the built pages.

    python -m tools.publishing.preview

opens the first page in Chromium and writes its first screen as a PNG to book/assets/preview.png,
and beside this module, in preview.json, what is seen on it. A test reads that from the page again:
whoever changes the page takes the picture anew. `make preview` builds the pages first.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools import ROOT
from tools.machine import browser, files

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PREVIEW = ROOT / "book" / "assets" / "preview.png"
SEEN = Path(__file__).with_suffix(".json")
PAGE, EXPLORER = "index.html", "book-two-translators"
WINDOW = {"width": 1280, "height": 800}
PATIENCE = 300_000  # milliseconds: a slow machine is no fault
# What a reader sees: the list of pages, and the page down to the end of the explorer, part by part,
# its words and how they look. Without places and sizes, which depend on the fonts of the machine.
LOOK = """explorer => {
  const looks = ["color", "backgroundColor", "borderTopColor", "fontSize", "fontWeight",
    "textDecorationLine"];
  const pages = [...document.querySelectorAll(".bd-sidebar-primary a")];
  const seen = pages.filter(page => page.checkVisibility()).map(page => page.innerText.trim());
  const read = (element) => {
    if (["script", "style"].includes(element.localName) || !element.checkVisibility()) return;
    const style = getComputedStyle(element);
    const own = [...element.childNodes].filter(node => node.nodeType === Node.TEXT_NODE)
      .map(node => node.data.trim()).filter(Boolean).join(" ") || element.value || "";
    const isDrawn = element.namespaceURI.endsWith("/svg") && element.localName !== "g";
    if (own) seen.push([own, ...looks.map(name => style[name])].join(" | "));
    else if (isDrawn) seen.push([element.localName, style.fill, style.stroke,
      Number(element.getAttribute("stroke-width") ?? 0).toFixed(1)].join(" | "));
    for (const child of (element.shadowRoot ?? element).children) read(child);
  };
  for (let part = explorer.closest("section").firstElementChild; part;
      part = part.nextElementSibling) {
    read(part);
    if (part === explorer || part.contains(explorer)) break;
  }
  return seen;
}"""


def open_page(chromium: Browser, site: Path) -> Page:
    """The first page, at rest. Raises `FileNotFoundError` where it was not built."""
    page_file = site / PAGE
    if not page_file.is_file():
        raise FileNotFoundError(f"expected the built book in {site}, found none; run `make book`")
    page = chromium.new_page(viewport=WINDOW, color_scheme="light", reduced_motion="reduce")
    page.set_default_timeout(PATIENCE)
    page.goto(page_file.as_uri(), wait_until="load")
    page.locator(f"{EXPLORER} .panel svg").first.wait_for()
    return page


def look(page: Page) -> list[str]:
    """What is seen of the page's beginning, in words."""
    return page.locator(EXPLORER).evaluate(LOOK)


def checksum(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


def take(site: Path, target: Path = PREVIEW, seen: Path = SEEN) -> None:
    """Write the picture, and what is seen on it.

    Raises `FileNotFoundError` without built pages, or without Chromium.
    """
    with browser.opened() as chromium:
        page = open_page(chromium, site)
        picture = page.screenshot()
        record = {"sha256": checksum(picture), "seen": look(page)}
    files.write(target, picture)
    files.write(seen, json.dumps(record, ensure_ascii=False, indent=1) + "\n")


def main(arguments: Sequence[str]) -> int:
    if arguments:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        take(ROOT / "_build" / "html")
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The picture is taken: {PREVIEW}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
