"""What a claim compared, noted in the kernel while a notebook runs.

`claim(statement, holds)` of `utils.notebook.claims` is told only whether a sentence holds. Here the
second argument of each call of `claim` is rewritten before its cell runs, so that the two sides of
the comparisons which decide it are noted. Their values, their order and how often they are computed
stay the same, and nothing in the notebook knows of it. A claim that fails is noted too, and the
notebook runs on.

This file is loaded by its path into a kernel that sees nothing else of `tools`: it imports the
standard library and NumPy alone.
"""

from __future__ import annotations

import ast
import json
import math
import numbers
import operator
from collections.abc import Callable, Sequence

NAME = "_claims_recorder"  # of the recorder among the notebook's names
OPERATORS: dict[type, tuple[Callable, int, str]] = {
    # direction: 1 where the left side has to be the smaller one, -1 the greater, 0 for all else
    ast.Lt: (operator.lt, 1, "<"),
    ast.LtE: (operator.le, 1, "<="),
    ast.Gt: (operator.gt, -1, ">"),
    ast.GtE: (operator.ge, -1, ">="),
    ast.Eq: (operator.eq, 0, "=="),
    ast.NotEq: (operator.ne, 0, "!="),
}
# A value given a name, and one that is waited for, would not survive a function around them.
UNMOVABLE = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)
DIGITS = 6  # significant ones of what is noted


class Recorder:
    """Takes the place of `claim`, and notes what was compared for it."""

    def __init__(self) -> None:
        self.sites: list[dict] = []  # comparisons in the code: text, direction, some
        self.compared: dict[int, tuple[float | None, ...]] = {}  # by site, since the last claim
        self.claims: dict[str, dict] = {}  # by statement

    def new_site(self, text: str, direction: int, negated: bool, some: bool) -> int:
        text = f"not ({text})" if negated else text
        direction = -direction if negated else direction
        self.sites.append({"text": text, "direction": direction, "some": some})
        return len(self.sites) - 1

    def compare(self, sites: Sequence[int], signs: Sequence[str], left, *others: Callable):
        """`left < right` or a chain of such; each right side is computed as Python would."""
        value = None
        for site, sign, other in zip(sites, signs, others, strict=True):
            right = other()
            value = SIGNS[sign](left, right)
            self._note(site, left, right)
            if site != sites[-1] and not value:
                return value
            left = right
        return value

    def close(self, site: int, function: Callable, *arguments, **options):
        """A call of `allclose` or `isclose`; noted is the share of the tolerance that was used."""
        value = function(*arguments, **options)
        try:
            share = used_tolerance(function, *arguments, **options)
        except Exception:  # whatever it is, it must not change the notebook's run
            share = math.nan
        self._note(site, share, 1.0)
        return value

    def claim(self, statement: str, holds: bool, checked: bool = True) -> None:
        """As `utils.notebook.claims.claim`, but that it only notes when something does not hold."""
        compared, self.compared = self.compared, {}
        if not checked:
            print(f"· not checked in this run: {statement}")
            return
        held = bool(holds)
        print(f"{'✓' if held else '✗'} {statement}")
        known = self.claims.setdefault(statement, {"held": True, "compared": {}})
        known["held"] &= held
        for site, pair in compared.items():
            self._keep(known["compared"], site, pair)

    def _note(self, site: int, left: object, right: object) -> None:
        try:
            self._keep(self.compared, site, self._pair(site, left, right))
        except Exception:
            self.compared.setdefault(site, (None, None))

    def _pair(self, site: int, left: object, right: object) -> tuple[float | None, ...]:
        """Both sides; of arrays those of the element that decides."""
        import numpy as np

        a, b = as_numbers(left), as_numbers(right)
        if a is None or b is None:
            return (None, None)
        a, b = np.broadcast_arrays(a, b)
        if not a.size:
            return (None, None)
        distances = (b - a) * self.sites[site]["direction"]
        if not self.sites[site]["direction"]:
            distances = -np.abs(b - a)
        distances = np.where(np.isnan(distances), -np.inf, distances)
        decides = np.argmax if self.sites[site]["some"] else np.argmin
        place = np.unravel_index(decides(distances), distances.shape)
        return float(a[place]), float(b[place])

    def _keep(self, kept: dict, site: int, pair: tuple[float | None, ...]) -> None:
        """Of several comparisons at one site, the one that decides."""
        if site in kept:
            choose = max if self.sites[site]["some"] else min
            pair = choose(kept[site], pair, key=lambda pair: self._distance(site, pair))
        kept[site] = pair

    def _distance(self, site: int, pair: tuple[float | None, ...]) -> float:
        left, right = pair
        if left is None or right is None or math.isnan(left) or math.isnan(right):
            return -math.inf
        direction = self.sites[site]["direction"]
        return (right - left) * direction if direction else -abs(right - left)

    def result(self) -> list[dict]:
        """The claims in the order of the notebook, with what was compared for each."""
        found = []
        for statement, known in self.claims.items():
            comparisons: dict[str, dict] = {}
            for site, (left, right) in sorted(known["compared"].items()):
                text = self.sites[site]["text"]
                while text in comparisons:  # the same words, of other values
                    text += " "
                sides = {"text": text, "left": rounded(left), "right": rounded(right)}
                comparisons[text] = self.sites[site] | sides
            found.append(
                {
                    "statement": statement,
                    "held": known["held"],
                    "comparisons": list(comparisons.values()),
                }
            )
        return found

    def print_result(self) -> None:
        print(json.dumps(self.result()))


SIGNS = {sign: function for function, _, sign in OPERATORS.values()}


def rounded(number: float | None) -> float | None:
    """What JSON can hold: a finite number, with as many digits as anybody needs."""
    if number is None or not math.isfinite(number):
        return None
    return float(f"{number:.{DIGITS}g}")


