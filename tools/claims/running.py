"""Runs of notebooks in which every claim is noted, one in a process, several at once.

The processes are started by joblib, on this machine or on the workers of a Dask cluster. What a run
found is written to a file of its own as soon as it is there, so that nothing is lost that was done
when somebody, or a power cut, ends the whole.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from pathlib import Path

import joblib
import psutil
from nbformat.v4 import new_code_cell

from tools import ROOT
from tools.claims import fingerprint, record, recorder
from tools.claims.plan import Task, additional
from tools.claims.record import Entry, Run
from tools.machine.system import processors
from tools.notebooks import environments, listing
from tools.notebooks.run import run_notebook

# One thread, in the networks that a notebook trains in processes of its own too.
THREADS = {"OMP_NUM_THREADS": "1", "LOKY_MAX_CPU_COUNT": "1", "CUDA_VISIBLE_DEVICES": ""}


# ------------------------------------------------------------------------------
# One run, in a process of its own


def run_one(task: Task, folder: Path | None = None) -> Run:
    """Run the notebook here and now. Raises what papermill raises when a cell does.

    Raises `RuntimeError` if the book's code was changed meanwhile, or nothing was claimed.
    """
    notebook = listing.read(task.path)
    code = fingerprint.fingerprint(notebook)
    for name in (recorder.NAME, "claims-result"):
        assert all(name != cell.get("id") for cell in notebook.cells)
    begin = (
        "def _install():\n"
        "    from importlib import util\n"
        f"    spec = util.spec_from_file_location({recorder.NAME!r}, {recorder.__file__!r})\n"
        "    module = util.module_from_spec(spec)\n"
        "    spec.loader.exec_module(module)\n"
        "    module.install(get_ipython())\n"
        "_install()\n"
        "del _install\n"
    )
    notebook.cells.insert(0, new_code_cell(begin))
    notebook.cells.append(new_code_cell(f"{recorder.NAME}.print_result()"))
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary, task.path.name)
        source.write_text(json.dumps(notebook), "utf-8")
        done = run_notebook(
            source,
            Path(temporary, "done", source.name),
            task.parameters,
            folder=folder or task.path.parent,
        )
    texts = [output.text for output in done.cells[-1].outputs if output.get("name") == "stdout"]
    claims = json.loads("".join(texts))
    if not claims:
        raise RuntimeError(f"expected claims in {task.path.name}, found none")
    if fingerprint.fingerprint(listing.read(task.path)) != code:
        raise RuntimeError(f"the code was changed while {task.name} ran; run it again")
    return Run(code, fingerprint.versions(), dict(task.parameters), claims)


def end_with(parent: int) -> None:
    """End this process, with all that it started, as soon as the one that started it has ended."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        for child in psutil.Process().children(recursive=True):
            child.kill()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def environment_of(task: Task) -> AbstractContextManager[None]:
    """The environment that the notebook runs in; closed unless it reads a data set."""
    is_open = set(task.parameters) & set(additional(task.path))
    change = environments.kernel_environment if is_open else environments.closed_environment
    return environments.using(change(os.environ) | THREADS)


# ------------------------------------------------------------------------------
# All of them


def process_of(folder: str, python: str) -> Callable[[str, str], tuple[str, str]]:
    """A function that runs one task in a process and returns what it found, and what went wrong.

    It is defined in here so that it travels to a worker as a whole: the worker needs to find
    nothing of the book but the folder, with the same path, and the same Python.
    """

    def call(path: str, parameters: str) -> tuple[str, str]:
        import subprocess
        import tempfile
        from pathlib import Path

        with tempfile.TemporaryDirectory() as temporary:
            target = Path(temporary, "run.json")
            done = subprocess.run(
                [python, "-m", "tools.claims", "one", path, parameters, str(target)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
            if target.exists():
                return target.read_text("utf-8"), ""
            return "", done.stdout.strip() or f"it ended with status {done.returncode}"

    return call


def run_all(
    wanted: Sequence[Task],
    jobs: int | None = None,
    cluster: str = "",
    report: Callable[[str], None] = print,
    file: Path = record.RECORD,
    runs: Path = record.RUNS,
) -> list[str]:
    """Run what the record lacks, and write the record after each run; one message a failed run.

    jobs: how many at once; as many as there are processors, or as the cluster has, if none is said.
    cluster: the address of a Dask cluster's scheduler; empty for this machine.
    """
    versions = fingerprint.versions()
    codes = {task.path: fingerprint.fingerprint(listing.read(task.path)) for task in wanted}
    missing = []
    for task in wanted:
        found = known_runs(task.path.stem, codes[task.path], versions, file, runs)
        if not any(run.parameters == task.parameters for run in found):
            missing.append(task)
    report(f"{len(wanted) - len(missing)} of {len(wanted)} runs are recorded, {len(missing)} to do")
    for path, code in codes.items():
        assemble(path.stem, code, versions, file, runs)
    failures = []
    with ExitStack() as stack:
        if cluster:
            from dask.distributed import Client

            stack.enter_context(Client(cluster))
            stack.enter_context(joblib.parallel_config(backend="dask"))
            jobs = jobs or joblib.effective_n_jobs(-1)
        else:
            # A thread waits for a process: another process in between would serve nothing.
            stack.enter_context(joblib.parallel_config(backend="threading"))
        jobs = max(1, min(jobs or processors(), len(missing)))
        parallel = joblib.Parallel(
            jobs, return_as="generator_unordered", batch_size=1, pre_dispatch=jobs
        )
        call = numbered(process_of(str(ROOT), sys.executable))
        calls = [
            joblib.delayed(call)(i, str(task.path), json.dumps(task.parameters))
            for i, task in enumerate(missing)
        ]
        with closing(parallel(calls)) as results:
            for number, (text, problem) in results:
                task = missing[number]
                run = Run(**json.loads(text)) if text else None
                if run and (run.code != codes[task.path] or run.versions != versions):
                    problem = "a worker has other code or other versions than this process"
                if problem or run is None:
                    failures.append(f"{task.name}: {problem}")
                    report(f"FAILED    {task.name}")
                    continue
                record.write_run(run, task.path.stem, runs)
                assemble(task.path.stem, run.code, versions, file, runs)
                held = sum(claim["held"] for claim in run.claims)
                report(f"recorded  {task.name}: {held} of {len(run.claims)} claims held")
    return failures


def numbered(call: Callable[[str, str], tuple[str, str]]) -> Callable:
    """The function, returning beside its result the number of the task."""

    def call_numbered(number: int, *arguments: str) -> tuple[int, tuple[str, str]]:
        return number, call(*arguments)

    return call_numbered


def known_runs(
    stem: str, code: str, versions: Mapping[str, str], file: Path, runs: Path
) -> list[Run]:
    """What is recorded of this code with these versions: in the record, and beside it."""
    entry: Entry | None = record.read(file).get(stem)
    found = [*(entry.as_runs() if entry else []), *record.read_runs(stem, runs)]
    same = [run for run in found if run.code == code and run.versions == dict(versions)]
    return list({run.name: run for run in same}.values())


def assemble(stem: str, code: str, versions: Mapping[str, str], file: Path, runs: Path) -> None:
    """Put the notebook's runs into the record; an entry of other code stays until there is one."""
    found = known_runs(stem, code, versions, file, runs)
    if found:
        record.write(record.read(file) | {stem: record.entry_of(found)}, file)
