"""Tokens as numbers, their ids, and back: a network reads and writes numbers only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

# Control tokens: their ids, and the names under which they are shown.
PADDING, START, END, UNKNOWN = 0, 1, 2, 3
CONTROL_TOKENS = ("<pad>", "<s>", "</s>", "<unk>")
NEVER_WRITTEN = [PADDING, START]  # no sentence goes on with one of these


class VocabularyError(ValueError):
    """A text and a vocabulary do not fit together; the message says what to change."""


class Vocabulary:
    """The tokens that one language is written in, each with a number, its token id.

    Ids 0 to 3 are those of the control tokens PADDING (fills up short sentences), START, END and
    UNKNOWN (any token that is not in the vocabulary); then follow `text_tokens`, in their order.
    `Vocabulary.of` counts them in a text. The attribute `tokens` has all, each at its id.

    No text has a control token by its name. As one of `text_tokens` they raise `VocabularyError`,
    and a sentence to encode in which "</s>" is written does not end there: it is UNKNOWN.
    """

    def __init__(self, text_tokens: Sequence[str]):
        text_tokens = _as_tokens(text_tokens)
        reserved = set(CONTROL_TOKENS).intersection(text_tokens)
        if reserved or len(set(text_tokens)) < len(text_tokens):
            raise VocabularyError(
                f"expected tokens that differ from each other and from {CONTROL_TOKENS}, got "
                f"{sorted(reserved) or 'some token twice'}; rename or remove it"
            )
        self.tokens: tuple[str, ...] = CONTROL_TOKENS + text_tokens
        self._id_of = {
            token: token_id for token_id, token in enumerate(text_tokens, len(CONTROL_TOKENS))
        }

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]], minimum_count: int = 1) -> Vocabulary:
        """All tokens that `sentences` use at least `minimum_count` times.

        The most frequent comes first; equally frequent ones follow the alphabet (Unicode's), so the
        same text always gives the same ids. Raises `VocabularyError` when no token is left.
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
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        """Whether `token` has an id of its own as part of a text; no control token has."""
        return token in self._id_of

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """Tokens to token ids; START and END are not added."""
        return [self._id_of.get(token, UNKNOWN) for token in _as_tokens(tokens)]

    def decode(self, token_ids: Iterable[int]) -> tuple[str, ...]:
        """Token ids (a list or a tensor of shape (length,)) to tokens, up to the first END.

        PADDING and START are left out; UNKNOWN is written "<unk>". Raises `VocabularyError` for a
        number that is no token's id.
        """
        tokens = []
        for token_id in map(int, token_ids):
            if not 0 <= token_id < len(self):
                raise VocabularyError(
                    f"expected token ids from 0 to {len(self) - 1}, got {token_id}; "
                    "decode with the vocabulary that they were made with"
                )
            if token_id == END:
                break
            if token_id not in (PADDING, START):
                tokens.append(self.tokens[token_id])
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
