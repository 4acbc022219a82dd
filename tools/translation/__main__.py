"""Keep the Chinese edition in step with the English one, and render it.

    python -m tools.translation COMMAND

    list      what is to be translated: units without Chinese, and those whose English has changed
    check     the same, and what is wrong with units that are translated; fails if there is anything
    execute [NAME ...]
              run the Chinese notebooks and store them in zh/
    run NAME ENGLISH FRESH
              run one as a check: it shows what is stored, and the numbers of the English run in the
              file ENGLISH; what it showed is written to FRESH
    refresh   put today's scripts and tables' layout into the outputs of the Chinese notebooks
    render    the pages of both editions, the Chinese ones in the folder zh of _build/html

Before `list` and `check` the catalogues in locales/ are brought into step with the sources: a new
unit is empty, and a changed one is marked `fuzzy` and keeps its Chinese until somebody has looked.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path

from tools import ROOT
from tools.machine import files
from tools.notebooks import listing
from tools.translation import catalogues, checks, compiled, edition, rendering


def command_list(_given: argparse.Namespace) -> int:
    from tools.translation import chinese_notebooks

    catalogues.update()
    files.write(ROOT / edition.CHINESE_README, edition.readme())
    compiled.store()
    for english in listing.find_notebooks():
        with contextlib.suppress(ValueError):  # it has units without Chinese, which are listed
            if chinese_notebooks.restate(english):
                print(f"{english.stem}: its Chinese text is brought up to date")
    for problem in checks.untranslated():
        print(problem)
    return 0


def command_check(_given: argparse.Namespace) -> int:
    problems = [
        *checks.out_of_step(),
        *checks.untranslated(),
        *checks.faulty(),
        *checks.stale_files(),
        *checks.stale_notebooks(),
    ]
    for problem in problems:
        print(problem)
    units = sum(len(catalogues.entries(name)) for name in catalogues.names())
    print(f"{units} units, {len(problems)} to mend")
    return 1 if problems else 0


def command_execute(given: argparse.Namespace) -> int:
    # Rendering goes without what runs notebooks.
    from tools.notebooks import environments, store
    from tools.translation import chinese_notebooks

    paths = [listing.find_notebook(name) for name in given.names] or listing.find_notebooks()
    with environments.using(environments.kernel_environment(os.environ)):
        for path in paths:
            store.write(chinese_notebooks.execute(path), chinese_notebooks.path_of(path))
            print(f"executed {path.stem} in Chinese", flush=True)
    return 0


def command_refresh(_given: argparse.Namespace) -> int:
    from tools.translation import chinese_notebooks

    for english in listing.find_notebooks():
        path = chinese_notebooks.path_of(english)
        if path.is_file() and chinese_notebooks.refresh(path):
            print(f"refreshed {path.relative_to(ROOT).as_posix()}")
    return 0


def command_run(given: argparse.Namespace) -> int:
    from tools.notebooks import environments, store
    from tools.notebooks.compare import compare
    from tools.translation import chinese_notebooks, same_results

    path = chinese_notebooks.path_of(listing.find_notebook(given.name))
    stored = listing.read(path)
    # As it is stored: whether its text is that of today, `check` says.
    with environments.using(environments.closed_environment(os.environ)):
        fresh = chinese_notebooks.run(stored, path)
    store.write(fresh, given.fresh)
    problems = [str(difference) for difference in compare(stored, fresh)]
    problems += same_results.differences(listing.read(given.english), fresh)
    print(*problems or ["what is stored, and the English run's numbers"], sep="\n", flush=True)
    return 1 if problems else 0


def command_render(_given: argparse.Namespace) -> int:
    try:
        rendering.render()
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def main(arguments: list[str] | None = None) -> int:
    files.print_everything()
    parser = argparse.ArgumentParser(
        prog="python -m tools.translation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, do in (
        ("list", command_list),
        ("check", command_check),
        ("refresh", command_refresh),
        ("render", command_render),
    ):
        commands.add_parser(name).set_defaults(do=do)
    command = commands.add_parser("execute")
    command.add_argument("names", nargs="*", metavar="NAME")
    command.set_defaults(do=command_execute)
    command = commands.add_parser("run")
    command.add_argument("name", metavar="NAME")
    command.add_argument("english", type=Path)
    command.add_argument("fresh", type=Path)
    command.set_defaults(do=command_run)
    given = parser.parse_args(arguments)
    return given.do(given)


if __name__ == "__main__":
    sys.exit(main())
