"""Encoder and decoder of a Transformer, which fit into `models.seq2seq.Seq2Seq`."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ..models.recurrent import State
from ..models.seq2seq import Decoded, Encoded, Kind, SourceReader, TargetWriter, check_lengths
from ..text.batches import padding_mask
from .stack import Architecture, Stack, new_embedding, new_read_out


class TransformerEncoder(SourceReader):
    """Reads the source sentence: every token looks at all of them, in every layer.

    It has no state to hand on; `Encoded.state` is ().
    """

    def __init__(self, vocabulary_size: int, architecture: Architecture):
        super().__init__()
        self.embedding = new_embedding(vocabulary_size, architecture)
        self.stack = Stack(architecture)

    @property
    def kind(self) -> Kind:
        """("Transformer", layers, size)"""
        return self.stack.architecture.kind

    def forward(self, source: Tensor, source_lengths: Tensor) -> Encoded:
        """source: (batch, source_length); source_lengths: (batch,), each from 1 to source_length.

        Raises `ValueError` for other shapes or lengths.
        """
        return self.with_weights(source, source_lengths)[0]

    def with_weights(self, source: Tensor, source_lengths: Tensor) -> tuple[Encoded, Tensor]:
        """`forward`, and the weights of all heads, (layers, batch, heads, source, source).

        Those of a query that is padding mean nothing.
        """
        lengths = source_lengths.to(source.device)
        check_lengths(source, lengths)
        embedded, there = self.stack.embed(self.embedding, source)
        there = there & padding_mask(lengths, source.shape[1])
        stacked = self.stack(embedded, there, causal=False)
        outputs = stacked.outputs.masked_fill(~there[..., None], 0.0)
        return Encoded(outputs, there, ()), torch.stack(stacked.weights)


class DecodedWithWeights(NamedTuple):
    """What a Transformer's decoder says, and all that it looked at.

    weights: of self-attention, (layers, batch, heads, target_length, places); the places are those
        of earlier steps, then the new ones.
    source_weights: (layers, batch, heads, target_length, source_length).
    """

    decoded: Decoded
    weights: Tensor
    source_weights: Tensor


class TransformerDecoder(TargetWriter):
    """Writes the target sentence: every token looks at those before it, then at the source.

    Its state is a cache: the keys and values of all it has read, which are the same at every later
    step (`Stacked.state`). The source's are in `Encoded.projected_keys`, by `prepare`, for all
    steps. In an encoder it needs outputs of `size` numbers alone, so a recurrent one fits too.

    tied: as in `stack.new_read_out`.
    weights_layer: `Decoded.weights` is the mean over the heads of this layer, counted from 0, or
        from the end if negative. The heads divide the work; their mean is what a layer as a whole
        looks at, and has the sum 1. `with_weights` returns those of each head.
    """

    def __init__(
        self,
        vocabulary_size: int,
        architecture: Architecture,
        tied: bool = False,
        weights_layer: int = -1,
    ):
        super().__init__()
        if not -architecture.layers <= weights_layer < architecture.layers:
            raise ValueError(
                f"expected a weights_layer out of {architecture.layers} layers, got {weights_layer}"
            )
        self.weights_layer = weights_layer
        self.embedding = new_embedding(vocabulary_size, architecture)
        self.stack = Stack(architecture, with_source=True)
        self.to_logits = new_read_out(self.embedding, architecture, tied)

    @property
    def kind(self) -> Kind:
        """("Transformer", layers, size)"""
        return self.stack.architecture.kind

    def check_encoder(self, encoder: SourceReader) -> None:
        """Raise `ValueError` for an encoder whose outputs have another size."""
        if encoder.kind[-1] != self.kind[-1]:
            raise ValueError(
                "expected an encoder whose outputs have as many numbers as the decoder's vectors, "
                f"{self.kind[-1]}, got {encoder.kind[-1]}; build both with the same size"
            )

    def prepare(self, encoded: Encoded) -> Encoded:
        """With the keys and values of the source, and with nothing read."""
        projected = self.stack.project_source(encoded.outputs)
        return encoded._replace(projected_keys=projected, state=())

    def forward(
        self, target_input: Tensor, encoded: Encoded, state: State | None = None
    ) -> Decoded:
        """As in `TargetWriter`."""
        return self.with_weights(target_input, encoded, state).decoded

    def with_weights(
        self, target_input: Tensor, encoded: Encoded, state: State | None = None
    ) -> DecodedWithWeights:
        """`forward`, and the weights of all heads; those of padding as a query mean nothing."""
        source = encoded.projected_keys
        if source is None:  # as it comes from the encoder
            source = self.stack.project_source(encoded.outputs)
        embedded, there = self.stack.embed(self.embedding, target_input)
        stacked = self.stack(embedded, there, state or (), source=source, source_mask=encoded.mask)
        logits = self.to_logits(stacked.outputs)  # -> (batch, target_length, vocabulary)
        # (batch, heads, target_length, source_length) -> (batch, target_length, source_length)
        looked = stacked.source_weights[self.weights_layer].mean(1)
        return DecodedWithWeights(
            Decoded(logits, stacked.state, looked),
            torch.stack(stacked.weights),
            torch.stack(stacked.source_weights),
        )
