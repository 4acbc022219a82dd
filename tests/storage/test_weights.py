"""utils.storage.weights: what is saved comes back exactly, and nothing else is ever loaded."""

import hashlib
import os
import pickle
import random

import pytest
import safetensors.torch
import torch
from torch import nn

from utils.storage import weights
from utils.storage.weights import WeightsError


def make(seed: int = 0, width: int = 5) -> nn.Module:
    torch.manual_seed(seed)
    # A BatchNorm brings buffers, one of them an integer without dimensions.
    return nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width), nn.Linear(width, 2))


def same(module: nn.Module, other: nn.Module) -> bool:
    mine, theirs = module.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[k], theirs[k]) for k in mine)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "folder" / "weights.safetensors"
    weights.save(path, make(), {"chapter": "2", "written as": "编码器"})
    return path


def refused(path, module: nn.Module, pattern: str) -> None:
    """`load` raises a WeightsError of one sentence, and the module is as before."""
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    with pytest.raises(WeightsError, match=pattern) as raised:
        weights.load(path, module)
    message = str(raised.value)
    assert message.startswith("expected ") and message[-1] != "." and "; " in message
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())


def test_load_restores_every_number_and_the_description(saved):
    module = make(seed=1)
    assert not same(module, make())
    assert weights.load(saved, module) == {"chapter": "2", "written as": "编码器"}
    assert same(module, make())


def test_the_file_is_plain_safetensors(saved):
    tensors = safetensors.torch.load_file(saved)
    assert torch.equal(tensors["0.weight"], make()[0].weight)


def test_equal_weights_give_equal_files(saved, tmp_path):
    again = tmp_path / "again.safetensors"
    weights.save(again, make(), {"written as": "编码器", "chapter": "2"})
    assert again.read_bytes() == saved.read_bytes()


def test_tied_and_transposed_weights_are_saved(tmp_path):
    module = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    module[0].weight = nn.Parameter(torch.randn(4, 4).T)
    module[1].weight = module[0].weight
    weights.save(tmp_path / "tied", module, {})
    other = nn.Sequential(nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    weights.load(tmp_path / "tied", other)
    assert same(module, other)


def test_loaded_weights_do_not_depend_on_the_file(saved):
    tensors, _ = weights.read_tensors(saved)
    with open(saved, "r+b") as file:
        file.write(b"\0" * saved.stat().st_size)
    assert torch.equal(tensors["0.weight"], make()[0].weight)


def test_missing_file_and_folder_are_refused(tmp_path):
    refused(tmp_path / "none.safetensors", make(), "there is none; check the path")
    refused(tmp_path, make(), "there is none; check the path")


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_foreign_files_are_refused_and_run_nothing(tmp_path):
    trap = tmp_path / "the pickle ran"
    path = tmp_path / "foreign"
    contents = [b"", b"abc", b"\x89PNG\r\n\x1a\n" + bytes(100), pickle.dumps(Malicious(str(trap)))]
    torch.save({"weight": Malicious(str(trap))}, tmp_path / "zip")
    contents.append((tmp_path / "zip").read_bytes())
    # safetensors of another program: no SHA-256, or metadata of another meaning.
    contents.append(safetensors.torch.save(dict(make().state_dict())))
    for about in ("", "[]", "3", '{"sha256": 1}', '{"sha256": 1, "description": 2}'):
        contents.append(safetensors.torch.save({"x": torch.ones(2)}, metadata={"about": about}))
    for content in contents:
        path.write_bytes(content)
        refused(path, make(), "is another kind of file or is damaged|SHA-256 differs")
    assert not trap.exists()


def test_every_damaged_file_is_refused(saved):
    draw = random.Random(0)
    whole = saved.read_bytes()
    for trial in range(300):
        data = bytearray(whole)
        place = draw.randrange(len(data))
        if trial % 3 == 0:
            data[place] ^= draw.randrange(1, 256)
        elif trial % 3 == 1:
            del data[place:]
        else:
            data[place:place] = draw.randbytes(draw.randrange(1, 20))
        saved.write_bytes(data)
        refused(saved, make(seed=1), "another kind of file|SHA-256 differs")


def test_another_architecture_is_refused(saved):
    sizes = (
        r"expected 0\.bias of Sequential as float32 \(6,\), but .* has float32 \(5,\); build the"
    )
    refused(saved, make(width=6), sizes)
    refused(
        saved, make()[:2], r"lacks nothing and has 2\.bias, 2\.weight besides; build the module"
    )
    longer = nn.Sequential(*make(), nn.Linear(2, 2))
    refused(saved, longer, r"lacks 3\.bias, 3\.weight and has nothing besides")
    refused(saved, make().double(), r"as float64 \(5,\), but .* has float32 \(5,\)")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_neither_saved_nor_loaded(tmp_path, monkeypatch, value):
    path = tmp_path / "broken"
    module = make()
    with torch.no_grad():
        module[2].bias[1] = value
    with pytest.raises(WeightsError, match=r"finite weights in .*, but 2\.bias has NaN or inf"):
        weights.save(path, module, {})
    assert list(tmp_path.iterdir()) == []
    with monkeypatch.context() as patch:
        patch.setattr(weights, "_check_finite", lambda *_: None)
        weights.save(path, module, {})
    refused(path, make(seed=1), r"finite weights in .*, but 2\.bias has NaN or infinity")


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_failed_save_leaves_the_old_file(saved, monkeypatch, call):
    def fail(*_):
        raise OSError("disk full")

    old = saved.read_bytes()
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="disk full"):
        weights.save(saved, make(seed=1), {})
    assert saved.read_bytes() == old
    assert list(saved.parent.iterdir()) == [saved], "the partial file was left behind"


