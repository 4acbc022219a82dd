"""Where a token stands, told to attention, which by itself does not know the order of its keys.

A place is a whole number from 0, the number of tokens before this one; padding does not count.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

# The longest wave is this many times as long as the shortest (Vaswani et al. 2017, section 3.5).
LONGEST_WAVE = 10_000.0

Pairing = Literal["neighbours", "halves"]


class Positions(nn.Module):
    """A way to tell places; this one tells nothing, and the others are subclasses."""

    def add(self, embedded: Tensor, places: Tensor) -> Tensor:
        """Embeddings (batch, length, size) at `places` (batch, length) -> the same shape."""
        return embedded

    def turn(self, vectors: Tensor, places: Tensor) -> Tensor:
        """A layer's queries or keys, (batch, heads, length, head_size) -> the same shape."""
        return vectors


class SinePositions(Positions):
    """Adds waves: column 2i is the sine and column 2i + 1 the cosine of place / 10000^(2i / size).

    Vaswani et al. (2017), https://arxiv.org/abs/1706.03762, section 3.5. Nothing is learnt, so no
    place is too far. Raises `ValueError` for an odd size.
    """

    frequencies: Tensor

    def __init__(self, size: int):
        super().__init__()
        self.register_buffer("frequencies", wave_frequencies(size), persistent=False)

    def add(self, embedded: Tensor, places: Tensor) -> Tensor:
        """Embeddings and the waves at their places, (batch, length, size)."""
        return embedded + self.codes(places).to(embedded.dtype)

    def codes(self, places: Tensor) -> Tensor:
        """Places (batch, length) -> (batch, length, size), in [-1, 1]."""
        angles = places[..., None] * self.frequencies  # -> (batch, length, size / 2)
        return torch.stack([angles.sin(), angles.cos()], -1).flatten(-2)  # each beside its other


class LearntPositions(Positions):
    """Adds a learnt vector for each place from 0 to longest - 1.

    As GPT and BERT do (Devlin et al. 2019, https://arxiv.org/abs/1810.04805); first drawn from a
    normal distribution of deviation 0.02, as BERT's. A place that no training sentence has keeps
    the vector that was drawn for it. Raises `ValueError` for a place beyond.
    """

    def __init__(self, size: int, longest: int):
        super().__init__()
        self.embedding = nn.Embedding(longest, size)
        nn.init.normal_(self.embedding.weight, std=0.02)

    def add(self, embedded: Tensor, places: Tensor) -> Tensor:
        """Embeddings and the vectors of their places, (batch, length, size)."""
        longest = self.embedding.num_embeddings
        if int(places.max()) >= longest:
            raise ValueError(
                f"expected at most {longest} tokens, one for each learnt place, got "
                f"{int(places.max()) + 1}; build the network with a greater `longest`"
            )
        return embedded + self.embedding(places)


class RotaryPositions(Positions):
    """Turns queries and keys: pair i of their numbers by the angle place / 10000^(2i / head_size).

    Two turned vectors have a dot product that depends on the distance between their places, not on
    the places (Su et al. 2021, https://arxiv.org/abs/2104.09864). The values are left alone.

    pairing: which numbers are turned together, "neighbours" (2i and 2i + 1), as in the paper, or
        "halves" (i and i + head_size / 2), as in the code of GPT-NeoX and in Hugging Face's of
        Llama. Either can learn what the other can, but weights trained with one are wrong with the
        other until the rows of the layers for queries and keys change places.

    Raises `ValueError` for an odd size and for another pairing.
    """

    frequencies: Tensor

    def __init__(self, head_size: int, pairing: Pairing = "neighbours"):
        super().__init__()
        if pairing not in ("neighbours", "halves"):
            raise ValueError(f'expected the pairing "neighbours" or "halves", got {pairing!r}')
        self.pairing = pairing
        self.register_buffer("frequencies", wave_frequencies(head_size), persistent=False)

    def turn(self, vectors: Tensor, places: Tensor) -> Tensor:
        """Queries or keys turned by their places, (batch, heads, length, head_size)."""
        # (batch, length) -> (batch, 1, length, 1), times (head_size / 2,)
        angles = places[:, None, :, None] * self.frequencies
        cosine, sine = angles.cos().to(vectors.dtype), angles.sin().to(vectors.dtype)
        if self.pairing == "neighbours":
            x, y = vectors[..., 0::2], vectors[..., 1::2]  # (.., head_size / 2) each
        else:
            x, y = vectors.chunk(2, -1)
        turned = (x * cosine - y * sine, x * sine + y * cosine)
        if self.pairing == "neighbours":
            return torch.stack(turned, -1).flatten(-2)  # each beside its other
        return torch.cat(turned, -1)


def wave_frequencies(size: int) -> Tensor:
    """1 / 10000^(2i / size) for i from 0 to size / 2 - 1, in radians a place: (size / 2,).

    Raises `ValueError` for an odd size.
    """
    if size < 2 or size % 2 != 0:
        raise ValueError(f"expected an even size, as numbers are turned in pairs, got {size}")
    return LONGEST_WAVE ** (-torch.arange(0, size, 2) / size)


def causal_mask(queries: int, keys: int, device: torch.device | None = None) -> Tensor:
    """(1, queries, keys), bool: True where a key is not later than the query.

    The queries are the last ones of the keys: with as many of both the diagonal is True and so is
    all below it; a query that comes after keys of earlier steps sees all of these.

    Raises `ValueError` for more queries than keys.
    """
    if queries > keys:
        raise ValueError(f"expected at least as many keys as queries, got {keys} and {queries}")
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)[None]
