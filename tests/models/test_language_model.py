"""A language model's probabilities, and what it writes."""

import math
import random
from collections import Counter

import pytest
import torch
from torch import nn

from utils.models.language_model import (
    RecurrentLanguageModel,
    bits_per_symbol,
    language_model_loss,
    next_token_probabilities,
    write,
)
from utils.text.batches import EncodedSentences
from utils.text.vocabulary import END, PADDING, START, Vocabulary
from utils.training.loop import fit, seeded

CPU = torch.device("cpu")
VOCABULARY = Vocabulary(tuple("abcde"))
SENTENCES = [tuple("abc"), tuple("e"), (), tuple("ddddda")]


def new_model(cell=nn.LSTM, layers=1, seed=0, hidden_size=7, **options):
    with seeded(seed):
        return RecurrentLanguageModel(len(VOCABULARY), 4, hidden_size, cell, layers, **options)


def batch_of(sentences):
    (batch,) = EncodedSentences(sentences, VOCABULARY).batches(len(sentences))
    return batch


@pytest.fixture(scope="module")
def spelling():
    """A model that has read: a, then b as often as c, then END."""
    sentences = [("a", letter) for letter in "bc" * 64]
    model = new_model(hidden_size=16)
    batches = [EncodedSentences(sentences, VOCABULARY).batches(16, seed) for seed in (0, None)]
    fit(
        *(model, language_model_loss, *batches),
        epochs=20,
        learning_rate=0.05,
        seed=0,
        device=CPU,
    )
    return model


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM])
def test_one_pass_equals_token_by_token(cell, layers):
    model = new_model(cell, layers)
    token_ids = batch_of(SENTENCES).target_input
    logits, final = model(token_ids)
    state, steps = None, []
    for token_id in token_ids.split(1, dim=1):
        step, state = model(token_id, state)
        steps.append(step)
    assert logits.shape == (4, 7, len(VOCABULARY))
    assert torch.allclose(torch.cat(steps, 1), logits, atol=1e-6)
    assert len(final) == len(state) == (1 if cell == nn.GRU else 2)
    for one, two in zip(final, state, strict=True):
        assert one.shape == (layers, 4, 7)
        assert torch.allclose(one, two, atol=1e-6)


def test_the_future_changes_nothing_before_it():
    model = new_model()
    token_ids = torch.tensor([[START, 4, 5, 6]])
    changed = torch.tensor([[START, 4, 8, 6]])
    assert torch.equal(model(token_ids)[0][:, :2], model(changed)[0][:, :2])
    assert not torch.allclose(model(token_ids)[0][:, 2:], model(changed)[0][:, 2:])


def test_a_batch_has_the_loss_and_gradients_of_its_sentences():
    model = new_model()
    counts = [len(sentence) + 1 for sentence in SENTENCES]

    def gradients(loss):
        model.zero_grad()
        loss.backward()
        return [parameter.grad.clone() for parameter in model.parameters()]

    together = language_model_loss(model, batch_of(SENTENCES))
    alone = [language_model_loss(model, batch_of([sentence])) for sentence in SENTENCES]
    weighted = sum(n * loss for n, loss in zip(counts, alone, strict=True)) / sum(counts)
    assert torch.allclose(together, weighted)
    for one, two in zip(gradients(together), gradients(weighted), strict=True):
        assert torch.allclose(one, two, atol=1e-6)


def test_bits_per_symbol_by_hand():
    """Two bits mean: on the geometric mean one in four."""
    model = new_model()
    bits, count = 0.0, 0
    for sentence in SENTENCES:
        numbers = VOCABULARY.encode(sentence)
        logits, _ = model(torch.tensor([[START, *numbers]]))
        for place, number in enumerate([*numbers, END]):
            bits -= math.log2(logits[0, place].softmax(-1)[number].item())
            count += 1
    assert count == 14
    for batch_size in (1, 3, 100):  # the batches must not matter
        found = bits_per_symbol(model, VOCABULARY, SENTENCES, batch_size)
        assert found == pytest.approx(bits / count, rel=1e-5)


