"""The heads of chapter 6's Transformer, against PyTorch with the page's weights."""

import json
from itertools import product

import pytest
import torch
from driver import DESKTOP, PHONE, open_explorer
from translators import transformer

from utils.decoding.search import greedy
from utils.text.corpus import written
from utils.text.typed_sentences import read_sentence
from utils.text.vocabulary import CONTROL_TOKENS, END, START, Vocabulary

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/06_transformer.html"
NAME = "book-attention-heads"
MENU, FIELD, FIND, HEAD, VIEW, ROW, COLUMN = (
    "German",
    "or type it",
    "find a word",
    "head",
    "show",
    "word that looks",
    "word looked at",
)
KINDS = ("encoder", "decoder", "cross")
CONTROLS = {MENU: 0, VIEW: "lines", HEAD: "cross-2-1"}
TYPED = [
    "",
    "Peter",
    "peter LACHT",
    "haben die Nachbarn unsere Frage verstanden",
    "Der Zebrafink frisst Quarks",
    "Einundzwanzig Hunde schlafen, und der Hund isst.",
    "The girl is reading a book",
    "zwanzig " * 13,
    "der " * 14,
    "<img src=x onerror=alert(1)>",
]


class Network:
    """The page's network in PyTorch; sentences go through all at once, without a cache."""

    def __init__(self, data):
        self.model = transformer(data)
        self.source, self.target = (
            Vocabulary(data[f"{side}_tokens"][len(CONTROL_TOKENS) :])
            for side in ("source", "target")
        )
        self.longest, self.most_steps = data["longest"], data["most_steps"]

    @torch.no_grad()
    def expect(self, text):
        """The result that the page should show, and of each kind the weights (layers, heads, ..).

        Those of a sentence that cannot be read are None.
        """
        typed = read_sentence(text, self.source, self.longest)
        expected = {
            "tokens": list(typed.tokens),
            "unknown": list(typed.unknown),
            "message": typed.message,
            "translation": "",
            "finished": False,
        }
        if not typed.tokens:
            return expected, None
        source = torch.tensor([self.source.encode(typed.tokens)])
        lengths = torch.tensor([len(typed.tokens)])
        (found,) = greedy(self.model, source, lengths, self.most_steps)
        encoded, looked = self.model.encoder.with_weights(source, lengths)
        ids = [*found.token_ids, END] if found.finished else list(found.token_ids)
        target = torch.tensor([[START, *ids[:-1]]])
        _, own, of_source = self.model.decoder.with_weights(target, encoded)
        words = {
            "translation": written(self.target.decode(found.token_ids), "en"),
            "finished": found.finished,
            "log_probability": float(found.log_probability),
        }
        weights = zip(KINDS, (looked, own, of_source), strict=True)
        return expected | words, {kind: tensor[:, 0] for kind, tensor in weights}


@pytest.fixture(scope="module")
def network(data):
    return Network(data)


def assert_same(result, expected, weights):
    numbers = expected.pop("log_probability", None)
    assert {key: result[key] for key in expected} == expected
    if weights is None:
        assert result["log_probability"] is None
        assert all(
            heads == [] for kind in KINDS for layer in result["heads"][kind] for heads in layer
        )
        return
    assert result["log_probability"] == pytest.approx(numbers, abs=1e-4)
    for kind in KINDS:
        whole = squares(result["heads"][kind])
        torch.testing.assert_close(whole, weights[kind], atol=1e-4, rtol=0)


def squares(layers):
    """(layers, heads, rows, columns); rows that are shorter than the last end with zeros."""
    columns = len(layers[0][0][-1])
    return torch.tensor(
        [
            [[row + [0.0] * (columns - len(row)) for row in head] for head in heads]
            for heads in layers
        ]
    )


# ------------------------------------------------------------------------------
# Numbers


def test_all_sentences_of_the_menu(explorer, data, network):
    """Translated with a cache as PyTorch does, which reads all at once, in every head."""
    for i, sentence in enumerate(data["sentences"]):
        explorer.set(MENU, i)
        text = written(tuple(sentence["source"]), "de")
        expected, weights = network.expect(text)
        assert expected["tokens"] == sentence["source"]
        assert_same(explorer.result, expected, weights)


@pytest.mark.parametrize("text", TYPED, ids=lambda text: text[:12])
def test_typed_sentences(explorer, network, text):
    explorer.set(FIELD, text)
    assert_same(explorer.result, *network.expect(text))


def test_the_page_stays_small(data):
    assert len(json.dumps(data, ensure_ascii=False, separators=(",", ":"))) < 1_000_000


