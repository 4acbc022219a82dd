"""The processes of a step: how long processors work for them, and their end."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from contextlib import suppress

import psutil

from tools.machine.system import WINDOWS

# A step that hangs is ended; one that is slow is not, however slow the machine is. So what counts
# is not how long a step takes but whether processors work for it: an idle kernel wakes up once a
# second, which takes less than a thousandth of one.
IDLE_LIMIT = 900  # seconds
IDLE_SHARE = 0.01  # of one processor


class Watch(threading.Thread):
    """Ends a process, with all that it started, once no processor has worked for it for long."""

    def __init__(self, process: subprocess.Popen):
        super().__init__(daemon=True)
        self.process = process
        self.found_idle = False
        self._stopped = threading.Event()

    def run(self) -> None:
        worked, since = work_so_far(self.process.pid), time.monotonic()
        while not self._stopped.wait(min(IDLE_LIMIT / 4, 30)):
            now, idle = work_so_far(self.process.pid), time.monotonic() - since
            # Less than before means that one of its processes has ended: something happened.
            if abs(now - worked) > IDLE_SHARE * idle:
                worked, since = now, time.monotonic()
            elif idle >= IDLE_LIMIT:
                self.found_idle = True
                end(self.process)
                return

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def work_so_far(pid: int) -> float:
    """Seconds that processors have worked for a process and for those it started that still run."""
    total = 0.0
    with suppress(psutil.Error):
        parent = psutil.Process(pid)
        for process in [parent, *parent.children(recursive=True)]:
            with suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system
    return total


def processor_seconds(process: subprocess.Popen) -> float | None:
    """Wait until the process ends; how long processors worked for it and for those it started.

    None where the system does not tell, on Windows for example.
    """
    if hasattr(os, "wait4"):
        with suppress(ChildProcessError):  # `end` has asked in the same moment
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_utime + usage.ru_stime
    process.wait()
    return None


def end(process: subprocess.Popen) -> None:
    """End the process with all that it started; kernels notice and end themselves."""
    if process.poll() is not None:
        return
    if WINDOWS:
        command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False)
    else:
        os.killpg(process.pid, signal.SIGKILL)
