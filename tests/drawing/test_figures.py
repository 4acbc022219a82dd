"""drawing.figures and drawing.canvas: what is drawn is what was given, and it comes with a text."""

import base64
import io
import re
import warnings
from pathlib import Path
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image

from utils.drawing import figures
from utils.drawing.canvas import Canvas
from utils.drawing.colours import INK, MUTED, PALETTE, PAPER, THINGS
from utils.drawing.figures import (
    as_png,
    draw_curve,
    image_grid,
    name_lines,
    new_figure,
    show,
)
from utils.wording.letters import letters

ROOT = Path(__file__).resolve().parents[2]
ALT = "A curve that falls steeply and then becomes flat."


@pytest.fixture
def displayed(monkeypatch):
    shown = []
    monkeypatch.setattr(
        figures, "display", lambda data, metadata, raw: shown.append((data, metadata))
    )
    return shown


SVG = "{http://www.w3.org/2000/svg}"


def as_tree(displayed) -> ElementTree.Element:
    return ElementTree.fromstring(displayed[-1][0]["image/svg+xml"])


def texts(displayed) -> list[str]:
    return ["".join(text.itertext()) for text in as_tree(displayed).iter(f"{SVG}text")]


def test_a_figure_is_shown_once_with_its_text(displayed):
    figure, _ = new_figure()
    assert plt.get_fignums() == []  # the notebook would show it a second time
    show(figure, alt=ALT)
    ((data, metadata),) = displayed
    assert data["text/plain"] == ALT
    assert metadata == {"image/svg+xml": {"alt": ALT}}
    assert as_tree(displayed).get("role") == "img"
    assert as_tree(displayed).get("aria-label") == ALT


def test_a_figure_is_as_wide_as_a_column_and_opaque(displayed):
    figure, axes = new_figure(height=3.0)
    axes.plot([0, 1], [0, 1])
    show(figure, alt=ALT, caption="One line.")
    tree = as_tree(displayed)
    left, top, width, height = map(float, tree.get("viewBox").split())
    assert width == pytest.approx(figures.WIDTH * 72, rel=0.1) and (left, top) == (0, 0)
    paper = tree[0]
    assert paper.tag == f"{SVG}rect" and paper.get("fill") == PAPER == "#ffffff"
    assert [float(paper.get(name)) for name in ("width", "height")] == [width, height]
    assert [float(paper.get(name, 0)) for name in ("x", "y")] == [0, 0]


def test_a_caption_stands_below_the_figure_and_belongs_to_it(displayed):
    for caption in ("", "What is compared, and of how many: " + 20 * "word "):
        figure, axes = new_figure()
        axes.plot([0, 1], [0, 1])
        show(figure, alt=ALT, caption=caption)
    plain, captioned = (ElementTree.fromstring(data["image/svg+xml"]) for data, _ in displayed)
    height = float(plain.get("viewBox").split()[3])
    assert captioned.get("data-caption") == caption
    assert float(captioned.get("data-height")) == pytest.approx(height, abs=0.01)
    (group,) = (g for g in captioned.iter(f"{SVG}g") if g.get("class") == "caption")
    assert " ".join(text.text for text in group) == caption.strip()
    below = [float(text.get("y")) for text in group]
    assert height < min(below) and max(below) < float(captioned.get("viewBox").split()[3])


def test_the_same_figure_is_the_same_file(displayed):
    for _ in range(2):
        figure, axes = new_figure()
        draw_curve(axes, [1, 2, 3], [3, 2, 1], "network")
        axes.legend()
        axes.imshow(np.eye(3), extent=(1, 2, 1, 2))
        show(figure, alt=ALT)
    assert displayed[0] == displayed[1]


def test_text_is_text_formulas_too(displayed):
    canvas = Canvas(height=40)
    canvas.text(50, 30, r"$C_{t-1}$ = $\hat{x}$, $10^{-2}$")
    canvas.text(50, 20, r"costs \$5")
    canvas.text(50, 10, r"$\overrightarrow{h}_1$")  # no font is sure to have this arrow
    show(canvas.figure, alt=ALT)
    assert texts(displayed) == ["Ct−1 = x\u0302, 10−2", "costs $5"]
    glyphs = [g for g in as_tree(displayed).iter(f"{SVG}path") if g.get("id")]
    assert glyphs  # of the arrow
    assert all(glyph.get("transform") in (None, "scale(0.015625)") for glyph in glyphs)
    pieces = {
        piece.text: (piece.get("font-style"), float(piece.get("dy", 0)))
        for piece in as_tree(displayed).iter(f"{SVG}tspan")
    }
    assert pieces["C"][0] == "italic" and pieces["−1"] == (None, 0)
    assert pieces["t"][0] == "italic" and pieces["t"][1] > 0  # lowered, and what follows is not
    assert pieces[" = "][1] == -pieces["t"][1] and pieces["−2"][1] < 0  # raised
    assert canvas.axes.texts[0].get_text() == r"$C_{t-1}$ = $\hat{x}$, $10^{-2}$"


