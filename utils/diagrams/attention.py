"""Diagrams of attention: what it looks at, how it is calculated, where it learns.

Text is as large as fits and never too small for a phone: what does not fit is refused with a
`ValueError`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colorbar import Colorbar
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from torch import Tensor

from ..drawing.canvas import (
    CODE_COLOUR,
    DECODER_COLOUR,
    ENCODER_COLOUR,
    HEADING,
    POINTS_PER_UNIT,
    Canvas,
    Place,
    fitting_size,
    plain,
    text_width,
    token_boxes,
    write,
)
from ..drawing.colours import ACCENT, CONTEXT, FAINT, INK, MUTED, PAPER, TINT
from ..drawing.figures import STYLE, keep_words, use_fonts
from ..languages.pairs import Alignment
from ..wording.letters import wrapped
from ..wording.words import say

TEXT = 10.5  # points
LABEL = 10

# ------------------------------------------------------------------------------
# The translator without and with notes

BOX_HEIGHT = 7.5
NOTE = 1.4  # side of the little squares that stand for the numbers of a vector
NOTE_LENGTH = 3  # how many of them a note has; the memory has as many


def draw_translators(
    source: Sequence[str], target: Sequence[str], looked_at: Sequence[int], step: int
) -> Canvas:
    """A translator who writes from memory, and below one who has noted something for every word.

    Both are writing `target[step]`. What comes before it is written, what comes after is an empty
    frame. The first has one vector for the whole sentence; the second one for each word, and looks
    at those of the positions `looked_at` in `source`, counted from 0: thick lines. Raises
    `ValueError` when `step` or a position is none of the sentence's, or a sentence is too long.
    """
    if not 0 <= step < len(target):
        raise ValueError(
            f"expected a step from 0 to {len(target) - 1}, one for each token of the target, "
            f"got {step}"
        )
    if not all(0 <= position < len(source) for position in looked_at):
        raise ValueError(
            f"expected positions from 0 to {len(source) - 1} of the source's tokens, "
            f"got {list(looked_at)}"
        )
    canvas = Canvas(height=91)
    size = min(token_boxes(source)[0], token_boxes(target)[0])
    _, sources = token_boxes(source, largest=size)
    _, targets = token_boxes(target, largest=size)

    for top, name, remark in (
        (90, say("from memory"), say("one vector for the whole sentence")),
        (43, say("with notes"), say("one vector for each word")),
    ):
        write(canvas, 1, top - 3, name, HEADING, weight="bold", align="left")
        x = 1 + text_width(name, HEADING, "bold") + 2
        write(canvas, x, top - 3, remark, LABEL, MUTED, align="left")
        draw_tokens(canvas, source, sources, top - 14, size)
        _draw_written(canvas, target, targets, step, top - 41, size)

    written = targets[step].middle
    source_bottom, target_top = 76, 49 + BOX_HEIGHT
    memory = say("memory")
    width = text_width(memory, TEXT, "bold") + 4 + NOTE * NOTE_LENGTH
    left, bottom, height = 50 - width / 2, 63, 6
    for place in sources:
        canvas.line([(place.middle, source_bottom), (50, bottom + height)], MUTED, width=0.9)
    canvas.line([(50, bottom), (written, target_top)], CONTEXT, width=3.2)
    canvas.box(left, bottom, width, height, "", CODE_COLOUR)
    middle = bottom + height / 2
    write(canvas, left + 1.5, middle, memory, TEXT, PAPER, "bold", align="left")
    note_left = left + width - 1.5 - NOTE * NOTE_LENGTH
    _draw_note(canvas, note_left, middle - NOTE / 2, fill=PAPER, edge=CODE_COLOUR)

    source_bottom, target_top = 29, 2 + BOX_HEIGHT
    note_bottom = source_bottom - NOTE - 1
    # Those looked at last, so that no grey line is drawn over them.
    for position in sorted(range(len(source)), key=lambda i: i in looked_at):
        x = sources[position].middle
        looked = position in looked_at
        canvas.line(
            [(x, note_bottom), (written, target_top)],
            CONTEXT if looked else FAINT,
            width=3.2 if looked else 0.9,
        )
        _draw_note(
            canvas,
            x - NOTE * NOTE_LENGTH / 2,
            note_bottom,
            fill=CONTEXT if looked else PAPER,
            edge=PAPER if looked else MUTED,
        )
    return canvas


def draw_tokens(
    canvas: Canvas, tokens: Sequence[str], places: Sequence[Place], bottom: float, size: float
) -> None:
    """A sentence's tokens in the encoder's boxes, `bottom` units up, in letters of a `size`."""
    for token, place in zip(tokens, places, strict=True):
        canvas.box(place.left, bottom, place.width, BOX_HEIGHT, "", ENCODER_COLOUR)
        write(canvas, place.middle, bottom + BOX_HEIGHT / 2, token, size, PAPER)


def _draw_written(
    canvas: Canvas,
    tokens: Sequence[str],
    places: Sequence[Place],
    step: int,
    bottom: float,
    size: float,
) -> None:
    """The tokens up to `step`, the last of them with a frame; empty frames for the rest."""
    for number, (token, place) in enumerate(zip(tokens, places, strict=True)):
        if number <= step:
            canvas.box(place.left, bottom, place.width, BOX_HEIGHT, "", DECODER_COLOUR)
            write(canvas, place.middle, bottom + BOX_HEIGHT / 2, token, size, PAPER)
        else:
            _draw_frame(canvas, place.left, bottom, place.width, BOX_HEIGHT, FAINT, dashed=True)


def _draw_note(canvas: Canvas, x: float, y: float, fill: str, edge: str) -> None:
    """A small vector, without its numbers, its lower left corner at (x, y)."""
    for i in range(NOTE_LENGTH):
        square = plt.Rectangle((x + i * NOTE, y), NOTE, NOTE, fc=fill, ec=edge, lw=0.8, zorder=2)
        canvas.axes.add_patch(square)


# ------------------------------------------------------------------------------
# Attention with its numbers

LINE = 4.6  # units from one number of a vector to the one below it
RISE = 3.2  # length of a short arrow
RADIUS = 2.5  # of an operation's node
ROW = 5.6  # height of a single number's cell
COLUMNS_LEFT, COLUMNS_RIGHT = 16.5, 79  # where the encoder's states stand
QUERY = 90  # the middle of the decoder's state


def draw_attention_block(
    scores: Tensor,
    weights: Tensor,
    states: Tensor,
    context: Tensor,
    query: Tensor,
    names: Sequence[str],
    decimals: int = 2,
) -> Canvas:
    """One step of dot-product attention, read from below, with every number that occurs in it.

    states: (keys, d), the encoder's; query: (d,), the decoder's state s; scores: (keys,);
    weights: (keys,); context: (d,); names: the states', one each; decimals: of every number.

    Raises `ValueError` when the shapes do not go together, or the numbers are too many or too long
    for the width: four states of up to four numbers fit.
    """
    keys, size = states.shape if states.ndim == 2 else (0, 0)
    shapes = [tuple(x.shape) for x in (scores, weights, context, query)]
    if not keys or shapes != [(keys,), (keys,), (size,), (size,)] or len(names) != keys:
        raise ValueError(
            "expected states of shape (keys, d), scores and weights of (keys,), context and query "
            f"of (d,) and a name for each key, got {tuple(states.shape)}, {shapes[0]}, {shapes[1]},"
            f" {shapes[2]}, {shapes[3]} and {len(names)} names"
        )
    column = (COLUMNS_RIGHT - COLUMNS_LEFT) / keys
    middles = [COLUMNS_LEFT + column * (i + 0.5) for i in range(keys)]
    products = weights.unsqueeze(-1) * states  # (keys, 1) * (keys, d)
    every = torch.cat([x.flatten() for x in (scores, weights, states, context, query, products)])
    digits = _Digits(decimals, every, column, size)
    vector_height = LINE * size + 1

    # The heights of all rows, from below.
    states_y = 5.6
    dot_y = states_y + vector_height + RISE + RADIUS
    scores_y = dot_y + RADIUS + RISE
    softmax_y = scores_y + ROW + RISE
    weights_y = softmax_y + 6 + RISE
    times_y = weights_y + ROW + RISE + RADIUS
    products_y = times_y + RADIUS + RISE
    plus_y = products_y + vector_height + 4 + RADIUS
    joined_y = plus_y + RADIUS + RISE
    canvas = Canvas(height=joined_y + ROW + 6)

    for y, label in (
        (states_y + vector_height / 2, say("encoder\nstates")),
        (dot_y, say("dot\nproduct")),
        (scores_y + ROW / 2, say("scores")),
        (weights_y + ROW / 2, say("weights")),
        (times_y, say("weight\n× state")),
        (plus_y, say("sum")),
        (joined_y + ROW / 2, say("joined")),
    ):
        canvas.text(1, y, label, MUTED, fontsize=LABEL, align="left")

    # The query goes to all states alike.
    canvas.line([(middles[0], dot_y), (QUERY, dot_y)], DECODER_COLOUR)
    query_bottom = dot_y - vector_height / 2
    half = digits.width / 2 + 1
    _draw_vector(canvas, QUERY - half, query_bottom, 2 * half, query, digits, DECODER_COLOUR)
    state = say("decoder\nstate s")
    canvas.text(QUERY, query_bottom - 5.2, state, DECODER_COLOUR, LABEL, weight="bold")

    # The bar first: the states' way to their products leads over it.
    canvas.box(0.5, softmax_y, COLUMNS_RIGHT + 2, 6, "", MUTED)
    canvas.text(2, softmax_y + 3, "softmax", PAPER, TEXT, align="left", weight="bold")
    for i, x in enumerate(middles):
        write(canvas, x, 2.8, names[i], TEXT, ENCODER_COLOUR, "bold")
        _draw_vector(canvas, x - half, states_y, 2 * half, states[i], digits, ENCODER_COLOUR)
        canvas.arrow((x, states_y + vector_height), (x, dot_y - RADIUS), ENCODER_COLOUR)
        canvas.node(x, dot_y, "•", MUTED, RADIUS)
        canvas.arrow((x, dot_y + RADIUS), (x, scores_y))
        _draw_cell(canvas, x - half, scores_y, 2 * half, digits(scores[i]), digits.size)
        canvas.arrow((x, scores_y + ROW), (x, softmax_y))
        canvas.arrow((x, softmax_y + 6), (x, weights_y))
        share = float(weights[i])
        _draw_cell(canvas, x - half, weights_y, 2 * half, digits(weights[i]), digits.size, share)
        canvas.arrow((x, weights_y + ROW), (x, times_y - RADIUS), CONTEXT)
        start = states_y + vector_height / 2
        beside = x + (half + column / 2) / 2 + 0.3
        _draw_way(
            canvas, [(x + half, start), (beside, start), (beside, times_y), (x + RADIUS, times_y)]
        )
        canvas.node(x, times_y, "×", CODE_COLOUR, RADIUS)
        canvas.arrow((x, times_y + RADIUS), (x, products_y), CONTEXT)
        _draw_frame(canvas, x - half, products_y, 2 * half, vector_height, CONTEXT)
        _write_column(canvas, x, products_y, products[i], digits, INK)
        canvas.line([(x, products_y + vector_height), (sum(middles) / keys, plus_y)], CONTEXT)

    # The context below its cell's middle, unless the row would then reach too far to the right.
    half_row = digits.width * size + 2
    plus_x = sum(middles) / keys
    left = min(plus_x - half_row / 2, QUERY - 4 - 2 * half_row)
    canvas.node(plus_x, plus_y, "+", CODE_COLOUR, RADIUS)
    canvas.arrow((plus_x, plus_y + RADIUS), (plus_x, joined_y), CONTEXT)
    for x, vector, name, colour in (
        (left, context, say("context c"), CONTEXT),
        (left + half_row, query, "s", DECODER_COLOUR),
    ):
        canvas.box(x, joined_y, half_row, ROW, "", colour)
        for i, value in enumerate(vector):
            middle = x + 1 + digits.width * (i + 0.5)
            write(canvas, middle, joined_y + ROW / 2, digits(value), digits.size, PAPER)
        canvas.text(x + half_row / 2, joined_y + ROW + 2.8, name, colour, TEXT, weight="bold")
    corner = (QUERY, joined_y + ROW / 2)
    canvas.line([(QUERY, query_bottom + vector_height), corner], DECODER_COLOUR)
    canvas.arrow(corner, (left + 2 * half_row, corner[1]), DECODER_COLOUR)
    return canvas


class _Digits:
    """Numbers as text, all of one `size` in points, the longest `width` units wide with a gap."""

    def __init__(self, decimals: int, every: Tensor, column: float, vector_size: int):
        self.decimals = decimals
        texts = [self(value) for value in every]
        # Beside a vector there is its line upwards; at the top stand two vectors in a row.
        available = min(column - 4.4, (QUERY - 4 - 13) / (2 * vector_size))

        def width(size: float) -> float:
            return max(text_width(text, size) for text in texts) + 1

        try:
            self.size = fitting_size(width, available, texts, largest=TEXT)
        except ValueError:
            longest = max(texts, key=len)
            raise ValueError(
                f"expected numbers that fit into {available:.0f} hundredths of the width, got "
                f"{longest!r}; write fewer decimals, or show fewer states or shorter ones"
            ) from None
        self.width = width(self.size)

    def __call__(self, value: Tensor) -> str:
        text = f"{float(value):.{self.decimals}f}"
        return (text if float(text) else text.lstrip("-")).replace("-", "−")  # no minus zero


def _draw_vector(
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    vector: Tensor,
    digits: _Digits,
    colour: str,
) -> None:
    """A box with the vector's numbers, its lower left corner at (x, y)."""
    canvas.box(x, y, width, LINE * len(vector) + 1, "", colour)
    _write_column(canvas, x + width / 2, y, vector, digits, PAPER)


