"""The extensions' own words: that each can be had in another language, and is found for it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from docutils import nodes
from docutils.utils import new_document
from made_runs import RUN
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sphinx import locale
from sphinx.errors import ExtensionError

from tools import ROOT
from tools.benchmarks import record as benchmarks
from tools.checks.reports import Report, StepReport
from tools.checks.steps import all_steps
from tools.claims.record import Claim, Comparison, Entry
from tools.notebooks import executions
from tools.sphinx_extensions import (
    accessible_pages,
    api_pages,
    benchmarks_page,
    charts,
    checks_page,
    downloads,
    error_reports,
    figures,
    full_scale_page,
    landing,
    launch_buttons,
    notebook_cells,
    story,
    words,
)
from tools.sphinx_extensions.words import _
from tools.translation import site_words

Speak = Callable[[dict[str, str]], None]
ENGLISH = site_words.words()
EXTENSIONS = sorted((ROOT / "tools" / "sphinx_extensions").glob("*.py"))


@pytest.fixture
def speak(tmp_path: Path, monkeypatch) -> Speak:
    """Take a catalogue for the edition's, as a build does; until the test ends."""

    def take(catalogue: dict[str, str]) -> None:
        monkeypatch.setattr(locale, "translators", {})
        made = Catalog(locale=words.CHINESE)
        for english, chinese in catalogue.items():
            made.add(english, chinese)
        path = tmp_path / "words" / words.CHINESE / "LC_MESSAGES" / "site.mo"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_mo(file, made)
        config = SimpleNamespace(site_words="words", language=words.CHINESE)
        words.add_words(SimpleNamespace(srcdir=tmp_path), config)

    return take


@pytest.fixture
def foreign(speak: Speak) -> None:
    """Every word of the extensions in a language without letters, with its fields and code."""
    speak({english: in_signs(english) for english in ENGLISH})


def in_signs(english: str) -> str:
    parts = re.split(r"(\{\w+\}|`[^`]*`)", english)
    return "".join(
        part if i % 2 else re.sub(r"[A-Za-z][\w'’.-]*", "字", part) for i, part in enumerate(parts)
    )


def letters_in(page: str) -> set[str]:
    """The words of an alphabet that a reader of Markdown and HTML sees or hears."""
    heard = re.findall(r'(?:aria-label|title)="([^"]*)"', page)
    seen = re.sub(r"`[^`]*`|\]\([^)]*\)|<[^>]*>", " ", page)
    # Not of a version, as in 1.0.post1.
    return {
        word
        for text in [seen, *heard]
        for word in re.findall(r"(?<![.A-Za-z0-9])[A-Za-z]{2,}", text)
    }


# ------------------------------------------------------------------------------
# How words are looked up


def test_without_a_catalogue_the_english_stays(monkeypatch) -> None:
    monkeypatch.setattr(locale, "translators", {})
    config = SimpleNamespace(site_words="", language="en")
    words.add_words(SimpleNamespace(srcdir=Path("nowhere")), config)
    assert type(_("Download")) is str and _("Download") == "Download"


