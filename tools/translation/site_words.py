"""The English words that the extensions put on pages: what the catalogue `site` translates.

They are the literals given to `_` in the code, and the texts of `{% trans %}` and `_` in the
templates; in tools/pdf, which prints the pages, the literals given to `say`. With them go the words
that the extensions do not know themselves but take out of records and other tools, and show by
`translated`.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from babel.messages.extract import extract

from tools import ROOT
from tools.benchmarks import record as benchmarks
from tools.full_scale import record as full_scale
from tools.full_scale.recipes import RECIPES
from tools.full_scale.sentences import SENTENCES
from tools.sphinx_extensions import benchmarks_page
from tools.sphinx_extensions.words import in_the_catalogue
from utils.drawing.colours import THINGS

EXTENSIONS = ROOT / "tools" / "sphinx_extensions"
PDF = ROOT / "tools" / "pdf"
STEPS = ROOT / "tools" / "checks" / "steps.py"
CALLS = {"_": None, "gettext": None, "ngettext": (1, 2)}
CALLS_OF_PDF = {"say": None}
# Jinja's options, as `words.templates` sets them: they decide which line ends are in a text.
TEMPLATE_OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "silent": "false"}
SENTENCE = 6  # words; a string of the steps that has fewer is a name, an option or a pattern
LETTER = re.compile(r"[A-Za-z]")


def words() -> list[str]:
    """All of them, each once: those of the code by file, then those of other tools."""
    found = [
        *_of_code(EXTENSIONS, CALLS),
        *_of_templates(),
        *_of_code(PDF, CALLS_OF_PDF),
        *_of_other_tools(),
    ]
    return list(dict.fromkeys(found))


def _of_code(folder: Path, calls: Mapping[str, object]) -> Iterator[str]:
    for path in sorted(folder.glob("*.py")):
        with path.open("rb") as file:
            for _line, message, *_more in extract("python", file, calls):
                yield message


def _of_templates(folder: Path = EXTENSIONS) -> Iterator[str]:
    for path in sorted(folder.glob("*_templates/*.jinja")):
        with path.open("rb") as file:
            for _line, found, *_more in extract(
                "jinja2.ext:babel_extract", file, CALLS, options=TEMPLATE_OPTIONS
            ):
                for message in (found,) if isinstance(found, str) else found:
                    yield in_the_catalogue(message)


def _of_other_tools() -> Iterator[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    yield project["description"]
    yield from _sentences(STEPS)
    yield from dict.fromkeys(look.name for look in THINGS.values())
    yield from THINGS
    yield from (recipe.title for recipe in RECIPES.values())
    yield from SENTENCES.values()
    yield from _of_benchmarks()
    yield from _of_full_scale()


def _sentences(path: Path) -> Iterator[str]:
    """The strings of a module that are sentences, in order, without its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for node in sorted(strings, key=lambda node: (node.lineno, node.col_offset)):
        is_sentence = len(node.value.split()) >= SENTENCE and "\\" not in node.value
        if is_sentence and node not in docstrings:
            yield node.value


def _of_benchmarks() -> Iterator[str]:
    """What was measured, as the tables name it."""
    for part in benchmarks.read().values():
        for result in part.results:
            for field in ("network", "way", "what", "control", "kind"):
                if field in result:
                    yield result[field]
            if "explorer" in result:
                yield benchmarks_page.short_name(result["explorer"])
            if "page" in result and "/api/" not in result["page"]:
                yield benchmarks_page.page_name(result["page"])


def _of_full_scale() -> Iterator[str]:
    """The words of the chapters' tables."""
    for run in full_scale.read().values():
        for table in run.results.get("tables", []):
            for row in ([table["caption"]], table["columns"], *table["rows"]):
                yield from (cell for cell in row if LETTER.search(cell))
