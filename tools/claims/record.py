"""The record of the book's claims: what each run of each notebook found.

`make claims` writes it to `book/claims.json`. It names no host and no date, but the versions with
which the notebooks ran, and a fingerprint of the code that was measured. Where the code has changed
since, the entry is out of date, and the page "How this book checks itself" says so.
"""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from packaging.version import Version

from tools import ROOT
from tools.claims import fingerprint
from tools.machine import files

RECORD = ROOT / "book" / "claims.json"
RUNS = ROOT / "_build" / "claims"  # one small file for each run
FORMAT = 1  # of the files; another number makes all of them out of date

Parameters = Mapping[str, object]


@dataclass(frozen=True)
class Run:
    """What one run of a notebook found."""

    code: str  # the fingerprint
    versions: dict[str, str]
    parameters: dict[str, object]
    claims: list[dict]  # as recorder.py notes them

    @property
    def name(self) -> str:
        return name_of(self.parameters)


def name_of(parameters: Parameters) -> str:
    """seed-1, seed-1-mnist_test-True: a file's name."""
    return "-".join(f"{key}-{value}" for key, value in sorted(parameters.items(), key=_seed_first))


def _seed_first(item: tuple[str, object]) -> tuple[bool, str]:
    return item[0] != "seed", item[0]


@dataclass(frozen=True)
class Comparison:
    """One comparison of a claim; each side has one value a run, None where it is no number."""

    text: str
    direction: int  # 1: the left side has to be the smaller one, -1: the greater; 0: neither
    some: bool  # one of several, of which one that holds is enough
    left: tuple[float | None, ...]
    right: tuple[float | None, ...]

    @property
    def distances(self) -> list[float]:
        """How far the sides are apart in the direction that holds, in the runs that tell."""
        return [
            (right - left) * self.direction
            for left, right in zip(self.left, self.right, strict=True)
            if left is not None and right is not None
        ]

    @property
    def is_tolerance(self) -> bool:
        """Whether the left side is the share used of what `allclose` or `isclose` allows."""
        return self.text.rstrip().endswith(")") and "close(" in self.text and set(self.right) == {1}

    @property
    def spread(self) -> float:
        """The standard deviation of the distances over runs; 0 where it cannot be told."""
        return statistics.stdev(self.distances) if len(self.distances) > 1 else 0.0

    @property
    def nearness(self) -> float:
        """The smallest distance, in standard deviations; infinite where the seed changes nothing.

        Also infinite where no bound is involved that could be missed by a little.
        """
        if not self.direction or self.some or not self.distances:
            return math.inf
        nearest = min(self.distances)
        scale = max(abs(value) for value in (*self.left, *self.right, 1e-300) if value is not None)
        # Below what is noted of a number, a spread is one of rounding.
        return nearest / self.spread if self.spread > 1e-5 * scale else math.inf


@dataclass(frozen=True)
class Claim:
    """A claim over all runs."""

    statement: str
    held: tuple[bool | None, ...]  # by run; None where a run did not come to make it
    comparisons: tuple[Comparison, ...] = ()

    @property
    def made(self) -> int:
        return sum(held is not None for held in self.held)

    @property
    def times_held(self) -> int:
        return sum(held is True for held in self.held)

    @property
    def always_held(self) -> bool:
        return self.times_held == self.made

    @property
    def nearest(self) -> Comparison | None:
        """The comparison that came nearest to failing; None if none has a distance."""
        return min(
            (one for one in self.comparisons if math.isfinite(one.nearness)),
            key=lambda one: one.nearness,
            default=None,
        )


@dataclass(frozen=True)
class Entry:
    """The runs of one notebook, all of the same code with the same versions."""

    code: str
    versions: dict[str, str]
    runs: tuple[dict[str, object], ...]  # their parameters
    claims: tuple[Claim, ...] = field(repr=False)

    @property
    def failed(self) -> list[Claim]:
        return [claim for claim in self.claims if not claim.always_held]

    @property
    def always_held(self) -> int:
        """How many claims held in every run."""
        return len(self.claims) - len(self.failed)

    def nearest(self, number: int) -> list[Claim]:
        """The claims that came nearest to their bounds, in standard deviations."""
        found = [claim for claim in self.claims if claim.nearest]
        return sorted(found, key=lambda claim: claim.nearest.nearness)[:number]

    def has_run(self, parameters: Parameters, beside: Sequence[str] = ()) -> bool:
        """Whether there was a run with these parameters.

        beside: parameters that a run may have had in addition.
        """
        return any(
            parameters.items() <= run.items() and set(run) - set(parameters) <= set(beside)
            for run in self.runs
        )

    def as_runs(self) -> list[Run]:
        return [
            Run(
                self.code,
                self.versions,
                parameters,
                [
                    {
                        "statement": claim.statement,
                        "held": claim.held[i],
                        "comparisons": [
                            {
                                "text": one.text,
                                "direction": one.direction,
                                "some": one.some,
                                "left": one.left[i],
                                "right": one.right[i],
                            }
                            for one in claim.comparisons
                        ],
                    }
                    for claim in self.claims
                    if claim.held[i] is not None
                ],
            )
            for i, parameters in enumerate(self.runs)
        ]


