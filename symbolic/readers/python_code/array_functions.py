"""Functions of the entries of arrays: scalar functions, arithmetic, comparisons, choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import (
    ARRAY,
    FormArray,
    Recorder,
    broadcast,
    broadcast_shape,
    constant,
    difference,
    entrywise,
    number_node,
    one_minus,
    plus,
    power_node,
    same,
    times,
    whole_numbers,
)
from dyadic.symbolic.readers.python_code.call_arguments import CallArguments, as_array, exact_number
from dyadic.symbolic.readers.python_code.partial_values import POWER, WHERE, factor, product
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, ShapesDoNotFit

Handler = Callable[[CallArguments], Any]
_LARGEST_EXPONENT = 16
_ROUNDED = Fraction(1, 10**9)
"""Numbers of 64 bits that are further apart than this, of what they are, are so however they are computed."""
_EXACT = ("step", "sign", "abs", "relu")
_OF_INTEGERS = ("relu", "abs", "sign")
"""Functions that make integers of integers."""


def applied(recorder: Recorder, name: str, array: FormArray, kink: bool = False) -> FormArray:
    """A scalar function, entry by entry.  kink: whether it has no derivative at 0."""
    if kink:
        numbers(array)
        array = recorder.named(array)
        recorder.smooth(array)
    return entrywise(recorder, lambda a: ["apply", name, 0, a], array, real=name not in _OF_INTEGERS)


def scalar_function(name: str, kink: bool = False) -> Handler:
    def handler(call: CallArguments) -> FormArray:
        return applied(call.recorder, name, call.array("input", "x", "a"), kink)

    return handler


def _counted(recorder: Recorder, function: Callable[..., Any], *arrays: FormArray) -> FormArray:
    """A sum, a difference or a product; of integers that may stand in indices it may too."""
    found = entrywise(recorder, function, *arrays)
    if not countable(*arrays):
        return found
    same_shape = [broadcast(array, found.shape) for array in arrays]
    return replace(found, counts=lambda at: function(*(one.counts(at) for one in same_shape if one.counts)))


def countable(*arrays: FormArray) -> bool:
    """Whether all entries are integers that may stand in indices."""
    return all(array.whole and not array.truth and array.counts is not None for array in arrays)


def divided_down(divide: Callable[[Any, int], Any], one: FormArray, two: FormArray) -> FormArray:
    """``//`` and ``%`` of integers that stand in indices by a number."""
    divisor = two.at([]) if not two.shape else None
    if not countable(one, two) or not isinstance(divisor, int) or divisor < 1 or one.counts is None:
        raise NotInSubset("// or % of arrays, but of counted integers by a number")
    counts = one.counts

    def number(at: Any) -> Any:
        raise NotInSubset("// or % of integers that are read as numbers, not as indices,")

    return FormArray(one.shape, number, whole=True, counts=lambda at: divide(counts(at), divisor))


def added(recorder: Recorder, one: FormArray, two: FormArray) -> FormArray:
    """The sum; of two comparisons whether one of them holds, as NumPy, JAX and PyTorch have it."""
    return either_holds(recorder, one, two) if one.truth and two.truth else _counted(recorder, plus, one, two)


def comparisons(what: str, *masks: FormArray) -> None:
    """Refuses anything but comparisons: and, or and not of numbers are of their bits."""
    if not all(mask.truth for mask in masks):
        raise NotInSubset(f"{what} of what are no comparisons")


def both_hold(recorder: Recorder, one: FormArray, two: FormArray) -> FormArray:
    comparisons("and", one, two)
    return multiplied(recorder, one, two)


def opposite(recorder: Recorder, mask: FormArray) -> FormArray:
    comparisons("not", mask)
    return entrywise(recorder, one_minus, mask, truth=True)


def either_holds(recorder: Recorder, one: FormArray, two: FormArray) -> FormArray:
    comparisons("or", one, two)
    return entrywise(recorder, lambda a, b: difference(plus(a, b), times(a, b)), one, two, truth=True)