def _write_column(
    canvas: Canvas, x: float, y: float, vector: Tensor, digits: _Digits, colour: str
) -> None:
    """The vector's numbers, the first of them on top, in the middle of x and from y upwards."""
    for i, value in enumerate(vector):
        level = y + 0.5 + LINE * (len(vector) - i - 0.5)
        write(canvas, x, level, digits(value), digits.size, colour)


def _draw_cell(
    canvas: Canvas, x: float, y: float, width: float, text: str, size: float, share: float = 0.0
) -> None:
    """A framed number; `share` of the frame, from 0 to 1, is filled from the left."""
    canvas.axes.add_patch(plt.Rectangle((x, y), width * share, ROW, color=TINT, lw=0))
    _draw_frame(canvas, x, y, width, ROW, MUTED)
    write(canvas, x + width / 2, y + ROW / 2, text, size)


def _draw_frame(
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    height: float,
    colour: str,
    dashed: bool = False,
) -> None:
    frame = plt.Rectangle((x, y), width, height, fill=False, ec=colour, lw=1.1)
    frame.set_linestyle("--" if dashed else "-")
    canvas.axes.add_patch(frame)


def _draw_way(canvas: Canvas, points: Sequence[tuple[float, float]]) -> None:
    """A state's line to its product, with white edges, so that it leads over what it crosses."""
    *before, last = points
    edge = [withStroke(linewidth=3.6, foreground=PAPER)]
    head = last[0] + 1.3, last[1]  # where the arrow's head begins
    xs, ys = zip(*before, head, strict=True)
    canvas.axes.plot(
        xs,
        ys,
        color=ENCODER_COLOUR,
        linewidth=1.6,
        solid_capstyle="butt",
        zorder=1.5,
        path_effects=edge,
    )
    canvas.arrow(before[-1], last, ENCODER_COLOUR)
    canvas.axes.patches[-1].set_zorder(1.6)  # over the white edges


