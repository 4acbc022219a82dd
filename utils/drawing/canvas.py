"""The parts that the chapters' opening pictures are drawn with: boxes, arrows, images, bars.

A `Canvas` measures in units of a hundredth of the figure's width, from the lower left corner. What
stands in a picture is real wherever there is something real: digits, feature maps, noisy images.
"""

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from torch import Tensor

from .colours import CODE, DECODER, ENCODER, INK, MUTED, PAPER
from .figures import STYLE, WIDTH

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
