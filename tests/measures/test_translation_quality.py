"""BLEU against values computed by hand, exact matches, and buckets of similar length."""

import math

import pytest

from utils.languages.pairs import SentencePair, backwards
from utils.measures.translation_quality import (
    Bucket,
    bleu,
    bleu_by_length,
    bleu_of_text,
    by_length,
    by_source_position,
    exact_match,
    exact_matches,
    links_by_source_position,
)


def words(*sentences):
    return [tuple(sentence.split()) for sentence in sentences]


# ------------------------------------------------------------------------------
# BLEU

SHORT = words("the cat sat on the mat")
LONG = words("the cat sat on the mat near me")


def test_the_same_sentences_score_100_and_the_signature_says_how():
    references = words("a man sleeps .", "two dogs run on the beach .")
    result = bleu(hypotheses=references, references=list(references))
    assert result.score == pytest.approx(100)
    assert result.score <= 100
    assert {"nrefs:1", "case:mixed", "tok:none"} <= set(result.signature.split("|"))
    assert "version:" in result.signature
    assert str(result) == f"100.00 ({result.signature})"


def test_a_score_computed_by_hand():
    """Papineni et al. (2002): clipped precisions over the corpus, times the brevity penalty."""
    hypotheses = words("the cat is on the mat", "we are here now")
    references = words("the cat is on a mat today", "we are here now")
    # Unigrams: the, cat, is, on, mat of 6 (the second "the" is clipped), and 4 of 4.
    # Bigrams: the-cat, cat-is, is-on of 5, and 3 of 3. Trigrams: 2 of 4, and 2 of 2.
    # 4-grams: 1 of 3, and 1 of 1. Tokens: 10 against 11.
    precisions = (9 / 10, 6 / 8, 4 / 6, 2 / 4)
    penalty = math.exp(1 - 11 / 10)
    expected = 100 * penalty * math.prod(precisions) ** (1 / 4)
    assert bleu(hypotheses=hypotheses, references=references).score == pytest.approx(expected)


def test_text_is_scored_without_case_and_with_marks_apart():
    """Of "A man, a plan." 13a makes the tokens a man , a plan . and case does not count."""
    result = bleu_of_text(hypotheses=["a MAN, a plan."], references=["A man, a plan."])
    assert result.score == pytest.approx(100)
    assert {"nrefs:1", "case:lc", "tok:13a"} <= set(result.signature.split("|"))
    # Six tokens; with "ham" for "plan" 5 of 6, 3 of 5, 2 of 4 and 1 of 3 n-grams remain.
    wrong = bleu_of_text(hypotheses=["a man, a ham."], references=["A man, a plan."])
    assert wrong.score == pytest.approx(100 * (5 / 6 * 3 / 5 * 2 / 4 * 1 / 3) ** (1 / 4))
    # The tokens of a network, written apart from each other, score the same as the text.
    apart = bleu_of_text(hypotheses=["a man , a ham ."], references=["A man, a plan."])
    assert apart.score == pytest.approx(wrong.score)


@pytest.mark.parametrize(
    ("hypotheses", "references", "message"),
    [
        ("a man", ["a man"], "hypotheses as a list of sentences, got one string"),
        (["a man"], [("a", "man")], r"references as text, got \('a', 'man'\)"),
        (["a man"], [" "], "references as text, got ' '"),
        (["a man"], ["a man", "a dog"], "as many hypotheses as references, .* got 1 and 2"),
        ([], [], "at least one, got 0 and 0"),
    ],
)
def test_text_that_cannot_be_scored(hypotheses, references, message):
    with pytest.raises(ValueError, match=message):
        bleu_of_text(hypotheses=hypotheses, references=references)


def test_what_is_short_is_penalised_and_what_is_long_is_imprecise():
    """Exchanged, the two give another score: only the shorter side is penalised for its length."""
    short = bleu(hypotheses=SHORT, references=LONG).score
    assert short == pytest.approx(100 * math.exp(1 - 8 / 6))
    long = bleu(hypotheses=LONG, references=SHORT).score
    assert long == pytest.approx(100 * (6 / 8 * 5 / 7 * 4 / 6 * 3 / 5) ** (1 / 4))
    assert abs(short - long) > 3


