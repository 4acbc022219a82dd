"""tools/notebooks: what it stores, and which differences between two runs it sees."""

import copy
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import nbformat
import numpy
import papermill
import pytest
import torch
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import tools.notebooks.__main__ as notebooks
from tools import ROOT
from tools.checks.steps import notebook_steps
from tools.notebooks import environments, executions, listing, nbval_run, run, store
from tools.notebooks.compare import _kind, compare
from tools.notebooks.store import clean
from tools.notebooks.tolerances import Tolerance, numbers, tolerance_of, without_numbers
from utils.drawing.tables import show_table
from utils.explorers import page as explorers
from utils.explorers.packed_tensors import pack

ODD = "a [1] {b} #c %41" if sys.platform == "win32" else "a [1] {b} #c %41?"  # a folder's name
ALT = "A line that falls from left to right"


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", name=name, text=text)


def table(text: str) -> NotebookNode:
    data = {"text/html": f"<td>{text}</td>", "text/plain": text}
    return new_output("display_data", data=data)


def picture(content: str = "AAAA", alt: str | None = ALT, kind: str = "image/png") -> NotebookNode:
    metadata = {kind: {"alt": alt}} if alt else {}
    return new_output("display_data", data={kind: content, "text/plain": "p"}, metadata=metadata)


def notebook(
    *outputs: NotebookNode,
    source: str = "measure()",
    tolerance: object = None,
    tagged: bool = False,
) -> NotebookNode:
    """A notebook with one Markdown cell and one code cell with these outputs."""
    code = new_code_cell(source, execution_count=1, outputs=list(outputs))
    code.id = "second"
    if tolerance is not None:
        code.metadata["tolerance"] = tolerance
    if tagged:
        code.metadata["tags"] = ["training", "nbval-ignore-output"]
    title = new_markdown_cell("# Title")
    title.id = "first"
    return new_notebook(cells=[title, code])


def trained(text: str, tolerance: object = 0.05) -> NotebookNode:
    return notebook(table(text), tolerance=tolerance, tagged=True)


# ------------------------------------------------------------------------------
# Numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("29.3 dB", [29.3]),
        ("1,234.5 and 12,345,678", [1234.5, 12345678]),
        ("-3, −4.5, +2", [-3, -4.5, 2]),
        ("12% of 0.5", [12, 0.5]),
        ("1e-5 2.5E+03 1e−4", [1e-5, 2500, 1e-4]),
        (".25", [0.25]),
        ("from 10-20 and 3–4", [10, 20, 3, 4]),
        ("<td>7.50</td>", [7.5]),
        ("[0.5, -1.25]", [0.5, -1.25]),
        ("loss: 0.5.", [0.5]),
        ("0.91±0.02", [0.91, 0.02]),
        ("2.5× smaller", [2.5]),
    ],
)
def test_numbers_are_found(text: str, expected: list[float]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("7x7", "7×7", "17×17", "mnist-5k", "mnist-5", "chapter_2", "x2", "29dB", "10²"),
        *("1.2.3", "(4,7,7)", "#0072B2", "1,2345", "h1"),
    ],
)
def test_digits_in_a_name_are_text(text: str) -> None:
    assert numbers(text) == []
    assert without_numbers(text) == text


def test_widths_of_columns_do_not_count() -> None:
    assert without_numbers("net    9.9  1") == without_numbers("net  10.25  1")
    assert without_numbers("net 9.9") != without_numbers("pca 9.9")


# ------------------------------------------------------------------------------
# compare


def test_equal_runs_do_not_differ() -> None:
    stored = notebook(stream("a\nb\n"), table("0.5"), picture())
    assert compare(stored, copy.deepcopy(stored)) == []


def test_where_a_stream_is_cut_does_not_count() -> None:
    assert compare(notebook(stream("a\nb\n")), notebook(stream("a\n"), stream("b\n"))) == []


def test_injected_parameters_and_metadata_do_not_count() -> None:
    fresh = notebook(stream("a"))
    fresh.cells.insert(1, new_code_cell("seed = 1", metadata={"tags": ["injected-parameters"]}))
    fresh.metadata["papermill"] = {"duration": 1.0}
    fresh.cells[2].metadata["papermill"] = {"duration": 1.0}
    assert compare(notebook(stream("a")), fresh) == []


