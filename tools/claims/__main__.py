"""Measure every claim of the book over many seeds, and look after the record.

    python -m tools.claims COMMAND ...

    record [NAME ...] [--seeds 5] [--jobs N] [--cluster tcp://ADDRESS:8786]
                             run what the record lacks, and write book/claims.json
    show [NAME ...]          what the record says: what failed, what came near its bound
    seed NAME --seed N [--preset mnist-test] [--no-records] [-o PATH]
                             do all claims hold with this seed? Without a record of this very code,
                             the notebook is run

A NAME is a notebook's file name, or its beginning: `02` is enough. A run that is recorded and whose
code has not changed is not run again. On a cluster, each worker needs the book in a folder of the
same path, with the same Python, and one thread: `dask worker ADDRESS --nthreads 1`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import yaml

from tools.claims import fingerprint, record
from tools.claims.plan import Task, additional, tasks
from tools.claims.record import Comparison, Entry
from tools.machine import files
from tools.notebooks import listing
from tools.notebooks.__main__ import main as notebooks
from tools.notebooks.__main__ import seed as seed_number
from tools.notebooks.outputs import claims_of

SEEDS = 5
NEAREST = 5  # claims that `show` names of each notebook


def command_record(arguments: argparse.Namespace) -> int:
    from tools.claims import running

    paths = [listing.find_notebook(name) for name in arguments.names] or listing.find_notebooks()
    wanted = tasks(paths, arguments.seeds, os.environ)
    failures = running.run_all(wanted, arguments.jobs, arguments.cluster, _print)
    entries = record.read()
    for path in paths:
        print_entry(path, entries.get(path.stem))
    for failure in failures:
        print(f"\n{failure}", file=sys.stderr)
    failed = any(entries[path.stem].failed for path in paths if path.stem in entries)
    return 1 if failures or failed else 0


def _print(text: str) -> None:
    print(text, flush=True)


def command_show(arguments: argparse.Namespace) -> int:
    paths = [listing.find_notebook(name) for name in arguments.names] or listing.find_notebooks()
    entries = record.read()
    for path in paths:
        print_entry(path, entries.get(path.stem))
    return 0


def print_entry(path: Path, entry: Entry | None) -> None:
    """What is known of a notebook's claims."""
    notebook = listing.read(path)
    statements = claims_of(notebook)
    if entry is None:
        print(f"{path.stem}: no record of its {len(statements)} claims")
        return
    old = why_old(path, entry)
    held = sum(claim.always_held for claim in entry.claims)
    print(
        f"{path.stem}: {held} of {len(entry.claims)} claims held in all of {len(entry.runs)} runs"
        + (f"; out of date: {old}" if old else "")
    )
    for statement in record.unrecorded(statements, entry):
        print(f"  no record: {statement}")
    for claim in entry.failed:
        print(f"  FAILED, held in {claim.times_held} of {claim.made} runs: {claim.statement}")
        for one in claim.comparisons:
            print(f"    {in_words(one)}")
    for claim in entry.nearest(NEAREST):
        nearest = claim.nearest
        print(f"  {nearest.nearness:5.1f} standard deviations: {claim.statement}")
        print(f"    {in_words(nearest)}")


def in_words(one: Comparison) -> str:
    left, right = ([f"{x:.4g}" if x is not None else "?" for x in s] for s in (one.left, one.right))
    return f"{one.text}: {', '.join(left)} against {', '.join(dict.fromkeys(right))}"


def why_old(path: Path, entry: Entry) -> str:
    """Why the entry says nothing of the notebook here and now; empty if it does."""
    if entry.code != fingerprint.fingerprint(listing.read(path)):
        return "the code has changed"
    other = record.differing(entry.versions, record.installed(entry.versions))
    return f"made with another version of {', '.join(other)}" if other else ""


def command_seed(arguments: argparse.Namespace) -> int:
    path = listing.find_notebook(arguments.name)
    parameters: dict[str, object] = {"seed": arguments.seed}
    options = ["run", path.stem, "--seed", str(arguments.seed)]
    if arguments.preset:
        preset = listing.preset_path(arguments.preset, path)
        parameters |= yaml.safe_load(preset.read_text("utf-8")) or {}
        options += ["--preset", arguments.preset]
    if arguments.output:
        options += ["-o", str(arguments.output)]
    entry = None if arguments.no_records else record.read().get(path.stem)
    reason = why_not(path, entry, parameters)
    if entry is None or reason:
        if not arguments.no_records:
            for statement in (
                record.unrecorded(claims_of(listing.read(path)), entry) if entry else []
            ):
                print(f"no record of the claim: {statement}")
            print(f"{reason}; so the notebook is run", flush=True)
        return notebooks(options)
    for claim in entry.failed:
        print(f"held in {claim.times_held} of {claim.made} recorded runs: {claim.statement}")
    if entry.failed:
        print(f"{len(entry.failed)} claims failed in recorded runs of this very code")
        return 1
    print(f"held in {len(entry.runs)} of {len(entry.runs)} recorded runs of this very code")
    return 0


def why_not(path: Path, entry: Entry | None, parameters: dict[str, object]) -> str:
    """Why the record cannot stand for a run with these parameters; empty if it can."""
    if entry is None:
        return "its claims have no record"
    if old := why_old(path, entry):
        return f"the record is out of date ({old})"
    if not entry.has_run(parameters, additional(path)):
        return f"the record has no run with {record.name_of(parameters)}"
    return ""


def command_one(arguments: argparse.Namespace) -> int:
    """One run, for `record`: in a process that ends when that does."""
    from tools.claims import running

    running.end_with(os.getppid())
    task = Task(Path(arguments.path), json.loads(arguments.parameters))
    with running.environment_of(task):
        run = running.run_one(task)
    text = json.dumps(
        {
            "code": run.code,
            "versions": run.versions,
            "parameters": run.parameters,
            "claims": run.claims,
        }
    )
    files.write(Path(arguments.target), text)
    return 0


def several(text: str) -> int:
    """A number of seeds or jobs. Raises `argparse.ArgumentTypeError` for anything below 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 on, got {text!r}")
    return int(text)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("record", help="run what the record lacks")
    command.add_argument("names", nargs="*", metavar="NAME", help="all, when none is named")
    command.add_argument("--seeds", type=several, default=SEEDS, help="from 0 on")
    command.add_argument("--jobs", type=several, help="runs at once; default: one a processor")
    command.add_argument("--cluster", default="", metavar="ADDRESS", help="of a Dask scheduler")
    command.set_defaults(do=command_record)
    command = commands.add_parser("show", help="what the record says")
    command.add_argument("names", nargs="*", metavar="NAME")
    command.set_defaults(do=command_show)
    command = commands.add_parser("seed", help="look into the record, or run the notebook")
    command.add_argument("name", metavar="NAME")
    command.add_argument("--seed", type=seed_number, required=True)
    command.add_argument("--preset", choices=listing.DATA_PRESETS)
    command.add_argument("--no-records", action="store_true", help="run it in any case")
    command.add_argument("-o", "--output", type=Path)
    command.set_defaults(do=command_seed)
    command = commands.add_parser("one")
    command.add_argument("path")
    command.add_argument("parameters")
    command.add_argument("target")
    command.set_defaults(do=command_one)
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    files.print_everything()
    parsed = parse(arguments)
    try:
        return parsed.do(parsed)
    except KeyboardInterrupt:
        print("interrupted; what was done is kept", file=sys.stderr)
        os._exit(130)  # not waiting for the runs under way, which end with this process
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