# ------------------------------------------------------------------------------
# Where attention learns


OPERAND_WIDTH, OPERAND_HEIGHT = 9, 6.6


def draw_learned_layers() -> Canvas:
    """The four scores of `models.attention`, from query q and key k: what is learnt, what is fixed.

    What is learnt is in boxes, what is fixed in circles and grey.
    """
    rows = (
        (say("dot product"), "q · k", (), "•", ()),
        (say("scaled dot product"), "q · k / √d", (), "•", (("÷ √d", MUTED),)),
        (say("general"), "q · W k / √d", ((-1, "W"),), "•", (("÷ √d", MUTED),)),
        (
            say("additive"),
            "v · tanh(W q + U k)",
            ((1, "W"), (-1, "U")),
            "+",
            (("tanh", MUTED), ("v", CODE_COLOUR)),
        ),
    )
    row_height, legend, lane = 24.5, 9, 4.4
    canvas = Canvas(height=row_height * len(rows) + legend)
    for number, (name, formula, learnt, sign, after) in enumerate(rows):
        top = legend + row_height * (len(rows) - number)
        y = top - 15
        write(canvas, 1, top - 3, name, HEADING, weight="bold", align="left")
        write(canvas, 99, top - 3, formula, HEADING, align="right")
        if number:
            canvas.line([(1, top + 0.6), (99, top + 0.6)], FAINT, width=0.8)
        node_x, node_radius = 39, 3
        for side, symbol, colour in ((1, "q", DECODER_COLOUR), (-1, "k", ENCODER_COLOUR)):
            level = y + side * lane
            _draw_operand(canvas, 1, level, symbol, colour)
            x = 1.0 + OPERAND_WIDTH
            for learnt_side, parameter in learnt:
                if learnt_side == side:
                    canvas.arrow((x, level), (x + 6, level))
                    _draw_operand(canvas, x + 6, level, parameter, CODE_COLOUR)
                    x += 6 + OPERAND_WIDTH
            canvas.line([(x, level), (31, level)])
            canvas.arrow((31, level), (node_x - 0.8 * node_radius, y + side * 0.6 * node_radius))
        canvas.node(node_x, y, sign, MUTED, node_radius)
        x = node_x + node_radius
        for text, colour in after:
            canvas.arrow((x, y), (x + 6, y))
            x = _draw_operand(canvas, x + 6, y, text, colour)
        canvas.arrow((x, y), (88, y))
        write(canvas, 89, y, say("score"), TEXT, weight="bold", align="left")
    write(canvas, 1, 4, say("q query, k key, of d numbers"), LABEL, MUTED, align="left")
    for x, text, colour in ((56, say("learnt"), CODE_COLOUR), (78, say("fixed"), MUTED)):
        canvas.box(x, 0.8, 20, 6.4, "", colour)
        write(canvas, x + 10, 4, text, TEXT, PAPER, "bold")
    return canvas


