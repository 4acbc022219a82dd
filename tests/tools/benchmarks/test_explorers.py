"""How explorers are found, and what is made of their answers; nothing is timed."""

from pathlib import Path

import pytest

from tools.benchmarks import explorers, pages


def test_explorers_are_found_on_the_pages_of_one_edition(tmp_path: Path) -> None:
    for folder in ("a", "zh/a"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "one.html").write_text(
            '<book-map label="x"></book-map><p>book-none</p><book-tree></book-tree><book-map >',
            "utf-8",
        )
    (tmp_path / "plain.html").write_text("<p>a book-map</p>", "utf-8")
    assert explorers.explorers_of(tmp_path) == {"a/one.html": ["book-map", "book-tree"]}


def test_without_built_pages_one_is_told_what_to_do(tmp_path: Path) -> None:
    for measure in (explorers.measure, pages.weights):
        with pytest.raises(FileNotFoundError, match="make book"):
            next(iter(measure(tmp_path)))


def test_a_control_has_the_median_and_the_worst_of_its_moves() -> None:
    works = [{"script": s, "layout": 1.0, "all": 2 * s} for s in (1.0, 9.04, 2.0)]
    entry = explorers.summarised("slider", " bits ", works, 16)
    assert entry == {
        **{"kind": "slider", "control": "bits", "limit": 16, "moves": 3},
        "script": {"median": 2.0, "worst": 9.0},
        "layout": {"median": 1.0, "worst": 1.0},
        "all": {"median": 4.0, "worst": 18.1},
    }


def test_a_page_weighs_what_it_loads_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    (tmp_path / "a.js").write_text("1" * 1000, "utf-8")
    (tmp_path / "a.css").write_text("22", "utf-8")
    page = tmp_path / "book" / "one.html"
    page.write_text(
        '<link rel="stylesheet" href="../a.css?v=1"><link rel="next" href="two.html">'
        '<script src="../a.js?v=1"></script><script src="../a.js"></script>'
        '<img src="gone.png"><script type="application/json">[1,2]</script>',
        "utf-8",
    )
    weighed = pages.weigh(page)
    assert weighed["scripts"]["raw"] == 1000 > 10 * weighed["scripts"]["gzip"]
    assert weighed["styles"]["raw"] == 2
    assert weighed["data"]["raw"] == len("[1,2]")
    assert weighed["html"]["raw"] == page.stat().st_size
    assert "pictures" not in weighed
