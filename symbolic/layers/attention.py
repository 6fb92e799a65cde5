"""attention and multi_head_attention (Vaswani et al., "Attention Is All You Need", 2017), softmax included.

    a[i, j] = scale Sum_r q[i, r] k[j, r] + mask[i, j],     l[i] = log Sum_j exp(a[i, j]),
    p[i, j] = exp(a[i, j] - l[i]),                          y[i, c] = Sum_j p[i, j] v[j, c]

With ``causal`` a query sees only the keys up to its own position: the bracket [0 <= i - j < n] stands beside every
term, so nothing is added to the scores and nothing overflows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dyadic.symbolic.expressions import Apply, Definition, Expr, Index, Inside, Integer, Reduction, Tensor, size, total
from dyadic.symbolic.layers.layer_type import (
    Example,
    LayerEquation,
    LayerType,
    Option,
    Parameter,
    Shape,
    ShapeError,
    batch_axes,
    broadcast_axes,
    broadcast_leading,
)
from dyadic.symbolic.tensor_names import Name, V, slots

_I, _J, _R, _C = Index("i"), Index("j"), Index("r"), Index("c")
_CAUSAL = Option("flag", False)


def weights(
    scores: Expr, lead: tuple[Index, ...], lead_sizes: Shape, extents: tuple[Expr, Expr], causal: bool
) -> tuple[Tensor, tuple[Definition, ...]]:
    """The tensor p of attention weights over (lead, i, j), and the definitions of a, l and p that lead to it."""
    n, m = extents
    here = (*lead, _I, _J)
    a = Tensor(Name("a", V), (*lead_sizes, n, m))
    l = Tensor(Name("l", V), (*lead_sizes, n))  # noqa: E741
    p = Tensor(Name("p", V), (*lead_sizes, n, m))
    seen = Inside(_I - _J, n) if causal else Integer(1)
    normaliser = Reduction("logsumexp", _J, m, seen * a[here])
    return p, (
        Definition(a, here, scores),
        Definition(l, here[:-1], normaliser),
        Definition(p, here, seen * Apply("exp", 0, a[here] - l[here[:-1]])),
    )


class Attention(LayerType):
    """y[i, c] = Sum_j softmax_j( scale Sum_r q[i, r] k[j, r] + mask[i, j] ) v[j, c]; leading axes broadcast."""

    name = "attention"
    example = Example([("n", "d"), ("m", "d"), ("m", "e")])
    options = {"causal": _CAUSAL, "scale": Option("number", optional=True)}
    arity = (3, 4)
    input_rule = "queries (n, d), keys (m, d), values (m, e) and perhaps a mask that is added to the scores (n, m)"

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if any(len(shape) < 2 for shape in shapes[:3]):
            raise ShapeError("queries, keys and values need two axes each")
        leads = [shape[:-2] for shape in shapes[:3]]
        if len(shapes) == 4:  # the mask broadcasts over the scores' axes, of which the last two are not leading
            scores = (*max(leads, key=len), shapes[0][-2], shapes[1][-2])
            mask = shapes[3]
            if len(mask) > len(scores):
                raise ShapeError("the mask has more axes than the scores")
            leads.append(mask[:-2])
            ours = [(axis, mask[axis], scores[axis]) for axis in (-2, -1) if len(mask) >= -axis]
            flat = tuple(axis for axis, have, want in ours if have == 1 and want != 1)
            return super().specialise(options, shapes) | {"mask": flat} | broadcast_axes(leads)
        return super().specialise(options, shapes) | broadcast_axes(leads)

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        n, m, d, e = size("n"), size("m"), size("d"), size("e")
        own, lead, lead_sizes = broadcast_leading(settings, [max(rank - 2, 0) for rank in ranks])
        q, k, v = (
            Tensor(Name("x", owner), (*own[slot][1], *shape))
            for slot, (owner, shape) in enumerate(zip(slots(len(ranks))[:3], ((n, d), (m, d), (m, e)), strict=True))
        )
        inputs: tuple[Tensor, ...] = (q, k, v)
        scale = Apply("rsqrt", 0, d) if settings["scale"] is None else settings["scale"]
        scores = scale * total(_R, d, q[(*own[0][0], _I, _R)] * k[(*own[1][0], _J, _R)])
        if len(ranks) == 4:
            axes = [row for row in ((-2, _I, n), (-1, _J, m)) if ranks[3] >= -row[0]]
            flat = settings["mask"]
            shape = tuple(Integer(1) if axis in flat else extent for axis, _, extent in axes)
            mask = Tensor(Name("x", slots(4)[3]), (*own[3][1], *shape))
            scores += mask[(*own[3][0], *(Integer(0) if axis in flat else index for axis, index, _ in axes))]
            inputs = (q, k, v, mask)
        p, definitions = weights(scores, lead, lead_sizes, (n, m), settings["causal"])
        f = Tensor(Name("f", V), (*lead_sizes, n, e))
        value = total(_J, m, p[(*lead, _I, _J)] * v[(*own[2][0], _J, _C)])
        return LayerEquation(inputs, {}, (*definitions, Definition(f, (*lead, _I, _C), value)))


class MultiHeadAttention(LayerType):
    """Attention of ``heads`` heads between linear maps: y = concat_h attention(Wq x, Wk x, Wv x) Wo^T + bo."""

    name = "multi_head_attention"
    example = Example([("n", 6)], {"heads": 2})
    options = {"heads": Option("integer"), "causal": _CAUSAL, "bias": Option("flag", True)}
    arity = (1, 3)
    parametric = True
    smallest_rank = 2
    input_rule = (
        "one input (n, units), or queries (n, units), keys (m, k), values (m, v); given parameters follow three"
    )

    def specialise(self, options: Mapping[str, Any], shapes: Sequence[Shape]) -> dict[str, Any]:
        if len(shapes) == 2:
            raise ShapeError("has queries and keys but no values")
        if options["heads"] < 1:
            raise ShapeError(f"heads = {options['heads']} is not positive")
        units = shapes[0][-1]
        if units.is_Integer and units % options["heads"] != 0:
            raise ShapeError(f"its {units} units cannot be shared among {options['heads']} heads")
        if len({shape[:-2] for shape in shapes}) > 1:
            raise ShapeError("the leading axes differ")
        return super().specialise(options, shapes)

    def equation(self, settings: Mapping[str, Any], ranks: tuple[int, ...]) -> LayerEquation:
        lead, lead_sizes = batch_axes(ranks[0] - 2)
        n, d, heads = size("n"), size("d"), Integer(settings["heads"])
        units, h, s = heads * d, Index("h"), Index("s")
        one = len(ranks) == 1
        m = n if one else size("m")
        features = (units, units, units) if one else (units, size("k"), size("w"))
        owners = slots(len(ranks)) * (3 if one else 1)
        rows = (n, m, m)
        inputs = [Tensor(Name("x", o), (*lead_sizes, r, w)) for o, r, w in zip(owners, rows, features, strict=True)]

        # q[h, i, r] = Sum_s Wq[h d + r, s] x[i, s] + bq[h d + r], head h holding the rows h d, ..., h d + d - 1.
        matrices, biases, projected, definitions = {}, {}, [], []
        for kind, name, x in zip("qkv", ("query", "key", "value"), inputs, strict=True):
            W = Tensor(Name(f"W{kind}", V), (units, x.shape[-1]))
            b = Tensor(Name(f"b{kind}", V), (units,))
            matrices[f"{name}_weight"], biases[f"{name}_bias"] = Parameter(W, "fan_in"), Parameter(b, "zeros")
            body = total(s, x.shape[-1], W[h * d + _R, s] * x[(*lead, _I, s)])
            tensor = Tensor(Name(kind, V), (*lead_sizes, heads, x.shape[-2], d))
            body += b[(h * d + _R,)] if settings["bias"] else 0
            projected.append(tensor)
            definitions.append(Definition(tensor, (*lead, h, _I, _R), body))
        q, k, v = projected
        scores = Apply("rsqrt", 0, d) * total(_R, d, q[(*lead, h, _I, _R)] * k[(*lead, h, _J, _R)])
        p, attended = weights(scores, (*lead, h), (*lead_sizes, heads), (n, m), settings["causal"])
        o = Tensor(Name("o", V), (*lead_sizes, heads, n, d))
        mixed = total(_J, m, p[(*lead, h, _I, _J)] * v[(*lead, h, _J, _R)])

        W, b = Tensor(Name("Wo", V), (units, units)), Tensor(Name("bo", V), (units,))
        matrices["output_weight"], biases["output_bias"] = Parameter(W, "fan_in"), Parameter(b, "zeros")
        value = total(h, heads, total(_R, d, W[_C, h * d + _R] * o[(*lead, h, _I, _R)]))
        value += b[_C] if settings["bias"] else 0
        f = Tensor(Name("f", V), (*lead_sizes, n, units))
        return LayerEquation(
            tuple(inputs[:1] if one else inputs),
            matrices | (biases if settings["bias"] else {}),
            (
                *definitions,
                *attended,
                Definition(o, (*lead, h, _I, _R), mixed),
                Definition(f, (*lead, _I, _C), value),
            ),
        )
