"""Run the book's notebooks and look after what they store.

    notebooks.py execute [NAME ...]            run anew, with default parameters; store the outputs
    notebooks.py refresh                       put today's scripts and tables' layout into outputs
    notebooks.py tidy FILE [FILE ...]          what an editor saved, in the form that execute stores
    notebooks.py compare STORED FRESH          are the outputs of two runs of a notebook the same?
    notebooks.py run NAME [--seed N] [--preset smoke|full|mnist-test] [-o PATH]
    notebooks.py kernel                        is the kernel that runs them this environment's own?

A NAME is a notebook's file name with or without `.ipynb`, or its beginning: `02` is enough.
"""

from __future__ import annotations

import argparse
import ast
import copy
import html
import json
import math
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where PYTHONSAFEPATH is set it is left out

import executions
import files
import nbformat
import yaml
from check_report import processors
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
KERNEL = "python3"
# On two cores, two notebooks with one thread each are done sooner than one at a time with two.
NOTEBOOKS_AT_ONCE = 2
# Seconds that a kernel may take to come up, and then to send what a cell has shown: as long as a
# machine needs that does much else besides. How long a cell computes is not limited.
START_TIMEOUT = 1200
LARGEST_SEED = 2**32 - 1  # that NumPy takes
DATA_PRESETS = ("full", "mnist-test")
PRESETS = ("smoke", *DATA_PRESETS)

IMAGES = ("image/png", "image/svg+xml", "image/jpeg")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"

# What a stored notebook keeps of its metadata. The rest is written by editors and by papermill, and
# differs from machine to machine.
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": KERNEL},
    "language_info": {"file_extension": ".py", "name": "python", "pygments_lexer": "ipython3"},
}
CELL_METADATA = ("cellView", "jupyter", "mystnb", "tags", "tolerance")


# ------------------------------------------------------------------------------
# Which notebooks there are, and what they say about themselves


def find_notebooks(root: Path = ROOT) -> list[Path]:
    """The notebooks of the book in `root`, in the order in which they are read.

    They are the pages in `_toc.yml` that are notebooks: copies and drafts that lie beside them are
    not the book's. Raises `ValueError` where there is no such list.
    """
    contents = root / "_toc.yml"
    try:
        pages = list(_pages(yaml.safe_load(contents.read_text("utf-8"))))
    except (OSError, yaml.YAMLError) as error:
        raise ValueError(
            f"expected the list of the book's pages in {contents}, got none "
            f"({type(error).__name__}); take the file from Git again"
        ) from error
    return [path for page in pages if (path := root / f"{page}.ipynb").is_file()]


def _pages(contents: object) -> Iterator[str]:
    """The pages named in a part of `_toc.yml`, in order, without their endings."""
    if isinstance(contents, Mapping):
        for key, value in contents.items():
            if key in ("root", "file"):
                yield str(value).removesuffix(".ipynb")
            else:
                yield from _pages(value)
    elif isinstance(contents, list):
        for entry in contents:
            yield from _pages(entry)


def find_notebook(name: str) -> Path:
    """The notebook called `name`. Raises `ValueError` unless there is exactly one."""
    stem = Path(name).name.removesuffix(".ipynb")
    paths = find_notebooks()
    found = [path for path in paths if path.stem == stem]
    found = found or [path for path in paths if path.stem.startswith(stem)]
    if len(found) != 1:
        names = ", ".join(path.stem for path in paths)
        raise ValueError(f"expected the name of one notebook out of {names}; got {name!r}")
    return found[0]


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def is_training(cell: NotebookNode) -> bool:
    return "training" in tags(cell)


def preset_path(preset: str, notebook: Path) -> Path:
    return ROOT / "presets" / preset / f"{notebook.stem}.yaml"


# ------------------------------------------------------------------------------
# Running


