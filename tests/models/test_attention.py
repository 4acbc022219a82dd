"""Attention: the numbers of its definition, nothing from padding, and a decoder that uses it."""

import copy
import math
import random
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from utils.decoding.search import beam_search, greedy
from utils.decoding.steps import decoding_steps
from utils.languages.pairs import SentencePair
from utils.models import attention as attention_module
from utils.models.attention import (
    AdditiveScore,
    Attended,
    Attention,
    AttentionalDecoder,
    BetweenLayersDecoder,
    DotScore,
    GeneralScore,
    ScaledDotScore,
    copy_with_weighting,
    masked_softmax,
    permuted_weights,
    uniform_weights,
)
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq, translation_loss
from utils.text.batches import EncodedPairs, make_batch
from utils.text.vocabulary import END, START, Vocabulary
from utils.training.loop import fit, seeded

CPU = torch.device("cpu")
VOCABULARY = Vocabulary(tuple("abcdefgh"))
PAIRS = [
    SentencePair(tuple("abc"), tuple("hg")),
    SentencePair(tuple("d"), tuple("fedcb")),
    SentencePair(tuple("efgha"), ()),
]


def new_score(name, query_size, key_size, attention_size=3):
    if name == "general":
        return GeneralScore(query_size, key_size)
    if name == "additive":
        return AdditiveScore(query_size, key_size, attention_size)
    return {"dot": DotScore, "scaled": ScaledDotScore}[name]()


SCORES = ["dot", "scaled", "general", "additive"]
every_score = pytest.mark.parametrize("name", SCORES)


# ------------------------------------------------------------------------------
# The definitions, number by number. Vectors are lists of floats (of 64 bits) here.


def dot(one, two):
    return sum(a * b for a, b in zip(one, two, strict=True))


def score_by_hand(score, query, key):
    if isinstance(score, ScaledDotScore):
        return dot(query, key) / math.sqrt(len(query))
    if isinstance(score, DotScore):
        return dot(query, key)
    if isinstance(score, GeneralScore):
        projected = [dot(row, key) for row in score.project_keys.weight.tolist()]
        return dot(query, projected) / math.sqrt(len(query))
    hidden = [
        math.tanh(dot(to_query, query) + bias + dot(to_key, key))
        for to_query, bias, to_key in zip(
            score.project_query.weight.tolist(),
            score.project_query.bias.tolist(),
            score.project_keys.weight.tolist(),
            strict=True,
        )
    ]
    return dot(score.to_score.weight[0].tolist(), hidden)


def attention_by_hand(score, query, keys, values, mask, temperature):
    """Weights of one query, and its context."""
    powers = [
        math.exp(score_by_hand(score, query, key) / temperature) if is_there else 0.0
        for key, is_there in zip(keys, mask, strict=True)
    ]
    total = sum(powers)
    weights = [power / total if total else 0.0 for power in powers]
    return weights, [dot(weights, column) for column in zip(*values, strict=True)]


@every_score
@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_attention_by_hand(name, temperature):
    draw = random.Random(0)
    empty_rows = 0
    for trial in range(15):
        batch, queries, keys, key_size, value_size = (draw.randint(1, 6) for _ in range(5))
        query_size = key_size if name in ("dot", "scaled") else draw.randint(1, 6)
        with seeded(trial):
            attention = Attention(
                new_score(name, query_size, key_size, draw.randint(1, 5)),
                partial(masked_softmax, temperature=temperature),
            ).double()
            query = torch.randn(batch, queries, query_size, dtype=torch.float64)
            key = torch.randn(batch, keys, key_size, dtype=torch.float64)
            value = torch.randn(batch, keys, value_size, dtype=torch.float64)
            mask = torch.rand(batch, queries, keys) < 0.6
        context, weights = attention(query, key, value, mask)
        single = attention.float()(query.float(), key.float(), value.float(), mask)
        assert context.shape == (batch, queries, value_size)
        assert weights.shape == (batch, queries, keys)
        attention.double()
        for row in range(batch):
            for place in range(queries):
                expected_weights, expected_context = attention_by_hand(
                    attention.score,
                    query[row, place].tolist(),
                    key[row].tolist(),
                    value[row].tolist(),
                    mask[row, place].tolist(),
                    temperature,
                )
                assert weights[row, place].tolist() == pytest.approx(expected_weights, abs=1e-6)
                assert context[row, place].tolist() == pytest.approx(expected_context, abs=1e-6)
                empty_rows += not mask[row, place].any()
        assert torch.allclose(single.weights.double(), weights, atol=1e-5)
        assert torch.allclose(single.context.double(), context, atol=1e-5)
        assert (weights[~mask] == 0).all()
    assert empty_rows > 5


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("is_masked", [False, True])
def test_dot_products_agree_with_pytorch(scaled, is_masked):
    with seeded(0):
        query, keys, values = (torch.randn(4, n, 8) for n in (3, 7, 7))
        mask = torch.rand(4, 3, 7) < 0.5
    mask[..., 2] = True  # of a query without any key PyTorch says nothing
    mask = mask if is_masked else None
    attention = Attention(ScaledDotScore() if scaled else DotScore())
    expected = F.scaled_dot_product_attention(
        query, keys, values, attn_mask=mask, scale=None if scaled else 1.0
    )
    assert torch.allclose(attention(query, keys, values, mask).context, expected, atol=1e-6)


