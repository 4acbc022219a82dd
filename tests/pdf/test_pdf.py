"""The book as a PDF, as tools/pdf printed it: it is all there, and its links lead somewhere."""

import io
import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Destination
from pypdfium2 import PdfDocument

import tools.pdf.__main__ as pdf
from tools import ROOT
from tools.pdf import document, printing, site

# A page of text has some 3,000 letters. One chapter less, or pages that are half empty, go beyond.
LETTERS_PER_PAGE = (900, 3500)
LAST_LETTERS = 40  # of a chapter, less than a line
RADICAL = re.compile("[\u2e80-\u2fdf]")


@pytest.fixture(scope="module")
def book() -> PdfReader:
    if not pdf.OUTPUT.is_file():
        pytest.fail(f"Expected {pdf.OUTPUT}, found none. Run `make pdf` first.", pytrace=False)
    return PdfReader(io.BytesIO(pdf.OUTPUT.read_bytes()))


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """The text of each page, as Chrome's reader finds it; pypdf takes half a minute for it."""
    with PdfDocument(pdf.OUTPUT) as document:
        return [page.get_textpage().get_text_range().replace("\r", "") for page in document]


@pytest.fixture(scope="module")
def chapters() -> list[site.Chapter]:
    return site.read_chapters(pdf.SITE)


@pytest.fixture(scope="module")
def starts(book: PdfReader) -> list[tuple[str, int]]:
    """Of each chapter its title in the outline, and its first page, counted from zero."""
    top = [entry for entry in book.outline if isinstance(entry, Destination)]
    return [(entry.title.strip(), book.get_destination_page_number(entry)) for entry in top]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_every_chapter_stands_in_the_outline_in_order_on_a_page_of_its_own(
    chapters: list[site.Chapter], starts: list[tuple[str, int]], texts: list[str]
) -> None:
    titles = [document.FIRST_HEADING, *(chapter.title for chapter in chapters[1:])]
    assert [title for title, _ in starts] == ["Contents", *titles]
    pages = [page for _, page in starts]
    assert pages == sorted(set(pages))
    for title, page in starts:
        assert squeezed(title) in squeezed(texts[page])


def test_sections_stand_in_the_outline_below_their_chapter(
    book: PdfReader, chapters: list[site.Chapter], texts: list[str]
) -> None:
    below = {}
    for entry in book.outline:
        if isinstance(entry, Destination):
            title = entry.title
        else:
            below[title] = entry
    titles = [document.FIRST_HEADING, *(chapter.title for chapter in chapters[1:])]
    for title, chapter in zip(titles, chapters, strict=True):
        headings = [heading.get_text().strip() for heading in chapter.article.find_all("h2")]
        entries = below.get(title, [])
        assert [entry.title for entry in entries] == headings
        for entry in entries:
            page = book.get_destination_page_number(entry)
            assert squeezed(entry.title) in squeezed(texts[page])


def test_an_outline_that_a_browser_wrote_is_replaced(tmp_path: Path) -> None:
    """Some versions write headings twice, or others than the chapters."""
    printed = PdfWriter()
    for name in (document.CONTENTS, "one--", "two"):
        page = printed.add_blank_page(595, 842)
        printed.add_named_destination(name, page.page_number)
    printed.add_outline_item(title="ContentsContents", page_number=0)
    raw = io.BytesIO()
    printed.write(raw)
    entries = [document.Entry("One", "one--", sections=(document.Entry("Two", "two"),))]
    imprint = site.Imprint("Title", "Subtitle", "Authors", "1", "", "")
    assert printing.finish(raw.getvalue(), entries, imprint, tmp_path / "book.pdf") == 3
    result = PdfReader(tmp_path / "book.pdf")
    contents, one, (two,) = result.outline
    assert [entry.title for entry in (contents, one, two)] == ["Contents", "One", "Two"]
    pages = [result.get_destination_page_number(entry) for entry in (contents, one, two)]
    assert pages == [0, 1, 2]
    assert result.trailer["/Root"]["/Lang"] == "en"
    with pytest.raises(ValueError, match="'three'"):
        lost = [document.Entry("Three", "three")]
        printing.finish(raw.getvalue(), lost, imprint, tmp_path / "other.pdf")
    assert not (tmp_path / "other.pdf").exists()


