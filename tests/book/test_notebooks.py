"""Rules that every stored notebook of the book keeps. Only its set-up cell is run here."""

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from nbformat import NotebookNode

from tools import ROOT
from tools.checks.alt_texts import fault_of
from tools.notebooks import listing, store, tolerances
from tools.notebooks.listing import tags
from tools.notebooks.outputs import alt_texts
from tools.sphinx_extensions.explorer_links import STATE
from tools.translation import chinese_notebooks

PATHS = listing.find_notebooks()
CHAPTERS = [path for path in PATHS if path.parent.name == "chapters"]
PRESETS = ("smoke", "full")
MEGABYTE = 1_000_000
LARGEST = 4 * MEGABYTE

CHINESE = [chinese_notebooks.path_of(path) for path in PATHS]
every_edition = pytest.mark.parametrize(
    "path", [*PATHS, *CHINESE], ids=lambda path: path.relative_to(ROOT).with_suffix("").as_posix()
)
every_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
every_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
every_preset = pytest.mark.parametrize("preset", PRESETS)

# What makes nbval look away. Only the first is allowed, and only where tools/notebooks compares
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
        _read[path] = listing.read(path)
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


def is_call(node: ast.AST) -> bool:
    """Whether it calls a function by its bare name."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


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
    expected = store.to_text(store.clean(read(path)))
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


# What stands for the book's code in the tests of the set-up cell: it is known by its first line.
BOOKS_CODE = (ROOT / "utils" / "__init__.py").read_text("utf-8")
SOURCE = "git+https://example.org/book@"
# Instead of installing from a network, this pip writes down how it was called, and puts the book's
# code beside itself, as of the commit that it was asked for. As the true one does, it keeps what is
# there under the same version, unless it is forced.
PRETENDED_PIP = """
import json, os, sys
from pathlib import Path
site, options = Path(__file__).parents[1], sys.argv[1:]
with open(site / "pip.log", "a", encoding="utf-8") as log:
    print(*options, file=log)
place = site / "encode_decode_attend-0.1.dist-info"
commit = options[-1].rpartition("@")[2]
if commit == "unreachable":
    sys.exit("ERROR: no route to host")
if not place.exists() or "--force-reinstall" in options:
    (site / "utils").mkdir(exist_ok=True)
    (site / "utils" / "__init__.py").write_text(os.environ["BOOKS_CODE"], encoding="utf-8")
    place.mkdir(exist_ok=True)
    (place / "METADATA").write_text("Metadata-Version: 2.1\\nName: encode-decode-attend\\n")
    origin = {"url": "https://example.org/book", "vcs_info": {"commit_id": commit}}
    (place / "direct_url.json").write_text(json.dumps(origin))
