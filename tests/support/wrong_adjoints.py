"""Wrong versions of a derived equation: one change each."""

from sympy import Add, Integer, Mul

from dyadic.symbolic.expressions import (
    Bracket,
    Definition,
    Divides,
    Element,
    Expr,
    Inside,
    Quotient,
    Remainder,
    Same,
    walk,
)


def changed(body, old, new):
    """The body with one node replaced, inside indices and brackets too."""
    if body == old:
        return new
    arguments = [changed(a, old, new) if isinstance(a, Expr) else a for a in body.args]
    return body.func(*arguments) if body.args and arguments != list(body.args) else body


def nodes(body, *kinds):
    """The nodes of the given types, each once, those inside indices too."""
    found = {}
    for node in walk(body):
        for inner in [node, *(a for a in node.args if isinstance(a, Expr))]:
            found.update(dict.fromkeys(n for n in _all(inner) if isinstance(n, kinds)))
    return list(found)


def _all(node):
    yield node
    for argument in node.args:
        if isinstance(argument, Expr):
            yield from _all(argument)


def mutants(item):
    """(what was changed, the wrong definition)."""
    body = item.body
    for bracket in nodes(body, Bracket):
        yield f"without {bracket}", changed(body, bracket, Integer(1))
        match bracket:
            case Inside():
                yield f"{bracket} one lower", changed(body, bracket, Inside(bracket.args[0] + 1, bracket.args[1]))
                yield f"{bracket} longer", changed(body, bracket, Inside(bracket.args[0], bracket.args[1] + 1))
            case Divides():
                yield f"{bracket} shifted", changed(body, bracket, Divides(bracket.args[0], bracket.args[1] + 1))
            case Same():
                yield f"{bracket} shifted", changed(body, bracket, Same(bracket.args[0], bracket.args[1] + 1))
    for division in nodes(body, Quotient, Remainder):
        e, d = division.args
        yield f"{division} by one more", changed(body, division, division.func(e, d + 1))
        yield f"{division} of one more", changed(body, division, division.func(e + 1, d))
    for entry in nodes(body, Element):
        for one in range(len(entry.indices) - 1):
            swapped = list(entry.indices)
            swapped[one : one + 2] = swapped[one : one + 2][::-1]
            if swapped != list(entry.indices):
                yield f"{entry} swapped", changed(body, entry, Element(entry.name, *swapped))
    for sum_ in nodes(body, Add):
        if all(not isinstance(a, Element) for a in _all(sum_)):
            continue
        yield f"{sum_} without a term", changed(body, sum_, Add(*sum_.args[1:]))
    yield "doubled", Mul(2, body)
    yield "nothing", Integer(0)


def definitions(item):
    for what, body in mutants(item):
        if body != item.body:
            try:
                yield what, Definition(item.tensor, item.indices, body)
            except ValueError:
                continue
