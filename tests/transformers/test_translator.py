"""The Transformer: PyTorch's numbers, no look at padding or the future, a cache that agrees."""

import copy
import math
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch import nn

from utils.decoding.search import beam_search, greedy, translate
from utils.decoding.teacher_forcing import target_probabilities
from utils.languages.pairs import SentencePair
from utils.measures.alignments import attention_weights
from utils.models.attention import AttentionalDecoder, ScaledDotScore
from utils.models.seq2seq import Encoded, Encoder, Seq2Seq, translation_loss
from utils.storage.weights import load, save
from utils.text.batches import EncodedPairs, make_batch
from utils.text.vocabulary import END, PADDING, START, Vocabulary
from utils.training.loop import fit, parameter_count, seeded
from utils.transformers.positions import causal_mask
from utils.transformers.stack import Architecture, Block, Residual, Stack
from utils.transformers.translator import TransformerDecoder, TransformerEncoder

VOCABULARY = Vocabulary(tuple("abcdefgh"))
PAIRS = [
    SentencePair(tuple("abc"), tuple("hg")),
    SentencePair(tuple("d"), tuple("fedcb")),
    SentencePair(tuple("efgha"), ()),
]
SMALL = Architecture(size=12, heads=3, layers=2, inner_size=16)
KINDS = {
    "sines": SMALL,
    "learnt": replace(SMALL, positions="learnt", longest=9),
    "rotary": replace(SMALL, positions="rotary"),
    "rotary halves": replace(SMALL, positions="rotary", pairing="halves"),
    "none": replace(SMALL, positions="none"),
    "norm after": replace(SMALL, norm="after"),
}
every_kind = pytest.mark.parametrize("name", KINDS)
both_norms = pytest.mark.parametrize("norm", ["before", "after"])


def new_model(architecture=SMALL, seed=0, **options):
    size = len(VOCABULARY)
    with seeded(seed):
        model = Seq2Seq(
            TransformerEncoder(size, architecture),
            TransformerDecoder(size, architecture, **options),
        )
        _draw_all(model)
    return model.eval()


def _draw_all(module):
    """Biases and norms too, as after training: what is 0 or 1 would hide a mistake."""
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim == 1:
                parameter += 0.3 * torch.randn(parameter.shape)


def batch_of(pairs=PAIRS):
    return make_batch(pairs, VOCABULARY, VOCABULARY)


def encode(model, batch):
    return model.encoder(batch.source, batch.source_lengths)


def padded(token_ids, places, length):
    """Token ids (1, n) at `places` of a row of `length`, PADDING elsewhere."""
    row = torch.full((1, length), PADDING)
    row[0, places] = token_ids[0]
    return row


# ------------------------------------------------------------------------------
# The same numbers as PyTorch's layers


def copy_attention(theirs, ours):
    layers = ours.to_queries, ours.to_keys, ours.to_values
    theirs.in_proj_weight.copy_(torch.cat([layer.weight for layer in layers]))
    theirs.in_proj_bias.copy_(torch.cat([layer.bias for layer in layers]))
    theirs.out_proj.load_state_dict(ours.to_output.state_dict())


@torch.no_grad()
def pytorchs(block, norm, with_source):
    kind = nn.TransformerDecoderLayer if with_source else nn.TransformerEncoderLayer
    layer = kind(12, 3, 16, 0.1, batch_first=True, norm_first=norm == "before").eval()
    copy_attention(layer.self_attn, block.attention)
    residuals = [block.around_attention]
    if with_source:
        copy_attention(layer.multihead_attn, block.source_attention)
        residuals.append(block.around_source_attention)
    residuals.append(block.around_feed_forward)
    for number, residual in enumerate(residuals, 1):
        getattr(layer, f"norm{number}").load_state_dict(residual.norm.state_dict())
    layer.linear1.load_state_dict(block.feed_forward[0].state_dict())
    layer.linear2.load_state_dict(block.feed_forward[2].state_dict())
    return layer


