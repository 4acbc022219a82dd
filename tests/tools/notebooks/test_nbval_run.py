"""tools/notebooks/nbval_run.py: nbval, and the outputs of its run; kernels start."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import papermill
import pytest
from made_notebooks import ODD, picture, script, stream
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import tools.notebooks.__main__ as notebooks
from tools import ROOT
from tools.checks.steps import notebook_steps
from tools.notebooks import environments, listing, nbval_run, run, store
from tools.notebooks.compare import _kind
from tools.notebooks.store import clean

SLOW = 600  # seconds that a machine with much else to do may need for any one thing


def test_no_run_fails_for_being_slow(tmp_path: Path, monkeypatch) -> None:
    asked = {}
    monkeypatch.setattr(papermill, "execute_notebook", lambda *_, **options: asked.update(options))
    run.run_notebook(tmp_path / "a.ipynb", tmp_path / "b.ipynb", {})
    assert asked["start_timeout"] >= SLOW and asked["iopub_timeout"] >= SLOW
    assert "execution_timeout" not in asked  # papermill's own is none

    called = []
    monkeypatch.setattr(nbval_run.pytest, "main", lambda given, **_: called.extend(given) or 0)
    monkeypatch.chdir(tmp_path)
    nbval_run.main([str(tmp_path / "fresh.ipynb"), str(tmp_path / "a.ipynb")])
    limits = dict(option.split("=") for option in called if "timeout" in option)
    assert int(limits["--nbval-kernel-startup-timeout"]) >= SLOW
    assert int(limits["--nbval-cell-timeout"]) >= 10 * SLOW

    recorder = nbval_run.Recorder()
    recorder.notebook = new_notebook(cells=[new_code_cell()])
    item = SimpleNamespace(cell_num=0, parent=SimpleNamespace(get_kernel_message=None))
    running = recorder.pytest_runtest_call(item)
    next(running)
    assert item.output_timeout >= SLOW
    running.close()


TRAINING = """
from IPython.display import display, HTML
import sys
print("first", end="")
print(" and on")
display({"image/png": "AAAA", "text/plain": "p"}, raw=True, metadata={"image/png": {"alt": "A"}})
print("second")
print("careful", file=sys.stderr)
display(HTML("<td>loss 2.04</td>"))
seed
"""


def under_nbval(path: Path, fresh: Path) -> subprocess.CompletedProcess:
    """What the step "nbval" does first, in a process of its own."""
    options = ["-q", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "tools.notebooks.nbval_run", fresh, path, *options]
    environment = environments.closed_environment(os.environ)
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def training_notebook(loss: str) -> NotebookNode:
    result = script("seed = 7", "print(6 * seed)", TRAINING, "# nothing")
    for count, cell in enumerate(result.cells, start=1):
        cell.execution_count = count
    result.cells[1].outputs = [stream("42\n")]
    training = result.cells[2]
    training.metadata = nbformat.from_dict(
        {"tags": ["training", "nbval-ignore-output"], "tolerance": 0.05}
    )
    html = {
        "text/html": f"<td>loss {loss}</td>",
        "text/plain": "<IPython.core.display.HTML object>",
    }
    training.outputs = [
        stream("first and on\n"),
        picture("AAAA", "A"),
        stream("second\n"),
        stream("careful\n", "stderr"),
        new_output("display_data", data=html),
        new_output("execute_result", data={"text/plain": "7"}, execution_count=3),
    ]
    return result


@pytest.mark.slow
def test_outputs_of_nbvals_run_are_kept_and_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    (tmp_path / ODD).mkdir()
    path, fresh = tmp_path / ODD / "a.ipynb", tmp_path / ODD / "out" / "a.ipynb"
    stored = training_notebook(loss="2.0")
    store.write(stored, path)
    before = path.read_bytes()
    result = under_nbval(path, fresh)
    assert result.returncode == 0, result.stdout
    assert "4 passed" in result.stdout
    assert path.read_bytes() == before
    kept = listing.read(fresh)
    training = clean(kept).cells[2].outputs
    assert [_kind(output) for output in training] == [
        _kind(output) for output in stored.cells[2].outputs
    ]
    assert training[0] == stream("first and on\n")
    assert training[1] == picture("AAAA", "A")
    assert training[4].data["text/html"] == "<td>loss 2.04</td>"
    assert clean(kept).cells[1].outputs == [stream("42\n")]
    # The number is within the tolerance of what is stored; of another one it would not be.
    arguments = ["compare", str(path), str(fresh)]
    assert notebooks.command_compare(notebooks.parse(arguments)) == 0
    store.write(training_notebook(loss="2.5"), path)
    assert notebooks.command_compare(notebooks.parse(arguments)) == 1
    assert "2.5 and 2.04" in capsys.readouterr().out


@pytest.mark.slow
def test_a_cell_that_raises_or_shows_something_else_fails_under_nbval(tmp_path: Path) -> None:
    path, fresh = tmp_path / "a.ipynb", tmp_path / "fresh.ipynb"
    fresh.write_text("an earlier run's")
    source = script("seed = 7", "print('fresh')", "raise ValueError('no')", "print('after')")
    for cell in source.cells:
        cell.execution_count = 1
    source.cells[1].outputs = [stream("stored\n")]
    # Nothing that it shows is compared, but it must not raise.
    source.cells[2].metadata["tags"] = ["nbval-ignore-output"]
    source.cells[3].outputs = [stream("after\n")]
    store.write(source, path)
    result = under_nbval(path, fresh)
    assert result.returncode == 1
    assert "2 failed, 2 passed" in result.stdout
    kinds = [[_kind(o) for o in cell.outputs] for cell in listing.read(fresh).cells]
    assert kinds == [[], ["stdout"], ["error ValueError"], ["stdout"]]


@pytest.mark.slow
def test_a_cell_that_changes_what_it_showed_fails_under_nbval(tmp_path: Path) -> None:
    path, fresh = tmp_path / "a.ipynb", tmp_path / "fresh.ipynb"
    source = script("from IPython.display import clear_output", "print(1); clear_output()")
    store.write(source, path)
    result = under_nbval(path, fresh)
    assert result.returncode == 1
    assert "only adds outputs, got clear_output" in result.stdout


@pytest.mark.slow
def test_without_a_notebook_nothing_is_written(tmp_path: Path) -> None:
    path, fresh = tmp_path / "a.ipynb", tmp_path / "fresh.ipynb"
    nbformat.write(new_notebook(cells=[new_markdown_cell("# Title")]), path)
    result = under_nbval(path, fresh)
    assert result.returncode != 0
    assert "expected one notebook with code cells" in result.stdout + result.stderr
    assert not fresh.exists()


def test_each_notebook_is_compared_with_what_nbval_kept_of_its_run() -> None:
    steps = {step.name: step for step in notebook_steps({})}
    assert not [name for name in steps if name.startswith("outputs")]
    for path in listing.find_notebooks():
        run, compared = steps[f"nbval {path.stem}"].commands
        assert run[1:3] == ("-m", "tools.notebooks.nbval_run") and run[4] == str(path)
        assert compared[1:] == ("-m", "tools.notebooks", "compare", str(path), run[3])
        assert run[3] != str(path)
