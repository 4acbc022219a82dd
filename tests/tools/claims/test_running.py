"""tools/claims/running.py: runs in processes, recorded one by one, gone on with after a kill."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from made_records import write_notebook

from tools import ROOT
from tools.claims import fingerprint, record, running
from tools.claims.plan import Task, tasks
from tools.machine.system import WINDOWS
from tools.notebooks import listing
from tools.notebooks.environments import START_TIMEOUT

CLAIM = "from utils.notebook.claims import claim\n"
PATH = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
# As `make claims` calls it, for a notebook and files of its own.
RUN_ALL = """
import json, sys
from pathlib import Path
from tools.claims import running
from tools.claims.plan import Task
notebook, file, runs = map(Path, sys.argv[1:])
wanted = [Task(notebook, {"seed": seed}) for seed in range(2)]
running.run_all(wanted, 2, "", lambda text: print(text, flush=True), file, runs)
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def make_notebook(work: Path, *sources: str) -> Path:
    """Each run leaves a line in the file `log`."""
    begin = (
        PATH + CLAIM + f"from pathlib import Path\nwork = Path({str(work)!r})\n"
        "with (work / 'log').open('a') as log:\n    print(seed, file=log)"
    )
    return write_notebook(work / "notebooks" / "01_a.ipynb", begin, *sources)


def runs_begun(work: Path) -> list[str]:
    path = work / "log"
    return sorted(path.read_text().split()) if path.exists() else []


def run_all(work: Path, path: Path, seeds: int, **options: object) -> tuple[list[str], list[str]]:
    """The failures, and what was reported."""
    lines: list[str] = []
    failures = running.run_all(
        [Task(path, {"seed": seed}) for seed in range(seeds)],
        report=lines.append,
        file=work / "claims.json",
        runs=work / "runs",
        **options,
    )
    return failures, lines


@pytest.mark.slow
def test_a_run_is_done_once_and_again_after_a_change(work: Path) -> None:
    """A claim that fails in one run is recorded, with all that follow."""
    path = make_notebook(work, "claim('below 1', seed < 1)\nclaim('whole', seed == int(seed))")
    failures, lines = run_all(work, path, 2, jobs=2)
    assert not failures and lines[0] == "0 of 2 runs are recorded, 2 to do"
    entry = record.read(work / "claims.json")["01_a"]
    assert [run["seed"] for run in entry.runs] == [0, 1]
    below, whole = entry.claims
    assert below.held == (True, False) and whole.held == (True, True)
    assert below.comparisons[0].left == (0, 1) and below.comparisons[0].right == (1, 1)
    assert entry.code == fingerprint.fingerprint(listing.read(path))
    # Neither from the record alone, nor from the files of the runs alone.
    (work / "claims.json").rename(work / "kept.json")
    assert run_all(work, path, 2)[1] == ["2 of 2 runs are recorded, 0 to do"]
    assert record.read(work / "claims.json") == {"01_a": entry}
    for file in (work / "runs").rglob("*.json"):
        file.unlink()
    assert run_all(work, path, 2)[1] == ["2 of 2 runs are recorded, 0 to do"]
    assert runs_begun(work) == ["0", "1"]
    # Of other code the old entry stays until there is one run of it.
    path = make_notebook(work, "raise ValueError('broken')\nclaim('below 1', seed < 1)")
    failures, lines = run_all(work, path, 1)
    assert lines == ["0 of 1 runs are recorded, 1 to do", "FAILED    01_a seed-0"]
    assert len(failures) == 1 and "ValueError: broken" in failures[0]
    assert record.read(work / "claims.json") == {"01_a": entry}
    path = make_notebook(work, "claim('below 2', seed < 2)")
    assert run_all(work, path, 1)[0] == []
    (claim,) = record.read(work / "claims.json")["01_a"].claims
    assert claim.statement == "below 2" and claim.held == (True,)


def test_a_notebook_without_claims_is_no_run(work: Path) -> None:
    task = Task(make_notebook(work, "x = 1"), {"seed": 0})
    with running.environment_of(task), pytest.raises(RuntimeError, match="expected claims in 01_a"):
        running.run_one(task)