def test_each_line_of_a_text_is_aligned_in_any_font(displayed):
    canvas = Canvas(height=40)
    for align in ("left", "center", "right"):
        canvas.text(50, 20, "short\nconsiderably longer", align=align)
    show(canvas.figure, alt=ALT)
    lines = list(as_tree(displayed).iter(f"{SVG}text"))
    anchors = [(line.text, line.get("text-anchor", "start")) for line in lines]
    assert anchors == [
        (text, anchor)
        for anchor in ("start", "middle", "end")
        for text in ("short", "considerably longer")
    ]

    def place(line):
        shift = float(line.get("transform").removeprefix("translate(").split()[0])
        return shift + float(line.get("x", 0))

    middle = place(lines[2])
    assert all(place(line) == pytest.approx(middle, abs=0.1) for line in lines)


def test_images_keep_their_own_pixels(displayed):
    image = torch.zeros(2, 1, 28, 28)
    image[:, 0, 7:21, 7:21] = 1
    show(image_grid([image], ["two"]), alt=ALT)
    (found,) = as_tree(displayed).iter(f"{SVG}image")
    assert found.get("image-rendering") == "pixelated"
    data = base64.b64decode(found.get("href").removeprefix("data:image/png;base64,"))
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))
    if found.get("transform") and "-" in found.get("transform").split()[3]:
        pixels = pixels[::-1]
    assert pixels.shape == (28, 2 * 28 + 2, 4)
    assert (pixels[:, 28:30, 3] == 0).all()  # between them there is nothing
    assert (pixels[10, 10] == (0, 0, 0, 255)).all() and (pixels[2, 2] == 255).all()


def test_markers_at_the_edge_are_whole_and_what_lies_beyond_is_cut(displayed):
    _, axes = new_figure()
    for values in ([0, 1], [0, 2]):
        draw_curve(axes, [0, 1], values, "network")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    show(axes.figure, alt=ALT)
    assert [line.get_clip_on() for line in axes.get_lines()] == [False, True]


def test_labels_stand_at_the_ends_of_their_lines_and_not_on_each_other():
    _, axes = new_figure()
    ends = {"PCA": 1.0, "network": 1.01, "BM3D": 5.0, "truth": 0.0}
    for thing, end in ends.items():
        draw_curve(axes, [0, 1], [0, end], thing)
    draw_curve(axes, [], [], "JPEG")  # has no end
    axes.set(ylim=(0, 5))
    axes.axhline(3)  # has no name
    name_lines(axes)
    labels = {text.get_text(): text for text in axes.texts}
    assert set(labels) == set(ends)
    axes.figure.draw_without_rendering()
    boxes = {name: text.get_window_extent() for name, text in labels.items()}
    for name, text in labels.items():
        assert text.get_color() == THINGS[name].colour
        assert boxes[name].x0 > axes.transData.transform((1, 0))[0]
        for other, box in boxes.items():
            assert name == other or not box.overlaps(boxes[name]), (name, other)
    assert boxes["PCA"].y0 < boxes["network"].y0  # in the order of their ends
    level = axes.transData.transform((1, 5))[1]
    assert (boxes["BM3D"].y0 + boxes["BM3D"].y1) / 2 == pytest.approx(level, abs=2)


@pytest.mark.parametrize("alt", ["", "A curve.", "Loss against epochs, measured"])
def test_a_text_that_says_too_little_is_refused(displayed, alt):
    with pytest.raises(ValueError, match="expected an alt text of at least six words"):
        show(new_figure()[0], alt=alt)
    assert displayed == []


def test_ink_is_dark_on_white_paper():
    image = torch.zeros(1, 1, 28, 28)
    image[..., 7:21, 7:21] = 1
    picture = Image.open(io.BytesIO(as_png(image_grid([image], ["one"]))))
    grey = np.asarray(picture.convert("L"))
    assert grey[2, 2] > 250
    assert 0.02 < (grey < 5).mean() < 0.2  # a quarter of the image, which has a label beside it


