"""Git: which state of the book this is, and what the tools let it do."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path


def git(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """What Git prints in that folder. Raises `subprocess.CalledProcessError` when it refuses."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
    )
    return done.stdout.strip()


def is_own_repository(root: Path) -> bool:
    """Whether the folder is a repository of Git's, or a work tree of one.

    An unpacked archive may lie in a folder that is one: its commits are not the book's.
    """
    return (root / ".git").exists()


def state(root: Path) -> tuple[str, bool]:
    """The commit of the book in `root`, and whether there are changes that are in none.

    The commit is empty where there is no repository, or no Git.
    """
    if not is_own_repository(root):
        return "", False
    try:
        return git(root, "rev-parse", "HEAD"), bool(git(root, "status", "--porcelain"))
    except (OSError, subprocess.CalledProcessError):
        return "", False
