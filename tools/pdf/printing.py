"""Printing the document with Chromium; outline, metadata and searchable Chinese in the PDF."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from playwright.sync_api import Browser
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    BooleanObject,
    Destination,
    DictionaryObject,
    Fit,
    NameObject,
    TextStringObject,
)

from tools.machine import browser
from tools.pdf.document import CONTENTS, Entry
from tools.pdf.site import Imprint
from tools.pdf.words import Say

# Between the margins of pdf.css, in CSS pixels; what is wider would make Chromium shrink all pages.
PAPER_WIDTH = round(170 / 25.4 * 96)
# Fonts draw a Chinese radical like the character it comes from, and Chromium may then name the
# radical. Unicode relates most of these pairs itself, but not those of its later, shorter list, and
# ⼾ to a form of the character that simplified Chinese has not.
RADICAL = re.compile("[\u2e80-\u2fdf]")
ALIKE = str.maketrans(
    "⻁⺎⺐⺒⺓⺕⺠⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻱戶",
    "虎兀尢巳幺彐民西见角贝车長长门青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙龜户",
)
# Lines of a table from glyphs to characters: a run of glyphs, and the last number of a line.
GLYPH_RUNS = re.compile(r"\d+ beginbfrange\n(.*?)endbfrange", re.DOTALL)
CHARACTER = re.compile(r"<(2[EF][0-9A-F]{2})>$", re.MULTILINE)
READY = """async () => {
  await window.MathJax?.startup?.promise;
  await document.fonts.ready;
  await Promise.all([...document.images].map(image => image.decode().catch(() => {})));
}"""
# What must not be printed: a picture that is missing, a formula that is wrong, a link to a place
# that there is none of (Chromium would drop it), and whatever reaches over the right margin.
FAULTS = """width => [
  ...[...document.images].filter(image => !image.naturalWidth)
    .map(image => `a picture is missing: ${image.src.slice(-80)}`),
  ...[...document.querySelectorAll("mjx-merror")]
    .map(error => `a formula is wrong: ${error.textContent}`),
  ...[...document.querySelectorAll("a[href^='#']")]
    .filter(link => !document.getElementById(decodeURIComponent(link.hash.slice(1))))
    .map(link => `a link leads nowhere: ${link.getAttribute("href")}`),
  ...[...document.querySelectorAll("body *")]
    .filter(element => !element.closest("mjx-assistive-mml, mjx-container *"))
    .filter(element => element.getBoundingClientRect().right > width + 1)
    .map(element => `wider than the paper: ${element.outerHTML.slice(0, 120)}`),
]"""
FILL_NUMBERS = """numbers => {
  for (const place of document.querySelectorAll(".book-contents .number")) {
    if (!numbers[place.dataset.of]) throw new Error(`no page has ${place.dataset.of}`);
    place.textContent = numbers[place.dataset.of];
  }
}"""
MOST_PRINTS = 4  # two are enough, unless the numbers in the contents move a page


def print_document(path: Path) -> bytes:
    """The PDF of an HTML document. Raises `ValueError` for one that does not fit the paper."""
    with browser.opened() as chromium:
        # Only a printed book knows the numbers of its pages; those in its contents come second.
        numbers: dict[str, int] = {}
        for _ in range(MOST_PRINTS):
            printed = print_page(chromium, path, numbers)
            found = page_numbers(printed)
            if found == numbers:
                break
            numbers = found
        else:
            raise ValueError(
                "expected pages that stay where they are, got other numbers in each of "
                f"{MOST_PRINTS} prints; look for what breaks differently each time"
            )
    return printed


def print_page(chromium: Browser, path: Path, numbers: Mapping[str, int]) -> bytes:
    """The PDF with these numbers in its contents.

    Opened anew each time: a second print of the same page may break elsewhere than the first.
    """
    page = chromium.new_page(viewport={"width": PAPER_WIDTH, "height": 1000})
    page.set_default_timeout(0)  # a slow machine may take as long as it needs
    page.emulate_media(media="print", color_scheme="light")
    page.goto(path.as_uri())
    page.evaluate(READY)
    faults = page.evaluate(FAULTS, PAPER_WIDTH)
    if faults:
        raise ValueError("\n".join(["expected a book that can be printed, got", *faults]))
    if numbers:
        page.evaluate(FILL_NUMBERS, numbers)
    # Without an outline: which headings a browser puts there changes with its version.
    printed = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
    page.close()
    return printed


def page_numbers(pdf: bytes) -> dict[str, int]:
    """The page on which each anchor lies that a link leads to, counted from one."""
    reader = PdfReader(io.BytesIO(pdf))
    return {
        name: reader.get_destination_page_number(place) + 1
        for name, place in places(reader).items()
    }


def places(reader: PdfReader) -> dict[str, Destination]:
    """Where each anchor lies that a link leads to."""
    return {name.removeprefix("/"): place for name, place in reader.named_destinations.items()}


def finish(pdf: bytes, entries: Sequence[Entry], imprint: Imprint, output: Path, say: Say) -> int:
    """Write the PDF with its outline, its metadata and Chinese that can be searched.

    Returns the number of pages. What a browser wrote of an outline is replaced. A reader's window
    shows the title and the outline.
    """
    writer = PdfWriter(io.BytesIO(pdf), incremental=True)
    reader = PdfReader(io.BytesIO(pdf))
    writer.add_metadata(
        {
            "/Title": imprint.title,
            "/Author": imprint.authors,
            "/Subject": say("{subtitle} Version {version}.").format(
                subtitle=imprint.subtitle, version=imprint.version
            ),
            "/Creator": "Jupyter Book",
        }
    )
    root = writer.root_object
    root[NameObject("/Lang")] = TextStringObject(imprint.language)
    root[NameObject("/ViewerPreferences")] = DictionaryObject(
        {NameObject("/DisplayDocTitle"): BooleanObject(True)}
    )
    writer.page_mode = "/UseOutlines"
    if "/Outlines" in root:
        del root["/Outlines"]
    add_outline(writer, [Entry(say("Contents"), CONTENTS), *entries], reader)
    for number in range(1, reader.trailer["/Size"]):
        thing = writer.get_object(number)
        if isinstance(thing, DictionaryObject) and "/ToUnicode" in thing:
            table = thing["/ToUnicode"]
            old = table.get_data().decode("ascii")
            new_table = without_radicals(old)
            if new_table != old:
                table.set_data(new_table.encode("ascii"))
    writer.write(output)
    return len(writer.pages)


def add_outline(writer: PdfWriter, entries: Sequence[Entry], reader: PdfReader) -> None:
    """The contents beside the pages: chapters closed, with their sections below them.

    Raises `ValueError` for an entry whose place the PDF does not name.
    """
    found = places(reader)

    def add(entry: Entry, parent: object = None) -> None:
        if entry.target not in found:
            raise ValueError(
                f"expected in the printed PDF a place called {entry.target!r} for "
                f"{entry.title!r}, found none; the browser names the places that links lead to"
            )
        place = found[entry.target]
        number = reader.get_destination_page_number(place)
        fit = Fit.xyz(left=0, top=float(place.top)) if place.top is not None else Fit.fit()
        item = writer.add_outline_item(
            title=entry.title, page_number=number, parent=parent, fit=fit, is_open=False
        )
        for section in entry.sections:
            add(section, item)

    for entry in entries:
        add(entry)


def without_radicals(table: str) -> str:
    """A font's table from glyphs to characters, with Chinese characters where it names radicals.

    Raises `ValueError` for a radical whose character is not known.
    """

    def one_by_one(block: re.Match) -> str:
        lines = []
        for line in block[1].splitlines():
            first, last, character = (int(number, 16) for number in re.findall("[0-9A-F]+", line))
            width = line.index(">") - 1
            if any(RADICAL.match(chr(character + i)) for i in range(last - first + 1)):
                for i in range(last - first + 1):
                    glyph = f"<{first + i:0{width}X}>"
                    lines.append(f"{glyph} {glyph} <{character + i:04X}>")
            else:
                lines.append(line)
        return "\n".join([f"{len(lines)} beginbfrange", *lines, "endbfrange"])

    def unified(number: re.Match) -> str:
        radical = chr(int(number[1], 16))
        character = unicodedata.normalize("NFKC", radical).translate(ALIKE)
        if RADICAL.match(character):
            raise ValueError(
                f"expected radicals that pdf.py knows, got {radical} ({number[1]}); add it to "
                "ALIKE, with the character that looks the same"
            )
        return f"<{ord(character):04X}>" if RADICAL.match(radical) else number[0]

    return CHARACTER.sub(unified, GLYPH_RUNS.sub(one_by_one, table))