def block_and_inputs(norm, with_source):
    with seeded(0):
        block = Block(replace(SMALL, norm=norm, dropout=0.1), with_source).eval()
        _draw_all(block)
        inputs, source = torch.randn(3, 5, 12), torch.randn(3, 6, 12)
    there = torch.arange(5) < torch.tensor([[5], [2], [4]])
    source_there = torch.arange(6) < torch.tensor([[1], [6], [3]])
    return block, inputs, there, source, source_there


@both_norms
def test_a_block_is_pytorchs_encoder_layer(norm):
    block, inputs, there, *_ = block_and_inputs(norm, with_source=False)
    expected = pytorchs(block, norm, with_source=False)(inputs, src_key_padding_mask=~there)
    found = block(inputs, there)
    assert torch.allclose(found.outputs[there], expected[there], atol=1e-5)
    assert found.source_weights is None
    causal = nn.Transformer.generate_square_subsequent_mask(5) < 0  # True: hidden, with PyTorch
    expected = pytorchs(block, norm, with_source=False)(inputs, src_mask=causal)
    assert torch.allclose(block(inputs, causal_mask(5, 5)).outputs, expected, atol=1e-5)


@both_norms
def test_a_block_with_a_source_is_pytorchs_decoder_layer(norm):
    block, inputs, there, source, source_there = block_and_inputs(norm, with_source=True)
    expected = pytorchs(block, norm, with_source=True)(
        inputs,
        source,
        tgt_mask=torch.ones(5, 5, dtype=torch.bool).triu(1),
        tgt_key_padding_mask=~there,
        memory_key_padding_mask=~source_there,
    )
    attention = block.source_attention
    found = block(
        inputs,
        there[:, None] & causal_mask(5, 5),
        source=(attention.keys(source), attention.values(source)),
        source_mask=source_there,
    )
    assert torch.allclose(found.outputs[there], expected[there], atol=1e-5)
    assert found.source_weights.shape == (3, 3, 5, 6)
    with pytest.raises(ValueError, match="keys and values of a source, got none"):
        block(inputs)
    with pytest.raises(ValueError, match="blocks that look at a source, got a Stack without"):
        Stack(SMALL).project_source(source)


def test_norm_before_leaves_a_path_without_any_and_norm_after_does_not():
    inputs = torch.tensor([[[1.0, 5.0, 3.0]]])
    nothing = torch.zeros_like(inputs)
    before, after = (Residual(3, 0.0, norm) for norm in ("before", "after"))
    assert torch.equal(before.leave(inputs, nothing), inputs)
    assert before.enter(inputs).mean().item() == pytest.approx(0, abs=1e-6)
    assert torch.equal(after.enter(inputs), inputs)
    assert after.leave(inputs, nothing).mean().item() == pytest.approx(0, abs=1e-6)
    stacks = [Stack(replace(SMALL, norm=norm)) for norm in ("before", "after")]
    assert [isinstance(stack.last_norm, nn.LayerNorm) for stack in stacks] == [True, False]
    with seeded(0):
        vectors = torch.randn(2, 5, 12)
    for stack in stacks:  # either way what comes out was normalised
        outputs = stack(vectors, torch.ones(2, 5, dtype=torch.bool)).outputs
        assert outputs.mean(-1).abs().max() < 1e-5
        assert torch.allclose(outputs.std(-1, correction=0), torch.ones(2, 5), atol=1e-3)


def test_first_weights_are_as_said():
    architecture = Architecture(size=64, heads=4, layers=1, inner_size=256)
    with seeded(0):
        decoder = TransformerDecoder(500, architecture)
    for module in decoder.modules():
        if isinstance(module, nn.Linear):
            bound = math.sqrt(6 / sum(module.weight.shape))
            assert 0.98 * bound < module.weight.abs().max() <= bound
            assert not module.bias.any()
    for scaled in (True, False):
        with seeded(0):
            encoder = TransformerEncoder(500, replace(architecture, scaled_embedding=scaled))
        embedded, _ = encoder.stack.embed(encoder.embedding, torch.arange(1, 500)[None])
        assert embedded.std().item() == pytest.approx(1, abs=0.03)
        expected = 1 / 8 if scaled else 1
        assert encoder.embedding.weight[1:].std().item() == pytest.approx(expected, rel=0.03)
        assert not encoder.embedding.weight[PADDING].any()


