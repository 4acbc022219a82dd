"""The book's first page: two translators side by side, and a card for each chapter.

    ```{two-translators} ../chapters/05_attention.ipynb
    :sentences: 8
    ```

    ```{chapter-cards}
    before_you_start.ipynb: How can a network know at the end what stood at the beginning?
    ../chapters/01_encoder_decoder.ipynb: What do an image captioner and a translator share?
    ```

Paths are relative to the page's file. Both read what the notebooks have stored, so the page shows
the chapters' own networks and is made without PyTorch.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools.sphinx_extensions.card_pictures import PICTURES
from tools.sphinx_extensions.glossary_links import HAN
from tools.sphinx_extensions.story import TICK
from tools.sphinx_extensions.words import _, counted, is_chinese
from utils.explorers.markup import JAVASCRIPT, dependencies, element, script

STYLE_SHEET = "landing.css"
# An explorer's data and its picture, as utils/explorers/markup.py writes them.
EXPLORER = re.compile(
    r'<book-(?P<name>[\w-]+) [^>]*><script type="application/json">(?P<data>.*?)</script>'
    r'<img [^>]*src="data:image/png;base64,(?P<picture>[^"]*)">',
    re.DOTALL,
)
TWO_TRANSLATORS = _(
    "A German sentence in the middle. On its left a translation written from one vector, on its "
    "right one that was written while looking back, with arcs from the words it looked at."
)
# Readers of English as a second language, with formulas between the words; Brysbaert (2019) found
# 238 words a minute for what native speakers read without any.
WORDS_A_MINUTE = 200
WORD = re.compile(r"\w[\w'’.,-]*")
# Wang, Lin & Guo (2019, https://doi.org/10.1002/brb3.1216) found 260 for Chinese students who read
# sentences as fast as they could be shown; Trauzettel-Klosinski & Dietz (2012,
# https://doi.org/10.1167/iovs.11-8284) 255 for texts that are read aloud. In silence one reads a
# plain text faster, but here, too, formulas stand between the words.
CHARACTERS_A_MINUTE = 260
# What is no prose of the story, in this order: what is folded, code, tables, formulas, addresses.
NO_PROSE = [
    re.compile(pattern, re.DOTALL | re.MULTILINE)
    for pattern in (
        r"<details>.*?</details>",
        r"^```.*?^```",
        r"^\|.*?$",
        r"\$\$.*?\$\$|\$[^$]*\$",
        r"(?<=\])\([^)]*\)",
        r"<[^>]*>",
    )
]
HEADING = re.compile(r"(#+) ")


def explorers_of(notebook: Path) -> dict[str, tuple[dict, bytes]]:
    """The data and the picture of each explorer that a notebook has stored, by its name."""
    pages = (
        "".join(output["data"]["text/html"])
        for cell in cells_of(notebook)
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    )
    return {
        found["name"]: (json.loads(found["data"]), base64.b64decode(found["picture"]))
        for page in pages
        for found in EXPLORER.finditer(page)
    }


def cells_of(notebook: Path) -> list[dict]:
    return json.loads(notebook.read_text("utf-8"))["cells"]


def two_of_the_translators(data: dict, sentences: int) -> dict:
    """Of chapter 5: the network without attention, the chosen one, and the longest sentences.

    Of sentences of equal length the earlier ones. What comes out of them plays no part.
    """
    by_kind = {model["kind"]: model for model in data["models"]}
    (chosen,) = [model for model in data["models"] if model["name"] == data["chosen"]]
    longest = sorted(data["sentences"], key=lambda sentence: -len(sentence["source"]))
    return {
        "models": [
            {"kind": model["kind"], "weights": model["weights"]}
            for model in (by_kind["no attention"], chosen)
        ],
        "language": "de",
        "sentences": [
            {"source": sentence["source"], "target": sentence["target"]}
            for sentence in longest[:sentences]
        ],
        **{key: data[key] for key in ("source_tokens", "target_tokens", "longest", "most_steps")},
    }


def minutes_to_read(notebook: Path, chinese: bool = False) -> int:
    """For the story of a chapter: its prose and its claims, without what the page folds.

    Where it is told in Chinese, its characters count, and beside them the words of other alphabets.
    """
    text = "\n".join(story_of(notebook))
    minutes = 0.0
    if chinese:
        text, characters = re.subn(HAN, " ", text)
        minutes = characters / CHARACTERS_A_MINUTE
    return max(1, round(minutes + len(WORD.findall(text)) / WORDS_A_MINUTE))


def story_of(notebook: Path) -> Iterator[str]:
    folded = None  # the rank of the heading below which all is folded
    for cell in cells_of(notebook):
        tags = cell["metadata"].get("tags", [])
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            if "claim" in tags and folded is None:
                yield from (
                    "".join(output["text"]).replace(TICK, " ")
                    for output in cell["outputs"]
                    if "text" in output
                )
            continue
        heading = HEADING.match(source)
        rank = len(heading[1]) if heading else None
        if rank is not None and folded is not None and rank <= folded:
            folded = None
        if "aside" in tags and folded is None:
            folded = rank
            yield source.partition("\n")[0]
        elif folded is None:
            for pattern in NO_PROSE:
                source = pattern.sub(" ", source)
            yield source


class FromNotebooks(SphinxDirective):
    """A directive that reads notebooks, and makes the page anew when one of them changes."""

    def path_of(self, name: str) -> Path:
        _, path = self.env.relfn2path(name)
        if not Path(path).is_file():
            raise self.error(f"expected a notebook, got {name}, which there is not; correct it")
        self.env.note_dependency(path)
        return Path(path)


class TwoTranslators(FromNotebooks):
    """Chapter 5's networks without and with attention, on one sentence."""

    required_arguments = 1  # the notebook
    option_spec: ClassVar[dict] = {"sentences": directives.positive_int}

    def run(self) -> list[nodes.Node]:
        (notebook,) = self.arguments
        found = explorers_of(self.path_of(notebook))
        name = "two_translators"
        # The Chinese edition's translate from Chinese, with the chapter's other two networks.
        wanted = name.replace("_", "-") if is_chinese(self.config) else "translator"
        if wanted not in found:
            raise self.error(
                f"expected the explorer {wanted!r} among the outputs of {notebook}, got "
                f"{sorted(found)}; run the notebook"
            )
        data, picture = found[wanted]
        if wanted == "translator":
            data = two_of_the_translators(data, self.options.get("sentences", 8))
        for module in dependencies(name):
            self.env.note_dependency(str(JAVASCRIPT / f"{module}.js"))
        html = element(name, data, picture, str(TWO_TRANSLATORS)) + script(name, data)
        return [nodes.raw("", html, format="html")]


