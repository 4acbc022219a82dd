"""How the networks that translate real captions are built and trained, each way by its name.

`final` has everything. Every other recipe is `final` with one thing changed, so that the difference
between two rows of the table is what that thing is worth; `start` is the network of chapter 5 as
its preset `full` trains it, and `plain` has subwords and the sizes of `final` alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """Everything that is chosen before training, but the seed.

    title: what the table says of it.
    subwords: of the source and of the target language, control tokens included; None for words.
    decoder: "none" of attention, "after" the one recurrent layer, or "between" two.
    dropout: of embeddings, of the encoder's outputs, between layers and before the last.
    word_dropout: of whole embeddings.
    decay: of the moving average of the weights; None to go without.
    learning_rate: the peak of the schedule in `utils.training.loop`.
    """

    title: str
    subwords: tuple[int, int] | None = (6000, 4000)
    decoder: str = "between"
    embedding_size: int = 256
    hidden_size: int = 256
    embedding_deviation: float = 0.1
    tied: bool = True
    dropout: float = 0.3
    word_dropout: float = 0.1
    label_smoothing: float = 0.1
    decay: float | None = 0.998
    batch_size: int = 128
    epochs: int = 14
    learning_rate: float = 0.003


FINAL = Recipe("everything")
# Without anything that holds it back a network learns its captions by heart in a few epochs, and a
# schedule for more of them would let it: so these get the epochs of chapter 5.
SHORT = {"epochs": 4, "learning_rate": 0.005}

RECIPES = {
    "start": Recipe(
        "chapter 5: words, one layer",
        subwords=None,
        decoder="after",
        embedding_size=64,
        embedding_deviation=0.3,
        tied=False,
        dropout=0.0,
        word_dropout=0.0,
        label_smoothing=0.0,
        decay=None,
        batch_size=64,
        **SHORT,
    ),
    "plain": replace(
        FINAL,
        title="subwords, larger layers, nothing else",
        decoder="after",
        hidden_size=320,
        tied=False,
        dropout=0.0,
        word_dropout=0.0,
        label_smoothing=0.0,
        decay=None,
        **SHORT,
    ),
    "final": FINAL,
    "after": replace(FINAL, title="looks back after one layer", decoder="after", hidden_size=320),
    "untied": replace(FINAL, title="reads and writes with different numbers", tied=False),
    "no-dropout": replace(FINAL, title="no dropout at all", dropout=0.0, word_dropout=0.0, **SHORT),
    "no-word-dropout": replace(FINAL, title="no dropout of words", word_dropout=0.0),
    "no-smoothing": replace(FINAL, title="no label smoothing", label_smoothing=0.0),
    "no-average": replace(FINAL, title="last weights in place of averaged ones", decay=None),
    "fewer-subwords": replace(FINAL, title="2,000 subwords a language", subwords=(2000, 2000)),
    "words": replace(FINAL, title="words that occur twice", subwords=None),
    "no-attention": replace(FINAL, title="no attention, one layer", decoder="none"),
}
