"""What `make test` found and how long it took, in a file: `_build/check/report.json`.

tools/check.py writes it at the end of a run of all steps; tools/checks_page.py puts it on the page
"How this book checks itself". It names no host, no user and no folder.
"""

import dataclasses
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import files
from repository import is_own_repository

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


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe_machine() -> dict[str, object]:
    """The fields of a report that tell what it ran on."""
    return {
        "system": f"{platform.system()} ({platform.machine()})",
        "processors": processors(),
        "python": platform.python_version(),
    }


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M")


def git_state(root: Path) -> dict[str, object]:
    """The fields of a report that tell which state of the book it is of."""
    if not is_own_repository(root):
        return {"commit": "", "changed": False}
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return {"commit": commit, "changed": bool(_git(root, "status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": "", "changed": False}


def _git(root: Path, *arguments: str) -> str:
    command = ["git", *arguments]
    done = subprocess.run(
        command, cwd=root, check=True, capture_output=True, encoding="utf-8", errors="replace"
    )
    return done.stdout.strip()


def write(report: Report, path: Path) -> None:
    """Write the file in one step, so that nobody reads half of it."""
    text = json.dumps(dataclasses.asdict(report), ensure_ascii=False, indent=1)
    files.write(path, text + "\n")


def read(path: Path) -> Report | None:
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
    for field in dataclasses.fields(kind):
        value = getattr(record, field.name)
        if field.name != "steps" and not isinstance(value, field.type):
            raise TypeError(f"{field.name} is {value!r}")
    return record
