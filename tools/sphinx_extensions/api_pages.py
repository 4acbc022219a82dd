"""The pages on `utils`, made from its docstrings.

The modules are read, never imported: rendering the book needs no PyTorch. Directives write what
they find as MyST Markdown, in the terms of Sphinx's domain for Python, which gives every module,
class, method and function an anchor with its full name (`utils.models.attention.Attention`):

    ```{api-overview}
    ```

    ```{api-about} models
    ```

    ```{api-room} models
    ```

There is a page for each room of `utils`, in the order in which pyproject.toml lets them import from
each other, the lowest first; within a room a module comes after those that it imports.

A docstring is Markdown as it stands. One thing is added: where a line begins with the name of an
argument or a field and a colon, an item of a list begins.
"""

from __future__ import annotations

import ast
import copy
import os
import re
import tomllib
from collections.abc import Collection, Mapping
from functools import cache, cached_property
from graphlib import TopologicalSorter
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from tools import ROOT
from tools.publishing.repository import Repository

PACKAGE = "utils"

# What a decorator makes of a function, in the words of Sphinx's directives.
PROPERTIES = {"property", "cached_property"}
METHOD_OPTIONS = {"classmethod", "staticmethod"}
CODE_OR_ADDRESS = re.compile(r"(?P<code>`[^`]*`)|https?://(?P<address>[^\s<>]*[^\s<>.,;:])|<")

ARGUMENT_LIST = re.compile(r"<dl>\n(<dd>.*?)</dl>", re.DOTALL)

Member = ast.FunctionDef | ast.ClassDef | ast.Assign


# ------------------------------------------------------------------------------
# Reading a module


@cache
def rooms() -> list[str]:
    """The rooms of `utils`, from the one that uses no other to the one that may use all."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (layers,) = (c["layers"] for c in settings["contracts"] if c["type"] == "layers")
    return layers[::-1]


@cache
def modules_of(room: str) -> list[Module]:
    """The modules of a room, each after those of the same room that it imports."""
    folder = ROOT / PACKAGE / room
    modules = {path.stem: Module(path) for path in sorted(folder.glob("[!_]*.py"))}
    uses = {name: modules.keys() & module.siblings for name, module in modules.items()}
    return [modules[name] for name in TopologicalSorter(uses).static_order()]


def about(room: str) -> str:
    """The one sentence that says what belongs into a room."""
    source = (ROOT / PACKAGE / room / "__init__.py").read_text("utf-8")
    return ast.get_docstring(ast.parse(source)) or ""


class Module:
    """A module of `utils`, as its source says it."""

    def __init__(self, path: Path, root: Path = ROOT):
        self.full_name = ".".join(path.relative_to(root).with_suffix("").parts)
        self.path = path
        text = path.read_text("utf-8")
        self.lines = text.splitlines()
        self.tree = ast.parse(text)
        self.docstring = ast.get_docstring(self.tree) or ""

    @cached_property
    def imports(self) -> dict[str, str]:
        """What is imported from `utils`: names, and the full names of the modules they are from."""
        found = {}
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.level:
                package = self.full_name.split(".")[: -node.level]
                source = ".".join([*package, *filter(None, [node.module])])
                found |= {alias.name: source for alias in node.names}
        return found

    @property
    def siblings(self) -> set[str]:
        """The names of the modules of its own room that it imports, or imports from."""
        room = self.full_name.rpartition(".")[0]
        inside = {name for name, source in self.imports.items() if source == room}
        return inside | {
            source.rpartition(".")[2]
            for source in self.imports.values()
            if source.rpartition(".")[0] == room
        }

    def source(self, node: ast.AST) -> str:
        """The lines of a class or function, its decorators included."""
        first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
        return "\n".join(self.lines[first - 1 : node.end_lineno])

    @property
    def summary(self) -> str:
        """The docstring's first paragraph, which is one sentence."""
        return self.docstring.partition("\n\n")[0]

    @cached_property
    def members(self) -> dict[str, Member]:
        """What is public, in the order of the source: classes, functions, and names of types.

        Constants, in capital letters, are none of them.
        """
        found: dict[str, Member] = {}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found[node.name] = node
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = node
        return {
            name: node for name, node in found.items() if is_public(name) and not name.isupper()
        }

    @cached_property
    def types(self) -> dict[str, str]:
        """The full names of what annotations call by a short one, as far as it is of `utils`."""
        own = {name: f"{self.full_name}.{name}" for name in self.members}
        return own | {name: f"{source}.{name}" for name, source in self.imports.items()}

    def field_comments(self, node: ast.ClassDef) -> str:
        """The comments behind the fields of a class, a line each, in the form of its docstring."""
        comments = []
        for field in fields(node):
            _, mark, comment = self.lines[field.end_lineno - 1][field.end_col_offset :].partition(
                "# "
            )
            if mark:
                comments.append(f"{ast.unparse(field.target)}: {comment}")
        return "\n".join(comments)

    def find(self, name: str) -> Member | None:
        """`function`, `Class` or `Class.method`; None where there is none such."""
        outer, _, inner = name.partition(".")
        member = self.members.get(outer)
        return methods(member).get(inner) if inner and member else member