def entry_of(runs: Sequence[Run]) -> Entry:
    """The runs together. Raises `ValueError` for runs of different code or versions."""
    if len({(run.code, tuple(sorted(run.versions.items()))) for run in runs}) != 1:
        raise ValueError("expected runs of the same code with the same versions, got others")
    runs = sorted(runs, key=lambda run: (run.parameters["seed"], run.name))
    found = [{claim["statement"]: claim for claim in run.claims} for run in runs]
    claims = []
    for statement in _in_order([list(claims) for claims in found]):
        by_run = [claims.get(statement) for claims in found]
        sides = [
            {one["text"]: one for one in claim["comparisons"]} if claim else {} for claim in by_run
        ]
        comparisons = []
        for text in _in_order([list(each) for each in sides]):
            some = next(each[text] for each in sides if text in each)
            comparisons.append(
                Comparison(
                    text,
                    some["direction"],
                    some["some"],
                    tuple(each[text]["left"] if text in each else None for each in sides),
                    tuple(each[text]["right"] if text in each else None for each in sides),
                )
            )
        held = tuple(claim["held"] if claim else None for claim in by_run)
        claims.append(Claim(statement, held, tuple(comparisons)))
    return Entry(
        runs[0].code, runs[0].versions, tuple(run.parameters for run in runs), tuple(claims)
    )


def _in_order(lists: Iterable[list[str]]) -> list[str]:
    """All that stand in one of the lists; what the longest lacks comes last."""
    return list(dict.fromkeys(text for texts in sorted(lists, key=len)[::-1] for text in texts))


# ------------------------------------------------------------------------------
# Files


def read(path: Path = RECORD) -> dict[str, Entry]:
    """The entries by the notebooks' stems; none where there is no file.

    Raises `ValueError` for a file that is no such record.
    """
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text("utf-8"))
        if data.pop("format") != FORMAT:
            return {}
        return {stem: _entry(entry) for stem, entry in data.items()}
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ValueError(
            f"expected the record of the book's claims in {path.name}, got none ({error!r}); "
            "take the file from Git again, then run `make claims`"
        ) from error


def _entry(data: dict) -> Entry:
    claims = tuple(
        Claim(
            claim["statement"],
            tuple(claim["held"]),
            tuple(
                Comparison(
                    one["text"],
                    one["direction"],
                    one.get("some", False),
                    tuple(one["left"]),
                    tuple(one["right"]),
                )
                for one in claim.get("comparisons", [])
            ),
        )
        for claim in data["claims"]
    )
    entry = Entry(data["code"], data["versions"], tuple(data["runs"]), claims)
    for claim in claims:
        rows = [claim.held, *(side for one in claim.comparisons for side in (one.left, one.right))]
        if {len(row) for row in rows} != {len(entry.runs)}:
            raise ValueError(f"not one value for each run of {claim.statement!r}")
    return entry


def write(entries: Mapping[str, Entry], path: Path = RECORD) -> None:
    """Write the whole record, one claim a line."""
    parts = [f'"format": {FORMAT}']
    for stem, entry in sorted(entries.items()):
        lines = [_line(_claim_data(claim)) for claim in entry.claims]
        parts.append(
            f'"{stem}": {{\n "code": {_line(entry.code)},\n "versions": {_line(entry.versions)},\n'
            f' "runs": {_line(list(entry.runs))},\n "claims": [\n  ' + ",\n  ".join(lines) + "\n ]}"
        )
    text = "{" + ",\n".join(parts) + "}\n"
    if not path.exists() or path.read_text("utf-8") != text:
        files.write(path, text)


def _line(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, allow_nan=False)


def _claim_data(claim: Claim) -> dict:
    comparisons = [
        {"text": one.text, "direction": one.direction}
        | ({"some": True} if one.some else {})
        | {"left": list(one.left), "right": list(one.right)}
        for one in claim.comparisons
    ]
    data = {"statement": claim.statement, "held": list(claim.held)}
    return data | ({"comparisons": comparisons} if comparisons else {})


def write_run(run: Run, stem: str, folder: Path = RUNS) -> None:
    """One small file, written whole or not at all."""
    data = {
        "format": FORMAT,
        "code": run.code,
        "versions": run.versions,
        "parameters": run.parameters,
        "claims": run.claims,
    }
    files.write(folder / stem / f"{run.name}.json", _line(data) + "\n")


def read_runs(stem: str, folder: Path = RUNS) -> list[Run]:
    """The runs whose files lie there; a file that is none is passed over."""
    runs = []
    for path in sorted((folder / stem).glob("*.json")):
        try:
            data = json.loads(path.read_text("utf-8"))
            if data.pop("format") == FORMAT:
                runs.append(Run(**data))
        except (ValueError, TypeError, AttributeError, KeyError):
            continue
    return runs


# ------------------------------------------------------------------------------
# Is it of today?


def differing(recorded: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """The names whose versions are not the recorded ones; those not recorded do not count."""
    return [name for name, version in recorded.items() if here.get(name) != version]


def installed(names: Iterable[str]) -> dict[str, str]:
    """The versions of these that are here, of the system and of Python too."""
    here = fingerprint.place()
    for name in names:
        if name not in here:
            try:
                here[name] = Version(metadata.version(name)).public
            except metadata.PackageNotFoundError:
                continue
    return here


def unrecorded(statements: Iterable[str], entry: Entry | None) -> list[str]:
    """Claims that no run in the record has made."""
    known = {claim.statement for claim in entry.claims} if entry else set()
    return [statement for statement in statements if statement not in known]
