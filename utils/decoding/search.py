"""From probabilities to a sentence: greedy search, beam search, and translation with either."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ..languages.pairs import Tokens
from ..models.prediction import check_logits, check_vocabulary
from ..models.recurrent import State
from ..models.seq2seq import Decoded, Encoded, Seq2Seq
from ..text.batches import source_batches
from ..text.vocabulary import END, NEVER_WRITTEN, START, Vocabulary

# What may watch a beam search: see `beam_search`.
Watch = Callable[[Tensor, Tensor, Tensor], None]


class Hypothesis(NamedTuple):
    """A target sentence as far as a search has written it.

    token_ids: of its tokens, END left out.
    log_probability: natural logarithm, the sum over the tokens, END included.
    finished: whether END was written before the limit.
    weights: (steps, source tokens) on the CPU, what each step looked at, with a row for END if
        finished; None of a decoder that does not look back.
    """

    token_ids: list[int]
    log_probability: float
    finished: bool
    weights: Tensor | None

    @property
    def length(self) -> int:
        """Tokens written, END included."""
        return len(self.token_ids) + self.finished

    def score(self, length_penalty: float) -> float:
        """log_probability / length**length_penalty, by which beam search ranks; higher is better.

        At 0 the most probable sentence wins, which tends to be a short one; at 1 the sentence of
        the greatest mean log-probability. Wu et al. (2016), https://arxiv.org/abs/1609.08144,
        section 7, begin with this power of the length and go on to one of (5 + length) / 6.
        """
        return self.log_probability / self.length**length_penalty


@torch.inference_mode()
def greedy(
    model: Seq2Seq, source: Tensor, source_lengths: Tensor, max_length: int
) -> list[Hypothesis]:
    """Write the likeliest token at each step, for all sentences at once, until all have ended.

    source: (batch, source_length); source_lengths: (batch,); max_length: tokens that a sentence
    may have, END included.

    The model is put into evaluation mode.
    """
    check_limits(max_length)
    model.eval()
    encoded = model.decoder.prepare(model.encoder(source, source_lengths))
    state = encoded.state
    batch = len(source)
    previous = torch.full((batch,), START, device=source.device)
    log_probability = torch.zeros(batch, device=source.device)
    ended = torch.zeros(batch, dtype=torch.bool, device=source.device)
    written: list[Tensor] = []
    weights: list[Any] = []  # of a decoder without attention: None
    while len(written) < max_length and not ended.all():
        decoded = model.decoder(previous[:, None], encoded, state)  # reads (batch, 1)
        state = decoded.state
        best, previous = next_log_probabilities(decoded).max(-1)  # (batch, vocabulary) -> (batch,)
        # A sentence that has ended waits for the others; what it goes on to write is cut off below.
        log_probability += best.masked_fill(ended, 0.0)
        ended |= previous == END
        written.append(previous)
        weights.append(decoded.weights)

    token_ids = torch.stack(written, 1)  # steps times (batch,) -> (batch, steps)
    looked_at = None if weights[0] is None else torch.cat(weights, 1)  # (batch, steps, source)
    return _hypotheses(token_ids, log_probability, looked_at, source_lengths)


@torch.inference_mode()
def beam_search(
    model: Seq2Seq,
    source: Tensor,
    source_lengths: Tensor,
    max_length: int,
    beam_size: int,
    length_penalty: float = 1.0,
    watch: Watch | None = None,
) -> list[list[Hypothesis]]:
    """Follow the `beam_size` likeliest beginnings of each sentence instead of one.

    At each step all beginnings of a sentence are continued with every token, and the likeliest of
    these are kept. One that ends with END is put aside and its place in the beam is given up, so a
    search is over when nothing is left to continue, or after `max_length` tokens (END included).
    This is the shrinking beam of Bahdanau et al. (2015), as described by Huang, Zhao & Ma (2017),
    https://doi.org/10.18653/v1/D17-1227. A beam of 1 is greedy search.

    source: (batch, source_length); source_lengths: (batch,).

    Returns for each sentence up to `beam_size` hypotheses: the finished ones first, each kind by
    falling `score(length_penalty)`. The model is put into evaluation mode.

    `watch` is called at each step with the log-probabilities of all continuations (rows,
    vocabulary), and of those kept with the row they continue and their last token, (rows kept,)
    each; the kept ones that are not END are the rows of the next step.
    """
    check_limits(max_length, beam_size, length_penalty)
    model.eval()
    sentences = len(source)
    device = source.device
    found: list[list[Hypothesis]] = [[] for _ in range(sentences)]

    # One row for each beginning that may be continued, those of all sentences in one tensor.
    sentence = torch.arange(sentences, device=device)  # (rows,), which one the row translates
    log_probability = torch.zeros(sentences, device=device)  # (rows,)
    token_ids = torch.full((sentences, 1), START, device=device)  # (rows, 1 + tokens written)
    weights = None  # (rows, tokens written, source_length)
    places = torch.full((sentences,), beam_size, device=device)  # (sentences,), left in the beam
    encoded_sentences = model.decoder.prepare(model.encoder(source, source_lengths))
    encoded, state = encoded_sentences, encoded_sentences.state

    for step in range(1, max_length + 1):
        decoded = model.decoder(token_ids[:, -1:], encoded, state)
        continued = log_probability[:, None] + next_log_probabilities(decoded)  # (rows, vocabulary)
        parent, token_id, log_probability = _best(continued, sentence, places)  # (rows kept,)
        if watch is not None:
            watch(continued, parent, token_id)

        sentence = sentence[parent]
        token_ids = torch.cat([token_ids[parent], token_id[:, None]], 1)
        weights = _append(weights, decoded.weights, parent)

        ended = token_id == END
        complete = ended if step < max_length else torch.ones_like(ended)
        hypotheses = _hypotheses(
            token_ids[complete, 1:],
            log_probability[complete],
            None if weights is None else weights[complete],
            source_lengths[sentence[complete].to(source_lengths.device)],
        )
        for position, hypothesis in zip(sentence[complete].tolist(), hypotheses, strict=True):
            found[position].append(hypothesis)
        places -= torch.bincount(sentence[ended], minlength=sentences)

        going_on = ~complete
        if not going_on.any():
            break
        sentence, token_ids = sentence[going_on], token_ids[going_on]
        log_probability = log_probability[going_on]
        weights = None if weights is None else weights[going_on]
        # Each row takes along the state of the row it continues and the encoding of its sentence.
        state = _select_state(decoded.state, parent[going_on])
        encoded = _select(encoded_sentences, sentence)

    for hypotheses in found:
        hypotheses.sort(key=lambda h: (h.finished, h.score(length_penalty)), reverse=True)
    return found


def translate(
    model: Seq2Seq,
    sentences: Sequence[Tokens],
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    *,
    max_length: int,
    beam_size: int = 1,
    length_penalty: float = 1.0,
    batch_size: int = 200,
) -> list[Tokens]:
    """The best translation of each sentence, in the order given.

    A beam of 1 is greedy search. A translation that does not end within `max_length` tokens (END
    included) is returned as far as it got. Runs on the model's device. Raises `ValueError` for an
    empty sentence, for vocabularies of other sizes than the model's and for limits below 1.
    """
    check_vocabulary(source_vocabulary, model.encoder.embedding)
    check_vocabulary(target_vocabulary, model.decoder.embedding)
    check_limits(max_length, beam_size, length_penalty, batch_size)
    device = next(model.parameters()).device
    translations: list[Tokens] = [()] * len(sentences)
    for chosen, source, lengths in source_batches(sentences, source_vocabulary, batch_size):
        inputs = model, source.to(device), lengths, max_length
        if beam_size == 1:
            best = greedy(*inputs)
        else:
            best = [found[0] for found in beam_search(*inputs, beam_size, length_penalty)]
        for position, hypothesis in zip(chosen, best, strict=True):
            translations[position] = target_vocabulary.decode(hypothesis.token_ids)
    return translations


def next_log_probabilities(decoded: Decoded) -> Tensor:
    """Of the token after the last one read, (rows, vocabulary); -inf of what is never written."""
    check_logits(decoded.logits)
    last = decoded.logits[:, -1].log_softmax(-1)  # (rows, 1, vocabulary) -> (rows, vocabulary)
    last[:, NEVER_WRITTEN] = -math.inf
    return last


def _best(continued: Tensor, sentence: Tensor, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The likeliest continuations of each sentence, as many as it has places in the beam.

    continued: (rows, vocabulary), log-probabilities; sentence: (rows,), in rising order;
    places: (sentences,). Returns of each kept one the row it continues, its last token and its
    log-probability, each (rows kept,), sentence by sentence, the likeliest first.
    """
    rows, vocabulary = continued.shape
    count = torch.bincount(sentence, minlength=len(places))  # (sentences,), rows of each
    first = count.cumsum(0) - count  # (sentences,), its first row
    rank = torch.arange(rows, device=sentence.device) - first[sentence]  # (rows,), 0, 1, ... in it
    most = int(count.max())

    # All continuations of a sentence in one line, so that they compete with each other alone.
    table = continued.new_full((len(places), most, vocabulary), -math.inf)
    table[sentence, rank] = continued
    line = table.flatten(1)  # (sentences, most, vocabulary) -> (sentences, most * vocabulary)
    values, index = line.topk(min(int(places.max()), line.shape[1]))  # (sentences, beam)
    in_beam = torch.arange(values.shape[1], device=places.device) < places[:, None]
    kept = in_beam & values.isfinite()  # (sentences, beam), fewer than places if fewer exist
    index = index + first[:, None] * vocabulary  # counted in all of `continued`, not in its line
    return index[kept] // vocabulary, index[kept] % vocabulary, values[kept]


