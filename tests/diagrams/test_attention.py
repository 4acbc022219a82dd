"""Diagrams of attention: every number and word is there, legible, and marked is what is true."""

import math
from collections import Counter
from itertools import pairwise

import matplotlib
import pytest
import torch
from drawn import SMALLEST_TEXT, boxes, check_legible, holding, overlap, texts, words
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from utils.diagrams.attention import (
    WEIGHT_COLOURS,
    draw_alignment,
    draw_attention_block,
    draw_colour_bar,
    draw_learned_layers,
    draw_time_line,
    draw_translators,
)
from utils.drawing.canvas import CODE_COLOUR, DECODER_COLOUR, ENCODER_COLOUR
from utils.drawing.colours import CONTEXT
from utils.drawing.figures import new_figure
from utils.text.corpus import load_corpus


@pytest.fixture(scope="module")
def pairs():
    corpus = load_corpus("grammar", "de", "en", sizes=(60, 20, 20), clauses=(1, 2))
    return corpus.train


# ------------------------------------------------------------------------------
# The translator without and with notes

SOURCE = tuple("Gestern hat die Lehrerin das alte Buch gelesen .".split())
TARGET = tuple("Yesterday the teacher read the old book .".split())
HEADINGS = [
    "from memory",
    "with notes",
    "one vector for the whole sentence",
    "one vector for each word",
    "memory",
]


@pytest.mark.parametrize("step", [0, 3, 7])
def test_both_translators_have_written_up_to_the_step(step):
    canvas = draw_translators(SOURCE, TARGET, [1], step)
    expected = Counter([*SOURCE, *TARGET[: step + 1]] * 2 + HEADINGS)
    assert Counter(texts(canvas)) == expected
    assert len(boxes(canvas, ENCODER_COLOUR)) == 2 * len(SOURCE)
    assert len(boxes(canvas, DECODER_COLOUR)) == 2 * (step + 1)
    assert len(boxes(canvas, CODE_COLOUR)) == 1
    empty = [p for p in canvas.axes.patches if isinstance(p, Rectangle) and not p.get_fill()]
    assert len(empty) == 2 * (len(TARGET) - step - 1)


@pytest.mark.parametrize("looked_at, step", [((1, 7), 3), ((), 0), ((0,), 0), ((8, 8), 7)])
def test_thick_lines_lead_from_the_words_looked_at_to_the_word_written(looked_at, step):
    canvas = draw_translators(SOURCE, TARGET, looked_at, step)
    half = min(patch.get_y() for patch in boxes(canvas, CODE_COLOUR))  # the memory's height
    sources = [p for p in boxes(canvas, ENCODER_COLOUR) if p.get_y() < half]
    written = [p for p in boxes(canvas, DECODER_COLOUR) if p.get_y() < half]
    with_notes = [p for p in written if p.get_y() < sources[0].get_y() - 10][-step - 1 :]
    lines = {True: [], False: []}
    for line in canvas.axes.lines:
        (start, end), (top, bottom) = line.get_xdata(), line.get_ydata()
        assert top > bottom
        if top < sources[0].get_y():
            assert holding(with_notes, end) == step
            thick = to_hex(line.get_color()) == CONTEXT
            assert (line.get_linewidth() > 3) == thick
            lines[thick].append(holding(sources, start))
    assert sorted(lines[True]) == sorted(set(looked_at))
    assert sorted(lines[True] + lines[False]) == list(range(len(SOURCE)))


def test_the_memory_takes_all_words_and_gives_the_one_written():
    canvas = draw_translators(SOURCE, TARGET, [1, 7], 3)
    (memory,) = boxes(canvas, CODE_COLOUR)
    top, bottom = memory.get_y() + memory.get_height(), memory.get_y()
    ends = [(line.get_ydata()[0], line.get_ydata()[1]) for line in canvas.axes.lines]
    assert sum(end == pytest.approx(top) for _, end in ends) == len(SOURCE)
    assert sum(start == pytest.approx(bottom) for start, _ in ends) == 1


def test_translators_are_legible(pairs):
    check_legible(draw_translators(SOURCE, TARGET, [1, 7], 3))
    check_legible(draw_translators(("ich", "."), ("I", "a"), [0], 1))
    short = [pair for pair in pairs if max(len(pair.source), len(pair.target)) <= 9]
    for pair in short[:8]:
        check_legible(draw_translators(pair.source, pair.target, [0], len(pair.target) - 1))


