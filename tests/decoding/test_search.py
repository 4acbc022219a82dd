"""Searching: nothing better is missed, and no sentence disturbs another."""

import itertools
import math
from functools import partial

import pytest
import torch
from torch import nn

from utils.decoding.search import Hypothesis, beam_search, greedy, translate
from utils.decoding.steps import beam_steps, decoding_steps
from utils.decoding.teacher_forcing import (
    predict_next,
    target_probabilities,
    teacher_forced,
)
from utils.languages.pairs import SentencePair
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq, translation_loss
from utils.text.batches import EncodedPairs, padding_mask
from utils.text.vocabulary import END, PADDING, START, UNKNOWN, Vocabulary
from utils.training.loop import fit, seeded

CPU = torch.device("cpu")
VOCABULARY = Vocabulary(("a", "b"))
WRITABLE = (UNKNOWN, 4, 5)  # and END
SENTENCES = [[4, 5, 4], [5], [4, 4, 5, 5, 5], [UNKNOWN, 4], [5, 5]]


class LookingBack(Decoder):
    """A decoder with the simplest attention, dot products without parameters: as chapter 5's."""

    def read_out(self, hidden, encoded):
        scores = hidden @ encoded.outputs.transpose(1, 2)  # (batch, target_length, source_length)
        scores = scores.masked_fill(~encoded.mask[:, None], -math.inf)
        weights = (3 * scores).softmax(-1)
        return self.to_logits(hidden + 2 * weights @ encoded.outputs), weights


def new_model(cell=nn.GRU, layers=1, seed=10, decoder=Decoder, sharpness=4.0, **options):
    """A random model with opinions: weights so large that its sentences differ."""
    size = len(VOCABULARY)
    with seeded(seed):
        encoder = Encoder(size, 8, 8, cell, layers)
        model = Seq2Seq(encoder, decoder(size, 8, 8, cell, layers, **options))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter *= 1.5
        model.decoder.to_logits.weight *= sharpness / 1.5
        model.decoder.to_logits.bias.zero_()
    return model.eval()


def padded(sentences, extra=0):
    """Sources and lengths as a model takes them, with `extra` columns of padding."""
    lengths = torch.tensor([len(sentence) for sentence in sentences])
    source = torch.full((len(sentences), int(lengths.max()) + extra), PADDING)
    for row, sentence in enumerate(sentences):
        source[row, : len(sentence)] = torch.tensor(sentence)
    return source, lengths


@torch.no_grad()
def log_probabilities(model, sentence, targets):
    """Of some targets, each with its END if it has one, by teacher forcing: those of one length at
    a time, without any of the code under test."""
    found = {}
    for length in {len(target) for target in targets}:
        rows = [target for target in targets if len(target) == length]
        source, lengths = padded([sentence] * len(rows))
        read = torch.tensor([[START, *target[:-1]] for target in rows])
        logits = model.decoder(read, model.encoder(source, lengths)).logits
        # (rows, length, vocabulary) -> (rows, length): of the token that stands there
        each = logits.log_softmax(-1).gather(-1, torch.tensor(rows)[..., None]).squeeze(-1)
        found |= {tuple(row): value for row, value in zip(rows, each.sum(1).tolist(), strict=True)}
    return [found[tuple(target)] for target in targets]


def log_probability(model, sentence, token_ids, finished):
    """Of one target sentence."""
    return log_probabilities(model, sentence, [[*token_ids, END] if finished else token_ids])[0]


@pytest.fixture(scope="module")
def reverser():
    """A model that has learnt to turn sentences of two letters round."""
    sentences = [word for length in range(1, 6) for word in itertools.product("ab", repeat=length)]
    pairs = [SentencePair(sentence, sentence[::-1]) for sentence in 8 * sentences]
    size = len(VOCABULARY)
    with seeded(0):
        model = Seq2Seq(Encoder(size, 8, 32), Decoder(size, 8, 32))
    batches = [EncodedPairs(pairs, VOCABULARY, VOCABULARY).batches(32, seed) for seed in (0, None)]
    fit(model, translation_loss, *batches, epochs=15, learning_rate=0.02, seed=0, device=CPU)
    return model


