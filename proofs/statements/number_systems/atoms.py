"""Residues modulo a prime with formal roots and cases: the values of ``Closed`` in closed.py.

A value is a polynomial in *atoms*, each reduced by one relation: a root has r^q = a, a case has e^2 = e (1 where a
condition holds, 0 elsewhere), and two cases of one group exclude each other: their product is 0.  An equality of such
values holds for every q-th root and in every case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dyadic.proofs.evaluate.number_rings import Undetermined
from dyadic.proofs.statements.number_systems.work import spend

Atoms = tuple[tuple[int, int], ...]
Value = dict[Atoms, int]
"""Coefficients by product of atoms; an atom by its number, with its exponent."""
_LONGEST = 512


@dataclass(frozen=True)
class Root:
    """r^q = of."""

    q: int
    of: Value


@dataclass(frozen=True)
class Idempotent:
    """e^2 = e, and e times another case of its group is 0."""

    group: int


class AtomArithmetic:
    """Arithmetic modulo a prime with the atoms made so far."""

    def __init__(self, prime: int) -> None:
        self.prime = prime
        self.atoms: list[Root | Idempotent] = []

    def atom(self, kind: Root | Idempotent) -> Value:
        """A new one.  A root's radicand has only older atoms."""
        self.atoms.append(kind)
        return {((len(self.atoms) - 1, 1),): 1}

    def add(self, one: Value, two: Value) -> Value:
        if not one or not two:
            return one or two
        found = dict(one)
        for atoms, value in two.items():
            found[atoms] = (found.get(atoms, 0) + value) % self.prime
        return {atoms: value for atoms, value in found.items() if value}

    def scaled(self, one: Value, factor: int) -> Value:
        factor %= self.prime
        return {atoms: value * factor % self.prime for atoms, value in one.items()} if factor else {}

    def mul(self, one: Value, two: Value) -> Value:
        if len(one) * len(two) > _LONGEST:
            raise Undetermined("too many roots and cases in one expression")
        if len(one) == 1 and () in one:
            return self.scaled(two, one[()])
        if len(two) == 1 and () in two:
            return self.scaled(one, two[()])
        spend(4 * len(one) * len(two))
        found: Value = {}
        for left, a in one.items():
            for right, b in two.items():
                product = self.scaled(self._product(left, right), a * b)
                found = self.add(found, product)
        return found

    def _product(self, left: Atoms, right: Atoms) -> Value:
        """Of two products of atoms."""
        exponents = dict(left)
        for atom, exponent in right:
            exponents[atom] = exponents.get(atom, 0) + exponent
        rest: Value = {(): 1}
        groups: dict[int, int] = {}
        for atom, exponent in list(exponents.items()):
            kind = self.atoms[atom]
            if isinstance(kind, Idempotent):
                if groups.setdefault(kind.group, atom) != atom:
                    return {}
                exponents[atom] = 1
            elif exponent >= kind.q:
                rest = self.mul(rest, kind.of)
                exponents[atom] = exponent - kind.q
        own: Value = {tuple(sorted((a, e) for a, e in exponents.items() if e)): 1}
        return own if rest == {(): 1} else self.mul(own, rest)

    def inverse(self, value: Value) -> Value:
        """Raises :class:`Undetermined` where there is none, or none is found."""
        if not value:
            raise Undetermined("division by zero")
        if list(value) == [()]:
            return {(): pow(value[()], -1, self.prime)}
        newest = max(atom for atoms in value for atom, _ in atoms)
        kind = self.atoms[newest]
        if isinstance(kind, Idempotent):
            at_0, at_1 = self.put(value, newest, 0), self.put(value, newest, 1)
            where: Value = {((newest, 1),): 1}
            other = self.add({(): 1}, self.scaled(where, -1))
            return self.add(self.mul(self.inverse(at_0), other), self.mul(self.inverse(at_1), where))
        parts = self._powers(value, newest)
        if len(parts) == 1:
            ((exponent, part),) = parts.items()
            rest = self.mul({((newest, kind.q - exponent),): 1}, self.inverse(kind.of))
            return self.mul(self.inverse(part), rest)
        if kind.q != 2:
            raise Undetermined("the inverse of a sum with a root that is no square root")
        a, b = parts[0], parts[1]
        norm = self.add(self.mul(a, a), self.scaled(self.mul(self.mul(b, b), kind.of), -1))
        conjugate = self.add(a, self.scaled(self.mul(b, {((newest, 1),): 1}), -1))
        return self.mul(conjugate, self.inverse(norm))

    def _powers(self, value: Value, atom: int) -> dict[int, Value]:
        """The parts by the exponent of one atom."""
        found: dict[int, Value] = {}
        for atoms, coefficient in value.items():
            exponent = dict(atoms).get(atom, 0)
            found.setdefault(exponent, {})[tuple(pair for pair in atoms if pair[0] != atom)] = coefficient
        return found

    def put(self, value: Value, atom: int, number: int) -> Value:
        """With 0 or 1 for a case; where it holds, the others of its group do not."""
        kind = self.atoms[atom]
        parts = self._powers(value, atom)
        found = self.add(parts.get(0, {}), parts.get(1, {}) if number else {})
        if number and isinstance(kind, Idempotent):
            found = {
                atoms: c
                for atoms, c in found.items()
                if not any(self._of_group(other, kind.group) for other, _ in atoms)
            }
        return found

    def _of_group(self, atom: int, group: int) -> bool:
        kind = self.atoms[atom]
        return isinstance(kind, Idempotent) and kind.group == group

    def cases(self, value: Value) -> list[int]:
        """The cases that a value depends on."""
        atoms = {atom for product in value for atom, _ in product}
        return sorted(atom for atom in atoms if isinstance(self.atoms[atom], Idempotent))


def key(value: Mapping[Atoms, int]) -> tuple[tuple[Atoms, int], ...]:
    """Equal for equal values, and hashable."""
    return tuple(sorted(value.items()))
