"""Chapter 4's explorer: encoder and decoder step by step, beside the same networks in PyTorch."""

import copy
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from driver import BAR, PHONE, Driven, open_explorer
from playwright.sync_api import Browser
from torch import Tensor
from translators import plain_translator

from utils.decoding.search import greedy
from utils.explorers.packed_tensors import pack, unpack
from utils.models.seq2seq import Seq2Seq
from utils.text.corpus import written
from utils.text.vocabulary import CONTROL_TOKENS, END, START, UNKNOWN, Vocabulary

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/04_seq2seq.html"
NAME = "book-translation-steps"
CONTROLS = {"temperature": 1, "sentence": 0, "step": 1}
CLOSE = 1e-4
LONGEST = 30  # as in the explorer
BARS = 7  # words with a bar of their own

# Put another explorer onto the page, with data of one's own.
PLACE = """(first, data) => {
  const script = document.createElement("script");
  script.type = "application/json";
  script.textContent = JSON.stringify(data);
  const picture = document.createElement("img");
  picture.alt = "a picture";
  const element = document.createElement(first.localName);
  element.id = "placed";
  element.append(script, picture);
  first.after(element);
}"""
# The rows of the chart: name and number of each bar, those that are not empty.
ROWS = """element => {
  const [, ...texts] = element.shadowRoot.querySelectorAll(".layers text");
  const rows = [];
  for (let i = 0; i < texts.length; i += 2)
    rows.push([texts[i].textContent, texts[i + 1].textContent]);
  return rows.filter(([name]) => name);
}"""
# What is drawn of a column of the two rows, by the number in its cell.
COLUMN = """(element, step) => {
  const column = [...element.shadowRoot.querySelectorAll(".column")]
    .find(c => c.querySelector(".cell").textContent === String(step));
  const isSeen = part => getComputedStyle(part).visibility === "visible";
  return {
    when: column.dataset.when,
    tokens: [...column.querySelectorAll(".token")].filter(isSeen).map(t => t.textContent),
  };
}"""
IS_SEEN = """(element, selector) =>
  getComputedStyle(element.shadowRoot.querySelector(selector)).visibility === "visible" """


@pytest.fixture(scope="module")
def model(data: dict) -> Seq2Seq:
    """The network that lies in the page, in PyTorch."""
    return plain_translator(data)


@pytest.fixture
def place(opened: Driven) -> Iterator:
    def placed(data: dict) -> Driven:
        opened.element.evaluate(PLACE, data)
        return Driven(opened.page.locator("#placed"), opened.errors)

    yield placed
    opened.page.evaluate("() => document.querySelector('#placed')?.remove()")


def source_token_ids(data: dict, sentence: int) -> list[int]:
    vocabulary = Vocabulary(data["source_tokens"][len(CONTROL_TOKENS) :])
    return vocabulary.encode(data["sentences"][sentence]["source"])


@torch.no_grad()
def steps_of(model: Seq2Seq, source: list[int]) -> list[tuple[Tensor, Tensor | None, int]]:
    """Hidden state, logits and token written, after each step of encoder and decoder."""
    encoded = model.encoder(torch.tensor([source]), torch.tensor([len(source)]))
    steps = [(hidden, None, -1) for hidden in encoded.outputs[0]]
    (hypothesis,) = greedy(model, torch.tensor([source]), torch.tensor([len(source)]), LONGEST)
    token_ids = [*hypothesis.token_ids, *[END] * hypothesis.finished]
    state = None
    for read, token_id in zip([START, *token_ids], token_ids, strict=False):
        decoded = model.decoder(torch.tensor([[read]]), encoded, state)
        state = decoded.state
        steps.append((state[0][-1, 0], decoded.logits[0, 0], token_id))
    return steps


def differences(result: dict, step: tuple, temperature: float) -> list[float]:
    hidden, logits, _ = step
    found = [np.abs(np.array(result["hidden"]) - hidden.numpy()).max()]
    if logits is None:
        assert result["probabilities"] == []
    else:
        expected = (logits.double() / temperature).softmax(-1).numpy()
        found.append(np.abs(np.array(result["probabilities"]) - expected).max())
    return found


