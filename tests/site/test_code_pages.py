"""The built pages on `utils`: nothing of a docstring is lost, and everything has its anchor."""

import ast
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from tools.sphinx_extensions.api_pages import about, methods, modules_of, rooms

pytestmark = pytest.mark.site

# Spaces and line breaks, what marks code and emphasis, and the beginning of an address.
UNSEEN = re.compile(r"[\s`*]|https?://")
every_room = pytest.mark.parametrize("room", rooms())


@pytest.fixture(scope="module")
def code_pages(site: Path) -> dict[str, BeautifulSoup]:
    folder = site / "book" / "api"
    return {
        room: BeautifulSoup((folder / f"{room}.html").read_text("utf-8"), "html.parser")
        for room in rooms()
    }


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
        section = page.find(id=f"module-{module.full_name}")
        assert section.name == "section"
        assert description(section) == seen(module.docstring)
        for name, node in module.members.items():
            entry = page.find("dt", id=f"{module.full_name}.{name}").find_next_sibling("dd")
            if isinstance(node, ast.Assign):
                continue
            docstring = ast.get_docstring(node) or ""
            if isinstance(node, ast.ClassDef):
                docstring += module.field_comments(node)
            assert description(entry) == seen(docstring), name
            for method, function in methods(node).items():
                term = page.find("dt", id=f"{module.full_name}.{name}.{method}")
                expected = seen(ast.get_docstring(function) or "")
                assert description(term.find_next_sibling("dd")) == expected, f"{name}.{method}"


@every_room
def test_every_name_of_a_type_in_a_signature_leads_to_its_entry(
    room: str, code_pages: dict[str, BeautifulSoup]
) -> None:
    terms = {
        f"{module.full_name}.{name}": set(module.types) & names_in_annotations(node)
        for module in modules_of(room)
        for name, node in module.members.items()
        if isinstance(node, ast.FunctionDef)
    }
    for name, types in terms.items():
        links = {a.get_text() for a in code_pages[room].find("dt", id=name).select("a.internal")}
        assert links == types, name


def names_in_annotations(function: ast.FunctionDef) -> set[str]:
    annotations = [arg.annotation for arg in ast.walk(function.args) if isinstance(arg, ast.arg)]
    nodes = [node for a in (*annotations, function.returns) if a for node in ast.walk(a)]
    return {node.id for node in nodes if isinstance(node, ast.Name)}


@every_room
def test_what_belongs_into_a_room_stands_above_its_modules(
    room: str, code_pages: dict[str, BeautifulSoup]
) -> None:
    section = code_pages[room].find("article").find("section")
    first = section.find(["p", "section"], recursive=False)
    assert seen(first.get_text()) == seen(about(room))


def test_the_overview_has_every_module_with_a_link_and_its_sentence(site: Path) -> None:
    text = (site / "book" / "api" / "index.html").read_text("utf-8")
    listed = {
        term.a["href"]: seen(term.find_next_sibling("dd").get_text())
        for term in BeautifulSoup(text, "html.parser").select("article dl dt")
    }
    assert listed == {
        f"{room}.html#module-{module.full_name}": seen(module.summary)
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
