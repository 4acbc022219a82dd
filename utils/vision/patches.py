"""A picture as a sequence of patches, read by the encoder of chapter 6, and what it looks at.

The Vision Transformer of Dosovitskiy et al. (2021), https://arxiv.org/abs/2010.11929. A picture of
28 x 28 pixels is 16 patches of 7 x 7, or 49 of 4 x 4, which are to it what words are to a
sentence. Their places are numbered row by row, from the top left.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..images.digits import IMAGE_SIZE
from ..transformers.stack import Architecture, Stack


def to_patches(images: Tensor, patch_size: int) -> Tensor:
    """Images (n, 1, height, width) -> patches (n, places, patch_size²), each row by row.

    Raises `ValueError` unless `patch_size` divides height and width.
    """
    height, width = images.shape[-2:]
    if patch_size < 1 or height % patch_size or width % patch_size:
        raise ValueError(
            f"expected a patch_size that divides {height} and {width} pixels, got {patch_size}"
        )
    rows = images.unflatten(2, (-1, patch_size)).unflatten(4, (-1, patch_size))
    # (n, 1, rows, patch_size, columns, patch_size) -> (n, rows, columns, patch_size, patch_size)
    return rows[:, 0].transpose(2, 3).flatten(3).flatten(1, 2)


def from_patches(patches: Tensor, columns: int | None = None) -> Tensor:
    """Patches (n, places, patch_size²) -> images (n, 1, height, width): `to_patches` undone.

    columns: how many patches stand in a row; without it the picture is square. Raises `ValueError`
    where so many patches make no rectangle, and for patches that are no squares.
    """
    places, pixels = patches.shape[1:]
    patch_size = round(pixels**0.5)
    columns = round(places**0.5) if columns is None else columns
    if patch_size**2 != pixels or columns < 1 or places % columns:
        raise ValueError(
            f"expected square patches that make a picture of {columns} columns, got {places} of "
            f"{pixels} pixels"
        )
    grid = patches.unflatten(2, (patch_size, patch_size)).unflatten(1, (-1, columns))
    # (n, rows, columns, patch_size, patch_size) -> (n, rows, patch_size, columns, patch_size)
    return grid.transpose(2, 3).flatten(3).flatten(1, 2)[:, None]


def take(patches: Tensor, places: Tensor) -> Tensor:
    """The patches at `places` (n, some) of (n, all, numbers): (n, some, numbers)."""
    return patches.gather(1, places[..., None].expand(-1, -1, patches.shape[2]))


def put(patches: Tensor, places: Tensor, new: Tensor) -> Tensor:
    """A copy of `patches` (n, all, numbers) with `new` (n, some, numbers) at `places` (n, some)."""
    return patches.scatter(1, places[..., None].expand_as(new), new)


# ------------------------------------------------------------------------------
# The network


class ReadPatches(NamedTuple):
    """What an encoder makes of patches.

    outputs: (batch, patches, size).
    weights: of all heads, (layers, batch, heads, queries, keys); queries and keys are the patches.
    """

    outputs: Tensor
    weights: Tensor


class PatchEncoder(nn.Module):
    """Each patch becomes a vector by one linear layer; then every patch looks at all others.

    architecture: if its positions are "learnt", as many as a picture of `image_size` x `image_size`
        pixels has patches; `ValueError` is raised for others.
    """

    def __init__(self, architecture: Architecture, patch_size: int, image_size: int = IMAGE_SIZE):
        super().__init__()
        self.patch_size = patch_size
        self.places = check_places(architecture, patch_size, image_size)
        self.embedding = nn.Linear(patch_size**2, architecture.size)
        self.stack = Stack(architecture)

    def forward(self, patches: Tensor, places: Tensor | None = None) -> ReadPatches:
        """patches: (batch, some, patch_size²); places: where they stand, (batch or 1, some).

        Without `places` they are all patches of a picture, in their order. The order in which they
        come makes no difference, and what is left out takes no time.
        """
        embedded = self.embedding(patches)  # -> (batch, some, size)
        stacked = self.stack(embedded, there=None, causal=False, places=places)
        return ReadPatches(stacked.outputs, torch.stack(stacked.weights))


class VisionTransformer(nn.Module):
    """Says what a picture shows: logits from the mean of what a `PatchEncoder` made of all patches.

    The paper reads them from a token of their own; its appendix D.3 finds the mean as good.
    Arguments as in `PatchEncoder`.
    """

    def __init__(
        self,
        architecture: Architecture,
        patch_size: int,
        classes: int = 10,
        image_size: int = IMAGE_SIZE,
    ):
        super().__init__()
        self.encoder = PatchEncoder(architecture, patch_size, image_size)
        self.to_logits = nn.Linear(architecture.size, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Images (batch, 1, height, width) -> logits (batch, classes)"""
        return self.with_weights(images)[0]

    def with_weights(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """`forward`, and the weights of all heads, (layers, batch, heads, places, places)."""
        return self.read(to_patches(images, self.encoder.patch_size))

    def read(self, patches: Tensor, places: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """`with_weights` of some patches of each picture, as `PatchEncoder` takes them."""
        outputs, weights = self.encoder(patches, places)
        return self.to_logits(outputs.mean(1)), weights


def check_places(architecture: Architecture, patch_size: int, image_size: int) -> int:
    """How many patches a picture has; `ValueError` where as many places cannot be learnt."""
    places = (image_size // patch_size) ** 2
    if image_size % patch_size or architecture.longest not in (0, places):
        raise ValueError(
            f"expected a place for each patch of {image_size} x {image_size} pixels, got "
            f"{architecture.longest} for {places} patches; make `longest` as many"
        )
    return places


def classification_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Mean cross entropy in nats, shape (), of images (n, 1, height, width) and labels (n,)."""
    images, labels = batch
    return F.cross_entropy(model(images), labels)


# ------------------------------------------------------------------------------
# Where a network looks, and whether that matters


def attention_rollout(weights: Tensor) -> Tensor:
    """How much of each patch comes through all layers to each output, if only attention mixed.

    weights: (layers, batch, heads, places, places). A layer passes on half of what it was given,
    by its residual, and half by the mean of its heads. Returns (batch, places, places), each row
    with the sum 1: outputs, then patches. Abnar & Zuidema (2020), https://arxiv.org/abs/2005.00928,
    section 3; what values and feed-forward layers do to the numbers is left out.
    """
    passed = torch.eye(weights.shape[-1], dtype=weights.dtype, device=weights.device)
    for layer in weights.mean(2):  # (batch, places, places), the first layer first
        passed = (layer @ passed + passed) / 2
    return passed


def gradient_saliency(model: nn.Module, images: Tensor) -> Tensor:
    """How strongly the greatest logit answers to each pixel: |gradient|, (n, 1, height, width).

    Simonyan, Vedaldi & Zisserman (2014), https://arxiv.org/abs/1312.6034. The model is left in
    evaluation mode.
    """
    model.eval()
    pixels = images.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(model(pixels).amax(1).sum(), pixels)
    return gradient.abs()


@torch.no_grad()
def occlusion_effect(model: nn.Module, images: Tensor, patch_size: int) -> Tensor:
    """How many nats of log probability the class found loses without one patch: (n, places).

    Each patch is painted over in its turn. Zeiler & Fergus (2014),
    https://arxiv.org/abs/1311.2901, section 4.2. The model is left in evaluation mode.
    """
    model.eval()
    whole = model(images).log_softmax(1)  # (n, classes)
    found = whole.argmax(1, keepdim=True)
    effects = []
    for place in range(to_patches(images, patch_size).shape[1]):
        places = torch.full((len(images), 1), place, device=images.device)
        painted = model(paint_over(images, places, patch_size)).log_softmax(1)
        effects.append((whole - painted).gather(1, found))
    return torch.cat(effects, 1)


def paint_over(images: Tensor, places: Tensor, patch_size: int, shade: float = 0.0) -> Tensor:
    """The images (n, 1, height, width) with one shade on the patches at `places` (n, some).

    0 is paper, 1 is ink.
    """
    patches = to_patches(images, patch_size)
    covers = patches.new_full((*places.shape, patches.shape[2]), shade)
    return from_patches(put(patches, places, covers), images.shape[3] // patch_size)
