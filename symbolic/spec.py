"""Reading an architecture from TOML, or from the same structure as a Python mapping.

Everything that a person can get wrong is reported as one :class:`SpecError` that names the layer and the
remedy.  Nothing that is read is ever evaluated.
"""

from __future__ import annotations

import json
import tomllib
from collections import ChainMap
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from dyadic.symbolic.costs import COST_OWNER, COSTS
from dyadic.symbolic.errors import SpecError, as_written
from dyadic.symbolic.layers import LAYERS, LayerType, ShapeError
from dyadic.symbolic.layers.layer_type import Shape
from dyadic.symbolic.limits import few_axes, few_inputs, few_layers, refuse_weights, regular_file, short_keys
from dyadic.symbolic.looks import look
from dyadic.symbolic.options import (
    TAKEN_BY_ABSTRACT_COSTS,
    checked_name,
    choice,
    decimal,
    finite,
    known,
    name_list,
    number,
    read_options,
    size_of,
    suggest,
    tensor_name,
    told_apart,
)
from dyadic.symbolic.structure import Architecture, Cost, Input, InputRole, Vertex, make_cost, make_vertex, show
from dyadic.symbolic.unroll import UNROLLED, Expansion, LayerEntry, Unrolled

LAYER_TYPES: Mapping[str, LayerType | Unrolled] = ChainMap[str, Any](UNROLLED, LAYERS)
"""What a layer of a specification can be: those with an equation, as they are registered, then those unrolled."""
"""What a layer's ``type`` may be."""


def read_spec(path: str | Path) -> Architecture:
    """Read a TOML file.  Raises :class:`SpecError` whose message starts with the file's name."""
    path = Path(path)
    regular_file(path)
    try:
        refuse_weights(path)
        text = path.read_text(encoding="utf-8-sig")  # a byte order mark is no text
        data = _toml(path, text)
    except OSError as error:
        raise SpecError(str(path), f"cannot be read ({error.strerror or error})", "check the path") from error
    except UnicodeDecodeError as error:
        raise SpecError(str(path), f"is not UTF-8 text (byte {error.start})", "give an architecture in TOML") from error
    try:
        return replace(architecture(data, default_name=path.stem), reading=(path.name,))
    except SpecError as error:
        raise SpecError(f"{path}: {error.where}", error.problem, error.remedy) from error


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        short_keys(text)
        return tomllib.loads(text, parse_float=decimal)
    except SpecError as error:
        raise SpecError(f"{path}: {error.where}", error.problem, error.remedy) from error
    except tomllib.TOMLDecodeError as error:
        if _is_certificate(text):
            raise SpecError(str(path), "is a certificate, and no architecture", f"use `dyadic check {path}`") from error
        problem = f"is not TOML: {str(error)[:200]}"
        raise SpecError(str(path), problem, "mend the line, see https://toml.io") from error
    except ValueError as error:  # a number of very many digits, a date that there is not
        raise SpecError(str(path), f"holds a value that cannot be read ({str(error)[:60]})", "mend it") from error
    except RecursionError as error:
        raise SpecError(str(path), "is nested too deeply", "give an architecture in TOML") from error


