"""The decoder alone: a text in one pass or in parts, and translation as going on with a text."""

import copy
import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from utils.decoding.search import beam_search, greedy
from utils.decoding.teacher_forcing import target_probabilities
from utils.languages.pairs import SentencePair
from utils.models.language_model import (
    bits_per_symbol,
    language_model_loss,
    next_token_probabilities,
    write,
)
from utils.models.seq2seq import Seq2Seq, translation_loss
from utils.storage.weights import load, save
from utils.text.batches import EncodedSentences, make_batch
from utils.text.vocabulary import END, PADDING, START, Vocabulary
from utils.training.loop import fit, parameter_count, seeded
from utils.transformers.decoder_only import (
    PrefixDecoder,
    TransformerLanguageModel,
    decoder_only_translator,
)
from utils.transformers.stack import Architecture, Stack
from utils.transformers.translator import TransformerEncoder

VOCABULARY = Vocabulary(tuple("abcde"))
GERMAN = Vocabulary(tuple("uvwxyz"))
SENTENCES = [tuple("abc"), tuple("e"), (), tuple("ddddda")]
PAIRS = [
    SentencePair(tuple("uvw"), tuple("ab")),
    SentencePair(tuple("z"), tuple("edcba")),
    SentencePair(tuple("wxyzu"), ()),
]
SMALL = Architecture(size=12, heads=3, layers=2, inner_size=16)
KINDS = {
    "sines": SMALL,
    "learnt": replace(SMALL, positions="learnt", longest=12),
    "rotary": replace(SMALL, positions="rotary"),
    "none, norm after": replace(SMALL, positions="none", norm="after"),
}
every_kind = pytest.mark.parametrize("name", KINDS)


def new_model(architecture=SMALL, **options):
    with seeded(0):
        return TransformerLanguageModel(len(VOCABULARY), architecture, **options).eval()


def new_translator(architecture=SMALL, **options):
    with seeded(0):
        return decoder_only_translator(len(GERMAN), len(VOCABULARY), architecture, **options).eval()


def batch_of(sentences):
    (batch,) = EncodedSentences(sentences, VOCABULARY).batches(len(sentences))
    return batch


@every_kind
@pytest.mark.parametrize("parts", [[1] * 7, [4, 3], [2, 1, 4]])
def test_one_pass_equals_parts(name, parts):
    model = new_model(KINDS[name])
    token_ids = batch_of(SENTENCES).target_input
    logits, final, weights = model.with_weights(token_ids)
    state, steps = None, []
    for part in token_ids.split(parts, dim=1):
        step, state = model(part, state)
        steps.append(step)
    assert logits.shape == (4, 7, len(VOCABULARY))
    assert weights.shape == (2, 4, 3, 7, 7)
    assert torch.allclose(torch.cat(steps, 1), logits, atol=1e-5)
    for one, two in zip(final, state, strict=True):
        assert one.shape == two.shape
        assert torch.allclose(one.float(), two.float(), atol=1e-5)


def test_the_future_changes_nothing_before_it_unless_its_mask_is_forgotten():
    given, changed = torch.tensor([[START, 4, 5, 6]]), torch.tensor([[START, 4, 8, 6]])
    model = new_model()
    assert torch.equal(model(given)[0][:, :2], model(changed)[0][:, :2])
    forgetful = new_model(causal=False)
    assert not torch.allclose(forgetful(given)[0][:, :2], forgetful(changed)[0][:, :2], atol=1e-3)


def test_it_takes_the_place_of_the_recurrent_language_model():
    model = new_model()
    batch = batch_of(SENTENCES)
    logits, _ = model(batch.target_input)
    there = batch.target_output != PADDING
    expected = F.cross_entropy(logits[there], batch.target_output[there]).item()
    assert language_model_loss(model, batch).item() == pytest.approx(expected, abs=1e-6)
    bits = bits_per_symbol(model, VOCABULARY, SENTENCES)
    assert bits == pytest.approx(expected / math.log(2), abs=1e-5)
    # What it writes at temperature 0 is the likeliest token after all before it, read anew.
    written = write(model, VOCABULARY, tuple("ab"), max_length=6, temperature=0)
    for length in range(2, len(written)):
        probabilities = next_token_probabilities(model, VOCABULARY, written[:length])
        assert VOCABULARY.tokens[int(probabilities.argmax())] == written[length]
    assert len(written) > 2


def test_without_the_mask_the_loss_is_perfect_and_the_writing_useless():
    with seeded(1):
        letters = torch.randint(4, 9, (400, 5)).tolist()
    sentences = [tuple(VOCABULARY.tokens[i] for i in row) for row in letters]  # pure chance
    bits = {}
    for causal in (True, False):
        with seeded(0):
            architecture = Architecture(size=16, heads=2, layers=1, inner_size=16)
            model = TransformerLanguageModel(len(VOCABULARY), architecture, causal=causal)
        batches = [EncodedSentences(sentences, VOCABULARY).batches(20, seed) for seed in (0, None)]
        fit(
            *(model, language_model_loss, *batches),
            epochs=5,
            learning_rate=0.02,
            seed=0,
            device="cpu",
        )
        bits[causal] = bits_per_symbol(model, VOCABULARY, sentences)
    # Five letters of log2(5) bits, and an END that costs nothing.
    assert bits[True] > 0.9 * 5 * math.log2(5) / 6
    assert bits[False] < 0.3 * bits[True]
    written = [write(model, VOCABULARY, max_length=9, seed=seed) for seed in range(20)]
    assert sum(len(tokens) == 5 for tokens in written) < 10


