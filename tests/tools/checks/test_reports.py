"""tools/checks's report: what a run of all steps leaves for the book's page on its checks."""

import dataclasses
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tools.checks.__main__ as checks
from tools import ROOT
from tools.checks import processes, reports
from tools.checks.runner import Result, Runner
from tools.checks.steps import PYTEST_SUMMARY, Step
from tools.machine.git import state
from tools.notebooks.run import NOTEBOOKS_AT_ONCE
from tools.pdf import site
from tools.publishing import branch
from tools.publishing.repository import Repository

WORK = "import time\nstart = time.process_time()\nwhile time.process_time() < start + 0.4: pass\n"
BOTH = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {WORK!r}])\n{WORK}"
has_wait4 = pytest.mark.skipif(not hasattr(os, "wait4"), reason="the system tells no such times")


def step(name: str, code: str = "", **options: object) -> Step:
    return Step(name, ((sys.executable, "-c", code),), f"That {name} works.", **options)


def run(*steps: Step) -> list[Result]:
    return Runner(os.environ, 1, len(steps)).run_all(steps)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """Where `main` writes; the steps are one that passes, one that fails, and one of a notebook."""
    steps = [
        step("good", "print('3 passed in 0.1s')", quote=PYTEST_SUMMARY),
        step("bad", "raise SystemExit(3)"),
        step("look 02_compression", notebook="02_compression"),
    ]
    monkeypatch.setattr(checks, "all_steps", lambda environment, records: steps)
    monkeypatch.setattr(checks, "RUNS", tmp_path / "check")
    monkeypatch.setattr(checks, "REPORT", tmp_path / "check" / reports.REPORT.name)
    return tmp_path / "check"


def run_main(monkeypatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["checks", *arguments])
    return checks.main()


# ------------------------------------------------------------------------------
# Steps


@has_wait4
def test_processor_time_is_that_of_the_step_with_its_children_alone() -> None:
    """Two at once, so that one step's time would show in the other's.

    How long an interpreter takes to start depends on the machine: two of them are measured.
    """
    nothing = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])"
    steps = [step("works", BOTH), step("idles", f"{nothing}\nimport time; time.sleep(1)")]
    results = Runner(os.environ, 2, 2).run_all(steps)
    works, idles = (result.processor_seconds for result in results)
    assert 0.7 <= works - idles < 1.5


@has_wait4
def test_processor_time_is_the_sum_of_a_steps_commands() -> None:
    twice = Step("twice", ((sys.executable, "-c", WORK),) * 2, "That it adds up.")
    (result,) = run(twice)
    (nothing,) = run(Step("nothing", ((sys.executable, "-c", ""),) * 2, "That it is small."))
    assert 0.7 <= result.processor_seconds - nothing.processor_seconds < 1.1


def test_where_the_system_tells_no_times_the_step_runs_all_the_same(monkeypatch) -> None:
    monkeypatch.delattr(os, "wait4", raising=False)
    good, bad = run(step("good", "print('fine')"), step("bad", "raise SystemExit(3)"))
    assert (good.outcome, good.summary, good.processor_seconds) == ("passed", "fine", None)
    assert bad.outcome == "FAILED" and "exit status 3" in bad.output


def test_a_step_that_hangs_is_ended_and_has_failed(monkeypatch) -> None:
    """Also if what it started hangs. Were it not ended, this would take ten minutes."""
    monkeypatch.setattr(processes, "IDLE_LIMIT", 1)
    waiting = "import time; print('so far', flush=True); time.sleep(600)"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {waiting!r}])"
    for code in (waiting, parent):
        (result,) = run(step("hangs", code))
        assert result.outcome == "FAILED"
        assert "so far" in result.output and "1 seconds in which it did nothing" in result.output


def test_a_step_that_is_only_slow_is_not_ended(monkeypatch) -> None:
    """Whatever work is seen of it counts, also less than before, when a process of it has ended."""
    seen = itertools.cycle([1.0, 2.0, 3.0, 0.5])
    monkeypatch.setattr(processes, "work_so_far", lambda pid: next(seen))
    monkeypatch.setattr(processes, "IDLE_LIMIT", 0.4)
    (result,) = run(step("slow", "import time; time.sleep(2)"))
    assert result.outcome == "passed"


