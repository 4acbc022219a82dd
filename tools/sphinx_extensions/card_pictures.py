"""The small pictures on the first page's cards, drawn from what the chapters have stored.

Each is an SVG of 240 by 120 units in the book's colours, named as in `utils.drawing.colours` and
with a value for each theme in book/assets/landing.css. They decorate: title and question stand
beside them.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

WIDTH, HEIGHT = 240, 120
SHADES = 5  # of a pixel
KEPT = ((0.8, "muted"), (0.98, "purple"))  # of a state, at each step: RNN and LSTM
Explorers = Mapping[str, tuple[dict, bytes]]
Pixels = Sequence[Sequence[float]]  # rows of numbers from 0 to 1


def picture(*parts: str) -> str:
    return (
        f'<svg class="card-picture" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f"{''.join(parts)}</svg>"
    )


def pixels(image: Pixels, x: float, y: float, size: float, kind: str = "ink") -> str:
    """An image with pixels of so many units; what is 0 is left out."""
    runs: dict[int, str] = {}
    for i, row in enumerate(image):
        shades = [round(min(max(value, 0), 1) * SHADES) for value in row]
        start = 0
        for shade, same in groupby(shades):
            length = len(list(same))
            if shade:
                runs[shade] = runs.get(shade, "") + f"M{start} {i}h{length}v1h-{length}z"
            start += length
    paths = (f'<path d="{d}" opacity="{shade / SHADES}"/>' for shade, d in sorted(runs.items()))
    return (
        f'<g class="{kind}" shape-rendering="crispEdges" '
        f'transform="translate({x} {y}) scale({size})">{"".join(paths)}</g>'
    )


def curve(points: Sequence[tuple[float, float]], kind: str) -> str:
    d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path class="line {kind}" d="{d}"/>'


def read_digit(explorer: dict, number: int) -> list[list[float]]:
    """One of the digits that an explorer has stored: 28 rows of 28 numbers from 0 to 1."""
    _, rows, columns = explorer["digits"]["shape"]
    values = base64.b64decode(explorer["digits"]["values"])
    start = number * rows * columns
    return [[values[start + i * columns + j] / 255 for j in range(columns)] for i in range(rows)]


def draw_memory(_explorers: Explorers) -> str:
    """What is left after forty steps, where each keeps 98 % or 80 % of it."""
    steps = range(41)
    across = [20 + 5 * step for step in steps]
    kept = [
        curve([(x, 100 - 80 * keep**step) for x, step in zip(across, steps, strict=True)], kind)
        for keep, kind in KEPT
    ]
    ends = [
        f'<circle class="{kind}" cx="{across[-1]}" cy="{100 - 80 * keep**40:.1f}" r="4"/>'
        for keep, kind in KEPT
    ]
    return picture('<path class="line muted" d="M20 100H224"/>', *kept, *ends)


def draw_codes(explorers: Explorers) -> str:
    """Where the test digits lie in the plane of codes, each as its numeral."""
    data, _ = explorers["code-plane"]
    # Of the maps in the explorer, the first is the network's.
    codes = [(digit, *code) for digit, code, *_ in data["points"]]
    left, right = min(x for _, x, _ in codes), max(x for _, x, _ in codes)
    bottom, top = min(y for *_, y in codes), max(y for *_, y in codes)
    numerals = []
    for digit, x, y in codes:
        place_x = 12 + (WIDTH - 24) * (x - left) / (right - left)
        place_y = 113 - (HEIGHT - 18) * (y - bottom) / (top - bottom)
        numerals.append(
            f'<text class="vermilion" x="{place_x:.0f}" y="{place_y:.0f}">{digit}</text>'
        )
    return picture(f'<g class="numerals">{"".join(numerals)}</g>')


def draw_compression(explorers: Explorers) -> str:
    """A digit, four small maps that are computed from it, and the digit as they restore it.

    The maps are of a linear code: for each square of 4 by 4 pixels the mean, and how much halves
    and diagonals differ.
    """
    data, _ = explorers["compression"]
    digit = read_digit(data, 9)
    quarters = [
        [sum(digit[2 * i + a][2 * j + b] for a in (0, 1) for b in (0, 1)) / 4 for j in range(14)]
        for i in range(14)
    ]
    signs = [(1, 1, 1, 1), (1, -1, 1, -1), (1, 1, -1, -1), (1, -1, -1, 1)]
    squares = [
        [[quarters[2 * i + a][2 * j + b] for a in (0, 1) for b in (0, 1)] for j in range(7)]
        for i in range(7)
    ]
    maps = [
        [
            [sum(s * q for s, q in zip(sign, square, strict=True)) / 4 for square in row]
            for row in squares
        ]
        for sign in signs
    ]
    small = [
        pixels(
            [[abs(value) * (1 if k == 0 else 2) for value in row] for row in maps[k]],
            97 + 24 * (k % 2),
            37 + 24 * (k // 2),
            3,
            "vermilion",
        )
        for k in range(4)
    ]
    arrows = [f'<path class="line muted" d="M{x} 60h8m-3 -3l3 3l-3 3"/>' for x in (86, 146)]
    return picture(pixels(digit, 8, 22, 2.7), *arrows, *small, pixels(quarters, 156, 22, 5.4))


def draw_denoising(explorers: Explorers) -> str:
    """A digit whose noise fades from left to right."""
    data, _ = explorers["denoising"]
    digit = read_digit(data, 3)
    generator = random.Random(0)
    columns = len(digit[0])
    empty = [0.0] * columns
    wide = [[*empty[: columns // 2], *row, *empty[: columns // 2]] for row in digit]
    noisy = [
        [
            value + max(0, 0.9 - 1.6 * j / len(row)) * generator.gauss(0, 1)
            for j, value in enumerate(row)
        ]
        for row in wide
    ]
    size = HEIGHT / len(wide)
    return picture(pixels(noisy, (WIDTH - size * len(wide[0])) / 2, 0, size))


def draw_seq2seq(_explorers: Explorers) -> str:
    """Four characters read into one vector, two words written from it."""
    parts = []
    for i, character in enumerate("机器学习"):
        x = 12 + 27 * i
        parts += [
            f'<rect class="blue" x="{x}" y="48" width="19" height="24" rx="4"/>',
            f'<path class="line muted" d="M{x + 9.5} 90V74M{x + 19} 60h8"/>',
            f'<text class="ink" lang="zh" x="{x + 9.5}" y="106">{character}</text>',
        ]
    parts += [
        f'<rect class="vermilion cell" x="121" y="{42 + 6 * i}" width="7" height="6"/>'
        for i in range(6)
    ]
    for i, word in enumerate(("machine", "learning")):
        x = 148 + 52 * i
        parts += [
            f'<path class="line muted" d="M{x - (18 if i == 0 else 31)} 60H{x}M{x + 10.5} 46V32"/>',
            f'<rect class="green" x="{x}" y="48" width="21" height="24" rx="4"/>',
            f'<text class="ink" x="{x + 10.5}" y="25">{word}</text>',
        ]
    return picture(*parts)


def draw_attention(explorers: Explorers) -> str:
    """Which words belong together in the stored sentence whose order changes most."""
    data, _ = explorers["translator"]

    def crossings(sentence: dict) -> int:
        links = sentence["alignment"]
        return sum(i < k and j > m for i, j in links for k, m in links)

    sentence = max(data["sentences"], key=crossings)

    def bars(words: Sequence[str], y: float, kind: str) -> tuple[list[str], list[float]]:
        letters = sum(map(len, words)) + 1.5 * (len(words) - 1)
        unit, x = (WIDTH - 24) / letters, 12.0
        drawn, middles = [], []
        for word in words:
            width = unit * len(word)
            drawn.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="9" rx="3"/>'
            )
            middles.append(x + width / 2)
            x += width + 1.5 * unit
        return drawn, middles

    above, starts = bars(sentence["source"], 14, "blue")
    below, ends = bars(sentence["target"], 97, "green")
    arcs = [
        f'<path class="line vermilion" d="M{starts[i]:.1f} 25C{starts[i]:.1f} 60 {ends[j]:.1f} 60 '
        f'{ends[j]:.1f} 95"/>'
        for i, j in sentence["alignment"]
    ]
    return picture(*arcs, *above, *below)


def draw_transformer(_explorers: Explorers) -> str:
    """From every word to every word, one word's lines in front."""
    places = [24 + 32 * i for i in range(7)]
    asking = places[2]
    web = "".join(f"M{a} 92L{b} 28" for a in places for b in places if b != asking)
    fan = "".join(f"M{a} 92L{asking} 28" for a in places)
    words = [
        f'<rect class="blue" x="{x - 10}" y="92" width="20" height="10" rx="3"/>' for x in places
    ]
    vectors = [
        f'<circle class="{"vermilion" if x == asking else "blue"}" cx="{x}" cy="24" r="6"/>'
        for x in places
    ]
    return picture(
        f'<path class="line muted" opacity="0.25" d="{web}"/>',
        f'<path class="line vermilion" d="{fan}"/>',
        *words,
        *vectors,
    )


