"""The first page: which networks and sentences, how long a chapter takes, and the cards."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tools import ROOT
from tools.notebooks.listing import find_notebooks
from tools.sphinx_extensions import card_pictures, landing
from utils.explorers.markup import element

CSS = (ROOT / "book" / "assets" / "landing.css").read_text("utf-8")


def cell(kind: str, source: str, *tags: str, **more: object) -> dict:
    return {"cell_type": kind, "source": [source], "metadata": {"tags": list(tags)}, **more}


def notebook(folder: Path, *cells: dict) -> Path:
    path = folder / "some.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return path


def test_an_explorer_s_data_and_picture_come_back(tmp_path: Path) -> None:
    data = {"text": "</script> & \"'"}
    page = element("some_thing", data, b"picture", "six words, and > of them")
    output = {"data": {"text/html": [page]}}
    found = landing.explorers_of(notebook(tmp_path, cell("code", "", outputs=[output])))
    assert found == {"some-thing": (data, b"picture")}


def test_the_two_are_the_plain_one_and_the_chosen_one_with_the_longest_sentences() -> None:
    models = [
        {"name": name, "kind": kind, "weights": name}
        for name, kind in (("a", "dot"), ("b", "additive"), ("none", "no attention"))
    ]
    sentences = [
        {"source": list(source), "target": ["x"], "alignment": []}
        for source in ("ab", "abcd", "abc", "efgh", "a")
    ]
    same = {"source_tokens": [1], "target_tokens": [2], "longest": 3, "most_steps": 4}
    data = {"models": models, "chosen": "b", "sentences": sentences, **same}
    two = landing.two_of_the_translators(data, 3)
    assert [model["weights"] for model in two["models"]] == ["none", "b"]
    found = ["".join(sentence["source"]) for sentence in two["sentences"]]
    assert found == ["abcd", "efgh", "abc"]
    assert {key: two[key] for key in same} == same
    assert two["language"] == "de"


def test_the_story_is_what_the_page_does_not_fold(tmp_path: Path) -> None:
    path = notebook(
        tmp_path,
        cell("markdown", "# Title\nOne [two](some/address.md) $x y z$ three.\n| a | table |"),
        cell("markdown", "<details>\n<summary>Hidden words</summary>\nmore\n</details>"),
        cell("code", "# no prose", outputs=[{"text": ["printed"]}]),
        cell("code", "claim()", "claim", outputs=[{"text": ["✓ four five\n"]}]),
        cell("markdown", "## Aside\nfolded", "aside"),
        cell("markdown", "### Below\nfolded as well"),
        cell("markdown", "## Open\nsix"),
    )
    words = [word for text in landing.story_of(path) for word in landing.WORD.findall(text)]
    assert words == ["Title", "One", "two", "three.", "four", "five", "Aside", "Open", "six"]


@pytest.mark.parametrize(("words", "minutes"), [(3, 1), (290, 1), (310, 2), (2500, 12)])
def test_minutes(tmp_path: Path, words: int, minutes: int) -> None:
    assert landing.minutes_to_read(notebook(tmp_path, cell("markdown", "w " * words))) == minutes


def test_in_chinese_characters_count_and_words_of_other_alphabets_beside_them(
    tmp_path: Path,
) -> None:
    text = "网络读入一个句子，再写出另一个。" * 100 + "LSTM " * landing.WORDS_A_MINUTE
    characters = sum(character not in "，。" for character in text[:1600])
    story = notebook(tmp_path, cell("markdown", text))
    expected = round(characters / landing.CHARACTERS_A_MINUTE + 1)
    assert landing.minutes_to_read(story, chinese=True) == expected == 6
    assert landing.minutes_to_read(story) < expected  # where a sentence would count as a word


def test_each_chapter_has_a_picture_in_the_colours_of_both_themes() -> None:
    notebooks = find_notebooks()
    assert set(card_pictures.PICTURES) == {path.stem for path in notebooks}
    for path in notebooks:
        explorers = landing.explorers_of(path)
        drawn = card_pictures.PICTURES[path.stem](explorers)
        assert drawn == card_pictures.PICTURES[path.stem](explorers)  # the same at every build
        svg = BeautifulSoup(drawn, "html.parser").svg
        assert svg["aria-hidden"] == "true" and len(svg.find_all(True)) >= 5
        assert len(drawn) < 40_000
        assert not svg.find_all(attrs={"fill": True}) and "style" not in drawn
        kinds = {kind for part in svg.find_all(class_=True) for kind in part["class"]}
        for kind in kinds - {"line", "cell", "numerals"}:
            assert f"--figure-{kind}" in CSS, kind


def test_pixels_are_where_they_are_in_the_image() -> None:
    drawn = card_pictures.pixels([[0, 1, 1], [0.4, 0, 5]], 2, 3, 4)
    assert "translate(2 3) scale(4)" in drawn
    runs = {float(o): d for d, o in re.findall(r'<path d="([^"]*)" opacity="([^"]*)"', drawn)}
    assert runs == {0.4: "M0 1h1v1h-1z", 1.0: "M1 0h2v1h-2zM2 1h1v1h-1z"}
