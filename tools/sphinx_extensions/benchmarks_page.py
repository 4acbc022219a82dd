"""The tables and plots of the page "How fast it is", from what `make bench` has measured.

    ```{benchmarks} training
    ```

puts in one part of book/benchmarks.json (`tools.benchmarks.record` says which there are). A part
whose code has changed since is marked; of one that was not measured the page says so.

What they say stands in benchmarks_templates, a template for each part. Neither PyTorch nor
Matplotlib is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from tools.benchmarks import record
from tools.benchmarks.record import PARTS, Part
from tools.sphinx_extensions import charts
from tools.sphinx_extensions.checks_page import duration, minutes
from tools.sphinx_extensions.words import (
    _,
    counted,
    listed,
    one_after_the_other,
    per_cent,
    templates,
    translated,
)

TEMPLATES = Path(__file__).with_name("benchmarks_templates")
LONGEST_STEPS = 12  # that the table of checks names
BY = {
    "length": _("tokens in a sentence"),
    "sentences": _("sentences in a batch"),
    "vocabulary": _("words in a vocabulary"),
    "images": _("images in a file"),
}
RATES = {"images": _("Images a second"), "tokens": _("Tokens a second")}


def render(name: str, part: Part | None, is_current: bool) -> str:
    """The Markdown of one part. `is_current`: its code is today's."""
    if part is None:
        command = f"`python -m tools.benchmarks {name}`"
        return _("Not measured yet: {command} does it.").format(command=command) + "\n"
    here = templates(TEMPLATES)
    functions = (circumstances, curves_of, explorer_strips, grouped, peak_bars, worst_steps)
    functions += (exceeding, kilobytes, products)
    here.globals |= {function.__name__: function for function in functions}
    here.globals["RATES"] = RATES
    filters = (amount, between, cell, control, duration, minutes, page_name, short_name)
    here.filters |= {function.__name__: function for function in filters}
    return here.get_template(f"{name}.md.jinja").render(part=part, current=is_current)


# ------------------------------------------------------------------------------
# Words and numbers


def circumstances(part: Part, is_current: bool) -> str:
    """On what it was measured, and whether that is still what stands in the book."""
    versions = listed([f"{name} {version}" for name, version in part.versions.items()])
    processors = counted(part.processors, _("{n} processor"), _("{n} processors"))
    if part.others >= 0.1:
        said = _(
            "*Measured with {versions} on {processors}, while other programs kept {others} of them "
            "busy.*"
        )
    else:
        said = _("*Measured with {versions} on {processors}, while nothing else was running.*")
    said = said.format(versions=versions, processors=processors, others=f"{part.others:.1f}")
    if is_current:
        return said
    changed = _("**The code has changed since: measured anew, it may differ.**")
    return one_after_the_other(said, changed)


def amount(number: float) -> str:
    """Three digits that count: 1,230, 45.6, 0.0789."""
    if number == 0:
        return "0"
    short = float(f"{number:.3g}")
    return f"{short:,.0f}" if abs(short) >= 100 else f"{short:g}"


def between(spread: Mapping[str, float]) -> str:
    """The median, and in brackets the ends of the middle half."""
    ends = [amount(spread[name]) for name in ("low", "high")]
    return f"{amount(spread['median'])} ({'–'.join(ends)})"


def kilobytes(count: int) -> str:
    return f"{count / 1000:,.0f}"


def cell(words: str) -> str:
    """For a table."""
    return words.replace("|", r"\|")


def grouped(results: Sequence[dict], name: str) -> dict[str, list[dict]]:
    """Results by what they have of that name, in their order."""
    found: dict[str, list[dict]] = {}
    for result in results:
        found.setdefault(result[name], []).append(result)
    return found


def short_name(explorer: str) -> str:
    return translated(explorer.removeprefix("book-").replace("-", " "))


def page_name(page: str) -> str:
    """A page by the name of its file."""
    name = page.replace(".html", "").replace("book/", "").replace("chapters/", "")
    return translated(name.replace("_", " "))


def control(entry: Mapping[str, str]) -> str:
    """An explorer's control by its name, and by what it is."""
    name, kind = translated(entry["control"]), translated(entry["kind"])
    return _("{name} ({kind})").format(name=name, kind=kind)


