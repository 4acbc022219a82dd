"""Is somebody sitting in front of this kernel, or is a program running the notebook?"""

import os
from collections.abc import Iterable

from tqdm.auto import tqdm

SNAPSHOT_VARIABLE = "BOOK_SNAPSHOT"


def is_live() -> bool:
    """False while the book's own tools run a notebook (they set BOOK_SNAPSHOT=1), else True.

    A live notebook shows sliders and progress bars. A stored one must not: both need a kernel, and
    on a page without one they would be dead.
    """
    return os.environ.get(SNAPSHOT_VARIABLE, "") in ("", "0")


def progress(
    items: Iterable, description: str, total: int | None = None, shown: bool = True
) -> tqdm:
    """`items` with a progress bar that disappears at the end; no bar if not `shown` or not live."""
    hidden = not (shown and is_live())
    return tqdm(items, desc=description, total=total, leave=False, disable=hidden)
