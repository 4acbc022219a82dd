"""The catalogues of the translation: what each unit of the English sources is in Chinese.

They are gettext's, one for each document, where Sphinx would look for them. A unit is found by its
English; a string of code has the context `string`, since the same word of a text may be a name
there. Units that several documents have stand in one catalogue, `shared`, so that they are
translated once. A unit whose English has changed keeps its Chinese, marked `fuzzy`, until somebody
has looked; one that is gone from the sources is dropped.
"""

from __future__ import annotations

import difflib
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from tools import ROOT
from tools.machine import files
from tools.translation import CATALOGUES, documents, program_words
from tools.translation.documents import Unit

LANGUAGE = "zh_CN"
FOLDER = ROOT / CATALOGUES
SHARED = "shared"
PROGRAMS = (program_words.SITE, program_words.EXPLORERS, program_words.UTILS)
NEAR = 0.6  # how much of an old unit's text a new one shares, to be taken for its successor
WAS = "was: "  # how a comment begins that says what the English of a changed unit was
HEADER = """msgid ""
msgstr ""
"Language: zh_CN\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
CONTEXTS = ("string", "measured")  # kinds whose English may mean something else than in a text
Key = tuple[str, str | None]  # a unit's English, and its context


@dataclass(frozen=True)
class Entry:
    """A unit in a catalogue."""

    unit: Unit
    chinese: str  # empty where nobody has translated it
    fuzzy: bool = False  # whether its English has changed since
    before: str = ""  # what the English was then

    @property
    def key(self) -> Key:
        return key_of(self.unit)


class Translations:
    """What was translated of one document, and of what it shares with others."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.chinese = {e.key: e.chinese for e in entries if e.chinese and not e.fuzzy}

    def get(self, unit: Unit) -> str | None:
        """The Chinese of a unit; None where it is missing or waits for somebody to look."""
        return self.chinese.get(key_of(unit))


def key_of(unit: Unit) -> Key:
    return unit.source, unit.kind if unit.kind in CONTEXTS else None


def names(root: Path = ROOT) -> list[str]:
    """The catalogues, in the order of the book."""
    return [SHARED, *PROGRAMS, *documents.names(root)]


def path_of(name: str, folder: Path = FOLDER) -> Path:
    return folder / f"{name}.po"


def entries(name: str, folder: Path = FOLDER) -> list[Entry]:
    """What stands in the catalogue called `name`; nothing if there is none yet."""
    path = path_of(name, folder)
    if not path.is_file():
        return []
    with path.open("rb") as file:
        catalogue = read_po(file, locale=LANGUAGE, charset="utf-8")
    return [_entry(message) for message in catalogue if message.id]


def _entry(message: Message) -> Entry:
    kind = message.auto_comments[0] if message.auto_comments else "text"
    # Behind the kind, in as many lines as Babel has made of it.
    before = " ".join(message.auto_comments[1:]).removeprefix(WAS)
    return Entry(Unit(str(message.id), kind), str(message.string), message.fuzzy, before)


def translations(name: str, folder: Path = FOLDER) -> Translations:
    return Translations([*entries(SHARED, folder), *entries(name, folder)])


def update(root: Path = ROOT, source: Path = FOLDER, target: Path | None = None) -> None:
    """Bring the catalogues of the folder `source` into step with the English of the book in `root`.

    They are written to the folder `target`, without one to where they were.
    """
    found = {name: documents.units(documents.source(name, root)) for name in documents.names(root)}
    count = Counter(key for units in found.values() for key in {key_of(unit) for unit in units})
    shared = (unit for units in found.values() for unit in units if count[key_of(unit)] > 1)
    wanted = {SHARED: _each_once(shared)} | {
        name: _each_once(unit for unit in units if count[key_of(unit)] == 1)
        for name, units in found.items()
    }
    wanted |= documents.program_units(root)
    said = {key_of(unit) for units in wanted.values() for unit in units}
    stored = {name: entries(name, source) for name in wanted}
    # What a program says is nobody else's: a name in a notebook may be a label there.
    known_of_documents = {
        e.key: e
        for name, some in stored.items()
        for e in some
        if e.chinese and name not in PROGRAMS
    }
    for name, units in wanted.items():
        known = known_of_documents
        if name in PROGRAMS:
            known = {e.key: e for e in stored[name] if e.chinese}
        gone = [e for e in stored[name] if e.chinese and e.key not in said]
        write(name, [_updated(unit, known, gone) for unit in units], target or source)


def _each_once(units: Iterable[Unit]) -> list[Unit]:
    return list({key_of(unit): unit for unit in reversed(list(units))}.values())[::-1]


def _updated(unit: Unit, known: dict[Key, Entry], gone: list[Entry]) -> Entry:
    """What is known of a unit, or of one that is gone and was nearly the same."""
    entry = known.get(key_of(unit))
    if entry:
        return Entry(unit, entry.chinese, entry.fuzzy, entry.before)
    alike = {e.unit.source: e for e in gone if e.unit.kind == unit.kind}
    near = difflib.get_close_matches(unit.source, alike, n=1, cutoff=NEAR)
    if near:
        return Entry(unit, alike[near[0]].chinese, fuzzy=True, before=near[0])
    return Entry(unit, "")


def write(name: str, content: Iterable[Entry], folder: Path = FOLDER) -> None:
    """Store a catalogue, without dates or names of tools, which would change with every run."""
    catalogue = Catalog(locale=LANGUAGE, fuzzy=False)
    for entry in content:
        catalogue.add(
            entry.unit.source,
            entry.chinese,
            auto_comments=[entry.unit.kind, *([WAS + entry.before] if entry.fuzzy else [])],
            flags={"fuzzy"} if entry.fuzzy else (),
            context=entry.key[1],
        )
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=0, omit_header=True)
    path = path_of(name, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write(path, HEADER + buffer.getvalue().decode())
