"""Translating real captions, Multi30k, German into English: train, choose, score.

Beam and length penalty are chosen on the validation captions. The test captions are read only when
that is asked for, for a row that is to be published. BLEU is that of sacrebleu on text put together
again, against the files' own lines; its signature stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from tools.full_scale import record
from tools.full_scale.recipes import Recipe
from tools.full_scale.record import Run
from tools.full_scale.sentences import SENTENCES
from tools.full_scale.translators import VALIDATION_BATCH, Translator, trained
from tools.machine import files
from utils.decoding.search import Hypothesis, beam_search, translate
from utils.measures.translation_quality import (
    Bleu,
    bleu_of_text,
    bleu_of_text_by_length,
)
from utils.models.prediction import mean_token_loss
from utils.models.seq2seq import translation_loss
from utils.text.multi30k import Captions, read_captions
from utils.text.tokens import tokenise

LONGEST = 80  # subwords of a translation; captions of the training set have up to 60
BEAMS = (5, 8)
LENGTH_PENALTIES = (0.4, 0.6, 0.8, 1.0, 1.2, 1.4)
EDGES = (1, 8, 10, 12, 14, 17, 20, 25, 30)  # words, at which ranges of lengths begin

Pairs = Sequence[tuple[str, str]]


def run(
    recipe: Recipe, name: str, seed: int, folder: Path, test: bool, captions: Captions | None = None
) -> Run:
    """Train by the recipe, or take what was trained in the folder; choose, score, and say all.

    Of a run with `test`, the translations of the test captions lie in the folder too.
    """
    captions = captions or read_captions("de", "en")
    translator, training = trained(recipe, name, seed, folder, captions)
    model, validation = translator.model, captions.validation
    searched = {
        (beam, penalty): bleu_of(translate_text(translator, validation, beam, penalty), validation)
        for beam in BEAMS
        for penalty in LENGTH_PENALTIES
    }
    beam, penalty = best = max(searched, key=lambda search: searched[search].score)
    results: dict[str, Any] = {
        name: training[name]
        for name in ("parameters", "training_loss", "validation_loss", "best_epoch")
    } | {
        "epochs": len(training["training_loss"]),
        "tokens_per_second": training["tokens_per_epoch"]
        * len(training["training_loss"])
        / training["seconds"],
        "nats_per_token": mean_token_loss(
            model, translation_loss, translator.pairs(validation).batches(VALIDATION_BATCH)
        ),
        "signature": searched[best].signature,
        "beam": beam,
        "length_penalty": penalty,
        "searched": [[*search, bleu.score] for search, bleu in searched.items()],
        "validation": scores(translator, validation, beam, penalty),
    }
    if test:
        translations = translate_text(translator, captions.test, beam, penalty)
        results["test_2016"] = scores(translator, captions.test, beam, penalty, translations)
        files.write(folder / f"{name}-{seed}.test.txt", "\n".join(translations) + "\n")
    results["sentences"] = [said(translator, text, beam, penalty) for text in SENTENCES]
    return Run(
        record.translation_code(recipe),
        **record.circumstances(
            f"python -m tools.full_scale translation --recipe {name} --seed {seed}"
            + " --test" * test,
            torch.get_num_threads(),
            training["seconds"],
            training["processor_seconds"],
            training["peak_memory_bytes"],
        ),
        results=results,
    )


def scores(
    translator: Translator,
    captions: Pairs,
    beam: int,
    penalty: float,
    translations: Sequence[str] | None = None,
) -> dict[str, Any]:
    """BLEU, greedy and as it was chosen, and the latter by the length of the source in words."""
    if translations is None:
        translations = translate_text(translator, captions, beam, penalty)
    references = [target for _, target in captions]
    buckets = bleu_of_text_by_length(
        hypotheses=translations,
        references=references,
        lengths=[len(tokenise(source)) for source, _ in captions],
        edges=EDGES,
    )
    return {
        "greedy": bleu_of(translate_text(translator, captions, 1, 1.0), captions).score,
        "searched": bleu_of(translations, captions).score,
        "by_length": [[bucket.label, bucket.count, bucket.value] for bucket in buckets],
    }


def translate_text(
    translator: Translator, captions: Pairs, beam: int, length_penalty: float
) -> list[str]:
    """The source texts of the captions, translated, in lower case."""
    source, target = translator.source, translator.target
    found = translate(
        translator.model,
        [source.cut(text) for text, _ in captions],
        source.vocabulary,
        target.vocabulary,
        max_length=LONGEST,
        beam_size=beam,
        length_penalty=length_penalty,
    )
    return [target.join(tokens) for tokens in found]


def bleu_of(translations: Sequence[str], captions: Pairs) -> Bleu:
    return bleu_of_text(hypotheses=translations, references=[target for _, target in captions])


def said(translator: Translator, text: str, beam: int, length_penalty: float) -> dict[str, Any]:
    """What becomes of one text: its tokens, those written, and where the network looked.

    Weights are in whole percent, a row for each token written and one for END.
    """
    tokens = translator.source.cut(text)
    ids = torch.tensor([translator.source.vocabulary.encode(tokens)])
    device = next(translator.model.parameters()).device
    (found,) = beam_search(
        translator.model,
        ids.to(device),
        torch.tensor([len(tokens)]),
        LONGEST,
        beam,
        length_penalty,
    )
    best: Hypothesis = found[0]
    written = translator.target.vocabulary.decode(best.token_ids)
    weights = None
    if best.weights is not None:
        weights = [[math.floor(100 * x + 0.5) for x in row] for row in best.weights.tolist()]
    return {
        "source": tokens,
        "target": written,
        "text": translator.target.join(written),
        "weights": weights,
    }


def in_words(name: str, run: Run) -> str:
    """A run as a few lines for people."""
    results, lines = run.results, []
    lines.append(
        f"{name}: {results['parameters']:,} parameters, {results['epochs']} epochs in "
        f"{run.seconds / 60:.1f} minutes ({results['tokens_per_second']:.0f} tokens/s), best epoch "
        f"{results['best_epoch']}"
    )
    search = f"with a beam of {results['beam']} and a length penalty of {results['length_penalty']}"
    for captions in ("validation", "test_2016"):
        if captions in results:
            bleu = results[captions]
            lines.append(
                f"  {captions.replace('_', ' ')}: BLEU {bleu['greedy']:.2f} greedy, "
                f"{bleu['searched']:.2f} {search}"
            )
    return "\n".join([*lines, f"  {results['signature']}"])
