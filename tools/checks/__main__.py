"""Every check of the book: what `make test` runs.

    python -m tools.checks                all steps, two at a time
    python -m tools.checks --quick        the steps of `make check`, which train nothing
    python -m tools.checks --list         their names
    python -m tools.checks --only STEP    only these: a name, its beginning (`nbval`) or a pattern
                                          (`*02*`)
    python -m tools.checks --no-records   run the notebooks with a second seed also where their
                                          claims are recorded

Prints one line as each step ends, the whole output of a step that fails, and a table at the end. A
run of all steps also leaves a report in `_build/check/report.json`, which the book's page on its
checks shows.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time

from tools import ROOT
from tools.checks import reports
from tools.checks.reports import REPORT
from tools.checks.runner import Runner, print_table
from tools.checks.steps import RUNS, all_steps, check_steps, select
from tools.machine import browser, files, git
from tools.notebooks.run import NOTEBOOKS_AT_ONCE


def stop(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", default=[], metavar="STEP")
    parser.add_argument("--quick", action="store_true", help="only what trains nothing")
    parser.add_argument("--no-records", action="store_true", help="run what is recorded, too")
    parser.add_argument("--list", action="store_true", help="name the steps and run none")
    parser.add_argument("--jobs", type=int, default=NOTEBOOKS_AT_ONCE, metavar="N")
    arguments = parser.parse_args()
    steps = all_steps(os.environ, not arguments.no_records)
    if arguments.quick:
        steps = check_steps(os.environ)
    steps = select(steps, arguments.only)
    if arguments.list:
        print("\n".join(step.name for step in steps))
        return 0
    signal.signal(signal.SIGTERM, stop)
    files.print_everything()
    start = time.monotonic()
    commit, changed = git.state(ROOT)
    circumstances = {"began": reports.now(), "commit": commit, "changed": changed}
    circumstances |= reports.describe_machine() | {"browser": browser.version()}
    shutil.rmtree(RUNS, ignore_errors=True)
    jobs = max(1, arguments.jobs)
    runner = Runner(os.environ, jobs, len(steps))
    try:
        results = runner.run_all(steps)
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    seconds = time.monotonic() - start
    print_table(results, seconds)
    if not arguments.only and not arguments.quick:
        reports.write(reports.make_report(results, seconds, jobs, circumstances), REPORT)
    return 1 if any(result.outcome == "FAILED" for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
