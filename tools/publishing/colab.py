"""Do the notebooks run in Colab, without replacing one package that is preinstalled there?

    python -m tools.publishing.colab
        build Colab's environment from the list of its packages, and check it
    python -m tools.publishing.colab --packages FILE
        from another list, as Colab publishes it
    python -m tools.publishing.colab --environment PYTHON
        build nothing; check the environment of this interpreter as it is

A kernel of that environment, in which `google.colab` is loaded, runs every notebook with the preset
`smoke`, in a folder away from the repository. The first cell installs the book with pip, as in
Colab, here from a clone of the last commit. After each notebook, the packages are compared with
those that were there before.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

import yaml
from nbformat import NotebookNode
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import ROOT
from tools.machine import files
from tools.machine.git import is_own_repository, state
from tools.notebooks import environments, listing, run
from tools.publishing import stamp
from tools.publishing.repository import Repository

FOLDER = ROOT / "_build" / "colab"
PACKAGES = Path(__file__).with_name("colab_packages.txt")
UV = str(Path(sys.executable).with_name("uv"))
PYTHON = "3.13"
BOOK = "encode-decode-attend"
BUILD_LIMIT = 1000  # seconds that the build of a package from its source may take
STAND_IN = (
    '"""Stands for Colab\'s own package, by which other packages know that they run in Colab."""\n'
)
STARTUP = "import google.colab\n"


@dataclass(frozen=True)
class Package:
    version: str
    folder: str  # where it is installed
    commit: str = ""  # that it was installed from; empty for one from a list of packages


def interpreter_paths(python: Path) -> list[str]:
    """Where that interpreter looks for modules."""
    code = "import json, sys; print(json.dumps([path for path in sys.path if path]))"
    return json.loads(_call(str(python), "-c", code))


def installed(paths: Sequence[str]) -> dict[str, Package]:
    """What is installed there, by name; of two with one name the first, which is the one in use."""
    found: dict[str, Package] = {}
    for one in distributions(path=list(paths)):
        if one.name:  # a folder that lacks its metadata is none
            origin = json.loads(one.read_text("direct_url.json") or "{}")
            commit = origin.get("vcs_info", {}).get("commit_id", "")
            package = Package(one.version, str(one.locate_file("")), commit)
            found.setdefault(canonicalize_name(one.name), package)
    return found


def added(before: Mapping[str, Package], after: Mapping[str, Package]) -> list[str]:
    """The packages that are new, each as name and version."""
    return [f"{name} {after[name].version}" for name in sorted(after.keys() - before.keys())]


def replaced(before: Mapping[str, Package], after: Mapping[str, Package]) -> list[str]:
    """One sentence for each package that is no longer there, or another one."""
    sentences = []
    for name, old in sorted(before.items()):
        new = after.get(name)
        if new is None:
            sentences.append(f"{name} {old.version} was removed")
        elif new.version != old.version:
            sentences.append(f"{name} {old.version} was replaced by {new.version}")
        elif new.folder != old.folder:
            sentences.append(f"{name} {old.version} is now taken from {new.folder}")
    return sentences


def missed(
    before: Mapping[str, Package], after: Mapping[str, Package], unavailable: Iterable[str]
) -> list[str]:
    """One sentence for each package that Colab has, that cannot be had here and that pip added."""
    return [
        f"the book depends on {name}, which Colab has and which cannot be had here"
        for name in sorted((after.keys() - before.keys()) & set(unavailable))
    ]