def _draw_operand(canvas: Canvas, x: float, y: float, text: str, colour: str) -> float:
    """A box from x on, as high above y as below. Returns where it ends."""
    width = max(OPERAND_WIDTH, text_width(text, HEADING, "bold") + 3)
    canvas.box(x, y - OPERAND_HEIGHT / 2, width, OPERAND_HEIGHT, "", colour)
    write(canvas, x + width / 2, y, text, HEADING, PAPER, "bold")
    return x + width


# ------------------------------------------------------------------------------
# A time line

YEAR_RIGHT, LINE_X, TEXT_LEFT = 13, 17, 21.5
LINE_HEIGHT = 4.4
ROOM = 2.4  # units that one year without an event gets


def draw_time_line(events: Sequence[tuple[int, str, str]]) -> Canvas:
    """Events (year, what, who) from the earliest above to the latest below.

    A year with several events is written once. Years between get room, the more of them the more,
    but four times as many only twice as much. Raises `ValueError` when there is no event, or one
    has a word that is longer than a line.
    """
    if not events:
        raise ValueError("expected at least one event (year, what, who), got none")
    events = sorted(events, key=lambda event: event[0])  # those of a year stay as they are
    blocks = [
        (year, _wrapped(what, TEXT, "bold"), _wrapped(who, LABEL, "normal"))
        for year, what, who in events
    ]
    between = [max(0, later[0] - earlier[0] - 1) for earlier, later in pairwise(events)]
    gaps = [3 + ROOM * math.sqrt(years) for years in between] + [0]
    heights = [LINE_HEIGHT * (len(what) + len(who)) for _, what, who in blocks]
    top = sum(heights) + sum(gaps) + 3
    canvas = Canvas(height=top)
    y = top - 1.5 - LINE_HEIGHT / 2  # the middle of the line that is written next
    ends = y, 1.5 + heights[-1] - LINE_HEIGHT / 2
    canvas.line([(LINE_X, end) for end in ends], MUTED, width=2)
    before = None
    for (year, what, who), gap in zip(blocks, gaps, strict=True):
        canvas.axes.add_patch(plt.Circle((LINE_X, y), 1.3, color=ACCENT, lw=0, zorder=2))
        if year != before:
            write(canvas, YEAR_RIGHT, y, str(year), HEADING, ACCENT, "bold", align="right")
        before = year
        for line in what:
            write(canvas, TEXT_LEFT, y, line, TEXT, weight="bold", align="left")
            y -= LINE_HEIGHT
        for line in who:
            write(canvas, TEXT_LEFT, y, line, LABEL, MUTED, align="left")
            y -= LINE_HEIGHT
        y -= gap
    return canvas


