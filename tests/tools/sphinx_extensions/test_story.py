"""tools/sphinx_extensions/story.py: what a chapter's page folds, and where it puts it."""

import json
from pathlib import Path

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document

from tools.sphinx_extensions import story


def cell(code: str, output: str = "", *tags: str) -> nodes.container:
    """A code cell as MyST-NB makes it."""
    made = nodes.container(
        classes=["cell", *(f"tag_{tag}" for tag in tags)], nb_element="cell_code", hide_mode="input"
    )
    made += nodes.container("", nodes.literal_block(code, code), nb_element="cell_code_source")
    if output:
        made += nodes.container("", nodes.literal_block(output, output))
        made[-1]["nb_element"] = "cell_code_output"
    return made


def page(*parts: nodes.Node) -> nodes.document:
    document = new_document("chapter.ipynb", get_default_settings())
    document += nodes.section("", nodes.title("", "5 Attention"), *parts)
    return document


def text(*words: str) -> nodes.paragraph:
    return nodes.paragraph("", " ".join(words))


def test_the_set_up_is_one_bar_below_the_first_picture() -> None:
    install, imports, picture = cell("install", "", "setup"), cell("import"), cell("draw", "☐")
    document = page(text("question"), install, imports, picture, text("more"))
    story.fold_set_up(document)
    (section,) = document.children
    bar = section[3]
    assert section.children[2] is picture and bar["classes"] == ["set-up"]
    assert bar.children == [install, imports] and section[4].astext() == "more"
    assert not any("hide_mode" in folded for folded in bar), "MyST-NB would fold them once more"


def test_prose_ends_the_set_up_and_the_picture_may_stand_in_a_section_below() -> None:
    install, trained, picture = cell("install", "", "setup"), cell("train"), cell("draw", "☐")
    document = page(
        install, text("prose"), trained, nodes.section("", nodes.title("", "I"), picture)
    )
    story.fold_set_up(document)
    section = document[0]
    assert section[2] is trained and section[3][1] is picture
    assert section[3][2]["classes"] == ["set-up"] and section[3][2].children == [install]


def test_a_page_without_set_up_or_without_pictures_stays_whole() -> None:
    document = page(cell("one", "1"))
    story.fold_set_up(document)
    assert [type(node) for node in document[0]] == [nodes.title, nodes.container]
    document = page(cell("install", "", "setup"))
    story.fold_set_up(document)
    assert [node["classes"] for node in document[0][1:]] == [["set-up"]]


def test_a_claim_is_its_statements_with_the_check_behind_them() -> None:
    claimed = cell("claim(...)", "✓ At least 3 dB\n✓ `fit` keeps <b>\n", "claim")
    story.fold_claim(claimed)
    (folded,) = claimed.children
    assert folded["lines"] == ["At least 3 dB", "`fit` keeps <b>"]
    assert folded.astext().strip() == "claim(...)", "the code stays, the printed lines go"
    written = WrittenBy()
    story.visit_folded(written, folded)
    assert "<code>fit</code> keeps &lt;b&gt;" in "".join(written.body)


class WrittenBy:
    """What the translator to HTML collects."""

    def __init__(self) -> None:
        self.body: list[str] = []


@pytest.mark.parametrize("output", ["", "0.5\n✓ At least 3 dB", "· not checked in this run: 3 dB"])
def test_a_cell_that_does_more_than_claim_is_an_error(output: str) -> None:
    with pytest.raises(ValueError, match="take the tag away or run the notebook"):
        story.fold_claim(cell("claim(...)", output, "claim"))


def test_a_heading_is_known_by_its_letters(tmp_path: Path) -> None:
    notebook = tmp_path / "chapter.ipynb"
    source = ["### Why *`nn.LSTM`* forgets: $b_f$\n", "\n", "Text."]
    cells = [
        {"metadata": {"tags": ["aside"]}, "source": source},
        {"metadata": {}, "source": ["## Another\n"]},
    ]
    notebook.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert list(story.headings_of_asides(notebook)) == ["whynnlstmforgetsbf"]
    assert story.letters("Why nn.LSTM forgets: b_f") == "whynnlstmforgetsbf"
