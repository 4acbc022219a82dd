"""drawing.figures and drawing.canvas: what is drawn is what was given, and it comes with a text."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from utils.drawing import figures
from utils.drawing.canvas import Canvas
from utils.drawing.figures import (
    COLOURS,
    DOTS_PER_INCH,
    draw_curve,
    image_grid,
    new_figure,
    show,
)

ALT = "A curve that falls steeply and then becomes flat."


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(
        figures, "display", lambda data, metadata, raw: shown.append((data, metadata))
    )
    return shown


def as_picture(displayed) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(displayed[-1][0]["image/png"])))


def test_a_figure_is_shown_once_with_its_text(displayed):
    figure, _ = new_figure()
    assert plt.get_fignums() == []  # the notebook would show it a second time
    show(figure, alt=ALT)
    ((data, metadata),) = displayed
    assert data["text/plain"] == ALT
    assert metadata == {"image/png": {"alt": ALT}}


def test_a_figure_is_as_wide_as_a_column_and_opaque(displayed):
    figure, axes = new_figure(height=3.0)
    axes.plot([0, 1], [0, 1])
    show(figure, alt=ALT)
    picture = as_picture(displayed)
    assert picture.width == pytest.approx(figures.WIDTH * DOTS_PER_INCH, rel=0.1)
    assert picture.convert("RGBA").getpixel((0, 0)) == (255, 255, 255, 255)


@pytest.mark.parametrize("vector", [False, True])
def test_the_same_figure_is_the_same_file(displayed, vector):
    for _ in range(2):
        figure, axes = new_figure()
        draw_curve(axes, [1, 2, 3], [3, 2, 1], label="network")
        axes.legend()
        show(figure, alt=ALT, vector=vector)
    assert displayed[0] == displayed[1]


@pytest.mark.parametrize("alt", ["", "A curve.", "Loss against epochs, measured"])
def test_a_text_that_says_too_little_is_refused(displayed, alt):
    with pytest.raises(ValueError, match="expected an alt text of at least six words"):
        show(new_figure()[0], alt=alt)
    assert displayed == []


def test_ink_is_dark_on_white_paper(displayed):
    image = torch.zeros(1, 1, 28, 28)
    image[..., 7:21, 7:21] = 1
    show(image_grid([image], ["one"]), alt=ALT)
    grey = np.asarray(as_picture(displayed).convert("L"))
    assert grey[2, 2] > 250
    assert 0.02 < (grey < 5).mean() < 0.2  # a quarter of the image, which has a label beside it


def test_a_grid_holds_every_image_in_its_place():
    rows = [torch.full((3, 1, 28, 28), value) for value in (0.25, 0.75)]
    rows[1][2] = 1.0
    figure = image_grid(rows, ["first", "second"], ["a", "b", "c"])
    strips = [axes.images[0].get_array() for axes in figure.axes]
    assert [strip.shape[0] for strip in strips] == [28, 28]
    assert np.all(strips[0][:, :28] == 0.25)
    assert np.all(strips[1][:, -28:] == 1.0)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert sorted(texts) == ["a", "b", "c", "first", "second"]


@pytest.mark.parametrize(("counts", "labels"), [((3, 2), 2), ((3, 3), 1)])
def test_a_ragged_grid_is_refused(counts, labels):
    with pytest.raises(ValueError, match="expected one label a row and rows of 3 images"):
        image_grid([torch.zeros(n, 1, 28, 28) for n in counts], ["row"] * labels)


def test_curves_differ_in_more_than_colour_and_carry_their_spread():
    _, axes = new_figure()
    for index in range(4):
        draw_curve(axes, [1, 2], [1.0, 2.0], spread=[0.1, 0.5], index=index)
    assert len({line.get_marker() for line in axes.lines}) == 4
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(0.9) and band[:, 1].max() == pytest.approx(2.5)


def test_a_canvas_draws_in_hundredths_of_its_width():
    canvas = Canvas(height=40, width_inches=5)
    assert canvas.figure.get_size_inches() == pytest.approx((5, 2))
    picture = torch.linspace(0, 1, 6).view(2, 3)
    canvas.image(10, 20, 8, picture)
    (drawn,) = canvas.axes.images
    assert drawn.get_extent() == [10, 18, 20, 28]
    assert np.allclose(drawn.get_array(), picture)
    assert canvas.axes.get_xlim() == (0, 100) and canvas.axes.get_ylim() == (0, 40)


def test_bars_are_as_high_as_their_numbers():
    canvas = Canvas(height=40)
    canvas.bars(0, 10, 30, 20, torch.tensor([1.0, -2.0, 0.5]))
    heights = [patch.get_height() for patch in canvas.axes.patches]
    assert heights == pytest.approx([5, -10, 2.5])  # the largest fills half of the height
    assert all(patch.get_y() == 20 for patch in canvas.axes.patches)


def test_bars_of_zeros_are_no_error():
    canvas = Canvas(height=40)
    canvas.bars(0, 10, 30, 20, torch.zeros(3))
    assert [patch.get_height() for patch in canvas.axes.patches] == [0, 0, 0]


def luminance(colour: str) -> float:
    """As WCAG 2 defines it, from 0 to 1."""
    shares = np.array(to_rgb(colour))
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast_on_paper(colour: str) -> float:
    return (luminance(figures.PAPER) + 0.05) / (luminance(colour) + 0.05)


def test_the_text_of_figures_stands_out() -> None:
    """By 4.5 to 1, as WCAG 1.4.3 asks for text."""
    names = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor")
    colours = {figures.STYLE[name] for name in names} | {figures.INK, figures.MUTED}
    pale = {colour: contrast_on_paper(colour) for colour in colours}
    assert {colour: c for colour, c in pale.items() if c < 4.5} == {}
    assert contrast_on_paper("#000000") == pytest.approx(21)


def test_the_first_three_curves_stand_out_and_no_two_have_the_same_marker() -> None:
    """By 3 to 1, as WCAG 1.4.11 asks for what carries meaning.

    Of those that follow, orange and sky blue are paler than that: their markers and legend tell.
    """
    assert all(contrast_on_paper(colour) >= 3 for colour in COLOURS[:3])
    _, axes = new_figure()
    for index in range(len(COLOURS)):
        draw_curve(axes, [0, 1], [index, index], label=f"curve {index}", index=index)
    markers = [line.get_marker() for line in axes.get_lines()]
    assert len(set(markers)) == len(COLOURS) and "None" not in markers
