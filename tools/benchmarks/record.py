"""What was measured, in `book/benchmarks.json`: it names no host, no user and no date.

Each part of the record is measured by itself and says on how many processors, with which versions,
and what other programs took of the processors meanwhile. It holds a fingerprint of the code that
was measured; where that has changed since, the page says so beside the numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tools import ROOT
from tools.machine import files

RECORD = ROOT / "book" / "benchmarks.json"
MODELS = ("utils/models/*.py", "utils/text/batches.py", "tools/benchmarks/networks.py")
MEASURING = ("tools/benchmarks/computing.py", "tools/benchmarks/timing.py")
# The parts in the order of the page, and the files that each measures, or measures with.
PARTS = {
    "explorers": ("utils/explorers/javascript/**/*.js", "tools/benchmarks/explorers.*"),
    "training": (*MODELS, "utils/training/loop.py", *MEASURING),
    "decoding": (*MODELS, "utils/decoding/*.py", *MEASURING),
    "codec": ("utils/compression/*.py", "utils/models/convolutional.py", *MEASURING),
    "growth": (*MODELS, "utils/compression/*.py", *MEASURING),
    "pages": (
        *("chapters/*.ipynb", "book/*.ipynb", "book/assets/*.css", "book/assets/*.js"),
        *("utils/explorers/javascript/**/*.js", "tools/benchmarks/pages.py"),
    ),
    "build": ("tools/sphinx_extensions/**/*.py", "_config.yml", "_toc.yml"),
    "checks": ("tools/checks/*.py", "tests/**/*.py"),
}
REMEDY = "take the file from Git again, then run `make bench`"


@dataclass(frozen=True)
class Part:
    """One part of the record."""

    code: str  # the fingerprint
    seconds: int  # that measuring took
    processors: int  # that it might use
    others: float  # how many of them other programs kept busy meanwhile, on average
    versions: dict[str, str]
    results: list[dict]

    def is_of(self, name: str, root: Path = ROOT) -> bool:
        """Whether today's code was measured."""
        return self.code == fingerprint(PARTS[name], root)


def fingerprint(patterns: tuple[str, ...], root: Path = ROOT) -> str:
    """A fingerprint of the files' names and contents, however their lines end."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in patterns for path in root.glob(pattern)}):
        if path.is_file():
            content = path.read_bytes().replace(b"\r\n", b"\n")
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:16]


def read(path: Path = RECORD) -> dict[str, Part]:
    """The parts by name; none if there is no file. Raises `ValueError` for another kind of file."""
    try:
        data = json.loads(path.read_text("utf-8"))
        parts = {name: Part(**part) for name, part in data.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(
            f"expected what was measured in {path.name}, got something else ({error}); {REMEDY}"
        ) from error
    if unknown := set(parts) - set(PARTS):
        raise ValueError(
            f"{path.name}: expected parts of {', '.join(PARTS)}, got {', '.join(sorted(unknown))}; "
            f"{REMEDY}"
        )
    return parts


def write(parts: Mapping[str, Part], path: Path = RECORD) -> None:
    """Put the parts in the place of those of the same name; the others stay."""
    kept = read(path) | parts
    ordered = [(name, kept[name]) for name in PARTS if name in kept]
    text = ",\n".join(f"{json.dumps(name)}: {_lines(part)}" for name, part in ordered)
    files.write(path, "{\n" + text + "\n}\n")


def _lines(part: Part) -> str:
    """A result a line, so that Git shows which has changed."""
    data = asdict(part)
    results = data.pop("results")
    head = json.dumps(data, ensure_ascii=False)[:-1]
    lines = ",\n".join("  " + json.dumps(result, ensure_ascii=False) for result in results)
    return f'{head}, "results": [\n{lines}\n]}}'
