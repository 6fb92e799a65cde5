"""Numbers at which the derived adjoints of a layer or cost are not what automatic differentiation gives.

Rigorous enclosures, where all that is evaluated has values: of a kind of layers at small sizes and at sizes beyond
every number in its equations; of a layer in a network at the sizes that it has, or can have, there and at no others.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from flint import ctx

from dyadic.proofs.checker.evaluation.kind_pairing import work
from dyadic.proofs.checker.evaluation.maxima import empty_maximum
from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.evaluate.network import Entries, Layer, Rejected, RingDefinition, Tensors, places, whole
from dyadic.proofs.evaluate.number_rings import Ball, Undetermined
from dyadic.proofs.evaluate.possible_sizes import PATTERNS, in_turn, sizes_beyond
from dyadic.proofs.evaluate.tightness_witness import is_finite
from dyadic.proofs.methods.refutation.drawn_numbers import DrawnNumbers, alike
from dyadic.proofs.methods.refutation.layer_problem import (
    EvaluableLayer,
    Undefined,
    both_sides,
    cost_problem,
    drawn,
    layer_problem,
)
from dyadic.symbolic.energy import CostDerivation, LayerDerivation

_MOST_TERMS, _MOST_WORK = 60_000, 2_000_000
_MOST_TABLES, _LEAST_TRIES = 80, 12
Tables = Iterable[Mapping[str, int]]
"""Sizes by their names, of which those that follow from others may be left out."""
Look = Callable[[EvaluableLayer, dict[str, int], DrawnNumbers], dict[str, Any] | None]
"""What is wrong at some sizes and numbers; raises :class:`Undetermined` where something has no value there."""


def layer_difference(
    layer: LayerDerivation, what: str, tries: int = 40, tables: Tables | None = None
) -> dict[str, Any] | None:
    """Sizes and rationals at which a derived adjoint (or gradient) is not the derivative.

    tables: those that the layer can have in a network; any without them.
    """
    return _difference(layer_problem(layer, what), tries, tables)


def cost_difference(cost: CostDerivation, tries: int = 40, tables: Tables | None = None) -> dict[str, Any] | None:
    """The same of a cost's gradient."""
    return _difference(cost_problem(cost), tries, tables)


def _difference(problem: EvaluableLayer, tries: int, tables: Tables | None) -> dict[str, Any] | None:
    if tables is None:
        small = _search(problem, _small_sizes(problem, tries), _difference_at)
        beyond = sizes_beyond(problem.sizes(), largest_integer(problem.content))
        return small or _search(problem, _fitting(problem, beyond), _difference_at)
    return _search(problem, _repeated(problem, tables), _difference_at)


