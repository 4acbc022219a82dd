"""Keep the Chinese edition in step with the English one, and render it.

    python -m tools.translation COMMAND

    list      what is to be translated: units without Chinese, and those whose English has changed
    check     the same, and what is wrong with units that are translated; fails if there is anything
    render    the pages of both editions, the Chinese ones in the folder zh of _build/html

Before `list` and `check` the catalogues in locales/ are brought into step with the sources: a new
unit is empty, and a changed one is marked `fuzzy` and keeps its Chinese until somebody has looked.
"""

from __future__ import annotations

import argparse
import sys

from tools.translation import catalogues, checks, rendering


def command_list(_given: argparse.Namespace) -> int:
    catalogues.update()
    for problem in checks.untranslated():
        print(problem)
    return 0


def command_check(_given: argparse.Namespace) -> int:
    problems = [*checks.out_of_step(), *checks.untranslated(), *checks.faulty()]
    for problem in problems:
        print(problem)
    units = sum(len(catalogues.entries(name)) for name in catalogues.names())
    print(f"{units} units, {len(problems)} to mend")
    return 1 if problems else 0


def command_render(_given: argparse.Namespace) -> int:
    try:
        rendering.render()
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


COMMANDS = {"list": command_list, "check": command_check, "render": command_render}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.translation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS)
    given = parser.parse_args(arguments)
    return COMMANDS[given.command](given)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
