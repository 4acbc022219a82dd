"""What the check of Colab takes for a replaced package, and that the book asks Colab for none."""

import json
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.notebooks import listing
from tools.publishing import colab
from tools.publishing.colab import added, installed, missed, read_packages, replaced

COLAB = read_packages(colab.PACKAGES.read_text("utf-8"))
REQUIREMENTS = [Requirement(line) for line in colab.book_requirements()]
PREINSTALLED = [r for r in REQUIREMENTS if canonicalize_name(r.name) in COLAB]


# ------------------------------------------------------------------------------
# What the book asks for, and what Colab has


@pytest.mark.parametrize("requirement", PREINSTALLED, ids=lambda r: r.name)
def test_what_colab_has_is_enough_for_the_book(requirement: Requirement) -> None:
    version = COLAB[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version, prereleases=True), (
        f"Colab has {requirement.name} {version}; pip would replace it, as pyproject.toml asks for "
        f"{requirement.specifier}"
    )


def test_what_takes_long_to_install_is_there() -> None:
    names = {requirement.name for requirement in PREINSTALLED}
    assert {"torch", "torchvision", "numpy", "scipy", "matplotlib", "ipywidgets"} <= names


def test_the_list_is_of_the_environment_that_the_book_promises_to_run_in() -> None:
    wanted = {"torch": "2.11.0", "ipywidgets": "7.7.1", "ipython": "7.34.0"}
    assert {name: COLAB[name] for name in wanted} == wanted


# ------------------------------------------------------------------------------
# Two states of an environment


def put(folder: Path, name: str, version: str) -> Path:
    """Install a package, as far as its metadata go."""
    place = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    place.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    (place / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    put(folder, "numpy", "2.1")
    put(folder, "Torch.Vision", "0.26")
    return folder


def rename(place: Path, version: str) -> None:
    (place / "METADATA").write_text(
        (place / "METADATA").read_text("utf-8").replace("Version: 2.1\n", f"Version: {version}\n"),
        encoding="utf-8",
    )


def changes(before: dict, *paths: Path) -> tuple[list[str], list[str]]:
    after = installed([str(path) for path in paths])
    return replaced(before, after), added(before, after)


def test_packages_are_known_by_their_normal_names(site: Path) -> None:
    found = installed([str(site)])
    assert {name: package.version for name, package in found.items()} == {
        "numpy": "2.1",
        "torch-vision": "0.26",
    }
    assert changes(found, site) == ([], [])


def test_an_added_package_is_reported_but_replaces_nothing(site: Path) -> None:
    before = installed([str(site)])
    put(site, "constriction", "0.4.2")
    assert changes(before, site) == ([], ["constriction 0.4.2"])


@pytest.mark.parametrize("version", ["2.2", "2.0"])
def test_a_replaced_package_is_found(site: Path, version: str) -> None:
    before = installed([str(site)])
    (site / "numpy-2.1.dist-info").rename(site / f"numpy-{version}.dist-info")
    rename(site / f"numpy-{version}.dist-info", version)
    assert changes(before, site) == ([f"numpy 2.1 was replaced by {version}"], [])


def test_a_removed_package_is_found(site: Path) -> None:
    before = installed([str(site)])
    (site / "numpy-2.1.dist-info" / "METADATA").unlink()
    (site / "numpy-2.1.dist-info").rmdir()
    assert changes(before, site) == (["numpy 2.1 was removed"], [])


def test_a_package_that_another_folder_hides_is_found(site: Path, tmp_path: Path) -> None:
    """As when pip may not write where Colab's packages are, and installs into the home folder."""
    before = installed([str(site)])
    put(tmp_path / "home", "numpy", "2.1")
    ((sentence,), new) = changes(before, tmp_path / "home", site)
    assert sentence.startswith("numpy 2.1 is now taken from ") and new == []


def test_a_package_that_only_colab_has_and_that_pip_added_is_a_fault(site: Path) -> None:
    """There pip would have found it, at the version that Colab has."""
    before = installed([str(site)])
    put(site, "lxml", "6.0")
    put(site, "constriction", "0.4.2")
    (sentence,) = missed(before, installed([str(site)]), ["lxml", "python-apt", "numpy"])
    assert sentence.startswith("the book depends on lxml, which Colab has")


@pytest.mark.parametrize(
    "origin", [None, {"dir_info": {}}, {"vcs_info": {"vcs": "git", "commit_id": "another"}}]
)
def test_the_book_must_come_from_the_commit_that_is_checked(site: Path, origin) -> None:
    with pytest.raises(RuntimeError, match="to install encode-decode-attend at abc, found it at"):
        colab.check_source(installed([str(site)]), "abc")
    place = put(site, colab.BOOK, "0.1")
    address = {"url": "https://github.com/somebody/some-book"}
    if origin is not None:
        (place / "direct_url.json").write_text(json.dumps(address | origin), encoding="utf-8")
    with pytest.raises(RuntimeError, match="found it at"):
        colab.check_source(installed([str(site)]), "abc")
    right = address | {"vcs_info": {"vcs": "git", "commit_id": "abc"}}
    (place / "direct_url.json").write_text(json.dumps(right), encoding="utf-8")
    colab.check_source(installed([str(site)]), "abc")


# ------------------------------------------------------------------------------
# Building it


def test_of_a_list_the_packages_with_versions_are_read() -> None:
    text = (
        "# Colab\n\nPyWavelets==1.9.0\nlazr.uri==1.0.6 # via x\ngoogle-colab @ file:///x\ntorch\n"
    )
    assert read_packages(text) == {"pywavelets": "1.9.0", "lazr-uri": "1.0.6"}


@pytest.mark.parametrize(("text", "got"), [("# numpy==1\n", "none"), ("a==1\nA==2", "1 and 2")])
def test_a_list_without_packages_or_with_two_versions_is_refused(text: str, got: str) -> None:
    with pytest.raises(ValueError, match=f"got {got}"):
        read_packages(text)


class PretendedBuilder(colab.Builder):
    """Instead of installing notes what it would; `sources` have no wheel, `missing` no build."""

    def __init__(self, sources: set[str], missing: set[str]):
        super().__init__(Path("environment"))
        self.sources, self.missing = sources | missing, missing
        self.done: list[str] = []

    def _install(self, pins, *options) -> str:
        impossible = self.sources if options else self.missing
        if found := impossible & set(pins):
            return f"no {sorted(found)[0]}"
        self.done += pins
        return ""


def test_what_can_be_had_is_installed_and_the_rest_named_with_the_reason() -> None:
    versions = {f"p{number}": "1" for number in range(37)} | {"numpy": "2"}
    builder = PretendedBuilder({"p5==1", "p6==1"}, {"p0==1", "p36==1"})
    assert builder.fill(versions) == {"p0==1": "no p0==1", "p36==1": "no p36==1"}
    expected = {f"{name}=={version}" for name, version in versions.items()} - {"p0==1", "p36==1"}
    assert set(builder.done) == expected and len(builder.done) == len(expected)


def test_without_what_the_book_depends_on_nothing_is_built() -> None:
    builder = PretendedBuilder(set(), {"numpy==2"})
    with pytest.raises(ValueError, match="uv says: no numpy==2"):
        builder.fill({"a": "1", "numpy": "2"})
    assert builder.done == []


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        (
            "Using Python\nerror: No solution\n  cause: Because x was not found\n\nhint: error",
            "cause: Because x was not found",
        ),
        (
            "error: Failed to build `x`\n  [stderr]\n  Error: no R in the PATH\n\nhint: an error",
            "Error: no R in the PATH",
        ),
        (
            "configure: error: no dbus\nsubprocess.CalledProcessError: Command\nhint: an error",
            "configure: error: no dbus",
        ),
        ("something else", "something else"),
        ("", "no reason given"),
    ],
)
def test_of_what_uv_says_the_reason_is_picked(errors: str, reason: str) -> None:
    assert colab.why(errors) == reason


