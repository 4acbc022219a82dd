"""Diagrams of sentences: all of a sentence is in them, legible, and the numbers are the model's."""

import math
from collections import Counter
from itertools import combinations

import matplotlib
import pytest
import torch
from drawn import holding
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch
from torch import nn

from utils.decoding.search import beam_search, greedy
from utils.decoding.steps import Continuation, Step, beam_steps, decoding_steps
from utils.diagrams.sequence import (
    draw_beam,
    draw_lengths,
    draw_probabilities,
    draw_unrolled,
)
from utils.drawing.canvas import CODE_COLOUR, DECODER_COLOUR, ENCODER_COLOUR
from utils.drawing.colours import NETWORK
from utils.drawing.figures import new_figure
from utils.languages.pairs import SentencePair
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq
from utils.text.corpus import load_corpus
from utils.text.vocabulary import END, PADDING, START, Vocabulary
from utils.training.loop import seeded

SOURCE = Vocabulary("学 习 机 器".split())
TARGET = Vocabulary("learn learns machine machines a".split())
SENTENCE = tuple("机器学习机")
SMALLEST_TEXT = 9  # points
STEPS = [
    Step("<s>", [("yesterday", 0.7), ("today", 0.2), ("neighbours", 0.004)]),
    Step("yesterday", [("she", 0.999), ("he", 0.0005), ("I", 0.0004)]),
    Step("she", [("understood", 0.6), ("learnt", 0.3), ("explained", 0.05)]),
    Step("understood", [("$5", 0.9), ("</s>", 0.06), ("$", 0.01)]),
    Step("$5", [(".", 1.0), ("?", 0.0), ("machine", 0.0)]),
    Step(".", [("</s>", 0.98), (".", 0.01), ("?", 0.01)]),
]


def new_model(seed, cell=nn.GRU, layers=1, dropout=0.0):
    """A random model with opinions: weights so large that its sentences differ."""
    with seeded(seed):
        model = Seq2Seq(
            Encoder(len(SOURCE), 8, 8, cell, layers, dropout),
            Decoder(len(TARGET), 8, 8, cell, layers, dropout),
        )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 2
    return model


every_model = pytest.mark.parametrize(
    "model",
    [new_model(3), new_model(5, nn.LSTM, 2), new_model(8, nn.GRU, 2, dropout=0.5)],
    ids=["gru", "lstm", "dropout"],
)


def as_batch(tokens):
    return torch.tensor([SOURCE.encode(tokens)]), torch.tensor([len(tokens)])


@torch.no_grad()
def probabilities_after(model, tokens, written):
    """Of each token after those `written`, (vocabulary,), by reading all of them at once."""
    model.eval()
    encoded = model.encoder(*as_batch(tokens))
    return model.decoder(torch.tensor([[START, *written]]), encoded).logits[0, -1].softmax(-1)


# ------------------------------------------------------------------------------
# What is drawn


def words(canvas):
    """What is written; a box that nothing is written in has an empty text."""
    return [text for text in canvas.axes.texts if text.get_text()]


def texts(canvas):
    return [text.get_text().replace(r"\$", "$") for text in words(canvas)]


def boxes(canvas):
    """The boxes of each colour, from left to right."""
    patches = [patch for patch in canvas.axes.patches if isinstance(patch, FancyBboxPatch)]
    found = {}
    for patch in sorted(patches, key=lambda patch: patch.get_x()):
        found.setdefault(to_hex(patch.get_facecolor()), []).append(patch)
    return {colour: found.get(colour.lower(), []) for colour in (ENCODER_COLOUR, *OTHERS)}


OTHERS = (DECODER_COLOUR, CODE_COLOUR)


