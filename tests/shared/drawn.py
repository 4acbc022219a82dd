"""What stands where in a drawing, and whether it can be read."""

from collections.abc import Sequence
from itertools import combinations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch, Patch, Rectangle

from utils.drawing.figures import WIDTH

SMALLEST_TEXT = 9.5  # points


def holding(patches: Sequence[Patch], x: float) -> int:
    """Which of the patches, boxes beside each other, x lies in."""
    (number,) = (
        number
        for number, patch in enumerate(patches)
        if patch.get_x() <= x <= patch.get_x() + patch.get_width()
    )
    return number


def words(canvas):
    """What is written; a box that nothing is written in has an empty text."""
    return [text for text in canvas.axes.texts if text.get_text()]


def texts(canvas):
    return [text.get_text().replace(r"\$", "$") for text in words(canvas)]


def boxes(canvas, colour):
    """The boxes of one colour, from left to right."""
    patches = [patch for patch in canvas.axes.patches if isinstance(patch, FancyBboxPatch)]
    found = [patch for patch in patches if to_hex(patch.get_facecolor()) == colour.lower()]
    return sorted(found, key=lambda patch: patch.get_x())


def check_legible(canvas):
    """Text is large enough, inside the canvas and its box, and neither text nor box in the way."""
    assert canvas.figure.get_figwidth() == WIDTH
    renderer = FigureCanvasAgg(canvas.figure).get_renderer()
    canvas.figure.draw(renderer)
    page = canvas.figure.bbox
    extents = [(text.get_text(), text.get_window_extent(renderer)) for text in words(canvas)]
    boxes = [patch for patch in canvas.axes.patches if isinstance(patch, FancyBboxPatch)]
    frames = [p for p in canvas.axes.patches if isinstance(p, Rectangle) and not p.get_fill()]
    outlines = [patch.get_window_extent(renderer) for patch in boxes + frames]
    for text, extent in extents:
        assert within(extent, page), text
        for outline in outlines:
            assert within(extent, outline) or not overlap(outline, extent), text
    for (one, extent), (other, another) in combinations(extents, 2):
        assert not overlap(extent, another), (one, other)
    for one, other in combinations(outlines, 2):
        assert not overlap(one, other)
    for patch in canvas.axes.patches:  # also what is neither: notes, nodes, arrows
        extent = patch.get_window_extent(renderer)
        assert page.x0 <= extent.x0 + 1 and extent.x1 - 1 <= page.x1
        assert page.y0 <= extent.y0 + 1 and extent.y1 - 1 <= page.y1
    assert min(text.get_fontsize() for text in words(canvas)) >= SMALLEST_TEXT


def within(inner, outer):
    level = outer.x0 <= inner.x0 and inner.x1 <= outer.x1
    return level and outer.y0 <= inner.y0 and inner.y1 <= outer.y1


def overlap(one, other):
    return min(one.x1, other.x1) - max(one.x0, other.x0) > 0.5 and (
        min(one.y1, other.y1) - max(one.y0, other.y0) > 0.5
    )
