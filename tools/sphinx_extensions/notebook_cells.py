"""Cells of notebooks on pages: what names a folded one there, and not what names it in Colab."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from tools.sphinx_extensions.words import _

# The first line of a cell that Colab shows as a form.
FORM_TITLE = re.compile(r"\A# @title\b.*\n+")

# As a cell's metadata name a folded solution.
SOLUTION = re.compile(r"(Show|Hide) solution (\d+)")


class NameSolutions(SphinxPostTransform):
    """Name folded solutions in the language of the edition; metadata are English in both."""

    default_priority = 190  # before MyST-NB folds them, at 199
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        names = {"Show": _("Show solution {number}"), "Hide": _("Hide solution {number}")}
        for cell in self.document.findall(nodes.container):
            for prompt in ("prompt_show", "prompt_hide"):
                solution = SOLUTION.fullmatch(cell.get(prompt, ""))
                if solution:
                    cell[prompt] = names[solution[1]].format(number=solution[2])


class HideFormTitles(SphinxPostTransform):
    """Leave out the line that names a folded cell in Colab: on the page it is no code."""

    default_priority = 880
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        for block in self.document.findall(nodes.literal_block):
            shown = FORM_TITLE.sub("", block.rawsource or block.astext(), count=1)
            if shown != (block.rawsource or block.astext()):
                block.rawsource = shown
                block.children = []
                block += nodes.Text(shown)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(NameSolutions)
    app.add_post_transform(HideFormTitles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
