"""The networks that a page's translators run, built anew in PyTorch with the page's weights."""

import pytest
import torch

from utils.decoding.search import greedy
from utils.explorers.packed_tensors import fill
from utils.models.attention import (
    AdditiveScore,
    AttentionalDecoder,
    DotScore,
    GeneralScore,
    ScaledDotScore,
)
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq
from utils.text.corpus import written
from utils.text.typed_sentences import read_sentence
from utils.text.vocabulary import CONTROL_TOKENS, Vocabulary
from utils.transformers.stack import Architecture
from utils.transformers.translator import TransformerDecoder, TransformerEncoder


def plain_translator(data: dict) -> Seq2Seq:
    """Chapter 4's network, one GRU layer each way without attention."""
    weights = data["weights"]
    source_size, embedding = weights["encoder.embedding.weight"]["shape"]
    target_size = weights["decoder.embedding.weight"]["shape"][0]
    hidden = weights["encoder.recurrent.network.weight_hh_l0"]["shape"][1]
    model = Seq2Seq(
        Encoder(source_size, embedding, hidden),
        Decoder(target_size, embedding, hidden, context_at_every_step=True),
    )
    return fill(model, weights).eval()


def transformer(data: dict) -> Seq2Seq:
    """Chapter 6's network, as utils.explorers.packed_transformers packed it."""
    weights = dict(data["network"]["weights"])
    weights.setdefault("decoder.to_logits.weight", weights["decoder.embedding.weight"])  # tied
    halves = {name: architecture(data["network"][name], name, weights) for name in HALVES}
    encoder = TransformerEncoder(len(data["source_tokens"]), halves["encoder"])
    decoder = TransformerDecoder(len(data["target_tokens"]), halves["decoder"])
    return fill(Seq2Seq(encoder, decoder), weights).eval()


HALVES = ("encoder", "decoder")


def architecture(described: dict, half: str, weights: dict) -> Architecture:
    size = weights[f"{half}.embedding.weight"]["shape"][1]
    places = weights.get(f"{half}.stack.positions.embedding.weight")
    return Architecture(
        size,
        described["heads"],
        described["layers"],
        inner_size=weights[f"{half}.stack.blocks.0.feed_forward.0.weight"]["shape"][0],
        norm=described["norm"],
        positions=described["positions"],
        longest=places["shape"][0] if places else 0,
        pairing=described["pairing"],
        scaled_embedding=described["embedding_factor"] != 1,
    )


class Translators:
    """The page's networks, built anew in PyTorch."""

    def __init__(self, data):
        self.data = data
        self.source = Vocabulary(data["source_tokens"][len(CONTROL_TOKENS) :])
        self.target = Vocabulary(data["target_tokens"][len(CONTROL_TOKENS) :])
        assert list(self.source.tokens) == data["source_tokens"]
        assert list(self.target.tokens) == data["target_tokens"]
        self.models = {m["name"]: self.build(m) for m in data["models"]}

    def build(self, model):
        weights = model["weights"]
        vocabulary_size, embedding = weights["encoder.embedding.weight"]["shape"]
        hidden = weights["decoder.to_logits.weight"]["shape"][1]
        encoder = Encoder(vocabulary_size, embedding, hidden, bidirectional=True)
        kind, sizes = model["kind"], (len(self.target), embedding, hidden)
        if kind == "no attention":
            decoder = Decoder(*sizes, context_at_every_step=True)
        else:
            score = {
                "dot": DotScore,
                "scaled dot": ScaledDotScore,
                "general": lambda: GeneralScore(hidden, hidden),
                "additive": lambda: AdditiveScore(hidden, hidden, units(weights)),
            }[kind]()
            decoder = AttentionalDecoder(*sizes, score=score)
        return fill(Seq2Seq(encoder, decoder), weights)

    def expect(self, text, name):
        """The result that the page should show."""
        typed = read_sentence(text, self.source, self.data["longest"])
        said = {"unknown": list(typed.unknown), "message": typed.message}
        return self.expect_of(typed.tokens, name) | said

    def expect_of(self, tokens, name):
        """What comes of a sentence's tokens."""
        expected = {
            "tokens": list(tokens),
            "translation": "",
            "finished": False,
            "weights": None,
            "log_probability": None,
        }
        if not tokens:
            return expected
        source = torch.tensor([self.source.encode(tokens)])
        lengths = torch.tensor([len(tokens)])
        (found,) = greedy(self.models[name], source, lengths, self.data["most_steps"])
        return expected | {
            "translation": written(self.target.decode(found.token_ids), "en"),
            "finished": found.finished,
            "weights": None if found.weights is None else found.weights.tolist(),
            "log_probability": float(found.log_probability),
        }


def units(weights):
    return weights["decoder.attention.score.to_score.weight"]["shape"][1]


def assert_same(result, expected):
    words = ("tokens", "unknown", "message", "translation", "finished")
    assert {key: result[key] for key in words} == {key: expected[key] for key in words}
    if expected["log_probability"] is None:
        assert result["log_probability"] is None
    else:
        assert result["log_probability"] == pytest.approx(expected["log_probability"], abs=1e-4)
    if expected["weights"] is None:
        assert result["weights"] is None
    else:
        torch.testing.assert_close(
            torch.tensor(result["weights"]), torch.tensor(expected["weights"]), atol=1e-4, rtol=0
        )
