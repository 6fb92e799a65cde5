"""The equations of a Coq file read back and compared with those of the certificate.

The text alone is read, by a reader of parentheses.  Both sides are brought to one form, in which sums and products have
their parts in order and the numbers among them are one; what is not the same then is a difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from math import factorial
from typing import Any

from dyadic.proofs.checker.evaluation.smooth_entries import Need, asks_beside_a_bracket, needs
from dyadic.proofs.checker.trust import FORMAL_TEXT, called
from dyadic.proofs.methods.formal.coq_terms import POWERS, RECIPROCAL, function_number, power_name
from dyadic.proofs.methods.formal.script import Network, WrittenLayer
from dyadic.proofs.methods.formal.statement_text import definitions, difference
from dyadic.proofs.methods.formal.tensors import PlacedLayer

Term = Any
"""A word, or a tuple of a head and its parts."""


class Different(Exception):
    """The file does not say what the certificate says; the message names the layer and the equation."""


def compare(source: str, network: Network) -> None:
    """Raises :class:`Different` if an equation, a shape, a demand or the theorem is not that of the certificate."""
    called(FORMAL_TEXT)
    try:
        _compare_equations(source, network)
        _compare_demands(source, network)
        _compare_statement(source, network)
    except (ValueError, TypeError, LookupError) as error:
        raise Different(f"the file is not of the form that it should have: {error}") from error


def compare_with_kinds(source: str, network: Network, compared: str) -> None:
    """The same for a file that has layers and demands of one that was compared, some layers as instances of kinds."""
    called(FORMAL_TEXT)
    if definitions(source) != definitions(compared):
        raise Different("with its kinds the file has other layers, or asks something else")
    _compare_statement(source, network)


def _compare_statement(source: str, network: Network) -> None:
    parameters = sum(name.startswith("Param ") for name in network.table.shapes)
    is_asked = any(True for _ in demands(source))
    found = difference(source, len(network.layers), parameters, network.half, is_asked)
    if found is not None:
        raise Different(found)


def _compare_equations(source: str, network: Network) -> None:
    for number, written in enumerate(network.layers):
        expected = [
            (target, [str(written.layer.numbers[name]) for name in item["indices"]], item["body"])
            for group in written.equations.values()
            for target, item, _ in group
        ]
        found = list(equations(source, number))
        if len(found) != len(expected):
            raise Different(f"{written.layer.place}: {len(found)} equations instead of {len(expected)}")
        for (target, indices, body), (read_target, read_indices, read_body) in zip(expected, found, strict=True):
            same = (target, indices) == (read_target, read_indices)
            if not same or _Expected(written, network).form(body) != found_form(read_body):
                raise Different(f"{written.layer.place}: the equation of {target} does not read back")
    shapes = {
        f"{family} {k}": shape
        for family, rows in re.findall(r"(?:with|\|) (\w+) k => nth k \[(.*?)\] \[\]", source)
        for k, shape in enumerate(re.findall(r"\[([^\[\]]*)\]", rows))
    }
    if shapes != {name: "; ".join(map(str, shape)) for name, shape in network.table.shapes.items()}:
        raise Different("the shapes do not read back")


def _compare_demands(source: str, network: Network) -> None:
    """What the theorem asks is what the certificate's equations are said, in words, to ask."""
    found = set(filter(_is_open, demands(source)))
    for number, written in enumerate(network.layers):
        if any(asks_beside_a_bracket(item["body"]) for _, item, _ in written.equations["inner"]):
            raise Different(
                f"{written.layer.place}: beside a bracket Coq asks for more than is said, where it is 0 too"
            )
        form = _Expected(written, network)
        said = {
            (number, place, *form.need(need, node))
            for place, (_, item, _) in enumerate(written.equations["inner"])
            for need, node in needs(item["body"])
        }
        if set(filter(_is_open, said)) != {demand for demand in found if demand[0] == number}:
            raise Different(f"{written.layer.place}: what the theorem asks of its numbers does not read back")


