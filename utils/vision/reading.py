"""Networks that read a number aloud: one eye looks at the canvas, and a speaker for each language.

The eye is an encoder of places instead of words: what it leaves are `Encoded` canvases, so that
the decoders of chapters 4 and 5 say the number as they are. Vinyals et al. (2015),
https://arxiv.org/abs/1411.4555, caption pictures from one vector; Xu et al. (2015),
https://arxiv.org/abs/1502.03044, look back at the places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from ..decoding.search import Hypothesis, greedy
from ..images.digits import IMAGE_SIZE, batches_of
from ..models.prediction import token_loss
from ..models.seq2seq import Decoded, Encoded, Kind, Seq2Seq, SourceReader, TargetWriter
from ..text.vocabulary import END, PADDING, START, Vocabulary
from ..training.machine import to_device
from ..transformers.positions import LearntPositions, Positions
from .canvases import NO_DIGIT, Canvases
from .features import PLACES, STRIDE, CanvasFeatures, as_places, place_centres
from .number_words import number_words

LONGEST = 6  # "vier hundert sieben und zwanzig" and END


class ReadingBatch(NamedTuple):
    """Canvases and what is to be said of them, filled up with PADDING behind each end.

    images: (batch, 1, 40, 112).
    target_input, target_output: (batch, languages, 6), token ids as in `text.batches.Batch`.
    """

    images: Tensor
    target_input: Tensor
    target_output: Tensor


class CanvasReader(SourceReader):
    """The eye: a vector for each of 70 places, and the state that a speaker begins with.

    outputs are the places' vectors with a learnt code of each place added: without one, attention
    could not ask for what stands on the left (`knows_places=False` is for that experiment). The
    state is one vector of the whole canvas, made of the mean of all places.

    hidden_size: numbers of a place's vector and of the state; the speakers' hidden size.
    """

    def __init__(
        self,
        hidden_size: int,
        knows_places: bool = True,
    ):
        super().__init__()
        self.features = CanvasFeatures(hidden_size, pooled=True)
        self.positions = LearntPositions(hidden_size, PLACES) if knows_places else Positions()
        self.to_state = nn.Linear(hidden_size, hidden_size)

    @property
    def kind(self) -> Kind:
        """Of the decoders that its state fits: a GRU of one layer."""
        return "GRU", 1, self.features.size

    def forward(self, source: Tensor, source_lengths: Tensor) -> Encoded:
        """Canvases (batch, 1, 40, 112) and their numbers of places (batch,), which are all 70.

        Raises `ValueError` for canvases of another shape.
        """
        vectors = as_places(self.features(source))  # -> (batch, 70, hidden_size)
        if vectors.shape[1] != PLACES or (source_lengths != PLACES).any():
            raise ValueError(
                f"expected canvases of shape (batch, 1, 40, 112) with {PLACES} places each, got "
                f"{tuple(source.shape)}; make them with make_canvases"
            )
        batch = len(source)
        places = torch.arange(PLACES, device=source.device).expand(batch, -1)  # (batch, 70)
        outputs = self.positions.add(vectors, places)
        state = torch.tanh(self.to_state(outputs.mean(1)))  # -> (batch, hidden_size)
        mask = torch.ones(batch, PLACES, dtype=torch.bool, device=source.device)
        return Encoded(outputs, mask, (state[None],))


class NumberReader(nn.Module):
    """One eye and several speakers, trained together, so that a canvas is looked at once for all.

    That one encoder may serve several decoders is from Luong et al. (2016),
    https://arxiv.org/abs/1511.06114. Raises `ValueError` for a speaker that does not fit the eye.
    """

    def __init__(self, reader: CanvasReader, speakers: Mapping[str, TargetWriter]):
        super().__init__()
        for decoder in speakers.values():
            decoder.check_encoder(reader)
        self.reader = reader
        self.speakers = nn.ModuleDict(speakers)

    def forward(self, batch: ReadingBatch) -> dict[str, Decoded]:
        """What each speaker says, by language, reading the true words (teacher forcing)."""
        encoded = self.reader(batch.images, place_counts(batch.images))
        return {
            language: speaker(batch.target_input[:, number], encoded)
            for number, (language, speaker) in enumerate(self.speakers.items())
        }

    def speaking(self, language: str) -> Seq2Seq:
        """The eye and one speaker: what a search takes. Nothing is copied."""
        return Seq2Seq(self.reader, cast(TargetWriter, self.speakers[language]))


def reading_loss(model: NumberReader, batch: ReadingBatch) -> Tensor:
    """Mean cross entropy in nats per word, shape (): of each language, then of all of them."""
    losses = [
        token_loss(decoded.logits, batch.target_output[:, number])
        for number, decoded in enumerate(model(batch).values())
    ]
    return torch.stack(losses).mean()


def place_counts(images: Tensor) -> Tensor:
    """(batch,), 70 for each canvas: what source lengths are to sentences."""
    return torch.full((len(images),), PLACES, device=images.device)


def said(canvases: Canvases, language: str) -> list[tuple[str, ...]]:
    """What is to be said of each canvas."""
    return [
        tuple(word.text for word in number_words(number, language)) for number in canvases.numbers
    ]


class _Readings(TensorDataset):
    """Gives `ReadingBatch`es for lists of indices."""

    def __getitem__(self, chosen: list[int]) -> ReadingBatch:
        return ReadingBatch(*super().__getitem__(chosen))


def reading_batches(
    canvases: Canvases,
    vocabularies: Mapping[str, Vocabulary],
    batch_size: int,
    seed: int | None = None,
) -> DataLoader:
    """`ReadingBatch`es; with a `seed` shuffled anew in every pass, as `Split.batches` are.

    vocabularies: of each language, in the order of the speakers.
    """
    spoken = [_word_ids(canvases.numbers, *each) for each in vocabularies.items()]
    inputs, outputs = torch.stack(spoken, 2)  # (n, languages, 6) each
    return batches_of(_Readings(canvases.images, inputs, outputs), len(canvases), batch_size, seed)


def _word_ids(numbers: Sequence[str], language: str, vocabulary: Vocabulary) -> Tensor:
    """What a speaker reads of each number, and what it is to write: (2, n, 6)."""
    rows = {}  # of each number, however many canvases show it
    for number in set(numbers):
        ids = vocabulary.encode([word.text for word in number_words(number, language)])
        filling = [PADDING] * (LONGEST - 1 - len(ids))
        rows[number] = [[START, *ids, *filling], [*ids, END, *filling]]
    return torch.tensor([rows[number] for number in numbers]).transpose(0, 1)


def read_aloud(
    model: Seq2Seq, canvases: Canvases, max_length: int = LONGEST + 2, batch_size: int = 250
) -> list[Hypothesis]:
    """What one speaker says of each canvas, by greedy search, with the weights of each step."""
    found: list[Hypothesis] = []
    device = next(model.parameters()).device
    for images in canvases.images.split(batch_size):
        found += greedy(model, images.to(device), place_counts(images), max_length)
    return found


# ------------------------------------------------------------------------------
# Where does it look, and is the digit there? A map gives each word of each canvas a number for each
# place: (n, 6 words, 70 places), for the true words, and for END behind them.


@torch.no_grad()
def attention_maps(
    model: NumberReader, canvases: Canvases, vocabularies: Mapping[str, Vocabulary]
) -> dict[str, Tensor]:
    """Weights of each language's speaker, all true words before each word given.

    Raises `ValueError` for speakers without attention.
    """
    model.eval()
    device = next(model.parameters()).device
    parts: dict[str, list[Tensor]] = {language: [] for language in vocabularies}
    for batch in reading_batches(canvases, vocabularies, 250):
        for language, decoded in model(to_device(batch, device)).items():
            if decoded.weights is None:
                raise ValueError("expected speakers with attention, got one without")
            parts[language].append(decoded.weights.cpu())
    return {language: torch.cat(weights) for language, weights in parts.items()}


def saliency_maps(
    model: NumberReader, canvases: Canvases, vocabularies: Mapping[str, Vocabulary]
) -> dict[str, Tensor]:
    """How much each true word's log-probability changes with the pixels of each place.

    The mean magnitude of the gradient over the place's 8 x 8 pixels. Simonyan, Vedaldi & Zisserman
    (2014), https://arxiv.org/abs/1312.6034; they take the greatest instead of the mean.
    """
    model.eval()
    device = next(model.parameters()).device
    maps = {language: torch.zeros(len(canvases), LONGEST, PLACES) for language in vocabularies}
    (batch,) = reading_batches(canvases, vocabularies, len(canvases))
    batch = to_device(batch, device)
    batch.images.requires_grad_()
    for place, (language, decoded) in enumerate(model(batch).items()):
        truth = batch.target_output[:, place, :, None]  # (n, 6, 1)
        log_probabilities = decoded.logits.log_softmax(-1).gather(-1, truth)  # (n, 6, 1)
        for step in range(LONGEST):
            (gradient,) = torch.autograd.grad(
                log_probabilities[:, step].sum(), batch.images, retain_graph=True
            )  # (n, 1, 40, 112)
            change = F.avg_pool2d(gradient.abs(), STRIDE)  # -> (n, 1, 5, 14)
            maps[language][:, step] = change.flatten(1).cpu()
    return maps


def ink_maps(canvases: Canvases) -> Tensor:
    """How much ink each place's 8 x 8 pixels have, the same for every word."""
    ink = F.avg_pool2d(canvases.images, STRIDE).flatten(1)  # (n, 1, 40, 112) -> (n, 70)
    return ink[:, None].expand(-1, LONGEST, -1)


