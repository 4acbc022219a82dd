"""The tables and plots of the page "At full scale", from what `make full` has left.

    ```{full-scale} translators
    ```

puts in one of PARTS; `tables NAME, NAME` is what the runs of these names have shown. They come from
book/full_scale.json (`tools.full_scale.record`). A run whose code has changed since is marked; of
one that was not made the page says so.

What they say stands in full_scale_templates. Neither PyTorch nor Matplotlib is needed.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools import ROOT
from tools.full_scale import plan, record
from tools.full_scale.recipes import RECIPES
from tools.full_scale.record import Run
from tools.full_scale.sentences import SENTENCES
from tools.notebooks import listing
from tools.sphinx_extensions import charts
from tools.sphinx_extensions.checks_page import duration
from tools.sphinx_extensions.words import (
    _,
    counted,
    listed,
    one_after_the_other,
    templates,
    translated,
)
from utils.drawing.tables import are_numbers

TEMPLATES = Path(__file__).with_name("full_scale_templates")
PARTS = ("translators", "lengths", "sentences", "tables")
MINUS = "\N{MINUS SIGN}"
WITH, WITHOUT = "final", "no-attention"
FEWEST = 10  # captions in a range of lengths whose BLEU is drawn
NAMES = {WITH: _("with attention"), WITHOUT: _("without")}
DEVICE = re.compile(r"CPU, (?P<n>\d+) processors, (?P<kind>.+)")  # as `record` writes it


@dataclass(frozen=True)
class Known:
    """What the record holds, and which of it is today's code's."""

    runs: Mapping[str, Run]
    current: frozenset[str]
    root: Path = ROOT  # where the notebooks of the edition are

    def of(self, recipe: str) -> list[Run]:
        """The runs of a recipe, by seed."""
        begin = f"translation {recipe} "
        names = [name for name in self.runs if name.startswith(begin)]
        return [self.runs[name] for name in sorted(names, key=lambda name: int(name[len(begin) :]))]

    @property
    def translators(self) -> list[Run]:
        return [run for recipe in RECIPES for run in self.of(recipe)]

    def are_current(self, runs: Sequence[Run]) -> bool:
        names = {id(run): name for name, run in self.runs.items()}
        return all(names[id(run)] in self.current for run in runs)


@dataclass(frozen=True)
class Row:
    """Of the table of translators: what one recipe came to, over its seeds."""

    title: str
    parameters: int
    epochs: int
    minutes: float
    validation: str
    difference: str  # from the last row
    test: str


def render(part: str, names: Sequence[str], known: Known) -> str:
    """The Markdown of one part. names: of runs in the plan, for the part `tables`."""
    here = templates(TEMPLATES)
    functions = (
        alignments,
        circumstances,
        commands,
        heat_map,
        lengths,
        missing,
        rows,
        spoken,
        title,
    )
    here.globals |= {function.__name__: function for function in functions}
    here.filters |= {function.__name__: function for function in (cell, duration)}
    return here.get_template(f"{part}.md.jinja").render(known=known, names=names)


# ------------------------------------------------------------------------------
# Words and numbers


def mean(runs: Sequence[Run], captions: str, search: str) -> float | None:
    """BLEU over the seeds; None if a run has none."""
    values = _values(runs, captions, search)
    return statistics.mean(values) if values else None


def bleu(runs: Sequence[Run], captions: str, search: str) -> str:
    """The mean over seeds and, of several, from the least to the greatest."""
    values = _values(runs, captions, search)
    if not values:
        return "–"
    if len(values) == 1:
        return f"{values[0]:.1f}"
    return f"{statistics.mean(values):.1f} ({min(values):.1f}–{max(values):.1f})"


def _values(runs: Sequence[Run], captions: str, search: str) -> list[float]:
    if not all(captions in run.results for run in runs):
        return []
    return [run.results[captions][search] for run in runs]


def signed(difference: float | None) -> str:
    if difference is None:
        return "–"
    return f"{difference:+.1f}".replace("-", MINUS)


def cell(words: str) -> str:
    """What a record says, for a table."""
    return translated(words).replace("|", r"\|")


def rows(known: Known) -> list[Row]:
    """Those that are trained; the one with everything comes last."""
    best = mean(known.of(WITH), "validation", "searched")
    found = []
    for recipe in sorted(RECIPES, key=lambda recipe: recipe == WITH):
        runs = known.of(recipe)
        if runs:
            reached = mean(runs, "validation", "searched")
            is_other = best is not None and reached is not None and recipe != WITH
            found.append(
                Row(
                    RECIPES[recipe].title,
                    runs[0].results["parameters"],
                    runs[0].results["epochs"],
                    statistics.mean(run.seconds for run in runs) / 60,
                    bleu(runs, "validation", "searched"),
                    signed(reached - best) if is_other else "–",
                    bleu(runs, "test_2016", "searched"),
                )
            )
    return found


def circumstances(known: Known, runs: Sequence[Run]) -> str:
    """When, on what and with what the runs were made, and whether that is today's code."""
    dates = sorted({run.date for run in runs})
    if len(dates) == 1:
        said = _("*Made on {first} on {devices}, with {versions}.*")
    else:
        said = _("*Made from {first} to {last} on {devices}, with {versions}.*")
    versions = {f"{name} {run.versions[name]}" for run in runs for name in ("Python", "torch")}
    said = said.format(
        first=dates[0],
        last=dates[-1],
        devices=listed(sorted(set(map(device, runs)))),
        versions=listed(sorted(versions)),
    )
    if known.are_current(runs):
        return said
    changed = _("**The code has changed since: made anew, it may come out differently.**")
    return one_after_the_other(said, changed)


