"""tools/checks's steps: each says what it is for, names its notebook, and renders the book."""

import re
from pathlib import Path

from tools import ROOT
from tools.checks import steps
from tools.checks.steps import all_steps, check_steps
from tools.notebooks import listing
from tools.translation import rendering


def test_every_step_says_what_it_is_for_in_one_sentence_of_its_own() -> None:
    """The same of a step that all notebooks have; also where MNIST is at hand."""
    purposes: dict[str, str] = {}
    for environment in ({}, {"DATA_ROOT": str(Path(__file__).parent)}):
        for each in all_steps(environment):
            assert re.fullmatch(r"[A-Z][^\n|`*]{20,}\.", each.purpose), each.name
            assert purposes.setdefault(each.kind, each.purpose) == each.purpose, each.name
    assert len(set(purposes.values())) == len(purposes)


def test_the_quick_steps_train_nothing_and_look_once() -> None:
    everything = {each.name: each for each in all_steps({})}
    quick = check_steps({})
    (look,) = [each for each in quick if each.name not in everything]
    assert "--one-way" in look.commands[0] and look.after == "book"
    assert re.fullmatch(r"[A-Z][^\n|`*]{20,}\.", look.purpose)
    (units,) = [each for each in quick if each.name == "tests"]
    (command,) = everything["tests"].commands
    assert units.commands == ((*command, "-m", "not slow"),) and "slow" not in command
    kept = [each for each in quick if each not in (look, units)]
    assert kept and all(each == everything[each.name] for each in kept)
    assert not any(each.notebook for each in quick)
    left_out = {each.kind for each in everything.values()} - {each.kind for each in quick}
    assert left_out == {
        *("browser tests", "firefox", "pdf", "nbval", "chinese", "seed", "MNIST", "smoke")
    }


def test_a_step_of_a_notebook_names_it() -> None:
    stems = [path.stem for path in listing.find_notebooks()]
    for each in all_steps({}):
        assert [stem for stem in stems if each.name.endswith(stem)] == [
            *([each.notebook] if each.notebook else [])
        ]
        assert each.kind and each.kind in each.name
        assert not any(stem in each.kind for stem in stems)


def test_the_book_is_rendered_with_make_or_without_it(monkeypatch) -> None:
    monkeypatch.setattr(steps.sys, "prefix", str(ROOT / ".venv"))
    (command,) = steps.book_commands()
    assert command[0] == "make"
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert "-m tools.translation render" in makefile
    for windows, prefix in ((True, ROOT / ".venv"), (False, "/another/environment")):
        monkeypatch.setattr(steps, "WINDOWS", windows)
        monkeypatch.setattr(steps.sys, "prefix", str(prefix))
        (command,) = steps.book_commands()
        assert command[1:] == ("-m", "tools.translation", "render")
    # Warnings are fatal, in both editions.
    assert {"-W", "-n", "--keep-going"} <= set(rendering.OPTIONS)


def test_records_stand_for_a_second_seed_unless_they_are_not_wanted() -> None:
    for wanted in (True, False):
        seeds = [step for step in all_steps({}, records=wanted) if step.kind == "seed"]
        assert len(seeds) == len(listing.find_notebooks())
        for step in seeds:
            (command,) = step.commands
            assert command[1:5] == ("-m", "tools.claims", "seed", step.notebook)
            assert ("--no-records" in command) == (not wanted)
