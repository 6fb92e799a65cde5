"""A program of torch.export before it is read: decomposed, but for what has a reader."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache, partial
from typing import Any

from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.readers.model import Problem
from dyadic.symbolic.readers.torch_package import first_line_of

_OWN = ("aten", "prims", "dyadic")
"""The namespaces whose operators are read by their names alone: PyTorch's, and the mark of a stopped gradient."""


def label_of(target: Any) -> str:
    """The name of an operator without its overload, such as ``add`` for aten.add.Tensor.

    One that PyTorch does not define keeps its namespace: that of somebody else may have any name.
    """
    packet = getattr(target, "overloadpacket", None)
    if packet is None:
        return str(getattr(target, "__name__", target))
    name = str(packet.__name__)
    return name if target.namespace in _OWN else f"{target.namespace}::{name}"


def origin_of(node: Any) -> str:
    """The call of the program, as it stood, that a call of its decomposition comes from."""
    return str(next(iter(source.name for source in node.meta.get("from_node") or ()), node.name))


class Decomposable(Exception):
    """Calls could not be read.  targets: those of them that torch can write in others."""

    def __init__(self, targets: list[Any], problems: list[Problem]) -> None:
        super().__init__()
        self.targets, self.problems = targets, problems


def decomposed(torch: Any, program: Any, wanted: Collection[Any]) -> Any:
    """The program without mutations, and without the operators that are wanted decomposed, as far as torch can.

    Composite operators such as ``linear`` and ``scaled_dot_product_attention`` stay as they are otherwise.
    """
    try:
        return program.run_decompositions({target: _rule(torch, target) for target in wanted})
    except Exception as error:  # whatever torch raises, of views of complex numbers for instance
        problem = f"torch.export cannot write it without changes in place: {first_line_of(error)}"
        raise SpecError("program", problem, "export the module without what this names") from error


_WRONG = ("multilabel_margin_loss_forward",)
"""Operators whose rule gives other values than they do (torch 2.13)."""


def decomposable(torch: Any, target: Any) -> bool:
    """Whether torch has a rule that writes an operator in others."""
    return _rule(torch, target) is not None and label_of(target) not in _WRONG


def _rule(torch: Any, target: Any) -> Any:
    """torch's rule for an operator: from its table, or the definition of a composite one; None if there is none."""
    found = _table(torch).get(target, torch._decomp.decomposition_table.get(target))
    composite = torch._C.DispatchKey.CompositeImplicitAutograd
    if found is None and isinstance(target, torch._ops.OpOverload) and target.has_kernel_for_dispatch_key(composite):
        return partial(target._op_dk, composite)
    return found


@cache
def _table(torch: Any) -> dict[Any, Any]:
    """What torch.export decomposes by default: made once, which takes a while."""
    return dict(torch.export.default_decompositions().items())
