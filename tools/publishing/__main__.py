"""What Colab opens: the notebooks with the address from which their first cell installs the book.

    python -m tools.publishing stamp FOLDER     write the notebooks so into FOLDER
    python -m tools.publishing push [REMOTE]    put them onto the branch `colab` of a remote
                                                (default: origin)

The address comes from the environment (repository.py), so that a fork's notebooks install the
fork. Their links to other notebooks and pages of the book lead to Colab and to the site. The branch
holds one commit, which is replaced each time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools import ROOT
from tools.machine import files
from tools.publishing.branch import push
from tools.publishing.repository import COLAB_BRANCH, Repository
from tools.publishing.stamp import stamp


def main(arguments: Sequence[str] | None = None) -> int:
    files.print_everything()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    command = commands.add_parser("stamp", help="write the stamped notebooks into a folder")
    command.add_argument("folder", type=Path)
    command = commands.add_parser("push", help="put them onto the branch `colab`")
    command.add_argument("remote", nargs="?", default="origin")
    parsed = parser.parse_args(arguments)
    try:
        repository = Repository.from_environment(os.environ)
        if repository is None:
            raise ValueError(
                "expected the repository's address in BOOK_REPOSITORY, got none; set it to "
                "https://github.com/OWNER/NAME"
            )
        if parsed.command == "stamp":
            written = stamp(repository, ROOT, parsed.folder)
            print(f"{len(written)} notebooks install the book from {repository.source}")
        else:
            commit = push(repository, ROOT, parsed.remote)
            print(f"{COLAB_BRANCH} is {commit}; its notebooks install from {repository.source}")
    except subprocess.CalledProcessError as error:
        print(f"git {error.cmd[1]}: {error.stderr.strip()}", file=sys.stderr)
        return 1
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