def test_the_general_score_is_a_scaled_bilinear_form():
    score = GeneralScore(query_size=4, key_size=3)
    matrix = torch.tensor([[1.0, 0.0, 2.0], [0.0, -1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    score.load_state_dict({"project_keys.weight": matrix})
    query = torch.tensor([[3.0, 5.0, 7.0, 9.0]])
    keys = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    # (3 (k1 + 2 k3) - 5 k2) / √4
    assert score(query, keys).tolist() == [[1.5, -2.5, 2.0]]


def test_the_additive_score_is_a_small_network():
    score = AdditiveScore(query_size=1, key_size=2, attention_size=2)
    weights = {
        "project_query.weight": torch.tensor([[1.0], [0.0]]),
        "project_query.bias": torch.tensor([0.5, 0.0]),
        "project_keys.weight": torch.tensor([[1.0, 0.0], [0.0, 2.0]]),
        "to_score.weight": torch.tensor([[10.0, 1.0]]),
    }
    score.load_state_dict(weights)
    found = score(torch.tensor([[0.25]]), torch.tensor([[0.0, 0.0], [-0.75, 0.5], [1.0, -1.0]]))
    expected = [
        10 * math.tanh(0.75),
        math.tanh(1.0),
        10 * math.tanh(1.75) + math.tanh(-2.0),
    ]
    assert found[0].tolist() == pytest.approx(expected, abs=1e-5)


def plain_additive_score(score, query, keys):
    """v · tanh(W q + b + U k), all at once."""
    hidden = (score.project_query(query)[:, :, None] + score.project_keys(keys)[:, None]).tanh()
    return (hidden * score.to_score.weight[0]).sum(-1)


@pytest.mark.parametrize("numbers", [1, 40, 100, 10_000])  # one sentence has 3 * 4 * 3
@pytest.mark.parametrize("batch", [1, 2, 7])
def test_the_additive_score_of_a_few_sentences_at_a_time_is_that_of_all(
    monkeypatch, numbers, batch
):
    monkeypatch.setattr(attention_module, "NUMBERS_IN_CACHE", numbers)
    with seeded(batch):
        score = AdditiveScore(query_size=2, key_size=5, attention_size=3).double()
        query = torch.randn(batch, 3, 2, dtype=torch.float64, requires_grad=True)
        keys = torch.randn(batch, 4, 5, dtype=torch.float64, requires_grad=True)
        weights = torch.randn(batch, 3, 4, dtype=torch.float64)
    sizes = []
    small_network = score.small_network
    monkeypatch.setattr(
        score, "small_network", lambda q, k: sizes.append(len(q)) or small_network(q, k)
    )
    inputs = (query, keys, *score.parameters())
    found, expected = score(query, keys), plain_additive_score(score, query, keys)
    assert torch.allclose(found, expected, rtol=1e-13, atol=1e-13)
    assert sum(sizes) == batch and max(sizes) == min(batch, max(1, numbers // 36))
    gradients = torch.autograd.grad((found * weights).sum(), inputs)
    for one, other in zip(
        gradients, torch.autograd.grad((expected * weights).sum(), inputs), strict=True
    ):
        assert torch.allclose(one, other, rtol=1e-12, atol=1e-13)
    assert torch.autograd.gradcheck(score, (query, keys))
    assert torch.autograd.gradcheck(
        lambda *weights: torch.func.functional_call(
            score, dict(zip(dict(score.named_parameters()), weights, strict=True)), (query, keys)
        ),
        tuple(score.parameters()),
    )


def test_the_additive_score_compares_a_large_batch_in_parts():
    """As large as in training: the hidden layer has three times the numbers that a cache holds."""
    with seeded(0):
        score = AdditiveScore(64, 64, 64)
        query, keys = torch.randn(90, 24, 64), torch.randn(90, 23, 64)
    found, expected = score(query, keys), plain_additive_score(score, query, keys)
    assert torch.allclose(found, expected, atol=1e-5)


# ------------------------------------------------------------------------------
# Masks, shapes, temperatures


def tensors(requires_grad=False):
    with seeded(0):
        query, keys, values = torch.randn(2, 3, 4), torch.randn(2, 5, 4), torch.randn(2, 5, 6)
    return [tensor.requires_grad_(requires_grad) for tensor in (query, keys, values)]


@every_score
def test_a_query_without_keys_gets_nothing_and_breaks_nothing(name):
    score = new_score(name, 4, 4)
    query, keys, values = tensors(requires_grad=True)
    mask = torch.tensor([[True, True, False, True, True], [False] * 5])
    with torch.autograd.set_detect_anomaly(True):  # no step of it may give NaN, used or not
        context, weights = Attention(score)(query, keys, values, mask)
        (context.square().sum() + weights.square().sum()).backward()
    assert (weights[1] == 0).all()
    assert (context[1] == 0).all()
    assert (weights[0].sum(-1) - 1).abs().max() < 1e-6
    for tensor in (query, keys, values, *score.parameters()):
        assert tensor.grad.isfinite().all()
    for tensor in (query, keys, values):
        assert (tensor.grad[1] == 0).all()
        assert (tensor.grad[0] != 0).any()
    assert (keys.grad[0, 2] == 0).all()
    assert (values.grad[0, 2] == 0).all()


@every_score
@pytest.mark.parametrize("garbage", [1e9, -1e9, math.inf, math.nan])
def test_a_key_behind_the_mask_changes_nothing(name, garbage):
    """Whatever stands in it, even no number; a masked value must be finite."""
    attention = Attention(new_score(name, 4, 4))
    query, keys, values = tensors()
    mask = torch.tensor([[True, False, True, True, False], [False, True, True, True, True]])
    expected = attention(query, keys, values, mask)
    spoilt = attention(
        query,
        keys.masked_fill(~mask[..., None], garbage),
        values.masked_fill(~mask[..., None], 1e9),
        mask,
    )
    hidden = ~mask[:, None].expand(2, 3, 5)
    assert (spoilt.weights[hidden] == 0).all()
    assert (spoilt.weights[~hidden] > 0).all()
    assert torch.allclose(spoilt.weights, expected.weights, atol=1e-6)
    assert torch.allclose(spoilt.context, expected.context, atol=1e-6)
    # As if the keys were not there at all.
    for row in range(2):
        alone = attention(query[row], keys[row, mask[row]], values[row, mask[row]])
        assert torch.allclose(spoilt.context[row], alone.context, atol=1e-6)
        assert torch.allclose(spoilt.weights[row][:, mask[row]], alone.weights, atol=1e-6)


@every_score
def test_the_batch_may_be_missing(name):
    attention = Attention(new_score(name, 4, 4))
    query, keys, values = tensors()
    mask = torch.tensor([[True, False, True, True, False], [True] * 5])
    together = attention(query, keys, values, mask)
    for row in range(2):
        alone = attention(query[row], keys[row], values[row], mask[row])
        assert alone.context.shape == (3, 6)
        assert alone.weights.shape == (3, 5)
        assert torch.allclose(alone.context, together.context[row], atol=1e-6)
        assert torch.allclose(alone.weights, together.weights[row], atol=1e-6)


def test_a_mask_for_every_query_alike_or_one_for_each():
    attention = Attention(DotScore())
    query, keys, values = tensors()
    mask = torch.tensor([[True, False, True, True, False], [True] * 5])
    expected = attention(query, keys, values, mask)
    for same in (mask[:, None], mask[:, None].expand(2, 3, 5)):
        assert torch.equal(attention(query, keys, values, same).weights, expected.weights)
    causal = torch.ones(3, 5, dtype=torch.bool).tril()[None].expand(2, 3, 5)
    weights = attention(query, keys, values, causal).weights
    assert torch.equal(weights > 0, causal)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 3))


def test_temperature_from_the_best_key_alone_to_all_alike():
    scores = torch.tensor([[[1.0, 3.0, 2.0, 9.0]]])
    mask = torch.tensor([[True, True, True, False]])
    assert masked_softmax(scores, mask, 1e-3).tolist() == [[[0, 1, 0, 0]]]
    third = pytest.approx([1 / 3, 1 / 3, 1 / 3, 0], abs=1e-5)
    assert masked_softmax(scores, mask, 1e6)[0, 0].tolist() == third
    warmer = [masked_softmax(scores, mask, t).max().item() for t in (0.1, 0.5, 1, 2, 10)]
    assert warmer == sorted(warmer, reverse=True)
    assert masked_softmax(scores, None, 1e-3).tolist() == [[[0, 0, 0, 1]]]


@pytest.mark.parametrize("temperature", [0, -1, math.inf, math.nan])
def test_a_temperature_that_cannot_be(temperature):
    with pytest.raises(ValueError, match=f"expected a temperature above 0.*, got {temperature}"):
        masked_softmax(torch.zeros(1, 2, 3), temperature=temperature)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("temperature", [1e-300, 1e-45, 1e-39, 1e-5, 1.0, 1e5, 1e38, 1e300])
@pytest.mark.parametrize("is_masked", [False, True])
def test_every_temperature_above_0_gives_weights_and_gradients(kind, temperature, is_masked):
    """Also with two best keys, at the ends of a kind's range, and with no key left."""
    most = 0.4 * torch.finfo(kind).max
    scores = torch.tensor(
        [[3, 3, -2, 9], [-4, -5, -5, 9], [most, -most, 0, 9], [1, 2, 3, 4]],
        dtype=kind,
        requires_grad=True,
    )
    keys = torch.tensor([[True, True, True, False]] * 3 + [[False] * 4])
    weights = masked_softmax(scores, keys if is_masked else None, temperature)
    (weights * torch.tensor([1, -2, 3, 0.5], dtype=kind)).sum().backward()
    assert weights.isfinite().all() and (weights >= 0).all()
    assert scores.grad.isfinite().all()
    total = torch.tensor([1.0, 1, 1, 0 if is_masked else 1])
    assert torch.allclose(weights.sum(-1).float(), total, atol=0.01)
    if temperature < 1e-4 and is_masked:
        assert weights.tolist() == [[0.5, 0.5, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0] * 4]
    if temperature > 1e37 and kind == torch.float64:
        third = pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])
        assert not is_masked or weights[0].tolist() == third


def test_a_mask_of_numbers_is_refused():
    """`~` of a 1 is -2, so a mask of numbers would hide other keys than meant."""
    for weigh in (masked_softmax, uniform_weights, permuted_weights):
        with pytest.raises(ValueError, match=r"expected a mask of bool.*, got torch.int64; write"):
            weigh(torch.zeros(1, 2, 3), torch.ones(1, 3, dtype=torch.int64))


def test_uniform_weights_are_a_plain_mean_of_what_is_there():
    query, keys, values = tensors()
    mask = torch.tensor([[True, False, True, True, False], [True] * 5])
    context, weights = Attention(DotScore(), uniform_weights)(query, keys, values, mask)
    for row in range(2):
        expected = values[row, mask[row]].mean(0).expand(3, 6)
        assert torch.allclose(context[row], expected, atol=1e-6)
        count = mask[row].sum()
        assert torch.allclose(weights[row], (mask[row] / count).expand(3, 5), atol=1e-6)


def test_permuted_weights_are_the_same_ones_elsewhere():
    with seeded(0):
        scores = torch.randn(2, 50, 6)
        mask = torch.tensor([[True] * 4 + [False] * 2, [True] * 6])
        weights = permuted_weights(scores, mask)
    own = masked_softmax(scores, mask)
    assert (weights[0, :, 4:] == 0).all()
    assert torch.equal(weights.sort(-1).values, own.sort(-1).values)
    # The greatest weight of a query comes to stand anywhere, and not for all queries alike.
    places = (weights == own.amax(-1, keepdim=True)).float().mean(1)  # (2, 50, 6) -> (2, 6)
    assert places[0, :4].min() > 0.1
    assert places[1].min() > 0.05
    with seeded(0):
        assert (permuted_weights(scores)[0, :, 4:] > 0).any()  # without a mask all take part


def test_every_query_has_an_order_of_its_own():
    """Seen with equal scores for all queries: one order for all would leave equal weights."""
    scores = torch.arange(6.0).expand(2, 50, 6)
    mask = torch.tensor([[True] * 5 + [False], [True] * 6])
    for some_mask in (mask, None):
        with seeded(0):
            weights = permuted_weights(scores, some_mask)
        for row in range(2):
            assert len({tuple(query) for query in weights[row].tolist()}) > 30
        assert not torch.equal(weights[0], weights[1])


def test_weights_are_exchanged_around_a_hole_in_the_mask():
    mask = torch.tensor([[False, True, True, False, True, False], [True, False] * 3, [False] * 6])
    with seeded(0):
        scores = torch.randn(3, 200, 6)
        weights = permuted_weights(scores, mask)
    hidden = ~mask[:, None].expand(3, 200, 6)
    assert (weights[hidden] == 0).all()
    assert torch.equal(weights.sort(-1).values, masked_softmax(scores, mask).sort(-1).values)
    # Each of the three keys gets the greatest weight about as often as the others.
    greatest = (weights[:2] == weights[:2].amax(-1, keepdim=True)).float().mean(1)
    assert (greatest[mask[:2]] - 1 / 3).abs().max() < 0.12


@pytest.mark.parametrize("name", ["dot", "scaled"])
def test_a_dot_product_of_different_sizes(name):
    with pytest.raises(ValueError, match="same size for a dot product, got 4 and 6 numbers; Gene"):
        new_score(name, 4, 6)(torch.zeros(2, 3, 4), torch.zeros(2, 5, 6))


# ------------------------------------------------------------------------------
# The decoder


def new_model(name="scaled", cell=nn.GRU, layers=1, seed=0, hidden_size=8, **options):
    size, embedding_size = len(VOCABULARY), 8
    encoder_options = {"bidirectional": options.pop("bidirectional", False)}
    with seeded(seed):
        encoder = Encoder(size, embedding_size, hidden_size, cell, layers, **encoder_options)
        score = new_score(name, hidden_size, hidden_size, hidden_size)
        decoder = AttentionalDecoder(
            size, embedding_size, hidden_size, score, cell=cell, layers=layers, **options
        )
    return Seq2Seq(encoder, decoder)


def batch_of(pairs):
    return make_batch(pairs, VOCABULARY, VOCABULARY)


@every_score
@pytest.mark.parametrize(("cell", "layers"), [(nn.GRU, 1), (nn.LSTM, 2)])
@pytest.mark.parametrize("context_at_every_step", [False, True])
def test_one_pass_equals_token_by_token(name, cell, layers, context_at_every_step):
    model = new_model(name, cell, layers, context_at_every_step=context_at_every_step)
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    whole = model.decoder(batch.target_input, encoded)
    state, steps = None, []
    for token_id in batch.target_input.split(1, dim=1):
        decoded = model.decoder(token_id, encoded, state)
        state = decoded.state
        steps.append(decoded)
    assert whole.logits.shape == (3, 6, len(VOCABULARY))
    assert whole.weights.shape == (3, 6, 5)
    assert torch.allclose(torch.cat([s.logits for s in steps], 1), whole.logits, atol=1e-6)
    assert torch.allclose(torch.cat([s.weights for s in steps], 1), whole.weights, atol=1e-6)


@every_score
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_sentence_is_the_same_in_any_batch(name, bidirectional):
    model = new_model(name, bidirectional=bidirectional)
    batch = batch_of(PAIRS)
    wider = torch.cat([batch.source, torch.full((3, 4), 7)], 1)  # tokens as padding
    for together in (model(batch), model(batch._replace(source=wider))):
        for row, pair in enumerate(PAIRS):
            alone = model(batch_of([pair]))
            length, steps = len(pair.source), len(pair.target) + 1
            logits, weights = together.logits[row, :steps], together.weights[row, :steps]
            assert torch.allclose(logits, alone.logits[0], atol=1e-6)
            assert torch.allclose(weights[:, :length], alone.weights[0], atol=1e-6)
            assert (weights[:, length:] == 0).all()
            assert torch.allclose(weights.sum(1), torch.ones(steps), atol=1e-6)


@every_score
def test_the_decoder_reads_the_encoders_outputs(name):
    model = new_model(name)
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    expected = model.decoder(batch.target_input, encoded)
    swapped = encoded.outputs.clone()
    swapped[0, 0] = -encoded.outputs[0, 0]
    changed = model.decoder(batch.target_input, encoded._replace(outputs=swapped))
    assert (changed.logits[0] - expected.logits[0]).abs().max() > 1e-3
    assert (changed.weights[0] - expected.weights[0]).abs().max() > 1e-3
    assert torch.equal(changed.logits[1:], expected.logits[1:])
    assert all(torch.equal(*parts) for parts in zip(changed.state, expected.state, strict=True))


@every_score
def test_gradients_reach_the_encoder_through_its_outputs(name):
    model = new_model(name)
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    begun = tuple(part.detach() for part in encoded.state)
    model.decoder(batch.target_input, encoded, begun).logits.square().sum().backward()
    for parameter in model.parameters():
        assert parameter.grad.isfinite().all()
        assert parameter.grad.abs().max() > 0


def test_the_output_by_hand():
    """h~ = tanh(W [context; hidden]), with the context of every hidden state, then the logits."""
    model = new_model("dot")
    batch = batch_of(PAIRS[:1])
    encoded = model.encoder(batch.source, batch.source_lengths)
    decoder = model.decoder
    decoded = decoder(batch.target_input, encoded)
    hidden, _ = decoder.recurrent(decoder.embedding(batch.target_input), encoded.state)
    for step in range(hidden.shape[1]):
        weights = (encoded.outputs[0] @ hidden[0, step]).softmax(0)
        context = weights @ encoded.outputs[0]
        joined = torch.tanh(decoder.join(torch.cat([context, hidden[0, step]])))
        assert torch.allclose(decoded.logits[0, step], decoder.to_logits(joined), atol=1e-6)
        assert torch.allclose(decoded.weights[0, step], weights, atol=1e-6)


def test_tied_layers_need_no_equal_sizes():
    with seeded(0):
        score = new_score("general", 8, 8, 8)
        decoder = AttentionalDecoder(len(VOCABULARY), 5, 8, score, tied=True)
    assert decoder.to_logits.weight is decoder.embedding.weight
    assert decoder.join.weight.shape == (5, 16)
    batch = batch_of(PAIRS)
    encoded = new_model("general").encoder(batch.source, batch.source_lengths)
    assert decoder(batch.target_input, encoded).logits.shape == (3, 6, len(VOCABULARY))


def new_model_between(cell=nn.GRU, **options):
    size, embedding_size, hidden_size = len(VOCABULARY), 5, 8
    with seeded(0):
        encoder = Encoder(size, embedding_size, hidden_size, cell, 2, bidirectional=True)
        score = new_score("general", hidden_size, hidden_size, hidden_size)
        decoder = BetweenLayersDecoder(
            size, embedding_size, hidden_size, score, cell=cell, **options
        )
    return Seq2Seq(encoder, decoder)


@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM])
def test_looking_back_between_layers_token_by_token(cell):
    """One pass equals steps, and the state holds both layers, the lower one first."""
    model = new_model_between(cell, tied=True)
    batch = batch_of(PAIRS)
    encoded = model.decoder.prepare(model.encoder(batch.source, batch.source_lengths))
    whole = model.decoder(batch.target_input, encoded)
    state, logits = None, []
    for token_id in batch.target_input.split(1, dim=1):
        decoded = model.decoder(token_id, encoded, state)
        state = decoded.state
        logits.append(decoded.logits)
    assert whole.weights.shape == (3, 6, 5)
    assert torch.allclose(torch.cat(logits, 1), whole.logits, atol=1e-6)
    for part, begun in zip(whole.state, encoded.state, strict=True):
        assert part.shape == begun.shape == (2, 3, 8)
    lower = tuple(part[:1] for part in encoded.state)
    _, lower = model.decoder.recurrent(model.decoder.embedding(batch.target_input), lower)
    for part, expected in zip(whole.state, lower, strict=True):
        assert torch.allclose(part[:1], expected, atol=1e-6)


