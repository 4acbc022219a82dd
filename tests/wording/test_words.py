"""utils.wording.words: English as it stands, Chinese where the edition is, nothing left out."""

import json
import re
import tomllib
import warnings
from fnmatch import fnmatch

import pytest
from drawings import DRAWINGS, draw, drawers
from matplotlib.text import Text

from tools import ROOT
from tools.translation import compiled, program_words
from utils.drawing.figures import as_svg
from utils.wording import words
from utils.wording.words import VARIABLE, explorer_words, language, say

LATIN = re.compile(r"[A-Za-z]{2,}")
# What is called the same in both languages: methods, cells, formats and functions; and the token
# that ends a sentence.
SAME = {
    *("AVIF", "BM3D", "GRU", "JPEG", "JPEG 2000", "LSTM", "PCA", "RNN", "WebP"),
    *("softmax", "tanh", "v · tanh(W q + U k)", "</s>"),
}
ALT = "A figure whose words are those that the language has for them."


@pytest.fixture
def chinese(monkeypatch):
    monkeypatch.setenv(VARIABLE, "zh_CN")


@pytest.mark.parametrize("value", [None, "", "en"])
def test_without_a_language_it_is_english(monkeypatch, value):
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    assert language() == "en"
    assert say("scores") == "scores"
    assert explorer_words() == {}


def test_the_language_is_looked_up_at_each_call(monkeypatch, chinese):
    assert language() == "zh_CN"
    assert say("scores") == "得分"
    monkeypatch.setenv(VARIABLE, "en")
    assert say("scores") == "scores"


def test_what_has_no_translation_stays_english(chinese):
    assert say("words that nobody has translated") == "words that nobody has translated"


def test_another_language_is_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, "fr")
    for function in (language, explorer_words, lambda: say("scores")):
        with pytest.raises(ValueError, match=r"expected the language of BOOK_LANGUAGE .*got 'fr'"):
            function()


def test_the_explorers_words_are_those_of_the_file_if_there_is_one(monkeypatch, tmp_path, chinese):
    monkeypatch.setattr(words, "FOLDER", tmp_path)
    assert explorer_words() == {}
    (tmp_path / "zh_CN").mkdir()
    told = {"{0} words": "{0}个词"}
    (tmp_path / "zh_CN" / "explorers.json").write_text(json.dumps(told), "utf-8")
    assert explorer_words() == told


# ------------------------------------------------------------------------------
# The catalogue


def test_every_word_has_its_chinese_and_nothing_else_has():
    told = compiled.chinese(program_words.UTILS)
    assert list(told) == program_words.of_utils()


def test_what_is_read_is_what_the_catalogues_say():
    for path, content in compiled.stored().items():
        assert path.read_bytes() == content, "run `make translate`"


def test_the_catalogues_are_part_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["utils.wording"]
    for path in (words.FOLDER / "zh_CN").rglob("*.*"):
        name = path.relative_to(words.FOLDER).as_posix()
        assert any(fnmatch(name, pattern) for pattern in patterns), name


# ------------------------------------------------------------------------------
# What figures say


def test_every_function_that_draws_has_its_figure_here():
    assert set(DRAWINGS) == drawers()


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_figure_says_a_word_of_english(chinese, name):
    for figure in draw(name):
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a character without a glyph, too
            as_svg(figure, ALT)
        written = {text.get_text() for text in figure.findobj(Text)}
        english = {text for text in written - SAME if LATIN.search(text)}
        assert not english, f"{name} says {sorted(english)}"
