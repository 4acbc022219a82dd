"""The tables of the page "How this book checks itself", made anew by every build.

    ```{checks} steps
    ```

puts in one PART of them: `totals`, `steps`, `notebooks`, `claims`, `tolerances` or `versions`. They
come from what the book holds: the steps in tools/checks, the stored notebooks, their execution
times in book/executions.json, the lock in requirements.txt, and what is installed; and from
`_build/check/report.json`, which a run of all checks leaves there. Without a report the page says
so; a broken one stops the build.

    {source}`tools/checks/steps.py`

names a file of the book, and leads to it where the environment names a repository.

Every function here but those of the directive and the role makes Markdown out of plain values.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from tools.machine import git
from tools.notebooks import executions, listing
from tools.notebooks.executions import Execution
from tools.notebooks.outputs import IMAGES, is_explorer
from tools.notebooks.tolerances import Tolerance, tolerance_of
from tools.publishing.repository import Repository

# What turns the stored outputs into pages, beside what book/requirements.txt names.
RENDERERS = ("Sphinx", "myst-nb", "sphinx-book-theme")
MATHJAX = ("sphinx-mathjax-offline", Path("static", "mathjax", "tex-chtml.js"))
CLAIM = "✓ "  # as utils/notebook/claims.py prints it
PASSED = re.compile(r"\b(\d+) passed\b")
NONE = "–"
SPACE = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Sources:
    """What the tables are made of."""

    notebooks: Mapping[str, NotebookNode]  # by the stem, in the order of the pages
    addresses: Mapping[str, str]  # of their pages, from this page
    executions: Mapping[str, Execution]
    report: Report | None
    commit: str  # of the book that is built; empty where there is no Git
    repository: Repository | None


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> str:
    """A table in Markdown, the last `numbers` columns set to the right."""
    ruler = ["---"] * (len(header) - numbers) + ["--:"] * numbers
    lines = [header, ruler, *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def minutes(seconds: float) -> str:
    """0:07, 12:30: a time for a table of such."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def duration(seconds: float) -> str:
    """0.4 s, 7 s, 2 min 5 s: a time for a sentence, which does not break in it."""
    if seconds < 1:
        return f"{seconds:.1f}{SPACE}s"
    whole = round(seconds)
    parts = [whole] if whole < 60 else divmod(whole, 60)
    units = ["min", "s"][-len(parts) :]
    return SPACE.join(f"{part}{SPACE}{unit}" for part, unit in zip(parts, units, strict=True))


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """One, two and three."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def title(notebook: NotebookNode) -> str:
    """The notebook's heading."""
    return notebook.cells[0].source.partition("\n")[0].removeprefix("# ")


def link(sources: Sources, stem: str) -> str:
    """The notebook by its heading, leading to its page."""
    return f"[{title(sources.notebooks[stem])}]({sources.addresses[stem]})"


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@dataclass(frozen=True)
class Counts:
    """What one notebook holds, or all of them."""

    cells: int = 0  # of code
    claims: int = 0
    figures: int = 0
    explorers: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.cells + other.cells,
            self.claims + other.claims,
            self.figures + other.figures,
            self.explorers + other.explorers,
        )


def count(notebook: NotebookNode) -> Counts:
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    lines = [line for output in outputs for line in output.get("text", "").splitlines()]
    return Counts(
        cells=len(code_cells(notebook)),
        claims=sum(line.startswith(CLAIM) for line in lines),
        figures=sum(any(kind in output.get("data", {}) for kind in IMAGES) for output in outputs),
        explorers=sum(map(is_explorer, outputs)),
    )


def totals(sources: Sources) -> str:
    """One sentence with what there is in all; a second with the tests of the last run."""
    all_counts = sum(map(count, sources.notebooks.values()), Counts())
    text = (
        f"In {counted(len(sources.notebooks), 'notebook')} the book holds "
        f"{counted(all_counts.cells, 'cell')} of code, {counted(all_counts.figures, 'figure')}, "
        f"{counted(all_counts.explorers, 'explorer')} and "
        f"**{counted(all_counts.claims, 'claim')}**."
    )
    tests = [
        int(found[1])
        for step in (sources.report.steps if sources.report else [])
        if not step.notebook and (found := PASSED.search(step.summary))
    ]
    if tests:
        text += f" Beside them, the last run of all checks passed {counted(sum(tests), 'test')}."
    return text


def claims(sources: Sources) -> str:
    counts = {stem: count(notebook) for stem, notebook in sources.notebooks.items()}
    rows = [(link(sources, stem), *numbers(each)) for stem, each in counts.items()]
    whole = tuple(f"**{number}**" for number in numbers(sum(counts.values(), Counts())))
    header = ("Notebook", "Claims", "Cells", "Figures")
    return table(header, [*rows, ("**All**", *whole)], numbers=3)


