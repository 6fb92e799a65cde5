"""The value of a term at given sizes, by going through its index set: what the rules must leave as it is."""

import hashlib
from fractions import Fraction
from itertools import product

from dyadic.proofs.checker.core.forms import Floor, Lookup, Modulo, Var
from dyadic.proofs.checker.core.terms import Call, Entry, Group, Multiple, Whole, Within, Zero

PRIME = 2**61 - 1


def chance(*key):
    return int.from_bytes(hashlib.blake2b(repr(key).encode(), digest_size=8).digest(), "big")


class Edge(Exception):
    """A value of a free variable at the end of the box counts: the box may be too small."""


class Values:
    """Tensors and functions are pseudo-random; integer tensors lie in the ranges that facts state."""

    def __init__(self, facts, sizes, box=9):
        self.facts, self.box = facts, box
        self.sizes = dict(sizes)
        for r in facts.remainders:
            for name, formula in facts.table.items():
                if any(atom == r for atom in formula.atoms()) and name in sizes:
                    self.sizes[r] = 0
                    self.sizes[r] = sizes[name] - self.form(formula, {})

    def form(self, form, names):
        total = 0
        for monomial, c in form.terms.items():
            for atom in monomial:
                c *= self.atom(atom, names)
            total += c
        return total

    def atom(self, atom, names):
        match atom:
            case str():
                return self.sizes[atom]
            case Var():
                return names[atom]
            case Lookup():
                return self.lookup(atom, tuple(self.form(f, names) for f in atom.indices))
            case Floor() | Modulo():
                e, d = self.form(atom.numerator, names), self.form(atom.divisor, names)
                return e // d if isinstance(atom, Floor) else e % d

    def lookup(self, atom, at):
        key = (atom.kind, atom.owner)
        below = self.form(self.facts.below[key], {}) if key in self.facts.below else 7
        drawn = chance("lookup", key, at)
        choice = self.facts.choices.get(key)
        if choice:
            names = dict(zip(choice.indices, at, strict=True))
            admitted = [
                k
                for k in range(below)
                if all(
                    0 <= self.form(f, {**names, choice.chosen: k}) < self.form(n, {**names, choice.chosen: k})
                    for f, n in choice.guards
                )
            ]
            if admitted:
                return admitted[drawn % len(admitted)]
        return drawn % below

    def holds(self, condition, names):
        match condition:
            case Within(form, extent):
                return 0 <= self.form(form, names) < self.form(extent, names)
            case Zero(form):
                return self.form(form, names) == 0
            case Multiple(divisor, form):
                return self.form(form, names) % self.form(divisor, names) == 0

    def term(self, term, names=None):
        """The sum, modulo a prime."""
        if term is None:
            return 0
        names, total = dict(names or {}), 0
        ranges = {}
        for c in term.conditions:
            if isinstance(c, Within) and c.form.variable in term.variables and not c.extent.variables():
                ranges[c.form.variable] = range(self.form(c.extent, {}))
        free = [range(-self.box, self.box + 1) for _ in term.variables]
        each = [ranges.get(v, box) for v, box in zip(term.variables, free, strict=True)]
        for place in product(*each):
            at = {**names, **dict(zip(term.variables, place, strict=True))}
            if all(self.holds(c, at) for c in term.conditions):
                if any(v not in ranges and abs(at[v]) == self.box for v in term.variables):
                    raise Edge
                total += self.factors(term, at)
        return fraction(term.coefficient) * total % PRIME

    def factors(self, term, names):
        value = 1
        for factor, exponent in term.factors:
            value = value * self.power(self.factor(factor, names), exponent) % PRIME
        return value

    def power(self, value, exponent):
        if exponent.denominator == 1:
            return pow(value, int(exponent), PRIME)
        # a root is an unknown of the number, so that a^(p/q) a^(r/q) = a^((p + r)/q)
        return pow(chance("root", exponent.denominator, value) % PRIME, exponent.numerator, PRIME)

    def factor(self, factor, names):
        match factor:
            case Entry():
                return (
                    chance("entry", factor.kind, factor.owner, tuple(self.form(f, names) for f in factor.indices))
                    % PRIME
                )
            case Whole():
                return self.form(factor.form, names) % PRIME
            case Call():
                argument = sum(self.term(t, names) for t in factor.argument) % PRIME
                return chance("call", factor.name, factor.order, argument) % PRIME
            case Group():
                return sum(self.term(t, names) for t in factor.terms) % PRIME


def fraction(number: Fraction):
    return number.numerator * pow(number.denominator, -1, PRIME) % PRIME
