"""Encoder and decoder: padding is not seen, the future is not seen, and the model learns."""

import math
import random

import pytest
import torch
from torch import nn

from utils.languages.pairs import SentencePair
from utils.models.prediction import mean_token_loss
from utils.models.recurrent import RecurrentLayers
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq, WordDropout, translation_loss
from utils.text.batches import Batch, EncodedPairs, make_batch
from utils.text.vocabulary import END, PADDING, START, Vocabulary
from utils.training.loop import fit, parameter_count, seeded

ONE_EPOCH = {"epochs": 1, "learning_rate": 0.01, "seed": 0}
CPU = torch.device("cpu")
VOCABULARY = Vocabulary(tuple("abcdefgh"))
PAIRS = [
    SentencePair(tuple("abc"), tuple("hg")),
    SentencePair(tuple("d"), tuple("fedcb")),
    SentencePair(tuple("efgha"), ()),
]
KINDS = [(nn.GRU, 1), (nn.LSTM, 1), (nn.GRU, 2), (nn.LSTM, 2)]
every_kind = pytest.mark.parametrize(("cell", "layers"), KINDS)
either_direction = pytest.mark.parametrize("bidirectional", [False, True])


def new_model(
    cell=nn.GRU, layers=1, hidden_size=6, seed=0, dropout=0.0, bidirectional=False, **options
):
    size, embedding_size = len(VOCABULARY), 5
    with seeded(seed):
        encoder = Encoder(size, embedding_size, hidden_size, cell, layers, dropout, bidirectional)
        decoder = Decoder(size, embedding_size, hidden_size, cell, layers, dropout, **options)
    return Seq2Seq(encoder, decoder)


def test_what_is_left_out_draws_no_random_number():
    """So a network without the newer options is trained as it was before there were any."""
    model = new_model().train()
    state = torch.get_rng_state()
    translation_loss(model, batch_of(PAIRS), label_smoothing=0.1).backward()
    assert torch.equal(torch.get_rng_state(), state)


def test_word_dropout_takes_whole_tokens():
    drop = WordDropout(0.25)
    embedded = torch.ones(50, 40, 3)
    with seeded(0):
        dropped = drop.train()(embedded)
    zero = dropped == 0
    assert torch.equal(zero.all(-1), zero.any(-1))  # all of a token or nothing
    assert torch.allclose(dropped[~zero], torch.tensor(4 / 3))
    assert abs(zero[..., 0].double().mean() - 0.25) < 0.04  # four standard deviations
    assert drop.eval()(embedded) is embedded


@pytest.mark.parametrize("side", ["encoder", "decoder"])
def test_word_dropout_is_used_on_either_side(side):
    model = new_model()
    batch = batch_of(PAIRS)
    before = model(batch).logits
    getattr(model, side).word_dropout = WordDropout(0.9)
    with seeded(1):
        assert not torch.allclose(model.train()(batch).logits, before)
    assert torch.equal(model.eval()(batch).logits, before)


def test_output_dropout_leaves_the_state_whole():
    with seeded(0):
        encoder = Encoder(len(VOCABULARY), 5, 40, output_dropout=0.5).train()
        batch = batch_of(PAIRS)
        encoded = encoder(batch.source, batch.source_lengths)
        whole = encoder.eval()(batch.source, batch.source_lengths)
    assert torch.equal(encoded.state[0], whole.state[0])
    kept = encoded.outputs != 0
    assert 0.35 < (kept[whole.mask].double().mean()) < 0.65
    assert torch.allclose(encoded.outputs[kept], 2 * whole.outputs[kept])


@pytest.mark.parametrize("name", ["word_dropout", "output_dropout"])
@pytest.mark.parametrize("share", [-0.1, 1.0, math.nan])
def test_a_share_that_is_none(name, share):
    with pytest.raises(ValueError, match=f"expected a {name} from 0 to below 1, got {share}"):
        Encoder(12, 5, 6, **{name: share})