def book_requirements() -> list[str]:
    """What pyproject.toml says that the book's code depends on."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]


def read_packages(text: str) -> dict[str, str]:
    """The version of each package in the text, one `name==version` a line.

    Comments and what has no version, such as an address, are left out. Raises `ValueError` for a
    text without any package, and for a package named twice with different versions.
    """
    versions: dict[str, str] = {}
    for line in text.splitlines():
        found = re.fullmatch(r"([\w.-]+)==([^\s;#]+)", line.partition(" #")[0].strip())
        if found:
            name, version = canonicalize_name(found[1]), found[2]
            if versions.setdefault(name, version) != version:
                raise ValueError(
                    f"expected one version of {name}, got {versions[name]} and {version}; "
                    "take one of them out of the list"
                )
    if not versions:
        raise ValueError("expected packages as name==version, one a line, got none")
    return versions


class Builder:
    """Makes an environment of packages at their versions, none of them with what it depends on."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.python = folder / "bin" / "python"

    def create(self) -> None:
        try:
            _call(UV, "venv", "--quiet", "--no-project", "--python", PYTHON, str(self.folder))
        except RuntimeError as error:
            raise ValueError(
                f"expected Python {PYTHON}, which Colab has, on the PATH, found none; install it, "
                f"or, where pyenv has one, set PYENV_VERSION to its number ({error})"
            ) from error

    def fill(self, versions: Mapping[str, str]) -> dict[str, str]:
        """Install the packages; those that cannot be had, each with the reason.

        Raises `ValueError` when one that the book names itself is among them.
        """
        pins = [f"{name}=={version}" for name, version in versions.items()]
        named = {canonicalize_name(Requirement(line).name) for line in book_requirements()}
        first = [pin for pin in pins if pin.partition("==")[0] in named]
        # Before the many, so that without a network this ends at once.
        reason = self._install(first, "--only-binary", ":all:")
        if reason:
            raise ValueError(f"expected to install {', '.join(first)}; uv says: {reason}")
        failures = {}
        for pin in self._without_wheel([pin for pin in pins if pin not in first]):
            reason = self._install([pin])
            if reason:
                failures[pin] = reason
        return failures

    def _without_wheel(self, pins: Sequence[str]) -> list[str]:
        """Install those that there are wheels of, as many as possible at a time; the others."""
        if not pins or not self._install(pins, "--only-binary", ":all:"):
            return []
        if len(pins) == 1:
            return list(pins)
        middle = len(pins) // 2
        return self._without_wheel(pins[:middle]) + self._without_wheel(pins[middle:])

    def _install(self, pins: Sequence[str], *options: str) -> str:
        """Install the packages; where that fails the reason, else nothing."""
        command = [UV, "pip", "install", "--python", str(self.python), "--no-deps", *options, *pins]
        try:
            done = _run(*command, limit=None if options else BUILD_LIMIT)
        except subprocess.TimeoutExpired:
            return f"its build takes more than {BUILD_LIMIT} seconds"
        return why(done.stderr) if done.returncode else ""

    def complete_torch(self) -> None:
        """Install what PyPI's PyTorch, made for CUDA, needs more than Colab's, made for the CPU.

        Else it cannot be loaded, and pip would install it with the book.
        """
        version = installed(interpreter_paths(self.python))["torch"].version
        _call(UV, "pip", "install", "--python", str(self.python), f"torch=={version}")


def why(errors: str) -> str:
    """The line in what uv said that tells most: the last with an error, or the last but hints."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    # That a command failed says less than what the command said before.
    lines = [
        line for line in lines if not re.match(r"(?i)hint:|note:|\[|.*CalledProcessError", line)
    ]
    telling = [line for line in lines if re.search(r"(?i)error:|not found|because", line)]
    return textwrap.shorten((telling or lines or ["no reason given"])[-1], 160)


def write_kernel(folder: Path, python: Path) -> None:
    """Make a kernel of that interpreter which loads `google.colab` first, as Colab's does."""
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "colab.py").write_text(STARTUP, encoding="utf-8")
    options = ("--prefix", str(folder), "--name", environments.KERNEL)
    variables = ("--env", "IPYTHONDIR", str(folder / "ipython"))
    _call(str(python), "-m", "ipykernel", "install", *options, *variables)


def colab_environment(base: Mapping[str, str], folder: Path) -> dict[str, str]:
    """`base`, so changed that notebooks run in the kernel of `folder`, live, as for a reader."""
    environment = environments.kernel_environment(base)
    for name in (
        *("BOOK_SNAPSHOT", "DATA_ROOT", "MPLCONFIGDIR"),
        *("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"),
    ):
        environment.pop(name, None)
    return environment | {"JUPYTER_PATH": str(folder / "share" / "jupyter")}


def check_kernel(python: Path) -> str:
    """What runs the notebooks, in words. Raises `RuntimeError` if it is not what was asked for."""
    code = (
        "import sys, platform, IPython, ipywidgets, torch\n"
        "print(sys.executable, 'google.colab' in sys.modules, sep='\\n')\n"
        "print(f'Python {platform.python_version()}, IPython {IPython.__version__}, ', end='')\n"
        "print(f'ipywidgets {ipywidgets.__version__}, torch {torch.__version__}')\n"
    )
    executable, is_colab, versions = environments.ask_kernel(code)[-3:]
    if executable != str(python) or is_colab != "True":
        raise RuntimeError(
            f"expected a kernel of {python} with google.colab loaded, got one of {executable} with "
            f"google.colab loaded: {is_colab}"
        )
    return versions


def run_smoke(path: Path, name: str) -> list[str]:
    """Run the stamped notebook at `path` with the preset; what it wrote to the error stream.

    Raises `RuntimeError` for an error that shows in a widget alone, where it ends no run.
    """
    preset = listing.preset_path("smoke", path)
    parameters = yaml.safe_load(preset.read_text("utf-8"))
    result = run.run_notebook(path, FOLDER / "runs" / name, parameters)
    outputs = list(all_outputs(result))
    errors = [o for o in outputs if o["output_type"] == "error"]
    if errors:
        raise RuntimeError(f"a widget shows {errors[0]['ename']}: {errors[0]['evalue']}")
    streams = [o for o in outputs if o["output_type"] == "stream" and o["name"] == "stderr"]
    return [line for o in streams for line in o["text"].splitlines() if line.strip()]


def all_outputs(notebook: NotebookNode) -> Iterator[Mapping]:
    """The outputs of the cells, and those that stand in a widget, such as below its sliders."""
    for cell in notebook.cells:
        yield from cell.get("outputs", [])
    for kind in notebook.metadata.get("widgets", {}).values():
        for widget in kind["state"].values():
            yield from widget["state"].get("outputs", [])


