"""The parts that diagrams are drawn with: boxes, arrows, images, bars, and text in rows.

A `Canvas` measures in units of a hundredth of the figure's width, from the lower left corner. What
stands in a picture is real wherever there is something real: digits, feature maps, noisy images.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.textpath import text_to_path
from torch import Tensor

from .colours import CODE, DECODER, ENCODER, INK, MUTED, PAPER
from .figures import FONTS, STYLE, WIDTH, keep_words

ENCODER_COLOUR = ENCODER
CODE_COLOUR = CODE
DECODER_COLOUR = DECODER


class Canvas:
    """A figure of 100 units across and `height` units up, with methods that draw on it."""

    def __init__(self, height: float, width_inches: float = WIDTH):
        with plt.rc_context(STYLE):
            self.figure = plt.figure(figsize=(width_inches, width_inches * height / 100))
            self.axes = self.figure.add_axes((0, 0, 1, 1))
        plt.close(self.figure)
        self.axes.set_xlim(0, 100)
        self.axes.set_ylim(0, height)
        self.axes.set_axis_off()

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        text: str,
        colour: str = ENCODER_COLOUR,
        fontsize: float = 11,
    ) -> None:
        """A filled box with white text, its lower left corner at (x, y)."""
        self.axes.add_patch(
            FancyBboxPatch(
                (x, y),
                width,
                height,
                boxstyle="round,pad=0,rounding_size=1.6",
                color=colour,
                linewidth=0,
            )
        )
        self.text(
            x + width / 2, y + height / 2, text, colour=PAPER, fontsize=fontsize, weight="bold"
        )

    def text(
        self,
        x: float,
        y: float,
        text: str,
        colour: str = INK,
        fontsize: float = 10.5,
        align: str = "center",
        weight: str = "normal",
    ) -> None:
        """Text at (x, y), its middle there unless `align` says "left" or "right"."""
        self.axes.text(
            x,
            y,
            text,
            color=colour,
            fontsize=fontsize,
            ha=align,
            va="center",
            weight=weight,
            linespacing=1.25,
        )

    def arrow(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        colour: str = MUTED,
        curve: float = 0.0,
        dashed: bool = False,
    ) -> None:
        """An arrow from `start` to `end`; `curve` bends it to one side (0.3 is a clear bow)."""
        self.axes.add_patch(
            FancyArrowPatch(
                start,
                end,
                arrowstyle="-|>",
                mutation_scale=13,
                linewidth=1.6,
                color=colour,
                linestyle="--" if dashed else "-",
                connectionstyle=f"arc3,rad={curve}",
                shrinkA=0,
                shrinkB=0,
            )
        )

    def line(
        self, points: Sequence[tuple[float, float]], colour: str = MUTED, width: float = 1.6
    ) -> None:
        """A line through `points`, `width` typographic points thick, under boxes and nodes."""
        xs, ys = zip(*points, strict=True)
        self.axes.plot(xs, ys, color=colour, linewidth=width, solid_capstyle="round", zorder=0.5)

    def node(
        self, x: float, y: float, text: str, colour: str = CODE_COLOUR, radius: float = 4.0
    ) -> None:
        """A filled circle around (x, y) with a white sign in it: an operation, such as + or ×."""
        self.axes.add_patch(plt.Circle((x, y), radius, color=colour, linewidth=0, zorder=2))
        self.axes.text(
            x,
            y,
            text,
            color=PAPER,
            fontsize=14,
            ha="center",
            va="center_baseline",
            weight="bold",
            zorder=3,
        )

    def image(
        self,
        x: float,
        y: float,
        size: float,
        pixels: Tensor,
        cmap: str = "gray_r",
        limits: tuple[float, float] | None = (0, 1),
    ) -> None:
        """A framed square picture of a (height, width) tensor, its lower left corner at (x, y).

        `limits` are the values of paper and ink; None takes the picture's own smallest and largest.
        """
        low, high = limits or (float(pixels.min()), float(pixels.max()))
        self.axes.imshow(
            pixels.detach().cpu().numpy(),
            extent=(x, x + size, y, y + size),
            cmap=cmap,
            vmin=low,
            vmax=high,
            interpolation="none",
            zorder=2,
            aspect="auto",
        )
        self.axes.add_patch(
            plt.Rectangle((x, y), size, size, fill=False, edgecolor=MUTED, linewidth=0.7, zorder=3)
        )

    def image_stack(
        self,
        x: float,
        y: float,
        size: float,
        maps: Sequence[Tensor],
        gap: float = 1.0,
        **kwargs: Any,
    ) -> None:
        """Pictures one above the other from (x, y) upwards, the first of `maps` on top."""
        for i, pixels in enumerate(reversed(list(maps))):
            self.image(x, y + i * (size + gap), size, pixels, **kwargs)

    def bars(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        values: Tensor,
        colour: str = CODE_COLOUR,
    ) -> None:
        """A vector as bars around a middle line, the largest filling half the height."""
        scale = float(values.abs().max()) or 1.0
        step = width / len(values)
        middle = y + height / 2
        for i, value in enumerate(values.tolist()):
            self.axes.add_patch(
                plt.Rectangle(
                    (x + i * step, middle), 0.8 * step, value / scale * height / 2, color=colour
                )
            )
        self.axes.plot([x, x + width], [middle, middle], color=MUTED, linewidth=0.8)


# ------------------------------------------------------------------------------
# Text in a row: how wide it is, which size fits, boxes for a sentence's tokens

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
    text = canvas.axes.text(
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
    keep_words(text)


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
