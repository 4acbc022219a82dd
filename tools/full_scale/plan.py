"""Which runs the page "At full scale" rests on, in the order in which they are made."""

from __future__ import annotations

from tools.full_scale.recipes import RECIPES
from tools.notebooks import listing

SEEDS = 3  # of the translators that are compared by the length of sentences
THRICE = ("final", "no-attention")


def _chapter(stem: str) -> tuple[str, list[str]]:
    return f"chapter {stem}", ["chapter", stem]


def _translation(recipe: str, seed: int) -> tuple[str, list[str]]:
    options = ["--recipe", recipe, "--seed", str(seed), "--test"]
    return f"translation {recipe} {seed}", ["translation", *options]


# The name of each run in the record, and the arguments of `python -m tools.full_scale` for it.
RUNS: dict[str, list[str]] = dict(
    [
        *(_chapter(path.stem) for path in listing.find_notebooks() if path.stem[0].isdigit()),
        ("stream", ["stream"]),
        *(_translation(recipe, seed) for recipe in THRICE for seed in range(SEEDS)),
        *(_translation(recipe, 0) for recipe in RECIPES if recipe not in THRICE),
    ]
)
