"""Two editions of one book: on each page a link to the same page in the other language.

The Chinese pages lie below `zh/`, at the addresses of the English ones. Their headings get the
English ones' anchors (tools/translation/edition.py), so that a link to a section leads to it in
both.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms import SphinxTransform
from sphinx.util.nodes import clean_astext
from sphinx.util.osutil import relative_uri

from tools.translation import FOLDER

TEMPLATES = Path(__file__).with_name("site_templates")
SWITCH = "edition-switch"


@dataclass(frozen=True)
class Edition:
    """One of the book's editions, as the other links to it."""

    language: str  # as in HTML's `lang`
    name: str  # in its own language
    address: str  # relative to the page that links to it


def is_chinese(config: Config) -> bool:
    return config.language == "zh_CN"


def other_edition(page: str, chinese: bool) -> Edition:
    """Where `page`, as "chapters/05_attention.html", stands in the other edition."""
    if chinese:
        return Edition("en", "English", relative_uri(f"{FOLDER}/{page}", page))
    return Edition("zh-Hans", "中文", relative_uri(page, f"{FOLDER}/{page}"))


def add_switch(app: Sphinx, pagename: str, _template: str, context: dict, _doctree: object) -> None:
    page = app.builder.get_target_uri(pagename)
    other = other_edition(page, is_chinese(app.config))
    context["other_edition"] = other
    # Search engines want whole addresses, which are known once the site's is.
    base = app.config.html_baseurl
    address = other.address
    if base:
        site = base if not is_chinese(app.config) else base.removesuffix(f"{FOLDER}/")
        address = site + (page if is_chinese(app.config) else f"{FOLDER}/{page}")
    context["metatags"] = context.get("metatags", "") + (
        f'\n<link rel="alternate" hreflang="{other.language}" href="{escape(address)}" />'
    )


class EnglishAnchors(SphinxTransform):
    """A section has the anchor and the name that it has in the English edition."""

    default_priority = 870  # before MyST looks where its links lead, at 879

    def apply(self, **_arguments: object) -> None:
        anchors = self.config.english_anchors.get(self.env.docname)
        if anchors is None:
            return
        sections = list(self.document.findall(nodes.section))
        slugs = {}
        for section, (anchor, slug) in zip(sections, anchors, strict=True):
            section["ids"] = [anchor, *(name for name in section["ids"] if name != anchor)]
            self.document.ids[anchor] = section
            slugs[slug] = section.line, anchor, clean_astext(section[0])
        self.document.myst_slugs = slugs
        self.env.metadata[self.env.docname]["myst_slugs"] = slugs


def configure(app: Sphinx, config: Config) -> None:
    config.templates_path.append(str(TEMPLATES))
    config.html_theme_options["article_header_end"] = [SWITCH, "article-header-buttons"]
    if is_chinese(config):
        config.html_css_files.append("chinese.css")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("config-inited", configure)
    app.connect("html-page-context", add_switch, priority=400)  # before the theme renders its parts
    app.add_js_file("edition.js", priority=100)
    app.add_config_value("english_anchors", {}, "env")
    app.add_transform(EnglishAnchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
