"""Explorers: sliders that live on the page itself and need no kernel.

An explorer is a custom element with its data beside it, a script that draws it, and a picture for
readers whose program runs no scripts (GitHub's preview, a notebook that is not trusted). All of it
is one output of one cell, so it is the same on the built page, in JupyterLab and in Colab, and
loads nothing from anywhere. The scripts are in `utils/explorers/javascript`.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

from ..drawing.figures import as_png
from .markup import element, script

COLOURS = 64  # of the picture that stands in where no script runs


def show_explorer(name: str, data: Mapping, figure: Figure, alt: str, label: str = "") -> None:
    """Display the explorer `name` over `data`, with the `figure` in its place where no script runs.

    name: of a file in the folder `javascript`, without `.js`; the element is called book-NAME, with
        hyphens.
    data: what JSON can hold; tensors go through `utils.explorers.packed_tensors`.
    alt: what one sees in the figure, as in `figures.show`.
    label: the element's name for screen readers; without it, alt.
    """
    page = element(name, data, with_few_colours(as_png(figure)), alt, label) + script(name, data)
    display({"text/html": page, "text/plain": alt}, raw=True)


def with_few_colours(png: bytes) -> bytes:
    """The same picture in a palette of its own, which takes a third of the room or less."""
    written = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        reduced = picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
        reduced.save(written, "png", optimize=True)
    return written.getvalue()
