"""tools/sphinx_extensions/glossary_links.py: which words of a page lead to the glossary."""

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document

from tools.sphinx_extensions.glossary_links import (
    Term,
    first_uses,
    first_uses_in_chinese,
    open_texts,
    read_terms,
)

ENCODER = Term("term-encoder", ("encoder",), ("编码器",))
CODE = Term("term-code", ("code", "latent"), ("编码", "潜变量"))
ATTENTION = Term("term-attention", ("attention",), ("注意力",))
SELF_ATTENTION = Term("term-self-attention", ("self-attention",), ("自注意力",))
SEQ2SEQ = Term("term-seq2seq", ("sequence to sequence", "Seq2Seq"), ("序列到序列",))
LSTM = Term("term-LSTM", ("LSTM",), ("长短期记忆网络",))


def linked(texts: list[str], *terms: Term) -> dict[str, tuple[int, str]]:
    """For each linked term, by its anchor, the text's number and the piece of it."""
    return {
        term.anchor: (place.text, texts[place.text][place.start : place.end])
        for term, place in first_uses(terms, texts)
    }


def test_a_term_is_linked_where_it_is_introduced_not_where_it_is_mentioned_before() -> None:
    texts = ["The encoder comes first. An encoder (编码器) reads."]
    ((_, place),) = first_uses([ENCODER], texts)
    assert place.start == texts[0].rindex("encoder")


def test_emphasis_may_end_between_the_two_names() -> None:
    assert linked(["an ", "encoder", " (编码器)"], ENCODER) == {"term-encoder": (1, "encoder")}
    assert linked(["(", "Encoders", ", 编码器)"], ENCODER) == {"term-encoder": (1, "Encoders")}


def test_without_an_introduction_the_first_mention_counts_unless_it_is_an_everyday_word() -> None:
    assert linked(["One encoder, two encoders"], ENCODER) == {"term-encoder": (0, "encoder")}
    assert linked(["Run this code. A latent."], CODE) == {"term-code": (0, "latent")}
    assert linked(["Run this code, or these codes."], CODE) == {}
    assert linked(["the code (编码)"], CODE) == {"term-code": (0, "code")}
    assert linked(["它叫 编码 here"], CODE) == {"term-code": (0, "编码")}


def test_parts_of_other_words_are_not_linked() -> None:
    assert linked(["autoencoder, encoder-like, encoders'"], ENCODER) == {
        "term-encoder": (0, "encoders")
    }
    assert linked(["自编码器 and 编码器们"], ENCODER) == {}
    assert linked(["an lstm, LSTMs"], LSTM) == {"term-LSTM": (0, "LSTMs")}


def test_of_two_terms_in_one_place_the_longer_is_linked() -> None:
    texts = ["self-attention (自注意力) and attention"]
    assert linked(texts, ATTENTION, SELF_ATTENTION) == {
        "term-self-attention": (0, "self-attention"),
        "term-attention": (0, "attention"),
    }
    head = Term("term-head", ("attention head",), ())
    assert linked(["an attention head"], ATTENTION, head) == {"term-head": (0, "attention head")}


def test_each_of_a_terms_names_counts_and_it_is_linked_once() -> None:
    assert linked(["Seq2Seq, sequence to sequence"], SEQ2SEQ) == {"term-seq2seq": (0, "Seq2Seq")}


QUERY = Term("term-query", ("query",), ("查询",))
KEY = Term("term-key", ("key",), ("键",))
HEAD = Term("term-head", ("head",), ("注意力头",))
TRANSFORMER = Term("term-transformer", ("Transformer",), ("Transformer 模型",))
SOFTMAX = Term("term-softmax", ("softmax",), ("归一化指数函数",))
PARAMETER = Term("term-parameter", ("parameter",), ("参数",))
AUTOENCODER = Term("term-autoencoder", ("autoencoder",), ("自编码器",))


def linked_in_chinese(texts: list[str], *terms: Term) -> dict[str, tuple[int, int, str]]:
    """For each linked term the text's number, where in it, and the piece of it."""
    return {
        term.anchor: (place.text, place.start, texts[place.text][place.start : place.end])
        for term, place in first_uses_in_chinese(terms, texts)
    }


