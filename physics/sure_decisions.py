"""Emitted NumPy code on balls, slopes and series, with every decision a sure one.

Where the code asks which of two numbers is larger, a ball that may be on either side has no answer, and Python's
comparison of balls says no.  So the text of the emitted functions is read (it is our own), and each place that decides
is put through a function of this module: a maximum of balls encloses both of its arguments, everything else raises
:class:`Undetermined` where the balls do not say.  Slopes and series are decided by their balls, and at no kink.
:mod:`dyadic.physics.wide_decisions` encloses what is not certain instead.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from flint import arb

from dyadic.physics.loading import EmittedNetwork, imported
from dyadic.physics.number_types import ScalarMethods, power, tanh
from dyadic.physics.rounded_numbers import Rounded
from dyadic.proofs.evaluate.reals import Undetermined

Array = Any
_ORDER = {ast.Gt: ">", ast.Lt: "<", ast.GtE: ">=", ast.LtE: "<="}
_METHODS = {"max": "largest", "argmax": "place_of_largest"}
_REDUCTIONS = {"np.maximum.reduce": "max", "np.argmax": "argmax"}
_FUNCTIONS = {"maximum": "larger", "sign": "sign", "floor": "whole", "round": "rounded", "clip": "clipped",
              "logaddexp": "log_of_sum", "where": "where", "abs": "magnitude"}  # fmt: skip
_HELPERS = {"_erf": "error_function", "_logsumexp": "log_of_sums"}
"""Helpers of the emitted code that have a form of their own for balls."""
_SCALAR = {
    "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan", "arctanh": "atanh",
    "cos": "cos", "cosh": "cosh", "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "sin": "sin",
    "sinh": "sinh", "sqrt": "sqrt", "tan": "tan", "tanh": "tanh",
}  # fmt: skip
"""NumPy's functions, and what they are called for balls."""
_FORBIDDEN = {"min", "argmin", "minimum", "sort", "argsort", "greater", "less", "heaviside", "ceil", "trunc", "rint"}
"""What no emitted function calls today; were one to do so, nothing would make its decisions sure."""


_made: WeakKeyDictionary[ModuleType, dict[str, EmittedNetwork]] = WeakKeyDictionary()


def with_sure_decisions(network: EmittedNetwork, decisions: str = "sure_decisions.Decisions") -> EmittedNetwork:
    """The network with emitted functions that compute with balls, and decide only what is certain.

    decisions: the class of this package that they call, :class:`Decisions` or one derived from it.
    """
    made = _made.setdefault(network.module, {})
    if decisions not in made:
        made[decisions] = replace(network, module=deciding(network.text, decisions))
    return made[decisions]


def deciding(text: str, decisions: str = "sure_decisions.Decisions") -> ModuleType:
    """Emitted text as a module whose decisions are sure."""
    module, name = decisions.split(".")
    tree = _Sure().visit(ast.parse(text))
    tree.body.insert(1, ast.parse(f"from dyadic.physics.{module} import {name} as sure").body[0])
    return imported(ast.unparse(ast.fix_missing_locations(tree)))


