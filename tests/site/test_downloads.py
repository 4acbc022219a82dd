"""What the pages offer for download, and the notebook that works by itself."""

import os
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote

import nbformat
import pytest

from tools import ROOT
from tools.notebooks import listing
from tools.sphinx_extensions import downloads
from tools.sphinx_extensions.words import CHINESE
from tools.translation import FOLDER, chinese_notebooks

ADDRESS = "https://github.com/some-owner/the-book"


@pytest.fixture(scope="module")
def offered(site: Path, soup_of) -> dict[Path, list[Path]]:
    """What each page of the book offers."""
    found = {}
    folders = {path.parent.name for path in listing.find_notebooks()}
    for folder in [*folders, *(f"{FOLDER}/{folder}" for folder in folders)]:
        for page in sorted((site / folder).glob("*.html")):
            links = soup_of(page).select(".dropdown-download-buttons a")
            assert all(link.get_text(strip=True) for link in links), page
            found[page] = [(page.parent / unquote(link["href"])).resolve() for link in links]
    return found


@pytest.mark.site
def test_every_notebook_s_page_offers_it(site: Path, offered: dict[Path, list[Path]]) -> None:
    """As it is stored, but for its first cell where the site was built with an address."""
    english = listing.find_notebooks()
    for path in [*english, *map(chinese_notebooks.path_of, english)]:
        page = (site / path.relative_to(ROOT)).with_suffix(".html")
        assert offered[page][0] == page.with_suffix(".ipynb"), page
        copy = nbformat.read(offered[page][0], as_version=4)
        nbformat.validate(copy)
        stored = nbformat.read(path, as_version=4)
        if not os.environ.get("BOOK_REPOSITORY"):
            assert copy == stored
        assert len(copy.cells) == len(stored.cells)


@pytest.mark.site
def test_no_page_offers_what_there_is_not(site: Path, offered: dict[Path, list[Path]]) -> None:
    for page, files in offered.items():
        assert all(file.is_file() for file in files), page
        edition = site / FOLDER if page.is_relative_to(site / FOLDER) else site
        pdfs = set(edition.glob("*.pdf"))
        assert {file for file in files if file.suffix == ".pdf"} == pdfs, page
        assert len(pdfs) <= 1


@pytest.mark.parametrize("environment", [{}, {"BOOK_REPOSITORY": ADDRESS, "BOOK_COMMIT": "abc"}])
def test_with_an_address_the_notebook_names_it(environment: dict, tmp_path: Path) -> None:
    names = [path.relative_to(ROOT) for path in listing.find_notebooks()]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
    downloads.copy_notebooks(names, ROOT, tmp_path, environment)
    for name in names:
        notebook = nbformat.read(tmp_path / name, as_version=4)
        first = next(cell.source for cell in notebook.cells if cell.cell_type == "code")
        assert (f"git+{ADDRESS}@abc" in first) == bool(environment), name


def offered_by(
    page: str, environment: dict[str, str], monkeypatch, language: str = "en"
) -> list[str]:
    """The addresses in the menu that a page gets at its head."""
    monkeypatch.delenv("BOOK_PDF", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    app = SimpleNamespace(
        config=SimpleNamespace(language=language),
        env=SimpleNamespace(
            found_docs={"book/index", "book/one"},
            doc2path=lambda name: {"book/index": "book/index.md", "book/one": "book/one.ipynb"}[
                name
            ],
        ),
    )
    context = {"header_buttons": [], "pathto": lambda name, resource: f"../{name}"}
    downloads.add_button(app, page, "", context, None)
    return [button["url"] for group in context["header_buttons"] for button in group["buttons"]]


def test_a_pdf_is_offered_where_there_is_one(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "the-book.pdf"
    path.write_bytes(b"%PDF-1.4")
    with_pdf = {"BOOK_PDF": str(path)}
    assert offered_by("book/index", {}, monkeypatch) == []
    assert offered_by("book/one", {}, monkeypatch) == ["one.ipynb"]
    assert offered_by("book/index", with_pdf, monkeypatch) == ["../the-book.pdf"]
    assert offered_by("book/one", with_pdf, monkeypatch) == ["one.ipynb", "../the-book.pdf"]
    assert offered_by("search", {}, monkeypatch) == []


def test_chinese_pages_offer_the_chinese_pdf_alone(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "the-book.pdf"
    path.write_bytes(b"%PDF-1.4")
    with_pdf = {"BOOK_PDF": str(path)}
    assert offered_by("book/index", with_pdf, monkeypatch, CHINESE) == []
    (tmp_path / "the-book.zh.pdf").write_bytes(b"%PDF-1.4")
    assert offered_by("book/index", with_pdf, monkeypatch, CHINESE) == ["../the-book.zh.pdf"]
    assert offered_by("book/index", with_pdf, monkeypatch) == ["../the-book.pdf"]


@pytest.mark.parametrize("name", ["missing.pdf", "."])
def test_a_pdf_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected BOOK_PDF"):
        downloads.find_pdf({"BOOK_PDF": str(tmp_path / name)})
