"""What the page on the checks says, and from what; tools/notebooks/executions.py."""

import copy
import dataclasses
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import ROOT
from tools.checks.reports import Report, StepReport
from tools.checks.steps import all_steps
from tools.checks.versions import LOCK, locked_versions, read_lock
from tools.claims.fingerprint import fingerprint as claims_fingerprint
from tools.claims.record import Claim, Comparison, Entry
from tools.notebooks import executions, listing
from tools.notebooks.executions import Execution, fingerprint
from tools.notebooks.tolerances import Tolerance
from tools.publishing.repository import Repository
from tools.sphinx_extensions import checks_page
from tools.sphinx_extensions.checks_page import Sources, render

COMMIT, OTHER = "c0ffee" + 34 * "0", "beef" + 36 * "1"
SPACE = checks_page.SPACE


def code(source: str, *outputs: NotebookNode, **metadata: object) -> NotebookNode:
    return new_code_cell(source, outputs=list(outputs), metadata=metadata)


def printed(text: str) -> NotebookNode:
    return new_output("stream", text=text)


def notebook() -> NotebookNode:
    picture = new_output("display_data", data={"image/png": "AAAA", "text/plain": "p"})
    return new_notebook(
        cells=[
            new_markdown_cell("# 7 A | B\n\nProse with ✓ in it."),
            code("import utils", tags=["setup"]),
            code(
                "claim(1)", printed("✓ It holds\n· not checked in this run: that\n✓ So does this\n")
            ),
            code("train()", picture, tags=["training"], tolerance=0.05),
            code("print('a ✓')", printed("a ✓\n")),
        ]
    )


def step(name: str, outcome: str = "passed", stem: str = "", summary: str = "") -> StepReport:
    kind = name.removesuffix(stem).strip()
    return StepReport(name, kind, stem, f"That {kind} works.", outcome, 65.4, 60.0, summary)


def report(*steps: StepReport) -> Report:
    machine = ("Linux (x86_64)", 2, "3.12.1", "156.0")
    return Report("2026-01-02 03:04", COMMIT, False, *machine, 2, 130.8, steps)


def execution(**changes: object) -> Execution:
    values = {"code": fingerprint(notebook()), "processors": 2, "seconds": 125}
    values |= {"processor_seconds": 61, "versions": {"Python": "3.12.1", "torch": "2.14.1"}}
    return Execution(**(values | changes))


def sources(**changes: object) -> Sources:
    values = {
        "notebooks": {"07_a": notebook()},
        "addresses": {"07_a": "../chapters/07_a.ipynb"},
        "executions": {"07_a": execution()},
        "report": None,
        "commit": COMMIT,
        "repository": None,
    }
    return Sources(**(values | changes))


# ------------------------------------------------------------------------------
# Counting


def test_claims_figures_and_cells_are_counted_in_what_is_stored() -> None:
    assert checks_page.count(notebook()) == Counter(cells=4, claims=2, figures=1)
    rows = render("claims", sources()).splitlines()
    assert rows[2] == r"| [7 A \| B](../chapters/07_a.ipynb) | 2 | 4 | 1 |"
    assert rows[3] == "| **All** | **2** | **4** | **1** |"


def test_the_book_is_counted_as_it_stands() -> None:
    """Against the text of the files, in which no output is read."""
    for path in listing.find_notebooks():
        counts = checks_page.count(listing.read(path))
        text = path.read_text("utf-8")
        # Not those in a string of an explorer's script.
        assert counts["claims"] == len(re.findall(r'(?<!\\)"✓ ', text)) > 0, path.name
        pictures = text.count('"image/png": "') + text.count('"image/svg+xml": [')
        assert counts["figures"] == pictures > 0, path.name
        assert counts["explorers"] == text.count('"<book-'), path.name