def check_legible(canvas):
    """Text is large enough, inside the canvas and its box, and neither text nor box in the way."""
    renderer = FigureCanvasAgg(canvas.figure).get_renderer()
    canvas.figure.draw(renderer)
    page = canvas.figure.bbox
    extents = [(text.get_text(), text.get_window_extent(renderer)) for text in words(canvas)]
    frames = [
        patch.get_window_extent(renderer)
        for patch in canvas.axes.patches
        if isinstance(patch, FancyBboxPatch)
    ]
    for text, extent in extents:
        assert page.x0 <= extent.x0 and extent.x1 <= page.x1, text
        assert page.y0 <= extent.y0 and extent.y1 <= page.y1, text
        for frame in frames:
            within = frame.x0 <= extent.x0 and extent.x1 <= frame.x1
            within &= frame.y0 <= extent.y0 and extent.y1 <= frame.y1
            assert within or not overlap(frame, extent), text
    for (one, extent), (other, another) in combinations(extents, 2):
        assert not overlap(extent, another), (one, other)
    for one, other in combinations(frames, 2):
        assert not overlap(one, other)
    assert min(text.get_fontsize() for text in words(canvas)) >= SMALLEST_TEXT


def overlap(one, other):
    return min(one.x1, other.x1) - max(one.x0, other.x0) > 0.5 and (
        min(one.y1, other.y1) - max(one.y0, other.y0) > 0.5
    )


@pytest.fixture(scope="module")
def pairs():
    corpus = load_corpus("grammar", "zh", "en", sizes=(60, 20, 20), clauses=(1,))
    return [pair for pair in corpus.train if len(pair.source) <= 12]


# ------------------------------------------------------------------------------
# Two sentences

PAIR = SentencePair(
    tuple("机器学习"), ("machine", "learning"), frozenset({(0, 0), (1, 0), (2, 1), (3, 1)})
)


def test_both_sentences_are_written_once_with_their_lengths():
    canvas = draw_lengths(PAIR, "Chinese", "English")
    counts = ["Chinese: 4 characters", "English: 2 words"]
    assert Counter(texts(canvas)) == Counter([*PAIR.source, *PAIR.target, *counts])
    found = boxes(canvas)
    assert [len(found[colour]) for colour in (ENCODER_COLOUR, DECODER_COLOUR)] == [4, 2]


def test_names_and_units_are_the_caller_s():
    canvas = draw_lengths(PAIR, "a", "b", source_unit="signs", target_unit="pieces")
    assert {"a: 4 signs", "b: 2 pieces"} <= set(texts(canvas))


def test_lines_join_what_is_aligned(pairs):
    for pair in pairs[:12]:
        canvas = draw_lengths(pair, "Chinese", "English")
        found = boxes(canvas)
        links = set()
        for line in canvas.axes.lines:
            (top, bottom), heights = line.get_xdata(), line.get_ydata()
            assert heights[0] > heights[1]
            links.add((holding(found[ENCODER_COLOUR], top), holding(found[DECODER_COLOUR], bottom)))
        assert len(canvas.axes.lines) == len(pair.alignment)
        assert links == pair.alignment


def test_without_an_alignment_there_are_no_lines():
    canvas = draw_lengths(SentencePair(("a", "b"), ("c",)), "one", "other")
    assert len(canvas.axes.lines) == 0 and len(texts(canvas)) == 5


def test_sentences_of_up_to_twelve_characters_are_legible(pairs):
    longest = sorted(pairs, key=lambda pair: len(pair.source))[-12:]
    assert len(longest[-1].source) == 12
    for pair in longest:
        check_legible(draw_lengths(pair, "Chinese", "English"))


def test_tokens_stand_in_their_order(pairs):
    pair = pairs[0]
    canvas = draw_lengths(pair, "Chinese", "English")
    places = [(-round(text.get_position()[1]), text.get_position()[0]) for text in words(canvas)]
    in_order = [text for _, text in sorted(zip(places, texts(canvas), strict=True))]
    assert tuple(in_order[1:-1]) == (*pair.source, *pair.target)


def test_a_sentence_that_would_be_too_small_is_refused():
    pair = SentencePair(("neighbourhoods",) * 12, ("a",))
    with pytest.raises(ValueError, match="expected a sentence that fits into one row, got 12"):
        draw_lengths(pair, "one", "other")


# ------------------------------------------------------------------------------
# Encoder and decoder, step by step


def test_all_that_is_read_and_written_is_there():
    canvas = draw_unrolled(SENTENCE, STEPS)
    written = [step.candidates[0][0] for step in STEPS]
    likely = ["today", "learnt", "explained", "</s>", "$", ".", "?"]  # 0.01 or more
    numbers = "0.70 0.20 >0.99 0.60 0.30 0.05 0.90 0.06 0.01 1.00 0.98 0.01 0.01".split()
    names = ["encoder", "decoder", "fixed vector c"]
    read = [step.read for step in STEPS]
    expected = [*SENTENCE, *read, *written, *likely, *numbers, *names]
    assert Counter(texts(canvas)) == Counter(expected)


