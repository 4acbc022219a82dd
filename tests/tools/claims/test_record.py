"""tools/claims/record.py: runs become entries, come back from the file, and tell what failed."""

import dataclasses
import json
import math
from pathlib import Path

import pytest
from made_records import FIRST, SECOND, VERSIONS, compared, made_run

from tools import ROOT
from tools.claims import record
from tools.claims.record import Comparison, Run, entry_of
from tools.notebooks import listing


def test_runs_stand_side_by_side_in_the_order_of_their_seeds() -> None:
    entry = entry_of([made_run(3, 0.5), made_run(0, 2.0), made_run(1, 3.0)])
    assert [run["seed"] for run in entry.runs] == [0, 1, 3]
    first, second = entry.claims
    assert (first.statement, first.held) == (FIRST, (True, True, False))
    assert (first.times_held, first.made) == (2, 3)
    assert first.comparisons[0].left == (2.0, 3.0, 0.5)
    assert first.comparisons[0].right == (1.0, 1.0, 1.0)
    assert second.comparisons == () and second.always_held
    assert entry.failed == [first] and entry.always_held == 1


def test_a_claim_that_some_runs_do_not_make_counts_in_the_others() -> None:
    more = made_run(1, 2.0, mnist_test=True)
    extra = {"statement": "On all", "held": True, "comparisons": [compared("a > b", 5.0, 4.0)]}
    more = dataclasses.replace(more, claims=[more.claims[0], extra, more.claims[1]])
    entry = entry_of([made_run(0, 2.0), more])
    assert [claim.statement for claim in entry.claims] == [FIRST, "On all", SECOND]
    on_all = entry.claims[1]
    assert on_all.held == (None, True) and on_all.made == 1 and on_all.always_held
    assert on_all.comparisons[0].left == (None, 5.0)
    assert on_all.comparisons[0].distances == [1.0]
    assert entry.as_runs()[0] == made_run(0, 2.0)
    assert entry.as_runs()[1] == more


def test_runs_of_different_code_are_not_put_together() -> None:
    with pytest.raises(ValueError, match="same code"):
        entry_of([made_run(0, 2.0), made_run(1, 2.0, code="other")])
    other = Run("c0de", VERSIONS | {"torch": "2.15"}, {"seed": 1}, made_run(1, 2.0).claims)
    with pytest.raises(ValueError, match="same versions"):
        entry_of([made_run(0, 2.0), other])


def comparison(left: list, right: list, direction: int = -1, some: bool = False) -> Comparison:
    return Comparison("a > b", direction, some, tuple(left), tuple(right))


@pytest.mark.parametrize(
    ("one", "nearness"),
    [
        (comparison([2.0, 3.0, 4.0], [1.0, 1.0, 1.0]), 1.0),
        (comparison([2.0, 3.0, 4.0], [6.0, 6.0, 6.0], 1), 2.0),
        (comparison([0.5, 1.5], [1.0, 1.0]), -0.5 / math.sqrt(0.5)),
        (comparison([2.0, None, 4.0], [1.0, None, 2.0]), 1 / math.sqrt(0.5)),
        (comparison([2.0, 2.0], [1.0, 1.0]), math.inf),  # the seed changes nothing
        (comparison([2.0, 2.000001], [1.0, 1.0]), math.inf),  # nor here, but for rounding
        (comparison([2.0], [1.0]), math.inf),
        (comparison([2.0, 3.0], [2.0, 3.0], 0), math.inf),
        (comparison([2.0, 3.0], [1.0, 1.0], some=True), math.inf),
        (comparison([None, None], [None, None]), math.inf),
    ],
)
def test_nearness_is_the_smallest_distance_in_standard_deviations(one, nearness) -> None:
    assert one.nearness == pytest.approx(nearness)


def test_the_claims_nearest_to_their_bounds_come_first() -> None:
    runs = []
    for seed, (a, b) in enumerate([(2.0, 1.1), (3.0, 9.0), (2.5, 5.0)]):
        claims = [
            {"statement": name, "held": True, "comparisons": [compared(f"{name} > 1", value, 1.0)]}
            for name, value in (("a", a), ("b", b), ("same", 7.0))
        ]
        runs.append(Run("c0de", VERSIONS, {"seed": seed}, claims))
    assert [claim.statement for claim in entry_of(runs).nearest(5)] == ["b", "a"]
    assert [claim.statement for claim in entry_of(runs).nearest(1)] == ["b"]


