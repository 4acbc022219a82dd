"""Small notebooks, made for the tests of the tools that look after notebooks."""

import sys
from collections.abc import Sequence
from unittest import mock

import torch
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools.notebooks import store
from utils.drawing.tables import show_table
from utils.explorers import markup as explorers
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


def results(*rows: tuple, columns: Sequence[str] = ("Net", "parameters", "error", "right (%)")):
    """A training cell with a very wide tolerance that shows a table."""
    with mock.patch("utils.drawing.tables.display") as display:
        show_table(columns, rows, "Three of them, σ = 0.5")
    output = new_output("display_data", data=display.call_args.args[0])
    return notebook(output, tolerance={"relative": 0.9, "measured": ["words/s"]}, tagged=True)


def script(*sources: str) -> NotebookNode:
    cells = [new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    return new_notebook(cells=cells, metadata=store.NOTEBOOK_METADATA)


def explorer(
    data: dict, picture: bytes = b"picture", script: str = "<script>old();</script>\n"
) -> NotebookNode:
    page = explorers.element("attention-by-hand", data, picture, ALT) + script
    return new_output("display_data", data={"text/html": page, "text/plain": ALT})


def weights(value: float, count: int = 3) -> dict:
    tensor = pack(torch.full((count,), value), "float32")
    return {"name": "dot", "weights": {"w": tensor}, "words": ["a", value, "a"]}