@pytest.mark.skipif(WINDOWS, reason="kill -9 is a signal of other systems")
@pytest.mark.slow
def test_after_a_kill_nothing_runs_on_and_what_was_done_is_kept(work: Path) -> None:
    """Run 0 ends; run 1 waits for a file, and is killed with the process that began it."""
    wait = (
        "import os, time\nopen(work / f'pid-{seed}', 'w').write(str(os.getpid()))\n"
        "while seed and not (work / 'go').exists():\n    time.sleep(0.05)\n"
        "claim('from 0 on', seed >= 0)"
    )
    path = make_notebook(work, wait)
    command = [sys.executable, "-c", RUN_ALL, str(path), str(work / "claims.json")]
    process = subprocess.Popen(
        [*command, str(work / "runs")],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "0 of 2 runs are recorded, 2 to do\n"
        assert process.stdout.readline().startswith("recorded  01_a seed-0: 1 of 1")
        pid = work / "pid-1"
        wait_for(lambda: pid.exists() and pid.read_text())
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: not is_alive(int(pid.read_text())))
    assert [run["seed"] for run in record.read(work / "claims.json")["01_a"].runs] == [0]
    (work / "go").touch()
    failures, lines = run_all(work, path, 2)
    assert not failures and lines[0] == "1 of 2 runs are recorded, 1 to do"
    assert [run["seed"] for run in record.read(work / "claims.json")["01_a"].runs] == [0, 1]
    assert runs_begun(work) == ["0", "1", "1"]


def wait_for(condition, seconds: float = START_TIMEOUT) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    import psutil

    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
def test_two_workers_of_a_dask_cluster_do_the_same(work: Path) -> None:
    from dask.distributed import LocalCluster

    path = make_notebook(
        work,
        "import os\nimport psutil\nclaim('below 3', seed < 3)\n"
        "(work / f'worker-{seed}').write_text(str(psutil.Process().parent().ppid()))",
    )
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        failures, lines = run_all(work, path, 2, cluster=cluster.scheduler_address)
        workers = {worker.pid for worker in cluster.workers.values()}
    assert not failures and len(lines) == 3
    (claim,) = record.read(work / "claims.json")["01_a"].claims
    assert claim.held == (True, True) and claim.comparisons[0].left == (0, 1)
    # The kernel's process was begun by a run's, and that by a worker's.
    assert {int((work / f"worker-{seed}").read_text()) for seed in (0, 1)} <= workers


def test_results_of_other_code_are_refused(work: Path, monkeypatch) -> None:
    """As a worker whose copy of the book is another one would send them."""
    path = make_notebook(work, "claim('it', seed < 9)")
    other = json.dumps(
        {"code": "other", "versions": fingerprint.versions(), "parameters": {"seed": 0}}
        | {"claims": [{"statement": "it", "held": True, "comparisons": []}]}
    )
    monkeypatch.setattr(running, "process_of", lambda folder, python: lambda *task: (other, ""))
    failures, _ = run_all(work, path, 1)
    assert failures == ["01_a seed-0: a worker has other code or other versions than this process"]
    assert record.read(work / "claims.json") == {} and not (work / "runs").exists()


def test_code_that_changes_under_a_run_is_not_recorded(work: Path, monkeypatch) -> None:
    path = make_notebook(work, "claim('it', seed < 9)")
    codes = iter(["before", "after"])
    monkeypatch.setattr(fingerprint, "fingerprint", lambda notebook: next(codes))
    task = Task(path, {"seed": 0})
    with running.environment_of(task), pytest.raises(RuntimeError, match="was changed while"):
        running.run_one(task)


def test_a_run_is_closed_and_has_one_thread(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("DATA_ROOT", str(tmp_path))
    before = dict(os.environ)
    path = listing.find_notebook("02")
    for parameters, root in (({"seed": 1}, None), ({"seed": 1, "mnist_test": True}, str(tmp_path))):
        with running.environment_of(Task(path, parameters)):
            assert os.environ.get("DATA_ROOT") == root
            assert os.environ["OMP_NUM_THREADS"] == os.environ["LOKY_MAX_CPU_COUNT"] == "1"
        assert dict(os.environ) == before


def test_where_mnist_is_at_hand_its_test_digits_are_measured_too(tmp_path: Path) -> None:
    paths = [listing.find_notebook("01"), listing.find_notebook("02")]
    plain = [{"seed": 0}, {"seed": 0}, {"seed": 1}, {"seed": 1}]
    assert [task.parameters for task in tasks(paths, 2, {})] == plain
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    found = tasks(paths, 2, {"DATA_ROOT": str(tmp_path)})
    assert [task.parameters.get("mnist_test") for task in found] == [None, True, None, True]
    assert [task.path for task in found] == [*paths, *paths]
