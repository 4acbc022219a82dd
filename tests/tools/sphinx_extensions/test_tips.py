"""tools/sphinx_extensions/tips.py: what is marked on a page, and with what text."""

import json
import re
from types import SimpleNamespace

import pytest

from tools.sphinx_extensions.symbols import Row
from tools.sphinx_extensions.tips import NOTATION, Tip, chapter_of, mark, script_of

TERM = Tip("query", "What asks.", "Open in the glossary")
ENTRY = Tip("", "A paper. 2015.", "Open in the bibliography")
PAPER = Tip("", "A paper. 2015.", "Open the paper")
SYMBOL = Tip("x", "what goes in", "Open the notation", NOTATION)
TEXTS = SimpleNamespace(
    of_targets={
        "book/glossary.html#term-query": TERM,
        "book/bibliography.html#id7": ENTRY,
        "https://arxiv.org/abs/1409.0473?a=1&b=2": PAPER,
    },
    rows=[Row(("x",), ("5",))],
    of_rows=[SYMBOL],
)


def marked(body: str, page: str = "chapters/05_attention") -> tuple[str, list[Tip]]:
    return mark(body, page, f"{page}.html", TEXTS)


def test_links_to_a_term_are_marked_and_share_a_text() -> None:
    link = '<a class="reference internal" href="../book/glossary.html#term-query">'
    body, tips = marked(f"{link}query</a> {link}queries</a>")
    assert tips == [TERM]
    assert body.count(f'{link[:-1]} data-tips="0">') == 2


def test_a_paper_is_found_by_its_address_and_by_its_entry() -> None:
    outside = '<a class="reference external" href="https://arxiv.org/abs/1409.0473?a=1&amp;b=2">'
    inside = '<a class="reference internal" href="../book/bibliography.html#id7" title="A paper.">'
    body, tips = marked(outside + inside)
    assert tips == [PAPER, ENTRY]
    assert 'b=2" data-tips="0">' in body
    assert '#id7" data-tips="1">' in body and "title=" not in body  # no second tip over the first


@pytest.mark.parametrize(
    "link",
    [
        '<a class="reference internal" href="#term-query">',  # its definition stands on the page
        '<a class="reference internal" href="../book/glossary.html">',
        '<a class="reference internal" href="glossary.html#term-query">',  # of another folder
        '<a class="reference external" href="https://arxiv.org/abs/1">',
        '<a class="headerlink" href="../book/glossary.html#term-query">',
    ],
)
def test_other_links_stay_as_they_are(link: str) -> None:
    assert marked(link) == (link, [])


def test_in_the_bibliography_no_paper_is_marked() -> None:
    link = '<a class="reference external" href="https://arxiv.org/abs/1409.0473?a=1&amp;b=2">'
    assert marked(link, "book/bibliography") == (link, [])


def test_formulas_are_marked_with_their_symbols() -> None:
    body, tips = marked(
        '<span class="math notranslate nohighlight">\\(x &lt; 1\\)</span>'
        '<div class="math notranslate nohighlight">\n\\[x\\]</div>'
        '<span class="math notranslate nohighlight">\\(1 + 1\\)</span>'
    )
    assert tips == [SYMBOL]
    assert '<span class="math notranslate nohighlight" data-tips="0">\\(x &lt; 1\\)</span>' in body
    assert '<div class="math notranslate nohighlight" data-tips="0">\n\\[x\\]</div>' in body
    assert '<span class="math notranslate nohighlight">\\(1 + 1\\)</span>' in body


@pytest.mark.parametrize(
    ("page", "chapter"),
    [
        ("chapters/05_attention", "5"),
        ("book/before_you_start", "0"),
        ("book/notation", ""),
        ("book/after_the_last_chapter", ""),
    ],
)
def test_chapters_are_named_as_in_the_notation(page: str, chapter: str) -> None:
    assert chapter_of(page) == chapter


def test_a_text_cannot_end_the_script() -> None:
    script = script_of([Tip("</script>", "ü", "Open"), SYMBOL], {NOTATION: "../n.html"})
    assert "<" not in script
    found = json.loads(re.fullmatch(r"const BOOK_TIPS = (.*);", script)[1])
    assert found[0]["title"] == "</script>" and found[0]["page"] == ""
    assert found[1]["page"] == "../n.html"
