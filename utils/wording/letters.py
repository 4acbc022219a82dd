"""How wide text is, in letters, and where its lines may end: Chinese has wide signs, no blanks."""

import unicodedata
from collections.abc import Callable, Iterator

# No line begins with the first of these, and none ends with the second.
CLOSING = frozenset("，。、；：？！）》〉」』】…—～·%.,;:?!)”’")
OPENING = frozenset("（《〈「『【(“‘")


def is_wide(character: str) -> bool:
    """Whether a sign takes the room of two letters, as those of Chinese do."""
    return unicodedata.east_asian_width(character) in "WF"


def letters(text: str) -> int:
    """How many letters take as much room as `text`."""
    return len(text) + sum(map(is_wide, text))


def wrapped(text: str, fits: Callable[[str], bool]) -> list[str]:
    """The text in lines, each as long as it `fits`; what may not be divided is a line all the same.

    A line may end at a blank, and beside a Chinese character, but not before a closing mark or
    behind an opening one.
    """
    lines: list[str] = []
    for piece in _pieces(text):
        if lines and fits(lines[-1] + piece):
            lines[-1] += piece
        else:
            lines.append(piece.lstrip())
    return lines


def _pieces(text: str) -> Iterator[str]:
    """What stays together, with the blank that stands before it."""
    piece = ""
    for character in " ".join(text.split()):
        before = piece[-1:]
        if piece and (
            character == " "
            or (
                before != " "
                and (is_wide(before) or is_wide(character))
                and character not in CLOSING
                and before not in OPENING
            )
        ):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece
