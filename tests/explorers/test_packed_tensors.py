"""utils.explorers.packed_tensors: tensors as text, and how far what comes back may be off."""

import base64
import copy
import json

import pytest
import torch
from torch import nn

from utils.explorers.packed_tensors import (
    CHARACTERS,
    KINDS,
    LIMITS,
    fill,
    pack,
    pack_weights,
    rounded,
    unpack,
)

WHOLE = torch.tensor([[0, 1, 2], [100, 126, 127]])  # all kinds take these, some row by row


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def network(hidden=5):
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, hidden), nn.BatchNorm1d(hidden), nn.Linear(hidden, 2))


def there_and_back(tensor, kind):
    """Through JSON, as a page holds it."""
    return unpack(json.loads(json.dumps(pack(tensor, kind))))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(), (1,), (6,), (2, 3), (2, 3, 4, 5)])
def test_shape_and_type_come_back(kind, shape):
    back = there_and_back(torch.ones(shape), kind)
    assert back.shape == shape
    assert back.dtype == torch.float32
    assert torch.allclose(back, torch.ones(shape), atol=1e-6)


def test_float32_comes_back_exactly():
    tensor = drawn(7, 11)
    assert torch.equal(there_and_back(tensor, "float32"), tensor)


def test_float16_comes_back_rounded_as_pytorch_does():
    tensor = torch.cat([drawn(100), torch.tensor([0.0, 1e-6, -65504.0])])
    assert torch.equal(there_and_back(tensor, "float16"), tensor.half().float())


@pytest.mark.parametrize(("kind", "most"), [("uint8", 255), ("uint16", 65535)])
@pytest.mark.parametrize("dtype", [torch.int64, torch.float32])
def test_whole_numbers_come_back_exactly(kind, most, dtype):
    tensor = torch.tensor([[0, 1, 128], [254, most - 1, most]], dtype=dtype)
    assert torch.equal(there_and_back(tensor, kind), tensor.float())


@pytest.mark.parametrize("kind", LIMITS)
def test_whole_numbers_are_off_by_half_a_scale_of_their_row_at_most(kind):
    tensor = drawn(20, 3, 9) * torch.logspace(-6, 6, 20)[:, None, None]
    rows, back = tensor.flatten(1), there_and_back(tensor, kind).flatten(1)
    greatest = rows.abs().amax(1, keepdim=True)
    scale = greatest / LIMITS[kind]
    off = (back - rows).abs() / scale
    assert off.max() <= 0.5 + 1e-4
    assert off.max() > 0.4  # it is no better kind than it says
    at_greatest = rows.abs() == greatest
    assert torch.allclose(back[at_greatest], rows[at_greatest], rtol=1e-6)


@pytest.mark.parametrize("kind", LIMITS)
def test_a_row_does_not_depend_on_the_others(kind):
    small, large = drawn(1, 8), 1000 * drawn(1, 8, seed=1)
    both = there_and_back(torch.cat([small, large]), kind)
    assert torch.equal(both[:1], there_and_back(small, kind))


@pytest.mark.parametrize("kind", LIMITS)
def test_a_row_of_zeros_stays_zeros(kind):
    tensor = torch.tensor([[0.0, 0.0], [0.5, -0.5], [0.0, 0.0]])
    assert torch.allclose(there_and_back(tensor, kind), tensor)


def test_numbers_lie_there_in_the_order_that_the_page_reads():
    """Little-endian, row after row."""
    packed = pack(torch.tensor([[1, 2], [3, 258]]), "uint16")
    assert base64.b64decode(packed["values"]) == bytes([1, 0, 2, 0, 3, 0, 2, 1])
    transposed = pack(torch.tensor([[1, 2], [3, 4]]).T, "uint8")
    assert base64.b64decode(transposed["values"]) == bytes([1, 3, 2, 4])
    assert base64.b64decode(pack(torch.ones(1), "float16")["values"]) == b"\x00\x3c"
    int8 = pack(torch.tensor([[127.0, -127.0, 63.5]]), "int8")
    assert base64.b64decode(int8["values"]) == bytes([127, 129, 64])
    assert base64.b64decode(int8["scales"]) == b"\x00\x00\x80\x3f"
    assert pack(torch.tensor([[-45.0, -44, 0, 45]]), "ascii")["values"] == "!#P~"


def test_characters_need_no_escape_in_a_page():
    assert len(CHARACTERS) == len(set(CHARACTERS)) == 2 * LIMITS["ascii"] + 1
    assert list(CHARACTERS) == sorted(CHARACTERS) and CHARACTERS.isascii()
    assert json.dumps(CHARACTERS) == f'"{CHARACTERS}"' and "<" not in CHARACTERS
    assert not any(character.isspace() for character in CHARACTERS)


