"""The equations of layers and costs in the shape that the theorem in Coq has, as expressions of the certificate.

A definition whose sensitivity a certificate does not state, as it is another one's, is written out where it is read
(the hidden state of an LSTM's cell).  All costs, with their weights, and the decay are one cost: the sensitivities of a
cost of weight w are w times those stated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dyadic.proofs.checker.intake.names import REDUCTIONS
from dyadic.proofs.checker.trust import FORMAL_SHAPE, called
from dyadic.proofs.methods.formal.tensors import Inexpressible


def rebuilt(e: Any, change: Callable[[Any], Any]) -> Any:
    """The expression with ``change`` applied to every part from the inside out."""
    if not isinstance(e, list):
        return e
    if e[0] == "entry":
        return change(["entry", e[1], e[2], [rebuilt(position, change) for position in e[3]]])
    return change([rebuilt(part, change) for part in e])


def substituted(e: Any, values: Mapping[str, Any]) -> Any:
    """Indices replaced by expressions that contain none of the expression's bound indices."""
    return rebuilt(e, lambda part: values.get(part[1], part) if part[0] == "index" else part)


def complete(content: Any) -> Any:
    """A layer's content in which every definition but the last has its sensitivity."""
    called(FORMAL_SHAPE)
    stated = {item["kind"] for item in content["intermediates"]}
    *inner, last = content["definitions"]
    missing = [item["kind"] for item in inner if f"bar {item['kind']}" not in stated]
    for number, kind in enumerate(missing):
        content = _written_out(content, kind, number)
    assert last["kind"] == content["definitions"][-1]["kind"]
    return content


def _written_out(content: Any, kind: str, number: int) -> Any:
    """The content without one of its definitions, which stands where it was read."""
    (item,) = (item for item in content["definitions"] if item["kind"] == kind)
    readings = 0

    def replace(e: Any) -> Any:
        nonlocal readings
        if e[:2] != ["entry", kind]:
            return e
        readings += 1
        fresh = _renamed(item["body"], f"{number}.{readings} ")
        return substituted(fresh, dict(zip(item["indices"], e[3], strict=True)))

    def anew(definition: Any) -> Any:
        return {**definition, "body": rebuilt(definition["body"], replace)}

    return {
        **content,
        "definitions": [anew(other) for other in content["definitions"] if other is not item],
        "intermediates": [anew(other) for other in content["intermediates"]],
        "adjoints": [anew(other) for other in content["adjoints"]],
        "gradients": {name: anew(other) for name, other in content["gradients"].items()},
    }


def _renamed(e: Any, prefix: str) -> Any:
    """Bound indices with a prefix, so that none of them can meet a position put in."""
    if not isinstance(e, list):
        return e
    if e[0] in REDUCTIONS:
        body = substituted(e[3], {e[1]: ["index", prefix + e[1]]})
        return [e[0], prefix + e[1], e[2], _renamed(body, prefix)]
    if e[0] == "entry":
        return ["entry", e[1], e[2], [_renamed(position, prefix) for position in e[3]]]
    return [_renamed(part, prefix) for part in e]


def cost_as_layer(content: Any) -> Any:
    """A cost's content with the fields of a layer's."""
    own = {"inputs": [content["input"]], "adjoints": [content["gradient"]], "parameters": {}, "gradients": {}}
    return {"extents": {}, **content, **own}


def weighted(content: Any, weight: Any) -> Any:
    """A cost's content, as a layer's, for the cost times a number other than 0."""
    if weight == 1:
        return content
    if weight == 0:
        raise Inexpressible("a cost of weight 0")
    top, bottom = (weight, 1) if isinstance(weight, int) else (weight[1], weight[2])
    inverse = ["rational", bottom if top > 0 else -bottom, abs(top)]

    def stated(e: Any) -> Any:
        return ["*", inverse, e] if e[0] == "entry" and e[1].startswith("bar ") else e

    def times(item: Any) -> Any:
        return {**item, "body": ["*", weight, rebuilt(item["body"], stated)]}

    def backward(item: Any) -> Any:
        return times(item) if item["kind"].startswith("bar ") else item

    *inner, last = content["definitions"]
    return {
        **content,
        "definitions": [*inner, {**last, "body": ["*", weight, last["body"]]}],
        "intermediates": [backward(item) for item in content["intermediates"]],
        "adjoints": [times(item) for item in content["adjoints"]],
    }


def numbered(content: Any, number: int, size: Callable[[Any], Any]) -> Any:
    """A cost's content, as a layer's, with sizes as numbers and with owners that another cost's content has not."""

    def own(name: str) -> str:
        return f"{number} {name}"

    def change(e: Any) -> Any:
        if e[:1] == ["size"]:
            return size(e)
        return ["entry", e[1], own(e[2]), e[3]] if e[:1] == ["entry"] else e

    def anew(item: Any) -> Any:
        shape = [size(extent) for extent in item["shape"]]
        return {**item, "owner": own(item["owner"]), "shape": shape, "body": rebuilt(item["body"], change)}

    groups = {key: list(map(anew, content[key])) for key in ("definitions", "intermediates", "adjoints")}
    return {**content, **groups, "inputs": list(map(own, content["inputs"]))}


def together(contents: list[Any]) -> Any:
    """The contents of several costs, as that of one layer, for their sum."""
    bodies = [content["definitions"][-1]["body"] for content in contents]
    first = contents[0]
    result = {**first["definitions"][-1], "body": bodies[0] if len(bodies) == 1 else ["+", *bodies]}
    joined = {
        key: [item for content in contents for item in content[key]] for key in ("intermediates", "adjoints", "inputs")
    }
    inner = [item for content in contents for item in content["definitions"][:-1]]
    return {**first, **joined, "definitions": [*inner, result]}


def decayed(content: Any, decay: Any, parameters: list[list[Any]]) -> Any:
    """A cost's content, as a layer's, with decay / 2 times the sum of all squared parameters.

    parameters: the shapes of the network's parameter tensors; their entries are read as ``theta k`` of ``v``.
    """
    if decay == 0:
        return content
    squares, gradients = [], {}
    for number, shape in enumerate(parameters):
        indices = [f"axis {axis}" for axis in range(len(shape))]
        entry = ["entry", f"theta {number}", "v", [["index", name] for name in indices]]
        term: Any = ["^", entry, 2]
        for name, extent in reversed(list(zip(indices, shape, strict=True))):
            term = ["sum", name, extent, term]
        squares.append(["*", decay, ["rational", 1, 2], term])
        body = ["*", decay, entry]
        gradients[str(number)] = {"kind": f"bar theta {number}", "shape": shape, "indices": indices, "body": body}
    *inner, last = content["definitions"]
    return {
        **content,
        "definitions": [*inner, {**last, "body": ["+", last["body"], *squares]}],
        "gradients": gradients,
    }
