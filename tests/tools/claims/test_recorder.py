"""tools/claims/recorder.py: what a claim compared is noted, and changes nothing else."""

import ast
import builtins
import json
import math
import statistics

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from tools.claims import recorder
from tools.claims.recorder import NAME, Recorder, rewrite
from tools.notebooks import listing
from utils.notebook.claims import ClaimError, claim

VALUES = {
    "torch": torch,
    "np": np,
    "math": math,
    "statistics": statistics,
    "scores": {"ours": 3.0, "theirs": 2.5},
    "row": torch.tensor([0.2, 0.7, 0.4]),
    "curve": np.array([5.0, 4.0, 4.5]),
    "losses": [3.0, 2.0, 1.0],
    "aligned": True,
    "nothing": float("nan"),
    "name": "a",
}


def run(source: str, **names: object) -> tuple[Recorder, dict]:
    """The code, run with a recorder in its claims."""
    noting = Recorder()
    space = VALUES | names | {NAME: noting, "claim": claim}
    exec(compile(rewrite(ast.parse(source), noting), "cell", "exec"), space)
    return noting, space


def sides(holds: str, **names: object) -> list[tuple]:
    """What is noted of a claim with this second argument."""
    noting, _ = run(f"claim('it', {holds})", **names)
    (found,) = noting.result()
    return [(one["left"], one["direction"], one["right"]) for one in found["comparisons"]]


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ("scores['ours'] > scores['theirs'] + 0.2", [(3.0, -1, 2.7)]),
        ("scores['ours'] <= 4", [(3.0, 1, 4.0)]),
        ("bool(row[0] < 1 / 4)", [(0.2, 1, 0.25)]),
        ("min(x for x in losses) >= 0.5", [(1.0, -1, 0.5)]),
        ("abs(scores['ours'] - 3.1) < 0.5", [(0.1, 1, 0.5)]),
        # Each part, as far as Python comes.
        ("losses[0] > 2 and losses[1] > 1.5", [(3.0, -1, 2.0), (2.0, -1, 1.5)]),
        ("losses[0] > 4 and losses[1] > 1.5", [(3.0, -1, 4.0)]),
        ("0.1 < losses[2] < 1.5", [(0.1, 1, 1.0), (1.0, 1, 1.5)]),
        ("2 < losses[2] < 1.5", [(2.0, 1, 1.0)]),
        # Of several values the one that decides.
        ("all(x > 0.5 for x in losses)", [(1.0, -1, 0.5)]),
        ("all([x > 2.5 for x in losses])", [(1.0, -1, 2.5)]),
        ("any(x > 2.5 for x in losses)", [(3.0, -1, 2.5)]),
        ("any(x > 2.5 for x in losses[::-1])", [(3.0, -1, 2.5)]),
        ("bool((row < 0.9).all())", [(0.7, 1, 0.9)]),
        ("(row < 0.9).all().item()", [(0.7, 1, 0.9)]),
        ("(curve > row.numpy() * 10).any()", [(5.0, -1, 2.0)]),
        ("(curve > np.array([4.9, 1.0, 4.4])).all()", [(5.0, -1, 4.9)]),
        ("bool((np.diff(losses) < 0).all()) and losses[-1] < 1.5", [(-1, 1, 0), (1, 1, 1.5)]),
        ("all(bool((row < b).all()) for b in (2.0, 0.8))", [(0.7, 1, 0.8)]),
        ("bool(((row > 0.1) & (row < 0.8)).all())", [(0.2, -1, 0.1), (0.7, 1, 0.8)]),
        # One that holds is enough; a flag beside a comparison is none.
        ("not aligned or losses[0] > 2", [(3.0, -1, 2.0)]),
        ("losses[0] > 2 if aligned else losses[0] > 5", [(3.0, -1, 2.0)]),
        # Behind `not` the direction turns.
        ("not losses[0] < 2", [(3.0, -1, 2.0)]),
        ("not (row > 0.9).any()", [(0.7, 1, 0.9)]),
        ("not any(x > 3.5 for x in losses)", [(3.0, 1, 3.5)]),
        # No bound that could be missed by a little.
        ("len(losses) == 3", [(3.0, 0, 3.0)]),
        ("losses == sorted(losses, reverse=True)", [(None, 0, None)]),
        ("name == 'a'", [(None, 0, None)]),
        ("nothing > 2", [(None, -1, 2.0)]),
        ("'a' in scores", []),
        ("aligned", []),
        ("(n := len(losses)) > 2 and n < 9", [(3.0, 1, 9.0)]),
        # Of a tolerance the share that was used.
        ("torch.allclose(row, row + 0.01, rtol=0, atol=0.1)", [(0.1, 1, 1.0)]),
        ("np.allclose(curve, curve * 1.001, 0.01)", [(0.0999001, 1, 1.0)]),
        ("math.isclose(2.0, 2.002, rel_tol=0.01)", [(0.0999001, 1, 1.0)]),
        ("torch.allclose(row, row)", [(0.0, 1, 1.0)]),
        ("all(torch.allclose(row, row + d, rtol=0, atol=1.0) for d in (0.1, 0.3))", [(0.3, 1, 1)]),
    ],
)
def test_both_sides_are_noted(holds: str, expected: list[tuple]) -> None:
    found = sides(holds)
    assert [direction for _, direction, _ in found] == [direction for _, direction, _ in expected]
    for one, other in zip(found, expected, strict=True):
        for side in (0, 2):
            if other[side] is None:
                assert one[side] is None
            else:
                assert one[side] == pytest.approx(other[side], rel=1e-4), found


