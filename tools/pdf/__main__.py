"""The book on paper: the built pages joined into one document, printed to a PDF by Chromium.

    python -m tools.pdf                   both editions, from _build/html to _build/pdf
    python -m tools.pdf --site FOLDER     one edition, in the language of its pages
    python -m tools.pdf --output FILE     one edition, to another file

The Chinese edition's file lies beside the English one's, as encode-decode-attend.zh.pdf. On paper
an explorer is its picture, code that is folded on the page is left out, and what is folded beside
an exercise is printed small. Between the pages, links lead to the right place of the PDF.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from playwright.sync_api import Error

from tools import ROOT
from tools.machine import files
from tools.pdf.document import entries_of, join
from tools.pdf.printing import finish, print_document
from tools.pdf.site import read_chapters, read_imprint, read_language
from tools.pdf.words import CHINESE, ENGLISH, words_of
from tools.sphinx_extensions.downloads import chinese_beside
from tools.translation import FOLDER

SITE = ROOT / "_build" / "html"
OUTPUT = ROOT / "_build" / "pdf" / "encode-decode-attend.pdf"
SITES = {ENGLISH: SITE, CHINESE: SITE / FOLDER}
OUTPUTS = {ENGLISH: OUTPUT, CHINESE: chinese_beside(OUTPUT)}


def make(site: Path, output: Path | None, environment: Mapping[str, str]) -> str:
    """Print the built site to a file, without one to that of its language; what came of it."""
    language = read_language(site)
    say = words_of(language)
    output = output or OUTPUTS[language]
    imprint = read_imprint(environment, language, say)
    output.parent.mkdir(parents=True, exist_ok=True)
    document = output.with_suffix(".html")
    chapters = read_chapters(site, say)
    document.write_text(join(chapters, imprint, site, output.parent, say), encoding="utf-8")
    printed = print_document(document.resolve())
    pages = finish(printed, entries_of(chapters), imprint, output, say)
    return f"{pages} pages, {output.stat().st_size / 1e6:.1f} MB: {output}"


def main(arguments: Sequence[str] | None = None) -> int:
    files.print_everything()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", type=Path, metavar="FOLDER")
    parser.add_argument("--output", type=Path, metavar="FILE")
    parsed = parser.parse_args(arguments)
    sites = [parsed.site or SITE] if parsed.site or parsed.output else list(SITES.values())
    output = parsed.output.resolve() if parsed.output else None
    status = 0
    # At the same time: it is a processor's work, and neither edition needs the other.
    with ProcessPoolExecutor(len(sites)) as pool:
        runs = [pool.submit(make, site.resolve(), output, dict(os.environ)) for site in sites]
        for run in runs:
            try:
                print(run.result())
            except (ValueError, OSError, Error) as error:
                print(error, file=sys.stderr)
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
