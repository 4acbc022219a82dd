"""Whether the Chinese edition says what the English one says, as far as a program can see."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tools import ROOT
from tools.notebooks import listing
from tools.translation import catalogues, compiled, edition, rules, terms
from tools.translation.catalogues import FOLDER, Entry


def out_of_step(root: Path = ROOT, folder: Path = FOLDER) -> Iterator[str]:
    """The catalogues that `update` would change: the sources are others than were translated."""
    with tempfile.TemporaryDirectory() as temporary:
        fresh = Path(temporary)
        catalogues.update(root, folder, fresh)
        for name in catalogues.names(root):
            stored, updated = (catalogues.path_of(name, where) for where in (folder, fresh))
            if not stored.is_file() or stored.read_bytes() != updated.read_bytes():
                yield from _changed(name, folder, fresh)


def _changed(name: str, folder: Path, fresh: Path) -> Iterator[str]:
    old, new = (
        {entry.key: entry for entry in catalogues.entries(name, where)} for where in (folder, fresh)
    )
    yield from (f"{name}: new in English: {_short(new[key])}" for key in new if key not in old)
    yield from (
        f"{name}: gone from the English: {_short(old[key])}" for key in old if key not in new
    )
    if old.keys() == new.keys():
        yield f"{name}: in another order than the source; `make translate` writes it anew"


def untranslated(root: Path = ROOT, folder: Path = FOLDER) -> Iterator[str]:
    """Units without Chinese, or with one that nobody has looked at since their English changed."""
    for name in catalogues.names(root):
        for entry in catalogues.entries(name, folder):
            if entry.fuzzy:
                yield f"{name}: changed, look at its Chinese: {_short(entry)}"
            elif not entry.chinese and not entry.unit.may_stay:
                yield f"{name}: without Chinese: {_short(entry)}"


def faulty(root: Path = ROOT, folder: Path = FOLDER) -> Iterator[str]:
    """What is wrong with the units that are translated, the words for the terms included."""
    glossary = terms.read()
    for name in catalogues.names(root):
        for entry in catalogues.entries(name, folder):
            if entry.chinese and not entry.fuzzy:
                for fault in rules.faults(entry.unit, entry.chinese):
                    yield f"{name}: {fault}: {_short(entry)}"
                if entry.chinese != entry.unit.source:
                    for fault in terms.missing(entry.unit.source, entry.chinese, glossary):
                        yield f"{name}: {fault}: {_short(entry)}"


def stale_files() -> Iterator[str]:
    """What is made of the catalogues and stored: files that are not those of today."""
    made = {ROOT / edition.CHINESE_README: edition.readme().encode(), **compiled.stored()}
    for path, content in made.items():
        if not path.is_file() or path.read_bytes() != content:
            yield f"{path.relative_to(ROOT).as_posix()}: out of date; call `make translate`"


def stale_notebooks() -> Iterator[str]:
    """Chinese notebooks that are not stored, or not those which would be made today.

    Of one with units that have no Chinese nothing is said: `out_of_step` and `untranslated` name
    these.
    """
    from tools.translation import chinese_notebooks

    for english in listing.find_notebooks():
        stored, problem = chinese_notebooks.path_of(english), ""
        if not stored.is_file():
            problem = "not there"
        else:
            with contextlib.suppress(ValueError):
                if not chinese_notebooks.is_current(listing.read(stored), english):
                    problem = "of other text or code"
        if problem:
            place, command = stored.relative_to(ROOT).as_posix(), "python -m tools.translation"
            yield f"{place}: {problem}; `{command} execute {english.stem}`"


def _short(entry: Entry) -> str:
    source = entry.unit.source
    return source if len(source) <= 80 else f"{source[:79]}…"
