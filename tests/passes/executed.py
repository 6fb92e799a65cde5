"""The passes of a file executed with NumPy, beside what was read of them: only ever of files of this project."""

import itertools
import re
import runpy

import numpy as np

from dyadic.symbolic.readers.python_code import CodeFile

FUNCTIONS = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh, "abs": np.abs,
    "step": lambda a: float(a > 0), "relu": lambda a: max(a, 0.0), "rsqrt": lambda a: 1 / np.sqrt(a),
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)), "sign": np.sign, "atan": np.arctan, "log1p": np.log1p, "sin": np.sin,
}  # fmt: skip


def entries_of(definition, tensors):
    """One equation evaluated in floating point, entry by entry, by an evaluator of its own."""
    found = np.zeros(definition.shape)
    for place in itertools.product(*map(range, definition.shape)):
        found[place] = value_of(definition.body, tensors, dict(zip(definition.indices, place, strict=True)))
    return found


def written(tmp_path, head, body):
    """The file of a function of x and y, 3 x 4 each, with some backward pass."""
    path = tmp_path / "f.py"
    path.write_text(
        f'{head}def f_forward(x: "3 4", y: "3 4"):\n    {body}\n\ndef f_backward(dz, x, y):\n    return x, y\n'
    )
    return path


def computed_and_read(tmp_path, head, body):
    """Of a function of x and y, 3 x 4 each: what NumPy computes, what was read of it, and the shape that was told."""
    path = written(tmp_path, head, body)
    draw, space = np.random.default_rng(1), {}
    tensors = {name: draw.normal(size=(3, 4)) for name in "xy"}
    exec(path.read_text(), space)
    wanted = space["f_forward"](**{name: value.copy() for name, value in tensors.items()})
    pair = CodeFile(path, "f").pair()
    for definition in pair.forward:
        tensors[definition.name] = entries_of(definition, tensors)
    ((shape, output),) = pair.upstream.values()
    return np.asarray(wanted, dtype=float), tensors[output], shape


def value_of(node, tensors, indices):
    if isinstance(node, int):
        return node
    kind, *parts = node
    if kind == "rational":
        return parts[0] / parts[1]
    if kind == "index":
        return indices[parts[0]]
    if kind == "entry":
        return tensors[parts[1]][tuple(value_of(index, tensors, indices) for index in parts[2])]
    if kind == "where":
        return value_of(parts[1], tensors, indices) if value_of(parts[0], tensors, indices) else 0
    if kind == "power":
        return value_of(parts[1], tensors, indices)
    if kind in ("sum", "max"):
        name, count, body = parts
        terms = [value_of(body, tensors, {**indices, name: k}) for k in range(count)]
        return sum(terms) if kind == "sum" else max(terms)
    if kind == "apply":
        return FUNCTIONS[parts[0]](value_of(parts[2], tensors, indices))
    if kind == "^":
        exponent = value_of(parts[1], tensors, indices)
        return float(value_of(parts[0], tensors, indices)) ** exponent
    if kind == "*":
        product = 1
        for part in sorted(parts, key=lambda part: not (isinstance(part, list) and part[0] in BRACKETS)):
            product = product * value_of(part, tensors, indices)
            if product == 0:
                return 0  # what stands beside a bracket that is 0 is not read
        return product
    if kind == "+":
        return sum(value_of(part, tensors, indices) for part in parts)
    one, two = (value_of(part, tensors, indices) for part in parts)
    return BRACKETS[kind](one, two)


BRACKETS = {
    "inside": lambda a, b: int(0 <= a < b),
    "same": lambda a, b: int(a == b),
    "divides": lambda a, b: int(b % a == 0),
    "quotient": lambda a, b: a // b,
    "remainder": lambda a, b: a % b,
}


class Executed:
    """A pair of functions of an example, with NumPy: its value for given derivatives by the outputs, and its result."""

    def __init__(self, path, name):
        module = runpy.run_path(str(path))
        self.forward, self.backward = module[f"{name}_forward"], module[f"{name}_backward"]

    def paired(self, arguments, upstream):
        """The sum over the outputs of <g, output>."""
        output = self.forward(*[np.array(value) for value in arguments])
        output = output[0] if isinstance(output, tuple) else output
        return float(np.sum(output * upstream))

    def slope(self, arguments, upstream, position, place, step=1e-5):
        """The derivative of that by one entry of one argument, by differences."""
        sides = []
        for sign in (1, -1):
            moved = [np.array(value, dtype=float) for value in arguments]
            moved[position][place] += sign * step
            sides.append(self.paired(moved, upstream))
        return (sides[0] - sides[1]) / (2 * step)

    def gradients(self, arguments, upstream):
        found = self.forward(*[np.array(value) for value in arguments])
        cache = found[1] if isinstance(found, tuple) else arguments[0]
        found = self.backward(upstream, cache)
        if isinstance(found, dict):
            return list(found.values())
        return list(found) if isinstance(found, tuple) else [found]


def numbers_of_counterexample(pair, found):
    """The arrays that a counterexample speaks of: all other values are 0."""
    shapes = {**pair.arguments, **{name: shape for name, (shape, _) in pair.upstream.items()}}
    arrays = {name: np.zeros(shape) for name, shape in shapes.items()}
    for label, value in found["values"].items():
        name, _, place = label.partition("[")
        arrays[name][tuple(map(_along, re.findall(r"[\d.]+", place)))] = float(fraction(value))
    return [arrays[name] for name in pair.arguments], arrays[next(iter(pair.upstream))]


def _along(index):
    """An index, or a range of them: 1..3."""
    first, dots, last = index.partition("..")
    return slice(int(first), int(last) + 1) if dots else int(first)


def fraction(text):
    top, _, bottom = text.partition("/")
    return int(top) / int(bottom or 1)
