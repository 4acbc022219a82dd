"""The system that the tools run on."""

from __future__ import annotations

import os
import sys

WINDOWS = sys.platform == "win32"


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
