"""The book on paper: the built pages joined into one document, printed to a PDF by Chromium.

    pdf.py                       _build/html printed to _build/pdf/encode-decode-attend.pdf
    pdf.py --site FOLDER         another build
    pdf.py --output FILE         to another file

On paper an explorer is its picture, code that is folded on the page is left out, and what is folded
beside an exercise is printed small. Between the pages, links lead to the right place of the PDF.
"""

from __future__ import annotations

import argparse
import html
import io
import json
import os
import posixpath
import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).parent))  # where PYTHONSAFEPATH is set it is left out

import browser
import files
import yaml
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Error, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    BooleanObject,
    Destination,
    DictionaryObject,
    Fit,
    NameObject,
    TextStringObject,
)
from repository import Repository, is_own_repository
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
OUTPUT = ROOT / "_build" / "pdf" / "encode-decode-attend.pdf"
BIBLIOGRAPHY = "book/bibliography"
# The first page's heading is the book's title, which has a page of its own here.
FIRST_HEADING = "About this book"
CONTENTS = "book-contents"  # the anchor of the page that lists all chapters
# Between the margins of pdf.css, in CSS pixels; what is wider would make Chromium shrink all pages.
PAPER_WIDTH = round(170 / 25.4 * 96)

# Fonts draw a Chinese radical like the character it comes from, and Chromium may then name the
# radical. Unicode relates most of these pairs itself, but not those of simplified characters.
RADICAL = re.compile("[\u2e80-\u2fdf]")
SIMPLIFIED = str.maketrans(
    "⻅⻉⻋⻓⻔⻙⻚⻛⻜⻢⻣⻥⻦⻧⻨⻩⻬⻮⻰", "见贝车长门韦页风飞马骨鱼鸟卤麦黄齐齿龙"
)
# Lines of a table from glyphs to characters: a run of glyphs, and the last number of a line.
GLYPH_RUNS = re.compile(r"\d+ beginbfrange\n(.*?)endbfrange", re.DOTALL)
CHARACTER = re.compile(r"<(2[EF][0-9A-F]{2})>$", re.MULTILINE)

DOCUMENT = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-mode="light">
<head>
<meta charset="utf-8">
<title>{title}</title>
{head}
<script>window.MathJax.chtml = {{matchFontHeight: false, scale: 1.1}};</script>
<style>{style}</style>
</head>
<body>
{front}
<main class="bd-main"><div class="bd-content"><div class="bd-article-container">
{articles}
</div></div></main>
</body>
</html>
"""

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


@dataclass(frozen=True)
class Chapter:
    """A page of the site.

    name: its address without ".html", such as "chapters/02_compression".
    part: the caption it stands under in the table of contents.
    """

    name: str
    part: str
    article: Tag

    @property
    def title(self) -> str:
        return self.article.h1.get_text().strip()


@dataclass(frozen=True)
class Entry:
    """A line of the contents: on their own page, and in the outline beside the pages.

    target: the anchor of the place that it leads to.
    part: the caption it stands under; empty for a section.
    """

    title: str
    target: str
    part: str = ""
    sections: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Imprint:
    """What the title page says, and the PDF's metadata.

    state: date and commit of what was printed; empty where Git does not know.
    address: of the repository; empty where none is known.
    """

    title: str
    subtitle: str
    authors: str
    version: str
    state: str
    address: str


# ------------------------------------------------------------------------------
# Reading the site


def read_chapters(site: Path) -> list[Chapter]:
    """The site's pages, in the order of _toc.yml. Raises `ValueError` if one was not built."""
    contents = parse_toc_yaml(ROOT / "_toc.yml")

    def below(name: str, part: str) -> list[tuple[str, str]]:
        found = [(name, part)]
        for tree in contents[name].subtrees:
            for child in tree.items:
                found += below(str(child), tree.caption or part)
        return found

    chapters = []
    for name, part in below(contents.root.docname, ""):
        path = site / f"{name}.html"
        if not path.is_file():
            raise ValueError(f"expected the page {path}, found none; run `make book` first")
        article = BeautifulSoup(path.read_text("utf-8"), "html.parser").find("article")
        for sign in article.select(".headerlink"):
            sign.decompose()
        chapters.append(Chapter(name, part, article))
    return chapters


def read_head(site: Path, folder: Path) -> str:
    """The style sheets, and MathJax, as the site loads them, for a document in `folder`."""
    path = next(p for p in sorted(site.glob("*/*.html")) if "mathjax/" in p.read_text("utf-8"))
    kept = []
    for tag in BeautifulSoup(path.read_text("utf-8"), "html.parser").head.find_all(True):
        attribute = "src" if tag.name == "script" else "href"
        is_style = tag.name == "link" and "stylesheet" in tag.get("rel", [])
        is_mathjax = tag.name == "script" and "mathjax" in f"{tag.get('src')}{tag.string}".lower()
        if is_style or is_mathjax:
            if tag.get(attribute):
                address = urlsplit(tag[attribute]).path
                tag[attribute] = relative(path.parent / address, folder)
            kept.append(str(tag))
    return "\n".join(kept)


