"""Hide most of a picture, and restore it from the rest.

He, Chen, Xie, Li, Dollár & Girshick (2022), https://arxiv.org/abs/2111.06377: the encoder reads the
visible patches alone, a smaller decoder sees all places, and hidden patches are what it is scored
on.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..images.digits import IMAGE_SIZE
from ..transformers.stack import Architecture, Stack
from .patches import PatchEncoder, check_places, from_patches, put, take, to_patches


class MaskedAutoencoder(nn.Module):
    """Says what stands at every place of a picture of which it was shown some patches.

    read_by, written_by: encoder and decoder. Their positions, if "learnt", are as many as a picture
        of `image_size` x `image_size` pixels has patches; `ValueError` is raised for others.
    """

    def __init__(
        self,
        read_by: Architecture,
        written_by: Architecture,
        patch_size: int,
        image_size: int = IMAGE_SIZE,
    ):
        super().__init__()
        self.places = check_places(written_by, patch_size, image_size)
        self.encoder = PatchEncoder(read_by, patch_size, image_size)
        self.to_decoder = nn.Linear(read_by.size, written_by.size)
        # Stands for every patch that is hidden; first drawn as learnt positions are.
        self.hidden_vector = nn.Parameter(0.02 * torch.randn(written_by.size))
        self.decoder = Stack(written_by)
        self.to_pixels = nn.Linear(written_by.size, patch_size**2)

    def forward(self, patches: Tensor, visible: Tensor) -> Tensor:
        """Visible patches (batch, some, patch_size²), at places (batch, some) -> all patches.

        (batch, places, patch_size²), each pixel in (0, 1).
        """
        outputs = self.encoder(patches, visible).outputs  # (batch, some, size)
        shown = self.to_decoder(outputs)  # -> (batch, some, size of the decoder)
        hidden = self.hidden_vector.expand(len(patches), self.places, -1)
        everywhere = put(hidden, visible, shown)  # -> (batch, places, size of the decoder)
        decoded = self.decoder(everywhere, there=None, causal=False).outputs
        return self.to_pixels(decoded).sigmoid()

    def restore(self, images: Tensor, visible: Tensor) -> Tensor:
        """The images, (n, 1, height, width), with all that is not `visible` (n, some) made up."""
        patches = to_patches(images, self.encoder.patch_size)
        shown = take(patches, visible)
        return from_patches(put(self(shown, visible), visible, shown))


def draw_places(
    pictures: int, places: int, visible: int, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """For each picture the places of `visible` patches, and of all others, both in order.

    (pictures, visible) and (pictures, places - visible), all choices being equally likely; drawn by
    the generator, or else by PyTorch's own random numbers. Raises `ValueError` unless at least one
    is visible and one hidden.
    """
    if not 1 <= visible < places:
        raise ValueError(f"expected from 1 to {places - 1} visible patches, got {visible}")
    order = torch.rand(pictures, places, generator=generator).argsort(1)
    return order[:, :visible].sort(1).values, order[:, visible:].sort(1).values


def masked_autoencoder_loss(model: MaskedAutoencoder, images: Tensor, visible: int) -> Tensor:
    """Mean squared error over the pixels of hidden patches, shape (), all but `visible` hidden.

    images: (n, 1, height, width). Which patches are hidden is drawn anew for every picture.
    """
    patches = to_patches(images, model.encoder.patch_size)
    shown, hidden = (
        places.to(images.device) for places in draw_places(len(images), model.places, visible)
    )
    restored = model(take(patches, shown), shown)
    return (take(restored, hidden) - take(patches, hidden)).square().mean()
