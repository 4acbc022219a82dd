"""Says of the Chinese words on English pages that they are Chinese."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from tools.sphinx_extensions.words import is_chinese

# Chinese characters with the punctuation between them.
CHINESE = re.compile(r"[\u3400-\u9fff][\u3000-\u303f\u3400-\u9fff\uff00-\uffef]*")


class MarkChinese(SphinxPostTransform):
    """Say of Chinese words that they are Chinese: for speech, and for the choice of glyphs."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        if is_chinese(self.config):  # where the whole page says so
            return
        for text in list(self.document.findall(nodes.Text)):
            if CHINESE.search(text) and isinstance(text.parent, nodes.TextElement):
                self.mark(text)

    def mark(self, text: nodes.Text) -> None:
        verbatim = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)
        ancestor = text.parent
        while ancestor is not None:
            if isinstance(ancestor, verbatim):
                return
            ancestor = ancestor.parent
        parts: list[nodes.Node] = []
        end = 0
        for match in CHINESE.finditer(text):
            if match.start() > end:
                parts.append(nodes.Text(text[end : match.start()]))
            # The HTML writer turns this class into the attribute lang.
            parts.append(nodes.inline("", match.group(), classes=["language-zh-hans"]))
            end = match.end()
        if end < len(text):
            parts.append(nodes.Text(text[end:]))
        text.parent.replace(text, parts)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(MarkChinese)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
