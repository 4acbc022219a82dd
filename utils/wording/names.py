"""What a reader calls the things that the program knows by English names.

A name is what code compares, looks up and keeps in an explorer's address, the same in every
edition. Where it is shown, a reader sees it in the edition's language: tables and figures do that
by themselves with a text that is a name and nothing else, and whoever puts one into a sentence
asks `called`.
"""

from .words import ENGLISH, language, say


def called(name: str) -> str:
    """The name in the edition's language; a text that is no name of the book's as it is."""
    return name if language() == ENGLISH else _names().get(name, name)


def _names() -> dict[str, str]:
    # What is not here is called the same everywhere: PCA, GRU, formats of files.
    return {
        # languages
        "English": say("English"),
        "Chinese": say("Chinese"),
        "German": say("German"),
        "figures": say("figures"),
        # the parts of a network, and networks
        "encoder": say("encoder"),
        "code": say("code"),
        "context": say("context"),
        "decoder": say("decoder"),
        "output": say("output"),
        "network": say("network"),
        "the network": say("the network"),
        "another network": say("another network"),
        "plain": say("plain"),
        "patches": say("patches"),
        "patches touch": say("patches touch"),
        "patches overlap": say("patches overlap"),
        "residual": say("residual"),
        # their rivals
        "Wiener filter": say("Wiener filter"),
        "weighted sum": say("weighted sum"),
        "copy": say("copy"),
        "nothing learnt": say("nothing learnt"),
        "truth": say("truth"),
        # what one chooses or looks at
        "digit": say("digit"),
        "canvas": say("canvas"),
        "language": say("language"),
        # images and their noise
        "clean": say("clean"),
        "Gaussian": say("Gaussian"),
        "salt and pepper": say("salt and pepper"),
        "speckle": say("speckle"),
        "dropped pixels": say("dropped pixels"),
        "trained to copy": say("trained to copy"),
        "trained at σ = 0.5": say("trained at σ = 0.5"),
        "blind: σ from 0 to 1": say("blind: σ from 0 to 1"),
        # in training
        "training examples": say("training examples"),
        "validation examples": say("validation examples"),
        # attention: its scores, and what stands in its place
        "with attention": say("with attention"),
        "without attention": say("without attention"),
        "no attention": say("no attention"),
        "equal weights": say("equal weights"),
        "from one vector": say("from one vector"),
        "one vector": say("one vector"),
        "dot": say("dot"),
        "scaled dot": say("scaled dot"),
        "dot product": say("dot product"),
        "scaled dot product": say("scaled dot product"),
        "general": say("general"),
        "additive": say("additive"),
        # how a Transformer knows places
        "none": say("none"),
        "sines": say("sines"),
        "learnt": say("learnt"),
        "rotary": say("rotary"),
        # what an axis or a slider shows
        "step": say("step"),
        "weight": say("weight"),
        # before and after training, or a layer
        "before": say("before"),
        "after": say("after"),
        # kinds of mistakes in a translation
        "number": say("number"),
        "one or many": say("one or many"),
        "noun or name": say("noun or name"),
        "pronoun or possessive": say("pronoun or possessive"),
        "article or determiner": say("article or determiner"),
        "tense or form of the verb": say("tense or form of the verb"),
        "verb": say("verb"),
        "adjective": say("adjective"),
        "time or place": say("time or place"),
        "other word": say("other word"),
        "order alone": say("order alone"),
    }