def test_a_catalogue_that_is_missing_is_an_error(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(locale, "translators", {})
    config = SimpleNamespace(site_words="words", language=words.CHINESE)
    with pytest.raises(ExtensionError, match=r"site\.mo, found none; correct site_words"):
        words.add_words(SimpleNamespace(srcdir=tmp_path), config)


def test_what_an_import_has_kept_is_looked_up_when_it_is_shown(speak: Speak) -> None:
    speak({"with attention": "有注意力", "images in a file": "一个文件里的图像数"})
    assert str(full_scale_page.NAMES["final"]) == "有注意力"
    assert f"{benchmarks_page.BY['images']}" == "一个文件里的图像数"


def test_numbers_and_lists_have_the_languages_own_form(speak: Speak) -> None:
    assert words.counted(1, _("{n} cell"), _("{n} cells")) == "1 cell"
    assert words.counted(1234, _("{n} cell"), _("{n} cells")) == "1,234 cells"
    assert words.listed(["a"]) == "a" and words.listed([]) == ""
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert checks_page.duration(125) == "2 min 5 s".replace(" ", words.SPACE)
    speak(
        {
            "{n} cell": "{n}个单元格",
            "{n} cells": "{n}个单元格",
            "{most} and {last}": "{most}和{last}",
            ", ": "、",
            "{number} %": "{number}%",
            "{minutes} min {seconds} s": "{minutes}分{seconds}秒",
        }
    )
    assert words.counted(1, _("{n} cell"), _("{n} cells")) == "1个单元格"
    assert words.listed(["a", "b", "c"]) == "a、b和c"
    assert words.per_cent("5") == "5%"
    assert checks_page.duration(125) == "2分5秒"


def test_no_word_has_no_translation(speak: Speak) -> None:
    speak({"copy": "照抄"})  # gettext keeps what it says of a catalogue under the empty word
    assert [words.translated(word) for word in ("copy", "")] == ["照抄", ""]


def test_a_template_s_text_is_looked_up_in_one_line(tmp_path: Path, speak: Speak) -> None:
    text = "{% trans n=2 %}\nAt least {{ n }} lines,\n5 % of all.\n{% endtrans %}\n{{ _('Yes') }}\n"
    (tmp_path / "some.jinja").write_text(text, encoding="utf-8")
    assert render(tmp_path) == "At least 2 lines,\n5 % of all.\nYes"
    speak({"At least {n} lines, 5 % of all.": "占{n}行，5%。", "Yes": "是"})
    assert render(tmp_path) == "占2行，5%。\n是"


def render(folder: Path) -> str:
    return words.templates(folder).get_template("some.jinja").render()


def test_a_chart_has_room_for_wide_characters() -> None:
    assert charts.room("abc") == pytest.approx(3 * charts.LETTER)
    assert charts.room("点积，ab") == pytest.approx(3 * charts.SIZE + 2 * charts.LETTER)


# ------------------------------------------------------------------------------
# That all of them are collected


def calls_of(path: Path) -> list[ast.Call]:
    tree = ast.parse(path.read_text("utf-8"))
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_"
    ]


@pytest.mark.parametrize("path", EXTENSIONS, ids=lambda path: path.stem)
def test_each_literal_of_the_code_is_collected(path: Path) -> None:
    for call in calls_of(path):
        if path.stem == "words" and isinstance(call.args[0], ast.Name):
            continue  # where words that are no literals are looked up
        message = call.args[0]
        assert isinstance(message, ast.Constant), f"line {call.lineno}: use `translated`"
        assert message.value in ENGLISH, f"line {call.lineno}: no `_` inside of an f-string"


@pytest.mark.parametrize("path", EXTENSIONS, ids=lambda path: path.stem)
def test_no_function_calls_something_of_its_own_by_that_name(path: Path) -> None:
    for function in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef):
            names = [node for node in ast.walk(function) if isinstance(node, ast.Name)]
            names = [node for node in names if node.id == "_"]
            bound = [node for node in names if isinstance(node.ctx, ast.Store)]
            called = {id(call.func) for call in ast.walk(function) if isinstance(call, ast.Call)}
            assert not (bound and called & set(map(id, names))), f"line {function.lineno}"


def test_each_is_collected_once_and_none_is_empty() -> None:
    assert len(ENGLISH) == len(set(ENGLISH)) > 200
    assert all(ENGLISH)


def test_sentences_of_other_tools_are_collected() -> None:
    for step in all_steps({}):
        assert step.purpose in ENGLISH
        assert not step.obstacle or step.obstacle in ENGLISH
    assert {"Wiener filter", "vermilion", "everything"} <= set(ENGLISH)


# ------------------------------------------------------------------------------
# That no page keeps its English


