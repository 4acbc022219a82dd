"""The words that `utils` says, which are the literals given to `say`, and their catalogue.

    python -m tools.translation.utils_words

brings `locales/zh_CN/LC_MESSAGES/utils.po` into step with the code, and makes of it the file that
`utils` reads. What is new waits there for its Chinese: then run this once more.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_file

from tools import ROOT
from tools.translation import catalogues, compiled, rules
from tools.translation.catalogues import Entry
from tools.translation.documents import Unit

PACKAGE = ROOT / "utils"


def words(package: Path = PACKAGE) -> list[str]:
    """The literals in all modules of the package, each once, in the order of their first use."""
    found = (word for path in sorted(package.rglob("*.py")) for word in _words_of(path))
    return list(dict.fromkeys(found))


def _words_of(path: Path) -> Iterator[str]:
    for _, message, _, _ in extract_from_file("python", path, keywords={"say": None}):
        assert isinstance(message, str)
        yield message


def update(package: Path = PACKAGE, folder: Path = catalogues.FOLDER) -> None:
    """Give the catalogue these words and no others; each keeps the Chinese that it has."""
    chinese = _chinese(folder)
    entries = [Entry(Unit(word, "string"), chinese.get(word, "")) for word in words(package)]
    catalogues.write(compiled.NAME, entries, folder)


def faults(package: Path = PACKAGE, folder: Path = catalogues.FOLDER) -> Iterator[str]:
    """What is wrong with the catalogue, each in a sentence."""
    chinese, said = _chinese(folder), words(package)
    for word in said:
        if not chinese.get(word):
            yield f"no Chinese in {compiled.NAME}.po for {word!r}"
        else:
            for fault in rules.faults(Unit(word, "string"), chinese[word]):
                yield f"{word!r} in {compiled.NAME}.po: {fault}"
    for word in chinese.keys() - set(said):
        yield f"nothing in utils says {word!r}, which {compiled.NAME}.po has"


def _chinese(folder: Path) -> dict[str, str]:
    return {e.unit.source: e.chinese for e in catalogues.entries(compiled.NAME, folder)}


def main() -> None:
    update()
    compiled.make()
    for fault in faults():
        print(fault)


if __name__ == "__main__":
    main()