def test_every_step_is_as_in_pytorch(explorer: Driven, data: dict, model: Seq2Seq) -> None:
    words = data["target_tokens"]
    for sentence in (0, len(data["sentences"]) - 1):
        source = source_token_ids(data, sentence)
        expected = steps_of(model, source)
        explorer.set("sentence", sentence)
        for number, step in enumerate(expected, 1):
            explorer.set("step", number)
            result = explorer.result
            assert result["step"] == number
            assert result["phase"] == ("encoder" if number <= len(source) else "decoder")
            assert max(differences(result, step, 1.0)) < CLOSE
            token_ids = [token_id for _, _, token_id in expected[len(source) : number]]
            assert result["written"] == [
                words[token_id] for token_id in token_ids if token_id != END
            ]
            assert result["finished"] == (token_ids[-1:] == [END])
        with pytest.raises(Exception, match="cannot be"):
            explorer.set("step", len(expected) + 1)


def test_temperature_is_as_in_pytorch(explorer: Driven, data: dict, model: Seq2Seq) -> None:
    source = source_token_ids(data, 0)
    expected = steps_of(model, source)
    number = len(source) + 2
    explorer.set("step", number)
    highest = []
    for temperature in (0.2, 0.5, 1, 1.7, 3):
        explorer.set("temperature", temperature)
        result = explorer.result
        assert max(differences(result, expected[number - 1], temperature)) < CLOSE
        assert sum(result["probabilities"]) == pytest.approx(1, abs=1e-6)
        assert len(result["written"]) == 2  # greedy, whatever the temperature
        highest.append(max(result["probabilities"]))
    assert highest == sorted(highest, reverse=True) and highest[0] > highest[-1]


@pytest.mark.parametrize("temperature", [1, 3])
def test_bars_show_the_likeliest_words(explorer: Driven, data: dict, temperature: float) -> None:
    explorer.set("temperature", temperature)
    explorer.set("step", len(data["sentences"][0]["source"]) + 1)
    result = explorer.result
    probabilities = np.array(result["probabilities"])
    order = [i for i in np.argsort(-probabilities, kind="stable") if i >= END][:BARS]
    words = data["target_tokens"]
    names = [words[i] for i in order]
    names[0] = f"▸ {names[0]}"
    rest = 1 - probabilities[order].sum()

    def percent(value: float) -> str:
        return "< 0.1 %" if 0 < value < 0.001 else f"{100 * value:.1f} %"

    rows = explorer.element.evaluate(ROWS)
    assert [name for name, _ in rows] == [*names, f"{len(words) - BARS} others"]
    assert [number for _, number in rows] == [percent(p) for p in (*probabilities[order], rest)]
    assert words[order[0]] == result["written"][0]
    widths = explorer.element.evaluate(
        "e => [...e.shadowRoot.querySelectorAll('.layers rect')].map(r => +r.getAttribute('width'))"
    )
    assert np.argsort(-np.array(widths[:BARS]), kind="stable").tolist() == list(range(BARS))
    assert f"T = {temperature:.1f}" in explorer.text


def test_nothing_is_written_while_the_encoder_reads(explorer: Driven, data: dict) -> None:
    length = len(data["sentences"][0]["source"])
    for step, is_reading in ((1, True), (length, True), (length + 1, False), (2, True)):
        explorer.set("step", step)
        assert explorer.element.evaluate(IS_SEEN, ".layers > p") == is_reading
        assert explorer.element.evaluate(IS_SEEN, ".layers > svg") != is_reading
        assert (explorer.result["written"] == []) == is_reading
    assert "No word is written yet" in explorer.element.locator(".layers > p").inner_text()


