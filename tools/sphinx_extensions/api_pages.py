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

import copy
import os
import re
import tomllib
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import griffe
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from tools import ROOT
from tools.publishing.repository import Repository
from tools.sphinx_extensions.words import _

PACKAGE = "utils"

# What griffe says of a method in the words of Sphinx's directive.
METHOD_OPTIONS = {"classmethod", "staticmethod"}
CODE_OR_ADDRESS = re.compile(r"(?P<code>`[^`]*`)|https?://(?P<address>[^\s<>]*[^\s<>.,;:])|<")

ARGUMENT_LIST = re.compile(r"<dl>\n(<dd>.*?)</dl>", re.DOTALL)

Member = griffe.Attribute | griffe.Class | griffe.Function


# ------------------------------------------------------------------------------
# Reading the modules


def read(root: Path = ROOT) -> griffe.Module:
    """The package in the folder `root`, with its rooms and their modules."""
    # Else a folder of that name in the working directory would be read, and what has no source run.
    safe = {"try_relative_path": False, "allow_inspection": False}
    return griffe.load(PACKAGE, search_paths=[root], **safe)


@cache
def package() -> griffe.Module:
    """The book's own, read once."""
    return read()


@cache
def rooms() -> list[str]:
    """The rooms of `utils`, from the one that uses no other to the one that may use all."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    (layers,) = (c["layers"] for c in settings["contracts"] if c["type"] == "layers")
    return layers[::-1]


def modules_of(room: str) -> list[griffe.Module]:
    """The modules of a room, each after those of the same room that it imports."""
    modules = dict(sorted(package()[room].modules.items()))
    uses = {name: siblings(module) for name, module in modules.items()}
    return [modules[name] for name in TopologicalSorter(uses).static_order()]


def siblings(module: griffe.Module) -> list[str]:
    """The names of the modules of its own room that it imports, or imports from."""
    return [
        name
        for name, other in sorted(module.parent.modules.items())
        if any(f"{source}.".startswith(f"{other.path}.") for source in module.imports.values())
    ]


def members(parent: griffe.Module | griffe.Class) -> list[Member]:
    """What is public and defined there, in the order of the source.

    Of a module its classes, functions and names of types, but no constants, in capital letters; of
    a class its methods and properties.
    """
    return [
        member
        for name, member in parent.members.items()
        if not (member.is_alias or member.is_module or name.startswith("_") or name.isupper())
        and (parent.is_module or member.is_function or is_property(member))
    ]


def is_property(member: Member) -> bool:
    return "property" in member.labels


def docstring(item: griffe.Module | Member) -> str:
    return item.docstring.value if item.docstring else ""


def summary(module: griffe.Module) -> str:
    """The docstring's first paragraph, which is one sentence."""
    return docstring(module).partition("\n\n")[0]


def is_named_tuple(node: griffe.Class) -> bool:
    return "NamedTuple" in map(str, node.bases)


def fields(node: griffe.Class) -> list[griffe.Attribute]:
    """The fields of a dataclass or a named tuple; what another class annotates are none."""
    if not ("dataclass" in node.labels or is_named_tuple(node)):
        return []
    return [item for item in node.attributes.values() if item.annotation and not is_property(item)]


def field_comments(node: griffe.Class) -> str:
    """The comments behind the fields of a class, a line each, in the form of its docstring."""
    lines = {field.name: node.module.lines[field.endlineno - 1] for field in fields(node)}
    comments = {name: line.partition("  # ")[2] for name, line in lines.items()}
    return "\n".join(f"{name}: {comment}" for name, comment in comments.items() if comment)


def constructor(node: griffe.Class) -> griffe.Function:
    """What a class is called with: what its `__init__` takes, or the fields that it consists of."""
    parameters = node.parameters
    if is_named_tuple(node):  # griffe makes an `__init__` for dataclasses alone
        kind = griffe.ParameterKind.positional_or_keyword
        parameters = [
            griffe.Parameter(item.name, annotation=item.annotation, kind=kind, default=item.value)
            for item in fields(node)
        ]
    return griffe.Function(node.name, parameters=griffe.Parameters(*parameters), parent=node)


# ------------------------------------------------------------------------------
# Writing it as Markdown


def module_page(module: griffe.Module) -> str:
    """A section on a module: its docstring, then all of its members."""
    parts = [
        f"## `{module.path}`",
        fence(3, "py:module", module.path, ""),
        docstring_as_markdown(docstring(module), ()),
    ]
    for member in members(module):
        if member.is_class:
            parts += [class_entry(member), folded_source(member)]
        elif member.is_function:
            parts += [function_entry("py:function", member), folded_source(member)]
        else:
            parts.append(fence(3, "py:data", member.name, f":value: {member.value}"))
    return "\n\n".join(parts)


