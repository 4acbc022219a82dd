"""Chapter 4's tree of beam search: each step beside utils.decoding, and what is drawn of it."""

import math
from pathlib import Path

import pytest
import torch
from driver import PHONE, Driven, open_explorer
from playwright.sync_api import Browser
from translators import plain_translator

from utils.decoding.search import beam_search, greedy
from utils.decoding.steps import beam_steps
from utils.models.seq2seq import Seq2Seq
from utils.text.corpus import written
from utils.text.vocabulary import CONTROL_TOKENS, END, Vocabulary

pytestmark = [pytest.mark.site, pytest.mark.browser]

PAGE = "chapters/04_seq2seq.html"
NAME = "book-beam-search-tree"
WIDTH = "beam width"
CONTROLS = {"sentence": 0, WIDTH: 2}
LONGEST = 30  # as in the explorer
CLOSE = 1e-4
# The boxes that are seen, by step and place: the word, its number, and what became of it.
NODES = """element => [...element.shadowRoot.querySelectorAll("g.node")]
  .filter(node => node.dataset.fate !== "away")
  .map(node => {
    const [word, log] = [...node.querySelectorAll("text")].map(t => t.textContent);
    return { word, log, fate: node.dataset.fate, kept: !node.classList.contains("rival"),
             greedy: node.classList.contains("greedy") };
  })"""

# Of each box or word that is seen where it stands, and where its way begins and ends, in the
# drawing's units, as [x, y]; in the order of `fates`.
PLACES = """element => {
  const svg = element.shadowRoot.querySelector(".tree svg");
  const scale = svg.viewBox.baseVal.width / svg.getBoundingClientRect().width;
  const [left, top] = [svg.getBoundingClientRect().left, svg.getBoundingClientRect().top];
  const ways = [...svg.querySelectorAll(".way")];
  const { steps, fates } = element.result;
  return [...svg.querySelectorAll("g.node")].map((node, i) => {
    const { step, place, kept, fate } = fates[i];
    const box = node.querySelector("rect").getBoundingClientRect();
    const { parent } = steps[step - 1][place];
    let way = null;
    if (parent !== null) {
      const path = ways.shift();
      const length = path.getTotalLength();
      way = Array.from({ length: 9 }, (_, n) => path.getPointAtLength((length * n) / 8))
        .map(({ x, y }) => [x, y]);
    }
    return {
      step, place, kept, fate, parent, way,
      left: (box.left - left) * scale, right: (box.right - left) * scale,
      top: (box.top - top) * scale, bottom: (box.bottom - top) * scale,
      text: Math.max(...[...node.querySelectorAll("text")]
        .map(text => text.getBoundingClientRect().width * scale)),
    };
  });
}"""


@pytest.fixture(scope="module")
def shared(opened: Driven) -> dict:
    """The data of the explorer whose network the tree asks."""
    return Driven(opened.page.locator("book-translation-steps").first, []).data


@pytest.fixture(scope="module")
def model(shared: dict) -> Seq2Seq:
    return plain_translator(shared)


@pytest.fixture(scope="module")
def vocabularies(shared: dict) -> tuple[Vocabulary, Vocabulary]:
    source, target = (
        Vocabulary(shared[tokens][len(CONTROL_TOKENS) :])
        for tokens in ("source_tokens", "target_tokens")
    )
    return source, target


def finish(explorer: Driven) -> dict:
    """Go to the last step; the numbers that are shown there."""
    explorer.set("step", len(explorer.result["steps"]))
    return explorer.result


