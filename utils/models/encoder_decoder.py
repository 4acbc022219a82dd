"""The framework of chapter 1, and the simple encoders and decoder that fit into it.

An encoder maps an input to a code vector c of fixed length; a decoder maps c to an output. Any of
the encoders here goes with the decoder here: the code's length is all that they share. Images have
the shape (batch, 1, 28, 28), pixels in [0, 1]; codes (batch, code_length).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from ..images.digits import IMAGE_PIXELS, IMAGE_SIZE


class EncoderDecoder(nn.Module):
    """An encoder and a decoder, trained as one network.

    Both are modules; the encoder's output must be what the decoder takes. `encode` and `decode` are
    the two halves, which chapter 2 runs on different days.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module):
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def encode(self, inputs: Tensor) -> Tensor:
        return self.encoder(inputs)

    def decode(self, code: Tensor) -> Tensor:
        return self.decoder(code)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.decode(self.encode(inputs))


class MLPEncoder(nn.Module):
    """Sees a digit as 784 unordered pixels."""

    def __init__(self, code_length: int, hidden_size: int = 128):
        super().__init__()
        self.hidden = nn.Linear(IMAGE_PIXELS, hidden_size)
        self.to_code = nn.Linear(hidden_size, code_length)

    def forward(self, images: Tensor) -> Tensor:
        check_images(images)
        pixels = images.flatten(1)  # (batch, 1, 28, 28) -> (batch, 784)
        hidden = torch.relu(self.hidden(pixels))  # -> (batch, hidden_size)
        return self.to_code(hidden)  # -> (batch, code_length)


class CNNEncoder(nn.Module):
    """Sees a digit as an image: neighbouring pixels belong together."""

    def __init__(self, code_length: int, channels: int = 16):
        super().__init__()
        self.halve = nn.Conv2d(1, channels, kernel_size=4, stride=2, padding=1)
        self.halve_again = nn.Conv2d(channels, 2 * channels, kernel_size=4, stride=2, padding=1)
        quarter = IMAGE_SIZE // 4
        self.to_code = nn.Linear(2 * channels * quarter * quarter, code_length)

    def forward(self, images: Tensor) -> Tensor:
        check_images(images)
        features = torch.relu(self.halve(images))  # (batch, 1, 28, 28) -> (batch, channels, 14, 14)
        features = torch.relu(self.halve_again(features))  # -> (batch, 2 * channels, 7, 7)
        return self.to_code(features.flatten(1))  # -> (batch, code_length)


class RecurrentEncoder(nn.Module):
    """Sees a digit as a sequence of 28 rows, read from top to bottom.

    `cell` is `nn.RNN` (Elman 1990), `nn.LSTM` (Hochreiter & Schmidhuber 1997), `nn.GRU`
    (Cho et al. 2014) or `identity_rnn` below. The hidden state after the last row becomes the code.
    """

    def __init__(
        self, code_length: int, hidden_size: int = 64, cell: Callable[..., nn.RNNBase] = nn.LSTM
    ):
        super().__init__()
        self.recurrent = cell(IMAGE_SIZE, hidden_size, batch_first=True)
        self.to_code = nn.Linear(hidden_size, code_length)

    def forward(self, images: Tensor) -> Tensor:
        check_images(images)
        rows = images.squeeze(1)  # (batch, 1, 28, 28) -> (batch, 28 steps, 28 pixels)
        hidden_states, _ = self.recurrent(rows)  # -> (batch, 28 steps, hidden_size)
        last_hidden = hidden_states[:, -1]  # -> (batch, hidden_size)
        return self.to_code(last_hidden)  # -> (batch, code_length)


def identity_rnn(input_size: int, hidden_size: int, batch_first: bool = False) -> nn.RNN:
    """An RNN that starts as a running sum cut off at zero.

    ReLU, recurrent weights the identity, biases zero. Le, Jaitly & Hinton (2015),
    https://arxiv.org/abs/1504.00941.
    """
    recurrent = nn.RNN(input_size, hidden_size, nonlinearity="relu", batch_first=batch_first)
    nn.init.eye_(recurrent.get_parameter("weight_hh_l0"))
    nn.init.zeros_(recurrent.get_parameter("bias_hh_l0"))
    nn.init.zeros_(recurrent.get_parameter("bias_ih_l0"))
    return recurrent


class MLPDecoder(nn.Module):
    """Turns a code vector into an image."""

    def __init__(self, code_length: int, hidden_size: int = 128):
        super().__init__()
        self.from_code = nn.Linear(code_length, hidden_size)
        self.to_pixels = nn.Linear(hidden_size, IMAGE_PIXELS)

    def forward(self, code: Tensor) -> Tensor:
        length = self.from_code.in_features
        if code.ndim != 2 or code.shape[1] != length:
            raise ValueError(
                f"expected codes of shape (batch, {length}), got {tuple(code.shape)}; "
                "encoder and decoder need the same code length"
            )
        hidden = torch.relu(self.from_code(code))  # (batch, code_length) -> (batch, hidden_size)
        pixels = torch.sigmoid(self.to_pixels(hidden))  # -> (batch, 784), each in (0, 1)
        return pixels.unflatten(1, (1, IMAGE_SIZE, IMAGE_SIZE))  # -> (batch, 1, 28, 28)


def check_images(images: Tensor) -> None:
    """Raise `ValueError` unless the shape is (batch, 1, 28, 28)."""
    if images.ndim != 4 or tuple(images.shape[1:]) != (1, IMAGE_SIZE, IMAGE_SIZE):
        raise ValueError(
            f"expected images of shape (batch, 1, {IMAGE_SIZE}, {IMAGE_SIZE}), got "
            f"{tuple(images.shape)}; a single image becomes a batch with `image[None]`"
        )
