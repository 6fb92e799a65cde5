"""Every host document with every kind of network, compiled: no error, warning, overfull box or undefined reference.

Run by ``make typeset`` (some minutes of CPU); tests/typeset/test_hosts.py has one network in every host.  Names of
networks choose those: ``python -m campaigns.typeset_matrix lstm gpt``.  The catalogue is every layer type and cost.
Models from PyTorch and ONNX are left out where these are not installed.
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from support.single_layer import one_cost, one_of_a_kind
from support.unverified import UNVERIFIED
from typeset.test_hosts import HOSTS, complaints

import dyadic
from dyadic.flagship import flagship_document
from dyadic.paper import appendix_files, build_document
from dyadic.symbolic import architecture
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.spec import LAYER_TYPES

NAMES = [
    "</script>",
    "a&b|c",
    "größe",
    "層",
    "слой 1",
    "x_1$\\foo%#",
    "الطبقة",
    "a very long layer name that goes on and on",
]


def hostile():
    layers = [{"name": name, "type": "dense", "units": 3, "activation": "gelu"} for name in NAMES]
    return architecture(
        {
            "name": 'hostile & "names" \\end{document}',
            "inputs": {"in": {"shape": [2]}},
            "layers": layers,
            "cost": {"type": "squared_error"},
        }
    )


def chain():
    layers = [{"name": f"h{k}", "type": "dense", "units": "m", "activation": "tanh"} for k in range(3)]
    return architecture(
        {"name": "chain", "inputs": {"x": {"shape": ["n"]}}, "layers": layers, "cost": {"type": "squared_error"}}
    )


def networks():
    """Networks by their names, each read when it is asked for."""
    found = {
        name: lambda name=name: dyadic.read(f"examples/{name}.toml") for name in ("digits", "lenet", "decoder", "lstm")
    }
    found |= {"chain": chain, "hostile": hostile}
    if find_spec("onnx"):
        import onnx

        light = Path(onnx.__file__).parent / "backend/test/data/light"
        found |= {
            name: lambda name=name: dyadic.read(light / f"light_{name}.onnx") for name in ("resnet50", "densenet121")
        }
    if find_spec("torch"):
        found |= {"vit": _from_torch("ViT", (1, 3, 16, 16)), "gpt": _from_torch("Gpt", None)}
    return found


def _from_torch(name, shape):
    def read():
        import torch
        from readers import torch_models

        example = torch.zeros(1, 6, dtype=torch.long) if shape is None else torch.zeros(*shape)
        return dyadic.from_torch(getattr(torch_models, name)(blocks=12).eval(), example)

    return read


def network_document(read):
    derivation = dyadic.derive(read())
    return build_document(derivation, dyadic.verify(derivation))


def catalogue():
    """The equations of every layer type and every cost, where nothing is verified."""
    specs = [*map(one_of_a_kind, LAYER_TYPES), *map(one_cost, COSTS)]
    return [
        build_document(dyadic.derive(architecture(spec)), UNVERIFIED, sections=["setting", "equations"])
        for spec in specs
    ]


def documents(chosen):
    every = {"flagship": flagship_document, "catalogue": catalogue}
    every |= {name: lambda read=read: network_document(read) for name, read in networks().items()}
    for name in chosen or every:
        yield name, every[name]()


def main():
    wrong = 0
    for name, document in documents(sys.argv[1:]):
        for host in HOSTS:
            with tempfile.TemporaryDirectory() as folder:
                found = complaints(Path(folder), host, r"\input{appendix}", document=document)
            wrong += bool(found)
            print(
                f"{'clean' if not found else 'NOT CLEAN':<10} {name:<12} {host:<14} {'; '.join(found[:3])}", flush=True
            )
        for ending in ("pdf", "html"):
            assert appendix_files(document, Path(f"a.{ending}"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
