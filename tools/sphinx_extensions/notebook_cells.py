"""Cells of notebooks on pages: what names a folded one in Colab is left out."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

# The first line of a cell that Colab shows as a form.
FORM_TITLE = re.compile(r"\A# @title\b.*\n+")


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
    app.add_post_transform(HideFormTitles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
