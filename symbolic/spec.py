"""Reading an architecture from TOML, or from the same structure as a Python mapping.

Everything that a person can get wrong is reported as one :class:`SpecError` that names the layer and the
remedy.  Nothing that is read is ever evaluated.
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import networkx

from symbolic.architecture import Architecture, Input, Shape, extent_of, make_cost, make_vertex
from symbolic.costs import COST_OWNER, COSTS
from symbolic.errors import SpecError
from symbolic.layers import LAYERS, LayerType, Option

_SIZE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_LARGEST_FILE = 64 * 2**20


def read_spec(path: str | Path) -> Architecture:
    """Read a TOML file.  Raises :class:`SpecError` whose message starts with the file's name."""
    path = Path(path)
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise SpecError(str(path), "is larger than 64 MiB", "give an architecture in TOML")
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except OSError as error:
        raise SpecError(str(path), f"cannot be read ({error.strerror or error})", "check the path") from error
    except UnicodeDecodeError as error:
        raise SpecError(str(path), f"is not UTF-8 text (byte {error.start})", "give an architecture in TOML") from error
    except tomllib.TOMLDecodeError as error:
        raise SpecError(str(path), f"is not TOML: {error}", "mend the line, see https://toml.io") from error
    except RecursionError as error:
        raise SpecError(str(path), "is nested too deeply", "give an architecture in TOML") from error
    try:
        return architecture(data, default_name=path.stem)
    except SpecError as error:
        raise SpecError(f"{path}: {error.where}", error.problem, error.remedy) from error


def architecture(data: Mapping[str, Any], default_name: str = "network") -> Architecture:
    """Build an architecture from a mapping with the keys ``name``, ``inputs``, ``layers`` and ``cost``."""
    _finite(data, ())
    _known("the file", data, ("name", "inputs", "layers", "cost"))
    name = _name("name", data.get("name", default_name))
    inputs = _inputs(data.get("inputs"))
    layers = _layers(data.get("layers"), inputs)
    order = _topological(layers, inputs)
    shapes: dict[str, Shape] = {node.name: node.shape for node in inputs}
    vertices = []
    for layer_name in order:
        type_, options, parents = layers[layer_name]
        vertices.append(make_vertex(layer_name, type_, options, shapes, parents))
        shapes[layer_name] = vertices[-1].shape
    cost_type, cost_input = _cost(data.get("cost"), layers)
    _all_used(layers, inputs, cost_input)
    return Architecture(name, inputs, tuple(vertices), make_cost(cost_type, cost_input, shapes[cost_input]))


def _inputs(table: Any) -> tuple[Input, ...]:
    if not isinstance(table, Mapping) or not table:
        raise SpecError("inputs", "no input is given", "add [inputs.NAME] with shape = [SIZE]")
    found = []
    for name, entry in table.items():
        where = f"input {name!r}"
        if not isinstance(entry, Mapping):
            raise SpecError(where, f"must be a table, not {entry!r}", "write [inputs.NAME] with shape = [SIZE]")
        _known(where, entry, ("shape",))
        shape = entry.get("shape")
        if not isinstance(shape, list | tuple) or not shape:
            raise SpecError(where, f"shape must be a list of sizes, not {shape!r}", "write for instance shape = [64]")
        found.append(Input(_name(where, name), tuple(_size(where, "shape", value) for value in shape)))
    return tuple(found)


_Layer = tuple[str, dict[str, Any], tuple[str, ...]]


def _layers(array: Any, inputs: tuple[Input, ...]) -> dict[str, _Layer]:
    if not isinstance(array, list | tuple) or not array:
        raise SpecError("layers", "no layer is given", 'add [[layers]] with name = "..." and type = "..."')
    names = [_layer_name(position, entry) for position, entry in enumerate(array, 1)]
    taken: set[str] = {node.name for node in inputs}
    for name in names:
        if name in taken:
            raise SpecError(f"layer {name!r}", "the name is used twice", "give every input and layer a name of its own")
        taken.add(name)
    found: dict[str, _Layer] = {}
    for position, (name, entry) in enumerate(zip(names, array, strict=True)):
        where = f"layer {name!r}"
        type_ = _choice(where, "type", entry.get("type"), LAYERS)
        layer = LAYERS[type_]
        _known(where, entry, ("name", "type", "inputs", *layer.options))
        options = {key: _option(where, key, option, entry) for key, option in layer.options.items()}
        if "inputs" in entry:
            parents = _names(where, entry["inputs"])
        elif position > 0:
            parents = (names[position - 1],)
        elif len(inputs) == 1:
            parents = (inputs[0].name,)
        else:
            raise SpecError(where, "there are several inputs to choose from", 'write inputs = ["..."]')
        _arity(where, layer, parents)
        for parent in parents:
            if parent not in taken:
                raise SpecError(where, f"its input {parent!r} does not exist", _suggest(parent, taken))
        found[name] = (type_, options, parents)
    return found


def _layer_name(position: int, entry: Any) -> str:
    where = f"layer {position}"
    if not isinstance(entry, Mapping):
        raise SpecError(where, f"must be a table, not {entry!r}", "write [[layers]] before its keys")
    if "name" not in entry:
        raise SpecError(where, "has no name", 'add name = "..."')
    return _name(where, entry["name"])


