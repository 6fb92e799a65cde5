"""A program of torch.export before it is read: decomposed, but for what has a reader."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any


def label_of(target: Any) -> str:
    """The name of an operator without its overload, such as ``add`` for aten.add.Tensor."""
    packet = getattr(target, "overloadpacket", None)
    return str(packet.__name__ if packet is not None else getattr(target, "__name__", target))


def decomposed(torch: Any, program: Any, wanted: Collection[Any]) -> Any:
    """The program without mutations, and without the operators that are wanted decomposed, as far as torch can.

    Composite operators such as ``linear`` and ``scaled_dot_product_attention`` stay as they are otherwise.
    """
    table = {}
    if wanted:
        known = dict(torch.export.default_decompositions().items())
        table = {target: known.get(target, torch._decomp.decomposition_table.get(target)) for target in wanted}
    return program.run_decompositions({target: rule for target, rule in table.items() if rule is not None})


def decomposable(torch: Any, target: Any) -> bool:
    """Whether torch has a rule that writes an operator in others."""
    return target in torch._decomp.decomposition_table or target in dict(torch.export.default_decompositions().items())