def _is_certificate(text: str) -> bool:
    """Whether it is what ``verify --certificate`` writes."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(data, dict) and {"architecture", "claims", "verdict", "equations"} <= set(data)


def architecture(data: Mapping[str, Any], default_name: str = "network") -> Architecture:
    """Build an architecture from a mapping with the keys of a TOML file (docs/specification.md)."""
    if not isinstance(data, Mapping):
        raise SpecError(
            "the architecture", f"is of the type {type(data).__name__}", "give a mapping with the keys of a TOML file"
        )
    try:
        finite(data, ())
    except RecursionError as error:
        raise SpecError("the architecture", "is nested too deeply, or holds itself", "write it flat") from error
    known("the file", data, ("name", "inputs", "parameters", "constants", "layers", "cost", "costs", "weight_decay"))
    name = checked_name("name", data.get("name", default_name))
    inputs = _inputs(data)
    layers = _layers(data.get("layers"), inputs)
    order = _topological(layers, inputs)
    shapes: dict[str, Shape] = {node.name: node.shape for node in inputs}
    values = _values(data, shapes)
    vertices: list[Vertex] = []
    further: list[Input] = []
    for layer_name in order:
        _check_roles(layer_name, layers[layer_name], inputs)
        expansion = _expand(layer_name, layers[layer_name], shapes, [*layers, *shapes])
        further += expansion.inputs
        shapes |= {node.name: node.shape for node in expansion.inputs}
        values |= expansion.values
        for part, (part_type, part_options, part_parents) in expansion.layers.items():
            vertices.append(make_vertex(part, part_type, part_options, shapes, part_parents))
            shapes[part] = vertices[-1].shape
    _check_tables(vertices, inputs)
    costs = _costs(data, layers, shapes)
    _all_used(layers, inputs, [cost.input for cost in costs])
    decay = number("the file", "weight_decay", data.get("weight_decay", 0))
    found = Architecture(name, (*inputs, *further), tuple(vertices), costs, decay, values=values)
    taken = sorted(set(found.unknown_sizes) & set(TAKEN_BY_ABSTRACT_COSTS))
    if taken and any(cost.type == "abstract" for cost in costs):
        raise SpecError(
            f"the size {taken[0]!r}", "stands for something else in the abstract cost's equations", "rename it"
        )
    return found


def _expand(name: str, layer: LayerEntry, shapes: Mapping[str, Shape], taken: Iterable[str]) -> Expansion:
    """The vertices that a layer stands for: itself, but for a recurrent one (:mod:`dyadic.symbolic.unroll`)."""
    type_, options, parents = layer
    if type_ not in UNROLLED:
        return Expansion(layers={name: layer})
    where = f"layer {name!r}"
    try:
        found = UNROLLED[type_].expand(name, options, shapes, parents)
    except ShapeError as error:
        raise SpecError(where, error.problem, error.remedy) from error
    for new in (*(node.name for node in found.inputs), *found.layers):
        if new != name and new in taken:
            raise SpecError(where, f"needs the name {new!r}, which is taken", "rename the other one")
    return found


def _check_roles(name: str, layer: LayerEntry, inputs: Iterable[Input]) -> None:
    """Integers may only be read where a layer looks something up, and only integers there."""
    type_, _, parents = layer
    where, integer = f"layer {name!r}", {node.name: node for node in inputs if node.role == "index"}
    for slot, parent in enumerate(parents):
        wanted = slot in LAYER_TYPES[type_].index_slots
        if wanted and parent not in integer:
            raise SpecError(where, f"its input {parent!r} holds no integers", "give that input a key below = COUNT")
        if not wanted and parent in integer:
            remedy = "read it through an embedding or a gather, or leave out its key 'below'"
            raise SpecError(where, f"its input {parent!r} holds integers", remedy)


def _check_tables(vertices: Iterable[Vertex], inputs: Iterable[Input]) -> None:
    """An input's integers are below the length of the axis that they choose from, whatever a size that is a name is."""
    below = {node.name: node.below for node in inputs if node.role == "index"}
    for vertex in vertices:
        for parent, extent in vertex.lookups:
            bound = below.get(parent)
            if bound is None or bound == extent:
                continue
            if not (bound.is_Integer and extent.is_Integer and bound < extent):
                problem = f"its input {parent!r} holds integers below {bound}, but has to choose among {extent}"
                raise SpecError(f"layer {vertex.name!r}", problem, "make them agree")


_ROLES: dict[str, InputRole] = {"inputs": "data", "parameters": "parameter", "constants": "constant"}


def _inputs(data: Mapping[str, Any]) -> tuple[Input, ...]:
    tables = {group: data.get(group, {}) for group in _ROLES}
    if not isinstance(tables["inputs"], Mapping) or not tables["inputs"]:
        raise SpecError("inputs", "no input is given", "add [inputs.NAME] with shape = [SIZE]")
    found: list[Input] = []
    looks: dict[str, str] = {}
    for group, role in _ROLES.items():
        if not isinstance(tables[group], Mapping):
            raise SpecError(group, f"must be a table, not {as_written(tables[group])}", f"write [{group}.NAME]")
        for name, entry in tables[group].items():
            found.append(_input(group, role, name, entry))
            if any(other.name == name for other in found[:-1]):
                raise SpecError(f"{group[:-1]} {name!r}", "the name is used twice", "give each a name of its own")
            told_apart(f"{group[:-1]} {name!r}", name, looks)
    return tuple(found)


