"""Two heads and one by hand on the page of chapter 6: the numbers are PyTorch's."""

import random

import pytest
import torch
from driver import BAR, PHONE, middle, open_explorer, swipe
from torch import nn
from torch.nn import functional as F

from utils.transformers.multi_head import MultiHeadAttention

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/06_transformer.html"
NAME = "book-heads-by-hand"
ASKS = "which word asks"
CONTROLS = {ASKS: 3}


@pytest.fixture
def explorer(explorer, data):
    """With the chapter's vectors."""
    move(explorer, data["vectors"])
    return explorer


def move(explorer, vectors):
    flat = torch.as_tensor(vectors).flatten().tolist()
    explorer.element.evaluate("(element, vectors) => element.set({ vectors })", flat)


def vectors_of(explorer):
    return torch.tensor(explorer.result["vectors"]).unflatten(0, (4, 4))


def close(found, expected):
    return torch.allclose(torch.tensor(found), expected, atol=1e-4)


def changing_nothing(heads):
    """The book's module with identity matrices."""
    attention = MultiHeadAttention(size=4, heads=heads)
    with torch.no_grad():
        for layer in attention.children():
            if isinstance(layer, nn.Linear):
                layer.weight.copy_(torch.eye(4))
                layer.bias.zero_()
    return attention


@torch.no_grad()
def assert_is_attention(result, vectors, asks):
    """All that is shown, by PyTorch's function and by the book's module."""
    assert result["asks"] == asks
    assert close(result["vectors"], vectors.flatten())
    for heads, shown, context in (
        (2, result["heads"], result["joined"]),
        (1, [result["one"]], result["one"]["context"]),
    ):
        seen = vectors.unflatten(1, (heads, -1)).transpose(0, 1)  # (heads, words, numbers)
        scores = seen[:, asks, None] @ seen.transpose(1, 2) / seen.shape[-1] ** 0.5
        theirs = F.scaled_dot_product_attention(seen[:, asks, None], seen, seen)
        ours = changing_nothing(heads)(vectors[None, asks, None], vectors[None], vectors[None])
        assert len(shown) == heads
        for head, found in enumerate(shown):
            assert close(found["scores"], scores[head, 0])
            assert close(found["weights"], ours.weights[0, head, 0])
            assert close(found["context"], theirs[head, 0])
        assert close(context, ours.context[0, 0])


def test_numbers_are_those_of_pytorch_whichever_word_asks(explorer, data):
    vectors = torch.tensor(data["vectors"], dtype=torch.float32)
    for asks in range(4):
        explorer.set(ASKS, asks + 1)
        assert_is_attention(explorer.result, vectors, asks)


@pytest.mark.parametrize("seed", range(4))
def test_so_are_those_of_other_vectors(explorer, seed):
    chance = random.Random(seed)
    vectors = torch.tensor([[chance.uniform(-3, 3) for _ in range(4)] for _ in range(4)])
    if seed == 0:
        vectors[2] = 0  # asks for nothing in particular
    move(explorer, vectors)
    explorer.set(ASKS, seed % 2 + 2)
    assert_is_attention(explorer.result, vectors, seed % 2 + 1)


def test_at_first_two_heads_look_at_two_words_and_one_is_torn(explorer):
    first, second = (head["weights"] for head in explorer.result["heads"])
    one = explorer.result["one"]["weights"]
    assert first[0] > 0.8 and second[3] > 0.8
    assert one[0] == pytest.approx(one[3]) and one[0] < 0.45
    said = explorer.text.replace("\u00a0", " ")
    assert "“chase” asks. Head 1 looks at “dogs” (85 %) and “chase” (10 %)." in said
    assert "Head 2 looks at “cats” (85 %)" in said
    assert "looks at “dogs” (41 %), “cats” (41 %) and “chase” (17 %)." in said


def bars(explorer):
    """How long all bars are, a row for each column."""
    lengths = explorer.element.evaluate(
        """element => [...element.shadowRoot.querySelectorAll(".bar")]
          .map(bar => Number(bar.getAttribute("width")))"""
    )
    return torch.tensor(lengths).unflatten(0, (3, 4))


