"""Small plots for pages whose numbers are no notebook's, without Matplotlib, which they lack.

They look as the notebooks' figures do: in the page's font, in the colours of the theme
(`utils.drawing.colours`, book/assets/figures.css), part of the page.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

WIDTH = 640
ROW = 24
SIZE = 14  # of letters; the page's own, as the drawing is not scaled on a wide screen
LEAST = 10.5  # pixels of a letter on a narrow screen; a drawing that is wider then scrolls aside
LETTER = 7.3  # units that a letter takes, at most; a Chinese character is as wide as high
WIDE = re.compile("[\u2e80-\u9fff\uff00-\uffef]")
Points = Sequence[tuple[float, float]]


def figure(
    height: float, alt: str, caption: str, parts: Sequence[str], width: float = WIDTH
) -> str:
    drawn = (
        f'<svg role="img" aria-label="{escape(alt)}" viewBox="0 0 {width:g} {height:g}" '
        f'font-size="{SIZE}">{"".join(parts)}</svg>'
    )
    least = width * LEAST / SIZE
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure class="drawn"><div class="drawing" style="--width: {width:g}px">'
        f'<div class="scrolls-aside" style="--least: {least:g}px">{drawn}</div></div>'
        f"{below}</figure>"
    )


def text(x: float, y: float, words: str, anchor: str = "start", colour: str = "ink") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
        f'fill="var(--figure-{colour})">{escape(words)}</text>'
    )


def room(words: str) -> float:
    """Units that words take, at most."""
    return LETTER * len(words) + (SIZE - LETTER) * len(WIDE.findall(words))


def line(x1: float, y1: float, x2: float, y2: float, colour: str, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="var(--figure-{colour})" '
        f'fill="none"{dashed}/>'
    )


def bars(rows: Sequence[tuple[str, float, str]], alt: str, caption: str = "") -> str:
    """Horizontal bars from 0: rows of (name, value, how the value is written)."""
    left = max(room(name) for name, _, _ in rows) + 8
    right = max(room(written) for _, _, written in rows) + 12
    highest = max(value for _, value, _ in rows) or 1
    parts = []
    for i, (name, value, written) in enumerate(rows):
        y = ROW * i + 4
        width = (WIDTH - left - right) * value / highest
        parts += [
            text(left - 8, y + 13, name, "end"),
            f'<rect x="{left:.1f}" y="{y}" width="{width:.1f}" height="16" '
            'fill="var(--figure-blue)"/>',
            text(left + width + 6, y + 13, written, colour="muted"),
        ]
    return figure(ROW * len(rows) + 8, alt, caption, parts)


def strips(
    rows: Mapping[str, Sequence[tuple[float, float]]],
    limits: Sequence[float],
    unit: str,
    alt: str,
    caption: str = "",
) -> str:
    """A row of marks for each name on a logarithmic scale: (median, worst) of each thing, a dot
    at the first and a faint line to the second. Limits are dashed lines."""
    left, top = max(map(room, rows)) + 12, 22
    values = [value for pairs in rows.values() for pair in pairs for value in pair] + [*limits]
    low, high = ends(values)
    across = scale(low, high, left, WIDTH - 16)
    bottom = top + ROW * len(rows)
    parts = [
        part
        for value in round_values(low, high)
        for part in (
            line(across(value), top, across(value), bottom, "grid"),
            text(across(value), bottom + 17, f"{value:g}", "middle", "muted"),
        )
    ]
    parts.append(text((left + WIDTH) / 2, bottom + 36, unit, "middle", "muted"))
    for limit in limits:
        parts += [
            line(across(limit), top, across(limit), bottom, "vermilion", "5 4"),
            text(across(limit), top - 7, f"{limit:g}", "middle", "vermilion"),
        ]
    for i, (name, pairs) in enumerate(rows.items()):
        y = top + ROW * (i + 0.5)
        parts.append(text(left - 12, y + 5, name, "end"))
        for middle, worst in pairs:
            start, end = across(max(middle, low)), across(max(worst, low))
            parts += [
                line(start, y, end, y, "faint"),
                f'<path d="M{start - 4:.1f} {y:.1f}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0" '
                'fill="var(--figure-blue)" fill-opacity="0.6"/>',
            ]
    return figure(bottom + 44, alt, caption, parts)


def curves(
    named: Mapping[str, Points], across_name: str, up_name: str, alt: str, caption: str = ""
) -> str:
    """Lines on two logarithmic scales, each with its name at its end."""
    colours = ("blue", "vermilion", "green", "purple", "orange")
    left, top, bottom = 70, 26, 240
    right = WIDTH - max(map(room, named)) - 12
    xs = [x for points in named.values() for x, _ in points]
    ys = [y for points in named.values() for _, y in points]
    across = scale(min(xs), max(xs), left, right)
    low, high = ends(ys)
    up = scale(low, high, bottom, top)
    parts = [text(0, 14, up_name, colour="muted")]
    for value in sorted(set(xs)):
        parts.append(text(across(value), bottom + 18, f"{value:,}", "middle", "muted"))
    for value in round_values(low, high):
        parts += [
            line(left, up(value), right, up(value), "grid"),
            text(left - 8, up(value) + 5, f"{value:g}", "end", "muted"),
        ]
    parts.append(text((left + right) / 2, bottom + 38, across_name, "middle", "muted"))
    places = apart([up(points[-1][1]) + 5 for points in named.values()])
    for (name, points), colour, y in zip(named.items(), colours, places, strict=False):
        way = "L".join(f"{across(x):.1f} {up(value):.1f}" for x, value in points)
        parts += [
            f'<path d="M{way}" fill="none" stroke="var(--figure-{colour})" stroke-width="2"/>',
            text(right + 8, y, name, colour=colour),
        ]
    return figure(bottom + 46, alt, caption, parts)


def over_ranges(
    ranges: Sequence[tuple[str, int]],
    named: Mapping[str, Sequence[Mapping[str, float]]],
    across_name: str,
    up_name: str,
    alt: str,
    caption: str = "",
) -> str:
    """Lines over ranges of something, from 0 upwards, each with its name at its end.

    ranges: label and count of each; the count is written below the label.
    named: of each line several series, which are its dots, by the ranges' labels; the line is their
        mean.
    """
    colours = ("blue", "vermilion", "green", "purple", "orange")
    left, top, bottom = 42, 26, 250
    right = WIDTH - max(map(room, named)) - 12
    step = (right - left) / max(1, len(ranges) - 1)
    places = {label: left + step * i for i, (label, _) in enumerate(ranges)}
    highest = max(value for many in named.values() for one in many for value in one.values())
    top_value = 10 * math.ceil(max(highest, 1) / 10)

    def up(value: float) -> float:
        return bottom - (bottom - top) * value / top_value

    parts = [text(0, 14, up_name, colour="muted")]
    for value in range(0, top_value + 1, 10):
        parts += [
            line(left, up(value), right, up(value), "grid"),
            text(left - 8, up(value) + 5, f"{value}", "end", "muted"),
        ]
    for label, count in ranges:
        parts += [
            text(places[label], bottom + 20, label, "middle", "muted"),
            text(places[label], bottom + 38, f"({count:,})", "middle", "muted"),
        ]
    parts.append(text((left + right) / 2, bottom + 60, across_name, "middle", "muted"))
    means = {
        name: {
            label: sum(one[label] for one in many) / len(many)
            for label, _ in ranges
            if all(label in one for one in many)
        }
        for name, many in named.items()
    }
    ends_at = apart([up(list(mean.values())[-1]) + 5 for mean in means.values()])
    for (name, mean), colour, y in zip(means.items(), colours, ends_at, strict=False):
        way = "L".join(f"{places[label]:.1f} {up(value):.1f}" for label, value in mean.items())
        parts.append(
            f'<path d="M{way}" fill="none" stroke="var(--figure-{colour})" stroke-width="2"/>'
        )
        parts += [
            f'<path d="M{places[label] - 3:.1f} {up(value):.1f}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0" '
            f'fill="var(--figure-{colour})" fill-opacity="0.6"/>'
            for one in named[name]
            for label, value in one.items()
        ]
        parts.append(text(right + 8, y, name, colour=colour))
    return figure(bottom + 66, alt, caption, parts)


def heat_map(
    columns: Sequence[str],
    rows: Sequence[str],
    shares: Sequence[Sequence[float]],
    alt: str,
    caption: str = "",
) -> str:
    """A grid of squares, the darker the greater their share, in [0, 1]: columns are named above."""
    left = max(map(room, rows)) + 12
    top = max(map(room, columns)) * 0.75 + 16
    side = min(30.0, (WIDTH - left - 30) / len(columns))
    # As wide as the grid and the slanting names, which reach out to its right.
    right = max(left + side * (i + 0.5) + 12 + 0.67 * room(name) for i, name in enumerate(columns))
    parts = []
    for i, name in enumerate(columns):
        x = left + side * (i + 0.5)
        parts.append(
            f'<text transform="translate({x + 4:.1f} {top - 8:.1f}) rotate(-48)" '
            f'fill="var(--figure-ink)">{escape(name)}</text>'
        )
    for j, (name, row) in enumerate(zip(rows, shares, strict=True)):
        y = top + 22 * j
        parts.append(text(left - 8, y + 16, name, "end"))
        parts += [
            f'<rect x="{left + side * i:.1f}" y="{y:.1f}" width="{side - 1:.1f}" height="21" '
            f'fill="var(--figure-blue)" fill-opacity="{share:.2f}"/>'
            for i, share in enumerate(row)
            if share >= 0.005
        ]
    width, height = side * len(columns), 22 * len(rows)
    parts.append(
        f'<path d="M{left:.1f} {top:.1f}h{width:.1f}v{height}h-{width:.1f}Z" fill="none" '
        'stroke="var(--figure-faint)"/>'
    )
    return figure(top + height + 8, alt, caption, parts, math.ceil(max(right, left + width + 1)))


def scale(low: float, high: float, start: float, end: float):
    """From a value to its place on a logarithmic scale."""
    span = math.log(high / low) or 1.0
    return lambda value: start + (end - start) * math.log(value / low) / span


def ends(values: Sequence[float]) -> tuple[float, float]:
    """The round values, of 1, 2 and 5 with zeros, around all that are above 0."""
    above = [value for value in values if value > 0]
    steps = [digit * 10.0**power for power in range(-6, 9) for digit in (1, 2, 5)]
    low = max(step for step in steps if step <= min(above))
    return low, min(step for step in steps if step >= max(above))


def round_values(low: float, high: float) -> list[float]:
    """Those to be written beside a scale: all of 1, 2 and 5 with zeros, or the powers of 10 alone
    where these would be many."""
    digits = (1, 2, 5) if high / low < 2000 else (1,)
    powers = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 1)
    found = [float(f"{digit}e{power}") for power in powers for digit in digits]
    return [value for value in found if low * 0.999 <= value <= high * 1.001]


def apart(places: Sequence[float], distance: float = 17) -> list[float]:
    """Places of names, in the same order, moved until none stands on another."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + distance)
    return moved