def numbers(counts: Counts) -> tuple[str, ...]:
    return tuple(map(str, (counts.claims, counts.cells, counts.figures)))


def tolerances(sources: Sources) -> str:
    """For each notebook, how many of its cells are compared how."""
    lines = []
    for stem, notebook in sources.notebooks.items():
        stated = [tolerance_of(cell) for cell in code_cells(notebook)]
        lines.append(f"- {link(sources, stem)}: {ways_of_comparing(stated)}.")
    return "\n".join(lines)


def ways_of_comparing(stated: Sequence[Tolerance | None]) -> str:
    """12 cells exactly; 3 within 5 % to 20 %, or 0.1; 1 by its lines alone."""
    numbers = [tolerance for tolerance in stated if tolerance and not tolerance.words]
    lines = sum(tolerance.words for tolerance in stated if tolerance)
    ways = [f"{counted(stated.count(None), 'cell')} exactly"]
    if numbers:
        shares = span([100 * tolerance.relative for tolerance in numbers], f"{SPACE}%")
        amounts = span([tolerance.absolute for tolerance in numbers])
        bounds = [shares, f"an amount of {amounts}" if amounts else ""]
        ways.append(f"{len(numbers)} within {' or '.join(filter(None, bounds))}")
    if lines:
        ways.append(f"{lines} by the number of lines")
    return "; ".join(ways)


def span(values: Iterable[float], unit: str = "") -> str:
    """From the smallest to the largest of the values that are not 0; empty if all are."""
    ends = sorted(filter(None, values))
    return " to ".join(dict.fromkeys(f"{end:g}{unit}" for end in [*ends[:1], *ends[-1:]]))


def run_in_words(sources: Sources) -> str:
    """Which run the outcomes are of; or where there are some."""
    report = sources.report
    if report is None:
        return (
            "What came of each, and how long it took, stands here on the published page; on a page "
            "of your own, once `make test` and then `make book` have run."
        )
    name = commit_in_words(report.commit, sources.repository)
    if report.changed:
        name += ", with changes that are in no commit"
    outcomes = [counted(report.count("passed"), "step") + " passed"]
    outcomes += [f"**{report.count('FAILED')} failed**"] if report.count("FAILED") else []
    outcomes += [f"{report.count('NOT RUN')} not run"] if report.count("NOT RUN") else []
    worked = [step.processor_seconds for step in report.steps if step.processor_seconds is not None]
    programs = [f"Python {report.python}"]
    programs += [f"Chromium {report.browser}"] if report.browser else []
    text = (
        f"The last run began on {report.began} UTC, of {name}. On {report.system} with "
        f"{listed([counted(report.processors, 'processor'), *programs])}, "
        f"{listed(outcomes)}, in {duration(report.seconds)}, {report.steps_at_once} at a time"
    )
    text += f"; processors worked for {duration(sum(worked))}." if worked else "."
    if sources.commit and report.commit != sources.commit:
        here = commit_in_words(sources.commit, sources.repository)
        text += f" **This page is of another state of the book, {here}.**"
    return text


def commit_in_words(commit: str, repository: Repository | None) -> str:
    if not commit:
        return "a book outside of Git"
    short = f"`{commit[:7]}`"
    return (
        f"commit [{short}]({repository.address}/commit/{commit})"
        if repository
        else (f"commit {short}")
    )


def steps(sources: Sources) -> str:
    """Two lists: the steps that look at the whole book, and those that look at each notebook."""
    found = sources.report.steps if sources.report else planned()
    groups = {
        "Once for the whole book:": [step for step in found if not step.notebook],
        "Once for each notebook:": [step for step in found if step.notebook],
    }
    parts = [run_in_words(sources)]
    for heading, some in groups.items():
        parts += [heading, *definitions(some, bool(sources.report))]
    return "\n\n".join(parts)


def planned() -> list[StepReport]:
    """The steps of a machine without data of its own, before they have run."""
    return [
        StepReport(step.name, step.kind, step.notebook, step.purpose, "NOT RUN", 0.0, None, "")
        for step in all_steps({})
    ]


def definitions(some: Sequence[StepReport], with_outcome: bool) -> list[str]:
    """For each kind of step its name, what came of it, and what it is for."""
    kinds: dict[str, list[StepReport]] = {}
    for step in some:
        kinds.setdefault(step.kind, []).append(step)
    return [
        f"`{kind}`{f' {NONE} {outcome(same)}' if with_outcome else ''}\n: {same[0].purpose}"
        for kind, same in kinds.items()
    ]


def outcome(same: Sequence[StepReport]) -> str:
    """What came of one step, or of one and the same step for several notebooks."""
    failed = [step for step in same if step.outcome == "FAILED"]
    if failed:
        names = listed([step.notebook for step in failed if step.notebook])
        return f"**failed**: {names}" if names else "**failed**"
    passed = [step for step in same if step.outcome == "passed"]
    if not passed:
        return f"not run: {same[0].summary}"
    seconds = sum(step.seconds for step in passed)
    return f"passed, {duration(seconds)}" + (" in all" if len(same) > 1 else "")


