"""The derived adjoints of a layer or cost against automatic differentiation of its definitions, in numbers.

With rigorous enclosures at small sizes this refutes a wrong adjoint; over two prime fields, at the very sizes of a
network, it shows a right one to be right for these sizes.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import ctx

from dyadic.proofs.checker.core.maxima import empty_maximum
from dyadic.proofs.checker.evaluation.equations import REDUCTIONS
from dyadic.proofs.checker.evaluation.kind_pairing import work
from dyadic.proofs.evaluate.drawn_sizes import position
from dyadic.proofs.evaluate.identity_values import primes_for, residue_source, small_rational, small_rational_source
from dyadic.proofs.evaluate.network import CostLayer, Entries, Layer, Rejected, RingDefinition, Tensors, places, whole
from dyadic.proofs.evaluate.number_rings import Ball, Degree, PrimeField, Ring, Tape, Undetermined
from dyadic.symbolic.energy import CostDerivation, LayerDerivation, cost_to_json, layer_to_json
from dyadic.symbolic.expressions import Bracket, Definition, Element, Expr, elements, walk
from dyadic.symbolic.serialise import tensor_key, to_json

_Key = tuple[str, str]
_PATTERNS = ((2,), (1, 2, 3), (3, 2, 1), (2, 3), (4, 2, 3), (3, 1, 4, 2), (5, 3, 2), (6, 2), (4,), (7, 3, 2, 5))
_MOST_TERMS, _MOST_WORK = 60_000, 2_000_000


@dataclass
class _Evaluable:
    """A layer or cost in JSON, with what is needed to evaluate it at any sizes.

    shapes: of every tensor that is given.  below: for integer tensors, extents that their entries are below.
    derived: the tensor that each derived definition (by name) is a derivative with respect to.
    """

    content: Any
    shapes: dict[_Key, Any]
    below: dict[_Key, list[Any]]
    derived: dict[str, _Key]
    is_cost: bool

    def sizes(self) -> list[str]:
        """The names of the sizes that do not follow from others."""
        return sorted(_size_names(self.content) - set(self.content.get("extents", {})))

    def complete(self, sizes: Mapping[str, int]) -> dict[str, int]:
        """The sizes with those that follow."""
        table = dict(sizes)
        for symbol, formula in self.content.get("extents", {}).items():
            table[symbol] = whole(formula, table, symbol)
        return table


def layer_difference(
    layer: LayerDerivation, what: str, tries: int = 40, used: Sequence[Mapping[str, int]] = ()
) -> dict[str, Any] | None:
    """Sizes (small ones, or those of a network) and rationals at which a derived adjoint (or gradient) is not the
    derivative."""
    problem = _layer_problem(layer, what)
    return _search(problem, [*_small_sizes(problem, tries), *_fitting(problem, used)])


def layer_difference_beyond(layer: LayerDerivation, what: str) -> dict[str, Any] | None:
    """The same at sizes beyond every number in the equations."""
    problem = _layer_problem(layer, what)
    return _search(problem, _sizes_beyond(problem))


def cost_difference(cost: CostDerivation, tries: int = 40) -> dict[str, Any] | None:
    """Small sizes and rationals at which a cost's gradient is not the derivative."""
    problem = _cost_problem(cost)
    return _search(problem, _small_sizes(problem, tries))


def cost_difference_beyond(cost: CostDerivation) -> dict[str, Any] | None:
    """The same at sizes beyond every number in the equations."""
    problem = _cost_problem(cost)
    return _search(problem, _sizes_beyond(problem))


def _cost_problem(cost: CostDerivation) -> _Evaluable:
    equation = cost.equation
    content = cost_to_json(cost)
    read, target = tensor_key(equation.input.name), tensor_key(equation.target.name)
    shapes = {read: content["shape"], target: content["target_shape"]}
    below = {target: [content["shape"][-1]]} if content["target_role"] == "index" else {}
    return _Evaluable(content, shapes, below, {"gradient": read}, True)


