"""Adjoints for symbolic sizes, by another route than their derivation.

Proves: for one layer kind and all sizes, <s, Df v> = <(Df)^T s, v> for every direction v, where the left side
is the tangent (forward-mode) equation, written here from the layer's own equation, and the right side uses the
derived vector-Jacobian product.  Both sides are brought to a sum of products over index ranges by steps that
hold for all sizes (distributivity, exchange of finite sums, renaming of bound indices) and compared term by
term, so agreement is a proof.  A difference is only a refutation once numbers show it.

Trusts: the chain and product rules as coded here, and SymPy's arithmetic of polynomials in opaque symbols.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import count, permutations
from typing import Any

from flint import arb, ctx
from sympy import Add, Expr, Integer, Mul, Pow, Rational

from proofs.checker.identity import small_rational, small_rational_source
from proofs.checker.network import CostLayer, Layer, Tensors
from proofs.checker.rings import Ball, Tape, Undetermined
from proofs.claims import Claim, Verdict
from symbolic.energy import CostDerivation, LayerDerivation
from symbolic.expressions import Apply, Definition, Element, Index, Reduction, Tensor, total
from symbolic.serialise import cost_to_json, layer_to_json

TRUSTED = ("product and chain rule as coded in proofs/adjoint.py", "SymPy's arithmetic of opaque symbols")
METHOD = "pairing with the tangent equation, for all sizes"
_MOST_BOUND = 7
_NAMES = count()


def layer_claims(layer: LayerDerivation, suffix: str = "") -> list[Claim]:
    """One claim for the vector-Jacobian products of a layer kind, and one for its parameter gradients."""
    output = layer.equation.output
    s = Tensor("s", "v", output.tensor.shape)
    objective = (output, s[output.indices])
    claims = []
    for name, tensors, derived in (
        ("adjoint", layer.equation.inputs, layer.adjoints),
        (
            "gradient",
            tuple(p.tensor for p in layer.equation.parameters.values()),
            tuple(layer.gradients.values()),
        ),
    ):
        if not tensors:
            continue
        what = "vector-Jacobian product with respect to each input" if name == "adjoint" else "dE/dtheta"
        equal = all(
            _pairs(layer.equation.definitions, objective, layer.intermediates, tensor, item)
            for tensor, item in zip(tensors, derived, strict=True)
        )
        numbers = None if equal else layer_difference(layer, name)
        claims.append(
            _claim(
                f"{name}:{layer.label}{suffix}",
                f"{layer.label}: the {what} is the adjoint of the derivative",
                equal,
                numbers,
            )
        )
    return claims


def cost_claim(cost: CostDerivation) -> Claim:
    """The cost's gradient is the adjoint of its derivative."""
    output = cost.equation.definitions[-1]
    objective = (output, Integer(1))
    equal = _pairs(cost.equation.definitions, objective, cost.intermediates, cost.equation.input, cost.gradient)
    numbers = None if equal else cost_difference(cost)
    return _claim(
        f"adjoint:{cost.label}", f"{cost.label}: dC/dx is the adjoint of the cost's derivative", equal, numbers
    )


def _claim(name: str, statement: str, equal: bool, numbers: dict[str, Any] | None) -> Claim:
    hypotheses = (
        "every activation is differentiable where it is evaluated, or its derivative there is the stated convention",
    )
    if equal:
        return Claim(name, statement, Verdict.PROVED, METHOD, hypotheses, TRUSTED)
    if numbers:
        return Claim(
            name, statement, Verdict.REFUTED, "rigorous evaluation at small sizes", hypotheses, TRUSTED, numbers
        )
    reason = "the two sides have different normal forms, but no numbers were found that tell them apart"
    return Claim(name, statement, Verdict.UNDECIDED, METHOD, hypotheses, TRUSTED, reason=reason)


def _pairs(
    definitions: tuple[Definition, ...],
    objective: tuple[Definition, Expr],
    intermediates: tuple[Definition, ...],
    tensor: Tensor,
    derived: Definition,
) -> bool:
    """<weight, D output [direction]> = <derived, direction> as sums of products over index ranges."""
    direction = "dot " + tensor.kind
    tangents: dict[tuple[str, str], Definition] = {}
    for item in definitions:
        body = tangent(item, tensor, direction, tangents)
        name = Tensor("dot " + item.tensor.kind, item.tensor.owner, item.tensor.shape)
        tangents[item.tensor.kind, item.tensor.owner] = Definition(name, item.indices, body)
    output, weight = objective
    left: Expr = weight * tangents[output.tensor.kind, output.tensor.owner].body
    for index, extent in output.ranges.items():
        left = total(index, extent, left)
    moving = Element(direction, tensor.owner, *derived.indices)
    right: Expr = derived.body * moving
    for index, extent in derived.ranges.items():
        right = total(index, extent, right)
    bars = {(item.tensor.kind, item.tensor.owner): item for item in intermediates}
    known = {("dot " + kind, owner): item for (kind, owner), item in tangents.items()}
    return normal_form(left, known) == normal_form(right, bars)


