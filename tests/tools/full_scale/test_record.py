"""The record of runs on whole data sets: what it keeps, and when it is out of date."""

from dataclasses import replace

import pytest
from made_runs import RUN

from tools.claims import fingerprint
from tools.full_scale import record
from tools.full_scale.recipes import FINAL, RECIPES
from tools.notebooks import listing


def test_runs_come_back_as_they_were_written_and_others_stay(tmp_path):
    path = tmp_path / "full_scale.json"
    assert record.read(path) == {}
    record.write({"chapter a": RUN, "chapter b": RUN}, path)
    other = replace(RUN, seconds=2.0)
    record.write({"chapter b": other}, path)
    assert record.read(path) == {"chapter a": RUN, "chapter b": other}
    assert '\n  "tables": ' in path.read_text("utf-8")  # a result a line


@pytest.mark.parametrize("text", ["", "[]", '{"chapter a": {}}', '{"chapter a": 1}'])
def test_another_kind_of_file_is_refused_with_what_to_do(tmp_path, text):
    path = tmp_path / "full_scale.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"full_scale\.json.*make full"):
        record.read(path)


def test_a_translator_is_out_of_date_when_its_recipe_or_a_module_behind_it_changes(monkeypatch):
    name = "translation final 0"
    run = replace(RUN, code=record.code_of(name))
    assert record.is_current(name, run)
    monkeypatch.setitem(RECIPES, "final", replace(FINAL, title="other words"))
    assert record.is_current(name, run)
    monkeypatch.setitem(RECIPES, "final", replace(FINAL, dropout=0.29))
    assert not record.is_current(name, run)
    monkeypatch.setitem(RECIPES, "final", FINAL)

    def changed(module):
        digest = fingerprint.module_digest
        monkeypatch.setattr(
            record.fingerprint,
            "module_digest",
            lambda path, time: b"other" if path.stem == module else digest(path, time),
        )
        return not record.is_current(name, run)

    training = record.training_code(FINAL)
    assert changed("recurrent") and record.training_code(FINAL) != training
    monkeypatch.undo()
    # What only searches makes the scores old, and not the weights.
    assert changed("search") and record.training_code(FINAL) == training
    monkeypatch.undo()
    assert not changed("convolutional")


def test_a_chapter_is_out_of_date_when_its_notebook_or_its_preset_changes(monkeypatch, tmp_path):
    name = "chapter 01_encoder_decoder"
    path = listing.find_notebook("01")
    run = replace(RUN, code=record.code_of(name))
    assert record.is_current(name, run)
    preset = tmp_path / "preset.yaml"
    preset.write_text("epochs: 1\n")
    monkeypatch.setattr(record.listing, "preset_path", lambda *_: preset)
    assert not record.is_current(name, run)
    monkeypatch.undo()
    notebook = listing.read(path)
    notebook.cells[-1].cell_type, notebook.cells[-1].source = "code", "1 + 1"
    monkeypatch.setattr(record.listing, "read", lambda _: notebook)
    assert not record.is_current(name, run)


def test_a_run_that_is_no_longer_planned_is_out_of_date():
    assert not record.is_current("translation gone 0", RUN)
    assert not record.is_current("chapter 99_gone", RUN)
