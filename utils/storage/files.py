"""Files that are written whole or not at all, and paths as a reader means them."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_atomically(path: str | os.PathLike, data: bytes) -> None:
    """Write `data` beside `path`, then rename: a reader sees the old file or the new, never a part.

    Makes the folder if it is missing. A symbolic link stays one, and the file that it leads to is
    replaced; a file that is replaced keeps its mode (who may read and write it).
    Raises `OSError` if `path` is a folder or cannot be written.
    """
    with written_atomically(path) as file:
        file.write(data)


@contextmanager
def written_atomically(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """A file to write bit by bit; it takes its name `path` at the end of the `with` block.

    An error in the block leaves no file, and an older one as it was. All else is as it is with
    `write_atomically`.
    """
    path = Path(os.path.realpath(absolute(path)))
    if path.is_dir():
        raise IsADirectoryError(
            f"expected the name of a file to write, but {path} is a folder; add a name to it"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not the file's own name with something added, which may be longer than a name can be.
    partial = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with open(partial, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def absolute(path: str | os.PathLike) -> Path:
    """`path` with `~` and what a relative path leaves out written down."""
    return Path(path).expanduser().absolute()
