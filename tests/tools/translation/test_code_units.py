"""Units of code cells, by small cells whose comments and strings are known."""

from __future__ import annotations

import pytest

from tools.translation.code_units import translate, units

CELL = """%pip install x
# One comment
# on two lines
x = 1  # another one
# @title Solution { display-mode: "form" }
# Below it
print(f"{x:.1f} of "
      "all {}", kind="dot")
y = {"a.b": "näher", "#fff": b"bytes"}  # fmt: skip
"""


def test_comments_and_strings_are_units() -> None:
    assert units(CELL) == [
        ("One comment on two lines", "comment"),
        ("another one", "comment"),
        ('@title Solution { display-mode: "form" }', "comment"),
        ("Below it", "comment"),
        ("{x:.1f} of all {{}}", "string"),
        ("dot", "string"),
        ("näher", "string"),
    ]


def test_punctuation_behind_a_field_is_written_otherwise_in_chinese() -> None:
    cell = 'a = f"{x}: {y}", f"{x:.1f} %", f"{x}, {y}", f"{x}:{y}", f"({x})"\n'
    assert units(cell) == [("{x}: {y}", "string"), ("{x:.1f} %", "string")]


def test_a_translation_leaves_the_program_as_it_is() -> None:
    chinese = {
        "One comment on two lines": "一条注释",
        "another one": "又一条",
        "{x:.1f} of all {{}}": "全部{{}}里的{x:.1f}",
    }
    assert translate(CELL, lambda unit, _kind: chinese.get(unit, unit)) == (
        '%pip install x\n# 一条注释\nx = 1  # 又一条\n# @title Solution { display-mode: "form" }\n'
        '# Below it\nprint(f"全部{{}}里的{x:.1f}", kind="dot")\n'
        'y = {"a.b": "näher", "#fff": b"bytes"}  # fmt: skip\n'
    )


@pytest.mark.parametrize("other", ["{y}里的", '{x:.1f}"里的', "没有"])
def test_another_program_is_refused(other: str) -> None:
    with pytest.raises((ValueError, SyntaxError)):
        translate(CELL, lambda unit, _kind: other if unit.startswith("{x") else unit)


def test_a_literal_in_several_lines_stays_one_and_fields_and_escapes_stay_whole() -> None:
    cell = 'f(\n    alt=f"one {x:.1f}, "\n    "two",\n)\n'
    chinese = "很长的一句话，" * 12 + "{x:.1f}\\u00a0" + "还没有完。" * 8
    made = translate(cell, lambda _unit, _kind: chinese)
    lines = made.splitlines()
    assert len(lines) > 5 and lines[1].startswith('    alt=f"很长')
    assert all(line.startswith('        f"') for line in lines[2:-1])
    assert all(len(line) + sum(c > "\u2e80" for c in line) <= 86 for line in lines)
    assert units(made) == [(chinese, "string")]
    assert not any(line.lstrip(' f"').startswith(("，", "。")) for line in lines)


def test_a_long_comment_is_wrapped() -> None:
    cell = "# first\n# second\n"
    lines = translate(cell, lambda _unit, _kind: "很长的注释，" * 20).splitlines()
    assert len(lines) > 2 and all(
        line.startswith("# 很") or line.startswith("# ") for line in lines
    )
    assert all(2 * len(line) <= 88 for line in lines)
