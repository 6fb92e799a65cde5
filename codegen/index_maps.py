"""Integer index expressions with known sizes: normal form, bounds, and the rewritings that make them affine.

Sizes are numbers here; the ranges of indices are given as ``ranges``.  An index whose range is not a number (the
batch) may stand only alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul, expand, preorder_traversal

from dyadic.symbolic.expressions import (
    Bracket,
    Definition,
    Divides,
    Element,
    Index,
    Inside,
    Quotient,
    Reduction,
    Remainder,
    Same,
    Tensor,
    all_indices,
    fresh_index,
    split_guards,
)

Ranges = Mapping[Index, Expr]


@dataclass(frozen=True)
class Affine:
    """``start + Sum step * index``."""

    start: int
    steps: tuple[tuple[Index, int], ...]

    @property
    def plain(self) -> bool:
        return self.start == 0 and len(self.steps) == 1 and self.steps[0][1] == 1


def affine(expression: Expr) -> Affine | None:
    """The expression as an affine function of indices with integer coefficients, if it is one."""
    start, steps = 0, {}
    for term in Add.make_args(expression):
        factor, rest = term.as_coeff_Mul()
        if rest == 1 and factor.is_Integer:
            start = int(factor)
        elif isinstance(rest, Index) and factor.is_Integer:
            steps[rest] = int(factor)
        else:
            return None
    return Affine(start, tuple(sorted(steps.items(), key=lambda item: item[0].name)))


def bounds(expression: Expr, ranges: Ranges) -> tuple[int, int] | None:
    """Numbers between which the expression lies (not always the tightest), or None if nothing is known."""
    if expression.is_Integer:
        return int(expression), int(expression)
    if isinstance(expression, Index):
        extent = ranges.get(expression)
        return (0, int(extent) - 1) if extent is not None and extent.is_Integer else None
    if not isinstance(expression, Add | Mul | Quotient | Remainder):
        return None
    parts = [bounds(argument, ranges) for argument in expression.args]
    if isinstance(expression, Remainder):
        divisor = int(expression.args[1])
        if parts[0] and parts[0][0] // divisor == parts[0][1] // divisor:
            return parts[0][0] % divisor, parts[0][1] % divisor
        return 0, divisor - 1
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    low, high = known[0]
    if isinstance(expression, Quotient):
        return low // int(expression.args[1]), high // int(expression.args[1])
    for lower, upper in known[1:]:
        if isinstance(expression, Add):
            low, high = low + lower, high + upper
        else:
            corners = (low * lower, low * upper, high * lower, high * upper)
            low, high = min(corners), max(corners)
    return low, high


def within(expression: Expr, extent: Expr, ranges: Ranges) -> bool:
    """Whether 0 <= expression < extent is certain."""
    if isinstance(expression, Index) and ranges.get(expression) == extent:
        return True
    limits = bounds(expression, ranges)
    return limits is not None and extent.is_Integer and limits[0] >= 0 and limits[1] < int(extent)


def simplify(expression: Expr, ranges: Ranges) -> Expr:
    """A normal form in which quotients and remainders are used up where the ranges allow it."""
    if isinstance(expression, Quotient | Remainder):
        numerator, divisor = (simplify(argument, ranges) for argument in expression.args)
        pull = _quotient if isinstance(expression, Quotient) else _remainder
        return pull(numerator, int(divisor), ranges)
    if isinstance(expression, Add | Mul):
        parts = expression.func(*(simplify(argument, ranges) for argument in expression.args))
        return _recombine(expand(parts, deep=False))
    if isinstance(expression, Element):
        return Element(expression.kind, expression.owner, *(simplify(index, ranges) for index in expression.indices))
    return expression


def _quotient(numerator: Expr, divisor: int, ranges: Ranges) -> Expr:
    limits = bounds(numerator, ranges)
    if divisor == 1:
        return numerator
    if limits and limits[0] // divisor == limits[1] // divisor:
        return Integer(limits[0] // divisor)
    if isinstance(numerator, Quotient):
        return _quotient(numerator.args[0], int(numerator.args[1]) * divisor, ranges)
    if isinstance(numerator, Remainder) and int(numerator.args[1]) % divisor == 0:
        return _remainder(_quotient(numerator.args[0], divisor, ranges), int(numerator.args[1]) // divisor, ranges)
    for common, multiple, _ in _splits(numerator, divisor, ranges):
        # floor((g m + r) / (g e)) = floor(m / e) for 0 <= r < g.
        return _quotient(multiple, divisor // common, ranges)
    whole, rest = _multiples(numerator, divisor)
    return whole + Quotient(rest, divisor) if whole != 0 else Quotient(numerator, divisor)


def _remainder(numerator: Expr, divisor: int, ranges: Ranges) -> Expr:
    limits = bounds(numerator, ranges)
    if divisor == 1:
        return Integer(0)
    if limits and limits[0] // divisor == limits[1] // divisor:
        return numerator - divisor * (limits[0] // divisor)
    if isinstance(numerator, Remainder) and int(numerator.args[1]) % divisor == 0:
        return _remainder(numerator.args[0], divisor, ranges)
    for common, multiple, rest in _splits(numerator, divisor, ranges):
        return expand(common * _remainder(multiple, divisor // common, ranges)) + rest
    whole, rest = _multiples(numerator, divisor)
    return _remainder(rest, divisor, ranges) if whole != 0 else Remainder(numerator, divisor)


def _multiples(numerator: Expr, divisor: int) -> tuple[Expr, Expr]:
    """``numerator = divisor * whole + rest``, the terms of whole being those with divisible coefficients."""
    whole, rest = Integer(0), Integer(0)
    for term in Add.make_args(numerator):
        factor, inner = term.as_coeff_Mul()
        if factor.is_Integer and factor % divisor == 0:
            whole += factor // divisor * inner
        elif inner == 1:
            whole += factor // divisor
            rest += factor % divisor
        else:
            rest += term
    return whole, rest


def _splits(numerator: Expr, divisor: int, ranges: Ranges) -> Iterator[tuple[int, Expr, Expr]]:
    """``numerator = g * multiple + rest`` with 0 <= rest < g and g | divisor, g from largest to smallest."""
    sizes = {abs(int(term.as_coeff_Mul()[0])) for term in Add.make_args(numerator) if term.as_coeff_Mul()[0].is_Integer}
    for common in sorted({divisor} | {size for size in sizes if size > 1 and divisor % size == 0}, reverse=True):
        multiple, rest = _multiples(numerator, common)
        limits = bounds(rest, ranges)
        if multiple != 0 and limits and limits[0] >= 0 and limits[1] < common:
            yield common, multiple, rest


def _recombine(expression: Expr) -> Expr:
    """``c m Quotient(e, k m) + c Remainder(Quotient(e, k), m) = c Quotient(e, k)``: a reshape undoes another."""
    terms = expression.as_coefficients_dict()
    for remainder in [term for term in terms if isinstance(term, Remainder)]:
        inner, modulus = remainder.args
        base, step = inner.args if isinstance(inner, Quotient) else (inner, Integer(1))
        for shift, quotient in _quotient_of(base, step * modulus):
            factor = terms[remainder]
            if terms.get(quotient, 0) == factor * modulus:
                del terms[remainder], terms[quotient]
                whole = Add(*(factor * term for term, factor in terms.items())) + factor * (inner - modulus * shift)
                return _recombine(expand(whole, deep=False))
    return expression


def _quotient_of(numerator: Expr, divisor: Expr) -> Iterator[tuple[Expr, Expr]]:
    """``Quotient(numerator, divisor) = shift + quotient`` in the forms in which it may stand in a sum."""
    yield Integer(0), Quotient(numerator, divisor)
    whole, rest = _multiples(numerator, int(divisor))
    if whole != 0:
        yield whole, Quotient(rest, divisor)


def _certain(expression: Expr, ranges: Ranges) -> Expr:
    limits = bounds(expression, ranges)
    return Integer(limits[0]) if limits and limits[0] == limits[1] else expression


def simplify_bracket(bracket: Expr, ranges: Ranges) -> Expr:
    """The bracket with simplified arguments; 1 or 0 where it is certain."""
    one, two = (_certain(simplify(argument, ranges), ranges) for argument in bracket.args)
    if isinstance(bracket, Inside):
        limits = bounds(one, ranges)
        if within(one, two, ranges):
            return Integer(1)
        if limits and two.is_Integer and (limits[1] < 0 or limits[0] >= int(two)):
            return Integer(0)
        return Inside(one, two)
    if isinstance(bracket, Divides):
        return Divides(one, _multiples(two, int(one))[1])
    return Same(one, two)


def divisible(divisor: int, expression: Expr, known: Sequence[tuple[int, Expr]]) -> bool:
    """Whether the divisor divides the expression, given that d divides e for all (d, e) in ``known``."""
    return any(d == divisor and _multiples(expand(expression - e), divisor)[1] == 0 for d, e in known)


# -- Splitting an index into digits --------------------------------------------------------------------------------


def split_index(item: Definition, index: Index, low: int, ranges: dict[Index, Expr]) -> Definition:
    """The definition with ``index = low * high_digit + low_digit`` written out; ``ranges`` learns the new indices.

    Q(index, low) and R(index, low) are then digits, and entries that use them are affine.
    """
    taken = all_indices(item.body) | set(item.indices) | set(ranges)
    high_digit = fresh_index(taken)
    low_digit = fresh_index(taken | {high_digit})
    high = ranges[index] // low
    ranges |= {high_digit: Integer(high), low_digit: Integer(low)}
    body = _substitute(item.body, index, low * high_digit + low_digit, (high_digit, high), (low_digit, low))
    if index not in item.indices:
        return Definition(item.tensor, item.indices, body)
    place = item.indices.index(index)
    shape = (*item.tensor.shape[:place], Integer(high), Integer(low), *item.tensor.shape[place + 1 :])
    indices = (*item.indices[:place], high_digit, low_digit, *item.indices[place + 1 :])
    return Definition(Tensor(item.tensor.kind, item.tensor.owner, shape), indices, body)


def _substitute(node: Expr, index: Index, value: Expr, *digits: tuple[Index, int]) -> Expr:
    if isinstance(node, Reduction) and node.index == index:
        body = _substitute(node.body, index, value)
        for digit, extent in reversed(digits):
            body = Reduction(node.kind, digit, extent, body)
        return body
    if node == index:
        return value
    if not node.args:
        return node
    return node.func(*(_substitute(a, index, value, *digits) if isinstance(a, Expr) else a for a in node.args))


def digit_candidates(node: Expr, ranges: Ranges) -> Iterator[tuple[Index, int]]:
    """The (index, low) of which the split uses up an innermost quotient or remainder of an index expression."""
    for part in (part for part in node.atoms(Quotient, Remainder) if not part.args[0].has(Quotient, Remainder)):
        divisor = int(part.args[1])
        form = affine(part.args[0])
        for index, step in form.steps if form else ():
            low, extent = divisor // abs(step), ranges[index]
            if divisor % step or low < 2 or not extent.is_Integer or extent % low or extent <= low:
                continue
            taken = set(ranges)
            high_digit = fresh_index(taken)
            low_digit = fresh_index(taken | {high_digit})
            inner = {**ranges, high_digit: extent // low, low_digit: Integer(low)}
            if not simplify(part.xreplace({index: low * high_digit + low_digit}), inner).has(Quotient, Remainder):
                yield index, low


# -- Brackets that pick one term of a sum ---------------------------------------------------------------------------


def solve_same(node: Expr, ranges: Ranges) -> Expr:
    """``Sum_k Same(k, e) body(k) = Inside(e, n) body(e)`` wherever an index of a sum can be solved for."""
    if isinstance(node, Element | Bracket) or not node.has(Same):
        return node
    parts = [solve_same(part, ranges) if isinstance(part, Expr) else part for part in node.args]
    node = Mul(*parts, evaluate=False) if isinstance(node, Mul) else node.func(*parts)
    if not isinstance(node, Reduction) or node.kind != "sum":
        return node
    inner, body = [], node.body
    while isinstance(body, Reduction) and body.kind == "sum":
        inner.append((body.index, body.extent))
        body = body.body
    for same in (factor for factor in Mul.make_args(body) if isinstance(factor, Same)):
        value = _solve(expand(simplify(same.args[0], ranges) - simplify(same.args[1], ranges)), node.index)
        if value is None:
            continue
        rest = Mul(*(factor for factor in Mul.make_args(body) if factor is not same)).xreplace({node.index: value})
        inside = Inside(value, node.extent)  # it is a number where the value is one
        result = (simplify_bracket(inside, ranges) if isinstance(inside, Bracket) else inside) * rest
        for index, extent in reversed(inner):
            result = Reduction("sum", index, extent, result)
        return result
    return node


def _solve(difference: Expr, index: Index) -> Expr | None:
    """The index in ``difference = 0``, if it stands there with coefficient 1 or -1 and nowhere else."""
    factor = difference.coeff(index)
    rest = expand(difference - factor * index)
    return -factor * rest if factor in (1, -1) and not rest.has(index) else None


# -- Strided adjoints -------------------------------------------------------------------------------------------------


def unstride(item: Definition, ranges: dict[Index, Expr]) -> Definition | None:
    """The definition without one of its Divides(d, p - u + c), p an index of the left-hand side; None if there is none.

    With p = d q + w, the u for which d divides p - u + c are u = w + c - d v, for which (p - u + c) / d = q + v:

        Sum_u [d | p - u + c] K[u] s[Quotient(p - u + c, d)] = Sum_v [0 <= w + c - d v < n] K[w + c - d v] s[q + v],

    Every value of s is then read once, not once among d - 1 zeros.  A p + c without u is split into digits likewise.
    """
    for node in preorder_traversal(item.body):
        form = affine(simplify(node.args[1], ranges)) if isinstance(node, Divides) else None
        if form is None:
            continue
        divisor, steps = int(node.args[0]), dict(form.steps)
        outer = [i for i in steps if i in item.indices and steps[i] == 1 and _splits_evenly(ranges[i], divisor)]
        inner = [i for i in steps if i not in item.indices]
        if len(outer) != 1 or len(steps) != 1 + len(inner) or len(inner) > 1:
            continue
        if not inner and form.start % divisor == 0:
            return split_index(item, outer[0], divisor, ranges)
        if inner and steps[inner[0]] == -1 and _sums_over(item.body, inner[0], node):
            return _shifted(item, outer[0], inner[0], divisor, form.start, ranges)
    return None


def _splits_evenly(extent: Expr, divisor: int) -> bool:
    return bool(extent.is_Integer) and int(extent) > divisor and int(extent) % divisor == 0


def _sums_over(body: Expr, index: Index, bracket: Expr) -> bool:
    """Whether the index is bound by a sum of which the bracket is a factor, and no bracket depends on data."""
    for node in preorder_traversal(body):
        if isinstance(node, Reduction) and node.index == index:
            inner = node
            while isinstance(inner, Reduction) and inner.kind == "sum":
                inner = inner.body
            guards, _ = split_guards(inner)
            return node.kind == "sum" and bracket in guards and not any(guard.has(Element) for guard in guards)
    return False


def _shifted(item: Definition, p: Index, u: Index, divisor: int, start: int, ranges: dict[Index, Expr]) -> Definition:
    """See :func:`unstride`: p in digits, and the sum over u = w + start - d (v + first) as one over v."""
    extent = int(ranges[u])
    known = set(ranges)
    split = split_index(item, p, divisor, ranges)
    _, low = (index for index in split.indices if index not in known)  # in the order of the axes: q, w
    first = -((extent - 1 - start) // divisor)
    v = fresh_index(all_indices(split.body) | set(ranges))
    ranges[v] = Integer((divisor - 1 + start) // divisor - first + 1)
    value = low + start - divisor * (v + first)

    def visit(node: Expr) -> Expr:
        if isinstance(node, Reduction) and node.index == u:
            return _sum_by(node.body.xreplace({u: value}), v, ranges[v], Inside(value, extent), ranges)
        if not node.args or not node.has(u):
            return node
        return node.func(*(visit(part) if isinstance(part, Expr) else part for part in node.args))

    return Definition(split.tensor, split.indices, visit(split.body))


def _sum_by(body: Expr, v: Index, extent: Expr, guard: Expr, ranges: Ranges) -> Expr:
    """``Sum_v guard body``, the guard beside the other brackets of the innermost body, and those simplified."""
    bound: list[tuple[Index, Expr]] = [(v, extent)]
    while isinstance(body, Reduction):
        bound.append((body.index, body.extent))
        body = body.body
    factors = [simplify_bracket(f, ranges) if isinstance(f, Bracket) else f for f in (guard, *Mul.make_args(body))]
    result = Mul(*factors, evaluate=False)
    for index, count in reversed(bound):
        result = Reduction("sum", index, count, result)
    return result