@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml"])
def test_pixels_do_not_count_but_alt_texts_do(kind: str) -> None:
    stored = notebook(picture("AAAA", kind=kind))
    assert compare(stored, notebook(picture("BBBB", kind=kind))) == []
    for alt in (f"{ALT}.", None):
        (difference,) = compare(stored, notebook(picture("AAAA", alt, kind)))
        assert "alt text" in difference.what
        assert difference.stored == ALT


def test_alt_texts_count_exactly_in_a_training_cell() -> None:
    stored = notebook(picture(alt="About 10 bars"), tolerance=0.5, tagged=True)
    fresh = notebook(picture(alt="About 11 bars"), tolerance=0.5, tagged=True)
    assert len(compare(stored, fresh)) == 1


def test_untagged_cells_are_compared_exactly() -> None:
    (difference,) = compare(notebook(stream("a\n1.000\n")), notebook(stream("a\n1.001\n")))
    assert (difference.cell, difference.source) == (2, "measure()")
    assert (difference.stored, difference.fresh) == ("1.000", "1.001")
    assert "cell 2 `measure()`" in str(difference)


def test_a_difference_in_white_space_is_made_visible() -> None:
    (difference,) = compare(notebook(stream("a\n")), notebook(stream("a \n")))
    assert (difference.stored, difference.fresh) == (r"'a\n'", r"'a \n'")


def test_numbers_of_a_training_cell_may_differ_within_its_tolerance() -> None:
    assert compare(trained("PSNR 20.0 dB"), trained("PSNR 20.9 dB")) == []
    differences = compare(trained("PSNR 20.0 dB"), trained("PSNR 21.5 dB"))
    assert [d.what.split()[0] for d in differences] == ["text/html", "text/plain"]
    assert "20 and 21.5" in differences[0].what


def test_the_tolerance_of_the_stored_notebook_counts() -> None:
    assert compare(trained("20.0", 0.01), trained("20.9", 0.5)) != []


def test_every_number_counts() -> None:
    assert compare(trained("1.0 2.0 3.0"), trained("1.0 2.0 9.0")) != []
    assert compare(trained("1.0"), trained("-1.0")) != []
    assert compare(trained("1.0"), trained("nan")) != []


def test_words_of_a_training_cell_are_compared_exactly() -> None:
    assert "more than numbers" in compare(trained("net 1.0"), trained("pca 1.0"))[0].what
    assert "number of lines" in compare(trained("net 1.0"), trained("net 1.0\nb 1"))[0].what
    assert compare(trained("7x7 1.0", 0.5), trained("8x8 1.0", 0.5)) != []


def results(*rows: tuple, columns: Sequence[str] = ("Net", "parameters", "error", "right (%)")):
    """A training cell with a very wide tolerance that shows a table."""
    with mock.patch("utils.drawing.tables.display") as display:
        show_table(columns, rows, "Three of them, σ = 0.5")
    output = new_output("display_data", data=display.call_args.args[0])
    return notebook(output, tolerance={"relative": 0.9, "measured": ["words/s"]}, tagged=True)


def test_no_tolerance_lets_a_wrong_number_of_parameters_through() -> None:
    stored = results(("n = 2", 51_000, 0.5, 40))
    assert compare(stored, results(("n = 2", 51_000, 0.7, 60))) == []
    for wrong in (
        results(("n = 2", 500_000, 0.5, 40)),
        results(("n = 2", 51_001, 0.5, 40)),
        results(("n = 3", 51_000, 0.5, 40)),
    ):
        assert [d.what.split(" differs in what is not ")[0] for d in compare(stored, wrong)] == [
            "text/html",
            "text/plain",
        ]
    assert "51,000 and 51,001" in compare(stored, results(("n = 2", 51_001, 0.5, 40)))[0].what
    assert len(compare(stored, results(("n = 2", 51_000, 0.5, 900)))) == 2


