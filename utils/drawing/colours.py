"""Which colour each thing has, in every figure and explorer, on light pages and on dark ones.

Colours are those of Okabe & Ito (2008), "Color Universal Design", darkened for white paper and
lightened for a dark page until text in them has a contrast of 4.5 to 1. A figure is drawn in the
light ones; the page (`tools/sphinx_extensions/figures.py`) puts the reader's in their place.
"""

from typing import NamedTuple


class Colour(NamedTuple):
    """A colour in its two values, as "#rrggbb"."""

    light: str
    dark: str


PALETTE = {
    "paper": Colour("#ffffff", "#12171f"),
    "ink": Colour("#1f2328", "#dbe2ea"),
    "muted": Colour("#5b6470", "#a9b4c2"),
    "faint": Colour("#c3c9d0", "#4a5666"),  # lines to what was dropped
    "grid": Colour("#e3e6ea", "#29323f"),
    "tint": Colour("#f8cdb2", "#6b3a1c"),  # vermilion, so faint that ink on it is legible
    "blue": Colour("#0072b2", "#5cb4f2"),
    "green": Colour("#00755c", "#35c99d"),
    "vermilion": Colour("#c04d00", "#ff8f4a"),
    "purple": Colour("#a3457f", "#e79ac8"),
    "orange": Colour("#926300", "#eab33b"),
    "sky": Colour("#197cb4", "#8fd3ff"),
}
PAPER, INK, MUTED, FAINT, GRID, TINT = (
    PALETTE[name].light for name in ("paper", "ink", "muted", "faint", "grid", "tint")
)


class Look(NamedTuple):
    """How a thing is drawn: its colour's name in `PALETTE`, and a marker, so that no line is told
    apart by colour alone."""

    name: str
    marker: str

    @property
    def colour(self) -> str:
        """What a figure is drawn in."""
        return PALETTE[self.name].light


# What the notation page shows (tests/book/test_notation.py). A thing has one colour in the whole
# book; a colour has several things, which no figure shows together.
THINGS = {
    # the parts of a network
    "encoder": Look("blue", "o"),
    "code": Look("vermilion", "s"),
    "context": Look("vermilion", "s"),  # the vector c, as the code is
    "decoder": Look("green", "^"),
    # what is measured: the network, and its rivals
    "network": Look("purple", "o"),
    "another network": Look("sky", "v"),
    "PCA": Look("orange", "s"),
    "Wiener filter": Look("orange", "s"),
    "weighted sum": Look("orange", "s"),
    "WebP": Look("blue", "^"),
    "AVIF": Look("green", "D"),
    "JPEG 2000": Look("vermilion", "v"),
    "JPEG": Look("muted", "P"),
    "BM3D": Look("blue", "^"),
    "copy": Look("blue", "^"),
    "nothing learnt": Look("muted", "x"),
    "truth": Look("ink", "o"),
    # what a denoiser is shown as its target
    "clean": Look("ink", "o"),
    "Gaussian": Look("sky", "s"),
    "salt and pepper": Look("orange", "^"),
    # networks in training
    "training examples": Look("muted", "o"),
    "validation examples": Look("purple", "s"),
    # recurrent cells
    "RNN": Look("muted", "o"),
    "LSTM": Look("purple", "s"),
    "GRU": Look("orange", "^"),
    # attention
    "with attention": Look("purple", "o"),
    "without attention": Look("sky", "v"),
    "equal weights": Look("orange", "^"),
}
ENCODER, CODE, CONTEXT, DECODER, NETWORK = (
    THINGS[name].colour for name in ("encoder", "code", "context", "decoder", "network")
)
ACCENT = PALETTE["blue"].light  # for what stands out and is none of these