def test_the_upper_layer_remembers_what_was_looked_at():
    """Another context at the first step changes all later logits, but no later query."""
    model = new_model_between()
    batch = batch_of(PAIRS[:1])
    encoded = model.encoder(batch.source, batch.source_lengths)
    expected = model.decoder(batch.target_input, encoded)
    changed = copy.deepcopy(model.decoder)
    look_back = changed.look_back

    def look_elsewhere(hidden, encoded):
        context, weights = look_back(hidden, encoded)
        context = context.clone()
        context[:, 0] += 1
        return Attended(context, weights)

    changed.look_back = look_elsewhere
    found = changed(batch.target_input, encoded)
    assert torch.equal(found.weights, expected.weights)
    assert (found.logits - expected.logits).abs().amax(-1).min() > 1e-5
    plain, plain_encoded = new_model().decoder, new_model().encoder(*batch[:2])
    before = plain(batch.target_input, plain_encoded).logits
    look_back = plain.look_back
    plain.look_back = look_elsewhere
    after = plain(batch.target_input, plain_encoded).logits
    assert torch.equal(after[:, 1:], before[:, 1:])  # one layer forgets it at once


def test_looking_back_between_layers_takes_two_of_them():
    with pytest.raises(ValueError, match="expected no number of layers, which is two, got 3"):
        new_model_between(layers=3)
    model = new_model_between()
    with pytest.raises(ValueError, match=r"got \('GRU', 1, 8\) and \('GRU', 2, 8\)"):
        Seq2Seq(new_model().encoder, model.decoder)


