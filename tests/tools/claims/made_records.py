"""A small notebook with claims, and runs of it, for the tests of the record."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.claims.record import Run
from tools.notebooks.store import NOTEBOOK_METADATA

VERSIONS = {"system": "Linux x86_64", "Python": "3.11", "torch": "2.14.1"}
FIRST, SECOND = "The first is above 1", "The second holds"


def made_notebook(code: str = "x = 1") -> NotebookNode:
    output = new_output("stream", name="stdout", text=f"✓ {FIRST}\n✓ {SECOND}\n")
    cells = [new_markdown_cell("# 7 A | B"), new_code_cell(code, outputs=[output])]
    return new_notebook(cells=cells)


def write_notebook(path: Path, *sources: str) -> Path:
    """One with a parameter `seed`."""
    cells = [new_code_cell("seed = 0", metadata={"tags": ["parameters"]})]
    cells += [new_code_cell(source) for source in sources]
    nbformat.write(new_notebook(cells=cells, metadata=NOTEBOOK_METADATA), path)
    return path


def compared(text: str, left: float | None, right: float | None, direction: int = -1) -> dict:
    return {"text": text, "direction": direction, "some": False, "left": left, "right": right}


def made_run(seed: int, first: float, code: str = "c0de", **more: object) -> Run:
    """One whose first claim is about the number `first`."""
    claims = [
        {
            "statement": FIRST,
            "held": first > 1,
            "comparisons": [compared("first > 1", first, 1.0)],
        },
        {"statement": SECOND, "held": True, "comparisons": []},
    ]
    return Run(code, VERSIONS, {"seed": seed} | more, claims)
