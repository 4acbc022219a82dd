"""utils.models.pixel_predictor: what it sees, and what it takes for the bits of a pixel."""

import math

import pytest
import torch
from digit_files import make_images

from utils.models.pixel_predictor import PixelPredictor, bits_per_pixel
from utils.training.loop import parameter_count


def predictor(**sizes) -> PixelPredictor:
    torch.manual_seed(0)
    return PixelPredictor(**sizes)


def test_its_number_of_parameters():
    """Counted by hand: two pictures in, 5 x 9 places, 48 kernels; 48 x 48; 256 outputs."""
    assert parameter_count(PixelPredictor()) == 48 * (2 * 45 + 1) + 48 * 49 + 256 * 49


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 27), (10, 10), (27, 0), (27, 27)])
@pytest.mark.parametrize(("above", "beside"), [(4, 4), (1, 2), (0, 3)])
def test_a_pixel_is_predicted_from_those_before_it_alone(row, column, above, beside):
    network = predictor(above=above, beside=beside, channels=16)
    images = make_images(3).requires_grad_()
    ink, greys = network(images)
    (ink[:, row, column].sum() + greys[:, row, column].square().sum()).backward()
    seen = images.grad.abs().sum((0, 1)) > 0  # (28, 28)
    allowed = torch.zeros(28, 28, dtype=torch.bool)
    allowed[max(row - above, 0) : row, max(column - beside, 0) : column + beside + 1] = True
    allowed[row, max(column - beside, 0) : column] = True
    assert torch.equal(seen, allowed)


def test_the_loss_is_the_mean_of_minus_log2_of_the_probabilities():
    network = predictor(channels=8)
    images = (255 * make_images(2)).round() / 255
    images[0, 0, 0, 0] = 1  # the first pixel, and the last of the greys
    ink, greys = network(images)
    share = ink.sigmoid()[..., None]
    probabilities = torch.cat([1 - share, share * greys.softmax(-1)], dim=-1)  # of 0 to 255
    assert torch.allclose(probabilities.sum(-1), torch.ones(2, 28, 28))
    values = (255 * images).round().long().squeeze(1)
    taken = -probabilities.gather(-1, values[..., None]).log2().mean()
    assert 0.1 < (values > 0).float().mean() < 0.9
    assert bits_per_pixel(network, images).item() == pytest.approx(taken.item(), rel=1e-5)


def test_an_untrained_one_takes_about_a_bit_for_ink_and_eight_for_a_grey():
    images = (255 * make_images(20)).round() / 255
    ink = (images > 0).float().mean().item()
    expected = 1 + ink * math.log2(255)
    assert bits_per_pixel(predictor(), images).item() == pytest.approx(expected, rel=0.1)
