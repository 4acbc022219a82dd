"""A recurrent network that learns which symbol comes next, and so can write."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .batching import Batch, SymbolBatch, SymbolBatches
from .corpus import Tokens
from .training import to_device
from .vocabulary import END, PADDING, START, Vocabulary

CELLS = {"gru": nn.GRU, "lstm": nn.LSTM}
NEVER_WRITTEN = [PADDING, START]  # no sentence goes on with one of these

# The state of a recurrent network: one tensor (hidden,) of a GRU, two (hidden, cell) of an LSTM,
# each of shape (layers, batch, hidden_size).
State = tuple[Tensor, ...]


class RecurrentLanguageModel(nn.Module):
    """Gives a probability to every symbol as the next one, from all symbols before it.

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
        cell: str = "lstm",
        layers: int = 1,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=PADDING)
        self.recurrent = RecurrentLayers(embedding_size, hidden_size, cell, layers, dropout)
        self.to_logits = nn.Linear(hidden_size, vocabulary_size)
        self.dropout = nn.Dropout(dropout)

    def forward(self, symbols: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Symbols (batch, length) -> logits (batch, length, vocabulary), and the state after them.

        The logits at each position are those of the symbol after it. Without a `state` the network
        begins with zeros; with the one it returned before, it reads on.
        """
        check_symbols(symbols)
        embedded = self.dropout(self.embedding(symbols))  # -> (batch, length, embedding_size)
        hidden, state = self.recurrent(embedded, state)  # -> (batch, length, hidden_size)
        logits = self.to_logits(self.dropout(hidden))  # -> (batch, length, vocabulary)
        return logits, state


class RecurrentLayers(nn.Module):
    """PyTorch's GRU (Cho et al. 2014) or LSTM (Hochreiter & Schmidhuber 1997).

    The state is a tuple of tensors for both. Dropout acts between the layers.

    With `bidirectional`, each layer is two networks of hidden_size / 2 numbers, of which one reads
    forwards and the other backwards (Schuster & Paliwal 1997, https://doi.org/10.1109/78.650093).
    What they say is joined, the forward half first, so that all shapes stay as they were.

    Raises `ValueError` for another cell, and for two directions with an odd `hidden_size`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        cell: str,
        layers: int,
        dropout: float,
        bidirectional: bool = False,
    ):
        super().__init__()
        if cell not in CELLS or layers < 1:
            raise ValueError(
                f'expected the cell "gru" or "lstm" in one layer or more, got {cell!r} in '
                f"{layers} layers; choose one of the two"
            )
        if bidirectional and hidden_size % 2 != 0:
            raise ValueError(
                "expected an even hidden_size, half of it for each of two directions, got "
                f"{hidden_size}; take one more"
            )
        self.network = CELLS[cell](
            input_size,
            hidden_size // 2 if bidirectional else hidden_size,
            num_layers=layers,
            dropout=dropout if layers > 1 else 0.0,
            batch_first=True,
            bidirectional=bidirectional,
        )
        self.kind = (cell, layers, hidden_size)  # networks of the same kind share their states

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Inputs (batch, length, input_size) -> the top layer's hidden state after each of them,
        (batch, length, hidden_size), and the state of all layers after the last.

        `inputs` may be a `PackedSequence`; so are then the hidden states. Of two directions the
        state holds what each has after its own last symbol, which for the backward half is the
        first one. They cannot read on, and raise `ValueError` for a `state`.
        """
        if state is not None and self.network.bidirectional:
            raise ValueError(
                "expected no state for two directions, got one; the backward half has begun at the "
                "end, so give it the whole sentence at once"
            )
        if state is not None and len(state) == 1:
            (state,) = state  # nn.GRU takes the tensor itself
        hidden, state = self.network(inputs, state)
        state = state if isinstance(state, tuple) else (state,)
        if self.network.bidirectional:
            state = tuple(_join_directions(part) for part in state)
        return hidden, state


def _join_directions(state: Tensor) -> Tensor:
    """(2 * layers, batch, half), forwards and backwards in turn -> (layers, batch, 2 * half)"""
    return torch.cat([state[0::2], state[1::2]], -1)


def symbol_loss(logits: Tensor, target_output: Tensor) -> Tensor:
    """Mean cross entropy in nats per symbol, shape (); END counts, padding does not.

    logits: (batch, length, vocabulary); target_output: (batch, length).
    """
    return F.cross_entropy(
        logits.flatten(0, 1),  # (batch, length, vocabulary) -> (batch * length, vocabulary)
        target_output.flatten(),  # (batch, length) -> (batch * length,)
        ignore_index=PADDING,
    )


def language_model_loss(model: nn.Module, batch: SymbolBatch) -> Tensor:
    """Mean cross entropy of the sentences in nats per symbol, shape ()."""
    logits, _ = model(batch.target_input)
    return symbol_loss(logits, batch.target_output)


@torch.no_grad()
def mean_symbol_loss(
    model: nn.Module,
    loss_function: Callable[[nn.Module, object], Tensor],
    batches: Iterable[Batch | SymbolBatch],
) -> float:
    """The loss in nats per symbol over all `batches`, in evaluation mode; its exp: the perplexity.

    Every symbol counts the same, END too. (The mean of the batches' means, by which training is
    watched, gives more weight to the symbols of a batch of short sentences.)
    """
    model.eval()
    device = next(model.parameters()).device
    total, symbols = 0.0, 0
    for batch in batches:
        count = int((batch.target_output != PADDING).sum())
        total += count * loss_function(model, to_device(batch, device)).item()
        symbols += count
    if symbols == 0:
        raise ValueError("expected at least one batch to measure the loss on, got none")
    return total / symbols


def bits_per_symbol(
    model: RecurrentLanguageModel,
    vocabulary: Vocabulary,
    sentences: Sequence[Tokens],
    batch_size: int = 200,
) -> float:
    """Cross entropy of `sentences` under the model in bits per symbol, END included."""
    check_vocabulary(vocabulary, model.embedding)
    batches = SymbolBatches(sentences, vocabulary, batch_size)
    return mean_symbol_loss(model, language_model_loss, batches) / math.log(2)


@torch.no_grad()
def next_symbol_probabilities(
    model: RecurrentLanguageModel,
    vocabulary: Vocabulary,
    prefix: Sequence[str] = (),
    temperature: float = 1.0,
) -> Tensor:
    """Of each symbol as the one after `prefix`; END stands for "the sentence ends here".

    Returns a tensor of shape (vocabulary,) on the CPU, float64, with sum 1. Logits are divided by
    `temperature` before the softmax: at 1 these are the model's own probabilities, below it likely
    symbols gain, and at 0 the likeliest has probability 1. PADDING and START have 0.
    """
    logits, _ = _read(model, vocabulary, prefix)
    return _probabilities(logits, temperature)


@torch.no_grad()
def write(
    model: RecurrentLanguageModel,
    vocabulary: Vocabulary,
    prefix: Sequence[str] = (),
    *,
    max_length: int = 100,
    temperature: float = 1.0,
    seed: int = 0,
) -> Tokens:
    """Let the model go on after `prefix`, symbol by symbol, until END or for `max_length` symbols.

    Each symbol is drawn with its probability at `temperature`, with random numbers from `seed`; at
    0 it is the likeliest one. Returns the prefix and what follows.
    """
    generator = torch.Generator().manual_seed(seed)
    logits, state = _read(model, vocabulary, prefix)
    device, written = logits.device, []
    while len(written) < max_length:
        probabilities = _probabilities(logits, temperature)
        number = int(torch.multinomial(probabilities, 1, generator=generator))
        if number == END:
            break
        written.append(number)
        logits, state = model(torch.tensor([[number]], device=device), state)
    return (*prefix, *vocabulary.decode(written))


def _read(
    model: RecurrentLanguageModel, vocabulary: Vocabulary, prefix: Sequence[str]
) -> tuple[Tensor, State]:
    """Logits of the symbol after START and `prefix`, (1, 1 or more, vocabulary), and the state."""
    check_vocabulary(vocabulary, model.embedding)
    model.eval()
    symbols = torch.tensor([[START, *vocabulary.encode(prefix)]])  # (1, 1 + length of the prefix)
    return model(symbols.to(model.embedding.weight.device))


def _probabilities(logits: Tensor, temperature: float) -> Tensor:
    """Logits (1, length, vocabulary) -> probabilities after the last symbol, (vocabulary,)."""
    if not 0 <= temperature < math.inf:
        raise ValueError(f"expected a temperature of 0 or more, got {temperature}; try 1")
    check_logits(logits)
    last = logits[0, -1].double().cpu()  # (1, length, vocabulary) -> (vocabulary,)
    last[NEVER_WRITTEN] = -math.inf
    if temperature == 0:
        return F.one_hot(last.argmax(), len(last)).double()
    return ((last - last.max()) / temperature).softmax(-1)


def check_symbols(symbols: Tensor) -> None:
    """Raise `ValueError` unless the shape is (batch, length) with a length of 1 or more."""
    if symbols.ndim != 2 or symbols.shape[1] < 1:
        raise ValueError(
            "expected symbols of shape (batch, length) with a length of 1 or more, got "
            f"{tuple(symbols.shape)}; a single sentence becomes a batch with `symbols[None]`"
        )


def check_logits(logits: Tensor) -> None:
    """Raise `ValueError` if one of them is not a number: of such nothing can be chosen."""
    if logits.isnan().any():
        raise ValueError(
            "expected logits that are numbers, got NaN; look for NaN among the weights of "
            "the model, and train or load it again"
        )


def check_vocabulary(vocabulary: Vocabulary, embedding: nn.Embedding) -> None:
    """Raise `ValueError` unless the network was made for so many symbols."""
    if len(vocabulary) != embedding.num_embeddings:
        raise ValueError(
            f"expected a vocabulary of {embedding.num_embeddings} symbols, got {len(vocabulary)}; "
            "pass the one that the network was trained with"
        )
