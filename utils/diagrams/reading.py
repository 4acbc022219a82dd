"""Pictures of canvases: in which order a language reads the digits, and where a network looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from torch import Tensor

from ..drawing.colours import INK, MUTED, THINGS
from ..drawing.figures import WIDTH, new_figure
from ..images.digits import IMAGE_SIZE
from ..vision.canvases import CANVAS_HEIGHT, CANVAS_WIDTH
from ..vision.features import COLUMNS, ROWS
from ..vision.number_words import NumberWord
from ..wording.names import called
from ..wording.words import say

LOOKED_AT = THINGS["context"].colour  # what attention finds is the context


def draw_reading_orders(
    image: Tensor, corners: Tensor, spoken: Mapping[str, Sequence[NumberWord]]
) -> Figure:
    """The canvas once for each language, with arrows from digit to digit as its words name them.

    image: (1, 40, 112); corners: (digits, 2), as in `Canvases`; spoken: by language.
    """
    figure, axes = new_figure(height=2.5, rows=1, columns=len(spoken))
    middles = corners.float() + IMAGE_SIZE / 2
    for axis, (language, words) in zip(np.atleast_1d(axes), spoken.items(), strict=True):
        draw_canvas(axis, image)
        named = [middles[sorted(word.digits)].mean(0).tolist() for word in words if word.digits]
        for number, (top, left) in enumerate(named):
            below = CANVAS_HEIGHT + 10
            axis.plot([left, left], [top + IMAGE_SIZE / 2, below - 4], color=MUTED, linewidth=0.8)
            axis.text(left, below, str(number + 1), ha="center", va="center", color=LOOKED_AT)
        for number, ((_, start), (_, end)) in enumerate(pairwise(named)):
            low = CANVAS_HEIGHT + 18 + 7 * number
            arrow = {"arrowstyle": "->", "color": LOOKED_AT, "shrinkA": 0, "shrinkB": 0}
            axis.annotate("", (end, low), (start, low), arrowprops=arrow)
        axis.set_ylim(CANVAS_HEIGHT + 18 + 7 * max(1, len(named) - 1), -1)
        title = say("{language}:\n{words}").format(
            language=called(language), words=" ".join(word.text for word in words)
        )
        axis.set_title(title, fontsize=10)
    return figure


def draw_reading_paths(
    image: Tensor,
    corners: Tensor,
    spoken: Mapping[str, Sequence[NumberWord]],
    maps: Mapping[str, Tensor],
) -> Figure:
    """The canvas once for each word, with what was looked at over it, and the word's true digits.

    image: (1, 40, 112); corners: (digits, 2), as in `Canvases`; spoken: by language, a column for
    each; maps: by language (words, 70), drawn from nothing to each map's own greatest number.
    """
    rows = max(map(len, spoken.values()))
    figure, axes = new_figure(
        height=0.8 * rows + 0.35, rows=rows, columns=len(spoken), squeeze=False
    )
    for column, (language, words) in enumerate(spoken.items()):
        for row in range(rows):
            axis = axes[row, column]
            if row >= len(words):
                axis.set_axis_off()
                continue
            draw_canvas(axis, image)
            _draw_map(axis, maps[language][row])
            for digit in words[row].digits:
                top, left = corners[digit].tolist()
                _draw_square(axis, top, left)
            title = words[row].text if row else f"{called(language)}\n{words[row].text}"
            axis.set_title(title, fontsize=10, loc="center", pad=2)
    return figure


def draw_canvases(images: Tensor, titles: Sequence[str], columns: int = 3) -> Figure:
    """Canvases (n, 1, 40, 112) in rows, each below its title."""
    rows = -(-len(images) // columns)
    figure, axes = new_figure(
        height=rows * (WIDTH / columns * CANVAS_HEIGHT / CANVAS_WIDTH + 0.35),
        rows=rows,
        columns=columns,
        squeeze=False,
    )
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image, title in zip(axes.flat, images, titles, strict=False):
        axis.set_axis_on()
        draw_canvas(axis, image)
        axis.set_title(title, fontsize=10, loc="center", pad=2)
    return figure


def draw_canvas(axes: Axes, image: Tensor) -> None:
    """One canvas, (1, 40, 112), in its frame; the axes count pixels from its top left corner."""
    axes.imshow(
        image[0].numpy(),
        cmap="gray_r",
        vmin=0,
        vmax=1,
        extent=(0, CANVAS_WIDTH, CANVAS_HEIGHT, 0),
    )
    axes.add_patch(plt.Rectangle((0, 0), CANVAS_WIDTH, CANVAS_HEIGHT, fill=False, ec=MUTED, lw=0.8))
    axes.set_axis_off()


def _draw_map(axes: Axes, weights: Tensor) -> None:
    """A glow over the canvas: the more, the less one sees through it."""
    shares = (weights / weights.max()).view(ROWS, COLUMNS).numpy()
    glow = np.empty((ROWS, COLUMNS, 4))
    glow[..., :3] = to_rgb(LOOKED_AT)
    glow[..., 3] = 0.75 * shares
    axes.imshow(glow, extent=(0, CANVAS_WIDTH, CANVAS_HEIGHT, 0))


def _draw_square(axes: Axes, top: float, left: float) -> None:
    axes.add_patch(
        plt.Rectangle((left, top), IMAGE_SIZE, IMAGE_SIZE, fill=False, ec=INK, lw=1.2, ls="--")
    )
