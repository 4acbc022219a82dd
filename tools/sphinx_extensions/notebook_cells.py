"""Cells of notebooks on pages: the names of folded ones, and explorers on another page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

# The data of an explorer, as utils/explorers/page.py writes them.
EXPLORER_DATA = re.compile(r'(?<=<script type="application/json">).*?(?=</script>)', re.DOTALL)
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


class SmallExplorer(SphinxDirective):
    """A notebook's explorer, small: with one of its models and few sentences.

    ```{small-explorer} ../chapters/05_attention.ipynb translator
    :sentences: 8
    ```
    """

    required_arguments = 2  # the notebook, from the page's folder on, and the explorer's name
    option_spec: ClassVar[dict] = {"sentences": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        notebook, name = self.arguments
        _, path = self.env.relfn2path(notebook)
        self.env.note_dependency(path)
        cells = json.loads(Path(path).read_text("utf-8"))["cells"]
        pages = [
            "".join(output["data"]["text/html"])
            for cell in cells
            for output in cell.get("outputs", [])
            if "text/html" in output.get("data", {})
        ]
        found = [page for page in pages if f"<book-{name} " in page]
        if len(found) != 1:
            raise self.error(
                f"expected one explorer {name!r} in {notebook}, got {len(found)}; "
                "name another, or run the notebook"
            )
        smaller = EXPLORER_DATA.sub(lambda data: self.reduce(data[0]), found[0], count=1)
        return [nodes.raw("", smaller, format="html")]

    def reduce(self, content: str) -> str:
        data = json.loads(content)
        data["models"] = [model for model in data["models"] if model["name"] == data["chosen"]]
        data["sentences"] = data["sentences"][: self.options.get("sentences")]
        data["compact"] = True
        return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(HideFormTitles)
    app.add_directive("small-explorer", SmallExplorer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
