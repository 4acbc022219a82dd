"""A small book in Chinese, built with the extensions as the edition is: what its pages say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from bs4 import BeautifulSoup, Tag

from tools import ROOT

SOURCES = {
    "_toc.yml": "root: index\nentries:\n- file: book/glossary\n- file: chapters/one\n"
    "- file: book/bibliography\n",
    "book/index.md": "# 书\n\n开头。\n",
    "book/glossary.md": """# 术语表

:::{glossary}
autoencoder
自编码器 : zì biān mǎ qì
  一对{term}`编码器`和解码器。

query
查询 : chá xún
  提问的一方。

encoder
编码器 : biān mǎ qì
  读的一方。
:::

## 索引

```{pinyin-index}
```
""",
    "chapters/one.md": """# 一 编码器

自编码器在先。它的编码器读句子。

**查询**（query）来自编码器{cite:p}`two,one,three`。{cite:t}`three`说过。
""",
    "book/bibliography.md": "# 参考文献\n\n```{bibliography}\n```\n",
    "references.bib": "".join(
        f"@article{{{key}, title={{T}}, author={{{names}}}, year={{{year}}}, journal={{J}}}}\n"
        for key, names, year in (
            ("one", "Elman, J", 1990),
            ("two", "Press, O and Wolf, L", 2017),
            ("three", "Ba, J and Kiros, J and Hinton, G", 2016),
        )
    ),
    "conf.py": """
extensions = [
    "myst_parser",
    "sphinx_external_toc",
    "sphinxcontrib.bibtex",
    *(
        f"tools.sphinx_extensions.{name}"
        for name in ("bibliography chinese glossary_links glossary_page tips site").split()
    ),
]
language = "zh_CN"
site_words = "words"
html_theme = "basic"
html_static_path = []
myst_enable_extensions = ["colon_fence", "deflist"]
glossary_link_pages = ["chapters/*"]
bibtex_bibfiles = ["references.bib"]
bibtex_default_style = "book_list"
bibtex_reference_style = "author_year_round"
""",
}
WORDS = {"Open in the glossary": "到术语表里看", "Link to this term": "此术语的链接"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("edition")
    for name, text in SOURCES.items():
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "source" / name).write_text(text, encoding="utf-8")
    catalogue = Catalog(locale="zh_CN")
    for english, chinese in WORDS.items():
        catalogue.add(english, chinese)
    path = folder / "source" / "words" / "zh_CN" / "LC_MESSAGES" / "site.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOOK_")}
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "source", "site"],
        cwd=folder,
        env=kept | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return folder / "site"


def read(page: Path) -> BeautifulSoup:
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def links_in(part: Tag) -> dict[str, str]:
    return {link.get_text(): link["href"] for link in part.select("a.reference")}


def test_entries_stand_by_pinyin_under_their_chinese_names(pages: Path) -> None:
    (glossary,) = read(pages / "book" / "glossary.html").select("dl.glossary")
    heads = [re.sub("[#¶]", "", head.get_text()) for head in glossary.find_all("dt")]
    assert heads == [
        *("编码器 biān mǎ qì", "encoder", "查询 chá xún", "query"),
        *("自编码器 zì biān mǎ qì", "autoencoder"),
    ]
    assert [head.get("id") for head in glossary.find_all("dt")][::2] == [
        *("term-encoder", "term-query", "term-autoencoder"),
    ]
    assert links_in(glossary) == {"编码器": "#term-encoder"}
    assert glossary.select("a.headerlink")[0]["title"] == "此术语的链接"


def test_the_index_lists_the_english_words(pages: Path) -> None:
    (index,) = read(pages / "book" / "glossary.html").select(".pinyin-index")
    assert index.get_text(" ", strip=True) == "A autoencoder 自编码器 E encoder 编码器 Q query 查询"
    assert links_in(index)["query"] == "#term-query"


def test_a_chapter_leads_to_the_glossary_from_where_it_first_uses_a_term(pages: Path) -> None:
    first, second = read(pages / "chapters" / "one.html").select("section p")
    glossary = "../book/glossary.html#term-"
    assert links_in(first) == {"自编码器": f"{glossary}autoencoder", "编码器": f"{glossary}encoder"}
    assert links_in(second)["查询"] == f"{glossary}query"
    assert "来自编码器（" in second.get_text() and "编码器" not in links_in(second)


def test_a_tip_has_both_names_and_the_chinese_definition(pages: Path) -> None:
    page = (pages / "chapters" / "one.html").read_text("utf-8")
    tips = json.loads(re.search(r"const BOOK_TIPS = (.*?);</script>", page)[1])
    (tip,) = (tip for tip in tips if "查询" in tip["title"])
    assert BeautifulSoup(tip["title"], "html.parser").get_text() == "查询 chá xún · query"
    assert "提问的一方" in tip["text"] and tip["more"] == "到术语表里看"


def test_citations_are_written_as_in_a_chinese_sentence(pages: Path) -> None:
    second = read(pages / "chapters" / "one.html").select("section p")[1].get_text()
    assert "（Elman，1990；Ba等，2016；Press和Wolf，2017）。Ba等（2016）说过" in second


def test_chinese_is_not_marked_where_all_is_chinese(pages: Path) -> None:
    page = read(pages / "chapters" / "one.html")
    assert page.html["lang"] == "zh-CN" and not page.select('[lang^="zh-hans"]')


def test_the_search_names_terms_in_chinese_first(pages: Path) -> None:
    page = (pages / "search.html").read_text("utf-8")
    terms = json.loads(re.search(r"const BOOK_TERMS = (.*?);</script>", page)[1])
    assert {"names": ["查询", "query"], "anchor": "term-query"} in terms
