"""The first page's cards, and how pages describe themselves."""

import re
from pathlib import Path

import pytest
from test_story import prose

from tools import ROOT
from tools.notebooks.listing import find_notebooks
from tools.sphinx_extensions.landing import WORD, WORDS_A_MINUTE

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def cards(site: Path, soup_of) -> list:
    return soup_of(site / "index.html").select("ul.cards > li")


def test_each_chapter_has_a_card_in_the_order_of_the_contents(cards: list) -> None:
    names = [path.relative_to(ROOT).with_suffix(".html").as_posix() for path in find_notebooks()]
    assert [card.a["href"] for card in cards] == names


def test_a_card_says_what_the_chapter_says(site: Path, cards: list, soup_of) -> None:
    for card in cards:
        article = soup_of(site / card.a["href"]).article
        title = article.h1.get_text().rstrip("#¶\n ")
        assert card.select_one(".card-title").get_text(strip=True) == title
        assert card.select_one(".card-question").get_text(strip=True).endswith("?")
        assert card.svg is not None
        words = len(WORD.findall(prose(article)))
        minutes = int(re.match(r"(\d+) minutes", card.select_one(".card-minutes").get_text())[1])
        assert abs(minutes - words / WORDS_A_MINUTE) < 1, title


def test_the_page_s_style_is_on_no_other_page(site: Path, pages: list[Path], soup_of) -> None:
    styled = [
        page for page in pages if soup_of(page).find("link", href=re.compile(r"landing\.css"))
    ]
    assert styled == [site / "index.html", site / "zh" / "index.html"]


def test_every_page_describes_itself(site: Path, pages: list[Path], soup_of) -> None:
    found = {}
    for page in pages:
        if page.name == "search.html":
            continue
        chinese = page.is_relative_to(site / "zh")
        description = soup_of(page).find("meta", attrs={"name": "description"})
        assert description and len(description["content"]) >= (20 if chinese else 40), page
        found.setdefault((chinese, description["content"]), []).append(page.name)
    assert all(len(names) == 1 for names in found.values()), found