def is_public(name: str) -> bool:
    return not name.startswith("_")


def methods(node: Member) -> dict[str, ast.FunctionDef]:
    """The public methods and properties of a class."""
    body = node.body if isinstance(node, ast.ClassDef) else []
    functions = [item for item in body if isinstance(item, ast.FunctionDef)]
    return {item.name: item for item in functions if is_public(item.name)}


def fields(node: ast.ClassDef) -> list[ast.AnnAssign]:
    """The fields of a dataclass or a named tuple; what another class annotates are none."""
    kinds = [ast.unparse(part).partition("(")[0] for part in (*node.decorator_list, *node.bases)]
    if not {"dataclass", "NamedTuple"} & set(kinds):
        return []
    return [item for item in node.body if isinstance(item, ast.AnnAssign)]


def decorators(node: ast.FunctionDef) -> set[str]:
    return {ast.unparse(decorator) for decorator in node.decorator_list}


def constructor(node: ast.ClassDef) -> ast.arguments:
    """What a class is called with: what its `__init__` takes, or the fields that it consists of."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return without_first(item.args)
    return ast.arguments(
        posonlyargs=[],
        args=[ast.arg(ast.unparse(item.target), item.annotation) for item in fields(node)],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[item.value for item in fields(node) if item.value and not is_option(item.value)],
    )


def is_option(value: ast.expr) -> bool:
    """Whether it only says how a field is treated, as `field(repr=False)` does: no default."""
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "field"


def without_first(arguments: ast.arguments) -> ast.arguments:
    """The arguments but for `self` or `cls`."""
    arguments = copy.copy(arguments)
    arguments.args = arguments.args[1:]
    return arguments


def argument_names(arguments: ast.arguments) -> list[str]:
    return [node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)]


# ------------------------------------------------------------------------------
# Writing it as Markdown


def module_page(module: Module) -> str:
    """A section on a module: its docstring, then all of its members."""
    parts = [
        f"## `{module.full_name}`",
        fence(3, "py:module", module.full_name, ""),
        docstring_as_markdown(module.docstring, ()),
    ]
    for name, node in module.members.items():
        if isinstance(node, ast.ClassDef):
            parts += [class_entry(node, module), folded_source(node, module)]
        elif isinstance(node, ast.FunctionDef):
            parts.append(function_entry("py:function", node, node.args, module.types))
            parts.append(folded_source(node, module))
        else:
            parts.append(fence(3, "py:data", name, f":value: {ast.unparse(node.value)}"))
    return "\n\n".join(parts)


def folded_source(node: ast.ClassDef | ast.FunctionDef, module: Module) -> str:
    """The source of a class or function, to be unfolded: so it is read without any network."""
    return (
        f'<details class="api-source">\n<summary>Source of {node.name}</summary>\n\n'
        f"```python\n{module.source(node)}\n```\n\n</details>"
    )


def class_entry(node: ast.ClassDef, module: Module) -> str:
    """A class: what it extends, its docstring, the comments of its fields, its methods."""
    arguments = constructor(node)
    bases = [ast.unparse(base) for base in node.bases]
    is_error = node.name.endswith("Error")
    text = f"{ast.get_docstring(node) or ''}\n\n{module.field_comments(node)}".strip()
    parts = [docstring_as_markdown(text, argument_names(arguments))]
    if bases:
        parts.insert(0, f"*Extends* {', '.join(f'`{base}`' for base in bases)}.")
    for method in methods(node).values():
        names = decorators(method)
        kind = "py:property" if names & PROPERTIES else "py:method"
        arguments_of = method.args if "staticmethod" in names else without_first(method.args)
        parts.append(function_entry(kind, method, arguments_of, module.types))
    signature = node.name if is_error else node.name + in_brackets(arguments, module.types)
    kind = "py:exception" if is_error else "py:class"
    return fence(5, kind, signature, "\n\n".join(parts))


def function_entry(
    kind: str, node: ast.FunctionDef, arguments: ast.arguments, types: Mapping[str, str]
) -> str:
    """A function, or what a class has: a method or a property."""
    docstring = docstring_as_markdown(ast.get_docstring(node) or "", argument_names(arguments))
    result = annotation(node.returns, types) if node.returns else ""
    if kind == "py:property":
        return fence(4, kind, node.name, f":type: {result}\n\n{docstring}")
    options = "".join(f":{name}:\n" for name in sorted(decorators(node) & METHOD_OPTIONS))
    signature = node.name + in_brackets(arguments, types) + (result and f" -> {result}")
    return fence(4, kind, signature, f"{options}\n{docstring}")


def fence(colons: int, directive: str, argument: str, content: str) -> str:
    return f"{':' * colons}{{{directive}}} {argument}\n{content}\n{':' * colons}"


def in_brackets(arguments: ast.arguments, types: Mapping[str, str]) -> str:
    arguments = copy.deepcopy(arguments)
    for node in ast.walk(arguments):
        if isinstance(node, ast.arg) and node.annotation:
            node.annotation = ast.Name(annotation(node.annotation, types))
    return f"({ast.unparse(arguments)})"


def annotation(node: ast.expr, types: Mapping[str, str]) -> str:
    """The annotation, with full names where Sphinx shall make a link; it shows their last part."""
    node = copy.deepcopy(node)
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in types:
            part.id = f"~{types[part.id]}"
    return ast.unparse(node)


def docstring_as_markdown(docstring: str, names: Collection[str]) -> str:
    """The docstring with a list where it explains what `names` holds, and with addresses as links.

    An item begins with a name, or several, and a colon at the beginning of a line, or behind a full
    stop or a semicolon, and ends where the next one begins or the paragraph ends.
    """
    blocks = []
    for block in docstring.split("\n\n"):
        if not block.startswith("    "):
            if names:
                name = f"(?:{'|'.join(map(re.escape, names))})"
                item = rf"(?:^|\n|(?<=[.;])\s+)({name}(?:, {name})*): "
                block = re.sub(item, as_item, block).lstrip()
            block = CODE_OR_ADDRESS.sub(protect, block)
        blocks.append(block)
    return "\n\n".join(blocks)


def as_item(found: re.Match) -> str:
    names = ", ".join(f"`{name}`" for name in found[1].split(", "))
    return f"\n- {names}: "


def protect(found: re.Match) -> str:
    """Code as it is, an address as a link, and what would begin HTML as text."""
    if found["code"]:
        return found["code"]
    if not found["address"]:
        return "&lt;"
    address, rest = found["address"], ""
    while address.endswith(")") and address.count(")") > address.count("("):
        address, rest = address[:-1], f"){rest}"
    return f"[{address}](<https://{address}>){rest}"


# ------------------------------------------------------------------------------
# What Sphinx does with it


class MarkdownDirective(SphinxDirective):
    """A directive that stands for Markdown."""

    def parse(self, text: str) -> list[nodes.Node]:
        # Quotation marks in docstrings are often those of Python: they stay straight on this page.
        document = self.state.document
        document.settings = copy.copy(document.settings)
        document.settings.smart_quotes = False
        node = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines()), 0, node, match_titles=True)
        return node.children


class RoomDirective(MarkdownDirective):
    """A directive that is about a room of `utils`."""

    required_arguments = 1

    def room(self) -> str:
        (room,) = self.arguments
        if room not in rooms():
            raise self.error(f"expected one of {', '.join(rooms())}, got {room!r}")
        return room


class ApiAbout(RoomDirective):
    """What belongs into a room. Apart from its modules, whose sections would come before it."""

    def run(self) -> list[nodes.Node]:
        room = self.room()
        self.env.note_dependency(str(ROOT / PACKAGE / room / "__init__.py"))
        return self.parse(about(room))


class ApiRoom(RoomDirective):
    """The modules of a room, a section each."""

    def run(self) -> list[nodes.Node]:
        modules = modules_of(self.room())
        for module in modules:
            self.env.note_dependency(str(module.path))
        return self.parse("\n\n".join(map(module_page, modules)))


class ApiOverview(MarkdownDirective):
    """Every module with its one sentence, under the title of the page that tells more."""

    def run(self) -> list[nodes.Node]:
        lines = []
        for room in rooms():
            page = Path(self.env.doc2path(self.env.docname)).with_name(f"{room}.md")
            title = page.read_text("utf-8").partition("\n")[0].removeprefix("# ")
            lines += [f"## [{title}]({room}.md)", "", about(room), ""]
            for module in modules_of(room):
                self.env.note_dependency(str(module.path))
                summary = docstring_as_markdown(module.summary, ()).replace("\n", " ")
                lines += [f"{{py:mod}}`{module.full_name}`", f": {summary}", ""]
        return self.parse("\n".join(lines))


class LinkCode(SphinxPostTransform):
    """Makes `code` that names something of `utils` a link to it; in a chapter where it comes first.

    A name has to be unmistakable: a full one (`utils.images.noise`, `noise.gaussian`), or one
    that only
    one module has and that is no common word (`DotScore`, `load_digits`). In a docstring it may
    also be of the same class or module, unless an argument is called so.
    """

    default_priority = 800
    formats = ("html",)

    def run(self, **_arguments: object) -> None:
        objects = self.env.get_domain("py").objects
        short_names = unmistakable_names(objects)
        seen: set[str] = set()
        for literal in list(self.document.findall(nodes.literal)):
            if not is_prose(literal):
                continue
            name = literal.astext().removesuffix("()")
            if name.startswith(f"{PACKAGE}/"):
                name = name.removesuffix(".py").replace("/", ".")
            if name in arguments_around(literal):
                continue
            scopes = scopes_of(literal)
            candidates = [f"{scope}.{name}" for scope in scopes]
            candidates += [name, short_names.get(name, "")]
            target = next((c for c in candidates if c in objects), "")
            if not target or target in scopes or (not scopes and target in seen):
                continue
            seen.add(target)
            entry = objects[target]
            code = literal.deepcopy()
            reference = make_refnode(
                self.app.builder, self.env.docname, entry.docname, entry.node_id, code, target
            )
            literal.replace_self(reference)


def unmistakable_names(full_names: Collection[str]) -> dict[str, str]:
    """Short names -> full names, of modules and their members, as far as there is no doubt.

    Short is a module without its package and room, and what it has with or without the module.
    """
    found: dict[str, set[str]] = {}
    for full_name in full_names:
        package, *inner = full_name.split(".")
        if package != PACKAGE or len(inner) < 2:
            continue
        for name in (".".join(inner), ".".join(inner[1:])):
            if "." in name:
                found.setdefault(name, set()).add(full_name)
        name = ".".join(inner[2:])
        if name and (name[0].isupper() or "_" in name):
            found.setdefault(name, set()).add(full_name)
    return {short: full.pop() for short, full in found.items() if len(full) == 1}


def is_prose(literal: nodes.literal) -> bool:
    """Whether a link may stand there: not in a heading, in a signature or in another link."""
    node = literal.parent
    while node is not None:
        if isinstance(node, nodes.title | nodes.reference | addnodes.desc_signature):
            return False
        node = node.parent
    return True


def arguments_around(node: nodes.Node) -> set[str]:
    """The arguments of the function or class in whose description the node stands."""
    while node is not None and not isinstance(node, addnodes.desc):
        node = node.parent
    parameters = node[0].findall(addnodes.desc_parameter) if node is not None else ()
    return {parameter[0].astext() for parameter in parameters}


def scopes_of(node: nodes.Node) -> list[str]:
    """In what the node stands on a page on `utils`: a method, its class, their module."""
    scopes = []
    while node is not None:
        if isinstance(node, addnodes.desc):
            scopes += node[0]["ids"][:1]
        elif isinstance(node, nodes.section):
            scopes += [i.removeprefix("module-") for i in node["ids"] if i.startswith("module-")]
        node = node.parent
    return scopes


def resolve_type(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, content: nodes.Node
) -> nodes.Node | None:
    """Link an annotation to the name of a type, and leave the types of other packages as text.

    Sphinx itself takes classes only for types, and names given to types for data.
    """
    if node["refdomain"] != "py":
        return None
    target = node["reftarget"]
    entry = env.get_domain("py").objects.get(target)
    if entry:
        return make_refnode(
            app.builder, node["refdoc"], entry.docname, entry.node_id, content, target
        )
    return None if target.startswith(f"{PACKAGE}.") else content


def mend_argument_lists(
    _app: Sphinx, _pagename: str, _template: str, context: dict, _doctree: object
) -> None:
    """Write arguments that have a line each as plain lines, not as a list that has no terms."""

    def as_lines(found: re.Match) -> str:
        return found[1].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")

    if "body" in context:
        context["body"] = ARGUMENT_LIST.sub(as_lines, context["body"])


def source_address(repository: Repository | None, name: str, member: str) -> str | None:
    """The lines of a module's member in the repository; None where no repository is known."""
    if repository is None:
        return None
    module = Module(ROOT.joinpath(*name.split(".")).with_suffix(".py"))
    node = module.find(member)
    if node is None:
        raise ExtensionError(f"expected {member} in {module.path}, found none")
    path = module.path.relative_to(ROOT).as_posix()
    return f"{repository.code}/{path}#L{node.lineno}-L{node.end_lineno}"


def link_sources(app: Sphinx, _config: object) -> None:
    """Tell sphinx.ext.linkcode where the source of what it documents is to be read."""
    try:
        repository = Repository.from_environment(os.environ)
    except ValueError as error:
        raise ExtensionError(str(error)) from error
    app.config.linkcode_resolve = lambda _domain, info: source_address(
        repository, info["module"], info["fullname"]
    )


def setup(app: Sphinx) -> dict[str, bool]:
    app.setup_extension("sphinx.ext.linkcode")
    app.connect("config-inited", link_sources)
    app.connect("missing-reference", resolve_type)
    app.connect("html-page-context", mend_argument_lists)
    app.add_directive("api-about", ApiAbout)
    app.add_directive("api-room", ApiRoom)
    app.add_directive("api-overview", ApiOverview)
    app.add_post_transform(LinkCode)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