def test_whole_numbers_are_measured_where_the_cell_says_so() -> None:
    columns = ("Score", "seeds", "words/s", "σ = 2")
    stored = results(("dot", 3, 23_200, "4 / 5"), columns=columns)
    assert compare(stored, results(("dot", 3, 31_000, "4 / 5"), columns=columns)) == []
    assert compare(stored, results(("dot", 2, 23_200, "4 / 5"), columns=columns)) != []
    assert compare(stored, results(("dot", 3, 23_200, "4 / 6"), columns=columns)) != []
    other = ("Score", "seeds", "words/s", "σ = 3")
    assert compare(stored, results(("dot", 3, 23_200, "4 / 5"), columns=other)) != []


@pytest.mark.parametrize(
    ("fresh", "agrees"),
    [
        ("T = 1: 61 of 200, 60 % right, 1.6 s\n✓ at least 50 %, in 2.5 s", True),
        ("T = 1: 60 of 200, 71% right, 1.6 s\n✓ at least 50 %, in 2.5 s", False),  # a space less
        ("T = 1: 60 of 200, 71 % right, 1.6 s\n✓ at least 50 %, in 2.5 s", True),
        ("T = 2: 60 of 200, 70 % right, 1.5 s\n✓ at least 50 %, in 2.5 s", False),
        ("T = 1: 60 of 201, 70 % right, 1.5 s\n✓ at least 50 %, in 2.5 s", False),
        ("T = 1: 60 of 200, 70 % right, 1.5 s\n✓ at least 51 %, in 2.5 s", False),
        ("T = 1: 60 of 200, 70 % right, 1.5 s\n✓ at least 50 %, in 2.6 s", False),
    ],
)
def test_what_is_counted_in_a_printed_line_and_what_a_claim_says(fresh: str, agrees: bool) -> None:
    tolerance = {"relative": 0.5, "measured": ["of 200", "of 201"]}
    stored = "T = 1: 60 of 200, 70 % right, 1.5 s\n✓ at least 50 %, in 2.5 s"
    one, two = (
        notebook(stream(text), tolerance=tolerance, tagged=True) for text in (stored, fresh)
    )
    assert (compare(one, two) == []) == agrees


def test_all_whole_numbers_of_a_printed_line_may_be_measured() -> None:
    tolerance = {"absolute": 2, "measured": ["places:"]}
    one, two, three = (
        notebook(stream(text), tolerance=tolerance, tagged=True)
        for text in (
            "places: 3 4 4\nseeds: 3",
            "places: 3 5 4\nseeds: 3",
            "places: 3 4 4\nseeds: 4",
        )
    )
    assert compare(one, two) == []
    assert len(compare(one, three)) == 1


def test_an_output_more_or_less_is_a_difference() -> None:
    one, two = notebook(stream("a")), notebook(stream("a"), picture())
    for stored, fresh in ((one, two), (two, one), (one, notebook()), (notebook(), one)):
        assert "number or kind" in compare(stored, fresh)[0].what
    assert compare(one, notebook(stream("a", "stderr"))) != []
    assert compare(notebook(picture()), notebook(picture(kind="image/svg+xml"))) != []
    training = compare(trained("1.0"), notebook(tolerance=0.05, tagged=True))
    assert "number or kind" in training[0].what


def test_a_missing_or_another_cell_is_a_difference() -> None:
    shorter = notebook()
    shorter.cells = shorter.cells[:1]
    (difference,) = compare(notebook(), shorter)
    assert (difference.stored, difference.fresh) == ("2", "1")
    (difference,) = compare(notebook(), notebook(source="measure(2)"))
    assert difference.cell == 2
    assert "another" in difference.what


def test_an_error_in_the_fresh_run_is_a_difference() -> None:
    error = new_output("error", ename="ClaimError", evalue="no", traceback=[])
    assert "ClaimError" in compare(notebook(stream("a")), notebook(error))[0].fresh


