"""utils.models.encoder_decoder: any encoder, a code of fixed length, one decoder, one gradient."""

import pytest
import torch
from torch import nn

from utils.measures.image_quality import mean_squared_error
from utils.models.encoder_decoder import (
    CNNEncoder,
    EncoderDecoder,
    MLPDecoder,
    MLPEncoder,
    RecurrentEncoder,
    identity_rnn,
)

ENCODERS = {
    "MLP": MLPEncoder,
    "CNN": CNNEncoder,
    "RNN": lambda length: RecurrentEncoder(length, cell=nn.RNN),
    "LSTM": RecurrentEncoder,
    "GRU": lambda length: RecurrentEncoder(length, cell=nn.GRU),
    "identity": lambda length: RecurrentEncoder(length, cell=identity_rnn),
}
RECURRENT = ["RNN", "LSTM", "GRU", "identity"]


@pytest.fixture(params=ENCODERS)
def make_encoder(request):
    torch.manual_seed(0)
    return ENCODERS[request.param]


@pytest.fixture
def images():
    return torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def first_weight(module: nn.Module) -> nn.Parameter:
    return next(p for name, p in module.named_parameters() if "weight" in name)


@pytest.mark.parametrize("length", [1, 2, 196])
def test_any_encoder_fits_the_decoder(make_encoder, images, length):
    pair = EncoderDecoder(make_encoder(length), MLPDecoder(length))
    assert pair.encode(images).shape == (6, length)
    assert pair(images).shape == images.shape
    assert torch.equal(pair(images), pair.decode(pair.encode(images)))


def test_a_gradient_reaches_the_first_layer_from_the_output(make_encoder, images):
    pair = EncoderDecoder(make_encoder(4), MLPDecoder(4))
    mean_squared_error(pair(images), images).mean().backward()
    for name, parameter in pair.named_parameters():
        assert parameter.grad is not None and parameter.grad.norm() > 0, name


def test_a_small_step_of_the_encoder_lowers_the_loss_as_the_gradient_says(make_encoder, images):
    pair = EncoderDecoder(make_encoder(4), MLPDecoder(4)).double()
    images = images.double()
    loss = mean_squared_error(pair(images), images).mean()
    loss.backward()
    squared_length = sum(p.grad.square().sum() for p in pair.encoder.parameters())
    step = 1e-4
    with torch.no_grad():
        for parameter in pair.encoder.parameters():
            parameter -= step * parameter.grad
        change = mean_squared_error(pair(images), images).mean() - loss
    assert change.item() == pytest.approx(-step * squared_length.item(), rel=0.01)


def test_the_code_of_an_image_does_not_depend_on_its_batch(make_encoder, images):
    encoder = make_encoder(4)
    alone = torch.cat([encoder(image[None]) for image in images])
    torch.testing.assert_close(encoder(images), alone)


def test_the_code_depends_on_every_row(make_encoder, images):
    encoder = make_encoder(8)
    for row in range(28):
        changed = images.clone()
        changed[:, :, row] = 1 - changed[:, :, row]
        difference = (encoder(changed) - encoder(images)).abs().amax(1)
        assert (difference > 0).all(), f"row {row}"


@pytest.mark.parametrize("name", RECURRENT)
def test_a_recurrent_code_depends_on_the_order_of_the_rows(name, images):
    torch.manual_seed(0)
    encoder = ENCODERS[name](8)
    if name == "identity":  # a running sum of ReLUs knows no order until its weights have moved
        nn.init.orthogonal_(encoder.recurrent.weight_hh_l0)
    assert (encoder(images.flip(2)) - encoder(images)).abs().max() > 1e-4


def test_a_recurrent_encoder_reads_from_top_to_bottom(images):
    torch.manual_seed(0)
    encoder = RecurrentEncoder(8, cell=nn.RNN)
    state = torch.zeros(6, 64)
    for row in images[:, 0].unbind(1):
        state = torch.tanh(
            nn.functional.linear(row, encoder.recurrent.weight_ih_l0, encoder.recurrent.bias_ih_l0)
            + nn.functional.linear(
                state, encoder.recurrent.weight_hh_l0, encoder.recurrent.bias_hh_l0
            )
        )
    torch.testing.assert_close(encoder(images), encoder.to_code(state))


def test_the_identity_rnn_starts_as_a_running_sum(images):
    torch.manual_seed(0)
    recurrent = identity_rnn(28, 5, batch_first=True)
    ink = images.squeeze(1)
    nn.init.uniform_(recurrent.weight_ih_l0, 0, 1)  # all positive: ReLU changes nothing
    states, _ = recurrent(ink)
    torch.testing.assert_close(states, (ink @ recurrent.weight_ih_l0.T).cumsum(1))


def test_a_layer_of_rectified_units_stands_where_it_should():
    inputs = torch.randn(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    cnn = CNNEncoder(8)
    first = torch.relu(cnn.halve(inputs))
    second = torch.relu(cnn.halve_again(first))
    assert torch.allclose(cnn(inputs), cnn.to_code(second.flatten(1)), atol=1e-6)
    mlp = MLPEncoder(8)
    hidden = torch.relu(mlp.hidden(inputs.flatten(1)))
    assert torch.allclose(mlp(inputs), mlp.to_code(hidden), atol=1e-6)
    decoder = MLPDecoder(8)
    codes = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    pixels = torch.sigmoid(decoder.to_pixels(torch.relu(decoder.from_code(codes))))
    assert torch.allclose(decoder(codes).flatten(1), pixels, atol=1e-6)


def test_a_cnn_sees_a_shifted_digit_as_shifted_features(images):
    torch.manual_seed(0)
    encoder = CNNEncoder(4)
    small = torch.zeros(1, 1, 28, 28)
    small[:, :, 8:12, 8:12] = images[:1, :, :4, :4]
    moved = small.roll(shifts=(4, 8), dims=(2, 3))
    features = encoder.halve_again(torch.relu(encoder.halve(small)))
    expected = features.roll(shifts=(1, 2), dims=(2, 3))  # four pixels are one place of the map
    found = encoder.halve_again(torch.relu(encoder.halve(moved)))
    torch.testing.assert_close(found[..., 2:6, 3:6], expected[..., 2:6, 3:6])


def test_the_decoder_draws_pixels_between_paper_and_ink():
    torch.manual_seed(0)
    drawn = MLPDecoder(3)(100 * torch.randn(20, 3))
    assert drawn.min() >= 0 and drawn.max() <= 1
    assert drawn.std(0).mean() > 0.01  # different codes, different pictures


@pytest.mark.parametrize(
    "shape", [(28, 28), (1, 28, 28), (6, 28, 28), (6, 784), (6, 3, 28, 28), (6, 1, 14, 14)]
)
def test_images_of_another_shape_are_refused(make_encoder, shape):
    with pytest.raises(ValueError, match=r"expected images of shape \(batch, 1, 28, 28\), got"):
        make_encoder(4)(torch.zeros(shape))


@pytest.mark.parametrize("shape", [(4,), (6, 3), (6, 5), (6, 1, 4)])
def test_codes_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"expected codes of shape \(batch, 4\), got"):
        MLPDecoder(4)(torch.zeros(shape))