def test_the_arguments_have_names():
    with pytest.raises(TypeError):
        bleu(SHORT, LONG)
    with pytest.raises(TypeError):
        exact_match(SHORT, LONG)


def test_a_corpus_is_not_scored_sentence_by_sentence():
    hypotheses = words("a b c d", "e f g h")
    references = words("a b c d", "e f x h")
    together = bleu(hypotheses=hypotheses, references=references).score
    assert together == pytest.approx(100 * (7 / 8 * 4 / 6 * 2 / 4 * 1 / 2) ** (1 / 4))


def test_tokens_are_taken_as_they_are():
    """Neither case nor punctuation is touched: "13a" would take "b." apart."""
    # Three of four tokens agree; for its four-gram, which does not, sacrebleu takes 1/2.
    precisions = math.prod((3 / 4, 2 / 3, 1 / 2, 1 / 2)) ** (1 / 4)
    case = bleu(hypotheses=words("A b c d"), references=words("a b c d")).score
    assert case == pytest.approx(100 * precisions)
    full_stop = bleu(hypotheses=words("b. c d e"), references=words("b . c d e")).score
    assert full_stop == pytest.approx(100 * precisions * math.exp(1 - 5 / 4))


def test_chinese_tokens():
    references = [tuple("老师买了二十一本书")]
    assert bleu(hypotheses=references, references=references).score == pytest.approx(100)


def test_a_hypothesis_may_be_empty():
    references = words("a b c d", "e f g h")
    half = bleu(hypotheses=[("a", "b", "c", "d"), ()], references=references).score
    assert half == pytest.approx(100 * math.exp(1 - 8 / 4))
    assert bleu(hypotheses=[(), ()], references=references).score == 0


def test_many_sentences_that_end_in_a_full_stop_cause_no_warning(caplog):
    references = words("a b c d .") * 200
    bleu(hypotheses=references, references=references)
    assert caplog.records == []


def test_references_too_short_for_bleu_are_refused():
    sentences = words("a b c", "a")
    with pytest.raises(
        ValueError, match="a reference of at least 4 tokens, got none of more than 3"
    ):
        bleu(hypotheses=sentences, references=sentences)


# ------------------------------------------------------------------------------
# Exact matches


def test_exact_matches():
    hypotheses = words("a b", "", "c", "d")
    references = words("a b", "x", "C", "d")
    assert exact_matches(hypotheses=hypotheses, references=references) == [True, False, False, True]
    assert exact_match(hypotheses=hypotheses, references=references) == 0.5


@pytest.mark.parametrize("measure", [bleu, exact_match, exact_matches])
@pytest.mark.parametrize(
    ("hypotheses", "references", "words_of_the_error"),
    [
        (words("a b c d"), words("a b c d", "e"), "as many hypotheses as references.*1 and 2"),
        ([], [], "at least one, got 0 and 0"),
        ("a b c d", words("a b c d"), "hypotheses as a list of sentences, got one string"),
        (words("a b c d"), "a b c d", "references as a list of sentences, got one string"),
        (["a b c d"], words("a b c d"), "hypotheses as a tuple of tokens, got 'a b c d'"),
        (words("a b c d"), [["a", "b", "c", "d"]], "references as a tuple of tokens"),
        ([("a b", "c", "d")], words("a b c d"), "white space in the hypotheses, got 'a b'"),
        (words("a b c d"), [("a", "", "c", "d")], "white space in the references, got ''"),
        ([(1, 2, 3, 4)], words("a b c d"), "white space in the hypotheses, got 1"),
    ],
)
def test_wrong_sentences_are_refused(measure, hypotheses, references, words_of_the_error):
    with pytest.raises(ValueError, match=words_of_the_error) as raised:
        measure(hypotheses=hypotheses, references=references)
    assert "\n" not in str(raised.value)


# ------------------------------------------------------------------------------
# By length


