"""Translate real captions, Multi30k, German into English: train, choose, score, record.

    python -m tools.full_scale translation [--recipe NAME] [--seed N] [--test] [--folder PATH]

Beam and length penalty are chosen on the validation captions. The test captions are read only with
`--test`, which is meant for a row that is to be published, once. BLEU is that of sacrebleu on text
put together again, against the files' own lines; its signature stands in the record.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch
from torch import nn

from tools.full_scale.recipes import Recipe
from tools.machine import files
from tools.notebooks.executions import versions
from utils.decoding.search import translate
from utils.languages.pairs import SentencePair, Tokens
from utils.measures.translation_quality import Bleu, bleu_of_text
from utils.models.attention import AttentionalDecoder, BetweenLayersDecoder, GeneralScore
from utils.models.prediction import mean_token_loss
from utils.models.seq2seq import Decoder, Encoder, Seq2Seq, translation_loss
from utils.storage import weights
from utils.text.batches import EncodedPairs
from utils.text.multi30k import Captions, read_captions
from utils.text.subwords import Subwords
from utils.text.tokens import tokenise
from utils.text.vocabulary import Vocabulary
from utils.training.averaging import Averaged
from utils.training.loop import best_device, fit, parameter_count, seeded

LONGEST = 80  # subwords of a translation; captions of the training set have up to 60
BEAMS = (5, 8)
LENGTH_PENALTIES = (0.4, 0.6, 0.8, 1.0, 1.2, 1.4)
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


class Translator:
    """A network with what cuts and joins its sentences."""

    def __init__(self, model: Seq2Seq, cutters: tuple[Cutter, Cutter]):
        self.model = model
        self.source, self.target = cutters

    def pairs(self, captions: Sequence[tuple[str, str]]) -> EncodedPairs:
        pairs = [SentencePair(self.source.cut(a), self.target.cut(b)) for a, b in captions]
        return EncodedPairs(pairs, self.source.vocabulary, self.target.vocabulary)

    def __call__(self, texts: Sequence[str], beam: int, length_penalty: float) -> list[str]:
        found = translate(
            self.model,
            [self.source.cut(text) for text in texts],
            self.source.vocabulary,
            self.target.vocabulary,
            max_length=LONGEST,
            beam_size=beam,
            length_penalty=length_penalty,
        )
        return [self.target.join(tokens) for tokens in found]

    def score(
        self, captions: Sequence[tuple[str, str]], beam: int = 1, length_penalty: float = 1.0
    ) -> tuple[Bleu, list[str]]:
        sources, references = zip(*captions, strict=True)
        hypotheses = self(sources, beam, length_penalty)
        return bleu_of_text(hypotheses=hypotheses, references=references), hypotheses


def run(
    recipe: Recipe, name: str, seed: int, folder: Path, test: bool, captions: Captions | None = None
) -> dict:
    """Train by the recipe, write weights and record into the folder, and return the record.

    A run that was killed goes on after its last whole epoch, from its checkpoint in the folder.
    """
    captions = captions or read_captions("de", "en")
    cutters = new_cutters(recipe, captions)
    vocabularies = cutters[0].vocabulary, cutters[1].vocabulary
    model = new_model(recipe, vocabularies, seed)
    translator = Translator(model, cutters)
    train, validation = translator.pairs(captions.train), translator.pairs(captions.validation)
    checkpoint = folder / f"{name}-{seed}.checkpoint"
    trained: nn.Module = model if recipe.decay is None else Averaged(model, recipe.decay)
    history = fit(
        trained,
        partial(translation_loss, label_smoothing=recipe.label_smoothing),
        train.batches(recipe.batch_size, seed),
        validation.batches(VALIDATION_BATCH),
        epochs=recipe.epochs,
        learning_rate=recipe.learning_rate,
        seed=seed,
        description=name,
        checkpoint=checkpoint,
    )
    if isinstance(trained, Averaged):
        translator.model = trained.average
    written = sum(len(target) - 1 for _, target in train.examples)  # with END, without START
    greedy, _ = translator.score(captions.validation)
    searched = {
        (beam, penalty): translator.score(captions.validation, beam, penalty)[0].score
        for beam in BEAMS
        for penalty in LENGTH_PENALTIES
    }
    beam, penalty = max(searched, key=searched.__getitem__)
    record = {
        "recipe": {"name": name} | asdict(recipe),
        "seed": seed,
        "parameters": parameter_count(model),
        "training_loss": history.training_loss,
        "validation_loss": history.validation_loss,
        "best_epoch": history.best_epoch + 1,
        "validation_nats_per_token": mean_token_loss(
            translator.model, translation_loss, validation.batches(VALIDATION_BATCH)
        ),
        "seconds": history.seconds,
        "tokens_per_second": written * len(history.training_loss) / history.seconds,
        "signature": greedy.signature,
        "validation": {"greedy": greedy.score, "best": searched[beam, penalty]},
        "beam": beam,
        "length_penalty": penalty,
        "search": [[b, p, score] for (b, p), score in searched.items()],
        "device": device_in_words(),
        "threads": torch.get_num_threads(),
        "peak_memory_bytes": peak_memory(),
        "versions": versions(),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "command": f"python -m tools.full_scale translation --recipe {name} --seed {seed}",
        "code": code_fingerprints(),
    }
    if test:
        best, hypotheses = translator.score(captions.test, beam, penalty)
        record["test_2016"] = {
            "greedy": translator.score(captions.test)[0].score,
            "best": best.score,
        }
        files.write(folder / f"{name}-{seed}.test.txt", "\n".join(hypotheses) + "\n")
    weights.save(
        folder / f"{name}-{seed}.safetensors", translator.model, {"recipe": name, "seed": str(seed)}
    )
    for language, cutter in zip(("de", "en"), cutters, strict=True):
        if isinstance(cutter, Subwords):
            cutter.save(folder / f"{name}-{seed}.{language}.json")
    files.write(
        folder / f"{name}-{seed}.json", json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    )
    checkpoint.unlink()
    return record


def device_in_words() -> str:
    device = best_device()
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {os.cpu_count()} processors, {platform.machine()}"


def peak_memory() -> int | None:
    """Of this process, in bytes; None where the system does not tell."""
    try:
        import resource  # not on Windows
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def code_fingerprints() -> dict[str, str]:
    """Of the book's modules that are loaded now, by their names."""
    return {
        name: _fingerprint(Path(path))
        for name, module in sorted(sys.modules.items())
        if name.startswith(("utils.", "tools.full_scale.")) and (path := module.__file__)
    }


