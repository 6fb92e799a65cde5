"""rnn_cell, gru_cell and lstm_cell: one step of a recurrent network as one vertex, gates in PyTorch's order.

lstm: Hochreiter and Schmidhuber, 1997; gru: Cho et al., 2014.

A cell reads an input x (..., m) and the state before (..., n), and yields the state after.  The layer types "rnn",
"gru" and "lstm" (:mod:`dyadic.symbolic.unroll`) are T such cells in a row with shared parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from dyadic.symbolic.expressions import Apply, Definition, Expr, Index, Inside, Tensor, size, total
from dyadic.symbolic.functions import ACTIVATIONS
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Parameter,
    Shape,
    ShapeError,
    batch_axes,
)
from dyadic.symbolic.tensor_names import U1, U2, Name, V

_FedBack = Callable[[Expr, Tensor], Expr]
_I, _J, _N, _M = Index("i"), Index("j"), size("n"), size("m")


class RecurrentCell(LayerType):
    """What the cells have in common: weight (gates n, m), recurrent (gates n, n), and a bias for each."""

    gates: ClassVar[int]
    states: ClassVar[int] = 1
    example = Example([("m",), ("n",)], {"units": "n"})
    options: ClassVar[Mapping[str, Option]] = {"units": Option("size", optional=True), "bias": Option("flag", True)}
    arity = (2, 2)
    parametric = True
    smallest_rank = 1
    input_rule = "an input (..., m) and a state (..., units)"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if shapes[0][:-1] != shapes[1][:-1]:
            raise ShapeError("the leading axes differ")
        return super().specialise(options, shapes)

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        lead, lead_sizes = batch_axes(ranks[0] - 1)
        rows = self.gates * _N
        x = Tensor(Name("x", U1), (*lead_sizes, _M))
        state = Tensor(Name("x", U2), (*lead_sizes, self.states * _N))
        W, R = Tensor(Name("W", V), (rows, _M)), Tensor(Name("R", V), (rows, _N))
        parameters = {"weight": Parameter(W, "fan_in"), "recurrent": Parameter(R, "fan_in")}
        if settings["bias"]:
            b, c = Tensor(Name("b", V), (rows,)), Tensor(Name("c", V), (rows,))
            parameters |= {"bias": Parameter(b, "zeros"), "recurrent_bias": Parameter(c, "zeros")}

        def fed_back(row: Expr, before: Tensor) -> Expr:
            product = total(_J, _N, R[row, _J] * before[(*lead, _J)])
            return product + c[(row,)] if settings["bias"] else product

        fed = total(_J, _M, W[_I, _J] * x[(*lead, _J)]) + (b[_I] if settings["bias"] else 0)
        definitions = self.step(settings, _Place(lead, lead_sizes), fed, fed_back, state)
        return LayerEquation((x, state), parameters, definitions, {"units": _N})

    def step(
        self, settings: Mapping[str, Any], place: _Place, fed: Expr, fed_back: _FedBack, state: Tensor
    ) -> tuple[Definition, ...]:
        """The definitions from what is fed to the gates to the state after.

        fed: what the input feeds to row i.  fed_back: what a state feeds to a row.
        """
        raise NotImplementedError


class _Place:
    """Makes the tensors of a cell: all have the leading axes and one axis more."""

    def __init__(self, lead: tuple[Index, ...], sizes: Shape) -> None:
        self.lead, self.sizes = lead, sizes

    def tensor(self, kind: str, rows: Expr = _N) -> Tensor:
        return Tensor(Name(kind, V), (*self.sizes, rows))

    def define(self, kind: str, body: Expr, rows: Expr = _N) -> Definition:
        return Definition(self.tensor(kind, rows), (*self.lead, _I), body)


class RnnCell(RecurrentCell):
    """y[i] = sigma( Sum_j W[i, j] x[j] + b[i] + Sum_j R[i, j] h[j] + c[i] )."""

    name = "rnn_cell"
    gates = 1
    options = {**RecurrentCell.options, "activation": Option("choice", "tanh", ACTIVATIONS)}

    def step(
        self, settings: Mapping[str, Any], place: _Place, fed: Expr, fed_back: _FedBack, state: Tensor
    ) -> tuple[Definition, ...]:
        z = place.define("z", fed + fed_back(_I, state))
        activation = settings["activation"]
        value = z.element if activation == "identity" else Apply(activation, 0, z.element)
        return (z, place.define("f", value))


class GruCell(RecurrentCell):
    """y = (1 - z) n + z h with gates r, z and n = tanh(W x + b + r (R h + c)); with reset = "before" R (r h) + c."""

    name = "gru_cell"
    gates = 3
    options = {**RecurrentCell.options, "reset": Option("choice", "after", ("after", "before"))}

    def step(
        self, settings: Mapping[str, Any], place: _Place, fed: Expr, fed_back: _FedBack, state: Tensor
    ) -> tuple[Definition, ...]:
        after = settings["reset"] == "after"
        a = place.define("a", fed, 3 * _N)
        e = place.define("e", fed_back(_I, state), 3 * _N if after else 2 * _N)

        def row(tensor: Tensor, number: int) -> Expr:
            return tensor[(*place.lead, number * _N + _I)]

        h = row(state, 0)
        r = place.define("r", Apply("sigmoid", 0, row(a.tensor, 0) + row(e.tensor, 0)))
        z = place.define("z", Apply("sigmoid", 0, row(a.tensor, 1) + row(e.tensor, 1)))
        kept = place.define("k", r.element * h)
        again = r.element * row(e.tensor, 2) if after else fed_back(2 * _N + _I, kept.tensor)
        n = place.define("n", Apply("tanh", 0, row(a.tensor, 2) + again))
        value = place.define("f", (1 - z.element) * n.element + z.element * h)
        return (a, e, r, z, n, value) if after else (a, e, r, z, kept, n, value)


class LstmCell(RecurrentCell):
    """State [h, c]: c' = f c + i g, h' = o tanh(c'), gates i, f, g, o of W x + b + R h + c."""

    name = "lstm_cell"
    example = Example([("m",), (6,)], {"units": 3})
    gates = 4
    states = 2
    input_rule = "an input (..., m) and a state (..., 2 units), hidden state first"

    def step(
        self, settings: Mapping[str, Any], place: _Place, fed: Expr, fed_back: _FedBack, state: Tensor
    ) -> tuple[Definition, ...]:
        z = place.define("z", fed + fed_back(_I, state), 4 * _N)
        heads = zip(("i", "f", "g", "o"), ("sigmoid", "sigmoid", "tanh", "sigmoid"), strict=True)
        gates = [
            place.define(f"g{kind}", Apply(head, 0, z.tensor[(*place.lead, number * _N + _I)]))
            for number, (kind, head) in enumerate(heads)
        ]
        i, f, g, o = (gate.element for gate in gates)
        cell = place.define("cell", f * state[(*place.lead, _N + _I)] + i * g)
        hidden = place.define("hidden", o * Apply("tanh", 0, cell.element))
        value = Inside(_I, _N) * hidden.element + Inside(_I - _N, _N) * cell.tensor[(*place.lead, _I - _N)]
        return (z, *gates, cell, hidden, place.define("f", value, 2 * _N))


RECURRENT: tuple[type[LayerType], ...] = (RnnCell, GruCell, LstmCell)
