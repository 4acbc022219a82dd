"""The pages on `utils`, made from its docstrings.

The modules are read, never imported: rendering the book needs no PyTorch. Two directives write what
they find as MyST Markdown, in the terms of Sphinx's domain for Python, which gives every module,
class, method and function an anchor with its full name (`utils.models.attention.Attention`):

    ```{api-overview}
    ```

    ```{api-modules} attention
    ```

A docstring is Markdown as it stands. One thing is added: where a line begins with the name of an
argument or a field and a colon, an item of a list begins.
"""

from __future__ import annotations

import ast
import copy
import os
import re
from collections.abc import Collection, Mapping
from functools import cached_property
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

# The pages book/api/NAME.md, in the overview's order, and the modules on each.
GROUPS = {
    "data": (
        "data data_files images drawings noise corpus multi30k vocabulary batching typed".split()
    ),
    "grammar": "grammar sentences lexicon chinese german english".split(),
    "networks": "encoder_decoder convolutional quantiser codec".split(),
    "training": "training parallel_training weights".split(),
    "sequences": "language_model seq2seq decoding".split(),
    "attention": "attention alignments".split(),
    "baselines": (
        "claims intervals metrics pca denoisers series ngram translation_baselines "
        "phrase_translation translation_metrics translation_errors"
    ).split(),
    "figures": (
        "figures diagrams sequence_diagrams attention_diagrams tables source sliders frontend "
        "explorer packing"
    ).split(),
}

# What a decorator makes of a function, in the words of Sphinx's directives.
PROPERTIES = {"property", "cached_property"}
METHOD_OPTIONS = {"classmethod", "staticmethod"}
CODE_OR_ADDRESS = re.compile(r"(?P<code>`[^`]*`)|https?://(?P<address>[^\s<>]*[^\s<>.,;:])|<")

ARGUMENT_LIST = re.compile(r"<dl>\n(<dd>.*?)</dl>", re.DOTALL)

Member = ast.FunctionDef | ast.ClassDef | ast.Assign


# ------------------------------------------------------------------------------
# Reading a module


class Module:
    """A module of `utils`, as its source says it."""

    def __init__(self, name: str, folder: Path = ROOT / PACKAGE):
        self.full_name = f"{folder.name}.{name}"
        self.path = folder / f"{name}.py"
        text = self.path.read_text("utf-8")
        self.lines = text.splitlines()
        self.tree = ast.parse(text)
        self.docstring = ast.get_docstring(self.tree) or ""

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
        found = {name: f"{self.full_name}.{name}" for name in self.members}
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
                source = f"{self.path.parent.name}.{node.module}"
                found |= {alias.name: f"{source}.{alias.name}" for alias in node.names}
        return found

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
    """The fields of a dataclass or a named tuple."""
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
            parts.append(class_entry(node, module))
        elif isinstance(node, ast.FunctionDef):
            parts.append(function_entry("py:function", node, node.args, module.types))
        else:
            parts.append(fence(3, "py:data", name, f":value: {ast.unparse(node.value)}"))
    return "\n\n".join(parts)


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


class ApiModules(MarkdownDirective):
    """The modules of one of the GROUPS, a section each."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        (group,) = self.arguments
        if group not in GROUPS:
            raise self.error(f"expected one of {', '.join(GROUPS)}, got {group!r}")
        modules = [Module(name) for name in GROUPS[group]]
        for module in modules:
            self.env.note_dependency(str(module.path))
        return self.parse("\n\n".join(map(module_page, modules)))


class ApiOverview(MarkdownDirective):
    """Every module with its one sentence, under the title of the page that tells more."""

    def run(self) -> list[nodes.Node]:
        lines = []
        for group, names in GROUPS.items():
            page = Path(self.env.doc2path(self.env.docname)).with_name(f"{group}.md")
            title = page.read_text("utf-8").partition("\n")[0].removeprefix("# ")
            lines += [f"## [{title}]({group}.md)", ""]
            for module in map(Module, names):
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
    """Short names -> full names, of modules' members, as far as there is no doubt."""
    found: dict[str, list[str]] = {}
    for full_name in full_names:
        package, *inner = full_name.split(".")
        if package != PACKAGE or len(inner) < 2:
            continue
        found.setdefault(".".join(inner), []).append(full_name)
        name = ".".join(inner[1:])
        if name[0].isupper() or "_" in name:
            found.setdefault(name, []).append(full_name)
    return {short: full[0] for short, full in found.items() if len(full) == 1}


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
    module = Module(name.rpartition(".")[2])
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
    app.add_directive("api-modules", ApiModules)
    app.add_directive("api-overview", ApiOverview)
    app.add_post_transform(LinkCode)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