def _append(weights: Tensor | None, new: Tensor | None, parent: Tensor) -> Tensor | None:
    """Weights so far and those of the new step, of the rows that are continued."""
    if new is None:
        return None
    return new[parent] if weights is None else torch.cat([weights[parent], new[parent]], 1)


def _select_state(state: State, rows: Tensor) -> State:
    """Each tensor (layers, all rows, hidden_size) -> (layers, rows, hidden_size)"""
    return tuple(tensor.index_select(1, rows) for tensor in state)


def _select(encoded: Encoded, rows: Tensor) -> Encoded:
    """Each tensor (all sentences, ..) -> (rows, ..)"""
    keys = encoded.projected_keys
    return Encoded(
        encoded.outputs.index_select(0, rows),
        encoded.mask.index_select(0, rows),
        _select_state(encoded.state, rows),
        None if keys is None else keys.index_select(0, rows),
    )


def _hypotheses(
    token_ids: Tensor, log_probability: Tensor, weights: Tensor | None, source_lengths: Tensor
) -> list[Hypothesis]:
    """One for each row, without what stands after END and without the weights of padding.

    token_ids: (rows, steps); log_probability, source_lengths: (rows,);
    weights: (rows, steps, source_length).
    """
    hypotheses = []
    rows = zip(token_ids.tolist(), log_probability.tolist(), source_lengths.tolist(), strict=True)
    for row, (written, total, source_length) in enumerate(rows):
        finished = END in written
        steps = written.index(END) + 1 if finished else len(written)
        looked_at = None
        if weights is not None:
            with torch.inference_mode(False):  # a tensor of its own, that may be changed in place
                looked_at = weights[row, :steps, :source_length].cpu().clone()
        hypotheses.append(Hypothesis(written[: steps - finished], total, finished, looked_at))
    return hypotheses


def check_limits(
    max_length: int, beam_size: int = 1, length_penalty: float = 1.0, batch_size: int = 1
) -> None:
    """Raise `ValueError` for limits and sizes below 1, and for a negative length penalty."""
    if min(max_length, beam_size, batch_size) < 1 or not length_penalty >= 0:
        raise ValueError(
            "expected max_length, beam_size and batch_size of 1 or more and a length_penalty of 0 "
            f"or more, got {max_length}, {beam_size}, {batch_size} and {length_penalty}"
        )