class _Sure(ast.NodeTransformer):
    """Comparisons, maxima and their places as calls of ``sure``."""

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        orders = [_ORDER.get(type(one)) for one in node.ops]
        if orders == [None]:
            places = isinstance(node.ops[0], ast.Eq)
            return _call("equal", [node.left, node.comparators[0]]) if places else node
        if None in orders:
            raise Undetermined("the emitted code mixes comparisons of order with others")
        between = zip([node.left, *node.comparators], orders, node.comparators, strict=False)
        parts: list[ast.expr] = [_call("compared", [ast.Constant(order), one, two]) for one, order, two in between]
        return parts[0] if len(parts) == 1 else ast.BoolOp(ast.And(), parts)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Quotients and powers, which Python and Arb would round or leave without a value."""
        self.generic_visit(node)
        name = {ast.Div: "divided", ast.Pow: "power"}.get(type(node.op))
        return node if name is None else _call(name, [node.left, node.right])

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """A function that decides and is not called by its name would decide unseen."""
        if isinstance(node.value, ast.Name) and node.value.id == "np" and node.attr in {*_FUNCTIONS, *_FORBIDDEN}:
            raise Undetermined(f"the emitted code hands on {node.attr}, whose decisions nothing makes sure")
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "_kept" and len(node.args) > 2:
            return self._placed(node.args[2], node.args[3:], node.keywords)
        node.args = [self.visit(argument) for argument in node.args]
        node.keywords = [self.visit(keyword) for keyword in node.keywords]
        function = node.func
        by_name = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
        if not by_name:
            node.func = function = self.visit(function)
        if isinstance(function, ast.Name) and function.id in _HELPERS:
            return _call(_HELPERS[function.id], [function, *node.args], node.keywords)
        if not isinstance(function, ast.Attribute):
            return node
        if function.attr in _FORBIDDEN:
            raise Undetermined(f"the emitted code calls {function.attr}, which has no form in balls")
        if isinstance(function.value, ast.Name) and function.value.id == "np":
            if function.attr in _SCALAR:
                return _call("applied", [ast.Constant(function.attr), ast.Constant(_SCALAR[function.attr]), *node.args])
            name = _FUNCTIONS.get(function.attr)
            return node if name is None else _call(name, node.args, node.keywords)
        if function.attr == "astype":
            return _call("converted", [function.value, *node.args], node.keywords)
        name = _METHODS.get(function.attr)
        return node if name is None else _call(name, [function.value, *node.args], node.keywords)

    def _placed(self, function: ast.expr, arguments: list[ast.expr], keywords: list[ast.keyword]) -> Any:
        """A call with a place for its result, which is the same call without one."""
        method = _REDUCTIONS.get(ast.unparse(function))
        if method is not None:
            function, arguments = ast.Attribute(arguments[0], method, ast.Load()), arguments[1:]
        return self.visit(ast.Call(function, arguments, keywords))


def _call(name: str, arguments: list[ast.expr], keywords: list[ast.keyword] | None = None) -> ast.Call:
    return ast.Call(ast.Attribute(ast.Name("sure", ast.Load()), name, ast.Load()), arguments, keywords or [])


def certain(one: Any, order: str, two: Any) -> bool:
    """one > two, or whichever order, for numbers that are exact or balls that do not meet."""
    smooth = isinstance(one, ScalarMethods) or isinstance(two, ScalarMethods)  # which have no slope at a kink
    one, two = ball_of(one), ball_of(two)
    if one > two:
        return order in (">", ">=")
    if one < two:
        return order in ("<", "<=")
    if one.is_exact() and two.is_exact() and not smooth:
        return order in (">=", "<=")
    raise Undetermined("which of two numbers is larger")


def ball_of(value: Any) -> arb:
    return value.centre if isinstance(value, ScalarMethods) else arb(value)


def _larger(one: Any, two: Any) -> Any:
    """The larger one; of balls one that holds it."""
    if isinstance(one, Rounded) or isinstance(two, Rounded):
        return one.larger(two) if isinstance(one, Rounded) else two.larger(one)
    if isinstance(one, ScalarMethods) or isinstance(two, ScalarMethods):
        return one if certain(one, ">", two) else two
    return arb(one).max(arb(two))


def _smaller(one: Any, two: Any) -> Any:
    if isinstance(one, Rounded) or isinstance(two, Rounded):
        return one.smaller(two) if isinstance(one, Rounded) else two.smaller(one)
    if isinstance(one, ScalarMethods) or isinstance(two, ScalarMethods):
        return one if certain(one, "<", two) else two
    return arb(one).min(arb(two))


def entrywise(function: Callable[..., Any], *arrays: Array) -> Array:
    """The function of every entry, broadcast; plain numbers where all of them are.

    What is undetermined is so of an entry, which is named.
    """
    applied = np.frompyfunc(function, len(arrays), 1)
    try:
        return applied(*arrays)
    except Undetermined as error:
        for at in np.ndindex(np.broadcast(*arrays).shape):
            try:
                applied(*(array[at] for array in np.broadcast_arrays(*arrays)))
            except Undetermined as own:
                raise Undetermined(f"{own}, at entry {list(at)}" if at else str(own)) from error
        raise


def _plain(*values: Any) -> bool:
    """Whether there is no ball among them: sizes, places, booleans."""
    return not any(isinstance(value, arb | ScalarMethods) or np.asarray(value).dtype == object for value in values)


def _as_ball(value: Any) -> Any:
    """A plain number as a ball that holds just it."""
    if isinstance(value, ScalarMethods | arb):
        return value
    return arb(int(value)) if isinstance(value, int | np.integer) else arb(float(value))


class Decisions:
    """What the emitted functions call in place of NumPy's."""

    @staticmethod
    def ratio(over: int, under: int) -> arb:
        return arb(over) / arb(under)

    @staticmethod
    def pi() -> arb:
        return arb.pi()

    @staticmethod
    def divided(one: Any, two: Any) -> Any:
        """A quotient; of two integers a ball, as it need not be a double."""
        return one / two if not _plain(one, two) else entrywise(lambda a, b: _as_ball(a) / _as_ball(b), one, two)

    @staticmethod
    def power(base: Any, exponent: Any) -> Any:
        return entrywise(lambda a: power(_as_ball(a), exponent), base)

    @staticmethod
    def compared(order: str, one: Any, two: Any) -> Any:
        if isinstance(one, tuple | list | int) and isinstance(two, tuple | list | int):
            return {">": one > two, "<": one < two, ">=": one >= two, "<=": one <= two}[order]  # type: ignore[operator]
        return entrywise(lambda a, b: certain(a, order, b), one, two).astype(bool)

    @staticmethod
    def equal(one: Any, two: Any) -> Any:
        return one == two

    @staticmethod
    def converted(array: Array, dtype: Any, **rest: Any) -> Array:
        return array.astype(dtype, **rest)

    @staticmethod
    def where(condition: Array, one: Any, two: Any) -> Array:
        return np.where(condition, one, two)

    @staticmethod
    def magnitude(array: Array) -> Array:
        return np.abs(array)

    @staticmethod
    def larger(one: Array, two: Array, **rest: Any) -> Array:
        return np.maximum(one, two, **rest) if _plain(one, two) else entrywise(_larger, one, two)

    @staticmethod
    def largest(array: Array, axis: Any = None, keepdims: bool = False) -> Array:
        if _plain(array):
            return array.max(axis=axis, keepdims=keepdims)
        return np.frompyfunc(_larger, 2, 1).reduce(array, axis=axis, keepdims=keepdims)

    @staticmethod
    def place_of_largest(array: Array, axis: int) -> Array:
        """Where the largest entry stands, if that is certain; the first of several that are exact and equal."""
        if _plain(array):
            return array.argmax(axis=axis)

        def place(row: Array) -> int:
            found = 0
            for k in range(1, len(row)):
                found = k if certain(row[k], ">", row[found]) else found
            return found

        return np.apply_along_axis(place, axis, array)

    @staticmethod
    def applied(numpy: str, name: str, array: Array) -> Array:
        return entrywise(lambda a: _composed(_as_ball(a), numpy, name), array)

    @staticmethod
    def error_function(erf: Callable[[Array], Array], array: Array) -> Array:
        return erf(array) if _plain(array) else entrywise(lambda a: _composed(a, "erf", "erf"), array)

    @staticmethod
    def log_of_sums(function: Callable[..., Array], array: Array, axis: Any) -> Array:
        """log(sum exp(a)).  What the emitted code subtracts first, the largest a, changes rounding and nothing else."""
        if _plain(array) or any(isinstance(value, Rounded) for value in array.ravel()):
            return function(array, axis=axis)
        top = np.array(entrywise(_shift, array).max(axis=axis, keepdims=True), dtype=float)
        powers = entrywise(_shifted_power, array, top).sum(axis=axis)
        return entrywise(lambda a: _composed(a, "log", "log"), powers) + np.squeeze(top, axis=axis)

    @staticmethod
    def sign(array: Array) -> Array:
        return np.sign(array) if _plain(array) else entrywise(lambda a: arb(0) if a == 0 else arb(_sign(a)), array)

    @staticmethod
    def whole(array: Array) -> Array:
        return np.floor(array) if _plain(array) else entrywise(_floor, array)

    @staticmethod
    def rounded(array: Array) -> Array:
        return np.round(array) if _plain(array) else entrywise(_nearest, array)

    @staticmethod
    def clipped(array: Array, low: Any, high: Any) -> Array:
        if _plain(array):
            return np.clip(array, low, high)

        def inside(value: Any) -> Any:
            value = value if low is None else _larger(value, low)
            return value if high is None else _smaller(value, high)

        return entrywise(inside, array)

    @staticmethod
    def log_of_sum(one: Array, two: Array) -> Array:
        """log(exp(a) + exp(b))."""
        if _plain(one, two):
            return np.logaddexp(one, two)
        return entrywise(_log_of_sum, one, two)