def folded_source(member: Member) -> str:
    """The source of a class or function, to be unfolded: so it is read without any network."""
    summary = _("Source of {name}").format(name=member.name)
    return (
        f'<details class="api-source">\n<summary>{summary}</summary>\n\n'
        f"```python\n{member.source}\n```\n\n</details>"
    )


def class_entry(node: griffe.Class) -> str:
    """A class: what it extends, its docstring, the comments of its fields, its methods."""
    called = constructor(node)
    text = f"{docstring(node)}\n\n{field_comments(node)}".strip()
    parts = [docstring_as_markdown(text, [parameter.name for parameter in called.parameters])]
    if node.bases:
        bases = ", ".join(f"`{base}`" for base in node.bases)
        parts.insert(0, _("*Extends* {bases}.").format(bases=bases))
    for member in members(node):
        entry = property_entry if is_property(member) else method_entry
        parts.append(entry(member))
    if node.name.endswith("Error"):
        return fence(5, "py:exception", node.name, "\n\n".join(parts))
    return fence(5, "py:class", called.signature(), "\n\n".join(parts))


def property_entry(node: griffe.Attribute) -> str:
    content = f":type: {node.annotation}\n\n{docstring_as_markdown(docstring(node), ())}"
    return fence(4, "py:property", node.name, content)


def method_entry(node: griffe.Function) -> str:
    options = "".join(f":{label}:\n" for label in sorted(node.labels & METHOD_OPTIONS))
    return function_entry("py:method", node, options)


def function_entry(kind: str, node: griffe.Function, options: str = "") -> str:
    names = [parameter.name for parameter in node.parameters]
    content = docstring_as_markdown(docstring(node), names)
    return fence(4, kind, node.signature(), f"{options}\n{content}")


def fence(colons: int, directive: str, argument: str, content: str) -> str:
    return f"{':' * colons}{{{directive}}} {argument}\n{content}\n{':' * colons}"


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
        return self.parse_text_to_nodes(text, allow_section_headings=True)


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
        room = package()[self.room()]
        self.env.note_dependency(str(room.filepath))
        return self.parse(docstring(room))


class ApiRoom(RoomDirective):
    """The modules of a room, a section each."""

    def run(self) -> list[nodes.Node]:
        modules = modules_of(self.room())
        for module in modules:
            self.env.note_dependency(str(module.filepath))
        return self.parse("\n\n".join(map(module_page, modules)))


class ApiOverview(MarkdownDirective):
    """Every module with its one sentence, under the title of the page that tells more."""

    def run(self) -> list[nodes.Node]:
        lines = []
        for room in rooms():
            page = Path(self.env.doc2path(self.env.docname)).with_name(f"{room}.md")
            title = page.read_text("utf-8").partition("\n")[0].removeprefix("# ")
            lines += [f"## [{title}]({room}.md)", "", docstring(package()[room]), ""]
            for module in modules_of(room):
                self.env.note_dependency(str(module.filepath))
                sentence = docstring_as_markdown(summary(module), ())
                lines += [f"{{py:mod}}`{module.path}`", f": {sentence}", ""]
        return self.parse("\n".join(lines))


def name_types_in_full(_app: Sphinx, document: nodes.document) -> None:
    """Let annotations lead to what their module calls so, and leave other packages' types as text.

    Sphinx itself would look for a class of that name in all modules.
    """
    modules = package().modules_collection
    for node in list(document.findall(addnodes.pending_xref)):
        if node["refdomain"] == "py" and node["reftype"] == "class":
            name, dot, rest = node["reftarget"].partition(".")
            with suppress(griffe.NameResolutionError):  # Python's own stay as they are
                node["reftarget"] = modules[node["py:module"]].resolve(name) + dot + rest
            node["reftype"] = "obj"  # a class, or a name given to a type
            if not node["reftarget"].startswith(f"{PACKAGE}."):
                node.replace_self(node.children)


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
    try:
        node = package().modules_collection[f"{name}.{member}"]
    except KeyError as error:
        raise ExtensionError(f"expected {member} in {name}, found none") from error
    path = node.filepath.relative_to(ROOT).as_posix()
    return f"{repository.code}/{path}#L{node.lineno}-L{node.endlineno}"


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
    app.connect("doctree-read", name_types_in_full)
    app.connect("html-page-context", mend_argument_lists)
    app.add_directive("api-about", ApiAbout)
    app.add_directive("api-room", ApiRoom)
    app.add_directive("api-overview", ApiOverview)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
