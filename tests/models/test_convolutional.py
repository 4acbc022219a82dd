"""utils.models.convolutional: shapes, sizes, and what depends on what."""

import pytest
import torch
from torch import nn

from utils.models.convolutional import (
    PlainDecoder,
    PlainEncoder,
    ResidualBlock,
    ResidualDecoder,
    ResidualEncoder,
)
from utils.training.loop import parameter_count


def seeded_module(kind: type[nn.Module], **arguments) -> nn.Module:
    """In evaluation mode, with the statistics and the scales of a network that has learnt."""
    torch.manual_seed(0)
    module = kind(**arguments).eval()
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.weight.uniform_(0.5, 2)
                part.bias.normal_()
                part.running_mean.normal_()
                part.running_var.uniform_(0.5, 2)
    return module


def images(count: int = 3) -> torch.Tensor:
    return torch.rand(count, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def codes(count: int = 3, channels: int = 4) -> torch.Tensor:
    return torch.randn(count, channels, 7, 7, generator=torch.Generator().manual_seed(2))


def cells_that_reach(decoder: nn.Module, row: int, column: int) -> set[tuple[int, int]]:
    """The cells of the code on which a pixel depends."""
    code = codes().requires_grad_()
    decoder(code)[:, 0, row, column].sum().backward()
    reached = code.grad.abs().sum((0, 1)) > 0  # (3, 4, 7, 7) -> (7, 7)
    return {tuple(cell) for cell in reached.nonzero().tolist()}


@pytest.mark.parametrize(
    ("encoder", "decoder"), [(PlainEncoder, PlainDecoder), (ResidualEncoder, ResidualDecoder)]
)
@pytest.mark.parametrize("channels", [1, 4, 6])
def test_an_image_becomes_a_code_of_7_x_7_and_an_image_again(encoder, decoder, channels):
    code = seeded_module(encoder, code_channels=channels)(images())
    assert code.shape == (3, channels, 7, 7)
    restored = seeded_module(decoder, code_channels=channels)(code)
    assert restored.shape == (3, 1, 28, 28)
    assert 0 < restored.min() < restored.max() < 1


def test_their_numbers_of_parameters():
    """Counted by hand: weights and biases of each convolution, scale and shift of each norm."""
    plain = [parameter_count(part) for part in (PlainEncoder(), PlainDecoder())]
    assert plain == [(9 + 1) * 8 + (9 * 8 + 1) * 4, (4 * 4 + 1) * 8 + 4 * 8 + 1]
    block = 2 * (2 * 32 + (9 * 32 + 1) * 32)
    residual = [parameter_count(part) for part in (ResidualEncoder(), ResidualDecoder())]
    assert parameter_count(ResidualBlock(32)) == block
    assert residual[0] == (64 + 1) * 32 + block + 2 * 32 + (9 * 32 + 1) * 4 == 21_924
    assert residual[1] == (9 * 4 + 1) * 32 + block + 2 * 32 + 64 * 32 + 1 == 21_921
    assert parameter_count(ResidualDecoder(blocks=3)) == 21_921 + 2 * block


def test_a_plain_code_is_never_negative_and_a_residual_one_may_be():
    assert seeded_module(PlainEncoder)(images(50)).min() >= 0
    assert seeded_module(ResidualEncoder)(images(50)).min() < 0


def test_a_pixel_of_the_plain_decoder_sees_its_own_cell_alone():
    decoder = seeded_module(PlainDecoder, channels=32)
    for row, column in ((0, 0), (3, 4), (13, 13), (27, 27)):
        assert cells_that_reach(decoder, row, column) == {(row // 4, column // 4)}


def test_a_pixel_of_the_residual_decoder_sees_as_far_as_its_convolutions_reach():
    """One cell each way by the patches that overlap, one more by each of three convolutions."""
    decoder = seeded_module(ResidualDecoder)
    everything = {(row, column) for row in range(7) for column in range(7)}
    assert cells_that_reach(decoder, 13, 13) == everything
    corner = {(row, column) for row in range(4) for column in range(4)}
    assert cells_that_reach(decoder, 0, 0) == corner
    shallow = seeded_module(ResidualDecoder, blocks=0)
    assert cells_that_reach(shallow, 13, 13) == {(r, c) for r in range(1, 5) for c in range(1, 5)}


def test_the_encoders_see_a_neighbourhood():
    """The number at (3, 3): pixels of its patch and as many cells around as convolutions add."""
    for encoder, reach in (
        (seeded_module(PlainEncoder, channels=32), range(12 - 3, 16 + 3)),
        (seeded_module(ResidualEncoder, blocks=0), range(8 - 2, 24 - 2)),
    ):
        seen = torch.zeros(28, 28)
        for seed in range(20):  # pooling passes one pixel of four on
            image = torch.rand(
                8, 1, 28, 28, generator=torch.Generator().manual_seed(seed)
            ).requires_grad_()
            encoder(image)[:, :, 3, 3].sum().backward()
            seen += image.grad.abs().sum((0, 1))
        rows = seen.sum(1).nonzero().flatten().tolist()
        assert rows == [row for row in reach if 0 <= row < 28]


def test_a_residual_block_adds_to_its_input():
    block = seeded_module(ResidualBlock, channels=4)
    features = codes()
    added = block(features) - features
    torch.testing.assert_close(added, block.change(features))
    assert added.abs().min(0).values.mean() > 0.01
    with torch.no_grad():
        block.change[-1].weight.zero_()
        block.change[-1].bias.zero_()
    assert torch.equal(block(features), features)


def test_what_is_restored_does_not_depend_on_the_rest_of_the_batch():
    decoder, many = seeded_module(ResidualDecoder), codes(6)
    torch.testing.assert_close(decoder(many)[:2], decoder(many[:2]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", [PlainEncoder, PlainDecoder, ResidualEncoder, ResidualDecoder])
def test_every_parameter_takes_part(kind):
    module = seeded_module(kind)
    inputs = codes(20) if "Decoder" in kind.__name__ else images(20)
    module(inputs).square().sum().backward()
    for name, parameter in module.named_parameters():
        assert parameter.grad.abs().sum() > 0, name