def test_each_kind_takes_the_room_that_it_says():
    texts = {kind: pack(WHOLE, kind)["values"] for kind in KINDS}
    assert len(texts.pop("ascii")) == WHOLE.numel()
    sizes = {kind: len(base64.b64decode(text)) for kind, text in texts.items()}
    assert sizes == {"float32": 24, "float16": 12, "uint16": 12, "uint8": 6, "int8": 6}


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ["float32", "float16"])
def test_numbers_of_another_precision_are_packed_as_they_are(dtype, kind):
    tensor = torch.tensor([[1.0, -2.5], [0.375, 96.0]], dtype=dtype)
    assert torch.equal(unpack(pack(tensor, kind)), tensor.float())


@pytest.mark.parametrize(
    "use", [lambda: pack(WHOLE, "int4"), lambda: unpack({**pack(WHOLE), "kind": "int4"})]
)
def test_an_unknown_kind_is_refused(use):
    with pytest.raises(ValueError, match=r"expected a kind out of \['ascii'.*got 'int4'"):
        use()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_is_refused(kind, wrong):
    with pytest.raises(ValueError, match=f"expected finite numbers that {kind} can hold"):
        pack(torch.tensor([[1.0, 2.0], [wrong, 0.0]]), kind)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("float16", 65520.0),
        ("uint8", 256.0),
        ("uint8", -1.0),
        ("uint8", 0.5),
        ("uint16", 65536.0),
        ("uint16", -1.0),
        ("uint16", 1.5),
        ("uint8", 1e20),
    ],
)
def test_what_does_not_fit_is_refused(kind, wrong):
    with pytest.raises(ValueError, match=f"that {kind} can hold.*choose another kind"):
        pack(torch.tensor([1.0, wrong]), kind)


def test_a_shape_that_the_numbers_do_not_fill_is_refused():
    with pytest.raises(ValueError, match=r"expected numbers for the shape \[2, 4\], got 6"):
        unpack(pack(WHOLE) | {"shape": [2, 4]})


@pytest.mark.parametrize("text", ["P<", "PPP", "P"])
def test_characters_that_are_no_numbers_are_refused(text):
    with pytest.raises(ValueError):
        unpack(pack(torch.ones(1, 2), "ascii") | {"values": text})


@pytest.mark.parametrize("text", ["no base64!", "AAA=", "AAAAA"])
def test_text_that_holds_no_numbers_is_refused(text):
    with pytest.raises(ValueError):
        unpack({"shape": [1], "kind": "float32", "values": text})


def test_packing_leaves_the_tensor_as_it_is():
    tensor = drawn(3, 4).requires_grad_()
    before = tensor.detach().clone()
    pack(tensor, "int8")
    assert torch.equal(tensor, before)


# ------------------------------------------------------------------------------
# Networks


@pytest.mark.parametrize("kind", ["float32", "float16", "int8", "ascii"])
def test_a_network_is_filled_with_what_was_packed(kind):
    model = network()
    model(drawn(16, 3))  # so that the normalisation has seen something
    packed = json.loads(json.dumps(pack_weights(model, kind)))
    other = network()
    nn.init.zeros_(other[0].weight)
    assert fill(other, packed) is other
    tolerance = {"float32": 0, "float16": 1e-3, "int8": 5e-3, "ascii": 1e-2}[kind]
    for name, tensor in model.state_dict().items():
        if name != "1.num_batches_tracked":
            got = other.state_dict()[name]
            assert torch.allclose(got, tensor, atol=tolerance if tensor.ndim > 1 else 0), name


def test_vectors_and_buffers_are_exact_and_counts_are_left_out():
    packed = pack_weights(network(), "int8")
    kinds = {name: tensor["kind"] for name, tensor in packed.items()}
    assert kinds.pop("0.weight") == kinds.pop("2.weight") == "int8"
    assert set(kinds.values()) == {"float32"}
    assert "1.running_var" in kinds and "1.num_batches_tracked" not in kinds


def test_rounded_is_a_copy_with_the_weights_that_the_page_sees():
    model = network()
    before = copy.deepcopy(model.state_dict())
    copied = rounded(model, "int8")
    expected = unpack(pack(model[0].weight, "int8"))
    assert torch.equal(copied[0].weight, expected)
    assert not torch.equal(copied[0].weight, model[0].weight)
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, before[name]), name


def more(packed):
    return packed | {"3.weight": packed["2.weight"]}


def fewer(packed):
    return {name: tensor for name, tensor in packed.items() if name != "2.bias"}


@pytest.mark.parametrize(
    ("change", "named"),
    [(more, "3.weight"), (fewer, "2.bias"), (lambda _: pack_weights(network(6)), "0.bias")],
)
def test_weights_of_another_network_change_nothing(change, named):
    packed = pack_weights(network())
    other = network()
    nn.init.zeros_(other[0].weight)
    before = copy.deepcopy(other.state_dict())
    with pytest.raises(ValueError, match=f"the weights of a Sequential, got others in .*{named}"):
        fill(other, change(packed))
    for name, tensor in other.state_dict().items():
        assert torch.equal(tensor, before[name]), name
