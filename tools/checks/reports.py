"""What `make test` found and how long it took, in a file: `_build/check/report.json`.

`make test` writes it at the end of a run of all steps; the build puts it on the page "How this book
checks itself". It names no host, no user and no folder.
"""

from __future__ import annotations

import dataclasses
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import get_type_hints

from tools import ROOT
from tools.checks.runner import Result
from tools.machine import files, system

REPORT = ROOT / "_build" / "check" / "report.json"
OUTCOMES = ("passed", "FAILED", "NOT RUN")
REMEDY = "remove it, or write it anew with `make test`"


@dataclass(frozen=True)
class StepReport:
    """One step: which, what for, and what came of it."""

    name: str
    kind: str  # the name without the notebook's
    notebook: str  # the stem of the notebook that it looks at; empty for the book as a whole
    purpose: str
    outcome: str  # one of OUTCOMES
    seconds: float
    processor_seconds: float | None  # of all its processes; None where the system does not tell
    summary: str


@dataclass(frozen=True)
class Report:
    """One run of all steps."""

    began: str  # date and time, in UTC
    commit: str  # empty where there is no Git
    changed: bool  # whether the folder held changes that no commit has
    system: str
    processors: int
    python: str
    browser: str  # the version of Chromium; empty where there is none
    steps_at_once: int
    seconds: float
    steps: tuple[StepReport, ...]

    def count(self, outcome: str) -> int:
        return sum(step.outcome == outcome for step in self.steps)


def describe_machine() -> dict[str, object]:
    """The fields of a report that tell what it ran on."""
    return {
        "system": f"{platform.system()} ({platform.machine()})",
        "processors": system.processors(),
        "python": platform.python_version(),
    }


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M")


def write(report: Report, path: Path = REPORT) -> None:
    """Write the file in one step, so that nobody reads half of it."""
    text = json.dumps(dataclasses.asdict(report), ensure_ascii=False, indent=1)
    files.write(path, text + "\n")


def read(path: Path = REPORT) -> Report | None:
    """The report in the file; None if there is no such file.

    Raises `ValueError` for a file that is no report.
    """
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    try:
        data = json.loads(text)
        steps = tuple(_fields_of(StepReport, step) for step in data["steps"])
        report = _fields_of(Report, data | {"steps": steps})
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"expected a report of the checks in {path.name}, got something else "
            f"({error}); {REMEDY}"
        ) from error
    wrong = [step.outcome for step in steps if step.outcome not in OUTCOMES]
    if wrong:
        raise ValueError(
            f"{path.name}: expected as outcome one of {', '.join(OUTCOMES)}, got {wrong[0]!r}; "
            f"{REMEDY}"
        )
    return report


def _fields_of(kind: type, data: Mapping[str, object]):
    """A dataclass of plain values from a dictionary, every value of the type that is stated."""
    record = kind(**data)
    for name, stated in get_type_hints(kind).items():
        value = getattr(record, name)
        if name != "steps" and not isinstance(value, stated):
            raise TypeError(f"{name} is {value!r}")
    return record


def make_report(
    results: Sequence[Result], seconds: float, jobs: int, circumstances: Mapping[str, object]
) -> Report:
    """The results for the page on the checks; `circumstances` are a report's other fields."""
    steps = [
        StepReport(
            name=result.step.name,
            kind=result.step.kind,
            notebook=result.step.notebook,
            purpose=result.step.purpose,
            outcome=result.outcome,
            seconds=round(result.seconds, 1),
            processor_seconds=_rounded(result.processor_seconds),
            summary=result.summary,
        )
        for result in results
    ]
    return Report(
        **circumstances, steps_at_once=jobs, seconds=round(seconds, 1), steps=tuple(steps)
    )


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)