# ------------------------------------------------------------------------------
# Masks and places


@every_kind
def test_a_sentence_alone_gives_what_it_gives_in_a_batch(name):
    model = new_model(KINDS[name])
    batch = batch_of()
    encoded = encode(model, batch)
    decoded = model(batch)
    for row, pair in enumerate(PAIRS):
        one = batch_of([pair])
        source, target = len(pair.source), len(pair.target) + 1
        alone = encode(model, one)
        assert torch.allclose(encoded.outputs[row, :source], alone.outputs[0], atol=1e-5)
        assert not encoded.outputs[row, source:].any()
        assert encoded.mask[row].sum() == source
        said = model(one)
        assert torch.allclose(decoded.logits[row, :target], said.logits[0], atol=1e-5)
        found = decoded.weights[row, :target]
        assert torch.allclose(found[:, :source], said.weights[0], atol=1e-5)
        assert not found[:, source:].any()


@every_kind
def test_padding_is_never_looked_at_wherever_it_stands(name):
    model = new_model(KINDS[name])
    batch = batch_of(PAIRS[1:2])
    encoded = encode(model, batch)
    target = batch.target_input  # 6 tokens
    expected = model.decoder(target, encoded).logits
    for places in ([3, 4, 5, 6, 7, 8], [0, 2, 3, 5, 6, 8], [0, 1, 2, 3, 4, 5]):
        found = model.decoder(padded(target, places, 9), encoded).logits
        assert torch.allclose(found[:, places], expected, atol=1e-5)
        assert found.isfinite().all()
    source = torch.tensor([[5, 9, 6]])
    whole = model.encoder(source, torch.tensor([3]))
    places = [1, 2, 4]
    other = model.encoder(padded(source, places, 6), torch.tensor([6]))
    assert torch.allclose(other.outputs[:, places], whole.outputs, atol=1e-5)
    assert other.mask.tolist() == [[False, True, True, False, True, False]]


def test_gradients_of_a_batch_are_those_of_its_sentences():
    model = new_model()

    def gradients(pairs):
        model.zero_grad()
        batch = batch_of(pairs)
        (translation_loss(model, batch) * (batch.target_output != PADDING).sum()).backward()
        return [parameter.grad.clone() for parameter in model.parameters()]

    whole = gradients(PAIRS)
    alone = [gradients([pair]) for pair in PAIRS]
    for one, parts in zip(whole, zip(*alone, strict=True), strict=True):
        assert torch.allclose(one, sum(parts), atol=1e-4)


@every_kind
def test_the_future_changes_nothing_before_it(name):
    model = new_model(KINDS[name])
    encoded = encode(model, batch_of(PAIRS[:1]))
    given = torch.tensor([[START, 4, 5, 6]])
    changed = torch.tensor([[START, 4, 8, 6]])
    before, after = (model.decoder(ids, encoded).logits for ids in (given, changed))
    assert torch.equal(before[:, :2], after[:, :2])
    assert not torch.allclose(before[:, 2:], after[:, 2:], atol=1e-3)


def test_without_positions_the_encoder_knows_no_order():
    source, other = torch.tensor([[4, 5, 6]]), torch.tensor([[6, 5, 4]])
    for name, architecture in KINDS.items():
        encoder = new_model(architecture).encoder
        one, two = (encoder(ids, torch.tensor([3])).outputs for ids in (source, other))
        is_same = torch.allclose(one, two.flip(1), atol=1e-5)
        assert is_same == (name == "none")


# ------------------------------------------------------------------------------
# The cache


