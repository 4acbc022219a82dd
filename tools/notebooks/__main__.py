"""Run the book's notebooks and look after what they store.

    python -m tools.notebooks COMMAND ...

    execute [NAME ...]       run anew, with default parameters; store the outputs
    refresh                  put today's scripts and tables' layout into the stored outputs
    tidy FILE [FILE ...]     what an editor saved, in the form that execute stores
    compare STORED FRESH     are the outputs of two runs of a notebook the same?
    run NAME [--seed N] [--preset smoke|full|mnist-test] [-o PATH]
    show FILE                the notebook as plain text, for people who compare two of them
    kernel                   is the kernel that runs them this environment's own?

A NAME is a notebook's file name with or without `.ipynb`, or its beginning: `02` is enough.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from tools import ROOT
from tools.machine import files
from tools.notebooks.compare import compare
from tools.notebooks.environments import check_kernel, closed_environment, kernel_environment
from tools.notebooks.listing import (
    DATA_PRESETS,
    PRESETS,
    code_cells,
    find_notebook,
    find_notebooks,
    preset_path,
    read,
)
from tools.notebooks.run import execute_all, run_notebook
from tools.notebooks.show import as_text
from tools.notebooks.store import clean, refresh, to_text, write

LARGEST_SEED = 2**32 - 1  # that NumPy takes


def command_execute(arguments: argparse.Namespace) -> int:
    paths = [find_notebook(name) for name in arguments.names] or find_notebooks()
    if not paths:
        raise ValueError("expected notebooks among the pages in _toc.yml, found none")
    failures = execute_all(paths)
    if failures:
        print(*failures, sep="\n\n", file=sys.stderr)
    return 1 if failures else 0


def command_refresh(_arguments: argparse.Namespace) -> int:
    for path in find_notebooks():
        notebook = read(path)
        if refresh(notebook):
            write(notebook, path)
            print(f"refreshed {path.name}")
    return 0


def command_tidy(arguments: argparse.Namespace) -> int:
    for path in arguments.files:
        text = path.read_text("utf-8")
        notebook = clean(read(path))
        if to_text(notebook) != text:
            write(notebook, path)
            print(f"tidied {path.name}")
    return 0


def command_compare(arguments: argparse.Namespace) -> int:
    stored = read(arguments.stored)
    differences = compare(stored, read(arguments.fresh))
    if differences:
        print(f"{arguments.stored.name}: the stored outputs are not those of a fresh run.\n")
        print(*differences, sep="\n\n")
        print(f"\nDifferences: {len(differences)}. If the fresh run is right: make execute")
        return 1
    outputs = sum(len(cell.outputs) for cell in code_cells(clean(stored)))
    print(f"{outputs} outputs agree")
    return 0


def command_run(arguments: argparse.Namespace) -> int:
    source = find_notebook(arguments.name)
    parameters: dict[str, object] = {}
    if arguments.preset:
        preset = preset_path(arguments.preset, source)
        parameters |= yaml.safe_load(preset.read_text("utf-8")) or {}
    if arguments.seed is not None:
        parameters["seed"] = arguments.seed
    run_notebook(source, arguments.output or ROOT / "_build" / "runs" / source.name, parameters)
    stated = ", ".join(f"{name}={value}" for name, value in parameters.items())
    print(f"ran through with {stated or 'its default parameters'}")
    return 0


def command_show(arguments: argparse.Namespace) -> int:
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    sys.stdout.write(as_text(read(arguments.file)))
    return 0


def command_kernel(_arguments: argparse.Namespace) -> int:
    print(f"notebooks run in {check_kernel()}")
    return 0


def seed(text: str) -> int:
    """A seed as it is typed. Raises `argparse.ArgumentTypeError` for anything else."""
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) > LARGEST_SEED:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 0 to {LARGEST_SEED}, got {text!r}"
        )
    return int(text)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(preset=None)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("execute", help="run notebooks and store their outputs")
    command.add_argument("names", nargs="*", metavar="NAME", help="all, when none is named")
    command.set_defaults(do=command_execute)
    command = commands.add_parser(
        "refresh", help="put today's scripts and layout of tables into the outputs"
    )
    command.set_defaults(do=command_refresh)
    command = commands.add_parser("tidy", help="bring saved notebooks into the stored form")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.set_defaults(do=command_tidy)
    command = commands.add_parser("compare", help="compare the outputs of two runs")
    command.add_argument("stored", type=Path)
    command.add_argument("fresh", type=Path)
    command.set_defaults(do=command_compare)
    command = commands.add_parser("run", help="run a notebook with other parameters")
    command.add_argument("name", metavar="NAME")
    command.add_argument("--seed", type=seed, help="the value of the parameter `seed`")
    command.add_argument("--preset", choices=PRESETS, help="parameters from presets/")
    command.add_argument("-o", "--output", type=Path, help="default: _build/runs/NAME.ipynb")
    command.set_defaults(do=command_run)
    command = commands.add_parser("show", help="write a notebook as plain text")
    command.add_argument("file", type=Path)
    command.set_defaults(do=command_show)
    command = commands.add_parser("kernel", help="check that notebooks run in this environment")
    command.set_defaults(do=command_kernel)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    files.print_everything()
    parsed = parse(arguments)
    # MNIST and Multi30k may be read or downloaded, and all cores and the GPU used, where a preset
    # asks for it.
    environment = kernel_environment if parsed.preset in DATA_PRESETS else closed_environment
    wanted = environment(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        return parsed.do(parsed)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
