"""A program of torch.export before it is read: stopped gradients are written into it, and operators are decomposed."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from dyadic.symbolic.errors import SpecError


def label(node: Any) -> str:
    """The operator's name without its overload, such as ``add`` for aten.add.Tensor."""
    return label_of(node.target)


def label_of(target: Any) -> str:
    """The same of what a node calls."""
    packet = getattr(target, "overloadpacket", None)
    return str(packet.__name__ if packet is not None else getattr(target, "__name__", target))


def stopped(torch: Any, program: Any, where: str) -> Any:
    """The program in which every result of a ``no_grad`` block is detached.

    A decomposition puts such blocks in line and forgets what they were; ``detach`` it keeps.
    """
    for module in [program.graph_module, *_nested(program.graph_module)]:
        for node in list(module.graph.nodes):
            if label(node) == "wrap_with_set_grad_enabled" and not node.args[0]:
                _detach_results(torch, module, node, where)
        module.recompile()
    return program


def _nested(module: Any) -> list[Any]:
    """The graph modules inside, at any depth."""
    found = []
    for child in module.children():
        if hasattr(child, "graph"):
            found += [child, *_nested(child)]
    return found


def _detach_results(torch: Any, module: Any, node: Any, where: str) -> None:
    block = getattr(module, node.args[1].target)
    inner = [one for part in [block, *_nested(block)] for one in part.graph.nodes]
    if any(label(one) == "wrap_with_set_grad_enabled" and one.args[0] for one in inner):
        raise SpecError(
            where, f"lets gradients through again inside a no_grad block ({node.name!r})", "take them apart"
        )
    (last,) = (one for one in block.graph.nodes if one.op == "output")
    made = [getattr(one, "op", "") == "call_function" for one in last.args[0]]
    for user in [user for user in node.users if label(user) == "getitem" and made[user.args[1]]]:
        value = user.meta.get("val")
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            with module.graph.inserting_after(user):
                held = module.graph.call_function(torch.ops.aten.detach.default, (user,))
            held.meta = dict(user.meta)
            user.replace_all_uses_with(held, delete_user_cb=lambda one, held=held: one is not held)


def decomposed(torch: Any, program: Any, wanted: Collection[Any]) -> Any:
    """The program without mutations, and without the operators that are wanted decomposed, as far as torch can.

    Composite operators such as ``linear`` and ``scaled_dot_product_attention`` stay as they are otherwise.
    """
    return program.run_decompositions({target: _rule(torch, target) for target in wanted})


def decomposable(torch: Any, target: Any) -> bool:
    """Whether torch has a rule that writes an operator in others."""
    return _rule(torch, target) is not None


def _rule(torch: Any, target: Any) -> Any:
    """torch's rule for an operator: from its table, or the definition of a composite one; None if there is none."""
    known = torch._decomp.decomposition_table.get(target)
    found = dict(torch.export.default_decompositions().items()).get(target, known)
    composite = torch._C.DispatchKey.CompositeImplicitAutograd
    if found is None and isinstance(target, torch._ops.OpOverload) and target.has_kernel_for_dispatch_key(composite):
        return partial(target._op_dk, composite)
    return found
