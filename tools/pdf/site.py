"""What the PDF takes from the built pages and from the files that describe the book."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from bs4 import BeautifulSoup, Tag
from sphinx_external_toc.parsing import parse_toc_yaml

from tools import ROOT
from tools.machine.git import git, is_own_repository
from tools.publishing.repository import Repository


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
    try:
        return git(root, "log", "-1", "--format=%cs, commit %h")
    except (OSError, subprocess.CalledProcessError):
        return ""


def relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