def sources(report: Report | None) -> checks_page.Sources:
    def notebook(title: str, claim: str):
        output = new_output("stream", text=f"✓ {claim}\n")
        cells = [new_code_cell("claim(1)", outputs=[output])]
        for tolerance in (0.1, {"relative": 0.3, "absolute": 2}, "words"):
            trained = {"tags": ["training"], "tolerance": tolerance}
            cells.append(new_code_cell("a()", metadata=trained))
        return new_notebook(cells=[new_markdown_cell(f"# {title}"), *cells])

    near = Comparison("a > 1", -1, False, (2.0, 3.0, 2.5), (1.0,) * 3)
    close = Comparison("close(a)", 1, False, (0.01, 0.05), (1.0, 1.0))
    claims = (Claim("It holds", (True, False, True), (near, close)), Claim("So", (True,) * 3))
    versions = {"system": "Linux", "Python": "3.11", "torch": "1"}
    entry = Entry("", versions, ({"seed": 0, "mnist_test": 1}, {"seed": 1}, {"seed": 2}), claims)
    english = notebook("7 Attention", "It holds")
    return checks_page.Sources(
        notebooks={"07_a": english, "08_b": english},
        addresses={"07_a": "a.ipynb", "08_b": "b.ipynb"},
        executions={},
        report=report,
        commit="c0ffee" + 34 * "0",
        repository=None,
        records={"07_a": entry},
        shown=dict.fromkeys(("07_a", "08_b"), notebook("7 字", "字字")),
    )


def report(**changes: object) -> Report:
    steps = [
        StepReport(
            "tests", "tests", "", all_steps({})[0].purpose, "passed", 65.4, 60.0, "9 passed"
        ),
        StepReport("nbval 07_a", "nbval", "07_a", "", "FAILED", 0.5, 60.0, ""),
        StepReport("firefox", "firefox", "", "", "NOT RUN", 9, None, obstacle()),
    ]
    fields = {"began": "2026-01-02 03:04", "commit": "", "changed": False, "system": "Linux"}
    fields |= {"processors": 2, "python": "3.12.1", "browser": "156.0", "steps_at_once": 2}
    return Report(**(fields | {"seconds": 130.8, "steps": tuple(steps)} | changes))


def obstacle() -> str:
    return "no Firefox found; install the package firefox-esr"


def called_alike() -> set[str]:
    """What has the same name in every language: programs, packages, and the time of the world."""
    project = executions.project()
    optional = project["optional-dependencies"]
    lines = [*project["dependencies"], *optional["book"], *optional["test"]]
    names = ["Linux Python Chromium MathJax UTC", *checks_page.RENDERERS, *executions.names(lines)]
    return set(re.findall("[A-Za-z]{2,}", " ".join(names)))


@pytest.mark.parametrize("part", checks_page.PARTS)
@pytest.mark.parametrize("made", [None, report(), report(changed=True, browser="")])
def test_the_page_on_the_checks_keeps_no_english(part: str, made, foreign, monkeypatch) -> None:
    monkeypatch.setattr(checks_page, "lock", lambda locked, name: "2")
    page = checks_page.render(part, sources(made))
    assert "字" in page
    kept = letters_in(page) - called_alike()
    # A claim that no notebook makes any more, and the stem of a notebook whose step failed.
    assert kept <= {"So"}
    assert "Attention" not in page and "It holds" not in page  # as the edition words them


@pytest.mark.parametrize("current", [True, False])
@pytest.mark.parametrize("part", benchmarks.PARTS)
def test_the_page_on_speed_keeps_no_english(part: str, current: bool, foreign) -> None:
    measured = benchmarks.read().get(part)
    page = benchmarks_page.render(part, measured, current)
    addresses = {"api", *(path.stem for path in (ROOT / "utils").iterdir()), "index"}
    assert "字" in page
    assert not letters_in(page) - {"Python", "torch", "Chromium"} - addresses


@pytest.mark.parametrize("part", [part for part in full_scale_page.PARTS if part != "tables"])
def test_the_page_on_whole_data_sets_keeps_no_english(part: str, foreign) -> None:
    empty = full_scale_page.Known({}, frozenset())
    assert not letters_in(full_scale_page.render(part, [], empty))


