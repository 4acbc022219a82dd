"""The pages on `utils`: every module has its place, and what is read of it is what it is."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tools.publishing.repository import Repository
from tools.sphinx_extensions import api_pages
from tools.sphinx_extensions.api_pages import GROUPS, Module, docstring_as_markdown

ROOT = Path(__file__).resolve().parents[3]
NAMES = sorted(name for names in GROUPS.values() for name in names)
REPOSITORY = Repository("somebody", "some-book", commit="0" * 40)
# What it takes and returns, its class says, which chapters show whole.
SAID_BY_THE_CLASS = {"forward", "EncoderDecoder.encode", "EncoderDecoder.decode"}

every_module = pytest.mark.parametrize("name", NAMES)


def members(module: Module) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Classes and functions by name, and methods as `Class.method`."""
    for name, node in module.members.items():
        if not isinstance(node, ast.Assign):
            yield name, node
        for method, function in api_pages.methods(node).items():
            yield f"{name}.{method}", function


def test_every_module_is_in_one_group() -> None:
    modules = {path.stem for path in (ROOT / "utils").glob("*.py")} - {"__init__"}
    assert sorted(modules) == NAMES


def test_every_group_has_a_page_in_the_order_of_the_overview() -> None:
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    (overview,) = [
        chapter
        for part in contents["parts"]
        for chapter in part["chapters"]
        if chapter["file"] == "book/api/index"
    ]
    assert [s["file"] for s in overview["sections"]] == [f"book/api/{group}" for group in GROUPS]
    for group in GROUPS:
        page = (ROOT / "book" / "api" / f"{group}.md").read_text("utf-8")
        assert page.startswith("# ")
        assert f"```{{api-modules}} {group}\n" in page


@every_module
def test_everything_public_says_what_it_is(name: str) -> None:
    module = Module(name)
    assert module.summary.endswith((".", "?"))
    assert "\n" not in module.summary
    silent = [
        member
        for member, node in members(module)
        if not ast.get_docstring(node)
        and not {member, member.rpartition(".")[2]} & SAID_BY_THE_CLASS
    ]
    assert not silent, f"write a docstring for {', '.join(silent)} in {module.path}"


@every_module
def test_what_is_read_is_what_is_imported(name: str) -> None:
    module, imported = Module(name), importlib.import_module(f"utils.{name}")
    public = {
        key
        for key, value in vars(imported).items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == imported.__name__
        and not key.startswith("_")
    }
    read = {key for key, node in module.members.items() if not isinstance(node, ast.Assign)}
    assert read == public
    for member, node in members(module):
        outer, _, inner = member.partition(".")
        value = getattr(imported, outer)
        if inner:
            value = inspect.getattr_static(value, inner)
            if not inspect.isfunction(value):
                continue  # a property, or bound to its class
        arguments = node.args if isinstance(node, ast.FunctionDef) else api_pages.constructor(node)
        if inspect.isclass(value) and not api_pages.argument_names(arguments):
            continue  # its constructor is that of the class it extends
        parameters = inspect.signature(value).parameters.values()
        assert sorted(api_pages.argument_names(arguments)) == sorted(p.name for p in parameters)
        defaults = [d for d in (*arguments.defaults, *arguments.kw_defaults) if d]
        assert len(defaults) == sum(p.default is not p.empty for p in parameters), member


@every_module
def test_the_link_to_the_source_leads_to_the_definition(name: str) -> None:
    module = Module(name)
    lines = module.path.read_text("utf-8").splitlines()
    for member, node in members(module):
        address = api_pages.source_address(REPOSITORY, module.full_name, member)
        page, _, line = address.partition("#L")
        assert page == f"https://github.com/somebody/some-book/blob/{'0' * 40}/utils/{name}.py"
        first, last = map(int, line.split("-L"))
        kind = "class" if isinstance(node, ast.ClassDef) else "def"
        assert lines[first - 1].strip().startswith(f"{kind} {node.name}")
        assert last == node.end_lineno


def test_without_a_repository_there_is_no_link_to_the_source() -> None:
    assert api_pages.source_address(None, "utils.models.attention", "Attention") is None


def test_a_module_as_markdown(tmp_path: Path) -> None:
    folder = tmp_path / "utils"
    folder.mkdir()
    (folder / "other.py").write_text("class Thing: pass")
    (folder / "one.py").write_text(
        '''"""One sentence.

    code = 1 < 2

1 < 2.
"""
from .other import Thing

Pair = tuple[Thing, int]
LIMIT = 3

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
    assert api_pages.module_page(Module("one", folder)) == (
        """## `utils.one`

:::{py:module} utils.one

:::

One sentence.

    code = 1 < 2

1 &lt; 2.

:::{py:data} Pair
:value: tuple[Thing, int]
:::

:::::{py:class} Both(left: ~utils.one.Pair, right: int=LIMIT)
*Extends* `Thing`.

Two.

- `left`: the first

::::{py:method} make(things: list[~utils.other.Thing], *, fast=True) -> ~utils.one.Pair
:classmethod:

- `things`: a few;
- `fast`: or not.
::::

::::{py:property} size
:type: int

How many.
::::
:::::

:::::{py:exception} OwnError
*Extends* `Exception`.

Wrong.
:::::"""
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


def test_only_names_that_cannot_be_mistaken_are_linked_from_afar() -> None:
    full = ["utils.a", "utils.a.Thing", "utils.a.fit", "utils.a.fit_all", "utils.b.fit_all"]
    full += ["utils.b.Thing.method", "torch.nn.Module"]
    assert api_pages.unmistakable_names(full) == {
        "Thing": "utils.a.Thing",
        "a.Thing": "utils.a.Thing",
        "a.fit": "utils.a.fit",
        "a.fit_all": "utils.a.fit_all",
        "b.fit_all": "utils.b.fit_all",
        "Thing.method": "utils.b.Thing.method",
        "b.Thing.method": "utils.b.Thing.method",
    }