@pytest.mark.parametrize(
    "arguments, message",
    [
        ((SOURCE, TARGET, [1], 8), "expected a step from 0 to 7, .* got 8"),
        ((SOURCE, TARGET, [1], -1), "expected a step from 0 to 7, .* got -1"),
        ((SOURCE, TARGET, [0, 9], 1), r"expected positions from 0 to 8 .* got \[0, 9\]"),
        ((SOURCE * 3, TARGET, [1], 1), "expected a sentence that fits into one row, got 27 tokens"),
        ((SOURCE, TARGET * 3, [1], 1), "expected a sentence that fits into one row, got 24 tokens"),
    ],
)
def test_translators_that_cannot_be_drawn_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_translators(*arguments)


# ------------------------------------------------------------------------------
# Attention with its numbers

NAMES = ["h₁", "h₂", "h₃", "h₄"]
LABELS = ["encoder\nstates", "dot\nproduct", "scores", "weights", "weight\n× state", "sum"]
LABELS += ["joined", "softmax", "context c", "s", "decoder\nstate s"]
SIGNS = ["•", "×"] * 4 + ["+"]


def example(size=2, keys=4):
    """A state of its own for each key, and attention calculated from them in float64."""
    generator = torch.Generator().manual_seed(size)
    states = torch.randn(keys, size, generator=generator, dtype=torch.float64)
    query = torch.randn(size, generator=generator, dtype=torch.float64)
    scores = states @ query
    weights = scores.softmax(-1)
    return {
        "scores": scores,
        "weights": weights,
        "states": states,
        "context": weights @ states,
        "query": query,
    }


def written(value, decimals):
    text = f"{value:.{decimals}f}"
    return (text if float(text) else text.lstrip("-")).replace("-", "−")


@pytest.mark.parametrize("size", [2, 3, 4])
@pytest.mark.parametrize("decimals", [1, 2])
def test_every_number_of_the_attention_block_is_written(size, decimals):
    numbers = example(size)
    canvas = draw_attention_block(**numbers, names=NAMES, decimals=decimals)
    products = [
        w * x for w, h in zip(numbers["weights"], numbers["states"], strict=True) for x in h
    ]
    every = [value for tensor in numbers.values() for value in tensor.flatten()]
    every += [*products, *numbers["query"]]  # the query a second time: joined to the context
    expected = [written(float(value), decimals) for value in every]
    assert Counter(texts(canvas)) == Counter(expected + LABELS + SIGNS + NAMES)


def test_zero_has_no_sign():
    numbers = example() | {"scores": torch.tensor([-0.0, -0.001, -0.1, 0.2])}
    found = texts(draw_attention_block(**numbers, names=NAMES))
    assert "−0.00" not in found and "-0.00" not in found and "−0.10" in found


def test_numbers_of_a_key_stand_above_its_name():
    """From below: the name, the state, its score, its weight, and state times weight."""
    numbers = example(2)
    canvas = draw_attention_block(**numbers, names=NAMES)
    for i, name in enumerate(NAMES):
        (x,) = (t.get_position()[0] for t in words(canvas) if t.get_text() == name)
        column = [t for t in words(canvas) if t.get_position()[0] == pytest.approx(x)]
        column.sort(key=lambda text: text.get_position()[1])
        state, weight = numbers["states"][i], numbers["weights"][i]
        values = [*state.flip(0), numbers["scores"][i], weight, *(weight * state).flip(0)]
        found = [text.get_text() for text in column if text.get_text() not in "•×"]
        assert found == [name, *(written(float(value), 2) for value in values)]


def test_the_context_and_the_query_are_joined_in_this_order():
    numbers = example(3)
    canvas = draw_attention_block(**numbers, names=NAMES)
    top = max(t.get_position()[1] for t in words(canvas) if t.get_text()[-1].isdigit())
    row = [t for t in words(canvas) if t.get_position()[1] == pytest.approx(top)]
    row = sorted(row, key=lambda text: text.get_position()[0])
    found = [text.get_text() for text in row if text.get_text() != "joined"]
    values = [*numbers["context"], *numbers["query"]]
    assert found == [written(float(value), 2) for value in values]


def test_a_cell_is_filled_as_far_as_its_weight():
    numbers = example()
    canvas = draw_attention_block(**numbers, names=NAMES)
    cells = [p for p in canvas.axes.patches if isinstance(p, Rectangle)]
    shares = [
        fill.get_width() / frame.get_width() for fill, frame in pairwise(cells) if fill.get_fill()
    ]
    filled = [share for share in shares if share]
    assert filled == pytest.approx(numbers["weights"].tolist())