def test_tied_layers_are_one():
    with seeded(0):
        encoder = Encoder(len(VOCABULARY), 6, 6)
        decoder = Decoder(len(VOCABULARY), 6, 6, tied=True, embedding_deviation=0.1)
    model = Seq2Seq(encoder, decoder)
    untied = parameter_count(Decoder(len(VOCABULARY), 6, 6))
    assert parameter_count(decoder) == untied - 6 * len(VOCABULARY)
    fit(model, translation_loss, [batch_of(PAIRS)], [batch_of(PAIRS)], **ONE_EPOCH)
    assert decoder.to_logits.weight is decoder.embedding.weight
    hidden = torch.randn(2, 3, 6)
    logits, _ = decoder.read_out(hidden, None)
    assert close(logits, hidden @ decoder.embedding.weight.T + decoder.to_logits.bias)


def test_tied_layers_of_different_sizes():
    with pytest.raises(ValueError, match=r"expected an embedding_size that equals .* got 5 and 6"):
        Decoder(12, 5, 6, tied=True)


def test_label_smoothing_by_hand_and_in_training_alone():
    """(1 - e) of the usual loss, and e of the mean over all tokens that could have come."""
    model, batch = new_model(), batch_of(PAIRS)
    plain = translation_loss(model.eval(), batch)
    assert torch.equal(translation_loss(model, batch, label_smoothing=0.2), plain)
    smoothed = translation_loss(model.train(), batch, label_smoothing=0.2)
    real = batch.target_output != PADDING
    each = -model(batch).logits.log_softmax(-1)[real].mean()
    assert close(smoothed, 0.8 * plain + 0.2 * each)
    assert not close(smoothed, plain)


def batch_of(pairs):
    return make_batch(pairs, VOCABULARY, VOCABULARY)


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def close(one, two):
    return torch.allclose(one, two, atol=1e-6)


def all_close(one, two):
    return len(one) == len(two) and all(close(a, b) for a, b in zip(one, two, strict=True))


@every_kind
@either_direction
@pytest.mark.parametrize("context_at_every_step", [False, True])
def test_a_batch_has_the_loss_and_gradients_of_its_sentences(
    cell, layers, bidirectional, context_at_every_step
):
    model = new_model(
        cell, layers, bidirectional=bidirectional, context_at_every_step=context_at_every_step
    )
    counts = [len(pair.target) + 1 for pair in PAIRS]
    together = translation_loss(model, batch_of(PAIRS))
    alone = [translation_loss(model, batch_of([pair])) for pair in PAIRS]
    weighted = sum(count * loss for count, loss in zip(counts, alone, strict=True)) / sum(counts)
    assert together.shape == ()
    assert close(together, weighted)
    expected = gradients(model, weighted)
    found = gradients(model, translation_loss(model, batch_of(PAIRS)))
    assert all(close(found[name], expected[name]) for name in expected)
    assert all(gradient.abs().max() > 0 for gradient in found.values())  # all of the model learns


@every_kind
@either_direction
def test_whatever_stands_in_the_padding_changes_nothing(cell, layers, bidirectional):
    model = new_model(cell, layers, bidirectional=bidirectional)
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    garbage = torch.where(encoded.mask, batch.source, 9)
    wider = torch.cat([garbage, torch.full((3, 4), 7)], 1)
    assert not torch.equal(garbage, batch.source)
    for source in (garbage, wider):
        again = model.encoder(source, batch.source_lengths)
        assert all_close(again.state, encoded.state)
        assert close(again.outputs[:, :5], encoded.outputs)
        assert (again.outputs[~again.mask] == 0).all()
        assert again.mask.shape == again.outputs.shape[:2] == source.shape