def _composed(value: Any, numpy: str, name: str) -> Any:
    """A function of NumPy's name on slopes and series, and of Arb's on balls."""
    if isinstance(value, ScalarMethods):
        return value.composed(numpy)
    return tanh(arb(value)) if name == "tanh" else getattr(arb(value), name)()


def _log_of_sum(one: Any, two: Any) -> Any:
    if isinstance(one, Rounded) or isinstance(two, Rounded):
        return one.log_of_sum(two) if isinstance(one, Rounded) else two.log_of_sum(one)
    one, two = (value if isinstance(value, ScalarMethods) else arb(value) for value in (one, two))
    return one + (two - one).exp().log1p()


def _shift(value: Any) -> float:
    """A double near a number; -inf is what a mask leaves."""
    return value if isinstance(value, float) else float(ball_of(value).mid())


def _shifted_power(value: Any, top: float) -> Any:
    if isinstance(value, float):
        value = arb(value)
    return _composed(value - arb(top), "exp", "exp")


def _sign(value: Any) -> int:
    return 1 if certain(value, ">", 0) else -1


def _floor(value: Any) -> arb:
    """The integer below, a constant where it is certain; slopes and series have none at an integer, where it steps."""
    ball = ball_of(value)
    below: arb = ball.floor()
    if below.rad() != 0 or (isinstance(value, ScalarMethods) and not ball > below):
        raise Undetermined("which integer lies below a number")
    return below


def _nearest(value: Any) -> arb:
    """The nearest integer; halfway between two, the even one, as NumPy does; slopes and series have none there."""
    ball = ball_of(value)
    below: arb = ball.floor()
    if below.rad() != 0:  # near an integer, which is then the nearest one
        middle: arb = (ball + arb(1) / 2).floor()
        if middle.rad() != 0 or not abs(ball - middle) < arb(1) / 2:
            raise Undetermined("which of two integers is nearer")
        return middle
    part = ball - below
    if part.overlaps(arb(1) / 2):
        if not part.is_exact() or isinstance(value, ScalarMethods):
            raise Undetermined("which of two integers is nearer")
        half = below / 2
        return below if half == half.floor() else below + 1
    return below + 1 if part > arb(1) / 2 else below


__all__ = ["Decisions", "ball_of", "certain", "deciding", "entrywise", "with_sure_decisions"]