@pytest.mark.parametrize("size, keys", [(2, 4), (3, 4), (4, 4), (2, 3), (2, 2), (1, 4)])
def test_an_attention_block_is_legible(size, keys):
    check_legible(draw_attention_block(**example(size, keys), names=NAMES[:keys]))


@pytest.mark.parametrize(
    "change, message",
    [
        (
            {"scores": torch.zeros(3)},
            r"expected states of shape \(keys, d\).* got \(4, 2\), \(3,\)",
        ),
        ({"context": torch.zeros(3)}, r"expected states of shape \(keys, d\)"),
        ({"states": torch.zeros(4)}, r"expected states of shape \(keys, d\).* got \(4,\)"),
        ({"names": NAMES[:3]}, "and 3 names"),
        ({"query": torch.tensor([-12345.0, 0])}, "expected numbers that fit .* '−12345.00'"),
        ({"decimals": 9}, "write fewer decimals"),
        (example(5), "show fewer states or shorter ones"),
    ],
)
def test_an_attention_block_that_cannot_be_drawn_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        draw_attention_block(**({"names": NAMES} | example() | change))


# ------------------------------------------------------------------------------
# Where attention learns


def test_all_scores_are_there_with_their_formulas():
    names = ["dot product", "scaled dot product", "general", "additive"]
    formulas = ["q · k", "q · k / √d", "q · W k / √d", "v · tanh(W q + U k)"]
    found = Counter(texts(draw_learned_layers()))
    operands = Counter({"q": 4, "k": 4, "W": 2, "U": 1, "v": 1, "tanh": 1, "÷ √d": 2})
    others = Counter({"•": 3, "+": 1, "score": 4, "learnt": 1, "fixed": 1})
    assert found - operands - others == Counter([*names, *formulas, "q query, k key, of d numbers"])


def test_the_learnt_parts_and_no_others_have_their_colour():
    """In the rows as in `models.attention`: none, none, W for k, and W for q, U for k, and v."""
    canvas = draw_learned_layers()
    tops = {t.get_text(): t.get_position()[1] for t in words(canvas)}
    rows = {"dot product": [], "scaled dot product": [], "general": [], "additive": []}
    operands = [*boxes(canvas, DECODER_COLOUR), *boxes(canvas, ENCODER_COLOUR)]
    for patch in boxes(canvas, CODE_COLOUR):
        (text,) = inside(canvas, patch)
        if text != "learnt":
            before = [p for p in operands if p.get_y() == pytest.approx(patch.get_y())]
            row = min((name for name in rows if tops[name] > patch.get_y()), key=tops.get)
            rows[row].append(text + "".join(inside(canvas, before[0]) if before else []))
    assert {name: sorted(learnt) for name, learnt in rows.items()} == {
        "dot product": [],
        "scaled dot product": [],
        "general": ["Wk"],
        "additive": ["Uk", "Wq", "v"],
    }


def inside(canvas, patch):
    """What is written in a box."""
    return [
        t.get_text()
        for t in words(canvas)
        if patch.get_x() < t.get_position()[0] < patch.get_x() + patch.get_width()
        and patch.get_y() < t.get_position()[1] < patch.get_y() + patch.get_height()
    ]


def test_the_learnt_layers_are_legible():
    check_legible(draw_learned_layers())


# ------------------------------------------------------------------------------
# A time line

EVENTS = [
    (2014, "Sequence to sequence", "Sutskever, Vinyals & Le"),
    (1997, "Long short-term memory", "Hochreiter & Schmidhuber"),
    (2014, "Attention in translation, with the words that it looks at", "Bahdanau, Cho & Bengio"),
    (2015, "Costs $5 & $6", "A " + "long " * 30 + "list"),
    (2020, "Images in patches", "Dosovitskiy et al."),
]


def test_events_stand_in_the_order_of_their_years_each_year_once():
    canvas = draw_time_line(EVENTS)
    from_above = sorted(words(canvas), key=lambda t: -t.get_position()[1])
    years = [t.get_text() for t in from_above if t.get_text().isdigit()]
    assert years == ["1997", "2014", "2015", "2020"]
    assert all(t.get_weight() == "bold" for t in from_above if t.get_text().isdigit())
    prose = [t.get_text().replace(r"\$", "$") for t in from_above if not t.get_text().isdigit()]
    ordered = [EVENTS[i] for i in (1, 0, 2, 3, 4)]  # those of one year as they were given
    assert " ".join(prose).split() == " ".join(f"{a} {b}" for _, a, b in ordered).split()


