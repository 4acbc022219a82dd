"""What matplotlib writes as SVG, made small, steady and legible wherever it is shown.

Text stays text, in the fonts of whoever reads it; the paper is white, so that the figure can be
read in a notebook too, whatever is behind it. Formulas become text as well, where they are simple:
letters, indices, hats and tildes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from xml.etree import ElementTree as ET

import matplotlib.pyplot as plt
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from ..wording.letters import letters, wrapped
from .colours import INK, MUTED, PAPER

SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"
# The first comes with matplotlib, the second with the book (tools/font): figures have one layout
# everywhere. A character is taken from the second if the first lacks it.
DRAWN_IN = ["DejaVu Sans", "Book Chinese"]
# As on the book's pages: what the system has; the last ones for Chinese.
FONTS = (
    '-apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", '
    '"DejaVu Sans", "PingFang SC", "Noto Sans CJK SC", "Microsoft YaHei", sans-serif'
)
PIXELS_PER_POINT = 16 / 11  # text of 11 points is as large as the page's
CAPTION_SIZE, CAPTION_LINE = 10, 14  # points
LETTERS_PER_POINT = 0.2  # of a caption, at the least
IN_CHINESE = 0.185  # whose signs have the same width in every font, and Latin letters between them

# Marks around parts of a formula, which fonts draw nothing for.
ITALIC, BELOW, ABOVE, END = "\u2061", "\u2062", "\u2064", "\u2063"
MARKS = re.compile(f"([{ITALIC}{BELOW}{ABOVE}{END}])")
ALIGNED = {"center": "\u200b", "right": "\u200c"}  # the same before a line
COMMANDS = {r"\cdot": "·", r"\times": "×", r"\sigma": "σ", r"\,": "\u2009"}
ACCENTS = {r"\hat": "\u0302", r"\tilde": "\u0303"}
UPRIGHT = r"\mathdefault"  # around the numbers of a logarithmic axis
TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|[_^{}]|[a-zA-Z]+|[^\\_^{}a-zA-Z]+")

NUMBER = re.compile(r"-?\d+\.\d+")
SHORTHAND = re.compile(r"^((?:\w+ )*)([\d.]+)px (.*)$")  # of a font, as matplotlib 3.10 writes it
SCALED = re.compile(r"scale|matrix")  # there, a hundredth is much
KEPT_FAMILY = re.compile(r"mono", re.I)
REFERENCE = re.compile(r"url\(#([^)]+)\)")


# ------------------------------------------------------------------------------
# Formulas


def as_text(text: str) -> str | None:
    """A text with formulas in matplotlib's notation as characters with marks, or None."""
    parts = text.replace(r"\$", "\0").split("$")
    if len(parts) % 2 == 0:
        return None
    written = []
    for number, part in enumerate(parts):
        formula = _formula(TOKEN.findall(part)) if number % 2 else part
        if formula is None:
            return None
        written.append(formula)
    return "".join(written).replace("\0", "$")


def _formula(tokens: list[str]) -> str | None:
    written = ""
    while tokens:
        token = tokens.pop(0)
        if token in ACCENTS and (letter := _argument(tokens)) is not None:
            written += letter.replace(END, ACCENTS[token] + END)
        elif token == UPRIGHT and (number := _argument(tokens)) is not None:
            written += number.replace(ITALIC, "")
        elif token in "_^" and (index := _argument(tokens)) is not None:
            written += (BELOW if token == "_" else ABOVE) + index + END
        elif token in COMMANDS:
            written += COMMANDS[token]
        elif token.isascii() and token.isalpha():
            written += ITALIC + token + END
        elif token[0] in "\\_^{}":
            return None
        else:
            written += token.replace("-", "−")
    return written


def _argument(tokens: list[str]) -> str | None:
    """What an index or an accent applies to: a group in braces, or one character."""
    if not tokens:
        return None
    if tokens[0] == "{":
        depth = 0
        for end, token in enumerate(tokens):
            depth += (token == "{") - (token == "}")
            if depth == 0:
                group = tokens[1:end]
                del tokens[: end + 1]
                return _formula(group)
        return None
    first, rest = tokens[0][0], tokens[0][1:]
    tokens[:1] = [rest] if rest else []
    return None if first == "\\" else _formula([first])


