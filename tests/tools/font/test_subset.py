"""The Chinese font of the figures, and tools/font, which makes it."""

import logging
import re
import sys
import tomllib
import warnings
from fnmatch import fnmatch
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

import tools.font.__main__ as font
from tools import ROOT
from tools.font import characters, subset
from tools.translation import catalogues
from tools.translation.catalogues import Entry
from tools.translation.documents import Unit
from utils.drawing import figures, vector
from utils.drawing.canvas import Canvas
from utils.drawing.figures import CHINESE_FONT, new_figure, show
from utils.text.corpus import load_corpus

ALT = "A box with a Chinese word and an English one in it."
# The texts in an SVG.
TEXT = re.compile(r"<text[^>]*>(.*?)</text>")


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "display", lambda data, metadata, raw: shown.append(data))
    return shown


@pytest.fixture
def source(tmp_path):
    """A font with the name that tools/font looks for, and all the characters it needs."""
    path = tmp_path / "source.otf"
    with TTFont(CHINESE_FONT) as opened:
        opened["name"].setName(subset.SIMPLIFIED, subset.FAMILY_NAME, 3, 1, 0x409)
        opened["name"].setName(subset.SIMPLIFIED, subset.FULL_NAME, 3, 1, 0x409)
        opened.save(path)
    return path


# ------------------------------------------------------------------------------
# What the book comes with


def test_every_chinese_character_of_words_and_figures_has_a_glyph():
    missing = "".join(sorted(subset.missing()))
    assert not missing, f"no glyph for {missing}: run tools/font"


def test_every_character_of_a_made_up_sentence_has_a_glyph():
    corpus = load_corpus("grammar", "zh", "en", sizes=(400, 50, 50), clauses=(1, 2))
    pairs = [*corpus.train, *corpus.validation, *corpus.test]
    written = {character for pair in pairs for token in pair.source for character in token}
    assert len(written) > 200
    with TTFont(CHINESE_FONT) as opened:
        missing = "".join(sorted(c for c in written if ord(c) not in opened.getBestCmap()))
    assert not missing, f"no glyph for {missing}: run tools/font"


def test_the_font_has_a_name_of_its_own_and_keeps_whose_it_is():
    with TTFont(CHINESE_FONT) as opened:
        names = {number: opened["name"].getDebugName(number) for number in range(17)}
        outlines = opened["CFF "].cff
    assert names[1] == names[4] == vector.DRAWN_IN[1] == subset.FAMILY
    assert names[6] == outlines.fontNames[0] == subset.POSTSCRIPT_NAME
    assert "Adobe" in names[0] and "Open Font License" in names[13]
    licence = (CHINESE_FONT.parent / "OFL.txt").read_text("utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Copyright 2014-2021 Adobe" in licence and CHINESE_FONT.name in licence


def test_font_and_licence_are_part_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["utils.drawing"]
    for path in CHINESE_FONT.parent.iterdir():
        name = path.relative_to(ROOT / "utils" / "drawing").as_posix()
        assert any(fnmatch(name, pattern) for pattern in patterns), name


# ------------------------------------------------------------------------------
# How figures use it


def test_chinese_is_laid_out_without_a_warning_and_stays_text(displayed, caplog):
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING, "matplotlib"):
        warnings.simplefilter("error")  # matplotlib warns of a character without a glyph
        canvas = Canvas(height=20)
        canvas.box(10, 5, 40, 10, "编码器")  # bold, which the font has not
        canvas.axes.set_title("机器学习，学。")
        show(canvas.figure, alt=ALT)
    assert caplog.records == []
    assert sorted(TEXT.findall(displayed[0]["image/svg+xml"])) == ["机器学习，学。", "编码器"]


def test_text_that_is_added_later_is_chinese_too(displayed):
    figure, axes = new_figure()
    axes.plot([0, 1], [0, 1], label="模型")
    axes.legend(title="网络")
    axes.annotate("学习", (0, 1))
    axes.set_xticks([0, 1], ["德语", "英语"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        show(figure, alt=ALT)
    used = TEXT.findall(displayed[0]["image/svg+xml"])
    assert {"模型", "网络", "学习", "德语", "英语"} <= set(used)


def test_a_picture_in_pixels_draws_chinese(displayed):
    """Where no script runs, an explorer's picture is one; no glyph of its is a box."""
    drawn = []
    for text in ("机器", "学习"):
        canvas = Canvas(height=20)
        canvas.text(50, 10, text)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            drawn.append(figures.as_png(canvas.figure))
    assert drawn[0] != drawn[1]


# ------------------------------------------------------------------------------
# How it is made


def test_the_same_source_gives_the_same_bytes(source, tmp_path):
    one, other = tmp_path / "one.otf", tmp_path / "new" / "other.otf"
    subset.make(source, one)
    subset.make(source, other)
    assert one.read_bytes() == other.read_bytes()
    with TTFont(one) as opened:
        assert {chr(number) for number in opened.getBestCmap()} == characters.characters()
        assert opened["name"].getDebugName(subset.FAMILY_NAME) == subset.FAMILY


def test_a_new_word_is_noticed_in_code_and_not_in_comments(tmp_path, monkeypatch):
    (tmp_path / "utils").mkdir()
    (tmp_path / "utils" / "words.py").write_text(
        '"""A docstring: 龘."""\nWORD = "鼍"  # a comment: 鬱\nLABEL = f"{WORD}鳜"\n', "utf-8"
    )
    monkeypatch.setattr(characters, "ROOT", tmp_path)
    found = characters.characters()
    assert found >= {"鼍", "鳜"} and not found & {"龘", "鬱"}
    assert subset.missing(CHINESE_FONT) >= {"鼍", "鳜"}


def test_a_new_word_of_the_chinese_edition_is_noticed_in_strings_alone(tmp_path, monkeypatch):
    folder = tmp_path / characters.CATALOGUES
    for name, kind, chinese in (
        *(("utils", "string", "鼍"), ("chapters/one", "string", "鳜")),
        *(("chapters/two", "text", "龘"), ("chapters/three", "comment", "鬱")),
        ("explorers", "string", "爨"),
    ):
        catalogues.write(name, [Entry(Unit("a word", kind), chinese)], folder)
    monkeypatch.setattr(characters, "ROOT", tmp_path)
    found = characters.characters()
    assert found >= {"鼍", "鳜"} and not found & {"龘", "鬱", "爨"}


def test_a_source_without_a_character_is_refused(source, tmp_path, monkeypatch):
    monkeypatch.setattr(subset, "characters", lambda: {"学", "龘"})
    with pytest.raises(subset.FontError, match="got none for 龘"):
        subset.make(source, tmp_path / "new.otf")
    assert not (tmp_path / "new.otf").exists()


def test_a_source_that_is_missing_or_another_font_is_refused(tmp_path, capsys, monkeypatch):
    for path, message in (
        (tmp_path / "none.ttc", "got no such file; install the package fonts-noto-cjk"),
        (Path(__file__), "expected a font, got"),
        (CHINESE_FONT, "expected a font with the face Noto Sans CJK SC, Regular, got others"),
    ):
        monkeypatch.setattr(sys, "argv", ["font.py", str(path)])
        assert font.main() == 1
        assert message in capsys.readouterr().err
