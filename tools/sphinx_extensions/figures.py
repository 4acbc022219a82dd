"""Figures of notebooks on pages: as part of the page, in its font and in the colours of its theme.

A notebook stores a figure as `utils.drawing.vector` writes it, on white paper, for readers of Colab
and GitHub. Here the paper goes, each colour gets the name under which `book/assets/figures.css`
has its value for a light and for a dark page, and the caption becomes the page's.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from xml.etree import ElementTree as ET

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from tools.sphinx_extensions.words import _, translated
from utils.drawing.colours import PALETTE, THINGS

SVG = "http://www.w3.org/2000/svg"
# What a figure consists of. Anything else could run, load or style something.
ELEMENTS = {"svg", "g", "path", "use", "defs", "clipPath", "rect", "image", "text", "tspan"}
ATTRIBUTES = {
    *("aria-label", "class", "clip-path", "d", "data-caption", "data-height", "dy", "fill"),
    *("fill-opacity", "font-family", "font-size", "font-style", "font-weight", "height", "href"),
    *("id", "image-rendering", "opacity", "preserveAspectRatio", "role", "stroke"),
    *("stroke-dasharray", "stroke-dashoffset", "stroke-linecap", "stroke-linejoin"),
    *("stroke-miterlimit", "stroke-opacity", "stroke-width", "text-anchor", "transform"),
    *("viewBox", "width", "x", "y", "fill-rule"),
}
OWN = 'role="img" aria-label='  # how a figure begins that `figures.show` has stored
NAMES = {colour.light: name for name, colour in PALETTE.items()} | {"#000000": "ink"}
HEX = re.compile(r"^#[0-9a-f]{6}$", re.I)
OWN_IMAGE = re.compile(r"^data:image/png;base64,[A-Za-z0-9+/=]+$")
REFERENCE = re.compile(r"url\(#")
HAN = re.compile(r"[\u3400-\u9fff]")


def on_page(svg: str, prefix: str) -> str:
    """A stored figure as HTML; `prefix` keeps its names apart from those of other figures.

    Raises `ValueError` for anything that `utils.drawing.vector` would not have written, and for a
    colour that the palette does not have.
    """
    root = ET.fromstring(svg)
    caption = root.attrib.pop("data-caption", "")
    height = root.attrib.pop("data-height", "")
    for parent in list(root.iter()):
        for child in list(parent):
            if child.get("class") in ("paper", "caption"):
                parent.remove(child)
    for element in root.iter():
        _adapt(element, prefix)
    left, top, width, whole = root.get("viewBox", "").split()
    root.set("viewBox", f"{left} {top} {width} {height or whole}")
    pixels = round(float(root.get("width", width)))
    for name in ("width", "height", "fill", "font-family"):
        root.attrib.pop(name, None)
    drawing = ET.tostring(root, encoding="unicode")
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure class="drawn"><div class="drawing" style="--width: {pixels}px">{drawing}</div>'
        f"{below}</figure>"
    )


def _adapt(element: ET.Element, prefix: str) -> None:
    name = element.tag.removeprefix(f"{{{SVG}}}") if isinstance(element.tag, str) else "comment"
    if name not in ELEMENTS or not set(element.attrib) <= ATTRIBUTES:
        raise ValueError(
            f"expected of a figure only {', '.join(sorted(ELEMENTS))}, got {name} "
            f"{sorted(set(element.attrib) - ATTRIBUTES)}"
        )
    for attribute, value in list(element.attrib.items()):
        if attribute in ("fill", "stroke") and HEX.match(value):
            if value.lower() not in NAMES:
                raise ValueError(
                    f"expected a colour of `utils.drawing.colours`, got {value} in {name}"
                )
            value = f"var(--figure-{NAMES[value.lower()]})"
        elif attribute == "id":
            value = prefix + value
        elif attribute == "href":
            if name == "image" and not OWN_IMAGE.match(value):
                raise ValueError("expected an image inside the figure, got an address")
            if name != "image" and not value.startswith("#"):
                raise ValueError(f"expected a name within the figure, got {value[:80]!r}")
            value = "#" + prefix + value[1:] if name != "image" else value
        element.set(attribute, REFERENCE.sub(f"url(#{prefix}", value))
    element.tag = name  # HTML has no prefixes
    if name == "text" and HAN.search("".join(element.itertext())):
        element.set("lang", "zh")


class FiguresOnPages(SphinxPostTransform):
    """Put the drawing itself where the page would load a picture."""

    default_priority = 20  # after one of a cell's outputs has been chosen
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        number = 0
        for image in list(self.document.findall(nodes.image)):
            inside_cell = any(
                "cell_output" in parent.get("classes", []) for parent in _parents(image)
            )
            if not (inside_cell and image["uri"].endswith(".svg")):
                continue
            number += 1
            page = self.env.docname.rpartition("/")[2]
            svg = Path(self.app.srcdir, image["uri"].lstrip("/")).read_text("utf-8")
            if OWN not in svg[:2000]:  # somebody else's picture stays one
                continue
            try:
                html = on_page(svg, f"{page}-figure-{number}-")
            except ValueError as error:
                raise ExtensionError(f"{self.env.docname}, figure {number}: {error}") from error
            image.replace_self(nodes.raw("", html, format="html"))


class Colours(SphinxDirective):
    """A table of what has which colour, with a swatch of each.

    ```{colours}
    ```
    """

    def run(self) -> list[nodes.Node]:
        things: dict[str, list[str]] = {}
        for thing, look in THINGS.items():
            things.setdefault(look.name, []).append(thing)
        comma, colours, columns = _(", "), _("Colour"), _("Things")
        rows = "\n".join(
            f'<tr><td><span class="swatch" style="--colour: var(--figure-{name})"></span></td>'
            f'<th scope="row">{translated(name)}</th>'
            f"<td>{escape(comma.join(map(translated, named)))}</td></tr>"
            for name, named in things.items()
        )
        head = f'<tr><td></td><th scope="col">{colours}</th><th scope="col">{columns}</th></tr>'
        table = f'<table class="table"><thead>{head}</thead><tbody>{rows}</tbody></table>'
        return [nodes.raw("", table, format="html")]


def _parents(node: nodes.Node):
    while node.parent is not None:
        node = node.parent
        if isinstance(node, nodes.Element):
            yield node


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("colours", Colours)
    app.add_post_transform(FiguresOnPages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
