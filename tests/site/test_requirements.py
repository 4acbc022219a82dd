"""What `make book` and `make test` install: the lists agree, and the lock holds all of it."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture(scope="module")
def locked() -> dict[str, Requirement]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line.strip() and line.lstrip()[0] != "#"]
    return {canonicalize_name(pin.name): pin for pin in pins}


def test_the_book_is_rendered_with_what_the_project_says(project: dict) -> None:
    lines = (ROOT / "book" / "requirements.txt").read_text("utf-8").splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    assert sorted(listed) == sorted(project["optional-dependencies"]["book"])


def test_the_lock_pins_everything_within_the_project_s_bounds(
    project: dict, locked: dict[str, Requirement]
) -> None:
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["book"], *extras["test"]]
    for text in wanted:
        requirement = Requirement(text)
        pin = locked[canonicalize_name(requirement.name)]
        (exact,) = pin.specifier
        assert exact.operator == "==", pin
        assert requirement.specifier.contains(exact.version, prereleases=True), (text, str(pin))


def test_the_lock_names_no_address_and_no_path() -> None:
    text = (ROOT / "requirements.txt").read_text("utf-8")
    assert not re.search(r"://|^--|^-[a-z] |\s@\s", text, re.MULTILINE)


def installed_with(names: list[str]) -> set[str]:
    """The packages, and all that they depend on, in this environment."""
    found: set[str] = set()
    waiting = [(canonicalize_name(name), frozenset[str]()) for name in names]
    while waiting:
        name, extras = waiting.pop()
        try:
            needed = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # it is for another system
            continue
        found.add(name)
        for requirement in map(Requirement, needed):
            marker = requirement.marker
            if marker is None or any(marker.evaluate({"extra": e}) for e in {"", *extras}):
                key = canonicalize_name(requirement.name)
                if key not in found:
                    waiting.append((key, frozenset(requirement.extras)))
    return found


def test_the_book_is_rendered_by_nothing_else_than_its_list_installs(project: dict) -> None:
    """What the extensions import: a reader's first command meets an environment of its own."""
    listed = [Requirement(text).name for text in project["optional-dependencies"]["book"]]
    allowed = installed_with(listed)
    foreign = sorted(
        module
        for module, owners in metadata.packages_distributions().items()
        if module.isidentifier() and not allowed & {canonicalize_name(owner) for owner in owners}
    )
    assert {"torch", "playwright", "websocket"} <= set(foreign) and "sphinx" not in foreign
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    extensions = [name for name in config["sphinx"]["local_extensions"] if "." in name]
    assert len(extensions) > 10
    code = f"""
import importlib, sys
for name in {foreign!r}:
    if name not in ("tools", "utils", "tests"):
        sys.modules[name] = None  # to import it is an error now
for name in {extensions!r}:
    importlib.import_module(name)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
