"""A notebook as plain text, for people who compare two of them: `git diff` after `make hooks`.

    notebook_text.py NOTEBOOK

Prose and code stand as they are written. Of a picture there is its text and a fingerprint, of an
explorer its name and two: data that a training made anew and a changed script are told apart.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where PYTHONSAFEPATH is set it is left out

import nbformat
import notebooks
from nbformat import NotebookNode


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
    facts = [cell.cell_type, *notebooks.tags(cell)]
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
    if notebooks.is_explorer(output):
        found = notebooks.EXPLORER.fullmatch(output.data[notebooks.EXPLORER_KIND])
        prints = f"data {_print(found['data'])}, script {_print(found['script'])}"
        yield f"[explorer {found['name']}, {prints}]"
    for kind, alt in notebooks.alt_texts(output).items():
        yield f"[{kind} {_print(output.data[kind])}]"
        yield from (alt or "").splitlines()
    if not notebooks.alt_texts(output):
        yield from output.data.get("text/plain", "").splitlines()
        yield from output.data.get("text/markdown", "").splitlines()


def _print(content: str) -> str:
    """A fingerprint: as good as certainly another one for another content."""
    return hashlib.sha256(content.encode()).hexdigest()[:8]


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    path = Path(arguments[0])
    try:
        notebook = notebooks.read(path)
    except (OSError, nbformat.reader.NotJSONError, nbformat.ValidationError) as error:
        print(f"expected a notebook in {path}, got something else: {error}", file=sys.stderr)
        return 1
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(as_text(notebook))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