def _is_open(demand: Term) -> bool:
    """Whether it is more than that a number is not 0, which is evident."""
    *_, need, of = demand
    return not (need == Need.NOT_ZERO and isinstance(of, Fraction) and of)


def demands(source: str) -> Iterator[Term]:
    """(layer, equation, need, of what) of every demand of the file's list."""
    text = source.partition("\nDefinition asked : list demand :=")[2].partition(".\n")[0]
    for found in re.finditer(r"\(Demand ", text):
        _, layer, equation, _, what = _term(text, found.start())
        if what == "Never":
            raise Different("an equation has a position among its numbers: the theorem would be about nothing")
        yield int(layer), int(equation), *_found_need(*what)


def _found_need(need: str, *parts: Term) -> tuple[str, Term]:
    match need:
        case Need.HAS_DERIVATIVE:
            return need, ("apply", int(parts[0]), int(parts[1]), found_form(parts[2]))
        case Need.LARGEST_ONCE:
            return need, found_form(("Maximum", *parts))
        case Need.SOME_TERM:
            return need, found_form(("LogSumExp", *parts, ("Number", ("0",))))[:-1]
    return need, found_form(parts[0])


def equations(source: str, number: int) -> Iterator[tuple[str, list[str], Term]]:
    """(target, indices, body) of every equation of a layer, in order."""
    (text,) = re.findall(rf"^Definition layer{number} : layer := (.*?\.)$", source, re.M | re.S)
    for found in re.finditer(r"Equation \((\w+ \d+)\) \[([\d; ]*)\] ", text):
        yield found[1], found[2].split("; ") if found[2] else [], _term(text, found.end())


def _term(text: str, start: int) -> Term:
    found = re.compile(r"[()\[\];#]|-?\w+").finditer(text, start)
    stack: list[list[Any]] = [[]]
    for word in found:
        if word.group() in "([":
            stack.append([])
        elif word.group() in ")]":
            done = tuple(stack.pop())
            stack[-1].append(done)
            if len(stack) == 1:
                return done
        elif word.group() != ";":
            stack[-1].append(word.group())
    raise Different("a term without its end")


def found_form(term: Term) -> Term:
    """The common form of a term of the file."""
    head, *parts = term
    match head:
        case "Number":
            (inner,) = parts if len(parts) == 1 else (tuple(parts),)
            return _number(inner)
        case "Entry":
            return ("entry", " ".join(parts[0]), tuple(map(found_position, parts[1])))
        case "Add":
            return added(map(found_form, parts))
        case "Mul":
            return multiplied(map(found_form, parts))
        case "Apply":
            function, order, argument = parts
            if int(function) == RECIPROCAL:
                j = int(order)
                return multiplied([Fraction((-1) ** j * factorial(j)), _inverse(found_form(argument), j + 1)])
            return ("apply", int(function), int(order), found_form(argument))
        case "Sum":
            return (head, int(parts[0]), int(parts[1]), found_form(parts[2]))
        case "LogSumExp" | "Maximum" | "ArgMax":
            guards = sorted(map(found_bracket, parts[2]), key=repr)
            return (head, int(parts[0]), int(parts[1]), *guards, found_form(parts[3]))
        case "IndexIs":
            return ("is", found_position(parts[0]), found_form(parts[1]))
        case "Bracket":
            return found_bracket(parts[0])
    raise Different(f"the word {head}")


def _number(inner: Any) -> Fraction:
    flat = [word for word in words(inner) if word != "#"]
    return Fraction(*map(int, flat))


def words(term: Term) -> Iterator[str]:
    """All words of a term, in order."""
    if isinstance(term, str):
        yield term
    else:
        for part in term:
            yield from words(part)


def _integer(term: Any) -> int:
    (word,) = words(term)
    return int(word)