def test_a_length_at_an_edge_belongs_to_the_bucket_that_starts_there():
    lengths = [1, 5, 6, 10, 11, 40]
    buckets = by_length(values=[1, 2, 4, 8, 16, 32], lengths=lengths, edges=(1, 6, 11))
    assert buckets == [Bucket("1–5", 2, 1.5), Bucket("6–10", 2, 6.0), Bucket("11+", 2, 24.0)]


def test_every_length_is_in_one_bucket():
    lengths = list(range(1, 31))
    buckets = by_length(values=lengths, lengths=lengths, edges=(1, 2, 7, 20))
    assert [bucket.label for bucket in buckets] == ["1", "2–6", "7–19", "20+"]
    assert sum(bucket.count for bucket in buckets) == len(lengths)
    total = sum(bucket.count * bucket.value for bucket in buckets)
    assert total == pytest.approx(sum(lengths))


def test_empty_buckets_are_left_out():
    assert by_length(values=[1.0], lengths=[30], edges=(1, 6, 11)) == [Bucket("11+", 1, 1.0)]
    assert by_length(values=[True, False], lengths=[2, 3], edges=(1, 6)) == [Bucket("1–5", 2, 0.5)]


def test_bleu_of_a_bucket_is_that_of_its_sentences_together():
    hypotheses = words("a b c d", "e f g h", "a b c d e f", "")
    references = words("a b c d", "e f x h", "a b c d e f", "k l m n o p")
    buckets = bleu_by_length(
        hypotheses=hypotheses, references=references, lengths=[4, 4, 6, 6], edges=(1, 5)
    )
    assert [(bucket.label, bucket.count) for bucket in buckets] == [("1–4", 2), ("5+", 2)]
    first = bleu(hypotheses=hypotheses[:2], references=references[:2]).score
    assert buckets[0].value == first
    assert buckets[1].value == pytest.approx(100 * math.exp(1 - 12 / 6))


@pytest.mark.parametrize(
    ("values", "lengths", "edges", "words_of_the_error"),
    [
        ([1, 2], [1], (1,), "as many lengths as sentences"),
        ([], [], (1,), "at least one, got 0 and 0"),
        ([1], [1], (), "ascending"),
        ([1], [1], (1, 1), "ascending"),
        ([1], [1], (6, 1), "ascending"),
        ([1, 2], [3, 0], (1, 6), "lengths of at least 1, the first edge, got 0"),
    ],
)
def test_wrong_lengths_and_edges_are_refused(values, lengths, edges, words_of_the_error):
    with pytest.raises(ValueError, match=words_of_the_error):
        by_length(values=values, lengths=lengths, edges=edges)
    sentences = [("a", "b", "c", "d")] * len(values)
    with pytest.raises(ValueError):
        bleu_by_length(hypotheses=sentences, references=sentences, lengths=lengths, edges=edges)


# ------------------------------------------------------------------------------
# By position in the source sentence


def aligned(source, target, *links):
    return SentencePair(tuple(source.split()), tuple(target.split()), frozenset(links))


PAIRS = [
    # Of three tokens in two parts the middle one begins in the first part.
    aligned("a b c", "x y z", (0, 2), (1, 1), (2, 0)),
    # d is linked twice; e, of the first part too, and the third target word are linked to nothing.
    aligned("d e f g", "u v w t", (0, 0), (0, 1), (2, 3), (3, 3)),
    aligned("h", "s", (0, 0)),
]
# Wrong words that are right elsewhere in the sentence are wrong all the same.
PREDICTIONS = words("x z z", "u u w t", "?")


def test_shares_computed_by_hand():
    # First part: a-z right, b-y wrong; d-u right, d-v wrong; h-s wrong. Second: c-x, f-t, g-t.
    shares = by_source_position(predictions=PREDICTIONS, pairs=PAIRS, parts=2)
    assert shares == [2 / 5, 3 / 3]
    # Thirds: a, d, e, h | b, f | c, g, as 2 * 3 // 4 = 1.
    shares = by_source_position(predictions=PREDICTIONS, pairs=PAIRS, parts=3)
    assert shares == [2 / 4, 1 / 2, 2 / 2]
    assert by_source_position(predictions=PREDICTIONS, pairs=PAIRS, parts=1) == [5 / 8]