def device(run: Run) -> str:
    """On what it was made, and with how many threads."""
    found = DEVICE.fullmatch(run.device)
    name = _("CPU, {n} processors, {kind}").format(**found.groupdict()) if found else run.device
    one, many = _("{device} ({n} thread)"), _("{device} ({n} threads)")
    return counted(run.threads, one, many, device=name)


def alignments(table: Mapping) -> str:
    """The line below a table's head: what names a row stands left, numbers stand right."""
    columns = list(zip(*table["rows"], strict=True))[1:]
    return "| --- |" + "".join(" --: |" if are_numbers(cells) else " --- |" for cells in columns)


def missing(known: Known) -> list[str]:
    """The commands of planned translators that were not trained yet."""
    return [
        command(name)
        for name in plan.RUNS
        if name.startswith("translation") and name not in known.runs
    ]


def title(name: str, known: Known) -> str:
    """What stands above the tables of a run; nothing of one that has a heading of its own."""
    if not name.startswith("chapter "):
        return ""
    stem = name.removeprefix("chapter ")
    path = known.root / listing.find_notebook(stem).relative_to(ROOT)
    heading = listing.read(path).cells[0].source.splitlines()[0].removeprefix("# ")
    number, words = heading.split(" ", 1)
    return _("Chapter {number}: {title}").format(number=number, title=words)


def command(name: str) -> str:
    """That makes the run."""
    return f"python -m tools.full_scale {' '.join(plan.RUNS[name])}"


def commands(names: Sequence[str]) -> str:
    return _(", ").join(f"`{command(name)}`" for name in names)


def spoken(known: Known) -> list[dict]:
    """Of each sentence: what it means, and what the first network of either kind made of it."""
    found = []
    for i, (text, meaning) in enumerate(SENTENCES.items()):
        said = {
            recipe: runs[0].results["sentences"][i]
            for recipe in (WITHOUT, WITH)
            if (runs := known.of(recipe))
        }
        if said:
            found.append({"text": text, "meaning": translated(meaning), "said": said})
    return found


# ------------------------------------------------------------------------------
# Plots


def lengths(known: Known) -> str:
    """BLEU against the length of the source, with attention and without."""
    series = {
        str(NAMES[recipe]): [
            {label: value for label, count, value in run.results["test_2016"]["by_length"]}
            for run in known.of(recipe)
            if "test_2016" in run.results
        ]
        for recipe in (WITH, WITHOUT)
    }
    series = {name: many for name, many in series.items() if many}
    if not series:
        return ""
    first = next(run for recipe in (WITH, WITHOUT) for run in known.of(recipe))
    by_length = first.results["test_2016"]["by_length"]
    ranges = [(label, count) for label, count, value in by_length if count >= FEWEST]
    labels = [label for label, count in ranges]
    series = {
        name: [{label: one[label] for label in one if label in labels} for one in many]
        for name, many in series.items()
    }
    left_out = sum(count for label, count, value in by_length if count < FEWEST)
    means = _("; ").join(
        _("{name}: {values}").format(
            name=name,
            values=_(", ").join(
                _("{length} words {value}").format(
                    length=label, value=f"{statistics.mean(one[label] for one in many):.0f}"
                )
                for label in labels
            ),
        )
        for name, many in series.items()
    )
    if left_out:
        caption = _(
            "A line is the mean over seeds, a dot one seed; below each range, its captions. Ranges "
            "with fewer than {fewest} are left out, {n} in all."
        ).format(fewest=FEWEST, n=left_out)
    else:
        caption = _(
            "A line is the mean over seeds, a dot one seed; below each range, its captions."
        )
    return charts.over_ranges(
        ranges,
        series,
        _("words in the German caption (captions)"),
        "BLEU",
        alt=_("BLEU against the length of the caption. {means}.").format(means=means),
        caption=caption,
    )


def heat_map(said: Mapping) -> str:
    """Where the network looked for each token it wrote."""
    rows = [*said["target"], _("end")][: len(said["weights"])]
    shares = [[percent / 100 for percent in row] for row in said["weights"]]
    columns = [token.replace("▁", "") or "▁" for token in said["source"]]
    most = [columns[max(range(len(row)), key=row.__getitem__)] for row in said["weights"]]
    rows = [token.replace("▁", "") or "▁" for token in rows]
    looks = _(", ").join(
        _("{token} at {place}").format(token=row, place=column)
        for row, column in zip(rows, most, strict=True)
    )
    alt = _("Where each English token looked most: {looks}.").format(looks=looks)
    return charts.heat_map(columns, rows, shares, alt=alt)


class FullScale(SphinxDirective):
    """One part of the record."""

    required_arguments = 1
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        part, *rest = self.arguments
        if part not in PARTS:
            raise self.error(f"expected one of {', '.join(PARTS)}, got {part!r}")
        names = [name.strip() for name in "".join(rest).split(",") if name.strip()]
        if unknown := set(names) - set(plan.RUNS):
            raise self.error(f"expected runs of the plan, got {', '.join(sorted(unknown))}")
        for path in (record.RECORD, *TEMPLATES.glob("*.jinja")):
            self.env.note_dependency(str(path))
        try:
            runs = record.read()
            current = frozenset(name for name, run in runs.items() if record.is_current(name, run))
            known = Known(runs, current, Path(self.env.srcdir))
            return self.parse_text_to_nodes(render(part, names, known))
        except ValueError as error:
            raise self.error(str(error)) from error


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("full-scale", FullScale)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