def tangent(item: Definition, tensor: Tensor, direction: str, known: Mapping[tuple[str, str], Definition]) -> Expr:
    """The forward-mode derivative of a definition's body when ``tensor`` moves along ``direction``."""

    def move(node: Expr) -> Expr:
        if isinstance(node, Element):
            if (node.kind, node.owner) == (tensor.kind, tensor.owner):
                return Element(direction, node.owner, *node.indices)
            if (node.kind, node.owner) in known:
                return Element("dot " + node.kind, node.owner, *node.indices)
            return Integer(0)
        if isinstance(node, Add):
            return Add(*map(move, node.args))
        if isinstance(node, Mul):
            first, rest = node.args[0], Mul(*node.args[1:])
            return move(first) * rest + first * move(rest)
        if isinstance(node, Pow) and node.exp.is_Rational:
            return node.exp * node.base ** (node.exp - 1) * move(node.base)
        if isinstance(node, Apply):
            return Apply(node.name, node.order + 1, node.argument) * move(node.argument)
        if isinstance(node, Reduction) and node.kind == "sum":
            return total(node.index, node.extent, move(node.body))
        if isinstance(node, Reduction) and node is item.body:
            weight = Apply("exp", 0, node.body - item.element)
            return total(node.index, node.extent, weight * move(node.body))
        return Integer(0)

    return move(item.body)


Term = tuple[tuple[tuple[Index, Expr], ...], Expr]
_Table = Mapping[tuple[str, str], Definition]


def normal_form(expression: Expr, table: _Table) -> Counter[Any]:
    """A multiset of canonical terms with rational coefficients; entries defined in ``table`` are written out."""
    result: Counter[Any] = Counter()
    for bound, body in expand(expression, table):
        coefficient, rest = body.as_coeff_Mul()
        result[_canonical(bound, rest)] += Rational(coefficient)
    return Counter({term: count for term, count in result.items() if count != 0})


def expand(node: Expr, table: _Table) -> list[Term]:
    """Distribute products over sums and pull reductions out: (bound indices, product of atoms) terms."""
    if isinstance(node, Element) and (node.kind, node.owner) in table:
        item = table[node.kind, node.owner]
        return expand(item.body.xreplace(dict(zip(item.indices, node.indices, strict=True))), table)
    if isinstance(node, Add):
        return [term for part in node.args for term in expand(part, table)]
    if isinstance(node, Reduction) and node.kind == "sum":
        # Every binder gets a name used nowhere else, so that nothing is captured when terms are multiplied.
        unique = Index(f"~{next(_NAMES)}")
        terms = expand(node.body.xreplace({node.index: unique}), table)
        return [(((unique, node.extent), *bound), body) for bound, body in terms]
    if isinstance(node, Pow) and isinstance(node.base, Add) and node.exp.is_Integer and 0 < node.exp <= 4:
        return _product([node.base] * int(node.exp), table)
    if isinstance(node, Mul):
        return _product(node.args, table)
    return [((), node)]


def _product(factors: Iterable[Expr], table: _Table) -> list[Term]:
    result: list[Term] = [((), Integer(1))]
    for factor in factors:
        parts = expand(factor, table)
        result = [((*b1, *b2), one * two) for b1, one in result for b2, two in parts]
    return result


def _canonical(bound: tuple[tuple[Index, Expr], ...], body: Expr) -> Any:
    """The smallest name for a term over all renamings of its bound indices."""
    if len(bound) > _MOST_BOUND:
        return ("too many bound indices", bound, body)
    best: Any = None
    for order in permutations(bound):
        table = {index: Index(f"_{position}") for position, (index, _) in enumerate(order)}
        candidate = (str([extent for _, extent in order]), str(body.xreplace(table)))
        if best is None or candidate < best:
            best = candidate
    return best


# -- numbers that tell a wrong adjoint apart -------------------------------------------------------------------


