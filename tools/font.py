"""Make utils/drawing/fonts/ChineseSubset.otf: the Chinese characters that the book's figures write.

    font.py [SOURCE]

SOURCE is Noto Sans CJK, Regular (Debian's package fonts-noto-cjk), as a .ttc or .otf file.
Run this after a word with a new character has come into `utils` or into a notebook's code; a test
says when. The same SOURCE gives the same bytes.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where PYTHONSAFEPATH is set it is left out

import files
import notebooks
from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont, TTLibError

ROOT = notebooks.ROOT
FONT = ROOT / "utils" / "drawing" / "fonts" / "ChineseSubset.otf"
SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SIMPLIFIED = "Noto Sans CJK SC"  # the face within it: the forms of characters used in China
FAMILY = "Book Chinese"  # as the figures ask for it; not the name of the font it is made from
POSTSCRIPT_NAME = "BookChinese-Regular"

# Characters, and the punctuation that stands between them.
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
# What a figure may be labelled with before any code does so.
TERMS = """
编码器 解码器 编码 解码 隐藏状态 循环神经网络 序列到序列 机器翻译 固定向量 上下文 词表 概率
注意力 查询 键 值 权重 对齐 源语言 目标语言 中文 德语 英语 贪心搜索 束搜索
"""

# Numbers of the entries in a font's table of names.
FAMILY_NAME, IDENTIFIER, FULL_NAME, VERSION, POSTSCRIPT, DESCRIPTION = 1, 3, 4, 5, 6, 10


class FontError(Exception):
    """The font could not be made; the message says what to do."""


# ------------------------------------------------------------------------------
# Which characters


def characters() -> set[str]:
    """The Chinese characters in the strings of `utils`, in the notebooks' code, and in TERMS."""
    texts = [TERMS]
    for path in sorted((ROOT / "utils").rglob("*.py")):
        texts += strings(ast.parse(path.read_text(encoding="utf-8")))
    for path in notebooks.find_notebooks():
        texts += [cell.source for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    return set(CHINESE.findall("".join(texts)))


def strings(module: ast.Module) -> list[str]:
    """All strings of a program but those that stand alone: the docstrings."""
    alone = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]


def missing(font: Path = FONT) -> set[str]:
    """The characters that the book needs and `font` has no glyph for."""
    with TTFont(font) as opened:
        return {one for one in characters() if ord(one) not in opened.getBestCmap()}


# ------------------------------------------------------------------------------
# The font


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
        DESCRIPTION: f"A few hundred characters of {origin}. {names.getDebugName(DESCRIPTION)}",
    }.items():
        names.setName(text, number, 3, 1, 0x409)
    outlines = font["CFF "].cff
    outlines.fontNames[0] = POSTSCRIPT_NAME
    outlines[0].rawDict.update(FullName=FAMILY, FamilyName=FAMILY)


def main() -> int:
    files.print_everything()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", type=Path, default=SOURCE, metavar="SOURCE")
    try:
        make(parser.parse_args().source)
    except FontError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{FONT.relative_to(ROOT)}: {len(characters())} characters, {FONT.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
