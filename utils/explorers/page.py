"""Explorers: sliders that live on the page itself and need no kernel.

An explorer is a custom element with its data beside it, a script that draws it, and a picture for
readers whose program runs no scripts (GitHub's preview, a notebook that is not trusted). All of it
is one output of one cell, so it is the same on the built page, in JupyterLab and in Colab, and
loads nothing from anywhere. The scripts are in `utils/explorers/javascript`.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path

from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

from ..drawing.figures import as_png

JAVASCRIPT = Path(__file__).with_name("javascript")
IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+)\.js";\n', re.MULTILINE)
COLOURS = 64  # of the picture that stands in where no script runs
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let) )", re.MULTILINE)


def show_explorer(name: str, data: Mapping, figure: Figure, alt: str) -> None:
    """Display the explorer `name` over `data`, with the `figure` in its place where no script runs.

    name: of a file in the folder `javascript`, without `.js`; the element is called book-NAME, with
        hyphens.
    data: what JSON can hold; tensors go through `utils.explorers.packed_tensors`.
    alt: what one sees in the figure, as in `figures.show`; also the element's name for
        screen readers.
    """
    page = element(name, data, with_few_colours(as_png(figure)), alt) + script(name)
    display({"text/html": page, "text/plain": alt}, raw=True)


def with_few_colours(png: bytes) -> bytes:
    """The same picture in a palette of its own, which takes a third of the room or less."""
    written = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        reduced = picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
        reduced.save(written, "png", optimize=True)
    return written.getvalue()


def element(name: str, data: Mapping, picture: bytes, alt: str) -> str:
    """The element in HTML, its data and its picture (a PNG) inside."""
    # No "<" inside, so that nothing in the data can end the script element.
    content = json.dumps(data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    source = "data:image/png;base64," + base64.b64encode(picture).decode()
    label = html.escape(alt)
    tag = "book-" + name.replace("_", "-")
    return (
        f'<{tag} label="{label}" data-lm-suppress-shortcuts="true">'
        f'<script type="application/json">{content}</script>'
        f'<img alt="{label}" src="{source}">'
        f"</{tag}>\n"
    )


def script(name: str) -> str:
    """The explorer's module and all that it imports, joined to one script element."""
    joined = "".join(module(part) for part in dependencies(name.replace("-", "_")))
    if "</script" in joined.lower():
        raise ValueError(
            f"expected no </script in the modules of {name!r}, got one; split the text"
        )
    return f"<script>(() => {{\n{joined}}})();</script>\n"


def dependencies(name: str) -> list[str]:
    """The module and those it imports, each once, behind whatever it imports itself.

    Raises `ValueError` for a module that there is none of, and for modules that import in a circle.
    """
    found: list[str] = []

    def add(part: str, path: tuple[str, ...]) -> None:
        if part in path:
            raise ValueError(f"expected no circle of imports, got {' -> '.join((*path, part))}")
        if part in found:
            return
        if not (JAVASCRIPT / f"{part}.js").is_file():
            raise ValueError(
                f"expected a module of {sorted(p.stem for p in JAVASCRIPT.glob('*.js'))}, "
                f"got {part!r}"
            )
        for needed in IMPORT.findall(_source(part)):
            add(needed, (*path, part))
        found.append(part)

    add(name, ())
    return found


def module(name: str) -> str:
    """The text of a module as part of a joined script: without its imports and exports."""
    return EXPORT.sub("", IMPORT.sub("", _source(name)))


def _source(name: str) -> str:
    return (JAVASCRIPT / f"{name}.js").read_text("utf-8")