@pytest.mark.parametrize(
    ("holds", "some"),
    [
        ("losses[0] > 9 or losses[1] > 1", [True, True]),
        ("not (losses[0] > 9 and losses[1] > 1)", [True]),
        ("not (losses[0] > 9 or losses[1] > 9)", [False, False]),
        ("any(x > 1 for x in losses)", [True]),
        ("not any(x > 5 for x in losses)", [False]),
        ("losses[0] > 1", [False]),
    ],
)
def test_one_of_several_is_marked(holds: str, some: list[bool]) -> None:
    noting, _ = run(f"claim('it', {holds})")
    assert [one["some"] for one in noting.result()[0]["comparisons"]] == some


def test_what_stands_beside_the_deciding_comparison_is_not_noted() -> None:
    noting, _ = run(
        "claim('it', ((row > 0.5) == (row > 0.3)).float().mean() < 0.9)\n"
        "claim('that', max(scores[n] for n in scores if n != 'ours') < 3)"
    )
    first, second = noting.result()
    assert [one["right"] for one in first["comparisons"]] == [0.9]
    assert [one["text"] for one in second["comparisons"]] == [
        ast.unparse(ast.parse("max(scores[n] for n in scores if n != 'ours') < 3"))
    ]


def test_each_side_is_computed_once_and_in_pythons_order() -> None:
    source = "claim('it', at(1) < at(2) < at(0) < at(9) and at(5) > 0, checked=at(1) > 0)"
    plain: list[int] = []

    def at(number: int, log: list[int]) -> int:
        log.append(number)
        return number

    with pytest.raises(ClaimError):
        exec(source, {"claim": claim, "at": lambda n: at(n, plain)})
    noted: list[int] = []
    noting, _ = run(source, at=lambda n: at(n, noted))
    assert noted == plain == [1, 2, 0, 1]
    assert not noting.result()[0]["held"]


def test_names_of_a_loop_and_of_a_function_are_found() -> None:
    noting, _ = run(
        "def check(limit):\n"
        "    for n in (1, 2):\n"
        "        claim(f'{n} below', all(n < limit < x for x in (8, 9)))\n"
        "check(3)"
    )
    assert [claim["statement"] for claim in noting.result()] == ["1 below", "2 below"]
    first, second = noting.result()[1]["comparisons"]
    assert (first["left"], first["right"], second["left"], second["right"]) == (2, 3, 3, 8)


def test_a_claim_that_fails_is_noted_and_the_cell_goes_on(capsys) -> None:
    noting, space = run("claim('it', losses[0] < 2)\nclaim(holds=3 > 2, statement='that')\nend = 1")
    assert [(c["statement"], c["held"]) for c in noting.result()] == [("it", False), ("that", True)]
    assert space["end"] == 1
    assert capsys.readouterr().out == "✗ it\n✓ that\n"
    json.dumps(noting.result(), allow_nan=False)


def test_a_claim_that_is_not_checked_is_not_noted(capsys) -> None:
    noting, _ = run("claim('it', losses[0] < 2, False)\nclaim('that', 1 < 2)")
    (only,) = noting.result()
    assert only["statement"] == "that" and len(only["comparisons"]) == 1
    assert "not checked" in capsys.readouterr().out


def test_a_sentence_claimed_twice_holds_if_both_do() -> None:
    noting, _ = run("for x in (1, 3, 2):\n    claim('it', x < 3)")
    (only,) = noting.result()
    assert only["held"] is False
    assert [one["left"] for one in only["comparisons"]] == [3]


def test_what_cannot_be_measured_changes_nothing() -> None:
    class Odd:
        def __lt__(self, other: object) -> bool:
            return True

        def detach(self) -> None:
            raise RuntimeError("no")

    assert sides("odd < 3", odd=Odd()) == [(None, 1, None)]


def test_a_shell_notes_the_claims_of_its_cells() -> None:
    shell = InteractiveShell()
    recorder.install(shell)
    shell.run_cell("from utils.notebook.claims import claim")
    done = shell.run_cell("x = 3\nclaim('it', x < 2)\nx + 1")
    assert done.success and done.result == 4
    assert [claim["held"] for claim in shell.user_ns[NAME].result()] == [False]


def test_every_claim_of_the_book_can_be_rewritten() -> None:
    """And most tell what they compared: else the record would show little."""
    claims = silent = 0
    for path in listing.find_notebooks():
        for cell in listing.code_cells(listing.read(path)):
            if "claim(" not in cell.source or "setup" in listing.tags(cell):
                continue
            tree = ast.parse(cell.source)
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "claim":
                    claims += 1
                    noting = Recorder()
                    call = ast.Module([ast.Expr(node)], [])
                    builtins.compile(rewrite(call, noting), path.name, "exec")
                    silent += not noting.sites
    assert claims > 200
    assert silent < claims / 5, f"{silent} of {claims}"
