"""tools/sphinx_extensions/glossary_page.py: pinyin, and the order of the index by it."""

import re

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document
from sphinx import addnodes

from tools import ROOT
from tools.sphinx_extensions.glossary_links import HAN, read_terms
from tools.sphinx_extensions.glossary_page import (
    chinese_terms,
    index_of,
    index_of_english,
    plain,
    sort_by_pinyin,
)

NAME = re.compile(rf"^(?! )([^:\n]*{HAN}[^:\n]*?)(?: : (.*))?$", re.M)


def glossary(*entries: tuple[str, str, str | None]) -> nodes.document:
    """A page as Sphinx reads it, of entries with an English name, a Chinese one and its pinyin."""
    page = new_document("page", get_default_settings())
    for number, (english, chinese, pinyin) in enumerate(entries):
        names = []
        for text, key in ((english, None), (chinese, pinyin)):
            index = addnodes.index(entries=[("single", text, "", "main", key)])
            names.append(nodes.term("", "", nodes.Text(text), index, ids=[f"term-{number}{text}"]))
        page += nodes.definition_list(
            "", nodes.definition_list_item("", *names, nodes.definition("", nodes.paragraph()))
        )
    return page


def test_the_index_is_in_the_order_of_pinyin_under_its_letters() -> None:
    page = glossary(
        ("reconstruction", "重建", "chóng jiàn"),
        ("learning rate", "学习率", "xué xí lǜ"),
        ("key", "键", "jiàn"),
        ("LSTM", "长短期", "cháng duǎn qī"),
    )
    index = index_of(list(chinese_terms(page)))
    assert [node.astext() for node in index.findall(nodes.rubric)] == ["C", "J", "X"]
    lines = [node.astext() for node in index.findall(nodes.list_item)]
    assert lines[:2] == ["长短期 cháng duǎn qī LSTM", "重建 chóng jiàn reconstruction"]
    links = [link["refid"] for link in index.findall(nodes.reference)]
    assert links == ["term-3LSTM", "term-0reconstruction", "term-2key", "term-1learning rate"]


ENTRIES = (
    ("LSTM", "长短期", "cháng duǎn qī"),
    ("encoder", "编码器", "biān mǎ qì"),
    ("code", "编码", "biān mǎ"),
    ("reconstruction", "重建", "chóng jiàn"),
)


def test_in_chinese_entries_stand_by_their_pinyin_with_the_chinese_name_first() -> None:
    """In one list, as the glossary's page has it."""
    page = glossary(*ENTRIES)
    whole = nodes.definition_list("", *(item for entry in page.children for item in entry))
    page.children = []
    page += whole
    sort_by_pinyin(list(chinese_terms(page)))
    names = [[name.astext() for name in item[:2]] for item in whole]
    assert names == [
        ["编码", "code"],
        ["编码器", "encoder"],
        ["长短期", "LSTM"],
        ["重建", "reconstruction"],
    ]
    assert [type(item[2]) for item in whole] == [nodes.definition] * 4
    # An entry begins where its English name led to, and no anchor is lost or doubled.
    assert whole[0][0]["ids"] == ["term-2code", "term-2编码"] and whole[0][1]["ids"] == []


def test_in_chinese_the_index_lists_the_english_words() -> None:
    page = glossary(*ENTRIES)
    first = page[0][0]
    first.insert(1, nodes.term("", "long short-term memory", ids=["term-long"]))
    index = index_of_english(list(chinese_terms(page)))
    assert [node.astext() for node in index.findall(nodes.rubric)] == ["C", "E", "L", "R"]
    lines = [node.astext() for node in index.findall(nodes.list_item)]
    assert lines == [
        *("code 编码", "encoder 编码器", "long short-term memory 长短期", "LSTM 长短期"),
        "reconstruction 重建",
    ]
    links = [link["refid"] for link in index.findall(nodes.reference)]
    assert links[2:4] == ["term-0LSTM"] * 2


@pytest.mark.parametrize("pinyin", [None, "", "编码器"])
def test_a_chinese_name_without_pinyin_is_named(pinyin: str | None) -> None:
    with pytest.raises(ValueError, match=r"expected pinyin behind 编码器"):
        list(chinese_terms(glossary(("encoder", "编码器", pinyin))))


def test_tones_do_not_count_but_u_comes_before_its_umlaut() -> None:
    words = ["lǜ", "lún", "lù", "lā", "nǚ"]
    assert sorted(words, key=plain) == ["lā", "lù", "lún", "lǜ", "nǚ"]


def test_pinyin_is_no_name_of_a_term() -> None:
    (term,) = read_terms(glossary(("encoder", "编码器", "biān mǎ qì")))
    assert term.chinese == ("编码器",)


def test_each_character_of_the_glossary_has_its_syllable() -> None:
    names = NAME.findall((ROOT / "book" / "glossary.md").read_text("utf-8"))
    names = [(name, pinyin) for name, pinyin in names if not name.startswith(("Each", "["))]
    assert len(names) > 90
    for name, pinyin in names:
        # A word of another alphabet in a name stands in its pinyin as it is.
        parts = re.sub(f"({HAN})", r" \1 ", name).split()
        assert len(parts) == len(pinyin.split()), (name, pinyin)
