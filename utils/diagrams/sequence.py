"""Diagrams of sentences on their way through encoder and decoder, with real words and numbers.

Each is as wide as a column, whatever the sentences are: text is as large as fits. A sentence for
which it would become too small is refused with a `ValueError`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes

from ..decoding.steps import Continuation, Step
from ..drawing.canvas import (
    CODE_COLOUR,
    DECODER_COLOUR,
    ENCODER_COLOUR,
    GAP,
    HEADING,
    SMALLEST,
    Canvas,
    Place,
    fitting_size,
    heading,
    plain,
    side_by_side,
    text_width,
    token_boxes,
    write,
)
from ..drawing.colours import FAINT, INK, MUTED, NETWORK, PAPER
from ..drawing.figures import keep_words
from ..languages.pairs import SentencePair
from ..text.vocabulary import CONTROL_TOKENS, END
from ..wording.names import called
from ..wording.words import say

# ------------------------------------------------------------------------------
# Two sentences


def draw_lengths(
    pair: SentencePair,
    source_name: str,
    target_name: str,
    source_unit: str | None = None,
    target_unit: str | None = None,
) -> Canvas:
    """A sentence pair: the source's tokens above, the target's below, a line for each link.

    With the name of each language stands how many tokens its sentence has, which are characters
    above and words below, or whatever a unit is called. Without an alignment there are no lines.
    """
    source_unit, target_unit = source_unit or say("characters"), target_unit or say("words")
    canvas = Canvas(height=44)
    box_height, source_bottom, target_bottom = 8.5, 29, 6.5
    rows = []
    for tokens, bottom, colour in (
        (pair.source, source_bottom, ENCODER_COLOUR),
        (pair.target, target_bottom, DECODER_COLOUR),
    ):
        size, places = token_boxes(tokens)
        rows.append(places)
        for token, place in zip(tokens, places, strict=True):
            canvas.box(place.left, bottom, place.width, box_height, "", colour)
            write(canvas, place.middle, bottom + box_height / 2, token, size, PAPER)
    sources, targets = rows
    for i, j in sorted(pair.alignment or ()):
        canvas.line(
            [(sources[i].middle, source_bottom), (targets[j].middle, target_bottom + box_height)]
        )
    for y, name, tokens, unit, colour in (
        (41.5, source_name, pair.source, source_unit, ENCODER_COLOUR),
        (2.5, target_name, pair.target, target_unit, DECODER_COLOUR),
    ):
        counted = say("{language}: {count} {unit}").format(
            language=called(name), count=len(tokens), unit=unit
        )
        canvas.text(50, y, counted, colour, fontsize=HEADING, weight="bold")
    return canvas


# ------------------------------------------------------------------------------
# Encoder and decoder, step by step

CELL_WIDTH, CELL_HEIGHT = 6.4, 7.5
ARROW = 3.4  # how long an arrow into a cell or out of it is
LEFT, RIGHT = 1, 99  # where the line that carries the vector runs up and down
NEGLIGIBLE = 0.005  # a candidate that is less probable is left out


def draw_unrolled(source_tokens: Sequence[str], steps: Sequence[Step]) -> Canvas:
    """The encoder over the source's tokens, the vector c, and the decoder over its `steps`.

    Below each of the decoder's cells stands what it reads, above it what it writes, with the
    probability; above that in grey the step's other candidates, but for those below 0.005, if
    there is room for them.
    """
    if not source_tokens or not steps:
        raise ValueError(
            "expected at least one token and one step, got "
            f"{len(source_tokens)} and {len(steps)}; take both from a sentence with words"
        )
    if not _fits(steps):
        steps = [Step(step.read, step.candidates[:1]) for step in steps]
    # From below: what is read, the decoder, what it writes, the vector, the source, the encoder.
    others = max(len(_shown(step)) for step in steps) - 1
    decoder_y = 5 + ARROW
    line_y = decoder_y + CELL_HEIGHT + ARROW + 15.4 + 7 * others
    encoder_y = line_y + 10.4 + ARROW
    canvas = Canvas(height=encoder_y + CELL_HEIGHT + 6)
    last = _draw_encoder(canvas, source_tokens, encoder_y)
    first = _draw_decoder(canvas, steps, decoder_y)

    name = say("fixed vector c")
    half = text_width(name, HEADING, "bold") / 2 + 2
    out_y, in_y = encoder_y + CELL_HEIGHT / 2, decoder_y + CELL_HEIGHT / 2
    canvas.line([(last, out_y), (RIGHT, out_y), (RIGHT, line_y)], CODE_COLOUR)
    canvas.arrow((RIGHT, line_y), (50 + half, line_y), CODE_COLOUR)
    canvas.box(50 - half, line_y - 3.6, 2 * half, 7.2, name, CODE_COLOUR, fontsize=HEADING)
    canvas.line([(50 - half, line_y), (LEFT, line_y), (LEFT, in_y)], CODE_COLOUR)
    canvas.arrow((LEFT, in_y), (first, in_y), CODE_COLOUR)
    heading(canvas, first, line_y - 5.5, say("decoder"), DECODER_COLOUR)
    return canvas


def _draw_encoder(canvas: Canvas, tokens: Sequence[str], y: float) -> float:
    """Cells from the height y upwards, each above its token. Returns where the last one ends."""
    column = (RIGHT - 2) / len(tokens)
    size = fitting_size(
        lambda size: max(text_width(token, size) for token in tokens) + GAP, column, tokens
    )
    middles = [column * (i + 0.5) for i in range(len(tokens))]
    for token, middle in zip(tokens, middles, strict=True):
        write(canvas, middle, y - ARROW - 2.9, token, size)
        canvas.arrow((middle, y - ARROW), (middle, y))
    _draw_cells(canvas, middles, y, ENCODER_COLOUR)
    left, level = middles[0] - CELL_WIDTH / 2, y + CELL_HEIGHT + 3.5
    heading(canvas, left, level, say("encoder"), ENCODER_COLOUR)
    return middles[-1] + CELL_WIDTH / 2


def _draw_decoder(canvas: Canvas, steps: Sequence[Step], y: float) -> float:
    """Cells from the height y upwards, with their tokens. Returns where the first one begins."""
    size, columns = _columns(steps, left=LEFT + 3)
    for step, column in zip(steps, columns, strict=True):
        x = column.middle
        write(canvas, x, y - ARROW - 2.7, step.read, size)
        canvas.arrow((x, y - ARROW), (x, y))
        canvas.arrow((x, y + CELL_HEIGHT), (x, y + CELL_HEIGHT + ARROW))
        (written, probability), *others = _shown(step)
        level = y + CELL_HEIGHT + ARROW + 1.9
        write(canvas, x, level, _probability(probability), SMALLEST)
        write(canvas, x, level + 3.3, written, size, weight="bold")
        for rank, (token, probability) in enumerate(others):
            above = level + 7.3 + 7 * rank
            write(canvas, x, above, _probability(probability), SMALLEST, MUTED)
            write(canvas, x, above + 3, token, SMALLEST, MUTED)
    _draw_cells(canvas, [column.middle for column in columns], y, DECODER_COLOUR)
    return columns[0].middle - CELL_WIDTH / 2


def _draw_cells(canvas: Canvas, middles: Sequence[float], y: float, colour: str) -> None:
    """One cell at each of the `middles`, and an arrow from each to the next."""
    half = CELL_WIDTH / 2
    for middle in middles:
        canvas.box(middle - half, y, CELL_WIDTH, CELL_HEIGHT, "", colour)
    for one, other in pairwise(middles):
        level = y + CELL_HEIGHT / 2
        canvas.arrow((one + half, level), (other - half, level), colour)


def _shown(step: Step) -> list[tuple[str, float]]:
    """What is written, and what else is not as good as impossible."""
    return [
        (token, probability)
        for rank, (token, probability) in enumerate(step.candidates)
        if rank == 0 or probability >= NEGLIGIBLE
    ]


def _fits(steps: Sequence[Step]) -> bool:
    try:
        _columns(steps, left=LEFT + 3)
    except ValueError:
        return False
    return True


def _columns(steps: Sequence[Step], left: float) -> tuple[float, list[Place]]:
    """The largest text with which all that a step reads and writes fits in its column."""

    def widths(size: float) -> list[float]:
        columns = []
        for step in steps:
            (written, _), *others = _shown(step)
            texts = [text_width(step.read, size), text_width(written, size, "bold")]
            texts += [text_width(token, SMALLEST) for token, _ in others]
            columns.append(max(CELL_WIDTH + ARROW, *texts) + GAP)
        return columns

    available = 100 - left
    words = [step.read for step in steps]
    size = fitting_size(lambda size: sum(widths(size)), available, words, largest=HEADING)
    spare = (available - sum(widths(size))) / len(steps)
    return size, side_by_side(left, [width + spare for width in widths(size)])


# ------------------------------------------------------------------------------
# Probabilities


def draw_probabilities(
    axes: Axes,
    tokens: Sequence[str],
    probabilities: Sequence[float],
    chosen: str | None = None,
    most: int = 8,
) -> None:
    """The `most` probable next tokens as bars from 0 to 1, the likeliest on top, with values.

    The bar of the `chosen` token has another colour. A blank is called "space".
    """
    values = [float(value) for value in probabilities]
    if len(values) != len(tokens) or not values:
        raise ValueError(
            "expected at least one token and a probability for each, got "
            f"{len(tokens)} tokens and {len(values)} probabilities"
        )
    order = sorted(range(len(values)), key=lambda i: -values[i])[:most]
    shown = [values[i] for i in order]
    bars = axes.barh(
        range(len(order)),
        shown,
        height=0.7,
        color=[NETWORK if tokens[i] == chosen else MUTED for i in order],
    )
    axes.bar_label(bars, [_probability(value) for value in shown], padding=3, fontsize=10)
    names = [say("space") if tokens[i] == " " else plain(tokens[i]) for i in order]
    axes.set_yticks(range(len(order)), names, fontsize=11, va="center_baseline")
    keep_words(axes)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_xlim(0, 1.4)  # the same for all, with room for the number at the longest bar
    axes.set_xticks([0, 0.5, 1])
    axes.tick_params(axis="y", length=0)
    axes.grid(False)


# ------------------------------------------------------------------------------
# Beam search

ROW = 9.5  # units from one continuation to the next below it


def draw_beam(steps: Sequence[Sequence[Continuation]], length_penalty: float = 1.0) -> Canvas:
    """The tree of beginnings that `utils.decoding.steps.beam_steps` tells of, one column a step.

    Below each token stands the log-probability of the sentence up to it. What the beam kept is in
    a box, what it dropped is grey; the path to the complete sentence that `beam_search` puts first,
    with this length penalty, has another colour.
    """
    if not all(steps) or not steps:
        raise ValueError(f"expected steps with one continuation or more each, got {steps}")
    canvas = Canvas(height=ROW * max(map(len, steps)) + 1)
    size, columns = _beam_columns(steps)
    heights = _heights(steps)
    best = _best_path(steps, length_penalty)
    for number, (step, column) in enumerate(zip(steps, columns, strict=True)):
        for index, (one, y) in enumerate(zip(step, heights[number], strict=True)):
            is_best = (number, index) in best
            colour = CODE_COLOUR if is_best else DECODER_COLOUR if one.kept else FAINT
            if one.parent is not None:
                start = columns[number - 1].right, heights[number - 1][one.parent]
                canvas.line([start, (column.left, y)], colour, width=2.4 if is_best else 1.4)
            if one.kept:
                canvas.box(column.left, y - 2.6, column.width, 5.2, "", colour)
            write(canvas, column.middle, y, one.token, size, PAPER if one.kept else MUTED)
            below = INK if one.kept else MUTED
            write(canvas, column.middle, y - 4.4, _total(one), SMALLEST, below)
    return canvas


def _heights(steps: Sequence[Sequence[Continuation]]) -> list[list[float]]:
    """How high each continuation stands: beside the ones before, and so that no lines cross."""
    most = max(map(len, steps))
    heights: list[list[float]] = []
    for step in steps:
        middle = 2 + ROW * most / 2
        before = [middle if one.parent is None else heights[-1][one.parent] for one in step]
        spare = ROW * (most - len(step)) / 2  # how far this column can move up or down
        middle += min(max(sum(before) / len(before) - middle, -spare), spare)
        top = middle + ROW * (len(step) - 1) / 2
        order = sorted(range(len(step)), key=lambda i: (-before[i], i))
        heights.append([top - ROW * order.index(i) for i in range(len(step))])
    return heights


def _beam_columns(steps: Sequence[Sequence[Continuation]]) -> tuple[float, list[Place]]:
    """The largest text with which all columns and the lines between them fit, and the columns."""

    def widths(size: float) -> list[float]:
        return [
            max(
                max(text_width(one.token, size) + 2, text_width(_total(one), SMALLEST))
                for one in step
            )
            for step in steps
        ]

    lines = len(steps) - 1
    words = [max(step, key=lambda one: one.log_probability).token for step in steps]
    size = fitting_size(lambda size: sum(widths(size)) + 4 * lines, 100, words, largest=HEADING)
    whole = sum(widths(size))
    gap = min(9, (100 - whole) / max(1, lines))
    return size, side_by_side(50 - (whole + gap * lines) / 2, widths(size), gap)


def _total(one: Continuation) -> str:
    return f"{one.log_probability:.2f}".replace("-", "−")


def _best_path(
    steps: Sequence[Sequence[Continuation]], length_penalty: float
) -> set[tuple[int, int]]:
    """The complete sentence of the highest score: the step and the place of each of its tokens."""
    complete = [
        (one.log_probability / (number + 1) ** length_penalty, number, index)
        for number, step in enumerate(steps)
        for index, one in enumerate(step)
        if one.kept and one.token == CONTROL_TOKENS[END]
    ]
    if not complete:
        return set()
    _, number, last = max(complete)
    index: int | None = last
    path = set()
    while index is not None:
        path.add((number, index))
        number, index = number - 1, steps[number][index].parent
    return path


# ------------------------------------------------------------------------------
# Text and the room it takes


def _probability(value: float) -> str:
    """Two decimals; neither certain nor impossible unless it is exactly that."""
    if 0 < value < NEGLIGIBLE:
        return "<0.01"
    return ">0.99" if 1 - NEGLIGIBLE < value < 1 else f"{value:.2f}"
