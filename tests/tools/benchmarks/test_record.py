"""The record of what was measured: written and read, and marked where it is of other code."""

import dataclasses
import json
from pathlib import Path

import pytest

from tools import ROOT
from tools.benchmarks import record
from tools.benchmarks.record import PARTS, Part, fingerprint

PART = Part("c0ffee", 61, 2, 0.5, {"Python": "3.12.1"}, [{"network": "ä", "rate": 1.5}, {"a": 2}])


def test_what_is_written_is_read_again_and_other_parts_stay(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.json"
    assert record.read(path) == {}
    record.write({"training": PART}, path)
    other = dataclasses.replace(PART, seconds=5)
    record.write({"codec": other}, path)
    assert record.read(path) == {"training": PART, "codec": other}
    record.write({"training": other}, path)
    assert record.read(path) == {"training": other, "codec": other}
    assert json.loads(path.read_text("utf-8"))["codec"]["results"] == PART.results


def test_each_result_has_a_line(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.json"
    record.write({"training": PART}, path)
    assert '  {"network": "ä", "rate": 1.5},\n  {"a": 2}\n' in path.read_text("utf-8")


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"training": {"code": "a"}}', '{"training": 7}', "null"]
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "benchmarks.json"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match="expected what was measured in benchmarks"):
        record.read(path)


def test_a_part_that_nobody_knows_is_named(tmp_path: Path) -> None:
    path = tmp_path / "benchmarks.json"
    path.write_text(json.dumps({"cooking": dataclasses.asdict(PART)}), "utf-8")
    with pytest.raises(ValueError, match="got cooking"):
        record.read(path)


def test_a_fingerprint_follows_contents_and_names_and_not_how_lines_end(tmp_path: Path) -> None:
    code = tmp_path / "utils" / "a.py"
    code.parent.mkdir()
    code.write_bytes(b"one\ntwo\n")
    first = fingerprint(("utils/*.py",), tmp_path)
    code.write_bytes(b"one\r\ntwo\r\n")
    assert fingerprint(("utils/*.py", "utils/a.*"), tmp_path) == first
    code.write_bytes(b"one\ntwo!\n")
    assert fingerprint(("utils/*.py",), tmp_path) != first
    code.write_bytes(b"one\ntwo\n")
    code.rename(code.with_name("b.py"))
    assert fingerprint(("utils/*.py",), tmp_path) != first


def test_a_part_is_of_todays_code_until_that_changes(tmp_path: Path) -> None:
    code = tmp_path / "utils" / "compression" / "codec.py"
    code.parent.mkdir(parents=True)
    code.write_text("a = 1\n", "utf-8")
    part = dataclasses.replace(PART, code=fingerprint(PARTS["codec"], tmp_path))
    assert part.is_of("codec", tmp_path)
    code.write_text("a = 2\n", "utf-8")
    assert not part.is_of("codec", tmp_path)


@pytest.mark.parametrize("name", PARTS)
def test_every_pattern_of_a_part_finds_files(name: str) -> None:
    assert all(list(ROOT.glob(pattern)) for pattern in PARTS[name])


def test_the_books_own_record_is_whole() -> None:
    for name, part in record.read().items():
        assert part.results, name
