"""A sentence that somebody typed, as the tokens a network knows, or what to change in it."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from ..languages.pairs import Tokens
from ..wording.names import called
from ..wording.words import say
from .tokens import TOKEN, readable
from .vocabulary import Vocabulary

FINAL_MARKS = frozenset(".?!…")
DOUBLE_QUOTES = frozenset('"„“”«»')
SINGLE_QUOTES = frozenset("'‚‘’‹›")
QUOTES = DOUBLE_QUOTES | SINGLE_QUOTES
# How to write without umlauts: each vowel with an e behind it.
PLAIN = str.maketrans({"ä": "a" + "e", "ö": "o" + "e", "ü": "u" + "e", "’": "'"})
JOINER = "+"  # ends a token that the next one is written onto, as in "ein+", "und+", "zwanzig"
HYPHEN = "-"  # ends one that is written with the hyphen, as in "twenty-", "one"
MOST_NAMED = 5  # unknown words that a message names; it counts the others
LONGEST_NAME = 30  # letters that it shows of each
# Words by which a language is known: frequent ones that the others here do not have.
FREQUENT = {
    "German": frozenset(
        "der die das den dem ein eine einen einem und nicht ist sind hat ich du er wir".split()
    ),
    "English": frozenset(
        "the a is are has have does and not of to i you he she they we my your his this".split()
    ),
}
FEWEST_FREQUENT = 3  # of them that the vocabulary of a network which reads the language has
CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True)
class Typed:
    """What was made of a typed sentence.

    tokens: as the corpus has them; empty if there is nothing that can be translated.
    unknown: those of `tokens` that are not in the vocabulary, each once, in order.
    message: plain text for the reader, "" if all is well. It may quote what was typed: whoever
        shows it as HTML or Markdown escapes it first.
    """

    tokens: Tokens
    unknown: Tokens
    message: str


def read_sentence(text: str, vocabulary: Vocabulary, longest: int = 40) -> Typed:
    """Turn a typed German or English sentence into tokens of the `vocabulary`.

    Words and marks are taken apart, and a missing final mark is supplied. Quotation marks that the
    vocabulary does not know are left out, as are characters that nobody sees. Each word stays as
    typed if it is known; only the first one is preferred with a small letter, as the corpus writes
    it. An unknown word is looked up in small and capital letters, with "ae" for "ä" and "ss" for
    "ß", and then as several tokens that are written as one: "einundzwanzig", "twenty-one". What is
    still unknown stays as typed: a network reads all of it as one and the same symbol.

    Nothing else is dropped: of a sentence longer than `longest` tokens there are no tokens at all,
    and a message asks for a shorter one. Nor are there any of a sentence in another language, which
    is English, German or Chinese by its most frequent words or its characters, and most of whose
    words are unknown: a message says which language the network reads. Any text will do. Raises
    `ValueError` for a `longest` below 1.
    """
    if longest < 1:
        raise ValueError(f"expected a longest sentence of 1 token or more, got {longest}")
    known_as = _Spellings(vocabulary)
    tokens: list[str] = []
    is_first = True
    for piece in TOKEN.findall(readable(text)):
        if piece in QUOTES:
            tokens += _quote(piece, vocabulary)
        else:
            tokens += known_as.read(piece, is_first)
            is_first = is_first and not piece[0].isalnum()
    if is_first:
        return Typed((), (), say("There is no word to read yet: type a sentence."))
    last = next(token for token in reversed(tokens) if token not in QUOTES)
    if last not in FINAL_MARKS and "." in vocabulary:
        tokens.append(".")
    other, own = _languages(tokens, vocabulary)
    if other:
        message = say("This looks like {other}. The network reads {own} only: type {own}, please.")
        names = {"other": called(other), "own": called(own)}
        return Typed((), (), message.format(**names))
    if len(tokens) > longest:
        message = say(
            "This sentence has {count} tokens, words and marks together, and {longest} is the "
            "most: shorten it, and all of it is read."
        )
        return Typed((), (), message.format(count=len(tokens), longest=longest))
    unknown = tuple(dict.fromkeys(token for token in tokens if token not in vocabulary))
    return Typed(tuple(tokens), unknown, _about_unknown(unknown) if unknown else "")


class _Spellings:
    """The tokens of a vocabulary, to be found in other spellings than their own."""

    def __init__(self, vocabulary: Vocabulary):
        self.spelled: defaultdict[str, list[str]] = defaultdict(list)
        for token in vocabulary.tokens:
            if token in vocabulary:  # the control tokens are not
                self.spelled[_plain(token)].append(token)
        self.longest = max(map(len, self.spelled), default=0)

    def read(self, word: str, is_first: bool) -> list[str]:
        """One token as a rule; several that are written as one; the word itself if unknown."""
        plain = _plain(word)
        if plain in self.spelled:
            return [self._nearest(plain, word, is_first)]
        return self._split(plain) or [word]

    def _nearest(self, plain: str, word: str, is_first: bool) -> str:
        """Of the tokens that are spelled alike but for capitals and umlauts, the likeliest one."""

        def unlikeness(token: str) -> tuple[bool, ...]:
            other_letters = token.lower() != word.lower()
            if is_first:
                return other_letters, token[0].isupper(), token != word
            return token != word, other_letters, token[0].isupper()

        return min(self.spelled[plain], key=unlikeness)

    def _split(self, plain: str) -> list[str]:
        """Known parts that make up the word, the first as long as can be, then the next; or none.

        All parts but the last end in a joiner. From the end of the word towards its beginning, so
        that each place is looked at once, however long the word is: which part, beginning there,
        leaves a rest that can be split as well?
        """
        length = len(plain)
        part_at: list[tuple[int, str] | None] = [None] * length  # where the part ends, and which
        for start in reversed(range(length)):
            for end in range(min(length, start + self.longest), start, -1):
                if end < length and part_at[end] is None:
                    continue
                part = self._part(plain[start:end], is_last=end == length)
                if part is not None:
                    part_at[start] = end, part
                    break
        parts, start = [], 0
        while start < length and (known := part_at[start]) is not None:
            start, part = known
            parts.append(part)
        return parts

    def _part(self, text: str, is_last: bool) -> str | None:
        is_joined = not is_last and not text.endswith(HYPHEN)
        found = self.spelled.get(text + JOINER * is_joined)
        return found[0] if found else None


def _languages(tokens: list[str], vocabulary: Vocabulary) -> tuple[str, str]:
    """The language of a sentence, where it is not the vocabulary's, and the vocabulary's; or ""."""
    sizes = {name: sum(word in vocabulary for word in words) for name, words in FREQUENT.items()}
    own = max(sizes, key=sizes.__getitem__)
    words = [token for token in tokens if token[0].isalnum()]
    unknown = [word for word in words if word not in vocabulary]
    if sizes[own] < FEWEST_FREQUENT or 2 * len(unknown) <= len(words):
        return "", own
    if any(CHINESE.search(word) for word in unknown):
        return "Chinese", own
    frequent = sum(word.lower() in FREQUENT[own] for word in words)
    for name, others in FREQUENT.items():
        if name != own and sum(word.lower() in others for word in unknown) > frequent:
            return name, own
    return "", own


def _plain(word: str) -> str:
    """The same for all spellings of a word: without capitals, umlauts, "ß" and "’"."""
    return word.casefold().translate(PLAIN)  # casefold makes "ss" of "ß"


def _quote(mark: str, vocabulary: Vocabulary) -> list[str]:
    """The quotation mark as typed or as typewriters have it, if one of them is known."""
    plain = '"' if mark in DOUBLE_QUOTES else "'"
    return [known for known in (mark, plain) if known in vocabulary][:1]


def _about_unknown(unknown: Tokens) -> str:
    names = [
        f"“{word if len(word) <= LONGEST_NAME else word[: LONGEST_NAME - 1] + '…'}”"
        for word in unknown[:MOST_NAMED]
    ]
    if len(unknown) > MOST_NAMED:
        names.append(say("{count} more").format(count=len(unknown) - MOST_NAMED))
    *others, last = names
    if others:
        last = say("{others} and {last}").format(others=say(", ").join(others), last=last)
    return say(
        "The network does not know {listed}: it reads everything unknown as one and the same "
        "symbol, and can only guess."
    ).format(listed=last)