def test_counts_of_each_sentence_computed_by_hand():
    counts = links_by_source_position(predictions=PREDICTIONS, pairs=PAIRS, parts=2)
    assert counts == [[(1, 2), (1, 1)], [(1, 2), (2, 2)], [(0, 1), (0, 0)]]
    # A part may be empty in all sentences, if nobody asks for its share.
    found = links_by_source_position(predictions=words("s"), pairs=PAIRS[2:], parts=3)
    assert found == [[(1, 1), (0, 0), (0, 0)]]
    with pytest.raises(ValueError, match="expected aligned tokens in each of 3 parts"):
        by_source_position(predictions=words("s"), pairs=PAIRS[2:], parts=3)


@pytest.mark.parametrize(
    ("parts", "firsts"), [(1, [0]), (2, [0, 4]), (3, [0, 3, 5]), (4, [0, 2, 4, 6]), (7, range(7))]
)
def test_where_a_part_begins(parts, firsts):
    """Seven tokens; one target word after the other is the only one that is wrong."""
    pair = aligned("a b c d e f g", "a b c d e f g", *((i, i) for i in range(7)))
    part = -1
    for wrong in range(7):
        part += wrong in firsts
        prediction = (*pair.target[:wrong], "?", *pair.target[wrong + 1 :])
        shares = by_source_position(predictions=[prediction], pairs=[pair], parts=parts)
        assert [share < 1 for share in shares] == [k == part for k in range(parts)]
    assert part == parts - 1


def test_every_link_counts_once_and_every_sentence_as_much_as_it_has_links():
    pairs = [aligned("a", "x y z", (0, 0), (0, 1), (0, 2)), aligned("b", "w", (0, 0))]
    found = by_source_position(predictions=words("x y ?", "?"), pairs=pairs, parts=1)
    assert found == [2 / 4]  # and not the mean of 2/3 and 0


def test_sentences_of_equal_halves_read_backwards_exchange_them():
    pairs = [aligned("a b", "x y", (0, 0), (1, 1)), aligned("c d", "z", (0, 0))]
    predictions = words("x ?", "?")
    forwards = by_source_position(predictions=predictions, pairs=pairs, parts=2)
    turned = [backwards(pair) for pair in pairs]
    assert forwards == [1 / 2, 0]
    assert by_source_position(predictions=predictions, pairs=turned, parts=2) == forwards[::-1]


@pytest.mark.parametrize(
    ("change", "words_of_the_error"),
    [
        ({"parts": 0}, "one part or more .* got 0 parts"),
        ({"parts": -1}, "one part or more .* got -1 parts"),
        ({"parts": 0, "pairs": [], "predictions": []}, "one part or more .* got 0 parts"),
        ({"pairs": PAIRS[:2]}, "as many predictions as pairs, .*3 predictions and 2 pairs"),
        ({"predictions": PREDICTIONS[:2]}, "predictions as pairs, .*2 predictions and 3 pairs"),
        ({"predictions": PREDICTIONS[::-1]}, r"a prediction for each target word, got \('\?',\)"),
        ({"predictions": words("x y z", "u v w", "s")}, "for each target word, got .*'v', 'w'"),
        ({"predictions": words("x y z", "u v w t !", "s")}, "a prediction for each target word"),
        ({"pairs": [*PAIRS[:2], SentencePair(("h",), ("s",))]}, "pairs with their true alignment"),
        ({"parts": 5}, r"in each of 5 parts, got \[4, 1, 1, 2, 0\]"),
        ({"pairs": [], "predictions": []}, r"aligned tokens in each of 2 parts, got \[0, 0\]"),
    ],
)
def test_what_cannot_be_told_by_position(change, words_of_the_error):
    arguments = {"predictions": PREDICTIONS, "pairs": PAIRS, "parts": 2} | change
    with pytest.raises(ValueError, match=words_of_the_error) as raised:
        by_source_position(**arguments)
    assert "\n" not in str(raised.value)
