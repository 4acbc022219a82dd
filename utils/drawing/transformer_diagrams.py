"""Diagrams of the Transformer: how words meet without recurrence, and what a block is made of."""

from __future__ import annotations

from collections.abc import Sequence

from .canvas import DECODER_COLOUR, ENCODER_COLOUR, Canvas
from .colours import CONTEXT, FAINT, MUTED, PAPER
from .text_rows import HEADING, Place, text_width, token_boxes, write

LABEL = 10  # points

# ------------------------------------------------------------------------------
# From word to word, or from every word to every word

BOX_HEIGHT = 7.5
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
        (78, "recurrent", "from each word to the next, one after the other"),
        (43, "self-attention", "from every word to every word, all at once"),
    ):
        write(canvas, 1, top - 3, name, HEADING, weight="bold", align="left")
        x = 1 + text_width(name, HEADING, "bold") + 2
        write(canvas, x, top - 3, remark, LABEL, MUTED, align="left")

    bottom, states = 47.5, 65
    _draw_tokens(canvas, tokens, places, bottom, size)
    for number, place in enumerate(places):
        canvas.arrow((place.middle, bottom + BOX_HEIGHT), (place.middle, states - STATE_RADIUS))
        if number:
            before = places[number - 1].middle + STATE_RADIUS
            canvas.arrow((before, states), (place.middle - STATE_RADIUS, states))
        canvas.node(place.middle, states, "", ENCODER_COLOUR, STATE_RADIUS)

    bottom, states = 1, 33
    _draw_tokens(canvas, tokens, places, bottom, size)
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


def _draw_tokens(
    canvas: Canvas, tokens: Sequence[str], places: Sequence[Place], bottom: float, size: float
) -> None:
    for token, place in zip(tokens, places, strict=True):
        canvas.box(place.left, bottom, place.width, BOX_HEIGHT, "", ENCODER_COLOUR)
        write(canvas, place.middle, bottom + BOX_HEIGHT / 2, token, size, PAPER)


# ------------------------------------------------------------------------------
# The blocks of encoder and decoder

PART_HEIGHT = 7.4
STEP = 21.5  # units from one sublayer to the next
ADDED_RADIUS = 2.0
ENCODER_X, DECODER_X = 21, 78
ENCODER_PARTS = ("self-attention", "feed-forward")
DECODER_PARTS = ("self-attention", "attention to source", "feed-forward")


def draw_blocks(norm: str = "before") -> Canvas:
    """A block of the encoder and one of the decoder, read from below, with what leads around.

    norm: "before" each part or "after" each sum, as in `transformers.stack.Architecture`. Raises
    `ValueError` for another.
    """
    if norm not in ("before", "after"):
        raise ValueError(f'expected the norm "before" or "after", got {norm!r}')
    canvas = Canvas(height=79)
    top = _draw_column(canvas, ENCODER_X, "encoder", ENCODER_PARTS, ENCODER_COLOUR, norm)
    _draw_column(canvas, DECODER_X, "decoder", DECODER_PARTS, DECODER_COLOUR, norm)
    # What the decoder looks at comes out of the encoder's last block.
    level = 5.0 + STEP + (8.2 if norm == "before" else 4.6) + PART_HEIGHT / 2
    between = (ENCODER_X + DECODER_X) / 2
    write(canvas, ENCODER_X, top + 2.6, "keys and values", LABEL, MUTED)
    right = ENCODER_X + text_width("keys and values", LABEL) / 2 + 1
    canvas.line([(right, top + 2.6), (between, top + 2.6), (between, level)])
    canvas.arrow((between, level), (DECODER_X - _part_width() / 2, level))
    return canvas


def _part_width() -> float:
    return max(text_width(name, LABEL + 0.5, "bold") for name in DECODER_PARTS) + 3


def _draw_column(
    canvas: Canvas, x: float, name: str, parts: Sequence[str], colour: str, norm: str
) -> float:
    """One block around x. Returns how high it is."""
    width = _part_width()
    around = x + width / 2 + 2.6  # where the residual connections lead
    write(canvas, x, 2.4, f"{name}: a word's vector", LABEL)
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
    width = text_width("norm", LABEL) + 3
    canvas.box(x - width / 2, y - 1.9, width, 3.8, "", CONTEXT)
    write(canvas, x, y, "norm", LABEL - 0.5, PAPER, "bold")
