"""The pages on `utils`: every module has its place, and what is read of it is what it is."""

import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import griffe
import pytest
import yaml

from tools.publishing.repository import Repository
from tools.sphinx_extensions import api_pages
from tools.sphinx_extensions.api_pages import docstring_as_markdown, modules_of, rooms

ROOT = Path(__file__).resolve().parents[3]
MODULES = [module for room in rooms() for module in modules_of(room)]
REPOSITORY = Repository("somebody", "some-book", commit="0" * 40)
# What it takes and returns, its class says, which chapters show whole.
SAID_BY_THE_CLASS = {"forward", "compare", "EncoderDecoder.encode", "EncoderDecoder.decode"}

every_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.path)


def members(module: griffe.Module) -> Iterator[tuple[str, api_pages.Member]]:
    """Classes and functions by name, and methods as `Class.method`."""
    for member in api_pages.members(module):
        if not member.is_attribute:
            yield member.name, member
        if member.is_class:
            for method in api_pages.members(member):
                yield f"{member.name}.{method.name}", method


def test_every_module_is_in_a_room() -> None:
    files = {p for p in (ROOT / "utils").rglob("*.py") if not p.name.startswith("__")}
    assert files == {module.filepath for module in MODULES}
    assert {path.name for path in (ROOT / "utils").iterdir() if path.is_dir()} - {
        "__pycache__"
    } == set(rooms())


def test_a_room_says_in_one_sentence_what_belongs_there_and_is_no_second_address() -> None:
    for room in rooms():
        package = api_pages.package()[room]
        sentence = api_pages.docstring(package)
        assert sentence.endswith(".") and "\n" not in sentence
        assert all(member.is_module for member in package.members.values())
        assert len(modules_of(room)) <= 8


def test_a_module_comes_after_those_that_it_imports() -> None:
    for room in rooms():
        seen: set[str] = set()
        for module in modules_of(room):
            assert set(api_pages.siblings(module)) <= seen, module.path
            seen.add(module.name)
    names = [module.name for module in modules_of("models")]
    assert names.index("seq2seq") < names.index("attention")


def test_every_room_has_a_page_in_the_order_of_the_overview() -> None:
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    (overview,) = [
        chapter
        for part in contents["parts"]
        for chapter in part["chapters"]
        if chapter["file"] == "book/api/index"
    ]
    assert [s["file"] for s in overview["sections"]] == [f"book/api/{room}" for room in rooms()]
    for room in rooms():
        page = (ROOT / "book" / "api" / f"{room}.md").read_text("utf-8")
        assert page.startswith("# ")
        assert page.index(f"```{{api-about}} {room}\n") < page.index(f"```{{api-room}} {room}\n")


def test_the_tests_are_where_the_code_is() -> None:
    for room in rooms():
        for path in (ROOT / "tests" / room).glob("test_*.py"):
            module = ROOT / "utils" / room / path.name.removeprefix("test_")
            assert module.is_file(), f"{path} tests no module of its room"


@every_module
def test_everything_public_says_what_it_is(module: griffe.Module) -> None:
    assert api_pages.summary(module).endswith((".", "?"))
    assert "\n" not in api_pages.summary(module)
    silent = [
        member
        for member, node in members(module)
        if not api_pages.docstring(node)
        and not {member, member.rpartition(".")[2]} & SAID_BY_THE_CLASS
    ]
    assert not silent, f"write a docstring for {', '.join(silent)} in {module.filepath}"


@every_module
def test_what_is_read_is_what_is_imported(module: griffe.Module) -> None:
    imported = importlib.import_module(module.path)
    public = {
        key
        for key, value in vars(imported).items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == imported.__name__
        and not key.startswith("_")
    }
    assert {name for name, _ in members(module) if "." not in name} == public
    for member, node in members(module):
        outer, _, inner = member.partition(".")
        value = getattr(imported, outer)
        if inner:
            value = inspect.getattr_static(value, inner)
            if not inspect.isfunction(value):
                continue  # a property, or bound to its class
        function = api_pages.constructor(node) if node.is_class else node
        read = [p for p in function.parameters if p.name not in ("self", "cls")]
        if getattr(value, "_is_protocol", False):
            continue  # it has no constructor but the one that typing gives it
        if inspect.isclass(value) and not ("__init__" in vars(value) or hasattr(value, "_fields")):
            continue  # its constructor is that of the class it extends
        parameters = inspect.signature(value).parameters.values()
        parameters = [p for p in inspect.signature(value).parameters.values() if p.name != "self"]
        assert [p.name for p in read] == [p.name for p in parameters]
        # What gathers all further arguments has by griffe an empty default.
        optional = {
            p.name for p in read if p.default is not None and "variadic" not in p.kind.value
        }
        assert optional == {p.name for p in parameters if p.default is not p.empty}, member