def _layer_problem(layer: LayerDerivation, what: str) -> _Evaluable:
    content, equation = layer_to_json(layer), layer.equation
    inputs = {("x", owner): shape for owner, shape in zip(content["inputs"], content["input_shapes"], strict=True)}
    own = {name: (p["kind"], "v") for name, p in content["parameters"].items()}
    shapes = inputs | {own[name]: p["shape"] for name, p in content["parameters"].items()}
    below = _integer_tensors(equation.definitions, shapes)
    derived = own if what == "gradient" else {str(slot): key for slot, key in enumerate(inputs)}
    return _Evaluable(content, shapes, below, derived, False)


def _integer_tensors(definitions: Sequence[Definition], shapes: Mapping[_Key, Any]) -> dict[_Key, list[Any]]:
    """The given tensors that stand in an index or a bracket, with the extents of the axes that they index."""
    found: dict[_Key, list[Any]] = {}

    def add(node: Expr, extent: Any) -> None:
        for inner in node.atoms(Element):
            if (key := tensor_key(inner.name)) in shapes:
                found.setdefault(key, []).append(extent)

    for item in definitions:
        for entry in elements(item.body):
            for axis, index in enumerate(entry.indices):
                if (key := tensor_key(entry.name)) in shapes:
                    add(index, shapes[key][axis])
        extents = [to_json(extent) for extent in item.tensor.shape]
        for node in walk(item.body):
            if isinstance(node, Bracket):
                add(node, extents[-1] if extents else 3)
    return found


def undefined_maximum(layer: LayerDerivation, used: Sequence[Mapping[str, int]] = ()) -> str | None:
    """Why a layer's equation is undefined: a maximum over nothing at sizes of a network, or at all small sizes."""
    problem = _layer_problem(layer, "adjoint")
    found = None
    for sizes in map(problem.complete, used):
        if found := empty_maximum(problem.content, sizes, layer.label):
            return f"undefined at the sizes of this network: the maximum {found} is over nothing"
    for sizes in _small_sizes(problem, 8):
        found = empty_maximum(problem.content, sizes, layer.label)
        if found is None:
            return None
    return found and f"undefined at all small sizes: the maximum {found} is over nothing"


# -- both sides at given sizes ---------------------------------------------------------------------------------


class _Undefined(Exception):
    """The derived equations have no value for the tensors given, or for any."""

    def __init__(self, reason: Rejected, given: Tensors) -> None:
        super().__init__(str(reason))
        self.given = given


def _drawn(problem: _Evaluable, sizes: Mapping[str, int], draw: Any) -> Tensors:
    """Entries for every tensor that is given: integers in range for those that are indices."""
    given: Tensors = {}
    for key, shape in problem.shapes.items():
        extents = [whole(extent, sizes, str(key)) for extent in shape]
        at_most = [whole(extent, sizes, str(key)) for extent in problem.below.get(key, [])]
        given[key] = {
            at: position(f"{key} {at}", min(at_most)) if at_most else draw(f"{key} {at}") for at in places(extents, "")
        }
    return given


def _both_sides(
    problem: _Evaluable, sizes: Mapping[str, int], ring: Ring, draw: Any
) -> tuple[dict[str, Entries], dict[str, Entries], Tensors]:
    """(derived, by differentiation, the tensors drawn), the first two by the names in ``problem.derived``."""
    tape = Tape(ring)
    kind = CostLayer if problem.is_cost else Layer
    plain, taped = kind(problem.content, sizes, ring, "layer"), kind(problem.content, sizes, tape, "layer")
    given = _drawn(problem, sizes, draw)
    moving: Tensors = {
        key: table if key in problem.below else {at: tape.variable(v) for at, v in table.items()}
        for key, table in given.items()
    }
    values = dict(given)
    if isinstance(plain, CostLayer) and isinstance(taped, CostLayer):
        goal = taped.value(dict(moving))
        plain.value(values)
        try:
            found = {"gradient": plain.sensitivity(dict(values))}
        except Rejected as error:
            raise _Undefined(error, given) from error
    else:
        assert isinstance(plain, Layer) and isinstance(taped, Layer)  # noqa: PT018
        output = taped.forward(dict(moving))
        given["s", "v"] = {at: draw(f"{('s', 'v')} {at}") for at in output}
        values["s", "v"] = given["s", "v"]
        goal = tape.dot([list(output.values()), [tape.variable(v) for v in given["s", "v"].values()]])
        plain.forward(values)
        found = _derived(plain, values, given, problem)
    slopes = tape.backward(goal)
    # Nothing moves with integers: their derivative is 0.
    exact = {
        n: {at: ring.number(0) if key in problem.below else slopes[number] for at, number in moving[key].items()}
        for n, key in problem.derived.items()
    }
    return found, exact, given


