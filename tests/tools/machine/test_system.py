"""What the system tells of processes."""

import importlib.util
import subprocess
import sys

import pytest

from tools.machine.system import used

TELLS = importlib.util.find_spec("resource") is not None


@pytest.mark.skipif(not TELLS, reason="this system does not tell")
def test_what_a_process_used_is_told_and_that_of_its_children_apart():
    seconds, memory = used(children=False)
    assert 0 < seconds < 1e6 and 1e7 < memory < 1e12
    before, _ = used(children=True)
    work = "sum(range(10**7)); data = bytes(3 * 10**8)"
    subprocess.run([sys.executable, "-c", work], check=True)
    after, largest = used(children=True)
    assert after > before + 0.05
    assert largest > 3e8


def test_what_no_system_tells_is_not_made_up(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)  # as on Windows
    assert used(children=True) == used(children=False) == (None, None)