def test_what_a_trained_network_wrote_may_differ_in_its_words_but_not_in_its_lines() -> None:
    stored = trained("the cat sleeps\nT = 1", "words")
    assert not compare(stored, trained("a dog sleeps\nT = 1", "words"))
    difference, *_ = compare(stored, trained("the cat sleeps", "words"))
    assert "number of lines" in difference.what


def test_tag_and_tolerance_need_each_other() -> None:
    for wrong in (notebook(table("1"), tagged=True), notebook(table("1"), tolerance=0.1)):
        (difference,) = compare(wrong, copy.deepcopy(wrong))
        assert "tolerance" in difference.what


def test_tolerance_adds_absolute_and_relative() -> None:
    tolerance = Tolerance(relative=0.1, absolute=0.5)
    assert tolerance.allows(10.0, 11.5)
    assert tolerance.allows(-10.0, -11.5)
    assert not tolerance.allows(10.0, 11.8)
    assert Tolerance(absolute=0.3).allows(0.1, -0.1)
    assert not Tolerance(relative=0.3).allows(0.1, -0.1)


def test_both_forms_of_a_tolerance_are_read() -> None:
    assert tolerance_of(trained("1", 0.05).cells[1]) == Tolerance(relative=0.05)
    stated = {"relative": 0.1, "absolute": 2}
    assert tolerance_of(trained("1", stated).cells[1]) == Tolerance(0.1, 2)
    assert tolerance_of(trained("1", {"absolute": 2}).cells[1]) == Tolerance(0.0, 2)
    stated = {"absolute": 2, "measured": ["words/s"]}
    assert tolerance_of(trained("1", stated).cells[1]) == Tolerance(0.0, 2, measured=("words/s",))


@pytest.mark.parametrize(
    "stated",
    [
        "0.05",
        True,
        -0.1,
        0,
        1.5,
        {},
        {"rel": 0.1},
        {"absolute": "1"},
        float("nan"),
        [0.1],
        {"measured": ["a"]},
        {"relative": 0.1, "measured": "a"},
        {"relative": 0.1, "measured": [""]},
    ],
)
def test_a_tolerance_that_says_nothing_sensible_is_refused(stated: object) -> None:
    with pytest.raises(ValueError, match="expected as tolerance"):
        tolerance_of(trained("1", stated).cells[1])


def test_the_command_reports_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    paths = [tmp_path / name for name in ("stored.ipynb", "same.ipynb", "other.ipynb")]
    for path, text in zip(paths, ("1", "1", "2"), strict=True):
        store.write(notebook(stream(text)), path)
    assert notebooks.command_compare(notebooks.parse(["compare", *map(str, paths[:2])])) == 0
    assert "1 outputs agree" in capsys.readouterr().out
    assert notebooks.command_compare(notebooks.parse(["compare", *map(str, paths[::2])])) == 1
    report = capsys.readouterr().out
    for part in ("stored.ipynb", "cell 2 `measure()`", "stored: 1", "fresh:  2"):
        assert part in report


# ------------------------------------------------------------------------------
# clean and write


def test_clean_leaves_no_trace_of_the_run() -> None:
    run = notebook(stream("a"), stream("b"))
    run.metadata = nbformat.from_dict(
        {
            "kernelspec": {"name": "other", "display_name": "Mine"},
            "language_info": {"name": "python", "version": "3.99.1"},
            "papermill": {"start_time": "now"},
            "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}},
        }
    )
    run.cells.insert(1, new_code_cell("seed = 1", metadata={"tags": ["injected-parameters"]}))
    code = run.cells[2]
    code.metadata = nbformat.from_dict(
        {
            "tags": [],
            "papermill": {"duration": 1},
            "execution": {"iopub.execute_input": "now"},
            "ExecuteTime": {"end_time": "now"},
            "scrolled": True,
        }
    )
    view = {store.WIDGET_VIEW: {"model_id": "1"}, "text/plain": "IntSlider()"}
    code.outputs.append(new_output("display_data", data=view))

    result = clean(run)

    assert result.metadata == store.NOTEBOOK_METADATA
    assert [cell.cell_type for cell in result.cells] == ["markdown", "code"]
    assert result.cells[1].metadata == {}
    assert result.cells[1].outputs == [stream("ab")]
    assert result.cells[1].execution_count == 1
    assert [cell.id for cell in result.cells] == ["first", "second"]
    assert "papermill" in run.metadata, "the run itself must stay as it was"


