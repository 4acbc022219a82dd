"""The translator of chapter 5, against PyTorch with the page's weights."""

import json
from random import Random

import pytest
from driver import PHONE, open_explorer
from translators import Translators, assert_same

from utils.explorers.markup import dependencies, module
from utils.explorers.packed_tensors import unpack
from utils.text.corpus import written
from utils.text.typed_sentences import read_sentence
from utils.text.vocabulary import CONTROL_TOKENS, Vocabulary

pytestmark = [pytest.mark.site, pytest.mark.browser]

MENU, FIELD, SIDE, PLACE, MODEL, VIEW, FIND, KIND = (
    "German",
    "or type it",
    "look from",
    "word",
    "attention",
    "show",
    "find a word",
    "kind of word",
)
ENGLISH, GERMAN = "written", "read"  # sides to look from
PAGES = {"full": "chapters/05_attention.html"}
MARKUP = "<img src=x onerror=alert(1)> <b>Peter</b>"
TEXTS = [
    "",
    "   \t ",
    "...",
    "😀",
    "Peter",
    "peter LACHT",
    "Der Hund schläft",
    "der hund schlaeft.",
    "DER HUND SCHLÄFT?",
    "Der Hund schla\u0308ft!",
    "„Der Hund“ schläft ‚gerade‘ …",
    "Die groessere Katze, die größere, die grössere, die GRÖSSERE",
    "Einundzwanzig Hunde, EINUNDZWANZIG, fünfunddreissig, fuenfunddreißig",
    "zweiundzwanzigeinund einundein- und und+ ein+",
    "Das T-Shirt kostet 2.50 oder 1,000 Euro; 20th x_1",
    "Der Lehrer's Hund’s Katze '",
    "Der Stu\u00addent liest\u200b ein Buch.\ufeff",
    "Der\x00Student\x1bliest\u2028ein\u00a0Buch.",
    "haben die Nachbarn unsere Frage verstanden",
    "ıch İch ﬁnde Straſse ẞ Σίσυφος ΣΊΣΥΦΟΣ",
    "我读书。",
    "The girl is reading a book",
    "Peter 😀 liest ❤\ufe0f <unk> </s>",
    "Der Zebrafink frisst Quarks und wer weiß was alles noch dazu",
    " ".join(f"wort{n}" for n in range(9)) + " " + "x" * 40,
    MARKUP,
    "der " * 14,
    "der " * 2500,
    "einundeinund" * 833,
    "a" * 10_000,
    "😀 x" * 2500,
]


def opened(browser, site, page):
    driven = open_explorer(browser, (site / PAGES[page]).as_uri(), "book-translator")
    yield driven
    assert driven.errors == []
    driven.close()


@pytest.fixture(scope="module")
def full(browser, site):
    yield from opened(browser, site, "full")