def test_a_table_of_a_chapter_keeps_no_english(speak: Speak, tmp_path: Path) -> None:
    for name in ("{caption}:", "Chapter {number}: {title}", "It took {time}: `{command}`."):
        assert name in ENGLISH
    speak(
        {
            "c": "标题",
            "{caption}:": "{caption}：",
            "Chapter {number}: {title}": "第{number}章：{title}",
            "CPU, {n} processors, {kind}": "{kind}的{n}个处理器",
            "{device} ({n} threads)": "{device}，{n}个线程",
            "*Made on {first} on {devices}, with {versions}.*": "{first}，{devices}，{versions}。",
        }
    )
    path = tmp_path / "chapters" / "02_compression.ipynb"
    path.parent.mkdir()
    cells = '{"cell_type": "markdown", "metadata": {}, "source": "# 2 压缩"}'
    path.write_text(
        f'{{"cells": [{cells}], "metadata": {{}}, "nbformat": 4, "nbformat_minor": 4}}', "utf-8"
    )
    name = "chapter 02_compression"
    known = full_scale_page.Known({name: RUN}, frozenset([name]), tmp_path)
    page = full_scale_page.render("tables", [name], known)
    assert "**第2章：压缩**" in page and "标题：\n\n|" in page
    assert "2026-01-31，x86_64的2个处理器，2个线程，" in page


def test_names_of_what_lies_around_the_text_are_translated(foreign) -> None:
    for named in accessible_pages.named_parts().values():
        heard = re.findall(r'(?:aria-label|title)="([^"]*)"', named)
        assert heard and not re.search("[A-Za-z]", "".join(heard)), named


def test_what_is_folded_is_named_in_the_language(foreign) -> None:
    cell = nodes.container(
        "", nodes.literal_block("", "claim()"), nodes.literal_block("", "✓ 好\n")
    )
    cell[-1]["nb_element"] = "cell_code_output"
    story.fold_claim(cell)
    assert cell[0]["prompt"] == "字 字 字" and cell[0]["lines"] == ["好"]
    page = nodes.section()
    setup = nodes.container(classes=["tag_setup"], nb_element="cell_code")
    page += setup
    document = nodes.Element("", page)
    story.fold_set_up(document)
    assert page[0]["lines"] == ["字"] and page[0]["prompt"] == "字 字 字 字 字"


def test_a_folded_solution_is_named_in_the_language(foreign) -> None:
    named = nodes.container(prompt_show="Show solution 12", prompt_hide="Hide solution 12")
    other = nodes.container(prompt_show="Show the solution")
    document = new_document("page")
    document += [named, other, nodes.container()]
    notebook_cells.NameSolutions(document).run()
    assert named["prompt_show"] == named["prompt_hide"] == "字 字 12"
    assert other["prompt_show"] == "Show the solution"


def test_buttons_and_reports_are_in_the_language(foreign, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BOOK_REPOSITORY", "https://github.com/some/book")
    pdf = tmp_path / "book.pdf"
    for path in (pdf, downloads.chinese_beside(pdf)):
        path.write_bytes(b"")
    monkeypatch.setenv("BOOK_PDF", str(pdf))
    page = "chapters/01"
    environment = SimpleNamespace(found_docs={page}, doc2path=lambda name: f"/b/{name}.ipynb")
    app = SimpleNamespace(
        env=environment,
        config=SimpleNamespace(
            html_baseurl="https://some.github.io/book/zh/", language=words.CHINESE
        ),
        builder=SimpleNamespace(get_target_uri=lambda name: f"{name}.html"),
    )
    issues = {"label": "source-issues-button"}
    context = {
        "title": "1",
        "pathto": lambda name, resource: name,
        "header_buttons": [
            {"label": "launch-buttons", "buttons": []},
            {"label": "source-buttons", "buttons": [issues]},
        ],
    }
    for add in (downloads.add_button, launch_buttons.add_kaggle, error_reports.add_link):
        add(app, page, "", context, None)
    groups = context["header_buttons"]
    shown = [
        button[key]
        for button in (*groups, *(button for group in groups for button in group["buttons"]))
        for key in ("text", "tooltip")
        if key in button
    ]
    shown.append(re.sub("<[^>]*>", "", context["theme_extra_footer"]))
    assert len(shown) == 8
    assert not re.search("[A-Za-z]{2,}", " ".join(shown))
    assert "title=%E5%AD%97" in issues["url"]


def test_the_table_of_colours_and_the_code_are_in_the_language(foreign) -> None:
    (table,) = figures.Colours.run(SimpleNamespace())
    assert not letters_in(table.astext())
    member = SimpleNamespace(name="f", source="")
    assert "<summary>字 字 f</summary>" in api_pages.folded_source(member)
    assert not re.search("[A-Za-z]", str(landing.TWO_TRANSLATORS))