def test_clean_keeps_what_the_book_states() -> None:
    run = notebook(table("1"), tolerance={"relative": 0.1}, tagged=True)
    run.cells[1].metadata["cellView"] = "form"
    assert clean(run).cells[1].metadata == {
        "cellView": "form",
        "tags": ["training", "nbval-ignore-output"],
        "tolerance": {"relative": 0.1},
    }


@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml"])
def test_clean_copies_the_alt_text_to_where_jupyter_book_reads_it(kind: str) -> None:
    run = notebook(stream("a"), picture(kind=kind))
    run.cells[1].metadata["mystnb"] = {"image": {"alt": "an older text", "width": "50%"}}
    result = clean(run)
    assert result.cells[1].metadata["mystnb"] == {"image": {"alt": ALT, "width": "50%"}}
    assert result.cells[1].outputs[1].metadata == {kind: {"alt": ALT}}


def test_clean_drops_the_alt_text_of_a_picture_that_is_gone() -> None:
    run = notebook(stream("a"))
    run.cells[1].metadata["mystnb"] = {"image": {"alt": "an older text"}}
    assert "mystnb" not in clean(run).cells[1].metadata


def test_cleaning_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "编码器.ipynb"
    store.write(clean(notebook(stream("编码器 ✓"), picture())), path)
    text = path.read_text("utf-8")
    assert store.to_text(clean(listing.read(path))) == text
    assert "编码器 ✓" in text
    assert text.endswith("}\n") and not text.endswith("\n\n")
    assert '\n "cells"' in text


def test_a_fault_while_writing_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text("old")

    def full_disk(*_arguments: object, **_options: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OSError, match="no space"):
        store.write(notebook(), path)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


# ------------------------------------------------------------------------------
# Which notebooks there are, and with what they can be run

CONTENTS = """
format: jb-book
root: book/index
parts:
  - caption: Chapters
    chapters:
      - file: chapters/02_b
        sections:
          - file: chapters/01_a
  - chapters: [{file: book/c}]
"""


def test_the_notebooks_are_those_of_the_contents_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text(CONTENTS, encoding="utf-8")
    names = ("chapters/01_a", "chapters/02_b", "chapters/Untitled", "chapters/02_b-Copy1", "book/c")
    for name in names:
        path = tmp_path / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text("not even a notebook", encoding="utf-8")
    found = [path.relative_to(tmp_path).as_posix() for path in listing.find_notebooks(tmp_path)]
    assert found == ["chapters/02_b.ipynb", "chapters/01_a.ipynb", "book/c.ipynb"]


@pytest.mark.parametrize("text", [None, "parts: [", ""])
def test_without_contents_no_folder_is_searched(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "_toc.yml").write_text(text, encoding="utf-8")
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "01_a.ipynb").write_text("{}", encoding="utf-8")
    if text == "":
        assert listing.find_notebooks(tmp_path) == []
    else:
        with pytest.raises(ValueError, match=r"expected the list of the book's pages in .*_toc"):
            listing.find_notebooks(tmp_path)


@pytest.mark.parametrize("text", ["-1", "abc", "1.5", "", str(2**32), "9" * 40, "½", "1e3"])
def test_a_seed_is_a_whole_number(text: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        notebooks.parse(["run", "01", f"--seed={text}"])
    message = capsys.readouterr().err.splitlines()[-1]
    assert f"expected a whole number from 0 to 4294967295, got {text!r}" in message
    assert notebooks.parse(["run", "01", "--seed", str(2**32 - 1)]).seed == 2**32 - 1


def test_words_that_belong_to_nothing_are_named(capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit):
        notebooks.parse(["run", "01", "epochs", "abc"])
    assert "unrecognized arguments: epochs abc" in capsys.readouterr().err


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


def test_a_data_root_is_the_same_folder_for_a_notebook(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "me"))

    def given(text: str) -> str | None:
        return environments.kernel_environment({"DATA_ROOT": text}).get("DATA_ROOT")

    assert given("data") == str(tmp_path / "data")
    assert given("~/data") == str(tmp_path / "me" / "data")
    assert given("") is given("  ") is None
    assert "DATA_ROOT" not in environments.kernel_environment({})


