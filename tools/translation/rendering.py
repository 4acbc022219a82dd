"""Both editions as pages, made at the same time: two books of which neither needs the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import ROOT
from tools.translation import FOLDER, catalogues, edition
from utils.wording.words import ENGLISH, VARIABLE

OPTIONS = ("--all", "--quiet", "-W", "-n", "--keep-going")


def render(build: Path = ROOT / "_build") -> Path:
    """Render the English book to `build/html` and the Chinese one to `build/html/zh`.

    Returns the first of these folders. Raises `RuntimeError` where a page does not come out without
    a warning; what Sphinx says of it is on the screen by then.
    """
    workplace = build / FOLDER
    for old in (build / "html", build / ".doctrees", workplace):
        shutil.rmtree(old, ignore_errors=True)
    edition.make(workplace / "source")
    runs = [
        _start(ROOT, build.parent, ENGLISH),
        _start(workplace / "source", workplace, catalogues.LANGUAGE),
    ]
    statuses = [run.wait() for run in runs]
    if any(statuses):
        raise RuntimeError("expected pages without a warning; what is wrong stands above")
    shutil.move(workplace / "_build" / "html", build / "html" / FOLDER)
    return build / "html"


def _start(source: Path, target: Path, language: str) -> subprocess.Popen:
    # The program beside the running interpreter, from the folder in which `tools` is found.
    program = Path(sys.executable).with_name("jupyter-book")
    return subprocess.Popen(
        [str(program), "build", str(source), "--path-output", str(target), *OPTIONS],
        cwd=ROOT,
        env=os.environ | {VARIABLE: language},
        stdout=subprocess.DEVNULL,
    )
