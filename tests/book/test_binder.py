"""The environments in .binder and .devcontainer hold what the book needs."""

import json
import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
# Conda has other names for some packages.
CONDA_NAMES = {"pytorch-cpu": "torch", "matplotlib-base": "matplotlib"}
# What is no dependency of the book but needed to install any.
TOOLS = {"python", "pip"}


def bounds(lines: list[str]) -> dict[str, str]:
    """The version bounds of each package, in one order, under the name that pip knows."""
    found = {}
    for line in lines:
        # Conda writes one equals sign for "this version, whatever follows it".
        requirement = Requirement(re.sub(r"(?<![=<>!~])=(?!=)(.*)", r"==\1.*", line))
        name = canonicalize_name(requirement.name)
        found[CONDA_NAMES.get(name, name)] = str(requirement.specifier)
    return found


def test_binder_installs_what_the_project_says_with_the_same_bounds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    environment = yaml.safe_load((ROOT / ".binder" / "environment.yml").read_text("utf-8"))
    *of_conda, of_pip = environment["dependencies"]
    installed = bounds([*of_conda, *of_pip["pip"]])
    assert installed.pop("python") == "==3.12.*"
    wanted = bounds(project["dependencies"])
    assert {name: installed[name] for name in installed.keys() - TOOLS} == wanted


def test_the_development_container_installs_everything_with_its_own_python() -> None:
    lines = (ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.strip().startswith("//"))
    container = json.loads(text)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    program, target = container["postCreateCommand"].split()
    assert program == "make"
    assert f"{target.replace('.venv', '$(VENV)')}:" in makefile
    assert f"PORT ?= {container['forwardPorts'][0]}\n" in makefile
    assert "PYTHON ?=" in makefile and container["containerEnv"]["PYTHON"].startswith("/usr/local")
    assert (ROOT / ".devcontainer" / container["build"]["dockerfile"]).is_file()
