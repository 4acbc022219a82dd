"""Diagrams of the Transformer: all of it is there, legible and true."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from drawn import boxes, check_legible, texts
from matplotlib.colors import to_hex
from matplotlib.text import Text

from utils.diagrams.transformer import (
    decoder_parts,
    draw_blocks,
    draw_head_planes,
    draw_heads,
    draw_position_codes,
    draw_two_readings,
    encoder_parts,
)
from utils.drawing.colours import CONTEXT, FAINT
from utils.drawing.figures import WIDTH
from utils.text.corpus import load_corpus
from utils.transformers.positions import SinePositions

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
    parts = (*encoder_parts(), *decoder_parts())
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


# ------------------------------------------------------------------------------
# What all heads look at, and the codes of places


def weights(queries, keys, layers=2, heads=3):
    return torch.rand(layers, heads, queries, keys, generator=torch.Generator().manual_seed(keys))


def test_every_head_has_its_picture():
    given = {"German": weights(4, 4), "across": weights(5, 4)}
    figure = draw_heads(given)
    assert len(figure.axes) == 2 * 6
    expected = [head for looks in given.values() for head in looks.flatten(0, 1)]
    for axes, head in zip(figure.axes, expected, strict=True):
        assert np.allclose(axes.images[0].get_array(), head)
        assert axes.images[0].get_clim() == (0, 1)
    names = [axes.get_xlabel() for axes in figure.axes[:6]]
    assert names == ["1.1", "1.2", "1.3", "2.1", "2.2", "2.3"]
    assert [text.get_text() for text in figure.texts] == [f"{name}, layer.head" for name in given]
    widths = {round(axes.get_position().width, 3) for axes in figure.axes}
    gaps = [b.get_position().x0 - a.get_position().x0 for a, b in pairwise(figure.axes[:6])]
    assert len(widths) == 1 and max(gaps) < 1.1 * min(gaps)  # the titles push none aside


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"a": torch.rand(2, 3, 4)},
        {"a": weights(2, 2), "b": weights(2, 2, heads=2)},
    ],
)
def test_other_weights_are_refused(given):
    with pytest.raises(ValueError, match="expected weights of shape"):
        draw_heads(given)


@pytest.mark.parametrize("size", [16, 64])
def test_the_code_is_drawn_and_its_products(size):
    codes = SinePositions(size).codes(torch.arange(12)[None])[0]
    upper, lower = draw_position_codes(codes, 5).axes
    lines = [line.get_ydata() for line in upper.lines if len(line.get_ydata()) == 12]
    assert len(lines) == 16
    for row in range(8):
        pair = row * size // 16
        for part in (0, 1):
            assert np.allclose(
                lines[2 * row + part] + 2.6 * row, codes[:, 2 * pair + part], atol=1e-6
            )
    assert np.allclose(lower.lines[0].get_ydata(), codes @ codes[5])
    assert lower.lines[1].get_xydata().tolist() == [[5, pytest.approx(size / 2)]]


ARROWS = torch.tensor([[3.0, 2.5, -1.0, -0.5], [1.0, 0.5, 0.5, -1.0]])  # (2 words, 2 heads of 2)


def test_arrows_are_what_each_head_sees_and_say_its_weights():
    figure = draw_head_planes(["dogs", "chase"], ARROWS, asking=1)
    for head, axis in enumerate(figure.axes):
        seen = ARROWS[:, 2 * head : 2 * head + 2]
        weights = (seen @ seen[1] / 2**0.5).softmax(0)
        named = [text for text in axis.texts if text.get_text()]
        for text, word, arrow, weight in zip(named, ("dogs", "chase"), seen, weights, strict=True):
            assert text.get_text() == f"{word} {100 * weight:.0f} %"
            assert text.xy == tuple(arrow.tolist())
        assert axis.get_title(loc="left") == f"head {head + 1}"


@pytest.mark.parametrize(
    ("vectors", "asking", "message"),
    [
        (ARROWS[:, :3], 0, "expected vectors of shape"),
        (ARROWS[:1], 0, "expected vectors of shape"),
        (ARROWS, 2, "a word from 0 to 1"),
        (ARROWS, -1, "a word from 0 to 1"),
    ],
)
def test_arrows_that_there_are_none_of_are_refused(vectors, asking, message):
    with pytest.raises(ValueError, match=message):
        draw_head_planes(["dogs", "chase"], vectors, asking)


def test_texts_are_large_enough():
    for figure in (
        draw_heads({"German looks at German": weights(4, 4, heads=4)}),
        draw_position_codes(SinePositions(16).codes(torch.arange(12)[None])[0], 0),
        draw_head_planes(["dogs", "chase"], ARROWS, 1),
    ):
        assert figure.get_figwidth() == WIDTH
        sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
        assert min(sizes) >= 9


@pytest.mark.parametrize(
    ("place", "waves", "message"),
    [(12, 8, "a place from 0 to 11"), (-1, 8, "a place from 0 to 11"), (0, 3, "that divides 8")],
)
def test_what_is_not_there_is_not_drawn(place, waves, message):
    codes = SinePositions(16).codes(torch.arange(12)[None])[0]
    with pytest.raises(ValueError, match=message):
        draw_position_codes(codes, place, waves)
