"""What a measured number can depend on: a notebook's code, the modules of `utils` behind it, and
the versions of packages.

Of code counts what Python makes of it: comments, docstrings and layout change no number. Nor do the
modules that only show, which NOT_MEASURED names. Not all of `utils.explorers` is among these, since
claims measure networks whose weights `packed_tensors` has rounded.
"""

from __future__ import annotations

import ast
import hashlib
import platform
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from nbformat import NotebookNode
from packaging.version import Version

from tools import ROOT
from tools.notebooks import executions, listing

PACKAGE = "utils"
NOT_MEASURED = (
    "utils.diagrams",
    "utils.drawing",
    "utils.explorers.markup",
    "utils.explorers.page",
    "utils.wording",
)
# Packages that draw, show, and keep the place of files.
NOT_MEASURING = ("ipywidgets", "matplotlib", "platformdirs", "tqdm")
NAMES_OF_CELLS = {"setup", "injected-parameters"}


def fingerprint(notebook: NotebookNode, root: Path = ROOT) -> str:
    """Of the notebook's code cells, the set-up cell aside, and of all modules of `utils` they need.

    root: the folder that holds `utils`.
    """
    digest = hashlib.sha256()
    trees = []
    for cell in listing.code_cells(notebook):
        if not NAMES_OF_CELLS & set(listing.tags(cell)):
            try:
                trees.append(ast.parse(cell.source))
                text = code_of(trees[-1])
            except SyntaxError:  # IPython's own signs
                text = cell.source
            digest.update(text.encode() + b"\0")
    for module in closure(trees, root):
        path = path_of(module, root)
        digest.update(module.encode() + b"\0" + module_digest(path, path.stat().st_mtime_ns))
    return digest.hexdigest()[:16]


def code_of(tree: ast.AST) -> str:
    """The code as a text that is the same in every Python, without docstrings and comments.

    `ast.dump` names fields that are empty in one version of Python and unknown in another.
    """
    parts: list[str] = []
    _write(tree, parts)
    return "".join(parts)


def _write(node: object, parts: list[str]) -> None:
    if isinstance(node, ast.AST):
        parts.append(f"{type(node).__name__}(")
        for name, value in ast.iter_fields(node):
            if name == "body" and isinstance(
                node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
            ):
                value = value[1:] if ast.get_docstring(node, clean=False) is not None else value
            if value is None or value == [] or isinstance(value, ast.Load | ast.Store | ast.Del):
                continue
            parts.append(f"{name}=")
            _write(value, parts)
        parts.append(")")
    elif isinstance(node, list):
        parts.append("[")
        for value in node:
            _write(value, parts)
            parts.append(",")
        parts.append("]")
    else:
        parts.append(repr(node))


@cache
def module_digest(path: Path, _changed: int) -> bytes:
    return hashlib.sha256(code_of(_tree(path, _changed)).encode()).digest()


@cache
def _tree(path: Path, _changed: int) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def closure(trees: Iterable[ast.AST], root: Path = ROOT) -> list[str]:
    """The modules of `utils` that the code imports, and those that these import, in order."""
    found: set[str] = set()
    waiting = [name for tree in trees for name in imported(tree, "")]
    while waiting:
        name = waiting.pop()
        path = path_of(name, root)
        if name in found or path is None or name.startswith(NOT_MEASURED):
            continue
        found.add(name)
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        waiting += imported(_tree(path, path.stat().st_mtime_ns), package)
    return sorted(found)


def imported(tree: ast.AST, package: str) -> Iterator[str]:
    """Names of modules of `utils` that an import there may lead to, with the packages around them.

    package: the one that the code belongs to, for imports that begin with a dot.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                around = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*around, base] if base else around)
            # What is imported from a package may be a module of it.
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == PACKAGE:
                yield from (".".join(parts[:end]) for end in range(1, len(parts) + 1))


def path_of(module: str, root: Path = ROOT) -> Path | None:
    """The module's file; None if there is no such module."""
    path = root.joinpath(*module.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def place() -> dict[str, str]:
    """The system and Python, as far as what is computed may depend on them."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "Python": ".".join(platform.python_version_tuple()[:2]),
    }


def versions() -> dict[str, str]:
    """The system, Python and the packages that compute, as they are here.

    Of a version the part for one kind of processor alone, as in 2.14.1+cpu, is left out.
    """
    return place() | {
        name: Version(version).public
        for name, version in executions.versions().items()
        if name != "Python" and name not in NOT_MEASURING
    }
