"""Units of Markdown texts, by small texts whose parts are known."""

from __future__ import annotations

import pytest

from tools.translation.markdown_units import headings, is_prose, shown_text, translate, units

PAGE = """# A *short* page

One thought
on two lines, with $a_1$ and `code`.

- the first
- [a link](other.md#there)

> quoted
> on

| Head | 3 |
| --- | --: |
| a cell | `x` |

Read
: how it is read

$$x = 1$$

```python
x = "code"
```

:::{glossary}
key
键 : jiàn
  What a {term}`query` is
  compared with.
:::

```{chapter-cards}
../chapters/01.ipynb: What is it?
```

<details>
<summary>More of it</summary>

Below.

</details>
"""
UNITS = [
    "A *short* page",
    "One thought on two lines, with $a_1$ and `code`.",
    "the first",
    "[a link](other.md#there)",
    "quoted on",
    "Head",
    "a cell",
    "Read",
    "how it is read",
    "What a {term}`query` is compared with.",
    "What is it?",
    "More of it",
    "Below.",
]


def test_units_are_what_is_said_and_nothing_else() -> None:
    assert units(PAGE) == UNITS


def test_a_translation_changes_units_alone() -> None:
    assert translate(PAGE, lambda unit: f"<{UNITS.index(unit)}>") == (
        "# <0>\n\n<1>\n\n- <2>\n- <3>\n\n> <4>\n\n| <5> | 3 |\n| --- | --: |\n| <6> | `x` |\n\n"
        '<7>\n: <8>\n\n$$x = 1$$\n\n```python\nx = "code"\n```\n\n'
        ":::{glossary}\nkey\n键 : jiàn\n  <9>\n:::\n\n"
        "```{chapter-cards}\n../chapters/01.ipynb: <10>\n```\n\n"
        "<details>\n<summary><11></summary>\n\n<12>\n\n</details>\n"
    )


def test_the_same_words_twice_are_found_twice() -> None:
    assert translate("one one\n\n| one | one |\n| --- | --- |\n", str.upper) == (
        "ONE ONE\n\n| ONE | ONE |\n| --- | --- |\n"
    )


@pytest.mark.parametrize("same", ["`code`", "$x + y$", "12.5", "3,000", "{cite:p}`a2017`", "→"])
def test_what_every_language_writes_alike_is_no_unit(same: str) -> None:
    assert not is_prose(same)
    assert units(f"{same}\n") == []


def test_headings_are_told_without_their_signs() -> None:
    assert list(headings("# A *b* `c`\n\ntext\n\n## D\n")) == ["A b c", "D"]


def test_stars_that_are_no_emphasis_are_shown() -> None:
    assert shown_text("**注意力**。然后") == "注意力。然后"
    assert "**" in shown_text("**注意力。**然后")
