"""A chapter on whole data sets: its notebook with the preset `full`, and the tables it shows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from nbformat import NotebookNode

from tools.full_scale import record
from tools.full_scale.record import PRESET, Run
from tools.machine.system import processors, used
from tools.notebooks import environments, listing
from tools.notebooks.run import run_notebook
from utils.drawing.tables import read_table

TAG = "full-scale"  # of the cells whose tables the record keeps


def run(path: Path, folder: Path) -> Run:
    """Run the notebook; what was executed lies in the folder, the tables are in the result.

    Raises what papermill raises when a cell does, and `RuntimeError` if the code was changed
    meanwhile.
    """
    code = record.chapter_code(path)
    preset = listing.preset_path(PRESET, path)
    parameters = yaml.safe_load(preset.read_text("utf-8")) or {}
    before, start = used(children=True)[0], time.monotonic()
    with environments.using(environments.kernel_environment(os.environ)):
        done = run_notebook(path, folder / path.name, parameters)
    if record.chapter_code(path) != code:
        raise RuntimeError(f"the code was changed while {path.stem} ran; run it again")
    worked, memory = used(children=True)
    return Run(
        code,
        **record.circumstances(
            f"python -m tools.full_scale chapter {path.stem}",
            processors(),
            time.monotonic() - start,
            None if worked is None or before is None else worked - before,
            memory,
        ),
        results={"parameters": parameters, "tables": list(tables_of(done))},
    )


def tables_of(notebook: NotebookNode) -> Iterator[dict[str, Any]]:
    """The tables that cells with the tag show, in their order."""
    for cell in listing.code_cells(notebook):
        if TAG in listing.tags(cell):
            for output in cell.outputs:
                table = read_table(output.get("data", {}).get("text/html", ""))
                if table is not None:
                    yield table._asdict()
