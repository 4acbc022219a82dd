"""An explorer as HTML: its element with the data inside, and its scripts joined to one.

In another language than English a script before the others gives them their words, and the element
says which language that is.

Needs nothing but Python, so that the book's pages can be made where there is no PyTorch.
"""

from __future__ import annotations

import base64
import html
import json
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

from ..wording.words import ENGLISH, LANGUAGES, explorer_words, language

JAVASCRIPT = Path(__file__).with_name("javascript")
IMPORT = re.compile(
    r'^import \{(?P<names>[^}]*)\} from "(?P<path>\.{1,2}/[\w/]+)\.js";\n', re.MULTILINE
)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) )", re.MULTILINE)
# A comment that has its lines to itself.
COMMENT = re.compile(r"^[ \t]*(?://.*|/\*\*(?:[^*]|\*(?!/))*\*/)\n", re.MULTILINE)
# One behind a line of code; what has a quotation mark may be a part of a text.
SHORT_COMMENT = re.compile(r"(?<=[;,{]) // [^\"'`\n]*$", re.MULTILINE)
INDENTATION = re.compile(r"^[ \t\n]+", re.MULTILINE)  # and empty lines
WHERE_FROM = (
    "// Joined from the modules of utils/explorers/javascript, which say what each part does.\n"
)


def element(name: str, data: Mapping, picture: bytes, alt: str, label: str = "") -> str:
    """The element in HTML, its data and its picture (a PNG) inside.

    alt: what one sees in the picture.
    label: the explorer's name for screen readers; without it, alt.
    """
    source = "data:image/png;base64," + base64.b64encode(picture).decode()
    name_of = html.escape(label or alt)
    tag = "book-" + name.replace("_", "-")
    spoken = "" if language() == ENGLISH else f' lang="{LANGUAGES[language()]}"'
    return (
        f'<{tag} label="{name_of}"{spoken} data-lm-suppress-shortcuts="true">'
        f'<script type="application/json">{data_text(data)}</script>'
        f'<img alt="{html.escape(alt)}" src="{source}">'
        f"</{tag}>\n"
    )


def data_text(data: Mapping) -> str:
    """The data as they stand in the element: no blanks, and no "<" that could end the element."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def script(name: str, data: Mapping | None = None) -> str:
    """The explorer's module and all that it imports, joined to one script element.

    Without their comments, indentation and empty lines: these are for those who read the modules,
    and would take a quarter of the room that a page has. In another language than English a script
    with their words stands before, and what the names in the `data` are called.
    """
    joined = "".join(module(part) for part in dependencies(name.replace("-", "_")))
    if "</script" in joined.lower():
        raise ValueError(
            f"expected no </script in the modules of {name!r}, got one; split the text"
        )
    joined = INDENTATION.sub("", SHORT_COMMENT.sub("", joined))
    words = words_script(joined + data_text(data or {}))
    return f"{words}<script>(() => {{\n{WHERE_FROM}{joined}}})();</script>\n"


def words_script(text: str) -> str:
    """A script that holds what the language has for those words that stand in the `text`.

    "" in English. Words that another explorer has put there stay.
    """
    if language() == ENGLISH:
        return ""
    words = data_text(
        {
            english: told
            for english, told in explorer_words().items()
            if any(literal in text for literal in _literals(english))
        }
    )
    return f"<script>globalThis.bookWords = {{ ...globalThis.bookWords, ...{words} }};</script>\n"


def _literals(text: str) -> tuple[str, ...]:
    """How a text may stand in a script."""
    return json.dumps(text, ensure_ascii=False), json.dumps(text), f"'{text}'"


def names() -> list[str]:
    """All modules by their paths in the folder `javascript`, such as "drawing/bars"."""
    paths = (path.relative_to(JAVASCRIPT) for path in JAVASCRIPT.rglob("*.js"))
    return sorted(path.with_suffix("").as_posix() for path in paths)


def imports(name: str) -> dict[str, list[str]]:
    """What a module imports: from each module, by its path, the names."""
    room = posixpath.dirname(name)
    return {
        posixpath.normpath(posixpath.join(room, found["path"])): re.findall(r"\w+", found["names"])
        for found in IMPORT.finditer(source(name))
    }


def dependencies(name: str) -> list[str]:
    """The module and those it imports, each once, behind whatever it imports itself.

    Raises `ValueError` for a module that there is none of, and for modules that import in a circle.
    """
    found: list[str] = []

    def add(part: str, path: tuple[str, ...]) -> None:
        if part in path:
            raise ValueError(f"expected no circle of imports, got {' -> '.join((*path, part))}")
        if part in found:
            return
        if not (JAVASCRIPT / f"{part}.js").is_file():
            raise ValueError(f"expected a module of {names()}, got {part!r}")
        for needed in imports(part):
            add(needed, (*path, part))
        found.append(part)

    add(name, ())
    return found


def module(name: str) -> str:
    """The text of a module as part of a joined script: without imports, exports and comments."""
    return COMMENT.sub("", EXPORT.sub("", IMPORT.sub("", source(name))))


def source(name: str) -> str:
    """The text of a module as it stands in its file."""
    return (JAVASCRIPT / f"{name}.js").read_text("utf-8")