"""
# Runs a notebook's cell as a kernel does. The book that may be installed where the tests run is
# hidden: only what lies in the folder SITE counts.
RUN_A_CELL = """
import importlib.metadata, os, sys
from IPython.core.interactiveshell import InteractiveShell
sys.meta_path[:] = [f for f in sys.meta_path if "__editable__" not in str(f)]
every = importlib.metadata.distributions
importlib.metadata.distributions = lambda **wanted: (
    found for found in every(**wanted) if str(found.locate_file("")).startswith(os.environ["SITE"])
)
InteractiveShell.instance().run_cell(os.environ["CELL"]).raise_error()
import utils
print("utils is", utils.__file__)
"""


class Desk:
    """A folder of the reader's with a notebook in `chapters`; what the set-up cell does there."""

    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        self.site = self.put("site/pip/__main__.py", PRETENDED_PIP).parents[1]
        self.put("site/pip/__init__.py", "")
        self.put("desk/chapters/01.ipynb", "{}")

    def put(self, path: str, text: str = BOOKS_CODE) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def run(self, commit: str = "", before: str = "", **environment: str) -> str:
        """What the cell printed, its errors too, and at the end which `utils` it found."""
        code = cells(PATHS[0], "code")[0][1].source
        if commit:
            code = code.replace('BOOK_SOURCE = ""', f'BOOK_SOURCE = "{SOURCE}{commit}"')
        base = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        base |= {"PYTHONPATH": str(self.site), "SITE": str(self.site), "PYTHONUTF8": "1"}
        base |= {"BOOKS_CODE": BOOKS_CODE, "CELL": f"{before}\n{code}"}
        done = subprocess.run(
            [sys.executable, "-c", RUN_A_CELL],
            cwd=self.folder / "desk" / "chapters",
            env=base | {"IPYTHONDIR": str(self.folder / "ipython")} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        return done.stdout

    def pip(self) -> list[str]:
        """How pip was called."""
        log = self.site / "pip.log"
        return log.read_text("utf-8").splitlines() if log.exists() else []


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("commit", ["", "c1"])
@pytest.mark.parametrize("environment", [{}, {"PYTHONSAFEPATH": "1"}])
def test_the_code_beside_the_notebook_is_used(desk, commit: str, environment: dict) -> None:
    beside = desk.put("desk/utils/__init__.py")
    assert desk.run(commit, **environment).endswith(f"utils is {beside}\n")
    assert desk.pip() == []


def test_the_code_beside_the_notebook_comes_before_any_other(desk) -> None:
    """A second copy of the book, an installed one, a file of the reader's in the same folder."""
    beside = desk.put("desk/utils/__init__.py")
    desk.put("site/utils/__init__.py")
    desk.put("second/utils/__init__.py")
    desk.put("desk/chapters/utils.py", "raise SystemExit('the wrong one')")
    second = os.pathsep.join([str(desk.folder / "second"), str(desk.site)])
    assert desk.run(PYTHONPATH=second).endswith(f"utils is {beside}\n")
    again = "import sys; sys.path.insert(0, '..'); import utils"  # or was found there before
    found = desk.run(before=again).rpartition("utils is ")[2].strip()
    assert Path(found).resolve() == beside


def test_a_copy_that_was_loaded_before_is_named(desk) -> None:
    desk.put("desk/utils/__init__.py")
    other = desk.put("second/utils/__init__.py")
    loaded = f"import sys; sys.path.insert(0, {str(other.parents[1])!r}); import utils"
    shown = desk.run(before=loaded)
    assert "ImportError: expected the book's code as `utils`, found another module at" in shown
    assert str(other) in shown and "restart the kernel" in shown and "utils is" not in shown


def test_with_an_address_the_code_is_installed_from_it_once(desk) -> None:
    """In Colab, and wherever else somebody opens a notebook that was downloaded from the site."""
    for _ in range(2):
        assert desk.run("c1").endswith(f"utils is {desk.site / 'utils' / '__init__.py'}\n")
        assert desk.pip() == [f"install --quiet {SOURCE}c1"]


def test_an_older_installation_is_named_and_replaced(desk) -> None:
    desk.run("c1")
    assert "not this notebook's: replacing it" not in desk.run("c1")
    assert "not this notebook's: replacing it" in desk.run("c2")
    *_, last = desk.pip()
    assert last == f"install --quiet --force-reinstall --no-deps {SOURCE}c2"
    count = len(desk.pip())
    assert desk.run("c2").endswith("__init__.py\n") and len(desk.pip()) == count


def test_without_an_address_an_installed_book_is_used_as_it_is(desk) -> None:
    installed = desk.put("site/utils/__init__.py")
    assert desk.run().endswith(f"utils is {installed}\n")
    assert desk.pip() == []


@pytest.mark.parametrize("commit", ["", "unreachable"])
def test_a_notebook_that_is_alone_says_what_to_do(desk, commit: str) -> None:
    shown = desk.run(commit)
    assert "ImportError: expected the book's code in ../utils or installed, found neither" in shown
    assert "a copy of the whole book, or set BOOK_SOURCE" in shown
    assert ("no route to host" in shown) == bool(commit)


@pytest.mark.parametrize(
    ("stranger", "commit"),
    [
        ("desk/chapters/utils.py", ""),
        ("desk/chapters/utils.py", "c1"),
        ("desk/chapters/utils/tools.py", ""),  # after an installed book's folder it comes second
        ("site/utils/__init__.py", ""),
        ("site/utils/__init__.py", "c1"),
    ],
)
def test_a_stranger_called_utils_is_not_taken_for_the_book(desk, stranger, commit) -> None:
    """A file of the reader's, a folder, or a package of that name that pip has brought."""
    desk.put("desk/utils/helpers.py", "")  # what stands there is not the book either
    desk.put(stranger, "raise SystemExit('it was run')")
    if commit and stranger.startswith("site"):  # pip brought it after the book, into one folder
        desk.run("c1")
        desk.put(stranger, "raise SystemExit('it was run')")
    shown = desk.run(commit)
    place = desk.folder / stranger
    place = place.parent if place.name == "tools.py" else place
    assert "it was run" not in shown and "utils is" not in shown
    assert "ImportError: expected the book's code as `utils`, found another module at" in shown
    assert str(place) in shown and "rename it or take it out of this environment" in shown


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


@every_notebook
def test_a_cell_with_claims_does_nothing_else(path: Path) -> None:
    """The page shows its statements and folds the check behind them; a solution is folded whole."""
    for n, cell in cells(path, "code"):
        claims = "claim" in {node.func.id for node in ast.walk(tree(cell)) if is_call(node)}
        if "solution" in tags(cell):
            continue
        assert claims == ("claim" in tags(cell)), f"cell {n}: `claim(` and the tag belong together"
        if claims:
            assert "hide-input" in tags(cell), f"cell {n}: Jupyter Book folds by `hide-input`"
            (output,) = cell.outputs
            lines = output["text"].splitlines()
            assert all(line.startswith("✓ ") for line in lines), f"cell {n} prints more than claims"


@every_notebook
def test_a_folded_section_begins_with_its_heading(path: Path) -> None:
    for n, cell in cells(path, "markdown"):
        if "aside" in tags(cell):
            assert re.match(r"#{2,3} ", cell.source), f"cell {n}: the tag `aside` needs a heading"


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
            tolerance = tolerances.tolerance_of(cell)
        except ValueError as error:
            pytest.fail(f"cell {n}: {error}", pytrace=False)
        ignored = IGNORE_OUTPUT in tags(cell)
        assert ignored == (tolerance is not None), f"cell {n}: `training` needs `{IGNORE_OUTPUT}`"


@every_notebook
def test_both_editions_measure_the_same_numbers(path: Path) -> None:
    """What varies in one may vary in the other, however a language writes it: 46 seconds, 46秒."""
    one, other = read(path), read(chinese_notebooks.path_of(path))
    for n, cells in enumerate(zip(one.cells, other.cells, strict=True), start=1):
        words = [listing.measured_words(cell) for cell in cells]
        assert len(words[0]) == len(words[1]), f"cell {n}"
        english, chinese = (measured(cell) for cell in cells)
        assert english == chinese, f"cell {n}: {english - chinese} against {chinese - english}"


def measured(cell: NotebookNode) -> Counter[str]:
    """The numbers to which a cell's tolerance applies, and how many of each it shows.

    A picture's text is no measurement, and a duration is each run's own.
    """
    tolerance = tolerances.tolerance_of(cell) if cell.cell_type == "code" else None
    if tolerance is None or tolerance.words:
        return Counter()
    found = Counter()
    for output in cell.outputs:
        data = output.get("data", {"text/plain": output.get("text", "")})
        if alt_texts(output):
            continue
        columns = tolerances.columns_of(data.get("text/html", ""))
        for line in data.get("text/plain", "").splitlines():
            for number in tolerances.NUMBER.finditer(line):
                if tolerances.is_measured(number, tolerance, columns):
                    found["seconds" if "秒" in line or "seconds" in line else number[0]] += 1
    return found


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
        assert alt, f"cell {n}: the picture has no alt text; show it by utils.drawing.figures.show"
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
            # Only these get an address where the notebook stands alone, by tools/publishing.
            assert file.suffix in (".ipynb", ".md"), f"cell {n}: {target} is no page of the book"


@every_notebook
def test_every_link_within_the_page_leads_to_a_heading_or_an_explorer(path: Path) -> None:
    known = {slug(text) for _, text in headings(path)}
    stored = path.read_text("utf-8")
    for n, cell in cells(path, "markdown"):
        for _, target in links(cell.source):
            if state := STATE.fullmatch(target):
                assert f"<{state['element']} label=" in stored, f"cell {n}: nothing is at {target}"
            elif target.startswith("#"):
                assert unquote(target[1:]) in known, f"cell {n}: no heading for {target}"


def slug(heading: str) -> str:
    """The heading's address, made as GitHub and MyST make it."""
    return re.sub(r"[^\w\u4e00-\u9fff\- ]", "", heading.strip().lower()).replace(" ", "-")


@every_edition
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
    assert listing.preset_path(preset, path).is_file()


def test_every_preset_belongs_to_a_notebook() -> None:
    known = {listing.preset_path(name, path) for name in listing.PRESETS for path in PATHS}
    files = {file for file in (ROOT / "presets").rglob("*") if file.is_file()}
    assert not [str(file.relative_to(ROOT)) for file in files - known]


@pytest.mark.parametrize("preset", listing.PRESETS)
@every_notebook
def test_a_preset_sets_only_parameters_of_its_notebook(path: Path, preset: str) -> None:
    file = listing.preset_path(preset, path)
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


@every_edition
def test_stored_explorers_have_the_scripts_and_words_of_today(path: Path) -> None:
    refresh = chinese_notebooks.refreshed if path in CHINESE else store.refresh
    changed = refresh(listing.read(path))
    assert not changed, "run `make explorers`, which puts them in without training anew"
