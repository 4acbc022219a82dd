"""The tables of the page "How this book checks itself", made anew by every build.

    ```{checks} steps
    ```

puts in one PART of them: `totals`, `steps`, `notebooks`, `claims`, `records`, `tolerances` or
`versions`. They come from what the book holds: the steps in tools/checks, the stored notebooks,
their execution times in book/executions.json, the record of their claims in book/claims.json, the
lock in requirements.txt, and what is installed; and from `_build/check/report.json`, which a run of
all checks leaves there. Without a report the page says so; a broken one stops the build.

    {source}`tools/checks/steps.py`

names a file of the book, and leads to it where the environment names a repository.

What they say stands in checks_templates, a template for each part. Every function here but those of
the directive and the role makes words or numbers out of plain values.
"""

from __future__ import annotations

import importlib.util
import math
import os
import platform
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from importlib import metadata
from pathlib import Path

from docutils import nodes
from nbformat import NotebookNode
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from tools import ROOT
from tools.checks import reports
from tools.checks.reports import Report, StepReport
from tools.checks.steps import all_steps
from tools.checks.versions import LOCK, read_lock, version_of
from tools.claims import fingerprint, record
from tools.claims.record import Comparison, Entry
from tools.machine import git
from tools.notebooks import executions, listing
from tools.notebooks.executions import Execution
from tools.notebooks.listing import code_cells
from tools.notebooks.outputs import IMAGES, claims_of, is_explorer
from tools.notebooks.tolerances import Tolerance, tolerance_of
from tools.publishing.repository import Repository
from tools.sphinx_extensions.words import (
    SPACE,
    _,
    counted,
    listed,
    per_cent,
    templates,
    translated,
)

TEMPLATES = Path(__file__).with_name("checks_templates")
PARTS = ("totals", "steps", "notebooks", "claims", "records", "tolerances", "versions")
# What turns the stored outputs into pages, beside what book/requirements.txt names.
RENDERERS = ("Sphinx", "myst-nb", "sphinx-book-theme")
MATHJAX = ("sphinx-mathjax-offline", Path("static", "mathjax", "tex-chtml.js"))
PASSED = re.compile(r"\b(\d+) passed\b")
NONE = "–"


@dataclass(frozen=True)
class Sources:
    """What the tables are made of."""

    notebooks: Mapping[str, NotebookNode]  # by the stem, in the order of the pages
    addresses: Mapping[str, str]  # of their pages, from this page
    executions: Mapping[str, Execution]
    report: Report | None
    commit: str  # of the book that is built; empty where there is no Git
    repository: Repository | None
    records: Mapping[str, Entry] = field(default_factory=dict)  # of the claims
    # As the edition shows them, by the stem; empty where these are the notebooks themselves.
    shown: Mapping[str, NotebookNode] = field(default_factory=dict)

    def link(self, stem: str) -> str:
        """The notebook by its heading, leading to its page; for a table too."""
        return f"[{self.heading(stem)}]({self.addresses[stem]})".replace("|", r"\|")

    def heading(self, stem: str) -> str:
        notebook = self.shown.get(stem, self.notebooks[stem])
        return notebook.cells[0].source.partition("\n")[0].removeprefix("# ")

    def said(self, stem: str, statement: str) -> str:
        """A claim of the notebook as the edition words it, which makes the same ones in order."""
        if stem not in self.shown:
            return statement
        claims, shown = claims_of(self.notebooks[stem]), claims_of(self.shown[stem])
        pairs = zip(claims, shown, strict=True) if len(claims) == len(shown) else ()
        return dict(pairs).get(statement, statement)

    @property
    def counts(self) -> Counter[str]:
        """What all notebooks hold."""
        return sum(map(count, self.notebooks.values()), Counter())

    @property
    def tests(self) -> int:
        """How many tests the last run passed; cells of notebooks are none."""
        steps = self.report.steps if self.report else ()
        found = [PASSED.search(step.summary) for step in steps if not step.notebook]
        return sum(int(each[1]) for each in found if each)

    @cached_property
    def current_executions(self) -> dict[str, Execution]:
        """The entries whose code is that of the stored notebook."""
        return {
            stem: execution
            for stem, execution in self.executions.items()
            if stem in self.notebooks and execution.is_of(self.notebooks[stem])
        }

    def unrecorded(self, stem: str) -> list[str]:
        """The notebook's claims that no recorded run has made."""
        return record.unrecorded(claims_of(self.notebooks[stem]), self.records.get(stem))

    def state_of_record(self, stem: str, locked: Callable[[str], str]) -> str:
        """Whether the record is of the notebook as it is, in words."""
        entry = self.records.get(stem)
        if entry is None:
            return _("no record")
        if entry.code != fingerprint.fingerprint(self.notebooks[stem]):
            return _("**of older code**")
        packages = [name for name in entry.versions if name not in fingerprint.place()]
        other = [name for name in packages if entry.versions[name] not in locked(name).split()]
        if other:
            return _("**with another {packages}**").format(packages=listed(other))
        return _("of this code")

    def seconds_of(self, kind: str, stem: str) -> float | None:
        """The time of the notebook's step of that kind; of "seed", also the one on MNIST."""
        for step in self.report.steps:
            if step.notebook == stem and step.kind.partition(",")[0] == kind:
                return None if step.outcome == "NOT RUN" else step.seconds
        return None

    def versions_used(self, name: str) -> str:
        """The version of a package with which the notebooks ran; several where they differ."""
        used = [execution.versions for execution in self.current_executions.values()]
        return ", ".join(sorted({versions[name] for versions in used if name in versions})) or NONE

    def in_words(self, commit: str) -> str:
        """A commit, leading to the repository where one is known."""
        if not commit:
            return _("a book outside of Git")
        short = f"`{commit[:7]}`"
        if self.repository:
            short = f"[{short}]({self.repository.address}/commit/{commit})"
        return _("commit {commit}").format(commit=short)


