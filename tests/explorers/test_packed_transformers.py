"""utils.explorers.packed_transformers: what the page gets of a translator, and what it refuses."""

import json

import pytest
from torch import nn

from utils.explorers.packed_tensors import fill
from utils.explorers.packed_transformers import EMBEDDING, READ_OUT, pack_translator
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq
from utils.transformers.decoder_only import decoder_only_translator
from utils.transformers.stack import Architecture
from utils.transformers.translator import TransformerDecoder, TransformerEncoder

SIZES = {"size": 8, "heads": 2, "layers": 2, "inner_size": 6}


def translator(tied=False, decoder=None, **options):
    architecture = Architecture(**SIZES, **options)
    return Seq2Seq(
        TransformerEncoder(7, architecture),
        TransformerDecoder(9, Architecture(**SIZES | (decoder or {})), tied),
    )


@pytest.mark.parametrize("tied", [False, True])
def test_all_weights_are_there_once(tied):
    model = translator(tied)
    packed = json.loads(json.dumps(pack_translator(model, "float32")))
    weights = packed["weights"]
    assert (READ_OUT in weights) == (not tied)
    if tied:
        weights[READ_OUT] = weights[EMBEDDING]
    other = fill(translator(tied), weights).state_dict()
    assert all((other[name] == tensor).all() for name, tensor in model.state_dict().items())


def test_the_architecture_goes_along():
    packed = pack_translator(translator(norm="after", positions="rotary", pairing="halves"))
    assert packed["encoder"] == {
        "layers": 2,
        "heads": 2,
        "norm": "after",
        "positions": "rotary",
        "pairing": "halves",
        "embedding_factor": 8**0.5,
    }
    assert packed["decoder"]["norm"] == "before"


@pytest.mark.parametrize(
    "model",
    [
        Seq2Seq(Encoder(7, 4, 8), Decoder(9, 4, 8)),
        Seq2Seq(Encoder(7, 4, 8, nn.GRU, layers=2), TransformerDecoder(9, Architecture(**SIZES))),
        decoder_only_translator(7, 9, Architecture(**SIZES)),
    ],
    ids=["recurrent", "half recurrent", "decoder only"],
)
def test_other_translators_are_refused(model):
    with pytest.raises(ValueError, match="expected a TransformerEncoder with a TransformerDecoder"):
        pack_translator(model)


@pytest.mark.parametrize("decoder", [{"heads": 4}, {"layers": 1}])
def test_halves_that_fit_no_grid_are_refused(decoder):
    with pytest.raises(ValueError, match="as many layers and heads"):
        pack_translator(translator(decoder=decoder))
