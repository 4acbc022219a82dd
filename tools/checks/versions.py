"""Which packages differ from the lock: a table of them, in Markdown.

    python -m tools.checks.versions

For the runs with other versions than those of requirements.txt: when one of them fails, this names
the candidates.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tools import ROOT
from tools.machine import files

LOCK = ROOT / "requirements.txt"


def read_lock(text: str) -> list[Requirement]:
    """What the lock pins, for all systems. Raises `ValueError` for a line that pins nothing."""
    pins = [
        Requirement(line)
        for line in text.splitlines()
        if line.strip() and not line.lstrip().startswith("#")
    ]
    for pin in pins:
        if [part.operator for part in pin.specifier] != ["=="]:
            raise ValueError(f"expected a line that pins one version, got {pin}; run: make lock")
    return pins


def version_of(pin: Requirement) -> str:
    return next(iter(pin.specifier)).version


def locked_versions(text: str) -> dict[str, str]:
    """The packages that the lock installs on this system with this Python, and their versions."""
    return {
        canonicalize_name(pin.name): version_of(pin)
        for pin in read_lock(text)
        if pin.marker is None or pin.marker.evaluate()
    }


def installed_versions() -> dict[str, str]:
    return {canonicalize_name(found.name): found.version for found in distributions()}


def differences(locked: Mapping[str, str], installed: Mapping[str, str]) -> list[tuple[str, ...]]:
    """(package, locked, installed) of each package of the lock that is another one or missing.

    A build of its own, as 2.14.1+cpu of 2.14.1, is no other version.
    """
    return [
        (name, version, installed.get(name, "none"))
        for name, version in sorted(locked.items())
        if name not in installed or Version(installed[name]).public != Version(version).public
    ]


def main() -> int:
    files.print_everything()
    found = differences(locked_versions(LOCK.read_text("utf-8")), installed_versions())
    if not found:
        print("All packages are installed as the lock says.")
        return 0
    print("| package | locked | installed |\n|---|---|---|")
    for row in found:
        print(f"| {' | '.join(row)} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
