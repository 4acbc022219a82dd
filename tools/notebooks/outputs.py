"""The outputs of a cell: pictures with their texts, explorers, printed lines."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence

from nbformat import NotebookNode

CLAIM = "✓ "  # as utils/notebook/claims.py prints it
IMAGES = ("image/png", "image/svg+xml", "image/jpeg")


def alt_texts(output: NotebookNode) -> dict[str, str | None]:
    """For each picture in the output, by its kind, the alternative text stored with it."""
    metadata = output.get("metadata", {})
    return {
        kind: metadata.get(kind, {}).get("alt") for kind in IMAGES if kind in output.get("data", {})
    }


def merge_streams(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """The outputs with neighbouring pieces of the same stream joined: where it is cut is chance."""
    merged: list[NotebookNode] = []
    for output in copy.deepcopy(list(outputs)):
        last = merged[-1] if merged else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged


def claims_of(notebook: NotebookNode) -> list[str]:
    """The statements that its stored outputs claim, in order."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    lines = [line for output in outputs for line in output.get("text", "").splitlines()]
    return [line.removeprefix(CLAIM) for line in lines if line.startswith(CLAIM)]


# As `explorers.markup` writes it: the element, its data and its picture, and the script.
EXPLORER_KIND = "text/html"
EXPLORER = re.compile(
    r"""<book-(?P<name>[\w-]+)\ label="[^"]*"[^>]*>
        <script\ type="application/json">(?P<data>.*?)</script>
        <img\ alt="[^"]*"\ src="data:image/png;base64,(?P<picture>[^"]*)">
        </book-(?P=name)>\n(?P<script>.*)""",
    re.VERBOSE | re.DOTALL,
)


def is_explorer(output: NotebookNode) -> bool:
    return bool(EXPLORER.fullmatch(output.get("data", {}).get(EXPLORER_KIND, "")))
