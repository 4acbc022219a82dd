"""A run on a whole data set that nobody made."""

from tools.full_scale.record import Run

RUN = Run(
    code="c0ffee",
    date="2026-01-31",
    command="python -m tools.full_scale chapter 02_compression",
    device="CPU, 2 processors, x86_64",
    threads=2,
    seconds=61.5,
    processor_seconds=None,
    peak_memory_bytes=10**9,
    versions={"Python": "3.11.7", "torch": "2.14.1"},
    results={"tables": [{"columns": ["ä"], "rows": [["1 | 2"]], "caption": "c"}]},
)
