"""Random architectures: depth 1 to 12, skips, fan-out, several and shared inputs, every activation and cost."""

from __future__ import annotations

from hypothesis import strategies as st

from dyadic.symbolic import architecture
from dyadic.symbolic.functions import ACTIVATIONS


@st.composite
def specs(draw, largest_depth=12):
    """A valid architecture as the mapping that a TOML file would give."""
    widths = {}
    inputs = {}
    for k in range(draw(st.integers(1, 2))):
        widths[f"in{k}"] = draw(st.integers(1, 5))
        inputs[f"in{k}"] = {"shape": [widths[f"in{k}"]]}
    unused = list(inputs)
    layers = []
    for k in range(draw(st.integers(1, largest_depth))):
        name = f"l{k}"
        kind = draw(st.sampled_from(["dense", "dense", "dense", "add", "elementwise"]))
        # Reading what nobody has read yet keeps everything reachable; otherwise any earlier vertex will do.
        source = draw(st.sampled_from(unused if unused and draw(st.booleans()) else list(widths)))
        layer = {"name": name, "inputs": [source]}
        if kind == "add":
            same = [other for other in widths if widths[other] == widths[source]]
            layer["type"] = "add"
            layer["inputs"] = [source, *draw(st.lists(st.sampled_from(same), min_size=1, max_size=2))]
            widths[name] = widths[source]
        elif kind == "dense":
            widths[name] = draw(st.integers(1, 5))
            layer |= {"type": "dense", "units": widths[name], "activation": draw(st.sampled_from(ACTIVATIONS))}
            layer["bias"] = draw(st.booleans())
        else:
            layer["type"] = draw(st.sampled_from(ACTIVATIONS))
            widths[name] = widths[source]
        unused = [other for other in unused if other not in layer["inputs"]] + [name]
        layers.append(layer)
    # Gather the loose ends: bring each to one width and add them up.
    width = draw(st.integers(2, 4))
    ends = []
    for k, name in enumerate(unused):
        layers.append({"name": f"end{k}", "type": "dense", "units": width, "inputs": [name]})
        ends.append(f"end{k}")
    if len(ends) > 1:
        layers.append({"name": "out", "type": "add", "inputs": ends})
    cost = draw(st.sampled_from(["squared_error", "cross_entropy"]))
    return {"name": "random", "inputs": inputs, "layers": layers, "cost": {"type": cost}}


def architectures(largest_depth=12):
    """Built architectures."""
    return specs(largest_depth).map(architecture)


def residual(blocks, width=8, activation="tanh"):
    """A residual network: x, then per block a dense layer and a sum with its input."""
    layers = []
    for k in range(blocks):
        previous = f"sum{k - 1}" if k else "x"
        layers.append(
            {"name": f"dense{k}", "type": "dense", "units": width, "activation": activation, "inputs": [previous]}
        )
        layers.append({"name": f"sum{k}", "type": "add", "inputs": [f"dense{k}", previous]})
    return architecture(
        {"name": "residual", "inputs": {"x": {"shape": [width]}}, "layers": layers, "cost": {"type": "squared_error"}}
    )


@st.composite
def rich_specs(draw, largest_depth=6):
    """A network with up to three costs on any vertices, weights, parameters that layers share, and weight decay."""
    spec = draw(specs(largest_depth))
    widths = {name: table["shape"][0] for name, table in spec["inputs"].items()}
    for layer in spec["layers"]:
        widths[layer["name"]] = layer.get("units") or widths[layer["inputs"][0]]
    groups = {}
    for layer in spec["layers"]:
        if layer["type"] == "dense" and draw(st.booleans()):
            shape = (layer["units"], widths[layer["inputs"][0]])
            layer["inputs"] = [*layer["inputs"], groups.setdefault(shape, f"W{shape[0]}x{shape[1]}")]
    parameters = {name: {"shape": list(shape)} for shape, name in groups.items()}
    names = [layer["name"] for layer in spec["layers"]]
    costs = [{**spec.pop("cost"), "inputs": [names[-1]]}]
    for _ in range(draw(st.integers(0, 2))):
        read = draw(st.sampled_from(names))
        kinds = ["squared_error", "huber", *(["cross_entropy"] if widths[read] > 1 else [])]
        costs.append({"type": draw(st.sampled_from(kinds)), "inputs": [read]})
    for cost in costs:
        if draw(st.booleans()):
            cost["weight"] = draw(st.sampled_from([0.5, 2, 0.125, 3]))
    spec["costs"] = costs
    if parameters:
        spec["parameters"] = parameters
    if draw(st.booleans()):
        spec["weight_decay"] = draw(st.sampled_from([0.01, 0.5, 1]))
    return spec


def rich_architectures(largest_depth=6):
    """Built architectures of :func:`rich_specs`."""
    return rich_specs(largest_depth).map(architecture)