def test_there_is_a_cell_for_each_token_read_and_one_vector_between():
    found = boxes(draw_unrolled(SENTENCE, STEPS))
    assert {colour: len(patches) for colour, patches in found.items()} == {
        ENCODER_COLOUR: len(SENTENCE),
        DECODER_COLOUR: len(STEPS),
        CODE_COLOUR: 1,
    }
    heights = {colour: {round(patch.get_y(), 6) for patch in found[colour]} for colour in found}
    (encoder,), (decoder,), (vector,) = (heights[colour] for colour in found)
    assert encoder > vector > decoder


def test_each_cell_stands_between_what_it_reads_and_what_it_writes():
    canvas = draw_unrolled(SENTENCE, STEPS)
    for step, patch in zip(STEPS, boxes(canvas)[DECODER_COLOUR], strict=True):
        middle = patch.get_x() + patch.get_width() / 2
        column = [text for text in words(canvas) if text.get_position()[0] == pytest.approx(middle)]
        column.sort(key=lambda text: text.get_position()[1])
        below = [text for text in column if text.get_position()[1] < patch.get_y()]
        assert [text.get_text().replace(r"\$", "$") for text in below] == [step.read]
        written = column[2]  # above its probability
        assert written.get_text().replace(r"\$", "$") == step.candidates[0][0]
        assert written.get_weight() == "bold"


@pytest.mark.parametrize("count", [1, 6, 9])
def test_an_unrolled_sentence_is_legible(count):
    check_legible(draw_unrolled(tuple("昨天她笑了我学数学")[:count], STEPS))


def test_steps_with_one_candidate_each_are_legible():
    check_legible(draw_unrolled(SENTENCE, [Step("<s>", [("a", 0.5)]), Step("a", [("</s>", 0.5)])]))


@pytest.mark.parametrize(
    "arguments, message",
    [
        (((), STEPS), "expected at least one token and one step, got 0 and 6"),
        ((SENTENCE, []), "expected at least one token and one step, got 5 and 0"),
        ((SENTENCE, 3 * STEPS), "expected a sentence that fits into one row, got 18 tokens"),
        ((("neighbours",) * 9, STEPS), "expected a sentence that fits into one row, got 9 tokens"),
    ],
)
def test_what_cannot_be_unrolled_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_unrolled(*arguments)


@every_model
def test_steps_have_the_model_s_probabilities(model):
    model.train()  # dropout must not act
    steps = decoding_steps(model, SENTENCE, SOURCE, TARGET, candidates=4, max_length=8)
    written = []
    for step in steps:
        expected = probabilities_after(model, SENTENCE, written).tolist()
        for token, probability in step.candidates:
            assert probability == pytest.approx(expected[TARGET.tokens.index(token)], abs=1e-6)
        expected[PADDING] = expected[START] = 0.0  # never written
        best = sorted(expected, reverse=True)[:4]
        assert [p for _, p in step.candidates] == pytest.approx(best, abs=1e-6)
        assert sum(p for _, p in step.candidates) <= 1 + 1e-6
        written.append(TARGET.tokens.index(step.candidates[0][0]))


@every_model
def test_steps_are_those_of_greedy_search(model):
    steps = decoding_steps(model, SENTENCE, SOURCE, TARGET, max_length=8)
    (expected,) = greedy(model, *as_batch(SENTENCE), max_length=8)
    written = [step.candidates[0][0] for step in steps]
    assert [step.read for step in steps] == ["<s>", *written[:-1]]
    tokens = [TARGET.tokens[number] for number in expected.token_ids]
    assert written == [*tokens, "</s>"][: expected.length]
    total = sum(math.log(step.candidates[0][1]) for step in steps)
    assert total == pytest.approx(expected.log_probability, abs=1e-4)


