"""Rules that every stored notebook of the book keeps. Only its set-up cell is run here."""

import ast
import importlib.metadata
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import notebooks
import pytest
import yaml
from alt_texts import fault_of
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from nbformat import NotebookNode
from notebooks import ROOT, alt_texts, tags

PATHS = notebooks.find_notebooks()
CHAPTERS = [path for path in PATHS if path.parent.name == "chapters"]
PRESETS = ("smoke", "full")
MEGABYTE = 1_000_000
LARGEST = 4 * MEGABYTE

every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
every_preset = pytest.mark.parametrize("preset", PRESETS)

# What makes nbval look away. Only the first is allowed, and only where tools/notebooks.py compares
# within a tolerance instead.
IGNORE_OUTPUT = "nbval-ignore-output"
FORBIDDEN_TAGS = {"nbval-skip", "nbval-raises-exception", "raises-exception", "skip-execution"}
FORBIDDEN_COMMENT = re.compile(r"^\s*#\s*(NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)\s*$", re.M)

FENCE = re.compile(r"^( {0,3})(`{3,}|~{3,})(?P<info>.*)\n(?:.*\n)*?\1\2[`~]*[ ]*$", re.M)
CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S)
FORMULA = re.compile(r"\$\$.+?\$\$|\$(?!\s)[^$\n]+(?<!\s)\$", re.S)
# MyST's own syntax, which Colab and GitHub show raw.
MYST = {
    "directive": re.compile(r"^\s*(?:`{3,}|~{3,}|:{3,})\s*\{.*", re.M),
    "colon fence": re.compile(r"^\s*:{3,}.*", re.M),
    "role": re.compile(r"\{[A-Za-z][\w:.+-]*\}`"),
    "label": re.compile(r"^\([\w.:-]+\)=\s*$", re.M),
    "substitution": re.compile(r"\{\{.+?\}\}"),
    "comment": re.compile(r"^%\s.*", re.M),
    "block break": re.compile(r"^\+\+\+.*", re.M),
}
HTML_TAG = re.compile(r"<(?:/?\s*(?P<name>[A-Za-z][\w-]*)(?=[\s/>])[^>]*>|!--)")
ALLOWED_HTML = {"details", "summary"}
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$", re.M)
LINK = re.compile(r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\(\s*<?(?P<target>[^)\s>]+)")
REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(?P<target>[^\s>]+)", re.M)
FOLDERS = "work|tmp|root|home|Users|usr|var|opt|mnt|etc|private"
MACHINE_PATH = re.compile(rf"(?<![\w.:/~-])(?:/(?:{FOLDERS})/\w|[A-Z]:\\\w)[^\s'\"`)]*")

_read: dict[Path, NotebookNode] = {}


def read(path: Path) -> NotebookNode:
    """The notebook, read once and not to be changed."""
    if path not in _read:
        _read[path] = notebooks.read(path)
    return _read[path]


def cells(path: Path, kind: str) -> list[tuple[int, NotebookNode]]:
    """The cells of one kind with their numbers, counted from 1 over all cells."""
    return [(n, c) for n, c in enumerate(read(path).cells, start=1) if c.cell_type == kind]


def outputs(path: Path) -> list[tuple[int, NotebookNode]]:
    return [(n, output) for n, cell in cells(path, "code") for output in cell.outputs]


def prose(cell: NotebookNode) -> str:
    """The cell's Markdown without code and formulas."""
    text = FENCE.sub("", cell.source + "\n")
    return FORMULA.sub("", CODE_SPAN.sub("", text))


def tree(cell: NotebookNode) -> ast.Module:
    """The cell's code; lines that begin with % or ! are IPython's and left out."""
    return ast.parse(re.sub(r"^(\s*)[%!].*$", r"\1pass", cell.source, flags=re.M))


def parameters_of(path: Path) -> dict[str, object]:
    """The names in the notebook's `parameters` cell with their default values."""
    (cell,) = [cell for _, cell in cells(path, "code") if "parameters" in tags(cell)]
    found = {}
    for statement in tree(cell).body:
        assert isinstance(statement, ast.Assign), f"{ast.unparse(statement)} is no plain assignment"
        (target,) = statement.targets
        assert isinstance(target, ast.Name), f"{ast.unparse(statement)} does not assign to one name"
        found[target.id] = ast.literal_eval(statement.value)
    return found


def headings(path: Path) -> list[tuple[int, str]]:
    return [
        (len(marks), text)
        for _, cell in cells(path, "markdown")
        for marks, text in HEADING.findall(FENCE.sub("", cell.source + "\n"))
    ]


# ------------------------------------------------------------------------------
# Form


def test_there_are_notebooks() -> None:
    assert CHAPTERS, "expected notebooks in chapters/, found none"
    assert len({path.stem for path in PATHS}) == len(PATHS), "two notebooks have the same name"


@every_notebook
def test_the_file_is_as_make_execute_writes_it(path: Path) -> None:
    text = path.read_text("utf-8")
    expected = notebooks.to_text(notebooks.clean(read(path)))
    assert text == expected, f"{path.name} was saved by another program; run: make execute"


@every_notebook
def test_the_file_is_not_too_large(path: Path) -> None:
    assert path.stat().st_size <= LARGEST


@every_notebook
def test_the_first_code_cell_finds_the_code(path: Path) -> None:
    """The same cell in every notebook: with an address it installs, without one it finds."""
    first = [cells(other, "code")[0][1] for other in (path, PATHS[0])]
    assert first[0].source == first[1].source, f"it differs from the one in {PATHS[0].name}"
    assert {"setup", "hide-input"} <= set(tags(first[0]))
    assert sum("setup" in tags(cell) for _, cell in cells(path, "code")) == 1


def run_set_up(
    monkeypatch, source: str = "", colab: bool = False, installed: bool = False
) -> list[tuple[str, str]]:
    """Run the set-up cell where the book is not installed; the magics that it called."""
    code = cells(PATHS[0], "code")[0][1].source
    if source:
        code = code.replace('BOOK_SOURCE = ""', f'BOOK_SOURCE = "{source}"')
    monkeypatch.setattr(sys, "path", list(sys.path))
    if not installed:
        monkeypatch.setattr(importlib.metadata, "distributions", lambda **_: iter(()))
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    if colab:
        monkeypatch.setitem(sys.modules, "google.colab", object())
    shell = InteractiveShell()
    called = []
    shell.run_line_magic = lambda name, line, *rest: called.append((name, line))
    names = {"get_ipython": lambda: shell}
    exec(TransformerManager().transform_cell(code), names)
    return called


def test_without_an_installation_the_code_is_found_beside_the_notebook(monkeypatch) -> None:
    assert run_set_up(monkeypatch) == []
    assert sys.path[0] == ".."


@pytest.mark.parametrize("colab", [True, False])
def test_with_an_address_the_code_is_installed_from_it_alone(monkeypatch, colab: bool) -> None:
    """In Colab, and wherever else somebody opens a notebook that was downloaded from the site."""
    before = list(sys.path)
    (magic,) = run_set_up(monkeypatch, source="git+https://example.org/book", colab=colab)
    assert magic[0] == "pip"
    assert magic[1].split()[0] == "install"
    assert sys.path == before


@pytest.mark.parametrize("source", ["", "git+https://example.org/book"])
@pytest.mark.parametrize("colab", [True, False])
def test_an_installed_book_is_used_as_it_is(monkeypatch, source: str, colab: bool) -> None:
    before = list(sys.path)
    assert run_set_up(monkeypatch, source, colab, installed=True) == []
    assert sys.path == before


def test_a_stranger_called_utils_is_not_taken_for_the_book(monkeypatch) -> None:
    """Colab may bring a package of that name, or the reader may have one."""
    monkeypatch.setitem(sys.modules, "utils", ModuleType("utils"))
    assert run_set_up(monkeypatch, source="git+https://example.org/book", colab=True)
    assert run_set_up(monkeypatch) == []
    assert sys.path[0] == ".."


def test_in_colab_a_book_without_an_address_says_what_to_do(monkeypatch) -> None:
    with pytest.raises(ImportError, match="BOOK_SOURCE"):
        run_set_up(monkeypatch, colab=True)


@every_notebook
def test_one_cell_holds_the_parameters(path: Path) -> None:
    tagged = [n for n, cell in cells(path, "code") if "parameters" in tags(cell)]
    assert len(tagged) == 1, f"expected one cell with the tag 'parameters', got {tagged}"
    parameters = parameters_of(path)
    assert isinstance(parameters.get("seed"), int), "expected a parameter `seed`, a whole number"


@every_notebook
def test_headings_form_an_outline(path: Path) -> None:
    first = read(path).cells[0]
    assert first.cell_type == "markdown" and first.source.startswith("# ")
    levels = [level for level, _ in headings(path)]
    assert levels.count(1) == 1, f"expected one title, got {levels.count(1)}"
    for (before, _), (level, text) in zip(headings(path), headings(path)[1:], strict=False):
        assert level <= before + 1, f"{text!r} skips a level"


# ------------------------------------------------------------------------------
# Outputs


@every_notebook
def test_the_cells_were_run_once_from_top_to_bottom(path: Path) -> None:
    counts = [cell.execution_count for _, cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))


