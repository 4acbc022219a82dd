"""A chapter's page as a story: what is folded, and behind what.

The notebook says so by the tags of its cells and keeps its order; only the page folds.

- The set-up, that is the cell tagged `setup` and the code cells without output that follow it, is
  one bar below the first picture.
- A cell tagged `claim` is what it claims; the check is behind it.
- A section whose Markdown cell is tagged `aside` is folded behind its heading.
- All other code that has the tag `hide-input` is folded by MyST-NB.

Which of them stand open is the reader's choice, in book/assets/story.js.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from tools.sphinx_extensions.words import _

# What `utils.notebook.claims.claim` puts before a sentence that holds.
TICK = "✓ "
# A name in code, in a sentence that a cell prints.
CODE, CODE_TAG = re.compile(r"`([^`]+)`"), r"<code>\1</code>"


class Folded(nodes.Element):
    """<details> with one line or more in its <summary>, and what opens it in a word or two."""


def visit_folded(translator: HTML5Translator, node: Folded) -> None:
    lines = "".join(
        f'<span class="folded-line">{CODE.sub(CODE_TAG, escape(line))}</span> '
        for line in node["lines"]
    )
    prompt = f'<span class="folded-prompt">{escape(node["prompt"])}</span>'
    translator.body.append(f'<details class="{" ".join(node["classes"])}">\n')
    translator.body.append(f"<summary>{lines}{prompt}</summary>\n")


def depart_folded(translator: HTML5Translator, _node: Folded) -> None:
    translator.body.append("</details>\n")


def fold(kind: str, content: list[nodes.Node], *lines: str, prompt: str) -> Folded:
    return Folded("", *content, classes=[kind], lines=list(lines), prompt=prompt)


class FoldCells(SphinxPostTransform):
    """The set-up and the claims of a notebook."""

    default_priority = 150  # before MyST-NB folds what has the tag `hide-input`
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        for cell in list(code_cells(self.document)):
            if "tag_claim" in cell["classes"]:
                fold_claim(cell)
        fold_set_up(self.document)


class FoldAsides(SphinxPostTransform):
    """The sections for the curious. MyST-NB drops the tags of Markdown: the notebook has them."""

    default_priority = 160
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        source = Path(self.env.doc2path(self.env.docname))
        if source.suffix != ".ipynb":
            return
        missing = set(headings_of_asides(source))
        for section in list(self.document.findall(nodes.section)):
            title = letters(section.next_node(nodes.title).astext())
            if title in missing:
                missing.remove(title)
                content = section.children[1:]
                del section.children[1:]
                section += fold("aside", content, prompt=_("Unfold this section"))
        if missing:
            raise ValueError(
                f"expected a heading at the start of each cell with the tag `aside` in {source}, "
                f"found none on the page for {sorted(missing)}"
            )


def code_cells(document: nodes.document) -> Iterator[nodes.container]:
    for node in document.findall(nodes.container):
        if node.get("nb_element") == "cell_code":
            yield node


def output_of(cell: nodes.container) -> nodes.Node | None:
    """The part of a code cell that holds its outputs, if there are any."""
    last = cell.children[-1] if cell.children else None
    return last if last is not None and last.get("nb_element") == "cell_code_output" else None


def fold_claim(cell: nodes.container) -> None:
    """Put the claims in the place of the cell, with the code behind them."""
    output = output_of(cell)
    lines = output.astext().strip().splitlines() if output is not None else []
    if not lines or not all(line.startswith(TICK) for line in lines):
        raise ValueError(
            f"expected lines that begin with {TICK!r} from a cell with the tag `claim`, got "
            f"{lines}; take the tag away or run the notebook"
        )
    statements = [line.removeprefix(TICK) for line in lines]
    code = cell.children[:-1]
    cell.attributes.pop("hide_mode", None)
    cell.children = []
    cell += fold("claim", code, *statements, prompt=_("show the check"))


def fold_set_up(document: nodes.document) -> None:
    """Move the set-up, as one bar, below the first picture or explorer after it."""
    cells = list(code_cells(document))
    first = next((cell for cell in cells if "tag_setup" in cell["classes"]), None)
    if first is None:
        return
    siblings = first.parent.children
    set_up = []
    for node in siblings[siblings.index(first) :]:
        if node not in cells or output_of(node) is not None:
            break
        set_up.append(node)
    picture = next(
        (cell for cell in cells[cells.index(set_up[-1]) + 1 :] if output_of(cell) is not None),
        set_up[-1],
    )
    bar = fold("set-up", [], _("Set-up"), prompt=_("the code that comes first"))
    picture.parent.insert(picture.parent.index(picture) + 1, bar)
    for cell in set_up:
        cell.attributes.pop("hide_mode", None)
        cell.parent.remove(cell)
        bar += cell


def headings_of_asides(notebook: Path) -> Iterator[str]:
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if "aside" in cell["metadata"].get("tags", []):
            yield letters("".join(cell["source"]).partition("\n")[0])


def letters(heading: str) -> str:
    """A heading without marks and spaces, as the source and the page have it in common."""
    return re.sub(r"[\W_]+", "", heading).lower()


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(Folded, html=(visit_folded, depart_folded))
    app.add_post_transform(FoldCells)
    app.add_post_transform(FoldAsides)
    app.add_js_file("story.js", loading_method="defer")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
