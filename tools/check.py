"""Every check of the book: what `make test` runs.

    check.py                   all steps, two at a time
    check.py --list            their names
    check.py --only STEP       only these: a name, its beginning (`nbval`) or a pattern (`*02*`)

Prints one line as each step ends, the whole output of a step that fails, and a table at the end. A
run of all steps also leaves a report in `_build/check/report.json`, which the book's page on its
checks shows.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where PYTHONSAFEPATH is set it is left out

import browser
import check_report
import files
import notebooks
import psutil
from check_report import Report, StepReport

ROOT = notebooks.ROOT
RUNS = ROOT / "_build" / "check"  # where the notebooks that are run here are written
REPORT = "report.json"  # in the same folder
SECOND_SEED = 1
MNIST_PRESET = "mnist-test"
NO_MNIST = "no MNIST found; set DATA_ROOT to a folder that holds MNIST/raw"
# A step that hangs is ended; one that is slow is not, however slow the machine is. So what counts
# is not how long a step takes but whether processors work for it: an idle kernel wakes up once a
# second, which takes less than a thousandth of one.
IDLE_LIMIT = 900  # seconds
IDLE_SHARE = 0.01  # of one processor
WINDOWS = sys.platform == "win32"
PYTHON = sys.executable
PYTEST_OPTIONS = ("-q", "--color=no", "-p", "no:cacheprovider")
PYTEST = (PYTHON, "-m", "pytest", *PYTEST_OPTIONS)
NOTEBOOKS = (PYTHON, str(ROOT / "tools" / "notebooks.py"))
SCHEMA = ("--builtin-schema", "vendor.github-workflows")  # it comes with the package
NBVAL = (PYTHON, str(ROOT / "tools" / "nbval_run.py"))

PYTEST_SUMMARY = re.compile(r"^=*\s*((?:\d+ \w+(?:, )?|no tests ran)+ in [\d.]+s.*?)\s*=*$", re.M)
BUILD_SUMMARY = re.compile(r"(.*rendered.*)")
SKIPPED = re.compile(r"\b\d+ (?:skipped|xfailed)\b")


@dataclass(frozen=True)
class Step:
    """One check: commands run one after the other, all of which must succeed."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    purpose: str  # one sentence for the book's readers; it stands on the page on its checks
    notebook: str = ""  # the stem of the one that it looks at, with which its name ends
    after: str = ""  # the step whose result this one looks at
    weight: int = 0  # a guess at how long it takes, in any unit; the longest start first
    closed: bool = False  # in the environment without network and data folder
    obstacle: str = ""  # why it cannot run on this machine
    optional: bool = False  # whether CI may go without it
    quote: re.Pattern = re.compile(r"^(.*\S)\s*$", re.M)  # its last match stands in the table

    @property
    def kind(self) -> str:
        """The name without the notebook's: what the same steps of all notebooks are called."""
        return self.name.removesuffix(self.notebook).strip()


@dataclass(frozen=True)
class Result:
    step: Step
    outcome: str  # "passed", "FAILED" or "NOT RUN"
    seconds: float = 0.0
    processor_seconds: float | None = None  # of all its processes; None where it is not known
    summary: str = ""
    output: str = field(default="", repr=False)


# ------------------------------------------------------------------------------
# The steps


def all_steps(environment: Mapping[str, str]) -> list[Step]:
    """The steps in the order in which they start."""
    return [
        *quick_steps(),
        *site_steps(environment),
        unit_step(),
        *notebook_steps(environment),
    ]