def changed_since(record: dict) -> list[str]:
    """The modules that are others today than when the record was made: then it is out of date."""
    changed = []
    for name, fingerprint in record["code"].items():
        try:
            found = importlib.util.find_spec(name)
        except ModuleNotFoundError:  # its room is gone too
            found = None
        if not found or not found.origin or _fingerprint(Path(found.origin)) != fingerprint:
            changed.append(name)
    return changed


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def in_words(record: dict) -> str:
    """A record as a few lines for people."""
    lines = [
        f"{record['recipe']['name']}, seed {record['seed']}: {record['parameters']:,} parameters, "
        f"{len(record['training_loss'])} epochs in {record['seconds'] / 60:.1f} minutes "
        f"({record['tokens_per_second']:.0f} tokens/s), best epoch {record['best_epoch']}",
        f"  validation BLEU {record['validation']['greedy']:.2f} greedy, "
        f"{record['validation']['best']:.2f} with a beam of {record['beam']} and a length penalty "
        f"of {record['length_penalty']}",
    ]
    if "test_2016" in record:
        test = record["test_2016"]
        lines.append(
            f"  test 2016 BLEU {test['greedy']:.2f} greedy, {test['best']:.2f} so searched"
        )
    return "\n".join([*lines, f"  {record['signature']}"])