def test_without_the_right_python_there_is_one_sentence(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(colab, "FOLDER", tmp_path)
    monkeypatch.setattr(colab, "PYTHON", "3.99")
    with pytest.raises(ValueError, match=r"expected Python 3\.99, .* found none; install it"):
        colab.Builder(tmp_path / "environment").create()


@pytest.fixture
def executed(monkeypatch) -> NotebookNode:
    """A run that is none: one cell with a slider, and what stands below it."""
    cell = new_code_cell(outputs=[new_output("stream", name="stderr", text="careful\n\n")])
    below = [{"output_type": "stream", "name": "stderr", "text": "old\n"}]
    widgets = {"application/x": {"state": {"a": {"state": {"outputs": below}}, "b": {"state": {}}}}}
    notebook = new_notebook(cells=[new_markdown_cell("# A"), cell], metadata={"widgets": widgets})
    monkeypatch.setattr(colab.run, "run_notebook", lambda *_: notebook)
    return notebook


def test_warnings_are_reported_those_in_widgets_too(executed: NotebookNode) -> None:
    assert colab.run_smoke(listing.find_notebooks()[0], "a.ipynb") == ["careful", "old"]


def test_an_error_below_a_slider_is_found(executed: NotebookNode) -> None:
    """There it ends no run: the widget shows it, and the cell is done."""
    error = {"output_type": "error", "ename": "KeyError", "evalue": "'x'", "traceback": []}
    executed.metadata.widgets["application/x"]["state"]["a"]["state"]["outputs"].append(error)
    with pytest.raises(RuntimeError, match="a widget shows KeyError: 'x'"):
        colab.run_smoke(listing.find_notebooks()[0], "a.ipynb")


def test_notebooks_run_there_as_for_a_reader(tmp_path: Path) -> None:
    base = {"BOOK_SNAPSHOT": "1", "DATA_ROOT": "/data", "PYTHONPATH": "/x", "HOME": "/home"}
    assert colab.colab_environment(base, tmp_path) == {
        "HOME": "/home",
        "JUPYTER_PATH": str(tmp_path / "share" / "jupyter"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