def quick_steps() -> list[Step]:
    workflows = [str(path) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
    return [
        Step(
            "ruff",
            ((PYTHON, "-m", "ruff", "check", "--output-format=concise", "."),),
            "Code, that of the notebooks too, has no unused name and none of the mistakes that a "
            "program can see without running it.",
        ),
        Step(
            "format",
            ((PYTHON, "-m", "ruff", "format", "--check", "."),),
            "All code is laid out in the same way.",
        ),
        Step(
            "spelling",
            ((PYTHON, "-m", "codespell_lib"),),
            "Neither prose nor code has one of the common misspellings.",
        ),
        Step(
            "workflows",
            ((PYTHON, "-m", "check_jsonschema", *SCHEMA, *workflows),),
            "The files that run these checks on GitHub have the form that GitHub reads.",
        ),
        Step(
            "kernel",
            ((*NOTEBOOKS, "kernel"),),
            "Notebooks run with the versions that are locked, not in another Python that the "
            "machine also has.",
            closed=True,
        ),
    ]


def site_steps(environment: Mapping[str, str]) -> list[Step]:
    """Early, because the site's tests wait for the build."""
    missing = ""
    if not browser.find(environment.get("PATH")):
        missing = "no Chromium found; install the package chromium"
    tests = (*PYTEST, "tests/site", "-m")
    return [
        Step(
            "book",
            book_commands(),
            "The pages render from the stored outputs without a single warning.",
            quote=BUILD_SUMMARY,
        ),
        Step(
            "pages",
            ((*tests, "not browser"),),
            "On the pages every link leads somewhere, every picture has a text for those who do "
            "not see it, every paper that is linked stands in the bibliography, and nothing is "
            "loaded from another host.",
            after="book",
            quote=PYTEST_SUMMARY,
        ),
        Step(
            "browser tests",
            ((*tests, "browser"),),
            "Chromium opens every page, on a desk and on a phone, light and dark, from disk and "
            "from a server, without a network: no error, no scrolling sideways, nothing that axe "
            "objects to. A chapter is walked through by keyboard. Every explorer computes what "
            "PyTorch computes.",
            after="book",
            obstacle=missing,
            quote=PYTEST_SUMMARY,
        ),
        Step(
            "pdf",
            ((PYTHON, str(ROOT / "tools" / "pdf.py")), (*PYTEST, "tests/pdf")),
            "The whole book prints to one PDF, with every chapter in it, its text and its fonts, "
            "and links that lead to its own pages.",
            after="book",
            obstacle=missing,
            quote=PYTEST_SUMMARY,
        ),
    ]


def book_commands() -> tuple[tuple[str, ...], ...]:
    """`make book`; the same without make on Windows, and where the interpreter is another than
    that of `.venv`, since make would install the book's packages there first."""
    if not WINDOWS and Path(sys.prefix).resolve() == (ROOT / ".venv").resolve():
        return (("make", "--no-print-directory", "book"),)
    program = str(Path(sysconfig.get_path("scripts"), "jupyter-book"))
    options = ("--path-output", str(ROOT), "--all", "--quiet", "-W", "-n", "--keep-going")
    return (program, "clean", "--html", str(ROOT)), (program, "build", str(ROOT), *options)


def unit_step() -> Step:
    built = ("--ignore=tests/site", "--ignore=tests/pdf")
    return Step(
        "tests",
        ((*PYTEST, "tests", *built),),
        "The code that chapters share and the tools do what they say, on small cases whose answer "
        "is known; and every stored notebook keeps the rules that all notebooks have.",
        quote=PYTEST_SUMMARY,
    )


def notebook_steps(environment: Mapping[str, str]) -> list[Step]:
    """Up to three runs of each notebook, the longest first.

    The step "nbval" runs it as it is: nbval compares its outputs with the stored ones, exactly, but
    for those of cells that train. The same run's outputs are kept, and `notebooks.py compare` then
    holds all of them against the stored ones, the numbers of training cells within the tolerance
    that each cell states.

    The run with a second seed also measures on MNIST's 10,000 test digits where a notebook has a
    preset for that and DATA_ROOT holds them. The book has to work for people who have no MNIST, so
    CI may go without.
    """
    root = notebooks.with_absolute_data_root(environment).get("DATA_ROOT", "")
    has_mnist = bool(root) and Path(root, "MNIST", "raw").is_dir()
    steps = []
    for path in notebooks.find_notebooks():
        name, source, fresh = path.stem, str(path), RUNS / path.name
        weight = sum(map(notebooks.is_training, notebooks.read(path).cells))
        exact = (*NBVAL, str(fresh), source, *PYTEST_OPTIONS)
        tolerant = (*NOTEBOOKS, "compare", source, str(fresh))
        other = str(RUNS / f"{name}-seed-{SECOND_SEED}.ipynb")
        seed = (*NOTEBOOKS, "run", name, "--seed", str(SECOND_SEED), "-o", other)
        steps.append(
            Step(
                f"nbval {name}",
                (exact, tolerant),
                "Run as it is, the notebook shows what is stored: exactly, or, where something "
                "was trained, within the tolerance that the cell states. Every claim holds.",
                name,
                weight=weight,
                closed=True,
                quote=PYTEST_SUMMARY,
            )
        )
        measures = notebooks.preset_path(MNIST_PRESET, path).exists()
        if measures and has_mnist:
            measured = (*seed, "--preset", MNIST_PRESET)
            purpose = (
                "Every claim holds with another seed, and on all 10,000 test digits of MNIST in "
                "place of the few held out by default."
            )
            steps.append(Step(f"seed, MNIST {name}", (measured,), purpose, name, weight=weight))
        else:
            purpose = (
                "Every claim holds with another seed: other weights to begin with, other luck."
            )
            steps.append(Step(f"seed {name}", (seed,), purpose, name, weight=weight, closed=True))
        if measures and not has_mnist:
            purpose = (
                "Every claim holds on all 10,000 test digits of MNIST, where they are at hand."
            )
            steps.append(Step(f"MNIST {name}", (), purpose, name, obstacle=NO_MNIST, optional=True))
        if notebooks.preset_path("smoke", path).exists():
            target = str(RUNS / f"{name}-smoke.ipynb")
            smoke = (*NOTEBOOKS, "run", name, "--preset", "smoke", "-o", target)
            purpose = (
                "With very little data and training, the notebook runs through in seconds; claims "
                "that need a trained network say that they are not checked."
            )
            steps.append(Step(f"smoke {name}", (smoke,), purpose, name, closed=True))
    return sorted(steps, key=lambda step: -step.weight)


def step_environment(base: Mapping[str, str]) -> dict[str, str]:
    """The environment of every step: one thread each, compiled modules kept, no outer make.

    Text in UTF-8, which Windows would else write in another encoding than is read here; figures
    without a window.
    """
    environment = notebooks.with_absolute_data_root(base)
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


# ------------------------------------------------------------------------------
# Running them


class Runner:
    """Runs steps, `jobs` at a time, and reports on each as it ends."""

    def __init__(self, environment: Mapping[str, str], jobs: int, total: int):
        self.open = step_environment(environment)
        self.closed = notebooks.closed_environment(self.open)
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
        start = time.monotonic()
        output, succeeded = "", True
        worked: list[float | None] = []
        for command in step.commands:
            code, text, seconds = self._call(command, self.closed if step.closed else self.open)
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
        watch = Watch(process)
        watch.start()
        try:
            with process.stdout:
                output = process.stdout.read()
            worked = processor_seconds(process)
        finally:
            watch.stop()
            self.processes.discard(process)
        if watch.found_idle:
            output += f"\nended after {IDLE_LIMIT} seconds in which it did nothing"
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
            end(process)


class Watch(threading.Thread):
    """Ends a process, with all that it started, once no processor has worked for it for long."""

    def __init__(self, process: subprocess.Popen):
        super().__init__(daemon=True)
        self.process = process
        self.found_idle = False
        self._stopped = threading.Event()

    def run(self) -> None:
        worked, since = work_so_far(self.process.pid), time.monotonic()
        while not self._stopped.wait(min(IDLE_LIMIT / 4, 30)):
            now, idle = work_so_far(self.process.pid), time.monotonic() - since
            # Less than before means that one of its processes has ended: something happened.
            if abs(now - worked) > IDLE_SHARE * idle:
                worked, since = now, time.monotonic()
            elif idle >= IDLE_LIMIT:
                self.found_idle = True
                end(self.process)
                return

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def work_so_far(pid: int) -> float:
    """Seconds that processors have worked for a process and for those it started that still run."""
    total = 0.0
    with suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
    return total


def processor_seconds(process: subprocess.Popen) -> float | None:
    """Wait until the process ends; how long processors worked for it and for those it started.

    None where the system does not tell, on Windows for example.
    """
    if hasattr(os, "wait4"):
        with suppress(ChildProcessError):  # `end` has asked in the same moment
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_utime + usage.ru_stime
    process.wait()
    return None


def end(process: subprocess.Popen) -> None:
    """End the process with all that it started; kernels notice and end themselves."""
    if process.poll() is not None:
        return
    if WINDOWS:
        command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False)
    else:
        os.killpg(process.pid, signal.SIGKILL)


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


