"""One HTML document of all chapters, with the title page and the contents."""

from __future__ import annotations

import html
import json
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import Tag

from tools.pdf.site import Chapter, Imprint, read_head, relative
from tools.pdf.words import Say
from tools.sphinx_extensions.explorer_links import STATE

BIBLIOGRAPHY = "book/bibliography"
CONTENTS = "book-contents"  # the anchor of the page that lists all chapters
DOCUMENT = """<!DOCTYPE html>
<html lang="{language}" data-theme="light" data-mode="light">
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


def anchor(name: str, identifier: str = "") -> str:
    """What an identifier of one page is called in the whole book, where others may share it."""
    return f"{name.replace('/', '.')}--{identifier}"


def join(chapters: Sequence[Chapter], imprint: Imprint, site: Path, folder: Path, say: Say) -> str:
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
        prepare(article, say)
        rename(article, chapter.name)
        # A section may begin at the foot of a page whose heading went to the next one.
        for heading in article.find_all("h2"):
            heading["id"] = heading.find_parent("section")["id"] + "-heading"
        lead_inside(article, chapter.name, names)
        show_addresses(article, papers, say)
        for image in article.find_all("img", src=True):
            if not image["src"].startswith("data:"):
                source = (site / chapter.name).parent / image["src"]
                image["src"] = relative(source, folder)
        article["id"] = anchor(chapter.name)
        article["style"] = f"page: chapter-{number}"
    # The first page's heading is the book's title, which has a page of its own here.
    chapters[0].article.h1.string = say("About this book")
    return DOCUMENT.format(
        language=imprint.language,
        title=html.escape(imprint.title),
        head=read_head(site, folder),
        style=Path(__file__).with_name("pdf.css").read_text("utf-8") + running_heads(chapters),
        front=title_page(imprint, site, folder, say) + contents(entries_of(chapters), say),
        articles="\n".join(str(chapter.article) for chapter in chapters),
    )


def prepare(article: Tag, say: Say) -> None:
    """Take out what only a screen can show."""
    # The first page's cards are a list on paper, without their pictures and without its buttons.
    for tag in article.select("script, .card-picture, .calls"):
        tag.decompose()
    for element in article.find_all(re.compile(r"^book-")):
        freeze(element, say)
    # Whoever reads the code, or the numbers of all claims, reads them on the page.
    for source in article.select("details:is(.api-source, .every-claim)"):
        source.decompose()
    for details in article.find_all("details"):
        unfold(details, say)


def freeze(explorer: Tag, say: Say) -> None:
    """Its picture in place of an explorer."""
    picture = explorer.img.extract()
    explorer.clear()
    caption = say("A still: on the screen, this picture has controls.")
    # Links that lead to what it shows lead to its picture.
    explorer.name, explorer.attrs = "figure", {"class": "explorer", "id": explorer.name}
    explorer.append(picture)
    explorer.append(new("figcaption", caption))


def unfold(details: Tag, say: Say) -> None:
    """Code goes, with a line in its place; claims, hints and solutions stay, small."""
    kinds = details.get("class", [])
    if "set-up" in kinds:
        details.decompose()
        return
    if "claim" in kinds:
        lines = details.summary.find_all(class_="folded-line")
        for line in lines:
            line.name, line.attrs = "p", {"class": "claimed"}
        details.replace_with(*lines)
        return
    if "aside" in kinds:
        details.summary.decompose()
        details.unwrap()
        return
    solution = details.find_parent(class_="tag_solution")
    if "hide" in kinds and not solution:
        details.summary.decompose()
        for code in details.find_all(class_="cell_input"):
            code.replace_with(new("p", say("Code: in the notebook"), "left-out"))
        details.unwrap()
        return
    prompt = details.summary.select_one(".collapsed") or details.summary
    title = prompt.get_text().strip().removeprefix(say("Show "))
    details.summary.replace_with(new("p", title[0].upper() + title[1:], "unfolded-title"))
    details.name, details.attrs = "div", {"class": "unfolded"}


def rename(article: Tag, name: str) -> None:
    for tag in article.find_all(id=True):
        if not tag.find_parent("svg"):  # what a figure refers to has the page in its name already
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
        state = STATE.fullmatch(f"#{parts.fragment}")
        fragment = state["element"] if state else unquote(parts.fragment)
        link["href"] = "#" + anchor(target, fragment)


def show_addresses(article: Tag, papers: set[str], say: Say) -> None:
    """Print where a link leads, unless its text says so or the bibliography does."""
    for link in article.find_all("a", href=re.compile("^https?:")):
        address = unquote(link["href"])
        shown = address.partition("://")[2].rstrip("/")
        if address not in papers and shown not in link.get_text():
            text = say(" ({address})").format(address=shown)
            link.insert_after(new("span", text, "address"))


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


def title_page(imprint: Imprint, site: Path, folder: Path, say: Say) -> str:
    version = say("Version {version}, {state}") if imprint.state else say("Version {version}")
    edition = [
        version.format(version=imprint.version, state=imprint.state),
        imprint.address,
        say(
            "This is the book on paper. Its pages and notebooks hold more: explorers, of which a "
            "picture stands here, and the code that draws the figures, of which only the place is "
            "marked. Hints and solutions stand below their exercises, in small print."
        ),
        say("Text and figures: CC BY 4.0. Code: MIT."),
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


def contents(entries: Sequence[Entry], say: Say) -> str:
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
    heading = f'<h1><a href="#{CONTENTS}">{say("Contents")}</a></h1>'
    return f'<nav class="book-contents" id="{CONTENTS}">{heading}<ol>{"".join(lines)}</ol></nav>\n'