# ------------------------------------------------------------------------------
# execute and run: these start a kernel


def script(*sources: str) -> NotebookNode:
    cells = [new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    return new_notebook(cells=cells, metadata=store.NOTEBOOK_METADATA)


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


def test_the_closed_environment_hides_data_and_network() -> None:
    base = {"DATA_ROOT": "/data", "no_proxy": "*", "MPLBACKEND": "agg", "HOME": "/home/me"}
    closed = environments.closed_environment(base)
    assert not {"DATA_ROOT", "no_proxy", "MPLBACKEND"} & set(closed)
    assert closed["HOME"] == "/home/me"
    assert closed["OMP_NUM_THREADS"] == closed["BOOK_SNAPSHOT"] == "1"
    assert base["DATA_ROOT"] == "/data"


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


# ------------------------------------------------------------------------------
# nbval, and the outputs of its run: these start a kernel too

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


def test_a_cell_that_changes_what_it_showed_fails_under_nbval(tmp_path: Path) -> None:
    path, fresh = tmp_path / "a.ipynb", tmp_path / "fresh.ipynb"
    source = script("from IPython.display import clear_output", "print(1); clear_output()")
    store.write(source, path)
    result = under_nbval(path, fresh)
    assert result.returncode == 1
    assert "only adds outputs, got clear_output" in result.stdout


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


# ------------------------------------------------------------------------------
# Explorers


def explorer(
    data: dict, picture: bytes = b"picture", script: str = "<script>old();</script>\n"
) -> NotebookNode:
    page = explorers.element("attention", data, picture, ALT) + script
    return new_output("display_data", data={"text/html": page, "text/plain": ALT})


def weights(value: float, count: int = 3) -> dict:
    tensor = pack(torch.full((count,), value), "float32")
    return {"name": "dot", "weights": {"w": tensor}, "words": ["a", value, "a"]}


def test_of_an_explorer_the_picture_is_not_compared() -> None:
    stored, fresh = (notebook(explorer({"a": 1}, picture)) for picture in (b"one", b"other"))
    assert compare(stored, fresh) == []


def test_an_explorers_data_are_compared_exactly_where_nothing_is_trained() -> None:
    stored, fresh = (notebook(explorer({"a": value})) for value in (0.5, 0.6))
    assert len(compare(stored, fresh)) == 1


@pytest.mark.parametrize(
    ("data", "differences"),
    [
        (weights(2.0), 0),
        (weights(1.0, count=4), 1),
        (weights(1.0) | {"name": "general"}, 1),
        (weights(1.0) | {"more": []}, 1),
        (weights(1.0) | {"words": ["a", 2.0, "b"]}, 1),
    ],
)
def test_a_trained_explorer_may_differ_in_its_numbers_alone(data: dict, differences: int) -> None:
    stored, fresh = (
        notebook(explorer(some), tolerance="words", tagged=True) for some in (weights(1.0), data)
    )
    assert len(compare(stored, fresh)) == differences


def test_another_script_is_a_difference() -> None:
    stored, fresh = (
        notebook(explorer(weights(1.0), script=script), tolerance="words", tagged=True)
        for script in ("<script>old();</script>\n", "<script>new();</script>\n")
    )
    assert len(compare(stored, fresh)) == 1


def test_an_explorer_and_a_table_differ() -> None:
    assert len(compare(notebook(explorer({})), notebook(table("1")))) == 1


def test_refresh_puts_the_present_script_in_and_leaves_the_data() -> None:
    stored = notebook(explorer(weights(1.0)))
    before = stored.cells[1].outputs[0].data["text/html"]
    assert store.refresh(stored)
    after = stored.cells[1].outputs[0].data["text/html"]
    assert after == before.replace("<script>old();</script>\n", explorers.script("attention"))
    assert not store.refresh(stored)
