"""The Transformer's encoder alone: it fills in blanks, from what stands on both sides of them.

Devlin, Chang, Lee & Toutanova (2019), https://arxiv.org/abs/1810.04805.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..models.prediction import check_logits, check_vocabulary, token_loss
from ..text.batches import TokenBatch
from ..text.vocabulary import END, NEVER_WRITTEN, PADDING, Vocabulary
from .stack import Architecture, Stack, new_embedding, new_read_out


class MaskedLanguageModel(nn.Module):
    """Gives a probability to every token as the one that a blank hides.

    blank_id: the token id that stands in the place of a hidden token.
    left_only: every token looks at those before it alone, as in a language model.

    `tied` is as in `stack.new_read_out`. Raises `ValueError` for a `blank_id` that the
    vocabulary does not have, and for that of PADDING.
    """

    def __init__(
        self,
        vocabulary_size: int,
        architecture: Architecture,
        blank_id: int,
        left_only: bool = False,
        tied: bool = False,
    ):
        super().__init__()
        if not PADDING < blank_id < vocabulary_size:
            raise ValueError(
                f"expected a blank_id from 1 to {vocabulary_size - 1}, got {blank_id}; give the "
                "vocabulary a token for it"
            )
        self.embedding = new_embedding(vocabulary_size, architecture)
        self.stack = Stack(architecture)
        self.to_logits = new_read_out(self.embedding, architecture, tied)
        self.blank_id = blank_id
        self.left_only = left_only

    def forward(self, token_ids: Tensor) -> Tensor:
        """Token ids (batch, length) -> logits (batch, length, vocabulary), of the token there."""
        return self.with_weights(token_ids)[0]

    def with_weights(self, token_ids: Tensor) -> tuple[Tensor, Tensor]:
        """`forward`, and the weights of all heads, (layers, batch, heads, length, length)."""
        embedded, there = self.stack.embed(self.embedding, token_ids)
        stacked = self.stack(embedded, there, causal=self.left_only)
        return self.to_logits(stacked.outputs), torch.stack(stacked.weights)


def hide_tokens(token_ids: Tensor, blank_id: int, share: float = 0.0) -> tuple[Tensor, Tensor]:
    """Blanks in the place of tokens, chosen by PyTorch's random numbers, and what they hide.

    token_ids: (batch, length). Of each sentence one token is hidden, all being equally likely, and
    of the others each with the probability `share`, in [0, 1]. PADDING and END never are, so a
    sentence without words keeps all it has.

    Returns the sentences with blanks, and the hidden tokens with PADDING in all other places, so
    that a loss passes over them; both (batch, length).
    """
    eligible = (token_ids != PADDING) & (token_ids != END)
    drawn = torch.rand(token_ids.shape, device=token_ids.device).masked_fill(~eligible, 2.0)
    hidden = ((drawn < share) | (drawn == drawn.amin(1, keepdim=True))) & eligible
    return token_ids.masked_fill(hidden, blank_id), token_ids.masked_fill(~hidden, PADDING)


def masked_language_model_loss(
    model: MaskedLanguageModel, batch: TokenBatch, share: float = 0.0
) -> Tensor:
    """Mean cross entropy in nats per hidden token, shape (), of blanks as in `hide_tokens`.

    Every blank shows nothing but that it is one. Devlin et al. leave a tenth of the hidden tokens
    in their places and put others into another tenth, as later tasks have no blanks.

    Raises `ValueError` for a batch without words.
    """
    given, hidden = hide_tokens(batch.target_output, model.blank_id, share)
    if not (hidden != PADDING).any():
        raise ValueError("expected sentences with words to hide, got a batch without any")
    return token_loss(model(given), hidden)


@torch.no_grad()
def blank_probabilities(
    model: MaskedLanguageModel, vocabulary: Vocabulary, tokens: Sequence[str]
) -> Tensor:
    """What each blank among `tokens` may hide: (blanks, vocabulary) on the CPU, float64, sums 1.

    PADDING, START, END and the blank itself have 0. The model is put into evaluation mode. Raises
    `ValueError` for a sentence without a blank and for another vocabulary than the model's.
    """
    check_vocabulary(vocabulary, model.embedding)
    model.eval()
    token_ids = torch.tensor([[*vocabulary.encode(tokens), END]])  # (1, length)
    blanks = token_ids[0] == model.blank_id
    if not blanks.any():
        raise ValueError(
            f"expected a sentence with {vocabulary.tokens[model.blank_id]!r} in it, got none"
        )
    logits = model(token_ids.to(model.embedding.weight.device))
    check_logits(logits)
    rows = logits[0].double().cpu()[blanks]  # (1, length, vocabulary) -> (blanks, vocabulary)
    rows[:, [*NEVER_WRITTEN, END, model.blank_id]] = -torch.inf
    return rows.softmax(-1)
