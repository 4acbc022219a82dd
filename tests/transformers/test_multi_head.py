"""Several heads: the numbers of PyTorch's module, and nothing from what a mask hides."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from utils.training.loop import seeded
from utils.transformers.multi_head import MultiHeadAttention, switch_off_head

SIZE, HEADS, BATCH, QUERIES, KEYS = 12, 3, 4, 5, 7


def new_attention():
    with seeded(0):
        attention = MultiHeadAttention(SIZE, HEADS)
        for parameter in attention.parameters():
            nn.init.normal_(parameter, std=0.5)
    return attention


def pytorchs(attention):
    """`torch.nn.MultiheadAttention` with the same weights: it has the first three in one matrix."""
    other = nn.MultiheadAttention(SIZE, HEADS, batch_first=True).eval()
    layers = attention.to_queries, attention.to_keys, attention.to_values
    with torch.no_grad():
        other.in_proj_weight.copy_(torch.cat([layer.weight for layer in layers]))
        other.in_proj_bias.copy_(torch.cat([layer.bias for layer in layers]))
        other.out_proj.load_state_dict(attention.to_output.state_dict())
    return other


def inputs():
    with seeded(1):
        query = torch.randn(BATCH, QUERIES, SIZE)
        keys, values = torch.randn(2, BATCH, KEYS, SIZE)
        is_there = torch.arange(KEYS) < torch.tensor([[7], [1], [4], [6]])
        mask = torch.rand(BATCH, QUERIES, KEYS) < 0.5
    mask[..., 2] = True  # something for every query
    return query, keys, values, is_there, mask


@pytest.mark.parametrize("masks", ["none", "keys", "keys and queries"])
def test_it_is_pytorchs_module_with_its_weights(masks):
    attention = new_attention()
    query, keys, values, is_there, mask = inputs()
    if masks == "none":
        ours, theirs = None, {}
    elif masks == "keys":
        ours, theirs = is_there, {"key_padding_mask": ~is_there}  # True: hidden, with PyTorch
    else:
        ours, theirs = mask, {"attn_mask": (~mask).repeat_interleave(HEADS, 0)}
    context, weights = attention(query, keys, values, ours)
    expected, expected_weights = pytorchs(attention)(
        query, keys, values, average_attn_weights=False, **theirs
    )
    assert weights.shape == (BATCH, HEADS, QUERIES, KEYS)
    assert torch.allclose(context, expected, atol=1e-5)
    assert torch.allclose(weights, expected_weights, atol=1e-5)


def test_each_head_is_an_attention_of_its_own_with_the_root_of_its_own_size():
    attention = new_attention()
    query, keys, values, _, mask = inputs()
    _, weights = attention(query, keys, values, mask)
    found = []
    for head in range(HEADS):
        part = slice(head * SIZE // HEADS, (head + 1) * SIZE // HEADS)
        q = attention.to_queries(query)[..., part]
        k = attention.to_keys(keys)[..., part]
        scores = q @ k.mT / math.sqrt(SIZE / HEADS)
        expected = scores.masked_fill(~mask, -math.inf).softmax(-1)
        assert torch.allclose(weights[:, head], expected, atol=1e-6)
        found.append(expected @ attention.to_values(values)[..., part])
    expected = attention.to_output(torch.cat(found, -1))
    assert torch.allclose(attention(query, keys, values, mask).context, expected, atol=1e-5)


def test_the_fused_kernel_gives_the_same_with_the_same_mask():
    attention = new_attention()
    query, keys, values, is_there, mask = inputs()
    split = attention.queries(query), attention.keys(keys), attention.values(values)
    both = mask & is_there[:, None]
    both[1, 3] = False
    both[1, 3, 0] = True  # its only key
    fused = F.scaled_dot_product_attention(*split, attn_mask=both[:, None])
    expected = attention.to_output(fused.transpose(1, 2).flatten(2))
    some = both.any(-1)
    assert not some.all()  # some query has no key, of which the kernel promises nothing
    found = attention.attend(*split, both).context
    assert torch.allclose(found[some], expected[some], atol=1e-5)


def test_a_query_without_keys_finds_nothing_and_spoils_nothing():
    attention = new_attention()
    query, keys, values, _, mask = inputs()
    mask[0, 1] = False
    mask[2] = False
    query.requires_grad_()
    context, weights = attention(query, keys, values, mask)
    assert (weights[0, :, 1] == 0).all() and (weights[2] == 0).all()
    assert torch.allclose(context[0, 1], attention.to_output.bias)
    sums = weights.sum(-1)
    assert torch.allclose(sums[:, 0], mask.any(-1).float(), atol=1e-6)
    context.square().sum().backward()
    assert query.grad.isfinite().all() and (query.grad[2] == 0).all()
    for parameter in attention.parameters():
        assert parameter.grad.isfinite().all()
    # PyTorch's module has no number for them, and the same for the others.
    theirs, _ = pytorchs(attention)(
        query, keys, values, attn_mask=(~mask).repeat_interleave(HEADS, 0)
    )
    assert theirs[2].isnan().all()
    assert torch.allclose(context[mask.any(-1)], theirs[mask.any(-1)], atol=1e-5)


def test_what_is_hidden_changes_nothing():
    attention = new_attention()
    query, keys, values, is_there, _ = inputs()
    changed = torch.where(is_there[..., None], keys, 9.0)
    other = torch.where(is_there[..., None], values, -9.0)
    assert torch.equal(
        attention(query, keys, values, is_there).context,
        attention(query, changed, other, is_there).context,
    )


def test_a_mask_for_the_whole_batch_has_a_dimension_for_it():
    attention = new_attention()
    query, keys, values, _, mask = inputs()
    one = mask[:1]
    expected = attention(query, keys, values, one.expand(BATCH, -1, -1)).context
    assert torch.equal(attention(query, keys, values, one).context, expected)
    for wrong in (one[0], mask[:, None], mask[:2], mask[:, :2]):
        with pytest.raises(ValueError, match=r"a mask of shape \(4, 7\) or \(4, 5, 7\), got"):
            attention(query, keys, values, wrong)


@pytest.mark.parametrize(("size", "heads"), [(12, 5), (12, 0), (0, 1)])
def test_heads_that_do_not_divide_the_size(size, heads):
    with pytest.raises(ValueError, match="a size that the number of heads divides"):
        MultiHeadAttention(size, heads)


def test_a_head_switched_off_leaves_the_others():
    attention = new_attention()
    query, keys, values, _, mask = inputs()
    whole = attention(query, keys, values, mask)
    parts = []
    for head in range(HEADS):
        other = copy.deepcopy(attention)
        switch_off_head(other, head)
        found = other(query, keys, values, mask)
        assert torch.equal(found.weights, whole.weights)
        parts.append(whole.context - found.context)  # what the head added
        assert parts[-1].abs().max() > 0.1
    assert torch.allclose(sum(parts) + attention.to_output.bias, whole.context, atol=1e-5)
    for head in range(HEADS):
        switch_off_head(attention, head)
    silent = attention(query, keys, values, mask).context
    assert torch.allclose(silent, attention.to_output.bias.expand_as(silent))
    with pytest.raises(ValueError, match="a head from 0 to 2, got 3"):
        switch_off_head(attention, 3)
