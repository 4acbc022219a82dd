"""What networks that predict the next token share: the loss, and checks of input and output."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..text.batches import Batch, TokenBatch
from ..text.vocabulary import PADDING, Vocabulary
from ..training.machine import to_device


def token_loss(logits: Tensor, target_output: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """Mean cross entropy in nats per token, shape (); END counts, padding does not.

    logits: (batch, length, vocabulary); target_output: (batch, length).
    label_smoothing: in [0, 1], the share of the truth that all tokens of the vocabulary get in
        equal parts.
    """
    return F.cross_entropy(
        logits.flatten(0, 1),  # (batch, length, vocabulary) -> (batch * length, vocabulary)
        target_output.flatten(),  # (batch, length) -> (batch * length,)
        ignore_index=PADDING,
        label_smoothing=label_smoothing,
    )


@torch.no_grad()
def mean_token_loss(
    model: nn.Module,
    loss_function: Callable[[Any, Any], Tensor],
    batches: Iterable[Batch | TokenBatch],
) -> float:
    """The loss in nats per token over all `batches`, in evaluation mode; its exp: the perplexity.

    Every token counts the same, END too. (The mean of the batches' means, by which training is
    watched, gives more weight to the tokens of a batch of short sentences.)
    """
    model.eval()
    device = next(model.parameters()).device
    total, token_count = 0.0, 0
    for batch in batches:
        count = int((batch.target_output != PADDING).sum())
        total += count * loss_function(model, to_device(batch, device)).item()
        token_count += count
    if token_count == 0:
        raise ValueError("expected at least one batch to measure the loss on, got none")
    return total / token_count


def check_token_ids(token_ids: Tensor) -> None:
    """Raise `ValueError` unless the shape is (batch, length) with a length of 1 or more."""
    if token_ids.ndim != 2 or token_ids.shape[1] < 1:
        raise ValueError(
            "expected token ids of shape (batch, length) with a length of 1 or more, got "
            f"{tuple(token_ids.shape)}; a single sentence becomes a batch with `token_ids[None]`"
        )


def check_logits(logits: Tensor) -> None:
    """Raise `ValueError` if one of them is not a number: of such nothing can be chosen."""
    if logits.isnan().any():
        raise ValueError(
            "expected logits that are numbers, got NaN; look for NaN among the weights of "
            "the model, and train or load it again"
        )


def check_vocabulary(vocabulary: Vocabulary, embedding: nn.Embedding) -> None:
    """Raise `ValueError` unless the network was made for so many tokens."""
    if len(vocabulary) != embedding.num_embeddings:
        raise ValueError(
            f"expected a vocabulary of {embedding.num_embeddings} tokens, got {len(vocabulary)}; "
            "pass the one that the network was trained with"
        )
