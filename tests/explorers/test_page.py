"""utils.explorers.markup and page: what an explorer's output holds, and its scripts."""

import base64
import json
import re
from collections import Counter

import matplotlib.pyplot as plt
import pytest
from bs4 import BeautifulSoup

from tools.notebooks.outputs import EXPLORER
from tools.translation import program_words
from utils.explorers import markup as explorer
from utils.explorers import page

DECLARED = re.compile(
    r"^(?:async )?(?:function\*?|class|const|let|var) (\w+|\{[^}]*\}|\[[^\]]*\])", re.M
)
NAMES = explorer.names()
# Modules that make an element of the page.
EXPLORERS = [name for name in NAMES if "\ndefine(" in explorer.module(name)]
# Each imports from its own room and from those behind it.
ROOMS = ("", "controls", "drawing", "networks", "text")


def parsed(text):
    return BeautifulSoup(text, "html.parser")


# ------------------------------------------------------------------------------
# The element


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>alert(1)</script>",
        "</SCRIPT ><img src=x onerror=alert(1)>",
        "<!-- <script>",
        "]]>&lt;&amp;'\"`\\ \\u003c \n\r\t\u2028",
        "grüß 你好 🙂",
    ],
)
def test_data_come_back_whatever_they_hold(text):
    data = {text: [text, 1.5, None, {"deep": text}], "n": -3}
    page = explorer.element("some", data, b"picture", "six words")
    assert page.count("<script") == page.count("</script") == 1
    element = parsed(page).find("book-some")
    assert [child.name for child in element.find_all(True)] == ["script", "img"]
    assert element.script["type"] == "application/json"
    assert json.loads(element.script.string) == data


def test_numbers_that_json_has_not_are_refused():
    with pytest.raises(ValueError):
        explorer.element("some", {"n": float("nan")}, b"", "alt")


def test_the_alt_text_is_text():
    alt = "\"><img src=x onerror=alert(1)> & 'so' on"
    page = explorer.element("some", {}, b"\x00\xffpicture", alt)
    element = parsed(page).find("book-some")
    assert element["label"] == element.img["alt"] == alt
    page = explorer.element("some", {}, b"\x00\xffpicture", "a picture", label=alt)
    element = parsed(page).find("book-some")
    assert (element["label"], element.img["alt"]) == (alt, "a picture")
    assert len(element.find_all("img")) == 1
    kind, content = element.img["src"].split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content) == b"\x00\xffpicture"
    # A picture and what moves in its place may be called by different names.
    named = parsed(explorer.element("some", {}, b"", alt, label=alt[::-1])).find("book-some")
    assert (named["label"], named.img["alt"]) == (alt[::-1], alt)


def test_the_element_has_hyphens_where_the_file_has_underscores():
    for name in ("code-plane", "code_plane"):
        assert parsed(explorer.element(name, {}, b"", "alt")).find("book-code-plane")
    assert explorer.script("code-plane") == explorer.script("code_plane")


def test_an_output_has_the_page_and_the_words(monkeypatch):
    shown = []
    monkeypatch.setattr(page, "display", lambda *args, **kwargs: shown.append((args, kwargs)))
    alt = "A line that rises from left to right."
    figure, axes = plt.subplots()
    axes.plot([0, 1])
    page.show_explorer("code-plane", {"n": 1}, figure, alt)
    (((bundle,), options),) = shown
    assert options == {"raw": True}
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == alt
    element = parsed(bundle["text/html"]).find("book-code-plane")
    assert json.loads(element.script.string) == {"n": 1}
    png = base64.b64decode(element.img["src"].split(",")[1])
    assert png.startswith(b"\x89PNG")
    # The script behind the element, so that it finds it there.
    assert bundle["text/html"].endswith(explorer.script("code-plane"))
    assert not plt.fignum_exists(figure.number)