def test_the_rows_follow_the_step(explorer: Driven, data: dict) -> None:
    source = data["sentences"][0]["source"]
    length = len(source)
    explorer.set("step", length)

    def column(step: int | str) -> dict:
        return explorer.element.evaluate(COLUMN, step)

    assert column(1) == {"when": "before", "tokens": [source[0]]}
    assert column(length) == {"when": "now", "tokens": [source[-1]]}
    assert column("c")["when"] == "now"
    assert column(length + 1) == {"when": "later", "tokens": []}
    assert "the vector c" in explorer.element.locator(".said").inner_text()
    explorer.set("step", length + 2)
    first, second = explorer.result["written"]
    assert column("c")["when"] == "before"
    assert column(length + 1) == {"when": "before", "tokens": [first, CONTROL_TOKENS[START]]}
    assert column(length + 2) == {"when": "now", "tokens": [second, first]}
    assert column(length + 3) == {"when": "later", "tokens": []}
    name = explorer.element.locator(".writing .line").get_attribute("aria-label")
    assert name.endswith(f"Written so far: {written((first, second), 'en')}")


def test_the_grid_shows_sign_and_size(explorer: Driven) -> None:
    explorer.set("step", 3)
    hidden = explorer.result["hidden"]
    cells = explorer.element.evaluate(
        """(e, count) => [...e.shadowRoot.querySelectorAll("svg[aria-label^='The hidden'] rect")]
          .slice(1, count + 1) // behind the ground
          .map(r => [r.getAttribute("fill"), +r.getAttribute("fill-opacity")])""",
        len(hidden),
    )
    assert [fill == "var(--bar)" for fill, _ in cells] == [value < 0 for value in hidden]
    assert np.allclose([size for _, size in cells], np.abs(hidden), atol=1e-3)
    dashes = explorer.element.evaluate(
        "e => e.shadowRoot.querySelector('svg[aria-label^=\"The hidden\"] path')"
        ".getAttribute('d').match(/M/g).length"
    )
    assert dashes == sum(value <= -0.4 for value in hidden)


def test_sentences_are_written_as_in_the_book(explorer: Driven, data: dict) -> None:
    *options, own = explorer.element.locator("select option").all_inner_texts()
    assert own == "a sentence of your own …"
    expected = [written(tuple(s["source"]), data["language"]) for s in data["sentences"]]
    assert options == expected
    for sentence in range(min(len(expected), 6)):
        explorer.set("sentence", sentence)
        last = explorer.element.evaluate("e => e.shadowRoot.querySelector('[type=range]').max")
        explorer.set("step", int(last))
        said = explorer.element.locator(".said").inner_text()
        assert written(tuple(explorer.result["written"]), "en") in said
        truth = written(tuple(data["sentences"][sentence]["target"]), "en")
        assert truth in said
        is_right = explorer.result["written"] == data["sentences"][sentence]["target"]
        assert ("That is the true translation." in said) == is_right


def test_numbers_are_joined_as_in_the_book(place, data: dict) -> None:
    target = ("the", "twenty-", "one", "dogs", ",", "and", "cats", "are", "here", ".")
    german = ("die", "ein+", "und+", "zwanzig", "alten", "Hunde", ",", "schlafen", ".")
    sentences = [{"source": german, "target": target}]
    other = data | {"language": "de", "glosses": None, "sentences": sentences}
    placed = place(other)
    (option,) = placed.element.locator("select option").all_inner_texts()
    assert option == written(german, "de")
    placed.set("step", int(placed.element.locator("[type=range]").first.get_attribute("max")))
    assert written(target, "en") in placed.text


def test_keyboard_and_buttons(explorer: Driven) -> None:
    step = explorer.element.get_by_label("step", exact=True)
    step.focus()
    step.press("ArrowRight")
    assert explorer.result["step"] == 2
    step.press("ArrowLeft")
    assert explorer.result["step"] == 1
    step.press("End")
    last = explorer.result["step"]
    assert explorer.result["finished"]
    forwards = explorer.element.get_by_role("button", name="next")
    backwards = explorer.element.get_by_role("button", name="back")
    assert forwards.get_attribute("aria-disabled") == "true"
    forwards.press("Enter")
    assert explorer.result["step"] == last
    backwards.press("Space")
    assert explorer.result["step"] == last - 1
    assert step.input_value() == str(last - 1)
    assert forwards.get_attribute("aria-disabled") == "false"
    explorer.element.locator(".column", has_text="2").first.click()
    assert explorer.result["step"] == 2
    explorer.element.get_by_label("temperature", exact=True).press("ArrowRight")
    assert "T = 1.1" in explorer.text


