"""How good are translations? BLEU, exact matches, and either for sentences of similar length.

A sentence is a tuple of tokens, never a string, and all arguments are passed by name: what was
translated cannot be taken for what it should have been.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sacrebleu.metrics import BLEU

from ..languages.pairs import SentencePair, Tokens

LONGEST_NGRAM = 4  # tokens, in BLEU


@dataclass(frozen=True)
class Bleu:
    """A BLEU score in [0, 100], and the settings that it was computed with, for whoever compares.

    `str()` of it is both: "27.31 (nrefs:1|case:mixed|...)".
    """

    score: float
    signature: str

    def __str__(self) -> str:
        return f"{self.score:.2f} ({self.signature})"


@dataclass(frozen=True)
class Bucket:
    """The sentences whose lengths lie in a range, such as "1–5" or "16+", and what they score."""

    label: str
    count: int
    value: float


def bleu(*, hypotheses: Sequence[Tokens], references: Sequence[Tokens]) -> Bleu:
    """Corpus BLEU: how many n-grams of the hypotheses, up to n = 4, are in their references?

    The geometric mean of the four precisions, each over the whole corpus, times a penalty where
    the hypotheses are shorter than the references in all (Papineni, Roukos, Ward & Zhu 2002,
    https://aclanthology.org/P02-1040/). It is computed by sacrebleu (Post 2018,
    https://aclanthology.org/W18-6319/) with `tokenize="none"`, because the sentences are tokens
    already, and with case as it is. Scores on other tokens are other scores: a number from a paper
    whose signature says "tok:13a" cannot be set beside one that says "tok:none".

    A hypothesis may be empty. Raises `ValueError` for unequal numbers of sentences, none at all,
    sentences that are not tuples of tokens, and references none of which has four tokens, for
    which BLEU is not defined.
    """
    _check(hypotheses, references)
    if max(map(len, references)) < LONGEST_NGRAM:
        raise ValueError(
            f"expected a reference of at least {LONGEST_NGRAM} tokens, got none of more than "
            f"{max(map(len, references))}; score longer sentences along with these"
        )
    # "force" silences the warning that the sentences look like tokens, which they are.
    metric = BLEU(tokenize="none", force=True)
    score = metric.corpus_score(
        [" ".join(tokens) for tokens in hypotheses], [[" ".join(tokens) for tokens in references]]
    ).score
    # Rounding can carry four perfect precisions beyond the top of the range.
    return Bleu(min(score, 100.0), str(metric.get_signature()))


def bleu_of_text(*, hypotheses: Sequence[str], references: Sequence[str]) -> Bleu:
    """Corpus BLEU of sentences as people write them, comparable with scores of other authors.

    sacrebleu cuts both sides in the same way, that of WMT ("13a"), whatever tokens the translator
    used, and ignores case: its signature says "case:lc" and "tok:13a". Hypotheses are text whose
    tokens were put together again; references are the files' own lines. See `bleu` for the rest.

    A hypothesis may be empty. Raises `ValueError` for unequal numbers of sentences, none at all,
    sentences that are not strings, and an empty reference.
    """
    for name, sentences in (("hypotheses", hypotheses), ("references", references)):
        if isinstance(sentences, str):
            raise ValueError(f"expected {name} as a list of sentences, got one string; give a list")
        for sentence in sentences:
            if not isinstance(sentence, str) or (name == "references" and not sentence.strip()):
                raise ValueError(
                    f"expected each of the {name} as text, got {sentence!r}; join its tokens first "
                    "and leave no reference empty"
                )
    _check_numbers(hypotheses, references)
    metric = BLEU(tokenize="13a", lowercase=True)
    score = metric.corpus_score(list(hypotheses), [list(references)]).score
    return Bleu(min(score, 100.0), str(metric.get_signature()))


def exact_matches(*, hypotheses: Sequence[Tokens], references: Sequence[Tokens]) -> list[bool]:
    """For each sentence, whether hypothesis and reference are the same; errors as in `bleu`."""
    _check(hypotheses, references)
    return [
        hypothesis == reference
        for hypothesis, reference in zip(hypotheses, references, strict=True)
    ]


def exact_match(*, hypotheses: Sequence[Tokens], references: Sequence[Tokens]) -> float:
    """The share of sentences, in [0, 1], that equal their references; errors as in `bleu`."""
    matches = exact_matches(hypotheses=hypotheses, references=references)
    return sum(matches) / len(matches)


def by_length(
    *, values: Sequence[float], lengths: Sequence[int], edges: Sequence[int]
) -> list[Bucket]:
    """The mean of the values of sentences of similar length.

    `edges` are the shortest lengths of the buckets, ascending: with (1, 6, 11) they are "1–5",
    "6–10" and "11+", so each sentence is in one of them. A bucket without a sentence is left out.
    Raises `ValueError` for unequal numbers, none at all, edges that do not ascend, and a length
    below the first edge.
    """
    return [
        Bucket(label, len(indices), sum(values[i] for i in indices) / len(indices))
        for label, indices in _buckets(values, lengths, edges)
    ]


def bleu_by_length(
    *,
    hypotheses: Sequence[Tokens],
    references: Sequence[Tokens],
    lengths: Sequence[int],
    edges: Sequence[int],
) -> list[Bucket]:
    """BLEU of the sentences of each bucket together: it is no mean of the sentences' scores.

    `lengths` are those of the source sentences, say; buckets and errors as in `by_length` and
    `bleu`.
    """
    _check(hypotheses, references)
    buckets = []
    for label, indices in _buckets(hypotheses, lengths, edges):
        score = bleu(
            hypotheses=[hypotheses[i] for i in indices], references=[references[i] for i in indices]
        ).score
        buckets.append(Bucket(label, len(indices), score))
    return buckets


def bleu_of_text_by_length(
    *,
    hypotheses: Sequence[str],
    references: Sequence[str],
    lengths: Sequence[int],
    edges: Sequence[int],
) -> list[Bucket]:
    """`bleu_of_text` of the sentences of each bucket together; buckets and errors as there and in
    `by_length`."""
    _check_numbers(hypotheses, references)
    return [
        Bucket(
            label,
            len(indices),
            bleu_of_text(
                hypotheses=[hypotheses[i] for i in indices],
                references=[references[i] for i in indices],
            ).score,
        )
        for label, indices in _buckets(hypotheses, lengths, edges)
    ]


def _buckets(
    values: Sequence, lengths: Sequence[int], edges: Sequence[int]
) -> list[tuple[str, list[int]]]:
    """The label and the sentences' indices of each bucket that has any."""
    if not len(values) or len(values) != len(lengths):
        raise ValueError(
            f"expected as many lengths as sentences, at least one, got {len(lengths)} and "
            f"{len(values)}; give each sentence its own"
        )
    if not len(edges) or any(b <= a for a, b in pairwise(edges)):
        raise ValueError(
            f"expected the shortest length of each bucket, ascending, as in (1, 6, 11), got "
            f"{tuple(edges)}; put them in order"
        )
    if min(lengths) < edges[0]:
        raise ValueError(
            f"expected lengths of at least {edges[0]}, the first edge, got {min(lengths)}; "
            "start the edges with the shortest length"
        )
    ends = [*edges[1:], max(*lengths, edges[-1]) + 1]
    buckets = []
    for start, end in zip(edges, ends, strict=True):
        indices = [i for i, length in enumerate(lengths) if start <= length < end]
        if start == edges[-1]:
            label = f"{start}+"
        else:
            label = f"{start}–{end - 1}" if end - start > 1 else str(start)
        if indices:
            buckets.append((label, indices))
    return buckets


def _check(hypotheses: Sequence[Tokens], references: Sequence[Tokens]) -> None:
    for name, sentences in (("hypotheses", hypotheses), ("references", references)):
        if isinstance(sentences, str):
            raise ValueError(
                f"expected {name} as a list of sentences, got one string; "
                "give a list, each sentence a tuple of tokens"
            )
        for sentence in sentences:
            if not isinstance(sentence, tuple):
                raise ValueError(
                    f"expected each of the {name} as a tuple of tokens, got {sentence!r}; "
                    "split it into tokens first"
                )
            for token in sentence:
                if not isinstance(token, str) or token.split() != [token]:
                    raise ValueError(
                        f"expected tokens without white space in the {name}, got {token!r}; "
                        "tokenise the sentence first"
                    )
    _check_numbers(hypotheses, references)


def _check_numbers(hypotheses: Sequence, references: Sequence) -> None:
    if not len(hypotheses) or len(hypotheses) != len(references):
        raise ValueError(
            f"expected as many hypotheses as references, at least one, got {len(hypotheses)} and "
            f"{len(references)}; give each reference its hypothesis"
        )


def by_source_position(
    *, predictions: Sequence[Tokens], pairs: Sequence[SentencePair], parts: int
) -> list[float]:
    """How often the words that a source token is aligned to are predicted, by where it stands.

    Each source sentence is cut into `parts` of equal length, the first part first. Every link of
    the true alignment counts once: is the prediction at its target position right? `predictions`
    hold a word for each target position (`decoding.predict_next`).

    Raises `ValueError` for less than one part, unequal numbers of predictions and pairs, pairs
    without alignment, predictions of other lengths than their targets, and a part in which no token
    is aligned.
    """
    counted = links_by_source_position(predictions=predictions, pairs=pairs, parts=parts)
    right = [sum(sentence[part][0] for sentence in counted) for part in range(parts)]
    links = [sum(sentence[part][1] for sentence in counted) for part in range(parts)]
    if 0 in links:
        raise ValueError(
            f"expected aligned tokens in each of {parts} parts, got {links}; "
            "take fewer parts or more pairs"
        )
    return [a / b for a, b in zip(right, links, strict=True)]


def links_by_source_position(
    *, predictions: Sequence[Tokens], pairs: Sequence[SentencePair], parts: int
) -> list[list[tuple[int, int]]]:
    """What `by_source_position` adds up: of each sentence, for each part, (right, links).

    Errors as there, but that a part may be without a link.
    """
    if parts < 1 or len(predictions) != len(pairs):
        raise ValueError(
            "expected one part or more and as many predictions as pairs, got "
            f"{parts} parts, {len(predictions)} predictions and {len(pairs)} pairs"
        )
    counted = []
    for prediction, pair in zip(predictions, pairs, strict=True):
        if pair.alignment is None or len(prediction) != len(pair.target):
            raise ValueError(
                "expected pairs with their true alignment and a prediction for each target word, "
                f"got {prediction!r} for {pair!r}"
            )
        right, links = [0] * parts, [0] * parts
        for i, j in pair.alignment:
            part = i * parts // len(pair.source)
            links[part] += 1
            right[part] += prediction[j] == pair.target[j]
        counted.append(list(zip(right, links, strict=True)))
    return counted