def test_bars_and_texts_are_the_weights(explorer):
    for asks in (1, 3, 4):
        explorer.set(ASKS, asks)
        result = explorer.result
        shown = [*result["heads"], result["one"]]
        weights = torch.tensor([column["weights"] for column in shown])
        assert torch.allclose(bars(explorer) / 50, weights, atol=1e-3)
        texts = explorer.element.locator(".head-columns text").all_text_contents()
        for column in shown:
            for number in (*column["scores"], *column["context"]):
                told = f"{number:.2f}"
                told = told.lstrip("-") if not float(told) else told
                near = {told, f"{number + 1e-9:.2f}", f"{number - 1e-9:.2f}"}
                assert any(text.replace("-", "−") in texts for text in near), number


def handle(explorer, word, head):
    return explorer.element.get_by_role("slider", name=f"“{word}” in head {head}", exact=True)


def test_a_mouse_drags_an_arrow_and_the_other_head_does_not_notice(explorer):
    before = explorer.result
    cats = handle(explorer, "cats", 2)
    cats.scroll_into_view_if_needed()
    x, y = middle(cats)
    plane = explorer.element.locator(".word-plane").nth(1)
    frame = plane.locator(".frame").bounding_box()
    there = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    mouse = explorer.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(*there, steps=5)
    mouse.up()
    after = explorer.result
    vectors = vectors_of(explorer)
    assert vectors[3, 2:].abs().max() < 0.35
    assert torch.equal(vectors[:, :2], torch.tensor(before["vectors"]).unflatten(0, (4, 4))[:, :2])
    assert after["heads"][0] == before["heads"][0]
    assert after["heads"][1]["weights"][3] < 0.3
    assert after["one"]["weights"][0] > 0.55
    assert_is_attention(after, vectors, 2)
    explorer.element.get_by_role("button", name="back to the start").click()
    assert explorer.result == before


def test_a_press_where_no_arrow_is_moves_the_word_that_asks(explorer):
    for asks in (3, 2):
        explorer.set(ASKS, asks)
        plane = explorer.element.locator(".word-plane").first
        plane.scroll_into_view_if_needed()
        frame = plane.locator(".frame").bounding_box()
        before = vectors_of(explorer)
        explorer.page.mouse.click(
            frame["x"] + 0.8 * frame["width"], frame["y"] + 0.85 * frame["height"]
        )
        changed = (vectors_of(explorer) != before).nonzero().tolist()
        assert changed == [[asks - 1, 0], [asks - 1, 1]]
        move(explorer, before)


def test_the_keyboard_moves_an_arrow_and_not_beyond_the_edge(explorer):
    dogs = handle(explorer, "dogs", 1)
    dogs.focus()
    press = explorer.page.keyboard.press
    press("ArrowDown")
    press("Shift+ArrowLeft")
    assert vectors_of(explorer)[0, :2].tolist() == pytest.approx([2, 2.4])
    assert dogs.get_attribute("aria-valuetext") == "2.00 and 2.40"
    for _ in range(9):
        press("Shift+ArrowLeft")
    assert vectors_of(explorer)[0, 0] == -3


def test_screen_readers_are_told_who_looks_at_whom(explorer):
    explorer.set(ASKS, 2)
    said = explorer.element.locator("[aria-live]")
    said.get_by_text("“often” asks. Head 1 looks at “often”").wait_for(state="attached")


def test_a_link_of_the_page_leads_to_what_its_words_say(browser, site):
    driven = open_explorer(browser, (site / PAGE).as_uri(), NAME)
    before = driven.result
    driven.page.locator(f'article a[href^="#{NAME}."]').first.click()
    assert vectors_of(driven)[3].tolist() == [-1, 2, 0, 0]
    assert driven.result["one"]["weights"][0] > 0.6
    assert driven.result["heads"][0] == before["heads"][0]
    assert driven.errors == []
    driven.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_at_once_and_a_finger_drags(browser, site, scheme):
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE, scheme=scheme)
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.element.bounding_box()["height"] <= PHONE["height"] - BAR
    sizes = phone.element.evaluate(
        """element => [...element.shadowRoot.querySelectorAll("svg text")].map(text =>
          parseFloat(getComputedStyle(text).fontSize) *
          text.ownerSVGElement.getBoundingClientRect().width /
          text.ownerSVGElement.viewBox.baseVal.width)"""
    )
    assert min(sizes) >= 12
    plane = phone.element.locator(".word-plane").nth(1)
    plane.evaluate("plane => plane.scrollIntoView({ block: 'center' })")
    x, y = middle(handle(phone, "dogs", 2))
    assert not swipe(plane, (x, y), (x - 30, y + 40))
    vectors = vectors_of(phone)
    assert vectors[0, 2] < 1.2 and vectors[0, 3] < 0
    assert phone.errors == []
    phone.close()
