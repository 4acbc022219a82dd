"""utils.explorers.packed_readers: what the page gets of a network that reads numbers aloud."""

import copy
import json

import pytest
import torch
from number_readers import HIDDEN, untrained_reader
from torch import nn

from utils.explorers.packed_readers import folded, pack_reader, spoken_numbers
from utils.explorers.packed_tensors import fill
from utils.models.attention import AttentionalDecoder, GeneralScore, ScaledDotScore
from utils.models.seq2seq import Decoder
from utils.vision.number_words import number_words
from utils.vision.reading import place_counts

SIZES = {"vocabulary_size": 9, "embedding_size": 4, "hidden_size": HIDDEN}
CANVASES = torch.rand(2, 1, 40, 112, generator=torch.Generator().manual_seed(3))


def attending():
    return AttentionalDecoder(**SIZES, score=ScaledDotScore())


def reader(*speakers, **options):
    return untrained_reader(*speakers or (attending(), attending()), **options)


def encoded_by(model):
    with torch.no_grad():
        return model.reader(CANVASES, place_counts(CANVASES))


@pytest.mark.parametrize("options", [{}, {"knows_places": False}])
def test_folding_changes_nothing_but_the_number_of_parts(options):
    model = reader(**options)
    before = copy.deepcopy(model.state_dict())
    smaller = folded(model)
    expected, found = encoded_by(model), encoded_by(smaller)
    torch.testing.assert_close(found.outputs, expected.outputs, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found.state, expected.state, atol=1e-5, rtol=1e-4)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in smaller.modules())
    assert not smaller.training
    assert model.state_dict().keys() == before.keys()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_all_weights_come_back():
    model = reader()
    packed = json.loads(json.dumps(pack_reader(model, "float32")))
    assert packed["kind"] == "scaled dot"
    other = fill(folded(reader(attending(), attending())), packed["weights"])
    expected, found = encoded_by(folded(model)), encoded_by(other)
    assert torch.equal(found.outputs, expected.outputs)
    words = torch.tensor([[1, 4, 5], [1, 7, 8]])
    for language in model.speakers:
        logits = [each.speakers[language](words, found).logits for each in (folded(model), other)]
        assert torch.equal(*logits)


def test_the_kinds_of_numbers():
    kinds = {name: tensor["kind"] for name, tensor in pack_reader(reader())["weights"].items()}
    assert kinds["reader.features.layers.0.0.weight"] == "ascii"
    assert kinds["reader.features.layers.0.0.bias"] == "float32"
    assert not any("running" in name for name in kinds)


def test_speakers_without_attention_say_so():
    speaker = Decoder(**SIZES, context_at_every_step=True)
    assert pack_reader(reader(speaker))["kind"] == "no attention"


def test_other_speakers_are_refused():
    general = AttentionalDecoder(**SIZES, score=GeneralScore(HIDDEN, HIDDEN))
    with pytest.raises(ValueError, match="a ScaledDotScore or without attention, got a GeneralSc"):
        pack_reader(reader(general))
    with pytest.raises(ValueError, match=r"in the same way, got \['no attention', 'scaled dot'\]"):
        pack_reader(reader(attending(), Decoder(**SIZES)))


@pytest.mark.parametrize("language", ["English", "Chinese", "German"])
def test_numbers_in_words_hold_all_that_the_rules_say(language):
    spoken = spoken_numbers(language)
    assert len(spoken) == 1000
    for number, text in enumerate(spoken):
        for word, written in zip(number_words(str(number), language), text.split(), strict=True):
            said = word.text + "".join(str(place) for place in range(3) if place in word.digits)
            assert written == said


def test_numbers_in_words():
    assert spoken_numbers("English")[407] == "four0 hundred seven2"
    assert spoken_numbers("German")[27] == "sieben1 und zwanzig0"
    assert spoken_numbers("Chinese")[14] == "十0 四1"
    assert spoken_numbers("English")[14] == "fourteen01"
    with pytest.raises(ValueError, match="expected one of English"):
        spoken_numbers("Latin")
