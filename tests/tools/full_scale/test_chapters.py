"""Chapters on whole data sets: which tables are kept, and what a run says of itself."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tools.full_scale import chapters, record
from tools.full_scale.chapters import tables_of
from tools.full_scale.plan import RUNS
from tools.notebooks import listing
from tools.notebooks.store import clean
from utils.drawing.tables import _as_html

TABLE = ["network", "PSNR (dB)"], [["a < b", "12.5"], ["none", "–"]], "Two networks"


def cell(*pages: str, tags: tuple[str, ...] = ("full-scale",)):
    outputs = [new_output("display_data", {"text/html": page}) for page in pages]
    return new_code_cell("", outputs=outputs, metadata={"tags": list(tags)})


def test_the_tables_of_tagged_cells_are_kept_and_nothing_else():
    page = _as_html(*TABLE)
    notebook = new_notebook(
        cells=[cell(page, tags=()), cell("<p>text</p>", page), cell(tags=("full-scale",))]
    )
    notebook.cells[-1].outputs = [new_output("stream", text="printed")]
    assert list(tables_of(notebook)) == [
        {"columns": TABLE[0], "rows": TABLE[1], "caption": TABLE[2]},
    ]


@pytest.mark.parametrize("stem", [name.split()[1] for name in RUNS if name.startswith("chapter")])
def test_each_chapter_of_the_plan_has_a_preset_and_tables_to_keep(stem):
    path = listing.find_notebook(stem)
    assert listing.preset_path("full", path).exists()
    notebook = listing.read(path)
    tagged = [c for c in listing.code_cells(notebook) if "full-scale" in listing.tags(c)]
    assert tagged
    assert len(list(tables_of(clean(notebook)))) >= len(tagged)


def test_a_run_keeps_tables_and_parameters_and_leaves_the_environment_alone(tmp_path, monkeypatch):
    path = listing.find_notebook("01")
    executed = new_notebook(cells=[cell(_as_html(*TABLE))])
    asked = []

    def run_notebook(source, target, parameters):
        asked.append((source, target, dict(parameters), chapters.os.environ["BOOK_SNAPSHOT"]))
        return executed

    monkeypatch.delenv("BOOK_SNAPSHOT", raising=False)
    monkeypatch.setattr(chapters, "run_notebook", run_notebook)
    run = chapters.run(path, tmp_path)
    assert asked == [(path, tmp_path / path.name, run.results["parameters"], "1")]
    assert run.results["parameters"]["dataset"] == "mnist"
    assert len(run.results["tables"]) == 1
    assert record.is_current("chapter 01_encoder_decoder", run)
    assert "BOOK_SNAPSHOT" not in chapters.os.environ


def test_code_that_changes_meanwhile_is_noticed(tmp_path, monkeypatch):
    codes = iter(("before", "after"))
    monkeypatch.setattr(record, "chapter_code", lambda _: next(codes))
    monkeypatch.setattr(chapters, "run_notebook", lambda *_: new_notebook())
    with pytest.raises(RuntimeError, match="changed while"):
        chapters.run(listing.find_notebook("01"), tmp_path)
