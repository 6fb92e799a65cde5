"""Graphs of ONNX files as data: nodes that hold graphs, names made anew, and what integers are used for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from dyadic.symbolic.readers.onnx_node import Known, Value

Scope = tuple[tuple[str, str], ...]
"""Where a graph is: for each node around it one of its outputs and the attribute that holds the graph."""
_CHOOSING = ("Gather", "GatherElements", "ScatterElements")
_LAYOUTS = ("Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose", "Expand", "Slice", "Concat", "Tile")


def graphs(node: Any) -> Iterator[Any]:
    """The graphs that a node holds in its attributes."""
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def inside(node: Any) -> Iterator[Any]:
    """The nodes of the graphs that a node holds, at any depth."""
    for graph in graphs(node):
        yield from nodes(graph)


def nodes(graph: Any) -> Iterator[Any]:
    """The nodes of a graph, and those of the graphs that they hold."""
    for node in graph.node:
        yield node
        yield from inside(node)


def renamed(graph: Any, ending: str) -> Any:
    """A copy of a graph in which all that it makes itself has other names, so that it can be read more than once."""
    copy = type(graph)()
    copy.CopyFrom(graph)
    own = {value.name for value in (*graph.input, *graph.initializer)}
    own |= {name for node in graph.node for name in node.output}
    table = {name: name + ending for name in own if name}
    for value in (*copy.input, *copy.initializer):
        value.name = table[value.name]
    _rename(copy, table)
    return copy


def _rename(graph: Any, table: Mapping[str, str]) -> None:
    for node in graph.node:
        node.input[:] = [table.get(name, name) for name in node.input]
        node.output[:] = [table.get(name, name) for name in node.output]
        node.name = ""  # of an iteration among many
        for inner in graphs(node):
            _rename(inner, table)
    for value in graph.output:
        value.name = table.get(value.name, value.name)


class ArrayNames:
    """What arrays are called: those of two graphs have two names, though both graphs use one for them.

    An array of a graph that is read more than once has one name, so that it is one parameter.
    """

    def __init__(self) -> None:
        self._given: dict[tuple[Scope, str], str] = {}
        self._taken: set[str] = set()

    def of(self, scope: Scope, name: str) -> str:
        """The name of an array that the graph at ``scope`` calls ``name``."""
        if (scope, name) not in self._given:
            others = (f"{name}.{k}" for k in count(2))
            chosen = name if name not in self._taken else next(other for other in others if other not in self._taken)
            self._given[scope, name] = chosen
            self._taken.add(chosen)
        return self._given[scope, name]


def rows_looked_up(
    name: str, readers: Iterable[Any], values: Mapping[str, Value | None], shapes: Mapping[str, tuple[int, ...]]
) -> int | None:
    """The entries that an integer input chooses from, directly or laid out anew; None if it chooses from nothing."""
    rows: list[int] = []
    found, names = {name}, [name]
    every = list(readers)
    while names:
        tensor = names.pop()
        for node in every:
            if tensor not in node.input:
                continue
            attributes = {attribute.name: attribute.i for attribute in node.attribute}
            if node.op_type in _CHOOSING and node.input[1] == tensor:
                table = values.get(node.input[0])
                shape = table.array.shape if isinstance(table, Known) else shapes.get(node.input[0])
                if shape is not None and -len(shape) <= attributes.get("axis", 0) < len(shape):
                    rows.append(int(shape[attributes.get("axis", 0)]))
            elif (node.op_type in _LAYOUTS and node.input[0] == tensor) or (
                node.op_type == "Cast" and attributes.get("to") in (6, 7)
            ):
                names += [other for other in node.output if other not in found]
                found |= set(node.output)
    return min(rows, default=None)
