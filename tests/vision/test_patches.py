"""Patches as words: cut and put together, PyTorch's numbers, and what maps of looking say."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from utils.training.loop import seeded
from utils.transformers.stack import Architecture
from utils.vision.patches import (
    PatchEncoder,
    VisionTransformer,
    attention_rollout,
    classification_loss,
    from_patches,
    gradient_saliency,
    occlusion_effect,
    paint_over,
    put,
    take,
    to_patches,
)

SMALL = Architecture(size=12, heads=3, layers=2, inner_size=16, positions="learnt", longest=16)


def new_images(count=3, height=28, width=28):
    with seeded(1):
        return torch.rand(count, 1, height, width)


def new_model(architecture=SMALL, seed=0):
    with seeded(seed):
        model = VisionTransformer(architecture, patch_size=7)
        with torch.no_grad():  # as after training: what is 0 or 1 would hide a mistake
            for parameter in model.parameters():
                if parameter.ndim == 1:
                    parameter += 0.3 * torch.randn(parameter.shape)
            model.encoder.stack.positions.embedding.weight.normal_()
    return model.eval()


# ------------------------------------------------------------------------------
# Cutting and putting together


def test_patches_are_squares_of_the_picture_row_by_row():
    images = new_images(2)
    patches = to_patches(images, 7)
    assert patches.shape == (2, 16, 49)
    for place in range(16):
        top, left = 7 * (place // 4), 7 * (place % 4)
        square = images[:, 0, top : top + 7, left : left + 7]
        assert patches[:, place].equal(square.flatten(1))


@pytest.mark.parametrize("patch_size", [1, 4, 7, 28])
def test_patches_give_the_picture_back(patch_size):
    images = new_images()
    assert from_patches(to_patches(images, patch_size)).equal(images)


def test_a_picture_that_is_no_square_needs_its_columns():
    images = new_images(height=40, width=112)
    patches = to_patches(images, 8)
    assert from_patches(patches, columns=14).equal(images)
    with pytest.raises(ValueError, match="8 columns, got 70 of 64"):
        from_patches(patches)
    with pytest.raises(ValueError, match="got 16 of 48 pixels"):
        from_patches(torch.zeros(1, 16, 48))


@pytest.mark.parametrize("patch_size", [0, 5, 8])
def test_a_patch_size_that_does_not_divide_is_refused(patch_size):
    with pytest.raises(ValueError, match="divides 28 and 28 pixels"):
        to_patches(new_images(), patch_size)


def test_what_is_taken_is_put_back_in_its_places():
    patches = to_patches(new_images(), 7)
    places = torch.tensor([[3, 0], [15, 7], [1, 2]])
    taken = take(patches, places)
    assert taken[1, 0].equal(patches[1, 15]) and taken[2, 1].equal(patches[2, 2])
    before = patches.clone()
    changed = put(patches, places, -taken)
    assert patches.equal(before)
    assert take(changed, places).equal(-taken)
    assert ((changed != patches).any(2).sum(1) == 2).all()


# ------------------------------------------------------------------------------
# The network


@torch.no_grad()
def as_pytorchs(stack):
    """`torch.nn.TransformerEncoder` with the same weights."""
    architecture = stack.architecture
    layer = nn.TransformerEncoderLayer(
        architecture.size,
        architecture.heads,
        architecture.inner_size,
        batch_first=True,
        norm_first=True,
    )
    theirs = nn.TransformerEncoder(
        layer,
        architecture.layers,
        nn.LayerNorm(architecture.size),
        enable_nested_tensor=False,
    )
    theirs.norm.load_state_dict(stack.last_norm.state_dict())
    for block, copy in zip(stack.blocks, theirs.layers, strict=True):
        ours = block.attention
        three = ours.to_queries, ours.to_keys, ours.to_values
        copy.self_attn.in_proj_weight.copy_(torch.cat([one.weight for one in three]))
        copy.self_attn.in_proj_bias.copy_(torch.cat([one.bias for one in three]))
        copy.self_attn.out_proj.load_state_dict(ours.to_output.state_dict())
        copy.norm1.load_state_dict(block.around_attention.norm.state_dict())
        copy.norm2.load_state_dict(block.around_feed_forward.norm.state_dict())
        copy.linear1.load_state_dict(block.feed_forward[0].state_dict())
        copy.linear2.load_state_dict(block.feed_forward[2].state_dict())
    return theirs.eval()


@torch.no_grad()
def test_it_is_pytorchs_encoder_between_two_linear_layers():
    model, images = new_model(), new_images()
    encoder = model.encoder
    embedded = encoder.embedding(to_patches(images, 7)) + encoder.stack.positions.embedding.weight
    outputs = as_pytorchs(encoder.stack)(embedded)
    torch.testing.assert_close(model(images), model.to_logits(outputs.mean(1)))


@torch.no_grad()
def test_the_order_of_patches_does_not_matter_if_their_places_come_along():
    model = new_model()
    patches = to_patches(new_images(), 7)
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    logits, weights = model.read(patches)
    moved, moved_weights = model.read(patches[:, order], order[None])
    torch.testing.assert_close(moved, logits)
    torch.testing.assert_close(moved_weights, weights[..., order, :][..., order])
    without, _ = model.read(patches[:, order])
    assert not torch.allclose(without, logits, atol=1e-2)


@torch.no_grad()
def test_with_permuted_places_a_shuffled_picture_is_the_picture():
    """Why a fixed permutation of all patches costs it nothing: places are only names."""
    model, shuffled_model = new_model(), new_model()
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    learnt = shuffled_model.encoder.stack.positions.embedding.weight
    learnt.copy_(learnt[order])
    images = new_images()
    shuffled = from_patches(to_patches(images, 7)[:, order])
    torch.testing.assert_close(shuffled_model(shuffled), model(images))


@torch.no_grad()
def test_places_may_differ_from_picture_to_picture():
    model = new_model()
    patches = to_patches(new_images(2), 7)
    places = torch.tensor([[1, 4, 9], [0, 14, 3]])
    together, _ = model.read(take(patches, places), places)
    for row in range(2):
        alone, _ = model.read(patches[row : row + 1, places[row]], places[row : row + 1])
        torch.testing.assert_close(together[row], alone[0])


@torch.no_grad()
def test_weights_are_those_of_all_layers_and_heads():
    logits, weights = new_model().with_weights(new_images())
    assert logits.shape == (3, 10) and weights.shape == (2, 3, 3, 16, 16)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3, 3, 16))


def test_places_that_cannot_be_learnt_are_refused():
    with pytest.raises(ValueError, match="got 49 for 16 patches; make `longest` as many"):
        PatchEncoder(replace(SMALL, longest=49), patch_size=7)
    with pytest.raises(ValueError, match="each patch of 28 x 28 pixels"):
        VisionTransformer(SMALL, patch_size=6)


def test_the_loss_is_the_cross_entropy_of_the_labels():
    model, images = new_model(), new_images()
    labels = torch.tensor([3, 1, 4])
    expected = -model(images).log_softmax(1)[range(3), labels].mean()
    torch.testing.assert_close(classification_loss(model, (images, labels)), expected)


# ------------------------------------------------------------------------------
# Where it looks


def test_a_rollout_of_equal_weights_is_known():
    layers, places = 3, 4
    uniform = torch.full((layers, 2, 5, places, places), 1 / places)
    kept = 0.5**layers  # what residuals alone pass on
    expected = kept * torch.eye(places) + (1 - kept) / places
    torch.testing.assert_close(attention_rollout(uniform), expected.expand(2, -1, -1))


def test_a_rollout_goes_through_the_layers_in_their_order():
    first, second = torch.eye(3)[[1, 1, 2]], torch.eye(3)[[0, 0, 2]]
    rollout = attention_rollout(torch.stack([first, second])[:, None, None])
    # Place 1 looked at 0 in the second layer, which had looked at 1 in the first.
    expected = torch.tensor([[0.5, 0.5, 0.0], [0.25, 0.75, 0.0], [0.0, 0.0, 1.0]])
    torch.testing.assert_close(rollout, expected[None])


class SeesOnePatch(nn.Module):
    """The logit of class 1 is the ink of one patch; that of class 0 is 1."""

    def forward(self, images):
        ink = to_patches(images, 7)[:, 5].sum(1)
        return torch.stack([torch.ones_like(ink), ink], 1)


def test_saliency_and_occlusion_find_the_patch_that_counts():
    images = new_images().clamp(min=0.2)
    saliency = to_patches(gradient_saliency(SeesOnePatch(), images), 7).sum(2)
    assert (saliency[:, 5] == 49).all() and (saliency.sum(1) == 49).all()
    effect = occlusion_effect(SeesOnePatch(), images, 7)
    assert (effect[:, 5] > 1).all()
    others = [place for place in range(16) if place != 5]
    torch.testing.assert_close(effect[:, others], torch.zeros(3, 15))


def test_painting_over_leaves_paper_and_all_else():
    images = new_images(2).clamp(min=0.1)
    places = torch.tensor([[0, 5], [15, 1]])
    painted = paint_over(images, places, 7)
    is_paper = (to_patches(painted, 7) == 0).all(2)
    assert is_paper.nonzero().tolist() == [[0, 0], [0, 5], [1, 1], [1, 15]]
    there = from_patches((~is_paper).float()[..., None].expand(-1, -1, 49))
    assert painted.equal(images * there)
