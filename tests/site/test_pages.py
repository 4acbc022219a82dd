"""The built pages, read as files: links, anchors, addresses of other hosts, alternative texts."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag

from tools.checks.alt_texts import fault_of
from tools.sphinx_extensions.explorer_links import STATE
from utils.drawing.tables import NO_NUMBER, NUMBERS

pytestmark = pytest.mark.site

# A <link> of these kinds is loaded with the page; others (next, search, ...) only name an address.
LOADED_LINKS = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "manifest"}
LOADED_LINKS |= {"shortcut", "apple-touch-icon", "preconnect", "dns-prefetch"}
CSS_ADDRESS = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])([^"')\s;]+)""")
CSS_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Where a link leads to a paper.
PAPERS = {"doi.org", "arxiv.org", "proceedings.mlr.press", "www.jmlr.org", "aclanthology.org"}
# An explorer, from its element to the end of its script.
# With all its scripts: in Chinese its words come first.
EXPLORER = re.compile(
    r"<book-[\w-]+ label=.*?</book-[\w-]+>(?:\s*<script>.*?</script>)+", re.DOTALL
)
EXPLORER_NAME = re.compile("^book-")
TEXT_BLOCKS = ["h1", "h2", "h3", "h4", "p", "figcaption"]
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="session")
def parsed(pages: list[Path], soup_of) -> dict[Path, BeautifulSoup]:
    return {page: soup_of(page) for page in pages}


def is_foreign(address: str) -> bool:
    """Whether loading the address means asking a host other than the page's own."""
    parts = urlsplit(address.strip())
    return bool(parts.netloc) or parts.scheme in {"http", "https", "ws", "wss"}


def css_addresses(css: str) -> list[str]:
    return CSS_ADDRESS.findall(CSS_COMMENT.sub("", css))


def loaded_addresses(soup: BeautifulSoup) -> list[str]:
    """All addresses that the browser asks for when it loads the page, scripts' own ones aside."""
    found = [tag["src"] for tag in soup.find_all(src=True)]
    found += [tag["data"] for tag in soup.find_all("object", data=True)]
    found += [tag["poster"] for tag in soup.find_all(poster=True)]
    for tag in soup.find_all(srcset=True):
        found += [candidate.split()[0] for candidate in tag["srcset"].split(", ")]
    for tag in soup.find_all("link", href=True):
        if LOADED_LINKS & {kind.lower() for kind in tag.get("rel", [])}:
            found.append(tag["href"])
    for tag in soup.find_all("style"):
        found += css_addresses(tag.get_text())
    for tag in soup.find_all(style=True):
        found += css_addresses(tag["style"])
    return found


