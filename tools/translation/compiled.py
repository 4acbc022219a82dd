"""The catalogue of what `utils` says, in the form that Python's gettext reads.

    python -m tools.translation.compiled

makes `utils/wording/zh_CN/LC_MESSAGES/utils.mo` of `locales/zh_CN/LC_MESSAGES/utils.po`. The same
catalogue gives the same bytes: they hold no date and no version of a tool.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

from tools import ROOT
from tools.machine import files
from tools.translation import catalogues

NAME = "utils"
COMPILED = ROOT / "utils" / "wording" / catalogues.LANGUAGE / "LC_MESSAGES" / f"{NAME}.mo"
HEADER = "Content-Type: text/plain; charset=UTF-8\n"
# https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
MAGIC, REVISION, HEADER_SIZE, ENTRY_SIZE = 0x950412DE, 0, 28, 8


def make(target: Path = COMPILED) -> None:
    """Write what the catalogue says now."""
    target.parent.mkdir(parents=True, exist_ok=True)
    files.write(target, compiled())


def compiled(folder: Path = catalogues.FOLDER) -> bytes:
    """The bytes of the file: all words of the catalogue that have been translated."""
    entries = catalogues.entries(NAME, folder)
    return as_mo({e.unit.source: e.chinese for e in entries if e.chinese and not e.fuzzy})


def as_mo(words: Mapping[str, str]) -> bytes:
    """Words and what they are translated as, sorted, as gettext's files have them."""
    pairs = sorted((word.encode(), told.encode()) for word, told in {"": HEADER, **words}.items())
    texts = [word for word, _ in pairs] + [told for _, told in pairs]
    start = HEADER_SIZE + ENTRY_SIZE * len(texts)
    places = []
    for text in texts:
        places += [len(text), start]
        start += len(text) + 1  # a zero behind each
    header = struct.pack(
        "<7I",
        *(MAGIC, REVISION, len(pairs)),
        *(HEADER_SIZE, HEADER_SIZE + ENTRY_SIZE * len(pairs)),
        *(0, 0),  # no table of hashes
    )
    return header + struct.pack(f"<{len(places)}I", *places) + b"".join(t + b"\0" for t in texts)


if __name__ == "__main__":
    make()
