"""What Colab opens: the notebooks with the address from which their first cell installs the book.

    publish.py stamp FOLDER     write the notebooks so into FOLDER
    publish.py push [REMOTE]    put them onto the branch `colab` of a remote (default: origin)

The address comes from the environment (tools/repository.py), so that a fork's notebooks install the
fork. Their links to other notebooks and pages of the book lead to Colab and to the site. The branch
holds one commit, which is replaced each time.
"""

from __future__ import annotations

import argparse
import os
import posixpath
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where PYTHONSAFEPATH is set it is left out

import files
import notebooks
from repository import COLAB_BRANCH, Repository, is_own_repository

EMPTY = 'BOOK_SOURCE = ""'
# In Markdown, a relative link to a notebook or a page: what stands before its target, and that
# without its anchor.
LINK = re.compile(
    r"(?P<before>\]\(<?|^ {0,3}\[[^\]]+\]: *<?)(?P<target>[^:#\s<>()]+\.(?:ipynb|md))(?=[#\s>)]|$)",
    re.M,
)
README = """# {name}, as Colab opens it

These notebooks are made from the branch `{branch}` whenever it is published; their first cell
installs the book's code from `{source}`. Change them there, not here: <{address}>
"""


def stamp(
    repository: Repository, root: Path, folder: Path, source: str | None = None
) -> list[Path]:
    """Write the notebooks below `root` into `folder`, with their source; the files written.

    The source is what pip installs, the repository's own unless one is given. Raises `ValueError`
    for a notebook whose first code cell has no place for it.
    """
    source = source or repository.source
    written = []
    for path in notebooks.find_notebooks(root):
        notebook = notebooks.read(path)
        cell = next((cell for cell in notebook.cells if cell.cell_type == "code"), None)
        if cell is None or cell.source.count(EMPTY) != 1:
            raise ValueError(
                f"{path.name}: expected {EMPTY} once in the first code cell; copy that cell from "
                "another notebook"
            )
        cell.source = cell.source.replace(EMPTY, f'BOOK_SOURCE = "{source}"')
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = with_addresses(cell.source, path.relative_to(root), repository)
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        notebooks.write(notebook, target)
        written.append(target)
    if not written:
        raise ValueError(f"expected notebooks among the pages in {root / '_toc.yml'}, found none")
    readme = README.format(
        name=repository.name,
        branch=repository.branch,
        source=source,
        address=repository.address,
    )
    (folder / "README.md").write_text(readme, encoding="utf-8", newline="\n")
    return written


def with_addresses(markdown: str, path: Path, repository: Repository) -> str:
    """The Markdown of the notebook at `path`, readable where there is no other file of the book.

    Its relative links to notebooks become their addresses in Colab, those to pages the addresses on
    the site.
    """

    def address(link: re.Match) -> str:
        target = posixpath.normpath(posixpath.join(path.parent.as_posix(), link["target"]))
        stem, kind = posixpath.splitext(target)
        page = f"{repository.pages}/{stem}.html"
        return link["before"] + (repository.in_colab(target) if kind == ".ipynb" else page)

    return LINK.sub(address, markdown)


def push(repository: Repository, root: Path, remote: str) -> str:
    """Make the branch `colab` of `remote` one commit with the stamped notebooks; its name.

    Nothing of the working tree at `root`, its index or its branches changes. Raises
    `subprocess.CalledProcessError` when Git refuses, `ValueError` where `root` is no repository.
    """
    if not is_own_repository(root):
        raise ValueError(
            f"expected a clone of the book's repository in {root}, found no .git there; publish "
            "from a clone, not from an unpacked archive"
        )
    with tempfile.TemporaryDirectory() as folder:
        stamp(repository, root, Path(folder, "tree"))
        environment = os.environ | {
            "GIT_INDEX_FILE": str(Path(folder, "index")),
            "GIT_WORK_TREE": str(Path(folder, "tree")),
            "GIT_DIR": _git(root, "rev-parse", "--absolute-git-dir"),
        }
        _git(root, "add", "--all", "--force", ".", cwd=Path(folder, "tree"), env=environment)
        tree = _git(root, "write-tree", env=environment)
        message = f"Notebooks that install the book from {repository.source}"
        commit = _git(root, "commit-tree", tree, "-m", message)
    _git(root, "push", "--force", "--quiet", remote, f"{commit}:refs/heads/{COLAB_BRANCH}")
    return commit


def _git(root: Path, *arguments: str, cwd: Path | None = None, env: dict | None = None) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=cwd or root,
        env=env,
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    return done.stdout.strip()


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
            written = stamp(repository, notebooks.ROOT, parsed.folder)
            print(f"{len(written)} notebooks install the book from {repository.source}")
        else:
            commit = push(repository, notebooks.ROOT, parsed.remote)
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
