"""tools/notebooks/run.py: running with other parameters, and storing the outputs; kernels start."""

import sys
from pathlib import Path

import nbformat
import numpy
import pytest
from made_notebooks import ODD, script, stream

from tools.notebooks import environments, executions, listing, run, store
from tools.notebooks.store import clean


@pytest.mark.parametrize(
    ("value", "default", "expected"),
    [
        (3, 8, True),
        ("abc", 8, False),
        (1, 0.5, True),
        (0.5, 1, False),
        (True, 1, False),
        ("a", None, True),
        (None, 3, True),
        ([1], [2, 3], True),
        ("mnist", ["mnist"], False),
    ],
)
def test_a_parameter_is_of_the_kind_of_its_default(value, default, expected) -> None:
    assert run.is_like(value, default) == expected


@pytest.fixture
def as_the_command_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environments.closed_environment({}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DATA_ROOT", raising=False)


@pytest.mark.usefixtures("as_the_command_does")
def test_execute_stores_clean_outputs(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    source = (
        "import os, sys\n"
        f"print(seed, os.path.samefile('.', {str(tmp_path)!r}), sys.prefix)\n"
        "print(os.environ['BOOK_SNAPSHOT'], os.environ['HTTPS_PROXY'])"
    )
    nbformat.write(script("seed = 7", source), path)
    taken = run.execute(path)
    stored = listing.read(path)
    expected = f"7 True {sys.prefix}\n1 http://127.0.0.1:9\n"
    assert stored.cells[1].outputs == [stream(expected)]
    assert [cell.execution_count for cell in stored.cells] == [1, 2]
    assert path.read_text("utf-8") == store.to_text(clean(stored))
    assert "papermill" not in path.read_text("utf-8")
    assert taken.is_of(stored)
    assert taken.versions["numpy"] == numpy.__version__


@pytest.mark.usefixtures("as_the_command_does")
def test_a_run_that_fails_leaves_the_stored_notebook(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    nbformat.write(script("seed = 7", "print('fine')", "raise ValueError('no')"), path)
    before = path.read_bytes()
    with pytest.raises(Exception, match="ValueError"):
        run.execute(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("as_the_command_does")
def test_each_run_that_succeeds_is_noted_and_no_other(tmp_path: Path, capsys) -> None:
    good, bad, notes = (tmp_path / name for name in ("a.ipynb", "b.ipynb", "notes.json"))
    wait = "import time\ntime.sleep(seed)"
    nbformat.write(script("seed = 1", wait), good)
    nbformat.write(script("seed = 1", "raise ValueError('no')"), bad)
    notes.write_text("{}")
    (failure,) = run.execute_all([bad, good], notes)
    assert "b.ipynb" in failure and "ValueError" in failure
    ((stem, taken),) = executions.read(notes).items()
    assert stem == "a" and taken.is_of(listing.read(good))
    assert taken.seconds >= 1


@pytest.mark.usefixtures("as_the_command_does")
def test_run_passes_parameters_and_refuses_unknown_ones(tmp_path: Path) -> None:
    odd = tmp_path / ODD
    odd.mkdir()
    source, target = odd / "a.ipynb", odd / "out" / "b.ipynb"
    nbformat.write(script("seed = 7", "print(seed)"), source)
    result = run.run_notebook(source, target, {"seed": 1})
    assert result.cells[-1].outputs == [stream("1\n")]
    assert target.exists()
    with pytest.raises(ValueError, match="got epochs"):
        run.run_notebook(source, target, {"epochs": 1})
    with pytest.raises(ValueError, match="expected for seed a value like 7, got 'abc'"):
        run.run_notebook(source, target, {"seed": "abc"})
