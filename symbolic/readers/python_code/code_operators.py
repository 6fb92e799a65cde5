"""Operators: arithmetic and comparisons of numbers, sizes, tuples and arrays."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from dyadic.symbolic.readers.python_code.array_forms import FormArray, Recorder
from dyadic.symbolic.readers.python_code.array_functions import (
    added,
    both_hold,
    compared,
    divided,
    divided_down,
    either_holds,
    far_apart,
    minus,
    multiplied,
    opposite,
    raised,
    raised_by,
    subtracted,
)
from dyadic.symbolic.readers.python_code.array_layout import matrix_product
from dyadic.symbolic.readers.python_code.array_library import NUMPY, TORCH, check_types, common, library_of
from dyadic.symbolic.readers.python_code.call_arguments import as_array, size_formula, sized, whole_size
from dyadic.symbolic.readers.python_code.known_floats import as_python, changed_sign, computed_by, is_integer
from dyadic.symbolic.readers.python_code.known_floats import divided_down as floats_divided_down
from dyadic.symbolic.readers.python_code.known_values import (
    by_zero,
    is_number,
    known_comparison,
    real,
    repeated,
    short,
    whole,
)
from dyadic.symbolic.readers.python_code.lazy_values import DictionaryView, LazyItems, UntoldText
from dyadic.symbolic.readers.python_code.source_text import NotInSubset, NumbersNeeded
from dyadic.symbolic.readers.python_code.stored_arrays import (
    AlwaysTrue,
    BoundMethod,
    LocalFunction,
    MaskedPart,
    SizeRange,
    StoredArray,
)
from dyadic.symbolic.readers.python_code.subscript_bounds import quotient, remainder

_HIGHEST = 64
_ALWAYS_TRUE = (LazyItems, LocalFunction, BoundMethod, SizeRange, AlwaysTrue, slice, type(...))
"""Values that are true as conditions, whatever they hold; sizes that have a name are not 0."""
_TORCH_OPERATORS: dict[type[ast.operator], str] = {ast.Sub: "sub", ast.MatMult: "matmul", ast.Pow: "pow"}
"""The operators that PyTorch does not have for all types, by the names of their functions."""


class CodeOperators:
    """The part of the reader that knows operators.  home: whose arrays the pair's arguments are."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder, self.home = recorder, NUMPY

    def array(self, value: Any) -> FormArray:
        if isinstance(value, MaskedPart):
            raise NotInSubset("an array as an index")
        return as_array(value.array if isinstance(value, StoredArray) else value)

    def operation(self, operator: type[ast.operator], one: Any, two: Any) -> Any:
        """One of the arithmetic operators, between numbers, tuples or arrays."""
        if is_number(one) and is_number(two):
            return self._arithmetic(operator, one, two)
        if isinstance(one, tuple | list) or isinstance(two, tuple | list):
            if operator is ast.Add and type(one) is type(two):
                return short(one + two)
            if operator is ast.Mult and isinstance(two, int):
                return repeated(one, two)
            if operator is ast.Mult and sized(two):
                raise NumbersNeeded
            raise NotInSubset("this between tuples or lists")
        if (sized(one) or is_number(one)) and (sized(two) or is_number(two)):
            formula = size_formula(operator, one, two)
            if formula is not None:
                return formula
        left, recorder = self.array(one), self.recorder
        stored = [value for value in (one, two) if isinstance(value, StoredArray)]
        library = common(stored, self.home)
        if library == TORCH and operator in _TORCH_OPERATORS:
            check_types(_TORCH_OPERATORS[operator], stored)
        if operator is ast.Pow:
            integer_power(one, two)
            found = raised_by(recorder, left, two.array if isinstance(two, StoredArray) else two)
            return StoredArray(found, library=library)
        right = self.array(two)
        if not library and operator not in (ast.BitAnd, ast.BitOr):
            left, right = _as_integers(left), _as_integers(right)
        known = {
            ast.Add: added,
            ast.Sub: subtracted,
            ast.Mult: multiplied,
            ast.Div: divided,
            ast.MatMult: matrix_product,
            ast.BitAnd: both_hold,
            ast.BitOr: either_holds,
        }
        if operator in (ast.FloorDiv, ast.Mod) and left.whole:
            divide = quotient if operator is ast.FloorDiv else remainder
            return StoredArray(divided_down(divide, left, right), library=library)
        if operator not in known:
            raise NotInSubset(f"the operator {operator.__name__} between arrays")
        return StoredArray(known[operator](recorder, left, right), library=library)

    def _arithmetic(self, operator: type[ast.operator], one: Any, two: Any) -> Any:
        if operator is ast.Pow:
            return self._power(one, two)
        if operator in (ast.Div, ast.FloorDiv, ast.Mod) and two == 0:
            by_zero()
        known: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
            ast.Add: lambda a, b: a + b,
            ast.Sub: lambda a, b: a - b,
            ast.Mult: lambda a, b: a * b,
            ast.Div: lambda a, b: Fraction(a) / b,
            ast.FloorDiv: lambda a, b: a // b,
            ast.Mod: lambda a, b: a % b,
        }
        if operator not in known:
            raise NotInSubset(f"the operator {operator.__name__}")
        if isinstance(one, int) and isinstance(two, int) and operator is not ast.Div:
            return whole(known[operator](one, two))
        if operator in (ast.FloorDiv, ast.Mod):
            return floats_divided_down(operator, one, two)
        return real(Fraction(known[operator](one, two)), computed_by(operator, one, two))

    def _power(self, one: Any, two: Any) -> Any:
        if not is_integer(two) or abs(two) > _HIGHEST:
            return StoredArray(raised(self.recorder, self.array(one), two))
        if not one and two < 0:
            by_zero()
        found = Fraction(one) ** int(two)
        if isinstance(one, int) and isinstance(two, int) and two >= 0:
            return whole(found)
        return real(found, computed_by(ast.Pow, one, two))

    def alike(self, stored: Any, array: FormArray, base: StoredArray | None = None, held: bool = False) -> StoredArray:
        """An array of the library that made another one."""
        library = library_of(stored, self.home) if isinstance(stored, StoredArray) else ""
        return StoredArray(array, base, library, held)

    def copied(self, value: Any) -> Any:
        """``+x``: a copy in NumPy, the same memory in PyTorch."""
        if isinstance(value, StoredArray) and value.array.truth:
            raise NotInSubset("the sign of comparisons, at which libraries stop,")
        if isinstance(value, StoredArray) and library_of(value, self.home) != TORCH:
            return self.alike(value, value.array)
        return value

    def truth(self, value: Any) -> bool:
        """A condition that does not depend on the numbers in arrays."""
        if isinstance(value, StoredArray | MaskedPart):
            raise NotInSubset("a condition that depends on the numbers in an array")
        if sized(value):
            raise NumbersNeeded
        if isinstance(value, UntoldText):
            raise NotInSubset("a text whose letters are not known, as a condition")
        if isinstance(value, DictionaryView):
            return bool(value.owner)
        if is_number(value):
            return bool(as_python(value))
        if isinstance(value, str | tuple | list | dict | range) or value is None:
            return bool(value)
        if isinstance(value, _ALWAYS_TRUE):
            return True
        raise NotInSubset("this as a condition")

    def compared_with(self, operator: ast.cmpop, one: Any, two: Any) -> Any:
        if isinstance(operator, ast.Is | ast.IsNot):
            if one is not None and two is not None:
                raise NotInSubset("a comparison with is, except with None")
            return (one is two) == isinstance(operator, ast.Is)
        if isinstance(two, DictionaryView) and two.kind == "keys":
            two = two.owner
        if isinstance(operator, ast.In | ast.NotIn) and isinstance(two, dict | tuple | list):
            if not isinstance(one, str | int) or not all(isinstance(item, str | int) for item in two):
                raise NotInSubset("a search among arrays")
            return (one in two) == isinstance(operator, ast.In)
        if isinstance(one, StoredArray) or isinstance(two, StoredArray):
            signs = {ast.Gt: ">", ast.Lt: "<", ast.GtE: ">=", ast.LtE: "<=", ast.Eq: "==", ast.NotEq: "!="}
            if type(operator) not in signs:
                raise NotInSubset("this comparison")
            library = common([value for value in (one, two) if isinstance(value, StoredArray)], self.home)
            left, right = self.array(one), self.array(two)
            if not far_apart(self.recorder, left, right):
                raise NotInSubset("a comparison that the last digits of decimals may decide")
            found = compared(self.recorder, signs[type(operator)], left, right)
            return StoredArray(found, library=library)
        return known_comparison(operator, one, two)

    def turned(self, operator: ast.unaryop, value: Any) -> Any:
        """The unary operators, but ``not``."""
        if isinstance(value, bool):
            value = int(value)
        own = isinstance(value, StoredArray) and not library_of(value, self.home)
        if own:
            value = self.alike(value, _as_integers(value.array))
        if isinstance(operator, ast.UAdd):
            return self.copied(value)
        if isinstance(operator, ast.USub):
            if sized(value):
                return self.operation(ast.Mult, -1, value)
            return (
                changed_sign(value) if is_number(value) else self.alike(value, minus(self.recorder, self.array(value)))
            )
        if isinstance(value, int) or whole_size(value) or (own and value.array.whole):
            return self.operation(ast.Sub, -1, value)  # ~ of Python's own integers
        return self.alike(value, opposite(self.recorder, self.array(value)))


def _as_integers(array: FormArray) -> FormArray:
    """Truth values of Python are the integers 1 and 0, where those of arrays are not."""
    return replace(array, truth=False, whole=True) if array.truth else array


def integer_power(base: Any, exponent: Any) -> None:
    """Refuse a negative power of integers, at which NumPy, PyTorch and JAX stop; Python has it of its own numbers."""
    integers = isinstance(base, StoredArray) and (base.array.whole or base.array.truth)
    if integers and isinstance(exponent, int) and exponent < 0:
        raise NotInSubset("a negative power of integers, at which libraries stop,")


__all__ = ["CodeOperators", "integer_power"]
