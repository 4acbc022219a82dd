"""Images for files of digits, and how their errors speak."""

import torch
from torch import nn


def make_images(count: int, seed: int = 0) -> torch.Tensor:
    """Blobs of ink on an empty ground, (count, 1, 28, 28) in [0, 1]."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 1, 5, 5, generator=generator)
    inner = nn.functional.interpolate(coarse, size=(20, 20), mode="bilinear")
    return nn.functional.pad((inner * 2 - 1).clamp(0, 1), (4, 4, 4, 4))


def assert_one_sentence(error: Exception) -> None:
    """expected ..., got ...; do ..."""
    message = str(error)
    assert message.startswith("expected ") and message[-1] != "." and "; " in message, message
    assert "\n" not in message and ". " not in message, message
