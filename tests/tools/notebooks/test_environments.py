"""tools/notebooks/environments.py: where notebooks run."""

from pathlib import Path

from tools.notebooks import environments


def test_a_data_root_is_the_same_folder_for_a_notebook(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "me"))

    def given(text: str) -> str | None:
        return environments.kernel_environment({"DATA_ROOT": text}).get("DATA_ROOT")

    assert given("data") == str(tmp_path / "data")
    assert given("~/data") == str(tmp_path / "me" / "data")
    assert given("") is given("  ") is None
    assert "DATA_ROOT" not in environments.kernel_environment({})


def test_the_closed_environment_hides_data_and_network() -> None:
    base = {"DATA_ROOT": "/data", "no_proxy": "*", "MPLBACKEND": "agg", "HOME": "/home/me"}
    base["BOOK_LANGUAGE"] = "zh_CN"
    closed = environments.closed_environment(base)
    assert not {"DATA_ROOT", "no_proxy", "MPLBACKEND", "BOOK_LANGUAGE"} & set(closed)
    assert closed["HOME"] == "/home/me"
    assert closed["OMP_NUM_THREADS"] == closed["BOOK_SNAPSHOT"] == "1"
    assert base["DATA_ROOT"] == "/data"
