"""Links from attention weights, and scores of alignments, beside counts made by hand."""

import pytest
import torch
from pairs_by_hand import pair_of

from utils.measures.alignments import (
    alignment_scores,
    attention_links,
    attention_weights,
    best_links,
)
from utils.models.attention import AttentionalDecoder, DotScore, GeneralScore
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq
from utils.text.batches import make_batch
from utils.text.vocabulary import Vocabulary
from utils.training.loop import seeded

# ------------------------------------------------------------------------------
# From weights to links


def test_each_target_position_with_the_source_position_of_the_greatest_weight():
    weights = torch.tensor([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.0, 0.2, 0.8], [0.9, 0.1, 0.0]])
    # The last row is that of END.
    assert best_links(weights, 3) == {(2, 0), (0, 1), (2, 2)}
    assert best_links(weights.to(torch.bfloat16), 1) == {(2, 0)}
    assert best_links(weights, 0) == frozenset()
    assert all(type(number) is int for link in best_links(weights, 3) for number in link)


def test_of_equal_weights_the_first():
    weights = torch.full((2, 40), 1 / 40)
    weights[1, 20:] = 0.5
    assert best_links(weights, 2) == {(0, 0), (20, 1)}


def test_links_need_no_gradient():
    weights = torch.eye(2, requires_grad=True)
    assert best_links(weights * 2, 2) == {(0, 0), (1, 1)}


@pytest.mark.parametrize("shape", [(2, 4), (4,), (1, 4, 4), (4, 0)])
def test_weights_of_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match=r"of shape \(3 steps or more, source length\), got"):
        best_links(torch.zeros(shape), 3)


SOURCE_WORDS = Vocabulary(tuple("abcdef"))
TARGET_WORDS = Vocabulary(tuple("uvwxyz"))
# Of all lengths, in no order, so that some rows of a batch are padded on either side.
PAIRS = [
    pair_of("a b c d", "u v"),
    pair_of("b", "x y z"),
    pair_of("f e d c b a", "w"),
    pair_of("c a d", "z y x w v"),
    pair_of("a f", "z"),
]


def new_model(decoder=Decoder, *options):
    with seeded(3):
        model = Seq2Seq(
            Encoder(len(SOURCE_WORDS), 6, 8, dropout=0.5),
            decoder(len(TARGET_WORDS), 6, 8, *options, dropout=0.5),
        )
    with torch.no_grad():  # large weights, so that its states differ
        for parameter in model.parameters():
            parameter *= 4
    return model


def new_attentional_model():
    """What it looks at depends on the step: its scores are large, and of either sign."""
    with seeded(4):
        score = GeneralScore(8, 8)
    model = new_model(AttentionalDecoder, score)
    with torch.no_grad():
        score.project_keys.weight *= 4
    return model


@pytest.mark.parametrize("batch_size", [1, 2, 200])
def test_the_weights_of_each_pair_are_those_it_has_alone(batch_size):
    model = new_attentional_model().train()
    found = attention_weights(model, PAIRS, SOURCE_WORDS, TARGET_WORDS, batch_size)
    assert not model.training and len(found) == len(PAIRS)
    for pair, weights in zip(PAIRS, found, strict=True):
        with torch.no_grad():
            alone = model(make_batch([pair], SOURCE_WORDS, TARGET_WORDS)).weights[0]
        assert len(alone) == len(pair.target) + 1
        assert weights.shape == (len(pair.target), len(pair.source))
        torch.testing.assert_close(weights, alone[:-1], atol=1e-5, rtol=0)
        torch.testing.assert_close(weights.sum(1), torch.ones(len(pair.target)))
    assert found[3].std(0).max() > 0.01  # its steps differ


def test_links_come_from_the_weights():
    model = new_attentional_model()
    weights = attention_weights(model, PAIRS, SOURCE_WORDS, TARGET_WORDS)
    links = attention_links(model, PAIRS, SOURCE_WORDS, TARGET_WORDS, batch_size=2)
    for pair, table, found in zip(PAIRS, weights, links, strict=True):
        best = table.argmax(1).tolist()
        assert found == set(zip(best, range(len(pair.target)), strict=True))
    assert len({i for i, _ in links[0]}) > 1  # its steps differ


