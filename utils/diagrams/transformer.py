"""Diagrams of the Transformer: how words meet, what a block is, what heads and places look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from torch import Tensor

from ..drawing.canvas import (
    DECODER_COLOUR,
    ENCODER_COLOUR,
    HEADING,
    Canvas,
    text_width,
    token_boxes,
    write,
)
from ..drawing.colours import CODE, CONTEXT, DECODER, ENCODER, FAINT, INK, MUTED, PAPER
from ..drawing.figures import keep_words, new_figure
from ..wording.names import called
from ..wording.words import say
from .attention import BOX_HEIGHT, WEIGHT_COLOURS, draw_tokens

LABEL = 10  # points

# ------------------------------------------------------------------------------
# From word to word, or from every word to every word

STATE_RADIUS = 1.7


def draw_two_readings(tokens: Sequence[str], asking: int) -> Canvas:
    """A sentence read by a recurrent network, and below by self-attention.

    Below, the word at the position `asking`, counted from 0, has thick lines to all words. Raises
    `ValueError` when there is no such word, and for a sentence that is too long.
    """
    if not 0 <= asking < len(tokens):
        raise ValueError(
            f"expected a position from 0 to {len(tokens) - 1}, one of the sentence's, got {asking}"
        )
    canvas = Canvas(height=79)
    size, places = token_boxes(tokens)
    for top, name, remark in (
        (78, say("recurrent"), say("from each word to the next, one after the other")),
        (43, say("self-attention"), say("from every word to every word, all at once")),
    ):
        write(canvas, 1, top - 3, name, HEADING, weight="bold", align="left")
        x = 1 + text_width(name, HEADING, "bold") + 2
        write(canvas, x, top - 3, remark, LABEL, MUTED, align="left")

    bottom, states = 47.5, 65
    draw_tokens(canvas, tokens, places, bottom, size)
    for number, place in enumerate(places):
        canvas.arrow((place.middle, bottom + BOX_HEIGHT), (place.middle, states - STATE_RADIUS))
        if number:
            before = places[number - 1].middle + STATE_RADIUS
            canvas.arrow((before, states), (place.middle - STATE_RADIUS, states))
        canvas.node(place.middle, states, "", ENCODER_COLOUR, STATE_RADIUS)

    bottom, states = 1, 33
    draw_tokens(canvas, tokens, places, bottom, size)
    for number, above in enumerate(places):
        for below in places:
            canvas.line(
                [(below.middle, bottom + BOX_HEIGHT + 0.6), (above.middle, states - STATE_RADIUS)],
                FAINT,
                width=0.7,
            )
        colour = CONTEXT if number == asking else ENCODER_COLOUR
        canvas.node(above.middle, states, "", colour, STATE_RADIUS)
    for below in places:  # over the faint ones
        canvas.line(
            [
                (below.middle, bottom + BOX_HEIGHT + 0.6),
                (places[asking].middle, states - STATE_RADIUS),
            ],
            CONTEXT,
            width=2.6,
        )
    return canvas


# ------------------------------------------------------------------------------
# The blocks of encoder and decoder

PART_HEIGHT = 7.4
STEP = 21.5  # units from one sublayer to the next
ADDED_RADIUS = 2.0
ENCODER_X, DECODER_X = 21, 78


def encoder_parts() -> tuple[str, ...]:
    """What a block of the encoder is made of, from below."""
    return say("self-attention"), say("feed-forward")


def decoder_parts() -> tuple[str, ...]:
    """What a block of the decoder is made of, from below."""
    return say("self-attention"), say("cross-attention"), say("feed-forward")


def draw_blocks(norm: str = "before") -> Canvas:
    """A block of the encoder and one of the decoder, read from below, with what leads around.

    norm: "before" each part or "after" each sum, as in `transformers.stack.Architecture`. Raises
    `ValueError` for another.
    """
    if norm not in ("before", "after"):
        raise ValueError(f'expected the norm "before" or "after", got {norm!r}')
    canvas = Canvas(height=79)
    read, written = say("encoder: a word's vector"), say("decoder: a word's vector")
    top = _draw_column(canvas, ENCODER_X, read, encoder_parts(), ENCODER_COLOUR, norm)
    _draw_column(canvas, DECODER_X, written, decoder_parts(), DECODER_COLOUR, norm)
    # What the decoder looks at comes out of the encoder's last block.
    level = 5.0 + STEP + (8.2 if norm == "before" else 4.6) + PART_HEIGHT / 2
    between = (ENCODER_X + DECODER_X) / 2
    keys_and_values = say("keys and values")
    write(canvas, ENCODER_X, top + 2.6, keys_and_values, LABEL, MUTED)
    right = ENCODER_X + text_width(keys_and_values, LABEL) / 2 + 1
    canvas.line([(right, top + 2.6), (between, top + 2.6), (between, level)])
    canvas.arrow((between, level), (DECODER_X - _part_width() / 2, level))
    return canvas


def _part_width() -> float:
    return max(text_width(name, LABEL + 0.5, "bold") for name in decoder_parts()) + 3


def _draw_column(
    canvas: Canvas, x: float, entering: str, parts: Sequence[str], colour: str, norm: str
) -> float:
    """One block around x, with what enters it. Returns how high it is."""
    width = _part_width()
    around = x + width / 2 + 2.6  # where the residual connections lead
    write(canvas, x, 2.4, entering, LABEL)
    y = 5.0
    for part in parts:
        bottom = y + (8.2 if norm == "before" else 4.6)
        added = bottom + PART_HEIGHT + 3.2
        canvas.line([(x, y), (x, bottom)])
        canvas.line([(x, y + 1.6), (around, y + 1.6), (around, added), (x, added)])
        canvas.box(x - width / 2, bottom, width, PART_HEIGHT, "", colour)
        write(canvas, x, bottom + PART_HEIGHT / 2, part, LABEL + 0.5, PAPER, "bold")
        canvas.line([(x, bottom + PART_HEIGHT), (x, y + STEP)])
        canvas.node(x, added, "+", MUTED, ADDED_RADIUS)
        _draw_norm(canvas, x, y + 4.9 if norm == "before" else added + 4.4)
        y += STEP
    canvas.arrow((x, y), (x, y + 4))
    return y + 4


def _draw_norm(canvas: Canvas, x: float, y: float) -> None:
    """A thin bar across the way at the height y."""
    name = say("norm")
    width = text_width(name, LABEL) + 3
    canvas.box(x - width / 2, y - 1.9, width, 3.8, "", CONTEXT)
    write(canvas, x, y, name, LABEL - 0.5, PAPER, "bold")


# ------------------------------------------------------------------------------
# What all heads look at, and the codes of places

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
        label = say("{name}, layer.head").format(name=called(name))
        figure.text(box.x0, box.y1 + 0.01, label, fontsize=10, color=INK, va="bottom")
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
    if waves < size // 2:
        title = say("{some} of its {all} waves: sine, and dashed the cosine")
    else:
        title = say("its {all} waves: sine, and dashed the cosine")
    upper.set_title(title.format(some=waves, all=size // 2), fontsize=10, loc="left")
    products = numbers @ numbers[place]
    lower.plot(products.numpy(), "o-", color=DECODER, markersize=3)
    lower.plot([place], [float(products[place])], "o", color=DECODER, markersize=8)
    lower.set_ylim(min(0.0, float(torch.min(products))), None)
    lower.set_xlabel(say("place"))
    title = say("dot product of the code of place {place} with each").format(place=place)
    lower.set_title(title, fontsize=10, loc="left")
    for axis in (upper, lower):
        axis.axvline(place, color=MUTED, linewidth=0.8)
    return figure


def draw_head_planes(words: Sequence[str], vectors: Tensor, asking: int) -> Figure:
    """What each of several heads sees of some words, two numbers of each, as arrows in a plane.

    At each arrow stands how much weight the word `asking`, counted from 0, gives it there: softmax
    of the dot products, divided by the root of 2, of its two numbers with all.

    vectors: (words, 2 * heads).

    Raises `ValueError` where there is no such word, or the vectors are no pairs of numbers.
    """
    numbers = vectors.detach().cpu()
    if numbers.ndim != 2 or len(numbers) != len(words) or numbers.shape[1] % 2:
        raise ValueError(
            f"expected vectors of shape ({len(words)}, 2 * heads), got {tuple(numbers.shape)}"
        )
    if not 0 <= asking < len(words):
        raise ValueError(f"expected a word from 0 to {len(words) - 1}, got {asking}")
    seen = numbers.unflatten(1, (-1, 2)).transpose(0, 1)  # (heads, words, 2)
    reach = 1.25 * float(numbers.abs().max())
    heads = len(seen)
    figure, axes = new_figure(height=3.1, columns=heads, squeeze=False)
    for head, (axis, arrows) in enumerate(zip(axes[0], seen, strict=True)):
        weights = (arrows @ arrows[asking] / 2**0.5).softmax(0)  # (words,)
        for i, (word, arrow) in enumerate(zip(words, arrows.tolist(), strict=True)):
            colour = DECODER if i == asking else ENCODER
            look = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.6, "shrinkA": 0}
            axis.annotate("", arrow, (0, 0), arrowprops=look)
            axis.annotate(
                f"{word} {float(100 * weights[i]):.0f} %",
                arrow,
                (0, 5 if arrow[1] > 0 else -5),
                textcoords="offset points",
                ha="center",
                va="bottom" if arrow[1] > 0 else "top",
                color=colour,
                fontsize=10,
                zorder=4,  # above all arrows
                path_effects=[withStroke(linewidth=3, foreground=PAPER)],
            )
        axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axis.set_title(say("head {number}").format(number=head + 1), fontsize=10, loc="left")
        axis.set_xlabel(say("number {number}").format(number=2 * head + 1))
        axis.set_ylabel(say("number {number}").format(number=2 * head + 2))
        keep_words(axis)
    return figure