def test_bits_per_symbol_of_a_model_that_knows_nothing():
    model = new_model()
    torch.nn.init.zeros_(model.to_logits.weight)
    torch.nn.init.zeros_(model.to_logits.bias)
    assert bits_per_symbol(model, VOCABULARY, SENTENCES) == pytest.approx(math.log2(9))


def test_it_learns_what_it_read(spelling):
    after_a = next_token_probabilities(spelling, VOCABULARY, ("a",))
    b, c = VOCABULARY.encode(("b", "c"))
    assert after_a[b].item() == pytest.approx(0.5, abs=0.05)
    assert after_a[c].item() == pytest.approx(0.5, abs=0.05)
    assert next_token_probabilities(spelling, VOCABULARY, ("a", "c"))[END] > 0.98
    # One bit for the letter, none for `a` and END: a third of a bit for each token.
    held_out = [("a", "c"), ("a", "b")]
    assert bits_per_symbol(spelling, VOCABULARY, held_out) == pytest.approx(1 / 3, abs=0.05)


def test_probabilities_are_the_models_own_but_for_what_is_never_written():
    model = new_model()
    prefix = ("d", "a")
    logits, _ = model(torch.tensor([[START, *VOCABULARY.encode(prefix)]]))
    expected = logits[0, -1].detach().double().exp()
    expected[[PADDING, START]] = 0
    found = next_token_probabilities(model, VOCABULARY, prefix)
    assert found.shape == (len(VOCABULARY),)
    assert found.sum().item() == pytest.approx(1)
    assert torch.allclose(found, expected / expected.sum())
    assert not torch.allclose(found, next_token_probabilities(model, VOCABULARY))


def test_temperature_is_a_power_of_the_probabilities():
    model = new_model()
    plain = next_token_probabilities(model, VOCABULARY, ("b",))
    for temperature in (0.5, 2.0):
        found = next_token_probabilities(model, VOCABULARY, ("b",), temperature)
        expected = plain ** (1 / temperature)
        assert torch.allclose(found, expected / expected.sum())
    cold = next_token_probabilities(model, VOCABULARY, ("b",), 0)
    assert cold.tolist() == [float(i == plain.argmax()) for i in range(len(VOCABULARY))]
    assert torch.allclose(next_token_probabilities(model, VOCABULARY, ("b",), 1e-40), cold)


@pytest.mark.parametrize("temperature", [0.4, 2.0])
def test_what_is_drawn_follows_the_probabilities(temperature):
    model = new_model()
    expected = next_token_probabilities(model, VOCABULARY, ("c",), temperature)
    draws = 500
    counts = Counter(
        write(model, VOCABULARY, ("c",), max_length=1, temperature=temperature, seed=seed)
        for seed in range(draws)
    )
    # Nothing more than the prefix means that END was drawn.
    names = {END: ("c",)} | {n: ("c", VOCABULARY.tokens[n]) for n in range(3, len(VOCABULARY))}
    assert sum(counts[written] for written in names.values()) == draws
    for number, written in names.items():
        p = expected[number].item()
        assert abs(counts[written] / draws - p) < 4 * math.sqrt(p * (1 - p) / draws)


def test_writing_carries_the_state_on():
    """Written token by token, the likeliest each time, as if all was read anew at each step."""
    model = new_model(nn.GRU, layers=2, seed=4, hidden_size=16)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 2  # else it says the same letter again and again
        model.to_logits.bias[END] = -99
    written = ("a",)
    while len(written) < 8:
        best = next_token_probabilities(model, VOCABULARY, written).argmax()
        written += (VOCABULARY.tokens[best],)
    assert write(model, VOCABULARY, ("a",), max_length=7, temperature=0) == written
    assert len(set(written)) > 2


def test_writing_stops_at_the_end(spelling):
    for seed in range(20):
        text = write(spelling, VOCABULARY, max_length=50, temperature=0.5, seed=seed)
        assert text in {("a", "b"), ("a", "c")}
    calls = []
    hook = spelling.register_forward_hook(lambda *_: calls.append(1))
    assert write(spelling, VOCABULARY, ("a", "b"), temperature=0) == ("a", "b")
    hook.remove()
    assert len(calls) == 1  # it read the prefix and knew that nothing follows