@every_notebook
def test_no_output_is_an_error_or_a_warning(path: Path) -> None:
    bad = [
        (n, output.get("ename") or output.get("text"))
        for n, output in outputs(path)
        if output.output_type == "error" or output.get("name") == "stderr"
    ]
    assert not bad


@every_notebook
def test_no_widget_is_stored(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "application/vnd.jupyter.widget" not in text
    assert "widgets" not in read(path).metadata


@every_notebook
def test_what_depends_on_training_states_its_tolerance(path: Path) -> None:
    """Otherwise a cell would be compared exactly though it varies, or not at all."""
    for n, cell in cells(path, "code"):
        try:
            tolerance = notebooks.tolerance_of(cell)
        except ValueError as error:
            pytest.fail(f"cell {n}: {error}", pytrace=False)
        ignored = IGNORE_OUTPUT in tags(cell)
        assert ignored == (tolerance is not None), f"cell {n}: `training` needs `{IGNORE_OUTPUT}`"


@every_notebook
def test_no_cell_escapes_the_checks(path: Path) -> None:
    for n, cell in cells(path, "code"):
        assert not FORBIDDEN_TAGS & set(tags(cell)), f"cell {n}"
        assert not FORBIDDEN_COMMENT.search(cell.source), f"cell {n}"


# ------------------------------------------------------------------------------
# Pictures


def pictures(path: Path) -> list[tuple[int, NotebookNode, str | None]]:
    """(number of the cell, cell, alternative text) for each picture of the notebook."""
    return [
        (n, cell, alt)
        for n, cell in cells(path, "code")
        for output in cell.outputs
        for alt in alt_texts(output).values()
    ]


@every_notebook
def test_every_picture_has_its_alt_text_in_both_places(path: Path) -> None:
    for n, cell, alt in pictures(path):
        assert alt, f"cell {n}: the picture has no alt text; show it by utils.figures.show"
        on_page = cell.metadata.get("mystnb", {}).get("image", {}).get("alt")
        assert on_page == alt, f"cell {n}: Jupyter Book reads {on_page!r}; run: make execute"


@every_notebook
def test_every_alt_text_says_what_one_sees(path: Path) -> None:
    for n, _, alt in pictures(path):
        fault = fault_of(alt)
        assert fault is None, f"cell {n}: {alt!r}: {fault}"


def test_no_two_pictures_have_the_same_alt_text() -> None:
    found = Counter(alt.strip().lower() for path in PATHS for _, _, alt in pictures(path) if alt)
    assert not [alt for alt, count in found.items() if count > 1]


# ------------------------------------------------------------------------------
# Prose


@every_notebook
def test_prose_is_plain_markdown(path: Path) -> None:
    """What only Sphinx understands would stand there raw in Colab and on GitHub."""
    for n, cell in cells(path, "markdown"):
        found = raw_syntax(cell.source)
        assert not found, f"cell {n}: {found}"


def raw_syntax(source: str) -> list[str]:
    """What stands in Markdown that is neither Markdown nor a formula."""
    found = [f"directive: {m}" for m in MYST["directive"].findall(source)]
    # Code may show anything, but in a role the code span belongs to the syntax.
    fenced = FENCE.sub("", source + "\n")
    found += [f"role: {m}" for m in MYST["role"].findall(FORMULA.sub("", fenced))]
    text = FORMULA.sub("", CODE_SPAN.sub("", fenced))
    for name in ("colon fence", "label", "substitution", "comment", "block break"):
        found += [f"{name}: {m}" for m in MYST[name].findall(text)]
    for match in HTML_TAG.finditer(text):
        if (match["name"] or "").lower() not in ALLOWED_HTML:
            found.append(f"HTML: {match[0]}")
    return found


@pytest.mark.parametrize(
    "source",
    [
        "```{note}\nText\n```",
        ":::{tip}\nText\n:::",
        ":::\nText\n:::",
        "See {cite}`hinton2006`.",
        "See {doc}`a <b>`.",
        "(here)=\n## Title",
        "Text <div class='x'>text</div>",
        "Text<br>text",
        "Text <!-- hidden -->",
        "{{ name }}",
        "% hidden",
    ],
)
def test_raw_syntax_is_found(source: str) -> None:
    assert raw_syntax(f"Before.\n\n{source}\n")


@pytest.mark.parametrize(
    "source",
    [
        "<details>\n<summary>Solution</summary>\n\nText\n\n</details>",
        "```python\nx = f'{note}'  # <div>\n```",
        "A call `f({x})` and `<div>`, 3 < 4 and 5 > 4, <https://example.org>",
        r"$\mathrm{E}_{q}[x] < 3$ and $$a <b> c$$",
        "95 % of (this) = that",
    ],
)
def test_plain_markdown_is_let_through(source: str) -> None:
    assert raw_syntax(source) == []


def links(source: str) -> Iterator[tuple[str, str]]:
    """(text, target) of each link and picture in Markdown."""
    text = CODE_SPAN.sub("", FENCE.sub("", source + "\n"))
    for match in LINK.finditer(text):
        yield match["text"], match["target"]
        yield from links(match["text"])
    for match in REFERENCE.finditer(text):
        yield "reference", match["target"]


@every_notebook
def test_every_relative_link_leads_to_a_file_of_the_book(path: Path) -> None:
    for n, cell in cells(path, "markdown"):
        for text, target in links(cell.source):
            assert text.strip(), f"cell {n}: the link to {target} has no text"
            parts = urlsplit(target)
            if parts.scheme or target.startswith("#"):
                continue
            file = (path.parent / unquote(parts.path)).resolve()
            assert file.is_file(), f"cell {n}: {target} does not exist"
            assert file.is_relative_to(ROOT), f"cell {n}: {target} is outside the book"
            # Only these get an address where the notebook stands alone, by tools/publish.py.
            assert file.suffix in (".ipynb", ".md"), f"cell {n}: {target} is no page of the book"


@every_notebook
def test_every_link_within_the_page_leads_to_a_heading(path: Path) -> None:
    known = {slug(text) for _, text in headings(path)}
    for n, cell in cells(path, "markdown"):
        for _, target in links(cell.source):
            if target.startswith("#"):
                assert unquote(target[1:]) in known, f"cell {n}: no heading for {target}"


def slug(heading: str) -> str:
    """The heading's address, made as GitHub and MyST make it."""
    return re.sub(r"[^\w\u4e00-\u9fff\- ]", "", heading.strip().lower()).replace(" ", "-")


@every_notebook
def test_nothing_names_a_place_on_one_machine(path: Path) -> None:
    for n, cell in enumerate(read(path).cells, start=1):
        texts = [cell.source, *map(output_text, cell.get("outputs", []))]
        found = [match[0] for text in texts for match in MACHINE_PATH.finditer(text)]
        assert not found, f"cell {n}: {found}"


def output_text(output: NotebookNode) -> str:
    shown = {k: v for k, v in output.get("data", {}).items() if not k.startswith("image/")}
    return "\n".join([output.get("text", ""), *map(str, shown.values())])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("read /home/me/data", True),
        ("File '/tmp/ipykernel_1/2.py'", True),
        (r"C:\Users\me", True),
        ("https://example.org/home/me", False),
        ("data/root/MNIST/raw and ../tmp/x and 1/var/n", False),
    ],
)
def test_machine_paths_are_told_from_addresses(text: str, found: bool) -> None:
    assert bool(MACHINE_PATH.search(text)) == found


