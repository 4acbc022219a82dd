"""The two PDFs, as tools/pdf printed them: the book is all there, and its links lead somewhere."""

import io
import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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
from tools.pdf.words import CHINESE, ENGLISH, Say, words_of

# A page of text has some 3,000 letters, in Chinese 2,000; with figures, 1,770 and 1,390 are
# measured. Pages that are half empty, or a type half as large, go beyond.
LETTERS_PER_PAGE = {ENGLISH: (900, 3500), CHINESE: (700, 2700)}
LAST_LETTERS = 40  # of a chapter, less than a line
RADICAL = re.compile("[\u2e80-\u2fdf]")
CHARACTERS = re.compile("[\u4e00-\u9fff]+")


@pytest.fixture(scope="module", params=[ENGLISH, CHINESE])
def language(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def say(language: str) -> Say:
    return words_of(language)


@pytest.fixture(scope="module")
def path(language: str) -> Path:
    found = pdf.OUTPUTS[language]
    if not found.is_file():
        pytest.fail(f"Expected {found}, found none. Run `make pdf` first.", pytrace=False)
    return found


@pytest.fixture(scope="module")
def book(path: Path) -> PdfReader:
    return PdfReader(io.BytesIO(path.read_bytes()))


@pytest.fixture(scope="module")
def texts(path: Path) -> list[str]:
    """The text of each page, as Chrome's reader finds it; pypdf takes half a minute for it."""
    with PdfDocument(path) as document:
        return [page.get_textpage().get_text_range().replace("\r", "") for page in document]


@pytest.fixture(scope="module")
def chapters(language: str, say: Say) -> list[site.Chapter]:
    return site.read_chapters(pdf.SITES[language], say)


@pytest.fixture(scope="module")
def titles(chapters: list[site.Chapter], say: Say) -> list[str]:
    """What the chapters are called in the PDF, in which the title stands before the first one."""
    return [say("About this book"), *(chapter.title for chapter in chapters[1:])]


@pytest.fixture(scope="module")
def starts(book: PdfReader) -> list[tuple[str, int]]:
    """Of each chapter its title in the outline, and its first page, counted from zero."""
    top = [entry for entry in book.outline if isinstance(entry, Destination)]
    return [(entry.title.strip(), book.get_destination_page_number(entry)) for entry in top]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_every_chapter_stands_in_the_outline_in_order_on_a_page_of_its_own(
    titles: list[str], starts: list[tuple[str, int]], texts: list[str], say: Say
) -> None:
    assert [title for title, _ in starts] == [say("Contents"), *titles]
    pages = [page for _, page in starts]
    assert pages == sorted(set(pages))
    for title, page in starts:
        assert squeezed(title) in squeezed(texts[page])


def test_sections_stand_in_the_outline_below_their_chapter(
    book: PdfReader, chapters: list[site.Chapter], titles: list[str], texts: list[str]
) -> None:
    below = {}
    for entry in book.outline:
        if isinstance(entry, Destination):
            title = entry.title
        else:
            below[title] = entry
    for title, chapter in zip(titles, chapters, strict=True):
        headings = [heading.get_text().strip() for heading in chapter.article.find_all("h2")]
        entries = below.get(title, [])
        assert [entry.title for entry in entries] == headings
        for entry in entries:
            page = book.get_destination_page_number(entry)
            assert squeezed(entry.title) in squeezed(texts[page])


def test_an_outline_that_a_browser_wrote_is_replaced(
    tmp_path: Path, language: str, say: Say
) -> None:
    """Some versions write headings twice, or others than the chapters."""
    printed = PdfWriter()
    for name in (document.CONTENTS, "one--", "two"):
        page = printed.add_blank_page(595, 842)
        printed.add_named_destination(name, page.page_number)
    printed.add_outline_item(title="ContentsContents", page_number=0)
    raw = io.BytesIO()
    printed.write(raw)
    entries = [document.Entry("One", "one--", sections=(document.Entry("Two", "two"),))]
    imprint = site.Imprint("Title", "Subtitle", "Authors", "1", "", "", language)
    assert printing.finish(raw.getvalue(), entries, imprint, tmp_path / "book.pdf", say) == 3
    result = PdfReader(tmp_path / "book.pdf")
    contents, one, (two,) = result.outline
    assert [entry.title for entry in (contents, one, two)] == [say("Contents"), "One", "Two"]
    pages = [result.get_destination_page_number(entry) for entry in (contents, one, two)]
    assert pages == [0, 1, 2]
    assert result.trailer["/Root"]["/Lang"] == language
    with pytest.raises(ValueError, match="'three'"):
        lost = [document.Entry("Three", "three")]
        printing.finish(raw.getvalue(), lost, imprint, tmp_path / "other.pdf", say)
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


def test_the_pages_are_about_as_many_as_the_text_needs(texts: list[str], language: str) -> None:
    fewest, most = LETTERS_PER_PAGE[language]
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
    (place,) = [i for i, chapter in enumerate(chapters) if chapter.name == "book/glossary"]
    (_, start), (_, end) = starts[place + 1 : place + 3]
    printed = squeezed("".join(book.pages[number].extract_text() for number in range(start, end)))
    names = [tag.get_text() for tag in chapters[place].article.find_all("dt")]
    terms = [term for name in names for term in CHARACTERS.findall(name)]
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


def test_it_says_what_it_is(book: PdfReader, texts: list[str], language: str, say: Say) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    title = say(yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["title"])
    version = say("Version {version}").format(version=project["version"])
    root = book.trailer["/Root"]
    assert book.metadata.title == title
    assert book.metadata.author == say(project["authors"][0]["name"])
    assert root["/Lang"] == language
    assert root["/MarkInfo"]["/Marked"] and "/StructTreeRoot" in root
    front = squeezed(texts[0])
    for text in (title, version, say(project["description"])):
        assert squeezed(text) in front
    assert not re.search(r"^1$", texts[0], re.MULTILINE)


def test_it_is_a4_and_not_too_large(book: PdfReader, path: Path) -> None:
    sizes = {tuple(map(round, page.mediabox[2:])) for page in book.pages}
    assert sizes == {(595, 842)}
    assert path.stat().st_size < 25e6


@pytest.mark.parametrize(
    ("language", "prompt", "solution"),
    [(ENGLISH, "Show solution 2", "Solution 2"), (CHINESE, "显示解答2", "解答2")],
)
def test_code_is_printed_in_one_way_only(language: str, prompt: str, solution: str) -> None:
    """Folded code is left out and its place is marked; a solution is printed, small."""
    say = words_of(language)
    article = BeautifulSoup(
        f"""<article>
        <div class="cell"><details class="hide above-input"><summary>Show the code</summary>
        <div class="cell_input">drawn = 1</div></details>
        <div class="cell_output">a figure</div></div>
        <div class="cell tag_solution"><details class="hide"><summary>
        <p class="collapsed">{prompt}</p></summary>
        <div class="cell_input">solved = 2</div></details></div>
        <details><summary>Hint</summary><p>Think.</p></details>
        </article>""",
        "html.parser",
    ).article
    document.prepare(article, say)
    assert not article.find_all(["details", "summary"])
    text = article.get_text(" ", strip=True)
    assert "drawn" not in text and "a figure" in text
    assert article.select_one(".left-out").get_text() == say("Code: in the notebook")
    assert f"{solution} solved = 2" in text and "Hint Think." in text


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
    document.prepare(article, str)
    document.rename(article, "chapters/03")
    document.lead_inside(article, "chapters/03", {"chapters/03"})
    assert article.a["href"] == f"#{article.figure['id']}"
    assert article.a["href"] == "#" + document.anchor("chapters/03", "book-denoising")


def test_glyphs_named_as_radicals_get_their_characters() -> None:
    table = "2 beginbfchar\n<01> <2F79>\n<02> <0041>\nendbfchar\n"
    runs = "1 beginbfrange\n<0003> <0004> <2ED3>\nendbfrange\n"
    assert printing.without_radicals(table.replace("2F79", "2F3E")) == table.replace("2F79", "6237")
    assert printing.without_radicals(table) == table.replace("2F79", "7F51")
    spread = "2 beginbfrange\n<0003> <0003> <957F>\n<0004> <0004> <95E8>\nendbfrange\n"
    assert printing.without_radicals(runs) == spread
    with pytest.raises(ValueError, match="2E80"):
        printing.without_radicals(table.replace("2F79", "2E80"))


def test_what_the_pdf_adds_is_in_the_language_of_the_pages(language: str, say: Say) -> None:
    """In Chinese there is no English word beside the licences' names."""
    state = say("{date}, commit {commit}").format(date="2026-05-01", commit="1a2b3c4")
    imprint = replace(site.read_imprint({}, language, say), state=state)
    article = BeautifulSoup(
        """<article><book-one><img src="data:,"></book-one><p><a href="https://a.b/c">论文</a></p>
        <details class="hide"><summary>代码</summary><div class="cell_input">x</div></details>
        </article>""",
        "html.parser",
    ).article
    document.prepare(article, say)
    document.show_addresses(article, set(), say)
    added = document.title_page(imprint, Path("site"), Path("pdf"), say)
    added += document.contents([document.Entry("一", "one")], say) + str(article)
    shown = BeautifulSoup(added, "html.parser").get_text("\n")
    words = set(re.findall(r"\b[A-Za-z]{2,}\b", shown)) - {"CC", "BY", "MIT"}
    assert bool(words) == (language == ENGLISH), words
    assert ("（a.b/c）" in shown) == (language == CHINESE)


def test_another_language_is_refused_and_so_is_a_site_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got some in 'fr'"):
        words_of("fr")
    with pytest.raises(ValueError, match="run `make book` first"):
        site.read_language(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        ([], [(pdf.SITE, None), (pdf.SITE / "zh", None)]),
        (["--site", "/some"], [(Path("/some"), None)]),
        (["--output", "/a.pdf"], [(pdf.SITE, Path("/a.pdf"))]),
        (["--site", "/some", "--output", "/a.pdf"], [(Path("/some"), Path("/a.pdf"))]),
    ],
)
def test_both_editions_are_printed_unless_one_is_named(
    arguments: list[str], printed: list[tuple[Path, Path | None]], monkeypatch, capsys
) -> None:
    asked = []

    def make(site: Path, output: Path | None, _environment: object) -> str:
        asked.append((site, output))
        if output:
            raise ValueError("the paper is too narrow")
        return "9 pages"

    monkeypatch.setattr(pdf, "ProcessPoolExecutor", ThreadPoolExecutor)
    monkeypatch.setattr(pdf, "make", make)
    fails = printed[0][1] is not None
    assert pdf.main(arguments) == int(fails)
    assert sorted(asked) == [(site.resolve(), output) for site, output in printed]
    said = capsys.readouterr()
    assert said.out == ("" if fails else "9 pages\n" * len(printed))
    assert said.err == ("the paper is too narrow\n" if fails else "")


def test_a_file_is_named_after_the_language_of_its_pages(tmp_path: Path, monkeypatch) -> None:
    """The same name as that of the file which the Chinese pages offer."""
    assert pdf.OUTPUTS[CHINESE].name == "encode-decode-attend.zh.pdf"
    assert pdf.OUTPUTS[CHINESE].parent == pdf.OUTPUTS[ENGLISH].parent
    for language, output in pdf.OUTPUTS.items():
        page = tmp_path / language / "index.html"
        page.parent.mkdir(parents=True)
        page.write_text(f'<!DOCTYPE html>\n<html lang="{language}" data-theme="auto">', "utf-8")
        monkeypatch.setitem(pdf.OUTPUTS, language, tmp_path / output.name)
        monkeypatch.setattr(pdf, "read_chapters", lambda _site, _say: [])
        monkeypatch.setattr(pdf, "join", lambda _chapters, imprint, *_more: imprint.language)
        monkeypatch.setattr(pdf, "print_document", Path.read_bytes)
        monkeypatch.setattr(pdf, "finish", lambda pdf, *more: more[2].write_bytes(pdf))
        assert str(tmp_path / output.name) in pdf.make(tmp_path / language, None, {})
        assert (tmp_path / output.name).read_text("utf-8") == language
