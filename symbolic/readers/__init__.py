"""Readers of architectures: TOML files, ONNX files and programs exported from PyTorch.

model.py                 what a reader has found so far: layers, weights, notes
onnx_model.py            the graph of an ONNX file;  onnx_node.py  one node;  onnx_folding.py  its constants
onnx_operators.py, onnx_shapes.py, onnx_recurrent.py    one function per ONNX operator
torch_export.py          programs of torch.export;  torch_operators.py  one function per ATen operator
recurrent.py             recurrent layers unrolled
"""

from __future__ import annotations

from pathlib import Path

from symbolic.architecture import Architecture
from symbolic.errors import SpecError
from symbolic.spec import read_spec


def read(path: str | Path, cost: str | None = None) -> Architecture:
    """Read a .toml, .onnx or .pt2 file.

    ``cost``: the type of the cost on every output of a model, which has none of its own ("abstract" by default: any
    differentiable cost).  Raises :class:`DyadicError` where the file cannot be read.
    """
    ending = Path(path).suffix.lower()
    if ending == ".onnx":
        from symbolic.readers.onnx_model import read_onnx  # onnx is an optional extra

        return read_onnx(path, cost)
    if ending == ".pt2":
        from symbolic.readers.torch_export import read_torch  # torch is an optional extra

        return read_torch(path, cost)
    if cost is not None:
        raise SpecError(str(path), "names its cost itself", "leave --cost out, or change [cost] in the file")
    return read_spec(path)


__all__ = ["read"]
