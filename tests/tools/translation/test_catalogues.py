"""Catalogues in step with their sources, in a small book."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.translation import catalogues, checks
from tools.translation.catalogues import Entry
from tools.translation.documents import Unit

CONTENTS = "root: index\nparts:\n- caption: Parts\n  chapters:\n  - file: book/page\n"
CONFIGURATION = """title: A book
author: Somebody
copyright: Somebody
sphinx:
  config:
    html_theme_options: {search_bar_text: Search, extra_footer: Below, logo: {text: A book}}
    nb_code_prompt_show: Show
    nb_code_prompt_hide: Hide
    ogp_site_name: A book
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").write_text(CONTENTS)
    (tmp_path / "_config.yml").write_text(CONFIGURATION)
    (tmp_path / "book" / "page.md").write_text(
        "# One\n\nThe first sentence stands here.\n\nBoth.\n"
    )
    (tmp_path / "book" / "index.md").write_text("# Two\n\nBoth.\n")
    return tmp_path


@pytest.fixture
def translated(book: Path) -> Path:
    """The small book, and its catalogues in `locales`, all in Chinese."""
    folder = book / "locales"
    catalogues.update(book, folder)
    for name in catalogues.names(book):
        entries = catalogues.entries(name, folder)
        catalogues.write(name, [Entry(e.unit, f"中文：{e.unit.source}") for e in entries], folder)
    return book


def test_what_two_documents_say_is_translated_once(book: Path) -> None:
    folder = book / "locales"
    catalogues.update(book, folder)
    sources = {
        name: [entry.unit.source for entry in catalogues.entries(name, folder)]
        for name in catalogues.names(book)
    }
    assert sources["shared"] == ["Both."]
    assert sources["book/page"] == ["One", "The first sentence stands here."]
    assert sources["site"][0] == "A book" and sources["site"][-1] == "Parts"


def test_a_translation_is_kept_and_found(translated: Path) -> None:
    folder = translated / "locales"
    before = {path: path.read_bytes() for path in folder.rglob("*.po")}
    catalogues.update(translated, folder)
    assert {path: path.read_bytes() for path in folder.rglob("*.po")} == before
    words = catalogues.translations("book/page", folder)
    assert words.get(Unit("One", "text")) == "中文：One"
    assert words.get(Unit("Both.", "text")) == "中文：Both."
    assert words.get(Unit("One", "string")) is None


def test_one_changed_sentence_is_named_and_nothing_else(translated: Path) -> None:
    folder = translated / "locales"
    page = translated / "book" / "page.md"
    page.write_text(page.read_text().replace("first sentence", "very first sentence"))
    found = list(checks.out_of_step(translated, folder))
    assert len(found) == 2 and all("page" in each and "sentence stands" in each for each in found)
    catalogues.update(translated, folder)
    (problem,) = checks.untranslated(translated, folder)
    assert "The very first sentence stands here." in problem
    (entry,) = [e for e in catalogues.entries("book/page", folder) if e.fuzzy]
    assert entry.chinese == "中文：The first sentence stands here."
    assert entry.before == "The first sentence stands here."
    assert catalogues.translations("book/page", folder).get(entry.unit) is None


def test_a_new_sentence_is_missing_and_an_old_one_goes(translated: Path) -> None:
    folder = translated / "locales"
    (translated / "book" / "page.md").write_text("# One\n\nSomething else altogether!\n\nBoth.\n")
    catalogues.update(translated, folder)
    (problem,) = checks.untranslated(translated, folder)
    assert "without Chinese" in problem and "Something else" in problem
    assert "first sentence" not in catalogues.path_of("book/page", folder).read_text("utf-8")