@every_kind
@pytest.mark.parametrize("parts", [[1] * 6, [3, 1, 2], [2, 4], [5, 1]])
def test_reading_in_parts_gives_what_reading_at_once_gives(name, parts):
    model = new_model(KINDS[name])
    batch = batch_of()
    whole = model.decoder.with_weights(batch.target_input, encode(model, batch))
    encoded = model.decoder.prepare(encode(model, batch))
    state, steps = encoded.state, []
    for part in batch.target_input.split(parts, dim=1):
        steps.append(model.decoder.with_weights(part, encoded, state))
        state = steps[-1].decoded.state
    logits = torch.cat([step.decoded.logits for step in steps], 1)
    assert torch.allclose(logits, whole.decoded.logits, atol=1e-5)
    source_weights = torch.cat([step.source_weights for step in steps], -2)
    assert torch.allclose(source_weights, whole.source_weights, atol=1e-5)
    weights = torch.cat(
        [nn.functional.pad(step.weights, (0, 6 - step.weights.shape[-1])) for step in steps], -2
    )
    assert torch.allclose(weights, whole.weights, atol=1e-5)
    keys, values, there = state
    assert keys.shape == values.shape == (2, 3, 3, 6, 4)  # layers, batch, heads, places, head size
    assert there.shape == (1, 3, 6)
    for one, two in zip(state, whole.decoded.state, strict=True):
        assert torch.allclose(one.float(), two.float(), atol=1e-5)


def test_a_source_projected_once_gives_what_it_gives_at_every_step():
    model = new_model()
    batch = batch_of()
    encoded = encode(model, batch)
    prepared = model.decoder.prepare(encoded)
    assert prepared.projected_keys.shape == (3, 4, 3, 5, 4)
    one, two = (model.decoder(batch.target_input, e).logits for e in (encoded, prepared))
    assert torch.allclose(one, two, atol=1e-6)


@every_kind
@pytest.mark.parametrize("beam_size", [1, 3])
def test_search_writes_what_one_pass_says_of_it(name, beam_size):
    model = new_model(KINDS[name], seed=3)
    batch = batch_of()
    found = beam_search(model, batch.source, batch.source_lengths, 7, beam_size)
    written = greedy(model, batch.source, batch.source_lengths, 7)
    for pair, hypotheses, likeliest in zip(PAIRS, found, written, strict=True):
        if beam_size == 1:
            assert hypotheses[0].token_ids == likeliest.token_ids
        for hypothesis in hypotheses:
            tokens = VOCABULARY.decode(hypothesis.token_ids)
            if not hypothesis.finished or len(tokens) < len(hypothesis.token_ids):
                continue
            target = SentencePair(pair.source, tokens)
            said = target_probabilities(model, target, VOCABULARY, VOCABULARY)
            expected = sum(math.log(probability) for _, probability in said)
            assert hypothesis.log_probability == pytest.approx(expected, abs=1e-3)
            (table,) = attention_weights(model, [target], VOCABULARY, VOCABULARY)
            assert torch.allclose(hypothesis.weights[:-1], table, atol=1e-5)


# ------------------------------------------------------------------------------
# Weights that are returned


def test_weights_of_every_head_and_layer():
    model = new_model()
    batch = batch_of()
    encoded, weights = model.encoder.with_weights(batch.source, batch.source_lengths)
    assert weights.shape == (2, 3, 3, 5, 5)
    assert torch.equal(encoded.outputs, encode(model, batch).outputs)
    found = model.decoder.with_weights(batch.target_input, encoded)
    assert found.weights.shape == (2, 3, 3, 6, 6)
    assert found.source_weights.shape == (2, 3, 3, 6, 5)
    for table in (weights, found.weights, found.source_weights):
        assert (table >= 0).all()
        assert torch.allclose(table.sum(-1), torch.ones(table.shape[:-1]), atol=1e-5)
    hidden = ~encoded.mask[None, :, None, None]  # (1, batch, 1, 1, source)
    assert not weights.masked_select(hidden).any()
    assert not found.source_weights.masked_select(hidden).any()
    assert not found.weights.triu(1).any()
    assert not torch.allclose(weights[0], weights[1], atol=0.01)
    assert not torch.allclose(weights[:, :, 0], weights[:, :, 1], atol=0.01)


