"""tools/claims/fingerprint.py: a change that could change a number is seen, and no other."""

import ast
import os
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import ROOT
from tools.claims import fingerprint as fingerprints
from tools.claims.fingerprint import closure, code_of, fingerprint
from tools.notebooks import listing

FILES = {
    "__init__.py": '"""The book."""\n',
    "models/__init__.py": "",
    "models/rnn.py": '"""A network."""\n\nfrom ..training.loop import fit\n\nSIZE = 3  # units\n',
    "models/unused.py": "SIZE = 1\n",
    "training/__init__.py": "from . import seeds\n",
    "training/loop.py": 'def fit():\n    """Train."""\n    import utils.storage.files\n\n'
    "    return 1\n",
    "training/seeds.py": "FIRST = 0\n",
    "storage/__init__.py": "",
    "storage/files.py": "def write():\n    return 2\n",
    "drawing/__init__.py": "",
    "drawing/figures.py": "import utils.models.unused\n\n\ndef show():\n    return 3\n",
    "explorers/__init__.py": "",
    "explorers/page.py": "def show():\n    return 4\n",
    "explorers/packed_tensors.py": "def rounded():\n    return 5\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "utils" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def notebook(source: str = "x = 1  # one\n", setup: str = "a = 1") -> NotebookNode:
    imports = (
        "from utils.models.rnn import fit\n"
        "from utils.drawing.figures import show\n"
        "from utils.explorers.packed_tensors import rounded\n"
        "import utils.explorers.page"
    )
    return new_notebook(
        cells=[
            new_code_cell(setup, metadata={"tags": ["setup"]}),
            new_code_cell(imports),
            new_markdown_cell("Prose"),
            new_code_cell(source),
        ]
    )


def change(root: Path, name: str, old: str, new: str) -> None:
    path = root / "utils" / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 10**9))  # later, also by a coarse clock


def test_what_a_notebook_needs_is_found_through_all_modules(root: Path) -> None:
    trees = [ast.parse(cell.source) for cell in listing.code_cells(notebook())]
    assert closure(trees, root) == [
        "utils",
        "utils.explorers",
        "utils.explorers.packed_tensors",
        "utils.models",
        "utils.models.rnn",
        "utils.storage",
        "utils.storage.files",
        "utils.training",
        "utils.training.loop",
        "utils.training.seeds",
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("models/rnn.py", "SIZE = 3", "SIZE = 4"),
        ("training/loop.py", "return 1", "return 1.0"),
        ("training/__init__.py", "from . import seeds", "from . import seeds as s"),
        ("training/seeds.py", "0", "1"),
        ("storage/files.py", "return 2", "return -2"),
        ("explorers/packed_tensors.py", "5", "6"),
        ("models/__init__.py", "", "SIZE = 1"),
    ],
)
def test_a_change_of_the_code_is_seen(root: Path, name: str, old: str, new: str) -> None:
    before = fingerprint(notebook(), root)
    change(root, name, old, new)
    assert fingerprint(notebook(), root) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("models/rnn.py", "A network", "The network"),
        ("models/rnn.py", "# units", "# numbers"),
        ("models/rnn.py", '"""A network."""\n\n', ""),
        ("training/loop.py", "Train.", "Train it."),
        ("training/loop.py", "\n\n    return", "\n    return"),
        ("models/unused.py", "1", "2"),
        ("drawing/figures.py", "3", "4"),
        ("explorers/page.py", "4", "5"),
    ],
)
def test_what_changes_no_number_is_not_seen(root: Path, name: str, old: str, new: str) -> None:
    before = fingerprint(notebook(), root)
    change(root, name, old, new)
    assert fingerprint(notebook(), root) == before


def test_of_a_notebook_the_code_counts_and_not_its_set_up(root: Path) -> None:
    before = fingerprint(notebook(), root)
    assert fingerprint(notebook("x = 1"), root) == before
    assert fingerprint(notebook(setup="a = 2"), root) == before
    assert fingerprint(notebook("x = 2"), root) != before
    assert fingerprint(notebook("%time x = 1"), root) != fingerprint(notebook("%time x = 2"), root)
    prose = notebook()
    prose.cells[2].source = "Other prose"
    prose.cells[3].outputs = []
    assert fingerprint(prose, root) == before
    joined = notebook("x = 1")
    joined.cells[3:] = [new_code_cell("x ="), new_code_cell("1")]
    assert fingerprint(joined, root) != before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = '1'", "x = 1"),
        ("x = 1", "x = 1.0"),
        ("x = True", "x = 1"),
        ("f(a)", "f(*a)"),
        ("def f(): 'text'; return 1", "def f(): return 1"),  # the same: a docstring
        ("'a'; x = 1", "'b'; x = 1"),  # the same
        ("x = 'a'", "x = 'b'"),
        ("f'{x}'", "f'{x!r}'"),
        ("a if b else c", "a if c else b"),
        ("x[1:]", "x[:1]"),
        ("a < b", "a <= b"),
        ("class A:\n  'd'\n  x = 1", "class A:\n  x = 1"),  # the same
    ],
)
def test_code_that_computes_something_else_is_another_text(one: str, other: str) -> None:
    same = ast.dump(_bare(one)) == ast.dump(_bare(other))
    assert (code_of(ast.parse(one)) == code_of(ast.parse(other))) == same


def _bare(source: str) -> ast.Module:
    """The code without its docstrings, by another way."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and not isinstance(node, ast.If | ast.For | ast.While):
            first = body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                del body[0]
    return tree


def test_fields_that_only_one_python_knows_are_left_out() -> None:
    """A function has `type_params` from 3.12 on; there, too, its text is this one."""
    assert code_of(ast.parse("def f(x, /): return [x]")) == (
        "Module(body=[FunctionDef(name='f'args=arguments(posonlyargs=[arg(arg='x'),])"
        "body=[Return(value=List(elts=[Name(id='x'),])),]),])"
    )


def test_the_modules_left_out_are_modules_of_the_book() -> None:
    for name in fingerprints.NOT_MEASURED:
        assert fingerprints.path_of(name), name
    declared = {name.lower() for name in fingerprints.executions.versions()}
    assert set(fingerprints.NOT_MEASURING) <= declared


def test_no_measured_number_comes_from_a_module_left_out() -> None:
    """What a cell with claims calls of these modules has no part in an argument of `claim`."""
    for path in listing.find_notebooks():
        trees = []
        for cell in listing.code_cells(listing.read(path)):
            if "setup" not in listing.tags(cell):
                trees.append(ast.parse(cell.source))
        shown = {
            alias.asname or alias.name
            for tree in trees
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and (node.module or "").startswith(fingerprints.NOT_MEASURED)
            for alias in node.names
        }
        for tree in trees:
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "claim":
                    used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
                    assert not used & shown, f"{path.name}: {used & shown}"
    assert (ROOT / "utils").is_dir()


def test_versions_are_of_the_system_and_of_what_computes() -> None:
    found = fingerprints.versions()
    assert {"system", "Python", "torch", "numpy"} <= set(found)
    assert not set(fingerprints.NOT_MEASURING) & set(found)
    assert found["Python"].count(".") == 1
    assert not any("+" in version for version in found.values())