@every_kind
def test_the_state_is_that_after_the_last_token_of_each_sentence(cell, layers):
    model = new_model(cell, layers)
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    assert len(encoded.state) == (1 if cell == nn.GRU else 2)
    for row, pair in enumerate(PAIRS):
        token_ids = torch.tensor([VOCABULARY.encode(pair.source)])
        embedded = model.encoder.embedding(token_ids)
        outputs, state = model.encoder.recurrent.network(embedded)
        state = state if cell == nn.LSTM else (state,)
        assert all_close([part[:, row : row + 1] for part in encoded.state], state)
        length = len(pair.source)
        assert close(encoded.outputs[row, :length], outputs[0])
        assert close(encoded.outputs[row, length - 1], encoded.state[0][-1, row])
        assert encoded.mask[row].tolist() == [place < length for place in range(5)]


def run_one_direction(network, layer, suffix, inputs):
    """One layer in one direction of `network`, as a network of its own, on (1, length, size)."""
    alone = type(network)(inputs.shape[-1], network.hidden_size, batch_first=True)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    alone.load_state_dict(
        {f"{name}_l0": getattr(network, f"{name}_l{layer}{suffix}") for name in names}
    )
    outputs, state = alone(inputs)
    return outputs, state if isinstance(state, tuple) else (state,)


@every_kind
def test_both_directions_are_two_networks(cell, layers):
    model = new_model(cell, layers, bidirectional=True)
    network = model.encoder.recurrent.network
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    assert encoded.outputs.shape == (3, 5, 6)
    assert [part.shape for part in encoded.state] == (1 + (cell == nn.LSTM)) * [(layers, 3, 6)]
    for row, pair in enumerate(PAIRS):
        outputs = model.encoder.embedding(torch.tensor([VOCABULARY.encode(pair.source)]))
        for layer in range(layers):
            forwards, last = run_one_direction(network, layer, "", outputs)
            backwards, first = run_one_direction(network, layer, "_reverse", outputs.flip(1))
            outputs = torch.cat([forwards, backwards.flip(1)], -1)
            for part, *halves in zip(encoded.state, last, first, strict=True):
                assert close(part[layer, row], torch.cat(halves, -1)[0, 0])
        assert close(encoded.outputs[row, : len(pair.source)], outputs[0])


@either_direction
def test_only_the_second_direction_knows_what_is_to_come(bidirectional):
    encoder = new_model(bidirectional=bidirectional).encoder
    lengths = torch.tensor([4])
    one, two = (encoder(torch.tensor([[4, 5, 6, last]]), lengths).outputs[0] for last in (7, 8))
    assert close(one[:3, :3], two[:3, :3])  # of the forward half, or of half the numbers
    for place in range(3):
        assert close(one[place, 3:], two[place, 3:]) != bidirectional


def test_two_directions_have_each_half_of_an_even_size_and_read_a_whole_sentence():
    with pytest.raises(ValueError, match=r"expected an even hidden_size, .* got 7; take one"):
        Encoder(12, 5, 7, bidirectional=True)
    layers = RecurrentLayers(5, 6, nn.GRU, 1, 0.0, bidirectional=True)
    _, state = layers(torch.zeros(2, 3, 5))
    with pytest.raises(ValueError, match="expected no state for two directions, got one"):
        layers(torch.zeros(2, 3, 5), state)


@every_kind
@pytest.mark.parametrize("context_at_every_step", [False, True])
def test_one_pass_equals_token_by_token(cell, layers, context_at_every_step):
    model = new_model(cell, layers, context_at_every_step=context_at_every_step)
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    whole = model.decoder(batch.target_input, encoded)
    state, steps = None, []
    for token_id in batch.target_input.split(1, dim=1):
        decoded = model.decoder(token_id, encoded, state)
        state = decoded.state
        steps.append(decoded.logits)
    assert whole.logits.shape == (3, 6, len(VOCABULARY))
    assert close(torch.cat(steps, 1), whole.logits)
    assert all_close(state, whole.state)
    assert whole.weights is None