def test_a_year_stands_beside_its_first_event():
    canvas = draw_time_line(EVENTS[:2])
    baselines = {t.get_text(): t.get_position()[1] for t in words(canvas)}
    # Their sizes differ, so that what is on one line has its baselines a little apart.
    assert baselines["2014"] == pytest.approx(baselines["Sequence to sequence"], abs=0.3)
    assert baselines["1997"] == pytest.approx(baselines["Long short-term memory"], abs=0.3)


def test_more_years_get_more_room():
    heights = []
    for year in (2001, 2002, 2005, 2020):
        canvas = draw_time_line([(2000, "a", "b"), (year, "c", "d")])
        heights.append(canvas.axes.get_ylim()[1])
    assert heights == sorted(set(heights))


def test_a_time_line_is_legible():
    check_legible(draw_time_line(EVENTS))
    check_legible(draw_time_line(EVENTS[:1]))


@pytest.mark.parametrize(
    "events, message",
    [([], "expected at least one event"), ([(2000, "x" * 90, "y")], "expected words that fit")],
)
def test_a_time_line_that_cannot_be_drawn_is_refused(events, message):
    with pytest.raises(ValueError, match=message):
        draw_time_line(events)


# ------------------------------------------------------------------------------
# Weights as a picture


def weights_for(pair):
    """Of a pair whose target ends with </s>, which the alignment does not know."""
    generator = torch.Generator().manual_seed(1)
    return torch.randn(len(pair.target) + 1, len(pair.source), generator=generator).softmax(-1)


def drawn_alignment(pair, **options):
    figure, axes = new_figure(height=5)
    target = [*pair.target, "</s>"]
    draw_alignment(axes, pair.source, target, weights_for(pair), pair.alignment, **options)
    return figure, axes


def cell(axes, patch):
    """The cell (column, row) that a square lies in, all of it."""
    x, y = patch.get_x() + patch.get_width() / 2, patch.get_y() + patch.get_height() / 2
    assert 0.5 < patch.get_width() <= 1 and 0.5 < patch.get_height() <= 1
    return round(x), round(y)


def test_outlined_cells_are_exactly_the_true_alignment(pairs):
    for pair in pairs[:6]:
        _, axes = drawn_alignment(pair)
        squares = [cell(axes, patch) for patch in axes.patches]
        assert sorted(squares) == sorted(pair.alignment)
        assert {to_hex(patch.get_edgecolor()) for patch in axes.patches} == {CONTEXT}
        assert not any(patch.get_fill() for patch in axes.patches)


def test_cells_have_the_weights_of_their_row_and_column(pairs):
    pair = pairs[0]
    _, axes = drawn_alignment(pair, title="a title")
    (image,) = axes.images
    assert torch.equal(torch.tensor(image.get_array()), weights_for(pair))
    assert image.get_clim() == (0, 1)
    left, right, bottom, top = image.get_extent()
    assert left < right and bottom > top  # the first row above
    assert [label.get_text() for label in axes.get_xticklabels()] == list(pair.source)
    assert [label.get_text() for label in axes.get_yticklabels()] == [*pair.target, "</s>"]
    assert list(axes.get_xticks()) == list(range(len(pair.source)))
    assert list(axes.get_yticks()) == list(range(len(pair.target) + 1))
    assert axes.get_title(loc="left") == "a title"


def test_source_tokens_stand_above_the_cells(pairs):
    figure, axes = drawn_alignment(pairs[0])
    figure.canvas.draw()
    top = axes.get_window_extent().y1
    for label in axes.get_xticklabels():
        assert label.get_visible() and label.get_window_extent().y0 >= top - 3


def test_tokens_and_title_are_legible_and_not_in_each_other_s_way(pairs):
    for pair in [*pairs[:4], *sorted(pairs, key=lambda pair: -len(pair.source))[:4]]:
        figure, axes = drawn_alignment(pair, title="a title")
        figure.canvas.draw()
        (title,) = (text for text in axes.get_children() if is_title(text))
        columns, rows = axes.get_xticklabels(), axes.get_yticklabels()
        for label in [*columns, *rows]:
            assert label.get_fontsize() >= SMALLEST_TEXT
            assert label.get_window_extent().y1 <= title.get_window_extent().y0 + 1
        for one, other in pairwise(rows):
            assert not overlap(one.get_window_extent(), other.get_window_extent())
        # From one line of slanted text to the next it is less than from column to column.
        pitch = axes.bbox.width / len(pair.source)
        slant = math.radians(columns[0].get_rotation())
        assert slant == 0 or pitch * math.sin(slant) >= columns[0].get_fontsize() / 72 * figure.dpi


