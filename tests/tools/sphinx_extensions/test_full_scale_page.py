"""What the page "At full scale" says, and its plots."""

import re
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from made_runs import RUN

from tools import ROOT
from tools.full_scale import record
from tools.full_scale.plan import RUNS
from tools.full_scale.recipes import RECIPES
from tools.full_scale.sentences import SENTENCES
from tools.sphinx_extensions.figures import ATTRIBUTES, ELEMENTS
from tools.sphinx_extensions.full_scale_page import PARTS, Known, render

RANGES = [("1–9", 600), ("10–19", 371), ("20–29", 20), ("30+", 9)]


def scored(bleu: float) -> dict:
    return {
        "greedy": bleu - 1,
        "searched": bleu,
        "by_length": [[label, count, bleu - i] for i, (label, count) in enumerate(RANGES)],
    }


def said(text: str, looks: bool) -> dict:
    return {
        "source": ["▁ein", "▁hu", "nd"],
        "target": ["▁a", "▁dog"],
        "text": text,
        "weights": [[90, 6, 4], [0, 55, 45], [1, 0, 99]] if looks else None,
    }


def run(validation: float, test: float | None = None, looks: bool = True):
    sentences = [said(f"a dog {i}" + " *" * (i == 1), looks) for i in range(len(SENTENCES))]
    results = {
        "parameters": 3_786_656,
        "epochs": 14,
        "signature": "nrefs:1|case:lc",
        "validation": scored(validation),
        "sentences": sentences,
    }
    if test is not None:
        results["test_2016"] = scored(test)
    return replace(RUN, seconds=1800.0, threads=1, results=results)


FINAL = {f"translation final {seed}": run(39.0 + seed, 38.0 + seed) for seed in range(3)}
WITHOUT = {"translation no-attention 0": run(21.0, 20.5, looks=False)}
MORE = {"translation start 0": run(33.25)}


def known(runs: dict, old: set = frozenset()) -> Known:
    return Known(runs, frozenset(runs) - old)


def test_the_table_has_spread_of_seeds_and_differences_and_ends_with_the_last_row():
    text = render("translators", [], known(FINAL | WITHOUT | MORE))
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 3
    assert RECIPES["start"].title in lines[2]
    assert "| 3.8 | 14 | 30 | 33.2 | −6.8 | – |" in lines[2]
    assert "| 21.0 | −19.0 | 20.5 |" in lines[3]
    assert RECIPES["final"].title in lines[4]
    assert "| 40.0 (39.0–41.0) | – | 39.0 (38.0–40.0) |" in lines[4]
    assert "`nrefs:1|case:lc`" in text
    assert "on 2026-01-31" in text and "(1 thread)" in text and "torch 2.14.1" in text
    assert "The code has changed" not in text
    assert "`python -m tools.full_scale translation --recipe no-attention --seed 1 --test`" in text
    assert "--recipe start" not in text


def test_nothing_is_compared_with_a_last_row_that_is_not_there():
    text = render("translators", [], known(MORE))
    assert "| 33.2 | – | – |" in text


def test_a_run_of_older_code_is_said_to_be_one():
    old = render("translators", [], known(FINAL, {"translation final 1"}))
    assert "The code has changed since" in old
    name = "chapter 02_compression"
    for old in (True, False):
        text = render("tables", [name], known({name: RUN}, {name} if old else set()))
        assert ("The code has changed" in text) == old


def test_a_chapter_s_tables_keep_their_words_and_what_the_run_took_is_said():
    text = render("tables", ["chapter 02_compression"], known({"chapter 02_compression": RUN}))
    assert "c:\n\n| ä |\n| --- |\n| 1 \\| 2 |\n" in text
    assert "1\N{NO-BREAK SPACE}min" in text and "1.0 GB" in text and f"`{RUN.command}`" in text


@pytest.mark.parametrize("part", PARTS)
def test_what_was_not_made_is_said_to_be_so(part):
    text = render(part, ["stream"], known({}))
    assert re.search(r"does it\.|Not run yet: `", text) and "|" not in text


def pictures(text: str) -> list[ET.Element]:
    return [ET.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]


