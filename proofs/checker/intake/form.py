"""The form of a certificate: every field typed and bounded, no field that is not known, the path of what is wrong.

A form is a function of a value and its path that raises :class:`Rejected`.  What has passed can be read without care:
every table has its keys, every number is an integer within bounds, every expression is one of the language.  The walk
descends no deeper than the bounds below allow, whatever the value is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import gcd
from typing import Any

from dyadic.proofs.checker.intake.reading import Rejected, shown

FORMAT = "dyadic-certificate/4"
ROLES = ("data", "index", "parameter", "constant")
VERDICTS = ("proved", "refuted", "undecided")
DEEPEST, MOST_NODES, MOST_WHOLE = 60, 200_000, 2_000
"""Bounds on one expression; MOST_WHOLE on one of sizes alone."""
LARGEST, LARGEST_POWER, LONGEST = 2**63, 2**22, 2**4096
"""Bounds on an integer of a size, an index or a bracket, on one of an exponent, and on one that a real number is made
of: 1e-308 can stand in an equation, and its powers."""
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
KIND = re.compile(rf"(?:bar |arg )?{IDENTIFIER.pattern}")
"""No name of a tensor, index, size, parameter or function reads like a sentence; those of vertices and inputs may."""
WHOLE, REAL = "an integer expression", "an expression"

Form = Callable[[Any, str], None]


def text(most: int = 200, pattern: str | None = None, form_of: str = "") -> Form:
    """Printable text; ``form_of``: of what, where the pattern says less than that."""
    matcher = None if pattern is None else re.compile(pattern)

    def form(value: Any, where: str) -> None:
        if not isinstance(value, str):
            raise Rejected(where, f"has the wrong type ({type(value).__name__}), not text")
        if not 0 < len(value) <= most or not value.isprintable():
            raise Rejected(where, f"is not printable text of at most {most} characters")
        if matcher is not None and not matcher.fullmatch(value):
            raise Rejected(where, f"is not of the form {form_of or pattern}")

    return form


def number(low: int = -LARGEST, high: int = LARGEST) -> Form:
    """An integer within bounds; true and 1.0 are none."""

    def form(value: Any, where: str) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Rejected(where, f"has the wrong type ({type(value).__name__}), not an integer")
        if not low <= value <= high:
            raise Rejected(where, "is out of range")

    return form


def listed(item: Form, low: int = 0, most: int = 100_000) -> Form:
    """A list of things of one form."""

    def form(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise Rejected(where, f"has the wrong type ({type(value).__name__}), not a list")
        if not low <= len(value) <= most:
            raise Rejected(where, f"does not have between {low} and {most} entries")
        for position, entry in enumerate(value):
            item(entry, f"{where}[{position}]")

    return form


def table(entry: Form, key: Form | None = None, low: int = 0, most: int = 100_000) -> Form:
    """A mapping from names to things of one form."""
    names = key or text()

    def form(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise Rejected(where, f"has the wrong type ({type(value).__name__}), not a table")
        if not low <= len(value) <= most:
            raise Rejected(where, f"does not have between {low} and {most} entries")
        for name, item in value.items():
            names(name, f"{where} (a key)")
            entry(item, f"{where}.{name:.60}")

    return form


def record(fields: Mapping[str, Form], optional: Mapping[str, Form] | None = None) -> Form:
    """A mapping with exactly these fields, and perhaps some of the optional ones."""
    further = optional or {}

    def form(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise Rejected(where or "certificate", f"has the wrong type ({type(value).__name__}), not a table")
        for name in fields:
            if name not in value:
                raise Rejected(f"{where}.{name}".lstrip("."), "is missing")
        for name, item in value.items():
            place = f"{where}.{name!s:.60}".lstrip(".")
            known = fields.get(name) or further.get(name)
            if known is None:
                raise Rejected(place, "is not a field that is known here")
            known(item, place)

    return form


def one_of(*values: str) -> Form:
    def form(value: Any, where: str) -> None:
        if not isinstance(value, str) or value not in values:
            raise Rejected(where, f"is not one of {', '.join(values)}")

    return form


def maybe(inner: Form) -> Form:
    """null, or a thing of a form."""

    def form(value: Any, where: str) -> None:
        if value is not None:
            inner(value, where)

    return form


def anything(value: Any, where: str, depth: int = 0, deepest: int = 12) -> None:
    """Any bounded JSON without numbers that are no integers: what has a reader of its own, or none."""
    if depth > deepest:
        raise Rejected(where, "is nested too deeply")
    if isinstance(value, float):
        raise Rejected(where, "is a number that is no integer")
    if isinstance(value, int) and not isinstance(value, bool):
        number(-(2**256), 2**256)(value, where)
    if isinstance(value, str) and (len(value) > 1000 or not value.isprintable()):
        raise Rejected(where, "is not printable text of at most 1000 characters")
    if isinstance(value, list):
        for position, item in enumerate(value):
            anything(item, f"{where}[{position}]", depth + 1, deepest)
    if isinstance(value, dict):
        for name, item in value.items():
            anything(name, f"{where} (a key)", depth + 1)
            anything(item, f"{where}.{name:.60}", depth + 1, deepest)


# -- expressions -----------------------------------------------------------------------------------------------------


def expression(kind: str) -> Form:
    """An expression of the language at the head of symbolic/serialise.py; kind: :data:`WHOLE` or :data:`REAL`.

    What has no value, or none that is used, is no part of an honest one and would be lost in a normal form: integers
    are divided by numbers and sizes only, sums run over numbers and sizes, an integer that is read is an index as it
    is, no product has a 0 in it and no power an exponent 0.
    """

    def form(value: Any, where: str) -> None:
        count = 0

        def visit(node: Any, real: bool, depth: int) -> None:
            nonlocal count
            count += 1
            if depth > DEEPEST or count > (MOST_NODES if kind == REAL else MOST_WHOLE):
                raise Rejected(where, "an expression is too deep or too long")
            if isinstance(node, int) and not isinstance(node, bool) and abs(node) < (LONGEST if real else LARGEST):
                return
            if not isinstance(node, list) or not node or not isinstance(node[0], str):
                raise Rejected(where, f"{shown(node)} is not {REAL if real else WHOLE}")
            for child, inner in _children(node, real, where):
                if not inner and isinstance(child, list) and child[:1] == ["entry"] and node[0] not in _READS:
                    raise Rejected(where, f"{shown(node)} counts or computes with an integer that is read")
                visit(child, inner, depth + 1)

        visit(value, kind == REAL, 0)

    return form


def _children(node: list[Any], real: bool, where: str) -> list[tuple[Any, bool]]:
    """The parts of a node that are expressions, and whether each may be a real one."""
    head, rest = node[0], node[1:]
    if head in ("size", "index") and len(rest) == 1 and _identifier(rest[0]) and (head == "size" or not real):
        return []
    if head == "entry" and len(rest) == 3 and _kind(rest[0]) and _name(rest[1]) and isinstance(rest[2], list):
        return [(index, False) for index in rest[2]]
    if head in ("+", "*") and len(rest) >= 2:
        if head == "*" and any(child == 0 for child in rest):
            raise Rejected(where, f"{shown(node)} is a product with 0")
        return [(child, real) for child in rest]
    if not real:
        if head in ("quotient", "remainder") and len(rest) == 2:
            _divisor(rest[1], where)
            return [(child, False) for child in rest]
    elif head in ("inside", "divides", "same") and len(rest) == 2:
        if head == "divides":
            _divisor(rest[0], where)
        return [(child, False) for child in rest]
    elif head == "rational":
        number_form(node, where)
        return []
    elif head == "^" and len(rest) == 2:
        number_form(rest[1], where, LARGEST_POWER)
        if rest[1] in (0, 1):
            raise Rejected(where, f"{shown(node)} is a power with the exponent {rest[1]}")
        return [(rest[0], True)]
    elif head == "apply" and len(rest) == 3 and _identifier(rest[0]) and rest[1] in (0, 1, 2) and type(rest[1]) is int:
        return [(rest[2], True)]
    elif head in ("sum", "logsumexp", "max", "argmax") and len(rest) == 3 and _identifier(rest[0]):
        if (isinstance(rest[1], int) and rest[1] < 1) or _names_an_index(rest[1]):
            raise Rejected(where, f"{shown(rest[1])} is no range")
        return [(rest[1], False), (rest[2], True)]
    raise Rejected(where, f"{shown(node)} is not {REAL if real else WHOLE}")


_READS = ("entry", "inside", "same", "divides")
"""Where an integer that is read may stand: as an index, or where a bracket compares it."""


def _divisor(node: Any, where: str) -> None:
    """It is a positive number, or made of sizes; of what it is made the readers of it look for themselves."""
    if (isinstance(node, int) and node < 1) or _names_an_index(node):
        raise Rejected(where, f"{shown(node)} is not seen to be positive, and something is divided by it")


def _names_an_index(node: Any) -> bool:
    """Whether an index or an entry stands in a range, which is the same for every entry of a tensor."""
    return isinstance(node, list) and (node[:1] in (["index"], ["entry"]) or any(map(_names_an_index, node)))


def _name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()


def _identifier(value: Any) -> bool:
    """Whether a text is the name of an index, a size or a function."""
    return isinstance(value, str) and IDENTIFIER.fullmatch(value) is not None


def _kind(value: Any) -> bool:
    """Whether a text is the name of a kind of tensor, derived ones among them."""
    return isinstance(value, str) and KIND.fullmatch(value) is not None


def number_form(value: Any, where: str, largest: int = LONGEST) -> None:
    """An integer or ["rational", p, q] in lowest terms with q > 1, of integers up to the largest."""
    if isinstance(value, int):
        number(-largest, largest)(value, where)
        return
    if not isinstance(value, list) or len(value) != 3 or value[0] != "rational":
        raise Rejected(where, f"{shown(value)} is not a number")
    number(-largest, largest)(value[1], where)
    number(2, largest)(value[2], where)
    if gcd(value[1], value[2]) > 1:
        raise Rejected(where, "is not in lowest terms")


# -- the parts of a certificate ----------------------------------------------------------------------------------------

DIGEST = text(64, "[0-9a-f]{64}")
_WHOLE, _REAL = expression(WHOLE), expression(REAL)
SHAPE = listed(_WHOLE, most=12)
# type(option=value, ...), of a fused layer several of these, in ASCII: no sentence passes for a label, not even one
# with blanks of another script between its words, and claims quote them.
_MORE = r"(?:[^\sA-Za-z=\"]|None|True|False)+"
_OPTION = rf"\w+=[^\s=\"]+(?:, {_MORE})*"
_TYPE = rf"[a-z][a-z0-9_]*(?:\({_OPTION}(?:, {_OPTION})*\))?"
LABEL = text(2000, rf"(?=[ -~]+\Z){_TYPE}(?: \+ {_TYPE})*", "type(option=value, ...)")
NAME, KIND_NAME = text(60, IDENTIFIER.pattern), text(64, KIND.pattern)
DEFINITION = record(
    {"kind": KIND_NAME, "owner": text(), "shape": SHAPE, "indices": listed(NAME, most=12), "body": _REAL}
)
LAYER = record({
    "label": LABEL,
    "inputs": listed(NAME, low=1, most=1000),
    "input_shapes": listed(SHAPE, low=1, most=1000),
    "parameters": table(record({"kind": KIND_NAME, "shape": SHAPE}), NAME),
    "extents": table(_WHOLE, NAME),
    "definitions": listed(DEFINITION, low=1, most=1000),
    "energy": DEFINITION,
    "stationarity": DEFINITION,
    "intermediates": listed(DEFINITION, most=3000),
    "adjoints": listed(DEFINITION, low=1, most=1000),
    "gradients": table(DEFINITION, NAME),
})  # fmt: skip
COST = record({
    "label": LABEL,
    "input": NAME,
    "shape": SHAPE,
    "target_shape": SHAPE,
    "target_role": one_of("data", "index"),
    "definitions": listed(DEFINITION, low=1, most=1000),
    "intermediates": listed(DEFINITION, most=3000),
    "gradient": DEFINITION,
})  # fmt: skip
_SIZES = table(_WHOLE, NAME)
ARCHITECTURE = record({
    "name": text(),
    "inputs": table(record({"shape": SHAPE, "role": one_of(*ROLES)}, {"below": _WHOLE}), low=1),
    "vertices": listed(
        record({"name": text(), "layer": DIGEST, "inputs": listed(text(), low=1, most=1000), "sizes": _SIZES}), low=1
    ),
    "costs": table(
        record({"cost": DIGEST, "input": text(), "sizes": _SIZES, "weight": number_form}), low=1, most=1000
    ),
    "decay": number_form,
})  # fmt: skip


def terms(value: Any, where: str) -> None:
    """[child or cost, slot]."""
    if not isinstance(value, list) or len(value) != 2:
        raise Rejected(where, "is not a pair of a name and an input slot")
    text()(value[0], f"{where}[0]")
    number(0, 1000)(value[1], f"{where}[1]")


def _object(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise Rejected(where, f"has the wrong type ({type(value).__name__}), not a table")
    anything(value, where)


CLAIM = record({
    "id": text(2500), "kind": text(), "subject": table(text(), most=20), "numbers": table(number(), most=20),
    "verdict": one_of(*VERDICTS), "statement": text(5000), "method": text(2000),
    "hypotheses": listed(text(2000), most=1000), "trusted": listed(text(2000), most=1000),
    "counterexample": maybe(_object), "witness": maybe(_object), "reason": maybe(text(2000)),
})  # fmt: skip
# As in PEP 440: numbers, and parts such as rc1, .post2, .dev3, +local.1.
_VERSION = r"(?:\d+!)?\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?(?:\.post\d+)?(?:\.dev\d+)?(?:\+[a-z0-9]{1,12})?|not installed"
_TERMS = table(listed(terms))
_RANKS = table(number(1, 10**7))
CERTIFICATE = record(
    {
        "format": one_of(FORMAT),
        "architecture": ARCHITECTURE,
        "layers": table(LAYER, DIGEST, low=1),
        "costs": table(COST, DIGEST, low=1),
        "terms": _TERMS,
        "shared": _TERMS,
        "ranks": record({"x": _RANKS, "s": _RANKS}),
        "L": number(1, 10**7),
        "steps": number(0, 10**7),
        "equations": table(
            record({"hash": DIGEST, "definition": DEFINITION, "where": listed(DEFINITION, most=20_000)}), text(500)
        ),
        "verdict": one_of(*VERDICTS),
        "claims": listed(CLAIM, low=1),
        "not_run": listed(text(), most=100),
        "proofs": table(lambda value, where: anything(value, where, 0, 80)),
        "functions": table(lambda value, where: anything(value, where, 0, 40), most=1000),
        "versions": table(text(60, _VERSION), one_of("dyadic", "sympy", "python-flint")),
        "hash": DIGEST,
    },
    {"compared": number(0, 1000)},
)
"""The whole file; docs/certificate.schema.json says the same in words that other programs read."""
