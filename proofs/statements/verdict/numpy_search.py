"""Numbers at which a backward pass does not return the derivative, though the forward pass has one, as NumPy computes.

Both passes are evaluated at drawn fractions, also where a function that stands in them has no value: where a choice
does not take it that does not matter, else what is computed of it is no number.  The derivative is that of the forward
pass there, by reverse-mode differentiation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Any

from flint import ctx

from dyadic.proofs.evaluate.network import Entries, IntegerEntries, Rejected, RingDefinition
from dyadic.proofs.evaluate.number_rings import Ring, TapeSlopes, Undetermined
from dyadic.proofs.statements.number_systems.draws import Draws, near
from dyadic.proofs.statements.number_systems.numpy_values import (
    FLAT,
    INFINITE,
    NO_NUMBER,
    PERHAPS_LOG,
    NumpyTape,
    NumpyValues,
    special,
)
from dyadic.proofs.statements.number_systems.rings import Traced, traced
from dyadic.proofs.statements.number_systems.work import Exhausted, at_most
from dyadic.proofs.statements.semantics.vocabulary import shown_entry
from dyadic.proofs.statements.verdict.small_counterexample import PRECISION
from dyadic.symbolic.readers.python_code import CodePair
from dyadic.symbolic.readers.python_code.array_forms import ARRAY, CodeDefinition, Shape
from dyadic.symbolic.readers.python_code.partial_values import POWER

_SEEDS = 40
_ODD = tuple(Fraction(number, 10_007) for number in (-3_511, 7_919, -20_023, 12_301))
_ODD_SEEDS = 6
_UNITS = 3_000_000
"""Units of work (number_systems/work.py) that the search may take."""
_FEW, _FEW_UNITS = 4, 100_000
_MOST_SHOWN = 12
_WHERE_IT_LEADS = {id(NO_NUMBER): "nan", id(INFINITE): "inf"}
_ZERO = Traced(Fraction(0))
Tables = dict[tuple[str, str], Entries]


def numpy_counterexample(pair: CodePair, briefly: bool = False) -> dict[str, Any] | None:
    """A counterexample as it is reported; None if none was found.

    pair: with a number for every size.  briefly: whether only a few points are tried.
    """
    if pair.sizes or pair.freed:
        return None
    before, ctx.prec = ctx.prec, PRECISION
    try:
        with at_most(_FEW_UNITS if briefly else _UNITS):
            for draws, generic in _few_draws() if briefly else _draws(pair):
                found = _at(pair, draws, generic)
                if found is not None:
                    return found
    except (Exhausted, Rejected, RecursionError):
        pass
    finally:
        ctx.prec = before
    return None


def _few_draws() -> Iterator[tuple[Draws, bool]]:
    """Numbers below 0, numbers above, small ones of both signs, and odd ones."""
    yield from ((Draws(0, False, among=[sign]), False) for sign in (-1, 1))
    yield from ((Draws(seed, False, broken=seed % 2 == 1), False) for seed in range(2, 2 + _FEW))
    yield from ((Draws(seed, False, among=_ODD), True) for seed in range(2))


def _draws(pair: CodePair) -> Iterator[tuple[Draws, bool]]:
    """Numbers to be tried, and whether they are so odd that no formula makes integers of them."""
    yield from ((Draws(0, False, among=[sign]), False) for sign in (-1, 1))
    yield from ((Draws(seed, False, among=_ODD), True) for seed in range(_ODD_SEEDS))
    yield from ((Draws(seed, False, broken=seed % 2 == 1), False) for seed in range(2, 2 + _SEEDS))
    bodies = [item.body for item in (*pair.forward, *pair.backward)]
    yield from ((draws, False) for draws in near(bodies, False, _SEEDS))


def _at(pair: CodePair, draws: Draws, generic: bool) -> dict[str, Any] | None:
    ring = NumpyValues()
    tape = NumpyTape(ring)
    places: Tables = {}
    for name, shape in {**pair.arguments, **_upstream(pair), **pair.random}.items():
        if name in pair.below:
            limit = pair.below[name]
            places[ARRAY, name] = IntegerEntries((at, _integer(draws, name, at, limit)) for at in _places(shape))
        else:
            places[ARRAY, name] = {at: tape.variable(_number(draws, name, at)) for at in _places(shape)}
    try:
        for item in pair.forward:
            places[ARRAY, item.name] = _evaluated(item, tape, places, generic)
        for kink in pair.kinks:
            values = [place.value for place in _evaluated(kink, tape, places, generic).values()]
            if any(_at_kink(value) for value in values):
                return None
        slopes = _slopes(pair, tape, places)
        if slopes is None:
            return None
        tables: Tables = {
            key: table if isinstance(table, IntegerEntries) else {at: value.value for at, value in table.items()}
            for key, table in places.items()
        }
        for item in pair.backward:
            tables[ARRAY, item.name] = _evaluated(item, ring, tables, generic)
    except Undetermined:
        return None
    for gradient in pair.gradients:
        for at, place in places[ARRAY, gradient.argument].items():
            wanted, found = traced(slopes[place]), traced(tables[ARRAY, gradient.array][at])
            if special(wanted) is not None:
                continue
            lead = _WHERE_IT_LEADS.get(id(found))
            if lead or (special(found) is None and wanted.differs(found)):
                return _shown(pair, draws, gradient.argument, at, wanted, lead or str(found))
    return None


def _at_kink(value: Traced) -> bool:
    """Whether it is 0, or may be, and is not so at all points nearby too."""
    if special(value) is not None:
        return False
    return value.zero and value.used != FLAT if isinstance(value.value, Fraction) else not value.differs(_ZERO)


def _slopes(pair: CodePair, tape: NumpyTape, places: Tables) -> TapeSlopes | None:
    """The derivatives of the sum of all <g, output>; None where an output is no number."""
    terms = []
    for grad, (shape, output) in pair.upstream.items():
        for at in _places(shape):
            value = places[ARRAY, output][at]
            if special(traced(value.value)) is not None:
                return None
            terms.append(tape.mul([places[ARRAY, grad][at], value]))
    return tape.backward(tape.add(terms))


def _evaluated(item: CodeDefinition, ring: Ring, tables: Tables, generic: bool) -> Entries:
    content = {
        "kind": ARRAY, "owner": item.name, "indices": list(item.indices), "shape": list(item.shape),
        "body": _perhaps(item.body, generic),
    }  # fmt: skip
    return RingDefinition(content, {}, ring, "the passes").evaluate(tables)


def _perhaps(node: Any, generic: bool) -> Any:
    """With the logarithms of powers that may have a value where these have none."""
    if not isinstance(node, list):
        return node
    if node[:1] == [POWER]:
        _, varies, (head, name, *rest) = node
        return [head, name if varies and generic else PERHAPS_LOG, *(_perhaps(child, generic) for child in rest)]
    return [_perhaps(child, generic) for child in node]


def _upstream(pair: CodePair) -> Mapping[str, Shape]:
    return {grad: shape for grad, (shape, _) in pair.upstream.items()}


def _places(shape: Sequence[Any]) -> list[tuple[int, ...]]:
    return list(product(*map(range, shape)))


def _number(draws: Draws, name: str, at: tuple[int, ...]) -> Traced:
    label = shown_entry("x", name, at)
    return Traced(Fraction(draws[label]), frozenset({label}))


def _integer(draws: Draws, name: str, at: tuple[int, ...], limit: Any) -> int:
    return int(abs(Fraction(draws[shown_entry("x", name, at)])) % int(limit))


def _shown(
    pair: CodePair, draws: Draws, argument: str, at: tuple[int, ...], wanted: Traced, found: str
) -> dict[str, Any]:
    """In the code's terms: the numbers of all arguments, if these are few, and the two derivatives."""
    place = ", ".join(map(str, at))
    names = [(name, place) for name, shape in {**pair.arguments, **_upstream(pair)}.items() for place in _places(shape)]
    values = {
        f"{name}[{', '.join(map(str, one))}]" if one else name: str(
            _integer(draws, name, one, pair.below[name]) if name in pair.below else draws[shown_entry("x", name, one)]
        )
        for name, one in names
    }
    return {
        "gradient": f"by {argument}[{place}]" if place else f"by {argument}",
        "values": values,
        "derivative of the forward pass": str(wanted),
        "returned by the backward pass": found,
    }


__all__ = ["numpy_counterexample"]