# ------------------------------------------------------------------------------
# What is shown


def names(data):
    sizes = data["network"]["decoder"]
    return [
        (kind, layer, head)
        for kind in KINDS
        for layer, head in product(range(sizes["layers"]), range(sizes["heads"]))
    ]


CELLS = """element => [...element.shadowRoot.querySelectorAll(".head-grid svg")].map(picture =>
  [...picture.querySelectorAll("rect")].map(cell =>
    ["x", "y", "fill-opacity"].map(name => Number(cell.getAttribute(name)))))"""


def test_the_small_pictures_are_the_weights(explorer, data):
    result = explorer.result
    pictures = explorer.element.evaluate(CELLS)
    for (kind, layer, head), cells in zip(names(data), pictures, strict=True):
        rows = result["heads"][kind][layer][head]
        seen = [
            [x, y, pytest.approx(weight, abs=1e-3)]
            for y, row in enumerate(rows)
            for x, weight in enumerate(row)
            if weight >= 0.04
        ]
        assert cells == seen


DRAWN = """element => {
  const root = element.shadowRoot;
  const all = (selector, read) => [...root.querySelectorAll(selector)]
    .filter(part => part.checkVisibility()).map(read);
  return {
    left: all("svg.arcs text[text-anchor=end][lang]", text => text.textContent),
    right: all("svg.arcs text[text-anchor=start][lang]", text => text.textContent),
    now: all("svg.arcs text.now", text => text.textContent),
    chosen: all("svg.arcs text.chosen", text => text.textContent),
    widths: all(".arc-now", arc => Number(arc.getAttribute("stroke-width"))),
    shares: all(".share", share => parseInt(share.textContent)),
    outlined: all("svg.arcs .truth", box => Number(box.dataset.row)),
    told: root.querySelector(".told").textContent,
  };
}"""


def assert_are_arcs(seen, looks):
    """Arcs as wide as the weights, with these in per cent; none for the smallest."""
    shown = [weight for weight in looks if weight >= 0.02]
    assert seen["widths"] == pytest.approx([max(1, 9 * weight) for weight in shown], abs=1e-3)
    assert seen["shares"] == pytest.approx([100 * weight for weight in shown], abs=0.5001)


def test_every_head_can_be_clicked_and_is_drawn_large(explorer, data):
    result = explorer.result
    target = [*result["translation"]] and explorer.element.evaluate(DRAWN)["right"]
    columns = {
        "encoder": result["tokens"],
        "decoder": ["(start)", *target[:-1]],
        "cross": result["tokens"],
    }
    rows = {"encoder": result["tokens"], "decoder": target, "cross": target}
    assert target[-1] == "(end)"
    pictures = explorer.element.locator(".head-grid label")
    for i, (kind, layer, head) in enumerate(names(data)):
        pictures.nth(i).click()
        explorer.set(ROW, 4)
        result, seen = explorer.result, explorer.element.evaluate(DRAWN)
        assert result["head"] == f"{kind}-{layer + 1}-{head + 1}"
        assert (seen["left"], seen["right"]) == (columns[kind], rows[kind])
        looks = result["heads"][kind][layer][head][3]
        assert result["weights"][3] == looks + [0] * (len(columns[kind]) - len(looks))
        assert seen["now"] == [rows[kind][3]]
        assert_are_arcs(seen, looks)
        best = max(looks)
        assert best < 0.1 or f"“{columns[kind][looks.index(best)]}” (" in seen["told"]


@pytest.mark.parametrize("head", ["encoder-1-2", "decoder-2-3", "cross-1-4"])
def test_a_word_on_the_left_shows_who_looks_at_it(explorer, head):
    """The column of its weights: by slider and by mouse."""
    explorer.set(HEAD, head)
    weights = explorer.result["weights"]
    words = explorer.element.evaluate(DRAWN)["left"]
    for column in (1, len(words)):
        explorer.set(COLUMN, column)
        seen = explorer.element.evaluate(DRAWN)
        assert explorer.result["column"] == column
        assert seen["chosen"] == [words[column - 1]] and seen["now"] == []
        assert_are_arcs(seen, [looks[column - 1] for looks in weights])
    shown = explorer.element.locator("svg.arcs:not([hidden])")
    shown.locator("text[text-anchor=end][lang]").nth(1).hover()
    assert explorer.result["column"] == 2
    shown.locator("text[text-anchor=start][lang]").nth(2).hover()
    assert explorer.result["column"] is None and explorer.result["row"] == 3


