"""Several attentions at once, each with its own view of queries, keys and values.

Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, section 3.2.2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..models.attention import Attended, Attention, ScaledDotScore, Weigh, masked_softmax


class MultiHeadAttention(nn.Module):
    """`heads` attentions with the scaled dot product, each between vectors of size / heads numbers.

    Three learnt layers make queries, keys and values of the inputs, each cut into equal parts, one
    for a head; the square root that scores are divided by is that of a head's size. What the heads
    found is joined again, and a fourth layer mixes it. All four have biases, as those of
    `torch.nn.MultiheadAttention`.

    weigh: as in `Attention`. No weight is ever dropped in training; PyTorch's module can do that.

    Raises `ValueError` if `heads` does not divide `size`.
    """

    def __init__(self, size: int, heads: int, weigh: Weigh = masked_softmax):
        super().__init__()
        if heads < 1 or size < 1 or size % heads != 0:
            raise ValueError(
                "expected a size that the number of heads divides, as each has an equal part of "
                f"it, got {size} numbers and {heads} heads; change one of them"
            )
        self.heads = heads
        self.head_size = size // heads
        self.to_queries = nn.Linear(size, size)
        self.to_keys = nn.Linear(size, size)
        self.to_values = nn.Linear(size, size)
        self.to_output = nn.Linear(size, size)
        self.attention = Attention(ScaledDotScore(), weigh)

    def forward(
        self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
    ) -> Attended:
        """query: (batch, queries, size); keys, values: (batch, keys, size); mask: as in `attend`.

        With one tensor for all three a sequence attends to itself.
        """
        return self.attend(self.queries(query), self.keys(keys), self.values(values), mask)

    def queries(self, inputs: Tensor) -> Tensor:
        """(batch, queries, size) -> (batch, heads, queries, head_size)"""
        return self._split(self.to_queries(inputs))

    def keys(self, inputs: Tensor) -> Tensor:
        """(batch, keys, size) -> (batch, heads, keys, head_size)"""
        return self._split(self.to_keys(inputs))

    def values(self, inputs: Tensor) -> Tensor:
        """(batch, keys, size) -> (batch, heads, keys, head_size)"""
        return self._split(self.to_values(inputs))

    def attend(
        self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
    ) -> Attended:
        """`forward` for what `queries`, `keys` and `values` returned, now or at an earlier step.

        mask: bool, True where there is something to look at, the same for all heads: (batch, keys)
            for all queries alike, or (batch, queries, keys). One mask for the whole batch is
            (1, queries, keys): with two dimensions it would be taken for the first kind.

        Returns the context (batch, queries, size) and the weights of each head,
        (batch, heads, queries, keys). Raises `ValueError` for a mask of another shape.
        """
        context, weights = self.attention(
            queries, keys, values, self._for_every_head(mask, queries, keys)
        )
        # (batch, heads, queries, head_size) -> (batch, queries, heads, head_size) -> (.., size)
        joined = context.transpose(1, 2).flatten(2)
        return Attended(self.to_output(joined), weights)

    def _split(self, projected: Tensor) -> Tensor:
        """(batch, length, size) -> (batch, heads, length, head_size)"""
        return projected.unflatten(-1, (self.heads, self.head_size)).transpose(1, 2)

    def _for_every_head(self, mask: Tensor | None, queries: Tensor, keys: Tensor) -> Tensor | None:
        """With a dimension for the heads: (batch, 1, 1 or queries, keys)."""
        if mask is None:
            return None
        three = mask[:, None] if mask.ndim == 2 else mask  # (batch, keys) -> (batch, 1, keys)
        batch, _, length, _ = queries.shape
        wanted = (batch, length, keys.shape[-2])
        if three.ndim != 3 or any(
            have not in (1, want) for have, want in zip(three.shape, wanted, strict=True)
        ):
            raise ValueError(
                f"expected a mask of shape {(wanted[0], wanted[2])} or {wanted}, got "
                f"{tuple(mask.shape)}; one for the whole batch has a first dimension of 1"
            )
        return three[:, None]


@torch.no_grad()
def switch_off_head(attention: MultiHeadAttention, head: int) -> None:
    """Let the head, counted from 0, say nothing any more: the last layer takes 0 of what it found.

    In place, so take a copy of the network first. Heads of trained networks were masked so by
    Michel, Levy & Neubig (2019), https://arxiv.org/abs/1905.10650.

    Raises `ValueError` for a head that does not exist.
    """
    if not 0 <= head < attention.heads:
        raise ValueError(f"expected a head from 0 to {attention.heads - 1}, got {head}")
    first = head * attention.head_size
    attention.to_output.weight[:, first : first + attention.head_size] = 0