def test_a_decoder_that_looks_at_known_places():
    """Step j looks at source position j + 1, or at the last one: source first in a link."""

    def at_the_next(scores, mask):
        weights = torch.zeros_like(scores)
        last = mask.sum(1) - 1  # (batch,)
        for step in range(scores.shape[1]):
            weights[torch.arange(len(last)), step, last.clamp(max=step + 1)] = 1
        return weights

    model = new_model(AttentionalDecoder, DotScore(), at_the_next)
    links = attention_links(model, PAIRS, SOURCE_WORDS, TARGET_WORDS)
    assert links[:3] == [{(1, 0), (2, 1)}, {(0, 0), (0, 1), (0, 2)}, {(1, 0)}]
    assert links[3:] == [{(1, 0), (2, 1), (2, 2), (2, 3), (2, 4)}, {(1, 0)}]


def test_what_has_no_weights_is_refused():
    with pytest.raises(ValueError, match="expected a model with attention weights"):
        attention_weights(new_model(), PAIRS, SOURCE_WORDS, TARGET_WORDS)
    with pytest.raises(ValueError, match="expected a model with attention weights"):
        attention_links(new_model(), PAIRS, SOURCE_WORDS, TARGET_WORDS)


def test_other_arguments_that_are_refused():
    model = new_attentional_model()
    assert attention_links(model, [], SOURCE_WORDS, TARGET_WORDS) == []
    with pytest.raises(ValueError, match="batch_size of 1 or more, got 0"):
        attention_weights(model, PAIRS, SOURCE_WORDS, TARGET_WORDS, 0)
    with pytest.raises(ValueError, match="an empty one at position 0"):
        attention_weights(model, [pair_of("", "u")], SOURCE_WORDS, TARGET_WORDS)
    with pytest.raises(ValueError):
        attention_weights(model, PAIRS, Vocabulary(("a",)), TARGET_WORDS)
    with pytest.raises(ValueError):
        attention_weights(model, PAIRS, SOURCE_WORDS, Vocabulary(("a",)))


# ------------------------------------------------------------------------------
# Scores


def test_scores_counted_by_hand():
    found = [frozenset({(0, 0), (1, 1), (2, 2)}), frozenset({(0, 0)})]
    true = [frozenset({(0, 0), (2, 2), (3, 2), (1, 3)}), frozenset({(0, 1), (1, 0)})]
    # Both have 2 links; 4 were found, 6 are true.
    scores = alignment_scores(found=found, true=true)
    assert scores == (2 / 4, 2 / 6, pytest.approx(1 - 4 / 10))
    assert (scores.precision, scores.recall) == scores[:2] and scores.error_rate == scores[2]
    # Exchanged, precision and recall change places and the error rate stays.
    assert alignment_scores(found=true, true=found)[:2] == (2 / 6, 2 / 4)
    assert alignment_scores(found=true, true=found).error_rate == scores.error_rate


def test_links_count_and_not_sentences():
    found = [frozenset({(0, 0)}), frozenset({(5, 5)})]
    true = [frozenset({(0, 0)}), frozenset((i, i) for i in range(4))]
    # The mean over the two sentences would be (0 + 1) / 2.
    assert alignment_scores(found=found, true=true).error_rate == pytest.approx(1 - 2 / 7)


def test_the_best_and_the_worst():
    links = [frozenset({(0, 1), (2, 0)})]
    assert alignment_scores(found=links, true=links) == (1, 1, 0)
    assert alignment_scores(found=[frozenset({(1, 0), (0, 2)})], true=links) == (0, 0, 1)
    assert alignment_scores(found=[frozenset()], true=links) == (0, 0, 1)


@pytest.mark.parametrize(
    ("found", "true", "words_of_the_error"),
    [
        ([frozenset()], [], "as many alignments as true ones, got 1 and 0"),
        ([frozenset()], [None], "expected alignments, got None"),
        ([None], [frozenset({(0, 0)})], "expected alignments, got None"),
        ([frozenset({(0, 0)})], [frozenset()], "one true link or more, got none"),
        ([], [], "one true link or more, got none"),
    ],
)
def test_what_cannot_be_scored(found, true, words_of_the_error):
    with pytest.raises(ValueError, match=words_of_the_error):
        alignment_scores(found=found, true=true)
    with pytest.raises(TypeError):
        alignment_scores(found, true)
