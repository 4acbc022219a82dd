"""utils.drawing.transformer_pictures: what is drawn are the numbers that were given."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from matplotlib.text import Text

from utils.drawing.figures import WIDTH
from utils.drawing.transformer_pictures import draw_heads, draw_position_codes
from utils.transformers.positions import SinePositions


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


def test_texts_are_large_enough():
    for figure in (
        draw_heads({"German looks at German": weights(4, 4, heads=4)}),
        draw_position_codes(SinePositions(16).codes(torch.arange(12)[None])[0], 0),
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
