"""Every paper of the bibliography is cited: on a page, in a notebook or in the code's words."""

import re
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest
from pybtex.database import Entry, parse_file

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = parse_file(str(ROOT / "book" / "references.bib")).entries
CITATION = re.compile(r"\{cite:[pt]\}`([^`]+)`")


@pytest.fixture(scope="module")
def keys_cited() -> set[str]:
    pages = (path.read_text(encoding="utf-8") for path in (ROOT / "book").glob("*.md"))
    groups = [keys for page in pages for keys in CITATION.findall(page)]
    return {key.strip() for keys in groups for key in keys.split(",")}


@pytest.fixture(scope="module")
def text_with_links() -> str:
    """Prose of the notebooks and docstrings of `utils`, which the pages on the code show."""
    notebooks = [ROOT / "book" / "before_you_start.ipynb", *(ROOT / "chapters").glob("0*.ipynb")]
    prose = [
        cell.source
        for path in notebooks
        for cell in nbformat.read(path, as_version=4).cells
        if cell.cell_type == "markdown"
    ]
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "utils").rglob("*.py")]
    return unquote("\n".join(prose + code)).lower()


def addresses(entry: Entry) -> list[str]:
    """What a link to the paper contains: its DOI, its arXiv number or its address."""
    found = [entry.fields.get(name, "") for name in ("doi", "eprint", "url")]
    return [address.removeprefix("https://").rstrip("/").lower() for address in found if address]


@pytest.mark.parametrize("key", ENTRIES)
def test_every_paper_is_cited(key, keys_cited, text_with_links):
    cited = key in keys_cited or any(
        re.search(rf"{re.escape(address)}(?!\w)", text_with_links)
        for address in addresses(ENTRIES[key])
    )
    assert cited, f"{key} stands in book/references.bib and is cited nowhere; cite it or remove it"


def test_every_citation_has_its_paper(keys_cited):
    assert keys_cited <= set(ENTRIES)