def _wrapped(text: str, size: float, weight: str) -> list[str]:
    """The text in lines that fit beside the time line."""
    available = 96.5 - TEXT_LEFT  # as pixels, text may be wider by a few hundredths

    def fits(line: str) -> bool:
        return text_width(line, size, weight) <= available

    lines = wrapped(text, fits)
    if too_long := next((line for line in lines if not fits(line)), None):
        raise ValueError(f"expected words that fit into a line, got {too_long!r}; shorten it")
    return lines


# ------------------------------------------------------------------------------
# Weights as a picture

# From white to dark at an even pace, so that twice as dark is twice as much.
WEIGHT_COLOURS = LinearSegmentedColormap.from_list(
    "weights", [(0, PAPER), (0.62, ACCENT), (1, "#00223b")]
)
LINE_SPACING = 1.1  # of the size of text, from one line to the next


def draw_alignment(
    axes: Axes,
    source: Sequence[str],
    target: Sequence[str],
    weights: Tensor,
    alignment: Alignment | None = None,
    title: str = "",
) -> None:
    """Attention weights as cells from white (0) to dark (1), the true alignment outlined.

    weights: (target_length, source_length), in [0, 1]: a column for each source token, a row for
    each target token, the sentence's end too if it is in `target`.
    alignment: pairs (position in `source`, position in `target`).

    The layout of the figure is used to see what fits: give it its other axes and its colour bar
    before. Raises `ValueError` for weights of another shape or range, pairs outside of them, and
    sentences too long for the size of the axes.
    """
    values = torch.as_tensor(weights).detach().cpu()
    expected = (len(target), len(source))
    if tuple(values.shape) != expected or not values.numel():
        raise ValueError(
            f"expected weights of shape {expected}, a row for each target token and a column for "
            f"each source token, got {tuple(values.shape)}"
        )
    if not ((values >= 0) & (values <= 1 + 1e-4)).all():  # rounding may exceed 1; NaN fails too
        raise ValueError(
            f"expected weights from 0 to 1, got {float(values.min()):g} to "
            f"{float(values.max()):g}; apply softmax to scores first"
        )
    outside = [
        (i, j) for i, j in alignment or () if not (0 <= j < len(target) and 0 <= i < len(source))
    ]
    if outside:
        raise ValueError(
            f"expected pairs (source position, target position) below {expected[::-1]}, "
            f"got {sorted(outside)}"
        )
    axes.imshow(values.numpy(), cmap=WEIGHT_COLOURS, vmin=0, vmax=1, interpolation="none")
    for i, j in sorted(alignment or ()):
        axes.add_patch(
            plt.Rectangle(
                (i - 0.4, j - 0.4),
                0.8,
                0.8,
                fill=False,
                ec=CONTEXT,
                lw=2,
                path_effects=[withStroke(linewidth=4, foreground=PAPER)],  # visible on dark cells
            )
        )
    keep_words(axes)
    axes.set_title(title, fontsize=11, loc="left")
    axes.grid(False)
    axes.spines[:].set_visible(True)
    axes.tick_params(length=0, top=False, bottom=False, labeltop=True, labelbottom=False)
    axes.set_yticks(range(len(target)), [plain(token) for token in target], fontsize=LABEL)
    _write_columns(axes, source, target)


