"""The catalogues of what programs say, in the forms in which programs read them.

`utils` and Sphinx read gettext's own files, scripts a JavaScript object. Those of `utils` are
stored beside it, since it is installed without the catalogues; those of the site are made with the
pages. The same catalogue gives the same bytes: they hold no date and no version of a tool.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

from tools import ROOT
from tools.machine import files
from tools.translation import catalogues
from tools.translation.catalogues import FOLDER, LANGUAGE
from tools.translation.program_words import EXPLORERS, JAVASCRIPT, SITE, UTILS, of_names, of_scripts

WORDING = ROOT / "utils" / "wording" / LANGUAGE
MESSAGES = "LC_MESSAGES"
HEADER = "Content-Type: text/plain; charset=UTF-8\n"
# https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
MAGIC, REVISION, HEADER_SIZE, ENTRY_SIZE = 0x950412DE, 0, 28, 8


def stored(folder: Path = FOLDER) -> dict[Path, bytes]:
    """The files beside `utils`, and what they hold if they are made today."""
    words = chinese(EXPLORERS, folder)
    # Those of the site's own scripts stand on its pages alone.
    said = {word: words[word] for word in of_scripts((JAVASCRIPT,)) if word in words}
    # What an explorer's data name, such as a network, is called as in tables and figures.
    program = chinese(UTILS, folder)
    said |= {name: program[name] for name in of_names() if name in program}
    explorers = json.dumps(said, ensure_ascii=False, indent=0) + "\n"
    return {
        WORDING / MESSAGES / f"{UTILS}.mo": as_mo(program),
        WORDING / f"{EXPLORERS}.json": explorers.encode(),
    }


def store() -> None:
    """Write the files beside `utils`."""
    for path, content in stored().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write(path, content)


def make_site(folder: Path) -> None:
    """Write what Sphinx reads into the folder: LANGUAGE/LC_MESSAGES/site.mo."""
    path = folder / LANGUAGE / MESSAGES / f"{SITE}.mo"
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, as_mo(chinese(SITE)))


def script() -> str:
    """What a page runs before its other scripts, so that these find their words."""
    return f"globalThis.bookWords = {json.dumps(chinese(EXPLORERS), ensure_ascii=False)};\n"


def chinese(name: str, folder: Path = FOLDER) -> dict[str, str]:
    """The words of a catalogue that have been translated."""
    entries = catalogues.entries(name, folder)
    return {e.unit.source: e.chinese for e in entries if e.chinese and not e.fuzzy}


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
