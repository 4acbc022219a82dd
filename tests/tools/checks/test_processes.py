"""tools/checks: on systems that have no make, no process groups and no UTF-8."""

import os
import subprocess
import sys

from tools.checks import processes, steps
from tools.checks.runner import Runner, step_environment

# A process that starts another, says so, and waits. Both hold the pipe that its output goes to.
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("begun", flush=True)
child.wait()
"""


def test_a_step_is_ended_with_all_that_it_started() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=not processes.WINDOWS,
    )
    assert process.stdout.readline() == "begun\n"
    processes.end(process)
    assert process.communicate() == ("", None)  # the pipe closes when nobody holds it
    processes.end(process)  # does nothing to a process that has ended


def test_on_windows_a_step_is_ended_with_all_that_it_started(monkeypatch) -> None:
    called = []
    monkeypatch.setattr(processes, "WINDOWS", True)
    monkeypatch.setattr(processes.subprocess, "run", lambda command, **_: called.append(command))
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with process:
        processes.end(process)
        process.kill()
    assert called == [["taskkill", "/F", "/T", "/PID", str(process.pid)]]


def test_what_a_step_writes_is_read_as_it_was_written() -> None:
    ascii_only = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C"}
    runner = Runner(os.environ | ascii_only, jobs=1, total=1)
    command = (sys.executable, "-c", r"print('7 × 7, −3, \u7f16')")
    step = steps.Step("words", (command,), "Words come through.")
    (result,) = runner.run_all([step])
    assert (result.outcome, result.summary) == ("passed", "7 × 7, −3, 编")


def test_figures_of_a_step_open_no_window() -> None:
    assert step_environment({"MPLBACKEND": "TkAgg"})["MPLBACKEND"] == "agg"