def test_steps_end_with_the_sentence_or_at_the_limit():
    lengths = []
    for seed in range(12):
        steps = decoding_steps(new_model(seed), SENTENCE, SOURCE, TARGET, max_length=8)
        ends = [step.candidates[0][0] == "</s>" for step in steps]
        assert not any(ends[:-1]) and (ends[-1] or len(steps) == 8)
        lengths.append(ends[-1])
    assert set(lengths) == {True, False}  # both happen


@pytest.mark.parametrize(
    "change, message",
    [
        ({"candidates": 0}, "expected between 1 and 7 candidates, got 0"),
        ({"candidates": 8}, "expected between 1 and 7 candidates, got 8"),
        ({"max_length": 0}, "expected max_length"),
        ({"source": ()}, "at least one token"),
        ({"target_vocabulary": SOURCE}, "expected a vocabulary of 9 tokens"),
    ],
)
def test_steps_that_cannot_be_taken_are_refused(change, message):
    arguments = {
        "model": new_model(3),
        "source": SENTENCE,
        "source_vocabulary": SOURCE,
        "target_vocabulary": TARGET,
    }
    with pytest.raises(ValueError, match=message):
        decoding_steps(**(arguments | change))


# ------------------------------------------------------------------------------
# Probabilities


def test_bars_are_the_most_probable_tokens_in_their_order():
    _, axes = new_figure()
    tokens, values = ["a", " ", "</s>", "$x$", "e"], torch.tensor([0.1, 0.3, 0.002, 0.5, 0.05])
    draw_probabilities(axes, tokens, values, chosen=" ", most=4)
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([0.5, 0.3, 0.1, 0.05])
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        r"\$x\$",
        "space",
        "a",
        "e",
    ]
    assert [text.get_text() for text in axes.texts] == ["0.50", "0.30", "0.10", "0.05"]
    colours = [to_hex(bar.get_facecolor()) for bar in axes.patches]
    assert colours[1] == NETWORK and len(set(colours[:1] + colours[2:])) == 1
    top, bottom = (axes.transData.transform((0, bar.get_y()))[1] for bar in axes.patches[::3])
    assert top > bottom


def test_the_longest_bar_leaves_room_for_its_number():
    figure, (axes, _) = new_figure(columns=2)
    draw_probabilities(axes, ["understand", "a"], [0.999, 0.001])
    figure.canvas.draw()
    for text in axes.texts:
        assert text.get_window_extent().x1 <= axes.get_window_extent().x1
    assert [text.get_text() for text in axes.texts] == [">0.99", "<0.01"]


@pytest.mark.parametrize("tokens, values", [(["a", "b"], [1.0]), ([], [])])
def test_bars_need_a_probability_each(tokens, values):
    _, axes = new_figure()
    with pytest.raises(ValueError, match="expected at least one token and a probability for each"):
        draw_probabilities(axes, tokens, values)


# ------------------------------------------------------------------------------
# Beam search


def path_to(steps, number, index):
    """The continuations from the first step to this one."""
    path = []
    while index is not None:
        path.append(steps[number][index])
        number, index = number - 1, steps[number][index].parent
    return path[::-1]


@every_model
@pytest.mark.parametrize("beam_size", [1, 2, 3])
def test_beam_steps_hold_what_beam_search_finds(model, beam_size):
    steps = beam_steps(model, SENTENCE, SOURCE, TARGET, beam_size, max_length=6)
    (found,) = beam_search(model, *as_batch(SENTENCE), 6, beam_size)
    complete = {}
    for number, step in enumerate(steps):
        for index, one in enumerate(step):
            if one.kept and (one.token == "</s>" or number == 5):
                words = [node.token for node in path_to(steps, number, index)]
                complete[tuple(words)] = one.log_probability
    expected = {
        tuple(
            TARGET.tokens[n] for n in [*one.token_ids, *[END] * one.finished]
        ): one.log_probability
        for one in found
    }
    assert complete == pytest.approx(expected, abs=1e-4)


@every_model
def test_beam_steps_have_the_model_s_log_probabilities(model):
    steps = beam_steps(model, SENTENCE, SOURCE, TARGET, beam_size=3, max_length=4)
    for number, step in enumerate(steps):
        for index, one in enumerate(step):
            *before, _ = path = path_to(steps, number, index)
            assert all(node.kept and node.token != "</s>" for node in before)
            written = [TARGET.tokens.index(node.token) for node in path]
            total = 0.0
            for i, token in enumerate(written):
                total += probabilities_after(model, SENTENCE, written[:i])[token].log().item()
            assert one.log_probability == pytest.approx(total, abs=1e-4)


