"""The glossary against the chapters: a term that a chapter introduces has its entry."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
HAN = "\u3400-\u9fff"
GLOSSARY = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
CHINESE = {
    line.partition(" : ")[0].replace(" ", "")
    for line in GLOSSARY.splitlines()
    if " : " in line and re.search(f"[{HAN}]", line.partition(" : ")[0])
}
# In italics or bold, with its Chinese name in brackets behind it.
INTRODUCED = re.compile(rf"\*([^*\n]+)\*+[\w ]{{0,12}}\(([^()]*[{HAN}][^()]*)\)")
CHAPTERS = [ROOT / "book" / "before_you_start.ipynb", *sorted((ROOT / "chapters").glob("0*.ipynb"))]


def introduced(notebook: Path) -> list[tuple[str, str]]:
    """Terms and their Chinese names, without what else stands in the brackets."""
    cells = nbformat.read(notebook, as_version=4).cells
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return [
        (term, name.replace(" ", ""))
        for term, bracket in INTRODUCED.findall(prose)
        for name in re.findall(rf"[\w ]*[{HAN}][\w ]*", bracket)
    ]


def test_chapters_introduce_terms():
    assert len(CHAPTERS) == 8
    assert sum(len(introduced(chapter)) for chapter in CHAPTERS) > 60


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_term_that_a_chapter_introduces_is_in_the_glossary(chapter):
    """Or a longer name, as of the bidirectional network; "n元语法" has that of its model."""
    missing = [
        (term, name)
        for term, name in introduced(chapter)
        if not any(name in known or (known in name and len(known) > 3) for known in CHINESE)
    ]
    assert not missing, f"book/glossary.md lacks {missing}"