def test_every_internal_link_and_anchor_resolves(
    site: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    anchors = {
        page: {tag["id"] for tag in soup.find_all(id=True)}
        | {tag["name"] for tag in soup.find_all("a", attrs={"name": True})}
        for page, soup in parsed.items()
    }
    broken = []
    for page, soup in parsed.items():
        addresses = [tag["href"] for tag in soup.find_all(["a", "link"], href=True)]
        addresses += [a for a in loaded_addresses(soup) if not a.startswith("data:")]
        for refresh in soup.find_all("meta", attrs={"http-equiv": re.compile("refresh", re.I)}):
            addresses.append(refresh["content"].partition("url=")[2])
        for address in addresses:
            target, fragment = urldefrag(address)
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            path = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if not path.is_relative_to(site) or not path.is_file():
                broken.append(f"{page.relative_to(site)}: {address} is no file of the site")
            elif state := STATE.fullmatch(f"#{fragment}"):
                if not parsed[path].find(state["element"]):
                    broken.append(f"{page.relative_to(site)}: {address}: no such explorer there")
            elif fragment and path in anchors and unquote(fragment) not in anchors[path]:
                broken.append(f"{page.relative_to(site)}: {address} has no such anchor")
    assert not broken, "\n".join(broken)


def test_no_id_is_given_twice_on_a_page(site: Path, parsed: dict[Path, BeautifulSoup]) -> None:
    twice = [
        f"{page.relative_to(site)}: {name}"
        for page, soup in parsed.items()
        for name, count in Counter(tag["id"] for tag in soup.find_all(id=True)).items()
        if count > 1
    ]
    assert not twice, "\n".join(twice)


def test_no_page_names_another_host_to_load_from(
    site: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    foreign = [
        f"{page.relative_to(site)}: {address}"
        for page, soup in parsed.items()
        for address in loaded_addresses(soup)
        if is_foreign(address)
    ]
    assert not foreign, "\n".join(foreign)


def test_no_style_sheet_names_another_host_to_load_from(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets, "the site has no style sheet at all"
    foreign = [
        f"{sheet.relative_to(site)}: {address}"
        for sheet in sheets
        for address in css_addresses(sheet.read_text("utf-8"))
        if is_foreign(address)
    ]
    assert not foreign, "\n".join(foreign)


def test_every_page_has_a_language_a_title_and_one_main_heading(
    site: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    faults = []
    for page, soup in parsed.items():
        name = page.relative_to(site)
        if not (soup.html and soup.html.get("lang")):
            faults.append(f"{name}: <html> without lang")
        if not (soup.title and soup.title.get_text(strip=True)):
            faults.append(f"{name}: no <title>")
        # The theme writes a second heading for print, outside of the article.
        headings = len((soup.find("article") or soup).find_all("h1"))
        if headings != 1:
            faults.append(f"{name}: {headings} elements <h1>, expected one")
    assert not faults, "\n".join(faults)


def test_every_picture_says_what_it_shows(site: Path, parsed: dict[Path, BeautifulSoup]) -> None:
    """Its text is useful, not one that stands beside it, and no other picture's."""
    faults = []
    sources: dict[str, set[str]] = {}
    for page, soup in parsed.items():
        name = page.relative_to(site)
        for image in (soup.find("article") or soup.find("main") or soup).find_all("img"):
            alt = (image.get("alt") or "").strip()
            sources.setdefault(alt.lower(), set()).add(image["src"].rpartition("/")[2])
            fault = fault_of(alt, texts_beside(image))
            if fault:
                faults.append(f"{name}: {alt[:80]!r}: {fault}")
        for drawing in soup.select("figure.drawn svg"):
            alt = drawing["aria-label"]
            sources.setdefault(alt.lower(), set()).add(str(drawing))
            fault = fault_of(alt, texts_beside(drawing))
            if fault:
                faults.append(f"{name}: {alt[:80]!r}: {fault}")
        for explorer in soup.find_all(EXPLORER_NAME):
            fault = fault_of(explorer["label"])
            if fault:
                faults.append(f"{name}: {explorer.name} is called {explorer['label']!r}: {fault}")
    faults += [f"{len(same)} pictures: {alt!r}" for alt, same in sources.items() if len(same) > 1]
    assert not faults, "\n".join(faults)


def texts_beside(image: Tag) -> list[str]:
    """The heading or paragraph before a picture, its caption, and the one after it."""
    block = image.find_parent("figure") or image.find_parent(["p", "div"]) or image
    caption = block.find("figcaption")
    around = [
        caption,
        block.find_previous(TEXT_BLOCKS),
        block.find_next(TEXT_BLOCKS),
    ]
    return [tag.get_text(" ", strip=True) for tag in around if tag]


def test_every_chinese_word_is_marked_as_chinese(
    site: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    """For speech, and for the choice of glyphs; code, data and formulas aside."""
    unmarked = []
    marked = 0
    for page, soup in parsed.items():
        for text in (soup.find("article") or soup).find_all(string=HAN):
            if text.find_parent(["pre", "code", "script", "style", "textarea"]):
                continue
            language = next((tag["lang"] for tag in text.parents if tag.get("lang")), "")
            marked += language.startswith("zh")
            if not language.startswith("zh"):
                unmarked.append(f"{page.relative_to(site)}: {text.strip()[:60]}")
    assert marked
    assert not unmarked, "\n".join(unmarked)


def test_no_cell_has_failed_or_warned(site: Path, parsed: dict[Path, BeautifulSoup]) -> None:
    faults = [
        f"{page.relative_to(site)}: {output.get_text(' ', strip=True)[-120:]}"
        for page, soup in parsed.items()
        for output in soup.select(".cell_output :is(.traceback, .stderr)")
    ]
    assert not faults, "\n".join(faults)


def test_the_bibliography_holds_every_paper_that_a_page_links_to(
    site: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    linked: dict[str, str] = {}
    for page, soup in parsed.items():
        for tag in (soup.find("article") or soup).find_all("a", href=True):
            parts = urlsplit(unquote(tag["href"]))
            if parts.netloc in PAPERS:
                address = parts.netloc + parts.path.replace("/pdf/", "/abs/")
                linked.setdefault(address.lower(), page.relative_to(site).as_posix())
    entries = parsed[site / "book" / "bibliography.html"].select(".citation a[href]")
    held = {unquote(tag["href"]).removeprefix("https://").lower() for tag in entries}
    assert held, "the bibliography is empty"
    missing = [f"{page}: {address}" for address, page in linked.items() if address not in held]
    assert not missing, "add to book/references.bib:\n" + "\n".join(missing)


def test_no_markup_is_left_standing_in_the_text(
    site: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    raw_markup = re.compile(r"\{(?:term|cite|ref|doc|math|eq)(?::\w+)?\}|^:::|```|\$\$")
    faults = []
    for page, soup in parsed.items():
        for text in (soup.find("article") or soup).find_all(string=raw_markup):
            if text.find_parent(["pre", "code", "script", "style", "textarea"]) is None:
                faults.append(f"{page.relative_to(site)}: {text.strip()[:80]}")
    assert not faults, "\n".join(faults)


def test_every_glossary_entry_has_a_chinese_term(
    site: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    glossary = parsed[site / "book" / "glossary.html"].find("dl", class_="glossary")
    terms: list[str] = []
    without = []
    for tag in glossary.find_all(["dt", "dd"], recursive=False):
        if tag.name == "dt":
            terms.append(tag.get_text())
        else:
            if not any(HAN.search(term) for term in terms):
                without.append(", ".join(terms))
            terms = []
    assert not without, "\n".join(without)


def test_explorers_add_little_to_a_page(site: Path, pages: list[Path]) -> None:
    """At most a megabyte before compression, two where networks translate, pictures included."""
    sizes = {}
    for page in pages:
        found = EXPLORER.findall(page.read_text("utf-8"))
        if found:
            sizes[page.relative_to(site).as_posix()] = sum(len(text.encode()) for text in found)
    assert len(sizes) >= 6, sizes
    translating = "chapters/05_attention.html", "chapters/06_transformer.html"
    limits = dict.fromkeys(translating, 2_000_000)
    heavy = {
        page: size
        for page, size in sizes.items()
        if size > limits.get(page.removeprefix("zh/"), 1_000_000)
    }
    assert not heavy, heavy


def test_chapters_lead_to_the_glossary_once_for_each_term(
    site: Path, parsed: dict[Path, BeautifulSoup]
) -> None:
    chapters = [page for page in parsed if page.parent.name == "chapters"]
    assert chapters
    for page in chapters:
        links = parsed[page].select("article a.reference:has(.std-term)")
        terms = [tag["href"].partition("#")[2] for tag in links]
        assert len(terms) >= 8, page.relative_to(site)
        assert len(set(terms)) == len(terms), page.relative_to(site)


def test_no_cell_shows_the_line_that_names_it_in_colab(site: Path, pages) -> None:
    shown = [
        page.relative_to(site).as_posix() for page in pages if "# @title" in page.read_text("utf-8")
    ]
    assert shown == []


def test_columns_of_numbers_stand_right(site: Path, parsed: dict[Path, BeautifulSoup]) -> None:
    faults = []
    for page, soup in parsed.items():
        for table in soup.select("table.dataframe"):
            rows = [row.find_all(["th", "td"]) for row in table.tbody.find_all("tr")]
            for column in list(zip(*rows, strict=True))[1:]:
                texts = [cell.get_text() for cell in column]
                given = [text for text in texts if text.strip() not in NO_NUMBER]
                if given and all(NUMBERS.fullmatch(text) for text in given):
                    faults += [
                        f"{page.relative_to(site)}: {texts}"
                        for cell in column[:1]
                        if "right" not in cell.get("style", "")
                    ]
    assert not faults, "\n".join(faults)