def as_numbers(value: object):
    """A NumPy array of a number, a tensor or an array; None for anything else."""
    import numpy as np

    if hasattr(value, "detach"):
        value = value.detach().cpu().double().numpy()
    if isinstance(value, numbers.Real | np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.kind in "buif":
            return array.astype(np.float64)
    return None


def used_tolerance(function: Callable, a, b, *places, **options) -> float:
    """The greatest difference, as a share of what `allclose` or `isclose` allows there."""
    import numpy as np

    first, second = as_numbers(a), as_numbers(b)
    if function is math.isclose:
        allowed = np.maximum(
            options.get("rel_tol", 1e-9) * max(abs(first), abs(second)),
            options.get("abs_tol", 0.0),
        )
    else:
        options = dict(zip(("rtol", "atol"), places, strict=False)) | options
        allowed = options.get("atol", 1e-8) + options.get("rtol", 1e-5) * np.abs(second)
    difference = np.abs(first - second)
    shares = np.where(difference == 0, 0.0, difference / np.where(allowed == 0, np.nan, allowed))
    return float(shares.max())


class Rewriter(ast.NodeTransformer):
    """Puts the recorder into the calls of `claim` of a cell."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Name) and node.func.id == "claim"):
            return node
        node.func = _of_recorder("claim")
        if len(node.args) > 1:
            node.args[1] = self._deciding(node.args[1])
        for keyword in node.keywords:
            if keyword.arg == "holds":
                keyword.value = self._deciding(keyword.value)
        return node

    def _deciding(self, node: ast.expr, negated: bool = False, some: bool = False) -> ast.expr:
        """The expression, noting those comparisons in it whose truth makes its own.

        negated: it stands behind a `not`.
        some: it is one of several of which one that holds is enough.
        """
        match node:
            case ast.BoolOp():
                either = isinstance(node.op, ast.Or) != negated
                # A flag beside one comparison, as in `not aligned or ...`, is no alternative to it.
                compared = [value for value in node.values if _compares(value)]
                some = some or (either and len(compared) > 1)
                node.values = [self._deciding(value, negated, some) for value in node.values]
            case ast.UnaryOp(op=ast.Not()):
                node.operand = self._deciding(node.operand, not negated, some)
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
                some = some or (isinstance(node.op, ast.BitOr) != negated)
                node.left = self._deciding(node.left, negated, some)
                node.right = self._deciding(node.right, negated, some)
            case ast.IfExp():
                node.body = self._deciding(node.body, negated, some)
                node.orelse = self._deciding(node.orelse, negated, some)
            case ast.Compare():
                return self._compare(node, negated, some)
            case ast.Call(func=ast.Name(id="bool"), args=[_], keywords=[]):
                node.args = [self._deciding(node.args[0], negated, some)]
            case ast.Call(
                func=ast.Name(id="all" | "any" as name),
                args=[ast.GeneratorExp() | ast.ListComp() as each],
                keywords=[],
            ):
                some = some or ((name == "any") != negated)
                each.elt = self._deciding(each.elt, negated, some)
            case ast.Call(
                func=ast.Attribute(attr="all" | "any" as name) as method, args=[], keywords=[]
            ):
                some = some or ((name == "any") != negated)
                method.value = self._deciding(method.value, negated, some)
            case ast.Call(func=ast.Attribute(attr="item") as method, args=[], keywords=[]):
                method.value = self._deciding(method.value, negated, some)
            case ast.Call(func=ast.Attribute(attr="allclose" | "isclose")):
                site = self.recorder.new_site(ast.unparse(node), 1, negated, some)
                arguments = [ast.Constant(site), node.func, *node.args]
                return ast.Call(_of_recorder("close"), arguments, node.keywords)
        return node

    def _compare(self, node: ast.Compare, negated: bool, some: bool) -> ast.expr:
        if any(type(op) not in OPERATORS for op in node.ops) or any(
            isinstance(part, UNMOVABLE) for part in ast.walk(node)
        ):
            return node
        # `not a < b < c` holds where one of the two does not.
        some = some or (negated and len(node.ops) > 1)
        sites, signs = [], []
        for left, op, right in zip(
            [node.left, *node.comparators], node.ops, node.comparators, strict=False
        ):
            _, direction, sign = OPERATORS[type(op)]
            text = f"{ast.unparse(left)} {sign} {ast.unparse(right)}"
            sites.append(ast.Constant(self.recorder.new_site(text, direction, negated, some)))
            signs.append(ast.Constant(sign))
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        return ast.Call(
            _of_recorder("compare"),
            [
                ast.Tuple(sites, ast.Load()),
                ast.Tuple(signs, ast.Load()),
                node.left,
                *(ast.Lambda(nothing, right) for right in node.comparators),
            ],
            [],
        )


def _compares(node: ast.expr) -> bool:
    """Whether there is something to note in it."""
    return any(
        isinstance(part, ast.Compare)
        or (
            isinstance(part, ast.Call) and getattr(part.func, "attr", "") in ("allclose", "isclose")
        )
        for part in ast.walk(node)
    )


def _of_recorder(method: str) -> ast.Attribute:
    return ast.Attribute(ast.Name(NAME, ast.Load()), method, ast.Load())


def rewrite(tree: ast.AST, recorder: Recorder) -> ast.AST:
    """The code with a recorder in its calls of `claim`."""
    return ast.fix_missing_locations(Rewriter(recorder).visit(tree))


def install(shell) -> None:
    """Note the claims of all cells that this IPython shell runs from now on."""
    recorder = Recorder()
    shell.user_ns[NAME] = recorder
    shell.ast_transformers.append(Rewriter(recorder))
