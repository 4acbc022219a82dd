"""Files that the tools write, and a console that takes every character."""

from __future__ import annotations

import io
import os
import secrets
import shutil
import sys
from pathlib import Path


def write(path: Path, content: str | bytes) -> None:
    """Replace the file in one step, so that no moment and no fault leaves half of it.

    Text is written in UTF-8. The folder is made if it is missing. A symbolic link stays one, and
    the file that it leads to is replaced; a file that is replaced keeps its mode. Raises `OSError`
    if `path` is a folder or cannot be written.
    """
    path = Path(os.path.realpath(path))
    if path.is_dir():
        raise IsADirectoryError(f"expected the name of a file to write, got the folder {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not the file's own name with something added, which may be longer than a name can be.
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        if path.exists():
            shutil.copymode(path, temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def print_everything() -> None:
    """Let a character that the console's encoding lacks be written as its number, as in "\\u2713".

    Else it would end the program, with an error in the place of what it had to say.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
