"""tools/claims: what the step `seed` makes of a record, and when it runs the notebook instead."""

import dataclasses
from pathlib import Path

import pytest
from made_records import FIRST, made_notebook, made_run

from tools.claims import __main__ as program
from tools.claims import fingerprint, record
from tools.claims.record import Run, entry_of
from tools.notebooks import listing


@pytest.fixture
def ran(monkeypatch) -> list[list[str]]:
    """What was run, with the options; the notebook is a made one."""
    calls: list[list[str]] = []
    monkeypatch.setattr(program, "notebooks", lambda options: calls.append(options) or 0)
    monkeypatch.setattr(listing, "find_notebook", lambda name: Path("07_a.ipynb"))
    monkeypatch.setattr(listing, "read", lambda path: made_notebook())
    return calls


def fresh(seed: int, first: float = 2.0, **more: object) -> Run:
    """A run of the made notebook's own code, with what is installed here."""
    run = made_run(seed, first, fingerprint.fingerprint(made_notebook()), **more)
    return dataclasses.replace(run, versions=fingerprint.versions())


def seed(monkeypatch, runs: list[Run], *options: str) -> int:
    entries = {"07_a": entry_of(runs)} if runs else {}
    monkeypatch.setattr(record, "read", lambda *path: entries)
    return program.main(["seed", "07", "--seed", "1", *options])


def test_a_fresh_record_in_which_all_held_stands_for_the_run(monkeypatch, ran, capsys) -> None:
    assert seed(monkeypatch, [fresh(0), fresh(1), fresh(2)]) == 0
    assert capsys.readouterr().out == "held in 3 of 3 recorded runs of this very code\n"
    assert not ran


def test_a_recorded_run_that_contradicts_a_claim_fails(monkeypatch, ran, capsys) -> None:
    """Also one with another seed."""
    assert seed(monkeypatch, [fresh(0), fresh(1), fresh(2, 0.5)]) == 1
    assert f"held in 2 of 3 recorded runs: {FIRST}" in capsys.readouterr().out
    assert not ran


def other_version(run: Run) -> Run:
    return dataclasses.replace(run, versions=run.versions | {"torch": "0.1"})


@pytest.mark.parametrize(
    ("runs", "options", "reason"),
    [
        ([], (), "its claims have no record"),
        ([fresh(0), fresh(2)], (), "the record has no run with seed-1"),
        ([made_run(1, 2.0)], (), "out of date (the code has changed)"),
        ([other_version(fresh(1))], (), "out of date (made with another version of torch)"),
        ([fresh(1)], ("--no-records",), ""),
    ],
)
def test_else_the_notebook_is_run(monkeypatch, ran, capsys, runs, options, reason) -> None:
    assert seed(monkeypatch, runs, *options, "-o", "x.ipynb") == 0
    assert ran == [["run", "07_a", "--seed", "1", "-o", "x.ipynb"]]
    out = capsys.readouterr().out
    assert out.endswith(f"{reason}; so the notebook is run\n") if reason else out == ""


def test_claims_that_the_old_record_lacks_are_named(monkeypatch, ran, capsys) -> None:
    run = made_run(1, 2.0)
    old = dataclasses.replace(run, claims=run.claims[1:])
    assert seed(monkeypatch, [old]) == 0
    assert f"no record of the claim: {FIRST}\n" in capsys.readouterr().out
    assert len(ran) == 1


def test_a_run_on_more_digits_stands_for_one_on_fewer_and_not_the_other_way(
    monkeypatch, ran, capsys
) -> None:
    preset = {"mnist_test": True}
    monkeypatch.setattr(program, "additional", lambda path: preset)
    file = listing.preset_path("mnist-test", Path("02_compression.ipynb"))
    monkeypatch.setattr(listing, "preset_path", lambda name, path: file)
    assert seed(monkeypatch, [fresh(1, **preset)]) == 0
    assert seed(monkeypatch, [fresh(1, **preset)], "--preset", "mnist-test") == 0
    assert not ran
    assert seed(monkeypatch, [fresh(1)], "--preset", "mnist-test") == 0
    assert ran == [["run", "07_a", "--seed", "1", "--preset", "mnist-test"]]
    assert "no run with seed-1-mnist_test-True" in capsys.readouterr().out


def test_what_failed_and_what_came_near_is_printed(monkeypatch, ran, capsys) -> None:
    runs = [fresh(0), fresh(1, 3.0), fresh(2, 0.5)]
    program.print_entry(Path("07_a.ipynb"), entry_of(runs))
    out = capsys.readouterr().out
    assert out.startswith("07_a: 1 of 2 claims held in all of 3 runs\n")
    assert f"FAILED, held in 2 of 3 runs: {FIRST}\n    first > 1: 2, 3, 0.5 against 1\n" in out
    program.print_entry(Path("07_a.ipynb"), None)
    assert "no record of its 2 claims" in capsys.readouterr().out
    program.print_entry(Path("07_a.ipynb"), entry_of([made_run(0, 2.0)]))
    assert "out of date: the code has changed" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["0", "-1", "two", "1.5", ""])
def test_a_number_of_seeds_is_at_least_one(text: str, capsys) -> None:
    with pytest.raises(SystemExit):
        program.main(["record", "--seeds", text])
    assert "expected a whole number from 1 on" in capsys.readouterr().err
