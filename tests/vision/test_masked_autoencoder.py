"""The masked autoencoder: what is hidden stays hidden, and only that is scored."""

import pytest
import torch

from utils.training.loop import fit, seeded
from utils.transformers.stack import Architecture
from utils.vision.masked_autoencoder import (
    MaskedAutoencoder,
    draw_places,
    masked_autoencoder_loss,
)
from utils.vision.patches import from_patches, put, take, to_patches

READ_BY = Architecture(size=12, heads=3, layers=2, inner_size=16, positions="learnt", longest=16)
WRITTEN_BY = Architecture(size=8, heads=2, layers=1, inner_size=8, positions="learnt", longest=16)


def new_model():
    with seeded(0):
        return MaskedAutoencoder(READ_BY, WRITTEN_BY, patch_size=7).eval()


def new_images(count=4):
    with seeded(1):
        return torch.rand(count, 1, 28, 28)


def new_places(count=4, visible=4):
    return draw_places(count, 16, visible, torch.Generator().manual_seed(2))


def test_visible_and_hidden_places_are_all_places_once():
    visible, hidden = new_places(50, 5)
    assert visible.shape == (50, 5) and hidden.shape == (50, 11)
    both = torch.cat([visible, hidden], 1).sort(1).values
    assert both.equal(torch.arange(16).expand(50, -1))
    assert (visible.diff(dim=1) > 0).all() and (hidden.diff(dim=1) > 0).all()


def test_every_place_is_hidden_as_often():
    visible, _ = draw_places(20_000, 16, 4, torch.Generator().manual_seed(0))
    shares = visible.flatten().bincount() / 20_000
    assert (shares - 1 / 4).abs().max() < 0.015  # five deviations of such a share


@pytest.mark.parametrize("visible", [0, 16])
def test_something_is_seen_and_something_hidden(visible):
    with pytest.raises(ValueError, match=f"from 1 to 15 visible patches, got {visible}"):
        draw_places(3, 16, visible)


@torch.no_grad()
def test_hidden_patches_cannot_influence_what_is_restored():
    model, images = new_model(), new_images()
    visible, hidden = new_places()
    patches = to_patches(images, 7)
    others = from_patches(put(patches, hidden, 1 - take(patches, hidden)))
    restored = to_patches(model.restore(images, visible), 7)
    from_others = to_patches(model.restore(others, visible), 7)
    assert from_others.equal(restored)
    changed = from_patches(put(patches, visible[:, :1], 1 - take(patches, visible[:, :1])))
    from_changed = to_patches(model.restore(changed, visible), 7)
    assert not take(from_changed, hidden).allclose(take(restored, hidden), atol=1e-4)


@torch.no_grad()
def test_what_is_visible_stays_as_it_is():
    images = new_images()
    visible, hidden = new_places()
    model = new_model()
    restored = to_patches(model.restore(images, visible), 7)
    patches = to_patches(images, 7)
    assert take(restored, visible).equal(take(patches, visible))
    written = model(take(patches, visible), visible)
    assert take(restored, hidden).equal(take(written, hidden))
    assert written.min() > 0 and written.max() < 1


@torch.no_grad()
def test_the_order_of_visible_patches_does_not_matter():
    model, patches = new_model(), to_patches(new_images(), 7)
    visible, _ = new_places()
    backwards = visible.flip(1)
    torch.testing.assert_close(
        model(take(patches, backwards), backwards), model(take(patches, visible), visible)
    )


@torch.no_grad()
def test_what_it_says_of_a_place_depends_on_the_place():
    visible, _ = new_places()
    written = new_model()(take(to_patches(new_images(), 7), visible), visible)
    _, hidden = new_places()
    first, second = take(written, hidden)[:, 0], take(written, hidden)[:, 1]
    assert (first - second).abs().max() > 1e-3


def test_the_loss_is_the_squared_error_of_hidden_pixels_alone():
    model, images = new_model(), new_images()
    with seeded(3):
        loss = masked_autoencoder_loss(model, images, 4)
    with seeded(3):
        visible, hidden = draw_places(len(images), 16, 4)
    error = (model.restore(images, visible) - images).square()  # 0 where it was visible
    hidden_pixels = hidden.numel() * 49
    torch.testing.assert_close(loss, error.sum() / hidden_pixels)


@pytest.mark.slow
def test_it_learns_to_restore():
    """Pictures of one grey each: any visible patch tells all others."""
    greys = torch.rand(200, 1, 1, 1, generator=torch.Generator().manual_seed(0))
    images = greys.expand(-1, -1, 28, 28)
    model = new_model()
    fit(
        model,
        lambda model, batch: masked_autoencoder_loss(model, batch, 4),
        images.split(20),
        images[:50].split(50),
        epochs=30,
        learning_rate=0.02,
        seed=0,
    )
    visible, _ = new_places(50)
    restored = model.restore(images[:50], visible)
    assert (restored - images[:50]).square().mean() < images.var() / 20


def test_places_that_the_decoder_cannot_learn_are_refused():
    with pytest.raises(ValueError, match="got 16 for 49 patches"):
        MaskedAutoencoder(READ_BY, WRITTEN_BY, patch_size=4)