def test_totals_name_the_tests_of_the_last_run_where_there_was_one() -> None:
    text = render("totals", sources())
    assert "1 notebook hold" not in text and "**2 claims**" in text and "test" not in text
    steps = [
        step("tests", summary="1000 passed, 2 skipped in 9s"),
        step("pages", summary="34 passed in 1s"),
        step("nbval 07_a", stem="07_a", summary="4 passed in 1s"),  # cells, not tests
    ]
    assert "passed 1,034 tests" in render("totals", sources(report=report(*steps)))


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ([None], "1 cell exactly"),
        ([None, None, Tolerance(0.05)], "2 cells exactly; 1 within 5 %"),
        (
            [Tolerance(0.2), Tolerance(0.03, 4), Tolerance(absolute=0.5), Tolerance(words=True)],
            "0 cells exactly; 3 within 3 % to 20 % or an amount of 0.5 to 4; "
            "1 by the number of lines",
        ),
        ([Tolerance(absolute=12)], "0 cells exactly; 1 within an amount of 12"),
    ],
)
def test_tolerances_in_words(stated: list, words: str) -> None:
    assert checks_page.ways_of_comparing(stated).replace(SPACE, " ") == words


# ------------------------------------------------------------------------------
# The record of the claims


LOCKED = {"torch": "2.14.1", "numpy": "2.4.6"}


def entry(code: str = "", torch: str = "2.14.1", lefts: tuple = (2.0, 3.0, 2.5)) -> Entry:
    """Of the notebook above; its second claim is in no run."""
    code = code or claims_fingerprint(notebook())
    versions = {"system": "Linux", "Python": "3.11", "torch": torch}
    compared = Comparison("a|b > 1", -1, False, lefts, (1.0,) * 3)
    claims = (
        Claim("It holds", tuple(left > 1 for left in lefts), (compared,)),
        Claim("x_1 * `a_b` < 3", (True,) * 3),
    )
    return Entry(code, versions, ({"seed": 0}, {"seed": 1}, {"seed": 2}), claims)


def rendered(**records: Entry) -> str:
    text = render("records", sources(records={f"07_{name}": one for name, one in records.items()}))
    return " ".join(text.replace(SPACE, " ").split())


def test_the_record_stands_there_by_notebook(monkeypatch) -> None:
    monkeypatch.setattr(checks_page, "lock", lambda locked, name: LOCKED[name])
    text = rendered(a=entry())
    assert r"| [7 A \| B](../chapters/07_a.ipynb) | 0 to 2 | 2 of 2 | of this code |" in text
    assert "Not held in every run" not in text
    near = "It holds. `a|b > 1`: 2.5 ± 0.5 against 1, nearest run 2.0 standard deviations away."
    assert text.count(near.replace("It holds. ", "")) == 2  # among the nearest, and among all
    assert near in text
    assert r"- x\_1 \* `a_b` \< 3. **3 of 3**. </details>" in text
    assert "- It holds. **3 of 3**: `a|b > 1`" in text


def test_a_record_of_older_code_or_other_versions_is_shown_as_such(monkeypatch) -> None:
    monkeypatch.setattr(checks_page, "lock", lambda locked, name: LOCKED[name])
    assert "| 2 of 2 | **of older code** |" in rendered(a=entry(code="older"))
    assert "| 2 of 2 | **with another torch** |" in rendered(a=entry(torch="2.13.0"))


def test_claims_that_failed_or_have_no_record_are_named() -> None:
    text = rendered(a=entry(lefts=(2.0, 0.5, 3.0)))
    assert "| 1 of 2 |" in text
    assert "Not held in every run: - [7 A \\| B](../chapters/07_a.ipynb), held in 2 of 3" in text
    assert "Without a record: - [7 A \\| B](../chapters/07_a.ipynb): So does this." in text
    text = rendered()
    assert "| – | – | no record |" in text and "all 2 claims." in text
    assert "<details" not in text and "came nearest" not in text


