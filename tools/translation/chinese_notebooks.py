"""The Chinese notebooks: the English ones with other words, executed and stored in `zh/`.

A Chinese notebook is made, never written: its text, comments and strings come from the catalogues,
and so do the words by which a cell's tolerance names what it measures; everything else comes from
the English notebook. Its outputs are those of its own run.
"""

from __future__ import annotations

import ast
import copy
import os
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools import ROOT
from tools.notebooks import environments, listing, store
from tools.notebooks.run import run_notebook
from tools.translation import FOLDER, catalogues, code_units, markdown_units
from tools.translation.catalogues import LANGUAGE, Translations
from tools.translation.documents import Unit
from utils.wording.words import VARIABLE

# The set-up cell looks for the book's code beside the notebook's folder, which is one deeper here,
# and then asks for Chinese words in figures, tables and explorers.
BESIDE, BESIDE_IN_FOLDER = '"../utils/__init__.py"', '"../../utils/__init__.py"'
WORDS = f'import os\n\nos.environ["BOOK_LANGUAGE"] = "{LANGUAGE}"  # 图、表和交互图里的文字\n\n'


def path_of(english: Path, root: Path = ROOT) -> Path:
    """Where the Chinese notebook is stored."""
    return root / FOLDER / english.relative_to(root)


def make(english: NotebookNode, words: Translations) -> NotebookNode:
    """The Chinese notebook, not executed.

    Raises `ValueError` for a unit without Chinese, and for one that would change the program.
    """

    def say(source: str, kind: str = "text") -> str:
        unit = Unit(source, kind)
        chinese = words.get(unit)
        if chinese is None and not unit.may_stay:
            raise ValueError(f"expected {source!r} in Chinese, found none; run `make translate`")
        return chinese or source

    notebook = copy.deepcopy(english)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = markdown_units.translate(cell.source, say)
        else:
            cell.source = code_units.translate(cell.source, say)
            cell.outputs, cell.execution_count = [], None
            measured = listing.measured_words(cell)
            measured[:] = [say(word, "measured") for word in measured]
            if "setup" in listing.tags(cell):
                cell.source = WORDS + cell.source.replace(BESIDE, BESIDE_IN_FOLDER)
    return notebook


def of(english: Path) -> NotebookNode:
    """The Chinese notebook of an English one, as the catalogues have it, not executed."""
    name = english.relative_to(ROOT).with_suffix("").as_posix()
    return make(listing.read(english), catalogues.translations(name))


def is_current(stored: NotebookNode, english: Path) -> bool:
    """Whether a stored notebook has the text and the code that would be made today."""
    return _words(stored) == _words(of(english))


def _words(notebook: NotebookNode) -> list[tuple[str, list[str]]]:
    return [(cell.source, listing.measured_words(cell)) for cell in notebook.cells]


def restated(stored: NotebookNode, made: NotebookNode) -> NotebookNode | None:
    """The notebook that would be made today with the outputs of the stored one.

    None where its code does something else, so that it has to be run.
    """
    before, after = listing.code_cells(stored), listing.code_cells(made)
    if [_program(cell) for cell in before] != [_program(cell) for cell in after]:
        return None
    for old, new in zip(before, after, strict=True):
        new.outputs, new.execution_count = old.outputs, old.execution_count
    return store.clean(made)


def _program(cell: NotebookNode) -> str:
    """What a cell does: without its comments, but with what it says."""
    return ast.dump(ast.parse(code_units.MAGIC.sub(r"\1magic(0)", cell.source))) + "".join(
        match[0] for match in code_units.MAGIC.finditer(cell.source)
    )


def restate(english: Path) -> bool:
    """Bring the text of a stored Chinese notebook up to date where no run is needed for that.

    Returns whether that changed it. Raises what `of` raises.
    """
    path = path_of(english)
    if not path.is_file() or is_current(stored := listing.read(path), english):
        return False
    notebook = restated(stored, of(english))
    if notebook is not None:
        store.write(notebook, path)
    return notebook is not None


def refreshed(stored: NotebookNode) -> bool:
    """Give its outputs today's scripts and layout, in Chinese; whether that changed anything."""
    with environments.using(os.environ | {VARIABLE: LANGUAGE}):
        return store.refresh(stored)


def refresh(path: Path) -> bool:
    """The same for a stored Chinese notebook in its file."""
    stored = listing.read(path)
    changed = refreshed(stored)
    if changed:
        store.write(stored, path)
    return changed


def execute(english: Path) -> NotebookNode:
    """The Chinese notebook of an English one, made and run. Raises what `run` raises."""
    return run(of(english), path_of(english))


def run(notebook: NotebookNode, place: Path) -> NotebookNode:
    """A Chinese notebook with the outputs of a run in the folder of `place`, under its name.

    Raises what `run_notebook` raises.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, place.name)
        nbformat.write(notebook, source)
        return store.clean(run_notebook(source, Path(folder, "executed.ipynb"), {}, place.parent))