@pytest.fixture(params=list(PAGES))
def explorer(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def networks(full):
    return Translators(full.data)


def type_all(driven, texts):
    """The results of one text after the other in the field; all in one call, which is faster."""
    return driven.element.evaluate(
        """(element, texts) => {
          const input = element.shadowRoot.querySelector("input[type=text]");
          return texts.map(text => { // the first field is the sentence's
            input.value = text;
            if (input.value !== text) throw new Error(`cannot type ${JSON.stringify(text)}`);
            input.dispatchEvent(new Event("input"));
            return element.result;
          });
        }""",
        texts,
    )


def at_each_step(driven):
    """What is drawn at each step: arcs' widths, percentages, outlined words and the words below."""
    return driven.element.evaluate(
        """element => {
          const root = element.shadowRoot;
          const slider = root.querySelector("input[type=range]");
          const all = (selector, read) => [...root.querySelectorAll(selector)].map(read);
          return Array.from({ length: Number(slider.max) }, (_, i) => {
            slider.value = String(i + 1);
            slider.dispatchEvent(new Event("input"));
            return {
              step: element.result.step,
              now: all(".arcs text.now", text => text.textContent),
              widths: all(".arc-now", arc => Number(arc.getAttribute("stroke-width"))),
              shares: all(".share", share => parseInt(share.textContent)),
              outlined: all(".arcs .truth", box => Number(box.dataset.row)),
              row: all(".weight-map text.now", text => text.textContent),
              marked: all(".weight-map > rect", box => {
                const now = root.querySelector(".weight-map text.now");
                if (!now) return false;
                const inside = now.getAttribute("y") - box.getAttribute("y");
                return inside > 0 && inside < box.getAttribute("height");
              }),
              told: root.querySelector(".told").textContent,
            };
          });
        }"""
    )


def look_from(driven, side, number):
    """Move the slider of words to a word of one side, counted from 1."""
    driven.set_all({SIDE: side, PLACE: number})


def drawn(driven, selector):
    return driven.element.evaluate(
        "(element, selector) => element.shadowRoot.querySelectorAll(selector).length", selector
    )


def visible_names(driven):
    """What the controls are called."""
    return driven.element.evaluate(
        """element => [...element.shadowRoot.querySelectorAll("label[for], legend")]
          .map(name => name.textContent)"""
    )


# ------------------------------------------------------------------------------
# Numbers


def test_all_sentences_of_the_menu(explorer):
    """As PyTorch translates them, with what each step looks at."""
    data = explorer.data
    translators = Translators(data)
    explorer.set(MENU, 0)
    assert explorer.result["model"] == data["chosen"]
    for i, sentence in enumerate(data["sentences"]):
        explorer.set(MENU, i)
        text = written(tuple(sentence["source"]), "de")
        expected = translators.expect(text, data["chosen"])
        assert expected["tokens"] == sentence["source"] and not expected["unknown"]
        assert_same(explorer.result, expected)


def test_all_models(full, networks):
    text = written(tuple(networks.data["sentences"][1]["source"]), "de")
    full.set(FIELD, text)
    kinds = {model["name"]: model["kind"] for model in networks.data["models"]}
    assert {"no attention", "additive"} < set(kinds.values())  # and a dot product
    for name, kind in kinds.items():
        full.set(MODEL, name)
        for sentence in (text, "Zebra Peter Zebra gestern"):
            full.set(FIELD, sentence)
            result = full.result
            assert result["model"] == name
            assert (result["weights"] is None) == (kind == "no attention")
            assert_same(result, networks.expect(sentence, name))
            # What the drawings are for: no arcs where there are no weights.
            assert (drawn(full, ".arc-now") == 0) == (kind == "no attention")
    full.set(MODEL, networks.data["chosen"])


def test_typed_sentences(full, networks):
    """As `typed_sentences` reads them: tokens, unknown words and messages, and what comes out."""
    known = [written(tuple(sentence["source"]), "de") for sentence in networks.data["sentences"]]
    changes = str.upper, str.lower, str.swapcase, lambda text: text.replace("ß", "ss")
    texts = TEXTS + [change(text) for text in known for change in changes]
    results = type_all(full, texts)
    for text, result in zip(texts, results, strict=True):
        assert_same(result, networks.expect(text, networks.data["chosen"]))


def test_typed_in_other_vocabularies(full):
    """What the page's own vocabulary may not have: words that are spelled alike, quotes, parts."""
    alphabet = [
        *"aAbBäÄßsS",
        "ss",
        "ae",
        "a+",
        "'",
        "’",
        "„",
        '"',
        "-",
        "‑",
        "+",
        ".",
        "?",
        ",",
        "1",
    ]
    alphabet += [" "] * 6 + ["\u0308", "\ufe0f", "\u00ad", "\t", "\ud83d", "😀", "é", "_", "Σ", "ı"]
    random = Random(0)

    def some_text(most):
        return "".join(random.choices(alphabet, k=random.randint(1, most)))

    vocabularies = [
        "Sie sie Lernen lernen .",
        "er sagt \" ja . 's „",
        "maße Masse Maße neue neü .",
        "a+ ab+ abc+ cd bcd d e - +",
        "ein+ eins s Einsen sen twenty- one t-shirt .",
        "der die das und ich Katze .",
        "the a is and cat sleeps .",
        *(" ".join(some_text(4).replace(" ", "") + "b" for _ in range(30)) for _ in range(8)),
    ]
    cases = [
        (list(dict.fromkeys(tokens.encode("utf-8", "replace").decode().split())), text)
        for tokens in vocabularies
        for text in [
            *(some_text(24) for _ in range(40)),
            "Sie lernen Lernen Sie sie LERNEN",
            "„Lernen Sie“ Er sagt «ja». Er’s",
            "Masse MASSE MAßE Maße neue neü NEUE",
            "abcd aabcd abcde ABCDE a-b einsen eins twenty-one T‑Shirt",
            *("The cat sleeps", "I SEE THE house", "Die Katze und ich", "我读书 the", "a b c d"),
        ]
    ]
    script = "".join(module(part) for part in dependencies("text/typed"))
    found = full.page.evaluate(
        f"""() => {{
          {script}
          const control = {json.dumps(CONTROL_TOKENS)};
          return {json.dumps(cases)}.map(([tokens, text]) =>
            readSentence(text, new Vocabulary([...control, ...tokens]), 14));
        }}"""
    )
    for (tokens, text), result in zip(cases, found, strict=True):
        typed = read_sentence(text, Vocabulary(tokens), 14)
        expected = list(typed.tokens), list(typed.unknown), typed.message
        assert (result["tokens"], result["unknown"], result["message"]) == expected, (tokens, text)


def test_a_sentence_without_end(full, networks):
    """A network that writes on is stopped, and says so."""
    limit = networks.data["most_steps"]
    for text in ("und " * 13, "Zebra " * 13, "zwanzig " * 13):
        full.set(FIELD, text)
        result = full.result
        assert_same(result, networks.expect(text, networks.data["chosen"]))
        assert result["finished"] == (len(result["weights"]) > len(result["written"]))
        assert len(result["weights"]) <= limit


# ------------------------------------------------------------------------------
# What is shown


def test_true_alignment_as_far_as_it_is_known(full, networks):
    full.set(VIEW, "table")
    for i, sentence in enumerate(networks.data["sentences"]):
        full.set(MENU, i)
        result = full.result
        target, words = sentence["target"], result["written"]
        agreed = next(
            (j for j, token in enumerate(target) if words[j : j + 1] != [token]), len(target)
        )
        true = [[i, j] for i, j in sentence["alignment"] if j < agreed]
        assert sorted(result["alignment"]) == sorted(true)
        assert drawn(full, ".weight-map g.truth") == len(true) + 1  # and one in the legend
        for step, seen in enumerate(at_each_step(full)):
            assert seen["outlined"] == [i for i, j in sorted(true) if j == step]
        right = "This is the right translation." in full.text
        assert right == (words == target and result["finished"])
        assert right or written(tuple(target), "en") in full.text
    full.set(FIELD, "Der Hund Peter")
    assert full.result["alignment"] is None
    assert drawn(full, ".truth") == 0
    full.set(VIEW, "lines")


def test_steps(full):
    """The arcs of the step are its weights, wide as they are, and words tell them."""
    full.set(MENU, 0)
    full.set(VIEW, "table")
    result = full.result
    steps = at_each_step(full)
    assert len(steps) == len(result["weights"])
    for number, (looks, seen) in enumerate(zip(result["weights"], steps, strict=True), start=1):
        assert seen["step"] == number
        assert seen["marked"] == [True]
        assert seen["now"] == seen["row"] == [[*result["written"], "(end)"][number - 1]]
        assert_are_arcs(seen["widths"], seen["shares"], looks)
        best = max(looks)
        assert best < 0.1 or f"“{result['tokens'][looks.index(best)]}” (" in seen["told"]
    cells = full.element.evaluate(
        """element => [...element.shadowRoot.querySelectorAll(".weight-map .cell")]
          .map(cell => Number(cell.getAttribute("fill-opacity")))"""
    )
    flat = [weight for row in result["weights"] for weight in row]
    assert cells == pytest.approx(flat, abs=1e-3)
    full.set(VIEW, "lines")


def assert_are_arcs(widths, shares, looks):
    """Arcs as wide as the weights, with these in per cent; none for the smallest."""
    shown = [weight for weight in looks if weight >= 0.02]
    assert widths == pytest.approx([max(1, 9 * weight) for weight in shown], abs=1e-3)
    assert shares == pytest.approx([100 * weight for weight in shown], abs=0.5001)


# What is drawn of a German word: the widths and per cent of those that look at it, what is outlined
# as true, and what is marked in the table.
OF_WORD = """element => {
  const root = element.shadowRoot;
  const all = (selector, read) => [...root.querySelectorAll(selector)].map(read);
  return {
    widths: all(".arc-now", arc => Number(arc.getAttribute("stroke-width"))),
    shares: all(".share", share => parseInt(share.textContent)),
    outlined: all(".arcs .truth", box => Number(box.dataset.row)),
    chosen: all(".arcs .chosen", word => word.textContent),
    told: root.querySelector(".told").textContent,
    column: all(".weight-map text.now", text => text.textContent),
    mark: all(".weight-map > rect", box =>
      ["x", "width"].map(name => Number(box.getAttribute(name)))),
    cells: all(".weight-map .cell", cell => Number(cell.getAttribute("x"))),
  };
}"""


def test_a_german_word_shows_who_looks_at_it(full):
    """The arcs of a word are its column of the weights: by slider, by mouse and by finger."""
    full.set(MENU, 0)
    full.set(VIEW, "table")
    result = full.result
    for number, token in enumerate(result["tokens"], start=1):
        look_from(full, GERMAN, number)
        assert full.result["word"] == number and full.result["step"] == result["step"]
        looks = [shares[number - 1] for shares in result["weights"]]
        seen = full.element.evaluate(OF_WORD)
        assert_are_arcs(seen["widths"], seen["shares"], looks)
        assert seen["chosen"] == seen["column"] == [token]
        true = [j for i, j in result["alignment"] if i == number - 1]
        assert sorted(seen["outlined"]) == sorted(true)
        rows = [*result["written"], "(end)"]
        best = max(looks)
        assert best < 0.1 or f"“{rows[looks.index(best)]}” (" in seen["told"]
        assert seen["told"].startswith(f"“{token}” is looked at most") or best < 0.1
        ((x, width),) = seen["mark"]
        inside = [x <= cell < x + width - 1 for cell in seen["cells"]]
        count = len(result["tokens"])
        assert inside == [i % count == number - 1 for i in range(count * len(looks))]
    # The name above a column, then a row, which takes its place.
    full.element.locator(".weight-map text[lang=de]").nth(1).hover()
    assert full.result["word"] == 2
    full.element.locator(".weight-map text[lang=en]").nth(3).hover()
    assert full.result["word"] is None and full.result["step"] == 4
    full.set(VIEW, "lines")
    words = full.element.locator(".arcs text[lang=de]")
    words.nth(0).hover()
    assert full.result["word"] == 1
    words.nth(3).tap()
    assert full.result["word"] == 4
    full.element.locator(".arcs text[lang=en]").nth(1).hover()
    assert full.result["word"] is None and full.result["step"] == 2
    look_from(full, GERMAN, 3)
    look_from(full, ENGLISH, 1)
    assert full.result["word"] is None and full.result["step"] == 1
    look_from(full, GERMAN, 3)
    full.set(MENU, 1)
    assert full.result["word"] is None


def test_from_the_german_side_of_no_sentence_nothing_is_looked_at(full):
    """A script can still choose that side, which a reader finds shut."""
    full.set(FIELD, "")
    full.set(SIDE, GERMAN)
    assert full.result["word"] is None
    assert full.errors == []
    full.set(FIELD, "Peter lacht.")


def test_one_slider_stands_at_the_word_that_is_looked_from(full):
    """Never two: of the other side nothing is chosen. Whoever changes sides goes on from there."""
    full.set(MENU, 0)
    result = full.result
    assert full.element.locator("input[type=range]").count() == 1

    def stands():
        return full.element.evaluate(
            """element => {
              const root = element.shadowRoot;
              const slider = root.querySelector("input[type=range]");
              const side = root.querySelector(".steps input[type=radio]:checked").value;
              return [side, Number(slider.value), Number(slider.max)];
            }"""
        )

    rows, columns = len(result["weights"]), len(result["tokens"])
    look_from(full, ENGLISH, 2)
    assert stands() == [ENGLISH, 2, rows]
    full.set(SIDE, GERMAN)
    looks = result["weights"][1]
    most = looks.index(max(looks)) + 1
    assert stands() == [GERMAN, most, columns] and full.result["word"] == most
    full.set(SIDE, ENGLISH)
    assert stands() == [ENGLISH, 2, rows] and full.result["word"] is None
    full.element.locator(".arcs text[lang=de]").nth(3).hover()
    assert stands() == [GERMAN, 4, columns]
    full.element.locator(".arcs text[lang=en]").nth(0).hover()
    assert stands() == [ENGLISH, 1, rows]


def test_without_weights_no_word_is_looked_at(full, networks):
    full.set(MENU, 0)
    look_from(full, GERMAN, 2)
    full.set(MODEL, "none")
    assert full.result["word"] is None
    assert full.element.locator(f"input[value={GERMAN}]").is_disabled()
    full.element.locator(".arcs text[lang=de]").nth(0).hover()
    assert full.result["word"] is None
    full.set(VIEW, "table")
    assert full.element.locator(".arcs").is_visible()
    assert not full.element.locator(".weight-map").is_visible()
    assert "There are no weights to draw" in full.text
    full.set(VIEW, "lines")
    full.set(MODEL, networks.data["chosen"])


# ------------------------------------------------------------------------------
# Two networks beside each other

PLAIN = "no attention"


@pytest.fixture
def compared(full, networks):
    """Beside each other; the network that is chosen is the page's."""
    full.set(MODEL, networks.data["chosen"])
    full.set(VIEW, "compared")
    yield full
    full.set(VIEW, "lines")
    full.set(MODEL, networks.data["chosen"])


def names_of(networks):
    """Of the network without attention and of the one that is chosen at first."""
    (plain,) = (model["name"] for model in networks.data["models"] if model["kind"] == PLAIN)
    return plain, networks.data["chosen"]


def outcome(driven, side):
    return driven.element.locator(f".outcomes .{side}").inner_text().split("\n")


def test_without_and_with_attention_on_ones_own_sentence(compared, networks):
    """As PyTorch translates it with either; what the right translation lacks is struck out."""
    data = networks.data
    own = ["Die Katze liest drei alte Bücher", "Zebra Peter Zebra gestern"]
    texts = [written(tuple(sentence["source"]), "de") for sentence in data["sentences"]]
    for text, known in [*zip(texts, data["sentences"], strict=True), *((t, None) for t in own)]:
        compared.set(FIELD, text)
        sides = zip(("plain", "attending"), names_of(networks), strict=True)
        for i, (side, name) in enumerate(sides):
            expected = networks.expect(text, name)
            assert compared.result["compared"][i]["name"] == name
            sentence, *verdict = outcome(compared, side)
            assert sentence.removesuffix(" …") == expected["translation"]
            right = known and expected["translation"] == written(tuple(known["target"]), "en")
            assert verdict == ([] if known is None else ["✓ right" if right else "✗ not right"])
        struck = compared.element.locator(".twin-arcs text.wrong").count()
        wrong = known and any(outcome(compared, side)[-1] == "✗ not right" for side in SIDES)
        assert (struck > 0) <= bool(wrong)
    assert not compared.element.locator(".arcs, .weight-map, .answer").first.is_visible()


SIDES = ("plain", "attending")


def test_the_networks_beside_each_other_follow_the_step(compared, networks):
    text = written(tuple(networks.data["sentences"][0]["source"]), "de")
    compared.set(FIELD, text)
    for step in (2, 1):
        look_from(compared, ENGLISH, step)
        now = compared.element.locator(".twin-arcs text.now").all_text_contents()
        assert now == [side["tokens"][step - 1] for side in compared.result["compared"]]
    word = compared.element.locator(".twin-arcs text[text-anchor=start]").nth(3)
    word.scroll_into_view_if_needed()
    box = word.bounding_box()
    compared.page.mouse.move(box["x"] + 5, box["y"] + box["height"] / 2)
    assert compared.result["step"] == 4
    assert compared.element.locator(f"input[value={GERMAN}]").is_disabled()


def test_the_comparison_is_written_word_by_word(browser, site):
    """Played, stopped, and whole again as soon as something else is asked for."""
    address = (site / PAGES["full"]).as_uri() + "#book-translator.view=compared"
    full = open_explorer(browser, address, "book-translator", motion="no-preference")
    clock = full.page.clock

    def press(name):
        full.element.get_by_role("button", name=name, exact=True).click()

    def seen():
        return full.element.locator(".twin-arcs text[text-anchor=start]").count()

    words = [len(side["tokens"]) for side in full.result["compared"]]
    assert seen() == words[1]
    press("Play")
    counts = [seen()]
    for _ in range(3):
        clock.run_for(450)
        counts.append(seen())
    assert counts == [0, 1, 2, 3]
    press("Pause")
    clock.run_for(4500)
    assert seen() == 3
    press("Next word")
    assert seen() == 4
    look_from(full, ENGLISH, 1)
    assert seen() == words[1]
    press("Play")
    clock.run_for(450 * (max(words) + 1))
    assert seen() == words[1]
    assert full.element.get_by_role("button", name="Play").is_visible()
    press("Play")
    full.set(VIEW, "lines")
    full.set(VIEW, "compared")
    assert seen() == words[1]
    assert full.errors == []
    full.close()


def test_whoever_compares_sees_how_long_each_was_trained(compared, networks):
    """Only networks that were trained alike stand beside each other without a word."""
    plain, chosen = names_of(networks)
    epochs = {model["name"]: model["epochs"] for model in networks.data["models"]}
    kinds = {model["name"]: model["kind"] for model in networks.data["models"]}
    assert epochs[plain] == epochs[chosen] > min(epochs.values())
    groups = compared.element.locator("optgroup").evaluate_all(
        "groups => groups.map(g => [g.label, [...g.children].map(option => option.value)])"
    )
    assert {name for _, names in groups for name in names} == set(epochs)
    for label, names in groups:
        (seen,) = {epochs[name] for name in names}
        assert label == f"saw each sentence {'once' if seen == 1 else f'{seen} times'}"
    for name in epochs:
        compared.set(MODEL, name)
        beside = [side["name"] for side in compared.result["compared"]]
        assert beside == [plain, chosen if name == plain else name]
        heads = compared.element.locator(".heads").inner_text()
        assert (kinds[name] == PLAIN or name in heads) and "Without attention" in heads
        assert ("saw each sentence" in heads) == (epochs[name] != epochs[plain])
        compared.set(VIEW, "lines")
        alone = compared.element.locator("p.right").inner_text()
        assert ("saw each sentence once" in alone) == (epochs[name] == 1)
        compared.set(VIEW, "compared")


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_the_table_can_be_read(browser, site, width):
    """Words in letters of 13 pixels, cells as wide as there is room, numbers where they fit."""
    viewport = {"width": width, "height": 900}
    page = open_explorer(browser, (site / PAGES["full"]).as_uri(), "book-translator", viewport)
    page.set(VIEW, "table")
    longest = max(page.data["sentences"], key=lambda sentence: len(sentence["source"]))
    page.set(FIELD, written(tuple(longest["source"]), "de"))
    seen = page.element.evaluate(
        """element => {
          const map = element.shadowRoot.querySelector(".weight-map");
          const cell = map.querySelector(".cell").getBoundingClientRect();
          const outer = map.getBoundingClientRect();
          const names = [...map.querySelectorAll("text[lang]")];
          return {
            scale: outer.width / map.viewBox.baseVal.width,
            cell: [cell.width, cell.height],
            share: cell.width * element.result.tokens.length / outer.width,
            names: names.map(name => name.textContent),
            inside: names.every(name => {
              const box = name.getBoundingClientRect();
              return box.left >= outer.left - 1 && box.top >= outer.top - 1;
            }),
            numbers: [...map.querySelectorAll(".number")].map(text => Number(text.textContent)),
          };
        }"""
    )
    assert seen["scale"] == pytest.approx(1, abs=0.01)
    result = page.result
    assert seen["names"] == [*result["written"], "(end)", *result["tokens"]]
    assert seen["inside"]
    assert seen["cell"][0] >= (14 if width == 390 else 50) and seen["cell"][1] >= 24
    assert seen["share"] > 0.6
    shown = [] if width == 390 else [w for row in result["weights"] for w in row if w >= 0.02]
    assert seen["numbers"] == pytest.approx([100 * weight for weight in shown], abs=0.5001)
    page.close()


def test_pointing_at_a_word(explorer):
    """A mouse over an English word goes to its step; so does a finger, and the page can scroll."""
    explorer.set(MENU, 0)
    words = explorer.element.locator(".arcs text[lang=en]")
    for number in (0, 3, 1):
        words.nth(number).hover()
        assert explorer.result["step"] == number + 1
    words.nth(2).tap()
    assert explorer.result["step"] == 3
    assert explorer.element.locator(".arcs text.now").count() == 1
    action = "element => getComputedStyle(element.shadowRoot.querySelector('.arcs')).touchAction"
    assert explorer.element.evaluate(action) == "auto"


def test_unknown_words_are_marked_and_nothing_becomes_markup(full):
    full.set(FIELD, "Der Zebrafink liest.")
    assert full.result["unknown"] == ["Zebrafink"]
    assert "The network does not know “Zebrafink”" in full.text
    marked = full.element.locator(".arcs text.unknown")
    assert marked.all_text_contents() == ["Zebrafink", "?"]
    full.set(FIELD, MARKUP)
    assert "<b>" not in full.result["tokens"] and drawn(full, "img, b") == 0
    assert {"img", "<"} <= set(full.result["unknown"]) or "tokens" in full.result["message"]
    full.set(FIELD, "x" * 300)
    (name,) = full.element.locator(".arcs text.unknown[lang=de]").all_text_contents()
    assert name.endswith("…") and len(name) < 20
    full.set(FIELD, "")
    assert "There is no word to read yet: type a sentence." in full.text
    assert full.element.locator("input[type=range]").first.is_disabled()
    full.set(MENU, 1)
    assert full.element.locator("input[type=range]").first.is_enabled()
    assert full.result["message"] == ""


def test_menu_and_field_go_together(full, networks):
    full.set(MENU, 1)
    field = full.element.locator("input[type=text]").first
    menu = full.element.locator("select").first
    text = written(tuple(networks.data["sentences"][1]["source"]), "de")
    assert field.input_value() == text
    full.set(FIELD, text + " ja")
    assert menu.input_value() == "own"
    full.set(FIELD, text)
    assert menu.input_value() == "1"
    full.set(MENU, "own")
    assert field.input_value() == "" and full.result["tokens"] == []


def test_phone_and_keyboard(browser, site):
    phone = open_explorer(browser, (site / PAGES["full"]).as_uri(), "book-translator", PHONE)
    assert visible_names(phone) == [MENU, FIELD, FIND, KIND, MODEL, VIEW, SIDE, PLACE]
    # From the sentence to its last arc and the slider below it is one screen.
    top, bottom = (
        phone.element.evaluate(
            """(element, [selector, side]) =>
              element.shadowRoot.querySelector(selector).getBoundingClientRect()[side]""",
            part,
        )
        for part in (["select", "top"], ["input[type=range]", "bottom"])
    )
    assert bottom - top < 0.9 * PHONE["height"]
    longest = max(phone.data["sentences"], key=lambda sentence: len(sentence["source"]))
    hard = ["Waschmaschinenreparateur " * 13, "W" * 390, written(tuple(longest["source"]), "de")]
    for text in hard:
        phone.set(FIELD, text)
        inside = phone.element.evaluate(
            """element => {
              const panel = element.shadowRoot.querySelector(".panel");
              const edge = panel.getBoundingClientRect().right;
              return panel.scrollWidth <= panel.clientWidth && edge <= innerWidth &&
                [...panel.querySelectorAll(".stage > *, .control, .arcs text")]
                  .every(part => part.getBoundingClientRect().right <= edge + 0.5);
            }"""
        )
        assert inside, text[:30]
    # Letters of 11 pixels or more.
    sizes = phone.element.evaluate(
        """element => [...element.shadowRoot.querySelectorAll("svg.arcs")].map(svg =>
          12.5 * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)"""
    )
    assert min(sizes) >= 11
    look_from(phone, ENGLISH, 2)
    phone.element.locator("input[type=range]").first.focus()
    phone.page.keyboard.press("ArrowRight")
    assert phone.result["step"] == 3
    phone.element.locator("input[type=text]").first.focus()
    phone.page.keyboard.press("Control+a")
    phone.page.keyboard.type("Peter lacht")
    assert phone.result["tokens"] == ["Peter", "lacht", "."]
    assert phone.errors == []
    phone.close()


def test_int8_weights_stay_small(full, networks):
    """A network costs the page less than half of what float16 would."""
    for model in networks.data["models"]:
        numbers = sum(unpack(tensor).numel() for tensor in model["weights"].values())
        assert len(json.dumps(model["weights"])) < 1.5 * numbers


def test_a_sentence_of_ones_own_is_called_unchecked(full):
    unchecked = "Nobody has checked this translation"
    full.set(FIELD, "Muss der Hund schlafen")
    assert unchecked in full.text and "A full stop was added" in full.text
    full.set(FIELD, "Muss der Hund schlafen?")
    assert unchecked in full.text and "A full stop was added" not in full.text
    full.set(MENU, 0)
    assert unchecked not in full.text


# ------------------------------------------------------------------------------
# Words to click


@pytest.fixture
def words(full):
    """The chips, with the list open and the filter empty."""
    full.element.locator("summary").evaluate("summary => { summary.parentElement.open = true; }")
    full.set(FIND, "")
    yield full.element.locator(".words button")
    full.element.locator("summary").evaluate("summary => { summary.parentElement.open = false; }")


def test_all_known_words_are_there_once(full, networks, words):
    found = words.all_text_contents()
    assert sorted(found) == sorted(token for token in networks.source.tokens if token.isalpha())
    kinds = full.element.locator(".words .kind").all_text_contents()
    assert kinds == list(full.data["words"]) and len(kinds) > 5


@pytest.mark.parametrize(
    ("text", "caret", "chosen", "word", "expected"),
    [
        ("", 0, 0, "Anna", "Anna|"),
        ("Anna", 4, 0, "lacht", "Anna lacht|"),
        ("Anna lacht.", 11, 0, "nicht", "Anna lacht nicht|."),  # before the full stop
        ("Lacht Anna?", 5, 0, "nicht", "Lacht nicht| Anna?"),
        ("Anna lacht.", 2, 0, "nicht", "Anna nicht| lacht."),  # not into a word
        ("Anna lacht.", 0, 4, "Peter", "Peter| lacht."),
        ("Anna lacht", 0, 0, "heute", "heute| Anna lacht"),
        ("Anna , lacht", 4, 0, "jetzt", "Anna jetzt|, lacht"),
        ("  ", 2, 0, "er", "er|"),
    ],
)
def test_a_word_is_clicked_into_the_sentence(full, words, text, caret, chosen, word, expected):
    full.set(FIELD, text)
    field = full.element.locator("input[type=text]").first
    field.evaluate(
        "(input, [start, end]) => input.setSelectionRange(start, end)", [caret, caret + chosen]
    )
    words.get_by_text(word, exact=True).first.click()
    seen = field.evaluate("input => [input.value, input.selectionStart, input.selectionEnd]")
    assert seen == [expected.replace("|", ""), expected.index("|"), expected.index("|")]
    assert word in full.result["tokens"]


def test_a_sentence_is_clicked_together(full, networks, words):
    full.set(FIELD, "")
    for word in ("der", "Hund", "liest", "ein", "Buch"):
        words.get_by_text(word, exact=True).first.click()
    assert full.element.locator("input[type=text]").first.input_value() == "der Hund liest ein Buch"
    assert_same(full.result, networks.expect("der Hund liest ein Buch", networks.data["chosen"]))


def test_the_filter_finds_words_without_umlauts(full, words):
    for wanted, found in (
        ("apfel", {"Apfel", "Äpfel"}),
        ("GROSS", {"groß", "große"}),
        ("xy", set()),
    ):
        full.set(FIND, wanted)
        seen = set(words.evaluate_all(VISIBLE))
        assert found <= seen and all(letters(wanted) in letters(text) for text in seen)
        assert len(seen) < 10
        nothing = full.element.get_by_text("It has learnt no word like this.")
        assert nothing.is_visible() == (not found)


def test_the_words_of_one_kind_are_seen_alone_and_found_in_any(full, words):
    kinds = full.data["words"]
    full.set(KIND, "animals")
    assert words.evaluate_all(VISIBLE) == kinds["animals"]
    full.set(FIND, "Büro")  # a place
    assert words.evaluate_all(VISIBLE) == ["Büro"]
    full.set(FIND, "")
    assert len(words.evaluate_all(VISIBLE)) == sum(map(len, kinds.values()))


def test_the_box_of_words_is_closed_by_button_and_key(full, words):
    box = full.element.locator(".word-box")
    summary = full.element.locator("summary")
    words.first.focus()
    full.page.keyboard.press("Escape")
    assert box.get_attribute("open") is None
    assert summary.evaluate("it => it.getRootNode().activeElement === it")
    summary.click()
    full.element.get_by_role("button", name="close").click()
    assert box.get_attribute("open") is None


def test_on_a_phone_the_open_box_leaves_the_picture_in_sight(browser, site):
    phone = open_explorer(browser, (site / PAGES["full"]).as_uri(), "book-translator", PHONE)
    phone.element.locator("summary").click()
    top = phone.element.bounding_box()["y"]
    picture = phone.element.locator(".arcs").bounding_box()
    assert picture["y"] + 0.8 * picture["height"] - top < PHONE["height"]
    phone.close()


VISIBLE = "words => words.filter(word => word.checkVisibility()).map(word => word.textContent)"


def letters(text):
    return text.lower().translate(str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"}))


def test_the_keyboard_goes_through_the_words(full, words):
    """They are one stop of the tab key; the arrow keys go from one to the next that is shown."""
    full.set(FIELD, "")
    full.set(FIND, "hund")
    full.element.locator("input[type=text]").nth(1).focus()
    press = full.page.keyboard.press
    for _ in ("the button that closes", "the kinds", "the words"):
        press("Tab")
    press("ArrowRight")
    press("ArrowRight")  # there are two
    press("Enter")
    assert full.element.locator("input[type=text]").first.input_value() == "Hunde"
    press("ArrowLeft")
    press("Tab")
    focused = "element => element.shadowRoot.activeElement.tagName"
    assert full.element.evaluate(focused) != "BUTTON"
