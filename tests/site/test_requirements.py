"""What `make book` and `make test` install: the lists agree, and the lock holds all of it."""

import re
import tomllib
from pathlib import Path

import pytest
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
