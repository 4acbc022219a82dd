"""The book builds in a folder of any name, whatever lies beside its pages."""

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest

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
