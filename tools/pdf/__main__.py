"""The book on paper: the built pages joined into one document, printed to a PDF by Chromium.

    python -m tools.pdf                   _build/html, to _build/pdf/encode-decode-attend.pdf
    python -m tools.pdf --site FOLDER     another build
    python -m tools.pdf --output FILE     to another file

On paper an explorer is its picture, code that is folded on the page is left out, and what is folded
beside an exercise is printed small. Between the pages, links lead to the right place of the PDF.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Error

from tools import ROOT
from tools.machine import files
from tools.pdf.document import entries_of, join
from tools.pdf.printing import finish, print_document
from tools.pdf.site import read_chapters, read_imprint

SITE = ROOT / "_build" / "html"
OUTPUT = ROOT / "_build" / "pdf" / "encode-decode-attend.pdf"


def make(site: Path, output: Path, environment: Mapping[str, str]) -> int:
    """Print the built site to a file; the number of pages."""
    imprint = read_imprint(environment)
    output.parent.mkdir(parents=True, exist_ok=True)
    document = output.with_suffix(".html")
    chapters = read_chapters(site)
    document.write_text(join(chapters, imprint, site, output.parent), encoding="utf-8")
    return finish(print_document(document.resolve()), entries_of(chapters), imprint, output)


def main(arguments: Sequence[str] | None = None) -> int:
    files.print_everything()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", type=Path, default=SITE, metavar="FOLDER")
    parser.add_argument("--output", type=Path, default=OUTPUT, metavar="FILE")
    parsed = parser.parse_args(arguments)
    try:
        pages = make(parsed.site.resolve(), parsed.output.resolve(), os.environ)
    except (ValueError, OSError, Error) as error:
        print(error, file=sys.stderr)
        return 1
    size = parsed.output.stat().st_size / 1e6
    print(f"{pages} pages, {size:.1f} MB: {parsed.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
