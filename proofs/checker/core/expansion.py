"""Index expressions (JSON) as terms: the value of an expression, and its derivative in a direction.

The value: products are distributed over sums, sums are pulled out, and entries of the tensors in ``inlined`` are
replaced by what defines them.  The derivative: product, chain and power rule; a sum's is the sum of the derivatives;
that of log-sum-exp weighs the terms with exp(a_k - logsumexp), that of a maximum with [k = position of the maximum].
Functions are opaque: of f nothing is used but that f' is its derivative.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from dyadic.proofs.checker.core.facts import Facts, Given, Key, divides_well
from dyadic.proofs.checker.core.forms import Floor, Form, Lookup, Modulo, Refused, Var, divided
from dyadic.proofs.checker.core.partiality import partial
from dyadic.proofs.checker.core.terms import (
    Call,
    Entry,
    Factor,
    Group,
    Multiple,
    Term,
    Whole,
    Within,
    Zero,
    powered,
)
from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.kinds import direction, position
from dyadic.proofs.checker.intake.reading import shown, tensor

MOST_TERMS, MOST_NODES, MOST_DEPTH, MOST_BITS, MOST_POWER = 3_000, 200_000, 60, 256, 2**22
LONGEST_NUMBER = 4096
BRACKETS = ("inside", "divides", "same")
Environment = Mapping[str, Form]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


@dataclass(frozen=True)
class TensorDefinition:
    """``kind_owner[indices] = body`` for an entry of a tensor of that shape."""

    kind: str
    owner: str
    indices: tuple[str, ...]
    shape: tuple[Form, ...]
    body: Any

    @property
    def key(self) -> Key:
        return self.kind, self.owner


@dataclass
class VariableScope:
    """Where variables are introduced: the top of a term, or the inside of a factor (then deeper).

    ranges: of the variables introduced.  held: 0 <= form < extent for the brackets beside what is being expanded.
    """

    depth: int = 0
    ranges: dict[Var, Form] = field(default_factory=dict)
    held: tuple[tuple[Form, Form], ...] = ()
    count: int = 0

    def fresh(self, extent: Form) -> Term:
        """The sum over a new variable."""
        variable = Var(self.depth, self.count)
        self.count += 1
        self.ranges[variable] = extent
        return Term(variables=(variable,), conditions=(Within(Form.of(variable), extent),))

    def deeper(self) -> VariableScope:
        return VariableScope(self.depth + 1, dict(self.ranges), self.held)


class Expander:
    """Writes expressions out, for one set of facts.  Raises :class:`Refused` for what is no expression.

    inlined: definitions that are written out in values.  definitions: those whose derivative is that of their body."""

    def __init__(
        self,
        facts: Facts,
        inlined: Mapping[Key, TensorDefinition] | None = None,
        definitions: Mapping[Key, TensorDefinition] | None = None,
    ) -> None:
        self.facts, self.inlined, self.definitions = facts, inlined or {}, definitions or {}
        self.nodes = 0

    # -- integers ------------------------------------------------------------------------------------------------

    def form(self, node: Any, names: Environment, depth: int = 0) -> Form:
        """An integer expression."""
        self._count(depth)
        match node:
            case int() if not isinstance(node, bool) and node.bit_length() <= MOST_BITS:
                return Form.of(node)
            case ["size", str(name)] if _NAME.fullmatch(name):
                return self.facts.table.get(name) or Form.of(name)
            case ["index", str(name)] if name in names:
                return names[name]
            case ["entry", str(kind), str(owner), list(indices)]:
                return Form.of(Lookup(kind, owner, tuple(self.form(i, names, depth + 1) for i in indices)))
            case ["+", *parts] if parts:
                return sum((self.form(part, names, depth + 1) for part in parts), Form({}))
            case ["*", *parts] if parts:
                result = Form.of(1)
                for part in parts:
                    result = result * self.form(part, names, depth + 1)
                return result
            case ["^", base, int(power)] if not isinstance(power, bool) and 0 < power <= 4:
                return self.form(["*", *[base] * power], names, depth)
            case ["quotient" | "remainder" as kind, one, two]:
                divisor = self.form(two, names, depth + 1)
                divides_well(self.facts, divisor)
                return divided(Floor if kind == "quotient" else Modulo, self.form(one, names, depth + 1), divisor)
        raise Refused(f"{shown(node)} is not an integer expression")

    def bracket(self, node: Any, names: Environment) -> Term:
        """[0 <= e < n], [d divides e] or [a = b]."""
        one, two = (self.form(part, names) for part in node[1:])
        if node[0] == "inside":
            return Term(conditions=(Within(one, two),))
        if node[0] == "same":
            return Term(conditions=(Zero(one - two),))
        divides_well(self.facts, one)
        return Term(conditions=(Multiple(one, two),))

    # -- values --------------------------------------------------------------------------------------------------

    def expand(self, node: Any, names: Environment, scope: VariableScope, depth: int = 0) -> list[Term]:
        """The value of an expression as a sum of terms."""
        self._count(depth)
        match node:
            case int() if not isinstance(node, bool) and node.bit_length() <= LONGEST_NUMBER:
                return [Term(Fraction(node))] if node else []
            case ["rational", _, _]:
                return [Term(rational(node))] if rational(node) else []
            case ["^", base, power]:
                return self._power(base, rational(power), names, scope, depth)
            case ["pi"]:
                return [_single(Entry("number", "pi", ()))]
            case ["size", str(name)] if _NAME.fullmatch(name):
                return [_single(Whole(Form.of(name)))]
            case ["index" | "quotient" | "remainder", *_]:
                return [_single(Whole(self.form(node, names)))]
            case ["entry", str(kind), str(owner), list(indices)]:
                forms = tuple(self.form(index, names) for index in indices)
                item = self.inlined.get((kind, owner))
                if item is None:
                    return [_single(Entry(kind, owner, forms))]
                return self.expand(item.body, self._at(item, forms, scope), scope, depth + 1)
            case ["+", *parts] if parts:
                return self._few([term for part in parts for term in self.expand(part, names, scope, depth + 1)])
            case ["*", *parts] if parts:
                with self.beside(parts, names, scope):
                    return self._product([self.expand(part, names, scope, depth + 1) for part in parts])
            case ["inside" | "divides" | "same", _, _]:
                return [self.bracket(node, names)]
            case ["apply", str(name), int(order), argument] if not isinstance(order, bool) and 0 <= order <= 4:
                return [_single(Call(name, order, self._inner(argument, names, scope, depth)))]
            case ["sum", str(index), extent, body]:
                own = scope.fresh(self.form(extent, names))
                inside = {**names, index: Form.of(own.variables[0])}
                return [own.times(term) for term in self.expand(body, inside, scope, depth + 1)]
        raise Refused(f"{shown(node)} has no value inside an expression")

    @contextmanager
    def beside(self, parts: Iterable[Any], names: Environment, scope: VariableScope) -> Iterator[None]:
        """While the factors of a product are expanded: its brackets hold, or the product is 0 whatever they are."""
        before = scope.held
        for part in parts:
            if isinstance(part, list) and len(part) == 3 and part[0] == "inside":
                scope.held = (*scope.held, (self.form(part[1], names), self.form(part[2], names)))
        yield
        scope.held = before

    def _at(self, item: TensorDefinition, forms: tuple[Form, ...], scope: VariableScope) -> Environment:
        """The indices of a definition that is read at the given place."""
        if len(forms) != len(item.indices):
            raise Refused(f"{tensor(item.kind, item.owner)} has {len(item.indices)} axes, not {len(forms)}")
        if not self.facts.all_inside(zip(forms, item.shape, strict=True), Given(scope.ranges, scope.held)):
            raise Refused(f"{tensor(item.kind, item.owner)} is not shown to be read inside its range")
        return dict(zip(item.indices, forms, strict=True))

    def _inner(self, node: Any, names: Environment, scope: VariableScope, depth: int) -> tuple[Term, ...]:
        """The terms inside a factor, with variables of their own."""
        below = scope.deeper()
        return ordered(self.expand(node, names, below, depth + 1), below.depth)

    def _product(self, parts: Iterable[list[Term]]) -> list[Term]:
        result, parts = [Term()], list(parts)
        if not all(parts) and partial([term for part in parts for term in part], self.facts):
            raise Refused("what may have no value is multiplied by 0")
        for part in parts:
            if len(result) * len(part) > MOST_TERMS:
                raise Refused("a product has too many terms")
            result = [one.times(two) for one in result for two in part]
            self.nodes += len(result)
            spend(8 * len(result), "a product")
        return result

    def _power(self, base: Any, exponent: Fraction, names: Environment, scope: VariableScope, depth: int) -> list[Term]:
        """Lemmas: b^n is a product; (c a b)^n = c^n a^n b^n for an integer n, with values at the same places."""
        if abs(exponent) > MOST_POWER:
            raise Refused("an exponent is too large")
        if exponent == 0:
            if partial(self.expand(base, names, scope, depth + 1), self.facts):
                raise Refused("the power 0 of what may have no value")
            return [Term()]
        if exponent.denominator == 1 and 0 < exponent <= 4:
            return self._product([self.expand(base, names, scope, depth + 1) for _ in range(int(exponent))])
        if self._is_plain(base):
            only = self.expand(base, names, scope, depth + 1)
            if len(only) != 1:
                raise Refused("a power of 0")
            (term,) = only
            if exponent.denominator == 1:
                if any(e < 0 < e * exponent or e.denominator > (e * exponent).denominator for _, e in term.factors):
                    raise Refused("of a power of a power it is not seen any more where it has a value")
                powers = tuple((factor, e * exponent) for factor, e in term.factors)
                return [Term(powered(term.coefficient, int(exponent)), factors=powers)]
            if term.coefficient == 1 and len(term.factors) == 1 and term.factors[0][1] == 1:
                return [Term(factors=((term.factors[0][0], exponent),))]
        return [Term(factors=((Group(self._inner(base, names, scope, depth)), exponent),))]

    def _is_plain(self, node: Any) -> bool:
        """Whether the value is one product of powers, without sums and conditions."""
        match node:
            case int() | ["rational" | "size" | "pi" | "index" | "quotient" | "remainder" | "apply", *_]:
                return True
            case ["entry", str(kind), str(owner), _]:
                return (kind, owner) not in self.inlined
            case ["*", *parts]:
                return all(map(self._is_plain, parts))
            case ["^", base, _]:
                return self._is_plain(base)
        return False

    # -- derivatives ---------------------------------------------------------------------------------------------

    def moved(
        self, node: Any, names: Environment, scope: VariableScope, moving: Collection[Key], depth: int = 0
    ) -> list[Term]:
        """The derivative in a direction: of an entry of a tensor in ``moving`` it is that of its definition, or the
        direction's own entry, a :func:`.kinds.direction`."""
        self._count(depth)
        if not (entries(node) & set(moving)):
            return []
        match node:
            case ["entry", str(kind), str(owner), list(indices)]:
                if (kind, owner) not in moving:
                    raise Refused(f"{tensor(kind, owner)} has an index that is not an integer")
                forms = tuple(self.form(index, names) for index in indices)
                item = self.definitions.get((kind, owner))
                if item is None:
                    return [_single(Entry(direction(kind), owner, forms))]
                return self.moved_definition(item, self._at(item, forms, scope), scope, moving, depth + 1)
            case ["+", *parts]:
                return self._few([t for part in parts for t in self.moved(part, names, scope, moving, depth + 1)])
            case ["*", *parts]:
                found = []
                with self.beside(parts, names, scope):
                    for k, part in enumerate(parts):
                        if slope := self.moved(part, names, scope, moving, depth + 1):
                            others = (*parts[:k], *parts[k + 1 :])
                            found += self._product([*(self.expand(o, names, scope, depth + 1) for o in others), slope])
                return self._few(found)
            case ["^", base, power]:
                exponent = rational(power)
                slope = self.moved(base, names, scope, moving, depth + 1)
                outer = self._power(base, exponent - 1, names, scope, depth)
                return self._product([[Term(exponent)] if exponent else [], outer, slope])
            case ["apply", str(name), int(order), argument]:
                outer = self.expand(["apply", name, order + 1, argument], names, scope, depth + 1)
                return self._product([outer, self.moved(argument, names, scope, moving, depth + 1)])
            case ["sum", str(index), extent, body]:
                own = scope.fresh(self.form(extent, names))
                inside = {**names, index: Form.of(own.variables[0])}
                return [own.times(term) for term in self.moved(body, inside, scope, moving, depth + 1)]
        raise Refused(f"{shown(node)} has no derivative inside an expression")

    def moved_definition(
        self, item: TensorDefinition, names: Environment, scope: VariableScope, moving: Collection[Key], depth: int = 0
    ) -> list[Term]:
        """The derivative of what a definition says, whose right side may be a log-sum-exp or a maximum."""
        match item.body:
            case ["logsumexp" | "max" as kind, str(index), extent, body]:
                guards, inside = split_guards(body)
                own = scope.fresh(self.form(extent, names))
                inner = {**names, index: Form.of(own.variables[0])}
                at = tuple(names[i] for i in item.indices)
                if kind == "max":
                    chosen = Form.of(Lookup(position(item.kind), item.owner, at))
                    share = [Term(conditions=(Zero(Form.of(own.variables[0]) - chosen),))]
                else:
                    below = scope.deeper()
                    exponent = [*self.expand(inside, inner, below, depth + 1), Term(Fraction(-1), factors=((
                        Entry(item.kind, item.owner, at), Fraction(1)),))]  # fmt: skip
                    share = [_single(Call("exp", 0, ordered(exponent, below.depth)))]
                admitted = [[self.bracket(guard, inner)] for guard in guards]
                with self.beside(guards, inner, scope):
                    slope = self.moved(inside, inner, scope, moving, depth + 1)
                return self._product([[own], *admitted, share, slope])
        return self.moved(item.body, names, scope, moving, depth)

    def has_a_term(self, item: TensorDefinition) -> bool:
        """Whether the log-sum-exp or maximum that a definition consists of is always over something.

        It is where every bracket holds at the first value of the index, or at the last one, and such a value exists.
        """
        _, index, length, body = item.body
        names, scope, _ = over(item)
        extent, guards, known = self.form(length, names), split_guards(body)[0], Given(scope.ranges, scope.held)
        return self.facts.never_negative(extent - 1) and any(
            all(
                guard[0] == "inside" and self.facts.inside(self.form(guard[1], at), self.form(guard[2], at), known)
                for guard in guards
            )
            for at in ({**names, index: Form.of(0)}, {**names, index: extent - 1})
        )

    # -- bounds on what a file can ask for -------------------------------------------------------------------------

    def _count(self, depth: int) -> None:
        self.nodes += 1
        if not self.nodes % 64:
            spend(512, "an expression")
        if depth > MOST_DEPTH or self.nodes > MOST_NODES:
            raise Refused("an expression is too deep or too long")

    def _few(self, terms: list[Term]) -> list[Term]:
        if len(terms) > MOST_TERMS:
            raise Refused("a sum has too many terms")
        return terms


