"""tools/notebooks/store.py: the form in which a notebook is stored."""

import json
import os
from pathlib import Path

import nbformat
import pytest
from made_notebooks import ALT, explorer, notebook, picture, stream, table, weights
from nbformat.v4 import new_code_cell, new_output

from tools.notebooks import listing, outputs, store
from tools.notebooks.store import clean
from utils.explorers import markup as explorers


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

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        store.write(notebook(), path)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_refresh_puts_the_present_script_in_and_leaves_the_data() -> None:
    stored = notebook(explorer(weights(1.0)))
    before = stored.cells[1].outputs[0].data["text/html"]
    assert store.refresh(stored)
    after = stored.cells[1].outputs[0].data["text/html"]
    assert after == before.replace(
        "<script>old();</script>\n", explorers.script("attention-by-hand")
    )
    assert not store.refresh(stored)


def test_refresh_writes_the_data_without_blanks() -> None:
    stored = notebook(explorer(weights(1.0)))
    store.refresh(stored)
    compact = stored.cells[1].outputs[0].data["text/html"]
    data = outputs.EXPLORER.fullmatch(compact)["data"]
    stored.cells[1].outputs[0].data["text/html"] = compact.replace(
        data, json.dumps(json.loads(data), ensure_ascii=False)
    )
    assert store.refresh(stored)
    assert stored.cells[1].outputs[0].data["text/html"] == compact
