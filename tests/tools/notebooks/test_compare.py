"""tools/notebooks/compare.py: which differences between two runs it sees."""

import copy
from pathlib import Path

import pytest
from made_notebooks import (
    ALT,
    explorer,
    notebook,
    picture,
    results,
    stream,
    table,
    trained,
    weights,
)
from nbformat.v4 import new_code_cell, new_output

import tools.notebooks.__main__ as notebooks
from tools.notebooks import store
from tools.notebooks.compare import compare


def test_equal_runs_do_not_differ() -> None:
    stored = notebook(stream("a\nb\n"), table("0.5"), picture())
    assert compare(stored, copy.deepcopy(stored)) == []


def test_where_a_stream_is_cut_does_not_count() -> None:
    assert compare(notebook(stream("a\nb\n")), notebook(stream("a\n"), stream("b\n"))) == []


def test_injected_parameters_and_metadata_do_not_count() -> None:
    fresh = notebook(stream("a"))
    fresh.cells.insert(1, new_code_cell("seed = 1", metadata={"tags": ["injected-parameters"]}))
    fresh.metadata["papermill"] = {"duration": 1.0}
    fresh.cells[2].metadata["papermill"] = {"duration": 1.0}
    assert compare(notebook(stream("a")), fresh) == []


@pytest.mark.parametrize("kind", ["image/png", "image/svg+xml"])
def test_pixels_do_not_count_but_alt_texts_do(kind: str) -> None:
    stored = notebook(picture("AAAA", kind=kind))
    assert compare(stored, notebook(picture("BBBB", kind=kind))) == []
    for alt in (f"{ALT}.", None):
        (difference,) = compare(stored, notebook(picture("AAAA", alt, kind)))
        assert "alt text" in difference.what
        assert difference.stored == ALT


def test_alt_texts_count_exactly_in_a_training_cell() -> None:
    stored = notebook(picture(alt="About 10 bars"), tolerance=0.5, tagged=True)
    fresh = notebook(picture(alt="About 11 bars"), tolerance=0.5, tagged=True)
    assert len(compare(stored, fresh)) == 1


def test_untagged_cells_are_compared_exactly() -> None:
    (difference,) = compare(notebook(stream("a\n1.000\n")), notebook(stream("a\n1.001\n")))
    assert (difference.cell, difference.source) == (2, "measure()")
    assert (difference.stored, difference.fresh) == ("1.000", "1.001")
    assert "cell 2 `measure()`" in str(difference)


def test_a_difference_in_white_space_is_made_visible() -> None:
    (difference,) = compare(notebook(stream("a\n")), notebook(stream("a \n")))
    assert (difference.stored, difference.fresh) == (r"'a\n'", r"'a \n'")


def test_numbers_of_a_training_cell_may_differ_within_its_tolerance() -> None:
    assert compare(trained("PSNR 20.0 dB"), trained("PSNR 20.9 dB")) == []
    differences = compare(trained("PSNR 20.0 dB"), trained("PSNR 21.5 dB"))
    assert [d.what.split()[0] for d in differences] == ["text/html", "text/plain"]
    assert "20 and 21.5" in differences[0].what


def test_the_tolerance_of_the_stored_notebook_counts() -> None:
    assert compare(trained("20.0", 0.01), trained("20.9", 0.5)) != []


def test_every_number_counts() -> None:
    assert compare(trained("1.0 2.0 3.0"), trained("1.0 2.0 9.0")) != []
    assert compare(trained("1.0"), trained("-1.0")) != []
    assert compare(trained("1.0"), trained("nan")) != []


def test_words_of_a_training_cell_are_compared_exactly() -> None:
    assert "more than numbers" in compare(trained("net 1.0"), trained("pca 1.0"))[0].what
    assert "number of lines" in compare(trained("net 1.0"), trained("net 1.0\nb 1"))[0].what
    assert compare(trained("7x7 1.0", 0.5), trained("8x8 1.0", 0.5)) != []


def test_no_tolerance_lets_a_wrong_number_of_parameters_through() -> None:
    stored = results(("n = 2", 51_000, 0.5, 40))
    assert compare(stored, results(("n = 2", 51_000, 0.7, 60))) == []
    for wrong in (
        results(("n = 2", 500_000, 0.5, 40)),
        results(("n = 2", 51_001, 0.5, 40)),
        results(("n = 3", 51_000, 0.5, 40)),
    ):
        assert [d.what.split(" differs in what is not ")[0] for d in compare(stored, wrong)] == [
            "text/html",
            "text/plain",
        ]
    assert "51,000 and 51,001" in compare(stored, results(("n = 2", 51_001, 0.5, 40)))[0].what
    assert len(compare(stored, results(("n = 2", 51_000, 0.5, 900)))) == 2


def test_whole_numbers_are_measured_where_the_cell_says_so() -> None:
    columns = ("Score", "seeds", "words/s", "σ = 2")
    stored = results(("dot", 3, 23_200, "4 / 5"), columns=columns)
    assert compare(stored, results(("dot", 3, 31_000, "4 / 5"), columns=columns)) == []
    assert compare(stored, results(("dot", 2, 23_200, "4 / 5"), columns=columns)) != []
    assert compare(stored, results(("dot", 3, 23_200, "4 / 6"), columns=columns)) != []
    other = ("Score", "seeds", "words/s", "σ = 3")
    assert compare(stored, results(("dot", 3, 23_200, "4 / 5"), columns=other)) != []


