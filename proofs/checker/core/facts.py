"""What is known of sizes and of integer tensors, and the two questions that it answers.

*Is a form never negative?*  Yes if, written in n' = n - 1 >= 0 for every size n, no coefficient is negative.  A size
that follows from others by an integer division, such as o = floor((n - w) / 2) + 1, is used the other way round:
n = 2 (o - 1) + w + r with 0 <= r < 2.  *Between which bounds is a form?*  Each variable, remainder and bounded entry
of an integer tensor that stands in it linearly, with sizes as coefficients, is put at its ends.

Each answer is one-sided: "no" means "not shown".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from dyadic.proofs.checker.core.forms import Atom, Floor, Form, Lookup, Modulo, Refused, Var

Key = tuple[str, str]
"""Kind and owner of a tensor."""
_MOST_REMAINDERS = 4


@dataclass(frozen=True)
class Choice:
    """``arg t[i]``, the position of a maximum over k < extent of the terms that guards admit.

    The guards 0 <= form < extent are written in ``indices``, standing for i, and ``chosen``, standing for k.
    """

    indices: tuple[Var, ...]
    chosen: Var
    shape: tuple[Form, ...]
    guards: tuple[tuple[Form, Form], ...]


@dataclass(frozen=True)
class Given:
    """What holds where a form is evaluated: ranges 0 <= v < extent of variables, and 0 <= form < extent of others."""

    ranges: Mapping[Var, Form] = field(default_factory=dict)
    held: tuple[tuple[Form, Form], ...] = ()


class Facts:
    """table: sizes written in others.  remainders: symbols r with 0 <= r < d, introduced for sizes that follow by a
    division.  below: bounds of the entries of integer tensors.  choices: the positions of maxima.
    """

    def __init__(self) -> None:
        self.table: dict[str | Var, Form] = {}
        self.remainders: dict[str, Form] = {}
        self.below: dict[Key, Form] = {}
        self.choices: dict[Key, Choice] = {}
        self._decided: dict[Form, bool] = {}

    # -- sizes ---------------------------------------------------------------------------------------------------

    def learn(self, name: str, formula: Form) -> None:
        """The size ``name`` is what the formula says.  Every entry of the table is an equation that follows."""
        self._decided.clear()
        divisions = [atom for atom in formula.atoms() if isinstance(atom, Floor | Modulo)]
        if not divisions:
            self._set(*self._told(name, formula))
            return
        floors = [m[0] for m, c in formula.terms.items() if c == 1 and len(m) == 1 and isinstance(m[0], Floor)]
        if len(floors) == len(divisions) == 1 and self.never_negative(floors[0].divisor - 1):
            # name - rest = floor(e / d)  means  e = d (name - rest) + r.  Solved for a size that stands alone in e.
            e, d = floors[0].numerator, floors[0].divisor
            r = f"{name}'"  # no size is called so: names are identifiers
            zero = d * (Form.of(name) - (formula - Form.of(floors[0]))) + Form.of(r) - e
            for monomial, c in e.terms.items():
                if c == 1 and len(monomial) == 1 and isinstance(monomial[0], str) and monomial[0] != name:
                    rest = zero + Form.of(monomial[0])
                    if monomial[0] not in set(rest.atoms()) and monomial[0] not in self.remainders:
                        self.remainders[r] = d
                        self._set(monomial[0], rest)
                        return

    def _told(self, name: str, formula: Form) -> tuple[str, Form]:
        """Of name = m - rest, where m then is at least 1 anyway, what it says of m: m = name + rest >= 1 + rest."""
        for monomial, c in formula.terms.items():
            if c == 1 and len(monomial) == 1 and isinstance(monomial[0], str) and monomial[0] not in self.remainders:
                value = Form.of(name) + Form.of(monomial[0]) - formula
                if monomial[0] not in set(value.atoms()) and self.never_negative(value - 1):
                    return monomial[0], value
        return name, formula

    def _set(self, name: str, value: Form) -> None:
        self.table = {old: form.replace({name: value}) for old, form in self.table.items()}
        self.remainders = {old: form.replace({name: value}) for old, form in self.remainders.items()}
        self.table[name] = value

    def never_negative(self, form: Form) -> bool:
        """Whether the form is at least 0 for all sizes.

        Lemma: a polynomial without negative coefficients is not negative where its variables are not; n - 1 >= 0 for
        a size n, r >= 0 and d - 1 - r >= 0 for a remainder r.  Either r or d - 1 - r is taken for the variable; where
        it is the latter, d has no variable of which the same is true.
        """
        number = form.number
        if number is not None:
            return number >= 0
        found = self._decided.get(form)
        if found is None:
            found = self._decided[form] = self._is_never_negative(form)
        return found

    def _is_never_negative(self, form: Form) -> bool:
        symbols = set(form.atoms())
        if not all(isinstance(atom, str) for atom in symbols):
            return False
        rests = [r for r in self.remainders if r in symbols][:_MOST_REMAINDERS]
        for flips in product((False, True), repeat=len(rests)):
            chosen = [r for r, flip in zip(rests, flips, strict=True) if flip]
            if any(set(chosen) & set(self.remainders[r].atoms()) for r in chosen):
                continue  # r would stand for itself in one divisor and for d - 1 - r elsewhere
            flipped: dict[str | Var, Form] = {r: self.remainders[r] - 1 - Form.of(r) for r in chosen}
            form_ = form.replace(flipped)
            shift: dict[str | Var, Form] = {
                a: Form.of(a) + 1 for a in form_.atoms() if isinstance(a, str) and a not in self.remainders
            }
            if all(c >= 0 for c in form_.replace(shift).terms.values()):
                return True
        return False

    # -- bounds --------------------------------------------------------------------------------------------------

    def bounds(self, form: Form, given: Given) -> tuple[Form, Form] | None:
        """Smallest and largest value of a form that is affine in what is not a size, if bounds are known.

        Lemma: 0 <= a < n and a product z >= 0 of sizes give 0 <= z a <= z (n - 1).
        """
        low, high = Form({}), Form({})
        for monomial, c in form.terms.items():
            moving = [atom for atom in monomial if _moves(atom)]
            if not moving:
                low, high = low + Form({monomial: c}), high + Form({monomial: c})
                continue
            scale = tuple(atom for atom in monomial if not _moves(atom))
            known = len(moving) == 1 and all(isinstance(atom, str) for atom in scale)
            limit = self.limit(moving[0], given) if known else None
            if limit is None:
                return None
            end = Form({scale: c}) * (limit - 1)
            low, high = (low, high + end) if c > 0 else (low + end, high)
        return low, high

    def limit(self, atom: Atom, given: Given) -> Form | None:
        """n with 0 <= atom < n."""
        if isinstance(atom, Var):
            return given.ranges.get(atom)
        if isinstance(atom, Lookup):
            below = self.below.get((atom.kind, atom.owner))
            return below if below and self._is_chosen(atom, given) else None
        if isinstance(atom, Floor):
            return self._floor_limit(atom, given)
        return atom.divisor if isinstance(atom, Modulo) and self.never_negative(atom.divisor - 1) else None

    def _floor_limit(self, atom: Floor, given: Given) -> Form | None:
        """Lemma: 0 <= e <= d X + Y with 0 <= Y < d give 0 <= floor(e / d) < X + 1."""
        found = self.bounds(atom.numerator, given)
        if found is None or not self.never_negative(found[0]):
            return None
        whole, rest = found[1].split(atom.divisor)
        number = atom.divisor.number
        for shift in (rest.terms.get((), 0) // number,) if number else (0, -1):
            x, y = whole + shift, rest - atom.divisor * shift
            if self.never_negative(y) and self.never_negative(atom.divisor - 1 - y):
                return x + 1
        return None

    def _is_chosen(self, atom: Lookup, given: Given) -> bool:
        """Whether a position of a maximum is read where it is defined; other integer tensors may be extended by 0."""
        choice = self.choices.get((atom.kind, atom.owner))
        return (
            choice is None or not choice.guards or self.all_inside(zip(atom.indices, choice.shape, strict=True), given)
        )

    def all_inside(self, pairs: Iterable[tuple[Form, Form]], given: Given) -> bool:
        """Whether 0 <= form < extent for each, by what is given, by bounds, or by the choice of a maximum."""
        return all(
            self.inside(form, extent, given)
            or any(self._is_part(form, extent, f, m, given) for f, m in given.held)
            or self.guarded(form, extent, given) is not None
            for form, extent in pairs
        )

    def _is_part(self, form: Form, extent: Form, f: Form, m: Form, given: Given) -> bool:
        """Whether 0 <= f < m says it; no entry of an integer tensor may be left over, whose bounds ask this again."""
        rest = form - f
        return not any(isinstance(atom, Lookup) for atom in rest.atoms()) and self.follows(form, extent, f, m, given)

    def inside(self, form: Form, extent: Form, given: Given) -> bool:
        """Whether 0 <= form < extent always."""
        found = self.bounds(form, given)
        return found is not None and self.never_negative(found[0]) and self.never_negative(extent - 1 - found[1])

    def follows(self, form: Form, extent: Form, f: Form, m: Form, given: Given) -> bool:
        """Whether 0 <= f < m implies 0 <= form < extent.  Lemma: it does if 0 <= form - f <= extent - m always."""
        rest = self.bounds(form - f, given)
        return rest is not None and self.never_negative(rest[0]) and self.never_negative(extent - m - rest[1])

    def outside(self, form: Form, extent: Form, given: Given) -> bool:
        """Whether form < 0 always, or form >= extent always."""
        found = self.bounds(form, given)
        return found is not None and (self.never_negative(-found[1] - 1) or self.never_negative(found[0] - extent))

    def smaller(self, rest: Form, divisor: Form, given: Given) -> bool:
        """Whether |rest| < divisor always."""
        found = self.bounds(rest, given)
        return found is not None and all(self.never_negative(divisor - 1 - bound) for bound in (found[1], -found[0]))

    def guarded(self, form: Form, extent: Form, given: Given) -> Lookup | None:
        """A position of a maximum whose guards say that 0 <= form < extent.

        Lemma: the first position at which a maximum is attained is one that the guards admit.
        """
        for atom in form.atoms():
            choice = self.choices.get((atom.kind, atom.owner)) if isinstance(atom, Lookup) else None
            if choice is None or not isinstance(atom, Lookup) or not choice.guards:
                continue
            names: dict[str | Var, Form] = dict(zip(choice.indices, atom.indices, strict=True))
            names[choice.chosen] = Form.of(atom)
            for guard, length in choice.guards:
                at, end = guard.replace(names), length.replace(names)
                if end != extent or form not in (at, end - 1 - at):
                    continue
                if self.all_inside(zip(atom.indices, choice.shape, strict=True), given):
                    return atom
        return None


def _moves(atom: Atom) -> bool:
    """Whether the value depends on more than sizes."""
    return not isinstance(atom, str) and (
        isinstance(atom, Var | Lookup) or any(isinstance(inner, Var | Lookup) for inner in Form.of(atom).atoms())
    )


def divides_well(facts: Facts, divisor: Form) -> None:
    """Division is by positive integers only.  Raises :class:`Refused` where that is not shown."""
    if not facts.never_negative(divisor - 1):
        raise Refused("a divisor is not shown to be positive")