def _derived(layer: Layer, values: Tensors, given: Tensors, problem: _Evaluable) -> dict[str, Entries]:
    try:
        contributions = layer.backward(values)
        if set(problem.derived) == set(layer.gradients):
            return {name: item.evaluate(values) for name, item in layer.gradients.items()}
    except Rejected as error:
        raise _Undefined(error, given) from error
    return {name: contributions[int(name)] for name in problem.derived}


# -- counterexamples -------------------------------------------------------------------------------------------


def _search(problem: _Evaluable, tables: Iterable[dict[str, int]]) -> dict[str, Any] | None:
    before, ctx.prec = ctx.prec, 192
    try:
        for seed, sizes in enumerate(tables):
            found = _difference_at(problem, sizes, seed)
            if found:
                return found
    finally:
        ctx.prec = before
    return None


def _small_sizes(problem: _Evaluable, tries: int) -> Iterator[dict[str, int]]:
    """Tables of small sizes that fit together: different sizes show most, equal ones where a swapped index would
    leave the array otherwise."""
    names, source = problem.sizes(), random.Random(1)
    for number in range(tries):
        pattern = (
            _PATTERNS[number] if number < len(_PATTERNS) else tuple(source.choices(range(1, 7), k=len(names) or 1))
        )
        yield from _fitting(problem, [{name: pattern[k % len(pattern)] for k, name in enumerate(names)}])


def _sizes_beyond(problem: _Evaluable) -> Iterator[dict[str, int]]:
    """Tables in which sizes are larger than every number in an index, bracket or extent: what a number cuts off, such
    as [i < 10], is seen beyond it.  First each size alone, the others small; then all, if that is affordable."""
    names, largest = problem.sizes(), max(_integers(problem.content), default=1)
    for other in (2, 3):
        yield from _fitting(
            problem, ({n: largest + 2 if n == name else other + k % 2 for k, n in enumerate(names)} for name in names)
        )
    for step in (1, 2):
        yield from _fitting(problem, [{n: largest + 1 + step * k for k, n in enumerate(names)}])


def _fitting(problem: _Evaluable, tables: Iterable[Mapping[str, int]]) -> Iterator[dict[str, int]]:
    """The tables of sizes that the shape rule admits and that are small enough to evaluate, completed by it."""
    for table in tables:
        try:
            sizes = problem.complete(table)
            entries = [places([whole(e, sizes, "") for e in shape], "") for shape in problem.shapes.values()]
        except Rejected:
            continue
        if sum(map(len, entries)) < _MOST_TERMS and work(problem.content, sizes, "") < _MOST_WORK:
            yield sizes


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


def _difference_at(problem: _Evaluable, sizes: dict[str, int], seed: int) -> dict[str, Any] | None:
    try:
        found, exact, given = _both_sides(problem, sizes, Ball(), small_rational_source(seed))
    except _Undefined as error:
        nothing = f"undefined: {error}"
        return {"sizes": sizes, "values": _values(problem, error.given, seed), "claimed": nothing, "exact": "a number"}
    except (Undetermined, Rejected):
        return None
    for name, table in exact.items():
        kind, owner = problem.derived[name]
        for at, number in table.items():
            claimed = found[name].get(at)
            if claimed is None or not claimed.overlaps(number):
                return {
                    "sizes": sizes,
                    "values": _values(problem, given, seed),
                    "derivative_with_respect_to": f"{kind}_{owner}{list(at)}",
                    "claimed": "undefined: no such entry" if claimed is None else claimed.str(20, radius=False),
                    "exact": number.str(20, radius=False),
                }
    return None


def _values(problem: _Evaluable, given: Tensors, seed: int) -> dict[str, str]:
    """Every number that was drawn, by its entry."""
    return {
        f"{key[0]}_{key[1]}{list(at)}": str(value if key in problem.below else small_rational(f"{key} {at}", seed))
        for key, table in given.items()
        for at, value in table.items()
    }


