"""The font with these characters alone, cut out of Noto Sans CJK under a name of its own."""

from __future__ import annotations

from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont, TTLibError

from tools import ROOT
from tools.font.characters import characters

FONT = ROOT / "utils" / "drawing" / "fonts" / "ChineseSubset.otf"
SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SIMPLIFIED = "Noto Sans CJK SC"  # the face within it: the forms of characters used in China
FAMILY = "Book Chinese"  # as the figures ask for it; not the name of the font it is made from
POSTSCRIPT_NAME = "BookChinese-Regular"
# Numbers of the entries in a font's table of names.
FAMILY_NAME, IDENTIFIER, FULL_NAME, VERSION, POSTSCRIPT, DESCRIPTION = 1, 3, 4, 5, 6, 10


class FontError(Exception):
    """The font could not be made; the message says what to do."""


def missing(font: Path = FONT) -> set[str]:
    """The characters that the book needs and `font` has no glyph for."""
    with TTFont(font) as opened:
        return {one for one in characters() if ord(one) not in opened.getBestCmap()}


def make(source: Path, target: Path = FONT) -> None:
    """Cut `characters()` out of `source` and write them to `target`, under a name of their own.

    Raises `FontError` when `source` is not there, is no such font or lacks a character.
    """
    needed = characters()
    with open_face(source) as font:
        absent = sorted(one for one in needed if ord(one) not in font.getBestCmap())
        if absent:
            raise FontError(
                f"expected a font with {len(needed)} Chinese characters, got none for "
                f"{' '.join(absent)} in {source}; use the whole Noto Sans CJK"
            )
        options = subset.Options(
            layout_features=[],  # neither vertical text nor other forms of the same character
            hinting=False,
            desubroutinize=True,
            notdef_outline=True,  # an empty box, should a character be missing all the same
            name_IDs=["*"],
            name_languages=[0x409],
            drop_tables=["BASE", "GDEF", "GPOS", "GSUB", "VORG", "vhea", "vmtx"],
        )
        font.recalcTimestamp = False  # otherwise the bytes depend on the clock
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=[ord(one) for one in needed])
        subsetter.subset(font)
        rename(font)
        target.parent.mkdir(parents=True, exist_ok=True)
        font.save(target, reorderTables=True)


def open_face(source: Path) -> TTFont:
    """The simplified Chinese face of `source`, a single font or a collection."""
    if not source.is_file():
        raise FontError(
            f"expected the font Noto Sans CJK at {source}, got no such file; install the package "
            "fonts-noto-cjk or pass the path of NotoSansCJK-Regular.ttc"
        )
    try:
        if source.suffix.lower() == ".ttc":
            faces = TTCollection(source, lazy=True).fonts
        else:
            faces = [TTFont(source, lazy=True)]
    except TTLibError as error:
        raise FontError(
            f"expected a font, got {source} ({error}); pass the path of NotoSansCJK-Regular.ttc"
        ) from error
    for face in faces:
        names = face["name"]
        if (names.getBestFamilyName(), names.getBestSubFamilyName()) == (SIMPLIFIED, "Regular"):
            return face
    raise FontError(
        f"expected a font with the face {SIMPLIFIED}, Regular, got others in {source}; "
        "pass the path of NotoSansCJK-Regular.ttc"
    )


def rename(font: TTFont) -> None:
    """Call it FAMILY throughout; whose it is and under which licence stays as it was."""
    names = font["name"]
    origin = f"{names.getDebugName(FULL_NAME)}, {names.getDebugName(VERSION).split(';')[0]}"
    for number, text in {
        FAMILY_NAME: FAMILY,
        IDENTIFIER: POSTSCRIPT_NAME,
        FULL_NAME: FAMILY,
        POSTSCRIPT: POSTSCRIPT_NAME,
        DESCRIPTION: f"Some of the characters of {origin}. {names.getDebugName(DESCRIPTION)}",
    }.items():
        names.setName(text, number, 3, 1, 0x409)
    outlines = font["CFF "].cff
    outlines.fontNames[0] = POSTSCRIPT_NAME
    outlines[0].rawDict.update(FullName=FAMILY, FamilyName=FAMILY)
