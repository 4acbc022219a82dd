"""Makes `code` that names something of `utils` a link to it; in a chapter where it comes first.

A name has to be unmistakable: a full one (`utils.images.noise`, `noise.gaussian`), or one that only
one module has and that is no common word (`DotScore`, `load_digits`). In a docstring it may also be
of the same class or module, unless an argument is called so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

from tools.sphinx_extensions.api_pages import PACKAGE

NO_PROSE = (nodes.title, nodes.reference, addnodes.desc_signature)


class LinkCode(SphinxPostTransform):
    """Puts the links in; they are for the site alone."""

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


def around(node: nodes.Node | None) -> Iterator[nodes.Node]:
    """The node, what it stands in, and so on, up to the page."""
    while node is not None:
        yield node
        node = node.parent


def is_prose(literal: nodes.literal) -> bool:
    """Whether a link may stand there: not in a heading, in a signature or in another link."""
    return not any(isinstance(node, NO_PROSE) for node in around(literal))


def arguments_around(literal: nodes.literal) -> set[str]:
    """The arguments of the function or class in whose description the code stands."""
    entry = next((node for node in around(literal) if isinstance(node, addnodes.desc)), None)
    parameters = entry[0].findall(addnodes.desc_parameter) if entry else ()
    return {parameter[0].astext() for parameter in parameters}


def scopes_of(literal: nodes.literal) -> list[str]:
    """In what the code stands on a page on `utils`: a method, its class, their module."""
    scopes = []
    for node in around(literal):
        if isinstance(node, addnodes.desc):
            scopes += node[0]["ids"][:1]
        elif isinstance(node, nodes.section):
            scopes += [i.removeprefix("module-") for i in node["ids"] if i.startswith("module-")]
    return scopes


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(LinkCode)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