def render(part: str, sources: Sources) -> str:
    """The Markdown of one of PARTS."""
    here = templates(TEMPLATES)
    filters = (duration, listed, minutes, tolerances, ways_of_comparing)
    filters += (as_prose, comparison, comparisons, seeds)
    functions = (count, counted, installed, kinds_of_steps, machine, mathjax_version, outcome)
    functions += (outcomes, pinned, worked, executions.names)
    here.filters |= {function.__name__: function for function in filters}
    here.globals |= {function.__name__: function for function in functions}
    return here.get_template(f"{part}.md.jinja").render(
        book=sources,
        project=executions.project(),
        renderers=list(RENDERERS),
        locked=partial(lock, read_lock(LOCK.read_text("utf-8"))),
    )


# ------------------------------------------------------------------------------
# Words and numbers


def minutes(seconds: float | None) -> str:
    """0:07, 12:30: a time for a table of such."""
    if seconds is None:
        return NONE
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def duration(seconds: float) -> str:
    """0.4 s, 7 s, 2 min 5 s: a time for a sentence, which does not break in it."""
    whole = round(seconds)
    if seconds < 1:
        words = _("{seconds} s").format(seconds=f"{seconds:.1f}")
    elif whole < 60:
        words = _("{seconds} s").format(seconds=whole)
    else:
        words = _("{minutes} min {seconds} s").format(minutes=whole // 60, seconds=whole % 60)
    return words.replace(" ", SPACE)


def count(notebook: NotebookNode) -> Counter[str]:
    """What a notebook holds: cells of code, claims, figures and explorers."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    return Counter(
        cells=len(code_cells(notebook)),
        claims=len(claims_of(notebook)),
        figures=sum(any(kind in output.get("data", {}) for kind in IMAGES) for output in outputs),
        explorers=sum(map(is_explorer, outputs)),
    )


def tolerances(notebook: NotebookNode) -> list[Tolerance | None]:
    return [tolerance_of(cell) for cell in code_cells(notebook)]


def ways_of_comparing(stated: Sequence[Tolerance | None]) -> str:
    """12 cells exactly; 3 within 5 % to 20 %, or 0.1; 1 by its lines alone."""
    numbers = [tolerance for tolerance in stated if tolerance and not tolerance.words]
    lines = sum(tolerance.words for tolerance in stated if tolerance)
    ways = [counted(stated.count(None), _("{n} cell exactly"), _("{n} cells exactly"))]
    if numbers:
        share = span([100 * tolerance.relative for tolerance in numbers], per_cent)
        amount = span([tolerance.absolute for tolerance in numbers])
        if not amount:
            within = _("{n} within {share}")
        elif not share:
            within = _("{n} within an amount of {amount}")
        else:
            within = _("{n} within {share} or an amount of {amount}")
        ways.append(within.format(n=len(numbers), share=share, amount=amount))
    if lines:
        ways.append(_("{n} by the number of lines").format(n=lines))
    return _("; ").join(ways)


def span(values: Iterable[float], written: Callable[[str], str] = str) -> str:
    """From the smallest to the largest of the values that are not 0; empty if all are."""
    ends = [written(f"{value:g}") for value in sorted(filter(None, values))]
    if not ends or ends[0] == ends[-1]:
        return "".join(ends[:1])
    return _("{first} to {last}").format(first=ends[0], last=ends[-1])


def as_prose(statement: str) -> str:
    """A claim's statement, in which Markdown finds no signs of its own but those around code."""
    parts = statement.split("`")
    parts[::2] = [re.sub(r"([\\*_<>\[\]|$])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


def seeds(runs: Sequence[Mapping[str, object]]) -> str:
    """Seeds 0 to 4: those of the recorded runs, and what some of them measured in addition."""
    numbers = sorted({int(run["seed"]) for run in runs})
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        words = _("{first} to {last}").format(first=numbers[0], last=numbers[-1])
    else:
        words = listed([str(number) for number in numbers])
    if any(run.get("mnist_test") for run in runs):
        return _("{seeds}, MNIST's test digits too").format(seeds=words)
    return words


def comparison(one: Comparison) -> str:
    """What was compared, with the values of all runs: a mean, a spread and the bound."""
    code = f"`{shortened(one.text.strip())}`"
    if not one.distances:
        return code
    colon = _("{code}: {result}")
    left, right = ([x for x in side if x is not None] for side in (one.left, one.right))
    if one.is_tolerance:
        share = per_cent(f"{100 * max(left):.2g}")
        return colon.format(code=code, result=_("{share} of the tolerance").format(share=share))
    if not one.direction:
        return colon.format(code=code, result=values(left))
    if math.isfinite(one.nearness):
        words = _("{left} against {right}, nearest run {distance} standard deviations away")
    else:
        words = _("{left} against {right}")
    distance = f"{one.nearness:.{1 if one.nearness < 10 else 0}f}"
    words = words.format(left=values(left), right=values(right), distance=distance)
    return colon.format(code=code, result=words)


def comparisons(several: Sequence[Comparison]) -> str:
    return _("; ").join(map(comparison, several))


def values(numbers: Sequence[float]) -> str:
    """0.5, or 0.5 ± 0.01 of numbers that differ."""
    if len(set(numbers)) > 1:
        return f"{statistics.mean(numbers):.3g} ± {statistics.stdev(numbers):.1g}"
    (number,) = set(numbers)
    return f"{number:,.0f}" if number.is_integer() and abs(number) < 1e6 else f"{number:.3g}"


def shortened(code: str, most: int = 120) -> str:
    return code if len(code) <= most else code[: most - 1] + "…"


def outcomes(report: Report) -> str:
    """3 steps passed, **2 failed** and 1 not run."""
    numbers = {outcome: report.count(outcome) for outcome in reports.OUTCOMES}
    words = [counted(numbers["passed"], _("{n} step passed"), _("{n} steps passed"))]
    if numbers["FAILED"]:
        words.append(_("**{n} failed**").format(n=numbers["FAILED"]))
    if numbers["NOT RUN"]:
        words.append(_("{n} not run").format(n=numbers["NOT RUN"]))
    return listed(words)


def machine(report: Report) -> str:
    """What the steps ran on, apart from its system."""
    found = [
        counted(report.processors, _("{n} processor"), _("{n} processors")),
        f"Python {report.python}",
        *([f"Chromium {report.browser}"] if report.browser else []),
    ]
    return listed(found)


def worked(report: Report) -> float:
    """Seconds that processors worked for the steps, as far as it is known."""
    return sum(step.processor_seconds or 0 for step in report.steps)


def kinds_of_steps(report: Report | None) -> dict[str, dict[str, list[StepReport]]]:
    """The steps by their kind: those that look at the whole book, and at each notebook."""
    groups = {_("Once for the whole book:"): {}, _("Once for each notebook:"): {}}
    for step in report.steps if report else planned():
        once, each = groups.values()
        (each if step.notebook else once).setdefault(step.kind, []).append(step)
    return groups


def planned() -> list[StepReport]:
    """The steps of a machine without data of its own, before they have run."""
    return [
        StepReport(step.name, step.kind, step.notebook, step.purpose, "NOT RUN", 0.0, None, "")
        for step in all_steps({})
    ]


def outcome(same: Sequence[StepReport]) -> str:
    """What came of one step, or of one and the same step for several notebooks."""
    failed = [step for step in same if step.outcome == "FAILED"]
    if failed:
        names = listed([step.notebook for step in failed if step.notebook])
        return _("**failed**: {names}").format(names=names) if names else _("**failed**")
    passed = [step for step in same if step.outcome == "passed"]
    if not passed:
        return _("not run: {reason}").format(reason=translated(same[0].summary))
    words = _("passed, {time} in all") if len(same) > 1 else _("passed, {time}")
    return words.format(time=duration(sum(step.seconds for step in passed)))


def lock(locked: Iterable[Requirement], name: str) -> str:
    """The version that is locked; several where it depends on the system."""
    wanted = canonicalize_name(name)
    versions = (version_of(pin) for pin in locked if canonicalize_name(pin.name) == wanted)
    return _(" or ").join(versions)


def pinned(names: Sequence[str], locked: Callable[[str], str]) -> str:
    """Packages with their versions, for a sentence."""
    return listed([f"{name} {locked(name)}" for name in names])


def installed(name: str) -> str:
    return platform.python_version() if name == "Python" else metadata.version(name)


def mathjax_version() -> str:
    """The version of the script that the pages load. Raises `ValueError` if it tells none."""
    package, script = MATHJAX
    folder = importlib.util.find_spec(package).submodule_search_locations[0]
    # Written so, it is MathJax's own; what is bundled with it names other versions.
    text = Path(folder, script).read_text("utf-8")
    found = re.search(r'VERSION=void 0,\w+\.VERSION="([\d.]+)"', text)
    if not found:
        raise ValueError(f"expected {script.name} of {package} to name its version, found none")
    return found[1]


class Checks(SphinxDirective):
    """One of PARTS."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        part = self.arguments[0]
        if part not in PARTS:
            raise self.error(f"expected one of {', '.join(PARTS)}, got {part!r}")
        try:
            return self.parse_text_to_nodes(render(part, self.sources()))
        except ValueError as error:
            raise self.error(str(error)) from error

    def sources(self) -> Sources:
        """What lies in the folder of the book. Raises `ValueError` for files that are broken."""
        paths = listing.find_notebooks()
        here = (ROOT / self.env.docname).parent
        templates = TEMPLATES.glob("*.jinja")
        records = (record.RECORD, *(ROOT / fingerprint.PACKAGE).rglob("*.py"))
        kept = (reports.REPORT, executions.EXECUTIONS, LOCK)
        for path in (*kept, *records, *templates, *paths):
            self.env.note_dependency(str(path))
        return Sources(
            notebooks={path.stem: listing.read(path) for path in paths},
            addresses={
                path.stem: os.path.relpath(path, here).replace(os.sep, "/") for path in paths
            },
            executions=executions.read(),
            report=reports.read(),
            commit=git.state(ROOT)[0],
            repository=Repository.from_environment(os.environ),
            records=record.read(),
            shown=self.shown(paths),
        )

    def shown(self, paths: Sequence[Path]) -> dict[str, NotebookNode]:
        """The notebooks of the edition that is rendered, where it has its own."""
        source = Path(self.env.srcdir)
        if source == ROOT:
            return {}
        here = [source / path.relative_to(ROOT) for path in paths]
        return {path.stem: listing.read(path) for path in here if path.is_file()}


class SourceFile(SphinxRole):
    """A file of the book, by its path from the book's folder on."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if not (ROOT / self.text).exists():
            message = self.inliner.reporter.error(
                f"expected a file of the book, found no {self.text}", line=self.lineno
            )
            return [nodes.literal(self.rawtext, self.text)], [message]
        name = nodes.literal(self.rawtext, self.text)
        repository = Repository.from_environment(os.environ)
        if repository is None:
            return [name], []
        address = f"{repository.address}/blob/{repository.branch}/{self.text}"
        return [nodes.reference(self.rawtext, "", name, refuri=address)], []


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("checks", Checks)
    app.add_role("source", SourceFile())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