# ------------------------------------------------------------------------------
# The joined script


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Puts modules of the given texts where the joiner looks for them."""
    monkeypatch.setattr(explorer, "JAVASCRIPT", tmp_path)

    def write(**texts):
        for name, text in texts.items():
            path = tmp_path / f"{name}.js"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")

    return write


def test_a_module_stands_behind_all_that_it_imports_and_only_once(modules):
    modules(
        top='import { left } from "./left.js";\n'
        'import {\n  right,\n  other,\n} from "./right.js";\ntop;\n',
        left='import { base } from "./base.js";\nexport const left = base;\n',
        right='import { base } from "./base.js";\nexport function right() {}\n'
        "export class Other {}\nexport async function later() {}\nexport let other = 1;\n",
        base="export const base = 'import and export';\n",
        unused="unused;\n",
    )
    assert explorer.dependencies("top") == ["base", "left", "right", "top"]
    script = parsed(explorer.script("top")).script.string
    assert script == (
        "(() => {\n" + explorer.WHERE_FROM + "const base = 'import and export';\n"
        "const left = base;\n"
        "function right() {}\nclass Other {}\nasync function later() {}\nlet other = 1;\n"
        "top;\n"
        "})();"
    )


def test_a_path_begins_where_the_module_lies(modules):
    texts = {
        "top": 'import { a } from "./room/a.js";\n',
        "room/a": 'import { b } from "./b.js";\nexport const a = b;\n',
        "room/b": 'import { c } from "../hall/c.js";\nexport const b = c;\n',
        "hall/c": "export const c = 1;\n",
    }
    modules(**texts)
    assert explorer.names() == ["hall/c", "room/a", "room/b", "top"]
    assert explorer.dependencies("top") == ["hall/c", "room/b", "room/a", "top"]
    assert "import" not in explorer.script("top")


@pytest.mark.parametrize(
    ("texts", "path"),
    [
        ({"a": 'import { x } from "./a.js";\n'}, "a -> a"),
        (
            {
                "a": 'import { x } from "./b.js";\n',
                "b": 'import { x } from "./c.js";\n',
                "c": 'import { x } from "./a.js";\n',
            },
            "a -> b -> c -> a",
        ),
    ],
)
def test_a_circle_of_imports_is_refused(modules, texts, path):
    modules(**texts)
    with pytest.raises(ValueError, match=f"no circle of imports, got {path}"):
        explorer.script("a")


def test_a_module_that_there_is_none_of_is_refused(modules):
    modules(a='import { x } from "./nothing.js";\n')
    for name, missing in (("a", "nothing"), ("elsewhere", "elsewhere")):
        with pytest.raises(ValueError, match=rf"expected a module of \['a'\], got '{missing}'"):
            explorer.script(name)


def test_comments_on_lines_of_their_own_are_left_out_and_nothing_else(modules):
    kept = (
        'const web = "https://a.b";  // at the end of a line\n'
        "const share = a /* within */ / b;\n"
        "  const style = `\n  a { b: c; } /* of CSS */\n  /* d */ e {}\n`;\n"
        "/a\\/\\/b/.test(c);\n\n"
    )
    modules(
        top="// one\n//two\n"
        + kept
        + "  // three */ /**\n\t/** four */\n/**\n * five\n * /* // **\n **/\n"
        "last();\n// six\n"
    )
    assert explorer.module("top") == kept + "last();\n"


@pytest.mark.parametrize("text", ["const end = '</script>';", "end = `</SCRIPT`;\n"])
def test_a_script_that_would_end_early_is_refused(modules, text):
    modules(a=text)
    with pytest.raises(ValueError, match="expected no </script in the modules of 'a'"):
        explorer.script("a")


# ------------------------------------------------------------------------------
# The book's own modules


def test_there_are_explorers():
    assert {"attention_by_hand", "code_plane"} <= set(EXPLORERS)


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_is_one_script_without_imports(name):
    script = parsed(explorer.script(name)).script.string
    assert script.startswith("(() => {\n") and script.endswith("})();")
    left = [line for line in script.splitlines() if re.match(r"\s*(import|export)\b", line)]
    assert not left


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_defines_the_element_of_its_name(name):
    assert re.findall(r'^define\("([^"]*)"', explorer.module(name), re.M) == [
        "book-" + name.replace("_", "-")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_is_declared_twice_in_a_joined_script(name):
    declared = Counter(
        word
        for part in explorer.dependencies(name)
        for target in DECLARED.findall(explorer.module(part))
        for word in re.findall(r"\w+", target)
    )
    assert declared
    assert [word for word, times in declared.items() if times > 1] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_imported_is_exported_there_and_used(name):
    """The joined script would run without either, but the module would not."""
    body = explorer.module(name)
    for part, words in explorer.imports(name).items():
        for word in words:
            exporting = explorer.source(part)
            assert re.search(rf"^export (?:async )?\w+ {word}\b", exporting, re.M), (part, word)
            assert re.search(rf"\b{word}\b", body), f"{word} is not used"


@pytest.mark.parametrize("name", NAMES)
def test_text_never_becomes_markup(name):
    text = explorer.source(name)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


def test_every_export_is_imported_by_another_module_and_every_import_exported():
    exported = {
        (name, word)
        for name in NAMES
        for word in re.findall(r"^export (?:async )?\w+ (\w+)", explorer.source(name), re.M)
    }
    imported = {
        (part, word)
        for name in NAMES
        for part, words in explorer.imports(name).items()
        for word in words
    }
    assert exported == imported


def test_rooms_import_one_way_and_explorers_stand_at_the_door():
    rooms = {name: ROOMS.index(name.rpartition("/")[0]) for name in NAMES}
    for name in NAMES:
        for part in explorer.imports(name):
            assert rooms[part] >= rooms[name], f"{name} imports {part}"
    assert {name for name in NAMES if rooms[name] == 0} == {*EXPLORERS, "element"}


def test_each_room_is_described():
    text = (explorer.JAVASCRIPT / "README.md").read_text("utf-8")
    folders = {path.name for path in explorer.JAVASCRIPT.iterdir() if path.is_dir()}
    assert re.findall(r"^- `(\w+)/`", text, re.M) == list(ROOMS[1:])
    assert folders == set(ROOMS[1:])


# ------------------------------------------------------------------------------
# Another language


@pytest.fixture
def told(monkeypatch):
    """Chinese words for what an explorer says, and for what another one does."""
    words = {
        "the </script> {0}": "这个 </script> {0}",
        "it's": "它",
        "no\u00a0break": "不断",
        "a": "甲",
    }
    monkeypatch.setattr(explorer, "explorer_words", lambda: words)
    return words


def test_in_english_nothing_is_added(modules, monkeypatch, told):
    modules(top='say("the </scr" + "ipt>");\n')
    monkeypatch.delenv("BOOK_LANGUAGE", raising=False)
    plain = explorer.element("top", {}, b"", "alt"), explorer.script("top")
    monkeypatch.setenv("BOOK_LANGUAGE", "en")
    assert plain == (explorer.element("top", {}, b"", "alt"), explorer.script("top"))
    assert " lang=" not in plain[0] and plain[1].startswith("<script>(() => {\n")


def test_in_chinese_a_script_before_the_explorer_s_has_the_words_that_it_says(
    modules, chinese, told
):
    modules(
        top='import { other } from "./other.js";\nsay("it\'s", other);\n',
        other='export const other = say("no\\u00a0break");\n',
    )
    words, script = parsed(explorer.script("top")).find_all("script")
    assert script.string.startswith("(() => {\n" + explorer.WHERE_FROM)
    (given,) = re.findall(r"\.\.\.(\{.*\}) \};$", words.string)
    assert words.string.startswith("globalThis.bookWords = { ...globalThis.bookWords, ...{")
    assert json.loads(given) == {key: told[key] for key in ("it's", "no\u00a0break")}


def test_a_word_ends_no_script(chinese, told):
    text = explorer.words_script('say("the </script> {0}")')
    assert text.count("</script") == 1
    assert "这个" in text


def test_in_chinese_the_element_says_its_language(chinese):
    page = explorer.element("some", {"n": 1}, b"picture", "六个字的文本")
    assert parsed(page).find("book-some")["lang"] == "zh-Hans"
    output = page + explorer.script("code-plane").replace("code-plane", "some")
    assert EXPLORER.fullmatch(output)["name"] == "some"


def test_every_word_of_the_file_is_said_by_some_explorer(chinese):
    words = explorer.explorer_words()
    given = "".join(explorer.script(name) for name in EXPLORERS)
    missing = [word for word in words if explorer.data_text({word: words[word]})[1:-1] not in given]
    # What is called something in an explorer's data, and is said where these hold it.
    assert set(missing) <= set(program_words.of_names())


def test_what_the_data_name_is_called_as_in_tables(chinese):
    (words, _) = parsed(
        explorer.script("code-plane", {"networks": [{"name": "scaled dot"}]})
    ).find_all("script")
    assert '"scaled dot":"缩放点积"' in words.string
    assert "缩放点积" not in explorer.script("code-plane", {"networks": []})