@every_module
def test_the_link_to_the_source_leads_to_the_definition(module: griffe.Module) -> None:
    lines = module.filepath.read_text("utf-8").splitlines()
    for member, node in members(module):
        address = api_pages.source_address(REPOSITORY, module.path, member)
        page, _, line = address.partition("#L")
        path = module.filepath.relative_to(ROOT).as_posix()
        assert page == f"https://github.com/somebody/some-book/blob/{'0' * 40}/{path}"
        first, last = map(int, line.split("-L"))
        source = [line.strip() for line in lines[first - 1 : last]]
        while source[0].startswith("@"):
            del source[0]
        kind = "class" if node.is_class else "def"
        assert source[0].startswith(f"{kind} {node.name}")
        assert last == node.endlineno


def test_without_a_repository_there_is_no_link_to_the_source() -> None:
    assert api_pages.source_address(None, "utils.models.attention", "Attention") is None


def test_a_module_as_markdown(tmp_path: Path) -> None:
    folder = tmp_path / "utils" / "room"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").touch()
    (folder / "other.py").write_text("class Thing: pass")
    (folder / "one.py").write_text(
        '''"""One sentence.

    code = 1 < 2

1 < 2.
"""
from dataclasses import dataclass, field
from typing import NamedTuple

from .other import Thing

Pair = tuple[Thing, int]
LIMIT = 3

@dataclass(frozen=True)
class Both(Thing):
    """Two."""
    left: Pair = field(repr=False)  # the first
    right: int = LIMIT
    _hidden = 4

    @classmethod
    def make(cls, things: list[Thing], *, fast=True) -> Pair:
        """things: a few; fast: or not."""

    @property
    def size(self) -> int:
        """How many."""

    def _secret(self): ...

class OwnError(Exception):
    """Wrong."""

def _private(): ...
'''
    )
    assert api_pages.module_page(api_pages.read(tmp_path)["room.one"]) == (
        '''## `utils.room.one`

:::{py:module} utils.room.one

:::

One sentence.

    code = 1 < 2

1 &lt; 2.

:::{py:data} Pair
:value: tuple[Thing, int]
:::

:::::{py:class} Both(left: Pair, right: int = LIMIT)
*Extends* `Thing`.

Two.

- `left`: the first

::::{py:method} make(things: list[Thing], *, fast=True) -> Pair
:classmethod:

- `things`: a few;
- `fast`: or not.
::::

::::{py:property} size
:type: int

How many.
::::
:::::

<details class="api-source">
<summary>Source of Both</summary>

```python
@dataclass(frozen=True)
class Both(Thing):
    """Two."""
    left: Pair = field(repr=False)  # the first
    right: int = LIMIT
    _hidden = 4

    @classmethod
    def make(cls, things: list[Thing], *, fast=True) -> Pair:
        """things: a few; fast: or not."""

    @property
    def size(self) -> int:
        """How many."""

    def _secret(self): ...
```

</details>

:::::{py:exception} OwnError
*Extends* `Exception`.

Wrong.
:::::

<details class="api-source">
<summary>Source of OwnError</summary>

```python
class OwnError(Exception):
    """Wrong."""
```

</details>'''
    )


@pytest.mark.parametrize(
    ("docstring", "markdown"),
    [
        ("An `a`: not an item.", "An `a`: not an item."),
        ("a: one\n    more\nb: two", "- `a`: one\n    more\n- `b`: two"),
        ("Both. a: (n,), b (1, 2); b: 0", "Both.\n- `a`: (n,), b (1, 2);\n- `b`: 0"),
        ("a, b: two\nother, a: none", "- `a`, `b`: two\nother, a: none"),
        ("other: is no argument", "other: is no argument"),
        ('"</s>" and `<s>`', '"&lt;/s>" and `<s>`'),
        ("    if a < b: ...", "    if a < b: ..."),
        (
            "(see https://doi.org/10.1/a(92)b), https://x.org/y.",
            "(see [doi.org/10.1/a(92)b](<https://doi.org/10.1/a(92)b>)), "
            "[x.org/y](<https://x.org/y>).",
        ),
    ],
)
def test_a_docstring_as_markdown(docstring: str, markdown: str) -> None:
    assert docstring_as_markdown(docstring, ["a", "b"]) == markdown
