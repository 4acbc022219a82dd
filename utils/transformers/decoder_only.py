"""The Transformer's decoder alone: a language model, and a translator that is nothing else.

Radford, Narasimhan, Salimans & Sutskever (2018),
https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf: a
network that learns which token comes next can do any task that can be written as a text to go on
with. Translation so: the source, a separator, and then the target.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..models.language_model import LanguageModel
from ..models.recurrent import State
from ..models.seq2seq import (
    Decoded,
    Encoded,
    Kind,
    Seq2Seq,
    SourceReader,
    TargetWriter,
    check_lengths,
)
from ..text.batches import padding_mask
from .stack import Architecture, Stack, new_embedding, new_read_out


class TransformerLanguageModel(LanguageModel):
    """Gives a probability to every token as the next one, from all tokens before it.

    Its state is the cache, `Stacked.state`. `tied` is as in `stack.new_read_out`.

    causal: False takes the mask of the future away, as a mistake: in training every token then sees
        the next one, which it should predict.
    """

    def __init__(
        self,
        vocabulary_size: int,
        architecture: Architecture,
        tied: bool = False,
        causal: bool = True,
    ):
        super().__init__()
        self.embedding = new_embedding(vocabulary_size, architecture)
        self.stack = Stack(architecture)
        self.to_logits = new_read_out(self.embedding, architecture, tied)
        self.causal = causal

    def forward(self, token_ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """As in `LanguageModel`: logits (batch, length, vocabulary), and the state."""
        logits, state, _ = self.with_weights(token_ids, state)
        return logits, state

    def with_weights(
        self, token_ids: Tensor, state: State | None = None
    ) -> tuple[Tensor, State, Tensor]:
        """`forward`, and the weights of all heads, (layers, batch, heads, length, places).

        The places are those of earlier calls, then the new ones. The weights of a query that is
        padding mean nothing.
        """
        embedded, there = self.stack.embed(self.embedding, token_ids)
        stacked = self.stack(embedded, there, state or (), causal=self.causal)
        return self.to_logits(stacked.outputs), stacked.state, torch.stack(stacked.weights)


class PrefixEncoder(SourceReader):
    """Reads the source into the cache of a `PrefixDecoder`, whose blocks it uses.

    sees_all: whether source tokens look at later ones of the source too, of which none has to be
        predicted (the "prefix language model" of Raffel et al. 2020,
        https://jmlr.org/papers/v21/20-074.html). Without it all is one text, read from the left.
    """

    def __init__(self, vocabulary_size: int, stack: Stack, sees_all: bool = False):
        super().__init__()
        self.embedding = new_embedding(vocabulary_size, stack.architecture)
        self.stack = stack
        self.sees_all = sees_all

    @property
    def kind(self) -> Kind:
        """("Transformer", layers, size)"""
        return self.stack.architecture.kind

    def forward(self, source: Tensor, source_lengths: Tensor) -> Encoded:
        """source: (batch, source_length); source_lengths: (batch,), each from 1 to source_length.

        Raises `ValueError` for other shapes or lengths.
        """
        lengths = source_lengths.to(source.device)
        check_lengths(source, lengths)
        embedded, there = self.stack.embed(self.embedding, source)
        there = there & padding_mask(lengths, source.shape[1])
        stacked = self.stack(embedded, there, causal=not self.sees_all)
        return Encoded(stacked.outputs.masked_fill(~there[..., None], 0.0), there, stacked.state)


class PrefixDecoder(TargetWriter):
    """Goes on with the text that the source began: START is the separator, then comes the target.

    weights_layer: `Decoded.weights` is the mean over the heads of this layer, as in
        `TransformerDecoder`, of the source's tokens alone: the rest of each sum of 1 went to the
        target's.
    """

    def __init__(
        self, vocabulary_size: int, stack: Stack, tied: bool = False, weights_layer: int = -1
    ):
        super().__init__()
        self.embedding = new_embedding(vocabulary_size, stack.architecture)
        self.stack = stack
        self.to_logits = new_read_out(self.embedding, stack.architecture, tied)
        self.weights_layer = weights_layer

    @property
    def kind(self) -> Kind:
        """("Transformer", layers, size)"""
        return self.stack.architecture.kind

    def check_encoder(self, encoder: SourceReader) -> None:
        """Raise `ValueError` unless the encoder has the very same blocks."""
        if not isinstance(encoder, PrefixEncoder) or encoder.stack is not self.stack:
            raise ValueError(
                "expected a PrefixEncoder with this decoder's own Stack, got "
                f"{type(encoder).__name__}; call decoder_only_translator, which builds both"
            )

    def forward(
        self, target_input: Tensor, encoded: Encoded, state: State | None = None
    ) -> Decoded:
        """As in `TargetWriter`."""
        embedded, there = self.stack.embed(self.embedding, target_input)
        stacked = self.stack(embedded, there, encoded.state if state is None else state)
        source_length = encoded.mask.shape[1]
        # (batch, heads, target_length, places) -> (batch, target_length, source_length)
        looked = stacked.weights[self.weights_layer].mean(1)[..., :source_length]
        return Decoded(self.to_logits(stacked.outputs), stacked.state, looked)


def decoder_only_translator(
    source_vocabulary_size: int,
    target_vocabulary_size: int,
    architecture: Architecture,
    tied: bool = False,
    sees_all: bool = False,
) -> Seq2Seq:
    """A decoder alone that translates: one stack of blocks reads the source and goes on from it.

    It is a `Seq2Seq`, so loss, search and measures are those of all translators. Read in two
    parts, source and target give the numbers of one text with START between them; the loss is on
    the target alone. Each language keeps its own embedding, as one table of both would. `tied` is
    as in `stack.new_read_out`, `sees_all` as in `PrefixEncoder`.
    """
    stack = Stack(architecture)
    encoder = PrefixEncoder(source_vocabulary_size, stack, sees_all)
    return Seq2Seq(encoder, PrefixDecoder(target_vocabulary_size, stack, tied))
