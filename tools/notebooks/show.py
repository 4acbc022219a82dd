"""A notebook as plain text, for people who compare two of them: `git diff` after `make hooks`.

Prose and code stand as they are written. Of a picture there is its text and a fingerprint, of an
explorer its name and two: data that a training made anew and a changed script are told apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from nbformat import NotebookNode

from tools.notebooks import listing, outputs


def as_text(notebook: NotebookNode) -> str:
    """The notebook's cells, one below the other, each line as somebody would read it."""
    lines: list[str] = []
    for cell in notebook.cells:
        lines += ["", _heading(cell), *cell.source.splitlines()]
        for output in cell.get("outputs", []):
            lines += [f"    {line}".rstrip() for line in _output_lines(output)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _heading(cell: NotebookNode) -> str:
    """Kind, tags and tolerance; no number, which one cell more would change in all that follow."""
    facts = [cell.cell_type, *listing.tags(cell)]
    if "tolerance" in cell.metadata:
        facts.append(f"tolerance {cell.metadata.tolerance}")
    return f"%% {', '.join(facts)}"


def _output_lines(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "stream":
        yield from output.text.splitlines()
        return
    if output.output_type == "error":
        yield f"{output.ename}: {output.evalue}"
        return
    if outputs.is_explorer(output):
        found = outputs.EXPLORER.fullmatch(output.data[outputs.EXPLORER_KIND])
        prints = f"data {_print(found['data'])}, script {_print(found['script'])}"
        yield f"[explorer {found['name']}, {prints}]"
    for kind, alt in outputs.alt_texts(output).items():
        yield f"[{kind} {_print(output.data[kind])}]"
        yield from (alt or "").splitlines()
    if not outputs.alt_texts(output):
        yield from output.data.get("text/plain", "").splitlines()
        yield from output.data.get("text/markdown", "").splitlines()


def _print(content: str) -> str:
    """A fingerprint: as good as certainly another one for another content."""
    return hashlib.sha256(content.encode()).hexdigest()[:8]