def select(steps: Sequence[Step], wanted: Sequence[str]) -> list[Step]:
    """The steps called, beginning or matching as wanted; all of them if nothing is."""
    if not wanted:
        return list(steps)
    chosen = [
        step
        for step in steps
        if any(fnmatch(step.name, name) or step.name.startswith(f"{name} ") for name in wanted)
    ]
    if not chosen:
        raise SystemExit(f"no step is called {', '.join(wanted)}; --list names them all")
    return chosen


def stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", default=[], metavar="STEP")
    parser.add_argument("--list", action="store_true", help="name the steps and run none")
    parser.add_argument("--jobs", type=int, default=notebooks.NOTEBOOKS_AT_ONCE, metavar="N")
    arguments = parser.parse_args()
    steps = select(all_steps(os.environ), arguments.only)
    if arguments.list:
        print("\n".join(step.name for step in steps))
        return 0
    signal.signal(signal.SIGTERM, stop)
    files.print_everything()
    start = time.monotonic()
    circumstances = {"began": check_report.now()} | check_report.describe_machine()
    circumstances |= check_report.git_state(ROOT) | {"browser": browser.version()}
    shutil.rmtree(RUNS, ignore_errors=True)
    jobs = max(1, arguments.jobs)
    runner = Runner(os.environ, jobs, len(steps))
    try:
        results = runner.run_all(steps)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    seconds = time.monotonic() - start
    print_table(results, seconds)
    if not arguments.only:
        report = make_report(results, seconds, jobs, circumstances)
        check_report.write(report, RUNS / REPORT)
    return 1 if any(result.outcome == "FAILED" for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
