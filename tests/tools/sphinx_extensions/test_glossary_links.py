"""tools/sphinx_extensions/glossary_links.py: which words of a page lead to the glossary."""

import pytest
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.utils import new_document

from tools.sphinx_extensions.glossary_links import Term, first_uses, open_texts, read_terms

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
