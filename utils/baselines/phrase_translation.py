"""What translated before the networks: phrases that were counted, put together by a search.

Statistical translation as it stood in 2014, in small. Word alignments are learnt from sentence
pairs alone (IBM Model 1, in both directions); from them come phrase pairs with how often they were
seen; a search covers the source sentence with phrases, in an order that may differ, and takes what
a weighted sum of scores likes best, among them those of an n-gram model of the target language.

Koehn, Och & Marcu (2003), https://aclanthology.org/N03-1017/; the weighted sum is that of Och & Ney
(2002), https://aclanthology.org/P02-1038/.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ..languages.pairs import Alignment, SentencePair, Tokens
from ..measures.translation_quality import bleu
from ..text.vocabulary import Vocabulary
from .ngram import NGramModel, WordScores
from .word_alignment import WordAlignmentModel

LONGEST_PHRASE = 5  # tokens, on either side
MOST_TRANSLATIONS = 10  # of one phrase; the likeliest are kept
# For a token of which no phrase pair is known: it is passed over, at a price no phrase ever has.
PASSED_OVER = -30.0


@dataclass(frozen=True)
class Weights:
    """What the search looks at. Its score is the sum of these times the weights; higher is better.

    language_model: natural logarithm of the probability of the target sentence, END included.
    target_given_source, source_given_target: logarithms of the phrase pairs' relative frequencies.
    word: 1 for each word that is written (without it, short sentences would win).
    phrase: 1 for each phrase pair that is used (below 0, few long phrases win).
    jump: minus the number of source tokens between the end of one phrase and the beginning of the
        next; Koehn et al.'s distortion.
    farthest: how far beyond the first uncovered token a phrase may begin; no weight, but tuned with
        them.
    """

    language_model: float = 0.5
    target_given_source: float = 0.3
    source_given_target: float = 0.3
    word: float = 0.3
    phrase: float = 0.0
    jump: float = 0.1
    farthest: int = 6


class _Phrase(NamedTuple):
    """One way to translate a stretch of the source sentence."""

    end: int
    covers: int  # a bit for each source token
    words: tuple[int, ...]
    score: float  # all but what depends on the phrases around it
    estimate: float  # the score with a language model that sees no word before the phrase


class _Hypothesis(NamedTuple):
    """A beginning of a translation. Where it stands is its key: see `PhraseTranslator._search`."""

    score: float
    hope: float  # the score, and at best that of the tokens still to be covered
    previous: tuple[int, tuple] | None  # stack and key of the hypothesis that it goes on from
    words: tuple[int, ...]


class PhraseTranslator:
    """A phrase table, a language model, and a search with stacks over both; `fit` makes one."""

    def __init__(
        self,
        table: Mapping[Tokens, Sequence[tuple[Tokens, float, float]]],
        language_model: NGramModel,
        alignments: Sequence[Alignment] = (),
    ):
        self.language_model = language_model
        self.alignments = list(alignments)  # of the training pairs, as they were learnt
        self._scores = WordScores(language_model)
        vocabulary = language_model.vocabulary
        self._table = {
            source: [
                (tuple(vocabulary.encode(target)), forward, backward)
                for target, forward, backward in translations
            ]
            for source, translations in table.items()
        }
        self._longest = max(map(len, self._table), default=0)

    @classmethod
    def fit(
        cls, pairs: Sequence[SentencePair], *, order: int = 3, iterations: int = 5
    ) -> PhraseTranslator:
        """Learn from sentence pairs, whose true alignments are not looked at.

        order: of the language model of the target sentences; iterations: of IBM Model 1, in each
        direction. Raises `ValueError` as `WordAlignmentModel.fit` and `NGramModel.fit` do.
        """
        turned = [SentencePair(pair.target, pair.source) for pair in pairs]
        there = WordAlignmentModel.fit(pairs, iterations)
        back = WordAlignmentModel.fit(turned, iterations)
        counts: Counter[tuple[Tokens, Tokens]] = Counter()
        alignments = []
        for pair, turned_pair in zip(pairs, turned, strict=True):
            found = frozenset((i, j) for j, i in back.links(turned_pair))
            alignment = symmetrise(there.links(pair), found)
            alignments.append(alignment)
            counts.update(phrase_pairs(pair, alignment))
        targets = [pair.target for pair in pairs]
        model = NGramModel.fit(targets, Vocabulary.of(targets), order)
        return cls(phrase_table(counts), model, alignments)

    @property
    def size(self) -> int:
        """How many phrase pairs there are."""
        return sum(map(len, self._table.values()))

    def translate(
        self, sentences: Sequence[Tokens], weights: Weights = Weights(), stack_size: int = 10
    ) -> list[Tokens]:
        """The best translation that the search finds for each sentence, in the order given.

        stack_size: how many beginnings that cover equally many tokens are continued; 1 or more.
        A token that is in no phrase pair is passed over. Raises `ValueError` for a string in place
        of a sentence, a stack size below 1 and a `farthest` below 0.
        """
        if stack_size < 1 or weights.farthest < 0:
            raise ValueError(
                "expected a stack_size of 1 or more and a farthest of 0 or more, got "
                f"{stack_size} and {weights.farthest}"
            )
        vocabulary = self.language_model.vocabulary
        translations = []
        for sentence in sentences:
            if isinstance(sentence, str):
                raise ValueError(
                    f"expected a sentence as a tuple of tokens, got {sentence!r}; pass a list of "
                    "sentences, split into tokens"
                )
            token_ids = self._search(tuple(sentence), weights, stack_size)
            translations.append(vocabulary.decode(token_ids))
        return translations

    def tune(
        self,
        pairs: Sequence[SentencePair],
        candidates: Mapping[str, Sequence[float]],
        start: Weights = Weights(),
        stack_size: int = 10,
    ) -> tuple[Weights, float]:
        """The weights with the highest BLEU on validation pairs, and that BLEU.

        candidates: values to try for each weight, by name. One weight after the other gets the best
        of its values while the others stay, once through all, in the order given; a value has to be
        better, not as good, to replace what stands. So this finds no worse weights than `start`.
        """
        references = [pair.target for pair in pairs]

        def quality(weights: Weights) -> float:
            found = self.translate([pair.source for pair in pairs], weights, stack_size)
            return bleu(hypotheses=found, references=references).score

        best, reached = start, quality(start)
        for name, values in candidates.items():
            for value in values:
                changed: dict[str, Any] = {name: value}
                tried = replace(best, **changed)
                if tried != best and (score := quality(tried)) > reached:
                    best, reached = tried, score
        return best, reached

    def _search(self, sentence: Tokens, weights: Weights, stack_size: int) -> list[int]:
        """Stack search: beginnings that cover equally many source tokens compete with each other.

        Two that cover the same tokens, end at the same place and look alike to the language model
        have the same future, so only the better one is kept (recombination).
        """
        length = len(sentence)
        everything = (1 << length) - 1
        phrases = self._phrases(sentence, weights)
        hope = _Hope(phrases, length)
        scores, weight = self._scores, weights.language_model
        # By how many tokens are covered; keys: (covered, end of the last phrase, last words).
        stacks: list[dict[tuple, _Hypothesis]] = [{} for _ in range(length + 1)]
        stacks[0][0, 0, scores.start] = _Hypothesis(0.0, 0.0, None, ())
        for count, stack in enumerate(stacks[:-1]):
            kept = sorted(stack, key=lambda key: stack[key].hope, reverse=True)[:stack_size]
            for key in kept:
                covered, last_end, history = key
                score_before = stack[key].score
                first = _first_uncovered(covered)
                for begin in range(first, min(length, first + weights.farthest + 1)):
                    if covered >> begin & 1:
                        continue
                    reached = score_before - weights.jump * abs(begin - last_end)
                    for phrase in phrases[begin]:
                        if covered & phrase.covers:
                            continue
                        now = covered | phrase.covers
                        gained, words = scores.of_words(history, phrase.words)
                        if now == everything:
                            gained += scores.of_end(words)
                        score = reached + phrase.score + weight * gained
                        target = stacks[count + phrase.end - begin]
                        place = now, phrase.end, words
                        if place not in target or target[place].score < score:
                            target[place] = _Hypothesis(
                                score, score + hope.of(now), (count, key), phrase.words
                            )

        stack = stacks[-1]
        hypothesis = stack[max(stack, key=lambda key: stack[key].score)]
        written: list[int] = []
        while hypothesis.previous is not None:
            written[:0] = hypothesis.words
            count, key = hypothesis.previous
            hypothesis = stacks[count][key]
        return written

    def _phrases(self, sentence: Tokens, weights: Weights) -> list[list[_Phrase]]:
        """Of each place, all phrases that begin there."""
        starting = []
        for begin in range(len(sentence)):
            found = []
            for end in range(begin + 1, min(len(sentence), begin + self._longest) + 1):
                covers = ((1 << (end - begin)) - 1) << begin
                for words, forward, backward in self._table.get(sentence[begin:end], ()):
                    score = (
                        weights.target_given_source * forward
                        + weights.source_given_target * backward
                        + weights.word * len(words)
                        + weights.phrase
                    )
                    alone, _ = self._scores.of_words((), words)
                    estimate = score + weights.language_model * alone
                    found.append(_Phrase(end, covers, words, score, estimate))
            if not any(phrase.end == begin + 1 for phrase in found):
                found.append(_Phrase(begin + 1, 1 << begin, (), PASSED_OVER, PASSED_OVER))
            starting.append(found)
        return starting


class _Hope:
    """The best score that tokens still to be covered can have, as if phrases stood alone."""

    def __init__(self, phrases: Sequence[Sequence[_Phrase]], length: int):
        self._length = length
        self._best = [[-math.inf] * (length + 1) for _ in range(length)]
        self._known: dict[int, float] = {}
        for begin, found in enumerate(phrases):
            for phrase in found:
                best = self._best[begin]
                best[phrase.end] = max(best[phrase.end], phrase.estimate)
        for width in range(2, length + 1):
            for begin in range(length - width + 1):
                end = begin + width
                self._best[begin][end] = max(
                    self._best[begin][end],
                    *(
                        self._best[begin][cut] + self._best[cut][end]
                        for cut in range(begin + 1, end)
                    ),
                )

    def of(self, covered: int) -> float:
        if covered not in self._known:
            total, begin = 0.0, 0
            while begin < self._length:
                end = begin
                while end < self._length and not covered >> end & 1:
                    end += 1
                if end > begin:
                    total += self._best[begin][end]
                begin = end + 1
            self._known[covered] = total
        return self._known[covered]


def _first_uncovered(covered: int) -> int:
    """The place of the lowest bit that is 0."""
    return (~covered & (covered + 1)).bit_length() - 1


# ------------------------------------------------------------------------------
# From word alignments to phrase pairs


def symmetrise(there: Alignment, back: Alignment) -> Alignment:
    """One alignment from those of both directions: what they share, and what grows from it.

    Begin with the links that both have. Add links of either that touch one already there, also
    diagonally, if its source or its target token has none yet; go on while any is added; and last,
    those that join two tokens without any link. This is "grow-diag-final-and" of Koehn et al.
    (2005), https://aclanthology.org/2005.iwslt-1.8/.
    """
    links = set(there & back)
    sources, targets = {i for i, _ in links}, {j for _, j in links}
    waiting = sorted(there ^ back)
    grown = True
    while grown:
        grown, still_waiting = False, []
        for i, j in waiting:
            if i in sources and j in targets:
                continue
            if any((i + a, j + b) in links for a in (-1, 0, 1) for b in (-1, 0, 1)):
                links.add((i, j))
                sources.add(i)
                targets.add(j)
                grown = True
            else:
                still_waiting.append((i, j))
        waiting = still_waiting
    for i, j in waiting:
        if i not in sources and j not in targets:
            links.add((i, j))
            sources.add(i)
            targets.add(j)
    return frozenset(links)


def phrase_pairs(
    pair: SentencePair, alignment: Alignment, longest: int = LONGEST_PHRASE
) -> list[tuple[Tokens, Tokens]]:
    """All stretches of both sentences that translate each other, as far as the alignment goes.

    A pair of stretches is one if at least one link joins them and none leads out of either.
    Unlinked tokens at a stretch's edge may belong to it or not, and come both ways. Neither stretch
    has more than `longest` tokens.
    """
    length, target_length = len(pair.source), len(pair.target)
    linked: list[list[int]] = [[] for _ in range(length)]
    first, last = [length] * target_length, [-1] * target_length  # of the source tokens of each
    for i, j in alignment:
        linked[i].append(j)
        first[j], last[j] = min(first[j], i), max(last[j], i)
    found = []
    for begin in range(length):
        low, high = target_length, -1
        for end in range(begin, min(length, begin + longest)):
            for j in linked[end]:
                low, high = min(low, j), max(high, j)
            if high - low >= longest:
                break
            inside = slice(low, high + 1)  # unlinked tokens in it lead nowhere: `length` and -1
            if high < 0 or min(first[inside]) < begin or max(last[inside]) > end:
                continue
            source = pair.source[begin : end + 1]
            start = low
            while start >= 0 and high - start < longest:
                stop = high
                while stop < target_length and stop - start < longest:
                    found.append((source, pair.target[start : stop + 1]))
                    stop += 1
                    if stop < target_length and last[stop] >= 0:
                        break
                start -= 1
                if start >= 0 and last[start] >= 0:
                    break
    return found


def phrase_table(
    counts: Mapping[tuple[Tokens, Tokens], int], most: int = MOST_TRANSLATIONS
) -> dict[Tokens, list[tuple[Tokens, float, float]]]:
    """Of each source phrase the `most` likeliest target phrases, and two logarithms for each.

    They are the relative frequency of the target phrase given the source phrase, and the other way
    round. Of equally likely ones the first in the alphabet.
    """
    of_source: Counter[Tokens] = Counter()
    of_target: Counter[Tokens] = Counter()
    for (source, target), count in counts.items():
        of_source[source] += count
        of_target[target] += count
    table: dict[Tokens, list[tuple[Tokens, float, float]]] = defaultdict(list)
    for (source, target), count in counts.items():
        forward = math.log(count / of_source[source])
        table[source].append((target, forward, math.log(count / of_target[target])))
    for entries in table.values():
        entries.sort(key=lambda entry: (-entry[1], entry[0]))
        del entries[most:]
    return dict(table)
