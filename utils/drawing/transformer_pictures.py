"""Pictures of what is inside a Transformer: what all heads look at, and the codes of places."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from matplotlib.figure import Figure
from torch import Tensor

from .attention_diagrams import WEIGHT_COLOURS
from .colours import CODE, DECODER, ENCODER, FAINT, INK, MUTED
from .figures import new_figure

WAVE_HEIGHT = 2.6  # from one wave to the next, where each goes from -1 to 1


def draw_heads(weights: Mapping[str, Tensor]) -> Figure:
    """A small picture for each head: white where it does not look, dark where it does.

    weights: by what the heads do, (layers, heads, queries, keys) each, as a Transformer's
        `with_weights` returns them for one sentence. In a picture the queries are rows, from above,
        and the keys columns.

    Raises `ValueError` for tensors of other shapes, or of other numbers of layers and heads.
    """
    grids = {name: tuple(looks.shape[:2]) for name, looks in weights.items()}
    if len(set(grids.values())) != 1 or any(looks.ndim != 4 for looks in weights.values()):
        raise ValueError(
            "expected weights of shape (layers, heads, queries, keys), with equal numbers of "
            f"layers and heads, got {[tuple(looks.shape) for looks in weights.values()]}"
        )
    layers, heads = next(iter(grids.values()))
    figure, axes = new_figure(
        height=1.1 * len(weights) + 0.2, rows=len(weights), columns=layers * heads, squeeze=False
    )
    for line, looks in zip(axes, weights.values(), strict=True):
        for place, (picture, one) in enumerate(zip(line, looks.flatten(0, 1), strict=True)):
            picture.imshow(one.detach().cpu().numpy(), cmap=WEIGHT_COLOURS, vmin=0, vmax=1)
            picture.set_aspect(one.shape[1] / one.shape[0])  # a square, whatever the sentences
            picture.grid(False)
            picture.set(xticks=[], yticks=[])
            picture.spines[:].set_visible(True)
            picture.set_xlabel(f"{place // heads + 1}.{place % heads + 1}", fontsize=9, color=MUTED)
    # A title would make the column below it as wide as itself; a text of the figure does not.
    figure.set_layout_engine("constrained", h_pad=0.14)
    figure.draw_without_rendering()
    for line, name in zip(axes, weights, strict=True):
        box = line[0].get_position()
        figure.text(
            box.x0, box.y1 + 0.01, f"{name}, layer.head", fontsize=10, color=INK, va="bottom"
        )
    return figure


def draw_position_codes(codes: Tensor, place: int, waves: int = 8) -> Figure:
    """The code of a place as points on its waves, and its dot product with the codes of all places.

    codes: (places, size), as `SinePositions.codes` returns them for one sentence.
    waves: how many pairs of a sine and a cosine are drawn, evenly chosen out of size / 2.

    Raises `ValueError` for a place that has no code, and for other numbers of waves than such as
    divide size / 2.
    """
    places, size = codes.shape
    if not 0 <= place < places:
        raise ValueError(f"expected a place from 0 to {places - 1}, got {place}")
    if waves < 1 or (size // 2) % waves != 0:
        raise ValueError(f"expected a number of waves that divides {size // 2}, got {waves}")
    numbers = codes.detach().cpu()
    figure, (upper, lower) = new_figure(
        height=4.6, rows=2, sharex=True, gridspec_kw={"height_ratios": [2, 1]}
    )
    # (places, size) -> (places, waves, 2): each sine beside its cosine
    drawn = numbers.unflatten(1, (waves, -1, 2))[:, :, 0]
    for row in range(waves):
        height = -WAVE_HEIGHT * row
        upper.axhline(height, color=FAINT, linewidth=0.8)
        for part, colour, dashes in ((0, CODE, "-"), (1, ENCODER, "--")):
            wave = height + drawn[:, row, part]
            upper.plot(wave.numpy(), dashes, color=colour, linewidth=1.2)
            upper.plot([place], [float(wave[place])], "o", color=colour)
    upper.set_yticks([])
    upper.grid(False)
    named = f"{waves} of its {size // 2}" if waves < size // 2 else f"its {waves}"
    upper.set_title(f"{named} waves: sine, and dashed the cosine", fontsize=10, loc="left")
    products = numbers @ numbers[place]
    lower.plot(products.numpy(), "o-", color=DECODER, markersize=3)
    lower.plot([place], [float(products[place])], "o", color=DECODER, markersize=8)
    lower.set_ylim(min(0.0, float(torch.min(products))), None)
    lower.set_xlabel("place")
    lower.set_title(f"dot product of the code of place {place} with each", fontsize=10, loc="left")
    for axis in (upper, lower):
        axis.axvline(place, color=MUTED, linewidth=0.8)
    return figure