def test_fingerprint_depends_on_names_kinds_shapes_values_and_text_alone():
    values = torch.arange(6, dtype=torch.float32)
    same_sum = {"b": values.reshape(2, 3), "a": torch.tensor(1)}
    print_ = weights.fingerprint(same_sum)
    assert print_ == weights.fingerprint({"a": torch.tensor(1), "b": values.reshape(2, 3)})
    assert print_ == weights.fingerprint({**same_sum, "b": values.reshape(2, 3).T.contiguous().T})
    strided = torch.ones(4, 2).unbind(1)[0]
    assert weights.fingerprint({"a": strided[:1]}) == weights.fingerprint({"a": torch.ones(1)})
    others = [
        {"a": torch.tensor(1), "c": values.reshape(2, 3)},
        {"a": torch.tensor(1), "b": values.reshape(3, 2)},
        {"a": torch.tensor(1), "b": values.reshape(2, 3).view(torch.int32)},
        {"a": torch.tensor(2), "b": values.reshape(2, 3)},
        {"b": values.reshape(2, 3)},
    ]
    prints = {print_, weights.fingerprint(same_sum, "text"), *map(weights.fingerprint, others)}
    assert len(prints) == 7
    assert weights.fingerprint(make()) == weights.fingerprint(make().state_dict())


def test_fingerprint_is_the_same_in_every_version():
    """Files carry fingerprints, so the bytes that are hashed may never change: here by hand."""
    tensors = {
        "half": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
        "none": torch.zeros(0, 3),
        "flag": torch.tensor(True),
        "count": torch.tensor([[1, 258]], dtype=torch.int64),
    }
    expected = (
        b'"words"'
        b'["count", "torch.int64", [1, 2]]\n\x01\0\0\0\0\0\0\0\x02\x01\0\0\0\0\0\0'
        b'["flag", "torch.bool", []]\n\x01'
        b'["half", "torch.bfloat16", [2]]\n\xc0\x3f\x00\xc0'
        b'["none", "torch.float32", [0, 3]]\n'
    )
    assert weights.fingerprint(tensors, "words") == hashlib.sha256(expected).hexdigest()
