"""Which Chinese characters the figures may need."""

from __future__ import annotations

import ast
import re

from tools import ROOT
from tools.notebooks import listing
from tools.translation import catalogues, program_words

# Characters, and the punctuation that stands between them.
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
CATALOGUES = catalogues.FOLDER.relative_to(ROOT)
NO_FIGURES = {program_words.EXPLORERS, program_words.SITE}  # what the browser writes
# What a figure may be labelled with before any code does so.
TERMS = """
编码器 解码器 编码 解码 隐状态 循环神经网络 序列到序列 机器翻译 固定向量 上下文 词表 概率
注意力 查询 键 值 权重 对齐 源语言 目标语言 中文 德语 英语 贪心搜索 束搜索
"""


def characters() -> set[str]:
    """The Chinese characters that code may show.

    Those in the strings of `utils`, in the notebooks' code and in what its strings are in the
    Chinese edition, and in TERMS.
    """
    texts = [TERMS, *translated_strings()]
    for path in sorted((ROOT / "utils").rglob("*.py")):
        texts += strings(ast.parse(path.read_text(encoding="utf-8")))
    for path in listing.find_notebooks():
        texts += [cell.source for cell in listing.code_cells(listing.read(path))]
    return set(CHINESE.findall("".join(texts)))


def strings(module: ast.Module) -> list[str]:
    """All strings of a program but those that stand alone: the docstrings."""
    alone = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone
    ]


def translated_strings() -> list[str]:
    """What the catalogues have for strings of Python, those of `utils` among them."""
    folder = ROOT / CATALOGUES
    paths = [path.relative_to(folder) for path in sorted(folder.rglob("*.po"))]
    names = [path.with_suffix("").as_posix() for path in paths]
    return [
        entry.chinese
        for name in names
        if name not in NO_FIGURES
        for entry in catalogues.entries(name, folder)
        if entry.unit.kind == "string"
    ]
