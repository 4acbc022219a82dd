"""Attention: a weighted sum of values; the better its key answers the query, the more one counts.

A query is compared with every key, which gives a score for each; softmax turns the scores into
weights, positive and with the sum 1; the context is the sum of the values, each times its weight.
Bahdanau, Cho & Bengio (2015), https://arxiv.org/abs/1409.0473; the words query, key and value are
those of Vaswani et al. (2017), https://arxiv.org/abs/1706.03762.

What makes weights of scores takes them, (batch, queries, keys), and a mask, and returns the same
shape.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn

from .recurrent import Cell, RecurrentLayers, State
from .seq2seq import Decoded, Decoder, Encoded, Kind, Seq2Seq

# Of 4 bytes each: what the last cache of a present processor holds beside other things.
NUMBERS_IN_CACHE = 1_000_000


class Attended(NamedTuple):
    """What attention returns, with the dimensions before queries and keys that it was given.

    context: (batch, queries, value_size).
    weights: (batch, queries, keys), in [0, 1]; those of one query add up to 1, or are all 0 if
        the mask left it no key.
    """

    context: Tensor
    weights: Tensor


# ------------------------------------------------------------------------------
# Scores; greater means a better answer.


class Score(nn.Module):
    """How well each key answers each query, in two steps, as only the second needs the queries.

    project_keys: a module, keys (batch, keys, key_size) -> (batch, keys, projected_size). A decoder
        asks the same keys at every step, and so projects them once for a sentence.
    """

    project_keys: nn.Module

    def compare(self, query: Tensor, projected_keys: Tensor) -> Tensor:
        """query: (batch, queries, query_size); projected_keys: what `project_keys` returned.

        Returns (batch, queries, keys).
        """
        raise NotImplementedError

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """(batch, queries, query_size) and (batch, keys, key_size) -> (batch, queries, keys)"""
        return self.compare(query, self.project_keys(keys))


class DotScore(Score):
    """The dot product q · k, without parameters (Luong, Pham & Manning 2015).

    https://arxiv.org/abs/1508.04025, section 3.1. Queries and keys must be of the same size.
    """

    def __init__(self) -> None:
        super().__init__()
        self.project_keys = nn.Identity()

    def compare(self, query: Tensor, projected_keys: Tensor) -> Tensor:
        _check_equal_sizes(query, projected_keys)
        return query @ projected_keys.transpose(-2, -1)  # (.., queries, d) @ (.., d, keys)


class ScaledDotScore(DotScore):
    """The dot product divided by the square root of its length d, without parameters.

    Of vectors with independent numbers of mean 0 and variance 1 the dot product has the variance d,
    and the quotient has 1: so softmax begins soft, whatever d is (Vaswani et al. 2017, section
    3.2.1).
    """

    def compare(self, query: Tensor, projected_keys: Tensor) -> Tensor:
        return super().compare(query, projected_keys) / math.sqrt(query.shape[-1])


class GeneralScore(Score):
    """A bilinear form q · W k / √d with a learnt matrix W (query_size, key_size).

    "General" is the name of Luong, Pham & Manning (2015), who do not divide by the square root of
    the query's length d. W could learn that factor; given from the start, softmax begins soft and
    training takes smaller steps, as with the scaled dot product.
    """

    def __init__(self, query_size: int, key_size: int):
        super().__init__()
        self.project_keys = nn.Linear(key_size, query_size, bias=False)

    def compare(self, query: Tensor, projected_keys: Tensor) -> Tensor:
        # (.., queries, query_size) @ (.., query_size, keys) -> (.., queries, keys)
        return query @ projected_keys.transpose(-2, -1) / math.sqrt(query.shape[-1])


class AdditiveScore(Score):
    """A small network, v · tanh(W q + U k), whose hidden layer has `attention_size` units.

    Bahdanau, Cho & Bengio (2015), appendix A.1.2; here with a bias in the hidden layer.
    """

    def __init__(self, query_size: int, key_size: int, attention_size: int):
        super().__init__()
        self.project_query = nn.Linear(query_size, attention_size)
        self.project_keys = nn.Linear(key_size, attention_size, bias=False)
        self.to_score = nn.Linear(attention_size, 1, bias=False)

    def compare(self, query: Tensor, projected_keys: Tensor) -> Tensor:
        queries = self.project_query(query)  # -> (.., queries, attention_size)
        return _few_at_a_time(self.small_network, queries, projected_keys)

    def small_network(self, queries: Tensor, keys: Tensor) -> Tensor:
        """v · tanh(q + k) of every projected query and every projected key."""
        sums = queries.unsqueeze(-2) + keys.unsqueeze(-3)  # -> (.., queries, keys, attention_size)
        hidden = sums.tanh_()  # in the sums' own memory, as nobody needs them any more
        return self.to_score(hidden).squeeze(-1)  # -> (.., queries, keys)


def _few_at_a_time(
    compare: Callable[[Tensor, Tensor], Tensor], queries: Tensor, keys: Tensor
) -> Tensor:
    """`compare(queries, keys)`; of a large batch, some sentences after the others.

    A vector for every pair of a query and a key is more than a processor's cache holds, and memory
    is slower than arithmetic: a part of it that fits goes through all steps before the next one.
    """
    numbers = queries.shape[-2] * keys.shape[-2] * keys.shape[-1]  # of one sentence
    sentences = max(1, NUMBERS_IN_CACHE // numbers)
    if queries.ndim != 3 or len(queries) <= sentences or queries.device.type != "cpu":
        return compare(queries, keys)
    parts = zip(queries.split(sentences), keys.split(sentences), strict=True)
    return torch.cat([compare(*part) for part in parts])


# ------------------------------------------------------------------------------
# From scores to weights


def masked_softmax(scores: Tensor, mask: Tensor | None = None, temperature: float = 1.0) -> Tensor:
    """Softmax over the keys of each query; keys where the mask is False get the weight 0 exactly.

    mask: bool, (batch, keys) for all queries alike, or any shape that broadcasts to the scores'. A
        query that is left no key gets the weight 0 everywhere, and its gradient is 0 too.
    temperature: above 0; scores are divided by it. Near 0 the best key takes all, and the greater
        it is, the more equal the weights. What is smaller than the smallest normal number of the
        scores' kind counts as that number.

    Raises `ValueError` for a temperature that is not above 0 or is not finite, and for a mask that
    is not bool.
    """
    if not 0 < temperature < math.inf:
        raise ValueError(f"expected a temperature above 0, got {temperature}; 1 changes nothing")
    numbers = torch.finfo(scores.dtype)
    lowest = numbers.min  # and not -inf: softmax of -inf alone would be no number
    hidden = None if mask is None else ~_for_every_query(mask, scores)
    there = scores if hidden is None else scores.masked_fill(hidden, lowest)
    # Softmax takes differences alone. That of the best key is 0 at any temperature; another can
    # become -inf at a low one, which makes its weight 0, but never NaN.
    differences = (scores - there.amax(-1, keepdim=True).detach()) / max(temperature, numbers.tiny)
    if hidden is None:
        return differences.softmax(-1)
    return differences.masked_fill(hidden, lowest).softmax(-1).masked_fill(hidden, 0.0)


def uniform_weights(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """The same weight for every key that the mask leaves, whatever the scores: a plain mean."""
    return masked_softmax(torch.zeros_like(scores), mask)


def permuted_weights(scores: Tensor, mask: Tensor | None = None) -> Tensor:
    """The weights of `masked_softmax`, exchanged at random among the keys that the mask leaves.

    The order is drawn anew for every query, from PyTorch's random numbers.
    """
    weights = masked_softmax(scores, mask)
    ranks = torch.rand_like(scores)  # in [0, 1)
    if mask is None:
        return weights.gather(-1, ranks.argsort(-1))
    hidden = ~_for_every_query(mask, scores).expand_as(scores)
    drawn = weights.gather(-1, ranks.masked_fill(hidden, 2.0).argsort(-1))  # zeros come last
    places = hidden.int().argsort(dim=-1, stable=True)  # keys that are left first
    return torch.zeros_like(weights).scatter(-1, places, drawn)


def _for_every_query(mask: Tensor, scores: Tensor) -> Tensor:
    if mask.dtype != torch.bool:
        raise ValueError(
            f"expected a mask of bool, True where there is a key, got {mask.dtype}; "
            "write `mask.bool()`"
        )
    if mask.ndim == scores.ndim - 1:
        mask = mask.unsqueeze(-2)  # (batch, keys) -> (batch, 1, keys)
    return mask


# ------------------------------------------------------------------------------
# Attention itself, and the decoder that has it

Weigh = Callable[[Tensor, Tensor | None], Tensor]


class Attention(nn.Module):
    """Any of the scores above, made into weights, and with them a weighted sum of the values.

    `weigh` makes the weights: softmax, unless an experiment wants others.
    """

    def __init__(self, score: Score, weigh: Weigh = masked_softmax):
        super().__init__()
        self.score = score
        self.weigh = weigh

    def forward(
        self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
    ) -> Attended:
        """query: (batch, queries, query_size); keys: (batch, keys, key_size);
        values: (batch, keys, value_size); mask: as in `masked_softmax`.

        The batch may be missing, and there may be more dimensions before it or after it, as that
        of the heads in `transformers.multi_head`.
        """
        return self.attend(query, self.score.project_keys(keys), values, mask)

    def attend(
        self, query: Tensor, projected_keys: Tensor, values: Tensor, mask: Tensor | None = None
    ) -> Attended:
        """`forward` for keys that went through `score.project_keys` before."""
        scores = self.score.compare(query, projected_keys)  # -> (batch, queries, keys)
        weights = self.weigh(scores, mask)  # -> (batch, queries, keys)
        context = weights @ values  # -> (batch, queries, value_size)
        return Attended(context, weights)


class AttentionalDecoder(Decoder):
    """The decoder of `models.seq2seq` that looks at all of the encoder's states at every step.

    Its hidden states are the queries, the encoder's the keys and the values. What it found, the
    context, is joined to the hidden state through one more layer,
    tanh(W [context; hidden] + b), and the token is read out of that. This is the global attention
    of Luong, Pham & Manning (2015), https://arxiv.org/abs/1508.04025, without their input feeding,
    so that the whole target still goes through in one pass.

    score: one of the scores above, for queries and keys of `hidden_size` numbers.
    weigh: as in `Attention`.

    The other arguments are the `Decoder`'s.
    """

    joins_context = True

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        score: Score,
        weigh: Weigh = masked_softmax,
        **options: Any,
    ) -> None:
        super().__init__(vocabulary_size, embedding_size, hidden_size, **options)
        self.attention = Attention(score, weigh)
        self.join = nn.Linear(2 * hidden_size, self.read_out_size)

    def prepare(self, encoded: Encoded) -> Encoded:
        """With the projected keys, which are the same at every step of a sentence."""
        projected_keys = self.attention.score.project_keys(encoded.outputs)
        return encoded._replace(projected_keys=projected_keys)

    def read_out(self, hidden: Tensor, encoded: Encoded) -> tuple[Tensor, Tensor]:
        """Hidden states (batch, target_length, hidden_size) -> logits, and attention weights."""
        context, weights = self.look_back(hidden, encoded)
        joined = torch.tanh(self.join(torch.cat([context, hidden], -1)))  # -> like hidden
        return self.to_logits(self.dropout(joined)), weights

    def look_back(self, hidden: Tensor, encoded: Encoded) -> Attended:
        """What each hidden state (batch, target_length, hidden_size) finds in the source sentence.

        Returns context, like `hidden`, and weights (batch, target_length, source_length).
        """
        projected_keys = encoded.projected_keys
        if projected_keys is None:  # as it comes from the encoder
            projected_keys = self.attention.score.project_keys(encoded.outputs)
        return self.attention.attend(hidden, projected_keys, encoded.outputs, encoded.mask)


class BetweenLayersDecoder(AttentionalDecoder):
    """An `AttentionalDecoder` of two recurrent layers that looks back between them.

    The lower layer's states are the queries. The upper layer reads what each of them found along
    with it, and so remembers what was looked at before. Input feeding is for that too (Luong, Pham
    & Manning 2015), but has to go step by step; here the whole target still goes through in one
    pass. Wu et al. (2016), https://arxiv.org/abs/1609.08144, look back from the lowest layer too.

    The arguments are the `AttentionalDecoder`'s, without `layers`; the encoder needs two of them.
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_size: int,
        hidden_size: int,
        score: Score,
        weigh: Weigh = masked_softmax,
        cell: Cell = nn.GRU,
        **options: Any,
    ) -> None:
        if "layers" in options:
            raise ValueError(
                f"expected no number of layers, which is two, got {options['layers']}; leave it out"
            )
        super().__init__(
            vocabulary_size, embedding_size, hidden_size, score, weigh, cell=cell, **options
        )
        self.upper = RecurrentLayers(2 * hidden_size, hidden_size, cell, 1, 0.0)

    @property
    def kind(self) -> Kind:
        """Cell, both layers together and hidden size."""
        cell, _, hidden_size = self.recurrent.kind
        return cell, 2, hidden_size

    def forward(
        self, target_input: Tensor, encoded: Encoded, state: State | None = None
    ) -> Decoded:
        """As in `Decoder`; the state holds first the lower layer's, then the upper one's."""
        state = encoded.state if state is None else state  # tensors (2, batch, hidden_size)
        lower, upper = tuple(s[:1] for s in state), tuple(s[1:] for s in state)
        hidden, lower = self.recurrent(self.read(target_input, encoded), lower)
        context, weights = self.look_back(hidden, encoded)
        both = self.dropout(torch.cat([context, hidden], -1))  # (batch, target_length, 2 * hidden)
        above, upper = self.upper(both, upper)  # -> (batch, target_length, hidden_size)
        joined = torch.tanh(self.join(torch.cat([context, above], -1)))
        logits = self.to_logits(self.dropout(joined))  # -> (batch, target_length, vocabulary)
        state = tuple(torch.cat(parts) for parts in zip(lower, upper, strict=True))
        return Decoded(logits, state, weights)


def copy_with_weighting(model: Seq2Seq, weigh: Weigh) -> Seq2Seq:
    """A copy of `model`, trained as it is, whose attention makes its weights in another way.

    Raises `ValueError` for a model without attention.
    """
    if not isinstance(model.decoder, AttentionalDecoder):
        raise ValueError(
            f"expected a model with an AttentionalDecoder, got {type(model.decoder).__name__}; "
            "without attention there are no weights to change"
        )
    other = copy.deepcopy(model)
    cast(AttentionalDecoder, other.decoder).attention.weigh = weigh
    return other


def _check_equal_sizes(query: Tensor, keys: Tensor) -> None:
    if query.shape[-1] != keys.shape[-1]:
        raise ValueError(
            "expected queries and keys of the same size for a dot product, got "
            f"{query.shape[-1]} and {keys.shape[-1]} numbers; GeneralScore takes different sizes"
        )
