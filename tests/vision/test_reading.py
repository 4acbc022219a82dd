"""Reading aloud: the eye, its speakers, and the measures of where they look."""

import pytest
import torch
from torch import Tensor

from utils.images.digits import Split
from utils.models.attention import AttentionalDecoder, ScaledDotScore
from utils.models.seq2seq import Decoder
from utils.text.vocabulary import END, PADDING, START, Vocabulary
from utils.training.loop import seeded
from utils.vision.canvases import Canvases, make_canvases
from utils.vision.features import PLACES
from utils.vision.number_words import number_words
from utils.vision.reading import (
    CanvasReader,
    NumberReader,
    attention_maps,
    ink_maps,
    on_digit,
    place_counts,
    pointing,
    read_aloud,
    reading_batches,
    reading_loss,
    said,
    saliency_maps,
)

LANGUAGES = ("English", "Chinese", "German")


@pytest.fixture(scope="module")
def canvases() -> Canvases:
    labels = torch.arange(10).repeat(2)
    images = torch.rand(20, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    return make_canvases(Split(images, labels), 40, seed=0)


@pytest.fixture(scope="module")
def vocabularies() -> dict[str, Vocabulary]:
    return {
        language: Vocabulary.of(
            [tuple(w.text for w in number_words(str(n), language)) for n in range(1000)]
        )
        for language in LANGUAGES
    }


def reader_of(vocabularies: dict[str, Vocabulary], attends: bool = True, **eye) -> NumberReader:
    def speaker(vocabulary: Vocabulary):
        sizes = {"embedding_size": 8, "hidden_size": 16}
        if attends:
            return AttentionalDecoder(len(vocabulary), score=ScaledDotScore(), **sizes)
        return Decoder(len(vocabulary), context_at_every_step=True, **sizes)

    with seeded(0):
        speakers = {language: speaker(words) for language, words in vocabularies.items()}
        return NumberReader(CanvasReader(16, **eye), speakers).eval()


def test_batches_hold_what_is_to_be_said(canvases: Canvases, vocabularies) -> None:
    batch, *others = reading_batches(canvases, vocabularies, 25)
    assert [len(other.images) for other in others] == [15]
    assert batch.target_input.shape == (25, 3, 6)
    for place, language in enumerate(LANGUAGES):
        for words, read, write in zip(
            said(canvases, language)[:25],
            batch.target_input[:, place].tolist(),
            batch.target_output[:, place].tolist(),
            strict=True,
        ):
            ids = list(vocabularies[language].encode(words))
            padding = [PADDING] * (5 - len(ids))
            assert read == [START, *ids, *padding]
            assert write == [*ids, END, *padding]


def test_the_loss_is_the_mean_of_the_languages(canvases: Canvases, vocabularies) -> None:
    model = reader_of(vocabularies)
    (batch,) = reading_batches(canvases, vocabularies, 40)
    losses = []
    for place, decoded in enumerate(model(batch).values()):
        log_probabilities = decoded.logits.log_softmax(-1)
        truth = batch.target_output[:, place]
        losses.append(
            -torch.stack(
                [
                    log_probabilities[row, step, truth[row, step]]
                    for row, step in (truth != PADDING).nonzero().tolist()
                ]
            ).mean()
        )
    torch.testing.assert_close(reading_loss(model, batch), sum(losses) / 3)


def test_one_eye_is_shared_by_all_speakers(canvases: Canvases, vocabularies) -> None:
    model = reader_of(vocabularies)
    (batch,) = reading_batches(canvases, vocabularies, 40)
    together = model(batch)
    for place, language in enumerate(LANGUAGES):
        alone = model.speaking(language)
        encoded = alone.encoder(canvases.images, place_counts(canvases.images))
        logits = alone.decoder(batch.target_input[:, place], encoded).logits
        torch.testing.assert_close(logits, together[language].logits)
    assert model.speaking("German").encoder is model.speaking("English").encoder


def test_a_search_says_what_the_speaker_finds_likeliest(canvases: Canvases, vocabularies) -> None:
    model = reader_of(vocabularies).speaking("Chinese")
    found = read_aloud(model, canvases, max_length=4, batch_size=7)
    assert len(found) == len(canvases)
    encoded = model.encoder(canvases.images[:1], place_counts(canvases.images[:1]))
    first = model.decoder(torch.tensor([[START]]), encoded)
    likeliest = first.logits[0, 0].clone()
    likeliest[[PADDING, START]] = -torch.inf
    assert [*found[0].token_ids, END][0] == likeliest.argmax()
    torch.testing.assert_close(found[0].weights[0], first.weights[0, 0])


def test_without_codes_of_places_attention_cannot_tell_them_apart(vocabularies) -> None:
    """The same digit to the left and to the right gets the same weights, and with codes others."""
    image = torch.zeros(1, 1, 40, 112)
    image[..., 8:36, 16:44] = torch.rand(28, 28)
    image[..., 64:92] = image[..., 16:44]  # 6 places to the right
    for knows_places in (False, True):
        model = reader_of(vocabularies, knows_places=knows_places).speaking("English")
        encoded = model.encoder(image, place_counts(image))
        weights = model.decoder(torch.tensor([[START]]), encoded).weights.view(5, 14)
        same = torch.allclose(weights[1:4, 2:5], weights[1:4, 8:11], atol=1e-6)
        assert same is not knows_places


def test_what_does_not_fit_is_refused(vocabularies) -> None:
    with pytest.raises(ValueError, match="same cell, layers and hidden size"):
        NumberReader(CanvasReader(16), {"English": Decoder(30, 8, 12)})
    with pytest.raises(ValueError, match=r"expected canvases of shape \(batch, 1, 40, 112\)"):
        CanvasReader(16)(torch.zeros(2, 1, 28, 28), torch.tensor([9, 9]))
    with pytest.raises(ValueError, match="speakers with attention"):
        some = make_canvases(Split(torch.rand(10, 1, 28, 28), torch.arange(10)), 3, seed=0)
        attention_maps(reader_of(vocabularies, attends=False), some, vocabularies)


# ------------------------------------------------------------------------------
# Where it looks


def test_attention_maps_are_the_weights_given_the_true_words(canvases, vocabularies) -> None:
    model = reader_of(vocabularies)
    maps = attention_maps(model, canvases, vocabularies)
    (batch,) = reading_batches(canvases, vocabularies, 40)
    torch.testing.assert_close(maps["German"], model(batch)["German"].weights)
    assert maps["English"].shape == (40, 6, PLACES)


def test_saliency_is_what_a_small_change_of_a_pixel_does(canvases, vocabularies) -> None:
    model = reader_of(vocabularies).double()
    one = Canvases(canvases.images[:1].double(), canvases.digits[:1], canvases.corners[:1])
    maps = saliency_maps(model, one, vocabularies)
    (batch,) = reading_batches(one, vocabularies, 1)

    def log_probability(images: Tensor) -> Tensor:
        logits = model(batch._replace(images=images))["English"].logits.log_softmax(-1)
        return logits[0, 1, batch.target_output[0, 0, 1]]

    place = int(ink_maps(one)[0, 0].argmax())  # in white paper pooling has no slope
    top, left = 8 * (place // 14), 8 * (place % 14)
    change = torch.zeros(8, 8, dtype=torch.double)
    for row in range(8):
        for column in range(8):
            nudged = one.images.clone()
            nudged[0, 0, top + row, left + column] += 1e-6
            change[row, column] = (log_probability(nudged) - log_probability(one.images)) / 1e-6
    torch.testing.assert_close(
        maps["English"][0, 1, place].double(), change.abs().mean(), rtol=1e-3, atol=1e-7
    )
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_places_on_a_digit_are_those_whose_centre_it_holds(canvases: Canvases) -> None:
    inside = on_digit(canvases)
    for canvas in range(5):
        for slot in range(4):
            top, left = canvases.corners[canvas, slot].tolist()
            expected = [
                canvases.digits[canvas, slot] >= 0
                and top <= 8 * row + 4 < top + 28
                and left <= 8 * column + 4 < left + 28
                for row in range(5)
                for column in range(14)
            ]
            assert inside[canvas, slot].tolist() == [bool(value) for value in expected]


def test_pointing_counts_words_that_say_a_digit() -> None:
    images = torch.zeros(1, 1, 40, 112)
    corners = torch.tensor([[[0, 0], [0, 28], [12, 84], [0, 0]]])
    canvas = Canvases(images, torch.tensor([[4, 2, 7, -1]]), corners)
    maps = torch.full((1, 6, PLACES), 0.01)
    maps[0, 0, 0] = 1  # "four" in the left square
    maps[0, 1, 69] = 1  # "hundred" says no digit
    maps[0, 2, 13] = 1  # "twenty": top right, where no digit is
    maps[0, 3, 2 * 14 + 12] = 1  # "seven" in its square
    found = pointing(canvas, maps, "English")
    assert found.right.tolist() == [True, False, True]
    assert found.share[0] == pytest.approx((1 + 0.01 * 8) / (1 + 0.01 * 69))
    assert found.chance[0] == pytest.approx(9 / 70)  # three by three centres in a square


def test_ink_is_counted_by_place() -> None:
    images = torch.zeros(1, 1, 40, 112)
    images[0, 0, 8:16, 24:32] = 1
    maps = ink_maps(Canvases(images, torch.zeros(1, 4), torch.zeros(1, 4, 2)))
    assert maps.shape == (1, 6, PLACES)
    assert maps[0, 2].argmax() == 14 + 3 and maps[0, 2].sum() == 1
