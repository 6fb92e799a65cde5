"""The names in one layer or cost: each tensor is defined once, before it is read, and read with as many indices as it
has axes; each index and size is known where it stands.

Without this a definition could overwrite an input or a parameter, or one name stand for two tensors, and every
evaluation downstream would be of something else than what is printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dyadic.proofs.checker.intake.effort import spend
from dyadic.proofs.checker.intake.kinds import adjoint, is_adjoint, is_plain, is_position
from dyadic.proofs.checker.intake.reading import Rejected, tensor

Key = tuple[str, str]
REDUCTIONS = ("sum", "logsumexp", "max", "argmax")


def check_names(content: Any, where: str) -> None:
    """Raises :class:`Rejected`, naming the part at fault, unless every name of a content means one thing."""
    if "gradient" in content:
        _Names(content, where).cost()
    else:
        _Names(content, where).layer()


class _Names:
    def __init__(self, content: Any, where: str) -> None:
        self.content, self.where = content, where
        self.axes: dict[Key, int] = {}
        self.sizes = sizes_of(content) - set(content.get("extents", {}))
        known = set(self.sizes)
        for symbol, formula in content.get("extents", {}).items():
            place = f"{where}.extents.{symbol}"
            if sizes_of(formula) - known or _parts(formula, "index") or _parts(formula, "entry"):
                raise Rejected(place, "is not made of sizes that are known before it")
            known.add(symbol)

    def layer(self) -> None:
        content, where = self.content, self.where
        owners, shapes, adjoints = content["inputs"], content["input_shapes"], content["adjoints"]
        if not len(owners) == len(shapes) == len(adjoints):
            raise Rejected(f"{where}.adjoints", "and the shapes are not one for each input")
        for slot, (owner, shape) in enumerate(zip(owners, shapes, strict=True)):
            if owner in ("v", "cost"):
                raise Rejected(f"{where}.inputs[{slot}]", f"{owner!r} is reserved")
            self._new(("x", owner), shape, f"{where}.inputs[{slot}]", f"{where}.input_shapes[{slot}]")
        if set(content["parameters"]) != set(content["gradients"]):
            raise Rejected(f"{where}.gradients", "are not one for each parameter")
        for name, parameter in content["parameters"].items():
            place = f"{where}.parameters.{name}"
            self._own_kind(parameter["kind"], f"{place}.kind")
            self._new((parameter["kind"], "v"), parameter["shape"], f"{place}.kind", f"{place}.shape")
        self._listed("definitions", "v")
        output = content["definitions"][-1]
        self._new(("x", "v"), output["shape"], where, where)
        self._derived(content["stationarity"], (adjoint("s"), "v"), output["shape"], f"{where}.stationarity")
        self._new(("s", "v"), output["shape"], where, where)
        self._derived(content["energy"], ("E", "v"), [], f"{where}.energy")
        del self.axes["x", "v"]  # a vertex's own activation stands in its energy and nowhere else
        self._listed("intermediates", "v")
        for slot, item in enumerate(adjoints):
            self._derived(item, (adjoint("x"), owners[slot]), shapes[slot], f"{where}.adjoints[{slot}]")
        for name, item in content["gradients"].items():
            parameter = content["parameters"][name]
            self._derived(item, (adjoint(parameter["kind"]), "v"), parameter["shape"], f"{where}.gradients.{name}")

    def cost(self) -> None:
        content, where = self.content, self.where
        if content["input"] in ("v", "cost"):
            raise Rejected(f"{where}.input", f"{content['input']!r} is reserved")
        self._new(("x", content["input"]), content["shape"], f"{where}.input", f"{where}.shape")
        self._new(("y", "cost"), content["target_shape"], where, f"{where}.target_shape")
        self._listed("definitions", "cost")
        if content["definitions"][-1]["shape"]:
            raise Rejected(f"{where}.definitions", "do not end in a number: a cost is one")
        self._listed("intermediates", "cost")
        self._derived(content["gradient"], (adjoint("x"), content["input"]), content["shape"], f"{where}.gradient")

    # -- one definition ---------------------------------------------------------------------------------------------

    def _listed(self, group: str, owner: str) -> None:
        for position, item in enumerate(self.content[group]):
            place = f"{self.where}.{group}[{position}]"
            if item["owner"] != owner:
                raise Rejected(f"{place}.owner", f"is not {owner!r}")
            derived = is_adjoint(item["kind"]) or is_position(item["kind"])
            if derived != (group == "intermediates"):
                raise Rejected(f"{place}.kind", f"{item['kind']!r} does not name one of the {group}")
            if not derived:
                self._own_kind(item["kind"], f"{place}.kind")
            self._body(item, place)
            self._new((item["kind"], owner), item["shape"], f"{place}.kind", f"{place}.shape")

    def _own_kind(self, kind: str, where: str) -> None:
        if kind in ("x", "s", "y", "E") or not is_plain(kind):
            raise Rejected(where, f"{kind!r} is reserved")

    def _derived(self, item: Any, key: Key, shape: Any, where: str) -> None:
        if (item["kind"], item["owner"]) != key:
            raise Rejected(f"{where}.kind", f"and owner are not {key[0]!r} and {key[1]!r}")
        if item["shape"] != shape:
            raise Rejected(f"{where}.shape", "is not that of the tensor that it belongs to")
        self._body(item, where)

    def _new(self, key: Key, shape: Any, where: str, where_shape: str) -> None:
        if key in self.axes:
            raise Rejected(where, f"{tensor(*key)} is there already")
        for node in shape:
            self._whole(node, set(), where_shape)
            if _parts(node, "entry"):
                raise Rejected(where_shape, "depends on the entries of a tensor")
        self.axes[key] = len(shape)

    def _body(self, item: Any, where: str) -> None:
        indices = item["indices"]
        if len(indices) != len(item["shape"]) or len(set(indices)) < len(indices):
            raise Rejected(f"{where}.indices", "are not one of its own for each axis")
        self._real(item["body"], set(indices), f"{where}.body")

    def _real(self, node: Any, indices: set[str], where: str) -> None:
        if not isinstance(node, list) or node[0] in ("rational",):
            return
        head = node[0]
        if head in REDUCTIONS:
            if node[1] in indices:
                raise Rejected(where, f"the index {node[1]!r} stands for two things")
            self._whole(node[2], indices, where)
            self._real(node[3], indices | {node[1]}, where)
        elif head in ("size", "entry"):
            self._whole(node, indices, where)
        elif head in ("inside", "divides", "same"):
            self._whole(node[1], indices, where)
            self._whole(node[2], indices, where)
        elif head == "apply":
            self._real(node[3], indices, where)
        elif head == "^":
            self._real(node[1], indices, where)
        else:
            for child in node[1:]:
                self._real(child, indices, where)

    def _whole(self, node: Any, indices: set[str], where: str) -> None:
        if not isinstance(node, list):
            return
        if node[0] == "index" and node[1] not in indices:
            raise Rejected(where, f"the index {node[1]!r} is not known there")
        if node[0] == "entry":
            key = (node[1], node[2])
            if key not in self.axes:
                raise Rejected(where, f"reads {tensor(*key)}, which is not defined before it")
            if len(node[3]) != self.axes[key]:
                raise Rejected(where, f"{tensor(*key)} is read with {len(node[3])} indices")
            for index in node[3]:
                self._whole(index, indices, where)
        elif node[0] not in ("size", "index"):
            for child in node[1:]:
                self._whole(child, indices, where)


def sizes_of(node: Any) -> set[str]:
    """The named sizes in a part of a certificate."""
    return {item[1] for item in nodes(node) if item[0] == "size" and len(item) == 2}


def _parts(node: Any, head: str) -> list[Any]:
    return [item for item in nodes(node) if item[0] == head]


def bound_in(node: Any) -> set[str]:
    """The indices that are bound in an expression."""
    return {one[1] for one in nodes(node) if one[0] in REDUCTIONS}


def nodes(node: Any) -> Iterator[list[Any]]:
    """Every list in a part of a certificate that starts with a text: the nodes of its expressions."""
    stack: list[Any] = [node]
    count = 0
    while stack:
        item = stack.pop()
        count += 1
        if not count % 256:
            spend(64, "equations")
        if isinstance(item, list):
            if item and isinstance(item[0], str):
                yield item
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(value for key, value in item.items() if key not in ("indices", "inputs"))  # lists of names


def applied(bodies: Iterable[Any], least: int = 0) -> set[str]:
    """The functions that expressions apply.  least: only those of which a derivative of this order or above is."""
    return {n[1] for n in nodes(list(bodies)) if n[0] == "apply" and len(n) == 4 and n[2] >= least}
