"""A sequence in, another out, of whatever lengths: two recurrent networks and what passes between.

The encoder reads the source sentence; its last state is all that the decoder gets to know of it.
Sutskever, Vinyals & Le (2014), https://arxiv.org/abs/1409.3215; Cho et al. (2014),
https://arxiv.org/abs/1406.1078.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ..text.batches import Batch, padding_mask
from ..text.vocabulary import PADDING
from .prediction import check_token_ids, token_loss
from .recurrent import Cell, RecurrentLayers, State

# What a network is made of (the name of its cell, for instance), its layers, and its size.
Kind = tuple[str, int, int]


class Encoded(NamedTuple):
    """What the encoder knows of a batch of source sentences.

    outputs: (batch, source_length, hidden_size), the top layer's hidden state after each token,
        zeros at padding.
    mask: (batch, source_length), bool, True where there is a token.
    state: after the last token of each sentence; a tuple of one tensor (GRU) or two (LSTM: hidden
        and cell state), each (layers, batch, hidden_size). A Transformer's encoder leaves none, ().
    projected_keys: (batch, source_length, projected_size), what a decoder with attention makes of
        the outputs once for a sentence, by `prepare`; None before that, and of other decoders.

    If the encoder reads in both directions, one half of the hidden_size numbers comes from each.
    """

    outputs: Tensor
    mask: Tensor
    state: State
    projected_keys: Tensor | None = None


class Decoded(NamedTuple):
    """What the decoder says of a batch of target sentences.

    logits: (batch, target_length, vocabulary), of the token after each one it read.
    state: after the last token, in the form of `Encoded.state`.
    weights: (batch, target_length, source_length), how much each step looked at each source token;
        None of a decoder that does not look back.
    """

    logits: Tensor
    state: State
    weights: Tensor | None = None


class SourceReader(nn.Module):
    """What a `Seq2Seq` asks of its encoder; those that there are, are subclasses."""

    embedding: nn.Embedding

    @property
    def kind(self) -> Kind:
        """What it is made of, how many layers, and how many numbers each of its outputs has."""
        raise NotImplementedError

    def forward(self, source: Tensor, source_lengths: Tensor) -> Encoded:
        """source: (batch, source_length); source_lengths: (batch,)."""
        raise NotImplementedError


class TargetWriter(nn.Module):
    """What a `Seq2Seq`, and a search, ask of a decoder; those that there are, are subclasses."""

    embedding: nn.Embedding

    @property
    def kind(self) -> Kind:
        """What it is made of, how many layers, and how many numbers a token's vector has."""
        raise NotImplementedError

    def check_encoder(self, encoder: SourceReader) -> None:
        """Raise `ValueError` for an encoder whose `Encoded` this decoder cannot use."""
        raise NotImplementedError

    def prepare(self, encoded: Encoded) -> Encoded:
        """What stays the same at every step, computed once: nothing here, the keys in attention.

        A search calls this before its first step.
        """
        return encoded

    def forward(
        self, target_input: Tensor, encoded: Encoded, state: State | None = None
    ) -> Decoded:
        """Read `target_input` (batch, target_length) and predict the token after each of its own.

        Without a `state` the decoder begins with the sentence. With the one it returned before it
        goes on: decoding feeds it its own tokens so, one at a time.
        """
        raise NotImplementedError