def test_seeds_and_values_in_words() -> None:
    runs = [{"seed": 0}, {"seed": 1, "mnist_test": True}]
    assert checks_page.seeds(runs) == "0 and 1, MNIST's test digits too"
    assert checks_page.seeds([{"seed": n} for n in (4, 0, 2)]) == "0, 2 and 4"
    assert checks_page.values([4864.0, 4864.0]) == "4,864"
    assert checks_page.values([0.12345]) == "0.123"
    assert checks_page.values([1.0, 2.0]) == "1.5 ± 0.7"
    close = Comparison("torch.allclose(a, b)", 1, False, (0.01, 0.05), (1.0, 1.0))
    words = checks_page.comparison(close).replace(SPACE, " ")
    assert words == "`torch.allclose(a, b)`: 5 % of the tolerance"
    exact = Comparison("n == 3", 0, False, (3.0, 3.0), (3.0, 3.0))
    assert checks_page.comparison(exact) == "`n == 3`: 3"
    words_only = Comparison("name == 'a'", 0, False, (None, None), (None, None))
    assert checks_page.comparison(words_only) == "`name == 'a'`"


# ------------------------------------------------------------------------------
# Steps


def test_without_a_report_all_steps_stand_there_and_where_outcomes_are() -> None:
    text = render("steps", sources())
    assert "`make test`" in text
    for each in all_steps({}):
        assert f"`{each.kind}`\n: {each.purpose}" in text
    assert "passed" not in text


def test_with_a_report_each_step_has_its_outcome_and_time() -> None:
    steps = [step("ruff"), step("nbval 07_a", stem="07_a"), step("nbval 08_b", stem="08_b")]
    text = render("steps", sources(report=report(*steps))).replace(SPACE, " ")
    assert "`ruff` – passed, 1 min 5 s\n: That ruff works." in text
    assert "`nbval` – passed, 2 min 11 s in all\n" in text
    run = " ".join(text.split())
    assert "2026-01-02 03:04 UTC, of commit `c0ffee0`. On Linux (x86_64) with 2 processors" in run
    assert "2 processors, Python 3.12.1 and Chromium 156.0" in run
    assert "3 steps passed, in 2 min 11 s, 2 at a time; processors worked for 3 min 0 s" in run
    assert "another state" not in text


def test_what_failed_and_what_was_not_run_is_said() -> None:
    steps = [
        step("ruff", "FAILED"),
        step("nbval 07_a", "FAILED", "07_a"),
        step("nbval 08_b", stem="08_b"),
        step("MNIST 07_a", "NOT RUN", "07_a", "no MNIST found"),
    ]
    text = render("steps", sources(report=report(*steps)))
    assert "`ruff` – **failed**\n" in text
    assert "`nbval` – **failed**: 07_a\n" in text
    assert "`MNIST` – not run: no MNIST found\n" in text
    assert "1 step passed, **2 failed** and 1 not run" in text


def test_a_report_of_another_commit_or_of_changes_says_so() -> None:
    other = render("steps", sources(report=report(step("ruff")), commit=OTHER))
    assert "`c0ffee0`" in other
    assert "**This page is of another state of the book, commit `beef111`.**" in other
    changed = dataclasses.replace(report(step("ruff")), changed=True)
    assert "with changes that are in no commit" in render("steps", sources(report=changed))


def test_commits_lead_to_the_repository_where_one_is_known() -> None:
    text = render("steps", sources(report=report(step("a")), repository=Repository("o", "n")))
    assert f"[`c0ffee0`](https://github.com/o/n/commit/{COMMIT})" in text


# ------------------------------------------------------------------------------
# Execution times


def test_times_stand_with_the_notebooks() -> None:
    text = render("notebooks", sources())
    assert r"| [7 A \| B](../chapters/07_a.ipynb) | 2:05 | 1:01 |" in text
    assert "code has changed" not in text and "last run" not in text
    steps = [step("nbval 07_a", stem="07_a"), step("seed, MNIST 07_a", stem="07_a")]
    text = render("notebooks", sources(report=report(*steps)))
    assert r"| [7 A \| B](../chapters/07_a.ipynb) | 1:05 | 1:05 | – |" in text