def test_the_work_of_a_step_is_that_of_all_its_processes() -> None:
    """A process that waits for one it started, which has worked for 0.4 seconds and waits too."""
    child = f"{WORK}print('worked', flush=True); time.sleep(600)"
    code = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout.readline().strip() == b"worked"
        assert processes.work_so_far(process.pid) >= 0.4
        processes.end(process)
    assert processes.work_so_far(process.pid) == 0


# ------------------------------------------------------------------------------
# The report


def test_a_run_with_a_failure_leaves_its_report(folder: Path, monkeypatch, capsys) -> None:
    folder.mkdir()
    (folder / reports.REPORT.name).write_text("an earlier run's")
    assert run_main(monkeypatch) == 1
    report = reports.read(folder / reports.REPORT.name)
    assert [each.outcome for each in report.steps] == ["passed", "FAILED", "passed"]
    assert [report.count(outcome) for outcome in reports.OUTCOMES] == [2, 1, 0]
    assert report.steps[0].summary == "3 passed in 0.1s"
    last = report.steps[2]
    assert (last.kind, last.notebook) == ("look", "02_compression")
    assert last.purpose == "That look 02_compression works."
    assert report.steps_at_once == NOTEBOOKS_AT_ONCE
    assert report.seconds >= max(each.seconds for each in report.steps)
    assert [path.name for path in folder.iterdir()] == [reports.REPORT.name]


def test_a_run_of_some_steps_leaves_no_report(folder: Path, monkeypatch, capsys) -> None:
    assert run_main(monkeypatch, "--only", "good") == 0
    assert not (folder / reports.REPORT.name).exists()


def test_a_report_names_no_place(folder: Path, monkeypatch, capsys) -> None:
    run_main(monkeypatch)
    text = (folder / reports.REPORT.name).read_text("utf-8")
    assert str(Path.home()) not in text and str(ROOT) not in text


def git(*arguments: str, cwd: Path) -> str:
    identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_report_is_of_a_commit_or_of_changes_to_it(tmp_path: Path) -> None:
    assert state(tmp_path) == ("", False)
    git("init", "--quiet", cwd=tmp_path)
    (tmp_path / "a").write_text("a")
    git("add", ".", cwd=tmp_path)
    git("commit", "--quiet", "-m", "a", cwd=tmp_path)
    commit = git("rev-parse", "HEAD", cwd=tmp_path)
    assert state(tmp_path) == (commit, False)
    (tmp_path / "b").write_text("b")
    assert state(tmp_path) == (commit, True)


def test_a_repository_around_an_unpacked_archive_is_not_the_book_s(tmp_path: Path) -> None:
    git("init", "--quiet", cwd=tmp_path)
    (tmp_path / "a").write_text("a")
    git("add", ".", cwd=tmp_path)
    git("commit", "--quiet", "-m", "a", cwd=tmp_path)
    book = tmp_path / "book"
    book.mkdir()
    assert state(book) == ("", False)
    assert site.describe_state(book, str) == "" != site.describe_state(tmp_path, str)
    with pytest.raises(ValueError, match=r"found no \.git there; publish from a clone"):
        branch.push(Repository("o", "n"), book, "origin")
    git("worktree", "add", "--quiet", str(tmp_path / "tree"), cwd=tmp_path)  # this has a file there
    assert state(tmp_path / "tree")[0]


def a_report(outcome: str = "passed") -> reports.Report:
    one = reports.StepReport("a", "a", "", "That a works.", outcome, 1.0, None, "fine")
    return reports.Report("then", "c0ffee", False, "Linux", 2, "3.12.1", "156.0", 2, 1.5, (one,))


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    assert reports.read(path) is None
    reports.write(a_report(), path)
    assert reports.read(path) == a_report()


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.pop("commit"),
        lambda data: data.pop("steps"),
        lambda data: data.update(more=1),
        lambda data: data.update(seconds="1.5"),
        lambda data: data["steps"][0].pop("purpose"),
        lambda data: data["steps"][0].update(seconds=None),
        lambda data: data["steps"][0].update(outcome="fine"),
    ],
)
def test_another_dictionary_is_no_report(tmp_path: Path, change) -> None:
    data = json.loads(json.dumps(dataclasses.asdict(a_report())))
    change(data)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match=r"report\.json.*`make test`"):
        reports.read(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"steps": [1]}'])
def test_a_broken_file_is_no_report(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"expected a report.*`make test`"):
        reports.read(path)