# Seeds with which a model makes different translations of SENTENCES.
MODELS = [
    {"cell": nn.GRU, "seed": 10},
    {"cell": nn.LSTM, "seed": 11},
    {"cell": nn.GRU, "layers": 2, "seed": 0},
    {"cell": nn.LSTM, "layers": 2, "seed": 0},
    {"cell": nn.LSTM, "context_at_every_step": True, "seed": 16},
    {"cell": nn.GRU, "decoder": LookingBack, "seed": 9},
    {"cell": nn.LSTM, "decoder": LookingBack, "seed": 16},
]
every_model = pytest.mark.parametrize("options", MODELS)


def same(one, two):
    """The same hypotheses, up to rounding."""
    assert (one.token_ids, one.finished) == (two.token_ids, two.finished)
    assert one.log_probability == pytest.approx(two.log_probability, abs=1e-4)
    if one.weights is None:
        assert two.weights is None
    else:
        assert torch.allclose(one.weights, two.weights, atol=1e-5)


@every_model
def test_greedy_writes_the_likeliest_token_at_each_step(options):
    model = new_model(**options)
    found = greedy(model, *padded(SENTENCES), max_length=6)
    for sentence, hypothesis in zip(SENTENCES, found, strict=True):
        source, lengths = padded([sentence])
        written = [START]
        while written[-1] != END and len(written) <= 6:
            with torch.no_grad():
                decoded = model.decoder(torch.tensor([written]), model.encoder(source, lengths))
            last = decoded.logits[0, -1]
            written.append(max((END, *WRITABLE), key=lambda token_id: last[token_id].item()))
        assert hypothesis.finished == (written[-1] == END)
        assert hypothesis.token_ids == [token_id for token_id in written[1:] if token_id != END]
        assert hypothesis.log_probability == pytest.approx(
            log_probability(model, sentence, hypothesis.token_ids, hypothesis.finished), abs=1e-4
        )


def test_the_models_of_these_tests_say_different_things():
    """Else a search that mixed up its sentences might pass."""
    written, beam_is_better = set(), 0
    for options in MODELS:
        model = new_model(**options)
        found = greedy(model, *padded(SENTENCES), max_length=6)
        assert len({hypothesis.log_probability for hypothesis in found}) == len(SENTENCES)
        written |= {(tuple(hypothesis.token_ids), hypothesis.finished) for hypothesis in found}
        best = [beam[0] for beam in beam_search(model, *padded(SENTENCES), 6, 4)]
        beam_is_better += sum(a.token_ids != b.token_ids for a, b in zip(found, best, strict=True))
    assert len(written) > 12
    assert {finished for _, finished in written} == {True, False}
    assert beam_is_better > 10


@every_model
@pytest.mark.parametrize("max_length", [1, 2, 7])
def test_a_beam_of_one_is_greedy(options, max_length):
    model = new_model(**options)
    for penalty in (0.0, 1.0):
        found = beam_search(model, *padded(SENTENCES), max_length, 1, penalty)
        for (one,), two in zip(found, greedy(model, *padded(SENTENCES), max_length), strict=True):
            same(one, two)


@every_model
def test_a_beam_as_wide_as_all_there_is_finds_all_in_order(options):
    model = new_model(**options, sharpness=3.0)
    max_length = 4
    endings = [
        (list(token_ids), True)
        for length in range(max_length)
        for token_ids in itertools.product(WRITABLE, repeat=length)
    ]
    cut_off = [(list(token_ids), False) for token_ids in itertools.product(WRITABLE, repeat=4)]
    all_there_is = [(tuple(token_ids), finished) for token_ids, finished in endings + cut_off]
    targets = [[*token_ids, END] if finished else token_ids for token_ids, finished in all_there_is]
    scores = [
        dict(zip(all_there_is, log_probabilities(model, sentence, targets), strict=True))
        for sentence in SENTENCES
    ]
    for penalty in (0.0, 0.6, 1.0, 2.0):
        beam = len(endings) + len(cut_off)
        found = beam_search(model, *padded(SENTENCES), max_length, beam, penalty)
        for all_scores, hypotheses in zip(scores, found, strict=True):
            expected = sorted(
                (
                    (finished, score / (len(token_ids) + finished) ** penalty, token_ids)
                    for (token_ids, finished), score in all_scores.items()
                ),
                reverse=True,
            )
            assert len(hypotheses) == len(expected) == 40 + 81
            best = hypotheses[0]
            assert (best.finished, tuple(best.token_ids)) == (True, expected[0][2])
            for hypothesis, (finished, score, _) in zip(hypotheses, expected, strict=True):
                assert hypothesis.finished == finished
                assert hypothesis.score(penalty) == pytest.approx(score, abs=1e-4)
            # Two with nearly equal scores may change places, but all must be there.
            assert {(tuple(h.token_ids), h.finished) for h in hypotheses} == set(all_scores)