@pytest.mark.parametrize("layer", [0, 1, -1])
def test_one_table_for_measures_is_the_mean_of_a_layers_heads(layer):
    model = new_model(weights_layer=layer)
    batch = batch_of()
    found = model.decoder.with_weights(batch.target_input, encode(model, batch))
    assert torch.equal(found.decoded.weights, found.source_weights[layer].mean(1))
    assert torch.equal(model(batch).weights, found.decoded.weights)
    with pytest.raises(ValueError, match="a weights_layer out of 2 layers, got 2"):
        new_model(weights_layer=2)


# ------------------------------------------------------------------------------
# Training, files, and what does not fit


def copies(count, seed):
    with seeded(seed):
        lengths = torch.randint(1, 4, (count,)).tolist()
        sources = [
            tuple(VOCABULARY.tokens[i] for i in torch.randint(4, 12, (n,)).tolist())
            for n in lengths
        ]
    return [SentencePair(source, source) for source in sources]


def test_it_learns_to_copy_without_a_recurrent_network():
    architecture = Architecture(size=32, heads=2, layers=1, inner_size=32, dropout=0.01)
    model = new_model(architecture, tied=True)
    train, test = copies(1500, seed=1), copies(40, seed=2)
    batches = [EncodedPairs(pairs, VOCABULARY, VOCABULARY) for pairs in (train, test)]
    fit(
        *(model, translation_loss, batches[0].batches(32, seed=0), batches[1].batches(40)),
        epochs=5,
        learning_rate=0.005,
        seed=0,
        device="cpu",
    )
    sources = [pair.source for pair in test]
    written = translate(model, sources, VOCABULARY, VOCABULARY, max_length=8)
    right = sum(a == pair.target for a, pair in zip(written, test, strict=True))
    assert right >= 25


def test_dropout_acts_in_training_alone():
    model = new_model(replace(SMALL, dropout=0.3))
    batch = batch_of()
    assert torch.equal(model(batch).logits, model(batch).logits)
    model.train()
    with seeded(0):
        assert not torch.allclose(model(batch).logits, model(batch).logits, atol=0.01)
        left = Residual(1000, 0.3, "before").leave(torch.ones(1000), torch.ones(1000))
    assert 0.2 < (left == 1).float().mean() < 0.4  # the change is dropped, the path never


def test_tied_layers_are_one(tmp_path):
    model, loose = new_model(tied=True), new_model()
    decoder = model.decoder
    assert decoder.to_logits.weight is decoder.embedding.weight
    assert parameter_count(loose) - parameter_count(model) == len(VOCABULARY) * 12
    save(tmp_path / "tied.safetensors", model, {})
    other = new_model(seed=1, tied=True)
    load(tmp_path / "tied.safetensors", other)
    assert torch.equal(model(batch_of()).logits, other(batch_of()).logits)
    assert other.decoder.to_logits.weight is other.decoder.embedding.weight
    with pytest.raises(ValueError, match="a scaled_embedding for tied layers"):
        new_model(replace(SMALL, scaled_embedding=False), tied=True)


def test_a_copy_can_be_changed_alone():
    model = new_model()
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.decoder.stack.blocks[0].attention.to_output.weight.zero_()
    assert not torch.allclose(model(batch_of()).logits, other(batch_of()).logits, atol=0.01)


def test_a_recurrent_encoder_fits_if_its_outputs_have_the_size():
    with seeded(0):
        encoder = Encoder(len(VOCABULARY), 4, 12, nn.GRU, bidirectional=True)
        decoder = TransformerDecoder(len(VOCABULARY), SMALL)
        model = Seq2Seq(encoder, decoder).eval()
    batch = batch_of()
    (first, *_) = greedy(model, batch.source, batch.source_lengths, 6)
    expected = model(batch_of([SentencePair(PAIRS[0].source, tuple("a"))])).logits[0, 0]
    token_id = expected.index_fill(0, torch.tensor([PADDING, START]), -math.inf).argmax()
    assert [*first.token_ids, END][0] == token_id
    with pytest.raises(ValueError, match="as many numbers as the decoder's vectors, 12, got 10"):
        Seq2Seq(Encoder(len(VOCABULARY), 4, 10), decoder)


