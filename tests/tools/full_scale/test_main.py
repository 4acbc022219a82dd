"""The command that makes what is missing of the page "At full scale"."""

import json
import subprocess
from dataclasses import asdict, replace

import pytest
from made_runs import RUN

from tools.full_scale import __main__ as command
from tools.full_scale import plan, record


def test_each_run_of_the_plan_is_a_command_that_is_understood():
    parser = command.new_parser()
    for name, arguments in plan.RUNS.items():
        given = parser.parse_args(arguments)
        assert callable(given.do)
        assert record.code_of(name), name
    kinds = {name.split()[0] for name in plan.RUNS}
    assert kinds == {"chapter", "stream", "translation"}


@pytest.fixture
def three(tmp_path, monkeypatch):
    """Three runs that are planned: the first is recorded, the second out of date."""
    runs = dict(list(plan.RUNS.items())[:3])
    first, second, _ = runs
    monkeypatch.setattr(plan, "RUNS", runs)
    current = replace(RUN, code=record.code_of(first))
    record.write({first: current, second: RUN}, tmp_path / "full_scale.json")
    return runs


def test_all_makes_what_is_missing_and_goes_on_after_a_failure(
    three, tmp_path, monkeypatch, capsys
):
    first, second, third = three
    called = []

    def call(arguments):
        called.append(arguments)
        failed = len(called) == 1
        return subprocess.CompletedProcess(arguments, 1 if failed else 0)

    monkeypatch.setattr(command.subprocess, "run", call)
    options = ["--folder", str(tmp_path), "--record", str(tmp_path / "full_scale.json")]
    assert command.main(["all", *options]) == 1
    assert [arguments[3:-4] for arguments in called] == [three[second], three[third]]
    for arguments in called:
        assert arguments[-4:] == options
    said = capsys.readouterr().out
    assert f"recorded  {first}" in said and f"FAILED    {second}" in said
    assert f"done      {third}" in said and f"1 of 3 runs failed: {second}" in said


def test_the_list_says_what_is_recorded_and_what_is_old(three, tmp_path, capsys):
    assert command.main(["list", "--record", str(tmp_path / "full_scale.json")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["recorded", "out of date", "-"]
    assert [*three][2] in lines[2]


def test_a_translator_is_recorded_and_what_is_wrong_is_said(tmp_path, monkeypatch, capsys):
    from tools.full_scale import translation

    file = tmp_path / "full_scale.json"
    options = ["--folder", str(tmp_path), "--record", str(file)]
    monkeypatch.setattr(translation, "run", lambda *_: RUN)
    monkeypatch.setattr(translation, "in_words", lambda name, run: f"{name} in words")
    assert command.main(["translation", "--recipe", "start", "--seed", "2", *options]) == 0
    assert json.loads(file.read_text("utf-8")) == {"translation start 2": asdict(RUN)}
    assert "translation start 2 in words" in capsys.readouterr().out
    monkeypatch.undo()
    monkeypatch.setenv("DATA_ROOT", str(tmp_path))
    (tmp_path / "multi30k").mkdir()
    assert command.main(["translation", *options]) == 1
    assert "expected the file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        command.main(["translation", "--recipe", "unknown"])
