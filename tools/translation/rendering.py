"""The Chinese pages, made of the edition's sources by the same Jupyter Book as the English ones."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tools import ROOT
from tools.sphinx_extensions.editions import FOLDER
from tools.translation import edition

WORKPLACE = ROOT / "_build" / FOLDER


def render(site: Path) -> None:
    """Render the Chinese edition into a folder of the English `site`.

    Raises `FileNotFoundError` where there is no English site, and `CalledProcessError` where a page
    does not come out without a warning.
    """
    if not (site / "index.html").is_file():
        raise FileNotFoundError(f"expected the English pages in {site}, found none; run `make book`")
    source = WORKPLACE / "source"
    edition.make(source)
    built = WORKPLACE / "_build"
    shutil.rmtree(built, ignore_errors=True)
    # The program beside the running interpreter, from the folder in which `tools` is found.
    program = Path(sys.executable).with_name("jupyter-book")
    options = ("--path-output", str(WORKPLACE), "--all", "--quiet", "-W", "-n", "--keep-going")
    run = subprocess.run(
        [str(program), "build", str(source), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if run.returncode:
        print(run.stdout, file=sys.stderr)
        run.check_returncode()
    shutil.rmtree(site / FOLDER, ignore_errors=True)
    shutil.move(built / "html", site / FOLDER)
