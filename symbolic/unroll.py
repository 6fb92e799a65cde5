"""rnn, gru and lstm: layers of a specification that stand for T cells in a row with shared parameters.

A layer ``memory`` over an input (..., T, m) becomes

    memory.x1, ..., memory.xT      the steps of the input                          (select)
    memory.1, ..., memory.T        the cells: memory.t reads memory.xt and memory.(t-1)
    memory.weight, ...             parameters that all cells share: their gradients are summed
    memory.initial                 the state before the first step: zeros, unless it is given as second input
    memory                         the last output, or all of them along the axis of the steps
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sympy import Expr

from dyadic.symbolic.energy import LayerKind, derive_layer
from dyadic.symbolic.layers import LAYERS
from dyadic.symbolic.layers.layer_type import Example, Option, Shape, ShapeError, canonical_axis
from dyadic.symbolic.layers.recurrent import RecurrentCell
from dyadic.symbolic.limits import MOST_STEPS
from dyadic.symbolic.structure import Input

LayerEntry = tuple[str, dict[str, Any], tuple[str, ...]]
"""(type, options, inputs) of a layer."""


@dataclass
class Expansion:
    """What a layer stands for: further inputs, given arrays, and layers in order, of which the last has its name."""

    inputs: list[Input] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    layers: dict[str, LayerEntry] = field(default_factory=dict)


class Unrolled:
    """A recurrent layer: ``cell`` is the type of its cells, whose options it takes as well."""

    arity: tuple[int, int | None] = (1, 2)
    parametric = True
    index_slots: frozenset[int] = frozenset()
    smallest_rank = 2
    example = Example([(3, "m")], {"units": "n"})
    input_rule = "one input (..., steps, m), perhaps the state before the first step, then perhaps parameters"

    def __init__(self, name: str) -> None:
        self.name = name
        self.cell = LAYERS[f"{name}_cell"]
        assert isinstance(self.cell, RecurrentCell)
        self.states, self.gates = self.cell.states, self.cell.gates
        self.options = {
            **self.cell.options,
            "output": Option("choice", "last", ("last", "all")),
            "steps": Option("integer", optional=True),
            "axis": Option("integer", -2),
            "reverse": Option("flag", False),
        }

    @property
    def about(self) -> str:
        """One line for a table of layer types."""
        return f"{self.cell.name} at every step of an axis, with shared parameters; the last output or all of them."

    def expand(
        self, name: str, options: Mapping[str, Any], shapes: Mapping[str, Shape], parents: Sequence[str]
    ) -> Expansion:
        """The cells of layer ``name``; raises :class:`ShapeError` if the number of steps is not a known number."""
        shape = shapes[parents[0]]
        if len(shape) < 2:
            raise ShapeError(f"input {parents[0]!r} has no axis of steps", self.input_rule)
        axis = canonical_axis(options["axis"], len(shape))
        if axis == len(shape) - 1:
            raise ShapeError("the last axis holds the features", "choose another axis for the steps")
        steps = self._steps(options["steps"], shape[axis])
        found = Expansion()
        own = {key: options[key] for key in self.cell.options}
        each = (*shape[:axis], *shape[axis + 1 :])
        given = parents[2:]
        units = shapes[given[0]][0] / self.gates if given and shapes[given[0]] else options["units"]
        if units is None:
            raise ShapeError("'units' is missing", "add units = ...")
        state = parents[1] if len(parents) > 1 else self._initial(found, name, (*each[:-1], self.states * units))
        parameters = given or self._parameters(found, name, own, each, units)

        outputs: list[str] = []
        for number, position in enumerate(reversed(range(steps)) if options["reverse"] else range(steps), 1):
            step = f"{name}.x{position + 1}"
            found.layers[step] = ("select", {"axis": axis, "position": position}, (parents[0],))
            last = number == steps and self.states == 1 and options["output"] == "last"
            cell = name if last else f"{name}.{position + 1}"
            found.layers[cell] = (self.cell.name, own, (step, state, *parameters))
            state = cell
            outputs.append(cell)
        self._output(found, name, outputs[::-1] if options["reverse"] else outputs, state, units, options, axis)
        return found

    def _steps(self, wanted: int | None, extent: Expr) -> int:
        if wanted is None and not extent.is_Integer:
            raise ShapeError(f"the number of steps {extent} is not a number", "give the input's shape, or steps = ...")
        steps = int(extent) if wanted is None else wanted
        if steps < 1 or (extent.is_Integer and steps > extent):
            raise ShapeError(f"steps = {steps}, but its input has {extent}", "")
        if steps > MOST_STEPS:
            raise ShapeError(
                f"has {steps} steps", f"at most {MOST_STEPS} are unrolled; write steps = ... for the first"
            )
        return steps

    def _initial(self, found: Expansion, name: str, shape: Shape) -> str:
        initial = f"{name}.initial"
        found.inputs.append(Input(initial, shape, "constant"))
        if all(extent.is_Integer for extent in shape):
            found.values[initial] = np.zeros(tuple(map(int, shape)))
        return initial

    def _parameters(
        self, found: Expansion, name: str, options: Mapping[str, Any], each: Shape, units: Expr
    ) -> tuple[str, ...]:
        settings = tuple((key, value) for key, value in options.items() if key != "units")
        equation = derive_layer(LayerKind(self.cell.name, settings, (len(each), len(each)))).equation
        x, state = equation.inputs
        sizes = {x.shape[-1]: each[-1], state.shape[-1] / self.states: units}
        for key, parameter in equation.parameters.items():
            shape = tuple(extent.xreplace(sizes) for extent in parameter.tensor.shape)
            found.inputs.append(Input(f"{name}.{key}", shape, "parameter"))
        return tuple(f"{name}.{key}" for key in equation.parameters)

    def _output(
        self,
        found: Expansion,
        name: str,
        cells: Sequence[str],
        last: str,
        units: Expr,
        options: Mapping[str, Any],
        axis: int,
    ) -> None:
        source = last
        if options["output"] == "all":
            source = name if self.states == 1 else f"{name}.states"
            found.layers[source] = ("stack", {"axis": axis}, tuple(cells))
        if self.states > 1:  # the hidden state stands before the cell's
            cut = {"starts": (0,), "sizes": (units,), "steps": (1,), "axes": (-1,)}
            found.layers[name] = ("slice", cut, (source,))


UNROLLED = {name: Unrolled(name) for name in ("rnn", "gru", "lstm")}
