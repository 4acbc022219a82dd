"""The page on the checks, as it is built: nothing that there is may be missing from it."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tools.checks import steps
from tools.notebooks import listing

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def article(site: Path) -> BeautifulSoup:
    page = BeautifulSoup((site / "book" / "checks.html").read_text("utf-8"), "html.parser")
    return page.find("article")


def test_every_step_stands_there_with_what_it_is_for(article: BeautifulSoup) -> None:
    terms = {term.code.get_text(): term for term in article.select("dt:has(code)")}
    for step in steps.all_steps({}):
        if step.obstacle:  # where a report says that it was run, it has another name
            continue
        definition = terms[step.kind].find_next_sibling("dd").get_text(" ", strip=True)
        assert definition.replace("’", "'") == step.purpose.replace("’", "'")


def test_every_table_of_notebooks_has_them_all(article: BeautifulSoup) -> None:
    tables = [table for table in article.find_all("table") if table.th.get_text() == "Notebook"]
    assert len(tables) >= 2
    expected = {f"{path.stem}.html" for path in listing.find_notebooks()}
    for table in tables:
        assert {tag["href"].rpartition("/")[2] for tag in table.find_all("a")} == expected
