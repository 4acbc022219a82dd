"""A finger on the explorers that draw a plane: it scrolls, taps, drags across, drags the mark."""

import pytest
from driver import middle, open_explorer, swipe

pytestmark = [pytest.mark.site, pytest.mark.browser]

# The page, the element, what a finger moves, and the mark that it can take hold of.
PLANES = {
    "query": ("chapters/05_attention.html", "book-attention-by-hand", ".handle circle"),
    "code": ("chapters/01_encoder_decoder.html", "book-code-plane", ".handle"),
    "vectors": ("chapters/06_transformer.html", "book-heads-by-hand", ".handle"),
}
FIRST = {
    "query": {"query": [1, 0.5]},
    "code": {"first": 50, "second": 50},
    "vectors": {"asking": "1", "vectors": [0.5, 0.5, *[-2] * 14]},
}


@pytest.fixture(scope="module", params=PLANES)
def opened(request, browser, site):
    page, name, handle = PLANES[request.param]
    driven = open_explorer(browser, f"{site.as_uri()}/{page}", name)
    yield driven, request.param, handle
    driven.close()


@pytest.fixture
def explorer(opened):
    """As it was opened, and in sight."""
    driven, moved, _ = opened
    driven.element.evaluate("(element, state) => element.set(state)", FIRST[moved])
    driven.element.scroll_into_view_if_needed()
    yield driven
    assert driven.errors == []


@pytest.fixture
def moved(opened):
    return opened[1]


@pytest.fixture
def plane(explorer):
    return explorer.element.locator("svg").first


def place_in(plane, across, down):
    """A place of the drawing on the screen, from shares of it."""
    box = plane.bounding_box()
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


@pytest.mark.parametrize("way", [-150, 150])
def test_a_finger_that_goes_up_or_down_scrolls_the_page(explorer, plane, way):
    before = explorer.result
    x, y = place_in(plane, 0.75, 0.7)
    assert swipe(plane, (x, y), (x + 6, y + way))
    assert explorer.result == before


def test_a_finger_that_goes_sideways_or_taps_moves_the_point(explorer, plane, moved):
    before = explorer.result[moved]
    x, y = place_in(plane, 0.85, 0.6)
    assert not swipe(plane, (x, y), (x + 1, y + 1))
    tapped = explorer.result[moved]
    assert tapped[0] > before[0] and tapped[1] != before[1]
    x, y = place_in(plane, 0.5, 0.25)
    assert not swipe(plane, (x, y), (x - 90, y + 10))
    dragged = explorer.result[moved]
    assert dragged[0] < tapped[0] and dragged[1] > tapped[1]


def test_a_finger_on_the_mark_drags_it_anywhere(opened, explorer, plane, moved):
    before = explorer.result[moved]
    x, y = middle(explorer.element.locator(opened[2]).first)
    assert not swipe(plane, (x, y), (x + 2, y + 80))
    after = explorer.result[moved]
    assert after[1] < before[1]
    assert abs(after[0] - before[0]) < 0.1 * abs(after[1] - before[1]) + 0.1