@contextmanager
def plain_formulas(figure: Figure) -> Iterator[None]:
    """The figure's simple formulas as text, all others drawn as shapes, while it is saved.

    Each line of a longer text gets a mark that says how it is aligned: matplotlib writes down where
    it begins, which is right in matplotlib's own font alone.
    """
    changed: list[tuple[Text, str | None]] = []
    for text in figure.findobj(Text):
        before = text.get_text()
        written = as_text(before) if "$" in before else before
        if written is None:
            text.draw = _with_shapes(text.draw)  # type: ignore[method-assign]
            changed.append((text, None))
            continue
        mark = ALIGNED.get(text.get_horizontalalignment())
        if "\n" in written and mark:
            written = "\n".join(mark + line for line in written.split("\n"))
        if written != before:
            text.set_text(written.replace("$", r"\$") if "$" in before else written)
            changed.append((text, before))
    try:
        yield
    finally:
        for text, stood in changed:
            if stood is None:
                del text.draw
            else:
                text.set_text(stood)


def _with_shapes(draw: Callable) -> Callable:
    def drawn(renderer: RendererBase) -> None:
        with plt.rc_context({"svg.fonttype": "path"}):
            draw(renderer)

    return drawn


# ------------------------------------------------------------------------------
# The file


def tidy(svg: str, alt: str, caption: str = "") -> str:
    """The figure that matplotlib wrote, with what it says and, below it, its caption.

    Without names that nothing refers to, without style sheets, which would apply to the whole page,
    and with numbers of two decimals.
    """
    ET.register_namespace("", SVG)
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    root = ET.fromstring(svg, parser)
    _strip(root)
    _flatten(root)
    _name(root)
    for element in root.iter(f"{{{SVG}}}text"):
        _align(element)
        _mark(element)
    left, top, width, height = (float(number) for number in root.get("viewBox", "").split())
    paper = ET.Element(f"{{{SVG}}}rect", {"class": "paper", "fill": PAPER})
    root.insert(0, paper)
    whole = height
    if caption:
        group, below = _caption(caption, width, height)
        root.append(group)
        whole += below
    paper.attrib |= {"width": _short(width), "height": _short(whole)}
    root.attrib = {
        "viewBox": f"{_short(left)} {_short(top)} {_short(width)} {_short(whole)}",
        "width": _short(width * PIXELS_PER_POINT),
        "height": _short(whole * PIXELS_PER_POINT),
        "role": "img",
        "aria-label": alt,
        "fill": INK,
        "font-family": FONTS,
        "stroke-linejoin": "round",
    }
    if caption:
        root.attrib |= {"data-caption": caption, "data-height": _short(height)}
    return ET.tostring(root, encoding="unicode")


def _short(number: float) -> str:
    short = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short


def _shortened(number: re.Match[str]) -> str:
    return _short(float(number[0]))


def _strip(root: ET.Element) -> None:
    """Metadata, style sheets and the paper go; of a style its declarations become attributes."""
    for parent in list(root.iter()):
        for child in list(parent):
            name = str(child.tag).rpartition("}")[2]
            if name in ("metadata", "style") or child.get("id") == "paper":
                parent.remove(child)
    for element in root.iter():
        element.tail = None
        if not isinstance(element.tag, str):
            continue
        for declaration in element.attrib.pop("style", "").split(";"):
            name, _, value = (part.strip() for part in declaration.partition(":"))
            if name == "font":
                words, size, family = SHORTHAND.findall(value)[0]
                element.set("font-size", size)
                for word in words.split():
                    element.set("font-weight" if word.isdigit() else "font-style", word)
                name, value = "font-family", family
            if name == "font-family":
                value = "monospace" if KEPT_FAMILY.search(value) else ""
            if name == "image-rendering":
                value = "pixelated"
            if name == "font-size":
                value = value.removesuffix("px")
            if value:
                element.set(name, value)
        for name, value in list(element.attrib.items()):
            if name == LINK:
                element.set("href", re.sub(r"\s", "", element.attrib.pop(name)))
            elif name in ("d", "x", "y", "width", "height", "transform", "stroke-width", "points"):
                if not SCALED.search(value):
                    value = NUMBER.sub(_shortened, value)
                element.set(name, " ".join(value.split()))
        if re.match(r"rotate\(-?0 ", element.get("transform", "")):
            del element.attrib["transform"]
        if element.get("fill") == INK and element.tag.endswith("text"):
            del element.attrib["fill"]
        if element.text and not element.text.strip() and len(element):
            element.text = None