def test_plays_only_where_motion_is_welcome(explorer: Driven) -> None:
    play = explorer.element.locator("button", has_text="play")
    # The step right behind the press: the next one may come before this test looks again.
    press = "(e, b) => { b.click(); return e.result.step; }"

    def press_play() -> int:
        return explorer.element.evaluate(press, play.element_handle())

    assert not play.is_visible()
    explorer.page.emulate_media(reduced_motion="no-preference")
    play.wait_for()
    assert press_play() == 2
    explorer.page.wait_for_function(f"document.querySelector('{NAME}').result.step >= 3")
    explorer.element.get_by_role("button", name="pause").click()
    assert play.is_visible()
    last = int(explorer.element.get_by_label("step", exact=True).get_attribute("max"))
    explorer.set("step", last)
    assert press_play() == 1  # from the beginning once more
    explorer.page.emulate_media(reduced_motion="reduce")
    play.wait_for(state="hidden")
    stopped = explorer.result["step"]
    explorer.page.wait_for_timeout(1000)  # longer than a step
    assert explorer.result["step"] == stopped


def test_fits_a_phone(browser: Browser, site: Path) -> None:
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME, viewport=PHONE, scheme="dark")
    explorer.set("sentence", len(explorer.data["sentences"]) - 1)
    explorer.element.get_by_label("step", exact=True).press("End")
    width = explorer.page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    too_wide, smallest = explorer.element.evaluate("""element => {
      const panel = element.shadowRoot.querySelector(".panel");
      const right = panel.getBoundingClientRect().right;
      const parts = [...panel.querySelectorAll("*")].filter(e => !e.closest("style, .unseen"));
      const scale = svg =>
        svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
      const sizes = parts.filter(e => e.childElementCount === 0 && e.textContent.trim())
        .map(e => parseFloat(getComputedStyle(e).fontSize) * scale(e.ownerSVGElement));
      return [
        parts.filter(e => e.getBoundingClientRect().right > right + 0.5).map(e => e.outerHTML),
        Math.min(...sizes),
      ];
    }""")
    assert too_wide == []
    assert smallest >= 11
    assert explorer.element.locator(".panel").get_attribute("data-theme") == "dark"
    assert explorer.errors == []
    explorer.close()


def test_markup_in_the_data_stays_text(place, data: dict) -> None:
    markup = "<img src=x onerror=\"document.title='broken'\">"
    title = "() => document.title"
    other = copy.deepcopy(data)
    other["target_tokens"] = [markup] * len(data["target_tokens"])
    other["sentences"] = [{"source": [markup, "他"], "target": [markup]}]
    placed = place(other)
    placed.set("step", 1)
    assert f"reads {markup}, which is not in its vocabulary," in placed.text
    placed.set("step", 3)
    assert f"writes “{markup}”" in placed.text
    count = "e => e.shadowRoot.querySelectorAll('img').length"
    assert placed.element.evaluate(count) == 0
    assert placed.page.evaluate(title) != "broken"


def test_an_unknown_token_is_read_as_unknown(place, data: dict, model: Seq2Seq) -> None:
    source = [*data["sentences"][0]["source"][:3], "</s>", "龘"]
    assert "龘" not in data["source_tokens"]
    placed = place(data | {"sentences": [{"source": source, "target": ["x"]}]})
    token_ids = source_token_ids({**data, "sentences": [{"source": source}]}, 0)
    assert token_ids[-2:] == [UNKNOWN, UNKNOWN]
    placed.set("step", len(source))
    assert max(differences(placed.result, steps_of(model, token_ids)[len(source) - 1], 1)) < CLOSE
    assert "龘, which is not in its vocabulary," in placed.text


def test_a_translation_without_end_is_stopped(place, data: dict) -> None:
    bias = unpack(data["weights"]["decoder.to_logits.bias"])
    bias[END] = -1000
    weights = data["weights"] | {"decoder.to_logits.bias": pack(bias, "float32")}
    placed = place(data | {"weights": weights})
    length = len(data["sentences"][0]["source"])
    placed.set("step", length + LONGEST)
    assert len(placed.result["written"]) == LONGEST
    assert not placed.result["finished"]
    assert f"Here it is stopped, after {LONGEST} words" in placed.text


def test_without_sentences_the_picture_stays(place, data: dict) -> None:
    placed = place(data | {"sentences": []})
    assert placed.element.locator("img").is_visible()
    assert placed.element.evaluate("e => e.shadowRoot.querySelector('.panel')") is None
    assert placed.errors.pop().startswith("console: TypeError")


def test_it_opens_where_the_network_hesitates_most(
    explorer: Driven, data: dict, model: Seq2Seq
) -> None:
    for sentence in range(3):
        expected = steps_of(model, source_token_ids(data, sentence))
        entropies = [
            -math.inf
            if logits is None
            else torch.distributions.Categorical(logits=logits).entropy()
            for _, logits, _ in expected
        ]
        explorer.set("sentence", sentence)
        assert explorer.result["step"] == int(np.argmax(entropies)) + 1
        assert explorer.result["phase"] == "decoder"


def test_chinese_is_typed(explorer: Driven, data: dict, model: Seq2Seq) -> None:
    typed = "我喜欢你的猫"
    assert typed not in ["".join(s["source"])[:-1] for s in data["sentences"]]
    explorer.set("or type Chinese", typed)
    vocabulary = Vocabulary(data["source_tokens"][len(CONTROL_TOKENS) :])
    expected = steps_of(model, vocabulary.encode([*typed, "。"]))
    explorer.set("step", len(expected))
    result = explorer.result
    words = [data["target_tokens"][token_id] for _, _, token_id in expected if token_id > END]
    assert result["written"] == words and result["message"] == ""
    assert max(differences(result, expected[-1], 1.0)) < CLOSE
    assert explorer.element.get_by_label("sentence", exact=True).input_value() == "own"
    assert "Nobody has checked this translation." in explorer.text
    explorer.set("or type Chinese", "我爱你")
    assert "does not know “爱”" in explorer.result["message"]
    assert "我爱你" not in data["sentences"]
    explorer.set("or type Chinese", written(tuple(data["sentences"][1]["source"]), "zh"))
    assert explorer.element.get_by_label("sentence", exact=True).input_value() == "1"
    assert "Nobody has checked" not in explorer.text


@pytest.mark.parametrize("text", ["", "。", "猫" * 50], ids=["empty", "mark", "long"])
def test_of_an_empty_line_nothing_is_shown(explorer: Driven, data: dict, text: str) -> None:
    explorer.set("step", len(data["sentences"][0]["source"]) + 1)
    parts = [".reading", ".writing", ".moving", ".layers > svg", "svg[aria-label^='The hidden']"]
    assert all(explorer.element.evaluate(IS_SEEN, part) for part in parts)
    explorer.set("or type Chinese", text)
    result = explorer.result
    assert ("51 characters" if len(text) > 1 else "nothing to read yet") in result["message"]
    assert not any(explorer.element.evaluate(IS_SEEN, part) for part in parts)
    assert result["written"] == result["hidden"] == result["probabilities"] == []
    for part in (".reading .line", ".writing .line", ".said", ".layers > p"):
        assert explorer.element.locator(part).text_content() == ""
    explorer.set("temperature", 2)  # has nothing to change
    explorer.set("or type Chinese", "我喜欢你的猫")
    assert explorer.result["message"] == "" and explorer.result["step"] > 0
    assert all(explorer.element.evaluate(IS_SEEN, part) for part in parts[:3])


def test_words_that_were_never_met_are_neither_offered_nor_explained(
    explorer: Driven, data: dict
) -> None:
    buttons = explorer.element.locator(".words button [lang=zh]").all_text_contents()
    said = explorer.element.locator("summary").text_content()
    assert f"the {len(buttons)} words it knows" == said
    assert not set(buttons) & {"。", "？", "，", "因为", "所以"}
    assert {"可以", "所有", "老师", "看见"} <= set(buttons)
    explorer.set("or type Chinese", "因为我累")
    assert "does not know" in explorer.result["message"]
    assert explorer.element.locator(".gloss").all_inner_texts() == ["I", "tired"]