def check_source(packages: Mapping[str, Package], commit: str) -> None:
    """Raises `RuntimeError` unless the book is among the packages, from that commit."""
    found = packages[BOOK].commit if BOOK in packages else "none"
    if found != commit:
        raise RuntimeError(
            f"expected the first cell to install {BOOK} at {commit}, found it at {found or 'none'}"
        )


def build(file: Path) -> tuple[Path, list[str]]:
    """Build the environment: its interpreter, and the names of the packages that it lacks."""
    versions = read_packages(file.read_text("utf-8"))
    builder = Builder(FOLDER / "environment")
    start = time.monotonic()
    print(f"Installing {len(versions)} packages, those without a wheel from their source")
    builder.create()
    failures = builder.fill(versions)
    builder.complete_torch()
    (site_packages,) = builder.folder.glob("lib/python*/site-packages")
    stand_in = site_packages / "google" / "colab" / "__init__.py"
    stand_in.parent.mkdir(parents=True)
    stand_in.write_text(STAND_IN, encoding="utf-8")
    there = installed(interpreter_paths(builder.python))
    print(
        f"{len(there.keys() & versions.keys())} of Colab's {len(versions)} packages are installed "
        f"({time.monotonic() - start:.0f} s)."
    )
    for name in sorted(there.keys() & versions.keys()):
        if there[name].version != versions[name]:
            print(f"  {name} {there[name].version} in place of {versions[name]}, for PyPI's torch")
    print("These cannot be had here:")
    for pin, reason in failures.items():
        print(f"  {pin}: {reason}")
    return builder.python, [pin.partition("==")[0] for pin in failures]


def check(python: Path, unavailable: Sequence[str] = ()) -> list[str]:
    """Run every notebook with that interpreter; one sentence for each thing that is wrong.

    unavailable: the packages that Colab has, and that the environment lacks.
    """
    if not is_own_repository(ROOT):
        raise ValueError(f"expected a clone of the book's repository, found no .git in {ROOT}")
    commit, changed = state(ROOT)
    if changed:
        print("There are changes that are not committed; they are not part of this check.")
    clone = FOLDER / "clone"
    _call("git", "clone", "--quiet", str(ROOT), str(clone))
    write_kernel(FOLDER / "kernel", python)
    wanted = colab_environment(os.environ, FOLDER / "kernel")
    os.environ.clear()
    os.environ.update(wanted)
    print(check_kernel(python))
    paths = interpreter_paths(python)
    before = after = installed(paths)
    if BOOK in before:
        raise ValueError(f"expected an environment without {BOOK}; take it out of {python}")
    problems: list[str] = []
    # Outside the repository, so that its code is not found beside the notebooks.
    with tempfile.TemporaryDirectory() as folder:
        source = f"git+{clone.as_uri()}@{commit}"
        repository = Repository.from_environment(os.environ) or Repository("OWNER", "NAME")
        for path in stamp.stamp(repository, clone, Path(folder), source):
            start = time.monotonic()
            try:
                warnings, outcome = run_smoke(path, path.name), "ran through"
                check_source(installed(paths), commit)
            except Exception as error:
                warnings, outcome = [], "FAILED"
                problems.append(f"{path.name}: {type(error).__name__}: {error}")
            print(f"{path.stem}: {outcome} ({time.monotonic() - start:.0f} s)")
            print(*(f"  warns: {line}" for line in warnings), sep="\n", end="\n" * bool(warnings))
            after = installed(paths)
            changes = replaced(before, after)
            if changes:
                problems += [f"after {path.name}: {change}" for change in changes]
                break
    news = added(before, after)
    print(f"Of {len(before)} packages that were there, {len(replaced(before, after))} "
          f"were replaced or removed; {len(news)} were added: {', '.join(news)}")  # fmt: skip
    problems += missed(before, after, unavailable)
    return problems


def _run(*command: str, limit: float | None = None) -> subprocess.CompletedProcess:
    """Run the command, away from the repository's folder, where its modules would be found."""
    return subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=limit)


def _call(*command: str) -> str:
    """What the command prints. Raises `RuntimeError` with what it said when it fails."""
    done = _run(*command)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def main(arguments: Sequence[str] | None = None) -> int:
    files.print_everything()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--packages", type=Path, default=PACKAGES, metavar="FILE")
    choice.add_argument("--environment", metavar="PYTHON")
    parsed = parser.parse_args(arguments)
    start = time.monotonic()
    sys.stdout.reconfigure(line_buffering=True)  # it takes long: each line when it is known
    try:
        packages = parsed.packages.resolve()
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        if parsed.environment:
            python = shutil.which(parsed.environment)
            if python is None:
                raise ValueError(f"expected an interpreter, found no {parsed.environment!r}")
            problems = check(Path(python))
        else:
            problems = check(*build(packages))
    except (ValueError, RuntimeError, OSError) as error:
        problems = [str(error)]
    print(f"{(time.monotonic() - start) / 60:.1f} minutes in all.")
    print(*problems, sep="\n", file=sys.stderr, end="\n" * bool(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
