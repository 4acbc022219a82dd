"""Runs the steps, several at a time, and says what came of each."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from tools import ROOT
from tools.checks import processes
from tools.checks.steps import PYTEST_SUMMARY, Step
from tools.machine.system import WINDOWS
from tools.notebooks import environments, kept_training

SKIPPED = re.compile(r"\b\d+ (?:skipped|xfailed)\b")


@dataclass(frozen=True)
class Result:
    step: Step
    outcome: str  # "passed", "FAILED" or "NOT RUN"
    seconds: float = 0.0
    processor_seconds: float | None = None  # of all its processes; None where it is not known
    summary: str = ""
    output: str = field(default="", repr=False)


def step_environment(base: Mapping[str, str]) -> dict[str, str]:
    """The environment of every step: one thread each, compiled modules kept, no outer make.

    Text in UTF-8, which Windows would else write in another encoding than is read here; figures
    without a window.
    """
    environment = environments.with_absolute_data_root(base)
    # Without its compiled modules, PyTorch takes ten seconds longer to import in every kernel.
    for name in (
        "PYTHONSAFEPATH",
        "PYTHONDONTWRITEBYTECODE",
        "MAKEFLAGS",
        "MFLAGS",
        "MAKELEVEL",
        "FORCE_COLOR",
    ):
        environment.pop(name, None)
    return environment | {"OMP_NUM_THREADS": "1", "PYTHONUTF8": "1", "MPLBACKEND": "agg"}


class Runner:
    """Runs steps, `jobs` at a time, and reports on each as it ends."""

    def __init__(self, environment: Mapping[str, str], jobs: int, total: int):
        self.open = step_environment(environment)
        self.closed = environments.closed_environment(self.open)
        self.in_ci = environment.get("CI", "") not in ("", "0", "false")
        self.jobs = jobs
        self.total = total
        self.results: dict[str, Result] = {}
        self.processes: set[subprocess.Popen] = set()

    def run_all(self, steps: Sequence[Step]) -> list[Result]:
        """The results in the order of the steps. A step waits for the one it comes after."""
        names = {step.name for step in steps}
        waiting, running = list(steps), set()
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                while waiting or running:
                    for step in [s for s in waiting if self._is_ready(s, names)]:
                        if len(running) == self.jobs:
                            break
                        waiting.remove(step)
                        running.add(pool.submit(self._run, step))
                    running = self._collect(running)
            except BaseException:
                self.kill()
                raise
        return [self.results[step.name] for step in steps]

    def _is_ready(self, step: Step, names: set[str]) -> bool:
        return step.after not in names or step.after in self.results

    def _collect(self, running: set[Future]) -> set[Future]:
        done, rest = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            result = future.result()
            self.results[result.step.name] = result
            self._report(result)
        return rest

    def _run(self, step: Step) -> Result:
        before = self.results.get(step.after)
        if before and before.outcome != "passed":
            return Result(step, "FAILED", summary=f"not run, because the step {step.after} failed")
        if step.obstacle:
            outcome = "FAILED" if self.in_ci and not step.optional else "NOT RUN"
            return Result(step, outcome, summary=step.obstacle)
        if step.trained and not step.after:  # nothing that another check has trained
            shutil.rmtree(step.trained, ignore_errors=True)
        start = time.monotonic()
        output, succeeded = "", True
        worked: list[float | None] = []
        for command in step.commands:
            code, text, seconds = self._call(command, self._environment(step))
            output += text
            worked.append(seconds)
            if code != 0:
                output += f"\n(exit status {code}: {' '.join(command)})\n"
                succeeded = False
                break
        lines = step.quote.findall(output)
        outcome = "passed" if succeeded else "FAILED"
        if not succeeded and step.quote is not PYTEST_SUMMARY:
            lines = []  # the last line is the exit status, which says no more than the outcome
        summary = lines[-1] if lines else ""
        seconds = time.monotonic() - start
        total = None if None in worked else sum(worked, 0.0)
        return Result(step, outcome, seconds, total, summary, output)

    def _environment(self, step: Step) -> Mapping[str, str]:
        environment = self.closed if step.closed else self.open
        if step.trained is None:
            return environment
        return kept_training.environment(environment, step.trained)

    def _call(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> tuple[int, str, float | None]:
        """The command's exit status, its output, and how long processors worked for it."""
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=not WINDOWS,  # so that it can be ended with all that it started
        )
        self.processes.add(process)
        watch = processes.Watch(process)
        watch.start()
        try:
            with process.stdout:
                output = process.stdout.read()
            worked = processes.processor_seconds(process)
        finally:
            watch.stop()
            self.processes.discard(process)
        if watch.found_idle:
            output += f"\nended after {processes.IDLE_LIMIT} seconds in which it did nothing"
            return 124, output, worked
        return process.returncode, output, worked

    def _report(self, result: Result) -> None:
        done = f"[{len(self.results):2}/{self.total}]"
        print(f"{done} {line(result)}", flush=True)
        if result.outcome == "FAILED" and result.output:
            name = result.step.name
            print(f"\n--- output of {name}\n{result.output.strip()}", flush=True)
            print(f"--- end of the output of {name}\n", flush=True)

    def kill(self) -> None:
        for process in list(self.processes):
            processes.end(process)


def line(result: Result) -> str:
    seconds = f"{result.seconds:6.1f} s"
    return f"{result.outcome:7} {seconds}  {result.step.name:28} {result.summary[:100]}".rstrip()


def print_table(results: Sequence[Result], seconds: float) -> None:
    print("\nAll steps:" if len(results) > 1 else "\nThe step:")
    for result in results:
        print(f"  {line(result)}")
    print(f"\n{seconds / 60:.1f} minutes in all.")
    for result in results:
        if result.outcome == "NOT RUN":
            print(f"NOT RUN: {result.step.name} ({result.summary})")
        elif result.step.quote is PYTEST_SUMMARY and (parts := SKIPPED.findall(result.summary)):
            print(f"NOT RUN: part of {result.step.name} ({', '.join(parts)})")
    passed = sum(result.outcome == "passed" for result in results)
    failed = sum(result.outcome == "FAILED" for result in results)
    print(f"{passed} passed, {failed} failed", flush=True)