def test_the_true_alignment_stands_beside_the_heads_that_look_across(explorer, data):
    for i, sentence in enumerate(data["sentences"][:6]):
        explorer.set(MENU, i)
        explorer.set(HEAD, "cross-1-3")
        result = explorer.result
        shown = explorer.element.evaluate(DRAWN)["right"][:-1]
        agreed = 0
        while shown[agreed : agreed + 1] == sentence["target"][agreed : agreed + 1] != []:
            agreed += 1
        true = [[i, j] for i, j in sentence["alignment"] if j < agreed]
        assert sorted(result["alignment"]) == sorted(true)
        weights = torch.tensor(result["weights"])
        found = sum(float(weights[j, i]) for i, j in true) / len({j for _, j in true})
        assert result["true_share"] == pytest.approx(found, abs=1e-6)
        assert f"Over the whole sentence they get {100 * found:.0f} % of this" in explorer.text
        for row in (1, len(shown)):
            explorer.set(ROW, row)
            outlined = explorer.element.evaluate(DRAWN)["outlined"]
            assert sorted(outlined) == sorted(i for i, j in true if j == row - 1)
    explorer.set(HEAD, "encoder-1-1")
    assert explorer.result["alignment"] is None
    assert explorer.element.evaluate(DRAWN)["outlined"] == []
    explorer.set(HEAD, "cross-1-3")
    explorer.set(FIELD, "Der Hund Peter")
    assert explorer.result["alignment"] is None and "Nobody has checked" in explorer.text


def test_the_table_shows_the_same_weights(explorer):
    explorer.set(VIEW, "table")
    for head in ("encoder-2-1", "decoder-1-1", "cross-2-4"):
        explorer.set(HEAD, head)
        cells = explorer.element.evaluate(
            """element => [...element.shadowRoot.querySelectorAll(".weight-map .cell")]
              .filter(cell => cell.checkVisibility())
              .map(cell => Number(cell.getAttribute("fill-opacity")))"""
        )
        flat = [weight for row in explorer.result["weights"] for weight in row]
        assert cells == pytest.approx(flat, abs=1e-3)
        assert not explorer.element.locator("svg.arcs:not([hidden])").count()


# ------------------------------------------------------------------------------
# The cache

PAIRS = """element => Object.fromEntries(["own", "source", "new"].map(kind =>
  [kind, element.shadowRoot.querySelectorAll(`.key-cache .pair.${kind}`).length]))"""


def test_every_step_adds_one_key_and_one_value_to_each_layer(explorer, data):
    layers = data["network"]["decoder"]["layers"]
    source = len(explorer.result["tokens"])
    for head in ("cross-1-1", "decoder-2-2"):
        explorer.set(HEAD, head)
        for step in range(1, len(explorer.result["weights"]) + 1):
            explorer.set(ROW, step)
            kept = {"keys": step, "values": step, "source_keys": source, "source_values": source}
            assert explorer.result["kept"] == [kept] * layers
            seen = explorer.element.evaluate(PAIRS)
            assert seen == {"own": layers * step, "source": layers * source, "new": layers}
            assert f"At step {step} each layer holds {step} key" in explorer.text


def test_it_is_written_word_by_word(browser, site):
    """Played, stopped, and whole again as soon as something else is asked for."""
    written_one = open_explorer(browser, (site / PAGE).as_uri(), NAME, motion="no-preference")
    clock = written_one.page.clock
    steps = len(written_one.result["weights"])

    def press(name):
        written_one.element.get_by_role("button", name=name, exact=True).click()

    def seen():
        last = written_one.element.evaluate(CELLS)[-1]
        rows = {y for _, y, _ in last}
        assert len(rows) == written_one.result["written"]
        return len(rows), written_one.result["kept"][0]["keys"]

    press("Play")
    counts = [seen()]
    for _ in range(3):
        clock.run_for(450)
        counts.append(seen())
    assert counts == [(0, 0), (1, 1), (2, 2), (3, 3)]
    press("Pause")
    clock.run_for(4500)
    assert seen() == (3, 3)
    press("Next word")
    assert seen() == (4, 4)
    answer = written_one.element.locator(".answer").inner_text()
    assert answer.endswith("…") and len(answer) < len(written_one.result["translation"])
    press("Play")
    clock.run_for(450 * (steps + 1))
    whole = written_one.element.locator(".answer").inner_text()
    assert whole == written_one.result["translation"]
    assert written_one.errors == []
    written_one.close()


# ------------------------------------------------------------------------------
# Hands