def test_a_word_with_an_unknown_character_has_no_gloss(place, data: dict) -> None:
    glosses = {"我": "I", "龘猫": "dragon cat", "猫": "cat"}
    placed = place(data | {"glosses": glosses})
    placed.set("or type Chinese", "我龘猫")
    assert placed.element.locator(".gloss").all_inner_texts() == ["I", "cat"]
    assert placed.element.locator(".words button [lang=zh]").all_text_contents() == ["我", "猫"]


def test_known_words_are_picked_into_the_sentence(explorer: Driven, data: dict) -> None:
    words = explorer.element.locator(".words button")
    assert words.first.is_visible() is False
    explorer.element.locator("summary").click()
    shown = dict(text.split(" ", 1) for text in words.all_inner_texts())
    known = set(data["source_tokens"])
    met = {w: g for w, g in data["glosses"].items() if set(w) <= known and w.isalpha()}
    assert shown == met and len(met) > 100

    def pick(word: str) -> str:
        words.locator("[lang=zh]").get_by_text(word, exact=True).click()
        return explorer.element.get_by_label("or type Chinese").input_value()

    explorer.element.get_by_role("button", name="empty the line").click()
    assert explorer.element.get_by_label("or type Chinese").input_value() == ""
    assert [pick("老师"), pick("喜欢"), pick("狗")][-1] == "老师喜欢狗"
    assert "teacher" in explorer.result["written"] or explorer.result["step"]
    explorer.set("sentence", 0)  # ends with a mark
    before = explorer.element.get_by_label("or type Chinese").input_value()
    assert pick("吗") == f"{before[:-1]}吗{before[-1]}"
    explorer.set("find a word", "teacher")  # by its gloss too
    assert words.evaluate_all(
        "words => words.filter(word => word.checkVisibility()).map(word => word.textContent)"
    ) == ["老师 teacher"]
    explorer.set("find a word", "")
    explorer.element.locator("summary").click()


def test_each_word_has_its_gloss(explorer: Driven, data: dict) -> None:
    explorer.set("or type Chinese", "老师们打开这扇门")
    glosses = explorer.element.locator(".gloss").all_inner_texts()
    assert glosses == ["teacher", "(plural)", "open", "this", "(measure word)", "door"]
    columns = explorer.element.locator(".word").first.locator(".token").all_inner_texts()
    assert columns == ["老", "师"]


def test_on_a_phone_all_that_a_step_changes_is_on_one_screen(browser, site, data: dict) -> None:
    """Both sliders, both rows, bars and grid; of a longer row the step's own part."""
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE)
    assert phone.element.bounding_box()["height"] <= PHONE["height"] - BAR
    parts = [".reading", ".writing", ".moving", ".layers > svg", "svg[aria-label^='The hidden']"]
    for sentence in (0, max(range(len(data["sentences"])), key=lambda i: length_of(data, i))):
        phone.set("sentence", sentence)
        boxes = phone.element.evaluate(
            """(e, parts) => parts.map(part => {
              const { left, right, top, bottom } =
                e.shadowRoot.querySelector(part).getBoundingClientRect();
              return { left, right, top, bottom };
            })""",
            parts,
        )
        height = max(box["bottom"] for box in boxes) - min(box["top"] for box in boxes)
        assert height < PHONE["height"] - BAR
        assert all(box["left"] >= 0 and box["right"] <= PHONE["width"] for box in boxes)
        steps = int(phone.element.get_by_label("step", exact=True).get_attribute("max"))
        for step in range(1, steps + 1):
            phone.set("step", step)
            inside = phone.element.evaluate(
                """e => {
                  const now = e.shadowRoot.querySelector(".line [data-when=now]:not(.context)");
                  const line = now.closest(".line");
                  const [part, all] = [now, line].map(p => p.getBoundingClientRect());
                  const isWider = line.scrollWidth > line.clientWidth;
                  return [
                    part.left >= all.left - 1 && part.right <= all.right + 1,
                    (line.tabIndex === 0) === isWider,
                  ];
                }"""
            )
            assert inside == [True, True], step
    assert phone.errors == []
    phone.close()


def length_of(data: dict, sentence: int) -> int:
    return len(data["sentences"][sentence]["source"])


def test_no_errors(explorer: Driven) -> None:
    assert explorer.errors == []
