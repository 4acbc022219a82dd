"""Diagrams of the Transformer: all of it is there, legible and true."""

import numpy as np
import pytest
from drawn import boxes, check_legible, texts
from matplotlib.colors import to_hex

from utils.drawing.colours import CONTEXT, FAINT
from utils.drawing.transformer_diagrams import (
    DECODER_PARTS,
    ENCODER_PARTS,
    draw_blocks,
    draw_two_readings,
)
from utils.text.corpus import load_corpus

SENTENCE = tuple("Gestern hat die Lehrerin das alte Buch gelesen .".split())


def lines(canvas, colour):
    return [line for line in canvas.axes.lines if to_hex(line.get_color()) == colour.lower()]


def middles(canvas):
    """Of the sentence's boxes below, from left to right."""
    below = [box for box in boxes(canvas, "#0072b2") if box.get_y() < 20]
    return [box.get_x() + box.get_width() / 2 for box in below]


@pytest.mark.parametrize("asking", [0, 4, 8])
def test_one_word_has_thick_lines_to_all_and_every_pair_a_faint_one(asking):
    canvas = draw_two_readings(SENTENCE, asking)
    assert sorted(t for t in texts(canvas) if t in SENTENCE) == sorted(2 * SENTENCE)
    places = middles(canvas)
    thick = [line.get_xdata() for line in lines(canvas, CONTEXT)]
    assert sorted(x[0] for x in thick) == pytest.approx(places)
    assert [x[1] for x in thick] == pytest.approx([places[asking]] * len(places))
    faint = {tuple(line.get_xdata().round(3)) for line in lines(canvas, FAINT)}
    assert len(faint) == len(SENTENCE) ** 2


def test_above_an_arrow_leads_from_each_state_to_the_next():
    canvas = draw_two_readings(SENTENCE, 0)
    arrows = [p for p in canvas.axes.patches if hasattr(p, "get_arrowstyle")]
    ways = [arrow.get_path().vertices[[0, 2]] for arrow in arrows]  # start and end of the shaft
    level = [way for way in ways if np.ptp(way[:, 1]) < 0.1]
    places = middles(canvas)
    assert [way[0, 0] for way in level] == pytest.approx(places[:-1], abs=2)
    assert [way[1, 0] for way in level] == pytest.approx(places[1:], abs=4)


def test_a_sentence_is_legible_and_a_word_outside_refused():
    check_legible(draw_two_readings(SENTENCE, 2))
    for pair in load_corpus("grammar", "de", "en", sizes=(30, 5, 5), clauses=(1,)).train:
        if len(pair.source) <= 9:
            check_legible(draw_two_readings(pair.source, 0))
    with pytest.raises(ValueError, match=r"from 0 to 8.*got 9"):
        draw_two_readings(SENTENCE, 9)


@pytest.mark.parametrize("norm", ["before", "after"])
def test_blocks_have_their_parts_each_with_a_sum_and_a_norm(norm):
    canvas = draw_blocks(norm)
    parts = (*ENCODER_PARTS, *DECODER_PARTS)
    written = texts(canvas)
    assert sorted(t for t in written if t in parts) == sorted(parts)
    assert written.count("+") == written.count("norm") == len(parts)
    by_text = {}
    for text in canvas.axes.texts:
        by_text.setdefault(text.get_text(), []).append(text.get_position())
    for x in {round(x, 3) for x, _ in by_text["+"]}:
        column = sorted((y, kind) for kind in by_text for at, y in by_text[kind] if at == x)
        order = [kind for _, kind in column if kind in ("+", "norm", *parts)]
        one = ("norm", "part", "+") if norm == "before" else ("part", "+", "norm")
        found = ["part" if kind in parts else kind for kind in order]
        assert tuple(found) == one * (len(found) // 3)
    check_legible(canvas)


def test_another_norm_is_refused():
    with pytest.raises(ValueError, match="got 'between'"):
        draw_blocks("between")
