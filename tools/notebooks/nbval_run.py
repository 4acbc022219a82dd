"""Run one notebook under nbval and keep what it showed.

    python -m tools.notebooks.nbval_run FRESH NOTEBOOK [PYTEST ARGUMENT ...]

is `pytest --nbval NOTEBOOK`, which fails when a cell raises or when a cell that is compared exactly
shows anything else than is stored. On the way, the notebook with the outputs of this run, those of
ignored cells included, is written to FRESH, for the
command `compare` to look at the numbers that have a tolerance. A cell that did not run has no
outputs there.
"""

from __future__ import annotations

import copy
import os
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import output_from_msg

from tools.notebooks import environments, store
from tools.notebooks.listing import code_cells

OUTPUTS = ("display_data", "execute_result", "stream", "error")
# Pictures are not compared; those inside an explorer are part of its text.
PICTURES = Path(__file__).with_name("nbval_pictures.cfg")
CELL_TIMEOUT = 24 * 3600  # seconds: what hangs is ended by the step that runs it
CHANGES = ("clear_output", "update_display_data")


class Recorder:
    """A pytest plugin that makes outputs of the messages that nbval reads from the kernel.

    What nbval keeps of them itself would not do: it joins pieces of a stream across the outputs
    between them.
    """

    def __init__(self) -> None:
        self.notebook: NotebookNode | None = None

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        from nbval.plugin import IPyNbFile  # not above, because pytest has to import it first

        files = {item.parent for item in session.items}
        if len(files) != 1 or not all(isinstance(file, IPyNbFile) for file in files):
            names = ", ".join(sorted(file.name for file in files)) or "none"
            raise pytest.UsageError(f"expected one notebook with code cells, got {names}")
        self.notebook = copy.deepcopy(files.pop().nb)
        for cell in code_cells(self.notebook):
            cell.outputs, cell.execution_count = [], None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        item.output_timeout = environments.START_TIMEOUT  # nbval's own is five seconds
        messages, read = [], item.parent.get_kernel_message

        def read_and_keep(*arguments: object, **options: object) -> dict:
            messages.append(read(*arguments, **options))
            return messages[-1]

        item.parent.get_kernel_message = read_and_keep
        try:
            return (yield)
        finally:
            item.parent.get_kernel_message = read
            code_cells(self.notebook)[item.cell_num].outputs = outputs_of(messages)


def outputs_of(messages: Sequence[dict]) -> list[NotebookNode]:
    """The outputs of one cell, from what was read until it ended.

    Raises `ValueError` for a message that changes earlier outputs: nbval pays it no heed.
    """
    outputs = []
    for message in messages:
        # The last message that nbval reads is the cell's own; before it may be an earlier cell's.
        if message["parent_header"].get("msg_id") != messages[-1]["parent_header"].get("msg_id"):
            continue
        if message["msg_type"] in CHANGES:
            raise ValueError(
                f"expected a cell that only adds outputs, got {message['msg_type']}; "
                "let it show its last state alone"
            )
        if message["msg_type"] in OUTPUTS:
            outputs.append(output_from_msg(message))
    return outputs


def main(arguments: Sequence[str]) -> int:
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    target, notebook, options = Path(arguments[0]).resolve(), Path(arguments[1]), arguments[2:]
    target.unlink(missing_ok=True)
    recorder = Recorder()
    # By its name alone: in a longer path pytest takes a bracket for the beginning of a parameter.
    os.chdir(notebook.resolve().parent)
    kernel = f"--nbval-kernel-name={environments.KERNEL}"
    sanitise = f"--nbval-sanitize-with={PICTURES}"
    limits = [
        f"--nbval-kernel-startup-timeout={environments.START_TIMEOUT}",
        f"--nbval-cell-timeout={CELL_TIMEOUT}",
    ]
    # By its module's name, since the book's tests go without the plugin.
    plugin = ["-p", "no:nbval", "-p", "nbval.plugin"]
    command = [*plugin, "--nbval", kernel, sanitise, *limits, notebook.name, *options]
    status = pytest.main(command, plugins=[recorder])
    if recorder.notebook:
        target.parent.mkdir(parents=True, exist_ok=True)
        store.write(recorder.notebook, target)
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
