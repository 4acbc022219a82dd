"""The words that the extensions put on pages themselves, in the language of the edition.

What a page says of itself, from the head of a table to the name of a button, stands in the code, in
English, as `_("…")`: so it is read where it is used, and gettext, which Sphinx has for words of its
own, finds the other language. An edition names in `site_words` the folder of its compiled
catalogue, `LANGUAGE/LC_MESSAGES/site.mo`; where none is named the English stays.

A sentence is one literal with fields, `_("{n} minutes to read").format(n=12)`: in another language
its parts stand in another order. A template has `{% trans %}`, whose text is looked up in one line
and with fields of the same form. tools/translation/site_words.py collects all of them, and
translators see them apart from the code.

The language is known when the configuration has been read, which is later than an import. So `_` is
called where the page is made; what a module's constant holds is looked up when it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sphinx import locale
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

CATALOGUE = "site"
CHINESE = "zh_CN"
SPACE = "\N{NO-BREAK SPACE}"
# As a template's text has a field for gettext, and as Python writes it.
FIELD, PYTHON_FIELD = re.compile(r"%\((\w+)\)s"), re.compile(r"\{(\w+)\}")

_ = locale.get_translation(CATALOGUE)

# What Sphinx and its themes say, too, but have no Chinese for.
OF_SPHINX = ("sphinx", "booktheme")
WORDS_OF_SPHINX = (
    _("Breadcrumb"),
    _("Color mode"),
    _("System Settings"),
    _("Link to this definition"),
    _("Link to this heading"),
    _("Link to this term"),
    _("© Copyright %(copyright)s."),
)


def is_chinese(config: Config) -> bool:
    return config.language == CHINESE


def translated(word: str) -> str:
    """A word that is no literal of the extensions, but comes from a record or another tool."""
    return str(_(word)) if word else ""


def counted(number: int, one: str, many: str, **fields: str) -> str:
    """`counted(3, _("{n} cell"), _("{n} cells"))`: a language without plurals has both alike."""
    return (one if number == 1 else many).format(n=f"{number:,}", **fields)


def listed(words: Sequence[str]) -> str:
    """One, two and three."""
    *most, last = words or [""]
    return _("{most} and {last}").format(most=_(", ").join(most), last=last) if most else last


def one_after_the_other(first: str, second: str) -> str:
    """Two sentences of a paragraph."""
    return _("{first} {second}").format(first=first, second=second)


def per_cent(number: str) -> str:
    return _("{number} %").format(number=number).replace(" ", SPACE)


def templates(folder: Path) -> Environment:
    """Jinja's, for templates of Markdown in which `{% trans %}` and `_` look up words as here."""
    found = Environment(
        loader=FileSystemLoader(folder),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    found.filters["translated"] = translated
    found.install_gettext_callables(
        text_of_template,
        lambda one, many, number: text_of_template(one if number == 1 else many),
        newstyle=True,
    )
    return found


def text_of_template(message: str) -> str:
    """What stands there for a template's text; in English as it is, with its ends of lines."""
    english = in_the_catalogue(message)
    found = str(_(english))
    if found == english:
        return message
    found = found.replace("%", "%%")
    if FIELD.search(message):
        found = PYTHON_FIELD.sub(r"%(\1)s", found)
    return found + message[len(message.rstrip()) :]  # the end of a paragraph, where it has one


def in_the_catalogue(message: str) -> str:
    """A template's text as the catalogue has it: in one line, its fields as Python writes them."""
    return FIELD.sub(r"{\1}", " ".join(message.split())).replace("%%", "%")


def add_words(app: Sphinx, config: Config) -> None:
    """Read the catalogue. Without one, too, Sphinx has to know of it: then `_` gives plain text."""
    folders = []
    if config.site_words:
        folder = Path(app.srcdir, config.site_words)
        path = folder / config.language / "LC_MESSAGES" / f"{CATALOGUE}.mo"
        if not path.is_file():
            raise ExtensionError(
                f"expected a compiled catalogue in {path}, found none; correct site_words, or "
                "leave it empty for English"
            )
        folders = [str(folder)]
    own, found = locale.init(folders, config.language, CATALOGUE)
    for catalogue in OF_SPHINX if found else ():
        locale.get_translator(catalogue).add_fallback(own)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("site_words", "", "env")
    # Before all others, which may ask for words.
    app.connect("config-inited", add_words, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