def _input(group: str, role: InputRole, name: str, entry: Any) -> Input:
    where = f"{group[:-1]} {name!r}"
    if not isinstance(entry, Mapping):
        raise SpecError(where, f"must be a table, not {as_written(entry)}", f"write [{group}.NAME] with shape = [SIZE]")
    known(where, entry, {"inputs": ("shape", "below"), "constants": ("shape", "values")}.get(group, ("shape",)))
    shape = entry.get("shape")
    scalar = group != "inputs" and isinstance(shape, list | tuple)
    if not isinstance(shape, list | tuple) or not (shape or scalar):
        raise SpecError(
            where, f"shape must be a list of sizes, not {as_written(shape)}", "write for instance shape = [64]"
        )
    few_axes(where, len(shape))
    extents = tuple(size_of(where, "shape", value) for value in shape)
    if "below" in entry:
        return Input(tensor_name(where, name), extents, "index", size_of(where, "below", entry["below"]))
    return Input(tensor_name(where, name), extents, role)


def _values(data: Mapping[str, Any], shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Given arrays of constants."""
    found = {}
    for name, entry in data.get("constants", {}).items():
        if "values" in entry:
            array = _numbers(f"constant {name!r}", entry["values"])
            if array.shape != tuple(shapes[name]):
                problem = f"values have the shape {list(array.shape)}, not {show(shapes[name])}"
                raise SpecError(f"constant {name!r}", problem, "make them agree")
            found[name] = array
    return found


def _numbers(where: str, values: Any) -> Any:
    """An array of finite numbers; no text, truth value or complex number passes for one."""
    remedy = "write numbers in lists that are all equally long, or an array of them"
    try:
        array = np.asarray(_rounded(values))
    except (TypeError, ValueError, OverflowError) as error:
        raise SpecError(where, "values are not numbers in a regular list", remedy) from error
    if array.dtype.kind == "O" and all(type(value) is int for value in array.ravel()):
        raise SpecError(where, "values hold an integer beyond 64 bits", remedy)
    if array.dtype.kind not in "iuf" or _holds_truth(values):
        raise SpecError(where, "values are not numbers in a regular list", remedy)
    if not np.isfinite(array).all():
        raise SpecError(where, "values hold an infinity or NaN", "write finite numbers")
    return array.astype(float)


def _rounded(values: Any) -> Any:
    """Lists with the decimals of a file rounded to float64."""
    if isinstance(values, list | tuple):
        return [*map(_rounded, values)]
    return float(values) if isinstance(values, Fraction) else values


def _holds_truth(values: Any) -> bool:
    """Whether a truth value stands among the numbers of a list, where NumPy takes it for 0 or 1."""
    if isinstance(values, list | tuple):
        return any(map(_holds_truth, values))
    return isinstance(values, bool | np.bool_)


def _layers(array: Any, inputs: tuple[Input, ...]) -> dict[str, LayerEntry]:
    if isinstance(array, dict) and array:
        raise SpecError("layers", "is a table", 'start every layer with [[layers]], and give its name as name = "..."')
    if not isinstance(array, list | tuple) or not array:
        raise SpecError("layers", "no layer is given", 'add [[layers]] with name = "..." and type = "..."')
    few_layers("the file", len(array))
    names = [_layer_name(position, entry) for position, entry in enumerate(array, 1)]
    taken: set[str] = {node.name for node in inputs}
    looks = {look(name): name for name in taken}
    for name in names:
        if name in taken:
            raise SpecError(f"layer {name!r}", "the name is used twice", "give every input and layer a name of its own")
        taken.add(name)
        told_apart(f"layer {name!r}", name, looks)
    found: dict[str, LayerEntry] = {}
    for position, (name, entry) in enumerate(zip(names, array, strict=True)):
        where = f"layer {name!r}"
        type_ = choice(where, "type", entry.get("type"), LAYER_TYPES)
        layer = LAYER_TYPES[type_]
        known(where, entry, ("name", "type", "inputs", *layer.options))
        options = read_options(where, layer.options, entry)
        if "inputs" in entry:
            parents = name_list(where, entry["inputs"])
        elif position > 0:
            parents = (names[position - 1],)
        elif len(data_inputs := [node for node in inputs if node.role in ("data", "index")]) == 1:
            parents = (data_inputs[0].name,)
        else:
            raise SpecError(where, "there are several inputs to choose from", 'write inputs = ["..."]')
        _arity(where, layer, parents)
        for parent in parents:
            if parent not in taken:
                raise SpecError(where, f"its input {parent!r} does not exist", suggest(parent, taken))
        found[name] = (type_, options, parents)
    return found


def _layer_name(position: int, entry: Any) -> str:
    where = f"layer {position}"
    if not isinstance(entry, Mapping):
        raise SpecError(where, f"must be a table, not {as_written(entry)}", "write [[layers]] before its keys")
    if "name" not in entry:
        raise SpecError(where, "has no name", 'add name = "..."')
    return tensor_name(where, entry["name"])


def _arity(where: str, layer: LayerType | Unrolled, parents: tuple[str, ...]) -> None:
    few_inputs(where, len(parents))
    smallest, largest = layer.arity
    if len(parents) < smallest or (largest is not None and len(parents) > largest and not layer.parametric):
        counts = {1: "one input", 2: "two inputs", 3: "three inputs"}
        wanted = counts.get(smallest, layer.input_rule) if smallest == largest else layer.input_rule
        raise SpecError(where, f"has {len(parents)} input(s)", f"{layer.name} takes {wanted}")


def _topological(layers: Mapping[str, LayerEntry], inputs: Iterable[Input]) -> list[str]:
    """The layers, each after what it reads, otherwise in the order in which their last parent comes."""
    readers: dict[str, list[str]] = {name: [] for name in (*(node.name for node in inputs), *layers)}
    missing = {name: set(parents) for name, (_, _, parents) in layers.items()}
    for name, (_, _, parents) in layers.items():
        for parent in dict.fromkeys(parents):
            readers[parent].append(name)
    order = [name for name in readers if not missing.get(name)]
    for name in order:  # grows while it is read
        for reader in readers[name]:
            missing[reader].discard(name)
            if not missing[reader]:
                order.append(reader)
    if len(order) < len(readers):
        cycle = _cycle({name: left for name, left in missing.items() if left})
        path = " -> ".join([*cycle, cycle[0]])
        raise SpecError(
            f"layer {cycle[0]!r}", f"there is a cycle: {path}",
            "a cycle has no rank and no finite-time claim; remove one of these connections",
        )  # fmt: skip
    return [name for name in order if name in layers]


def _cycle(parents: Mapping[str, set[str]]) -> list[str]:
    """A cycle of a graph in which everything has a parent: each of it reads the one before."""
    walk, seen = [next(iter(parents))], {}
    while walk[-1] not in seen:
        seen[walk[-1]] = len(walk) - 1
        walk.append(min(parents[walk[-1]]))
    return walk[: seen[walk[-1]] : -1]


def _costs(data: Mapping[str, Any], layers: Mapping[str, LayerEntry], shapes: Mapping[str, Shape]) -> tuple[Cost, ...]:
    tables = data.get("costs", [data["cost"]] if "cost" in data else None)
    if "cost" in data and "costs" in data:
        raise SpecError("cost", "there are both [cost] and [[costs]]", "write every cost as [[costs]], or keep one")
    if not isinstance(tables, list | tuple) or not tables:
        remedy = 'add [cost] with type = "squared_error" or "cross_entropy"; for several, [[costs]] each with a weight'
        raise SpecError("cost", "no cost is given" if not tables else "costs is no list of tables", remedy)
    found = []
    for position, table in enumerate(tables, 1):
        where = "cost" if len(tables) == 1 else f"cost {position}"
        if not isinstance(table, Mapping):
            raise SpecError(
                where, f"must be a table, not {as_written(table)}", 'write [cost] with type = "squared_error"'
            )
        type_ = choice(where, "type", table.get("type"), COSTS)
        known(where, table, ("type", "inputs", "weight", *COSTS[type_].options))
        names = name_list(where, table["inputs"]) if "inputs" in table else (list(layers)[-1],)
        if len(names) != 1:
            raise SpecError(where, f"has {len(names)} inputs", f"{type_} takes one layer")
        if names[0] not in layers:
            raise SpecError(where, f"its input {names[0]!r} is not a layer", suggest(names[0], layers))
        settings = read_options(where, COSTS[type_].options, table)
        weight = number(where, "weight", table.get("weight", 1))
        owner = COST_OWNER if len(tables) == 1 else f"{COST_OWNER}{position}"
        if owner in shapes:
            raise SpecError(where, f"the name {owner!r} is taken by a layer", "rename the layer")
        found.append(make_cost(type_, names[0], shapes[names[0]], settings, owner, weight))
    return tuple(found)


def _all_used(layers: Mapping[str, LayerEntry], inputs: Iterable[Input], outputs: list[str]) -> None:
    used, stack = set(outputs), list(outputs)
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
