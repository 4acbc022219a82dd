"""How heavy the built pages are, what memory they take, and how long it takes to make them."""

from __future__ import annotations

import gzip
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tools.benchmarks.timing import rounded
from tools.checks import reports
from tools.machine import browser
from tools.notebooks.executions import processor_seconds
from tools.translation import rendering

MEGABYTE = 1e6
LINKED = re.compile(r'<(?:script|link|img)\b[^>]*?\b(?:src|href)="([^"#?]+)')
# What a reader is asked to wait for; other links of a page's head only name other pages.
LOADED = {".js": "scripts", ".css": "styles", ".svg": "pictures", ".png": "pictures"}
DATA = re.compile(r'<script type="application/json">(.*?)</script>', re.S)
PATIENCE = 300_000  # milliseconds


def weigh(page: Path) -> dict[str, dict[str, int]]:
    """Bytes of a page by kind, {"raw", "gzip"} of each: the HTML, explorers' data in it, and what
    it loads beside it, each file once."""
    text = page.read_text("utf-8")
    files = {(page.parent / address).resolve() for address in LINKED.findall(text)}
    parts: dict[str, list[bytes]] = {"html": [text.encode()], "data": []}
    parts["data"] += [found.encode() for found in DATA.findall(text)]
    for file in sorted(files):
        if file.suffix in LOADED and file.is_file():
            parts.setdefault(LOADED[file.suffix], []).append(file.read_bytes())
    return {
        kind: {
            "raw": sum(map(len, contents)),
            "gzip": sum(len(gzip.compress(content, mtime=0)) for content in contents),
        }
        for kind, contents in parts.items()
    }


def weights(site: Path) -> Iterator[dict]:
    """An entry for each page of the site that a reader may open, and what it takes in Chromium.

    Raises `FileNotFoundError` without built pages or Chromium.
    """
    site = site.resolve()
    found = [page for page in sorted(site.rglob("*.html")) if "_static" not in page.parts]
    if not found:
        raise FileNotFoundError(f"expected the built book in {site}, found none; run `make book`")
    with browser.opened() as chromium:
        for path in found:
            page = chromium.new_page()
            page.goto(path.as_uri(), wait_until="load", timeout=PATIENCE)
            meter = page.context.new_cdp_session(page)
            meter.send("HeapProfiler.collectGarbage")
            heap = meter.send("Runtime.getHeapUsage")["usedSize"]
            page.close()
            yield {
                "page": path.relative_to(site).as_posix(),
                "bytes": weigh(path),
                "heap_megabytes": rounded(heap / MEGABYTE, 3),
            }


def build() -> Iterator[dict]:
    """Both editions rendered anew, as `make book` does, into a folder that is gone afterwards.

    Raises `RuntimeError` where that fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        before, start = processor_seconds(), time.monotonic()
        rendering.render(Path(folder, "_build"))
        seconds, after = time.monotonic() - start, processor_seconds()
    yield {
        "seconds": round(seconds),
        "processor_seconds": None if before is None else round(after - before),
    }


def checks() -> Iterator[dict]:
    """The steps of the last run of all checks; none where there was no run."""
    report = reports.read()
    for step in report.steps if report else ():
        yield {
            "step": step.name,
            "seconds": round(step.seconds),
            "processor_seconds": step.processor_seconds and round(step.processor_seconds),
        }
