"""What runs on whole data sets have found, in `book/full_scale.json`.

A run says when, on what and by which command it was made, and what it took. It holds a fingerprint
of the code that was measured: where that has changed since, the page says so beside the numbers.
Weights, subwords and translations are not in it: they stay in `_build/full_scale`.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tools import ROOT
from tools.claims import fingerprint
from tools.full_scale.recipes import RECIPES, Recipe
from tools.machine import files
from tools.notebooks import executions, listing

RECORD = ROOT / "book" / "full_scale.json"
PRESET = "full"
REMEDY = "take the file from Git again, then run `make full`"


@dataclass(frozen=True)
class Run:
    """One run: how it was made, and what it found."""

    code: str  # the fingerprint
    date: str  # on which it ended, such as 2026-01-31
    command: str
    device: str
    threads: int  # that computed, in one process or in several
    seconds: float  # of the clock on the wall
    processor_seconds: float | None  # None where the system does not tell, or a run was resumed
    peak_memory_bytes: int | None  # of the largest process; None where the system does not tell
    versions: dict[str, str]
    results: dict[str, Any]


# ------------------------------------------------------------------------------
# What was measured


def chapter_code(path: Path) -> str:
    """A fingerprint of the notebook, of all of `utils` that it needs, and of its preset."""
    preset = listing.preset_path(PRESET, path).read_text("utf-8")
    return _digest(fingerprint.fingerprint(listing.read(path)), preset)


def training_code(recipe: Recipe) -> str:
    """A fingerprint of the recipe, and of all of `utils` that training by it needs."""
    chosen = {name: value for name, value in asdict(recipe).items() if name != "title"}
    return _digest(json.dumps(chosen, sort_keys=True), *_needed("translators.py"))


def translation_code(recipe: Recipe) -> str:
    """A fingerprint of all that, and of what searches and scores."""
    return _digest(training_code(recipe), *_needed("translation.py"))


@cache
def _program(name: str) -> ast.Module:
    """Read and not imported, since it needs PyTorch."""
    return ast.parse(Path(__file__).with_name(name).read_text("utf-8"))


def _needed(program: str) -> list[str]:
    """Digests of the modules of `utils` behind a program of this folder."""
    paths = (fingerprint.path_of(name, ROOT) for name in fingerprint.closure([_program(program)]))
    return [_module(path) for path in paths]


def _module(path: Path | None) -> str:
    return "" if path is None else fingerprint.module_digest(path, path.stat().st_mtime_ns).hex()


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def code_of(name: str) -> str:
    """Today's fingerprint for a run of that name; empty if there is no such run any more."""
    kind, _, rest = name.partition(" ")
    if kind == "stream":
        return _digest(*_needed("stream.py"))
    if kind == "chapter":
        path = next((path for path in listing.find_notebooks() if path.stem == rest), None)
        return chapter_code(path) if path else ""
    recipe = RECIPES.get(rest.rpartition(" ")[0])
    return translation_code(recipe) if recipe else ""


def is_current(name: str, run: Run) -> bool:
    """Whether today's code was measured."""
    return run.code == code_of(name)


# ------------------------------------------------------------------------------
# On what, and with what


def circumstances(
    command: str, threads: int, seconds: float, processor_seconds: float | None, memory: int | None
) -> dict[str, Any]:
    """All of a `Run` but its code and its results."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "command": command,
        "device": device_in_words(),
        "threads": threads,
        "seconds": round(seconds, 1),
        "processor_seconds": None if processor_seconds is None else round(processor_seconds, 1),
        "peak_memory_bytes": memory,
        "versions": executions.versions(),
    }


def device_in_words() -> str:
    """The GPU's name, or how many processors of which kind there are."""
    import torch

    from utils.training.loop import best_device

    device = best_device()
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {os.cpu_count()} processors, {platform.machine()}"


# ------------------------------------------------------------------------------
# The file


def read(path: Path = RECORD) -> dict[str, Run]:
    """The runs by name; none if there is no file. Raises `ValueError` for another kind of file."""
    try:
        data = json.loads(path.read_text("utf-8"))
        return {name: Run(**run) for name, run in data.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"expected runs on whole data sets in {path.name}, got something else ({error}); "
            f"{REMEDY}"
        ) from error


def write(runs: Mapping[str, Run], path: Path = RECORD) -> None:
    """Put the runs in the place of those of the same name; the others stay."""
    kept = dict(sorted((read(path) | runs).items()))
    lines = (f"{json.dumps(name)}: {_lines(run)}" for name, run in kept.items())
    files.write(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _lines(run: Run) -> str:
    """A result a line, so that Git shows which has changed."""
    data = asdict(run)
    results = data.pop("results")
    head = json.dumps(data, ensure_ascii=False)[:-1]
    lines = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
        for name, value in results.items()
    )
    return f'{head}, "results": {{\n{lines}\n}}}}'
