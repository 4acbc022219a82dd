"""The built pages on `utils`: nothing of a docstring is lost, and everything has its anchor."""

import re
from pathlib import Path

import griffe
import pytest
from bs4 import BeautifulSoup, Tag

from tools.sphinx_extensions.api_pages import (
    Member,
    constructor,
    docstring,
    field_comments,
    members,
    modules_of,
    package,
    rooms,
    summary,
)

pytestmark = pytest.mark.site

# Spaces and line breaks, what marks code and emphasis, and the beginning of an address.
UNSEEN = re.compile(r"[\s`*]|https?://")
every_room = pytest.mark.parametrize("room", rooms())


@pytest.fixture(scope="module")
def code_pages(site: Path, soup_of) -> dict[str, BeautifulSoup]:
    return {room: soup_of(site / "book" / "api" / f"{room}.html") for room in rooms()}


def seen(text: str) -> str:
    """The characters that a docstring has in common with its page."""
    return UNSEEN.sub("", text)


def description(parent: Tag) -> str:
    """What is said of a module, or of what an entry describes; nothing of what it consists of."""
    parts = [
        child.get_text()
        for child in parent.find_all(recursive=False)
        if child.name not in {"h2", "dl", "span", "details"}
    ]
    if parts and parts[0].startswith("Extends "):
        parts = parts[1:]
    return seen("".join(parts))


@every_room
def test_every_docstring_is_on_the_page_word_by_word(
    room: str, code_pages: dict[str, BeautifulSoup]
) -> None:
    page = code_pages[room]
    for module in modules_of(room):
        section = page.find(id=f"module-{module.path}")
        assert section.name == "section"
        assert description(section) == seen(docstring(module))
        for member in members(module):
            expected = docstring(member) + (field_comments(member) if member.is_class else "")
            if expected:
                assert described(member, page) == seen(expected), member.path
            for method in members(member) if member.is_class else ():
                assert described(method, page) == seen(docstring(method)), method.path


def described(member: Member, page: BeautifulSoup) -> str:
    return description(page.find("dt", id=member.path).find_next_sibling("dd"))


@every_room
def test_every_name_of_a_type_in_a_signature_leads_to_its_entry(
    room: str, code_pages: dict[str, BeautifulSoup]
) -> None:
    for module in modules_of(room):
        for member in members(module):
            if not member.is_attribute:
                term = code_pages[room].find("dt", id=member.path)
                links = {(a.get_text(), a["title"]) for a in term.select("a.internal")}
                called = constructor(member) if member.is_class else member
                assert links == types_of(called), member.path


def types_of(function: griffe.Function) -> set[tuple[str, str]]:
    """The names of the book's types in the annotations of a function, each with its full name."""
    annotations = [*(parameter.annotation for parameter in function.parameters), function.returns]
    names = [name for a in annotations if isinstance(a, griffe.Expr) for name in a.iterate()]
    everything = {
        m.path for room in rooms() for module in modules_of(room) for m in members(module)
    }
    return {
        (name.name, name.canonical_path)
        for name in names
        if isinstance(name, griffe.ExprName) and name.canonical_path in everything
    }


@every_room
def test_what_belongs_into_a_room_stands_above_its_modules(
    room: str, code_pages: dict[str, BeautifulSoup]
) -> None:
    section = code_pages[room].find("article").find("section")
    first = section.find(["p", "section"], recursive=False)
    assert seen(first.get_text()) == seen(docstring(package()[room]))


def test_the_overview_has_every_module_with_a_link_and_its_sentence(site: Path) -> None:
    text = (site / "book" / "api" / "index.html").read_text("utf-8")
    listed = {
        term.a["href"]: seen(term.find_next_sibling("dd").get_text())
        for term in BeautifulSoup(text, "html.parser").select("article dl dt")
    }
    assert listed == {
        f"{room}.html#module-{module.path}": seen(summary(module))
        for room in rooms()
        for module in modules_of(room)
    }


def test_a_chapter_leads_to_a_class_where_it_first_names_it(site: Path) -> None:
    text = (site / "chapters" / "01_encoder_decoder.html").read_text("utf-8")
    article = BeautifulSoup(text, "html.parser").find("article")
    named = [code for code in article.find_all("code") if code.get_text() == "MLPDecoder"]
    assert len(named) > 1
    assert (
        named[0]
        .parent["href"]
        .endswith("book/api/models.html#utils.models.encoder_decoder.MLPDecoder")
    )
    assert not any(code.find_parent("a") for code in named[1:])
