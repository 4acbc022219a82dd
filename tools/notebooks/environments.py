"""The environment and the kernel that notebooks run in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools import ROOT
from utils.wording.words import VARIABLE

KERNEL = "python3"
# Seconds that a kernel may take to come up, and then to send what a cell has shown: as long as a
# machine needs that does much else besides. How long a cell computes is not limited.
START_TIMEOUT = 1200


def closed_environment(base: Mapping[str, str]) -> dict[str, str]:
    """`base`, so changed that a notebook depends on nothing but the book and its environment.

    No network (every proxy is a port at which nobody listens), no data folder, no GPU, one thread;
    snapshots in place of sliders; and the kernel is the one of the running interpreter.
    """
    environment = kernel_environment(base)
    for name in ("DATA_ROOT", "PYTHONPATH", "NO_PROXY", "no_proxy"):
        environment.pop(name, None)
    nobody = "http://127.0.0.1:9"  # the port of the "discard" service, which no machine runs
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"):
        environment[name] = environment[name.lower()] = nobody
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # these would override the next one
        environment.pop(name, None)
    environment |= {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return environment


def kernel_environment(base: Mapping[str, str]) -> dict[str, str]:
    """`base`, so changed that notebooks store snapshots and run in our own environment's kernel."""
    environment = with_absolute_data_root(base)
    for name in ("MPLBACKEND", "PYTHONSAFEPATH", VARIABLE):  # a Chinese notebook sets the last one
        environment.pop(name, None)
    return environment | {
        "BOOK_SNAPSHOT": "1",
        # Searched before the user's own kernels, one of which may have the same name.
        "JUPYTER_PATH": str(Path(sys.prefix, "share", "jupyter")),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger warns at every start of a kernel
        # A style or a stale list of fonts among the user's own settings would change the figures.
        "MPLCONFIGDIR": str(ROOT / "_build" / "matplotlib"),
    }


@contextmanager
def using(environment: Mapping[str, str]) -> Iterator[None]:
    """Within it, `os.environ` is this environment, and so is that of every process begun there."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def with_absolute_data_root(base: Mapping[str, str]) -> dict[str, str]:
    """`base`, so changed that DATA_ROOT names the same folder for a notebook, which runs elsewhere.

    Blanks alone name none, as in `utils.storage.data_files`.
    """
    environment = dict(base)
    root = environment.pop("DATA_ROOT", "")
    return environment | ({"DATA_ROOT": absolute(root)} if root.strip() else {})


def absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))


def check_kernel() -> str:
    """The interpreter that runs notebooks. Raises `RuntimeError` if it is not our environment's."""
    prefix, executable = ask_kernel("import sys; print(sys.prefix); print(sys.executable)")
    if Path(prefix).resolve() != Path(sys.prefix).resolve():
        raise RuntimeError(
            f"expected the kernel {KERNEL!r} of {sys.prefix}, got the one of {prefix}; "
            f"remove the other kernel, or install ipykernel in {sys.prefix}"
        )
    return executable


def ask_kernel(code: str) -> list[str]:
    """The lines that the kernel which runs notebooks prints for this code."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(startup_timeout=START_TIMEOUT, kernel_name=KERNEL)
    lines: list[str] = []
    try:
        client.execute_interactive(
            code,
            timeout=START_TIMEOUT,
            output_hook=lambda message: lines.extend(
                message["content"].get("text", "").splitlines()
            ),
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return lines
