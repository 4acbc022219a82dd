"""tools/sphinx_extensions/figures.py: a stored figure as part of a page."""

import re

import pytest
import torch

from tools.sphinx_extensions.figures import on_page
from utils.drawing.canvas import Canvas
from utils.drawing.figures import as_svg, draw_curve, image_grid, new_figure

ALT = 'A curve that falls & the words "not steeply" beside it.'


def stored(caption: str = "") -> str:
    figure, axes = new_figure()
    draw_curve(axes, [1, 2, 3], [3, 1, 2], "network")
    axes.axhline(2, color="black")
    axes.set_title("编码器")
    return as_svg(figure, ALT, caption)


def test_paper_and_fixed_colours_go_and_the_text_for_screen_readers_stays() -> None:
    html = on_page(stored(), "a-")
    assert "paper" not in re.sub(r"var\([^)]*\)", "", html)
    assert not re.search(r"#[0-9a-f]{6}", html)
    assert {"ink", "muted", "grid", "purple"} <= set(re.findall(r"var\(--figure-(\w+)\)", html))
    label = 'role="img" aria-label="A curve that falls &amp; the words &quot;not steeply&quot; '
    assert label in html and "font-family" not in html and "xmlns" not in html


def test_the_caption_is_the_page_s_and_no_longer_the_drawing_s() -> None:
    plain, captioned = on_page(stored(), "a-"), on_page(stored("Of 5 & more."), "a-")
    assert "<figcaption>Of 5 &amp; more.</figcaption>" in captioned
    assert captioned.replace("<figcaption>Of 5 &amp; more.</figcaption>", "") == plain


def test_two_figures_of_a_page_share_no_name() -> None:
    one, other = (on_page(stored(), f"page-{i}-") for i in (1, 2))
    for html, prefix in ((one, "page-1-"), (other, "page-2-")):
        names = re.findall(r'id="([^"]+)"', html)
        used = re.findall(r'(?:url\(|href=")#([^)"]+)', html)
        assert names and used
        assert all(name.startswith(prefix) for name in names + used)
        assert set(used) == set(names) and len(set(names)) == len(names)


def test_chinese_is_marked_and_images_stay_as_they_are() -> None:
    assert re.search(r'<text [^>]*lang="zh"[^>]*>编码器', on_page(stored(), ""))
    grid = as_svg(image_grid([torch.rand(2, 1, 28, 28)], ["digits"]), ALT)
    (before,), (after,) = (
        re.findall(r"data:image/png;base64,[^\"]+", text) for text in (grid, on_page(grid, "x-"))
    )
    assert before == after


@pytest.mark.parametrize(
    ("given", "put"),
    [
        ("<rect", "<script>alert(1)</script><rect"),
        ("<rect", '<rect onclick="alert(1)"'),
        ("<rect", '<image href="https://example.org/a.png"/><rect'),
        ("<rect", '<use href="https://example.org/a.svg#a"/><rect'),
        ("<rect", "<style>*{color:red}</style><rect"),
        ("<rect", "<foreignObject/><rect"),
        ("#5b6470", "#123456"),
    ],
)
def test_what_no_figure_of_ours_has_is_refused(given, put) -> None:
    svg = stored()
    assert given in svg
    with pytest.raises(ValueError, match=r"expected .*, got"):
        on_page(svg.replace(given, put), "a-")


def test_a_diagram_s_boxes_and_their_text_follow_the_theme_together() -> None:
    canvas = Canvas(height=20)
    canvas.box(10, 5, 40, 10, "Encoder")
    html = on_page(as_svg(canvas.figure, ALT), "a-")
    assert re.search(r'<path [^>]*fill="var\(--figure-blue\)"', html)
    assert re.search(r'<text [^>]*fill="var\(--figure-paper\)"[^>]*>Encoder', html)
