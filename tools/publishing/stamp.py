"""What Colab opens: the notebooks with the address that their first cell installs the book from."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from tools.notebooks import listing, store
from tools.publishing.repository import Repository
from tools.translation import FOLDER

EMPTY = 'BOOK_SOURCE = ""'
# In Markdown, a relative link to a notebook or a page: what stands before its target, and that
# without its anchor.
LINK = re.compile(
    r"(?P<before>\]\(<?|^ {0,3}\[[^\]]+\]: *<?)(?P<target>[^:#\s<>()]+\.(?:ipynb|md))(?=[#\s>)]|$)",
    re.M,
)
README = """# {name}, as Colab opens it

These notebooks are made from the branch `{branch}` whenever it is published; their first cell
installs the book's code from `{source}`. Change them there, not here: <{address}>
"""


def stamp(
    repository: Repository,
    root: Path,
    folder: Path,
    source: str | None = None,
    edition: Path = Path(),
) -> list[Path]:
    """Write the notebooks below `root` into `folder`, with their source; the files written.

    Those of the Chinese edition, in the folder FOLDER of a repository, go with the English ones.
    The source is what pip installs, the repository's own unless one is given. `edition` is the
    folder of the repository whose notebooks `root` holds. Raises `ValueError` for a notebook whose
    first code cell has no place for the source.
    """
    source = source or repository.source
    written = []
    english = listing.find_notebooks(root)
    chinese = [root / FOLDER / path.relative_to(root) for path in english]
    for path in [*english, *filter(Path.is_file, chinese)]:
        notebook, place = listing.read(path), path.relative_to(root)
        first = next(iter(listing.code_cells(notebook)), None)
        if first is None or first.source.count(EMPTY) != 1:
            raise ValueError(
                f"{path.name}: expected {EMPTY} once in the first code cell; copy that cell from "
                "another notebook"
            )
        first.source = first.source.replace(EMPTY, f'BOOK_SOURCE = "{source}"')
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = with_addresses(cell.source, edition / place, repository)
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        store.write(notebook, target)
        written.append(target)
    if not written:
        raise ValueError(f"expected notebooks among the pages in {root / '_toc.yml'}, found none")
    readme = README.format(
        name=repository.name,
        branch=repository.branch,
        source=source,
        address=repository.address,
    )
    (folder / "README.md").write_text(readme, encoding="utf-8", newline="\n")
    return written


def with_addresses(markdown: str, path: Path, repository: Repository) -> str:
    """The Markdown of the notebook at `path`, readable where there is no other file of the book.

    Its relative links to notebooks become their addresses in Colab, those to pages the addresses on
    the site.
    """

    def address(link: re.Match) -> str:
        target = posixpath.normpath(posixpath.join(path.parent.as_posix(), link["target"]))
        stem, kind = posixpath.splitext(target)
        page = f"{repository.pages}/{stem}.html"
        return link["before"] + (repository.in_colab(target) if kind == ".ipynb" else page)

    return LINK.sub(address, markdown)
