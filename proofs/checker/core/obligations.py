"""What has to be shown of one layer kind or cost, from its JSON content: pairs of sums that must be equal.

    energy             E_v = Sum_i s_v[i] (f_v[i] - x_v[i])
    stationarity       dE_v/ds_v[i] = f_v[i] - x_v[i]
    adjoint:SLOT       Sum_i s_v[i] (D f_v . d)[i] = Sum_j (what was derived)[j] d[j], for a direction d of that input
    gradient:NAME      the same for a parameter;   of a cost: gradient, with 1 for s_v

Each holds for all values of the tensors, all functions, and all sizes of at least 1 that follow the shape rule.  An
input that stands in an index or a bracket has integers for entries: no direction, and the zero adjoint.  The content
is read with suspicion: names that are used twice, reads of what is not there, unbound indices are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dyadic.proofs.checker.core.expansion import BRACKETS, Expander, TensorDefinition, entries, over, split_guards
from dyadic.proofs.checker.core.facts import Choice, Facts, Key
from dyadic.proofs.checker.core.forms import Form, Refused, Var
from dyadic.proofs.checker.core.reads import REDUCTIONS, reads_inside
from dyadic.proofs.checker.core.terms import Entry, Term
from dyadic.proofs.checker.intake.kinds import adjoint, differentiated, direction, is_plain, is_position, maximum
from dyadic.proofs.checker.intake.reading import named, need, shown, tensor
from dyadic.proofs.checker.trust import RULES, called

POSITIONS_INSIDE = "positions_inside"
MAXIMA_NONEMPTY = "maxima_nonempty"
HYPOTHESES = {
    POSITIONS_INSIDE: "entries of an integer tensor that is an index lie in the range of the axis that they index",
    MAXIMA_NONEMPTY: "every maximum is taken over at least one term",
}
"""What a proof may rest on besides the equation, by name."""
_MOST_NODES = 60_000


def claim_of(name: str) -> str:
    """The kind of claim that an obligation is a part of."""
    return "gradient" if name.startswith("gradient:") else "adjoint"


_RESERVED = ("probe", "number")


@dataclass(frozen=True)
class Obligation:
    """Two sums to be shown equal; the right one is printed, the left one what it has to say."""

    left: tuple[Term, ...]
    right: tuple[Term, ...]


class Content:
    """One layer kind or cost, read from JSON.  Raises :class:`Refused` or ``Rejected`` for what is malformed."""

    def __init__(self, content: Any, where: str) -> None:
        called(RULES)
        _bounded(content)
        self.content, self.where = content, where
        self.is_cost = isinstance(content, dict) and "gradient" in content
        self.facts, self.hypotheses = Facts(), dict[str, None]()
        self.equations: dict[str, TensorDefinition] = {}
        self.reader = Expander(self.facts)
        for name, formula in ({} if self.is_cost else need(content, "extents", dict, where)).items():
            self.reader.form(["size", name], {})
            self.facts.learn(name, self.reader.form(formula, {}))
        self.known: dict[Key, tuple[Form, ...]] = {}
        self.integers: set[Key] | None = None  # the tensors that hold integers, once the definitions are read
        self.derived: dict[str, tuple[Key, TensorDefinition]] = {}
        (self._read_cost if self.is_cost else self._read_layer)()

    # -- reading -------------------------------------------------------------------------------------------------

    def _read_layer(self) -> None:
        content, where = self.content, self.where
        owners, shapes = need(content, "inputs", list, where), need(content, "input_shapes", list, where)
        adjoints, gradients = need(content, "adjoints", list, where), need(content, "gradients", dict, where)
        parameters = need(content, "parameters", dict, where)
        if not len(owners) == len(shapes) == len(adjoints) or list(parameters) != list(gradients):
            raise Refused("there is not one adjoint for each input and one gradient for each parameter")
        inputs = [self._given("x", owner, shape) for owner, shape in zip(owners, shapes, strict=True)]
        own = {
            name: self._given(need(p, "kind", str, where), "v", need(p, "shape", list, where))
            for name, p in parameters.items()
        }
        self.clamped = tuple(inputs)  # a parameter moves, and so holds no integers
        self._read_definitions()
        self.output = self.definitions[-1]
        if ("x", "v") in self.known:
            raise Refused("x_v is defined twice")
        self._add(("s", "v"), self.output.shape)
        self._read_intermediates()
        for slot, (key, item) in enumerate(zip(inputs, adjoints, strict=True)):
            self.derived[f"adjoint:{slot}"] = key, self._derived(item, key)
        for name, key in own.items():
            self.derived[f"gradient:{name}"] = key, self._derived(gradients[name], key)
        self.known["x", "v"] = self.output.shape
        self.equations["energy"] = self._definition(need(content, "energy", dict, where))
        self.equations["stationarity"] = self._definition(need(content, "stationarity", dict, where))
        if [item.key for item in self.equations.values()] != [("E", "v"), (adjoint("s"), "v")]:
            raise Refused("the energy or dE/ds has another name")
        if self.equations["energy"].indices or self.equations["stationarity"].shape != self.output.shape:
            raise Refused("the energy is no number, or dE/ds has another shape than s")

    def _read_cost(self) -> None:
        content, where = self.content, self.where
        key = self._given("x", need(content, "input", str, where), need(content, "shape", list, where))
        self.clamped = (self._given("y", "cost", need(content, "target_shape", list, where)),)
        self._read_definitions()
        self.output = self.definitions[-1]
        if self.output.indices:
            raise Refused("a cost is no number")
        self._read_intermediates()
        self.derived["gradient"] = key, self._derived(need(content, "gradient", dict, where), key)

    def _given(self, kind: str, owner: Any, shape: Any) -> Key:
        if not isinstance(owner, str) or not isinstance(shape, list) or (kind, owner) in (("x", "v"), ("s", "v")):
            raise Refused(f"{shown(kind)} of {shown(owner)} is no tensor that is given")
        self._add((kind, owner), tuple(self.reader.form(extent, {}) for extent in shape))
        return kind, owner

    def _add(self, key: Key, shape: tuple[Form, ...], derived: bool = False) -> None:
        """A new tensor; ``derived``: it may be called an adjoint."""
        kind = differentiated(key[0]) if derived else key[0]
        reserved = kind.startswith(_RESERVED) or not is_plain(kind)
        if key in self.known or (reserved and not is_position(key[0])):
            raise Refused(f"{tensor(*key)} is defined twice, or has a name that is reserved")
        self.known[key] = shape

    def _definition(self, item: Any) -> TensorDefinition:
        """A definition that reads only what is known so far."""
        where = self.where
        indices, shape = need(item, "indices", list, where), need(item, "shape", list, where)
        if not all(isinstance(name, str) for name in indices) or len(set(indices)) != len(indices):
            raise Refused("the indices of a definition are not different names")
        if len(indices) != len(shape):
            raise Refused("a definition has not one index for each axis")
        body = need(item, "body", (int, list), where)
        for kind, owner, rank in _reads(body):
            if len(self.known.get((kind, owner), [None] * (rank + 1))) != rank:
                raise Refused(f"{tensor(kind, owner)} is read with {rank} indices before it is defined, or with others")
        if self.integers is not None and any(
            key not in self.integers and not is_position(key[0]) for key in _integers(body)
        ):
            raise Refused("an index or a bracket of what is derived reads a tensor that does not hold integers")
        forms = tuple(self.reader.form(extent, {}) for extent in shape)
        kind, owner = need(item, "kind", str, where), need(item, "owner", str, where)
        return TensorDefinition(kind, owner, tuple(indices), forms, body)

    def _inside(self, item: TensorDefinition) -> None:
        """A definition reads tensors inside their range only, or beside brackets that are 0."""
        if not reads_inside(self.reader, self.known, item):
            raise Refused(f"{tensor(*item.key)} is not shown to read tensors inside their range only")
        body = item.body if isinstance(item.body, list) else [item.body]
        if next(_nodes(body[1:], ("logsumexp", "max", "argmax")), None) is not None:
            raise Refused(f"{tensor(*item.key)} has a maximum or log-sum-exp inside an expression")
        if body[0] in ("logsumexp", "max") and not self.reader.has_a_term(item):
            if body[0] == "logsumexp":
                raise Refused("a log-sum-exp is not shown to be over something")
            self.hypotheses[MAXIMA_NONEMPTY] = None

    def _read_definitions(self) -> None:
        found = []
        for item in need(self.content, "definitions", list, self.where):
            definition = self._definition(item)
            if is_position(definition.kind):
                raise Refused("a definition has a name that is reserved")
            self._add(definition.key, definition.shape)
            found.append(definition)
        if not found:
            raise Refused("there are no definitions")
        self.definitions = tuple(found)
        integers = {key for item in found for key in _integers(item.body)}
        if integers - set(self.clamped):
            raise Refused("an index or a bracket reads a tensor that does not hold integers")
        self.integers = integers
        self._bound_integers()
        for item in found:
            self._inside(item)

    def _bound_integers(self) -> None:
        """An integer tensor that is an index where no bracket guards it lies in that axis' range."""
        for item in self.definitions:
            guarded = [entry for bracket in _nodes(item.body, BRACKETS) for entry in _nodes(bracket, ("entry",))]
            for entry in _nodes(item.body, ("entry",)):
                shape = self.known[entry[1], entry[2]]
                for index, extent in zip(entry[3], shape, strict=True):
                    if isinstance(index, list) and index[:1] == ["entry"] and index not in guarded:
                        self.facts.below.setdefault((index[1], index[2]), extent)
                        self.hypotheses[POSITIONS_INSIDE] = None

    def _read_intermediates(self) -> None:
        items = [self._definition_of_intermediate(i) for i in need(self.content, "intermediates", list, self.where)]
        self.intermediates = {item.key: item for item in items if not is_position(item.kind)}

    def _definition_of_intermediate(self, item: Any) -> TensorDefinition:
        definition = self._definition(item)
        self._add(definition.key, definition.shape, derived=True)
        if is_position(definition.kind):
            self._read_position(definition)
        else:
            self._inside(definition)
        return definition

    def _read_position(self, item: TensorDefinition) -> None:
        """``arg t`` must be the argmax of what t is the max of; then its entries satisfy what the maximum asks for."""
        wanted = next((d for d in self.definitions if d.key == (maximum(item.kind), item.owner)), None)
        match (item.body, wanted.body if wanted else None):
            case (["argmax", str(one), extent, body], ["max", str(two), other, reduced]) if (
                wanted and item.shape == wanted.shape
            ):
                names = dict(zip((*item.indices, one), (*wanted.indices, two), strict=True))
                plain = len(names) == len(set(names.values())) == len(item.indices) + 1
                bound = {node[1] for node in _nodes([body, reduced], REDUCTIONS)}
                if not plain or bound & {*names, *names.values()}:
                    raise Refused(f"{named(item.kind)} binds an index twice")
                if extent == other and _same(body, reduced, names):
                    self._choose(item, one, self.reader.form(extent, {}), body)
                    return
        raise Refused(f"{named(item.kind)} is not the position of the maximum that it is named after")

    def _choose(self, item: TensorDefinition, name: str, extent: Form, body: Any) -> None:
        indices, chosen = tuple(Var(-1, k) for k in range(len(item.indices))), Var(-1, len(item.indices))
        names = {n: Form.of(v) for n, v in zip((*item.indices, name), (*indices, chosen), strict=True)}
        guards = [
            (self.reader.form(guard[1], names), self.reader.form(guard[2], names))
            for guard in split_guards(body)[0]
            if guard[0] == "inside"
        ]
        everything = split_guards(body)[0]
        if everything or not self.facts.never_negative(extent - 1):
            self.hypotheses[MAXIMA_NONEMPTY] = None
        self.facts.choices[item.key] = Choice(indices, chosen, item.shape, tuple(guards))
        self.facts.below[item.key] = extent

    def _derived(self, item: Any, key: Key) -> TensorDefinition:
        definition = self._definition(item)
        if definition.key != (adjoint(key[0]), key[1]):
            raise Refused(f"the derivative with respect to {tensor(*key)} has another name")
        if definition.shape != self.known[key]:
            raise Refused(f"the derivative with respect to {tensor(*key)} does not have its shape")
        return definition

    # -- the pairs -----------------------------------------------------------------------------------------------

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What has to be shown, in order."""
        return (*self.equations, *self.derived)

    def obligation(self, name: str) -> Obligation:
        """The two sides of one of them."""
        if name in self.equations:
            self._inside(self.equations[name])
            probe = ("s", "v") if name == "energy" else ("probe", "")
            return Obligation(self._lag(probe), self._sum(self.equations[name], probe if name != "energy" else None))
        key, derived = self.derived[name]
        self._inside(derived)
        expander = Expander(self.facts, inlined=self.intermediates)
        right = self._paired(expander, derived, (direction(key[0]), key[1]))
        moving = self._moving(key)
        forward = Expander(self.facts, definitions={item.key: item for item in self.definitions})
        left = self._forward(forward, moving) if self.output.key in moving else ()
        return Obligation(left, right)

    def _moving(self, key: Key) -> set[Key]:
        """The tensors that move with a given one; nothing moves with integers."""
        moving = set() if key in (self.integers or ()) else {key}
        for item in self.definitions:
            if entries(item.body) & moving:
                moving.add(item.key)
        return moving

    def _forward(self, expander: Expander, moving: set[Key]) -> tuple[Term, ...]:
        """<s, D f . d>."""
        names, scope, own = over(self.output)
        at = tuple(names[i] for i in self.output.indices)
        if not self.is_cost:
            own = own.times(_entry(("s", "v"), at))
        slope = expander.moved_definition(self.output, names, scope, moving)
        return tuple(own.times(term) for term in slope)

    def _paired(self, expander: Expander, item: TensorDefinition, key: Key | None) -> tuple[Term, ...]:
        """<what is defined, the tensor of that name>."""
        names, scope, own = over(item)
        if key is not None:
            own = own.times(_entry(key, tuple(names[i] for i in item.indices)))
        return tuple(own.times(term) for term in expander.expand(item.body, names, scope))

    def _sum(self, item: TensorDefinition, key: Key | None) -> tuple[Term, ...]:
        return self._paired(Expander(self.facts), item, key)

    def _lag(self, key: Key) -> tuple[Term, ...]:
        """<f_v - x_v, the tensor of that name>."""
        names, _, own = over(self.output)
        at = tuple(names[i] for i in self.output.indices)
        own = own.times(_entry(key, at))
        value, state = own.times(_entry(self.output.key, at)), own.times(_entry(("x", "v"), at))
        return value, state.times(Term(-state.coefficient))


def _entry(key: Key, at: tuple[Form, ...]) -> Term:
    return Term().times(Term(factors=((Entry(*key, at), Term().coefficient),)))


# -- reading expressions ---------------------------------------------------------------------------------------------


def _bounded(content: Any) -> None:
    """Raises :class:`Refused` if there is more in a content than is read."""
    nodes, level = 0, [content]
    for _ in range(200):
        nodes += len(level)
        if nodes > _MOST_NODES:
            break
        level = [
            child
            for item in level
            if isinstance(item, list | dict)
            for child in (item if isinstance(item, list) else item.values())
        ]
        if not level:
            return
    raise Refused("there is more in it than is read here")


def _nodes(node: Any, kinds: tuple[str, ...]) -> Iterator[Any]:
    """The parts of an expression with these heads, those inside others too."""
    stack = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            if item and isinstance(item[0], str) and item[0] in kinds:
                yield item
            stack.extend(reversed(item))


def _reads(body: Any) -> Iterator[tuple[str, str, int]]:
    """(kind, owner, number of indices) of every entry."""
    for item in _nodes(body, ("entry",)):
        match item:
            case ["entry", str(kind), str(owner), list(indices)]:
                yield kind, owner, len(indices)
            case _:
                raise Refused("an entry is not written as one")


def _integers(body: Any) -> set[Key]:
    """The tensors whose entries stand in an index, a bracket, an extent or a division."""
    found: set[Key] = set()
    for item in _nodes(body, ("entry", *BRACKETS, *REDUCTIONS, "quotient", "remainder")):
        if item[0] == "entry":
            found |= entries(item[3])
        elif item[0] in REDUCTIONS:
            found |= entries(item[2]) if len(item) == 4 else set()
        else:
            found |= entries(item)
    return found


def _same(one: Any, two: Any, names: Mapping[str, str]) -> bool:
    """Whether two expressions are the same, under names for the indices of the first; none is bound inside."""
    if isinstance(one, list) and isinstance(two, list):
        if one[:1] == ["index"] and len(one) == len(two) == 2 and isinstance(one[1], str):
            return two == ["index", names.get(one[1], one[1])]
        return len(one) == len(two) and all(_same(a, b, names) for a, b in zip(one, two, strict=True))
    return type(one) is type(two) and bool(one == two)