def test_in_chinese_a_term_is_linked_where_the_english_name_follows_in_brackets() -> None:
    texts = ["先说查询。", "查询", "（query）与每个", "键", "（key）比较；键很多。"]
    assert linked_in_chinese(texts, QUERY, KEY) == {
        "term-query": (1, 0, "查询"),
        "term-key": (3, 0, "键"),
    }
    assert linked_in_chinese(["所谓注意力（attention，有时叫读）", "注意力"], ATTENTION) == {
        "term-attention": (0, 2, "注意力")
    }
    texts = ["查询", "（", "query", "）"]
    assert linked_in_chinese(["一个查询。", *texts], QUERY) == {"term-query": (1, 0, "查询")}
    # Another word that begins or ends so is no name of it.
    texts = ["查询在先。", "查询", "（query-key，keys）"]
    assert linked_in_chinese(texts, QUERY) == {"term-query": (0, 0, "查询")}


def test_in_chinese_it_is_else_linked_where_it_first_stands() -> None:
    assert linked_in_chinese(["网络的注意力和注意力"], ATTENTION) == {
        "term-attention": (0, 3, "注意力")
    }


def test_in_chinese_no_name_is_linked_inside_of_a_longer_one() -> None:
    texts = ["自编码器和自注意力。", "这里的编码器，这里的注意力。"]
    terms = ENCODER, CODE, AUTOENCODER, ATTENTION, SELF_ATTENTION
    assert linked_in_chinese(texts, *terms) == {
        "term-encoder": (1, 3, "编码器"),
        "term-autoencoder": (0, 0, "自编码器"),
        "term-attention": (1, 10, "注意力"),
        "term-self-attention": (0, 5, "自注意力"),
    }
    # Which of two names begins: that of 来自, not that of 自编码器.
    assert linked_in_chinese(["键和值来自编码器。"], ENCODER, AUTOENCODER) == {
        "term-encoder": (0, 5, "编码器")
    }
    assert linked_in_chinese(["超参数"], PARAMETER) == {}


def test_in_chinese_one_character_has_to_be_introduced_in_bold() -> None:
    assert linked_in_chinese(["键盘、关键和键。"], KEY) == {}
    assert linked_in_chinese(["比较键（key）。"], KEY) == {}
    assert linked_in_chinese(["每个", "头", "（head）一份"], HEAD) == {"term-head": (1, 0, "头")}
    assert linked_in_chinese(["每个", "头", "都看"], HEAD) == {}


def test_in_chinese_everyday_words_are_linked_only_where_they_are_introduced() -> None:
    assert linked_in_chinese(["把词编码成数。"], CODE) == {}
    assert linked_in_chinese(["把词编码成数。这些数叫", "编码", "（code）"], CODE) == {
        "term-code": (1, 0, "编码")
    }
    assert linked_in_chinese(["潜变量"], CODE) == {"term-code": (0, 0, "潜变量")}


def test_in_chinese_english_names_are_linked_as_words_of_the_sentence() -> None:
    assert linked_in_chinese(["先用softmax再", "softmax"], SOFTMAX) == {
        "term-softmax": (0, 2, "softmax")
    }
    assert linked_in_chinese(["Transformer模型读"], TRANSFORMER) == {
        "term-transformer": (0, 0, "Transformer模型")
    }
    for phrase in ("Attention Is All You Need", "the encoder reads", "encoders", "encoder_2"):
        assert linked_in_chinese([phrase], ENCODER, ATTENTION) == {}, phrase
    assert linked_in_chinese(["键是key。"], KEY) == {}


def document(*children: nodes.Node) -> nodes.document:
    page = new_document("page", get_default_settings())
    page.extend(children)
    return page


def test_headings_code_formulas_and_links_are_no_running_text() -> None:
    closed = [
        nodes.section("", nodes.title("", "encoder")),
        nodes.literal_block("", "encoder"),
        nodes.paragraph("", "", nodes.literal("", "encoder")),
        nodes.paragraph("", "", nodes.math("", "encoder")),
        nodes.paragraph("", "", nodes.reference("", "", nodes.emphasis("", "encoder"))),
    ]
    assert open_texts(document(*closed)) == []
    text = nodes.paragraph("", "", nodes.Text("an "), nodes.strong("", "encoder"))
    assert open_texts(document(*closed, text)) == ["an ", "encoder"]


def test_the_glossarys_entries_are_read_with_all_their_names() -> None:
    names = [nodes.term("", name, ids=[anchor]) for name, anchor in (("code", "a"), ("编码", "b"))]
    item = nodes.definition_list_item("", *names, nodes.definition("", nodes.paragraph("", "")))
    (term,) = read_terms(document(nodes.definition_list("", item)))
    assert term == Term("a", ("code",), ("编码",))


def test_a_page_without_terms_is_no_glossary() -> None:
    with pytest.raises(ValueError, match="expected a glossary"):
        read_terms(document(nodes.paragraph("", "nothing")))
