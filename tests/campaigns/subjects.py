"""Small architectures that together reach every kind of index map, tying, decay and several costs."""

from __future__ import annotations

from support import plants


def _network(name, *layers, inputs, **others):
    named = [{"name": f"l{k}", **layer} for k, layer in enumerate(layers)]
    shapes = {key: {"shape": value} if isinstance(value, list) else value for key, value in inputs.items()}
    return {"name": name, "inputs": shapes, "layers": named, "cost": {"type": "squared_error"}} | others


_DENSE = {"type": "dense", "units": 3, "activation": "tanh"}
_CONV = {"type": "conv", "filters": 2, "kernel": [3], "activation": "relu"}

SPECIFICATIONS = [
    plants.network(),
    _network("named", {**_DENSE, "units": "n"}, {"type": "layer_norm"}, inputs={"u": ["m"]}),
    _network("broadcast", {"type": "mul", "inputs": ["u", "w"]}, {"type": "maximum", "inputs": ["l0", "w"]},
             inputs={"u": [2, 3]}, parameters={"w": {"shape": [3]}}),
    _network("strided", {**_CONV, "stride": [2], "padding": [1, 1]}, {"type": "average_pool", "kernel": [2]},
             inputs={"u": [2, 7]}),
    _network("dilated", {**_CONV, "dilation": [2], "groups": 2}, {"type": "max_pool", "kernel": [2]},
             inputs={"u": [4, 7]}),
    _network("transposed", {"type": "conv_transpose", "filters": 2, "kernel": [3], "stride": [2]},
             inputs={"u": [2, 3]}, weight_decay=0.25),
    _network("attention", {"type": "multi_head_attention", "heads": 2, "causal": True}, inputs={"u": [3, 4]}),
    {
        "name": "lookup", "inputs": {"tokens": {"shape": [3], "below": 4}}, "parameters": {"words": {"shape": [4, 2]}},
        "layers": [
            {"name": "in", "type": "embedding", "inputs": ["tokens", "words"]},
            {"name": "out", "type": "dense", "inputs": ["in", "words"]},
        ],
        "cost": {"type": "cross_entropy", "target": "index"}, "weight_decay": 0.5,
    },
    _network("recurrent", {"type": "lstm", "units": 2}, inputs={"u": [2, 1]}),
    _network("pieces", {"type": "concat", "axis": 0, "inputs": ["u", "v"]}, {"type": "pad", "padding": [1, 1]},
             {"type": "softmax"}, inputs={"u": [2], "v": [3]}),
]  # fmt: skip
