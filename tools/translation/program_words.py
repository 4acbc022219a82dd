"""What programs say: the words of `utils`, of the explorers' scripts and of the Sphinx extensions.

Each of the three has a catalogue of its own, and looks words up while it runs, by a function whose
first argument is the English, a literal: `say` in `utils/wording` and in the scripts, gettext's `_`
in the extensions.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_file

from tools import ROOT

UTILS, EXPLORERS, SITE = "utils", "explorers", "site"
PACKAGE = ROOT / "utils"
NAMES = PACKAGE / "wording" / "names.py"
JAVASCRIPT = PACKAGE / "explorers" / "javascript"
SCRIPTS = (JAVASCRIPT, ROOT / "book" / "assets")


def of_utils(package: Path = PACKAGE) -> list[str]:
    """What `utils` says, each once, in the order of its first use."""
    return _said(sorted(package.rglob("*.py")), "python")


def of_names(module: Path = NAMES) -> list[str]:
    """The names that mean something to a reader, in their order."""
    return _said([module], "python")


def of_scripts(folders: tuple[Path, ...] = SCRIPTS) -> list[str]:
    """What explorers and the site's own scripts say, each once, in the order of its first use."""
    return _said(
        [path for folder in folders for path in sorted(folder.rglob("*.js"))], "javascript"
    )


def of_extensions() -> list[str]:
    """What the Sphinx extensions put on pages."""
    from tools.translation import site_words  # which reads what the pages show of other tools

    return site_words.words()


def _said(paths: list[Path], language: str) -> list[str]:
    return list(dict.fromkeys(word for path in paths for word in _words_of(path, language)))


def _words_of(path: Path, language: str) -> Iterator[str]:
    for _, message, _, _ in extract_from_file(language, path, keywords={"say": None}):
        # With several literals in a call, Babel gives all of them; the first is what is said.
        yield message if isinstance(message, str) else message[0]
