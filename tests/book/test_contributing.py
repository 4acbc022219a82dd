"""What a contributor relies on: notebooks compared as text, and hooks before each commit."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import tools.notebooks.__main__ as notebooks
from tools import ROOT
from tools.checks.versions import LOCK, locked_versions
from tools.notebooks import listing, store
from tools.notebooks.show import as_text

PIXELS = "iVBORw0KGgo" * 2_000


def picture(pixels: str, alt: str = "A line that falls") -> dict:
    metadata = {"image/png": {"alt": alt}}
    return new_output("display_data", data={"image/png": pixels}, metadata=metadata)


def notebook(*outputs: dict, source: str = "measure()", tolerance: object = None):
    code = new_code_cell(source, outputs=list(outputs))
    if tolerance:
        code.metadata |= {"tags": ["training"], "tolerance": tolerance}
    return new_notebook(cells=[new_markdown_cell("# Title\n\nSome prose."), code])


def test_prose_code_tags_and_printed_lines_stand_as_they_are() -> None:
    text = as_text(notebook(new_output("stream", text="✓ It holds\n"), tolerance=0.05))
    assert text.splitlines() == [
        *("%% markdown", "# Title", "", "Some prose.", ""),
        *("%% code, training, tolerance 0.05", "measure()", "    ✓ It holds"),
    ]


def test_of_a_picture_there_is_its_text_and_a_fingerprint() -> None:
    one, same, other = (as_text(notebook(picture(p))) for p in (PIXELS, PIXELS, PIXELS + "A"))
    assert one == same != other
    assert "A line that falls" in one and PIXELS[:40] not in one


def test_every_notebook_is_short_lines_of_text() -> None:
    for path in listing.find_notebooks():
        text = as_text(listing.read(path))
        code = [cell.source for cell in listing.read(path).cells if cell.cell_type == "code"]
        assert all(source in text for source in code), path.name
        assert len(text) < path.stat().st_size / 3, path.name
        assert "base64" not in text, path.name


def test_what_is_no_notebook_is_refused(tmp_path: Path, capsys) -> None:
    (tmp_path / "a.ipynb").write_text("<<<<<<< HEAD\n", encoding="utf-8")
    assert notebooks.main(["show", str(tmp_path / "a.ipynb")]) == 1
    assert "expected a notebook" in capsys.readouterr().err


def test_git_shows_one_changed_line_of_code_as_one_changed_line(tmp_path: Path) -> None:
    """With the configuration that `make hooks` writes, and .gitattributes."""

    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
        command = ("git", *identity, *arguments)
        return subprocess.run(
            command, cwd=tmp_path, check=True, capture_output=True, encoding="utf-8"
        ).stdout

    git("init", "--quiet")
    (tmp_path / ".gitattributes").write_bytes((ROOT / ".gitattributes").read_bytes())
    tool = f'PYTHONPATH="{ROOT}" "{sys.executable}" -m tools.notebooks show'
    git("config", "diff.notebook.textconv", tool.replace("\\", "/"))
    path = tmp_path / "one.ipynb"
    store.write(notebook(picture(PIXELS), source="width = 3"), path)
    git("add", ".")
    git("commit", "--quiet", "-m", "One")
    changed = listing.read(path)
    changed.cells[1].source = "width = 4"
    changed.cells[1].execution_count = 7
    store.write(changed, path)
    lines = git("diff", "--unified=0").splitlines()
    changes = [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    assert changes == ["-width = 3", "+width = 4"]


def test_a_saved_notebook_is_tidied_and_a_tidy_one_left_alone(tmp_path: Path) -> None:
    saved = notebook(picture(PIXELS))
    saved.cells[1].metadata["collapsed"] = True
    path = tmp_path / "saved.ipynb"
    store.write(saved, path)
    arguments = notebooks.parse(["tidy", str(path)])
    assert arguments.do(arguments) == 0
    assert "collapsed" not in path.read_text("utf-8")
    before = path.stat().st_mtime_ns
    assert arguments.do(arguments) == 0
    assert path.stat().st_mtime_ns == before


def hooks() -> list[dict]:
    configuration = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    return [hook for repository in configuration["repos"] for hook in repository["hooks"]]


@pytest.mark.parametrize("hook", hooks(), ids=lambda hook: hook["id"])
def test_hooks_use_the_versions_that_the_checks_use(hook: dict) -> None:
    pins = locked_versions(LOCK.read_text("utf-8"))
    for text in hook["additional_dependencies"]:
        requirement = Requirement(text)
        assert str(requirement.specifier) == f"=={pins[canonicalize_name(requirement.name)]}"