def search(model, vocabularies, source, width):
    token_ids = torch.tensor([vocabularies[0].encode(source)])
    lengths = torch.tensor([len(source)])
    if width == 1:
        (best,) = greedy(model, token_ids, lengths, LONGEST)
    else:
        ((best, *_),) = beam_search(model, token_ids, lengths, LONGEST, width, length_penalty=0.0)
    return best


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_every_step_is_as_in_pytorch(
    explorer: Driven, data: dict, model, vocabularies, width: int
) -> None:
    for sentence in range(min(2, len(data["sentences"]))):
        explorer.set("sentence", sentence)
        explorer.set(WIDTH, width)
        source = data["sentences"][sentence]["source"]
        result = finish(explorer)
        expected = beam_steps(model, source, *vocabularies, beam_size=width, max_length=LONGEST)
        assert len(result["steps"]) == len(expected)
        tokens = vocabularies[1].tokens
        for found, step in zip(result["steps"], expected, strict=True):
            kept = [one for one in found if one["kept"]]
            wanted = sorted((one for one in step if one.kept), key=lambda one: -one.log_probability)
            assert [tokens[one["tokenId"]] for one in kept] == [one.token for one in wanted]
            logs = [one["log"] for one in found]
            assert logs == sorted(logs, reverse=True)
            for one, other in zip(kept, wanted, strict=True):
                assert one["log"] == pytest.approx(other.log_probability, abs=CLOSE)
        best = search(model, vocabularies, source, width)
        assert result["words"] == list(vocabularies[1].decode(best.token_ids))
        assert result["log_probability"] == pytest.approx(best.log_probability, abs=CLOSE)


def test_in_each_sentence_the_beam_wins(explorer: Driven, data: dict) -> None:
    for sentence, pair in enumerate(data["sentences"]):
        explorer.set("sentence", sentence)
        found = {}
        for width in (1, 2):
            explorer.set(WIDTH, width)
            found[width] = finish(explorer)
        assert found[2]["words"] == pair["target"] != found[1]["words"]
        assert found[2]["log_probability"] > found[1]["log_probability"]
        told = explorer.element.locator(".results > div").all_inner_texts()
        for width, text, verdict in zip((1, 2), told, ("wrong", "right"), strict=True):
            assert written(tuple(found[width]["words"]), "en") in text and verdict in text
            assert f"{100 * math.exp(found[width]['log_probability']):.1f} %" in text


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_what_a_search_finds_is_told_when_it_is_over(
    explorer: Driven, data: dict, shared: dict, width: int
) -> None:
    """Before that, the most probable of what it has so far: of rows that are drawn."""
    tokens = shared["target_tokens"]
    for sentence in range(len(data["sentences"])):
        explorer.set("sentence", sentence)
        explorer.set(WIDTH, 1)
        alone = len(explorer.result["steps"])
        explorer.set(WIDTH, width)
        steps = explorer.result["steps"]
        picture = explorer.element.locator(".tree svg")
        for step in range(1, len(steps) + 1):
            explorer.set("step", step)
            result = explorer.result
            is_over = step == len(steps)
            kept = [
                one
                for at, row in enumerate(steps[:step], start=1)
                for one in row
                if one["kept"] and (one["tokenId"] == END or (at == step and not is_over))
            ]
            likeliest = max(kept, key=lambda one: one["log"])
            assert result["log_probability"] == likeliest["log"]
            if likeliest["tokenId"] != END:
                assert len(result["words"]) == step
                assert result["words"][-1] == tokens[likeliest["tokenId"]]
            told = explorer.element.locator(".results > div").all_inner_texts()
            ends = [step >= alone, is_over] if width > 1 else [is_over]
            for text, has_ended in zip(told, ends, strict=True):
                assert ("finds" in text) == has_ended != ("so far" in text)
                assert ("right." in text or "wrong." in text) == has_ended
            said = explorer.element.locator(".told > p").text_content()
            assert ("orange" in said) == is_over
            assert ("wins" in picture.get_attribute("aria-label")) == is_over