def test_the_length_penalty_changes_what_wins():
    model = new_model(nn.GRU, sharpness=3.0)
    lengths = {
        penalty: [found[0].length for found in beam_search(model, *padded(SENTENCES), 5, 400, p)]
        for penalty, p in (("none", 0.0), ("strong", 2.0))
    }
    assert all(a <= b for a, b in zip(lengths["none"], lengths["strong"], strict=True))
    assert sum(lengths["none"]) < sum(lengths["strong"])


@every_model
@pytest.mark.parametrize("beam_size", [2, 4])
def test_beam_search_step_by_step(options, beam_size):
    """A search written down as plainly as can be, one sentence and one hypothesis at a time."""
    model = new_model(**options, sharpness=3.0)
    found = beam_search(model, *padded(SENTENCES), 6, beam_size, 0.7)
    for sentence, hypotheses in zip(SENTENCES, found, strict=True):
        live, complete = [([], 0.0)], []
        for step in range(1, 7):
            longer = [[*token_ids, new] for token_ids, _ in live for new in (END, *WRITABLE)]
            continued = sorted(
                zip(log_probabilities(model, sentence, longer), longer, strict=True),
                reverse=True,
            )[: beam_size - sum(finished for *_, finished in complete)]
            live = []
            for total, token_ids in continued:
                if token_ids[-1] == END:
                    complete.append((total / step**0.7, token_ids[:-1], True))
                elif step == 6:
                    complete.append((total / step**0.7, token_ids, False))
                else:
                    live.append((token_ids, total))
        complete.sort(key=lambda entry: (entry[2], entry[0]), reverse=True)
        assert [(h.token_ids, h.finished) for h in hypotheses] == [
            (token_ids, finished) for _, token_ids, finished in complete
        ]
        assert [h.score(0.7) for h in hypotheses] == pytest.approx(
            [score for score, *_ in complete], abs=1e-4
        )


@every_model
def test_company_and_padding_change_nothing(options):
    model = new_model(**options)
    alone = [padded([sentence]) for sentence in SENTENCES]
    together = padded(SENTENCES, extra=3)
    for search in (
        lambda *batch: [[hypothesis] for hypothesis in greedy(model, *batch, 6)],
        lambda *batch: beam_search(model, *batch, 6, 4, 0.7),
    ):
        for row, hypotheses in enumerate(search(*together)):
            (expected,) = search(*alone[row])
            assert len(expected) == len(hypotheses)
            for one, two in zip(hypotheses, expected, strict=True):
                same(one, two)


@every_model
def test_every_log_probability_is_that_of_its_tokens(options):
    """A beam that took another's state would disagree with the model about its own sentence."""
    model = new_model(**options, sharpness=3.0)
    for sentence, found in zip(
        SENTENCES, beam_search(model, *padded(SENTENCES), 6, 4), strict=True
    ):
        assert 1 <= len(found) <= 4
        assert len({tuple(h.token_ids) for h in found}) == len(found)
        for hypothesis in found:
            expected = log_probability(model, sentence, hypothesis.token_ids, hypothesis.finished)
            assert hypothesis.log_probability == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("search", [greedy, partial(beam_search, beam_size=2)])
def test_weights_may_be_changed_in_place(search):
    model = new_model(**MODELS[-1])
    found = search(model, *padded(SENTENCES), max_length=6)
    first, second = (one if isinstance(one, Hypothesis) else one[0] for one in found[:2])
    before = second.weights.clone()
    first.weights.mul_(2)
    assert torch.equal(second.weights, before)


