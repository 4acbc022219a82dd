"""Which notebooks the book has, and what they say about themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

from tools import ROOT

DATA_PRESETS = ("full", "mnist-test")
PRESETS = ("smoke", *DATA_PRESETS)


def find_notebooks(root: Path = ROOT) -> list[Path]:
    """The notebooks of the book in `root`, in the order in which they are read.

    They are the pages in `_toc.yml` that are notebooks: copies and drafts that lie beside them are
    not the book's. Raises `ValueError` where there is no such list.
    """
    contents = root / "_toc.yml"
    try:
        pages = list(_pages(yaml.safe_load(contents.read_text("utf-8"))))
    except (OSError, yaml.YAMLError) as error:
        raise ValueError(
            f"expected the list of the book's pages in {contents}, got none "
            f"({type(error).__name__}); take the file from Git again"
        ) from error
    return [path for page in pages if (path := root / f"{page}.ipynb").is_file()]


def _pages(contents: object) -> Iterator[str]:
    """The pages named in a part of `_toc.yml`, in order, without their endings."""
    if isinstance(contents, Mapping):
        for key, value in contents.items():
            if key in ("root", "file"):
                yield str(value).removesuffix(".ipynb")
            else:
                yield from _pages(value)
    elif isinstance(contents, list):
        for entry in contents:
            yield from _pages(entry)


def find_notebook(name: str) -> Path:
    """The notebook called `name`. Raises `ValueError` unless there is exactly one."""
    stem = Path(name).name.removesuffix(".ipynb")
    paths = find_notebooks()
    found = [path for path in paths if path.stem == stem]
    found = found or [path for path in paths if path.stem.startswith(stem)]
    if len(found) != 1:
        names = ", ".join(path.stem for path in paths)
        raise ValueError(f"expected the name of one notebook out of {names}; got {name!r}")
    return found[0]


def read(path: Path) -> NotebookNode:
    """The notebook in the file. Raises `ValueError` for a file that is none."""
    try:
        return nbformat.read(path, as_version=4)
    except (nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        raise ValueError(f"expected a notebook in {path}, got something else: {error}") from error


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def is_training(cell: NotebookNode) -> bool:
    return "training" in tags(cell)


def measured_words(cell: NotebookNode) -> list[str]:
    """The words by which a cell says which whole numbers it measures, to be changed in place.

    Whether what a cell states is sound, tools/notebooks/tolerances.py says.
    """
    stated = cell.metadata.get("tolerance")
    words = stated.get("measured", []) if isinstance(stated, Mapping) else []
    return words if isinstance(words, list) else []


def preset_path(preset: str, notebook: Path) -> Path:
    return ROOT / "presets" / preset / f"{notebook.stem}.yaml"
