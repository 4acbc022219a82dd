"""Which packages differ from the lock: `versions.py` prints a table of them, in Markdown.

For the runs with other versions than those of requirements.txt: when one of them fails, this names
the candidates.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where PYTHONSAFEPATH is set it is left out

import files
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCK = Path(__file__).resolve().parents[1] / "requirements.txt"


def locked_versions(lock: str) -> dict[str, str]:
    """The packages that the lock installs on this system with this Python, and their versions.

    Raises `ValueError` for a line that pins nothing.
    """
    versions = {}
    for line in lock.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        requirement = Requirement(line)
        pins = [pin.version for pin in requirement.specifier if pin.operator == "=="]
        if len(pins) != 1:
            raise ValueError(f"expected a line that pins one version, got {line!r}; run: make lock")
        if requirement.marker is None or requirement.marker.evaluate():
            versions[canonicalize_name(requirement.name)] = pins[0]
    return versions


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