def test_what_is_drawn_follows_the_step(explorer: Driven, data: dict, shared: dict) -> None:
    names = list(shared["target_tokens"])
    names[END] = "(end)"
    steps = explorer.result["steps"]
    for step in range(1, len(steps) + 1):
        explorer.set("step", step)
        assert explorer.result["step"] == step
        nodes = explorer.element.evaluate(NODES)
        expected = [one for row in steps[:step] for one in row if one["kept"]]
        kept = [node for node in nodes if node["kept"]]
        assert [node["word"] for node in kept] == [names[one["tokenId"]] for one in expected]
        assert [float(node["log"].replace("−", "-")) for node in kept] == pytest.approx(
            [one["log"] for one in expected], abs=0.0051
        )
        is_over = step == len(steps)
        assert [node for node in nodes if not node["kept"]] == [] or not is_over
        fates = {node["fate"] for node in kept}
        assert ("found" in fates) == is_over
        # Of the row that was written last nothing is dropped; what nobody goes on with fades.
        row = [node["fate"] for node in kept[-sum(one["kept"] for one in steps[step - 1]) :]]
        assert "dropped" not in row
        parents = {one["parent"] for one in steps[step - 1] if one["kept"]}
        if step > 1:
            before = [one for one in steps[step - 2] if one["kept"]]
            end = len(kept) - len(row)
            for place, node in enumerate(kept[end - len(before) : end]):
                goes_on = place in parents or before[place]["tokenId"] == END
                assert (node["fate"] == "dropped") != goes_on
    winning = [node["word"] for node in explorer.element.evaluate(NODES) if node["fate"] == "found"]
    assert winning == [*data["sentences"][0]["target"], "(end)"]


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_what_is_dropped_stands_in_its_row_and_hangs_on_its_parent(
    explorer: Driven, data: dict, width: int
) -> None:
    explorer.set(WIDTH, width)
    dropped = 0
    for sentence in range(min(2, len(data["sentences"]))):
        explorer.set("sentence", sentence)
        for step in range(1, len(explorer.result["steps"])):
            explorer.set("step", step)
            drawn = explorer.element.evaluate(PLACES)
            seen = [one for one in drawn if one["fate"] != "away"]
            box_of = {(one["step"], one["place"]): one for one in seen}
            rivals = [one for one in seen if not one["kept"]]
            assert {one["step"] for one in rivals} <= {step}  # not where there is no room
            said = explorer.element.locator(".told > p").text_content()
            assert ("In grey" in said) == bool(rivals) and (rivals or width == 4)
            # The likeliest of those that were dropped, with none left out.
            first = sum(one["kept"] for one in seen if one["step"] == step)
            assert [one["place"] for one in rivals] == [*range(first, first + len(rivals))]
            dropped += len(rivals)
            for one in seen:
                row = [other for other in seen if other["step"] == one["step"]]
                assert {round(other["top"]) for other in row} == {round(one["top"])}
                assert one["left"] >= 0 and one["right"] <= 340
                assert one["text"] <= one["right"] - one["left"] + 2
                for other in row:
                    apart = one["right"] <= other["left"] or other["right"] <= one["left"]
                    assert one is other or apart
                if one["parent"] is None:
                    continue
                parent = box_of[one["step"] - 1, one["parent"]]
                (x, y), (to_x, to_y) = one["way"][0], one["way"][-1]
                middles = [(box["left"] + box["right"]) / 2 for box in (parent, one)]
                assert [x, to_x] == pytest.approx(middles, abs=0.5)
                assert [y, to_y] == pytest.approx([parent["bottom"], one["top"]], abs=0.5)
                # Between the rows all the way: never behind a box.
                assert all(y - 0.1 <= point[1] <= to_y + 0.1 for point in one["way"])
    assert dropped >= 10 or width == 4  # it has no room for them


def test_the_tree_has_a_name_of_its_own(explorer: Driven) -> None:
    """The still picture grows to the right and is two words high; the tree does not."""
    name = explorer.element.locator(".panel").get_attribute("aria-label")
    assert "grows downwards" in name and "left to right" not in name and "two" not in name
    assert "left to right" in explorer.element.locator("> img").get_attribute("alt")