class Encoder(SourceReader):
    """Reads the source sentence. Padding is packed away, so that it never reaches the state.

    bidirectional: read it from both ends (Schuster & Paliwal 1997,
        https://doi.org/10.1109/78.650093), as Bahdanau et al. (2015) do,
        https://arxiv.org/abs/1409.0473. The output at a token then knows what comes before it and
        what comes after it. Either direction has hidden_size / 2 numbers, so the same `Decoder`
        fits: first those of the network that reads forwards, then those of the one that reads
        backwards, whose last token is the first of the sentence.
    embedding_deviation: standard deviation of the normal distribution that the embedding's numbers
        are first drawn from, above 0. PyTorch takes 1, but draws the weights of the recurrent
        network from within ±1/√hidden_size. A step of Adam moves every number about as far, however
        large it is; so the smaller the first embeddings are, the more the same steps change them.
    word_dropout: how likely a token's whole embedding becomes 0 while training, in [0, 1) (Gal &
        Ghahramani 2016, https://arxiv.org/abs/1512.05287), so that no word can be relied upon.
    output_dropout: dropout of the outputs, in [0, 1), before anything looks back at them; the state
        that the decoder begins with is left whole.

    Raises `ValueError` for another cell, an odd hidden size for two directions, a deviation that is
    not above 0, and a dropout of words or outputs outside [0, 1).
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        cell: Cell = nn.GRU,
        layers: int = 1,
        dropout: float = 0.0,
        bidirectional: bool = False,
        embedding_deviation: float = 1.0,
        word_dropout: float = 0.0,
        output_dropout: float = 0.0,
    ):
        super().__init__()
        self.embedding = _new_embedding(vocabulary_size, embedding_size, embedding_deviation)
        self.recurrent = RecurrentLayers(
            embedding_size, hidden_size, cell, layers, dropout, bidirectional
        )
        self.dropout = nn.Dropout(dropout)
        self.word_dropout = WordDropout(word_dropout)
        self.output_dropout = nn.Dropout(check_share("output_dropout", output_dropout))

    @property
    def kind(self) -> Kind:
        """Cell, layers and hidden size."""
        return self.recurrent.kind

    def forward(self, source: Tensor, source_lengths: Tensor) -> Encoded:
        """source: (batch, source_length); source_lengths: (batch,), each from 1 to source_length.

        Raises `ValueError` for other shapes or lengths.
        """
        lengths = source_lengths.cpu()  # where packing wants them
        check_lengths(source, lengths)
        embedded = self.word_dropout(self.embedding(source))
        embedded = self.dropout(embedded)  # -> (batch, source_length, embedding_size)
        packed = pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        hidden, state = self.recurrent(packed)
        outputs, _ = pad_packed_sequence(
            hidden, batch_first=True, total_length=source.shape[1]
        )  # -> (batch, source_length, hidden_size)
        mask = padding_mask(lengths.to(source.device), source.shape[1])
        return Encoded(self.output_dropout(outputs), mask, state)


class Decoder(TargetWriter):
    """Writes the target sentence: a language model that begins with the encoder's last state.

    With `context_at_every_step` it also reads that state (the top layer's hidden one) along with
    every token, as Cho et al. (2014) have it; without, as Sutskever et al. (2014).
    `embedding_deviation` and `word_dropout` are as in `Encoder`.

    With `tied` a token is read and written with the same numbers: its row of the embedding is also
    its row of the last layer (Press & Wolf 2017, https://arxiv.org/abs/1608.05859). What is read
    out has then `embedding_size` numbers, which without attention have to be `hidden_size`. Take a
    small `embedding_deviation`, 0.1 for instance: with 1 the first logits are so large that the
    network begins certain of what is wrong.

    All hidden states are computed first, for the whole sentence in one pass, and only then turned
    into logits by `read_out`. A decoder that looks back at the source sentence after its recurrent
    step (Luong, Pham & Manning 2015, https://arxiv.org/abs/1508.04025) is a subclass with another
    `read_out`, which compares all `hidden` with all `encoded.outputs` at once.
    """

    # Whether `read_out` has a layer of its own before the last, which fits one size to the other.
    joins_context = False

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        cell: Cell = nn.GRU,
        layers: int = 1,
        dropout: float = 0.0,
        context_at_every_step: bool = False,
        embedding_deviation: float = 1.0,
        word_dropout: float = 0.0,
        tied: bool = False,
    ):
        super().__init__()
        self.context_at_every_step = context_at_every_step
        input_size = embedding_size + (hidden_size if context_at_every_step else 0)
        self.embedding = _new_embedding(vocabulary_size, embedding_size, embedding_deviation)
        self.recurrent = RecurrentLayers(input_size, hidden_size, cell, layers, dropout)
        if tied and embedding_size != hidden_size and not self.joins_context:
            raise ValueError(
                "expected an embedding_size that equals the hidden_size if the layers are tied, "
                f"got {embedding_size} and {hidden_size}; an AttentionalDecoder takes any two"
            )
        self.read_out_size = embedding_size if tied else hidden_size
        self.to_logits = nn.Linear(self.read_out_size, vocabulary_size)
        if tied:
            self.to_logits.weight = self.embedding.weight
        self.dropout = nn.Dropout(dropout)
        self.word_dropout = WordDropout(word_dropout)

    def forward(
        self, target_input: Tensor, encoded: Encoded, state: State | None = None
    ) -> Decoded:
        """Read `target_input` (batch, target_length) and predict the token after each of its own.

        Without a `state` the decoder begins where the encoder ended. With the one it returned
        before it goes on: decoding feeds it its own tokens so, one at a time.
        """
        state = encoded.state if state is None else state
        inputs = self.read(target_input, encoded)
        hidden, state = self.recurrent(inputs, state)  # -> (batch, target_length, hidden_size)
        logits, weights = self.read_out(hidden, encoded)  # -> (batch, target_length, vocabulary)
        return Decoded(logits, state, weights)

    def read(self, target_input: Tensor, encoded: Encoded) -> Tensor:
        """What goes into the recurrent network: (batch, target_length, its input size)."""
        check_token_ids(target_input)
        inputs = self.word_dropout(self.embedding(target_input))
        inputs = self.dropout(inputs)  # -> (batch, target_length, embedding_size)
        if self.context_at_every_step:
            context = encoded.state[0][-1]  # (layers, batch, hidden_size) -> (batch, hidden_size)
            context = context[:, None].expand(-1, target_input.shape[1], -1)
            inputs = torch.cat([inputs, context], -1)  # -> (.., target_length, embedding + hidden)
        return inputs

    @property
    def kind(self) -> Kind:
        """Cell, layers and hidden size; the encoder's have to be the same."""
        return self.recurrent.kind

    def check_encoder(self, encoder: SourceReader) -> None:
        """Raise `ValueError` for an encoder of another kind."""
        if encoder.kind != self.kind:
            raise ValueError(
                "expected encoder and decoder with the same cell, layers and hidden size, got "
                f"{encoder.kind} and {self.kind}; the decoder begins with the encoder's state"
            )

    def read_out(self, hidden: Tensor, encoded: Encoded) -> tuple[Tensor, Tensor | None]:
        """Hidden states (batch, target_length, hidden_size) -> logits, and attention weights."""
        return self.to_logits(self.dropout(hidden)), None


class WordDropout(nn.Module):
    """While training, sets the whole embedding of a token to 0 with the probability `share`.

    The others are multiplied by 1 / (1 - share), so that the mean stays. Raises `ValueError` for a
    share outside [0, 1).
    """

    def __init__(self, share: float):
        super().__init__()
        self.share = check_share("word_dropout", share)

    def forward(self, embedded: Tensor) -> Tensor:
        """(batch, length, embedding_size) -> the same shape; not one random number for 0."""
        if not self.training or self.share == 0:
            return embedded
        kept = torch.rand(embedded.shape[:-1], device=embedded.device) >= self.share
        return embedded * (kept / (1 - self.share)).to(embedded.dtype)[..., None]


class Seq2Seq(nn.Module):
    """An encoder and a decoder, trained as one network.

    Raises `ValueError` if they do not fit: a recurrent decoder begins with its encoder's state,
    which has to be of the same form.
    """

    def __init__(self, encoder: SourceReader, decoder: TargetWriter):
        super().__init__()
        decoder.check_encoder(encoder)
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, batch: Batch) -> Decoded:
        """Teacher forcing: the decoder reads the true target, whatever it would have written.

        Williams & Zipser (1989), https://doi.org/10.1162/neco.1989.1.2.270.
        """
        encoded = self.encoder(batch.source, batch.source_lengths)
        return self.decoder(batch.target_input, encoded)


def translation_loss(model: Seq2Seq, batch: Batch, label_smoothing: float = 0.0) -> Tensor:
    """Mean cross entropy in nats per target token, shape (); END counts, padding does not.

    label_smoothing: in training mode alone, how much of the truth is spread over the whole
        vocabulary, in [0, 1] (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567). So validation
        losses stay comparable: they never have it.
    """
    smoothing = label_smoothing if model.training else 0.0
    return token_loss(model(batch).logits, batch.target_output, smoothing)


def _new_embedding(vocabulary_size: int, embedding_size: int, deviation: float) -> nn.Embedding:
    if not 0 < deviation < math.inf:
        raise ValueError(
            f"expected an embedding_deviation above 0, got {deviation}; 1 is PyTorch's own"
        )
    embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=PADDING)
    with torch.no_grad():
        embedding.weight *= deviation  # drawn with 1; the zeros of PADDING stay
    return embedding


def check_share(name: str, share: float) -> float:
    """`share`; raises `ValueError` unless it lies in [0, 1)."""
    if not 0 <= share < 1:
        raise ValueError(f"expected a {name} from 0 to below 1, got {share}; 0 changes nothing")
    return share


def check_lengths(source: Tensor, lengths: Tensor) -> None:
    """Raise `ValueError` unless each source sentence has a length that fits into the tensor."""
    check_token_ids(source)
    if lengths.shape != source.shape[:1] or not (
        (lengths >= 1).all() and (lengths <= source.shape[1]).all()
    ):
        raise ValueError(
            f"expected {source.shape[0]} source lengths from 1 to {source.shape[1]}, got "
            f"{lengths.tolist()}; make the batch with utils.text.batches"
        )
