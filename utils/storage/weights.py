"""Trained weights on disk: safetensors files, which hold numbers and names and nothing that runs.

    save("weights/mine.safetensors", model, {"chapter": "2", "seed": "0"})
    load("weights/mine.safetensors", model)  # -> {"chapter": "2", "seed": "0"}

The architecture is code, so `load` is given a module and fills it in. A file carries a SHA-256 over
its own contents: a damaged one is refused, and so is one written by another program.
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from .files import absolute, write_atomically


class WeightsError(Exception):
    """A weights file cannot be used. The message says what was expected, what came, what to do."""


def save(path: str | os.PathLike, module: nn.Module, description: Mapping[str, str]) -> None:
    """Write the parameters and buffers of `module` to a safetensors file, whole or not at all.

    `description` is a few words for people (chapter, seed, loss ...), given back by `load`.
    Raises WeightsError if a weight is not finite; OSError if the file cannot be written.
    """
    write_tensors(path, module.state_dict(), description)


def load(path: str | os.PathLike, module: nn.Module) -> dict[str, str]:
    """Fill `module` with the weights of a file that `save` wrote; return its description.

    Names, shapes and kinds of number must agree exactly. Raises WeightsError otherwise, and for a
    missing, damaged or foreign file or a weight that is not finite; `module` is then unchanged.
    """
    tensors, description = read_tensors(path)
    fill(module, tensors, path)
    return description


def fingerprint(weights: nn.Module | Mapping[str, Tensor], text: str = "") -> str:
    """SHA-256 (64 hexadecimal digits) over names, kinds of number, shapes and values.

    Sorted by name, values as little-endian bytes: the same weights have the same fingerprint on
    every machine and device. `text` is hashed as well.
    """
    tensors = weights.state_dict() if isinstance(weights, nn.Module) else weights
    digest = hashlib.sha256(json.dumps(text).encode())
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu()
        # A JSON line before each block of values: no two sets of tensors give the same bytes.
        line = json.dumps([name, str(tensor.dtype), list(tensor.shape)])
        digest.update(line.encode() + b"\n" + _little_endian_bytes(tensor))
    return digest.hexdigest()


def fill(module: nn.Module, tensors: Mapping[str, Tensor], source: object) -> None:
    """Copy `tensors` into `module` if they fit and are finite; otherwise WeightsError, no change.

    `source` names where the tensors come from, for the message.
    """
    expected = module.state_dict()
    missing, extra = expected.keys() - tensors.keys(), tensors.keys() - expected.keys()
    if missing or extra:
        raise WeightsError(
            f"expected the weights of {type(module).__name__}, but {source} lacks "
            f"{_listed(missing)} and has {_listed(extra)} besides; "
            "build the module this file was saved from"
        )
    for name, tensor in tensors.items():
        wanted, got = _kind(expected[name]), _kind(tensor)
        if wanted != got:
            raise WeightsError(
                f"expected {name} of {type(module).__name__} as {wanted}, but {source} has {got}; "
                "build the module with the sizes this file was saved from"
            )
    _check_finite(tensors, source)
    module.load_state_dict(tensors, strict=True)


def write_tensors(
    path: str | os.PathLike, tensors: Mapping[str, Tensor], description: Mapping[str, str]
) -> None:
    """Write named tensors and a description to a safetensors file, whole or not at all."""
    _check_finite(tensors, path)
    # Copies, because safetensors refuses tensors that share memory, as tied weights do.
    tensors = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }
    text = json.dumps(dict(description), sort_keys=True)
    # One entry of metadata only: safetensors writes several in an order that changes.
    about = json.dumps({"description": text, "sha256": fingerprint(tensors, text)})
    write_atomically(path, safetensors.torch.save(tensors, metadata={"about": about}))


def read_tensors(path: str | os.PathLike) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read what `write_tensors` wrote: tensors by name, and the description.

    Raises WeightsError for a missing, damaged or foreign file.
    """
    path = absolute(path)
    if not path.is_file():
        raise WeightsError(
            f"expected a weights file at {path}, but there is none; "
            "check the path, or train the module and save it first"
        )
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads((file.metadata() or {})["about"])
            text, sha256 = about["description"], about["sha256"]
            # Copies, so that nothing in memory depends on the file from here on.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise WeightsError(
            f"expected a safetensors file written by this book, but {path} is another kind of file "
            "or is damaged; copy it again, or train the module and save it"
        ) from error
    if fingerprint(tensors, text) != sha256:
        raise WeightsError(
            f"expected {path} to hold what was saved in it, but its SHA-256 differs, "
            "so it is damaged; copy it again, or train the module and save it"
        )
    return tensors, json.loads(text)


def _kind(tensor: Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"


def _listed(names: Iterable[str]) -> str:
    names = sorted(names)
    return ", ".join(names[:3] + ["..."] * (len(names) > 3)) or "nothing"


def _check_finite(tensors: Mapping[str, Tensor], source: object) -> None:
    for name, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise WeightsError(
                f"expected finite weights in {source}, but {name} has NaN or infinity; "
                "train again, with a smaller learning rate"
            )


def _little_endian_bytes(tensor: Tensor) -> bytes:
    # As bytes, because NumPy has no bfloat16; cloned, because one number of a strided tensor counts
    # as contiguous and yet has no view as bytes.
    flat = tensor.reshape(-1).clone(memory_format=torch.contiguous_format)
    values = flat.view(torch.uint8).numpy()
    if sys.byteorder == "big":
        values = values.reshape(-1, tensor.element_size())[:, ::-1]
    return values.tobytes()
