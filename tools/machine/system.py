"""The system that the tools run on."""

from __future__ import annotations

import os
import sys

WINDOWS = sys.platform == "win32"


def used(children: bool) -> tuple[float | None, int | None]:
    """Processor seconds and peak memory in bytes: of this process, or of those it has waited for.

    The memory of several processes is that of the largest one. None where the system does not tell.
    """
    try:
        import resource  # not on Windows
    except ImportError:
        return None, None
    usage = resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF)
    peak = usage.ru_maxrss if sys.platform == "darwin" else 1024 * usage.ru_maxrss
    return usage.ru_utime + usage.ru_stime, peak


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
