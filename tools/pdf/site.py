"""What the PDF takes from the built pages and from the files that describe the book."""

from __future__ import annotations

import os
import re
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
from tools.pdf.words import Say
from tools.publishing.repository import Repository

LANGUAGE = re.compile(r'<html[^>]* lang="([^"]+)"')


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

    language: of the pages, as in HTML's `lang`.
    state: date and commit of what was printed; empty where Git does not know.
    address: of the repository; empty where none is known.
    """

    title: str
    subtitle: str
    authors: str
    version: str
    state: str
    address: str
    language: str


def read_language(site: Path) -> str:
    """The language in which the site's first page is. Raises what `read_page` raises."""
    return LANGUAGE.search(read_page(site, parse_toc_yaml(ROOT / "_toc.yml").root.docname))[1]


def read_chapters(site: Path, say: Say) -> list[Chapter]:
    """The site's pages, in the order of _toc.yml. Raises what `read_page` raises."""
    contents = parse_toc_yaml(ROOT / "_toc.yml")

    def below(name: str, part: str) -> list[tuple[str, str]]:
        found = [(name, part)]
        for tree in contents[name].subtrees:
            for child in tree.items:
                found += below(str(child), say(tree.caption) if tree.caption else part)
        return found

    chapters = []
    for name, part in below(contents.root.docname, ""):
        article = BeautifulSoup(read_page(site, name), "html.parser").find("article")
        for sign in article.select(".headerlink"):
            sign.decompose()
        chapters.append(Chapter(name, part, article))
    return chapters


def read_page(site: Path, name: str) -> str:
    """The HTML of a page. Raises `ValueError` if it was not built."""
    path = site / f"{name}.html"
    if not path.is_file():
        raise ValueError(f"expected the page {path}, found none; run `make book` first")
    return path.read_text("utf-8")


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


def read_imprint(environment: Mapping[str, str], language: str, say: Say) -> Imprint:
    """From the files that say it: pyproject.toml, _config.yml, the environment and Git."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    title = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))["title"]
    subtitle = project["description"]
    authors = [author["name"] for author in project["authors"]]
    repository = Repository.from_environment(environment)
    return Imprint(
        title=say(title),
        subtitle=say(subtitle),
        authors=", ".join(map(say, authors)),
        version=project["version"],
        state=describe_state(ROOT, say),
        address=repository.address if repository else "",
        language=language,
    )


def describe_state(root: Path, say: Say) -> str:
    """Date and commit of a checkout, as in "2026-05-01, commit 1a2b3c4"; empty without Git."""
    if not is_own_repository(root):
        return ""
    try:
        date, commit = git(root, "log", "-1", "--format=%cs %h").split()
    except (OSError, subprocess.CalledProcessError):
        return ""
    return say("{date}, commit {commit}").format(date=date, commit=commit)


def relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()
