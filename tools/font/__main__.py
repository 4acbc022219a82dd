"""Make utils/drawing/fonts/ChineseSubset.otf: the Chinese characters that the book's figures write.

    python -m tools.font [SOURCE]

SOURCE is Noto Sans CJK, Regular (Debian's package fonts-noto-cjk), as a .ttc or .otf file.
Run this after a word with a new character has come into `utils`, into a notebook's code or into the
Chinese of its strings; a test says when. The same SOURCE gives the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import ROOT
from tools.font.characters import characters
from tools.font.subset import FONT, SOURCE, FontError, make
from tools.machine import files


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