def test_every_chapter_is_printed_to_its_end(
    chapters: list[site.Chapter], starts: list[tuple[str, int]], texts: list[str]
) -> None:
    """Each section's heading stands on a page of its chapter, and so do its last words."""
    ends = [*(page for _, page in starts[2:]), len(texts)]
    for chapter, (_, start), end in zip(chapters, starts[1:], ends, strict=True):
        printed = squeezed("".join(texts[start:end]))
        for heading in chapter.article.find_all("h2"):
            text = heading.get_text()
            assert squeezed(text) in printed, f"{chapter.name}: {text} is missing"
        *_, last = chapter.article.find_all(["p", "dd", "li"])
        # A page may end, with its number, within a paragraph, but not within its last three lines.
        strings = [squeezed(string) for string in last.find_all(string=True)]
        words = next(words for words in reversed(strings) if len(words) > 9)[-LAST_LETTERS:]
        assert words in printed, f"{chapter.name}: {words} is missing"


def test_the_pages_are_about_as_many_as_the_text_needs(texts: list[str]) -> None:
    fewest, most = LETTERS_PER_PAGE
    assert fewest < sum(map(len, texts)) / len(texts) < most


def test_the_contents_name_the_right_pages(starts: list[tuple[str, int]], texts: list[str]) -> None:
    first_chapter = starts[1][1]
    listed = squeezed("".join(texts[starts[0][1] : first_chapter]))
    for title, page in starts[1:]:
        assert squeezed(f"{title} {page + 1}") in listed, title
    for number, text in enumerate(texts[first_chapter:], first_chapter + 1):
        assert re.search(rf"^{number}$", text, re.MULTILINE), f"page {number} has no number"


def test_chinese_can_be_searched(
    book: PdfReader, chapters: list[site.Chapter], starts: list[tuple[str, int]]
) -> None:
    """In the glossary, which holds all terms. PDFium hides radicals; not all readers do."""
    pages = dict(starts)
    numbers = range(pages["Glossary"], pages["Bibliography"])
    printed = squeezed("".join(book.pages[number].extract_text() for number in numbers))
    (glossary,) = [chapter for chapter in chapters if chapter.name == "book/glossary"]
    terms = [tag.get_text() for tag in glossary.article.select("dt [lang|=zh]")]
    assert len(terms) > 50
    assert not [term for term in terms if squeezed(term) not in printed]
    assert not RADICAL.findall(printed)


def test_inner_links_lead_to_pages_of_the_book(book: PdfReader) -> None:
    names = {name.removeprefix("/") for name in book.named_destinations}
    inner, broken = 0, []
    for number, page in enumerate(book.pages, 1):
        for annotation in page.get("/Annots", []):
            link = annotation.get_object()
            target = link.get("/Dest", link.get("/A", {}).get("/D"))
            if target is not None:
                inner += 1
                if str(target).removeprefix("/") not in names:
                    broken.append(f"page {number}: {target}")
    assert not broken, "\n".join(broken)
    assert inner > 400
    for place in book.named_destinations.values():
        assert book.get_destination_page_number(place) is not None


def test_outer_links_lead_to_other_hosts(book: PdfReader) -> None:
    addresses = [
        annotation.get_object()["/A"]["/URI"]
        for page in book.pages
        for annotation in page.get("/Annots", [])
        if "/URI" in annotation.get_object().get("/A", {})
    ]
    assert len(addresses) > 200
    local = [a for a in addresses if urlsplit(a).scheme not in {"http", "https", "mailto"}]
    local += [a for a in addresses if urlsplit(a).hostname in {"localhost", "127.0.0.1"}]
    assert not local, local