def over(item: TensorDefinition) -> tuple[dict[str, Form], VariableScope, Term]:
    """The indices of a definition as variables, and the sum over them."""
    scope, own, names = VariableScope(), Term(), dict[str, Form]()
    for index, extent in zip(item.indices, item.shape, strict=True):
        one = scope.fresh(extent)
        own, names[index] = own.times(one), Form.of(one.variables[0])
    return names, scope, own


def _single(factor: Factor) -> Term:
    return Term(factors=((factor, Fraction(1)),))


def ordered(terms: Iterable[Term], depth: int) -> tuple[Term, ...]:
    """The variables of each term counted from 0."""
    return tuple(term.ordered(term.variables, depth) for term in terms)


def rational(node: Any) -> Fraction:
    """A number."""
    match node:
        case int() if not isinstance(node, bool) and node.bit_length() <= LONGEST_NUMBER:
            return Fraction(node)
        case ["rational", int(p), int(q)] if (
            not isinstance(p, bool) and p.bit_length() <= LONGEST_NUMBER and 0 < q < 2**LONGEST_NUMBER
        ):
            return Fraction(p, q)
    raise Refused(f"{shown(node)} is not a number")


def split_guards(body: Any) -> tuple[list[Any], Any]:
    """The brackets among an expression's factors, and the rest."""
    parts = body[1:] if isinstance(body, list) and body and body[0] == "*" else [body]
    guards = [part for part in parts if isinstance(part, list) and len(part) == 3 and part[0] in BRACKETS]
    return guards, ["*", 1, *(part for part in parts if part not in guards)]


def entries(node: Any) -> set[Key]:
    """(kind, owner) of every tensor entry in an expression, those inside indices included."""
    found: set[Key] = set()
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            if len(item) == 4 and item[0] == "entry" and isinstance(item[1], str) and isinstance(item[2], str):
                found.add((item[1], item[2]))
            stack.extend(item)
    return found