@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM])
def test_weights_come_along_with_their_hypothesis(cell):
    model = new_model(cell, decoder=LookingBack, sharpness=3.0)
    found = beam_search(model, *padded(SENTENCES), 6, 4)
    found.append(greedy(model, *padded(SENTENCES[:1]), 6))
    for sentence, hypotheses in zip([*SENTENCES, SENTENCES[0]], found, strict=True):
        for hypothesis in hypotheses:
            assert hypothesis.weights.shape == (hypothesis.length, len(sentence))
            target = torch.tensor([[START, *hypothesis.token_ids][: hypothesis.length]])
            with torch.no_grad():
                encoded = model.encoder(*padded([sentence]))
                expected = model.decoder(target, encoded).weights[0]
            assert torch.allclose(hypothesis.weights, expected, atol=1e-5)
            assert torch.allclose(hypothesis.weights.sum(1), torch.ones(hypothesis.length))


def test_a_beam_wider_than_what_exists_returns_what_exists():
    """One token or none: END, <unk>, a, b."""
    (found,) = beam_search(new_model(), *padded([[4]]), max_length=1, beam_size=10)
    assert len(found) == 4
    assert [h.finished for h in found] == [True, False, False, False]
    assert sum(math.exp(h.log_probability) for h in found) < 1  # PADDING and START have the rest


def test_control_tokens_are_never_written():
    model = new_model()
    with torch.no_grad():
        model.decoder.to_logits.bias[[PADDING, START]] = 99.0
    every = beam_search(model, *padded(SENTENCES), 4, 6)
    every.append(greedy(model, *padded(SENTENCES), 4))
    for hypothesis in itertools.chain(*every):
        assert set(hypothesis.token_ids) <= set(WRITABLE)


def test_searching_stops_when_all_have_ended(reverser):
    """Counted, not timed: the decoder is called once for each token, and no more."""
    calls = []
    hook = reverser.decoder.register_forward_hook(lambda *_: calls.append(1))
    greedy(reverser, *padded([[4, 5], [4]]), max_length=50)
    assert len(calls) == 3  # two letters and END
    calls.clear()
    beam_search(reverser, *padded([[4, 5], [4]]), max_length=50, beam_size=1)
    assert len(calls) == 3
    hook.remove()


def test_the_score_divides_by_a_power_of_the_length():
    finished = Hypothesis([4, 5, 4], -6.0, True, None)
    cut_off = Hypothesis([4, 5, 4], -6.0, False, None)
    assert (finished.length, cut_off.length) == (4, 3)
    assert finished.score(0.0) == -6.0
    assert finished.score(1.0) == -1.5
    assert finished.score(0.5) == -3.0
    assert cut_off.score(1.0) == -2.0


SOURCES = [tuple(word) for word in ("abb", "b", "aabab", "ab", "bbba", "a", "abb")]


@pytest.mark.parametrize("beam_size", [1, 3])
@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_translations_come_in_the_order_given(reverser, beam_size, batch_size):
    found = translate(
        *(reverser, SOURCES, VOCABULARY, VOCABULARY),
        max_length=9,
        beam_size=beam_size,
        batch_size=batch_size,
    )
    assert found == [sentence[::-1] for sentence in SOURCES]


def test_a_translation_that_does_not_end_is_cut_off(reverser):
    found = translate(reverser, [tuple("abbb")], VOCABULARY, VOCABULARY, max_length=2)
    assert found == [("b", "b")]


def test_no_sentences_no_translations(reverser):
    assert translate(reverser, [], VOCABULARY, VOCABULARY, max_length=5) == []


def test_searching_is_without_dropout_and_gradients():
    model = new_model()
    model.encoder.dropout.p = model.decoder.dropout.p = 0.9
    expected = greedy(new_model(), *padded(SENTENCES), 5)
    for _ in range(2):
        model.train()
        for one, two in zip(greedy(model, *padded(SENTENCES), 5), expected, strict=True):
            same(one, two)
        model.train()
        for (one,), two in zip(beam_search(model, *padded(SENTENCES), 5, 1), expected, strict=True):
            same(one, two)
    weights = greedy(new_model(decoder=LookingBack), *padded(SENTENCES), 5)[0].weights
    assert not weights.requires_grad


