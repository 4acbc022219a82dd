"""Networks that learn which token comes next, and so can write; a recurrent one is here."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..languages.pairs import Tokens
from ..text.batches import EncodedSentences, TokenBatch
from ..text.vocabulary import END, NEVER_WRITTEN, PADDING, START, Vocabulary
from .prediction import (
    check_logits,
    check_token_ids,
    check_vocabulary,
    mean_token_loss,
    token_loss,
)
from .recurrent import Cell, RecurrentLayers, State


class LanguageModel(nn.Module):
    """What the functions below ask of a network; those that there are, are subclasses."""

    embedding: nn.Embedding

    def forward(self, token_ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Token ids (batch, length) -> logits (batch, length, vocabulary) and the state after them.

        The logits at each position are those of the token after it. Without a `state` the network
        begins a text; with the one it returned before, it reads on.
        """
        raise NotImplementedError


class RecurrentLanguageModel(LanguageModel):
    """Gives a probability to every token as the next one, from all tokens before it.

    Mikolov, Karafiát, Burget, Černocký & Khudanpur (2010),
    https://doi.org/10.21437/Interspeech.2010-343, here with a GRU or an LSTM. Training drops a
    share `dropout` of the numbers between the layers, and never from one step to the next
    (Zaremba, Sutskever & Vinyals 2014, https://arxiv.org/abs/1409.2329).
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        cell: Cell = nn.LSTM,
        layers: int = 1,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=PADDING)
        self.recurrent = RecurrentLayers(embedding_size, hidden_size, cell, layers, dropout)
        self.to_logits = nn.Linear(hidden_size, vocabulary_size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, token_ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Token ids (batch, length) -> logits (batch, length, vocabulary) and the state after them.

        The logits at each position are those of the token after it. Without a `state` the network
        begins with zeros; with the one it returned before, it reads on.
        """
        check_token_ids(token_ids)
        embedded = self.dropout(self.embedding(token_ids))  # -> (batch, length, embedding_size)
        hidden, state = self.recurrent(embedded, state)  # -> (batch, length, hidden_size)
        logits = self.to_logits(self.dropout(hidden))  # -> (batch, length, vocabulary)
        return logits, state


def language_model_loss(model: nn.Module, batch: TokenBatch) -> Tensor:
    """Mean cross entropy of the sentences in nats per token, shape ()."""
    logits, _ = model(batch.target_input)
    return token_loss(logits, batch.target_output)


def bits_per_symbol(
    model: LanguageModel,
    vocabulary: Vocabulary,
    sentences: Sequence[Tokens],
    batch_size: int = 200,
) -> float:
    """Cross entropy of `sentences` under the model in bits per symbol, END included."""
    check_vocabulary(vocabulary, model.embedding)
    batches = EncodedSentences(sentences, vocabulary).batches(batch_size)
    return mean_token_loss(model, language_model_loss, batches) / math.log(2)


@torch.no_grad()
def next_token_probabilities(
    model: LanguageModel,
    vocabulary: Vocabulary,
    prefix: Sequence[str] = (),
    temperature: float = 1.0,
) -> Tensor:
    """Of each token as the one after `prefix`; END stands for "the sentence ends here".

    Returns a tensor of shape (vocabulary,) on the CPU, float64, with sum 1. Logits are divided by
    `temperature` before the softmax: at 1 these are the model's own probabilities, below it likely
    tokens gain, and at 0 the likeliest has probability 1. PADDING and START have 0.
    """
    logits, _ = _read(model, vocabulary, prefix)
    return _probabilities(logits, temperature)


@torch.no_grad()
def write(
    model: LanguageModel,
    vocabulary: Vocabulary,
    prefix: Sequence[str] = (),
    *,
    max_length: int = 100,
    temperature: float = 1.0,
    seed: int = 0,
) -> Tokens:
    """Let the model go on after `prefix`, token by token, until END or for `max_length` tokens.

    Each token is drawn with its probability at `temperature`, with random numbers from `seed`; at
    0 it is the likeliest one. Returns the prefix and what follows.
    """
    generator = torch.Generator().manual_seed(seed)
    logits, state = _read(model, vocabulary, prefix)
    device = logits.device
    written: list[int] = []
    while len(written) < max_length:
        probabilities = _probabilities(logits, temperature)
        token_id = int(torch.multinomial(probabilities, 1, generator=generator))
        if token_id == END:
            break
        written.append(token_id)
        logits, state = model(torch.tensor([[token_id]], device=device), state)
    return (*prefix, *vocabulary.decode(written))


def _read(
    model: LanguageModel, vocabulary: Vocabulary, prefix: Sequence[str]
) -> tuple[Tensor, State]:
    """Logits of the token after START and `prefix`, (1, 1 or more, vocabulary), and the state."""
    check_vocabulary(vocabulary, model.embedding)
    model.eval()
    token_ids = torch.tensor([[START, *vocabulary.encode(prefix)]])  # (1, 1 + length of the prefix)
    return model(token_ids.to(model.embedding.weight.device))


def _probabilities(logits: Tensor, temperature: float) -> Tensor:
    """Logits (1, length, vocabulary) -> probabilities after the last token, (vocabulary,)."""
    if not 0 <= temperature < math.inf:
        raise ValueError(f"expected a temperature of 0 or more, got {temperature}; try 1")
    check_logits(logits)
    last = logits[0, -1].double().cpu()  # (1, length, vocabulary) -> (vocabulary,)
    last[NEVER_WRITTEN] = -math.inf
    if temperature == 0:
        return F.one_hot(last.argmax(), len(last)).double()
    return ((last - last.max()) / temperature).softmax(-1)