def test_the_future_of_the_target_changes_nothing_before_it():
    model = new_model()
    batch = batch_of(PAIRS)
    logits = model(batch).logits
    for place in range(1, 6):
        changed = batch.target_input.clone()
        changed[:, place] = 11
        others = model(batch._replace(target_input=changed)).logits
        assert close(others[:, :place], logits[:, :place])
        assert not close(others[:, place], logits[:, place])


def test_the_decoder_learns_of_the_source_by_its_state_alone():
    model = new_model()
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    nothing = encoded._replace(outputs=torch.zeros_like(encoded.outputs))
    assert close(
        model.decoder(batch.target_input, nothing).logits,
        model.decoder(batch.target_input, encoded).logits,
    )
    zeros = tuple(torch.zeros_like(part) for part in encoded.state)
    forgotten = model.decoder(batch.target_input, encoded, zeros).logits
    assert close(forgotten[0, 0], forgotten[1, 0])  # START after nothing, whatever the source


def test_the_context_at_every_step_is_the_encoders_state():
    model = new_model(context_at_every_step=True)
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    zeros = tuple(torch.zeros_like(part) for part in encoded.state)
    reminded = model.decoder(batch.target_input, encoded, zeros).logits
    assert not close(reminded[0, 0], reminded[1, 0])


def test_the_context_is_the_top_layers_hidden_state():
    model = new_model(nn.LSTM, layers=2, context_at_every_step=True)
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    expected = model.decoder(batch.target_input, encoded).logits
    hidden, cell = encoded.state
    for other, is_context in (
        ((hidden + torch.tensor([1.0, 0.0])[:, None, None], cell), False),
        ((hidden + torch.tensor([0.0, 1.0])[:, None, None], cell), True),
        ((hidden, cell + 1), False),
    ):
        changed = encoded._replace(state=other)
        logits = model.decoder(batch.target_input, changed, encoded.state).logits
        assert close(logits, expected) != is_context


def test_the_loss_by_hand():
    model = new_model()
    batch = batch_of(PAIRS[:2])
    probabilities = model(batch).logits.softmax(-1).tolist()
    expected = [
        -math.log(probabilities[row][place][number])
        for row, pair in enumerate(PAIRS[:2])
        for place, number in enumerate([*VOCABULARY.encode(pair.target), END])
    ]
    assert len(expected) == 9
    assert translation_loss(model, batch).item() == pytest.approx(sum(expected) / 9)


def test_the_loss_ignores_padding():
    model = new_model()
    batch = batch_of(PAIRS)
    padding = torch.full((3, 4), PADDING)
    wider = batch._replace(
        target_input=torch.cat([batch.target_input, padding], 1),
        target_output=torch.cat([batch.target_output, padding], 1),
    )
    assert close(translation_loss(model, wider), translation_loss(model, batch))
    garbage = batch.target_input.masked_fill(batch.target_output == PADDING, 8)
    assert not torch.equal(garbage, batch.target_input)
    again = batch._replace(target_input=garbage)
    assert close(translation_loss(model, again), translation_loss(model, batch))


def test_the_mean_over_batches_gives_every_token_the_same_weight():
    model = new_model()
    batches = [batch_of(PAIRS[:1]), batch_of(PAIRS[1:])]
    exact = mean_token_loss(model, translation_loss, batches)
    assert exact == pytest.approx(translation_loss(model, batch_of(PAIRS)).item(), rel=1e-5)
    plain = sum(translation_loss(model, batch).item() for batch in batches) / 2
    assert abs(plain - exact) > 1e-3
    with pytest.raises(ValueError, match="at least one batch to measure the loss on"):
        mean_token_loss(model, translation_loss, [])