@pytest.mark.parametrize(
    ("fresh", "agrees"),
    [
        ("T = 1: 61 of 200, 60 % right, 1.6 s\n✓ at least 50 %, in 2.5 s", True),
        ("T = 1: 60 of 200, 71% right, 1.6 s\n✓ at least 50 %, in 2.5 s", False),  # a space less
        ("T = 1: 60 of 200, 71 % right, 1.6 s\n✓ at least 50 %, in 2.5 s", True),
        ("T = 2: 60 of 200, 70 % right, 1.5 s\n✓ at least 50 %, in 2.5 s", False),
        ("T = 1: 60 of 201, 70 % right, 1.5 s\n✓ at least 50 %, in 2.5 s", False),
        ("T = 1: 60 of 200, 70 % right, 1.5 s\n✓ at least 51 %, in 2.5 s", False),
        ("T = 1: 60 of 200, 70 % right, 1.5 s\n✓ at least 50 %, in 2.6 s", False),
    ],
)
def test_what_is_counted_in_a_printed_line_and_what_a_claim_says(fresh: str, agrees: bool) -> None:
    tolerance = {"relative": 0.5, "measured": ["of 200", "of 201"]}
    stored = "T = 1: 60 of 200, 70 % right, 1.5 s\n✓ at least 50 %, in 2.5 s"
    one, two = (
        notebook(stream(text), tolerance=tolerance, tagged=True) for text in (stored, fresh)
    )
    assert (compare(one, two) == []) == agrees


def test_all_whole_numbers_of_a_printed_line_may_be_measured() -> None:
    tolerance = {"absolute": 2, "measured": ["places:"]}
    one, two, three = (
        notebook(stream(text), tolerance=tolerance, tagged=True)
        for text in (
            "places: 3 4 4\nseeds: 3",
            "places: 3 5 4\nseeds: 3",
            "places: 3 4 4\nseeds: 4",
        )
    )
    assert compare(one, two) == []
    assert len(compare(one, three)) == 1


def test_an_output_more_or_less_is_a_difference() -> None:
    one, two = notebook(stream("a")), notebook(stream("a"), picture())
    for stored, fresh in ((one, two), (two, one), (one, notebook()), (notebook(), one)):
        assert "number or kind" in compare(stored, fresh)[0].what
    assert compare(one, notebook(stream("a", "stderr"))) != []
    assert compare(notebook(picture()), notebook(picture(kind="image/svg+xml"))) != []
    training = compare(trained("1.0"), notebook(tolerance=0.05, tagged=True))
    assert "number or kind" in training[0].what


def test_a_missing_or_another_cell_is_a_difference() -> None:
    shorter = notebook()
    shorter.cells = shorter.cells[:1]
    (difference,) = compare(notebook(), shorter)
    assert (difference.stored, difference.fresh) == ("2", "1")
    (difference,) = compare(notebook(), notebook(source="measure(2)"))
    assert difference.cell == 2
    assert "another" in difference.what


def test_an_error_in_the_fresh_run_is_a_difference() -> None:
    error = new_output("error", ename="ClaimError", evalue="no", traceback=[])
    assert "ClaimError" in compare(notebook(stream("a")), notebook(error))[0].fresh


def test_what_a_trained_network_wrote_may_differ_in_its_words_but_not_in_its_lines() -> None:
    stored = trained("the cat sleeps\nT = 1", "words")
    assert not compare(stored, trained("a dog sleeps\nT = 1", "words"))
    difference, *_ = compare(stored, trained("the cat sleeps", "words"))
    assert "number of lines" in difference.what


def test_the_command_reports_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    paths = [tmp_path / name for name in ("stored.ipynb", "same.ipynb", "other.ipynb")]
    for path, text in zip(paths, ("1", "1", "2"), strict=True):
        store.write(notebook(stream(text)), path)
    assert notebooks.command_compare(notebooks.parse(["compare", *map(str, paths[:2])])) == 0
    assert "1 outputs agree" in capsys.readouterr().out
    assert notebooks.command_compare(notebooks.parse(["compare", *map(str, paths[::2])])) == 1
    report = capsys.readouterr().out
    for part in ("stored.ipynb", "cell 2 `measure()`", "stored: 1", "fresh:  2"):
        assert part in report


def test_of_an_explorer_the_picture_is_not_compared() -> None:
    stored, fresh = (notebook(explorer({"a": 1}, picture)) for picture in (b"one", b"other"))
    assert compare(stored, fresh) == []


def test_an_explorers_data_are_compared_exactly_where_nothing_is_trained() -> None:
    stored, fresh = (notebook(explorer({"a": value})) for value in (0.5, 0.6))
    assert len(compare(stored, fresh)) == 1


@pytest.mark.parametrize(
    ("data", "differences"),
    [
        (weights(2.0), 0),
        (weights(1.0, count=4), 1),
        (weights(1.0) | {"name": "general"}, 1),
        (weights(1.0) | {"more": []}, 1),
        (weights(1.0) | {"words": ["a", 2.0, "b"]}, 1),
    ],
)
def test_a_trained_explorer_may_differ_in_its_numbers_alone(data: dict, differences: int) -> None:
    stored, fresh = (
        notebook(explorer(some), tolerance="words", tagged=True) for some in (weights(1.0), data)
    )
    assert len(compare(stored, fresh)) == differences


def test_another_script_is_a_difference() -> None:
    stored, fresh = (
        notebook(explorer(weights(1.0), script=script), tolerance="words", tagged=True)
        for script in ("<script>old();</script>\n", "<script>new();</script>\n")
    )
    assert len(compare(stored, fresh)) == 1


def test_an_explorer_and_a_table_differ() -> None:
    assert len(compare(notebook(explorer({})), notebook(table("1")))) == 1
