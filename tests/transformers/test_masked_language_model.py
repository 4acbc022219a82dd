"""Filling in blanks: which are made, what is seen of them, and what is learnt."""

import math

import pytest
import torch

from utils.text.batches import EncodedSentences
from utils.text.vocabulary import END, PADDING, Vocabulary
from utils.training.loop import fit, seeded
from utils.transformers.masked_language_model import (
    MaskedLanguageModel,
    blank_probabilities,
    hide_tokens,
    masked_language_model_loss,
)
from utils.transformers.stack import Architecture

VOCABULARY = Vocabulary(("_", *"abcde"))
(BLANK,) = VOCABULARY.encode(("_",))
SMALL = Architecture(size=12, heads=3, layers=2, inner_size=16)


def new_model(**options):
    with seeded(0):
        return MaskedLanguageModel(len(VOCABULARY), SMALL, BLANK, **options).eval()


def batch_of(sentences):
    (batch,) = EncodedSentences(sentences, VOCABULARY).batches(len(sentences))
    return batch


def test_one_token_of_each_sentence_is_hidden_each_equally_often():
    token_ids = torch.tensor([[5, 6, 7, END], [8, END, PADDING, PADDING], [END] + [PADDING] * 3])
    counts = torch.zeros(3, 4)
    with seeded(0):
        for _ in range(3000):
            given, hidden = hide_tokens(token_ids, BLANK)
            is_blank = given == BLANK
            assert torch.equal(is_blank, hidden != PADDING)
            assert torch.equal(torch.where(is_blank, hidden, given), token_ids)
            counts += is_blank
    assert counts[1].tolist() == [3000, 0, 0, 0]
    assert counts[2].sum() == 0 and counts[0, 3] == 0
    assert counts[0, :3].sum() == 3000
    assert counts[0, :3].min() > 900


def test_a_share_of_the_others_is_hidden_too():
    token_ids = torch.full((200, 11), 5)
    with seeded(0):
        found = {
            share: int((hide_tokens(token_ids, BLANK, share)[1] != PADDING).sum())
            for share in (0.0, 0.3, 1.0)
        }
    assert found[0.0] == 200
    assert found[0.3] == pytest.approx(200 * (0.3 * 11 + 0.7**11), rel=0.1)
    assert found[1.0] == 2200


def test_the_loss_is_of_blanks_alone():
    model = new_model()
    batch = batch_of([tuple("abc"), tuple("de"), ()])
    with seeded(3):
        loss = masked_language_model_loss(model, batch).item()
    with seeded(3):
        given, hidden = hide_tokens(batch.target_output, BLANK)
    logs = model(given).log_softmax(-1)
    places = (hidden != PADDING).nonzero().tolist()
    assert len(places) == 2
    expected = -sum(logs[row, place, hidden[row, place]].item() for row, place in places) / 2
    assert loss == pytest.approx(expected, abs=1e-5)
    with pytest.raises(ValueError, match="a batch without any"):
        masked_language_model_loss(model, batch_of([(), ()]))


def test_what_a_blank_hides_is_not_seen_and_both_sides_are():
    batch = batch_of([tuple("ab_de")]).target_output
    for left_only in (False, True):
        model = new_model(left_only=left_only)
        logits, weights = model.with_weights(batch)
        assert weights.shape == (2, 1, 3, 6, 6)
        for place, is_seen in ((0, True), (1, True), (3, not left_only), (4, not left_only)):
            changed = batch.clone()
            changed[0, place] = VOCABULARY.encode(("c",))[0]
            is_same = torch.allclose(model(changed)[0, 2], logits[0, 2], atol=1e-5)
            assert is_same != is_seen


def test_it_learns_from_what_follows_what_stands_before():
    """a before b, c before d: who sees the left side alone, cannot tell."""
    sentences = [("a", "b"), ("c", "d")] * 100
    bits = {}
    for left_only in (False, True):
        with seeded(0):
            architecture = Architecture(size=16, heads=2, layers=1, inner_size=16)
            model = MaskedLanguageModel(len(VOCABULARY), architecture, BLANK, left_only)
        batches = [EncodedSentences(sentences, VOCABULARY).batches(20, seed) for seed in (0, None)]
        fit(
            *(model, masked_language_model_loss, *batches),
            epochs=6,
            learning_rate=0.02,
            seed=0,
            device="cpu",
        )
        found = blank_probabilities(model, VOCABULARY, ("_", "b"))
        assert found.shape == (1, len(VOCABULARY))
        assert found.sum().item() == pytest.approx(1)
        assert found[0, [PADDING, END, BLANK]].tolist() == [0, 0, 0]
        bits[left_only] = -math.log2(found[0, VOCABULARY.encode(("a",))[0]].item())
        after = blank_probabilities(model, VOCABULARY, ("a", "_"))
        assert after[0, VOCABULARY.encode(("b",))[0]] > 0.9
    assert bits[False] < 0.15
    assert bits[True] == pytest.approx(1, abs=0.3)


def test_bad_input_is_named():
    model = new_model()
    with pytest.raises(ValueError, match="a sentence with '_' in it, got none"):
        blank_probabilities(model, VOCABULARY, tuple("ab"))
    with pytest.raises(ValueError, match="a vocabulary of 10 tokens, got 5"):
        blank_probabilities(model, Vocabulary(("_",)), ("_",))
    for wrong in (0, 10):
        with pytest.raises(ValueError, match=f"a blank_id from 1 to 9, got {wrong}"):
            MaskedLanguageModel(len(VOCABULARY), SMALL, wrong)