def test_an_empty_sentence(reverser):
    with pytest.raises(ValueError, match="of at least one token, got an empty one at position 1"):
        translate(reverser, [("a",), (), ("b",)], VOCABULARY, VOCABULARY, max_length=5)


def test_a_string_is_no_sentence(reverser):
    with pytest.raises(ValueError, match="expected a sentence as a sequence of tokens"):
        translate(reverser, ["ab"], VOCABULARY, VOCABULARY, max_length=5)


@pytest.mark.parametrize("which", [0, 1])
def test_a_vocabulary_of_another_model(reverser, which):
    vocabularies = [VOCABULARY, VOCABULARY]
    vocabularies[which] = Vocabulary(("a",))
    with pytest.raises(ValueError, match="expected a vocabulary of 6 tokens, got 5"):
        translate(reverser, [("a",)], *vocabularies, max_length=5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_length": 0},
        {"beam_size": 0},
        {"batch_size": 0},
        {"length_penalty": -0.1},
        {"length_penalty": math.nan},
    ],
)
def test_limits_that_cannot_be(reverser, wrong):
    options = {"max_length": 5} | wrong
    with pytest.raises(ValueError, match="expected max_length, beam_size and batch_size of 1 or"):
        translate(reverser, [("a",)], VOCABULARY, VOCABULARY, **options)


def test_limits_of_the_searches(reverser):
    batch = padded([[4]])
    with pytest.raises(ValueError, match="expected max_length"):
        greedy(reverser, *batch, max_length=0)
    with pytest.raises(ValueError, match="expected max_length"):
        beam_search(reverser, *batch, max_length=3, beam_size=0)


def test_the_mask_that_attention_needs_is_in_the_encoding():
    source, lengths = padded(SENTENCES, extra=2)
    encoded = new_model().encoder(source, lengths)
    assert torch.equal(encoded.mask, padding_mask(lengths, source.shape[1]))


# ------------------------------------------------------------------------------
# The next word of the true target

PAIRS = [
    SentencePair(tuple(source), tuple(target))
    for source, target in (
        ("aba", "bbabab"),
        ("b", "a"),
        ("aabbb", "ab"),
        ("bb", ""),
        ("zab", "bzba"),  # z is in no vocabulary
        ("ba", "aaaaaaa"),
    )
]


@torch.no_grad()
def predicted_step_by_step(model, pair):
    """One token at a time, the state handed on, without any of the code under test."""
    encoded = model.encoder(*padded([VOCABULARY.encode(pair.source)]))
    state, previous, names = encoded.state, START, []
    for number in VOCABULARY.encode(pair.target):
        decoded = model.decoder(torch.tensor([[previous]]), encoded, state)
        names.append(VOCABULARY.tokens[int(decoded.logits[0, 0].argmax())])
        state, previous = decoded.state, number  # the true one, whatever was predicted
    return tuple(names)


@every_model
def test_predictions_are_those_of_one_step_at_a_time(options):
    model = new_model(**options)
    found = predict_next(model, PAIRS, VOCABULARY, VOCABULARY)
    assert found == [predicted_step_by_step(model, pair) for pair in PAIRS]
    assert [len(prediction) for prediction in found] == [6, 1, 2, 0, 4, 7]


def test_the_models_predict_different_things():
    """Else a prediction taken from another place or sentence might pass."""
    found = [predict_next(new_model(**o), PAIRS, VOCABULARY, VOCABULARY) for o in MODELS]
    assert len({tuple(predictions) for predictions in found}) == len(MODELS)
    assert sum(len(set(prediction)) > 1 for one in found for prediction in one) > 10


@every_model
@pytest.mark.parametrize("batch_size", [1, 2, 4])
def test_predictions_do_not_depend_on_batches_and_padding(options, batch_size):
    model = new_model(**options)
    expected = predict_next(model, PAIRS, VOCABULARY, VOCABULARY)
    found = predict_next(model, PAIRS, VOCABULARY, VOCABULARY, batch_size=batch_size)
    assert found == expected
    turned = predict_next(model, PAIRS[::-1], VOCABULARY, VOCABULARY, batch_size=batch_size)
    assert turned == expected[::-1]
    long = SentencePair(("a",) * 12, ("b",) * 15)  # pads all the others
    assert predict_next(model, [long, *PAIRS], VOCABULARY, VOCABULARY)[1:] == expected