def test_a_grid_holds_every_image_in_its_place():
    rows = [torch.full((3, 1, 28, 28), value) for value in (0.25, 0.75)]
    rows[1][2] = 1.0
    figure = image_grid(rows, ["first", "second"], ["a", "b", "c"])
    strips = [axes.images[0].get_array() for axes in figure.axes]
    assert [strip.shape[0] for strip in strips] == [28, 28]
    assert np.all(strips[0][:, :28] == 0.25)
    assert np.all(strips[1][:, -28:] == 1.0)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert sorted(texts) == ["a", "b", "c", "first", "second"]


@pytest.mark.parametrize(("counts", "labels"), [((3, 2), 2), ((3, 3), 1)])
def test_a_ragged_grid_is_refused(counts, labels):
    with pytest.raises(ValueError, match="expected one label a row and rows of 3 images"):
        image_grid([torch.zeros(n, 1, 28, 28) for n in counts], ["row"] * labels)


def test_a_curve_has_its_thing_s_look_and_its_spread():
    _, axes = new_figure()
    for thing in ("network", "PCA"):
        draw_curve(axes, [1, 2], [1.0, 2.0], thing, spread=[0.1, 0.5])
    looks = [(line.get_color(), line.get_marker()) for line in axes.lines]
    assert looks == [(THINGS[name].colour, THINGS[name].marker) for name in ("network", "PCA")]
    band = axes.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == pytest.approx(0.9) and band[:, 1].max() == pytest.approx(2.5)


def test_a_canvas_draws_in_hundredths_of_its_width():
    canvas = Canvas(height=40, width_inches=5)
    assert canvas.figure.get_size_inches() == pytest.approx((5, 2))
    picture = torch.linspace(0, 1, 6).view(2, 3)
    canvas.image(10, 20, 8, picture)
    (drawn,) = canvas.axes.images
    assert drawn.get_extent() == [10, 18, 20, 28]
    assert np.allclose(drawn.get_array(), picture)
    assert canvas.axes.get_xlim() == (0, 100) and canvas.axes.get_ylim() == (0, 40)


def test_bars_are_as_high_as_their_numbers():
    canvas = Canvas(height=40)
    canvas.bars(0, 10, 30, 20, torch.tensor([1.0, -2.0, 0.5]))
    heights = [patch.get_height() for patch in canvas.axes.patches]
    assert heights == pytest.approx([5, -10, 2.5])  # the largest fills half of the height
    assert all(patch.get_y() == 20 for patch in canvas.axes.patches)


def test_bars_of_zeros_are_no_error():
    canvas = Canvas(height=40)
    canvas.bars(0, 10, 30, 20, torch.zeros(3))
    assert [patch.get_height() for patch in canvas.axes.patches] == [0, 0, 0]


