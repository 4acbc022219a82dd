"""What a trained model says of the true translation, every token given all before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch

from ..languages.pairs import SentencePair, Tokens
from ..models.prediction import check_logits, check_vocabulary
from ..models.seq2seq import Decoded, Seq2Seq
from ..text.batches import make_batch
from ..text.vocabulary import END, Vocabulary
from ..training.machine import to_device


def predict_next(
    model: Seq2Seq,
    pairs: Sequence[SentencePair],
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    batch_size: int = 200,
) -> list[Tokens]:
    """For each word of each true target the model's likeliest word there, given all before it.

    Teacher forcing: one mistake does not lead to the next, as it may in `translate`. Each result is
    as long as the pair's target; a control token is given by its name. Errors as in
    `teacher_forced`.
    """
    predictions: list[Tokens] = []
    for chosen, decoded in teacher_forced(
        model, pairs, source_vocabulary, target_vocabulary, batch_size
    ):
        best = decoded.logits.argmax(-1)  # (batch, target_length, vocabulary) -> (batch, ..)
        for pair, row in zip(chosen, best.tolist(), strict=True):
            tokens = [target_vocabulary.tokens[token_id] for token_id in row]
            predictions.append(tuple(tokens[: len(pair.target)]))
    return predictions


def teacher_forced(
    model: Seq2Seq,
    pairs: Sequence[SentencePair],
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    batch_size: int = 200,
) -> Iterator[tuple[Sequence[SentencePair], Decoded]]:
    """What the model says of the true targets, batch by batch: the pairs in order, and `Decoded`.

    The model is put into evaluation mode; no gradients are kept. With the first batch it raises
    `ValueError` for an empty source sentence, for vocabularies of other sizes than the model's, and
    for a `batch_size` below 1.
    """
    check_vocabulary(source_vocabulary, model.encoder.embedding)
    check_vocabulary(target_vocabulary, model.decoder.embedding)
    if batch_size < 1:
        raise ValueError(f"expected a batch_size of 1 or more, got {batch_size}")
    model.eval()
    device = next(model.parameters()).device
    for start in range(0, len(pairs), batch_size):
        chosen = pairs[start : start + batch_size]
        batch = to_device(make_batch(chosen, source_vocabulary, target_vocabulary), device)
        with torch.inference_mode():
            decoded = model(batch)
        check_logits(decoded.logits)
        yield chosen, decoded


def target_probabilities(
    model: Seq2Seq,
    pair: SentencePair,
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
) -> list[tuple[str, float]]:
    """Each word of one target, END last, with its probability given all before it.

    Their product is the probability of the sentence: the sum of their logarithms is what
    `Hypothesis.log_probability` says of a finished one. Control tokens are given by their names.
    Errors as in `teacher_forced`.
    """
    ((_, decoded),) = teacher_forced(model, [pair], source_vocabulary, target_vocabulary)
    probabilities = decoded.logits[0].softmax(-1)  # (target_length with END, vocabulary)
    token_ids = [*target_vocabulary.encode(pair.target), END]
    words = [target_vocabulary.tokens[token_id] for token_id in token_ids]
    each = probabilities[torch.arange(len(token_ids)), token_ids]  # (target_length with END,)
    return list(zip(words, each.tolist(), strict=True))