def test_a_decoder_that_drops_all_says_nothing():
    """The joined layer has a dropout of its own, as the plain decoder's hidden states have."""
    model, deaf = new_model(), new_model(dropout=1.0)
    batch = batch_of(PAIRS)
    encoded = model.encoder.eval()(batch.source, batch.source_lengths)
    logits = deaf.decoder.train()(batch.target_input, encoded).logits
    assert torch.equal(logits, deaf.decoder.to_logits.bias.expand_as(logits))
    logits = deaf.decoder.eval()(batch.target_input, encoded).logits
    assert torch.equal(logits, model.decoder.eval()(batch.target_input, encoded).logits)


def test_other_weights_than_softmax():
    model = new_model(weigh=uniform_weights)
    weights = model(batch_of(PAIRS)).weights
    for row, pair in enumerate(PAIRS):
        length = len(pair.source)
        expected = torch.tensor(length * [1 / length] + (5 - length) * [0.0])
        assert torch.allclose(weights[row], expected.expand(6, 5), atol=1e-6)


def test_a_copy_with_other_weights():
    model = new_model()
    batch = batch_of(PAIRS)
    before = model(batch)
    other = copy_with_weighting(model, uniform_weights)
    assert torch.equal(other(batch).weights, new_model(weigh=uniform_weights)(batch).weights)
    assert torch.equal(model(batch).logits, before.logits)  # the model itself is what it was
    same = copy_with_weighting(other, masked_softmax)
    assert torch.equal(same(batch).logits, before.logits)
    with torch.no_grad():
        other.decoder.join.weight.zero_()
    assert torch.equal(model(batch).logits, before.logits)


