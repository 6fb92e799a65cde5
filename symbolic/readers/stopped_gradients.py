"""Where an exported program stops gradients: marked before it is decomposed, which forgets it.

What is computed under ``no_grad`` or ``inference_mode``, and what is detached, becomes an operator of our own,
``dyadic::detach``, where a gradient would flow otherwise: from a floating-point input or a parameter.  Elsewhere
``detach`` is taken out.  The mark makes a new tensor; where something is written in place into what it stands for, the
program is refused.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from functools import cache
from typing import Any

from dyadic.symbolic.errors import SpecError
from dyadic.symbolic.readers.torch_program import label_of

_MODE = "wrap_with_set_grad_enabled"
_REMEDY = "export the module without writing in place there"


def mark_stopped_gradients(torch: Any, program: Any, where: str) -> None:
    """Mark, in place, where a program that was not decomposed yet stops gradients.

    Raises :class:`SpecError` where it also writes in place into what it stops, so that the mark would be wrong.
    """
    kinds = torch.export.graph_signature.InputKind
    specs = program.graph_signature.input_specs
    moving = {spec.arg.name for spec in specs if spec.kind in (kinds.USER_INPUT, kinds.PARAMETER)}
    marking = _Marking(torch, where, program.graph_module)
    for node in list(program.graph.nodes):
        if node.op == "placeholder" and node.name in moving and marking.floating(node):
            marking.flows.add(node)
        elif node.op == "call_function":
            marking.call(node)
    marking.finish()


def label(node: Any) -> str:
    """The name of the operator that a node calls, without its overload."""
    return label_of(node.target)


@cache
def _mark() -> Any:
    """The operator that stands for a stopped gradient; made once in a process."""
    import torch

    made = torch.library.custom_op(
        "dyadic::detach", lambda x: x.clone(), mutates_args=(), schema="(Tensor self) -> Tensor"
    )
    made.register_fake(torch.empty_like)
    return torch.ops.dyadic.detach.default


class _Memory:
    """Which nodes may share memory: classes of them, joined as operators say that they return what they were given."""

    def __init__(self) -> None:
        self._parent: dict[Any, Any] = {}

    def of(self, node: Any) -> Any:
        """The representative of a node's class."""
        while self._parent.get(node, node) is not node:
            node = self._parent[node]
        return node

    def join(self, a: Any, b: Any) -> None:
        self._parent[self.of(a)] = self.of(b)

    def follow(self, node: Any) -> None:
        """Join a call with those of its operands that its result may be a view of."""
        schema = getattr(node.target, "_schema", None)
        if node.target is operator.getitem:
            self.join(node, node.args[0])
        elif schema is not None and any(result.alias_info is not None for result in schema.returns):
            for argument, given in _operands(node):
                if argument.alias_info is not None:
                    self.join(node, given)


def _operands(node: Any) -> Iterator[tuple[Any, Any]]:
    """The nodes that a call reads, each with what the operator's schema says of the argument."""
    for position, argument in enumerate(node.target._schema.arguments):
        given = node.args[position] if position < len(node.args) else node.kwargs.get(argument.name)
        for item in given if isinstance(given, list | tuple) else [given]:
            if hasattr(item, "all_input_nodes"):
                yield argument, item


def _is_inference(node: Any) -> bool:
    """Whether a call was traced under ``inference_mode``; a file does not keep it."""
    value = node.meta.get("val")
    tensors = value if isinstance(value, list | tuple) else [value]
    return any(hasattr(tensor, "is_inference") and tensor.is_inference() for tensor in tensors)


def _written(node: Any) -> list[Any]:
    """The nodes that a call writes into."""
    if not hasattr(node.target, "_schema"):
        return []
    return [
        given for argument, given in _operands(node) if argument.alias_info is not None and argument.alias_info.is_write
    ]


def _count_readers(graph: Any) -> None:
    """Write down anew who reads a node: where torch splits a program at no_grad, statements in vain are left out."""
    for node in graph.nodes:
        node.users.clear()
    for node in graph.nodes:
        for given in node.all_input_nodes:
            given.users[node] = None