def test_it_opens_where_the_beam_leaves_greedy_search(explorer: Driven, data: dict) -> None:
    for sentence in range(len(data["sentences"])):
        explorer.set("sentence", sentence)
        found = []
        for width in (1, 2):
            explorer.set(WIDTH, width)
            found.append(finish(explorer)["words"])
        greedy, beam = found
        fork = next(
            i for i, words in enumerate(zip(greedy, beam, strict=False)) if len({*words}) > 1
        )
        said = explorer.element.locator(".told > p")
        assert f"never saw it: at step {fork + 1} it kept" in said.text_content()
        explorer.set("sentence", sentence)
        assert explorer.result["step"] == fork + 1
        assert "Greedy search would go on" in said.text_content()
        nodes = explorer.element.evaluate(PLACES)
        row = [one for one in nodes if one["step"] == fork + 1 and one["kept"]]
        assert len(row) == 2 and all(one["fate"] == "kept" for one in row)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_words_keep_their_places_from_step_to_step(explorer: Driven, width: int) -> None:
    explorer.set(WIDTH, width)
    places = {}
    for step in range(1, len(explorer.result["steps"]) + 1):
        explorer.set("step", step)
        seen = [one for one in explorer.element.evaluate(PLACES) if one["left"] < one["right"]]
        for one in seen:
            key = (one["step"], one["place"])
            place = [round(one[side]) for side in ("left", "right", "top", "bottom")]
            assert places.setdefault(key, place) == place


def test_the_dashed_way_is_that_of_greedy_search(explorer: Driven) -> None:
    explorer.set(WIDTH, 1)
    finish(explorer)
    alone = [node["word"] for node in explorer.element.evaluate(NODES) if node["kept"]]
    assert alone[:-1] == explorer.result["words"] and alone[-1] == "(end)"
    explorer.set(WIDTH, 2)
    dashed = [node["word"] for node in explorer.element.evaluate(NODES) if node["greedy"]]
    assert dashed == alone[: len(dashed)] and len(dashed) > 1


def test_the_whole_tree_stays_whole_with_another_width(explorer: Driven) -> None:
    finish(explorer)
    for width in (1, 2, 3, 4):
        explorer.set(WIDTH, width)
        assert explorer.result["step"] == len(explorer.result["steps"])
    explorer.element.get_by_role("button", name="back").click()
    assert explorer.result["step"] == len(explorer.result["steps"]) - 1
    explorer.element.get_by_label(WIDTH).press("ArrowLeft")
    assert explorer.result["width"] == 3
    explorer.element.get_by_role("button", name="next").click()


@pytest.mark.parametrize("width", [2, 4])
def test_can_be_read_on_a_phone(browser: Browser, site: Path, width: int) -> None:
    explorer = open_explorer(browser, (site / PAGE).as_uri(), NAME, viewport=PHONE, scheme="dark")
    explorer.set(WIDTH, width)
    assert explorer.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    smallest, above = explorer.element.evaluate("""element => {
      const root = element.shadowRoot;
      const svg = root.querySelector(".tree svg");
      const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
      const sizes = [...svg.querySelectorAll("text")]
        .map(text => parseFloat(getComputedStyle(text).fontSize) * scale);
      const top = root.querySelector("input[type=range]").getBoundingClientRect().top;
      return [Math.min(...sizes), svg.getBoundingClientRect().bottom - top];
    }""")
    assert smallest >= 10
    assert above <= PHONE["height"]  # from the width's slider to the tree's last row
    overlapping = explorer.element.evaluate("""element => {
      const boxes = [...element.shadowRoot.querySelectorAll("g.node:not(.rival) rect")]
        .map(rect => rect.getBoundingClientRect());
      const meet = (a, b) =>
        a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
      return boxes.filter((a, i) => boxes.some((b, j) => i < j && meet(a, b))).length;
    }""")
    assert overlapping == 0
    assert explorer.errors == []
    explorer.close()


def test_without_the_network_the_picture_stays(explorer: Driven) -> None:
    """As where each output of a notebook is in a frame of its own."""
    shown = explorer.page.evaluate("""() => {
      const stepper = document.querySelector("book-translation-steps");
      const place = document.createComment("");
      stepper.replaceWith(place);
      const tree = document.querySelector("book-beam-search-tree");
      const other = document.createElement("book-beam-search-tree");
      for (const child of tree.childNodes) other.append(child.cloneNode(true));
      tree.after(other);
      const waits = !other.shadowRoot && other.querySelector("img").offsetHeight > 0;
      place.replaceWith(stepper);
      other.start();
      const draws = other.result.steps.length;
      other.remove();
      return [waits, draws];
    }""")
    assert shown[0] and shown[1] > 0