def test_there_are_no_weights_without_attention():
    model = new_model()
    plain = Seq2Seq(model.encoder, Decoder(len(VOCABULARY), 8, 8))
    with pytest.raises(ValueError, match="expected a model with an AttentionalDecoder, got Decod"):
        copy_with_weighting(plain, uniform_weights)


# ------------------------------------------------------------------------------
# Keys are projected once for a sentence, not at every step.


@every_score
def test_prepared_keys_change_no_number(name):
    model = new_model(name)
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    prepared = model.decoder.prepare(encoded)
    assert encoded.projected_keys is None  # what was given is what it was
    for one, two in zip(encoded[:2] + encoded.state, prepared[:2] + prepared.state, strict=True):
        assert one is two
    state = None
    for token_id in batch.target_input.split(1, dim=1):
        expected = model.decoder(token_id, encoded, state)
        decoded = model.decoder(token_id, prepared, state)
        assert torch.equal(decoded.logits, expected.logits)
        assert torch.equal(decoded.weights, expected.weights)
        state = decoded.state


@every_score
def test_prepared_keys_are_what_the_decoder_compares_with(name):
    """And not the outputs, once more: keys of another sentence give its weights."""
    model = new_model(name)
    batch = batch_of(PAIRS)
    prepared = model.decoder.prepare(model.encoder(batch.source, batch.source_lengths))
    expected = model.decoder(batch.target_input, prepared)
    exchanged = prepared._replace(projected_keys=-prepared.projected_keys)
    weights = model.decoder(batch.target_input, exchanged).weights
    assert (weights[0] - expected.weights[0]).abs().max() > 1e-3