@every_kind
def test_dropout_acts_in_training_alone(cell, layers):
    model = new_model(cell, layers, dropout=0.5)
    for half in (model.encoder, model.decoder):
        assert half.recurrent.network.dropout == (0.5 if layers > 1 else 0)
    batch = batch_of(PAIRS)
    with seeded(0):
        assert not close(model(batch).logits, model(batch).logits)
        model.eval()
        assert torch.equal(model(batch).logits, model(batch).logits)
    assert close(model(batch).logits, new_model(cell, layers)(batch).logits)


@every_kind
@either_direction
def test_an_encoder_that_drops_all_reads_nothing(cell, layers, bidirectional):
    """With a share of 1 whatever passes a dropout is zero, so each dropout can be seen alone."""
    encoder = new_model(cell, layers, dropout=1.0, bidirectional=bidirectional).encoder
    sources, lengths = torch.tensor([[4, 5, 6], [9, 8, 7]]), torch.tensor([3, 3])
    first, second = encoder.train()(sources, lengths).outputs
    assert close(first, second)  # rows of one batch may be rounded in different ways
    first, second = encoder.eval()(sources, lengths).outputs
    assert not close(first, second)


@every_kind
@pytest.mark.parametrize("context_at_every_step", [False, True])
def test_a_decoder_that_drops_all_reads_and_says_nothing(cell, layers, context_at_every_step):
    model = new_model(cell, layers, context_at_every_step=context_at_every_step)
    deaf = new_model(cell, layers, dropout=1.0, context_at_every_step=context_at_every_step)
    one, two = batch_of(PAIRS[:1]), batch_of([SentencePair(tuple("abc"), tuple("ab"))])
    encoded = model.encoder.eval()(one.source, one.source_lengths)
    states = [deaf.decoder.train()(batch.target_input, encoded).state for batch in (one, two)]
    assert all(torch.equal(*parts) for parts in zip(*states, strict=True))
    # What is read out is dropped on its own: only the bias is left.
    logits = deaf.decoder(one.target_input, encoded).logits
    assert torch.equal(logits, deaf.decoder.to_logits.bias.expand_as(logits))
    deaf.decoder.eval()
    assert not all_close(*(deaf.decoder(b.target_input, encoded).state for b in (one, two)))
    assert close(
        deaf.decoder(one.target_input, encoded).logits,
        model.decoder(one.target_input, encoded).logits,
    )


@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM])
def test_dropout_between_layers_and_nowhere_within_one(cell):
    inputs = torch.ones(2, 3, 4)
    with seeded(0):
        two, one = (RecurrentLayers(4, 5, cell, layers, dropout=0.5) for layers in (2, 1))
        assert not close(two(inputs)[0], two(inputs)[0])
        assert torch.equal(one(inputs)[0], one(inputs)[0])


@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM])
def test_it_learns_to_turn_sentences_round(cell):
    draw = random.Random(0)
    sentences = [tuple(draw.choices("abcdefgh", k=draw.randint(1, 4))) for _ in range(5000)]
    pairs = [SentencePair(sentence, sentence[::-1]) for sentence in dict.fromkeys(sentences)]
    held_out, train = pairs[:100], pairs[100:1100]
    assert len(train) == 1000
    model = new_model(cell, hidden_size=64)
    data = [
        EncodedPairs(part, VOCABULARY, VOCABULARY).batches(32, seed)
        for part, seed in ((train, 0), (held_out, None))
    ]
    before = mean_token_loss(model, translation_loss, data[1])
    fit(model, translation_loss, *data, epochs=8, learning_rate=0.02, seed=0, device=CPU)
    after = mean_token_loss(model, translation_loss, data[1])
    assert before == pytest.approx(math.log(len(VOCABULARY)), rel=0.1)  # it knew nothing
    assert after < 0.1 * before
    batch = batch_of(held_out)
    right = (model(batch).logits.argmax(-1) == batch.target_output) | (
        batch.target_output == PADDING
    )
    assert right.all(1).float().mean() > 0.85


