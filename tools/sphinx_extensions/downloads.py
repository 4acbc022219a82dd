"""What each page offers for download: its notebook, and the whole book as a PDF where there is one.

The notebook is the one that works by itself: where the environment names a repository
(repository.py), its first cell installs the book from there (publish.py); else it is as stored.
BOOK_PDF names the file of the English PDF; the Chinese one lies beside it, as NAME.zh.pdf. Pages of
which there is no PDF in their language offer none: better that than a broken link.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError

from tools.publishing.repository import Repository
from tools.publishing.stamp import stamp
from tools.sphinx_extensions.words import _, is_chinese
from tools.translation import FOLDER


def chinese_beside(pdf: Path) -> Path:
    """The file of the Chinese PDF, beside the English one."""
    return pdf.with_suffix(f".{FOLDER}.pdf")


def find_pdf(environment: Mapping[str, str], chinese: bool = False) -> Path | None:
    """The file that BOOK_PDF names, or the Chinese one beside it; None where there is none.

    Raises `ValueError` where BOOK_PDF names no PDF.
    """
    named = environment.get("BOOK_PDF", "").strip()
    if not named:
        return None
    path = Path(named)
    if not path.is_file() or path.suffix != ".pdf":
        raise ValueError(
            f"expected BOOK_PDF to name a file that ends in .pdf, got {named!r}; run `make pdf`, "
            "or leave BOOK_PDF empty for pages that offer none"
        )
    if not chinese:
        return path
    beside = chinese_beside(path)
    return beside if beside.is_file() else None


def notebook_of(environment: BuildEnvironment, page: str) -> Path | None:
    """The notebook that a page is made of; None for a page that is text, or made by Sphinx."""
    if page not in environment.found_docs:
        return None
    path = Path(environment.doc2path(page))
    return path if path.suffix == ".ipynb" else None


def add_button(app: Sphinx, pagename: str, _template: str, context: dict, _doctree: object) -> None:
    """A menu at the head of the page, like those that the theme makes."""
    files = []
    notebook = notebook_of(app.env, pagename)
    if notebook:
        files.append(
            {
                "type": "link",
                "url": notebook.name,
                "icon": "fas fa-code",
                "text": _("This notebook (.ipynb)"),
                "label": "download-notebook-button",
            }
        )
    pdf = find_pdf(os.environ, is_chinese(app.config))
    if pdf:
        files.append(
            {
                "type": "link",
                "url": context["pathto"](pdf.name, resource=True),
                "icon": "fas fa-file-pdf",
                "text": _("The whole book (.pdf)"),
                "label": "download-pdf-button",
            }
        )
    if files:
        context["header_buttons"].append(
            {
                "type": "group",
                "tooltip": _("Download"),
                "icon": "fas fa-download",
                "buttons": files,
                "label": "download-buttons",
            }
        )


def check_environment(app: Sphinx) -> None:
    """Say before the pages are made what is wrong."""
    try:
        find_pdf(os.environ)
    except ValueError as error:
        raise ExtensionError(str(error)) from error


def copy_files(app: Sphinx, exception: Exception | None) -> None:
    """Put the files where the buttons lead: each notebook beside its page, the PDF at the top."""
    if exception is not None or app.builder.name != "html":
        return
    root, target = Path(app.srcdir), Path(app.outdir)
    paths = filter(None, (notebook_of(app.env, page) for page in app.env.found_docs))
    edition = Path(FOLDER) if is_chinese(app.config) else Path()
    copy_notebooks([path.relative_to(root) for path in paths], root, target, os.environ, edition)
    pdf = find_pdf(os.environ, is_chinese(app.config))
    if pdf:
        shutil.copyfile(pdf, target / pdf.name)


def copy_notebooks(
    names: Iterable[Path],
    root: Path,
    target: Path,
    environment: Mapping[str, str],
    edition: Path = Path(),
) -> None:
    """Copy notebooks from below `root` to below `target`, stamped where a repository is known.

    edition: the folder of the repository in which they lie as they do below `root`.
    """
    with tempfile.TemporaryDirectory() as folder:
        source = root
        repository = Repository.from_environment(environment)
        if repository:
            source = Path(folder)
            stamp(repository, root, source, edition=edition)
        for name in names:
            shutil.copyfile(source / name, target / name)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", check_environment)
    # After sphinx_book_theme, which makes its own buttons at the priority of 501.
    app.connect("html-page-context", add_button, priority=800)
    app.connect("build-finished", copy_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