def found_position(term: Term) -> Term:
    """The common form of a position: a dictionary of its parts with their factors, as a sorted tuple."""
    head, *parts = term
    match head:
        case "Constant":
            return _linear({(): _integer(parts[0])})
        case "Index":
            return _linear({("index", int(parts[0])): 1})
        case "Plus":
            return _sum_positions(found_position(parts[0]), found_position(parts[1]))
        case "Times":
            return _scaled(found_position(parts[1]), _integer(parts[0]))
        case "Quotient" | "Remainder":
            return _linear({(head, found_position(parts[0]), int(parts[1])): 1})
    raise Different(f"the position {head}")


def found_bracket(term: Term) -> Term:
    """The common form of a bracket."""
    head, first, second = term
    if head == "Inside":
        return (head, found_position(first), _integer(second))
    if head == "Divides":
        return (head, _integer(first), found_position(second))
    return ("Same", *sorted((found_position(first), found_position(second)), key=repr))


def _linear(parts: dict[Any, int]) -> Term:
    return tuple(sorted(((part, factor) for part, factor in parts.items() if factor), key=repr))


def _sum_positions(*positions: Term) -> Term:
    total: dict[Any, int] = {}
    for position in positions:
        for part, factor in position:
            total[part] = total.get(part, 0) + factor
    return _linear(total)


def _scaled(position: Term, factor: int) -> Term:
    return _linear({part: factor * own for part, own in position})


def added(parts: Any) -> Term:
    """A sum with its parts in order; numbers in it are added."""
    flat: list[Term] = []
    for part in parts:
        flat.extend(part[1:] if isinstance(part, tuple) and part[0] == "+" else [part])
    number = sum((part for part in flat if isinstance(part, Fraction)), Fraction(0))
    rest = sorted((part for part in flat if not isinstance(part, Fraction)), key=repr)
    if number or not rest:
        rest = [*rest, number]
    return rest[0] if len(rest) == 1 else ("+", *rest)


def multiplied(parts: Any) -> Term:
    """A product with its parts in order; numbers in it are multiplied."""
    flat: list[Term] = []
    for part in parts:
        flat.extend(part[1:] if isinstance(part, tuple) and part[0] == "*" else [part])
    number = Fraction(1)
    for part in flat:
        number *= part if isinstance(part, Fraction) else 1
    rest = sorted((part for part in flat if not isinstance(part, Fraction)), key=repr)
    if number != 1 or not rest:
        rest = [*rest, number]
    return rest[0] if len(rest) == 1 else ("*", *rest)


def _inverse(base: Term, power: int) -> Term:
    return base**-power if isinstance(base, Fraction) else ("inverse", base, power)


