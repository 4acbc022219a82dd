"""Blocks of a Transformer, one after the other: what encoder, decoder and both alone are made of.

Vaswani et al. (2017), https://arxiv.org/abs/1706.03762. A sentence attends to itself, so all of its
tokens go through a layer at once.

Two rules hold everywhere. PADDING is never looked at, wherever it stands. And places count tokens:
so a sentence gives the same numbers alone and beside longer ones, and read at once or bit by bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal, NamedTuple, cast

import torch
from torch import Tensor, nn

from ..models.prediction import check_token_ids
from ..models.recurrent import State
from ..models.seq2seq import Kind, check_share
from ..text.vocabulary import PADDING
from .multi_head import MultiHeadAttention
from .positions import (
    LearntPositions,
    Pairing,
    Positions,
    RotaryPositions,
    SinePositions,
    causal_mask,
)

Norm = Literal["before", "after"]


@dataclass(frozen=True)
class Architecture:
    """The sizes of a Transformer, and what it is made of; all of its halves take one.

    size: numbers in the vector of a token, from the embedding to the last layer; even.
    heads: attentions side by side, which divide the size.
    layers: blocks one after the other, in each half.
    inner_size: hidden units of the feed-forward networks; in the paper 4 times the size.
    dropout: while training, the share of numbers set to 0 of what each sublayer adds, and of the
        embeddings with their positions, in [0, 1) (the paper's section 5.4). PyTorch's layers also
        drop weights of attention and hidden units.
    norm: layer normalisation (Ba, Kiros & Hinton 2016, https://arxiv.org/abs/1607.06450) "after"
        each residual sum, as in the paper, or "before" each sublayer, on the way in, which leaves
        a path without any from the last layer to the first, and takes one more after the last
        block. With "after" gradients near the last layer are large at first, so the learning rate
        has to begin small; with "before" it need not (Xiong et al. 2020,
        https://arxiv.org/abs/2002.04745).
    positions: "sines", "learnt" (needs `longest`), "rotary" or "none".
    longest: how many places there are to learn.
    pairing: of rotary positions, as in `RotaryPositions`.
    scaled_embedding: multiply embeddings by the square root of the size, as the paper does. Their
        numbers are first drawn with a deviation of 1 / √size, so that the sum has positions and
        embeddings of about equal size; without it they are drawn with 1. Only where the last
        layer has the same numbers (`tied`) this is more than another learning rate: there small
        rows give logits of a good size, and the same rows, read, are large enough.

    Raises `ValueError` for what does not fit.
    """

    size: int
    heads: int
    layers: int
    inner_size: int
    dropout: float = 0.0
    norm: Norm = "before"
    positions: Literal["sines", "learnt", "rotary", "none"] = "sines"
    longest: int = 0
    pairing: Pairing = "neighbours"
    scaled_embedding: bool = True

    def __post_init__(self) -> None:
        check_share("dropout", self.dropout)
        if min(self.layers, self.inner_size) < 1:
            raise ValueError(
                "expected one layer or more, with an inner_size of 1 or more, got "
                f"{self.layers} and {self.inner_size}"
            )
        if self.norm not in ("before", "after"):
            raise ValueError(f'expected the norm "before" or "after", got {self.norm!r}')
        if self.positions not in ("sines", "learnt", "rotary", "none"):
            raise ValueError(
                'expected the positions "sines", "learnt", "rotary" or "none", got '
                f"{self.positions!r}"
            )
        if (self.longest > 0) != (self.positions == "learnt"):
            raise ValueError(
                'expected a `longest` of 1 or more with "learnt" positions, and none with others, '
                f"got {self.longest} and {self.positions!r}"
            )

    @property
    def kind(self) -> Kind:
        """("Transformer", layers, size)"""
        return "Transformer", self.layers, self.size

    @property
    def embedding_factor(self) -> float:
        """What embeddings are multiplied by when they are read: √size, or 1."""
        return math.sqrt(self.size) if self.scaled_embedding else 1.0

    def new_positions(self) -> Positions:
        """A module for `positions`; what is learnt of it is first drawn here."""
        if self.positions == "sines":
            return SinePositions(self.size)
        if self.positions == "learnt":
            return LearntPositions(self.size, self.longest)
        if self.positions == "rotary":
            return RotaryPositions(self.size // self.heads, self.pairing)
        return Positions()


# ------------------------------------------------------------------------------
# A block


class FeedForward(nn.Sequential):
    """Two layers with a ReLU between, the same at each place: the paper's section 3.3."""

    def __init__(self, size: int, inner_size: int):
        super().__init__(nn.Linear(size, inner_size), nn.ReLU(), nn.Linear(inner_size, size))


class Residual(nn.Module):
    """What leads around a sublayer: its input is added to its output.

        output = residual.leave(inputs, sublayer(residual.enter(inputs)))

    In two steps, so that a sublayer may return more than its output. A norm "before" is taken on
    entering, one "after" on leaving. He et al. (2016), https://arxiv.org/abs/1512.03385.
    """

    def __init__(self, size: int, dropout: float, norm: Norm):
        super().__init__()
        self.before = norm == "before"
        self.norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout)

    def enter(self, inputs: Tensor) -> Tensor:
        """(batch, length, size) -> the same shape"""
        return self.norm(inputs) if self.before else inputs

    def leave(self, inputs: Tensor, change: Tensor) -> Tensor:
        """(batch, length, size) twice -> the same shape"""
        outputs = inputs + self.dropout(change)
        return outputs if self.before else self.norm(outputs)


class Passed(NamedTuple):
    """What comes out of one block.

    outputs: (batch, length, size).
    keys, values: of self-attention, those of earlier steps before the new ones,
        (batch, heads, places, head_size).
    weights: of self-attention, (batch, heads, length, places).
    source_weights: (batch, heads, length, source_length); None without a source.
    """

    outputs: Tensor
    keys: Tensor
    values: Tensor
    weights: Tensor
    source_weights: Tensor | None


class Block(nn.Module):
    """Self-attention, attention to a source if there is one, and a feed-forward network.

    Each is a sublayer with a `Residual` around it. Without a source and with a mask that hides
    padding it is `torch.nn.TransformerEncoderLayer`; with a source and a causal mask
    `torch.nn.TransformerDecoderLayer`, number by number.
    """

    def __init__(self, architecture: Architecture, with_source: bool):
        super().__init__()
        size, heads = architecture.size, architecture.heads

        def residual() -> Residual:
            return Residual(size, architecture.dropout, architecture.norm)

        self.attention, self.around_attention = MultiHeadAttention(size, heads), residual()
        self.source_attention = MultiHeadAttention(size, heads) if with_source else None
        self.around_source_attention = residual() if with_source else None
        self.feed_forward = FeedForward(size, architecture.inner_size)
        self.around_feed_forward = residual()

    def forward(
        self,
        inputs: Tensor,
        mask: Tensor | None = None,
        turn: Callable[[Tensor], Tensor] = lambda vectors: vectors,
        past: tuple[Tensor, Tensor] | None = None,
        source: tuple[Tensor, Tensor] | None = None,
        source_mask: Tensor | None = None,
    ) -> Passed:
        """inputs: (batch, length, size); mask: what self-attention may look at, as in
        `MultiHeadAttention.attend`, over the places of `past` and then the new ones.

        turn: what positions do to queries and keys, (batch, heads, length, head_size).
        past: keys and values of earlier steps, already turned.
        source, source_mask: its keys and values, (batch, heads, source_length, head_size) each, and
            (batch, source_length).
        """
        entered = self.around_attention.enter(inputs)
        queries = turn(self.attention.queries(entered))
        keys = turn(self.attention.keys(entered))
        values = self.attention.values(entered)
        if past is not None:
            keys, values = torch.cat([past[0], keys], 2), torch.cat([past[1], values], 2)
        change, weights = self.attention.attend(queries, keys, values, mask)
        inputs = self.around_attention.leave(inputs, change)

        source_weights = None
        if self.source_attention is not None and self.around_source_attention is not None:
            if source is None:
                raise ValueError("expected keys and values of a source, got none; project it first")
            queries = self.source_attention.queries(self.around_source_attention.enter(inputs))
            change, source_weights = self.source_attention.attend(queries, *source, source_mask)
            inputs = self.around_source_attention.leave(inputs, change)

        change = self.feed_forward(self.around_feed_forward.enter(inputs))
        outputs = self.around_feed_forward.leave(inputs, change)
        return Passed(outputs, keys, values, weights, source_weights)


# ------------------------------------------------------------------------------
# All blocks, with positions, masks and the cache


class Stacked(NamedTuple):
    """What comes out of a stack of blocks.

    outputs: (batch, length, size).
    state: keys and values of all tokens read so far, (layers, batch, heads, places, head_size)
        each, and where there is a token, (1, batch, places), bool.
    weights: of self-attention, for each layer (batch, heads, length, places).
    source_weights: for each layer (batch, heads, length, source_length); without a source none.
    """

    outputs: Tensor
    state: State
    weights: tuple[Tensor, ...]
    source_weights: tuple[Tensor, ...]


class Stack(nn.Module):
    """The blocks of one half of a Transformer, one after the other, with what they need.

    All matrices are first drawn by Glorot & Bengio's rule (2010,
    https://proceedings.mlr.press/v9/glorot10a.html) from within ±√(6 / (inputs + outputs)), and
    biases are 0. The paper does not say; its authors' code, and `torch.nn.Transformer`, do so.
    """

    def __init__(self, architecture: Architecture, with_source: bool = False):
        super().__init__()
        self.architecture = architecture
        self.positions = architecture.new_positions()
        self.dropout = nn.Dropout(architecture.dropout)
        self.blocks = nn.ModuleList(
            Block(architecture, with_source) for _ in range(architecture.layers)
        )
        last = architecture.norm == "before"  # what was only added to was never normalised
        self.last_norm = nn.LayerNorm(architecture.size) if last else nn.Identity()
        self.blocks.apply(_draw_weights)

    def embed(self, embedding: nn.Embedding, token_ids: Tensor) -> tuple[Tensor, Tensor]:
        """What goes into the first block, but for positions, and where there is a token at all.

        Token ids (batch, length) -> (batch, length, size), and (batch, length), False at padding.
        """
        check_token_ids(token_ids)
        embedded = self.architecture.embedding_factor * embedding(token_ids)
        return embedded, token_ids != PADDING

    def forward(
        self,
        embedded: Tensor,
        there: Tensor | None,
        state: State = (),
        causal: bool = True,
        source: Tensor | None = None,
        source_mask: Tensor | None = None,
        places: Tensor | None = None,
    ) -> Stacked:
        """embedded, there: what `embed` returned, (batch, length, size) and (batch, length); where
        `there` is None no place is padding.

        state: what was returned after the tokens before; () if there are none.
        causal: whether no token looks at later ones.
        source: what `project_source` returned; source_mask: (batch, source_length).
        places: where each token stands, (batch or 1, length), if they are not to be counted: some
            patches of a picture without the others.
        """
        length = embedded.shape[1]
        nothing_hidden = there is None and not state and not causal
        if there is None:
            there = torch.ones(embedded.shape[:2], dtype=torch.bool, device=embedded.device)
        if state:
            there = torch.cat([state[2][0], there], 1)  # -> (batch, places)
        if places is None:
            places = (there.cumsum(1) - 1).clamp(min=0)[:, -length:]  # -> (batch, length)
        # A mask that hides nothing would only take time.
        mask = None if nothing_hidden else there[:, None]  # (batch, 1, places)
        if mask is not None and causal:  # -> (batch, length, places)
            mask = mask & causal_mask(length, there.shape[1], there.device)
        # (batch, 2 * layers, ..) -> 2 * layers times (batch, heads, source_length, head_size)
        projected = () if source is None else source.unbind(1)

        passed: list[Passed] = []
        vectors = self.dropout(self.positions.add(embedded, places))
        for layer, block in enumerate(self.blocks):
            passed.append(
                block(
                    vectors,
                    mask,
                    partial(self.positions.turn, places=places),
                    (state[0][layer], state[1][layer]) if state else None,
                    projected[2 * layer : 2 * layer + 2] or None,
                    source_mask,
                )
            )
            vectors = passed[-1].outputs
        return Stacked(
            self.last_norm(vectors),
            (
                torch.stack([one.keys for one in passed]),
                torch.stack([one.values for one in passed]),
                there[None],
            ),
            tuple(one.weights for one in passed),
            tuple(one.source_weights for one in passed if one.source_weights is not None),
        )

    def project_source(self, outputs: Tensor) -> Tensor:
        """What all blocks make of the encoder's outputs (batch, source_length, size).

        Keys and values of the first block, then of the next:
        (batch, 2 * layers, heads, source_length, head_size). Raises `ValueError` for a stack that
        looks at no source.
        """
        projected = []
        for block in self.blocks:
            attention = cast(Block, block).source_attention
            if attention is None:
                raise ValueError("expected blocks that look at a source, got a Stack without")
            projected += [attention.keys(outputs), attention.values(outputs)]
        return torch.stack(projected, 1)


def new_embedding(vocabulary_size: int, architecture: Architecture) -> nn.Embedding:
    """The vectors of all tokens, first drawn as `Architecture.scaled_embedding` says."""
    embedding = nn.Embedding(vocabulary_size, architecture.size, padding_idx=PADDING)
    with torch.no_grad():
        embedding.weight /= architecture.embedding_factor  # drawn with 1; the zeros of PADDING stay
    return embedding


def new_read_out(embedding: nn.Embedding, architecture: Architecture, tied: bool) -> nn.Linear:
    """The last layer, (.., size) -> logits (.., vocabulary); tied, its matrix is the embedding.

    Press & Wolf (2017), https://arxiv.org/abs/1608.05859. Tied layers want a scaled embedding: with
    rows drawn with a deviation of 1 the first logits would be so large that the network begins
    certain of what is wrong. So `ValueError` is raised without one.
    """
    if tied and not architecture.scaled_embedding:
        raise ValueError("expected a scaled_embedding for tied layers, got none; leave one out")
    read_out = nn.Linear(embedding.embedding_dim, embedding.num_embeddings)
    _draw_weights(read_out)
    if tied:
        read_out.weight = embedding.weight
    return read_out


def _draw_weights(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
