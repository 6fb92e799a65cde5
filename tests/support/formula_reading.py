"""What a typeset formula says, read without any code of the program: boxes with scripts, and a value for them.

The readers of LaTeX, Typst and MathML yield boxes; :func:`equations` reads them.  Values lie in a prime field.  What is
no arithmetic (functions, brackets, maxima, floors, entries at indices) has a value that is drawn from all that it is made
of, so that a change of any part shows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction

PRIME = 2**61 - 1
RELATIONS = ("<", "≤", ">", "≥", "=", "∣")


WRITTEN = {
    "ReLU": "relu", "GELU": "gelu", "GELU_tanh": "gelu_tanh", "SiLU": "silu", "Mish": "mish", "ELU": "elu", "CELU": "celu",
    "SELU": "selu", "HardSigmoid": "hard_sigmoid", "HardSwish": "hard_swish", "LogSigmoid": "log_sigmoid",
    "StopGradient": "stop_gradient", "varphi": "outer",
}  # fmt: skip
"""Functions that papers write otherwise than the program."""


class NotRead(Exception):
    pass


@dataclass
class TypeBox:
    """kind: letter, word, number, mark (operators and brackets), separator, fraction, root, group, big, cases."""

    kind: str
    value: object
    sub: list[TypeBox] = field(default_factory=list)
    sup: list[TypeBox] = field(default_factory=list)
    primes: int = 0
    accent: str = ""


def drawn(*parts):
    """A number for all of these together."""
    return int.from_bytes(hashlib.blake2b(repr(parts).encode(), digest_size=7).digest()) % PRIME


def inverse(value):
    if value % PRIME == 0:
        raise NotRead("a division by zero")
    return pow(value, -1, PRIME)


def power(base, exponent):
    if exponent.denominator == 1:
        found = pow(base, abs(int(exponent)), PRIME)
        return found if exponent >= 0 else inverse(found)
    return drawn("power", base, exponent)


def whole_or_decimal(text):
    """A number as it is written, modulo the prime."""
    found = Fraction(text)
    return found.numerator * inverse(found.denominator) % PRIME


def reduction(kind, count, body):
    """A sum, as a linear form of its terms; of a maximum and the like a number drawn from all that it is made of.

    The form is drawn from the number of terms and reads two of them, at indices that are drawn too.  It is linear and can
    change places with another, as a sum; formulas that have one value for such a form have one for the sum.  All terms
    of nested sums would be a thousand times the work.
    """
    values = [body(drawn("index", count, k)) for k in range(2)]
    if kind == "sum":
        return sum(drawn("weight", count, k) * value for k, value in enumerate(values)) % PRIME
    return drawn(kind, count, *values)


# -- equations ---------------------------------------------------------------------------------------------------------


@dataclass
class ReadEquation:
    """head: what is defined, its accent among it.  indices: their names.  right: boxes."""

    head: tuple
    indices: list[str]
    right: list[TypeBox]

    def value(self, at, sizes):
        """The right-hand side where the free indices have these values, and sizes those of their names."""
        if len(at) != len(self.indices):
            raise NotRead(f"{len(self.indices)} indices for {len(at)} axes")
        reader = FormulaReader(self.right, sizes | dict(zip(self.indices, at, strict=True)))
        found = reader.expression()
        reader.expect_end()
        return found


def equation(boxes):
    """left = right."""
    place = next(k for k, box in enumerate(boxes) if box.kind == "mark" and box.value == "=")
    left, right = boxes[0], boxes[place + 1 :]
    if place != 1:
        raise NotRead("no single entry on the left")
    accent = ""
    if left.kind == "fraction":
        (top_sign, top), (bottom_sign, left) = left.value
        assert (top_sign.value, top.value, bottom_sign.value) == ("∂", "E", "∂")
        accent = "bar"
    head, indices = named(left)
    return ReadEquation((accent or head[0], *head[1:]), [symbol_name(index) for index in indices], right)


def split(boxes, marks):
    """The boxes between marks, and those marks."""
    parts, found, depth = [[]], [], 0
    for box in boxes:
        if box.kind == "mark":
            depth += (box.value in ("(", "[", "⌊")) - (box.value in (")", "]", "⌋"))
        if box.kind == "mark" and box.value in marks and depth == 0:
            parts.append([])
            found.append(box.value)
        else:
            parts[-1].append(box)
    return parts, found


def named(box):
    """(accent, base, superscripts) of an entry, and its indices as boxes."""
    if box.kind == "group" and len(box.value) == 1 and not box.sup:
        return named(box.value[0])
    if box.kind not in ("letter", "word"):
        raise NotRead(f"{box.kind} {box.value!r} is no name")
    uppers = tuple(spelled(part) for part in split(box.sup, ",")[0]) if box.sup else ()
    parts, commas = split(box.sub, ",")
    if not commas:
        parts = [[one] for one in box.sub if one.kind != "separator"] if all_symbols(box.sub) else parts
    return (box.accent, str(box.value), uppers), [part for part in parts if part]


def all_symbols(boxes):
    return all(one.kind in ("letter", "separator") and not one.sup for one in boxes)


def spelled(boxes):
    return "".join(str(box.value) + spelled(box.sub) for box in boxes if box.kind != "separator")


def symbol_name(boxes):
    if len(boxes) != 1:
        raise NotRead("no index")
    box = boxes[0]
    if box.kind != "letter" and not (box.kind == "word" and not box.sub):
        raise NotRead(f"{box.value!r} is no index")
    return str(box.value) + spelled(box.sub)


class FormulaReader:
    """Evaluates boxes.  scope: the values of indices and other symbols."""

    def __init__(self, boxes, scope):
        self.boxes, self.at, self.scope = boxes, 0, scope

    def next(self):
        return self.boxes[self.at] if self.at < len(self.boxes) else TypeBox("end", "")

    def is_mark(self, *values):
        return self.next().kind == "mark" and self.next().value in values

    def expect_end(self):
        if self.next().kind != "end":
            raise NotRead(f"{self.next().value!r} is left over")

    def whole(self, boxes):
        reader = FormulaReader(boxes, self.scope)
        found = reader.expression()
        reader.expect_end()
        return found

    def expression(self):
        total, sign = 0, 1
        if self.is_mark("-"):
            self.at, sign = self.at + 1, -1
        total = sign * self.term()
        while self.is_mark("+", "-"):
            sign = 1 if self.next().value == "+" else -1
            self.at += 1
            total += sign * self.term()
        return total % PRIME

    def term(self):
        found = self.factor()
        while self.next().kind == "separator":
            self.at += 1
            found = found * self.factor() % PRIME
        return found

    def factor(self):
        box = self.next()
        self.at += 1
        match box.kind:
            case "number":
                return self.raised(whole_or_decimal(box.value), box.sup)
            case "fraction":
                top, bottom = box.value
                return self.raised(self.whole(top) * inverse(self.whole(bottom)) % PRIME, box.sup)
            case "root":
                return self.raised(drawn("root", self.whole(box.value)), box.sup)
            case "group":
                return self.raised(self.whole(box.value), box.sup)
            case "big":
                return self.reduction(box)
            case "cases":
                return self.cases(box.value)
            case "mark":
                return self.bracketed(box.value)
            case "letter" | "word":
                return self.function(box) if self.is_mark("(") else self.entry(box)
        raise NotRead(f"{box.kind} {box.value!r} is no factor")

    def raised(self, base, exponent):
        return power(base, self.rational(exponent)) if exponent else base

    def rational(self, boxes):
        boxes = [box for box in boxes if box.kind != "separator"]
        if boxes and boxes[0].kind == "mark" and boxes[0].value == "-":
            return -self.rational(boxes[1:])
        if len(boxes) == 1 and boxes[0].kind == "group":
            return self.rational(boxes[0].value)
        if len(boxes) == 1 and boxes[0].kind == "number":
            return Fraction(str(boxes[0].value))
        if len(boxes) == 1 and boxes[0].kind == "fraction":
            return self.rational(boxes[0].value[0]) / self.rational(boxes[0].value[1])
        if len(boxes) == 3 and boxes[1].kind == "mark" and boxes[1].value == "/":
            return self.rational(boxes[:1]) / self.rational(boxes[2:])
        raise NotRead("an exponent that is no number")

    def reduction(self, box):
        (index, extent), relations = split(box.sub, "<")
        assert relations == ["<"]
        while self.next().kind == "separator":  # a space below which the sign's index has room
            self.at += 1
        name, count, start = symbol_name(index), self.whole(extent), self.at
        scope, self.scope = self.scope, dict(self.scope)

        def body(value):
            self.at, self.scope[name] = start, value
            return self.term()

        found = reduction(box.value, count, body)
        self.scope = scope
        return found

    def cases(self, rows):
        *cases, (otherwise, _) = rows
        found = self.whole(otherwise)
        for value, condition in cases:
            (left, right), (relation,) = split(condition, RELATIONS)
            found += self.whole(value) * drawn("case", relation, self.whole(left), self.whole(right))
        return found % PRIME

    def inside(self, closing):
        """The boxes up to the bracket that closes, and what stands above it."""
        depth, start = 1, self.at
        while depth:
            box = self.next()
            if box.kind == "end":
                raise NotRead(f"no {closing}")
            if box.kind == "mark":
                depth += (box.value in ("(", "[", "⌊")) - (box.value in (")", "]", "⌋"))
            self.at += 1
        if box.value != closing:
            raise NotRead(f"{box.value} for {closing}")
        return self.boxes[start : self.at - 1], box.sup

    def bracketed(self, opening):
        match opening:
            case "(":
                boxes, above = self.inside(")")
                parts, mods = split(boxes, ("mod",))
                found = drawn("mod", *map(self.whole, parts)) if mods else self.whole(boxes)
                return self.raised(found, above)
            case "[":
                parts, relations = split(self.inside("]")[0], RELATIONS)
                return drawn("bracket", tuple(relations), *map(self.whole, parts))
            case "⌊":
                parts, _ = split(self.inside("⌋")[0], ("/",))
                return drawn("floor", *map(self.whole, parts))
        raise NotRead(f"{opening!r} is no factor")

    def function(self, box):
        name = str(box.value) + (f"_{spelled(box.sub)}" if box.sub else "")
        name = WRITTEN.get(name, name)
        self.at += 1
        boxes, above = self.inside(")")
        return self.raised(drawn("function", name, box.primes, self.whole(boxes)), above)

    def entry(self, box):
        exponent = (
            box.sup
            if box.sup
            and not box.sub
            and all(one.kind in ("number", "fraction") or one.value == "/" for one in box.sup)
            else []
        )
        if box.accent == "" and (not box.sup or exponent):
            name = str(box.value) + spelled(box.sub)
            if name in self.scope:
                return self.raised(self.scope[name], exponent)
            if name == "pi":
                return drawn("pi")
        head, indices = named(TypeBox(box.kind, box.value, box.sub, [] if exponent else box.sup, 0, box.accent))
        return self.raised(drawn("entry", head, *map(self.whole, indices)), exponent)
