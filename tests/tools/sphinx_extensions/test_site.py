"""The book builds in a folder of any name, whatever lies beside its pages."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from urllib.request import url2pathname
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from tools import ROOT
from tools.sphinx_extensions import site

ODD = "a [1] #b %41 c" if sys.platform == "win32" else "a [1] #b %41?c"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ODD).mkdir()
    return tmp_path / ODD


def test_pages_are_made_of_the_contents_alone(folder: Path) -> None:
    """Not of a copy or a draft, nor of what a notebook was exported to, beside it."""
    names = ("book/index.md", "chapters/01.ipynb", "chapters/01.md", "chapters/Untitled [1].ipynb")
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("", encoding="utf-8")
    config = SimpleNamespace(
        source_suffix={".rst": "", ".md": "", ".ipynb": ""},
        external_site_map=["index", "chapters/01", "chapters/missing"],
    )
    site.build_only_the_book(SimpleNamespace(srcdir=str(folder)), config)
    assert config.include_patterns == ["book/index.md", "chapters/01.ipynb", "chapters/missing"]


def test_the_address_that_make_prints_can_be_opened(folder: Path) -> None:
    (code,) = re.findall(r"python -c '(.*as_uri.*)'$", (ROOT / "Makefile").read_text("utf-8"), re.M)
    code = code.replace("$(HTML)", "_build/html")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, check=True, capture_output=True, encoding="utf-8"
    )
    address = urlsplit(done.stdout.strip())
    assert address.scheme == "file" and not address.query and not address.fragment
    page = Path(url2pathname(address.path))
    assert page.parents[2].samefile(folder) and page.name == "index.html"


SOURCES = {
    "_toc.yml": "root: index\nentries:\n- file: book/two\n- file: chapters/three\n",
    "book/index.md": "# The book\n\nHow it begins. [Two](two.md), [three](../chapters/three.md)\n",
    "book/two.md": "# Two\n\nA second page.\n\n```{glossary}\nterm\n  Meaning.\n```\n",
    "chapters/three.md": "# Three\n\nBack to [the first](../book/index.md).\n",
    "conf.py": """
extensions = [
    "myst_parser",
    "sphinx_external_toc",
    "sphinxext.opengraph",
    "tools.sphinx_extensions.glossary_links",
    "tools.sphinx_extensions.site",
]
glossary_page = "book/two"
html_static_path = []
ogp_social_cards = {"enable": False}
""",
}
ADDRESS = {"BOOK_REPOSITORY": "https://github.com/Some/book", "BOOK_PAGES": "https://some.org/book"}


def build(folder: Path, environment: dict[str, str]) -> Path:
    """The site of a small book that is built as this one is."""
    for name, text in SOURCES.items():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_text(text, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOOK_")}
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", "source", "site"],
        cwd=folder,
        env=kept | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])} | environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    foreign = "unsupported theme option"  # what only this book's theme knows
    assert [line for line in done.stderr.splitlines() if foreign not in line] == []
    return folder / "site"


def read(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def links(page: Path) -> set[Path]:
    """The pages that a page leads to."""
    found = (a["href"].partition("#")[0] for a in read(page).find_all("a", href=True))
    return {(page.parent / href).resolve() for href in found if href.endswith(".html")}


def test_the_root_is_made_of_the_first_page_in_book(folder: Path) -> None:
    pages = build(folder, {})
    root, two, three = pages / "index.html", pages / "book/two.html", pages / "chapters/three.html"
    assert "How it begins." in read(root).get_text()
    assert not (pages / "book" / "index.html").exists()
    assert links(root) >= {two.resolve(), three.resolve()}
    assert root.resolve() in links(two) and root.resolve() in links(three)
    assert all(link.is_file() for page in (root, two, three) for link in links(page))
    index = (pages / "searchindex.js").read_text("utf-8")
    assert '"index"' in index and '"book/index"' not in index


def meta(page: Path) -> dict[str, str]:
    tags = read(page).find_all("meta", content=True)
    return {tag.get("name") or tag.get("property"): tag["content"] for tag in tags}


def test_without_an_address_a_page_says_what_it_is(folder: Path, monkeypatch) -> None:
    pages = build(folder, {})
    for name, begins in (("index", "How it begins."), ("book/two", "A second page.")):
        found = meta(pages / f"{name}.html")
        assert found["description"].startswith(begins)
        assert found["og:description"] == found["description"]
        assert not {"og:image", "twitter:card"} & set(found)
        assert "://" not in found["og:url"]
        assert read(pages / f"{name}.html").find("link", rel="canonical") is None
    assert not (pages / "sitemap.xml").exists()


def test_with_an_address_pages_can_be_shared_and_found(folder: Path) -> None:
    pages = build(folder, ADDRESS)
    base = ADDRESS["BOOK_PAGES"]
    for name in ("index", "book/two"):
        found = meta(pages / f"{name}.html")
        address = f"{base}/{name}.html"
        assert found["og:url"] == address
        assert found["og:image"] == f"{base}/_static/preview.png"
        assert found["twitter:card"] == "summary_large_image"
        assert read(pages / f"{name}.html").find("link", rel="canonical")["href"] == address
    listed = ElementTree.parse(pages / "sitemap.xml").findall(".//{*}loc")
    names = [location.text.removeprefix(f"{base}/") for location in listed]
    assert sorted(set(names) - {"genindex.html"}) == [
        "book/two.html",
        "chapters/three.html",
        "index.html",
    ]
    assert all((pages / name).is_file() for name in names)


def test_the_picture_that_is_shared_is_there() -> None:
    assert (ROOT / "book" / "assets" / Path(site.PREVIEW).name).is_file()


def test_the_edit_button_leads_to_what_the_page_is_made_of(monkeypatch) -> None:
    monkeypatch.setenv("BOOK_REPOSITORY", ADDRESS["BOOK_REPOSITORY"])
    edit = f"{ADDRESS['BOOK_REPOSITORY']}/edit/main/"

    def led(page: str, language: str = "en", folder: str = "", kind: str = "md") -> str:
        button = {"label": "source-edit-button", "url": f"{edit}{folder}{page}.{kind}"}
        app = SimpleNamespace(config=SimpleNamespace(language=language))
        site.lead_to_sources(app, page, "", {"header_buttons": [{"buttons": [button]}]}, None)
        return button["url"]

    assert led("index") == f"{edit}book/index.md"
    assert led("book/api/index") == f"{edit}book/api/index.md"
    chinese = f"{edit}locales/zh_CN/LC_MESSAGES/"
    assert led("index", "zh_CN", "zh/") == f"{chinese}book/index.po"
    assert led("chapters/01", "zh_CN", "zh/", "ipynb") == f"{chinese}chapters/01.po"
