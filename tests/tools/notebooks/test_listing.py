"""tools/notebooks/listing.py: which notebooks there are."""

from pathlib import Path

import pytest

from tools.notebooks import listing

CONTENTS = """
format: jb-book
root: book/index
parts:
  - caption: Chapters
    chapters:
      - file: chapters/02_b
        sections:
          - file: chapters/01_a
  - chapters: [{file: book/c}]
"""


def test_the_notebooks_are_those_of_the_contents_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "_toc.yml").write_text(CONTENTS, encoding="utf-8")
    names = ("chapters/01_a", "chapters/02_b", "chapters/Untitled", "chapters/02_b-Copy1", "book/c")
    for name in names:
        path = tmp_path / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text("not even a notebook", encoding="utf-8")
    found = [path.relative_to(tmp_path).as_posix() for path in listing.find_notebooks(tmp_path)]
    assert found == ["chapters/02_b.ipynb", "chapters/01_a.ipynb", "book/c.ipynb"]


@pytest.mark.parametrize("text", [None, "parts: [", ""])
def test_without_contents_no_folder_is_searched(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "_toc.yml").write_text(text, encoding="utf-8")
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "01_a.ipynb").write_text("{}", encoding="utf-8")
    if text == "":
        assert listing.find_notebooks(tmp_path) == []
    else:
        with pytest.raises(ValueError, match=r"expected the list of the book's pages in .*_toc"):
            listing.find_notebooks(tmp_path)