@pytest.mark.parametrize("entries", [{}, {"07_a": execution(code="another")}])
def test_no_time_and_no_version_of_other_code_is_shown(entries: dict) -> None:
    old = sources(executions=entries)
    text = render("notebooks", old)
    assert r"(../chapters/07_a.ipynb) | – | – |" in text
    assert "code has changed" in text
    assert "| torch | " in render("versions", old)
    assert "2.14.1 | 2.14.1" not in render("versions", old)


def test_a_fingerprint_is_of_the_code_alone() -> None:
    one, other = notebook(), notebook()
    other.cells[0].source = "# 8 Another title"
    other.cells[1].source = "import utils  # found in another way"
    other.cells[2].outputs = []
    assert fingerprint(one) == fingerprint(other)
    other.cells[3].source = "train(more=True)"
    assert fingerprint(one) != fingerprint(other)
    moved = copy.deepcopy(one)
    moved.cells[2].source, moved.cells[3].source = "claim(1)train()", ""
    assert fingerprint(one) != fingerprint(moved)


def test_running_one_notebook_leaves_the_other_entries(tmp_path: Path) -> None:
    path = tmp_path / "executions.json"
    path.write_text("{}")
    executions.record({"07_a": execution(), "08_b": execution(seconds=3)}, path)
    executions.record({"07_a": execution(seconds=9)}, path)
    found = executions.read(path)
    assert found == {"07_a": execution(seconds=9), "08_b": execution(seconds=3)}
    assert [file.name for file in tmp_path.iterdir()] == ["executions.json"]


@pytest.mark.parametrize("text", [None, "{", "[]", '{"a": 1}', '{"a": {"seconds": 1}}'])
def test_a_broken_list_of_executions_is_refused(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "executions.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=r"executions\.json.*`make execute`"):
        executions.read(path)


def test_every_notebook_has_an_entry_and_no_other() -> None:
    """Whether its code is still that of the notebook decides what the page shows."""
    entries = executions.read()
    assert sorted(entries) == sorted(path.stem for path in listing.find_notebooks())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    packages = ["Python", *executions.names(project["dependencies"])]
    for stem, entry in entries.items():
        assert entry.seconds > 0 and entry.processors > 0, stem
        assert sorted(entry.versions) == sorted(packages), f"{stem}: run make execute"


def test_the_list_of_executions_is_as_make_execute_writes_it(tmp_path: Path) -> None:
    copied = tmp_path / "executions.json"
    copied.write_bytes(executions.EXECUTIONS.read_bytes())
    executions.record({}, copied)
    assert copied.read_bytes() == executions.EXECUTIONS.read_bytes()


# ------------------------------------------------------------------------------
# Versions


def test_versions_are_those_of_the_lock_and_of_the_runs() -> None:
    text = render("versions", sources())
    assert f"| torch | {locked_versions(LOCK.read_text('utf-8'))['torch']} | 2.14.1 |" in text
    both = {"07_a": notebook(), "08_b": notebook()}
    two = {"07_a": execution(), "08_b": execution(versions={"torch": "2.15.0"})}
    text = render(
        "versions", sources(notebooks=both, addresses=dict.fromkeys(both, ""), executions=two)
    )
    assert "| 2.14.1, 2.15.0 |" in text


def test_a_package_may_be_locked_more_than_once() -> None:
    text = "numpy==2.1 ; python_version < '3.12'\n    # via scipy\nnumpy==2.4\nMy_Pkg==1\n"
    assert checks_page.lock(read_lock(text), "numpy") == "2.1 or 2.4"
    assert checks_page.lock(read_lock(text), "My_Pkg") == "1"


def test_mathjax_tells_its_version() -> None:
    assert checks_page.mathjax_version().startswith("3.")


@pytest.mark.parametrize(
    ("seconds", "short", "words"),
    [
        (0.44, "0:00", "0.4 s"),
        (7.2, "0:07", "7 s"),
        (59.7, "1:00", "1 min 0 s"),
        (3601, "60:01", "60 min 1 s"),
    ],
)
def test_times_are_written(seconds: float, short: str, words: str) -> None:
    assert checks_page.minutes(seconds) == short
    assert checks_page.duration(seconds).replace(SPACE, " ") == words