def test_who_has_learnt_it_predicts_the_targets(reverser):
    pairs = [SentencePair(source, source[::-1]) for source in SOURCES]
    found = predict_next(reverser, pairs, VOCABULARY, VOCABULARY, batch_size=3)
    assert found == [pair.target for pair in pairs]


def test_one_wrong_word_is_not_carried_on(reverser):
    """Told "a" where it would have written "b", it goes on from the "a"; `translate` cannot."""
    pair = SentencePair(("a", "b", "b"), ("a", "b", "a"))
    (found,) = predict_next(reverser, [pair], VOCABULARY, VOCABULARY)
    assert found[0] == "b"
    assert found == predicted_step_by_step(reverser, pair)


@pytest.mark.parametrize("number", [PADDING, START, END, UNKNOWN])
def test_control_tokens_are_predicted_by_name(number):
    model = new_model()
    with torch.no_grad():
        model.decoder.to_logits.bias[number] = 999.0
    (found,) = predict_next(model, PAIRS[2:3], VOCABULARY, VOCABULARY)
    assert found == ({PADDING: "<pad>", START: "<s>", END: "</s>", UNKNOWN: "<unk>"}[number],) * 2


def test_predictions_are_without_dropout():
    model = new_model()
    expected = predict_next(model, PAIRS, VOCABULARY, VOCABULARY)
    model.encoder.dropout.p = model.decoder.dropout.p = 0.9
    for _ in range(2):
        model.train()
        assert predict_next(model, PAIRS, VOCABULARY, VOCABULARY) == expected


def test_no_pairs_no_predictions(reverser):
    assert predict_next(reverser, [], VOCABULARY, VOCABULARY) == []


@pytest.mark.parametrize("batch_size", [0, -1])
@pytest.mark.parametrize("pairs", [PAIRS, []])
def test_batches_of_no_pairs(reverser, pairs, batch_size):
    with pytest.raises(ValueError, match=f"expected a batch_size of 1 or more, got {batch_size}$"):
        predict_next(reverser, pairs, VOCABULARY, VOCABULARY, batch_size=batch_size)


@pytest.mark.parametrize("which", [0, 1])
def test_predictions_with_a_vocabulary_of_another_model(reverser, which):
    vocabularies = [VOCABULARY, VOCABULARY]
    vocabularies[which] = Vocabulary(("a", "b", "c"))
    with pytest.raises(ValueError, match="expected a vocabulary of 6 tokens, got 7"):
        predict_next(reverser, PAIRS, *vocabularies)


def test_nothing_to_predict_from(reverser):
    with pytest.raises(ValueError, match="of at least one token, got an empty one"):
        predict_next(reverser, [SentencePair((), ("a",))], VOCABULARY, VOCABULARY)


def test_nothing_teacher_forced_keeps_gradients():
    """Weights that are trained later must not be reached from what was only looked at."""
    for decoder in (Decoder, LookingBack):
        model = new_model(decoder=decoder)
        for _, decoded in teacher_forced(model, PAIRS, VOCABULARY, VOCABULARY, batch_size=2):
            kept = [decoded.logits, *decoded.state]
            kept += [] if decoded.weights is None else [decoded.weights]
            assert not any(tensor.requires_grad for tensor in kept)
        assert all(parameter.requires_grad for parameter in model.parameters())


def test_gradients_are_on_again_between_two_batches():
    """It yields; what the caller does meanwhile is the caller's."""
    model = new_model()
    for _, _ in teacher_forced(model, PAIRS, VOCABULARY, VOCABULARY, batch_size=2):
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


# ------------------------------------------------------------------------------
# One target, word by word


@every_model
def test_probabilities_of_a_target_multiply_to_that_of_the_sentence(options):
    model = new_model(**options)
    for pair in PAIRS:
        found = target_probabilities(model, pair, VOCABULARY, VOCABULARY)
        known = [word if word in VOCABULARY else "<unk>" for word in pair.target]
        assert [word for word, _ in found] == [*known, "</s>"]
        total = sum(math.log(probability) for _, probability in found)
        numbers = VOCABULARY.encode(pair.target)
        expected = log_probability(model, VOCABULARY.encode(pair.source), numbers, True)
        assert total == pytest.approx(expected, abs=1e-4)


