"""Files that the tools write, and a console that takes every character."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from utils.storage.files import write_atomically


def write(path: Path, content: str | bytes) -> None:
    """Write the file whole or not at all, as `write_atomically` does; text in UTF-8."""
    write_atomically(path, content.encode() if isinstance(content, str) else content)


def print_everything() -> None:
    """Let a character that the console's encoding lacks be written as its number, as in "\\u2713".

    Else it would end the program, with an error in the place of what it had to say.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
