"""How fast the book is: what `make bench` measures, and the page "How fast it is" shows.

    python -m tools.benchmarks             all parts, and the machine needs some minutes to itself
    python -m tools.benchmarks PART ...    only these: explorers, training, decoding, codec, growth,
                                           pages, build, checks

Each part is written to `book/benchmarks.json` as it ends; commit it. `explorers` and `pages` look
at the built book and need Chromium, `checks` reads what the last `make test` has left.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from importlib import metadata

import psutil

from tools import ROOT
from tools.benchmarks import record
from tools.benchmarks.record import PARTS, Part
from tools.machine import browser, files, system

SITE = ROOT / "_build" / "html"
COMPUTING = ("training", "decoding", "codec", "growth")
BROWSING = ("explorers", "pages")


def results_of(name: str) -> Iterator[dict]:
    # What needs PyTorch, and what needs Chromium, each is imported where it is measured.
    if name in COMPUTING:
        from tools.benchmarks import computing

        computing.prepare()
        return getattr(computing, name)()
    if name == "explorers":
        from tools.benchmarks import explorers

        return explorers.measure(SITE)
    from tools.benchmarks import pages

    return pages.weights(SITE) if name == "pages" else getattr(pages, name)()


def versions_for(name: str) -> dict[str, str]:
    found = {"Python": platform.python_version()}
    if name in COMPUTING:
        found["torch"] = metadata.version("torch")
    if name in BROWSING:
        found["Chromium"] = browser.version()
    return found


def busy_seconds() -> tuple[float, float]:
    """Seconds that processors have worked so far: for all programs, and for this one's own."""
    times = psutil.cpu_times()
    everybody = times.user + times.system + getattr(times, "nice", 0.0)
    return everybody, own_seconds()


def own_seconds() -> float:
    """Of this process, of the children that have ended, and of those that run."""
    me = psutil.Process()
    own = me.cpu_times()
    total = own.user + own.system + own.children_user + own.children_system
    for child in me.children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.Error:  # it has just ended
            continue
        total += times.user + times.system
    return total


def measure(name: str) -> Part:
    """Measure one part, and print each result as it comes."""
    code, versions = record.fingerprint(PARTS[name]), versions_for(name)
    start, (before, own_before) = time.monotonic(), busy_seconds()
    results = []
    for result in results_of(name):
        results.append(result)
        # Children, such as the browser, still run: afterwards their time would be lost.
        after, own_after = busy_seconds()
        print("  " + ", ".join(map(str, result.values())), flush=True)
    seconds = time.monotonic() - start
    others = max(after - before - (own_after - own_before), 0) / seconds if results else 0.0
    return Part(
        code=code,
        seconds=round(seconds),
        processors=system.processors(),
        others=round(others, 1),
        versions=versions,
        results=results,
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    wanted = parser.parse_args().parts or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        parser.error(f"expected parts of {', '.join(PARTS)}, got {', '.join(unknown)}")
    files.print_everything()
    # No progress bar of fit(), no line for each thing that PyTorch's profiler does.
    os.environ.update({"TQDM_DISABLE": "1", "KINETO_LOG_LEVEL": "5"})
    for name in wanted:
        print(f"{name}:", flush=True)
        try:
            part = measure(name)
        except (FileNotFoundError, RuntimeError, ValueError) as error:
            print(error, file=sys.stderr)
            return 1
        if not part.results:
            print("  nothing to measure; the record keeps what it has")
            continue
        record.write({name: part})
        print(f"  {part.seconds} s; others kept {part.others} of {part.processors} processors busy")
    return 0


if __name__ == "__main__":
    sys.exit(main())
