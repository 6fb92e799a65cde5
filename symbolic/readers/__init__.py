"""Readers of architectures: TOML files, ONNX files and programs exported from PyTorch.

model.py                 what a reader has found so far: layers, weights, notes
onnx_model.py            the graph of an ONNX file;  onnx_node.py  one node;  onnx_folding.py  its constants
onnx_tensors.py          the arrays that the file stores
onnx_operators.py, onnx_shapes.py, onnx_recurrent.py    one function per ONNX operator
positions.py             integers that are looked up, and what is done to them before
torch_export.py          programs of torch.export;  torch_program.py, stopped_gradients.py  what is done to them before
torch_package.py         the torch package, imported quietly
torch_call.py            one call;  torch_tensors.py, torch_positions.py  what is read of a tensor
torch_operators.py, torch_windows.py, torch_shapes.py, torch_lookups.py, torch_scatter.py, torch_ordering.py,
torch_powers.py, torch_masks.py, torch_linear_maps.py, torch_recurrent.py, torch_matrices.py, torch_composed.py
                         one function per ATen operator
determinants.py, elimination.py, triangular_matrices.py, symmetric_matrices.py    small matrices as layers
recurrent_cells.py       recurrent layers unrolled
python_code/             forward and backward passes in Python, which are no architectures but claims
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dyadic.symbolic.errors import SpecError, expect, expect_one_of
from dyadic.symbolic.granularity import Granularity, with_granularity
from dyadic.symbolic.limits import LARGEST_MODEL, refuse_weights, regular_file
from dyadic.symbolic.spec import read_spec
from dyadic.symbolic.structure import Architecture

if TYPE_CHECKING:
    from dyadic.symbolic.readers.torch_export import ReadModule


def read(
    path: str | Path,
    cost: str | None = None,
    granularity: Granularity | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Architecture:
    """Read a .toml, .onnx or .pt2 file.

    ``cost``: the type of the cost on every output of a model, which has none of its own ("abstract" by default: any
    differentiable cost).  ``granularity``: what a vertex of a model is, by default an operation.  TOML says both.
    ``sizes``: numbers for sizes that are only named; of an ONNX file before it is read, for it may compute with them.
    Raises :class:`DyadicError` where the file cannot be read.
    """
    expect("path", path, str, Path)
    if granularity is not None:
        expect_one_of("granularity", granularity, ("operation", "layer"))
    is_model = Path(path).suffix.lower() in (".onnx", ".pt2")
    if granularity is not None and not is_model:
        remedy = "leave --granularity out, or write the layers as you want them"
        raise SpecError(str(path), "says itself what a vertex is: a layer of the file", remedy)
    found = _read(path, cost, sizes or {})
    architecture = replace(found, reading=(Path(path).name, *_options(cost, granularity)))
    chosen = granularity or ("operation" if is_model else None)
    return architecture if chosen is None else with_granularity(architecture, chosen)


def _options(cost: str | None, granularity: str | None) -> tuple[str, ...]:
    """The options of the command line that say how a model is read."""
    given = {"--cost": cost, "--granularity": granularity}
    return tuple(word for name, value in given.items() if value is not None for word in (name, value))


def _read(path: str | Path, cost: str | None, sizes: Mapping[str, int]) -> Architecture:
    if Path(path).suffix.lower() == ".onnx":
        regular_file(Path(path), LARGEST_MODEL)
        from dyadic.symbolic.readers.onnx_model import read_onnx  # onnx is an optional extra

        return replace(read_onnx(path, cost, sizes), given_sizes=tuple(sizes.items()))
    found = _read_named(path, cost)
    return found.with_sizes(sizes) if sizes else found


def _read_named(path: str | Path, cost: str | None) -> Architecture:
    """Read a file whose sizes may be names."""
    if Path(path).suffix.lower() == ".pt2":
        regular_file(Path(path), LARGEST_MODEL)
        from dyadic.symbolic.readers.torch_export import read_torch  # torch is an optional extra

        return read_torch(path, cost)
    regular_file(Path(path))
    refuse_weights(Path(path))
    if cost is not None:
        raise SpecError(str(path), "names its cost itself", "leave --cost out, or change [cost] in the file")
    return read_spec(path)


def read_module(
    module: Any,
    example_input: Any,
    cost: str | None = None,
    granularity: Granularity = "operation",
    name: str | None = None,
    dynamic_shapes: Any = None,
) -> ReadModule:
    """A ``torch.nn.Module``, exported as it computes on ``example_input`` (a tensor, or a tuple), as it is read.

    The module is exported in the mode (train or eval) that it is in.  ``cost`` and ``granularity`` as in :func:`read`.
    ``dynamic_shapes``: as in ``torch.export.export``; such an axis has a name for its size.
    Raises :class:`DyadicError` where the module cannot be exported or read.
    """
    from dyadic.symbolic.readers.torch_export import export_module  # torch is an optional extra

    found = export_module(module, example_input, cost, name, dynamic_shapes)
    reading = ("SPEC", *_options(cost, granularity))  # of the program, where the module is saved as one
    architecture = replace(found.architecture, reading=reading)
    return replace(found, architecture=with_granularity(architecture, granularity))


__all__ = ["read", "read_module"]
