"""tools/machine/files.py: what is written is whole and stays what it was; odd consoles."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tools import ROOT
from tools.machine import files

WINDOWS = sys.platform == "win32"
# Names of 255 bytes are the longest that there are on most systems.
LONG = "编码" * 40 + "abcd"  # 244 bytes in UTF-8


def test_text_is_written_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.txt"
    files.write(path, "编码\n✓")
    assert path.read_bytes() == "编码\n✓".encode()
    files.write(path, b"\r\n")
    assert path.read_bytes() == b"\r\n"
    assert os.listdir(path.parent) == ["a.txt"]


def test_a_long_name_is_a_name(tmp_path: Path) -> None:
    assert len(LONG.encode()) == 244
    files.write(tmp_path / LONG, "a")
    assert os.listdir(tmp_path) == [LONG]


@pytest.mark.skipif(WINDOWS, reason="modes and links are others there")
def test_a_link_stays_one_and_a_mode_too(tmp_path: Path) -> None:
    real, link = tmp_path / "real" / "a", tmp_path / "link"
    files.write(real, "old")
    real.chmod(0o640)
    link.symlink_to(real)
    files.write(link, "new")
    assert link.is_symlink() and real.read_text() == "new"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert os.listdir(real.parent) == ["a"]
    # A new file has the mode that any new file has.
    (tmp_path / "plain").write_text("")
    assert os.stat(tmp_path / "plain").st_mode == _mode_of_a_new_file(tmp_path)


def _mode_of_a_new_file(folder: Path) -> int:
    files.write(folder / "new", "")
    return os.stat(folder / "new").st_mode


def test_a_fault_leaves_the_old_file(tmp_path: Path, monkeypatch) -> None:
    files.write(tmp_path / "a", "old")

    def full_disk(*_arguments: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="no space"):
        files.write(tmp_path / "a", "new")
    assert {path: path.read_text() for path in tmp_path.iterdir()} == {tmp_path / "a": "old"}


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match="expected the name of a file"):
        files.write(tmp_path, "a")


# ------------------------------------------------------------------------------
# Consoles that are set up otherwise


@pytest.mark.parametrize("encoding", ["cp1252", "gbk", "ascii", "utf-8"])
def test_every_character_is_printed_somehow(encoding: str) -> None:
    code = (
        "import sys\n"
        "from tools.machine import files\n"
        "files.print_everything(); print('✓ 编码'); print('→', file=sys.stderr)"
    )
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONUTF8", None)
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
    written = (done.stdout + done.stderr).decode(encoding)
    for sign in "✓编码→":
        assert sign in written or f"\\u{ord(sign):04x}" in written
