"""Text in a row of a diagram: how wide it is, which size fits, boxes for a sentence's tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from .canvas import Canvas
from .colours import INK
from .figures import FONTS, WIDTH

POINTS_PER_UNIT = WIDTH * 72 / 100  # typographic points in a hundredth of the width
# Of text, in points, 14 to 9.5: what is smaller is lost on a phone.
SIZES = tuple(half_points / 2 for half_points in range(28, 18, -1))
SMALLEST = SIZES[-1]
HEADING = 12  # the size of names that are no tokens
BOX_PADDING = 1.0  # units between a text and the left or right side of its box
BASELINE = 0.36  # of the size of text, from the line it stands on up to its middle
GAP = 0.9  # units between boxes


class Place(NamedTuple):
    """Where something stands in a row, in a canvas's units."""

    left: float
    width: float

    @property
    def middle(self) -> float:
        """Where text that is to be centred has its middle."""
        return self.left + self.width / 2

    @property
    def right(self) -> float:
        """Where the next place may begin."""
        return self.left + self.width


def token_boxes(tokens: Sequence[str], largest: float = SIZES[0]) -> tuple[float, list[Place]]:
    """The largest text with which boxes for all tokens fit in a row, and the boxes, centred."""

    def widths(size: float) -> list[float]:
        narrowest = 2 * BOX_PADDING + size / POINTS_PER_UNIT  # as for one Chinese character
        return [max(text_width(token, size) + 2 * BOX_PADDING, narrowest) for token in tokens]

    def whole(size: float) -> float:
        return sum(widths(size)) + GAP * (len(tokens) - 1)

    size = fitting_size(whole, 100, tokens, largest)
    return size, side_by_side(50 - whole(size) / 2, widths(size), GAP)


def heading(canvas: Canvas, x: float, y: float, text: str, colour: str) -> None:
    """The name of what follows, beginning at x."""
    canvas.text(x, y, text, colour, fontsize=HEADING, align="left", weight="bold")


def write(
    canvas: Canvas,
    x: float,
    y: float,
    token: str,
    size: float,
    colour: str = INK,
    weight: str = "normal",
    align: str = "center",
) -> None:
    """A token around (x, y), or beginning or ending there if `align` says "left" or "right".

    All tokens of a row stand on one line.
    """
    canvas.axes.text(
        x,
        y - BASELINE * size / POINTS_PER_UNIT,
        plain(token),
        color=colour,
        fontsize=size,
        ha=align,
        va="baseline",
        weight=weight,
        family=FONTS,
    )


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """How wide `text` is at a size in points, in units."""
    font = FontProperties(family=FONTS, size=size, weight=weight)
    points, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return points / POINTS_PER_UNIT


def fitting_size(
    width: Callable[[float], float],
    available: float,
    tokens: Sequence[str],
    largest: float = SIZES[0],
) -> float:
    """The largest of SIZES at which `width` is no more than `available` units."""
    for size in SIZES:
        if size <= largest and width(size) <= available:
            return size
    raise ValueError(
        f"expected a sentence that fits into one row, got {len(tokens)} tokens, "
        f"{' '.join(tokens)!r}; choose a shorter one"
    )


def side_by_side(left: float, widths: Sequence[float], gap: float = 0.0) -> list[Place]:
    """One beside the other, beginning at `left`."""
    places = []
    for width in widths:
        places.append(Place(left, width))
        left += width + gap
    return places


def plain(token: str) -> str:
    """A token as text: a dollar sign begins no formula, a blank is to be seen."""
    return "␣" if token == " " else token.replace("$", r"\$")