def test_embeddings_begin_as_pytorchs_unless_told_otherwise():
    with seeded(0):  # the random numbers in the order in which they have always been drawn
        expected = [
            nn.Embedding(len(VOCABULARY), 5, padding_idx=PADDING),
            nn.GRU(5, 6, batch_first=True),
            nn.Embedding(len(VOCABULARY), 5, padding_idx=PADDING),
            nn.GRU(5, 6, batch_first=True),
            nn.Linear(6, len(VOCABULARY)),
        ]
    expected = [parameter for module in expected for parameter in module.parameters()]
    found = list(new_model().parameters())
    assert len(found) == len(expected) == 12
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


def test_smaller_embeddings_and_nothing_else():
    def halves(deviation):
        with seeded(0):
            return [kind(1000, 20, 6, embedding_deviation=deviation) for kind in (Encoder, Decoder)]

    for usual, smaller in zip(halves(1.0), halves(0.1), strict=True):
        weights = dict(usual.named_parameters())
        for name, parameter in smaller.named_parameters():
            assert torch.equal(
                parameter, weights[name] * 0.1 if name == "embedding.weight" else weights[name]
            )
            assert parameter.requires_grad and parameter.is_leaf
        embedding = smaller.embedding.weight
        assert (embedding[PADDING] == 0).all()
        assert embedding[PADDING + 1 :].std().item() == pytest.approx(0.1, rel=0.05)


@pytest.mark.parametrize("deviation", [0, -0.1, math.inf, math.nan])
@pytest.mark.parametrize("kind", [Encoder, Decoder])
def test_a_deviation_that_cannot_be(kind, deviation):
    with pytest.raises(ValueError, match=f"embedding_deviation above 0, got {deviation}"):
        kind(12, 5, 6, embedding_deviation=deviation)


def test_another_cell():
    with pytest.raises(ValueError, match=r"expected the cell .* or nn.LSTM in .* got 'rnn' in 1"):
        Encoder(12, 5, 6, cell="rnn")
    with pytest.raises(ValueError, match=r"in one layer or more, got .*GRU.* in 0 layers"):
        Decoder(12, 5, 6, cell=nn.GRU, layers=0)


@pytest.mark.parametrize("other", [{"cell": nn.LSTM}, {"layers": 2}, {"hidden_size": 7}])
def test_an_encoder_and_a_decoder_that_do_not_fit_together(other):
    options = {"hidden_size": 6, "cell": nn.GRU, "layers": 1}
    encoder, decoder = Encoder(12, 5, **options), Decoder(12, 5, **(options | other))
    with pytest.raises(ValueError, match=r"same cell, layers and hidden size, got \('GRU', 1, 6\)"):
        Seq2Seq(encoder, decoder)


@pytest.mark.parametrize("lengths", [[2, 0], [2, 4], [2], [[2, 3]]])
def test_lengths_that_cannot_be(lengths):
    with pytest.raises(ValueError, match="expected 2 source lengths from 1 to 3, got"):
        new_model().encoder(torch.full((2, 3), 5), torch.tensor(lengths))


def test_token_ids_of_another_shape():
    model = new_model()
    with pytest.raises(
        ValueError, match=r"expected token ids of shape \(batch, length\).*got \(3,\)"
    ):
        model.encoder(torch.tensor([4, 5, 6]), torch.tensor([3]))
    batch = batch_of(PAIRS)
    encoded = model.encoder(batch.source, batch.source_lengths)
    with pytest.raises(ValueError, match=r"expected token ids of shape .*got \(3, 0\)"):
        model.decoder(batch.target_input[:, :0], encoded)


def test_a_batch_by_hand_needs_no_vocabulary():
    batch = Batch(
        torch.tensor([[4, 5]]), torch.tensor([2]), torch.tensor([[START]]), torch.tensor([[END]])
    )
    assert new_model()(batch).logits.shape == (1, 1, len(VOCABULARY))
