"""One style for all figures, and the one way to show them: with a text that says what one sees."""

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text
from numpy.typing import ArrayLike
from torch import Tensor

# Okabe & Ito (2008), "Color Universal Design": told apart by readers with any colour vision.
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
)
INK = "#1f2328"
MUTED = "#5b6470"
PAPER = "#ffffff"  # opaque, so that a figure is legible on a dark page too
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P")  # so that no curve is told apart by colour alone

# The first comes with matplotlib, the second with the book (tools/font), so that a figure is the
# same everywhere. A character is taken from the second if the first lacks it, as it does Chinese.
FONTS = ["DejaVu Sans", "Book Chinese"]
POSTSCRIPT_NAME = "BookChinese-Regular"  # of the second
CHINESE_FONT = Path(__file__).with_name("fonts") / "ChineseSubset.otf"


def _prefer_fonts_of_matplotlib() -> None:
    """Put matplotlib's own fonts before those of the system.

    Where the system has DejaVu Sans too, matplotlib takes that one, whose glyphs stand in another
    order: the same figure would be another file there.
    """
    known = font_manager.fontManager.ttflist
    system = len(known)
    for path in sorted(Path(matplotlib.get_data_path(), "fonts", "ttf").glob("DejaVuSans*.ttf")):
        font_manager.fontManager.addfont(path)
    known[:] = known[system:] + known[:system]


_prefer_fonts_of_matplotlib()
font_manager.fontManager.addfont(CHINESE_FONT)
# Asked for bold, matplotlib would warn that there is none: here it stands for bold too.
font_manager.fontManager.ttflist.append(
    replace(font_manager.fontManager.ttflist[-1], weight=font_manager.weight_dict["bold"])
)

STYLE: dict[Any, Any] = {
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e3e6ea",
    "axes.axisbelow": True,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "axes.prop_cycle": plt.cycler(color=COLOURS),
    "font.family": FONTS,
    "svg.hashsalt": "figure",  # names inside an SVG are random without it
}
WIDTH = 5.6  # inches: at the width of a phone the text is then still some 9 pixels high
DOTS_PER_INCH = 150


def new_figure(
    height: float = 3.2, rows: int = 1, columns: int = 1, width: float = WIDTH, **kwargs: Any
) -> tuple[Figure, Any]:
    """A figure in the book's style, sizes in inches, and its axes (an array if there are several).

    Further arguments go to `matplotlib.pyplot.subplots`.
    """
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            rows, columns, figsize=(width, height), layout="constrained", **kwargs
        )
    plt.close(figure)  # shown by `show` alone, not a second time by the notebook
    return figure, axes


def show(figure: Figure, alt: str, vector: bool = False) -> None:
    """Display the figure, as PNG or (`vector`) as SVG, with a text for readers who do not see it.

    `alt` says what one sees. It is stored with the output, where nbconvert finds it, and
    `make execute` copies it to the cell's metadata, where Jupyter Book finds it.
    Raises `ValueError` when it says too little.
    """
    if len(alt.split()) < 6:
        raise ValueError(
            f"expected an alt text of at least six words, got {alt!r}; say what one sees"
        )
    if vector:
        # The same figure is the same file, so without a date.
        svg = _saved(figure, "svg", metadata={"Date": None}).decode()
        mime, content = "image/svg+xml", _name_by_character(svg)
    else:
        mime, content = "image/png", base64.b64encode(as_png(figure)).decode()
    display({mime: content, "text/plain": alt}, metadata={mime: {"alt": alt}}, raw=True)


def as_png(figure: Figure) -> bytes:
    """The figure as a PNG file, in the book's style."""
    return _saved(figure, "png")


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    plain = font_manager.FontProperties().get_family()
    with plt.rc_context(STYLE):
        for text in figure.findobj(Text):
            # Text that was added after the figure had been made has not been told of the style.
            if text.get_fontfamily() == plain:
                text.set_fontfamily(FONTS)
        figure.savefig(
            buffer,
            format=kind,
            dpi=DOTS_PER_INCH,
            bbox_inches="tight",
            pad_inches=0.06,
            **options,
        )
    plt.close(figure)
    return buffer.getvalue()


def _name_by_character(svg: str) -> str:
    """Chinese glyphs called by their characters' numbers.

    From version 3.11 on, matplotlib calls a glyph by its place in the font, so with every character
    that the font gains, figures without that character would become other files.
    """
    places = FT2Font(str(CHINESE_FONT)).get_charmap()
    character_at = {int(place): number for number, place in places.items()}
    return re.sub(
        rf"(?<=[\"#]{POSTSCRIPT_NAME}-)[0-9a-f]+",
        lambda found: f"{character_at.get(int(found[0], 16), int(found[0], 16)):x}",
        svg,
    )


def image_grid(
    rows: Sequence[Tensor],
    row_labels: Sequence[str],
    column_labels: Sequence[str] | None = None,
    image_size: float = 0.5,
) -> Figure:
    """A figure of images: each of `rows`, tensors of shape (n, 1, 28, 28), beside its label.

    `image_size` is the side of an image in inches. Raises `ValueError` when rows and labels, or the
    rows among themselves, differ in number.
    """
    count = len(rows[0])
    if len(rows) != len(row_labels) or any(len(row) != count for row in rows):
        raise ValueError(
            f"expected one label a row and rows of {count} images, got {len(row_labels)} labels "
            f"for rows of {[len(row) for row in rows]}"
        )
    # One strip of pixels a row, with a white gap, draws much faster than one axes for each image.
    label_width = 0.105 * max(len(line) for label in row_labels for line in label.split("\n")) + 0.1
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            len(rows),
            1,
            figsize=(label_width + count * image_size, len(rows) * image_size + 0.25),
            squeeze=False,
        )
    plt.close(figure)
    left = label_width / (label_width + count * image_size)
    figure.subplots_adjust(
        left=left, right=1, top=0.93 if column_labels else 1, bottom=0, hspace=0.06
    )
    gap = 2
    for axis, row, label in zip(axes[:, 0], rows, row_labels, strict=True):
        height, width = row.shape[-2:]
        strip = np.zeros((height, count * (width + gap) - gap), dtype=np.float32)
        for i, image in enumerate(row.detach().cpu().clamp(0, 1).numpy()):
            strip[:, i * (width + gap) : i * (width + gap) + width] = image[0]
        axis.imshow(strip, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        axis.set_axis_off()
        axis.text(-6, height / 2, label, ha="right", va="center", fontsize=11, color=INK)
    if column_labels:
        for i, label in enumerate(column_labels):
            axes[0, 0].text(
                i * (width + gap) + width / 2,
                -3,
                label,
                ha="center",
                va="bottom",
                fontsize=11,
                color=INK,
            )
    return figure


def draw_curve(
    axes: Axes,
    x: ArrayLike,
    mean: ArrayLike,
    spread: ArrayLike | None = None,
    label: str = "",
    index: int = 0,
    **kwargs: Any,
) -> None:
    """One curve with the marker and colour of its `index`, and a band of `spread` around it."""
    colour = COLOURS[index % len(COLOURS)]
    marker = MARKERS[index % len(MARKERS)]
    axes.plot(x, mean, marker=marker, color=colour, label=label, **kwargs)
    if spread is not None:
        low, high = np.subtract(mean, spread), np.add(mean, spread)
        axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