def luminance(colour: str) -> float:
    """As WCAG 2 defines it, from 0 to 1."""
    shares = np.array(to_rgb(colour))
    linear = np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted(map(luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


# What figures lie on: white paper, a dark page, the dark panel of an explorer.
@pytest.mark.parametrize(("side", "ground"), [(0, "#ffffff"), (1, "#12171f"), (1, "#1a212c")])
def test_every_colour_of_a_thing_stands_out_as_text_and_behind_text(side, ground) -> None:
    """By 4.5 to 1, as WCAG 1.4.3 asks; lines need 3 to 1."""
    assert PALETTE["paper"][0] == "#ffffff" and PALETTE["paper"][1] == "#12171f"
    names = {look.name for look in THINGS.values()} | {"ink", "muted"}
    pale = {name: contrast(PALETTE[name][side], ground) for name in names}
    assert {name: share for name, share in pale.items() if share < 4.5} == {}
    assert contrast(PALETTE["ink"][side], PALETTE["tint"][side]) >= 4.5
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def test_text_is_in_colours_of_the_palette() -> None:
    names = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor")
    assert {figures.STYLE[name] for name in names} == {INK, MUTED}


def test_the_page_and_the_explorers_have_the_palette_s_values() -> None:
    css = (ROOT / "book" / "assets" / "figures.css").read_text("utf-8")
    for side, rule in enumerate((r":root \{(.*?)\}", r'data-theme="dark"\] \{(.*?)\}')):
        declared = dict(re.findall(r"--figure-(\w+): (#\w+);", re.search(rule, css, re.S)[1]))
        assert declared == {name: colour[side] for name, colour in PALETTE.items()}
    script = (ROOT / "utils" / "explorers" / "javascript" / "drawing" / "style.js").read_text(
        "utf-8"
    )
    for name, thing in {"blue": "encoder", "green": "decoder", "orange": "code"}.items():
        values = re.findall(rf"--{name}: (#\w+);", script)
        assert values == list(PALETTE[THINGS[thing].name]), name


# ------------------------------------------------------------------------------
# Chinese


@pytest.mark.parametrize(
    "alt", ["一条曲线。", "损失随训练轮数变化而变", "a 曲线 of 损失 with 轮数 in it"]
)
def test_a_chinese_text_that_says_too_little_is_refused(displayed, alt):
    with pytest.raises(ValueError, match="or twelve Chinese characters"):
        show(new_figure()[0], alt=alt)
    assert displayed == []


def test_a_chinese_text_of_twelve_characters_says_enough(displayed):
    show(new_figure()[0], alt="一条曲线先陡降，然后变平。")
    assert len(displayed) == 1


def test_a_long_chinese_caption_has_lines_that_fit(displayed):
    caption = "一千个留出的数字的平均；实线是网络（PSNR），点线是“维纳滤波”。" * 4
    figure, axes = new_figure()
    axes.plot([0, 1], [0, 1])
    show(figure, alt=ALT, caption=caption)
    lines = texts(displayed)[-4:]
    assert "".join(lines) in caption and len(lines[0]) > 20
    left, _, width, _ = map(float, as_tree(displayed).get("viewBox").split())
    # At 10 points, with more room for Latin letters than half a Chinese character each.
    assert all(letters(line) * 5.3 <= width - left for line in lines)
    assert not any(line[0] in "，；。）”" or line[-1] in "（“" for line in lines)


def test_a_chinese_label_has_as_much_room_as_it_takes():
    image = torch.zeros(1, 1, 28, 28)
    figure = image_grid([image], ["留出的手写数字"])
    figures.use_fonts(figure)
    figure.draw_without_rendering()
    (label,) = figure.axes[0].texts
    assert label.get_window_extent().x0 >= 0


def test_chinese_is_drawn_beside_a_formula_too(caplog):
    figure, axes = new_figure()
    axes.set_xlabel("编码的第一个数$c_1$")
    family = axes.xaxis.label.get_fontfamily()
    as_png(figure)
    assert caplog.records == []  # of characters that a font lacks
    assert axes.xaxis.label.get_fontfamily() == family


def test_a_thing_is_called_by_its_name_in_chinese(chinese):
    _, axes = new_figure()
    draw_curve(axes, [0, 1], [0, 1], "Wiener filter")
    draw_curve(axes, [0, 1], [0, 1], "PCA")
    draw_curve(axes, [0, 1], [0, 1], "network", label="我们的网络")
    assert [line.get_label() for line in axes.lines] == ["维纳滤波", "PCA", "我们的网络"]


def test_texts_that_are_names_are_written_as_what_they_are_called(chinese):
    figure, axes = new_figure()
    axes.bar(["scaled dot", "PCA"], [1, 2], label="network")
    axes.set_yticks([0, 1], ["English", "a network"])
    axes.set_title("no attention")
    axes.legend()
    text = figures.as_svg(figure, "两根柱子，一根比另一根高，下面写着它们的名字。")
    for name in ("缩放点积", "PCA", "网络", "英语", "a network", "无注意力"):
        assert f">{name}<" in text
    assert not re.search("scaled dot|English|no attention|>network<", text)


def test_words_of_a_sentence_stay_even_if_they_are_names(chinese):
    figure, (upper, lower) = new_figure(rows=2)
    figures.keep_words(upper)
    upper.set_xticks([0, 1], ["German", "network"])
    figures.keep_words(lower.text(0, 0, "Chinese"))
    lower.set_xticks([0, 1], ["scaled dot", "English"])
    text = figures.as_svg(figure, "两张空图，一上一下，下面写着一句话里的词。")
    for word in ("German", "network", "Chinese", "缩放点积", "英语"):
        assert f">{word}<" in text
    assert not re.search(">(德语|中文|网络|English|scaled dot)<", text)


def test_names_at_the_ends_of_lines_are_what_they_are_called(chinese):
    _, axes = new_figure()
    axes.plot([0, 1], [0, 1], label="scaled dot")
    name_lines(axes)
    assert axes.texts[-1].get_text() == "缩放点积"


def test_chinese_that_is_added_later_is_laid_out_without_a_warning():
    """Labels are placed by how large the text is that stands there already."""
    _, axes = new_figure()
    draw_curve(axes, [0, 1], [0, 1], "network", label="网络")
    axes.set_title("轮数")
    axes.text(0, 0, "误差")
    axes.set_xticks([0, 1], ["德语", "英语"])
    axes.legend(title="模型")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        name_lines(axes)
        name_lines(axes)
