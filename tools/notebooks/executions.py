"""How long the notebooks took when their outputs were stored, and with which versions.

`make execute` keeps that in `book/executions.json`, beside the notebooks and not in them: these
stay the same whenever and wherever they run. The file names no host and no date.

An entry holds a fingerprint of the code that ran. Where the code has changed since, the entry is
out of date, and the page "How this book checks itself" shows nothing of it until the notebook is
executed again. The set-up cell does not count, since it only finds the book's code; nor does what
cells show, so that `make explorers` leaves the entries alone; nor do the modules in `utils`.
"""

from __future__ import annotations

import hashlib
import json
import platform
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from nbformat import NotebookNode
from packaging.requirements import Requirement

from tools import ROOT
from tools.machine import files
from tools.machine.system import used
from tools.notebooks import listing

EXECUTIONS = ROOT / "book" / "executions.json"


@dataclass(frozen=True)
class Execution:
    """One notebook's run with default parameters."""

    code: str  # the fingerprint
    processors: int  # of the machine; a notebook computes with one thread
    seconds: int
    processor_seconds: int | None  # None where the system does not tell
    versions: dict[str, str]  # of Python and of what the book's code imports

    def is_of(self, notebook: NotebookNode) -> bool:
        """Whether this is the code that ran."""
        return self.code == fingerprint(notebook)


def fingerprint(notebook: NotebookNode) -> str:
    """A fingerprint of the code cells' text, the set-up cell's aside."""
    digest = hashlib.sha256()
    for cell in listing.code_cells(notebook):
        if not {"setup", "injected-parameters"} & set(listing.tags(cell)):
            digest.update(cell.source.encode() + b"\0")
    return digest.hexdigest()[:16]


def project() -> dict:
    """The table `project` of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def names(requirements: list[str]) -> list[str]:
    """The packages that requirements name, in alphabetical order."""
    return sorted((Requirement(text).name for text in requirements), key=str.lower)


def versions() -> dict[str, str]:
    """The versions of Python and of the book's direct dependencies that are installed here."""
    found = {name: metadata.version(name) for name in names(project()["dependencies"])}
    return {"Python": platform.python_version()} | found


def processor_seconds() -> float | None:
    """How long processors have worked for this process's children that have ended."""
    return used(children=True)[0]


def read(path: Path = EXECUTIONS) -> dict[str, Execution]:
    """The entries by the notebooks' stems. Raises `ValueError` for a file that is no such list."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return {stem: Execution(**entry) for stem, entry in data.items()}
    except (ValueError, TypeError, AttributeError, FileNotFoundError) as error:
        raise ValueError(
            f"expected the notebooks' execution times in {path.name}, got none ({error}); "
            "take the file from Git again, then run `make execute`"
        ) from error


def record(entries: Mapping[str, Execution], path: Path) -> None:
    """Put the entries in the place of those of the same notebooks; the others stay."""
    kept = read(path) | entries
    data = {stem: asdict(execution) for stem, execution in kept.items()}
    text = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    files.write(path, text)
