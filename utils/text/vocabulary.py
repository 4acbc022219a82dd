"""Symbols as numbers, and back: a network reads and writes numbers only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

# Control symbols: their numbers, and the names under which they are shown.
PADDING, START, END, UNKNOWN = 0, 1, 2, 3
CONTROL_SYMBOLS = ("<pad>", "<s>", "</s>", "<unk>")
NEVER_WRITTEN = [PADDING, START]  # no sentence goes on with one of these


class VocabularyError(ValueError):
    """A text and a vocabulary do not fit together; the message says what to change."""


class Vocabulary:
    """The symbols that one language is written in, each with a number.

    Numbers 0 to 3 are PADDING (fills up short sentences), START, END and UNKNOWN (any symbol that
    is not in the vocabulary); then follow `tokens`, in their order. `Vocabulary.of` counts them in
    a text.

    The names of the control symbols are no tokens. As one of `tokens` they raise `VocabularyError`,
    and a sentence to encode in which "</s>" is written does not end there: it is UNKNOWN.
    """

    def __init__(self, tokens: Sequence[str]):
        tokens = _as_tokens(tokens)
        reserved = set(CONTROL_SYMBOLS).intersection(tokens)
        if reserved or len(set(tokens)) < len(tokens):
            raise VocabularyError(
                f"expected tokens that differ from each other and from {CONTROL_SYMBOLS}, got "
                f"{sorted(reserved) or 'some token twice'}; rename or remove it"
            )
        self.symbols: tuple[str, ...] = CONTROL_SYMBOLS + tokens
        self._number_of = {
            token: number for number, token in enumerate(tokens, len(CONTROL_SYMBOLS))
        }

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]], minimum_count: int = 1) -> Vocabulary:
        """All tokens that `sentences` use at least `minimum_count` times.

        The most frequent comes first; equally frequent ones follow the alphabet (Unicode's), so the
        same text always gives the same numbers. Raises `VocabularyError` when no token is left.
        """
        if isinstance(sentences, str):
            _as_tokens(sentences)
        counts = Counter(token for sentence in sentences for token in _as_tokens(sentence))
        frequent = [token for token, count in counts.items() if count >= minimum_count]
        if not frequent:
            raise VocabularyError(
                f"expected sentences with tokens that occur {minimum_count} times or more, got "
                f"{len(counts)} different tokens, none of them as often; pass more text"
            )
        return cls(sorted(frequent, key=lambda token: (-counts[token], token)))

    def __len__(self) -> int:
        return len(self.symbols)

    def __contains__(self, token: str) -> bool:
        """Whether `token` has a number of its own as part of a text; no control symbol has."""
        return token in self._number_of

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """Tokens to numbers; START and END are not added."""
        return [self._number_of.get(token, UNKNOWN) for token in _as_tokens(tokens)]

    def decode(self, numbers: Iterable[int]) -> tuple[str, ...]:
        """Numbers (a list or a tensor of shape (length,)) to tokens, up to the first END.

        PADDING and START are left out; UNKNOWN is written "<unk>". Raises `VocabularyError` for a
        number that no symbol has.
        """
        tokens = []
        for number in map(int, numbers):
            if not 0 <= number < len(self):
                raise VocabularyError(
                    f"expected numbers from 0 to {len(self) - 1}, got {number}; "
                    "decode with the vocabulary that the numbers were made with"
                )
            if number == END:
                break
            if number not in (PADDING, START):
                tokens.append(self.symbols[number])
        return tuple(tokens)


def _as_tokens(sentence: Sequence[str]) -> tuple[str, ...]:
    """`sentence` as a tuple; a single string would be taken apart into letters unnoticed."""
    tokens = () if isinstance(sentence, str) else tuple(sentence)
    if isinstance(sentence, str) or not all(isinstance(token, str) for token in tokens):
        raise VocabularyError(
            f"expected a sentence as a sequence of tokens, each a str, got {sentence!r}; "
            "write tuple(sentence) for its characters, sentence.split() for its words"
        )
    return tokens
