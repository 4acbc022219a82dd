"""Parts of words as tokens, learnt from text, which can be put together again to what was written.

A vocabulary of words meets unknown ones in every new text, and "Antriebsradsystem" is one of them.
Byte-pair encoding begins with characters and joins, again and again, the two neighbours that
follow each other most often in the text it learns from: frequent words become one token, rare ones
are spelt in parts (Sennrich, Haddow & Birch 2016, https://aclanthology.org/P16-1162/). The library
`tokenizers` counts and cuts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer
from tokenizers.decoders import Metaspace as JoinWords
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import Metaspace, Sequence, Split
from tokenizers.trainers import BpeTrainer

from ..languages.pairs import Tokens
from ..storage.files import write_atomically
from .tokens import readable
from .vocabulary import CONTROL_TOKENS, Vocabulary, VocabularyError

BLANK = "▁"  # how a blank before a word is written inside its first token
NEVER_SEEN = "\N{REPLACEMENT CHARACTER}"  # stands for a character that the text did not have
# A punctuation mark or another sign is never joined with a word: "beach" and "." stay two tokens.
SIGN = r"[^\p{L}\p{M}\p{N}\s▁]"


class Subwords:
    """Cuts sentences into subwords and joins them again; `Subwords.learn` makes it from a text.

    A token that begins a word has a "▁" where the blank was, so `join` knows how to write it:
    "a boy's T-shirt." in lower case is ▁a ▁boy ' s ▁t - shirt . and comes back as it was. Blanks
    are all alike, none is kept at either end, and characters are composed and made visible as by
    `utils.text.tokens.readable`.

    The attribute `vocabulary` has every subword and takes what `cut` returns, so that all that
    works on words works on subwords.
    """

    def __init__(self, tokenizer: Tokenizer, lower_case: bool):
        """Of a `Tokenizer` as `learn` and `read` make it."""
        self._tokenizer = tokenizer
        self.lower_case = lower_case
        token_of = {number: token for token, number in tokenizer.get_vocab().items()}
        self.vocabulary = Vocabulary([token_of[number] for number in range(len(token_of))])
        self._characters = {token for token in self.vocabulary.tokens if len(token) == 1}

    @classmethod
    def learn(cls, texts: Iterable[str], size: int, lower_case: bool = True) -> Subwords:
        """The `size` subwords, control tokens included, that byte-pair encoding finds in `texts`.

        texts: sentences as people write them, of one language or of several.
        lower_case: whether everything is written small before it is counted or cut.

        The same texts give the same subwords. Raises `VocabularyError` if the text has more
        characters than `size` has room for, or too little text for so many subwords.
        """
        if isinstance(texts, str):
            raise VocabularyError(
                "expected a list of sentences, got one string; put it into a list"
            )
        texts = [_tidy(text, lower_case) for text in texts]
        tokenizer = Tokenizer(BPE())
        tokenizer.pre_tokenizer = Sequence(
            [Metaspace(replacement=BLANK), Split(Regex(SIGN), "isolated")]
        )
        tokenizer.decoder = JoinWords(replacement=BLANK)
        wanted = size - len(CONTROL_TOKENS)
        characters = {BLANK, NEVER_SEEN}.union(*texts) - {" "}
        if len(characters) > wanted:
            raise VocabularyError(
                f"expected a size of {len(characters) + len(CONTROL_TOKENS)} or more, as the text "
                f"has {len(characters) - 2} characters, got {size}; take more subwords"
            )
        trainer = BpeTrainer(
            vocab_size=wanted, initial_alphabet=sorted(characters), show_progress=False
        )
        tokenizer.train_from_iterator(texts, trainer)
        if tokenizer.get_vocab_size() < wanted:
            raise VocabularyError(
                f"expected text with {size} subwords in it, got "
                f"{tokenizer.get_vocab_size() + len(CONTROL_TOKENS)}; take fewer, or more text"
            )
        return cls(tokenizer, lower_case)

    def cut(self, text: str) -> Tokens:
        """A sentence as its subwords; a character that `learn` did not see becomes NEVER_SEEN."""
        text = _tidy(text, self.lower_case)
        text = "".join(c if c == " " or c in self._characters else NEVER_SEEN for c in text)
        return tuple(self._tokenizer.encode(text).tokens)

    def join(self, tokens: Tokens) -> str:
        """Subwords, as `cut` made them or a network wrote them, as a sentence with its blanks."""
        return "".join(tokens).replace(BLANK, " ").strip()

    def save(self, path: str | os.PathLike) -> None:
        """Write the subwords to a JSON file, whole or not at all."""
        state = {"lower_case": self.lower_case, "tokenizer": json.loads(self._tokenizer.to_str())}
        write_atomically(path, json.dumps(state, ensure_ascii=False, indent=1).encode())

    @classmethod
    def read(cls, path: str | os.PathLike) -> Subwords:
        """What `save` wrote; `VocabularyError` for a file that is missing or of another kind."""
        try:
            state = json.loads(Path(path).read_text("utf-8"))
            tokenizer = Tokenizer.from_str(json.dumps(state["tokenizer"]))
            lower_case = state["lower_case"]
        except Exception as error:  # the library raises `Exception` itself
            raise VocabularyError(
                f"expected subwords at {path} as `Subwords.save` writes them, got "
                f"{type(error).__name__}: {error}; learn them anew"
            ) from error
        return cls(tokenizer, lower_case)


def _tidy(text: str, lower_case: bool) -> str:
    """Readable, with single blanks, and none of the sign that stands for them."""
    text = " ".join(readable(text).replace(BLANK, " ").split())
    return text.lower() if lower_case else text
