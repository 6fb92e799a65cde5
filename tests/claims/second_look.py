"""A counterexample substituted again, at the network's own sizes, by code that the verdict did not use.

The claim's two sides are evaluated as they were understood.  Quantities of the network come from its layers' defining
equations; every derivative is one of the energy, or at the solution of the cost, taken forwards, entry by entry.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from fractions import Fraction

from claims.exact_duals import DualNumber, certainly_positive, differ, exactly
from dyadic.proofs.certificate import subject
from dyadic.proofs.checker.intake.graph import Graph
from dyadic.proofs.statements.semantics.author_names import author_names
from dyadic.proofs.statements.semantics.equation import equalities
from dyadic.proofs.statements.semantics.given import given_values
from dyadic.proofs.statements.semantics.quantities import Sense, quantity, slope
from dyadic.proofs.statements.semantics.vocabulary import Vocabulary, position_of_largest, shown_entry
from dyadic.proofs.statements.verdict.blocks import Setting

_UNUSED = Fraction(1, 3)
"""For entries that are said not to matter."""


def written_numbers(values):
    """By label, one for each of the entries that a label such as x_h[3..39, 0] stands for."""
    found = {}
    for label, value in values.items():
        name, _, inside = label.partition("[")
        ranges = [part.partition("..") for part in inside.rstrip("]").split(", ")] if inside else []
        spans = [range(int(first), int(last or first) + 1) for first, _, last in ranges]
        for place in itertools.product(*spans):
            found[f"{name}[{', '.join(map(str, place))}]" if inside else name] = Fraction(value)
    return found


class SecondLook:
    """One claim's numbers; ``derivative``: the quantity that is varied, and by which of its entries."""

    def __init__(self, vocabulary, setting, numbers, lets=(), varied=None, term=None):
        self.vocabulary, self.graph, self.setting = vocabulary, vocabulary.graph, setting
        self.numbers, self.lets = numbers, {let.name: let for let in lets}
        self.varied, self.term, self.known = varied, term, {}
        self.others = Fraction(0) if numbers.get("others") else _UNUSED
        self.values = written_numbers(numbers.get("values", {}))
        self.integers = numbers.get("integers", {})

    # -- expressions

    def __call__(self, node, index, sizes, local):
        if isinstance(node, int):
            return DualNumber(Fraction(node))
        match node:
            case ["rational", p, q]:
                return DualNumber(Fraction(p, q))
            case ["size" | "index" | "quotient" | "remainder" | "inside" | "same" | "divides", *_]:
                return DualNumber(Fraction(int(self.whole(node, index, sizes, local))))
            case ["entry", kind, owner, indices]:
                place = tuple(self.whole(i, index, sizes, local) for i in indices)
                value = local(kind, owner, place)
                return DualNumber(Fraction(value)) if isinstance(value, int) else value
            case ["+", *terms]:
                total = DualNumber(Fraction(0))
                for term in terms:
                    total = total + self(term, index, sizes, local)
                return total
            case ["*", *factors]:
                product = DualNumber(Fraction(1))
                brackets = [f for f in factors if _is_bracket(f)]
                if not all(self.whole(f, index, sizes, local) for f in brackets):
                    return DualNumber(Fraction(0))
                for factor in factors:
                    if not _is_bracket(factor):
                        product = product * self(factor, index, sizes, local)
                return product
            case ["^", base, exponent]:
                power = exponent if isinstance(exponent, int) else Fraction(exponent[1], exponent[2])
                return self(base, index, sizes, local).power(power)
            case ["apply", name, order, argument]:
                return self(argument, index, sizes, local).apply(name, order)
        return self.reduced(node, index, sizes, local)

    def reduced(self, node, index, sizes, local):
        kind, name, extent, body = node
        factors = body[1:] if isinstance(body, list) and body[0] == "*" else [body]
        brackets = [f for f in factors if _is_bracket(f)]
        steps = range(self.whole(extent, index, sizes, local))
        steps = [k for k in steps if all(self.whole(b, {**index, name: k}, sizes, local) for b in brackets)]
        terms = [self(body, {**index, name: k}, sizes, local) for k in steps]
        if kind in ("max", "argmax"):
            best = 0
            for at, term in enumerate(terms):
                if certainly_positive((term + DualNumber(Fraction(-1)) * terms[best]).value):
                    best = at
            return steps[best] if kind == "argmax" else terms[best]
        total = DualNumber(Fraction(0))
        for term in terms:
            total = total + (term if kind == "sum" else term.apply("exp", 0))
        return total if kind == "sum" else total.apply("log", 0)

    def whole(self, node, index, sizes, local):
        if isinstance(node, int):
            return node
        again = lambda child: self.whole(child, index, sizes, local)  # noqa: E731
        match node:
            case ["index", name]:
                return index[name]
            case ["size", name]:
                return again(sizes[name])
            case ["+", *terms]:
                return sum(map(again, terms))
            case ["*", *factors]:
                product = 1
                for factor in factors:
                    product *= again(factor)
                return product
            case ["quotient", a, b]:
                return again(a) // again(b)
            case ["remainder", a, b]:
                return again(a) % again(b)
            case ["inside", value, end]:
                return 0 <= again(value) < again(end)
            case ["same", a, b]:
                return again(a) == again(b)
            case ["divides", a, b]:
                return again(b) % again(a) == 0
            case ["entry", kind, owner, indices]:
                return local(kind, owner, tuple(map(again, indices)))
        raise AssertionError(node)

    # -- quantities

    def entry(self, kind, owner, place):
        key = kind, owner, place
        if key not in self.known:
            value = self.computed(kind, owner, place)
            if self.varied == key:
                value = value + DualNumber(Fraction(0), Fraction(1))
            self.known[key] = value
        return self.known[key]

    def drawn(self, kind, owner, place):
        label = shown_entry(kind, owner, place) if place or kind != "number" else owner
        if (kind, owner) in self.vocabulary.given:
            given = self.vocabulary.given[kind, owner][place]
            return int(given) if (kind, owner) in self.vocabulary.integers else DualNumber(given)
        if (kind, owner) in self.vocabulary.integers:
            return self.integers.get(label, 0)
        if label in self.integers:  # one-hot
            return DualNumber(Fraction(self.integers[label]))
        return DualNumber(self.values.get(self.vocabulary.shown(label), self.others))

    def computed(self, kind, owner, place):
        vocabulary, graph = self.vocabulary, self.graph
        what, solution, vertex = quantity(kind), vocabulary.solution, owner in graph.parents
        if kind == "let":
            return self.let(self.lets[owner], place)
        if kind == "number":
            return self.drawn(kind, owner, place)
        if solution and vertex and kind == "x":
            return self.mapped(owner, place)
        if solution and vertex and kind == "s":
            return self.derivative(("x", owner, place))
        if kind in ("x", "s", "y") or (kind, owner) in vocabulary.parameters:
            return self.drawn(kind, owner, place)
        if kind == "E":
            return self.energy() if owner == "" else self.of_vertex(owner)
        if (kind, owner) == ("C", ""):
            return self.cost()
        if what.sense is Sense.SLOPE:
            found = slope(what)
            above, below = place[: found.rank], place[found.rank :]
            world = self.copy((found.below, found.owner_below, below))
            return DualNumber(world.entry(found.kind, owner, above).slope)
        if what.sense is Sense.UPDATE and what.letter == "x":
            return self.mapped(owner, place)
        if what.sense is Sense.UPDATE:
            return self.derivative(("x", owner, place)) + self.entry("s", owner, place)
        if what.sense is Sense.RATE or (what.gradient_of_energy and vertex):
            letter = {"x": "s", "s": "x"}.get(what.gradient_of_energy, what.letter)
            return self.derivative(({"x": "s", "s": "x"}[letter], owner, place))
        if what.sense is Sense.RECEIVED:
            return self.derivative(("x", owner, place), what.letter)
        if what.sense is Sense.COST:
            found = self.derivative((what.letter, owner, place), "C")
            weights = [Fraction(*_ratio(cost["weight"])) for cost in graph.costs.values()]
            return found * DualNumber(1 / weights[0] if len(weights) == 1 else Fraction(1))
        if what.sense is Sense.ADJOINT:
            return self.derivative((what.letter, owner, place))
        return self.defined(kind, owner, place)

    def copy(self, varied, term=None):
        return SecondLook(self.vocabulary, self.setting, self.numbers, self.lets.values(), varied, term)

    def derivative(self, varied, term=None):
        """Of the energy by one entry; at the solution of the cost, with the decay of the weights.

        term: one vertex's term alone, or "C" for the costs alone.
        """
        world = self.copy(varied, term)
        graph = self.graph
        if term is not None and term != "C":
            total = self.copy(varied).cost(term) if term in graph.costs else world.of_vertex(term)
        elif self.vocabulary.solution or term == "C":
            total = world.cost()
            if term is None:
                total = total + world.decay()
        else:
            total = world.energy()
        return DualNumber(total.slope)

    def let(self, let, place):
        sizes = {key: self.setting.number(extent) for key, extent in let.ranges.extents.items()}
        index = dict(zip(let.indices, place, strict=True))
        return self(let.body, index, ClaimSizes(self, sizes), self.entry)

    def contents(self, owner):
        graph = self.graph
        if owner in graph.costs:
            data, parents = graph.cost_contents[owner], [graph.costs[owner]["input"]]
            return data, dict(zip([data["input"]], parents, strict=True)), graph.costs[owner]["sizes"]
        data = graph.layers[graph.content[owner]]
        return data, dict(zip(data["inputs"], graph.parents[owner], strict=True)), graph.sizes[owner]

    def defined(self, kind, owner, place):
        """A quantity that a layer or cost defines."""
        data, parents, table = self.contents(owner)
        items = [*data["definitions"], *filter(None, map(position_of_largest, data["definitions"]))]
        item = next(item for item in items if item["kind"] == kind)

        def local(letter, name, where):
            if letter == "x" and name in parents:
                return self.entry("x", parents[name], where)
            return self.entry(letter, owner, where)

        sizes = {symbol: self.bound(node) for symbol, node in table.items()}
        return self(item["body"], dict(zip(item["indices"], place, strict=True)), sizes, local)

    def bound(self, node):
        if isinstance(node, int):
            return node
        return self.whole(node, {}, self.setting.values, None)

    def mapped(self, owner, place):
        return self.entry(self.contents(owner)[0]["definitions"][-1]["kind"], owner, place)

    def places(self, kind, owner):
        axes = self.vocabulary.axes(kind, owner)
        return itertools.product(*(range(self.setting.number(axis)) for axis in axes))

    def of_vertex(self, owner):
        total = DualNumber(Fraction(0))
        for at in self.places("x", owner):
            gap = self.mapped(owner, at) + DualNumber(Fraction(-1)) * self.entry("x", owner, at)
            total = total + self.entry("s", owner, at) * gap
        return total

    def cost(self, only=None):
        total = DualNumber(Fraction(0))
        for owner, cost in self.graph.costs.items():
            if only in (None, owner):
                value = self.defined(self.contents(owner)[0]["definitions"][-1]["kind"], owner, ())
                total = total + DualNumber(Fraction(*_ratio(cost["weight"]))) * value
        return total

    def decay(self):
        total = DualNumber(Fraction(0))
        if self.graph.decay != 0:
            half = DualNumber(Fraction(*_ratio(self.graph.decay)) / 2)
            for kind, owner in {*self.vocabulary.parameters, *(("x", name) for name in self.graph.shared)}:
                for at in self.places(kind, owner):
                    total = total + half * self.entry(kind, owner, at) * self.entry(kind, owner, at)
        return total

    def energy(self):
        total = self.cost() + self.decay()
        for owner in self.graph.parents:
            total = total + (DualNumber(Fraction(0)) if self.vocabulary.solution else self.of_vertex(owner))
        return total


