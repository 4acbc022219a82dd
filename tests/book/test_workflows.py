"""The workflows: what their steps call exists, and they ask for no more than they need.

What only GitHub can say, and the grammar of these files, is for actionlint (in test.yml).
"""

import re
import shlex
import tomllib
from collections.abc import Iterator

import pytest
import yaml

from tools import ROOT
from tools.checks.steps import all_steps, select

WORKFLOWS = {path.name: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
PYTHONS = ["3.11", "3.12", "3.13"]
MAKE_TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
FILE = re.compile(r"(tools|\.ci|\.binder|presets|tests|utils)/[\w./-]+|[\w.]+\.txt")
# Where a command begins: on a line of its own, and after a pipe, "and" or "or".
SEPARATORS = {"|", "&&", "||", ";"}

every_workflow = pytest.mark.parametrize("name", WORKFLOWS)


def read(name: str) -> dict:
    # YAML takes the key `on` for the word yes.
    workflow = yaml.safe_load(WORKFLOWS[name].read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in workflow.items()}


def steps(name: str) -> Iterator[dict]:
    for job in read(name)["jobs"].values():
        yield from job.get("steps", [])


def scripts(name: str) -> Iterator[str]:
    """What the steps run, each row of a matrix in the place of its expression."""
    for job in read(name)["jobs"].values():
        rows = job.get("strategy", {}).get("matrix", {}).get("include", [{}])
        for row in rows:
            for step in job.get("steps", []):
                script = step.get("run", "")
                for key, value in row.items():
                    script = script.replace(f"${{{{ matrix.{key} }}}}", value)
                yield script


def commands(script: str) -> Iterator[list[str]]:
    """The commands of a script as lists of words."""
    for line in script.replace("\\\n", " ").splitlines():
        command: list[str] = []
        for word in [*shlex.split(line, comments=True), ";"]:
            if word not in SEPARATORS:
                command.append(word)
            elif command:
                yield command
                command = []


def modules(text: str) -> list[str]:
    """The modules of `tools` that Python is told there to run."""
    return re.findall(r"-m (tools(?:\.\w+)*)", text)


def can_be_run(module: str) -> bool:
    """Whether `python -m MODULE` finds a program; a room's is its `__main__.py`."""
    path = ROOT.joinpath(*module.split("."))
    file = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
    return file.is_file() and '__name__ == "__main__"' in file.read_text("utf-8")


def faults(command: list[str]) -> Iterator[str]:
    """What a command of a workflow calls that is not there."""
    program, *arguments = command
    if program == "make":
        targets = [word for word in arguments if "=" not in word and not word.startswith("-")]
        yield from (f"make {target}" for target in targets if target not in MAKE_TARGETS)
    yield from (word for word in command if FILE.fullmatch(word) and not (ROOT / word).exists())
    yield from (module for module in modules(" ".join(command)) if not can_be_run(module))
    if "tools.checks" in command:
        known = all_steps({})
        options = command[command.index("tools.checks") + 1 :]
        options = [option for option in options if option != "--no-records"]
        for option, wanted in zip(options[::2], options[1::2], strict=True):
            assert option == "--only", command
            try:
                select(known, [wanted])
            except SystemExit:
                yield f"the step {wanted!r}"


@every_workflow
def test_what_the_steps_call_exists(name: str) -> None:
    found = [command for script in scripts(name) for command in commands(script)]
    called_workflows = [job["uses"] for job in read(name)["jobs"].values() if "uses" in job]
    assert found or called_workflows
    missing = [fault for command in found for fault in faults(command)]
    missing += [path for path in called_workflows if not (ROOT / path).is_file()]
    assert not missing


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("make nothing && make book", ["make nothing"]),
        ("bash .ci/walk", [".ci/walk"]),
        ("pip install \\\n  -r requirement.txt", ["requirement.txt"]),
        ("python -m tools.checks.version | tee -a summary", ["tools.checks.version"]),
        ("python -m tools.machine.files", ["tools.machine.files"]),
        ("python tools/checks.py", ["tools/checks.py"]),
        (
            'python -m tools.checks --only smoke --only "smok 0*"',
            ["the step 'smok 0*'"],
        ),
        ("python -m tools.checks --only 'smoke 02*'", []),
        ("python -m tools.checks --no-records --only seeds", ["the step 'seeds'"]),
        ("python -m tools.checks --no-records --only seed", []),
    ],
)
def test_what_is_not_there_is_found(script: str, missing: list[str]) -> None:
    assert [fault for command in commands(script) for fault in faults(command)] == missing


@pytest.mark.parametrize(
    "name",
    [
        *("Makefile", "README.md", "CONTRIBUTING.md", ".pre-commit-config.yaml"),
        ".github/colab_image.sh",
    ],
)
def test_the_programs_that_other_files_call_exist(name: str) -> None:
    called = modules((ROOT / name).read_text("utf-8"))
    assert called and all(map(can_be_run, called)), called


@every_workflow
def test_actions_are_github_s_own_at_a_major_version(name: str) -> None:
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert not [action for action in used if not re.fullmatch(r"actions/[\w-]+@v\d+", action)]


def test_an_action_has_one_version_in_all_workflows() -> None:
    used = {step["uses"] for name in WORKFLOWS for step in steps(name) if "uses" in step}
    assert len(used) == len({action.partition("@")[0] for action in used}), sorted(used)


@every_workflow
def test_a_workflow_may_only_read_and_does_not_run_for_ever(name: str) -> None:
    workflow = read(name)
    assert workflow["permissions"] == {"contents": "read"}
    assert "concurrency" in workflow
    for job, content in workflow["jobs"].items():
        assert "uses" in content or content["timeout-minutes"] <= 90, job
        # The default is the job's key; a matrix needs a name that says which part failed.
        assert "strategy" not in content or "matrix." in content["name"], job


def test_once_a_week_notebooks_run_with_a_second_seed_whatever_is_recorded() -> None:
    called = [command for script in scripts("weekly.yml") for command in commands(script)]
    (options,) = [command for command in called if "--no-records" in command]
    assert "tools.checks" in options and options[-2:] == ["--only", "seed"]


def test_tests_run_on_three_systems_with_every_python() -> None:
    matrix = read("test.yml")["jobs"]["systems"]["strategy"]["matrix"]
    assert [system.partition("-")[0] for system in matrix["system"]] == [
        *("ubuntu", "macos", "windows")
    ]
    assert matrix["python"] == PYTHONS
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["requires-python"] == f">={PYTHONS[0]}"
    # What the matrix leaves out runs with all checks.
    assert matrix["exclude"] == [{"system": "ubuntu-latest", "python": PYTHONS[0]}]
    setup = next(s for s in read("test.yml")["jobs"]["all-checks"]["steps"] if "with" in s)
    assert setup["with"]["python-version"] == PYTHONS[0]


def test_publishing_waits_for_all_checks_and_for_nothing_else() -> None:
    jobs = read("publish.yml")["jobs"]
    assert jobs["publish"]["needs"] == "test"
    assert jobs["test"]["uses"] == "./.github/workflows/test.yml"
    assert jobs["test"]["with"] == {"only_all_checks": True}
    for job, content in read("test.yml")["jobs"].items():
        condition = content["if"].split("\n")[0]
        assert condition.startswith("inputs." if job == "all-checks" else "!inputs."), job
