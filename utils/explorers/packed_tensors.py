"""Tensors as text in JSON, small enough to lie in a page, and what that costs in precision.

A packed tensor is a dictionary {"shape", "kind", "values"}, and "scales" for int8 and ascii. What
is written here, `utils/explorers/javascript/networks/tensors.js` reads.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Mapping
from math import prod

import numpy as np
import torch
from torch import Tensor, nn

# All little-endian, whatever the machine.
KINDS = {
    "float32": "<f4",
    "float16": "<f2",
    "uint8": "u1",
    "uint16": "<u2",
    "int8": "i1",
    "ascii": "i1",
}
# The whole numbers that a row is stored as go from minus this to this.
LIMITS = {"int8": 127, "ascii": 45}
# One for each number of "ascii", from the least: all that ASCII prints but a blank, and but what
# JSON escapes ('"' and "\\") or would begin a tag.
CHARACTERS = "".join(chr(code) for code in range(33, 127) if chr(code) not in '"\\<')


def pack(tensor: Tensor, kind: str = "float16") -> dict:
    """A tensor as JSON can hold it.

    kind: "float32"; "float16", 11 significant bits; "int8", where each row (all that shares the
        first index) is stored as whole numbers from -127 to 127 times a scale of its own; "ascii",
        the same from -45 to 45, a quarter shorter as text: one character for each number; or
        "uint8" and "uint16", for whole numbers that fit.

    Raises `ValueError` for another kind, and for numbers that are not finite or do not fit.
    """
    if kind not in KINDS:
        raise ValueError(f"expected a kind out of {sorted(KINDS)}, got {kind!r}")
    tensor = tensor.detach().cpu()
    # NumPy knows no bfloat16, whose numbers are all numbers of float32 too.
    numbers = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    packed = {"shape": list(tensor.shape), "kind": kind}
    is_finite = np.isfinite(numbers).all()
    if kind in LIMITS and is_finite:
        rows = np.atleast_1d(numbers).astype(np.float32)
        rows = rows.reshape(len(rows), -1)  # (rows, all the rest)
        scales = np.abs(rows).max(1) / np.float32(LIMITS[kind])
        scales[scales == 0] = 1  # a row of zeros
        packed["scales"] = _as_text(scales.astype("<f4"))
        numbers = (rows / scales[:, None]).round()
    with np.errstate(over="ignore", invalid="ignore"):
        stored = numbers.astype(KINDS[kind])
    exact = kind in ("uint8", "uint16")
    # What is not finite may become a whole number unnoticed, what is too large become infinite.
    if not (is_finite and np.isfinite(stored).all()) or (exact and not (stored == numbers).all()):
        raise ValueError(
            f"expected finite numbers that {kind} can hold, got some from {numbers.min()} to "
            f"{numbers.max()}; choose another kind"
        )
    if kind == "ascii":
        values = "".join(CHARACTERS[number + LIMITS[kind]] for number in stored.ravel().tolist())
        return packed | {"values": values}
    return packed | {"values": _as_text(stored)}


def unpack(packed: Mapping) -> Tensor:
    """The tensor that the page sees: float32, whatever the kind. Raises `ValueError` for others."""
    shape, kind = packed["shape"], packed["kind"]
    if kind not in KINDS:
        raise ValueError(f"expected a kind out of {sorted(KINDS)}, got {kind!r}")
    if kind == "ascii":
        places = [CHARACTERS.index(character) for character in packed["values"]]
        numbers = np.array(places, np.int8) - np.int8(LIMITS[kind])
    else:
        numbers = _from_text(packed["values"], KINDS[kind])
    if len(numbers) != prod(shape):
        raise ValueError(f"expected numbers for the shape {shape}, got {len(numbers)}; pack anew")
    if kind in LIMITS:
        scales = _from_text(packed["scales"], "<f4")
        numbers = numbers.reshape(len(scales), -1) * scales[:, None]
    return torch.from_numpy(numbers.astype(np.float32).reshape(shape))


def pack_weights(module: nn.Module, kind: str = "float16") -> dict[str, dict]:
    """All weights of a network by name. Vectors and buffers are few, so they are float32 always."""
    return {
        name: pack(tensor, kind if tensor.ndim > 1 else "float32")
        for name, tensor in module.state_dict().items()
        if tensor.is_floating_point()  # not how many batches a normalisation has seen
    }


def rounded(module: nn.Module, kind: str = "float16") -> nn.Module:
    """A copy of a network with the weights that the page sees, to measure what packing costs."""
    return fill(copy.deepcopy(module), pack_weights(module, kind))


def fill(module: nn.Module, packed: Mapping[str, Mapping]) -> nn.Module:
    """Put packed weights into a network of the same architecture, and return it.

    Raises `ValueError` if names or shapes do not fit.
    """
    weights = {name: unpack(tensor) for name, tensor in packed.items()}
    expected = {name: t.shape for name, t in module.state_dict().items() if t.is_floating_point()}
    got = {name: tensor.shape for name, tensor in weights.items()}
    if got != expected:
        differing = sorted(
            name for name in got.keys() | expected if got.get(name) != expected.get(name)
        )
        raise ValueError(
            f"expected the weights of a {type(module).__name__}, got others in {differing[:3]}; "
            "build the network that was packed"
        )
    module.load_state_dict(weights, strict=False)
    return module


def _as_text(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.tobytes()).decode()


def _from_text(text: str, dtype: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text, validate=True), dtype)