# -- the energy ------------------------------------------------------------------------------------------------


def energy_difference(layer: LayerDerivation, tries: int = 12) -> dict[str, Any] | None:
    """Small sizes and rationals at which the energy is not <s, f - x>, or its derivative in s is not f - x."""
    problem = _layer_problem(layer, "adjoint")
    before, ctx.prec = ctx.prec, 192
    try:
        for seed, sizes in enumerate(_small_sizes(problem, tries)):
            try:
                found = _energy_at(problem, sizes, seed)
            except (Undetermined, Rejected):
                continue
            if found:
                return found
    finally:
        ctx.prec = before
    return None


def _energy_at(problem: _Evaluable, sizes: dict[str, int], seed: int) -> dict[str, Any] | None:
    ring, draw = Ball(), small_rational_source(seed)
    given = _drawn(problem, sizes, draw)
    values = dict(given)
    value = Layer(problem.content, sizes, ring, "layer").forward(values)
    for kind in ("s", "x"):
        values[kind, "v"] = given[kind, "v"] = {at: draw(f"{(kind, 'v')} {at}") for at in value}
    lag = {at: ring.add([value[at], ring.mul([ring.number(-1), values["x", "v"][at]])]) for at in value}
    wanted: dict[str, Entries] = {"energy": {(): ring.add([ring.mul([values["s", "v"][at], lag[at]]) for at in value])}}
    wanted["stationarity"] = lag
    for name, exact in wanted.items():
        claimed = RingDefinition(problem.content[name], sizes, ring, name).evaluate(values)
        for at, number in exact.items():
            if at not in claimed or not claimed[at].overlaps(number):
                stated = claimed[at].str(20, radius=False) if at in claimed else "undefined: no such entry"
                return {
                    "sizes": sizes,
                    "values": _values(problem, given, seed),
                    "equation": f"{name}{list(at) if at else ''}",
                    "claimed": stated,
                    "exact": number.str(20, radius=False),
                }
    return None


# -- agreement at the sizes of a network -----------------------------------------------------------------------


def concrete_agreement(
    layer: LayerDerivation, what: str, used: Sequence[Mapping[str, int]], seed: int = 20260202
) -> dict[str, Any] | None:
    """Evaluate every entry over two prime fields at each of the size tables; None if one differs or is too large, and
    with integers or maxima, of which one case of many is drawn.  Functions are unknowns and numbers random residues:
    agreement shows equality for all of them, but for the stated probability."""
    problem, runs, bound = _layer_problem(layer, what), [], Fraction(0)
    if problem.below or "'max'" in repr([item["body"] for item in problem.content["definitions"]]):
        return None
    try:
        for sizes in map(problem.complete, used):
            chance = Fraction(1)
            for number, prime in enumerate(primes_for(seed)):
                ring = PrimeField(prime, seed + number)
                found, exact, _ = _both_sides(problem, sizes, ring, residue_source(prime, seed + number))
                if found != exact:
                    return None
                chance *= _chance_of_error(problem, sizes, ring, sum(map(len, found.values())))
                runs.append({"sizes": sizes, "prime": str(prime), "seed": seed + number})
            bound += chance
    except (Rejected, Undetermined, _Undefined):
        return None
    return {"runs": runs, "error_probability_below": f"{float(bound):.1e}"}


def _chance_of_error(problem: _Evaluable, sizes: Mapping[str, int], ring: PrimeField, entries: int) -> Fraction:
    """As in :func:`dyadic.proofs.evaluate.identity_values.error_bound`."""
    one, two, _ = _both_sides(problem, sizes, Degree(), lambda label: 1)
    degree = max((d for side in (one, two) for table in side.values() for d in table.values()), default=1)
    trials = entries + ring.calls * (ring.calls - 1) // 2
    return min(Fraction(1), Fraction(trials * max(int(degree), 1), ring.prime))


def _size_names(node: Any) -> set[str]:
    found: set[str] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            if len(item) == 2 and item[0] == "size":
                found.add(item[1])
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
    return found