def test_the_keyboard_goes_from_head_to_head(explorer):
    explorer.element.locator(".head-grid input:checked").focus()
    explorer.page.keyboard.press("ArrowRight")
    assert explorer.result["head"] == "cross-2-2"
    named = explorer.element.locator(".head-grid input:checked")
    assert named.get_attribute("aria-label") == "English looks at German, layer 2, head 2"
    explorer.element.get_by_label(ROW, exact=True).focus()
    before = explorer.result["row"]
    explorer.page.keyboard.press("ArrowRight")
    assert explorer.result["row"] == before + 1


def test_a_head_that_does_not_exist_is_left_aside(explorer):
    for head in ("cross-3-1", "nothing", "constructor-1-1"):
        explorer.element.evaluate("(element, head) => element.set({ head })", head)
        assert explorer.result["head"] == "cross-2-1"


def test_another_sentence_of_the_same_length_is_drawn(explorer):
    """What stands there is never that of the sentence before."""
    explorer.set(FIELD, "Peter lacht.")
    first = explorer.element.evaluate(CELLS)
    explorer.set(FIELD, "Anna schläft.")
    assert explorer.element.evaluate(CELLS) != first
    assert explorer.element.evaluate(DRAWN)["left"] == explorer.result["tokens"]


PLACES = """element => [".moves", "svg.arcs:not([hidden])", ".told"].map(selector =>
  Math.round(element.shadowRoot.querySelector(selector).getBoundingClientRect().top
    - element.getBoundingClientRect().top))"""


def test_on_a_phone_nothing_moves_while_words_are_written_and_looked_at(browser, site):
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE)
    places = [phone.element.evaluate(PLACES)]
    for control, words in ((ROW, phone.result["weights"]), (COLUMN, phone.result["tokens"])):
        for number in range(1, len(words) + 1):
            phone.set(control, number)
            places.append(phone.element.evaluate(PLACES))
    for _ in phone.result["weights"]:
        phone.element.get_by_role("button", name="Next word").click()
        places.append(phone.element.evaluate(PLACES))
    assert places == places[:1] * len(places)
    phone.close()


def test_a_phone_has_room(browser, site, data):
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE, scheme="dark")
    longest = max(data["sentences"], key=lambda sentence: len(sentence["source"]))
    hard = ["Waschmaschinenreparateur " * 13, "W" * 390, written(tuple(longest["source"]), "de")]
    for text in hard:
        phone.set(FIELD, text)
        for view in ("lines", "table"):
            phone.set(VIEW, view)
            inside = phone.element.evaluate(
                """element => {
                  const panel = element.shadowRoot.querySelector(".panel");
                  const edge = panel.getBoundingClientRect().right;
                  return panel.scrollWidth <= panel.clientWidth && edge <= innerWidth &&
                    [...panel.querySelectorAll(".stage > *, .control, .arcs text, .key-cache *")]
                      .every(part => part.getBoundingClientRect().right <= edge + 0.5);
                }"""
            )
            assert inside, (text[:30], view)
    phone.set(VIEW, "lines")
    sizes = phone.element.locator(".head-grid label").evaluate_all(
        "labels => labels.map(label => label.getBoundingClientRect().width)"
    )
    assert min(sizes) >= 36  # pixels, for a finger
    phone.element.locator(".head-grid label").nth(5).tap()
    assert phone.result["head"] == "encoder-2-2"
    phone.element.locator("svg.arcs:not([hidden]) text[text-anchor=start]").nth(3).tap()
    assert phone.result["row"] == 3  # the first text is the heading
    assert phone.errors == []
    phone.close()


def test_a_phone_shows_words_or_cache_and_folds_what_explains_them(browser, site):
    phone = open_explorer(browser, (site / PAGE).as_uri(), NAME, PHONE)
    hint = phone.element.get_by_text("Each small picture is a head")
    parts = [phone.element.locator(chart) for chart in ("svg.arcs:not([hidden])", ".key-cache")]

    def seen():
        return [part.is_visible() for part in parts]

    assert seen() == [True, False] and not hint.is_visible()
    phone.set(VIEW, "cache")
    assert seen() == [False, True]
    phone.element.get_by_text("How to read the pictures").tap()
    assert hint.is_visible()
    phone.page.set_viewport_size(DESKTOP)
    assert seen() == [True, True] and hint.is_visible()
    assert not phone.element.get_by_text("How to read the pictures").is_visible()
    assert not phone.element.get_by_text("cache", exact=True).is_visible()
    assert phone.errors == []
    phone.close()
