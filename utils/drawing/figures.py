"""One style for all figures, and the one way to show them: with a text that says what one sees."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.category import StrCategoryFormatter
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter
from numpy.typing import ArrayLike
from torch import Tensor

from ..wording.letters import letters
from ..wording.names import called
from .colours import GRID, INK, MUTED, PAPER, THINGS
from .vector import DRAWN_IN as FONTS
from .vector import plain_formulas, tidy

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
    "figure.facecolor": PAPER,  # opaque, so that a figure is legible on a dark page too
    "savefig.facecolor": PAPER,
    "axes.facecolor": "none",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
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
    "font.family": FONTS,
    "image.composite_image": False,  # in an SVG, each image as it is, with its own pixels
    "image.interpolation": "none",
    "svg.fonttype": "none",  # text is text
    "svg.hashsalt": "figure",  # names inside an SVG are random without it
}
WIDTH = 5.6  # inches: at the width of a phone the text is then still some 9 pixels high
DOTS_PER_INCH = 150
OF_SENTENCES = "words of sentences"  # the label, shown nowhere, of what `keep_words` has marked
FEWEST_WORDS, FEWEST_CHARACTERS = 6, 12  # of an alternative text, English or Chinese


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


def show(figure: Figure, alt: str, caption: str = "") -> None:
    """Display the figure as SVG, with a text for readers who do not see it.

    `alt` says what one sees. It is stored with the output, where nbconvert finds it, and
    `make execute` copies it to the cell's metadata, where Jupyter Book finds it.
    `caption` is a line below the figure, where it needs one: what is compared, and of how many.
    Raises `ValueError` when `alt` says too little.
    """
    wide = letters(alt) - len(alt)  # Chinese has two characters a word, and no blanks
    if wide < FEWEST_CHARACTERS and (wide or len(alt.split()) < FEWEST_WORDS):
        raise ValueError(
            "expected an alt text of at least six words, or twelve Chinese characters, got "
            f"{alt!r}; say what one sees"
        )
    mime, content = "image/svg+xml", as_svg(figure, alt, caption)
    display({mime: content, "text/plain": alt}, metadata={mime: {"alt": alt}}, raw=True)


def as_svg(figure: Figure, alt: str, caption: str = "") -> str:
    """The figure as an SVG file on white paper, in the book's style, with what it says."""
    figure.patch.set_gid("paper")
    with plain_formulas(figure):
        # The same figure is the same file, so without a date.
        return tidy(_saved(figure, "svg", metadata={"Date": None}).decode(), alt, caption)


def as_png(figure: Figure) -> bytes:
    """The figure as a PNG file, in the book's style."""
    with _chinese_beside_formulas(figure):
        return _saved(figure, "png")


@contextmanager
def _chinese_beside_formulas(figure: Figure) -> Iterator[None]:
    """Write Chinese that has a formula in it with the font that has Chinese, while it is saved.

    matplotlib takes a single font for what stands beside a formula, and a formula's own for that.
    """
    changed = []
    for text in figure.findobj(Text):
        said = text.get_text()
        if "$" in said and letters(said) != len(said):
            changed.append((text, text.get_fontfamily()))
            text.set_fontfamily(FONTS[-1])
    try:
        yield
    finally:
        for text, family in changed:
            text.set_fontfamily(family)


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    call_by_names(figure)
    use_fonts(figure)
    with plt.rc_context(STYLE):
        for axes in figure.axes:
            _draw_whole(axes)
        for legend in figure.findobj(Legend):
            legend.set_frame_on(False)
        for image in figure.findobj(AxesImage):
            image.set_interpolation("none")
        for mesh in figure.findobj(QuadMesh):  # of a colour bar, hundreds of small shapes
            mesh.set_rasterized(True)
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


def keep_words(artist: Artist) -> None:
    """Its texts are words of a sentence, and none is a name, even if it reads like one."""
    artist.set_label(OF_SENTENCES)


def _is_of_sentences(artist: Artist) -> bool:
    return artist.get_label() == OF_SENTENCES


def call_by_names(figure: Figure) -> None:
    """Write each text that is a name, and nothing else, in the edition's language.

    Whoever asks how large something is calls this before.
    """
    kept = {text for artist in figure.findobj(_is_of_sentences) for text in artist.findobj(Text)}
    for axes in figure.axes:
        if _is_of_sentences(axes):
            continue
        for axis in (axes.xaxis, axes.yaxis):
            # A label of an axis is written anew whenever the figure is drawn.
            if isinstance(
                axis.get_major_formatter(), FixedFormatter | FuncFormatter | StrCategoryFormatter
            ):
                places = [float(place) for place in axis.get_majorticklocs()]
                labels = axis.get_major_formatter().format_ticks(places)
                names = [called(label) for label in labels]
                if names != labels:
                    axis.set_ticks(places, names)
    for text in figure.findobj(Text):
        name = called(text.get_text())
        if name != text.get_text() and text not in kept:
            text.set_text(name)


