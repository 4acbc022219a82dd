"""The networks of the chapters as they are trained there, each with a few batches of its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from utils.images.digits import load_digits
from utils.images.noise import gaussian
from utils.languages.pairs import SentencePair
from utils.models.attention import (
    AdditiveScore,
    AttentionalDecoder,
    DotScore,
    GeneralScore,
    ScaledDotScore,
)
from utils.models.convolutional import PlainDecoder, PlainEncoder, ResidualDecoder, ResidualEncoder
from utils.models.encoder_decoder import (
    CNNEncoder,
    EncoderDecoder,
    MLPDecoder,
    MLPEncoder,
    RecurrentEncoder,
)
from utils.models.language_model import RecurrentLanguageModel, language_model_loss
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq, translation_loss
from utils.text.batches import Batch, EncodedPairs, EncodedSentences
from utils.text.corpus import load_corpus, written
from utils.text.vocabulary import END, PADDING, Vocabulary
from utils.training.loop import fit, seeded
from utils.transformers.stack import Architecture
from utils.transformers.translator import TransformerDecoder, TransformerEncoder

BATCHES = 4  # of training, in each call of fit()
PAIRS = 4_000  # sentence pairs that the batches are taken from
SCORES: dict[str, Callable[[int], nn.Module]] = {
    "dot": lambda size: DotScore(),
    "scaled dot": lambda size: ScaledDotScore(),
    "general": lambda size: GeneralScore(size, size),
    "additive": lambda size: AdditiveScore(size, size, size // 2),
}


@dataclass(frozen=True)
class Trained:
    """A network, what it is trained on, and what a second of training is counted in."""

    chapter: int
    model: nn.Module
    loss: Callable[[nn.Module, object], Tensor]
    batches: list
    unit: str  # "images" or "tokens"
    amount: int  # of them in the batches

    def train(self) -> None:
        """One epoch as the chapters have it: fit(), with a validation on the first batch."""
        fit(
            self.model,
            self.loss,
            self.batches,
            self.batches[:1],
            epochs=1,
            learning_rate=1e-3,
            seed=0,
        )


def reconstruction_loss(model: nn.Module, images: Tensor) -> Tensor:
    return functional.mse_loss(model(images), images)


def denoising_loss(model: nn.Module, images: Tensor) -> Tensor:
    return functional.mse_loss(model(gaussian(images, 0.5)), images)


@cache
def digits() -> Tensor:
    return load_digits("mnist-5k").train.images


@cache
def pairs(source: str, target: str, clauses: tuple[int, ...]) -> tuple[SentencePair, ...]:
    sizes = (PAIRS, 100, 100)
    return load_corpus("grammar", source, target, sizes=sizes, clauses=clauses, seed=0).train


def vocabularies(corpus: tuple[SentencePair, ...]) -> tuple[Vocabulary, Vocabulary]:
    return tuple(
        Vocabulary.of([getattr(pair, side) for pair in corpus]) for side in ("source", "target")
    )


def autoencoder(
    chapter: int, encoder: nn.Module, decoder: nn.Module, batch: int, loss=reconstruction_loss
) -> Trained:
    batches = list(digits()[: BATCHES * batch].split(batch))
    return Trained(
        chapter, EncoderDecoder(encoder, decoder), loss, batches, "images", BATCHES * batch
    )


def translator(kind: str, size: int, sizes: tuple[int, int], embedding: int = 64) -> Seq2Seq:
    """Chapter 5's network of that kind for vocabularies of so many tokens."""
    options = {
        **{"embedding_size": embedding, "hidden_size": size, "embedding_deviation": 0.3},
    }
    encoder = Encoder(sizes[0], bidirectional=True, **options)
    if kind == "no attention":
        decoder = Decoder(sizes[1], context_at_every_step=True, **options)
    else:
        decoder = AttentionalDecoder(sizes[1], score=SCORES[kind](size), **options)
    return Seq2Seq(encoder, decoder)