def closed_environment(base: Mapping[str, str]) -> dict[str, str]:
    """`base`, so changed that a notebook depends on nothing but the book and its environment.

    No network (every proxy is a port at which nobody listens), no data folder, no GPU, one thread;
    snapshots in place of sliders; and the kernel is the one of the running interpreter.
    """
    environment = kernel_environment(base)
    for name in ("DATA_ROOT", "PYTHONPATH", "NO_PROXY", "no_proxy"):
        environment.pop(name, None)
    nobody = "http://127.0.0.1:9"  # the port of the "discard" service, which no machine runs
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY"):
        environment[name] = environment[name.lower()] = nobody
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):  # these would override the next one
        environment.pop(name, None)
    environment |= {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return environment


def kernel_environment(base: Mapping[str, str]) -> dict[str, str]:
    """`base`, so changed that notebooks store snapshots and run in our own environment's kernel."""
    environment = with_absolute_data_root(base)
    for name in ("MPLBACKEND", "PYTHONSAFEPATH"):
        environment.pop(name, None)
    return environment | {
        "BOOK_SNAPSHOT": "1",
        # Searched before the user's own kernels, one of which may have the same name.
        "JUPYTER_PATH": str(Path(sys.prefix, "share", "jupyter")),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else the debugger warns at every start of a kernel
        # A style or a stale list of fonts among the user's own settings would change the figures.
        "MPLCONFIGDIR": str(ROOT / "_build" / "matplotlib"),
    }


def with_absolute_data_root(base: Mapping[str, str]) -> dict[str, str]:
    """`base`, so changed that DATA_ROOT names the same folder for a notebook, which runs elsewhere.

    Blanks alone name none, as in `utils.storage.data_files`.
    """
    environment = dict(base)
    root = environment.pop("DATA_ROOT", "")
    return environment | ({"DATA_ROOT": absolute(root)} if root.strip() else {})


def absolute(path: str) -> str:
    return os.path.abspath(os.path.expanduser(path))


def check_kernel() -> str:
    """The interpreter that runs notebooks. Raises `RuntimeError` if it is not our environment's."""
    prefix, executable = ask_kernel("import sys; print(sys.prefix); print(sys.executable)")
    if Path(prefix).resolve() != Path(sys.prefix).resolve():
        raise RuntimeError(
            f"expected the kernel {KERNEL!r} of {sys.prefix}, got the one of {prefix}; "
            f"remove the other kernel, or install ipykernel in {sys.prefix}"
        )
    return executable


def ask_kernel(code: str) -> list[str]:
    """The lines that the kernel which runs notebooks prints for this code."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(startup_timeout=START_TIMEOUT, kernel_name=KERNEL)
    lines: list[str] = []
    try:
        client.execute_interactive(
            code,
            timeout=START_TIMEOUT,
            output_hook=lambda message: lines.extend(
                message["content"].get("text", "").splitlines()
            ),
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return lines


def run_notebook(source: Path, target: Path, parameters: Mapping[str, object]) -> NotebookNode:
    """Run `source` in its own folder and write the result to `target`; the executed notebook.

    Raises `papermill.PapermillExecutionError` when a cell raises, `ValueError` for a parameter that
    the notebook does not have.
    """
    import papermill

    known = papermill.inspect_notebook(_literally(source)) if parameters else {}
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise ValueError(
            f"{source.name}: expected parameters out of {sorted(known)}, got {', '.join(unknown)}"
        )
    for name, value in parameters.items():
        default = literal(known[name]["default"])
        if not is_like(value, default):
            raise ValueError(
                f"{source.name}: expected for {name} a value like {default!r}, got {value!r}"
            )
    target.parent.mkdir(parents=True, exist_ok=True)
    return papermill.execute_notebook(
        _literally(source.resolve()),
        _literally(target.resolve()),
        parameters=dict(parameters),
        kernel_name=KERNEL,
        progress_bar=False,
        start_timeout=START_TIMEOUT,
        iopub_timeout=START_TIMEOUT,
        cwd=source.resolve().parent,
    )


def literal(text: str) -> object:
    """The value that is written there; None for what is computed."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None


def is_like(value: object, default: object) -> bool:
    """Whether a parameter can have this value; a whole number may stand for a decimal one."""
    if value is None or default is None or (type(value) is int and type(default) is float):
        return True
    return type(value) is type(default)


def _literally(path: Path) -> str:
    """The path for papermill, which else puts parameters in the place of names in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def execute(path: Path) -> executions.Execution:
    """Run the notebook with its default parameters and store the outputs in it; how that went.

    A run that fails leaves the stored notebook as it was.
    """
    start, worked_before = time.monotonic(), executions.processor_seconds()
    with tempfile.TemporaryDirectory() as folder:
        result = run_notebook(path, Path(folder, path.name), {})
    seconds, worked = time.monotonic() - start, executions.processor_seconds()
    write(clean(result), path)
    return executions.Execution(
        code=executions.fingerprint(result),
        processors=processors(),
        seconds=round(seconds),
        processor_seconds=None if worked is None else round(worked - worked_before),
        versions=executions.versions(),
    )


def execute_all(paths: Sequence[Path], notes: Path = executions.EXECUTIONS) -> list[str]:
    """Execute the notebooks, some at a time, and note in the file `notes` how long each took.

    Returns one message for each that failed.
    """
    failures = []
    context = multiprocessing.get_context("spawn")  # papermill changes the working directory
    with ProcessPoolExecutor(NOTEBOOKS_AT_ONCE, mp_context=context) as pool:
        futures = {pool.submit(execute, path): path for path in paths}
        for future in as_completed(futures):
            path = futures[future]
            try:
                executions.record({path.stem: future.result()}, notes)
                print(f"executed {path.name}", flush=True)
            except Exception as error:
                failures.append(f"{path.name} is as it was, because its run failed:\n{error}")
    return failures


# ------------------------------------------------------------------------------
# Storing


def clean(notebook: NotebookNode) -> NotebookNode:
    """A copy of an executed notebook as it is stored: no trace of when, where and how it ran."""
    result = copy.deepcopy(notebook)
    result.nbformat_minor = max(result.nbformat_minor, 5)  # the first with cell ids
    result.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    result.cells = [cell for cell in result.cells if "injected-parameters" not in tags(cell)]
    for cell in result.cells:
        cell.metadata = nbformat.from_dict(
            {name: cell.metadata[name] for name in CELL_METADATA if cell.metadata.get(name)}
        )
        if cell.cell_type == "code":
            cell.outputs = merge_streams(
                [_clean_output(o) for o in cell.outputs if not _is_view(o)]
            )
            _copy_alt_text(cell)
    return result


def _is_view(output: NotebookNode) -> bool:
    return WIDGET_VIEW in output.get("data", {})


def _clean_output(output: NotebookNode) -> NotebookNode:
    if "metadata" in output:
        output.metadata = nbformat.from_dict(
            {kind: {"alt": alt} for kind, alt in alt_texts(output).items() if alt}
        )
    return output


def _copy_alt_text(cell: NotebookNode) -> None:
    """Put the alternative text that came with the output where Jupyter Book reads it."""
    alt = next((alt for output in cell.outputs for alt in alt_texts(output).values() if alt), None)
    rendering = cell.metadata.pop("mystnb", {})
    image = {name: value for name, value in rendering.get("image", {}).items() if name != "alt"}
    if alt:
        image["alt"] = alt
    rendering = {name: value for name, value in rendering.items() if name != "image"}
    if image:
        rendering["image"] = image
    if rendering:
        cell.metadata["mystnb"] = nbformat.from_dict(rendering)


def alt_texts(output: NotebookNode) -> dict[str, str | None]:
    """For each picture in the output, by its kind, the alternative text stored with it."""
    metadata = output.get("metadata", {})
    return {
        kind: metadata.get(kind, {}).get("alt") for kind in IMAGES if kind in output.get("data", {})
    }


def merge_streams(outputs: Sequence[NotebookNode]) -> list[NotebookNode]:
    """The outputs with neighbouring pieces of the same stream joined: where it is cut is chance."""
    merged: list[NotebookNode] = []
    for output in copy.deepcopy(list(outputs)):
        last = merged[-1] if merged else None
        if last and output.output_type == last.output_type == "stream" and output.name == last.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged


def to_text(notebook: NotebookNode) -> str:
    """The notebook as the text of its file: keys sorted, indented by one space, a newline last."""
    return (
        nbformat.writes(notebook, indent=1, ensure_ascii=False, sort_keys=True).rstrip("\n") + "\n"
    )


def write(notebook: NotebookNode, path: Path) -> None:
    """Replace the file in one step, so that no moment and no fault leaves half a notebook."""
    nbformat.validate(notebook)
    files.write(path, to_text(notebook))


def refresh(notebook: NotebookNode) -> bool:
    """Give stored explorers the scripts and stored tables the layout of today; whether it changed.

    So a change of these needs no training anew. The data stay as the notebook's run made them.
    """
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))  # before another copy of the book, which may be installed
    from utils.drawing.tables import relaid
    from utils.explorers.page import script

    changed = False
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            page = output.get("data", {}).get(EXPLORER_KIND)
            if page is None:
                continue
            if is_explorer(output):
                found = EXPLORER.fullmatch(page)
                output.data[EXPLORER_KIND] = page[: found.start("script")] + script(found["name"])
            else:
                output.data[EXPLORER_KIND] = relaid(page)
            changed |= output.data[EXPLORER_KIND] != page
    return changed


# ------------------------------------------------------------------------------
# Comparing

# A number stands alone: 0.5, -3, −3, +1, 1,234.5, 1e-5, 12 % and each end of 10-20. Digits that are
# part of a name are not numbers but text, which is compared exactly: mnist-5k, mnist-5, 7x7, 7×7,
# 29dB, x2, 10², 1.2.3, and (4,7,7), where no space follows the comma.
NUMBER = re.compile(
    r"""
    (?<![\w.,]) (?<![A-Za-z_][-−]) (?<![0-9]×)
    [-+−]?
    (?: [0-9]{1,3} (?: ,[0-9]{3} )+ (?: \.[0-9]+ )? | [0-9]+ (?: \.[0-9]+ )? | \.[0-9]+ )
    (?: [eE] [-+−]? [0-9]+ )?
    (?! \w | [.,][0-9] | ×[0-9] )
    """,
    re.VERBOSE,
)


def numbers(text: str) -> list[float]:
    """The numbers in the text, in order."""
    return [float(n.replace(",", "").replace("−", "-")) for n in NUMBER.findall(text)]


def without_numbers(text: str) -> str:
    """The text with "#" for each number, and one space for several: widths of columns vary too."""
    return re.sub(r"\s+", " ", NUMBER.sub("#", text)).strip()


@dataclass(frozen=True)
class Tolerance:
    """Two numbers agree when they differ by at most `absolute + relative * (the larger size)`.

    With `words`, the output is text that a trained network wrote. A rounding on another machine may
    turn one of its choices, so that only the number of lines is compared; what holds of such text
    in every run is for the notebook's claims to check.

    A whole number counts something, parameters or epochs or sentences, so it has to be the same,
    and so has whatever stands in a claim, in a table's head or in the names of its rows. Two kinds
    of whole numbers have the tolerance nevertheless: percentages, and those of which `measured`
    names the table's column, or the words behind them in a printed line or at its beginning.
    """

    relative: float = 0.0
    absolute: float = 0.0
    words: bool = False
    measured: tuple[str, ...] = ()

    def allows(self, a: float, b: float) -> bool:
        return abs(a - b) <= self.absolute + self.relative * max(abs(a), abs(b))

    def __str__(self) -> str:
        return f"{self.absolute:g} + {self.relative:g} × the larger"


def tolerance_of(cell: NotebookNode) -> Tolerance | None:
    """What a cell tagged `training` states in its metadata; None for a cell compared exactly.

    Raises `ValueError` for a training cell without a tolerance, a tolerance without the tag, and a
    tolerance that is neither a number, {"relative": number, "absolute": number} nor "words". With
    the numbers, "measured" may stand, a list of words.
    """
    stated = cell.metadata.get("tolerance")
    if not is_training(cell):
        if stated is not None:
            raise ValueError("expected no tolerance in a cell without the tag 'training'")
        return None
    if stated is None:
        raise ValueError("expected a tolerance in a cell with the tag 'training', got none")
    if stated == "words":
        return Tolerance(words=True)
    parts = dict(stated) if isinstance(stated, Mapping) else {"relative": stated}
    measured = parts.pop("measured", [])
    are_words = isinstance(measured, list) and all(
        isinstance(word, str) and word.strip() for word in measured
    )
    sound = (
        parts
        and are_words
        and all(
            name in ("relative", "absolute")
            and isinstance(value, int | float)
            and not isinstance(value, bool)
            and math.isfinite(value)
            and value >= 0
            for name, value in parts.items()
        )
    )
    if not sound or parts.get("relative", 0) >= 1 or not any(parts.values()):
        raise ValueError(
            'expected as tolerance a number between 0 and 1, {"relative": number, '
            f'"absolute": number}} or "words", and "measured" as a list of words, got {stated!r}'
        )
    return Tolerance(**parts, measured=tuple(measured))


@dataclass(frozen=True)
class Difference:
    """Something in which a fresh run differs from what is stored."""

    what: str
    stored: str = ""
    fresh: str = ""
    cell: int = 0  # counted from 1, Markdown cells included; 0: the notebook as a whole
    source: str = ""  # the cell's first line

    def __str__(self) -> str:
        place = f"cell {self.cell} `{self.source}`: " if self.cell else ""
        text = f"{place}{self.what}"
        if self.stored or self.fresh:
            text += f"\n    stored: {self.stored}\n    fresh:  {self.fresh}"
        return text


def compare(stored: NotebookNode, fresh: NotebookNode) -> list[Difference]:
    """All differences between the outputs of two runs of a notebook, but for the pictures' pixels.

    Cells tagged `training` may differ in their numbers, within the tolerance that each states.
    """
    old_cells, new_cells = clean(stored).cells, clean(fresh).cells
    differences = []
    if len(old_cells) != len(new_cells):
        differences.append(
            Difference("the number of cells differs", str(len(old_cells)), str(len(new_cells)))
        )
    for number, (old, new) in enumerate(zip(old_cells, new_cells, strict=False), start=1):
        first_line = next(iter(old.source.strip().splitlines()), "")
        differences += [
            Difference(d.what, d.stored, d.fresh, number, first_line)
            for d in _compare_cells(old, new)
        ]
    return differences


def _compare_cells(old: NotebookNode, new: NotebookNode) -> Iterator[Difference]:
    if old.cell_type != new.cell_type or old.source != new.source:
        line = _first_difference(old.source, new.source)
        yield Difference("the cell itself is another", *line)
        return
    if old.cell_type != "code":
        return
    try:
        tolerance = tolerance_of(old)
    except ValueError as error:
        yield Difference(str(error))
        return
    kinds = [_kind(output) for output in old.outputs], [_kind(output) for output in new.outputs]
    if kinds[0] != kinds[1]:
        yield Difference("the outputs differ in number or kind", *map(_list_kinds, kinds))
        return
    for old_output, new_output in zip(old.outputs, new.outputs, strict=True):
        if is_explorer(old_output) != is_explorer(new_output):
            yield Difference("one of the two is an explorer, the other is not")
            continue
        yield from _compare_alt_texts(old_output, new_output)
        for (name, old_text), (_, new_text) in zip(
            _texts(old_output, tolerance is None),
            _texts(new_output, tolerance is None),
            strict=True,
        ):
            if tolerance is None or is_explorer(old_output):
                yield from _compare_exactly(name, old_text, new_text)
            else:
                columns = columns_of(old_output.get("data", {}).get("text/html", ""))
                yield from _compare_numbers(name, old_text, new_text, tolerance, columns)


def _kind(output: NotebookNode) -> str:
    if output.output_type == "stream":
        return output.name
    if output.output_type == "error":
        return f"error {output.ename}"
    return f"{output.output_type} of " + " and ".join(sorted(output.data))


def _list_kinds(kinds: Sequence[str]) -> str:
    return "; ".join(kinds) or "no output"


def _texts(output: NotebookNode, exact: bool) -> list[tuple[str, str]]:
    """All that is compared of an output: (name, text), pictures left out."""
    if output.output_type == "stream":
        return [(output.name, output.text)]
    if output.output_type == "error":
        return [("error", output.evalue)]
    if is_explorer(output):
        return [(EXPLORER_KIND, explorer_outline(output.data[EXPLORER_KIND], exact))]
    return [
        (kind, content if isinstance(content, str) else json.dumps(content, sort_keys=True))
        for kind, content in sorted(output.data.items())
        if kind not in IMAGES
    ]


# An explorer as `explorers.page` writes it: the element, its data and its picture, and the script.
EXPLORER_KIND = "text/html"
EXPLORER = re.compile(
    r"""<book-(?P<name>[\w-]+)\ label="[^"]*"[^>]*>
        <script\ type="application/json">(?P<data>.*?)</script>
        <img\ alt="[^"]*"\ src="data:image/png;base64,(?P<picture>[^"]*)">
        </book-(?P=name)>\n(?P<script>.*)""",
    re.VERBOSE | re.DOTALL,
)


def is_explorer(output: NotebookNode) -> bool:
    return bool(EXPLORER.fullmatch(output.get("data", {}).get(EXPLORER_KIND, "")))


def explorer_outline(page: str, exact: bool) -> str:
    """An explorer without its picture, and, unless `exact`, without what training makes in it.

    Trained weights are for the site's tests to check: they compare what the page computes with what
    PyTorch does. Here, the form of the data has to be the same, and all words in it.
    """
    found = EXPLORER.fullmatch(page)
    data = found["data"] if exact else json.dumps(_outline(json.loads(found["data"])))
    pieces = [page[: found.start("data")], data, "(picture)", found["script"]]
    return "\n".join(pieces)


def _outline(value: object) -> object:
    """Dictionaries by their keys, packed tensors by shape and kind, lists of numbers as such."""
    if isinstance(value, Mapping):
        if {"shape", "kind", "values"} <= value.keys():
            return [value["kind"], *value["shape"]]
        return {key: _outline(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_outline(item) for item in value]
        has_words = any(isinstance(item, str) for item in value)
        # How many there are of what training made may vary, but no word may be missing.
        return items if has_words or any(item != items[0] for item in items) else items[:1]
    return "number" if isinstance(value, int | float) else value


def _compare_alt_texts(old: NotebookNode, new: NotebookNode) -> Iterator[Difference]:
    new_texts = alt_texts(new)
    for kind, alt in alt_texts(old).items():
        if alt != new_texts[kind]:
            yield Difference(f"the alt text of {kind} differs", str(alt), str(new_texts[kind]))


def _compare_exactly(name: str, old: str, new: str) -> Iterator[Difference]:
    if old != new:
        yield Difference(f"{name} differs", *_first_difference(old, new))


def _compare_numbers(
    name: str, old: str, new: str, tolerance: Tolerance, columns: Sequence[str]
) -> Iterator[Difference]:
    """Line by line: the words and what is counted exactly, other numbers within the tolerance."""
    old_lines, new_lines = old.strip().splitlines(), new.strip().splitlines()
    if len(old_lines) != len(new_lines):
        yield Difference(
            f"{name} differs in its number of lines", str(len(old_lines)), str(len(new_lines))
        )
        return
    if tolerance.words:
        return
    for old_line, new_line in zip(old_lines, new_lines, strict=True):
        if without_numbers(old_line) != without_numbers(new_line):
            yield Difference(f"{name} differs in more than numbers", old_line, new_line)
            continue
        far, counted = [], []
        for one, other in zip(NUMBER.finditer(old_line), NUMBER.finditer(new_line), strict=True):
            (a,), (b,) = numbers(one[0]), numbers(other[0])
            if not _is_measured(one, tolerance, columns):
                counted += [f"{one[0]} and {other[0]}"] if a != b else []
            elif not tolerance.allows(a, b):
                far.append(f"{a:g} and {b:g}")
        if counted:
            what = f"{name} differs in what is not measured: {', '.join(counted)}"
            yield Difference(what, old_line, new_line)
        if far:
            what = f"{name} differs by more than {tolerance}: {', '.join(far)}"
            yield Difference(what, old_line, new_line)


def columns_of(page: str) -> list[str]:
    """The names of the columns of a table as `drawing.tables` writes it; none of another page."""
    return [html.unescape(name) for name in re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)]


def _is_measured(number: re.Match, tolerance: Tolerance, columns: Sequence[str]) -> bool:
    """Whether this number, found in its line, has the tolerance; see `Tolerance`."""
    line, behind = number.string, number.string[number.end() :].lstrip()
    if line.startswith(("✓", "·")) or "<thead>" in line:
        return False
    column = ""
    if columns:
        # The cells behind it are counted: in the plain form two spaces or more divide them.
        cells = len(re.findall("<td", line[number.end() :]))
        if not line.startswith("<"):
            cells = len(re.findall(r"\s{2,}", line[number.end() :]))
        divided = line.startswith("<tr>") or re.search(r"\s{2,}", line)
        if divided and cells >= len(columns) - 1:
            return False  # the name of a row
        column = columns[-1 - cells] if divided else ""
    is_whole = re.fullmatch(r"[-+−]?[0-9,]+", number[0])
    is_share = "%" in column or behind.startswith("%")
    if columns:
        is_named = column in tolerance.measured
    else:
        is_named = behind.startswith(tolerance.measured) or line.startswith(tolerance.measured)
    return not is_whole or is_share or is_named


def _first_difference(old: str, new: str) -> tuple[str, str]:
    """The first line in which two texts differ, from both; "(nothing)" after the end of one."""
    old_lines, new_lines = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for i in range(max(len(old_lines), len(new_lines))):
        a, b = ("".join(lines[i : i + 1]) for lines in (old_lines, new_lines))
        if a != b:
            if a.rstrip() == b.rstrip():  # the difference is in the white space: make it visible
                return repr(a), repr(b)
            return a.rstrip() or "(nothing)", b.rstrip() or "(nothing)"
    return "", ""


# ------------------------------------------------------------------------------
# The commands


def command_execute(arguments: argparse.Namespace) -> int:
    paths = [find_notebook(name) for name in arguments.names] or find_notebooks()
    if not paths:
        raise ValueError("expected notebooks among the pages in _toc.yml, found none")
    failures = execute_all(paths)
    if failures:
        print(*failures, sep="\n\n", file=sys.stderr)
    return 1 if failures else 0


def command_refresh(_arguments: argparse.Namespace) -> int:
    for path in find_notebooks():
        notebook = read(path)
        if refresh(notebook):
            write(notebook, path)
            print(f"refreshed {path.name}")
    return 0


def command_tidy(arguments: argparse.Namespace) -> int:
    for path in arguments.files:
        text = path.read_text("utf-8")
        notebook = clean(read(path))
        if to_text(notebook) != text:
            write(notebook, path)
            print(f"tidied {path.name}")
    return 0


def command_compare(arguments: argparse.Namespace) -> int:
    stored = read(arguments.stored)
    differences = compare(stored, read(arguments.fresh))
    if differences:
        print(f"{arguments.stored.name}: the stored outputs are not those of a fresh run.\n")
        print(*differences, sep="\n\n")
        print(f"\nDifferences: {len(differences)}. If the fresh run is right: make execute")
        return 1
    outputs = [
        output
        for cell in clean(stored).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    print(f"{len(outputs)} outputs agree")
    return 0


def command_run(arguments: argparse.Namespace) -> int:
    source = find_notebook(arguments.name)
    parameters: dict[str, object] = {}
    if arguments.preset:
        preset = preset_path(arguments.preset, source)
        parameters |= yaml.safe_load(preset.read_text("utf-8")) or {}
    if arguments.seed is not None:
        parameters["seed"] = arguments.seed
    run_notebook(source, arguments.output or ROOT / "_build" / "runs" / source.name, parameters)
    stated = ", ".join(f"{name}={value}" for name, value in parameters.items())
    print(f"ran through with {stated or 'its default parameters'}")
    return 0


def command_kernel(_arguments: argparse.Namespace) -> int:
    print(f"notebooks run in {check_kernel()}")
    return 0


def seed(text: str) -> int:
    """A seed as it is typed. Raises `argparse.ArgumentTypeError` for anything else."""
    if not re.fullmatch("[0-9]{1,10}", text) or int(text) > LARGEST_SEED:
        raise argparse.ArgumentTypeError(
            f"expected a whole number from 0 to {LARGEST_SEED}, got {text!r}"
        )
    return int(text)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("execute", help="run notebooks and store their outputs")
    command.add_argument("names", nargs="*", metavar="NAME", help="all, when none is named")
    command.set_defaults(do=command_execute, preset=None)
    command = commands.add_parser(
        "refresh", help="put today's scripts and layout of tables into the outputs"
    )
    command.set_defaults(do=command_refresh, preset=None)
    command = commands.add_parser("tidy", help="bring saved notebooks into the stored form")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    command.set_defaults(do=command_tidy, preset=None)
    command = commands.add_parser("compare", help="compare the outputs of two runs")
    command.add_argument("stored", type=Path)
    command.add_argument("fresh", type=Path)
    command.set_defaults(do=command_compare, preset=None)
    command = commands.add_parser("run", help="run a notebook with other parameters")
    command.add_argument("name", metavar="NAME")
    command.add_argument("--seed", type=seed, help="the value of the parameter `seed`")
    command.add_argument("--preset", choices=PRESETS, help="parameters from presets/")
    command.add_argument("-o", "--output", type=Path, help="default: _build/runs/NAME.ipynb")
    command.set_defaults(do=command_run)
    command = commands.add_parser("kernel", help="check that notebooks run in this environment")
    command.set_defaults(do=command_kernel, preset=None)
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    files.print_everything()
    parsed = parse(arguments)
    # MNIST and Multi30k may be read or downloaded, and all cores and the GPU used, where a preset
    # asks for it.
    environment = kernel_environment if parsed.preset in DATA_PRESETS else closed_environment
    wanted = environment(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        return parsed.do(parsed)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