def searches(model, batch):
    source, lengths = batch.source, batch.source_lengths
    return {
        "greedy": lambda: greedy(model, source, lengths, max_length=7),
        "beam": lambda: beam_search(model, source, lengths, max_length=7, beam_size=3),
        "steps": lambda: decoding_steps(
            model, PAIRS[0].source, VOCABULARY, VOCABULARY, max_length=7
        ),
    }


@every_score
@pytest.mark.parametrize("search", ["greedy", "beam", "steps"])
def test_a_search_projects_the_keys_once(name, search):
    model = new_model(name)
    with torch.no_grad():
        model.decoder.to_logits.bias[END] = -100.0  # so that no sentence ends before the limit
    projected, steps = [], []
    attention = model.decoder.attention
    attention.score.project_keys.register_forward_hook(lambda *call: projected.append(call))
    model.decoder.recurrent.register_forward_hook(lambda *call: steps.append(call))
    searches(model, batch_of(PAIRS))[search]()
    assert len(steps) == 7
    assert len(projected) == 1


@every_score
@pytest.mark.parametrize("search", ["greedy", "beam"])
def test_prepared_keys_stay_with_their_sentence(name, search):
    """In a batch whose sentences end at different steps, and in beams of several rows."""
    model = new_model(name, seed=4)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 3  # opinions: sentences that differ
    together = searches(model, batch_of(PAIRS))[search]()
    for pair, found in zip(PAIRS, together, strict=True):
        (alone,) = searches(model, batch_of([pair]))[search]()
        one, two = ([found], [alone]) if search == "greedy" else (found, alone)
        for a, b in zip(one, two, strict=True):
            assert a.token_ids == b.token_ids
            assert torch.allclose(a.weights, b.weights, atol=1e-5)
            # As teacher forcing has it, which goes through in one pass and selects no rows.
            source = torch.tensor([VOCABULARY.encode(pair.source)])
            encoded = model.encoder(source, torch.tensor([len(pair.source)]))
            read = torch.tensor([[START, *a.token_ids][: a.length]])
            whole = model.decoder(read, encoded)
            assert torch.allclose(a.weights, whole.weights[0], atol=1e-5)


