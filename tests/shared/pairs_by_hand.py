"""Sentence pairs written by hand."""

from utils.languages.pairs import SentencePair


def pair_of(source: str, target: str, *links: tuple[int, int]) -> SentencePair:
    """Of words with blanks between them, aligned by `links`."""
    return SentencePair(tuple(source.split()), tuple(target.split()), frozenset(links))