def numbers(*arrays: FormArray) -> None:
    """Refuses what of comparisons alone is not done as with the numbers 0 and 1."""
    if arrays and all(array.truth for array in arrays):
        raise NotInSubset("this of comparisons, which are not numbers (multiply by 1.0 first),")


def multiplied(recorder: Recorder, one: FormArray, two: FormArray) -> FormArray:
    if countable(one, two):
        return _counted(recorder, times, one, two)
    return entrywise(recorder, lambda a, b: product(recorder, a, b), one, two, truth=one.truth and two.truth)


def subtracted(recorder: Recorder, one: FormArray, two: FormArray) -> FormArray:
    numbers(one, two)
    return _counted(recorder, difference, one, two)


def minus(recorder: Recorder, array: FormArray) -> FormArray:
    numbers(array)
    return _counted(recorder, lambda a: times(-1, a), array)


def divided(recorder: Recorder, one: FormArray, two: FormArray) -> FormArray:
    def quotient(a: Any, b: Any) -> Any:
        number = b != 0 if isinstance(b, int) else b[:1] == ["rational"]
        return times(factor(a), power_node(b, -1)) if number else product(recorder, a, power_node(b, -1))

    return entrywise(recorder, quotient, one, two, real=True)


def raised(recorder: Recorder, base: FormArray, exponent: Any) -> FormArray:
    """A power with an exponent that is a number."""
    value = Fraction(exact_number(exponent, "an exponent"))
    if abs(value) > _LARGEST_EXPONENT or value.denominator > _LARGEST_EXPONENT:
        raise NotInSubset(f"the exponent {value}")
    if value == 0:
        return replace(broadcast(constant(1), base.shape), whole=whole_numbers([base]))
    real = value < 0 or value.denominator > 1 or not isinstance(exponent, int)
    return entrywise(recorder, lambda a: power_node(a, value), base, real=real)


def raised_by(recorder: Recorder, base: FormArray, exponent: Any) -> FormArray:
    """A power, whose exponent may be an array: exp(p log x), where the base is positive."""
    if not isinstance(exponent, FormArray):
        return raised(recorder, base, exponent)
    if base.truth or exponent.truth or (base.whole and exponent.whole):
        raise NotInSubset("a power of integers or comparisons whose exponent is an array")
    number = _number(base)
    if number is not None and number <= 0:
        raise NotInSubset("a power of a number that is not positive")
    logarithm, varies = applied(recorder, "log", base), int(number is not None or _varies(recorder, exponent))
    logarithm = recorder.named(entrywise(recorder, lambda node: [POWER, varies, node], logarithm))
    return applied(recorder, "exp", entrywise(recorder, times, exponent, logarithm))  # anything to the power 0 is 1


def _varies(recorder: Recorder, array: FormArray) -> bool:
    """Whether the entries are seen to be free numbers times and plus constants, or one over that: no integers."""
    node = recorder.equation(array, "").body
    while isinstance(node, list):
        if node[:2] == ["entry", ARRAY]:
            body = recorder.body_of(node[2])
            if body is None:
                return node[2] not in recorder.below
            node = body
        elif node[0] == "^":
            node = node[1]
        else:
            rest = [part for part in node[1:] if isinstance(part, list) and part[0] not in ("rational", "size")]
            if node[0] not in ("+", "*") or len(rest) != 1:
                return False
            node = rest[0]
    return False


def _number(array: FormArray) -> Fraction | None:
    """The number that is written out, where an array is one."""
    node = array.at([]) if array.plain and not array.shape else None
    if isinstance(node, list):
        return Fraction(*node[1:]) if node[0] == "rational" else None
    return None if node is None else Fraction(node)


