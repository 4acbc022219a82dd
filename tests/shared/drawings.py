"""One figure of each kind that `utils` can draw, with tokens and titles that have no Latin letter.

So whatever words stand in one of them are those that `utils` says.
"""

import inspect
from collections.abc import Callable

import torch
from matplotlib.figure import Figure

from utils.decoding.steps import Continuation, Step
from utils.diagrams import attention, reading, sequence, transformer
from utils.drawing import figures
from utils.drawing.canvas import Canvas, token_boxes
from utils.drawing.colours import THINGS
from utils.drawing.figures import new_figure
from utils.languages.pairs import SentencePair
from utils.text.vocabulary import CONTROL_TOKENS, END
from utils.transformers.positions import SinePositions
from utils.vision.number_words import NumberWord

ROOMS = (attention, reading, sequence, transformer, figures)
SOURCE, TARGET = tuple("他们在读书。"), tuple("一二三四五")
PAIR = SentencePair(SOURCE, TARGET, frozenset({(0, 0), (2, 3), (3, 1)}))
RANDOM = torch.Generator().manual_seed(0)
IMAGE = torch.rand(1, 40, 112, generator=RANDOM)
LOOKS = torch.rand(2, 4, 6, 6, generator=RANDOM)  # (layers, heads, queries, keys)
PLACES = torch.rand(2, 70, generator=RANDOM)  # (words, places)
CORNERS = torch.tensor([[2, 3], [5, 40], [8, 80]])
SPOKEN = {
    language: [NumberWord("一", frozenset({0})), NumberWord("二", frozenset({1, 2}))]
    for language in ("English", "Chinese", "German", "figures")
}


def drawers() -> set[str]:
    """The names of all public functions that draw, in the rooms of figures."""
    return {
        name
        for module in ROOMS
        for name, value in inspect.getmembers(module, inspect.isfunction)
        if value.__module__ == module.__name__ and name.startswith("draw_")
    }


def draw(name: str) -> list[Figure]:
    """What the function of that name draws, once for each choice that it has."""
    return [one.figure if isinstance(one, Canvas) else one for one in DRAWINGS[name]()]


def _on_axes(draw_on: Callable, *arguments: object) -> list[Figure]:
    figure, axes = new_figure()
    draw_on(axes, *arguments)
    return [figure]


def _attention_block() -> list[Canvas]:
    states, query = torch.tensor([[1.0, 0.5], [-0.5, 2.0], [0.0, 1.0]]), torch.tensor([1.0, 0.3])
    scores = states @ query
    weights = scores.softmax(0)
    names = ["一", "二", "三"]
    return [attention.draw_attention_block(scores, weights, states, weights @ states, query, names)]


def _tokens() -> list[Canvas]:
    canvas = Canvas(height=20)
    size, places = token_boxes(SOURCE)
    attention.draw_tokens(canvas, SOURCE, places, 5, size)
    return [canvas]


def _alignment() -> list[Figure]:
    figure, axes = new_figure(height=4)
    attention.draw_colour_bar(axes)
    weights = torch.full((len(TARGET), len(SOURCE)), 0.2)
    attention.draw_alignment(axes, SOURCE, TARGET, weights, PAIR.alignment, title="一")
    return [figure]


def _curves() -> list[Figure]:
    drawn = []
    for thing in THINGS:
        figure, axes = new_figure()
        figures.draw_curve(axes, [0, 1], [0, 1], thing)
        figures.name_lines(axes)
        drawn.append(figure)
    return drawn


def _unrolled() -> list[Canvas]:
    steps = [Step("〈", (("一", 0.9), ("二", 0.1))), Step("一", (("〉", 1.0),))]
    return [sequence.draw_unrolled(SOURCE, steps)]


def _beam() -> list[Canvas]:
    end = CONTROL_TOKENS[END]
    first = [Continuation(None, "一", -0.2, True), Continuation(None, "二", -0.9, True)]
    last = [Continuation(0, end, -0.5, True), Continuation(1, "三", -2.0, False)]
    return [sequence.draw_beam([first, last])]


def _paths() -> list[Figure]:
    return [reading.draw_reading_paths(IMAGE, CORNERS, SPOKEN, dict.fromkeys(SPOKEN, PLACES))]


def _codes() -> list[Figure]:
    codes = SinePositions(16).codes(torch.arange(12.0)[None])[0]
    return [transformer.draw_position_codes(codes, place=3, waves=waves) for waves in (4, 8)]


def _head_planes() -> list[Figure]:
    vectors = torch.tensor([[1.0, 0.5, -0.5, 2.0], [-0.5, 2.0, 1.0, 1.0], [0.3, -1.0, 0.0, 1.0]])
    return [transformer.draw_head_planes(["一", "二", "三"], vectors, asking=0)]


DRAWINGS: dict[str, Callable[[], list]] = {
    "draw_translators": lambda: [
        attention.draw_translators(SOURCE, TARGET, looked_at=[1, 2], step=2)
    ],
    "draw_tokens": _tokens,
    "draw_attention_block": _attention_block,
    "draw_learned_layers": lambda: [attention.draw_learned_layers()],
    "draw_time_line": lambda: [
        attention.draw_time_line([(2014, "现在 哪些 词 重要，由 网络 自己 看 " * 3, "学习")])
    ],
    "draw_alignment": _alignment,
    "draw_colour_bar": _alignment,
    "draw_reading_orders": lambda: [reading.draw_reading_orders(IMAGE, CORNERS, SPOKEN)],
    "draw_reading_paths": _paths,
    "draw_canvases": lambda: [reading.draw_canvases(IMAGE[None], ["一"])],
    "draw_canvas": lambda: _on_axes(reading.draw_canvas, IMAGE),
    "draw_lengths": lambda: [sequence.draw_lengths(PAIR, "Chinese", "German")],
    "draw_unrolled": _unrolled,
    "draw_probabilities": lambda: _on_axes(
        sequence.draw_probabilities, ["一", " "], [0.996, 0.004], "一"
    ),
    "draw_beam": _beam,
    "draw_two_readings": lambda: [transformer.draw_two_readings(SOURCE, asking=1)],
    "draw_blocks": lambda: [transformer.draw_blocks(norm) for norm in ("before", "after")],
    "draw_heads": lambda: [transformer.draw_heads({"一": LOOKS, "二": LOOKS})],
    "draw_position_codes": _codes,
    "draw_head_planes": _head_planes,
    "draw_curve": _curves,
}
