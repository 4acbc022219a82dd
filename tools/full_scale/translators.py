"""Networks that translate real captions, Multi30k: made and trained as a recipe says.

A run that was killed goes on after its last whole epoch. One that has ended is not trained again:
its weights, its subwords and a note of what it took lie in the folder.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn

from tools.full_scale import record
from tools.full_scale.recipes import Recipe
from tools.machine import files
from tools.machine.system import used
from utils.languages.pairs import SentencePair, Tokens
from utils.models.attention import AttentionalDecoder, BetweenLayersDecoder, GeneralScore
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq, translation_loss
from utils.storage import weights
from utils.text.batches import EncodedPairs
from utils.text.multi30k import Captions
from utils.text.subwords import Subwords
from utils.text.tokens import tokenise
from utils.text.vocabulary import Vocabulary
from utils.training.averaging import Averaged
from utils.training.loop import fit, parameter_count, seeded

LANGUAGES = ("de", "en")
VALIDATION_BATCH = 250


@dataclass(frozen=True)
class Words:
    """Words in the place of subwords: what `Subwords` offers, for a recipe without them."""

    vocabulary: Vocabulary

    @classmethod
    def learn(cls, texts: Sequence[str]) -> Words:
        """All words that occur twice or more."""
        return cls(Vocabulary.of(map(tokenise, texts), minimum_count=2))

    def cut(self, text: str) -> Tokens:
        return tokenise(text)

    def join(self, tokens: Tokens) -> str:
        """Words with blanks between them, but for what follows an apostrophe, as in "man's".

        BLEU's own tokens are cut at other marks anyway, so that blanks before these do not count.
        """
        return "".join(
            token if len(token) > 1 and token[0] in "'’" else " " + token for token in tokens
        ).strip()


Cutter = Subwords | Words


@dataclass(frozen=True)
class Translator:
    """A network with what cuts and joins its sentences."""

    model: Seq2Seq
    source: Cutter
    target: Cutter

    def pairs(self, captions: Sequence[tuple[str, str]]) -> EncodedPairs:
        pairs = [SentencePair(self.source.cut(a), self.target.cut(b)) for a, b in captions]
        return EncodedPairs(pairs, self.source.vocabulary, self.target.vocabulary)


def new_cutters(recipe: Recipe, captions: Captions) -> tuple[Cutter, Cutter]:
    """For the source and the target language, learnt from the training captions alone."""
    texts = tuple(zip(*captions.train, strict=True))
    if recipe.subwords is None:
        return Words.learn(texts[0]), Words.learn(texts[1])
    return tuple(Subwords.learn(*given) for given in zip(texts, recipe.subwords, strict=True))


def new_model(recipe: Recipe, vocabularies: tuple[Vocabulary, Vocabulary], seed: int) -> Seq2Seq:
    """The untrained network."""
    options = {
        "dropout": recipe.dropout,
        "embedding_deviation": recipe.embedding_deviation,
        "word_dropout": recipe.word_dropout,
    }
    sizes = recipe.embedding_size, recipe.hidden_size
    source_size, target_size = map(len, vocabularies)
    with seeded(seed):
        encoder = Encoder(
            source_size,
            *sizes,
            layers=2 if recipe.decoder == "between" else 1,
            bidirectional=True,
            output_dropout=recipe.dropout,
            **options,
        )
        options["tied"] = recipe.tied
        if recipe.decoder == "none":
            decoder = Decoder(target_size, *sizes, context_at_every_step=True, **options)
        else:
            kind = {"after": AttentionalDecoder, "between": BetweenLayersDecoder}[recipe.decoder]
            score = GeneralScore(recipe.hidden_size, recipe.hidden_size)
            decoder = kind(target_size, *sizes, score, **options)
    return Seq2Seq(encoder, decoder)


# ------------------------------------------------------------------------------
# Trained, or trained before


def trained(
    recipe: Recipe, name: str, seed: int, folder: Path, captions: Captions
) -> tuple[Translator, dict[str, Any]]:
    """The translator, and a note of its training, from the folder or made now.

    name: of the recipe. The folder holds NAME-SEED.safetensors and files that begin likewise.
    """
    stem = f"{name}-{seed}"
    note = folder / f"{stem}.training.json"
    code = record.training_code(recipe)
    if note.exists() and (known := json.loads(note.read_text("utf-8")))["code"] == code:
        return _read(recipe, stem, seed, folder, captions), known
    return _train(recipe, stem, seed, folder, captions, code)


def _read(recipe: Recipe, stem: str, seed: int, folder: Path, captions: Captions) -> Translator:
    cutters = new_cutters(recipe, captions)
    model = new_model(recipe, (cutters[0].vocabulary, cutters[1].vocabulary), seed)
    weights.load(folder / f"{stem}.safetensors", model)
    return Translator(model, *cutters)


def _train(
    recipe: Recipe, stem: str, seed: int, folder: Path, captions: Captions, code: str
) -> tuple[Translator, dict[str, Any]]:
    cutters = new_cutters(recipe, captions)
    model = new_model(recipe, (cutters[0].vocabulary, cutters[1].vocabulary), seed)
    translator = Translator(model, *cutters)
    train, validation = translator.pairs(captions.train), translator.pairs(captions.validation)
    checkpoint = folder / f"{stem}.checkpoint"
    is_new = not checkpoint.exists()
    network: nn.Module = model if recipe.decay is None else Averaged(model, recipe.decay)
    history = fit(
        network,
        partial(translation_loss, label_smoothing=recipe.label_smoothing),
        train.batches(recipe.batch_size, seed),
        validation.batches(VALIDATION_BATCH),
        epochs=recipe.epochs,
        learning_rate=recipe.learning_rate,
        seed=seed,
        description=stem.rpartition("-")[0],
        checkpoint=checkpoint,
    )
    if isinstance(network, Averaged):
        translator = Translator(network.average, *cutters)
    written = sum(len(target) - 1 for _, target in train.examples)  # with END, without START
    worked, memory = used(children=False)
    note = {
        "code": code,
        "parameters": parameter_count(model),
        "training_loss": history.training_loss,
        "validation_loss": history.validation_loss,
        "best_epoch": history.best_epoch + 1,
        "tokens_per_epoch": written,
        "seconds": history.seconds,
        "processor_seconds": worked if is_new else None,  # of a killed run nobody knows
        "peak_memory_bytes": memory,
    }
    weights.save(folder / f"{stem}.safetensors", translator.model, {"run": stem})
    for language, cutter in zip(LANGUAGES, cutters, strict=True):
        if isinstance(cutter, Subwords):
            cutter.save(folder / f"{stem}.{language}.json")
    # Last, so that where it lies all others do.
    files.write(folder / f"{stem}.training.json", json.dumps(note, indent=1) + "\n")
    checkpoint.unlink()
    return translator, note
