"""The Chinese edition's sources, made of the English ones and the catalogues, ready to be rendered.

They are a book of their own: the same files at the same places, so that a page has the same address
in both editions, below `zh/` in the Chinese one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import yaml
from docutils.nodes import make_id
from myst_parser.mdit_to_docutils.base import default_slugify
from nbformat import NotebookNode

from tools import ROOT
from tools.notebooks import listing
from tools.sphinx_extensions.site import ROOT_PAGE, ROOT_SOURCE
from tools.translation import catalogues, chinese_notebooks, compiled, documents, markdown_units
from tools.translation.catalogues import Translations
from tools.translation.documents import Unit
from tools.translation.program_words import SITE

CHINESE_README = "README.zh.md"
WORDS, SCRIPT = "words", "words.js"  # a folder of Sphinx's words, and the scripts'
CONFIGURATION, CONTENTS = "_config.yml", "_toc.yml"


def make(target: Path, root: Path = ROOT) -> None:
    """Write the sources of the Chinese edition of the book in `root` into the folder `target`."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(root / documents.PAGES, target / documents.PAGES)
    for name in documents.names(root):
        path = documents.source(name, root)
        place = target / path.relative_to(root)
        place.parent.mkdir(parents=True, exist_ok=True)
        words = catalogues.translations(name)
        if path.suffix == ".md":
            text = markdown_units.translate(path.read_text("utf-8"), _say(words, "text"))
            place.write_text(text, "utf-8")
        else:
            nbformat.write(notebook(path, words, root), place)
    site = _say(catalogues.translations(SITE), "string")
    configuration = _configuration(root, target, site)
    compiled.make_site(target / WORDS)
    (target / documents.PAGES / "assets" / SCRIPT).write_text(compiled.script(), "utf-8")
    configuration["sphinx"]["config"]["english_anchors"] = {
        ROOT_PAGE if name == ROOT_SOURCE else name: _anchors(documents.source(name, root))
        for name in documents.names(root)
    }
    _write_yaml(configuration, target / CONFIGURATION)
    contents = yaml.safe_load((root / CONTENTS).read_text("utf-8"))
    for place, name in documents.listed_words(contents):
        place[name] = site(place[name])
    _write_yaml(contents, target / CONTENTS)


def notebook(path: Path, words: Translations, root: Path = ROOT) -> NotebookNode:
    """The stored Chinese notebook of the English one in the file `path`.

    Where none is stored, the English one with its text in Chinese.
    """
    stored = chinese_notebooks.path_of(path, root)
    if stored.is_file():
        return listing.read(stored)
    english = listing.read(path)
    for cell in english.cells:
        if cell.cell_type == "markdown":
            cell.source = markdown_units.translate(cell.source, _say(words, "text"))
    return english


def readme(root: Path = ROOT) -> str:
    """The Chinese README, which leads to the English one where that leads to it."""
    words = catalogues.translations(documents.README)
    english = documents.source(documents.README, root).read_text("utf-8")
    chinese = markdown_units.translate(english, _say(words, "text"))
    return chinese.replace(f"[中文]({CHINESE_README})", f"[English]({documents.README}.md)")


def _say(words: Translations, kind: str) -> Callable[[str], str]:
    """What gives a unit's Chinese, or the unit itself where there is none."""
    return lambda source: words.get(Unit(source, kind)) or source


def _anchors(path: Path) -> list[list[str]]:
    """Of each heading, in order: its anchor, and the name by which Markdown links to it."""
    anchors, slugs = [], []
    for text in documents.texts(path):
        for heading in markdown_units.headings(text):
            anchors.append(_once(make_id(heading), anchors, ""))
            slugs.append(_once(default_slugify(heading), slugs, "-"))
    return [list(pair) for pair in zip(anchors, slugs, strict=True)]


def _once(name: str, before: list[str], mark: str) -> str:
    """A name of its own for what is called like something before it."""
    number = 1
    candidate = name
    while candidate in before:
        candidate, number = f"{name}{mark or '-'}{number}", number + 1
    return candidate


def _configuration(root: Path, target: Path, site: Callable[[str], str]) -> dict:
    """The English configuration, with its words in Chinese and its folders where they are."""
    configuration = yaml.safe_load((root / CONFIGURATION).read_text("utf-8"))
    for place, name in documents.configured_words(configuration):
        place[name] = site(place[name])
    sphinx = configuration["sphinx"]
    sphinx["config"]["language"] = catalogues.LANGUAGE
    sphinx["config"]["site_words"] = WORDS
    sphinx["config"]["html_js_files"].insert(0, [SCRIPT, {"priority": 100}])
    # Sphinx would need a dictionary of Chinese. The book's own search finds any characters that
    # follow each other (book/assets/search.js), in the runs of them that this one leaves whole.
    sphinx["config"]["html_search_language"] = "en"
    back = os.path.relpath(root, target)
    sphinx["local_extensions"] = dict.fromkeys(sphinx["local_extensions"], back)
    return configuration


def _write_yaml(content: object, path: Path) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