# ------------------------------------------------------------------------------
# What it is for


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "task", "longest", "number", "hidden_size"),
    [("scaled", "copy", 8, 2000, 64), ("additive", "reverse", 6, 800, 48)],  # what each needs
)
def test_it_learns_where_to_look(name, task, longest, number, hidden_size):
    draw = random.Random(0)
    sentences = [tuple(draw.choices("abcdefgh", k=draw.randint(1, longest))) for _ in range(4000)]
    pairs = [
        SentencePair(sentence, sentence if task == "copy" else sentence[::-1])
        for sentence in dict.fromkeys(sentences)
    ]
    held_out, train = pairs[:100], pairs[100 : 100 + number]
    assert len(train) == number
    # A state of both directions knows best of the token at its own place, so it is there that
    # attention should look.
    model = new_model(name, hidden_size=hidden_size, bidirectional=True)
    data = [
        EncodedPairs(part, VOCABULARY, VOCABULARY).batches(32, seed)
        for part, seed in ((train, 0), (held_out, None))
    ]
    fit(model, translation_loss, *data, epochs=8, learning_rate=0.015, seed=0, device=CPU)

    batch = batch_of(held_out)
    found = greedy(model, batch.source, batch.source_lengths, max_length=12)
    beams = beam_search(model, batch.source, batch.source_lengths, max_length=12, beam_size=3)
    right_place, exact = [], 0
    for pair, hypothesis, beam in zip(held_out, found, beams, strict=True):
        length = len(pair.source)
        for one in (hypothesis, *beam):
            assert one.weights.shape == (one.length, length)  # none at padding, one row for END
            assert torch.allclose(one.weights.sum(1), torch.ones(one.length), atol=1e-5)
        if tuple(VOCABULARY.decode(hypothesis.token_ids)) == pair.target:
            exact += 1
            looked_at = hypothesis.weights[:length].argmax(1).tolist()
            places = range(length) if task == "copy" else range(length - 1, -1, -1)
            right_place += [a == b for a, b in zip(looked_at, places, strict=True)]
    assert exact >= 80
    assert sum(right_place) >= 0.9 * len(right_place)