def layer_difference(layer: LayerDerivation, what: str, tries: int = 12) -> dict[str, Any] | None:
    """Small sizes and rationals at which the derived adjoint (or gradient) differs from the derivative."""
    content = layer_to_json(layer)
    names = _size_names(content)
    for seed in range(tries):
        # Different sizes show most; equal ones are needed where a swapped index would leave the array otherwise.
        sizes = {name: 2 if seed % 2 else 1 + (seed // 2 + k) % 3 for k, name in enumerate(names)}
        found = _numbers(content, sizes, what, seed)
        if found:
            return found
    return None


def _numbers(content: Any, sizes: dict[str, int], what: str, seed: int) -> dict[str, Any] | None:
    before, ctx.prec = ctx.prec, 192
    draw, tape = small_rational_source(seed), Tape(Ball())
    try:
        plain, taped = Layer(content, sizes, Ball(), "layer"), Layer(content, sizes, tape, "layer")
        output = taped.definitions[-1]
        keys = [("x", owner) for owner in plain.owners]
        tensors: Tensors = {key: {} for key in keys}
        for item, key in zip(plain.adjoints, keys, strict=True):
            tensors[key] = {place: draw(f"{key} {place}") for place in item.places}
        for name, item in plain.gradients.items():
            key = (plain.parameters[name][0], "v")
            tensors[key] = {place: draw(f"{key} {place}") for place in item.places}
        tensors["s", "v"] = {place: draw(f"s {place}") for place in output.places}
        on_tape = {key: {at: tape.variable(value) for at, value in table.items()} for key, table in tensors.items()}
        values = dict(tensors)
        value = taped.forward(dict(on_tape))
        goal = tape.add([tape.mul([value[at], on_tape["s", "v"][at]]) for at in output.places])
        exact = tape.backward(goal)
        plain.forward(values)
        contributions = plain.backward(values)
        if what == "adjoint":
            claimed = dict(zip(keys, contributions, strict=True))
        else:
            claimed = {(plain.parameters[n][0], "v"): g.evaluate(values) for n, g in plain.gradients.items()}
        for key, table in claimed.items():
            for at, number in table.items():
                if not number.overlaps(exact[on_tape[key][at]]):
                    return _report(
                        sizes, tensors, seed, f"{key[0]}_{key[1]}{list(at)}", number, exact[on_tape[key][at]]
                    )
    except (Undetermined, KeyError):
        return None
    finally:
        ctx.prec = before
    return None


def cost_difference(cost: CostDerivation, tries: int = 12) -> dict[str, Any] | None:
    """The same for a cost's gradient."""
    content = cost_to_json(cost)
    before, ctx.prec = ctx.prec, 192
    try:
        for seed in range(tries):
            sizes = {name: 2 + (seed + k) % 2 for k, name in enumerate(_size_names(content))}
            draw, tape = small_rational_source(seed), Tape(Ball())
            plain, taped = CostLayer(content, sizes, Ball(), "cost"), CostLayer(content, sizes, tape, "cost")
            keys = (("x", plain.owner), ("y", "cost"))
            tensors: Tensors = {key: {at: draw(f"{key} {at}") for at in plain.gradient.places} for key in keys}
            on_tape = {key: {at: tape.variable(v) for at, v in table.items()} for key, table in tensors.items()}
            exact = tape.backward(taped.value(dict(on_tape)))
            for at, number in plain.sensitivity(dict(tensors)).items():
                wanted = exact[on_tape[keys[0]][at]]
                if not number.overlaps(wanted):
                    return _report(sizes, tensors, seed, f"x{list(at)}", number, wanted)
    finally:
        ctx.prec = before
    return None


def _report(sizes: dict[str, int], tensors: Tensors, seed: int, entry: str, claimed: arb, exact: arb) -> dict[str, Any]:
    values = {
        f"{key[0]}_{key[1]}{list(at)}": str(small_rational(f"s {at}" if key[0] == "s" else f"{key} {at}", seed))
        for key, table in tensors.items()
        if key[0] in {"x", "s", "y"} or key[1] == "v"
        for at in table
    }
    return {
        "sizes": sizes,
        "values": values,
        "derivative_with_respect_to": entry,
        "claimed": claimed.str(20, radius=False),
        "exact": exact.str(20, radius=False),
    }


def _size_names(node: Any) -> list[str]:
    found: dict[str, None] = {}
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            if len(item) == 2 and item[0] == "size":
                found[item[1]] = None
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())
    return sorted(found)
