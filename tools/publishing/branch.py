"""The branch `colab`: the stamped notebooks as one commit, pushed to a remote."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tools.machine.git import git, is_own_repository
from tools.publishing.repository import COLAB_BRANCH, Repository
from tools.publishing.stamp import stamp


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
            "GIT_DIR": git(root, "rev-parse", "--absolute-git-dir"),
        }
        git(Path(folder, "tree"), "add", "--all", "--force", ".", environment=environment)
        tree = git(root, "write-tree", environment=environment)
        message = f"Notebooks that install the book from {repository.source}"
        commit = git(root, "commit-tree", tree, "-m", message)
    git(root, "push", "--force", "--quiet", remote, f"{commit}:refs/heads/{COLAB_BRANCH}")
    return commit