def draw_vision(_explorers: Explorers) -> str:
    """Three squares on a canvas, and the way of an eye that goes to the last before the middle."""
    squares = [(34, 34), (108, 52), (188, 30)]
    frames = [
        f'<rect class="line muted" x="{x}" y="{y}" width="30" height="30" rx="2"/>'
        for x, y in squares
    ]
    stops = [(x + 15, y + 15) for x, y in squares]
    way = [stops[0], stops[2], stops[1]]
    (a, b), (c, d), (e, f) = way
    glow = [
        f'<circle class="vermilion" opacity="0.35" cx="{x}" cy="{y}" r="13"/>' for x, y in stops
    ]
    return picture(
        '<rect class="line muted" x="12" y="14" width="226" height="84" rx="4"/>',
        *glow,
        *frames,
        f'<path class="line vermilion" d="M{a} {b}Q{(a + c) / 2} -2 {c} {d}'
        f'Q{(c + e) / 2} 104 {e} {f}"/>',
    )


# By the name of the notebook.
PICTURES: dict[str, Callable[[Explorers], str]] = {
    "before_you_start": draw_memory,
    "01_encoder_decoder": draw_codes,
    "02_compression": draw_compression,
    "03_denoising": draw_denoising,
    "04_seq2seq": draw_seq2seq,
    "05_attention": draw_attention,
    "06_transformer": draw_transformer,
    "07_vision": draw_vision,
}
