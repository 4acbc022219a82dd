"""Train on whole data sets, and note what came of it for the page "At full scale".

    python -m tools.full_scale COMMAND ...

    all                      every run that book/full_scale.json lacks, one after the other
    list                     the runs, and whether each is recorded
    chapter NAME             one notebook with its preset `full`; `02` is enough of a name
    stream                   all digits in one file, beside WebP
    translation [--recipe NAME] [--seed N] [--test]
                             one translator of captions; without a recipe the final one

Whatever is killed goes on when it is called again: a run that is recorded is not made again unless
its code has changed, and a translator is trained from its last whole epoch. Data sets are found by
DATA_ROOT, or downloaded. Weights, subwords and translations stay in `_build/full_scale`, which Git
ignores: the captions' licence is not ours to widen.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tools import ROOT
from tools.full_scale import plan, record
from tools.full_scale.recipes import RECIPES
from tools.machine import files
from tools.notebooks import listing

FOLDER = ROOT / "_build" / "full_scale"


def command_chapter(given: argparse.Namespace) -> int:
    from tools.full_scale import chapters

    path = listing.find_notebook(given.name)
    run = chapters.run(path, given.folder)
    record.write({f"chapter {path.stem}": run}, given.record)
    print(f"{path.stem}: {len(run.results['tables'])} tables in {run.seconds / 60:.1f} minutes")
    return 0


def command_stream(given: argparse.Namespace) -> int:
    import torch

    from tools.full_scale import stream

    torch.set_num_threads(1)
    run = stream.run()
    record.write({"stream": run}, given.record)
    for row in run.results["tables"][0]["rows"]:
        print(*row, sep=", ")
    return 0


def command_translation(given: argparse.Namespace) -> int:
    from tools.full_scale import translation
    from utils.languages.pairs import CorpusError
    from utils.training.checkpoints import CheckpointError
    from utils.training.loop import TrainingError

    name = f"translation {given.recipe} {given.seed}"
    try:
        run = translation.run(
            RECIPES[given.recipe], given.recipe, given.seed, given.folder, given.test
        )
    except (CheckpointError, CorpusError, TrainingError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    record.write({name: run}, given.record)
    print(translation.in_words(name, run))
    return 0


def command_all(given: argparse.Namespace) -> int:
    failed = []
    for name, command in plan.RUNS.items():
        known = record.read(given.record).get(name)
        if known and record.is_current(name, known):
            print(f"recorded  {name}", flush=True)
            continue
        # A process of its own: what it took is then its own, and an error ends it alone.
        options = ["--folder", str(given.folder), "--record", str(given.record)]
        done = subprocess.run([sys.executable, "-m", "tools.full_scale", *command, *options])
        print(f"{'FAILED' if done.returncode else 'done':9} {name}", flush=True)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"{len(failed)} of {len(plan.RUNS)} runs failed: {', '.join(failed)}")
    return 1 if failed else 0


def command_list(given: argparse.Namespace) -> int:
    known = record.read(given.record)
    for name, command in plan.RUNS.items():
        state = "-"
        if name in known:
            state = "recorded" if record.is_current(name, known[name]) else "out of date"
        print(f"{state:12} {name:32} python -m tools.full_scale {' '.join(command)}")
    return 0


def new_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.full_scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    places = argparse.ArgumentParser(add_help=False)
    places.add_argument("--folder", type=Path, default=FOLDER, metavar="PATH")
    places.add_argument("--record", type=Path, default=record.RECORD, metavar="FILE")
    command = commands.add_parser("all", parents=[places], help="every run that the record lacks")
    command.set_defaults(do=command_all)
    command = commands.add_parser("list", parents=[places], help="the runs; nothing is trained")
    command.set_defaults(do=command_list)
    command = commands.add_parser("chapter", parents=[places], help="a notebook, preset full")
    command.add_argument("name", metavar="NAME")
    command.set_defaults(do=command_chapter)
    command = commands.add_parser("stream", parents=[places], help="all digits in one file")
    command.set_defaults(do=command_stream)
    command = commands.add_parser("translation", parents=[places], help="captions into English")
    command.add_argument("--recipe", choices=RECIPES, default="final", metavar="NAME")
    command.add_argument("--seed", type=int, default=0, metavar="N")
    command.add_argument("--test", action="store_true", help="score the test captions too")
    command.set_defaults(do=command_translation)
    return parser


def main(arguments: list[str] | None = None) -> int:
    files.print_everything()
    given = new_parser().parse_args(arguments)
    return given.do(given)


if __name__ == "__main__":
    sys.exit(main())
