"""The list of papers and the citations: the oldest first, by author and year in round brackets."""

from __future__ import annotations

from dataclasses import dataclass, field

from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.richtext import Text
from pybtex.style.formatting.plain import Style as PlainStyle
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting.author_year_title import SortingStyle
from pybtex.style.template import field as bibtex_field
from pybtex.style.template import sentence
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinxcontrib.bibtex.plugin import register_plugin as register_bibtex_plugin
from sphinxcontrib.bibtex.style.referencing import BracketStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from tools.sphinx_extensions.words import is_chinese


class KeyLabels(BaseLabelStyle):
    """The entry's own key as its label. custom.css hides it: the text cites by author and year."""

    def format_labels(self, sorted_entries: list[Entry]) -> list[str]:
        return [entry.key for entry in sorted_entries]


class OldestFirst(SortingStyle):
    def sorting_key(self, entry: Entry) -> tuple[str, ...]:
        return (entry.fields["year"], *super().sorting_key(entry))


class BookList(PlainStyle):
    """The plain bibliography style, oldest paper first."""

    default_sorting_style = OldestFirst
    default_label_style = KeyLabels

    def format_title(self, entry: Entry, which_field: str, as_sentence: bool = True):
        """The title in the case it is written in; the plain style lowers what follows a colon."""
        title = bibtex_field(which_field)
        return sentence[title] if as_sentence else title


@dataclass
class RoundAuthorYear(AuthorYearReferenceStyle):
    """Citations as in "(Elman, 1990)" and "Elman (1990)", like those of the notebooks."""

    def __post_init__(self) -> None:
        for place in ("parenthetical", "textual", "author", "label", "year"):
            setattr(self, f"bracket_{place}", self.brackets())
        super().__post_init__()

    def brackets(self) -> BracketStyle:
        return BracketStyle(left="(", right=")")


def chinese_persons() -> PersonStyle:
    return PersonStyle(sep="、", sep2="和", last_sep="和", other=Text("等"))


@dataclass
class ChineseAuthorYear(RoundAuthorYear):
    """Citations in a Chinese sentence, as in “（Elman，1990）” and “Elman（1990）”."""

    person: PersonStyle = field(default_factory=chinese_persons)
    author_year_sep: str = "，"
    text_reference_sep: str = ""

    def brackets(self) -> BracketStyle:
        return BracketStyle(left="（", right="）", sep="；")


def cite_in_chinese(_app: Sphinx, config: Config) -> None:
    if is_chinese(config):
        config.bibtex_reference_style = "author_year_chinese"


def mend_citation_roles(
    _app: Sphinx, _pagename: str, _template: str, context: dict, _doctree: object
) -> None:
    """Make the entries of a list of papers list items; their own role is no longer in ARIA."""
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, bool]:
    register_plugin("pybtex.style.formatting", "book_list", BookList)
    register_bibtex_plugin(
        "sphinxcontrib.bibtex.style.referencing", "author_year_round", RoundAuthorYear
    )
    register_bibtex_plugin(
        "sphinxcontrib.bibtex.style.referencing", "author_year_chinese", ChineseAuthorYear
    )
    app.connect("config-inited", cite_in_chinese)
    app.connect("html-page-context", mend_citation_roles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