class _Marking:
    """One graph while it is gone through in order.

    flows: the nodes through which a gradient reaches an input or a parameter.
    stopped: those whose gradient was stopped, before and after; written: those that are written into.
    """

    def __init__(self, torch: Any, where: str, module: Any) -> None:
        self.torch, self.where, self.module = torch, where, module
        self.flows: set[Any] = set()
        self.stopped: list[Any] = []
        self.written: list[Any] = []
        self.memory = _Memory()
        _count_readers(module.graph)

    def floating(self, node: Any) -> bool:
        value = node.meta.get("val")
        return not isinstance(value, self.torch.Tensor) or value.is_floating_point() or value.is_complex()

    def call(self, node: Any) -> None:
        """Go on by one call: whether a gradient flows through it, and whether it is stopped there."""
        self.memory.follow(node)
        self.written += _written(node)
        flowing = self.floating(node) and not self.flows.isdisjoint(node.all_input_nodes)
        name = label(node)
        if name in ("detach", "detach_"):
            self._detached(node, flowing)
        elif name == _MODE and not node.args[0]:
            self._without_gradients(node)
        elif flowing and _is_inference(node) and not any(map(_is_inference, self.flows & {*node.all_input_nodes})):
            self._without_autograd(node)
        elif flowing:
            self.flows.add(node)

    def _without_autograd(self, node: Any) -> None:
        """A call under ``inference_mode``, which an exported program has no block for: its tensors are marked so."""
        several = isinstance(node.meta["val"], list | tuple)
        for result in list(node.users) if several else [node]:
            self._stop_after(result)

    def _detached(self, node: Any, flowing: bool) -> None:
        (source,) = node.all_input_nodes
        if flowing:
            self.stopped += [source, self._marked(source, node)]
        node.replace_all_uses_with(self.stopped[-1] if flowing else source)
        self.memory.join(self.stopped[-1] if flowing else node, source)
        node.graph.erase_node(node)

    def _marked(self, source: Any, place: Any) -> Any:
        """A mark on a node, inserted before another; the readers of the node are left as they are."""
        with place.graph.inserting_before(place):
            mark = place.graph.call_function(_mark(), (source,))
        mark.meta = {
            key: value for key, value in place.meta.items() if key in ("val", "nn_module_stack", "stack_trace")
        }
        return mark

    def _without_gradients(self, node: Any) -> None:
        """A block under ``no_grad``: each of its results that gradients would flow through is marked."""
        inner = getattr(self.module, str(node.args[1].target))
        block = _Block(self.torch, self.where, inner)
        results = block.read([given in self.flows for given in node.args[2:]])
        given = list(node.args[2:])
        for position in block.changed:
            if given[position] in self.flows:
                raise SpecError(
                    self.where,
                    f"writes under no_grad into {given[position].name!r}, of which gradients are asked",
                    _REMEDY,
                )
            self.written.append(given[position])
        for user in list(node.users):
            if user.target is operator.getitem:
                flows, shared = results[user.args[1]]
                for position in shared:
                    self.memory.join(user, given[position])
                if flows:
                    self._stop_after(user)

    def _stop_after(self, node: Any) -> None:
        with node.graph.inserting_after(node):
            mark = node.graph.call_function(_mark(), (node,))
        mark.meta = dict(node.meta)
        node.replace_all_uses_with(mark, delete_user_cb=lambda user: user is not mark)
        self.memory.join(mark, node)
        self.stopped += [node, mark]

    def finish(self) -> None:
        """Refuse what writes into what was stopped, and make the graph valid again."""
        classes = {self.memory.of(node) for node in self.stopped}
        for node in self.written:
            if self.memory.of(node) in classes:
                raise SpecError(self.where, f"writes in place into {node.name!r}, whose gradient it stops", _REMEDY)
        self.module.recompile()


class _Block(_Marking):
    """The graph of a block under ``no_grad``; changed: the positions of what it is given and writes into."""

    def read(self, flows: list[bool]) -> list[tuple[bool, list[int]]]:
        """For each result, whether a gradient would flow through it, and the given ones it may share memory with."""
        given = [node for node in self.module.graph.nodes if node.op == "placeholder"]
        self.flows = {node for node, flowing in zip(given, flows, strict=True) if flowing}
        for node in list(self.module.graph.nodes):
            if node.op == "call_function":
                if label(node) == _MODE:
                    raise SpecError(
                        self.where, "switches gradients off and on within each other", "use one no_grad block"
                    )
                self._keep_out(node)
                self.call(node)
        (last,) = (node for node in self.module.graph.nodes if node.op == "output")
        classes = {self.memory.of(node) for node in self.written}
        self.changed = [k for k, node in enumerate(given) if self.memory.of(node) in classes]
        self.finish()
        return [
            (node in self.flows, [k for k, g in enumerate(given) if self.memory.of(g) is self.memory.of(node)])
            for node in last.args[0]
        ]

    def _keep_out(self, node: Any) -> None:
        """What is written in place is stopped on its way in: what is written into may be read outside."""
        if not _written(node):
            return
        for source in dict.fromkeys(node.all_input_nodes):
            if source in self.flows and source not in _written(node):
                node.replace_input_with(source, self._marked(source, node))


__all__ = ["label", "mark_stopped_gradients"]