def compared(recorder: Recorder, sign: str, one: FormArray, two: FormArray) -> FormArray:
    """1 where a relation holds, else 0; where both sides are equal the forward pass may have no derivative."""
    if sign in ("==", "!=") and countable(one, two):
        return _equal(sign, one, two)
    apart = recorder.named(entrywise(recorder, difference, one, two))
    recorder.smooth(apart)

    def above(node: Any) -> Any:
        return ["apply", "step", 0, node]

    def below(node: Any) -> Any:
        return above(times(-1, node))

    relations: dict[str, Callable[[Any], Any]] = {
        ">": above,
        "<": below,
        ">=": lambda d: one_minus(below(d)),
        "<=": lambda d: one_minus(above(d)),
        "!=": lambda d: plus(above(d), below(d)),
        "==": lambda d: plus(1, times(-1, above(d)), times(-1, below(d))),
    }
    return entrywise(recorder, relations[sign], apart, truth=True)


def far_apart(recorder: Recorder, *arrays: FormArray) -> bool:
    """Whether rounding cannot decide how two arrays compare: they depend on what is given, or differ by more than it.

    Numbers that are made of integers, halves, quarters and the like alone are not rounded.
    """
    nodes = [node for array in arrays for node in recorder.parts(recorder.equation(array, "").body) if node]
    given = any(node[:2] == ["entry", ARRAY] and recorder.body_of(node[2]) is None for node in nodes)
    if given or not any(map(_is_rounded, nodes)):
        return True
    one, two = map(_number, arrays)
    return one is not None and two is not None and abs(one - two) > _ROUNDED * max(abs(one), abs(two))


def _is_rounded(node: list[Any]) -> bool:
    if node[0] == "rational":
        return bool(node[2] & (node[2] - 1))
    if node[0] == "^":
        return not isinstance(node[2], int) or node[2] < 0
    return bool(node[0] == "apply" and node[1] not in _EXACT)


def _equal(sign: str, one: FormArray, two: FormArray) -> FormArray:
    """Whether two integers are equal, which has no kink."""
    shape = broadcast_shape(one.shape, two.shape)
    left, right = (broadcast(array, shape).counts or array.at for array in (one, two))

    def entry(at: Any) -> Any:
        found = same(left(at), right(at))
        return found if sign == "==" else one_minus(found)

    return FormArray(shape, entry, truth=True)


def logical(how: Callable[[Recorder, FormArray, FormArray], FormArray]) -> Handler:
    """logical_and, logical_or of two comparisons."""
    return lambda call: how(call.recorder, call.array("x1", "input"), call.array("x2", "other"))


def negated(call: CallArguments) -> FormArray:
    """logical_not of a comparison."""
    return opposite(call.recorder, call.array("x", "input"))


def masked_fill(call: CallArguments) -> FormArray:
    """PyTorch's: a number where a mask holds, else the array."""
    array, mask, value = call.array("input"), call.array("mask"), call.array("value")
    if value.shape:
        raise NotInSubset("a fill with what is no number")
    if not array.holds(value):
        raise NotInSubset("a fill of comparisons or integers with other numbers")
    if broadcast_shape(array.shape, mask.shape) != array.shape:
        raise ShapesDoNotFit(f"a mask of the shape {mask} for an array of the shape {array}")
    return chosen(call.recorder, mask, value, array)


def comparison(sign: str) -> Handler:
    return lambda call: compared(call.recorder, sign, call.array("input", "x1"), call.array("other", "x2"))


def larger(recorder: Recorder, one: FormArray, two: FormArray) -> FormArray:
    """The larger of two numbers: b + relu(a - b)."""
    numbers(one, two)
    one, two = recorder.named(one), recorder.named(two)
    if _number(one) is not None:  # of 0 and x it is relu(x)
        one, two = two, one
    rest = applied(recorder, "relu", entrywise(recorder, difference, one, two), kink=True)
    return added(recorder, two, rest)


def smaller(recorder: Recorder, one: FormArray, two: FormArray) -> FormArray:
    return minus(recorder, larger(recorder, minus(recorder, one), minus(recorder, two)))