# ------------------------------------------------------------------------------
# Chapters


def calls(cell: NotebookNode, function: str) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function
        for node in ast.walk(tree(cell))
    )


@every_chapter
def test_a_chapter_checks_what_it_claims(path: Path) -> None:
    assert any(calls(cell, "claim") for _, cell in cells(path, "code"))


@every_notebook
def test_solutions_are_folded_away(path: Path) -> None:
    """On the page by the tag, in Colab by the form."""
    for n, cell in cells(path, "code"):
        named = cell.source.lstrip().lower().startswith("# @title solution")
        assert named == ("solution" in tags(cell)), f"cell {n}: title and tag `solution` disagree"
        if named:
            assert "hide-cell" in tags(cell), f"cell {n}: a solution needs the tag `hide-cell`"
            assert cell.metadata.get("cellView") == "form", f"cell {n}: expected cellView form"


@every_preset
@every_chapter
def test_a_chapter_has_a_preset_of_each_kind(path: Path, preset: str) -> None:
    assert notebooks.preset_path(preset, path).is_file()


def test_every_preset_belongs_to_a_notebook() -> None:
    known = {notebooks.preset_path(name, path) for name in notebooks.PRESETS for path in PATHS}
    files = {file for file in (ROOT / "presets").rglob("*") if file.is_file()}
    assert not [str(file.relative_to(ROOT)) for file in files - known]


@pytest.mark.parametrize("preset", notebooks.PRESETS)
@every_notebook
def test_a_preset_sets_only_parameters_of_its_notebook(path: Path, preset: str) -> None:
    file = notebooks.preset_path(preset, path)
    if not file.exists():
        return  # which ones there must be is tested above
    values = yaml.safe_load(file.read_text("utf-8"))
    assert isinstance(values, dict) and values, f"expected names and values, got {values!r}"
    defaults = parameters_of(path)
    assert set(values) <= set(defaults), f"unknown: {sorted(set(values) - set(defaults))}"
    for name, value in values.items():
        default = defaults[name]
        if default is not None and value is not None:
            assert kind(value) == kind(default), f"{name}: {value!r} in place of {default!r}"
    assert json.loads(json.dumps(values)) == values, "papermill passes plain values only"


def kind(value: object) -> type:
    """The value's type; a whole number may stand for a decimal one."""
    return float if type(value) is int else type(value)


@every_notebook
def test_stored_explorers_have_the_scripts_of_today(path: Path) -> None:
    changed = notebooks.refresh(notebooks.read(path))
    assert not changed, "run `make explorers`, which puts them in without training anew"