@pytest.mark.parametrize(
    ("parameters", "beside", "found"),
    [
        ({"seed": 0}, [], True),
        ({"seed": 1}, [], False),
        ({"seed": 1}, ["mnist_test"], True),
        ({"seed": 1, "mnist_test": True}, [], True),
        ({"seed": 0, "mnist_test": True}, ["mnist_test"], False),
        ({"seed": 2}, ["mnist_test"], False),
    ],
)
def test_a_run_may_have_measured_more_than_is_asked(parameters, beside, found) -> None:
    entry = entry_of([made_run(0, 2.0), made_run(1, 2.0, mnist_test=True)])
    assert entry.has_run(parameters, beside) == found


def test_the_record_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    assert record.read(path) == {}
    entries = {
        "02_b": entry_of([made_run(0, 2.0), made_run(1, 0.5)]),
        "01_a": entry_of([made_run(1, 2.5, mnist_test=True)]),
    }
    record.write(entries, path)
    assert record.read(path) == entries
    text = path.read_text("utf-8")
    changed = path.stat().st_mtime_ns
    record.write(dict(reversed(entries.items())), path)
    assert path.read_text("utf-8") == text and path.stat().st_mtime_ns == changed
    assert next(line for line in text.splitlines() if FIRST in line).count("statement") == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: "no JSON",
        lambda data: json.dumps([data]),
        lambda data: json.dumps({"01_a": data["01_a"]}),
        lambda data: json.dumps(data | {"01_a": {"code": "c0de"}}),
        lambda data: json.dumps(data | {"01_a": data["01_a"] | {"runs": [{"seed": 0}] * 3}}),
    ],
)
def test_a_broken_record_is_named(tmp_path: Path, spoil) -> None:
    path = tmp_path / "claims.json"
    record.write({"01_a": entry_of([made_run(0, 2.0)])}, path)
    path.write_text(spoil(json.loads(path.read_text("utf-8"))), "utf-8")
    with pytest.raises(ValueError, match=r"record of the book's claims in claims\.json"):
        record.read(path)


def test_a_record_of_another_form_is_none(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    record.write({"01_a": entry_of([made_run(0, 2.0)])}, path)
    data = json.loads(path.read_text("utf-8")) | {"format": record.FORMAT + 1}
    path.write_text(json.dumps(data), "utf-8")
    assert record.read(path) == {}


def test_files_of_runs_come_back_and_what_is_no_run_is_passed_over(tmp_path: Path) -> None:
    runs = [made_run(0, 2.0), made_run(1, 3.0, mnist_test=True)]
    for run in runs:
        record.write_run(run, "01_a", tmp_path)
    (tmp_path / "01_a" / "half.json").write_text('{"format": 1, "code"', "utf-8")
    (tmp_path / "01_a" / "other.json").write_text("[]", "utf-8")
    newer = json.loads((tmp_path / "01_a" / "seed-0.json").read_text("utf-8"))
    newer |= {"format": record.FORMAT + 1}
    (tmp_path / "01_a" / "newer.json").write_text(json.dumps(newer), "utf-8")
    assert sorted(record.read_runs("01_a", tmp_path), key=lambda run: run.name) == runs
    assert record.read_runs("02_b", tmp_path) == []
    names = {path.stem for path in (tmp_path / "01_a").iterdir()}
    assert {"seed-0", "seed-1-mnist_test-True"} < names


def test_other_versions_are_named() -> None:
    assert record.differing(VERSIONS, VERSIONS | {"new": "1"}) == []
    assert record.differing(VERSIONS, VERSIONS | {"torch": "2.15"}) == ["torch"]
    assert record.differing(VERSIONS, {"system": "Linux x86_64", "Python": "3.11"}) == ["torch"]
    here = record.installed(["torch", "no-such-package"])
    assert {"system", "Python", "torch"} == set(here)


def test_a_claim_without_a_record_is_named() -> None:
    entry = entry_of([made_run(0, 2.0)])
    assert record.unrecorded([FIRST, "New", SECOND], entry) == ["New"]
    assert record.unrecorded([FIRST], None) == [FIRST]


def test_the_books_record_can_be_read_and_is_of_its_notebooks() -> None:
    """Whether it is of today, the page says: no test, so that code may change before it."""
    entries = record.read()
    assert entries and set(entries) <= {path.stem for path in listing.find_notebooks()}
    for entry in entries.values():
        assert entry.claims and entry.runs
        assert len({record.name_of(run) for run in entry.runs}) == len(entry.runs)
    assert record.RECORD.is_relative_to(ROOT / "book")