@every_model
def test_what_beam_search_drops_is_no_better_than_what_it_keeps(model):
    steps = beam_steps(model, SENTENCE, SOURCE, TARGET, beam_size=3, max_length=6)
    places = 3
    for step in steps:
        kept = [one.log_probability for one in step if one.kept]
        dropped = [one.log_probability for one in step if not one.kept]
        assert len(kept) == places
        assert not dropped or min(kept) >= max(dropped)
        children = Counter(one.parent for one in step)
        assert set(children.values()) == {3}  # of each beginning as many as could be kept
        places -= sum(one.kept and one.token == "</s>" for one in step)


TREE = [
    [Continuation(None, "she", -0.5, True), Continuation(None, "yesterday", -1.0, True)],
    [
        Continuation(0, "learns", -2.0, True),
        Continuation(0, "understands", -12.5, False),
        Continuation(1, "she", -1.1, True),
        Continuation(1, "he", -9.0, False),
    ],
    [
        # The better one continues the second: it stands first in the list, and lower in the tree.
        Continuation(2, "laughed", -1.2, True),
        Continuation(2, "danced", -4.0, False),
        Continuation(0, "</s>", -2.1, True),
        Continuation(0, "mathematics", -7.0, False),
    ],
    [Continuation(0, "</s>", -2.4, True), Continuation(0, ".", -5.0, False)],
]


def test_all_continuations_are_drawn_and_those_kept_in_boxes():
    canvas = draw_beam(TREE)
    every = [one for step in TREE for one in step]
    numbers = [f"−{-one.log_probability:.2f}" for one in every]
    assert Counter(texts(canvas)) == Counter([*(one.token for one in every), *numbers])
    found = boxes(canvas)
    drawn = len(found[DECODER_COLOUR]) + len(found[CODE_COLOUR])
    assert drawn == sum(one.kept for one in every)
    assert len(canvas.axes.lines) == sum(one.parent is not None for one in every)
    check_legible(canvas)


def test_lines_of_a_beam_do_not_cross():
    by_column = {}
    for line in draw_beam(TREE).axes.lines:
        left, right = line.get_xdata()
        assert left < right
        by_column.setdefault(right, []).append(tuple(line.get_ydata()))
    assert sorted(map(len, by_column.values())) == [2, 4, 4]
    for lines in by_column.values():
        for (start, end), (other_start, other_end) in combinations(lines, 2):
            assert (start - other_start) * (end - other_end) >= 0


@pytest.mark.parametrize(
    "length_penalty, best",
    [(0.0, ["she", "learns", "</s>"]), (1.0, ["yesterday", "she", "laughed", "</s>"])],
)
def test_the_best_sentence_of_a_beam_has_its_own_colour(length_penalty, best):
    """Logarithms of -2.1 for three tokens and -2.4 for four: the mean prefers the longer."""
    canvas = draw_beam(TREE, length_penalty)
    marked = boxes(canvas)[CODE_COLOUR]
    assert len(marked) == len(best)
    for patch, word in zip(marked, best, strict=True):
        inside = [
            text.get_text()
            for text in words(canvas)
            if patch.get_x() < text.get_position()[0] < patch.get_x() + patch.get_width()
            and patch.get_y() < text.get_position()[1] < patch.get_y() + patch.get_height()
        ]
        assert inside == [word]


def test_without_a_complete_sentence_none_is_best():
    assert boxes(draw_beam(TREE[:2]))[CODE_COLOUR] == []


@pytest.mark.parametrize("steps", [[], [TREE[0], []]])
def test_a_beam_without_continuations_is_refused(steps):
    with pytest.raises(ValueError, match="expected steps with one continuation or more each"):
        draw_beam(steps)


def test_drawing_leaves_matplotlib_s_settings_alone():
    before = dict(matplotlib.rcParams)
    draw_unrolled(SENTENCE, STEPS)
    draw_beam(TREE)
    draw_lengths(PAIR, "Chinese", "English")
    assert dict(matplotlib.rcParams) == before