def on_digit(canvases: Canvases) -> Tensor:
    """Which places' centres lie in which digit's square: bool, (n, 4 digits, 70 places)."""
    inside = (
        place_centres(pooled=True) - canvases.corners[:, :, None]
    )  # (n, 4, 70, 2), from the square's corner
    within = ((inside >= 0) & (inside < IMAGE_SIZE)).all(-1)  # (n, 4, 70)
    return within & (canvases.digits != NO_DIGIT)[:, :, None]


class Pointing(NamedTuple):
    """For each word that says a digit, in the order of canvases and words.

    right: bool, (words,), whether the map is greatest on its digit.
    share: (words,), of the map's sum, the part on its digit.
    chance: (words,), the share of all places that lie on its digit.
    """

    right: Tensor
    share: Tensor
    chance: Tensor


def pointing(canvases: Canvases, maps: Tensor, language: str) -> Pointing:
    """The pointing game of Zhang et al. (2016), https://arxiv.org/abs/1608.00507, place for pixel.

    maps: (n, 6, 70). A word from 11 to 19 may look at either of its two digits; words that say no
    digit, such as "hundred", are left out.
    """
    inside = on_digit(canvases)
    right, share, chance = [], [], []
    for canvas, number in enumerate(canvases.numbers):
        for word, row in zip(number_words(number, language), maps[canvas], strict=False):
            if word.digits:
                there = inside[canvas, sorted(word.digits)].any(0)  # (70,)
                right.append(there[row.argmax()])
                share.append(row[there].sum() / row.sum())
                chance.append(there.float().mean())
    return Pointing(torch.stack(right), torch.stack(share), torch.stack(chance))
