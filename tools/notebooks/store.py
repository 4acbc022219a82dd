"""The form in which notebooks are stored: no trace of when, where and how they ran."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.machine import files
from tools.notebooks.environments import KERNEL
from tools.notebooks.listing import tags
from tools.notebooks.outputs import EXPLORER, EXPLORER_KIND, alt_texts, is_explorer, merge_streams

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# What a stored notebook keeps of its metadata. The rest is written by editors and by papermill, and
# differs from machine to machine.
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": KERNEL},
    "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
}
CELL_METADATA = ("cellView", "jupyter", "mystnb", "tags", "tolerance")


def clean(notebook: NotebookNode) -> NotebookNode:
    """A copy of an executed notebook as it is stored: no trace of when, where and how it ran."""
    result = copy.deepcopy(notebook)
    result.nbformat_minor = max(result.nbformat_minor, 5)  # the first with cell ids
    result.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    result.cells = [cell for cell in result.cells if "injected-parameters" not in tags(cell)]
    for cell in result.cells:
        cell.metadata = nbformat.from_dict(
            {name: cell.metadata[name] for name in CELL_METADATA if cell.metadata.get(name)}
        )
        if cell.cell_type == "code":
            cell.outputs = merge_streams(
                [_clean_output(o) for o in cell.outputs if not _is_view(o)]
            )
            _copy_alt_text(cell)
    return result


def _is_view(output: NotebookNode) -> bool:
    return WIDGET_VIEW in output.get("data", {})


def _clean_output(output: NotebookNode) -> NotebookNode:
    if "metadata" in output:
        output.metadata = nbformat.from_dict(
            {kind: {"alt": alt} for kind, alt in alt_texts(output).items() if alt}
        )
    return output


def _copy_alt_text(cell: NotebookNode) -> None:
    """Put the alternative text that came with the output where Jupyter Book reads it."""
    alt = next((alt for output in cell.outputs for alt in alt_texts(output).values() if alt), None)
    rendering = cell.metadata.pop("mystnb", {})
    image = {name: value for name, value in rendering.get("image", {}).items() if name != "alt"}
    if alt:
        image["alt"] = alt
    rendering = {name: value for name, value in rendering.items() if name != "image"}
    if image:
        rendering["image"] = image
    if rendering:
        cell.metadata["mystnb"] = nbformat.from_dict(rendering)


def to_text(notebook: NotebookNode) -> str:
    """The notebook as the text of its file: keys sorted, indented by one space, a newline last."""
    return (
        nbformat.writes(notebook, indent=1, ensure_ascii=False, sort_keys=True).rstrip("\n") + "\n"
    )


def write(notebook: NotebookNode, path: Path) -> None:
    """Replace the file in one step, so that no moment and no fault leaves half a notebook."""
    nbformat.validate(notebook)
    files.write(path, to_text(notebook))


def refresh(notebook: NotebookNode) -> bool:
    """Give stored explorers the scripts and stored tables the layout of today; whether it changed.

    So a change of these needs no training anew. The data stay what the notebook's run made them, in
    the form in which they are written today.
    """
    from utils.drawing.tables import relaid
    from utils.explorers.markup import data_text, script

    changed = False
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            page = output.get("data", {}).get(EXPLORER_KIND)
            if page is None:
                continue
            if is_explorer(output):
                found = EXPLORER.fullmatch(page)
                data = json.loads(found["data"])
                output.data[EXPLORER_KIND] = (
                    page[: found.start("data")]
                    + data_text(data)
                    + page[found.end("data") : found.start("script")]
                    + script(found["name"], data)
                )
            else:
                output.data[EXPLORER_KIND] = relaid(page)
            changed |= output.data[EXPLORER_KIND] != page
    return changed
