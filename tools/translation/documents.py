"""The English sources of the edition, and the units of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools import ROOT
from tools.notebooks import listing
from tools.translation import code_units, markdown_units, program_words

PAGES = "book"
README = "README"
# Where _config.yml has words that a reader sees.
WORDS = (
    ("title",),
    ("author",),
    ("copyright",),
    ("sphinx", "config", "html_theme_options", "search_bar_text"),
    ("sphinx", "config", "html_theme_options", "logo", "text"),
    ("sphinx", "config", "html_theme_options", "extra_footer"),
    ("sphinx", "config", "nb_code_prompt_show"),
    ("sphinx", "config", "nb_code_prompt_hide"),
    ("sphinx", "config", "ogp_site_name"),
)


@dataclass(frozen=True)
class Unit:
    """A piece of a source that is translated as a whole."""

    source: str
    kind: str  # "text", "comment", "string", or "measured", a word that names measured numbers

    @property
    def may_stay(self) -> bool:
        """Whether it may be a name, which says the same in both editions, untranslated."""
        return self.kind == "string" and code_units.is_one_word(self.source)


def names(root: Path = ROOT) -> list[str]:
    """The documents as their catalogues are called, in the order in which they are read."""
    pages = sorted(path for path in (root / PAGES).glob("*.md"))
    notebooks = [path.with_suffix("") for path in listing.find_notebooks(root)]
    found = [path.with_suffix("") for path in pages] + notebooks
    readme = [README] if (root / f"{README}.md").is_file() else []
    return readme + [path.relative_to(root).as_posix() for path in found]


def source(name: str, root: Path = ROOT) -> Path:
    """The file of the document called `name`."""
    notebook = root / f"{name}.ipynb"
    return notebook if notebook.is_file() else root / f"{name}.md"


def units(path: Path) -> list[Unit]:
    """The units of a page or a notebook, each once, in the order of their first use."""
    return list(dict.fromkeys(_units(path)))


def configured_words(configuration: dict) -> Iterator[tuple[dict, str]]:
    """Where a book's configuration has words for readers: a mapping, and the name in it."""
    for *way, name in WORDS:
        place = configuration
        for step in way:
            place = place[step]
        yield place, name


def program_units(root: Path = ROOT) -> dict[str, list[Unit]]:
    """What programs say, by the catalogues in which they look it up; these share nothing.

    Of another book than this one, only what is configured is known.
    """
    words = {
        program_words.SITE: configured(root),
        program_words.EXPLORERS: [],
        program_words.UTILS: [],
    }
    if root == ROOT:
        words[program_words.SITE] += program_words.of_extensions()
        words[program_words.EXPLORERS] = program_words.of_scripts()
        words[program_words.UTILS] = program_words.of_utils()
    return {
        name: [Unit(word, "string") for word in dict.fromkeys(said)] for name, said in words.items()
    }


def configured(root: Path = ROOT) -> list[str]:
    """What stands on every page: the words of _config.yml and _toc.yml."""
    configuration = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    contents = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    words = [place[name] for place, name in configured_words(configuration)]
    return [*words, *(place[name] for place, name in listed_words(contents))]


def listed_words(contents: dict) -> Iterator[tuple[dict, str]]:
    """Of the list of pages: where its parts' captions stand, and titles of its own for pages."""
    for part in contents["parts"]:
        yield part, "caption"
        yield from ((page, "title") for page in part["chapters"] if "title" in page)


def texts(path: Path) -> Iterator[str]:
    """The Markdown of a page, or of each of a notebook's cells of text."""
    if path.suffix == ".md":
        yield path.read_text("utf-8")
    else:
        cells = listing.read(path).cells
        yield from (cell.source for cell in cells if cell.cell_type == "markdown")


def _units(path: Path) -> Iterator[Unit]:
    if path.suffix == ".md":
        yield from (Unit(unit, "text") for unit in markdown_units.units(path.read_text("utf-8")))
        return
    for cell in listing.read(path).cells:
        if cell.cell_type == "markdown":
            yield from (Unit(unit, "text") for unit in markdown_units.units(cell.source))
        elif cell.cell_type == "code":
            yield from (Unit(unit, kind) for unit, kind in code_units.units(cell.source))
            yield from (Unit(word, "measured") for word in listing.measured_words(cell))
