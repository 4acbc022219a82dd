"""tools/checks/versions.py: which packages differ from the lock."""

import pytest

from tools.checks import versions

LOCK = """\
# made by make
Alpha_One==1.2
    # via beta
beta==3.0 ; python_full_version < '3'
gamma==2.0.1
delta==5
"""


def test_the_lock_is_read_for_this_python() -> None:
    locked = versions.locked_versions(LOCK)
    assert locked == {"alpha-one": "1.2", "gamma": "2.0.1", "delta": "5"}


def test_a_line_without_a_version_is_refused() -> None:
    with pytest.raises(ValueError, match="pins one version"):
        versions.locked_versions("alpha>=1.2\n")


def test_what_is_older_newer_or_missing_is_listed() -> None:
    installed = {"alpha-one": "1.3", "gamma": "2.0.1+cpu", "more": "1"}
    assert versions.differences(versions.locked_versions(LOCK), installed) == [
        ("alpha-one", "1.2", "1.3"),
        ("delta", "5", "none"),
    ]


def test_the_table_names_what_is_installed_here(monkeypatch, tmp_path, capsys) -> None:
    installed = versions.installed_versions()["pytest"]
    monkeypatch.setattr(versions, "LOCK", tmp_path / "lock")
    versions.LOCK.write_text("pytest==0.1\n", encoding="utf-8")
    assert versions.main() == 0
    assert f"| pytest | 0.1 | {installed} |" in capsys.readouterr().out
    versions.LOCK.write_text(f"pytest=={installed}\n", encoding="utf-8")
    versions.main()
    assert "as the lock says" in capsys.readouterr().out
