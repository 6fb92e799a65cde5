"""Wrong versions of an equation, by the slips that people make; each returns None where it does not apply."""

from __future__ import annotations

from sympy import Add, Mul, Rational, preorder_traversal

from dyadic.symbolic.expressions import Apply, Definition, Element, Reduction
from dyadic.symbolic.tensor_names import Name, NameRole


def _first(body, wanted):
    return next((node for node in preorder_traversal(body) if wanted(node)), None)


def transposed(item, derivation):
    node = _first(item.body, lambda n: isinstance(n, Element) and len(n.indices) == 2 and n.name.is_plain("W"))
    return node and item.body.xreplace({node: Element(node.name, *reversed(node.indices))})


def term_forgotten(item, derivation):
    return Add(*item.body.args[1:]) if isinstance(item.body, Add) else None


def sign(item, derivation):
    if isinstance(item.body, Add):
        return Add(-item.body.args[0], *item.body.args[1:])
    return -item.body


def half(item, derivation):
    return Rational(1, 2) * item.body


def derivative_forgotten(item, derivation):
    node = _first(item.body, lambda n: isinstance(n, Apply) and n.order == 1)
    return node and item.body.xreplace({node: Apply(node.name, 0, node.argument)})


def at_x(item, derivation):
    """sigma'(x) in place of sigma'(z)."""
    node = _first(
        item.body, lambda n: isinstance(n, Apply) and isinstance(n.argument, Element) and n.argument.name.is_plain("z")
    )
    if node is None:
        return None
    z = node.argument
    return item.body.xreplace({node: Apply(node.name, node.order, Element(Name("x", z.name.owner), *z.indices))})


def layer_off(item, derivation):
    """The sensitivity of another layer of the same shape."""
    shapes = derivation.architecture.shapes
    node = _first(item.body, lambda n: isinstance(n, Element) and n.name.is_plain("s"))
    if node is None:
        return None
    names = [v.name for v in derivation.architecture.vertices]
    other = next((o for o in names if o != node.name.owner and shapes[o] == shapes[node.name.owner]), None)
    return other and item.body.xreplace({node: Element(Name("s", other), *node.indices)})


def activation_for_sensitivity(item, derivation):
    node = _first(item.body, lambda n: isinstance(n, Element) and n.name.is_plain("s"))
    return node and item.body.xreplace({node: Element(Name("x", node.name.owner), *node.indices)})


def factor_forgotten(item, derivation):
    node = _first(item.body, lambda n: isinstance(n, Mul) and sum(isinstance(f, Element | Apply) for f in n.args) > 1)
    if node is None:
        return None
    dropped = next(f for f in reversed(node.args) if isinstance(f, Element | Apply))
    return item.body.xreplace({node: Mul(*(f for f in node.args if f != dropped))})


def sum_forgotten_bias(item, derivation):
    node = _first(item.body, lambda n: isinstance(n, Element) and n.name.is_plain("b"))
    return node and item.body.xreplace({node: -node})


OPERATORS = (
    transposed, term_forgotten, sign, half, derivative_forgotten, at_x, layer_off, activation_for_sensitivity,
    factor_forgotten, sum_forgotten_bias,
)  # fmt: skip


def written_out(equation):
    """An equation with its bars put in (they are what sensitivities are made of), so that slips have a place."""
    body = equation.definition.body
    for item in reversed(equation.where):
        if item.tensor.name.role is NameRole.ADJOINT and not _reduces(item.body):
            for node in [n for n in preorder_traversal(body) if isinstance(n, Element)]:
                if node.name == item.tensor.name:
                    table = dict(zip(item.indices, node.indices, strict=True))
                    body = body.xreplace({node: item.body.xreplace(table)})
    return Definition(equation.definition.tensor, equation.definition.indices, body)


def _reduces(body):
    return any(isinstance(node, Reduction) for node in preorder_traversal(body))
