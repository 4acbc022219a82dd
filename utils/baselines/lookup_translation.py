"""Translation by looking up: words in a dictionary, sentences in a memory of translations."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from ..languages.pairs import SentencePair, Tokens


class Dictionary:
    """Translates each token on its own, in the order of the source sentence.

    It takes the true alignments of its training pairs, which a learner would have to guess: each
    token becomes what it is aligned to most often, or nothing if that is most often nothing. Equal
    neighbours are written once, for the characters of one Chinese word.

    Raises `ValueError` when the training pairs have no alignments, and when there are none.
    """

    def __init__(self, pairs: Sequence[SentencePair]):
        _check_pairs(pairs)
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for pair in pairs:
            if pair.alignment is None:
                raise ValueError(
                    "expected pairs with their true alignment, got one without; "
                    "use the corpus of the grammar"
                )
            linked = defaultdict(list)
            for i, j in pair.alignment:
                linked[i].append(pair.target[j])
            for i, token in enumerate(pair.source):
                counts[token].update(linked[i] or [""])
        # Of equally frequent words the first in the alphabet: the order of a set decides nothing.
        self.entries = {
            token: min(found, key=lambda word: (-found[word], word))
            for token, found in counts.items()
        }

    def translate(self, sentence: Tokens) -> Tokens:
        """Tokens that it has never seen are left out."""
        _check_sentence(sentence)
        words: list[str] = []
        for token in sentence:
            word = self.entries.get(token, "")
            if word and words[-1:] != [word]:
                words.append(word)
        return tuple(words)


class TranslationMemory:
    """Gives the translation of the most similar sentence that it has seen.

    Similar: the cosine between counts of tokens and of pairs of neighbouring tokens, the rare ones
    weighing more (tf-idf). To a sentence of which it knows no token all are as similar: it gives
    one of them.

    Raises `ValueError` when there are no training pairs.
    """

    def __init__(self, pairs: Sequence[SentencePair]):
        _check_pairs(pairs)
        self.targets = [pair.target for pair in pairs]
        # The sentences are tokens already.
        self.vectoriser = TfidfVectorizer(analyzer=_with_neighbours)
        known = self.vectoriser.fit_transform([pair.source for pair in pairs])
        self.neighbours = NearestNeighbors(n_neighbors=1, metric="cosine").fit(known)

    def translate(self, sentences: Sequence[Tokens]) -> list[Tokens]:
        """One translation for each sentence, all of them looked up together."""
        for sentence in sentences:
            _check_sentence(sentence)
        if not len(sentences):
            return []
        nearest = self.neighbours.kneighbors(
            self.vectoriser.transform(sentences), return_distance=False
        )
        return [self.targets[index] for index in nearest[:, 0]]


def _check_pairs(pairs: Sequence[SentencePair]) -> None:
    if not any(pair.source for pair in pairs):
        raise ValueError("expected at least one pair with a source sentence, got none")


def _check_sentence(sentence: Tokens) -> None:
    if isinstance(sentence, str) or not all(isinstance(token, str) for token in sentence):
        raise ValueError(
            f"expected a sentence as a tuple of tokens, got {sentence!r}; a dictionary translates "
            "one sentence, a translation memory a list of them"
        )


def _with_neighbours(sentence: Tokens) -> list[Tokens]:
    """The tokens, and the pairs of neighbours."""
    return [*((token,) for token in sentence), *pairwise(sentence)]