def test_fonts_are_embedded(book: PdfReader) -> None:
    fonts = {}
    for page in book.pages:
        for reference in page["/Resources"].get("/Font", {}).values():
            font = reference.get_object()
            for part in font.get("/DescendantFonts", [font]):
                fonts[id(font)] = part.get_object()
    assert fonts
    for font in fonts.values():
        # A font of type 3 is drawn by the PDF itself.
        if font["/Subtype"] != "/Type3":
            description = font["/FontDescriptor"].get_object()
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(description), font["/BaseFont"]


def test_nothing_is_left_undefined_or_unset(texts: list[str]) -> None:
    faults = re.compile(r"\bundefined\b|\[object Object\]|Math input error|\bfile:/")
    assert not [match for text in texts for match in faults.findall(text)]


def test_it_says_what_it_is(book: PdfReader, texts: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    title = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["title"]
    root = book.trailer["/Root"]
    assert book.metadata.title == title
    assert book.metadata.author == project["authors"][0]["name"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    assert title in texts[0] and f"Version {project['version']}" in texts[0]
    assert not re.search(r"^1$", texts[0], re.MULTILINE)


def test_it_is_a4_and_not_too_large(book: PdfReader) -> None:
    sizes = {tuple(map(round, page.mediabox[2:])) for page in book.pages}
    assert sizes == {(595, 842)}
    assert pdf.OUTPUT.stat().st_size < 25e6


def test_code_is_printed_in_one_way_only() -> None:
    """Folded code is left out and its place is marked; a solution is printed, small."""
    article = BeautifulSoup(
        """<article>
        <div class="cell"><details class="hide above-input"><summary>Show the code</summary>
        <div class="cell_input">drawn = 1</div></details>
        <div class="cell_output">a figure</div></div>
        <div class="cell tag_solution"><details class="hide"><summary>
        <p class="collapsed">Show solution 2</p></summary>
        <div class="cell_input">solved = 2</div></details></div>
        <details><summary>Hint</summary><p>Think.</p></details>
        </article>""",
        "html.parser",
    ).article
    document.prepare(article)
    assert not article.find_all(["details", "summary"])
    text = article.get_text(" ", strip=True)
    assert "drawn" not in text and article.select_one(".left-out") and "a figure" in text
    assert "Solution 2 solved = 2" in text and "Hint Think." in text


def test_a_link_to_no_page_of_the_book_is_refused() -> None:
    article = BeautifulSoup('<article><a href="lost.html#x">a</a></article>', "html.parser").article
    with pytest.raises(ValueError, match=r"got 'lost\.html#x'"):
        document.lead_inside(article, "book/index", {"book/index"})


def test_links_to_what_an_explorer_shows_lead_to_its_picture() -> None:
    page = (
        '<article><p><a href="#book-denoising.strength=0.6&amp;book-denoising.digit=3">noisier</a>'
        '</p><book-denoising label="noise"><img alt="a digit" src="digit.png"></book-denoising>'
        "</article>"
    )
    article = BeautifulSoup(page, "html.parser").article
    document.prepare(article)
    document.rename(article, "chapters/03")
    document.lead_inside(article, "chapters/03", {"chapters/03"})
    assert article.a["href"] == f"#{article.figure['id']}"
    assert article.a["href"] == "#" + document.anchor("chapters/03", "book-denoising")


def test_glyphs_named_as_radicals_get_their_characters() -> None:
    table = "2 beginbfchar\n<01> <2F79>\n<02> <0041>\nendbfchar\n"
    runs = "1 beginbfrange\n<0003> <0004> <2ED3>\nendbfrange\n"
    assert printing.without_radicals(table) == table.replace("2F79", "7F51")
    spread = "2 beginbfrange\n<0003> <0003> <957F>\n<0004> <0004> <95E8>\nendbfrange\n"
    assert printing.without_radicals(runs) == spread
    with pytest.raises(ValueError, match="2E80"):
        printing.without_radicals(table.replace("2F79", "2E80"))
