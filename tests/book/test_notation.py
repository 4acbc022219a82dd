"""The notation page against the formulas of the chapters: one symbol, one meaning."""

import ast
import re
from pathlib import Path

import nbformat
import pytest

from tools.sphinx_extensions.symbols import matches, symbols_in

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "book" / "notation.md").read_text(encoding="utf-8")
NOTEBOOKS = {
    path.name[:2].lstrip("0") if path.parent.name == "chapters" else "0": path
    for path in (ROOT / "book" / "before_you_start.ipynb", *(ROOT / "chapters").glob("0*.ipynb"))
    if "Copy" not in path.name
}
PAGES = ["glossary.md", "after_the_last_chapter.md", "index.md"]

FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+)\$", re.DOTALL)


def formulas_of(notebook) -> list[str]:
    """Of the prose, of the strings in the code and of the figures drawn as vectors."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            texts.append(re.sub(r"```.*?```|`[^`]*`", "", cell.source, flags=re.DOTALL))
        else:
            texts += strings_of(cell.source)
            for output in cell.outputs:
                drawn = output.get("data", {}).get("image/svg+xml", "")
                texts += re.findall(r"<!-- (.*?) -->", drawn, flags=re.DOTALL)
    return [first or second for text in texts for first, second in FORMULA.findall(text)]


def strings_of(source: str) -> list[str]:
    """A notebook's strings; what an f-string fills in counts as a number."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except SyntaxError:  # the set-up cell, without the line that installs, has an empty branch
        return []
    strings = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "0" for part in node.values]
            strings.append("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            strings.append(node.value)
    return [text for text in strings if text.count("$") >= 2 and "${" not in text]


def table_rows() -> list[tuple[list[str], list[str]]]:
    """Of each row that introduces symbols: the symbols, and the chapters that use them."""
    rows = []
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| $") and len(cells) == 4:
            symbols = []
            for first, second in FORMULA.findall(cells[0]):
                (symbol,) = symbols_in(first or second)
                symbols.append(symbol)
            rows.append((symbols, [place.strip() for place in cells[3].split(",")]))
    return rows


def used_in(formulas: list[str]) -> set[str]:
    return set().union(*(symbols_in(formula) for formula in formulas))


ROWS = table_rows()
WHERE = {symbol: places for symbols, places in ROWS for symbol in symbols}


@pytest.fixture(scope="module")
def used():
    return {
        chapter: used_in(formulas_of(nbformat.read(path, as_version=4)))
        for chapter, path in NOTEBOOKS.items()
    }


@pytest.mark.parametrize(
    ("formula", "symbols"),
    [
        (r"h_t = \tanh(W_x x_t + W_h h_{t-1} + b_h)", {"h_t", "W_x", "x_t", "W_h", "b_h"}),
        (r"\hat x = D(c), \tilde{s}_t", {r"\hat x", "D", "c", r"\tilde s_t"}),
        (r"p_i = e^{z_i / T} / \sum_j e^{z_j}", {"p_place", "z_place", "T", "z_j"}),
        (r"\prod_{t=1}^{m} p(y_t \mid y_1, \ldots, c)", {"m", "p", "y_t", "y_place", "c"}),
        (r"\mathbb{E}[\varepsilon' \mid x]", {r"\mathbb E", r"\varepsilon'", "x"}),
        (r"\log_2 V \quad 2^b", {"V", "b"}),
        (r"\frac{1}{m^\alpha} \nabla_\theta y", {"m", r"\alpha", r"\nabla_\theta", "y"}),
        (r"\mathcal L = \mathrm{MSE}(x)", {r"\mathcal L", "MSE", "x"}),
        (r"\operatorname{RNN}(x) + \operatorname{cov}(x)", {"RNN", "x"}),
    ],
)  # fmt: skip
def test_symbols_are_read_out_of_a_formula(formula, symbols):
    assert symbols_in(formula) == symbols


def test_the_page_has_its_tables_and_the_book_its_chapters():
    assert len(ROWS) > 40
    assert sorted(NOTEBOOKS) == ["0", "1", "2", "3", "4", "5", "6", "7"]


def test_no_symbol_stands_for_two_things():
    introduced = [symbol for symbols, _ in ROWS for symbol in symbols]
    twice = {symbol for symbol in introduced if introduced.count(symbol) > 1}
    assert not twice, f"{sorted(twice)} stand in more than one row of book/notation.md"


def test_no_letter_is_one_thing_at_a_step_and_another_between_two_places():
    """A reader sees the letter first, and takes $u_{tj}$ for a relative of $u_t$."""
    steps, pairs = (
        {symbol.removesuffix(index) for symbol in WHERE if symbol.endswith(index)}
        for index in ("_t", "_tj")
    )
    assert steps and pairs
    assert not steps & pairs


@pytest.mark.parametrize("chapter", sorted(NOTEBOOKS))
def test_every_symbol_of_a_chapter_is_on_the_page(used, chapter):
    of_this_chapter = [symbol for symbol, places in WHERE.items() if chapter in places]
    unknown = {
        symbol
        for symbol in used[chapter]
        if not any(matches(symbol, known) for known in of_this_chapter)
    }
    assert not unknown, (
        f"chapter {chapter} uses {sorted(unknown)}, which no row of book/notation.md gives it"
    )


@pytest.mark.parametrize("chapter", sorted(NOTEBOOKS))
def test_every_symbol_is_used_in_the_chapters_that_its_row_names(used, chapter):
    unused = {
        symbol
        for symbol, places in WHERE.items()
        if chapter in places and not any(matches(symbol, other) for other in used[chapter])
    }
    assert not unused, f"book/notation.md says that chapter {chapter} uses {sorted(unused)}"


def test_symbols_of_the_page_alone_are_used_in_its_formulas():
    prose = "\n".join(
        line for line in PAGE.splitlines() if not re.match(r"\| \$.*\|.*\|.*\|.*\|", line)
    )
    used_here = used_in([first or second for first, second in FORMULA.findall(prose)])
    for symbol, places in WHERE.items():
        assert places != [""], f"{symbol} names no chapter"
        if places == ["this page"]:
            assert any(matches(symbol, other) for other in used_here), symbol
    unknown = {s for s in used_here if not any(matches(s, known) for known in WHERE)}
    assert not unknown, f"formulas of book/notation.md use {sorted(unknown)}, which no row has"


@pytest.mark.parametrize("name", PAGES)
def test_other_pages_use_no_symbol_of_their_own(name):
    text = (ROOT / "book" / name).read_text(encoding="utf-8")
    used_here = used_in([first or second for first, second in FORMULA.findall(text)])
    unknown = {s for s in used_here if not any(matches(s, known) for known in WHERE)}
    assert not unknown, f"{name} uses {sorted(unknown)}, which no row of book/notation.md has"