class ChapterCards(FromNotebooks):
    """A card for each chapter: its picture, its title and its question, and how long it takes."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        cards = nodes.bullet_list(classes=["cards"])
        for line in filter(str.strip, self.content):
            name, separator, question = line.partition(": ")
            if not separator:
                raise self.error(f"expected NOTEBOOK: QUESTION, got {line!r}; write both")
            cards += self.card(self.path_of(name.strip()), question.strip())
        return [cards]

    def card(self, notebook: Path, question: str) -> nodes.list_item:
        first = "".join(cells_of(notebook)[0]["source"])
        title = first.partition("\n")[0].removeprefix("# ")
        link = addnodes.pending_xref(
            "",
            nodes.inline("", title),
            refdomain="std",
            reftype="doc",
            reftarget="/" + self.env.path2doc(str(notebook)),
            refexplicit=True,
            refwarn=True,
        )
        picture = PICTURES[notebook.stem](explorers_of(notebook))
        minutes = counted(
            minutes_to_read(notebook, is_chinese(self.config)),
            _("{n} minute to read"),
            _("{n} minutes to read"),
        )
        return nodes.list_item(
            "",
            nodes.raw("", picture, format="html"),
            nodes.paragraph("", "", link, classes=["card-title"]),
            nodes.paragraph("", question, classes=["card-question"]),
            nodes.paragraph("", minutes, classes=["card-minutes"]),
        )


def add_style(app: Sphinx, pagename: str, _template: str, _context: dict, _doctree: object) -> None:
    """The page's own style sheet, on this page alone."""
    if pagename == app.config.root_doc:
        app.add_css_file(STYLE_SHEET)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("two-translators", TwoTranslators)
    app.add_directive("chapter-cards", ChapterCards)
    app.connect("html-page-context", add_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