def read_imprint(environment: Mapping[str, str]) -> Imprint:
    """From the files that say it: pyproject.toml, _config.yml, the environment and Git."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    repository = Repository.from_environment(environment)
    return Imprint(
        title=yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["title"],
        subtitle=project["description"],
        authors=", ".join(author["name"] for author in project["authors"]),
        version=project["version"],
        state=describe_state(ROOT),
        address=repository.address if repository else "",
    )


def describe_state(root: Path) -> str:
    """Date and commit of a checkout, as in "2026-05-01, commit 1a2b3c4"; empty without Git."""
    if not is_own_repository(root):
        return ""
    command = ["git", "-C", str(root), "log", "-1", "--format=%cs, commit %h"]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


# ------------------------------------------------------------------------------
# Making one document of it


def anchor(name: str, identifier: str = "") -> str:
    """What an identifier of one page is called in the whole book, where others may share it."""
    return f"{name.replace('/', '.')}--{identifier}"


def join(chapters: Sequence[Chapter], imprint: Imprint, site: Path, folder: Path) -> str:
    """The whole book as one HTML document that lies in `folder`. Changes the chapters' articles."""
    names = {chapter.name for chapter in chapters}
    papers = {
        unquote(link["href"])
        for chapter in chapters
        if chapter.name == BIBLIOGRAPHY
        for link in chapter.article.select(".citation a[href]")
    }
    for number, chapter in enumerate(chapters):
        article = chapter.article
        prepare(article)
        rename(article, chapter.name)
        # A section may begin at the foot of a page whose heading went to the next one.
        for heading in article.find_all("h2"):
            heading["id"] = heading.find_parent("section")["id"] + "-heading"
        lead_inside(article, chapter.name, names)
        show_addresses(article, papers)
        for image in article.find_all("img", src=True):
            if not image["src"].startswith("data:"):
                source = (site / chapter.name).parent / image["src"]
                image["src"] = relative(source, folder)
        article["id"] = anchor(chapter.name)
        article["style"] = f"page: chapter-{number}"
    chapters[0].article.h1.string = FIRST_HEADING
    return DOCUMENT.format(
        title=html.escape(imprint.title),
        head=read_head(site, folder),
        style=(ROOT / "tools" / "pdf.css").read_text("utf-8") + running_heads(chapters),
        front=title_page(imprint, site, folder) + contents(entries_of(chapters)),
        articles="\n".join(str(chapter.article) for chapter in chapters),
    )


def prepare(article: Tag) -> None:
    """Take out what only a screen can show."""
    for tag in article.find_all("script"):
        tag.decompose()
    for element in article.find_all(re.compile(r"^book-")):
        freeze(element)
    for details in article.find_all("details"):
        unfold(details)


def freeze(explorer: Tag) -> None:
    """Its picture in place of an explorer."""
    picture = explorer.img.extract()
    explorer.clear()
    caption = "A still: on the screen, this picture has controls."
    explorer.name, explorer.attrs = "figure", {"class": "explorer"}
    explorer.append(picture)
    explorer.append(new("figcaption", caption))


def unfold(details: Tag) -> None:
    """Code goes, with a line in its place; hints and solutions stay, small."""
    solution = details.find_parent(class_="tag_solution")
    if "hide" in details.get("class", []) and not solution:
        details.summary.decompose()
        for code in details.find_all(class_="cell_input"):
            code.replace_with(new("p", "Code: in the notebook", "left-out"))
        details.unwrap()
        return
    prompt = details.summary.select_one(".collapsed") or details.summary
    title = prompt.get_text().strip().removeprefix("Show ")
    details.summary.replace_with(new("p", title[0].upper() + title[1:], "unfolded-title"))
    details.name, details.attrs = "div", {"class": "unfolded"}


def rename(article: Tag, name: str) -> None:
    for tag in article.find_all(id=True):
        tag["id"] = anchor(name, tag["id"])


def lead_inside(article: Tag, name: str, names: set[str]) -> None:
    """Make links between pages links within the document.

    Raises `ValueError` for one that leads to no page of the book.
    """
    for link in article.find_all("a", href=True):
        parts = urlsplit(link["href"])
        if parts.scheme:
            continue
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
        target = path.removesuffix(".html") if parts.path else name
        if target not in names:
            raise ValueError(f"{name}: expected links to pages of the book, got {link['href']!r}")
        link["href"] = "#" + anchor(target, unquote(parts.fragment))


def show_addresses(article: Tag, papers: set[str]) -> None:
    """Print where a link leads, unless its text says so or the bibliography does."""
    for link in article.find_all("a", href=re.compile("^https?:")):
        address = unquote(link["href"])
        shown = address.partition("://")[2].rstrip("/")
        if address not in papers and shown not in link.get_text():
            link.insert_after(new("span", f" ({shown})", "address"))


def new(name: str, text: str, kind: str = "") -> Tag:
    tag = Tag(name=name, attrs={"class": kind} if kind else {})
    tag.string = text
    return tag


