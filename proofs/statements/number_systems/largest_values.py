"""The largest of several numbers: the sum of all, each with a weight, which is 1 for the one and 0 for the others.

The weights of few numbers are made of the signs of their differences; of many they are unknown, but for what they
depend on: the differences, up to a positive factor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dyadic.proofs.statements.number_systems.atoms import Atoms, Idempotent, key
from dyadic.proofs.statements.number_systems.cases import MOST_CASES, Cases
from dyadic.proofs.statements.number_systems.laurent import Residue, content

_MOST_COMPARED = 4
_Named = tuple[tuple[Atoms, int], ...]


class Maxima(Cases):
    """The part of ``Closed`` that knows maxima."""

    def __init__(self, prime: int, seed: int) -> None:
        super().__init__(prime, seed)
        self._compared_first: dict[tuple[_Named, ...], tuple[_Named, ...]] = {}

    def weights(self, arguments: Sequence[Residue]) -> list[Residue]:
        """1 for the first of the largest, 0 for the others; of many: 1 for any one of them, whichever.

        The same for numbers of which all differences are a positive multiple of those of others.
        """
        made = self._differences(arguments)
        if made not in self._weights:
            self.calls += 1
            self.deepest = max(self.deepest, 2 * max(argument.degree for argument in arguments))
            found = self._decided(arguments) or self._compared(arguments) or self._either(arguments)
            self._weights[made] = found
        return self._weights[made]

    def _differences(self, arguments: Sequence[Residue]) -> object:
        """What the weights depend on."""
        differences = self._from_first(arguments)
        scale = self._scale(differences)
        return tuple(key(self._values.scaled(one.value, scale)) for one in differences)

    def _from_first(self, arguments: Sequence[Residue]) -> list[Residue]:
        first, *others = arguments
        return [self.add([other, self.minus(first)]) for other in others]

    def _scale(self, differences: Sequence[Residue]) -> int:
        """One over the largest number of which all differences are whole multiples: the same in any order."""
        forms = [difference.form for difference in differences]
        common = content({((place, 1),): c for place, c in enumerate(c for form in forms for c in form.values())})
        return self.number(common.denominator, common.numerator).value[()]

    def _decided(self, arguments: Sequence[Residue]) -> list[Residue] | None:
        """Where the numbers' order is certain, as that of constants is."""
        best = 0
        for position, new in enumerate(arguments[1:], 1):
            difference = self.add([new, self.minus(arguments[best])])
            sign = self._sign_of_constant(difference) if difference.value else 0
            if sign is None:
                return None
            best = position if sign > 0 else best
        return [self.number(int(position == best)) for position in range(len(arguments))]

    def _compared(self, arguments: Sequence[Residue]) -> list[Residue] | None:
        """By comparison of each with the largest of those before it."""
        if len(arguments) > _MOST_COMPARED:
            return None
        found = [self.number(1)]
        for position, new in enumerate(arguments[1:], 1):
            differences = [self.add([new, self.minus(old)]) for old in arguments[:position]]
            if any(len(self._cases_of(difference)) > MOST_CASES for difference in differences):
                return None
            larger = [self.by_cases(lambda d: self.sign(d)[0], d, ("sign", 0)) for d in differences]
            above = self.add([self.mul(pair) for pair in zip(found, larger, strict=True)])
            below = self.add([self.number(1), self.minus(above)])
            found = [*(self.mul([weight, below]) for weight in found), above]
        return found

    def _either(self, arguments: Sequence[Residue]) -> list[Residue]:
        group, degree = len(self._values.atoms), max(argument.degree for argument in arguments)
        found = [self._generator(self._values.atom(Idempotent(group)), max(degree, 1)) for _ in arguments[1:]]
        return [*found, self.add([self.number(1), *map(self.minus, found)])]

    def largest(self, arguments: Sequence[Residue]) -> Residue:
        """In the order in which such numbers were first compared: it is the same number in any."""
        scale, count = self._scale(self._from_first(arguments)), self.number(len(arguments))
        middle = self.minus(self.add(arguments))
        places = [self.add([self.mul([count, argument]), middle]).value for argument in arguments]
        named = {key(self._values.scaled(value, scale)): at for value, at in zip(places, arguments, strict=True)}
        order = self._compared_first.setdefault(tuple(sorted(named)), tuple(named))
        arguments = [named[name] for name in order]
        return self.add([self.mul(pair) for pair in zip(self.weights(arguments), arguments, strict=True)])

    def argmax(self, arguments: Sequence[Residue], indices: Sequence[int]) -> Any:
        """The index as a number, for it is not known which."""
        pairs = zip(self.weights(arguments), indices, strict=True)
        return self.add([self.mul([weight, self.number(index)]) for weight, index in pairs])
