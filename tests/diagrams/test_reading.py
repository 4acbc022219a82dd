"""Pictures of canvases: every word has its picture, and every true digit its frame."""

import torch
from matplotlib.patches import Rectangle

from utils.diagrams.reading import draw_canvases, draw_reading_orders, draw_reading_paths
from utils.vision.number_words import number_words

IMAGE = torch.rand(1, 40, 112, generator=torch.Generator().manual_seed(0))
CORNERS = torch.tensor([[2, 3], [5, 40], [8, 80]])
SPOKEN = {language: number_words("427", language) for language in ("English", "German")}


def frames(axes) -> list[tuple[float, float]]:
    """The corners (left, top) of the dashed squares of a digit's size."""
    return [
        patch.get_xy()
        for patch in axes.patches
        if isinstance(patch, Rectangle) and patch.get_width() == 28
    ]


def test_each_word_frames_the_digits_that_it_says() -> None:
    maps = {language: torch.rand(len(words), 70) for language, words in SPOKEN.items()}
    figure = draw_reading_paths(IMAGE, CORNERS, SPOKEN, maps)
    drawn = {}
    for axes in figure.axes:
        title = axes.get_title(loc="center").split("\n")[-1]
        if title:
            drawn.setdefault(title, frames(axes))
    assert drawn["four"] == [(3, 2)]
    assert drawn["hundred"] == []
    assert drawn["sieben"] == [(80, 8)]
    assert drawn["zwanzig"] == [(40, 5)]


def test_the_glow_is_strongest_where_the_weight_is() -> None:
    weights = torch.full((4, 70), 0.01)
    weights[0, 14 + 9] = 0.5
    figure = draw_reading_paths(
        IMAGE, CORNERS, {"English": SPOKEN["English"]}, {"English": weights}
    )
    glow = figure.axes[0].images[1].get_array()
    assert glow.shape == (5, 14, 4)
    assert glow[..., 3].argmax() == 14 + 9


def test_orders_of_languages_differ_where_the_languages_do() -> None:
    figure = draw_reading_orders(IMAGE, CORNERS, SPOKEN)
    places = [
        {text.get_text(): text.get_position()[0] for text in axes.texts if text.get_text()}
        for axes in figure.axes
    ]
    english, german = places
    assert english["1"] < english["2"] < english["3"]
    assert german["1"] < german["3"] < german["2"]  # the ones before the tens


def test_each_canvas_stands_below_its_title() -> None:
    figure = draw_canvases(torch.rand(4, 1, 40, 112), ["a", "b", "c", "d"])
    titles = [axes.get_title(loc="center") for axes in figure.axes if axes.images]
    assert titles == ["a", "b", "c", "d"]