def _chosen_by(mask: Any, one: Any, two: Any) -> Any:
    """One thing where a mask is 1, another one where it is 0: what is not taken need not have a value."""
    if one == two:
        return one
    pairs = ((mask, one), (one_minus(mask), two))
    return plus(*(times(part, value) if isinstance(value, int) else [WHERE, part, value] for part, value in pairs))


def chosen(recorder: Recorder, mask: FormArray, one: FormArray, two: FormArray) -> FormArray:
    if not mask.truth:
        raise NotInSubset("a condition that is no comparison")
    mask = recorder.named(mask)
    return entrywise(recorder, _chosen_by, mask, one, two, truth=one.truth and two.truth)


def where(call: CallArguments) -> FormArray:
    mask = call.array("condition")
    return chosen(call.recorder, mask, call.array("x", "input"), call.array("y", "other"))


def clipped(call: CallArguments) -> FormArray:
    array = call.array("a", "input")
    low = call.take("a_min", "min", default=None)
    high = call.take("a_max", "max", default=None)
    if low is not None:
        array = larger(call.recorder, array, as_array(low))
    return array if high is None else smaller(call.recorder, array, as_array(high))


def power(call: CallArguments) -> FormArray:
    return raised_by(call.recorder, call.array("input", "x1"), call.take("exponent", "x2"))


def elu(call: CallArguments) -> FormArray:
    """x where it is positive, else alpha (exp(x) - 1)."""
    array, alpha = call.array("input", "x", "a"), call.take("alpha", default=1)
    if exact_number(alpha, "alpha") == 1:
        return applied(call.recorder, "elu", array)
    array, slope = call.recorder.named(array), constant(alpha)
    positive = applied(call.recorder, "relu", array, kink=True)
    below = subtracted(call.recorder, applied(call.recorder, "elu", array), positive)
    return added(call.recorder, positive, multiplied(call.recorder, slope, below))


def softplus(call: CallArguments) -> FormArray:
    """log(1 + exp(beta x)) / beta; beta is told in PyTorch alone."""
    array = call.array("input", "x", "a")
    beta = exact_number(call.take("beta", default=1), "beta") if call.library == "torch" else 1
    if beta == 1:
        return applied(call.recorder, "softplus", array)
    if not beta:
        raise NotInSubset("softplus with beta 0")
    steeper = applied(call.recorder, "softplus", multiplied(call.recorder, constant(beta), array))
    return multiplied(call.recorder, constant(Fraction(1) / beta), steeper)


def with_alpha(operation: Callable[[Recorder, FormArray, FormArray], FormArray]) -> Handler:
    """add and sub, which PyTorch may tell to take the second array so many times."""

    def handler(call: CallArguments) -> FormArray:
        one, two = call.array("x1", "input"), call.array("x2", "other")
        if call.library == "torch" and call.has("alpha"):
            if any(array.truth or array.whole for array in (one, two)):
                raise NotInSubset("alpha beside integers or comparisons")
            two = multiplied(call.recorder, constant(exact_number(call.keyword("alpha"), "alpha")), two)
        return operation(call.recorder, one, two)

    return handler


def leaky_relu(call: CallArguments) -> FormArray:
    array, slope = call.recorder.named(call.array("input", "x")), call.take("negative_slope", default=Fraction(1, 100))
    call.recorder.smooth(array)
    node = number_node(exact_number(slope, "a slope"))

    def value(a: Any) -> Any:
        mask = ["apply", "step", 0, a]
        return plus(times(mask, a), times(one_minus(mask), node, a))

    return entrywise(call.recorder, value, array, real=True)


def gelu(call: CallArguments) -> FormArray:
    usual = "tanh" if call.library == "jax" else "none"
    array, form = call.array("input", "x"), call.take("approximate", default=usual)
    return applied(call.recorder, "gelu_tanh" if form in ("tanh", True) else "gelu", array)
