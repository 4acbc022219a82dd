"""Chapter 5's two translators from Chinese, against PyTorch; so on the Chinese first page."""

from pathlib import Path

import pytest
from driver import PHONE, Driven, open_explorer
from playwright.sync_api import Browser
from translators import Translators, assert_same

from tools.notebooks.listing import find_notebook
from tools.sphinx_extensions.landing import explorers_of
from tools.translation import chinese_notebooks
from utils.languages.dictionary import cut, glosses

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE, NAME = "chapters/05_attention.html", "book-two-translators"
FIRST_PAGE = "zh/index.html"
FIELD = "Chinese sentence"
SIDES = ("plain", "attending")
CONTROLS = {}
TYPED = ["彼得笑。", "我们的老师喜欢机器学习吗？", "狗在睡觉。"]


def sentences_of(data: dict) -> list[str]:
    return ["".join(sentence["source"]) for sentence in data["sentences"]]


def both_networks(data: dict) -> Translators:
    named = [model | {"name": side} for side, model in zip(SIDES, data["models"], strict=True)]
    return Translators(data | {"models": named})


def assert_as_pytorch(explorer: Driven, networks: Translators, tokens: list[str]) -> None:
    result = explorer.result
    for side in SIDES:
        shared = {key: result[key] for key in ("tokens", "unknown", "message")}
        expected = networks.expect_of(tokens, side) | {"unknown": [], "message": ""}
        assert_same(result[side] | shared, expected)


@pytest.fixture
def explorer(opened: Driven, data: dict):
    opened.set(FIELD, sentences_of(data)[0])
    yield opened
    assert opened.errors == []


def test_both_write_what_pytorch_writes(explorer: Driven, data: dict) -> None:
    networks = both_networks(data)
    assert "机器学习" in sentences_of(data)[0]
    for text in [*sentences_of(data), *TYPED]:
        explorer.set(FIELD, text)
        assert_as_pytorch(explorer, networks, list(text))
    explorer.set(FIELD, TYPED[1])
    assert "machine learning" in explorer.result["attending"]["translation"]


def test_a_full_stop_is_added_and_what_is_unknown_named(explorer: Driven) -> None:
    explorer.set(FIELD, " 彼得 笑")
    assert explorer.result["tokens"] == list("彼得笑。")
    explorer.set(FIELD, "彼得飞。")
    assert explorer.result["unknown"] == ["飞"]
    assert "飞" in explorer.result["message"]
    explorer.set(FIELD, "Peter laughs.")
    assert explorer.result["unknown"][0] == "P"
    explorer.set(FIELD, "")
    assert explorer.result["tokens"] == []
    assert "type Chinese" in explorer.result["message"]


def test_known_words_are_clicked_in_before_the_full_stop(explorer: Driven) -> None:
    explorer.set(FIELD, "彼得。")
    explorer.element.locator("summary").click()
    explorer.set("find a word", "laugh")
    explorer.element.get_by_role("button", name="笑 laugh", exact=True).click()
    assert explorer.result["tokens"] == list("彼得笑。")
    for word in cut("".join(TYPED), glosses()):
        if word.isalpha():
            chip = explorer.element.locator(".words button span", has_text=word).first
            assert chip.count() == 1, word
    explorer.element.get_by_role("button", name="close").click()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_the_chinese_first_page_opens_with_them(browser: Browser, site: Path, motion: str) -> None:
    address = (site / FIRST_PAGE).as_uri()
    phone = open_explorer(browser, address, NAME, PHONE, motion=motion)
    stored = chinese_notebooks.path_of(find_notebook("05"))
    expected, _ = explorers_of(stored)["two-translators"]
    assert phone.data == expected
    networks = both_networks(phone.data)
    for text in sentences_of(phone.data):
        phone.set("中文句子", text)
        assert_as_pytorch(phone, networks, list(text))
        shown = """element => Math.max(...["input", ".twin-arcs text", ".outcomes p", "button"]
          .flatMap(parts => [...element.shadowRoot.querySelectorAll(parts)])
          .filter(part => part.checkVisibility())
          .map(part => part.getBoundingClientRect().bottom))"""
        assert phone.element.evaluate(shown) <= PHONE["height"], text
    assert phone.errors == []
    phone.close()
