"""What a translation has to keep, by planted faults."""

from __future__ import annotations

import pytest

from tools.translation.documents import Unit
from tools.translation.rules import faults

TEXT = "The *weights* $w_i$ of [chapter 5](05.ipynb) are `softmax` of {term}`scores <score>`."
RIGHT = "[第5章](05.ipynb)的**权重**$w_i$，就是{term}`得分 <得分>`的`softmax`。"


def test_a_good_translation_has_no_fault() -> None:
    assert list(faults(Unit(TEXT, "text"), RIGHT)) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("$w_i$", "$w_j$"), "formula"),
        (("05.ipynb", "06.ipynb"), "link"),
        (("`softmax`", "softmax"), "code"),
        (("{term}`得分 <得分>`", "得分"), "terms"),
        (("，就", ",就"), "half-width"),
        (("的**权重**", "的 **权重**"), "space"),
        (("**权重**$w_i$，", "**权重$w_i$，**"), r"\*"),
    ],
)
def test_each_fault_is_named(change: tuple[str, str], fault: str) -> None:
    import re

    found = list(faults(Unit(TEXT, "text"), RIGHT.replace(*change)))
    assert any(re.search(fault, each) for each in found), found


@pytest.mark.parametrize(
    ("chinese", "fault"),
    [("{n}个词\\n", "number of"), ("{m}个词", "fields"), ('{n}个"词"', "quotation")],
)
def test_strings_keep_their_fields(chinese: str, fault: str) -> None:
    unit = Unit("{n} words", "string")
    assert list(faults(unit, "{n}个词")) == []
    assert any(fault in each for each in faults(unit, chinese))
