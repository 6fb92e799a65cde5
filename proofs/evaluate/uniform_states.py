"""A network whose inputs and parameters are each one number throughout: one enclosure for all entries of a tensor.

Sums over n terms are n times a term, so that the cost does not depend on the sizes of the network, and grows with the
number of its vertices alone.  Where every enclosure of the forward and the backward pass is finite, the network's own
solution for these numbers is a state from which every update is defined, at its own sizes.  What is not finite shows
nothing: the numbers may not suit, or the enclosures be too wide.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

from flint import arb

from dyadic.proofs.checker.evaluation.domain import RESTRICTED
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.evaluate.bodies import factors_of
from dyadic.proofs.evaluate.integers import is_guard
from dyadic.proofs.evaluate.network import Rejected, RingDefinition, entries
from dyadic.proofs.evaluate.number_rings import Ball
from dyadic.proofs.evaluate.reals import TRUE_FUNCTIONS, Undetermined

Enclosures = dict[tuple[str, str], arb]
_UNKNOWN = (0, 2**31)
"""The range of an integer that is looked up."""
_FEW = 4096
"""Entries that are computed one by one where they depend on indices alone."""
_STEPS = {"sign": (-1, 1), "step": (0, 1)}
"""Between which numbers a function is that jumps."""


class NoEnclosure(Exception):
    """An expression of which nothing finite is known."""


def is_defined(
    graph: Graph, sizes: Mapping[str, Mapping[str, int]], given: Callable[[str], arb], constants: Mapping[str, arb]
) -> bool:
    """Whether every update has a value at the network's solution.

    sizes: of every vertex and cost.  given: all entries of what is named, such as ``x u``, ``v.weight``, ``target``.
    constants: enclosures of all entries of inputs that have values of their own.
    """
    try:
        _pass(graph, sizes, given, constants)
    except (NoEnclosure, Undetermined, KeyError):  # KeyError: a function or a size of which nothing is known
        return False
    return True


def _pass(
    graph: Graph, sizes: Mapping[str, Mapping[str, int]], given: Callable[[str], arb], constants: Mapping[str, arb]
) -> None:
    x = {name: constants[name] if name in constants else given(f"x {name}") for name in graph.inputs}
    runs: dict[str, _Equations] = {}
    for name, parents in graph.parents.items():
        layer = graph.layers[graph.content[name]]
        run = runs[name] = _Equations(sizes[name])
        for owner, parent in zip(layer["inputs"], parents, strict=True):
            run.known["x", owner] = x[parent]
        for key, parameter in layer["parameters"].items():
            run.known[parameter["kind"], "v"] = given(f"{name}.{key}")
        for item in layer["definitions"]:
            x[name] = run.define(item)
    parts: dict[tuple[str, int], arb] = {}
    for owner, cost in graph.costs.items():
        content, run = graph.cost_contents[owner], _Equations(sizes[owner])
        run.known["x", content["input"]] = x[cost["input"]]
        run.known["y", "cost"] = given(f"target {owner}")
        for item in (*content["definitions"], *content["intermediates"]):
            run.define(item)
        parts[owner, 0] = run.define(content["gradient"]) * run.value(cost["weight"], {})
    for name in reversed(graph.parents):
        layer, run = graph.layers[graph.content[name]], runs[name]
        run.known["s", "v"] = sum((parts[child, slot] for child, slot in graph.terms[name]), arb(0))
        for item in layer["intermediates"]:
            run.define(item)
        for slot, item in enumerate(layer["adjoints"]):
            parts[name, slot] = run.define(item)


Ranges = Mapping[str, tuple[int, int]]


class _Equations:
    """The equations of one vertex or cost."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.sizes, self.known = sizes, Enclosures()
        self.sums: dict[tuple[str, str], Any] = {}  # what is the log-sum-exp of a tensor along an axis

    def define(self, item: Any) -> arb:
        """All entries of what is defined."""
        shape = [self.whole(extent, {})[1] for extent in item["shape"]]
        ranges = {name: (0, extent - 1) for name, extent in zip(item["indices"], shape, strict=True)}
        body = item["body"]
        if isinstance(body, list) and body[0] == "argmax":
            return arb(0)  # a position, which stands in indices and brackets only
        if isinstance(body, list) and body[0] == "logsumexp":
            self.sums[item["kind"], item["owner"]] = item
        found = self._counted(item, math.prod(shape))
        found = self._finite(self.value(body, ranges) if found is None else found)
        self.known[item["kind"], item["owner"]] = found
        return found

    def _counted(self, item: Any, places: int) -> arb | None:
        """What reads no tensor, as a number of terms that brackets admit: exactly, if it has few entries."""
        if places > _FEW or entries(item["body"]):
            return None
        try:
            found = list(RingDefinition(item, self.sizes, Ball(), "here").evaluate({}).values())
        except Rejected:
            return None
        return functools.reduce(arb.union, found)

    def value(self, node: Any, ranges: Ranges) -> arb:
        """An enclosure for all values of the indices."""
        match node:
            case int():
                return arb(node)
            case ["rational", int(p), int(q)]:
                return arb(p) / q
            case ["size" | "quotient" | "remainder" | "index", *_]:
                low, high = self.whole(node, ranges)
                return arb(low).union(arb(high))
            case ["entry", str(kind), str(owner), _]:
                return self.known[kind, owner]
            case ["+", *terms]:
                return sum((self.value(term, ranges) for term in terms), arb(0))
            case ["*", *factors]:
                return self._product(factors, ranges)
            case ["^", base, int(power)]:
                found = self.value(base, ranges)
                return self._finite((found if power % 2 else abs(found)) ** power)  # a square is at least 0
            case ["^", base, ["rational", int(p), int(q)]]:
                return self._finite(self.value(base, ranges) ** (arb(p) / q))
            case ["apply", "exp", 0 | 1, argument] if self._is_share(argument):
                return arb(0).union(arb(1))
            case ["apply", str(name), int(order), argument]:
                return self._finite(_function(name, order, self.value(argument, ranges)))
            case ["sum" | "logsumexp" | "max" as kind, str(name), extent, body]:
                return self._reduced(kind, name, self.whole(extent, ranges)[1], body, ranges)
        if is_guard(node):
            return arb(0).union(arb(1))
        raise NoEnclosure

    def _is_share(self, node: Any) -> bool:
        """Whether it is an entry less the logarithm of a sum of exponentials that has its own among them."""
        match node:
            case ["+", ["*", -1, ["entry", *total]], ["entry", *own]] | [
                "+",
                ["entry", *own],
                ["*", -1, ["entry", *total]],
            ]:
                item = self.sums.get((total[0], total[1]))
            case _:
                return False
        if item is None or item["body"][3][:3] != ["entry", *own[:2]] or len(item["body"][3][3]) != len(own[2]):
            return False
        along = ["index", item["body"][1]]
        places = [(["index", name], place) for name, place in zip(item["indices"], total[2], strict=True)]
        pairs = zip(item["body"][3][3], own[2], strict=True)
        return all(summed == along or (summed, place) in places for summed, place in pairs)

    def _finite(self, value: arb) -> arb:
        if not value.is_finite():
            raise NoEnclosure
        return value

    def _product(self, factors: list[Any], ranges: Ranges) -> arb:
        found = arb(1)
        for factor in factors:
            if not is_guard(factor):
                found = found * self.value(factor, ranges)
        return found.union(arb(0)) if any(map(is_guard, factors)) else found

    def _reduced(self, kind: str, name: str, length: int, body: Any, ranges: Ranges) -> arb:
        factors = factors_of(body)
        guards = [factor for factor in factors if is_guard(factor)]
        rest = [factor for factor in factors if not is_guard(factor)]
        term = self._product(rest, {**ranges, name: (0, length - 1)})
        if kind == "max":
            return term
        # [k = ...] admits at most one k.
        most = 1 if any(one[0] == "same" and ["index", name] in one[1:] for one in guards) else length
        if kind == "sum":
            return term * (arb(0).union(arb(most)) if guards else arb(length))
        return term + (arb(1).union(arb(most)) if guards else arb(length)).log()

    def whole(self, node: Any, ranges: Ranges) -> tuple[int, int]:
        """The range of an integer expression."""
        match node:
            case int():
                return node, node
            case ["size", str(name)]:
                return self.sizes[name], self.sizes[name]
            case ["index", str(name)] if name in ranges:
                return ranges[name]
            case ["+", *terms]:
                found = [self.whole(term, ranges) for term in terms]
                return sum(low for low, _ in found), sum(high for _, high in found)
            case ["*", first, *others]:
                low, high = self.whole(first, ranges)
                for other in others:
                    ends = [a * b for a in (low, high) for b in self.whole(other, ranges)]
                    low, high = min(ends), max(ends)
                return low, high
            case ["quotient", one, two]:
                (low, high), (least, most) = self.whole(one, ranges), self.whole(two, ranges)
                if least > 0:
                    ends = [a // b for a in (low, high) for b in (least, most)]
                    return min(ends), max(ends)
            case ["remainder", _, two] if self.whole(two, ranges)[0] > 0:
                return 0, self.whole(two, ranges)[1] - 1
            case ["entry", *_]:
                return _UNKNOWN
        raise NoEnclosure


def _function(name: str, order: int, z: arb) -> arb:
    try:
        return TRUE_FUNCTIONS[name, order](z)
    except Undetermined:
        if name in RESTRICTED:
            raise
        if order == 0 and name in _STEPS:
            low, high = _STEPS[name]
            return arb(low).union(arb(high))
        # At a kink of a function with cases: each of them has |f(z)| <= 2 (|z| + 1), and |f'(z)| <= 2.
        return arb(0, 2 * (abs(z).upper() + 1))


__all__ = ["NoEnclosure", "is_defined"]