def _arity(where: str, layer: LayerType, parents: tuple[str, ...]) -> None:
    smallest, largest = layer.arity
    if len(parents) < smallest or (largest is not None and len(parents) > largest):
        raise SpecError(
            where,
            f"has {len(parents)} input(s)",
            f"{layer.name} takes {layer.input_rule if largest is None else 'one input'}",
        )


def _topological(layers: Mapping[str, _Layer], inputs: Iterable[Input]) -> list[str]:
    graph: Any = networkx.DiGraph()
    graph.add_nodes_from(node.name for node in inputs)
    graph.add_nodes_from(layers)
    graph.add_edges_from((parent, name) for name, (_, _, parents) in layers.items() for parent in parents)
    try:
        order = list(networkx.topological_sort(graph))
    except networkx.NetworkXUnfeasible:
        cycle = [edge[0] for edge in networkx.find_cycle(graph)]
        path = " -> ".join([*cycle, cycle[0]])
        raise SpecError(
            f"layer {cycle[0]!r}", f"there is a cycle: {path}",
            "a cycle has no rank and no finite-time claim; remove one of these connections",
        ) from None  # fmt: skip
    return [name for name in order if name in layers]


def _cost(table: Any, layers: Mapping[str, _Layer]) -> tuple[str, str]:
    if not isinstance(table, Mapping):
        raise SpecError("cost", "no cost is given", 'add [cost] with type = "squared_error" or "cross_entropy"')
    _known("cost", table, ("type", "inputs"))
    type_ = _choice("cost", "type", table.get("type"), COSTS)
    names = _names("cost", table["inputs"]) if "inputs" in table else (list(layers)[-1],)
    if len(names) != 1:
        raise SpecError("cost", f"has {len(names)} inputs", f"{type_} takes one layer")
    if names[0] not in layers:
        raise SpecError("cost", f"its input {names[0]!r} is not a layer", _suggest(names[0], layers))
    return type_, names[0]


def _all_used(layers: Mapping[str, _Layer], inputs: Iterable[Input], output: str) -> None:
    used, stack = {output}, [output]
    while stack:
        for parent in layers[stack.pop()][2]:
            if parent not in used:
                used.add(parent)
                if parent in layers:
                    stack.append(parent)
    for kind, names in (("layer", layers), ("input", [node.name for node in inputs])):
        for name in names:
            if name not in used:
                raise SpecError(
                    f"{kind} {name!r}", "is unreachable from the cost: nothing it computes is used",
                    "connect it to a layer that leads to the cost, or remove it",
                )  # fmt: skip


def _option(where: str, key: str, option: Option, entry: Mapping[str, Any]) -> Any:
    if key not in entry:
        if option.default is None:
            raise SpecError(where, f"{key!r} is missing", f"add {key} = ...")
        return option.default
    value = entry[key]
    if option.kind == "size":
        return _size(where, key, value)
    if option.kind == "choice":
        return _choice(where, key, value, option.choices)
    if not isinstance(value, bool):
        raise SpecError(where, f"{key} must be true or false, not {value!r}", f"write {key} = true or {key} = false")
    return value


def _size(where: str, key: str, value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31:
        return extent_of(value)
    if isinstance(value, str) and _SIZE_NAME.match(value):
        return extent_of(value)
    raise SpecError(
        where, f"{key} holds {value!r}, which is not a size",
        'use a positive integer below 2^31, or a name such as "n" (letters, digits, underscores)',
    )  # fmt: skip


def _choice(where: str, key: str, value: Any, choices: Iterable[str]) -> str:
    names = list(choices)
    if value is None:
        raise SpecError(where, f"{key!r} is missing", f"choose one of {', '.join(names)}")
    if not isinstance(value, str) or value not in names:
        raise SpecError(where, f"{key} {value!r} is unknown", _suggest(str(value), names))
    return value


def _name(where: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > 200:
        raise SpecError(where, f"the name {value!r} cannot be used", "use printable text of at most 200 characters")
    if value == COST_OWNER:
        raise SpecError(where, f"the name {value!r} is reserved for the cost", "choose another name")
    return value


def _names(where: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not value or not all(isinstance(item, str) for item in value):
        raise SpecError(where, f"inputs must be a list of names, not {value!r}", 'write inputs = ["..."]')
    return tuple(value)


def _known(where: str, table: Mapping[str, Any], keys: Iterable[str]) -> None:
    allowed = list(keys)
    for key in table:
        if key not in allowed:
            raise SpecError(where, f"the key {key!r} is unknown", _suggest(str(key), allowed))


def _suggest(value: str, names: Iterable[str]) -> str:
    candidates = list(names)
    close = difflib.get_close_matches(value, candidates, n=1)
    listed = ", ".join(candidates[:20]) + (", ..." if len(candidates) > 20 else "")
    return f"did you mean {close[0]!r}? (known: {listed})" if close else f"known: {listed}"


def _finite(value: Any, path: tuple[str, ...]) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise SpecError(".".join(path), f"holds the non-finite number {value}", "use a finite number")
    if isinstance(value, Mapping):
        for key, item in value.items():
            _finite(item, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value, 1):
            label = item.get("name") if isinstance(item, Mapping) else None
            _finite(item, (*path, str(label if label is not None else position)))