class ClaimSizes(dict):
    """The numbers behind a claim's ranges, and the network's sizes by name."""

    def __init__(self, look, numbers):
        super().__init__(numbers)
        self.look = look

    def __missing__(self, name):
        return self.look.setting.number(self.look.vocabulary.extents[name])


def _ratio(node):
    return (node, 1) if isinstance(node, int) else (node[1], node[2])


def _is_bracket(node):
    return isinstance(node, list) and node[0] in ("inside", "same", "divides")


def looked_at_again(derivation, statement, found, names=None, functions=None, layers=()):
    """The two sides of a refuted claim at the numbers of its counterexample, or None where an entry does not exist."""
    numbers = found.counterexample
    if "entry" in numbers:
        return None
    graph = Graph(subject(derivation, derivation.steps), require_terms=False)
    vocabulary = Vocabulary(graph, functions, author_names(names or {}, layers, graph))
    vocabulary.given = given_values(graph, derivation.architecture.values)
    if layer := re.match(r"l = (\d+)", numbers.get("layer", "")):
        vocabulary.author = replace(vocabulary.author, layer=int(layer[1]))
    claim = equalities(statement, vocabulary)
    links = [link for link in claim.links if len(claim.links) == 1 or link.label == numbers["where"]]
    setting = Setting(claim.vocabulary, numbers.get("sizes", {}))
    look = SecondLook(claim.vocabulary, setting, numbers, claim.lets)
    sizes = ClaimSizes(look, {key: setting.number(extent) for key, extent in links[0].ranges.extents.items()})
    index = numbers.get("at", {})

    def sides():
        return [look(side, index, sizes, look.entry).value for side in (links[0].left, links[0].right)]

    return exactly(sides)


def holds_again(derivation, statement, found, **words):
    """Whether the two sides differ for certain and are the reported ones (or the missing entry is named)."""
    sides = looked_at_again(derivation, statement, found, **words)
    if sides is None:
        return bool(found.counterexample["entry"])
    reported = [found.counterexample[side] for side in ("left", "right")]
    return differ(*sides) and all(_is_near(*pair) for pair in zip(sides, reported, strict=True))


def _is_near(value, reported):
    written = reported.rstrip(".")
    return abs(float(value) - float(Fraction(written))) <= 1e-9 * max(1, abs(float(value)))
