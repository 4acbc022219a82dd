"""Greedy and beam search on one sentence, step by step, for diagrams and explorers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from ..languages.pairs import Tokens
from ..models.prediction import check_vocabulary
from ..models.seq2seq import Seq2Seq
from ..text.batches import source_batches
from ..text.vocabulary import END, NEVER_WRITTEN, START, Vocabulary
from .search import beam_search, check_limits, next_log_probabilities


@dataclass(frozen=True)
class Step:
    """One step of a decoder: the token it read, and the likeliest ones to write.

    candidates: tokens with their probabilities in [0, 1], the likeliest first. Greedy search
        writes the first, and reads it at the next step.
    """

    read: str
    candidates: list[tuple[str, float]]


@torch.inference_mode()
def decoding_steps(
    model: Seq2Seq,
    source: Tokens,
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    candidates: int = 3,
    max_length: int = 40,
) -> list[Step]:
    """Greedy search on one sentence, with the probabilities of the likeliest tokens at each step.

    The last step writes END, unless there are `max_length` steps before. Control tokens are given
    by their names. Raises `ValueError` for an empty sentence, for vocabularies of other sizes than
    the model's, for a `max_length` below 1, and for more `candidates` than can be written.
    """
    batch, lengths = _as_batch(model, source, source_vocabulary, target_vocabulary)
    check_limits(max_length)
    writable = len(target_vocabulary) - len(NEVER_WRITTEN)
    if not 1 <= candidates <= writable:
        raise ValueError(f"expected between 1 and {writable} candidates, got {candidates}")
    model.eval()
    encoded = model.decoder.prepare(model.encoder(batch, lengths))
    state, previous = encoded.state, START
    steps: list[Step] = []
    while len(steps) < max_length and previous != END:
        read = torch.tensor([[previous]], device=batch.device)  # (1, 1)
        decoded = model.decoder(read, encoded, state)
        state = decoded.state
        best, token_ids = next_log_probabilities(decoded)[0].topk(candidates)  # (candidates,) both
        tokens = [target_vocabulary.tokens[token_id] for token_id in token_ids]
        likeliest = list(zip(tokens, best.exp().tolist(), strict=True))
        steps.append(Step(target_vocabulary.tokens[previous], likeliest))
        previous = int(token_ids[0])
    return steps


@dataclass(frozen=True)
class Continuation:
    """A beginning of a sentence that beam search looked at, one token longer than those before.

    parent: its place, among the continuations of the step before, of the one it continues; None at
        the first step.
    log_probability: natural logarithm, the sum over all tokens up to this one.
    kept: whether it got a place in the beam, or was complete; the others were dropped.
    """

    parent: int | None
    token: str
    log_probability: float
    kept: bool


def beam_steps(
    model: Seq2Seq,
    source: Tokens,
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    beam_size: int,
    max_length: int = 40,
) -> list[list[Continuation]]:
    """What beam search looked at on one sentence, step by step: the kept and the best dropped ones.

    Of each beginning in the beam there are the `beam_size` likeliest continuations, as many as
    could have been kept. Raises `ValueError` as `decoding_steps` does.
    """
    batch, lengths = _as_batch(model, source, source_vocabulary, target_vocabulary)
    watched: list[tuple[Tensor, Tensor, Tensor]] = []
    beam_search(
        model, batch, lengths, max_length, beam_size, watch=lambda *step: watched.append(step)
    )
    steps: list[list[Continuation]] = []
    places: list[int | None] = [None]  # in the step before, of what each row continues
    for continued, parents, token_ids in watched:
        kept = list(zip(parents.tolist(), token_ids.tolist(), strict=True))
        place_of: dict[tuple[int, int], int] = {}
        step: list[Continuation] = []
        for row, values in enumerate(continued.tolist()):
            order = sorted(range(len(values)), key=lambda n: ((row, n) in kept, values[n]))
            for token_id in order[: -beam_size - 1 : -1]:  # the best ones, from the last
                if values[token_id] > -math.inf:
                    place_of[row, token_id] = len(step)
                    token = target_vocabulary.tokens[token_id]
                    is_kept = (row, token_id) in kept
                    step.append(Continuation(places[row], token, values[token_id], is_kept))
        steps.append(step)
        places = [place_of[row, token_id] for row, token_id in kept if token_id != END]
    return steps


def _as_batch(
    model: Seq2Seq, source: Tokens, source_vocabulary: Vocabulary, target_vocabulary: Vocabulary
) -> tuple[Tensor, Tensor]:
    """One sentence, (1, source_length), and its length, (1,), on the model's device."""
    check_vocabulary(source_vocabulary, model.encoder.embedding)
    check_vocabulary(target_vocabulary, model.decoder.embedding)
    ((_, token_ids, lengths),) = source_batches([source], source_vocabulary, 1)
    return token_ids.to(next(model.parameters()).device), lengths
