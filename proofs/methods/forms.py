"""Integer forms: polynomials with integer coefficients in sizes, variables, and opaque integers.

An index of an entry, or what stands in a bracket, becomes a :class:`Form`.  Sizes are at least 1.  :class:`Sizes`
decides (in one direction) whether a form is never negative: it is so if, written in n' = n - 1 >= 0 for every
size n, no coefficient is negative.  A size that follows from others by an integer division, such as
o = Quotient(n - w, 2) + 1, is used the other way round: n = 2 (o - 1) + w + r with 0 <= r < 2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, product

from sympy import Add, Expr, Integer, Mul, Pow, Symbol

from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import Element, Index, Quotient, Remainder

_NUMBERS = count()


@dataclass(frozen=True)
class Var:
    """An integer variable, such as a bound index."""

    number: int


def fresh() -> Var:
    return Var(next(_NUMBERS))


@dataclass(frozen=True)
class Lookup:
    """An entry of an integer tensor."""

    kind: str
    owner: str
    indices: tuple[Form, ...]


@dataclass(frozen=True)
class Floor:
    """The numerator divided by a positive divisor, rounded down."""

    numerator: Form
    divisor: Form


@dataclass(frozen=True)
class Modulo:
    """The rest of that division."""

    numerator: Form
    divisor: Form


Atom = str | Var | Lookup | Floor | Modulo
"""A size is its name."""
Monomial = tuple[Atom, ...]
Names = Mapping[Var, str]
Table = Mapping[str | Var, "Form"]


def _order(atom: Atom) -> tuple[int, str]:
    return (
        (0, atom) if isinstance(atom, str) else (1, f"{atom.number:012}") if isinstance(atom, Var) else (2, repr(atom))
    )


class Form:
    """Sum of coefficient * product of atoms; immutable."""

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: Mapping[Monomial, int]) -> None:
        self.terms = {monomial: c for monomial, c in terms.items() if c}
        self._hash: int | None = None

    @staticmethod
    def of(atom: Atom | int) -> Form:
        return Form({(): atom}) if isinstance(atom, int) else Form({(atom,): 1})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Form) and self.terms == other.terms

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __repr__(self) -> str:
        return self.text({})

    def __add__(self, other: Form | int) -> Form:
        terms = dict(self.terms)
        for monomial, c in (other if isinstance(other, Form) else Form.of(other)).terms.items():
            terms[monomial] = terms.get(monomial, 0) + c
        return Form(terms)

    def __mul__(self, other: Form | int) -> Form:
        if isinstance(other, int):
            return Form({monomial: c * other for monomial, c in self.terms.items()})
        terms: dict[Monomial, int] = {}
        for (one, c), (two, d) in product(self.terms.items(), other.terms.items()):
            monomial = tuple(sorted((*one, *two), key=_order)) if one and two else one or two
            terms[monomial] = terms.get(monomial, 0) + c * d
        return Form(terms)

    def __neg__(self) -> Form:
        return self * -1

    def __sub__(self, other: Form | int) -> Form:
        return self + (-other)

    @property
    def number(self) -> int | None:
        """The value of a constant."""
        return self.terms.get((), 0) if all(monomial == () for monomial in self.terms) else None

    @property
    def variable(self) -> Var | None:
        """The variable that the form is."""
        if len(self.terms) == 1:
            ((monomial, c),) = self.terms.items()
            if c == 1 and len(monomial) == 1 and isinstance(monomial[0], Var):
                return monomial[0]
        return None

    def atoms(self) -> Iterator[Atom]:
        """Every atom, those inside others among them."""
        for monomial in self.terms:
            for atom in monomial:
                yield atom
                if isinstance(atom, Lookup):
                    for form in atom.indices:
                        yield from form.atoms()
                elif isinstance(atom, Floor | Modulo):
                    yield from atom.numerator.atoms()
                    yield from atom.divisor.atoms()

    def variables(self) -> set[Var]:
        return {atom for atom in self.atoms() if isinstance(atom, Var)}

    def coefficient(self, variable: Var) -> int:
        """The integer c of a form c v + rest in which the rest does not contain v; 0 if it is not of that form."""
        c = self.terms.get((variable,), 0)
        rest = Form({m: k for m, k in self.terms.items() if m != (variable,)})
        return 0 if c and variable in rest.variables() else c

    def split(self, divisor: Form) -> tuple[Form, Form]:
        """(X, Y) with self = divisor * X + Y, for a divisor of one term; Y has the terms that it does not divide."""
        ((by, c),) = divisor.terms.items() if len(divisor.terms) == 1 else (((), 0),)
        whole: dict[Monomial, int] = {}
        rest: dict[Monomial, int] = {}
        for monomial, k in self.terms.items():
            left = _without(monomial, by) if c and k % c == 0 else None
            if left is None:
                rest[monomial] = k
            else:
                whole[left] = k // c
        return Form(whole), Form(rest)

    def replace(self, table: Table) -> Form:
        """The form with variables and sizes replaced, inside opaque integers as well."""
        if not any(atom in table for atom in self.atoms() if isinstance(atom, str | Var)):
            return self
        result = Form({})
        for monomial, c in self.terms.items():
            part = Form.of(c)
            for atom in monomial:
                part = part * _replaced(atom, table)
            result = result + part
        return result

    def put(self, old: Atom, new: Form) -> Form:
        """The form with one opaque atom replaced, inside others as well."""
        if old not in self.atoms():
            return self
        result = Form({})
        for monomial, c in self.terms.items():
            part = Form.of(c)
            for atom in monomial:
                part = part * (new if atom == old else _rebuilt(atom, lambda form: form.put(old, new)))
            result = result + part
        return result

    def text(self, names: Names) -> str:
        """Canonical under the names given to variables."""
        parts = []
        for monomial, c in self.terms.items():
            parts.append(f"{c}*{'*'.join(sorted(_text(atom, names) for atom in monomial))}")
        return "+".join(sorted(parts)) or "0"


def _without(monomial: Monomial, by: Monomial) -> Monomial | None:
    left = list(monomial)
    for atom in by:
        if atom not in left:
            return None
        left.remove(atom)
    return tuple(left)


def _rebuilt(atom: Atom, change: object) -> Form:
    assert callable(change)
    if isinstance(atom, Lookup):
        return Form.of(Lookup(atom.kind, atom.owner, tuple(change(form) for form in atom.indices)))
    if isinstance(atom, Floor | Modulo):
        return divided(type(atom), change(atom.numerator), change(atom.divisor))
    return Form.of(atom)


def _replaced(atom: Atom, table: Table) -> Form:
    if isinstance(atom, str | Var):
        return table.get(atom) or Form.of(atom)
    return _rebuilt(atom, lambda form: form.replace(table))


def divided(kind: type[Floor] | type[Modulo], numerator: Form, divisor: Form) -> Form:
    """Floor or Modulo, evaluated where that is plain."""
    whole, rest = numerator.split(divisor)
    if not rest.terms:
        return whole if kind is Floor else rest
    n, d = rest.number, divisor.number
    if n is not None and d is not None and d > 0:
        return whole + n // d if kind is Floor else Form.of(n % d)
    return Form.of(kind(numerator, divisor))


def _moves(atom: Atom) -> bool:
    """Whether the value depends on more than sizes."""
    return not isinstance(atom, str) and any(isinstance(a, Var | Lookup) for a in Form.of(atom).atoms())


def _text(atom: Atom, names: Names) -> str:
    if isinstance(atom, str):
        return atom
    if isinstance(atom, Var):
        return names.get(atom, f"?{atom.number}")
    if isinstance(atom, Lookup):
        return f"{atom.kind}_{atom.owner}[{','.join(form.text(names) for form in atom.indices)}]"
    return f"{type(atom).__name__}({atom.numerator.text(names)},{atom.divisor.text(names)})"


def form_of(node: Expr, names: Mapping[Index, Form], sizes: Table) -> Form:
    """A SymPy integer expression as a form."""
    if isinstance(node, Integer):
        return Form.of(int(node))
    if isinstance(node, Index):
        if node not in names:
            raise UnsupportedEquation(f"the index {node} is not bound")
        return names[node]
    if isinstance(node, Symbol):
        return sizes.get(node.name) or Form.of(node.name)
    parts = [form_of(argument, names, sizes) for argument in node.args if isinstance(argument, Expr)]
    if isinstance(node, Element):
        return Form.of(Lookup(node.kind, node.owner, tuple(form_of(i, names, sizes) for i in node.indices)))
    if isinstance(node, Add | Mul):
        result = parts[0]
        for part in parts[1:]:
            result = result + part if isinstance(node, Add) else result * part
        return result
    if isinstance(node, Pow) and node.exp.is_Integer and 0 < node.exp <= 4:
        return form_of(Mul(*[node.base] * int(node.exp), evaluate=False), names, sizes)
    if isinstance(node, Quotient | Remainder):
        return divided(Floor if isinstance(node, Quotient) else Modulo, parts[0], parts[1])
    raise UnsupportedEquation(f"{node} is not an integer expression")


class Sizes:
    """What is known of sizes.

    table: sizes written in others.  remainders: symbols r with 0 <= r < d, introduced for sizes that follow by a
    division.  below: bounds of the entries of integer tensors.
    """

    def __init__(self, extents: Mapping[Expr, Expr] | None = None) -> None:
        self.table: dict[str | Var, Form] = {}
        self.remainders: dict[str, Form] = {}
        self.below: dict[tuple[str, str], Form] = {}
        for symbol, formula in (extents or {}).items():
            self._learn(symbol.name, form_of(formula, {}, self.table))

    def _learn(self, name: str, formula: Form) -> None:
        floors = [m[0] for m, c in formula.terms.items() if c == 1 and len(m) == 1 and isinstance(m[0], Floor)]
        if not any(isinstance(atom, Floor | Modulo) for atom in formula.atoms()):
            self._set(*self._told(name, formula))
        elif len(floors) == 1 and sum(isinstance(atom, Floor | Modulo) for atom in formula.atoms()) == 1:
            # name - rest = Floor(e, d)  means  e = d (name - rest) + r.  Solved for a size that stands alone in e.
            e, d = floors[0].numerator, floors[0].divisor
            r = f"{name}'"
            quotient = Form.of(name) - (formula - Form.of(floors[0]))
            zero = d * quotient + Form.of(r) - e
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
            if c == 1 and len(monomial) == 1 and isinstance(monomial[0], str):
                value = Form.of(name) + Form.of(monomial[0]) - formula
                if monomial[0] not in set(value.atoms()) and self.never_negative(value - 1):
                    return monomial[0], value
        return name, formula

    def _set(self, name: str, value: Form) -> None:
        self.table = {old: form.replace({name: value}) for old, form in self.table.items()}
        self.remainders = {old: form.replace({name: value}) for old, form in self.remainders.items()}
        self.table[name] = value

    def never_negative(self, form: Form) -> bool:
        """Whether the form is at least 0 for all sizes (False: not shown)."""
        symbols = set(form.atoms())
        if not all(isinstance(atom, str) for atom in symbols):
            return False
        rests = [r for r in self.remainders if r in symbols]
        for flips in product((False, True), repeat=len(rests[:4])):
            flipped: dict[str | Var, Form] = {
                r: self.remainders[r] - 1 - Form.of(r) for r, flip in zip(rests, flips, strict=False) if flip
            }
            form_ = form.replace(flipped)
            shift: dict[str | Var, Form] = {
                a: Form.of(a) + 1 for a in form_.atoms() if isinstance(a, str) and a not in self.remainders
            }
            if all(c >= 0 for c in form_.replace(shift).terms.values()):
                return True
        return False

    def bounds(self, form: Form, ranges: Mapping[Var, Form]) -> tuple[Form, Form] | None:
        """Smallest and largest value of a form that is affine in what is not a size, if bounds are known."""
        low, high = Form({}), Form({})
        for monomial, c in form.terms.items():
            moving = [atom for atom in monomial if _moves(atom)]
            scale = Form({tuple(atom for atom in monomial if not _moves(atom)): c})
            if not moving:
                low, high = low + scale, high + scale
                continue
            known = len(moving) == 1 and all(isinstance(atom, str) for m in scale.terms for atom in m)
            limit = self._limit(moving[0], ranges) if known else None
            if limit is None:
                return None
            if c > 0:
                high = high + scale * (limit - 1)
            else:
                low = low + scale * (limit - 1)
        return low, high

    def _limit(self, atom: Atom, ranges: Mapping[Var, Form]) -> Form | None:
        """n with 0 <= atom < n."""
        if isinstance(atom, Var):
            return ranges.get(atom)
        if isinstance(atom, Lookup):
            return self.below.get((atom.kind, atom.owner))
        return atom.divisor if isinstance(atom, Modulo) else None

    def inside(self, form: Form, extent: Form, ranges: Mapping[Var, Form]) -> bool:
        """Whether 0 <= form < extent always."""
        found = self.bounds(form, ranges)
        return found is not None and self.never_negative(found[0]) and self.never_negative(extent - 1 - found[1])

    def outside(self, form: Form, extent: Form, ranges: Mapping[Var, Form]) -> bool:
        """Whether form < 0 always, or form >= extent always."""
        found = self.bounds(form, ranges)
        return found is not None and (self.never_negative(-found[1] - 1) or self.never_negative(found[0] - extent))