def draw_colour_bar(axes: Axes | Sequence[Axes]) -> Colorbar:
    """What the colours of `draw_alignment` mean, below one axes or several of a figure."""
    first = axes if isinstance(axes, Axes) else axes[0]
    with plt.rc_context(STYLE):
        return first.figure.colorbar(
            ScalarMappable(Normalize(0, 1), WEIGHT_COLOURS),
            ax=axes,
            location="bottom",
            shrink=0.6,
            aspect=30,
            label=say("weight"),
            ticks=[0, 0.5, 1],
        )


def _write_columns(axes: Axes, source: Sequence[str], target: Sequence[str]) -> None:
    """The source's tokens above their columns, level if there is room, else slanted or upright."""
    height = LINE_SPACING * LABEL
    longest = max(text_width(plain(token), LABEL) * POINTS_PER_UNIT for token in source)
    for angle, needed in ((0, longest + 3), (45, height * 2**0.5), (90, height)):
        axes.set_xticks(
            range(len(source)),
            [plain(token) for token in source],
            fontsize=LABEL,
            rotation=angle,
            rotation_mode="anchor",
            ha="left" if angle else "center",
            va="center" if angle == 90 else "baseline",
        )
        figure = cast(Figure, axes.figure)
        use_fonts(figure)
        figure.draw_without_rendering()  # so that the axes have their final size
        cell = axes.bbox.width / len(source) * 72 / axes.figure.dpi
        if cell >= max(needed, height):  # the cells are square
            return
    raise ValueError(
        f"expected sentences whose tokens fit beside {cell:.0f} points wide cells, got "
        f"{len(source)} and {len(target)} tokens; choose shorter ones or a larger figure"
    )