def trained_translator(chapter: int, model: Seq2Seq, corpus: tuple[SentencePair, ...]) -> Trained:
    batches = list(EncodedPairs(corpus, *vocabularies(corpus)).batches(64, seed=0))[:BATCHES]
    amount = sum(int((batch.target_output != PADDING).sum()) for batch in batches)
    return Trained(chapter, model, translation_loss, batches, "tokens", amount)


def chinese() -> Trained:
    corpus = pairs("zh", "en", (1,))
    source, target = map(len, vocabularies(corpus))
    options = {"embedding_deviation": 0.3}
    model = Seq2Seq(
        Encoder(source, 128, 192, **options),
        Decoder(target, 128, 192, context_at_every_step=True, **options),
    )
    return trained_translator(4, model, corpus)


def letters() -> Trained:
    texts = [tuple(written(pair.target, "en")) for pair in pairs("zh", "en", (1,))]
    alphabet = Vocabulary.of(texts)
    model = RecurrentLanguageModel(len(alphabet), 32, 128, cell=nn.GRU)
    batches = list(EncodedSentences(texts, alphabet).batches(32, seed=0))[:BATCHES]
    amount = sum(int((batch.target_output != PADDING).sum()) for batch in batches)
    return Trained(4, model, language_model_loss, batches, "tokens", amount)


def german(kind: str) -> Trained:
    corpus = pairs("de", "en", (1, 2, 3))
    sizes = tuple(map(len, vocabularies(corpus)))
    return trained_translator(5, translator(kind, 128, sizes), corpus)


def transformer() -> Trained:
    """Chapter 6's, on the sentences that chapter 5's networks are measured on."""
    corpus = pairs("de", "en", (1, 2, 3))
    source, target = map(len, vocabularies(corpus))
    made_of = Architecture(size=64, heads=4, layers=2, inner_size=128)
    model = Seq2Seq(TransformerEncoder(source, made_of), TransformerDecoder(target, made_of))
    return trained_translator(6, model, corpus)


# By the names that the page has.
NETWORKS: dict[str, Callable[[], Trained]] = {
    "MLP": lambda: autoencoder(1, MLPEncoder(16), MLPDecoder(16), 32),
    "CNN": lambda: autoencoder(1, CNNEncoder(16, channels=8), MLPDecoder(16), 32),
    "RNN": lambda: autoencoder(1, RecurrentEncoder(16, cell=nn.RNN), MLPDecoder(16), 32),
    "LSTM": lambda: autoencoder(1, RecurrentEncoder(16, cell=nn.LSTM), MLPDecoder(16), 32),
    "plain convolutional": lambda: autoencoder(2, PlainEncoder(), PlainDecoder(), 32),
    "residual": lambda: autoencoder(2, ResidualEncoder(), ResidualDecoder(), 32),
    "denoiser": lambda: autoencoder(3, ResidualEncoder(), ResidualDecoder(), 64, denoising_loss),
    "letters": letters,
    "two recurrent networks": chinese,
    **{kind: lambda kind=kind: german(kind) for kind in ("no attention", *SCORES)},
    "Transformer": transformer,
}
TWO_THREADS = ("residual", "two recurrent networks", "additive")


def network(name: str) -> Trained:
    with seeded(0):
        return NETWORKS[name]()


def made_batch(sentences: int, length: int, vocabulary: int) -> Batch:
    """Sentences of equal length whose tokens are drawn at random."""
    with seeded(0):
        source, target = torch.randint(END + 1, vocabulary, (2, sentences, length))
    lengths = torch.full((sentences,), length)
    return Batch(source, lengths, target, target)


def endless(model: Seq2Seq) -> Seq2Seq:
    """The network, untrained, that never ends a sentence: how much it writes is then settled."""
    with torch.no_grad():
        model.decoder.to_logits.bias[END] = -1e4
    return model