def _flatten(parent: ET.Element) -> None:
    """Take out groups that say nothing, and names that nothing refers to."""
    for child in list(parent):
        if isinstance(child.tag, str):
            _flatten(child)
    children = []
    for child in parent:
        attributes = set(child.attrib) - {"id"}
        if child.tag == f"{{{SVG}}}g" and not attributes:
            children += list(child)
        else:
            children.append(child)
    parent[:] = children


def _name(root: ET.Element) -> None:
    """Short names, in the order in which they stand, for what is referred to."""
    used = set()
    for element in root.iter():
        for name, value in element.attrib.items():
            used.update(REFERENCE.findall(value))
            if name == "href" and value.startswith("#"):
                used.add(value[1:])
    names: dict[str, str] = {}
    for element in root.iter():
        identifier = element.attrib.pop("id", None)
        if identifier and identifier in used:
            names[identifier] = f"p{len(names) + 1}"
            element.set("id", names[identifier])

    def renamed(reference: re.Match[str]) -> str:
        return f"url(#{names[reference[1]]})"

    for element in root.iter():
        for name, value in list(element.attrib.items()):
            if name == "href" and value.startswith("#"):
                element.set(name, "#" + names[value[1:]])
            else:
                element.set(name, REFERENCE.sub(renamed, value))


def _align(element: ET.Element) -> None:
    """A line of a longer text by its middle or its end, instead of its beginning."""
    text = element.text or ""
    for place, anchor, share in (("center", "middle", 0.5), ("right", "end", 1.0)):
        if text.startswith(ALIGNED[place]):
            font = FontProperties(
                family=DRAWN_IN,
                size=float(element.get("font-size", 10)),
                weight=int(element.get("font-weight", 400)),
            )
            width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
            element.set("x", _short(share * width))
            element.set("text-anchor", anchor)
    element.text = text.lstrip("".join(ALIGNED.values()))


def _mark(element: ET.Element) -> None:
    """A text with marks as pieces, slanted, raised or lowered."""
    if not element.text or not MARKS.search(element.text):
        return
    size = float(element.get("font-size", 11))
    pieces, element.text = MARKS.split(element.text), None
    open_marks: list[str] = []
    level = 0.0
    for piece in pieces:
        if piece in (ITALIC, BELOW, ABOVE):
            open_marks.append(piece)
        elif piece == END:
            open_marks.pop()
        elif piece:
            tspan = ET.SubElement(element, f"{{{SVG}}}tspan")
            tspan.text = piece
            if ITALIC in open_marks:
                tspan.set("font-style", "italic")
            wanted = 0.22 * size * ((BELOW in open_marks) - 1.6 * (ABOVE in open_marks))
            if wanted:
                tspan.set("font-size", _short(0.72 * size))
            if wanted != level:
                tspan.set("dy", _short(wanted - level))
            level = wanted


def _caption(caption: str, width: float, height: float) -> tuple[ET.Element, float]:
    """Its lines, and how high they are. On the page they stand below the figure as its caption."""
    group = ET.Element(
        f"{{{SVG}}}g", {"class": "caption", "font-size": str(CAPTION_SIZE), "fill": MUTED}
    )
    if letters(caption) == len(caption):
        lines = textwrap.wrap(caption, int(width * LETTERS_PER_POINT))
    else:
        lines = wrapped(caption, lambda line: letters(line) <= width * IN_CHINESE)
    for number, line in enumerate(lines):
        y = height + CAPTION_LINE * (number + 1)
        text = ET.SubElement(group, f"{{{SVG}}}text", {"x": "4", "y": _short(y)})
        text.text = line
    return group, CAPTION_LINE * len(lines) + 6
