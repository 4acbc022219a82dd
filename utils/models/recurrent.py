"""Recurrent layers, GRU or LSTM, in one direction or two, and the states that they hand on."""

from __future__ import annotations

import torch
from torch import Tensor, nn

Cell = type[nn.GRU] | type[nn.LSTM]

# The state of a recurrent network: one tensor (hidden,) of a GRU, two (hidden, cell) of an LSTM,
# each of shape (layers, batch, hidden_size).
State = tuple[Tensor, ...]


class RecurrentLayers(nn.Module):
    """PyTorch's GRU (Cho et al. 2014) or LSTM (Hochreiter & Schmidhuber 1997).

    The state is a tuple of tensors for both. Dropout acts between the layers.

    With `bidirectional`, each layer is two networks of hidden_size / 2 numbers, of which one reads
    forwards and the other backwards (Schuster & Paliwal 1997, https://doi.org/10.1109/78.650093).
    What they say is joined, the forward half first, so that all shapes stay as they were.

    Raises `ValueError` for another `cell`, for less than one layer, and for two directions with an
    odd `hidden_size`.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        cell: Cell,
        layers: int,
        dropout: float,
        bidirectional: bool = False,
    ):
        super().__init__()
        if cell not in (nn.GRU, nn.LSTM) or layers < 1:
            raise ValueError(
                f"expected the cell nn.GRU or nn.LSTM in one layer or more, got {cell!r} in "
                f"{layers} layers; change the one that does not fit"
            )
        if bidirectional and hidden_size % 2 != 0:
            raise ValueError(
                "expected an even hidden_size, half of it for each of two directions, got "
                f"{hidden_size}; take one more"
            )
        self.network = cell(
            input_size,
            hidden_size // 2 if bidirectional else hidden_size,
            num_layers=layers,
            dropout=dropout if layers > 1 else 0.0,
            batch_first=True,
            bidirectional=bidirectional,
        )
        # Only a network of the same kind can go on from this one's state.
        self.kind = (cell.__name__, layers, hidden_size)

    def forward(self, inputs: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Inputs (batch, length, input_size) -> the top layer's hidden state after each of them,
        (batch, length, hidden_size), and the state of all layers after the last.

        `inputs` may be a `PackedSequence`; so are then the hidden states. Of two directions the
        state holds what each has after its own last token, which for the backward half is the
        first one. They cannot read on, and raise `ValueError` for a `state`.
        """
        if state is not None and self.network.bidirectional:
            raise ValueError(
                "expected no state for two directions, got one; the backward half has begun at the "
                "end, so give it the whole sentence at once"
            )
        # nn.GRU takes the tensor itself
        given = state[0] if state is not None and len(state) == 1 else state
        hidden, state = self.network(inputs, given)
        state = state if isinstance(state, tuple) else (state,)
        if self.network.bidirectional:
            state = tuple(_join_directions(part) for part in state)
        return hidden, state


def _join_directions(state: Tensor) -> Tensor:
    """(2 * layers, batch, half), forwards and backwards in turn -> (layers, batch, 2 * half)"""
    return torch.cat([state[0::2], state[1::2]], -1)
