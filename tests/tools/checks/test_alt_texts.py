"""tools/checks/alt_texts.py: useful texts and useless ones; those of Markdown pages are useful."""

import re
from pathlib import Path

import pytest

from tools.checks.alt_texts import fault_of

ROOT = Path(__file__).resolve().parents[3]
USEFUL = "Two curves against the length of the code; the lower one, PCA, falls more slowly."
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "book").glob("*.md"))]
# A fence of code may show how a picture is written.
FENCE = re.compile(r"^(`{3,}).*?^\1", re.M | re.S)
PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\(|<img\b(?P<attributes>[^>]*)>")


@pytest.mark.parametrize(
    ("alt", "fault"),
    [
        (None, "no text"),
        ("  ", "no text"),
        ("digits.png", "file"),
        ("The digits that the file 02_digits_restored.svg holds, row by row", "file"),
        ("data:image/png;base64,iVBORw0KGgo", "file"),
        ("Figure", "saying"),
        ("image", "saying"),
        ("Figure 3: ten digits above, and the same ten restored below", "saying"),
        ("An image of ten digits and of what the network made of them", "saying"),
        ("The figure shows ten digits and what the network made of them", "saying"),
        ("Picture of a network of three layers, the middle one much narrower", "saying"),
        ("Screenshot of the page with a digit and three sliders below it", "saying"),
        ("Alt text: two curves that fall, one faster than the other one", "saying"),
        ("TODO say what the two curves of this plot are about", "still to be written"),
        ("Two curves", "fewer than 8 words"),
        ("Loss over epochs", "fewer than 8 words"),
        ("0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9", "different words"),
        ("Digits digits digits digits digits digits digits digits", "different words"),
        ("a b c d e f g h i j", "different words"),
        ("一个数字", "fewer than"),
        ("图片显示一个数字经过自编码器之后变得模糊而且失去细节", "begins by saying"),
        ("这张图中一条曲线从左到右下降，而另一条曲线几乎不变", "begins by saying"),
        ("数字数字数字数字数字数字数字数字数字", "different words"),
    ],
)
def test_useless_texts_are_told(alt: str | None, fault: str) -> None:
    assert fault in fault_of(alt)


@pytest.mark.parametrize(
    "alt",
    [
        USEFUL,
        "Figures of eight, drawn thinner and thinner from left to right",
        "Two images side by side: a digit, and the same digit under heavy noise",
        "The pictures of ten digits grow sharper from row to row, with 1, 2, 4 and 8 numbers each",
        "左边是一个数字，右边是同一个数字，它经过自编码器之后变得模糊",
        "两张图片并排：一个数字，以及在强噪声下的同一个数字 7",
        "Graphics cards on one axis, hours of training on the other: a steep fall",
    ],
)
def test_useful_texts_are_let_through(alt: str) -> None:
    assert fault_of(alt) is None


@pytest.mark.parametrize("beside", [USEFUL, USEFUL.upper()[:-1], f"As one sees: {USEFUL} So much."])
def test_a_text_that_stands_beside_the_picture_is_useless(beside: str) -> None:
    assert "repeats" in fault_of(USEFUL, ["Something else.", beside])
    assert fault_of(USEFUL, ["Two curves", "The lower one, PCA, falls more slowly."]) is None


def test_every_picture_in_markdown_has_a_useful_text() -> None:
    found = 0
    for page in PAGES:
        text = FENCE.sub("", page.read_text("utf-8"))
        for picture in PICTURE.finditer(text):
            found += 1
            attribute = re.search(r'alt="([^"]*)"', picture["attributes"] or "")
            alt = attribute[1] if attribute else picture["alt"]
            beside = (text[: picture.start()] + text[picture.end() + len(alt or "") :]).splitlines()
            fault = fault_of(alt, beside)
            assert fault is None, f"{page.name}: {alt!r}: {fault}"
    assert found, "the README has lost its picture"
