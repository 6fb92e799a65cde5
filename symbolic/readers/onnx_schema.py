"""Whether a node is one of its operator's: what the schema says of attributes, operands and results."""

from __future__ import annotations

from collections import Counter
from typing import Any

from dyadic.symbolic.readers.onnx_graphs import graphs

DEFAULT_DOMAINS = ("", "ai.onnx")


def opset_of(proto: Any) -> int:
    return max((entry.version for entry in proto.opset_import if entry.domain in DEFAULT_DOMAINS), default=0)


class Schemas:
    """The schemas of the operators of a model's opsets."""

    def __init__(self, onnx: Any, proto: Any) -> None:
        self.onnx, self.opset = onnx, opset_of(proto)
        self.opsets = {entry.domain: entry.version for entry in proto.opset_import}
        self.context = onnx.checker.C.CheckerContext()
        self.context.ir_version = max(proto.ir_version, 3)
        self.context.opset_imports = {"" if domain == "ai.onnx" else domain: v for domain, v in self.opsets.items()}

    def of(self, node: Any) -> Any:
        """The schema of a node's operator, or None."""
        domain = "" if node.domain in DEFAULT_DOMAINS else node.domain
        version = self.opsets.get(node.domain, 0) if domain else self.opset
        if not self.onnx.defs.has(node.op_type, version, domain):
            return None
        return self.onnx.defs.get_schema(node.op_type, version, domain)

    def misfit(self, node: Any) -> str:
        """Why a node is none of its operator's; empty where it is, or where there is no schema to say so.

        Every attribute is one of the schema's, of its type, and given once, with a value of its own.
        """
        schema = self.of(node)
        if schema is None:
            return ""
        stated = schema.attributes
        for name, count in Counter(attribute.name for attribute in node.attribute).items():
            if count > 1:
                return self._message(f"its attribute {name:.60} is given {count} times")
        for attribute in node.attribute:
            if attribute.name not in stated:
                return self._message(f"it has no attribute {attribute.name:.60}")
            wanted = stated[attribute.name].type.name
            given = self.onnx.AttributeProto.AttributeType.Name(attribute.type)
            if given != wanted:
                return self._message(f"its attribute {attribute.name} is of the type {given}, not {wanted}")
            if attribute.ref_attr_name:
                return self._message(f"its attribute {attribute.name} refers to a function around it")
        missing = [name for name, entry in stated.items() if entry.required and name not in _names(node)]
        if missing:
            return self._message(f"its attribute {missing[0]} is missing")
        return "" if next(graphs(node), None) is not None else self._checked(node)

    def _checked(self, node: Any) -> str:
        """What onnx's own checker finds; what a graph inside of a node reads from outside is not known to it."""
        try:
            self.onnx.checker.check_node(node, self.context)
        except self.onnx.checker.ValidationError as error:
            return self._message(str(error).splitlines()[0][:200])
        return ""

    def _message(self, text: str) -> str:
        return f"is no such operator of opset {self.opset}: {text}"


def _names(node: Any) -> set[str]:
    return {attribute.name for attribute in node.attribute}


__all__ = ["DEFAULT_DOMAINS", "Schemas", "opset_of"]