def products(results: Sequence[dict]) -> str:
    """How fast the processor multiplied two matrices, with one thread and with more."""
    return listed(
        [
            counted(
                threads,
                _("{speed} billion operations a second with {n} thread"),
                _("{speed} billion operations a second with {n} threads"),
                speed=amount(same[0]["matrix_product"]),
            )
            for threads, same in grouped(results, "threads").items()
        ]
    )


def share(result: Mapping[str, float]) -> float:
    """Of the speed of a matrix product on as many threads."""
    return result["gigaflops"] / result["matrix_product"]


def exceeding(results: Sequence[dict]) -> list[dict]:
    """Explorers' controls whose usual answer takes longer than it may."""
    over = [entry for entry in results if work(entry)["median"] > entry["limit"]]
    return sorted(over, key=lambda entry: work(entry)["median"] / entry["limit"], reverse=True)


def work(entry: Mapping) -> dict[str, float]:
    """Milliseconds of script, style and layout together."""
    return {name: entry["script"][name] + entry["layout"][name] for name in ("median", "worst")}


def worst_steps(results: Sequence[dict]) -> list[dict]:
    """The longest steps of all checks."""
    return sorted(results, key=lambda step: step["seconds"], reverse=True)[:LONGEST_STEPS]


# ------------------------------------------------------------------------------
# Plots


def explorer_strips(results: Sequence[dict]) -> str:
    rows = {
        short_name(name): [(work(entry)["median"], work(entry)["worst"]) for entry in entries]
        for name, entries in grouped(results, "explorer").items()
    }
    limits = sorted({entry["limit"] for entry in results})
    return charts.strips(
        rows,
        limits,
        _("milliseconds of script, style and layout, logarithmic"),
        alt=_(
            "For each explorer a row of dots, one for each of its controls, at the milliseconds of "
            "an answer; dashed lines at {limits}."
        ).format(limits=listed([f"{limit:g}" for limit in limits])),
        caption=_(
            "Each dot is a control, at the median of its moves; the line goes on to the worst."
        ),
    )


def peak_bars(results: Sequence[dict]) -> str:
    rows = [
        (
            (_("{network}, 2 threads") if result["threads"] == 2 else "{network}").format(
                network=translated(result["network"])
            ),
            share(result),
            per_cent(f"{100 * share(result):.0f}"),
        )
        for result in results
    ]
    return charts.bars(
        rows,
        alt=_("A bar for each network: {bars}.").format(
            bars=_("; ").join(f"{name} {written}" for name, value, written in rows)
        ),
        caption=_("Share of the speed that one product of two matrices of 1,024 × 1,024 reached."),
    )


def curves_of(results: Sequence[dict]) -> str:
    """A plot for each thing that grows."""
    drawn = []
    for by, same in groupby(sorted(results, key=lambda each: list(BY).index(each["by"])), key=_by):
        entries = list(same)
        named = {
            f"{translated(entry['what'])}, {entry['exponent']:.2f}": [
                (size, 1000 * seconds) for size, seconds in entry["points"]
            ]
            for entry in entries
        }
        drawn.append(
            charts.curves(
                named,
                _("{what}, logarithmic").format(what=BY[by]),
                _("milliseconds, logarithmic"),
                alt=_(
                    "Milliseconds against {what}: lines that rise; beside each its exponent: "
                    "{exponents}."
                ).format(what=BY[by], exponents=_("; ").join(named)),
                caption=_("The number behind a name is the exponent: 1 is in proportion."),
            )
        )
    return "\n\n".join(drawn)


def _by(entry: Mapping[str, str]) -> str:
    return entry["by"]


class Benchmarks(SphinxDirective):
    """One part of the record."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in PARTS:
            raise self.error(f"expected one of {', '.join(PARTS)}, got {name!r}")
        for path in (record.RECORD, *TEMPLATES.glob("*.jinja")):
            self.env.note_dependency(str(path))
        try:
            part = record.read().get(name)
            text = render(name, part, part is not None and part.is_of(name))
            return self.parse_text_to_nodes(text)
        except ValueError as error:
            raise self.error(str(error)) from error


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("benchmarks", Benchmarks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