def use_fonts(figure: Figure) -> None:
    """Give text the book's fonts that was added after the figure had been made, without its style.

    Whoever asks how large something is calls this before: a character that the font of others has
    not is as wide as an empty box.
    """
    plain = font_manager.FontProperties().get_family()
    for text in figure.findobj(Text):
        if text.get_fontfamily() == plain:
            text.set_fontfamily(FONTS)


def _draw_whole(axes: Axes) -> None:
    """Lines and markers that touch the edge of the axes are not cut there."""
    for line in axes.get_lines():
        if _inside(axes, line).all():
            line.set_clip_on(False)


def _inside(axes: Axes, line: Line2D) -> np.ndarray:
    """Which points of the line lie within the axes, or on their edge."""
    if not len(_points(line)):
        return np.zeros(0, dtype=bool)
    points = axes.transAxes.inverted().transform(line.get_transform().transform(_points(line)))
    return np.all((points > -1e-6) & (points < 1 + 1e-6), axis=1)


def _points(line: Line2D) -> np.ndarray:
    """(n, 2), in the line's own units."""
    return np.asarray(line.get_xydata())


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
    # One strip of pixels a row, with gaps, draws much faster than one axes for each image.
    longest = max(letters(line) for label in row_labels for line in label.split("\n"))
    label_width = 0.105 * longest + 0.1
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
        strip = np.full((height, count * (width + gap) - gap), np.nan, dtype=np.float32)
        for i, image in enumerate(row.detach().cpu().clamp(0, 1).numpy()):
            strip[:, i * (width + gap) : i * (width + gap) + width] = image[0]
        axis.imshow(strip, cmap="gray_r", vmin=0, vmax=1, interpolation="none")
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
    thing: str,
    spread: ArrayLike | None = None,
    label: str = "",
    **kwargs: Any,
) -> None:
    """One curve with the colour and marker of a `thing` in `colours.THINGS`.

    Around it a band of `spread`; `label` is what the thing is called, unless another is given.
    """
    look = THINGS[thing]
    style = {"marker": look.marker, "color": look.colour, "label": label or called(thing)}
    axes.plot(x, mean, **(style | kwargs))
    if spread is not None:
        low, high = np.subtract(mean, spread), np.add(mean, spread)
        axes.fill_between(x, low, high, color=look.colour, alpha=0.18, linewidth=0)


def name_lines(axes: Axes, size: float = 10) -> None:
    """Write each line's label, in its colour, at its right end: no legend has to be looked up.

    Labels that would lie on each other are moved apart. Lines without a label get none; call this
    when everything else has been drawn, since it asks how high the axes are.
    """
    figure = cast(Figure, axes.figure)
    call_by_names(figure)
    use_fonts(figure)
    figure.draw_without_rendering()  # so that the axes have their final size
    named = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
    lines = [line for line in named if _inside(axes, line).any()]
    labels = [called(str(line.get_label())) for line in lines]
    ends = [tuple(_points(line)[_inside(axes, line)][-1]) for line in lines]
    points = 72 / figure.dpi
    wanted = [points * axes.transData.transform(end)[1] for end in ends]
    order = sorted(range(len(lines)), key=lambda i: wanted[i])
    heights = [1.25 * size * (labels[i].count("\n") + 1) for i in order]
    placed = _apart([wanted[i] for i in order], heights)
    for i, level in zip(order, placed, strict=True):
        axes.annotate(
            labels[i],
            ends[i],
            xytext=(8, level - wanted[i]),
            textcoords="offset points",
            va="center",
            fontsize=size,
            color=lines[i].get_color(),
            annotation_clip=False,
        )


def _apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """The places nearest to those `wanted`, which rise, so that none of these heights overlap."""
    blocks: list[list[float]] = []  # of each its bottom, its height, and how many places it has
    for middle, height in zip(wanted, heights, strict=True):
        blocks.append([middle - height / 2, height, 1])
        while len(blocks) > 1 and blocks[-2][0] + blocks[-2][1] > blocks[-1][0]:
            above, below = blocks.pop(), blocks.pop()
            count = below[2] + above[2]
            shifted = above[0] - below[1]  # where the lower would begin if the upper stayed
            bottom = (below[2] * below[0] + above[2] * shifted) / count
            blocks.append([bottom, below[1] + above[1], count])
    placed: list[float] = []
    for bottom, _, count in blocks:
        for _ in range(int(count)):
            height = heights[len(placed)]
            placed.append(bottom + height / 2)
            bottom += height
    return placed
