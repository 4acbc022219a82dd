"""Train on whole data sets, and leave a record of each run.

    python -m tools.full_scale translation [--recipe NAME] [--seed N] [--test] [--folder PATH]

Without a recipe it is the final one; `--list` names them all. Records, weights and subwords go to
`_build/full_scale`, which Git ignores: the captions' licence is not ours to widen.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import ROOT
from tools.full_scale import translation
from tools.full_scale.recipes import RECIPES
from tools.machine import files
from utils.languages.pairs import CorpusError
from utils.training.checkpoints import CheckpointError
from utils.training.loop import TrainingError

FOLDER = ROOT / "_build" / "full_scale"


def new_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.full_scale", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("translation", help="captions, German into English")
    command.add_argument("--recipe", choices=RECIPES, default="final", metavar="NAME")
    command.add_argument("--seed", type=int, default=0, metavar="N")
    command.add_argument("--test", action="store_true", help="score the test captions too")
    command.add_argument("--folder", type=Path, default=FOLDER, metavar="PATH")
    command.add_argument("--list", action="store_true", help="the recipes' names, no training")
    return parser


def main(arguments: list[str] | None = None) -> int:
    files.print_everything()
    given = new_parser().parse_args(arguments)
    if given.list:
        for name, recipe in RECIPES.items():
            print(f"{name:16} {recipe.title}")
        return 0
    try:
        record = translation.run(
            RECIPES[given.recipe], given.recipe, given.seed, given.folder, given.test
        )
    except (CheckpointError, CorpusError, TrainingError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(translation.in_words(record))
    return 0


if __name__ == "__main__":
    sys.exit(main())