def test_a_recurrent_decoder_needs_a_state_that_a_transformer_has_not():
    encoder = TransformerEncoder(len(VOCABULARY), SMALL)
    decoder = AttentionalDecoder(len(VOCABULARY), 4, 12, ScaledDotScore())
    with pytest.raises(ValueError, match=r"got \('Transformer', 2, 12\) and \('GRU', 1, 12\)"):
        Seq2Seq(encoder, decoder)


def test_bad_input_is_named():
    model = new_model()
    with pytest.raises(ValueError, match=r"source lengths from 1 to 5, got \[3, 1, 6\]"):
        model.encoder(batch_of().source, torch.tensor([3, 1, 6]))
    with pytest.raises(ValueError, match=r"token ids of shape \(batch, length\)"):
        model.decoder(torch.tensor([START]), Encoded(torch.zeros(1, 1, 12), None, ()))
    learnt = new_model(KINDS["learnt"])
    with pytest.raises(ValueError, match="at most 9 tokens, one for each learnt place, got 10"):
        learnt.encoder(torch.full((1, 10), 5), torch.tensor([10]))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"heads": 5}, "a size that the number of heads divides"),
        ({"layers": 0}, "one layer or more"),
        ({"inner_size": 0}, "an inner_size of 1 or more"),
        ({"dropout": 1.0}, "a dropout from 0 to below 1, got 1.0"),
        ({"norm": "none"}, '"before" or "after"'),
        ({"positions": "cosines"}, '"sines", "learnt", "rotary" or "none"'),
        ({"positions": "learnt"}, "a `longest` of 1 or more"),
        ({"longest": 5}, "none with others, got 5"),
        ({"size": 9, "heads": 3}, "an even size"),
        ({"positions": "rotary", "pairing": "both"}, '"neighbours" or "halves"'),
    ],
)
def test_architectures_that_cannot_be(wrong, message):
    with pytest.raises(ValueError, match=message):
        TransformerEncoder(len(VOCABULARY), replace(SMALL, **wrong))


def test_more_layers_change_what_comes_out():
    counts = []
    for layers in (1, 2, 3):
        architecture = replace(SMALL, layers=layers)
        counts.append(parameter_count(new_model(architecture)))
        assert architecture.kind == ("Transformer", layers, 12)
    assert len({b - a for a, b in pairwise(counts)}) == 1


# ------------------------------------------------------------------------------
# A stack that is told more, or less, than tokens in their order


@torch.no_grad()
@pytest.mark.parametrize("causal", [False, True])
def test_without_a_mask_nothing_is_padding(causal):
    with seeded(0):
        stack = Stack(KINDS["learnt"]).eval()
        embedded = torch.randn(2, 5, 12)
    there = torch.ones(2, 5, dtype=torch.bool)
    said, told = (stack(embedded, given, causal=causal) for given in (None, there))
    assert said.outputs.equal(told.outputs)
    assert all(a.equal(b) for a, b in zip(said.state, told.state, strict=True))


@torch.no_grad()
@pytest.mark.parametrize("name", ["sines", "learnt", "rotary"])
def test_places_that_are_given_take_the_place_of_counting(name):
    with seeded(0):
        stack = Stack(KINDS[name]).eval()
        embedded = torch.randn(2, 5, 12)
    counted = stack(embedded, None, causal=False).outputs
    order = torch.tensor([[3, 0, 4, 1, 2]])
    moved = stack(embedded[:, order[0]], None, causal=False, places=order).outputs
    torch.testing.assert_close(moved, counted[:, order[0]])
    unmoved = stack(embedded[:, order[0]], None, causal=False).outputs
    assert not torch.allclose(unmoved, counted[:, order[0]], atol=1e-3)