# ------------------------------------------------------------------------------
# Translation


@every_kind
def test_source_and_target_in_two_parts_are_one_text(name):
    """One table of both vocabularies, one pass, and the loss on the target alone."""
    model = new_translator(KINDS[name])
    with seeded(0):
        size = len(GERMAN) + len(VOCABULARY)
        whole = TransformerLanguageModel(size, KINDS[name])
    whole.stack.load_state_dict(model.decoder.stack.state_dict())
    tables = model.encoder.embedding.weight, model.decoder.embedding.weight
    with torch.no_grad():
        whole.embedding.weight.copy_(torch.cat(tables))
    for pair in PAIRS:
        batch = make_batch([pair], GERMAN, VOCABULARY)
        text = torch.cat([batch.source, batch.target_input + len(GERMAN)], 1)
        source_length = batch.source.shape[1]
        embedded, there = whole.stack.embed(whole.embedding, text)
        outputs = whole.stack(embedded, there).outputs[:, source_length:]
        logits = model.decoder.to_logits(outputs)  # of what comes after START, and so on
        decoded = model(batch)
        assert torch.allclose(decoded.logits, logits, atol=1e-5)
        expected = F.cross_entropy(logits[0], batch.target_output[0])
        assert torch.allclose(translation_loss(model, batch), expected, atol=1e-5)
        assert decoded.weights.shape == (1, len(pair.target) + 1, source_length)


@every_kind
@pytest.mark.parametrize("sees_all", [False, True])
def test_a_pair_alone_gives_what_it_gives_in_a_batch(name, sees_all):
    model = new_translator(KINDS[name], sees_all=sees_all)
    decoded = model(make_batch(PAIRS, GERMAN, VOCABULARY))
    for row, pair in enumerate(PAIRS):
        alone = model(make_batch([pair], GERMAN, VOCABULARY))
        source, target = len(pair.source), len(pair.target) + 1
        assert torch.allclose(decoded.logits[row, :target], alone.logits[0], atol=1e-5)
        found = decoded.weights[row, :target]
        assert torch.allclose(found[:, :source], alone.weights[0], atol=1e-5)
        assert not found[:, source:].any()


def test_only_who_sees_all_sees_later_words_of_the_source():
    for sees_all in (False, True):
        encoder = new_translator(sees_all=sees_all).encoder
        given, changed = torch.tensor([[4, 5, 6]]), torch.tensor([[4, 5, 7]])
        one, two = (encoder(ids, torch.tensor([3])).outputs[:, :2] for ids in (given, changed))
        assert torch.allclose(one, two, atol=1e-5) != sees_all


@every_kind
@pytest.mark.parametrize("beam_size", [1, 3])
def test_search_writes_what_one_pass_says_of_it(name, beam_size):
    model = new_translator(KINDS[name])
    batch = make_batch(PAIRS, GERMAN, VOCABULARY)
    found = beam_search(model, batch.source, batch.source_lengths, 7, beam_size)
    written = greedy(model, batch.source, batch.source_lengths, 7)
    compared = 0
    for pair, hypotheses, likeliest in zip(PAIRS, found, written, strict=True):
        if beam_size == 1:
            assert hypotheses[0].token_ids == likeliest.token_ids
        for hypothesis in hypotheses:
            # Each prefix's own probability, END left out where the search had to stop.
            ids = [*hypothesis.token_ids, *[END] * hypothesis.finished]
            one = make_batch([SentencePair(pair.source, ("a",) * len(ids))], GERMAN, VOCABULARY)
            given = torch.tensor([[START, *ids[:-1]]])
            encoded = model.encoder(one.source, one.source_lengths)
            logs = model.decoder(given, encoded).logits.log_softmax(-1)[0]
            expected = logs[torch.arange(len(ids)), ids].sum().item()
            assert hypothesis.log_probability == pytest.approx(expected, abs=1e-3)
            compared += 1
    assert compared >= 3
    said = target_probabilities(model, PAIRS[0], GERMAN, VOCABULARY)
    assert [word for word, _ in said] == ["a", "b", "</s>"]


def test_both_halves_have_the_same_blocks(tmp_path):
    model = new_translator()
    assert model.encoder.stack is model.decoder.stack
    ours = parameter_count(model)
    embeddings = (len(GERMAN) + len(VOCABULARY)) * 12
    last = (12 + 1) * len(VOCABULARY)
    assert ours == parameter_count(model.decoder.stack) + embeddings + last
    other = copy.deepcopy(model)
    assert other.encoder.stack is other.decoder.stack
    save(tmp_path / "one.safetensors", model, {})
    with seeded(1):
        third = decoder_only_translator(len(GERMAN), len(VOCABULARY), SMALL)
    load(tmp_path / "one.safetensors", third)
    batch = make_batch(PAIRS, GERMAN, VOCABULARY)
    assert torch.equal(third.eval()(batch).logits, model(batch).logits)
    decoder = PrefixDecoder(len(VOCABULARY), Stack(SMALL))
    for encoder in (model.encoder, TransformerEncoder(len(GERMAN), SMALL)):
        with pytest.raises(ValueError, match="a PrefixEncoder with this decoder's own Stack"):
            Seq2Seq(encoder, decoder)