class _Expected:
    """The common form of the certificate's expressions in one layer."""

    def __init__(self, written: WrittenLayer, network: Network) -> None:
        self.layer: PlacedLayer = written.layer
        self.functions = network.functions

    def form(self, e: Any) -> Term:
        if not isinstance(e, list):
            return Fraction(self.layer.integer(e))
        match e[0]:
            case "size":
                return Fraction(self.layer.integer(e))
            case "rational":
                return Fraction(e[1], e[2])
            case "+":
                return added(map(self.form, e[1:]))
            case "*":
                return multiplied(map(self.form, e[1:]))
            case "^":
                return self._power(self.form(e[1]), e[2])
            case "apply":
                return ("apply", function_number(e[1], self.functions), e[2], self.form(e[3]))
            case "sum":
                return ("Sum", self.layer.numbers[e[1]], self.layer.integer(e[2]), self.form(e[3]))
            case "logsumexp" | "max" | "argmax":
                return self._reduction(e)
            case "entry":
                return self._read(self.layer.tensor(e[1], e[2]), e[3])
        return self._bracket(e)

    def need(self, need: Need, node: Any) -> tuple[Need, Term]:
        """What is asked of what, as :func:`demands` gives it."""
        if need in (Need.LARGEST_ONCE, Need.SOME_TERM):
            form = self._reduction(node)
            return need, form if need is Need.LARGEST_ONCE else form[:-1]
        if node[0] == "apply":
            return need, self.form(node) if need is Need.HAS_DERIVATIVE else self.form(node[3])
        return need, self._fraction(self.form(node[1]), node[2])[1] if need is Need.HAS_DERIVATIVE else self.form(
            node[1]
        )

    def _power(self, base: Term, exponent: Any) -> Term:
        if isinstance(exponent, int):
            return multiplied([base] * exponent) if exponent > 0 else _inverse(base, -exponent)
        return multiplied(self._fraction(base, exponent))

    def _fraction(self, base: Term, exponent: Any) -> tuple[Fraction, Term]:
        """A power by a fraction: a number, times a derivative of a higher power."""
        power, order, factor = Fraction(exponent[1], exponent[2]), 0, Fraction(1)
        while power < POWERS:
            power, order = power + 1, order + 1
            factor /= power
        return factor, ("apply", function_number(power_name(power), self.functions), order, base)

    def _read(self, tensor: str, at: list[Any]) -> Term:
        """An entry; a position read from data as the sum over its one-hot row."""
        for axis, e in enumerate(at):
            if isinstance(e, list) and e[0] == "entry":
                row = ["index", f"row {axis}"]
                row_tensor = self.layer.tensor(e[1], e[2])
                if any(isinstance(part, list) and part[0] == "entry" for part in e[3]):
                    raise Different("one name for the rows of two integers")
                both = [self._read(row_tensor, [*e[3], row]), self._read(tensor, [*at[:axis], row, *at[axis + 1 :]])]
                extent = self.layer.table.shape(tensor)[axis]
                return ("Sum", self.layer.numbers[row[1]], extent, multiplied(both))
        return ("entry", tensor, tuple(map(self.position, at)))

    def position(self, e: Any) -> Term:
        if not isinstance(e, list) or e[0] == "size":
            return _linear({(): self.layer.integer(e)})
        match e[0]:
            case "index":
                return _linear({("index", self.layer.numbers[e[1]]): 1})
            case "+":
                return _sum_positions(*map(self.position, e[1:]))
            case "*":
                result = _linear({(): 1})
                for part in map(self.position, e[1:]):
                    constant = all(own == () for own, _ in part)
                    result = _scaled(result, sum(f for _, f in part)) if constant else _scaled(part, _only(result))
                return result
        value = self.layer.constant(e)
        if value is not None:
            return _linear({(): self.layer.integer(e)})
        head = "Quotient" if e[0] == "quotient" else "Remainder"
        return _linear({(head, self.position(e[1]), self.layer.integer(e[2])): 1})

    def _reduction(self, e: Any) -> Term:
        """A maximum or log-sum-exp: apart from its body stand the brackets that say over which terms it goes."""
        head = {"logsumexp": "LogSumExp", "max": "Maximum", "argmax": "ArgMax"}[e[0]]
        product = isinstance(e[3], list) and e[3][0] == "*"
        factors = e[3][1:] if product else [e[3]]
        brackets = [f for f in factors if isinstance(f, list) and f[0] in ("inside", "divides", "same")]
        guards = sorted(map(self._bracket, brackets), key=repr)
        of = multiplied([self.form(f) for f in factors if f not in brackets])
        return (head, self.layer.numbers[e[1]], self.layer.integer(e[2]), *guards, of)

    def _bracket(self, e: Any) -> Term:
        if e[0] == "inside":
            return ("Inside", self.position(e[1]), self.layer.integer(e[2]))
        if e[0] == "divides":
            return ("Divides", self.layer.integer(e[1]), self.position(e[2]))
        for one, other in ((e[1], e[2]), (e[2], e[1])):
            if isinstance(other, list) and other[0] == "entry":
                tensor = self.layer.tensor(other[1], other[2])
                if tensor in self.layer.table.one_hot:
                    return self._read(tensor, [*other[3], one])
                return ("is", self.position(one), self.form(other))
        return ("Same", *sorted(map(self.position, e[1:]), key=repr))


def _only(position: Term) -> int:
    if any(part != () for part, _ in position):
        raise Different("a product of indices")
    return sum(factor for _, factor in position)