def is_title(artist):
    return isinstance(artist, Text) and artist.get_text() == "a title"


def test_words_are_slanted_only_when_they_are_long():
    for source, angle in ((tuple("机器学习"), 0), (("neighbourhoods",) * 10, 45)):
        _, axes = new_figure(height=5)
        draw_alignment(axes, source, ("a",) * 8, torch.full((8, len(source)), 0.1))
        assert {label.get_rotation() for label in axes.get_xticklabels()} == {angle}


def test_sentences_that_are_too_long_are_refused():
    _, axes = new_figure()
    with pytest.raises(ValueError, match="got 60 and 2 tokens; choose shorter ones or a larger"):
        draw_alignment(axes, ("a",) * 60, ("a",) * 2, torch.zeros(2, 60))
    _, axes = new_figure()
    with pytest.raises(ValueError, match="got 2 and 40 tokens; choose shorter ones or a larger"):
        draw_alignment(axes, ("a",) * 2, ("a",) * 40, torch.zeros(40, 2))


def test_colours_go_from_white_to_dark_at_an_even_pace():
    """Lightness L* of CIELAB falls everywhere, and by much the same in each tenth."""
    rgb = torch.tensor(WEIGHT_COLOURS(torch.linspace(0, 1, 11).numpy()))[:, :3]
    linear = torch.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = linear @ torch.tensor([0.2126, 0.7152, 0.0722], dtype=linear.dtype)
    lightness = 116 * luminance ** (1 / 3) - 16
    assert lightness[0] == pytest.approx(100, abs=0.1) and lightness[-1] < 20
    steps = -lightness.diff()
    assert steps.min() > 5 and steps.max() < 12


def test_weights_without_an_alignment_have_no_squares():
    _, axes = new_figure()
    draw_alignment(axes, ("a", "$x$"), ("b",), [[0.2, 0.8]])
    assert not axes.patches
    assert axes.get_xticklabels()[1].get_text() == r"\$x\$"


@pytest.mark.parametrize(
    "weights, alignment, message",
    [
        (torch.zeros(2, 3), None, r"expected weights of shape \(3, 2\).* got \(2, 3\)"),
        (torch.tensor([[1.5, 0]] * 3), None, "expected weights from 0 to 1, got 0 to 1.5"),
        (torch.tensor([[-0.5, 0]] * 3), None, "expected weights from 0 to 1, got -0.5 to 0"),
        (torch.full((3, 2), torch.nan), None, "expected weights from 0 to 1, got nan to nan"),
        (torch.zeros(3, 2), {(0, 2), (2, 0)}, r"expected pairs .* below \(2, 3\), got \[\(2, 0\)"),
    ],
)
def test_weights_that_do_not_go_with_the_sentences_are_refused(weights, alignment, message):
    _, axes = new_figure()
    with pytest.raises(ValueError, match=message):
        draw_alignment(axes, ("a", "b"), ("c", "d", "</s>"), weights, alignment)


def test_the_colour_bar_is_that_of_the_cells():
    figure, axes = new_figure(columns=2)
    bar = draw_colour_bar(axes)
    draw_alignment(axes[0], ("a", "b"), ("c",), [[0.2, 0.8]])
    assert bar.cmap is axes[0].images[0].get_cmap() is WEIGHT_COLOURS
    assert (bar.vmin, bar.vmax) == axes[0].images[0].get_clim()
    assert bar.ax.get_xlabel() == "weight"
    assert len(figure.axes) == 3


def test_drawing_leaves_matplotlib_s_settings_alone():
    before = dict(matplotlib.rcParams)
    draw_translators(SOURCE, TARGET, [1], 3)
    draw_attention_block(**example(), names=NAMES)
    draw_learned_layers()
    draw_time_line(EVENTS)
    _, axes = new_figure()
    draw_colour_bar(axes)
    draw_alignment(axes, ("a", "b"), ("c",), [[0.2, 0.8]])
    assert dict(matplotlib.rcParams) == before
