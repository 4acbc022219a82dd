"""Multi30k: 31,014 image captions in English, translated into German by people.

Source: Elliott, Frank, Sima'an & Specia (2016), https://aclanthology.org/W16-3210/; the test split
is `test_2016_flickr` of the shared task.
"""

import gzip
import hashlib
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ..languages.pairs import CorpusError, ParallelCorpus, SentencePair
from ..storage.data_files import (
    DownloadError,
    cache_folder,
    fetch_from,
    folder_at,
    named_folder,
)
from .tokens import readable, tokenise

LANGUAGES = ("de", "en")
SPLITS = ("train", "val", "test_2016_flickr")  # as the files call them

# One state of the repository: the files never change, whatever becomes of its branch.
COMMIT = "c9be912dc05a3ebf9ae5bb5f7f58c1791cda43ab"
ADDRESS = f"https://raw.githubusercontent.com/multi30k/dataset/{COMMIT}/data/task1/raw/"
# Asked in turn. jsDelivr serves what is on GitHub as `/gh/OWNER/NAME@COMMIT/FILE` and keeps it for
# good (https://github.com/jsdelivr/jsdelivr#github). Its second name leads to one of the networks
# behind the first; in mainland China that was open where the first was blocked
# (https://github.com/jsdelivr/jsdelivr/issues/18408).
ADDRESSES = (
    ADDRESS,
    f"https://cdn.jsdelivr.net/gh/multi30k/dataset@{COMMIT}/data/task1/raw/",
    f"https://fastly.jsdelivr.net/gh/multi30k/dataset@{COMMIT}/data/task1/raw/",
)
CHECKSUMS = {  # SHA-256, of the files at that commit in a clone of the repository
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
    "test_2016_flickr.de.gz": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
}


class Captions(NamedTuple):
    """Three disjoint splits, each of pairs (source, target) of sentences as they are written."""

    train: tuple[tuple[str, str], ...]
    validation: tuple[tuple[str, str], ...]
    test: tuple[tuple[str, str], ...]


def read_multi30k(
    source: str = "de", target: str = "en", data_root: str | os.PathLike | None = None
) -> ParallelCorpus:
    """The captions as token pairs, 29,000 / 1,014 / 1,000, without alignments.

    `source` and `target` are "de" and "en", in either order. The six files are read from the folder
    `multi30k` in `data_root`; else from the one in the folder that the environment variable
    `DATA_ROOT` names, if it has one; else from a cache in the user's own folder, into which those
    that are missing or damaged are downloaded (1.3 MB in all, from the first of several sources
    that has them). A folder that the reader named is never written to.

    Raises `CorpusError` for other languages, and for files that are missing, damaged or not to be
    downloaded.
    """
    return _tokenised(source, target, _read(source, target, data_root, ADDRESSES, CHECKSUMS))


def read_captions(
    source: str = "de", target: str = "en", data_root: str | os.PathLike | None = None
) -> Captions:
    """The captions as people wrote them, with capital letters and without tokens.

    For subwords, and for scores that others can compare, which need the references untouched.
    Arguments, files and errors are those of `read_multi30k`.
    """
    return _read(source, target, data_root, ADDRESSES, CHECKSUMS)


def _tokenised(source: str, target: str, captions: Captions) -> ParallelCorpus:
    splits = (
        tuple(SentencePair(tokenise(one), tokenise(other)) for one, other in pairs)
        for pairs in captions
    )
    return ParallelCorpus(source, target, *splits)


def _read(
    source: str,
    target: str,
    data_root: str | os.PathLike | None,
    addresses: Sequence[str],
    checksums: Mapping[str, str],
) -> Captions:
    if sorted((source, target)) != sorted(LANGUAGES):
        raise CorpusError(
            f'expected the languages "de" and "en", one as source and one as target, got '
            f"{source!r} and {target!r}; set both, as in read_multi30k('de', 'en')"
        )
    folder = _corpus_folder(data_root)
    if folder is None:
        contents = _fetch(cache_folder() / "multi30k", addresses, checksums)
    else:
        contents = {name: _read_checked(folder / name, checksums[name]) for name in checksums}
    captions = {name: _lines(name, data) for name, data in contents.items()}
    splits = []
    for split in SPLITS:
        names = f"{split}.{source}.gz", f"{split}.{target}.gz"
        lines = captions[names[0]], captions[names[1]]
        if len(lines[0]) != len(lines[1]):
            raise CorpusError(
                f"expected as many lines in {names[0]} as in {names[1]}, whose lines are their "
                f"translations, got {len(lines[0])} and {len(lines[1])}; take both from {ADDRESS}"
            )
        splits.append(tuple(zip(*lines, strict=True)))
    return Captions(*splits)


def _corpus_folder(data_root: str | os.PathLike | None) -> Path | None:
    """The folder of the files that the reader named; None for the cache."""
    folder = named_folder(data_root)
    if folder is None:
        return None
    # A `DATA_ROOT` that somebody set for another data set need not have this one.
    is_argument = folder_at(data_root) is not None
    return folder / "multi30k" if is_argument or (folder / "multi30k").is_dir() else None


def _read_checked(path: Path, checksum: str) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(
            f"expected the file {path}, got {type(error).__name__}; put all of "
            f"{', '.join(CHECKSUMS)} from {ADDRESS} there, or name no folder to have them fetched "
            "(where one is named, no download is tried)"
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != checksum:
        raise CorpusError(
            f"expected {path} with the SHA-256 {checksum}, got {found}; "
            f"replace the file by {ADDRESS}{path.name}"
        )
    return data


def _fetch(
    folder: Path, addresses: Sequence[str], checksums: Mapping[str, str]
) -> dict[str, bytes]:
    """The files, out of the cache; those that it lacks, or has damaged, are downloaded first."""
    contents = {}
    sources = list(addresses)
    for name, checksum in checksums.items():
        try:
            path, source = fetch_from(name, f"sha256:{checksum}", sources, folder)
        except DownloadError as error:
            raise CorpusError(
                f"expected to download {name} into {folder}, but {error}; check the network and "
                "ask again (the files that did arrive are kept), or set DATA_ROOT to a folder "
                "that has them in multi30k/"
            ) from error
        contents[name] = path.read_bytes()
        sources.sort(key=lambda address: address != source)  # the next file is asked for there
    return contents


def _lines(name: str, data: bytes) -> list[str]:
    try:
        text = gzip.decompress(data).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise CorpusError(
            f"expected text in UTF-8, compressed with gzip, in {name}, got {type(error).__name__}; "
            f"replace the file by {ADDRESS}{name}"
        ) from error
    lines = text.removesuffix("\n").split("\n")
    for number, line in enumerate(lines, 1):
        if not readable(line).strip():
            raise CorpusError(
                f"expected a sentence in each line of {name}, got none in line {number}; "
                f"replace the file by {ADDRESS}{name}"
            )
    return lines
