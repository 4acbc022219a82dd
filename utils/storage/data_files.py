"""Files of data sets: in which folder they lie, whether they are whole, and how they are fetched.

A folder that the reader names is read and never written to. Without one, files are kept in a cache
in the user's own folder; what is missing or damaged there is downloaded.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

import pooch
from platformdirs import user_cache_path
from requests.exceptions import InvalidSchema, InvalidURL
from requests.utils import get_environ_proxies, select_proxy

RETRIES = 2  # of each file, after a second and after two more
# Seconds until a server answers at all, and those that it may be silent afterwards; how long a file
# takes is not limited.
TIMEOUT = (15, 60)


class DownloadError(Exception):
    """A file could not be downloaded; the message says what was tried and what came of it."""


def folder_at(named: str | os.PathLike | None) -> Path | None:
    """The absolute path of a folder that somebody named; None for nothing, and for blanks alone.

    `~` stands for the user's own folder, and a relative path begins at the working directory.
    """
    if named is None or not os.fspath(named).strip():
        return None
    return Path(os.path.expanduser(named)).absolute()


def named_folder(data_root: str | os.PathLike | None = None) -> Path | None:
    """The folder of data that the reader names, as `folder_at` reads it.

    It is `data_root`, else the one in the environment variable `DATA_ROOT`, else None.
    """
    return folder_at(data_root) or folder_at(os.environ.get("DATA_ROOT"))


def cache_folder() -> Path:
    """Where the book keeps what it has downloaded."""
    return user_cache_path("encode-decode-attend")


def sha256(path: Path) -> str | None:
    """The SHA-256 of the file's contents, 64 hexadecimal digits; None if there is no such file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(name: str, known_hash: str, addresses: Sequence[str], folder: Path) -> Path:
    """The file `name` in `folder`, downloaded unless it is there and whole; its path.

    known_hash: of its contents, as in "sha256:0fa7..." or "md5:9fb6...".
    addresses: of folders on servers, each with a slash at its end, asked in turn.

    The file is put into its place only when it is complete and its hash is right. Raises
    `DownloadError` when no address has it, or when the file cannot be written.
    """
    path, _ = fetch_from(name, known_hash, addresses, folder)
    return path


def fetch_from(
    name: str, known_hash: str, addresses: Sequence[str], folder: Path
) -> tuple[Path, str]:
    """As `fetch`; with the path, the address that had the file.

    The first address stands also for a file that was there already.
    """
    failures = []
    for address in addresses:
        cache = pooch.create(folder, address, registry={name: known_hash}, retry_if_failed=RETRIES)
        # Compressed for the journey, requests would unpack the file.
        download = pooch.HTTPDownloader(timeout=TIMEOUT, headers={"Accept-Encoding": "identity"})
        try:
            return Path(cache.fetch(name, downloader=download)), address
        except (OSError, ValueError) as error:
            failures.append(f"{address}{name}: {_reason(error, address, known_hash)}")
            last = error
    raise DownloadError("; ".join(failures)) from last


def _reason(error: Exception, address: str, known_hash: str) -> str:
    """Why a file was not fetched from the address, as part of a sentence."""
    if type(error) is ValueError:  # pooch's own; those of requests are kinds of OSError too
        return f"got other contents than those with the hash {known_hash}"
    what = f"got {type(error).__name__}"
    if isinstance(error, InvalidSchema | InvalidURL | ValueError):
        what += f" ({str(error).rstrip('.')})"  # short, and the only place where the cause is named
    proxy = select_proxy(address, get_environ_proxies(address))
    if proxy is None:
        return what
    shown = re.sub(r"//[^/]*@", "//", proxy)  # without a password
    advice = "correct it, or unset HTTPS_PROXY and ALL_PROXY if no proxy is needed"
    if shown.startswith("socks"):
        advice += "; for a SOCKS proxy the package PySocks has to be installed"
    return f"{what} through the proxy {shown!r} that the environment names ({advice})"