def test_lengths_are_drawn_for_both_kinds_with_the_captions_counted():
    (svg,) = pictures(render("lengths", [], known(FINAL | WITHOUT | MORE)))
    words = ["".join(each.itertext()) for each in svg.iter("text")]
    assert {"with attention", "without", "1–9", "(600)", "(20)"} <= set(words)
    assert "30+" not in words
    lines = [path for path in svg.iter("path") if path.get("stroke-width") == "2"]
    assert len(lines) == 2  # a mean over seeds each
    dots = [path for path in svg.iter("path") if path.get("fill-opacity")]
    assert len(dots) == 3 * (3 + 1)
    label = svg.get("aria-label")
    assert "with attention: 1–9 words 39" in label and "without: 1–9 words 20" in label

    def heights(line):
        return [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", line.get("d"))]

    with_it, without = map(heights, lines)
    assert all(a < b for a, b in zip(with_it, without, strict=True))  # y goes down
    assert with_it == sorted(with_it)


def test_ranges_of_few_captions_are_left_out_and_counted():
    text = render("lengths", [], known(FINAL))
    assert "Ranges with fewer than 10 are left out, 9 in all." in text


def test_what_the_page_says_of_its_sentences_is_so():
    """The prose names what the recorded translator lost; another one may lose something else."""
    page = (ROOT / "book" / "at_full_scale.md").read_text("utf-8")
    assert "the beekeeper and his honeycomb are gone" in page
    assert "the bicycle and the children of the longest sentence" in page
    said = record.read()["translation final 0"].results["sentences"]
    by_text = dict(zip(SENTENCES, (one["text"] for one in said), strict=True))
    (beekeeper,) = (text for source, text in by_text.items() if "Imker" in source)
    assert not re.search("beekeeper|keeper|bee|honey", beekeeper)
    assert not re.search("bicycle|bike|child|kid", by_text[max(by_text, key=len)])


def test_a_sentence_shows_both_translations_and_where_the_one_looked():
    text = render("sentences", [], known(FINAL | WITHOUT))
    found = pictures(text)
    assert len(found) == len(SENTENCES)
    for sentence, meaning in SENTENCES.items():
        assert sentence in text and meaning in text
    assert text.count("- without attention: ") == text.count("- with attention: ")
    label = found[0].get("aria-label")
    assert label == "Where each English token looked most: a at ein, dog at hu, end at nd."
    squares = list(found[0].iter("rect"))
    assert [float(square.get("fill-opacity")) for square in squares] == [
        *(0.9, 0.06, 0.04),
        *(0.55, 0.45),
        *(0.01, 0.99),
    ]


def test_sentences_of_one_kind_alone_are_shown_too():
    for runs, kind in ((FINAL, "with"), (WITHOUT, "without")):
        text = render("sentences", [], known(runs))
        assert text.count("attention: *") == text.count(f"- {kind} attention: *") == len(SENTENCES)
        assert render("lengths", [], known(FINAL)).count("<svg") == 1


def test_drawings_have_only_what_the_pages_allow():
    text = "".join(render(part, [], known(FINAL | WITHOUT)) for part in ("lengths", "sentences"))
    for svg in pictures(text):
        for element in svg.iter():
            assert element.tag in ELEMENTS
            assert set(element.attrib) <= set(ATTRIBUTES) | {"aria-label", "role", "viewBox"}


def test_of_several_runs_those_that_are_made_are_shown_and_the_others_named():
    names = ["chapter 01_encoder_decoder", "chapter 02_compression"]
    text = render("tables", names, known({"chapter 02_compression": RUN}))
    assert "**Chapter 2: Compression**" in text
    assert text.endswith("Not run yet: `python -m tools.full_scale chapter 01_encoder_decoder`.\n")


def test_the_page_shows_every_run_of_the_plan_but_the_translators_one_by_one():
    page = (ROOT / "book" / "at_full_scale.md").read_text("utf-8")
    parts = re.findall(r"^```\{full-scale\} (\w+) ?(.*)$", page, re.MULTILINE)
    named = [name for part, names in parts if part == "tables" for name in names.split(", ")]
    assert sorted(named) == sorted(name for name in RUNS if not name.startswith("translation"))
    assert {part for part, _ in parts} == set(PARTS)


def test_rendering_needs_no_torch():
    code = (
        "import sys\nfor name in ('torch', 'matplotlib', 'tokenizers'): sys.modules[name] = None\n"
        "from tools.full_scale import record\nfrom tools.full_scale.plan import RUNS\n"
        "import tools.sphinx_extensions.full_scale_page\n"
        "assert all(map(record.code_of, RUNS))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