def _repeated(problem: EvaluableLayer, tables: Tables) -> list[dict[str, int]]:
    """Those that can be evaluated, a few of them several times: other numbers are drawn then."""
    own = list(_fitting(problem, islice(tables, _MOST_TABLES)))
    return own * max(1, _LEAST_TRIES // max(1, len(own)))


def undefined_maximum(layer: LayerDerivation, used: Sequence[Mapping[str, int]] = ()) -> str | None:
    """Why a layer's equation is undefined: a maximum over nothing at sizes of a network, or at all small sizes."""
    problem = layer_problem(layer, "adjoint")
    found = None
    for sizes in map(problem.complete, used):
        if found := empty_maximum(problem.content, sizes, layer.label):
            return f"undefined at the sizes of this network: the maximum {found} is over nothing"
    for sizes in _small_sizes(problem, 8):
        found = empty_maximum(problem.content, sizes, layer.label)
        if found is None:
            return None
    return found and f"undefined at all small sizes: the maximum {found} is over nothing"


# -- counterexamples -------------------------------------------------------------------------------------------


def _search(problem: EvaluableLayer, tables: Iterable[dict[str, int]], look: Look) -> dict[str, Any] | None:
    """What a look at the first of some sizes finds where there is anything; the next is taken where it is Rejected."""
    before, ctx.prec = ctx.prec, 192
    try:
        for seed, sizes in enumerate(tables):
            for numbers in alike(seed):
                try:
                    found = look(problem, sizes, numbers)
                except Undetermined:
                    continue  # other numbers may be where there are values
                except Rejected:
                    break
                if found:
                    return found
                break
    finally:
        ctx.prec = before
    return None


def _small_sizes(problem: EvaluableLayer, tries: int) -> Iterator[dict[str, int]]:
    """Tables of small sizes that fit together: different sizes show most, equal ones where a swapped index would
    leave the array otherwise."""
    names, source = problem.sizes(), random.Random(1)
    for number in range(tries):
        pattern = PATTERNS[number] if number < len(PATTERNS) else source.choices(range(1, 7), k=len(names) or 1)
        yield from _fitting(problem, [in_turn(pattern, names)])


def _fitting(problem: EvaluableLayer, tables: Iterable[Mapping[str, int]]) -> Iterator[dict[str, int]]:
    """The tables of sizes that the shape rule admits and that are small enough to evaluate, completed by it."""
    for table in tables:
        try:
            names = set(problem.sizes())
            sizes = problem.complete({name: n for name, n in table.items() if name in names})
            entries = [places([whole(e, sizes, "") for e in shape], "") for shape in problem.shapes.values()]
        except Rejected:
            continue
        if sum(map(len, entries)) < _MOST_TERMS and work(problem.content, sizes, "") < _MOST_WORK:
            yield sizes


def largest_integer(content: Any) -> int:
    """The largest number that an equation compares an index with, or counts to."""
    return max(_integers(content), default=1)


def _integers(content: Any) -> Iterator[int]:
    """The numbers that stand in an index, a bracket, an extent or a division."""
    stack: list[tuple[Any, bool]] = [(content, False)]
    while stack:
        node, inside = stack.pop()
        if isinstance(node, dict):
            stack.extend((child, key in ("shape", "extents", "input_shapes")) for key, child in node.items())
        elif isinstance(node, list):
            kind = node[0] if node and isinstance(node[0], str) else ""
            own = inside or kind in ("entry", "inside", "same", "divides", "quotient", "remainder")
            stack.extend((child, own or (kind in REDUCTIONS and place == 2)) for place, child in enumerate(node))
        elif inside and isinstance(node, int):
            yield abs(node)


def _difference_at(problem: EvaluableLayer, sizes: dict[str, int], drawn: DrawnNumbers) -> dict[str, Any] | None:
    """Raises :class:`Undetermined` where something has no value."""
    try:
        found, exact, given = both_sides(problem, sizes, Ball(), drawn.ball)
    except Undefined as error:
        nothing = f"undefined: {error}"
        return {"sizes": sizes, "values": _values(problem, error.given, drawn), "claimed": nothing, "exact": "a number"}
    if not is_finite(found):
        raise Undetermined("what was derived has no value there")
    for name, table in exact.items():
        kind, owner = problem.derived[name]
        for at, number in table.items():
            claimed = found[name].get(at)
            if claimed is None or not claimed.overlaps(number):
                return {
                    "sizes": sizes,
                    "values": _values(problem, given, drawn),
                    "derivative_with_respect_to": f"{kind}_{owner}{list(at)}",
                    "claimed": "undefined: no such entry" if claimed is None else claimed.str(20, radius=False),
                    "exact": number.str(20, radius=False),
                }
    return None


def _values(problem: EvaluableLayer, given: Tensors, drawn: DrawnNumbers) -> dict[str, str]:
    """Every number that was drawn, by its entry."""
    return {
        f"{key[0]}_{key[1]}{list(at)}": str(value if key in problem.below else drawn.value(f"{key} {at}"))
        for key, table in given.items()
        for at, value in table.items()
    }


# -- the energy ------------------------------------------------------------------------------------------------


def energy_difference(layer: LayerDerivation, tries: int = 12, tables: Tables | None = None) -> dict[str, Any] | None:
    """Sizes and rationals at which the energy is not <s, f - x>, or its derivative in s is not f - x.

    tables: as for :func:`layer_difference`.
    """
    problem = layer_problem(layer, "adjoint")
    chosen = _small_sizes(problem, tries) if tables is None else _repeated(problem, tables)
    return _search(problem, chosen, _energy_at)


def _energy_at(problem: EvaluableLayer, sizes: dict[str, int], numbers: DrawnNumbers) -> dict[str, Any] | None:
    """Raises :class:`Undetermined` where something has no value."""
    ring, draw = Ball(), numbers.ball
    given = drawn(problem, sizes, draw)
    values = dict(given)
    value = Layer(problem.content, sizes, ring, "layer").forward(values)
    if not all(number.is_finite() for number in value.values()):
        raise Undetermined("the layer has no value there")
    for kind in ("s", "x"):
        values[kind, "v"] = given[kind, "v"] = {at: draw(f"{(kind, 'v')} {at}") for at in value}
    lag = {at: ring.add([value[at], ring.mul([ring.number(-1), values["x", "v"][at]])]) for at in value}
    wanted: dict[str, Entries] = {"energy": {(): ring.add([ring.mul([values["s", "v"][at], lag[at]]) for at in value])}}
    wanted["stationarity"] = lag
    for name, exact in wanted.items():
        claimed = RingDefinition(problem.content[name], sizes, ring, name).evaluate(values)
        if not all(number.is_finite() for number in claimed.values()):
            raise Undetermined("what is printed has no value there")
        for at, number in exact.items():
            if at not in claimed or not claimed[at].overlaps(number):
                stated = claimed[at].str(20, radius=False) if at in claimed else "undefined: no such entry"
                return {
                    "sizes": sizes,
                    "values": _values(problem, given, numbers),
                    "equation": f"{name}{list(at) if at else ''}",
                    "claimed": stated,
                    "exact": number.str(20, radius=False),
                }
    return None