def execution_times(sources: Sources) -> str:
    """How long each notebook takes: when its outputs were stored, and in the last run."""
    current = current_executions(sources)
    rows = []
    for stem in sources.notebooks:
        execution = current.get(stem)
        worked = execution.processor_seconds if execution else None
        taken = minutes(execution.seconds) if execution else NONE
        rows.append((link(sources, stem), taken, NONE if worked is None else minutes(worked)))
    text = [table(("Notebook", "Time", "Processor time"), rows, numbers=2)]
    processors = sorted({execution.processors for execution in current.values()})
    if processors:
        number = listed([str(number) for number in processors])
        text.append(
            f"In minutes and seconds, on {number} processors that did other work beside it. A "
            "process computes with one thread; the second column adds up all of a notebook's."
        )
    if len(current) < len(sources.notebooks):
        text.append(f"{NONE} means that the code has changed since its time was taken.")
    if sources.report:
        kinds = ("nbval", "seed", "smoke")
        rows = [
            (link(sources, stem), *(seconds_of(sources.report, kind, stem) for kind in kinds))
            for stem in sources.notebooks
        ]
        text.append("In the last run of all checks, by step:")
        text.append(table(("Notebook", *(f"`{kind}`" for kind in kinds)), rows, numbers=3))
    return "\n\n".join(text)


def current_executions(sources: Sources) -> dict[str, Execution]:
    """The entries whose code is that of the stored notebook."""
    return {
        stem: sources.executions[stem]
        for stem, notebook in sources.notebooks.items()
        if stem in sources.executions and sources.executions[stem].is_of(notebook)
    }


def seconds_of(report: Report, kind: str, stem: str) -> str:
    """The time of the notebook's step of that kind; of "seed", also the one on MNIST."""
    for step in report.steps:
        if step.notebook == stem and step.kind.partition(",")[0] == kind:
            return NONE if step.outcome == "NOT RUN" else minutes(step.seconds)
    return NONE


def versions(sources: Sources) -> str:
    """Two tables and a sentence: what the notebooks ran with, what rendered the page, the tools."""
    project = executions.project()
    locked = read_lock(LOCK.read_text("utf-8"))
    extras = project["optional-dependencies"]
    used = list(current_executions(sources).values())
    rows = [("Python", project["requires-python"], versions_used("Python", used))]
    rows += [
        (name, lock(locked, name), versions_used(name, used))
        for name in executions.names(project["dependencies"])
    ]
    renderers = sorted([*executions.names(extras["book"]), *RENDERERS], key=str.lower)
    built = [("Python", project["requires-python"], platform.python_version())]
    built += [(name, lock(locked, name), metadata.version(name)) for name in renderers]
    built += [("MathJax", f"in {MATHJAX[0]}", mathjax_version())]
    tools = [f"{name} {lock(locked, name)}" for name in executions.names(extras["test"])]
    return "\n\n".join(
        [
            "What the notebooks import: the version that is locked, and the one that the stored "
            "outputs come from.",
            table(("Package", "Locked", "Stored outputs"), rows),
            "What makes pages out of them: the version that is locked, and the one that made this "
            "page.",
            table(("Package", "Locked", "This page"), built),
            f"What runs and checks them, as locked: {listed(tools)}.",
        ]
    )


def lock(locked: Iterable[Requirement], name: str) -> str:
    """The version that is locked; several where it depends on the system."""
    wanted = canonicalize_name(name)
    return " or ".join(version_of(pin) for pin in locked if canonicalize_name(pin.name) == wanted)


def versions_used(name: str, used: Iterable[Execution]) -> str:
    """The version of a package with which the notebooks ran; several where they differ."""
    found = {execution.versions[name] for execution in used if name in execution.versions}
    return ", ".join(sorted(found)) or NONE


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


PARTS: Mapping[str, Callable[[Sources], str]] = {
    "totals": totals,
    "steps": steps,
    "notebooks": execution_times,
    "claims": claims,
    "tolerances": tolerances,
    "versions": versions,
}


class Checks(SphinxDirective):
    """One of PARTS."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        part = self.arguments[0]
        if part not in PARTS:
            raise self.error(f"expected one of {', '.join(PARTS)}, got {part!r}")
        try:
            return self.parse_text_to_nodes(PARTS[part](self.sources()))
        except ValueError as error:
            raise self.error(str(error)) from error

    def sources(self) -> Sources:
        """What lies in the folder of the book. Raises `ValueError` for files that are broken."""
        paths = listing.find_notebooks()
        here = (ROOT / self.env.docname).parent
        for path in (reports.REPORT, executions.EXECUTIONS, LOCK, *paths):
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
        )


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