def running_heads(chapters: Sequence[Chapter]) -> str:
    """The chapter's title at the top of each of its pages."""
    rules = []
    for number, chapter in enumerate(chapters):
        title = json.dumps(chapter.title, ensure_ascii=False)
        head = f"@top-right {{ content: {title}; color: #4a5565; font: 9pt sans-serif; }}"
        rules.append(f"@page chapter-{number} {{ {head} }}\n")
    return "".join(rules)


def title_page(imprint: Imprint, site: Path, folder: Path) -> str:
    edition = [
        f"Version {imprint.version}" + (f", {imprint.state}" if imprint.state else ""),
        imprint.address,
        "This is the book on paper. Its pages and notebooks hold more: explorers, of which a "
        "picture stands here, and the code that draws the figures, of which only the place is "
        "marked. Hints and solutions stand below their exercises, in small print.",
        "Text and figures: CC BY 4.0. Code: MIT.",
    ]
    lines = "".join(f"<p>{html.escape(line)}</p>" for line in edition if line)
    logo = relative(site / "_static" / "logo.svg", folder)
    return (
        f'<section class="title-page"><img class="logo" src="{logo}" alt="">'
        f'<p class="title">{html.escape(imprint.title)}</p>'
        f'<p class="subtitle">{html.escape(imprint.subtitle)}</p>'
        f'<p class="authors">{html.escape(imprint.authors)}</p>'
        f'<div class="edition">{lines}</div></section>\n'
    )


def entries_of(chapters: Sequence[Chapter]) -> list[Entry]:
    """What the contents list: chapters, and below each its sections. After `join`."""
    return [
        Entry(
            chapter.title,
            anchor(chapter.name),
            chapter.part,
            tuple(
                Entry(heading.get_text().strip(), heading["id"])
                for heading in chapter.article.find_all("h2")
            ),
        )
        for chapter in chapters
    ]


def contents(entries: Sequence[Entry]) -> str:
    """Chapters and their sections, each with a place for the number of its page."""

    def line(entry: Entry) -> str:
        return (
            f'<a href="#{entry.target}"><span>{html.escape(entry.title)}</span>'
            f'<span class="number" data-of="{entry.target}">000</span></a>'
        )

    lines, part = [], ""
    for entry in entries:
        if entry.part != part:
            part = entry.part
            lines.append(f'<li class="part">{html.escape(part)}</li>')
        sections = "".join(f"<li>{line(section)}</li>" for section in entry.sections)
        lines.append(f"<li>{line(entry)}<ol>{sections}</ol></li>")
    # The heading leads to itself: a place to which no link leads gets no name in the PDF.
    heading = f'<h1><a href="#{CONTENTS}">Contents</a></h1>'
    return f'<nav class="book-contents" id="{CONTENTS}">{heading}<ol>{"".join(lines)}</ol></nav>\n'


# ------------------------------------------------------------------------------
# Printing it


def print_document(path: Path) -> bytes:
    """The PDF of an HTML document. Raises `ValueError` for one that does not fit the paper."""
    executable = browser.find()
    if executable is None:
        raise ValueError(
            f"expected Chromium under one of the names {', '.join(browser.NAMES)}, found none; "
            "install it"
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, args=browser.FLAGS, timeout=browser.LAUNCH_TIMEOUT
        )
        page = chromium.new_page(viewport={"width": PAPER_WIDTH, "height": 1000})
        page.set_default_timeout(0)  # a slow machine may take as long as it needs
        page.emulate_media(media="print", color_scheme="light")
        page.goto(path.as_uri())
        page.evaluate(READY)
        faults = page.evaluate(FAULTS, PAPER_WIDTH)
        if faults:
            raise ValueError("\n".join(["expected a book that can be printed, got", *faults]))
        # Only a printed book knows the numbers of its pages; those in its contents come second.
        page.evaluate(FILL_NUMBERS, page_numbers(page.pdf(prefer_css_page_size=True)))
        # Without an outline: which headings a browser puts there changes with its version.
        printed = page.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
        chromium.close()
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


def finish(pdf: bytes, entries: Sequence[Entry], imprint: Imprint, output: Path) -> int:
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
            "/Subject": f"{imprint.subtitle} Version {imprint.version}.",
            "/Creator": "Jupyter Book",
        }
    )
    root = writer.root_object
    root[NameObject("/Lang")] = TextStringObject("en")
    root[NameObject("/ViewerPreferences")] = DictionaryObject(
        {NameObject("/DisplayDocTitle"): BooleanObject(True)}
    )
    writer.page_mode = "/UseOutlines"
    if "/Outlines" in root:
        del root["/Outlines"]
    add_outline(writer, [Entry("Contents", CONTENTS), *entries], reader)
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
        character = unicodedata.normalize("NFKC", radical).translate(SIMPLIFIED)
        if RADICAL.match(character):
            raise ValueError(
                f"expected radicals that pdf.py knows, got {radical} ({number[1]}); add it to "
                "SIMPLIFIED, with the character that looks the same"
            )
        return f"<{ord(character):04X}>" if RADICAL.match(radical) else number[0]

    return CHARACTER.sub(unified, GLYPH_RUNS.sub(one_by_one, table))


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
