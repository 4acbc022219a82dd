"""What the page on speed says, and its plots."""

import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from tools import ROOT
from tools.benchmarks.record import PARTS, Part
from tools.sphinx_extensions import benchmarks_page, charts
from tools.sphinx_extensions.benchmarks_page import render
from tools.sphinx_extensions.figures import ATTRIBUTES, ELEMENTS
from utils.drawing.colours import PALETTE

RATE = {"median": 1234.0, "low": 1100.0, "high": 1300.0}


def control(name: str, script: float, limit: float = 16) -> dict:
    parts = {"script": script, "layout": 2.0, "all": script + 9}
    return {
        **{"page": "a.html", "explorer": "book-code-map", "kind": "slider", "control": name},
        **{"limit": limit, "moves": 12},
        **{part: {"median": ms, "worst": 2 * ms} for part, ms in parts.items()},
    }


def trained(name: str, unit: str, threads: int = 1) -> dict:
    return {
        **{"network": name, "chapter": 5, "unit": unit, "threads": threads, "rate": RATE},
        **{"operations": 2.5e6, "gigaflops": 6.0, "matrix_product": 24.0, "megabytes": 45.6},
    }


RESULTS = {
    "explorers": [control("a | b", 15.5), control("quick", 3.0), control("sentence", 50.0, 100)],
    "training": [trained("CNN", "images"), trained("dot", "tokens"), trained("dot", "tokens", 2)],
    "decoding": [
        {"network": "dot", "beam": beam, "rate": RATE, "megabytes": 2.5} for beam in (1, 4)
    ],
    "codec": [{"way": "compress", "images": RATE, "megabytes_per_second": RATE, "megabytes": 12.0}],
    "growth": [
        {"what": "dot", "by": "length", "points": [[8, 0.01], [16, 0.021]], "exponent": 1.07},
        {"what": "compress", "by": "images", "points": [[8, 0.01], [64, 0.05]], "exponent": 0.77},
    ],
    "pages": [
        {
            **{"page": "index.html", "heap_megabytes": 5.5},
            "bytes": {"html": {"raw": 123456, "gzip": 34567}, "data": {"raw": 0, "gzip": 0}},
        }
    ],
    "build": [{"seconds": 65, "processor_seconds": 61}],
    "checks": [{"step": f"nbval {i}", "seconds": i, "processor_seconds": None} for i in range(20)],
}


def part(name: str, others: float = 1.4) -> Part:
    versions = {"Python": "3.12.1", "torch": "2.14.1"}
    return Part("c0ffee", 60, 2, others, versions, RESULTS[name])


@pytest.mark.parametrize("name", PARTS)
def test_each_part_has_numbers_and_says_what_they_were_measured_on(name: str) -> None:
    text = render(name, part(name), True)
    assert "with Python 3.12.1 and torch 2.14.1 on 2 processors, while other programs kept 1.4" in (
        text
    )
    assert "changed since" not in text
    assert "Undefined" not in text and "None" not in text


@pytest.mark.parametrize("name", PARTS)
def test_numbers_of_other_code_are_marked_as_such(name: str) -> None:
    assert "**The code has changed since" in render(name, part(name), False)


def test_a_quiet_machine_is_called_one() -> None:
    assert "while nothing else was running" in render("codec", part("codec", 0.04), True)


def test_a_part_that_was_not_measured_names_the_command() -> None:
    assert "`python -m tools.benchmarks codec`" in render("codec", None, False)


def test_controls_over_their_limit_are_listed_and_others_are_not() -> None:
    text = render("explorers", part("explorers"), True)
    listed = text.partition("<details>")[0]
    assert r"| code map | a \| b (slider) | 17.5 | 16 |" in listed
    assert "quick" not in listed and "sentence (" not in listed
    assert "quick (slider) | 12 | 3.0, 6.0 | 2.0, 4.0 | 12.0, 24.0 |" in text


def test_where_nothing_is_over_its_limit_that_is_said() -> None:
    quick = Part("c0ffee", 60, 2, 0, {"Python": "3"}, [control("quick", 3.0)])
    assert "No control takes longer" in render("explorers", quick, True)


def test_networks_stand_with_their_unit_their_spread_and_their_share() -> None:
    text = render("training", part("training"), True)
    assert "| CNN | 5 | 1 | 1,230 (1,100–1,300) | 2.5 million | 45.6 |" in text
    assert "Images a second" in text and "Tokens a second" in text
    assert "25\N{NO-BREAK SPACE}%" in text and "dot, 2 threads" in text
    assert "24 billion operations a second with 1 thread and 24 billion" in text


def test_only_the_longest_steps_are_listed() -> None:
    text = render("checks", part("checks"), True)
    assert "`nbval 19` | 0:19" in text and "`nbval 7`" not in text


def test_amounts_have_three_digits() -> None:
    numbers = (0, 0.078912, 4.5678, 45.678, 456.78, 45678)
    assert [benchmarks_page.amount(number) for number in numbers] == [
        *("0", "0.0789", "4.57", "45.7", "457", "45,700")
    ]


# ------------------------------------------------------------------------------
# Plots


@pytest.mark.parametrize("name", ["explorers", "training", "growth"])
def test_plots_consist_of_what_figures_do_in_the_books_colours(name: str) -> None:
    drawings = re.findall(r"<svg.*?</svg>", render(name, part(name), True), re.S)
    assert len(drawings) == (2 if name == "growth" else 1)
    for drawing in drawings:
        root = ET.fromstring(drawing)
        assert root.get("role") == "img" and len(root.get("aria-label", "")) > 40
        for element in root.iter():
            assert element.tag in ELEMENTS and set(element.attrib) <= ATTRIBUTES
            colours = {element.get("fill", "none"), element.get("stroke", "none")} - {"none"}
            assert colours <= {f"var(--figure-{colour})" for colour in PALETTE}


def test_a_scale_is_logarithmic() -> None:
    place = charts.scale(1, 100, 0, 50)
    assert [place(value) for value in (1, 10, 100)] == pytest.approx([0, 25, 50])


def test_a_scale_ends_at_round_values_around_all() -> None:
    assert charts.ends([0.0, 3.0, 42.0]) == (2, 50)
    assert charts.round_values(2, 50) == [2, 5, 10, 20, 50]
    assert charts.round_values(1, 10_000) == [1, 10, 100, 1_000, 10_000]


def test_names_that_would_meet_move_apart_and_keep_their_order() -> None:
    assert charts.apart([100, 40, 95]) == [112, 40, 95]


def test_bars_are_as_long_as_their_values() -> None:
    drawn = charts.bars([("a", 1.0, "one"), ("b", 0.25, "a quarter")], "Two bars")
    long, short = (float(width) for width in re.findall(r'width="([\d.]+)" height="16"', drawn))
    assert short == pytest.approx(long / 4, abs=0.1)


def test_rendering_needs_neither_pytorch_nor_matplotlib() -> None:
    code = (
        "import sys\n"
        "for name in ('torch', 'matplotlib', 'playwright'): sys.modules[name] = None\n"
        "import tools.sphinx_extensions.benchmarks_page"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
