"""The catalogues of the translation: what each unit of the English sources is in Chinese.

They are gettext's, one for each document, where Sphinx would look for them. A unit is found by its
English words; those that several documents have stand in one catalogue, `shared`, so that they are
translated once. A unit whose English is no longer in the sources is dropped by `update`, which
keeps its Chinese beside the sentence nearest to it, marked `fuzzy`, until somebody has looked.
"""

from __future__ import annotations

import difflib
import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from tools import ROOT
from tools.machine import files
from tools.translation import documents
from tools.translation.documents import Unit

LANGUAGE = "zh_CN"
FOLDER = ROOT / "locales" / LANGUAGE / "LC_MESSAGES"
SHARED = "shared"
NEAR = 0.6  # how much of an old unit's text a new one shares, to be taken for its successor


class Translations:
    """What was translated of one document, and of what it shares with others."""

    def __init__(self, own: Catalog, shared: Catalog) -> None:
        self.catalogues = own, shared

    def get(self, source: str) -> str | None:
        """The Chinese of a unit; None where it is missing or waits for somebody to look."""
        for catalogue in self.catalogues:
            message = catalogue.get(source)
            if message and message.string and not message.fuzzy:
                return str(message.string)
        return None


def path_of(name: str, folder: Path = FOLDER) -> Path:
    return folder / f"{name}.po"


def read(name: str, folder: Path = FOLDER) -> Catalog:
    """The catalogue called `name`; an empty one if there is none yet."""
    path = path_of(name, folder)
    if not path.is_file():
        return Catalog(locale=LANGUAGE)
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE, charset="utf-8")


def translations(name: str, folder: Path = FOLDER) -> Translations:
    return Translations(read(name, folder), read(SHARED, folder))


def update(root: Path = ROOT, folder: Path = FOLDER) -> None:
    """Bring all catalogues into step with the English sources."""
    found = {name: documents.units(documents.source(name, root)) for name in documents.names(root)}
    count = Counter(unit.source for units in found.values() for unit in set(units))
    shared = dict.fromkeys(
        unit for units in found.values() for unit in units if count[unit.source] > 1
    )
    wanted = {SHARED: list(shared)} | {
        name: [unit for unit in units if count[unit.source] == 1] for name, units in found.items()
    }
    old = {
        str(message.id): message
        for name in (SHARED, *found)
        for message in read(name, folder)
        if message.id and message.string
    }
    for name, units in wanted.items():
        before = {str(message.id) for message in read(name, folder) if message.id}
        left = {source for source in before if source in old} - {u.source for u in units}
        _write(name, units, old, left, folder)


def _write(
    name: str, units: list[Unit], old: Mapping[str, object], left: set[str], folder: Path
) -> None:
    catalogue = Catalog(locale=LANGUAGE, fuzzy=False)
    for unit in units:
        message = old.get(unit.source)
        if message is None and unit.may_stay:
            continue  # a name of the code's, as far as anybody has said
        if message is not None:
            flags = {"fuzzy"} if message.fuzzy else set()
            catalogue.add(
                unit.source,
                message.string,
                auto_comments=[unit.kind],
                flags=flags,
                previous_id=message.previous_id if message.fuzzy else (),
            )
            continue
        near = difflib.get_close_matches(unit.source, left, n=1, cutoff=NEAR)
        if near:
            catalogue.add(
                unit.source,
                old[near[0]].string,
                auto_comments=[unit.kind],
                flags={"fuzzy"},
                previous_id=[near[0]],
            )
        else:
            catalogue.add(unit.source, "", auto_comments=[unit.kind])
    write(name, catalogue, folder)


def write(name: str, catalogue: Catalog, folder: Path = FOLDER) -> None:
    """Store it, without dates or names of tools, which would change with every run."""
    buffer = io.BytesIO()
    catalogue.header_comment = ""
    write_po(buffer, catalogue, width=0, omit_header=True, include_previous=True)
    header = (
        b'msgid ""\nmsgstr ""\n"Language: zh_CN\\n"\n'
        b'"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
    )
    path = path_of(name, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(path, header + buffer.getvalue()) if hasattr(
        files, "write_bytes"
    ) else path.write_bytes(header + buffer.getvalue())