def test_a_seed_fixes_what_is_written():
    model = new_model()
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    texts = [write(model, VOCABULARY, max_length=30, seed=seed) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert torch.equal(torch.rand(2), expected)  # the global generator was left alone


def test_writing_stops_at_the_limit():
    model = new_model()
    with torch.no_grad():
        model.to_logits.bias[END] = -99
    assert len(write(model, VOCABULARY, ("a", "b"), max_length=5)) == 7
    assert write(model, VOCABULARY, ("a", "b"), max_length=0) == ("a", "b")


@pytest.mark.parametrize("layers", [1, 2])
def test_a_model_that_drops_all_reads_and_says_nothing(layers):
    """With a share of 1 whatever passes a dropout is zero, so each dropout can be seen alone."""
    model = new_model(layers=layers, dropout=1.0).train()
    one, two = torch.tensor([[4, 5]]), torch.tensor([[6, 7]])
    states = [model(token_ids)[1] for token_ids in (one, two)]
    assert all(torch.equal(*parts) for parts in zip(*states, strict=True))
    logits, _ = model(one)
    assert torch.equal(logits, model.to_logits.bias.expand_as(logits))
    model.eval()
    assert not torch.allclose(model(one)[1][0], model(two)[1][0])
    assert not torch.allclose(model(one)[0], model.to_logits.bias.expand_as(logits))


def test_no_dropout_when_writing_or_measuring():
    model, same = new_model(dropout=0.5), new_model()
    model.train()
    assert torch.allclose(
        next_token_probabilities(model, VOCABULARY, ("a",)),
        next_token_probabilities(same, VOCABULARY, ("a",)),
    )
    model.train()
    bits = bits_per_symbol(model, VOCABULARY, SENTENCES)
    assert bits == pytest.approx(bits_per_symbol(same, VOCABULARY, SENTENCES))
    model.train()
    assert write(model, VOCABULARY, seed=1) == write(same, VOCABULARY, seed=1)


def test_it_is_better_than_chance_on_sentences_it_never_saw():
    """Alternating letters, of any length: what comes next depends on what came before."""
    draw = random.Random(0)
    train = [tuple(("ab" * 9)[: draw.randint(1, 12)]) for _ in range(300)]
    model = new_model(nn.GRU, hidden_size=16)
    batches = EncodedSentences(train, VOCABULARY).batches(32, seed=0)
    fit(model, language_model_loss, batches, batches, epochs=6, learning_rate=0.05, seed=0)
    held_out = [tuple(("ab" * 9)[:15])]
    assert bits_per_symbol(model, VOCABULARY, held_out) < 1
    assert next_token_probabilities(model, VOCABULARY, tuple("abab")).argmax() == 4


@pytest.mark.parametrize("temperature", [-0.1, math.nan, math.inf])
def test_a_temperature_that_cannot_be(temperature):
    with pytest.raises(ValueError, match="expected a temperature of 0 or more, got"):
        next_token_probabilities(new_model(), VOCABULARY, (), temperature)
    with pytest.raises(ValueError, match="expected a temperature of 0 or more, got"):
        write(new_model(), VOCABULARY, temperature=temperature)


@pytest.mark.parametrize("function", [next_token_probabilities, write, bits_per_symbol])
def test_a_vocabulary_of_another_model(function):
    with pytest.raises(ValueError, match="expected a vocabulary of 9 tokens, got 6"):
        function(new_model(), Vocabulary(("a", "b")), [("a",)])


@pytest.mark.parametrize("function", [next_token_probabilities, write])
def test_a_prefix_is_a_sequence_of_tokens(function):
    with pytest.raises(ValueError, match="expected a sentence as a sequence of tokens"):
        function(new_model(), VOCABULARY, "ab")


def test_nothing_to_measure():
    with pytest.raises(ValueError, match="expected at least one sentence"):
        bits_per_symbol(new_model(), VOCABULARY, [])


def test_another_cell():
    with pytest.raises(ValueError, match=r"expected the cell .* or nn.LSTM in .* got 'GRU'"):
        new_model(cell="GRU")


def test_token_ids_of_another_shape():
    with pytest.raises(ValueError, match=r"expected token ids of shape .*, got \(2,\); a single"):
        new_model()(torch.tensor([START, 4]))
