"""expand:  y[j, i] = x[i]  and  y[i, j] = x[i, 0]:  repeat along new axes and along axes of size 1.

The result has the shape to which the input and the given shape broadcast, as in NumPy and ONNX.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Integer

from dyadic.symbolic.expressions import Definition, Tensor
from dyadic.symbolic.layers.layer_type import Example, LayerEquation, LayerType, Option, Shape, axes
from dyadic.symbolic.tensor_names import Name, U, V


class Expand(LayerType):
    name = "expand"
    example = Example([("n", 1)], {"shape": ["n", "m"]})
    options = {"shape": Option("sizes")}
    input_rule = "an input that broadcasts to the given shape"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        """given: how many axes the option names.  stretched: the result's axes along which x is repeated from size 1.
        kept: those along which the option says 1 and x says more."""
        x, wanted = shapes[0], options["shape"]
        rank = max(len(x), len(wanted))
        both = [k for k in range(rank) if k >= rank - len(x) and k >= rank - len(wanted)]
        pairs = {k: (x[k - rank + len(x)], wanted[k - rank + len(wanted)]) for k in both}
        return {
            "given": len(wanted),
            "stretched": tuple(k for k, (have, want) in pairs.items() if have == 1 and want != 1),
            "kept": tuple(k for k, (have, want) in pairs.items() if want == 1 and have != 1),
        }

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        rank = max(ranks[0], settings["given"])
        here, shape = axes(rank)
        own = range(rank - ranks[0], rank)
        stretched = settings["stretched"]
        x = Tensor(Name("x", U), tuple(Integer(1) if k in stretched else shape[k] for k in own))
        entry = x[tuple(Integer(0) if k in stretched else here[k] for k in own)]
        named = range(rank - settings["given"], rank)
        sizes = tuple(Integer(1) if k in settings["kept"] else shape[k] for k in named)
        return LayerEquation((x,), {}, (Definition(Tensor(Name("f", V), shape), here, entry),), {"shape": sizes})
