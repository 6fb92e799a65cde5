"""From a module of PyTorch to an architecture whose gradient has been compared with PyTorch's own.

What is exported can differ from what the module does: a backward pass of the user's own, a hook, a value changed in
place without a gradient leave no trace in the program.  So the emitted gradient and that of PyTorch's autograd are
compared at random points (autograd_comparison.py); that is no proof, and it finds what is systematically wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from dyadic.autograd_comparison import AutogradComparison, NotComparable
from dyadic.symbolic.readers import read_module

if TYPE_CHECKING:
    from dyadic.symbolic import Architecture

NOT_COMPARED = "not compared with PyTorch's autograd"


def from_torch(
    module: Any,
    example_input: Any,
    cost: str | None = None,
    granularity: Literal["operation", "layer"] = "operation",
    name: str | None = None,
    dynamic_shapes: Any = None,
    *,
    check: bool = True,
) -> Architecture:
    """The architecture of a ``torch.nn.Module``, exported as it computes on ``example_input`` (a tensor, or a tuple).

    The module is exported in the mode (train or eval) that it is in.  ``cost`` and ``granularity`` as in
    :func:`dyadic.read`.  ``dynamic_shapes``: as in ``torch.export.export``; such an axis has a name for its size.
    ``check``: compare values and gradients with PyTorch's autograd, in float64, at random points near the example and
    near the module's parameters.  At how many is the architecture's ``compared``, which certificates repeat: 0 where
    nothing was compared, and then a note says why.
    Raises :class:`DyadicError` where the module cannot be exported or read, or where the gradients differ.
    """
    found = read_module(module, example_input, cost, granularity, name, dynamic_shapes)
    architecture = replace(found.architecture, compared=0)
    example = tuple(example_input) if isinstance(example_input, list | tuple) else (example_input,)
    try:
        if not check:
            raise NotComparable("check = False")
        comparison = AutogradComparison(module, example, found)
        points = comparison.require_agreement()
    except NotComparable as error:
        return replace(architecture, notes=(*architecture.notes, f"{NOT_COMPARED}: {error}"))
    return replace(architecture, compared=points, notes=(*architecture.notes, *comparison.notes))


__all__ = ["from_torch"]
