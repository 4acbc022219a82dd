"""Which word stands for which: what attention weights say, beside the truth and other ways to tell.

A link joins the positions (source, target) of two tokens that mean the same, as in
`pairs.SentencePair`; the links of a sentence pair are its alignment. Attention weights are not
trained to be one: they are read as one here. `word_alignment` has rivals that need no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from ..decoding.teacher_forcing import teacher_forced
from ..languages.pairs import Alignment, SentencePair
from ..models.seq2seq import Seq2Seq
from ..text.vocabulary import Vocabulary

# ------------------------------------------------------------------------------
# From attention weights to links


def attention_weights(
    model: Seq2Seq,
    pairs: Sequence[SentencePair],
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    batch_size: int = 200,
) -> list[Tensor]:
    """How much the model looks at each source token before it writes each word of the true target.

    Teacher forcing, as in `decoding.predict_next`: row j belongs to the step that should write
    target token j. One tensor (target_length, source_length) for each pair, on the CPU, in the
    order given, without the step that writes END and without padding. The model is put into
    evaluation mode.

    Raises `ValueError` for a model without attention; other errors as in `decoding.teacher_forced`.
    """
    found: list[Tensor] = []
    for batch_pairs, decoded in teacher_forced(
        model, pairs, source_vocabulary, target_vocabulary, batch_size
    ):
        weights = decoded.weights  # (batch, target_length with END, source_length)
        if weights is None:
            raise ValueError(
                "expected a model with attention weights, got a decoder that returns none; "
                "use utils.models.attention.AttentionalDecoder"
            )
        for pair, table in zip(batch_pairs, weights.cpu(), strict=True):
            found.append(table[: len(pair.target), : len(pair.source)].clone())
    return found


def best_links(weights: Tensor, target_length: int) -> Alignment:
    """Each of the first `target_length` steps with the source position of its greatest weight.

    weights: (steps, source_length), `target_length` steps or more; a last one for END is left out
    so. Of equal weights the first counts. Raises `ValueError` for other shapes.
    """
    if weights.ndim != 2 or len(weights) < target_length or weights.shape[1] < 1:
        raise ValueError(
            f"expected weights of shape ({target_length} steps or more, source length), got "
            f"{tuple(weights.shape)}; pass those of one sentence pair, a row for each target token"
        )
    table = weights[:target_length].detach().float().cpu().numpy()  # (target_length, source_length)
    # numpy promises the first of several greatest values, torch any of them.
    return frozenset((int(i), j) for j, i in enumerate(table.argmax(1)))


def attention_links(
    model: Seq2Seq,
    pairs: Sequence[SentencePair],
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    batch_size: int = 200,
) -> list[Alignment]:
    """The `best_links` of the model's `attention_weights`, one alignment for each pair in order."""
    weights = attention_weights(model, pairs, source_vocabulary, target_vocabulary, batch_size)
    return [best_links(table, len(pair.target)) for table, pair in zip(weights, pairs, strict=True)]


# ------------------------------------------------------------------------------
# How good are links?


class AlignmentScores(NamedTuple):
    """How well the links found agree with the true ones; each number in [0, 1].

    precision: the share of the links found that are true; 0 if none was found.
    recall: the share of the true links that were found.
    error_rate: 1 - 2 |both| / (|found| + |true|); 0 is perfect.
    """

    precision: float
    recall: float
    error_rate: float


def alignment_scores(*, found: Sequence[Alignment], true: Sequence[Alignment]) -> AlignmentScores:
    """Precision, recall and alignment error rate, over the links of all sentences together.

    The error rate is that of Och & Ney (2003), https://doi.org/10.1162/089120103321337421, where
    every true link is a sure one: there are no links that are merely possible. It is then 1 minus
    the harmonic mean of precision and recall.

    An alignment has one link at most for each target word if it says what that word stands for; if
    more are true, its recall cannot reach 1. Raises `ValueError` for unequal numbers of alignments,
    for None among them, and if no link is true.
    """
    if len(found) != len(true):
        raise ValueError(
            f"expected as many alignments as true ones, got {len(found)} and {len(true)}; "
            "give each sentence pair its own"
        )
    if any(links is None for links in (*found, *true)):
        raise ValueError(
            "expected alignments, got None among them; nobody knows the true links of this pair, "
            "so use the corpus of the grammar"
        )
    links_found, links_true = sum(map(len, found)), sum(map(len, true))
    if not links_true:
        raise ValueError("expected one true link or more, got none; pass more pairs")
    both = sum(len(one & other) for one, other in zip(found, true, strict=True))
    return AlignmentScores(
        precision=both / links_found if links_found else 0.0,
        recall=both / links_true,
        error_rate=1 - 2 * both / (links_found + links_true),
    )