def test_what_greedy_search_wrote_has_the_probabilities_it_saw(reverser):
    source = ("a", "b", "b")
    steps = decoding_steps(reverser, source, VOCABULARY, VOCABULARY, candidates=1)
    (hypothesis,) = greedy(reverser, *padded([VOCABULARY.encode(source)]), max_length=9)
    pair = SentencePair(source, VOCABULARY.decode(hypothesis.token_ids))
    found = target_probabilities(reverser, pair, VOCABULARY, VOCABULARY)
    likeliest = [step.candidates[0] for step in steps]
    assert [word for word, _ in found] == [word for word, _ in likeliest]
    assert [p for _, p in found] == pytest.approx([p for _, p in likeliest], abs=1e-5)


# ------------------------------------------------------------------------------
# A beam, watched


def test_each_continuation_goes_on_from_the_beginning_that_it_names():
    """Also after a sentence has ended in the middle of the beam: those behind it move up then."""
    moved_up = 0
    for seed in range(12):
        model = new_model(seed=seed, sharpness=2.0)
        for numbers in SENTENCES[:3]:
            sentence = VOCABULARY.decode(numbers)
            steps = beam_steps(model, sentence, VOCABULARY, VOCABULARY, 4, max_length=5)
            for number, step in enumerate(steps):
                for one in step:
                    written, node, depth = [one.token], one, number
                    while node.parent is not None:
                        depth -= 1
                        node = steps[depth][node.parent]
                        assert node.kept and node.token != "</s>"
                        written.insert(0, node.token)
                    assert depth == 0
                    target = [VOCABULARY.tokens.index(token) for token in written]
                    expected = log_probability(model, VOCABULARY.encode(sentence), target, False)
                    assert one.log_probability == pytest.approx(expected, abs=1e-4)
                kept = [one.token for one in step if one.kept]
                if "</s>" in kept[:-1] and number + 1 < len(steps):
                    moved_up += 1
    assert moved_up > 10


# ------------------------------------------------------------------------------
# Weights of other kinds


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_weights_that_are_no_numbers_are_named(part):
    """Else the search takes NaN for the greatest of all, and writes something."""
    model = new_model()
    with torch.no_grad():
        getattr(model, part).recurrent.network.weight_hh_l0[0, 0] = math.nan
    batch = padded(SENTENCES)
    for search in (
        lambda: greedy(model, *batch, 5),
        lambda: beam_search(model, *batch, 5, 3),
        lambda: translate(model, [("a", "b")], VOCABULARY, VOCABULARY, max_length=5),
        lambda: predict_next(model, PAIRS, VOCABULARY, VOCABULARY),
        lambda: decoding_steps(model, ("a", "b"), VOCABULARY, VOCABULARY),
        lambda: beam_steps(model, ("a", "b"), VOCABULARY, VOCABULARY, 2),
    ):
        with pytest.raises(ValueError, match="expected logits that are numbers, got NaN"):
            search()


@pytest.mark.parametrize("of_model", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("default", [torch.float32, torch.float64])
def test_numbers_of_another_kind(of_model, default):
    expected = greedy(new_model(), *padded(SENTENCES), 5)
    model = new_model().to(of_model)
    before = torch.get_default_dtype()
    torch.set_default_dtype(default)
    try:
        found = [
            greedy(model, *padded(SENTENCES), 5),
            [beam[0] for beam in beam_search(model, *padded(SENTENCES), 5, 1)],
        ]
        (words,) = translate(model, [("a", "b")], VOCABULARY, VOCABULARY, max_length=4, beam_size=2)
        assert len(words) <= 4
    finally:
        torch.set_default_dtype(before)
    for hypotheses in found:
        for one, two in zip(hypotheses, expected, strict=True):
            assert one.token_ids == two.token_ids
            tolerance = 0.1 if of_model == torch.bfloat16 else 1e-4
            assert one.log_probability == pytest.approx(two.log_probability, abs=tolerance)
