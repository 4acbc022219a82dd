"""Running a notebook: with other parameters, or anew to store its outputs."""

from __future__ import annotations

import ast
import multiprocessing
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from nbformat import NotebookNode

from tools.machine.system import processors
from tools.notebooks import executions
from tools.notebooks.environments import KERNEL, START_TIMEOUT
from tools.notebooks.store import clean, write

# On two cores, two notebooks with one thread each are done sooner than one at a time with two.
NOTEBOOKS_AT_ONCE = 2


def run_notebook(
    source: Path, target: Path, parameters: Mapping[str, object], folder: Path | None = None
) -> NotebookNode:
    """Run `source` and write the result to `target`; the executed notebook.

    folder: in which it runs; its own, if none is named.

    Raises `papermill.PapermillExecutionError` when a cell raises, `ValueError` for a parameter that
    the notebook does not have.
    """
    import papermill

    known = papermill.inspect_notebook(_literally(source)) if parameters else {}
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise ValueError(
            f"{source.name}: expected parameters out of {sorted(known)}, got {', '.join(unknown)}"
        )
    for name, value in parameters.items():
        default = literal(known[name]["default"])
        if not is_like(value, default):
            raise ValueError(
                f"{source.name}: expected for {name} a value like {default!r}, got {value!r}"
            )
    target.parent.mkdir(parents=True, exist_ok=True)
    return papermill.execute_notebook(
        _literally(source.resolve()),
        _literally(target.resolve()),
        parameters=dict(parameters),
        kernel_name=KERNEL,
        progress_bar=False,
        start_timeout=START_TIMEOUT,
        iopub_timeout=START_TIMEOUT,
        cwd=(folder or source.parent).resolve(),
    )


def literal(text: str) -> object:
    """The value that is written there; None for what is computed."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None


def is_like(value: object, default: object) -> bool:
    """Whether a parameter can have this value; a whole number may stand for a decimal one."""
    if value is None or default is None or (type(value) is int and type(default) is float):
        return True
    return type(value) is type(default)


def _literally(path: Path) -> str:
    """The path for papermill, which else puts parameters in the place of names in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def execute(path: Path) -> executions.Execution:
    """Run the notebook with its default parameters and store the outputs in it; how that went.

    A run that fails leaves the stored notebook as it was.
    """
    start, worked_before = time.monotonic(), executions.processor_seconds()
    with tempfile.TemporaryDirectory() as folder:
        result = run_notebook(path, Path(folder, path.name), {})
    seconds, worked = time.monotonic() - start, executions.processor_seconds()
    write(clean(result), path)
    return executions.Execution(
        code=executions.fingerprint(result),
        processors=processors(),
        seconds=round(seconds),
        processor_seconds=None if worked is None else round(worked - worked_before),
        versions=executions.versions(),
    )


def execute_all(paths: Sequence[Path], notes: Path = executions.EXECUTIONS) -> list[str]:
    """Execute the notebooks, some at a time, and note in the file `notes` how long each took.

    Returns one message for each that failed.
    """
    failures = []
    context = multiprocessing.get_context("spawn")  # papermill changes the working directory
    with ProcessPoolExecutor(NOTEBOOKS_AT_ONCE, mp_context=context) as pool:
        futures = {pool.submit(execute, path): path for path in paths}
        for future in as_completed(futures):
            path = futures[future]
            try:
                executions.record({path.stem: future.result()}, notes)
                print(f"executed {path.name}", flush=True)
            except Exception as error:
                failures.append(f"{path.name} is as it was, because its run failed:\n{error}")
    return failures
