"""From a claim as written to the equalities that it asserts, each between two expressions."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from dyadic.proofs.checker.intake.kinds import adjoint, is_adjoint
from dyadic.proofs.evaluate.identity_values import seed_of
from dyadic.proofs.evaluate.integers import is_bracket
from dyadic.proofs.evaluate.network import entries
from dyadic.proofs.statements.number_systems.linear_systems import Line
from dyadic.proofs.statements.parsing.conditional_sums import free_indices, settled
from dyadic.proofs.statements.parsing.grammar import has_wholes, parse
from dyadic.proofs.statements.parsing.latex_notation import LatexReader
from dyadic.proofs.statements.parsing.latex_source import formula
from dyadic.proofs.statements.parsing.numbering import counted_from_zero
from dyadic.proofs.statements.parsing.text import TextReader
from dyadic.proofs.statements.parsing.tokens import Unreadable, quoted, refuse
from dyadic.proofs.statements.semantics.claimed_ranges import stated_ranges
from dyadic.proofs.statements.semantics.matrix_form import EntryForm, in_entries
from dyadic.proofs.statements.semantics.own_energy import check_energy
from dyadic.proofs.statements.semantics.premises import SOLUTION, Premises, read_premises
from dyadic.proofs.statements.semantics.quantities import Sense, quantity, rate, received, update
from dyadic.proofs.statements.semantics.ranges import Ranges, elaborate
from dyadic.proofs.statements.semantics.shown import show
from dyadic.proofs.statements.semantics.stationary_points import derivative_at
from dyadic.proofs.statements.semantics.vocabulary import FREE, LET, NamedTensor, Vocabulary, shown_entry
from dyadic.symbolic.errors import SpecError

MOST_LINKS = 200
DENOMINATOR, NUMERATOR = "denominator", "numerator"


@dataclass(frozen=True)
class Statement:
    """A claim as it stands in a file.

    formulas: the equation, or the steps of a chain; definitions: what "with" introduces, in order.
    child: for an adjoint, whose contribution.  number: the formula of a number of steps or of a step size, in L and T.
    assumptions: what it assumes, as written.  at: "any state", or "solution": x is the feedforward activation and s
    backpropagation's sensitivity.  first: the number of the first index.  layout: of the derivative by a matrix.
    place: where it stands, for messages; line: of the file, 0 if that is not known.  expected: the verdict that the
    author expects, or nothing.  uses: earlier claims, by id or label, whose definitions are its own too.
    labels: of its display.  variables: tensors of the author's own, with a tensor of the same shape; energies: with
    their formulas.
    """

    id: str
    kind: str
    place: str
    formulas: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    latex: bool = False
    child: str | None = None
    number: str | None = None
    assumptions: tuple[str, ...] = ()
    at: str = "any state"
    first: int = 0
    layout: str = DENOMINATOR
    line: int = 0
    expected: str = ""
    uses: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    energies: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class OwnQuantity:
    """A quantity of the claim's own: ``name[indices] = body``; text: as it is understood."""

    name: str
    indices: tuple[str, ...]
    body: Any
    ranges: Ranges
    text: str = ""


@dataclass(frozen=True)
class Link:
    """One equality: ``text`` as it was written, the two sides, and what its indices range over."""

    text: str
    left: Any
    right: Any
    ranges: Ranges
    label: str


@dataclass
class Equalities:
    """All that a claim asserts, in order, the definitions that it uses and what it takes for granted.

    solved: the numbers that its assumptions determine, by the sizes and integers at which it is examined; None where
    the assumptions contradict each other.  doubtful: why the range of an index is, and what to write.  affordable: how
    many operations one evaluation may take where nothing else decides it.  defined: where all of it has a value, in
    words, where that is examined elsewhere and no sign may be told from it; None where it is told from the formulas.
    divides: whether it is taken for granted that no denominator is 0.
    """

    vocabulary: Vocabulary
    lets: list[OwnQuantity] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    premises: Premises = field(default_factory=Premises)
    solved: dict[object, dict[str, Line] | None] = field(default_factory=dict)
    doubtful: tuple[str, str] | None = None
    affordable: int = 0
    defined: tuple[str, ...] | None = None
    divides: bool = True

    @property
    def seed(self) -> int:
        """Primes and residues depend on the claim and its network, so that neither can be written to fit them."""
        text = repr(
            (
                seed_of(self.vocabulary.graph, "claim"),
                [(link.left, link.right) for link in self.links],
                [(let.name, let.body) for let in self.lets],
            )
        )
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "big")

    def read(self, link: Link, assumed: bool = True) -> set[tuple[str, str]]:
        """(kind, owner) of every tensor of the network in a link and in the claim's definitions (and assumptions)."""
        nodes = [link.left, link.right, *(let.body for let in self.lets)]
        if assumed:
            nodes += [side for relation in self.premises.relations for side in (relation.left, relation.right)]
        return {key for node in nodes for key in entries(node) if key[0] not in (LET, "delta")}


_LEFT = {
    "inference": {"x": update("x")},
    "sensitivity": {"s": update("s")},
    "update": {"x": update("x"), "s": update("s")},
    "euler_lagrange": {"x": update("x"), "s": update("s")},
    "dynamics": {rate("x"): rate("x"), rate("s"): rate("s")},
    "energy": {"E": "E", "C": "C"},
}
_RATES = ("eta", "alpha", "lr")
_STEPS = ("inference", "sensitivity", "update", "euler_lagrange", "descent")
"""Kinds in which an arrow stands for the equals sign."""
KINDS = (*_LEFT, "adjoint", "gradient", "descent", "stationary", "equal", "chain", "steps", "step_size")
_WANTED = {
    "inference": "x_NAME[i]", "sensitivity": "s_NAME[i]", "update": "x_NAME[i] or s_NAME[i]",
    "euler_lagrange": "x_NAME[i] or s_NAME[i]", "dynamics": "dx_NAME[i]/dt or ds_NAME[i]/dt",
    "energy": "E, E_NAME or C", "adjoint": "s_NAME[i]", "gradient": "dE/d(parameter), such as Wbar_NAME[i, j]",
    "descent": "a parameter: W_NAME[i, j] <- W_NAME[i, j] - eta ...",
}  # fmt: skip


def equalities(statement: Statement, vocabulary: Vocabulary) -> Equalities:
    """Read a claim's formulas.  Raises :class:`SpecError` where one is not in the notation or does not fit the kind."""
    found = Equalities(vocabulary.copy())
    found.vocabulary.first, found.vocabulary.solution = statement.first, statement.at == SOLUTION
    found.vocabulary.latex = statement.latex
    if statement.kind == "descent":
        for name in _RATES:
            if not found.vocabulary.knows(name):
                found.vocabulary.free_number(name)
    for name, like in statement.variables:
        _variable(statement, name, like, found.vocabulary)
    for name, source in statement.energies:
        _energy(statement, name, source, found.vocabulary)
    for source in statement.definitions:
        _definition(found, statement, source)
    found.premises = read_premises(statement.assumptions, found.vocabulary, statement.place)
    parsed: list[tuple[str, list[Any]]] = []
    for source in statement.formulas:
        known = set[str]().union(*(free_indices(side) for _, sides in parsed for side in sides))
        parsed.append((source, _parsed(statement, source, found.vocabulary, define=False, known=known)))
    form = _in_entries(statement, parsed, found.vocabulary)
    sides = form.sides
    if len(sides) < 2:
        raise SpecError(statement.place, "claims no equality", "write left = right")
    if len(sides) > MOST_LINKS:
        raise SpecError(statement.place, f"has more than {MOST_LINKS} steps", "split it")
    if statement.kind == "stationary":
        found.links.append(_stationary(statement, parsed[0][0], sides, found))
        return _without_unused(found)
    first = _left(statement, sides[0], found.vocabulary, sides[1:])
    defines = statement.kind not in ("equal", "chain")
    _, whole = elaborate([first, *sides[1:]], found.vocabulary, statement.place, form.ranges, defines, True)
    found.doubtful = whole.doubtful
    if (whole.doubtful or whole.told) and isinstance(first, list) and first[0] == "entry":
        _same_letters(found, statement, first)
    found.premises.texts += whole.told
    for number in range(1, len(sides)):
        pair = [first if number == 1 else sides[number - 1], sides[number]]
        (left, right), ranges = elaborate(pair, found.vocabulary, statement.place, whole.free, shortest=True)
        rows_first = [name for name in form.free if name in ranges.free]
        ranges.free = {name: ranges.free[name] for name in dict.fromkeys([*rows_first, *ranges.free])}
        label = f"step {number}" if len(sides) > 2 else "the equation"
        shown = (show(pair[0]), show(pair[1]))
        found.links.append(Link(f"{shown[0]} = {shown[1]}", left, right, ranges, label))
    return _without_unused(found)


def _without_unused(claim: Equalities) -> Equalities:
    """The claim without definitions that nothing of it uses: where these have no value it claims something too."""
    nodes = [side for link in claim.links for side in (link.left, link.right)]
    nodes += [side for relation in claim.premises.relations for side in (relation.left, relation.right)]
    used: list[OwnQuantity] = []
    for let in reversed(claim.lets):  # each uses earlier ones alone
        if any((LET, let.name) in entries(node) for node in nodes):
            used.insert(0, let)
            nodes.append(let.body)
    claim.lets = used
    return claim


def _variable(statement: Statement, name: str, like: str, vocabulary: Vocabulary) -> None:
    """A tensor of the author's own, with the shape of another one."""
    where = f"variables.{name}"
    if vocabulary.knows(name) or name in ("delta", "pi", "T", "L"):
        raise SpecError(where, "has a meaning already", "use another name")
    tensor = vocabulary.tensors.get(like.removesuffix("^T").strip())
    if like != FREE and (tensor is None or tensor.part or (tensor.kind == FREE and not tensor.axes)):
        raise SpecError(
            where, f"{like[:40]!r} is no tensor of this network", 'write the one whose shape it has, such as "W_NAME^T"'
        )
    axes = tensor.axes if tensor is not None and like != FREE else ()
    vocabulary.free_number(name, axes[::-1] if like.endswith("^T") else axes)


def _energy(statement: Statement, name: str, source: str, vocabulary: Vocabulary) -> None:
    """An energy of the author's own: one number, made of variables and of what the layers define."""
    where = f"energies.{name}"
    if vocabulary.knows(name) or name in ("E", "C", "T", "L"):
        raise SpecError(where, "has a meaning already", "use another name")
    reading = replace(statement, place=where, latex="\\" in source, kind="energy")
    sides = _parsed(reading, source, vocabulary, define=False)
    try:
        if len(sides) != 1:
            raise Unreadable(0, "an energy is one formula, without an equals sign")
        body = in_entries([sides[0], sides[0]], vocabulary)
        if body.free:
            raise Unreadable(0, "an energy is a number: sum over its entries")
        check_energy(body.sides[0], vocabulary)
    except Unreadable as error:
        raise refuse(where, source, error) from error
    _, ranges = elaborate(body.sides[:1], vocabulary, where)
    if ranges.free or ranges.outside:
        problem = ranges.outside or f"the index {sorted(ranges.free)[0]} of it is not summed over"
        raise SpecError(where, problem, "an energy is a number")
    vocabulary.own_energy(name, body.sides[0])


def _stationary(statement: Statement, source: str, sides: list[Any], claim: Equalities) -> Link:
    """That a formula put in for a variable makes a derivative of an own energy 0."""
    vocabulary = claim.vocabulary
    try:
        if len(sides) != 2:
            raise Unreadable(0, "a stationary point is written x_NAME[i] = formula")
        if statement.at == SOLUTION:
            raise Unreadable(0, 'a stationary point is one among all states: write at = "any state" in the claim')
        lets = {let.name: (let.indices, let.body) for let in claim.lets}
        shown, found, known = derivative_at(statement.child or "", sides[0], sides[1], vocabulary, lets)
    except Unreadable as error:
        raise refuse(statement.place, source, error) from error
    (left, right), ranges = elaborate([found, 0], vocabulary, statement.place, known)
    text = f"{show(shown)} = 0 where {show(sides[0])} = {show(sides[1])}"
    return Link(text, left, right, ranges, "the equation")


def _in_entries(statement: Statement, parsed: list[tuple[str, list[Any]]], vocabulary: Vocabulary) -> EntryForm:
    """The sides of all formulas, between entries."""
    sides = [side for _, found in parsed for side in found]
    try:
        return in_entries(sides, vocabulary, statement.layout == NUMERATOR)
    except Unreadable as error:
        raise refuse(statement.place, parsed[0][0], _told(error, statement)) from error


def _parsed(
    statement: Statement, source: str, vocabulary: Vocabulary, define: bool, known: Collection[str] = ()
) -> list[Any]:
    reader = LatexReader if statement.latex else TextReader
    try:
        source = formula(source) if statement.latex else vocabulary.author.put_in(source, vocabulary.tensors)
        inequality = statement.kind == "equal" and not define
        steps = statement.kind in _STEPS
        sides = parse(reader(source, vocabulary, define).tokens(), inequality=inequality, arrow=steps)
        return [counted_from_zero(side, vocabulary) for side in settled(sides, known)]
    except Unreadable as error:
        raise refuse(statement.place, source, error) from error


_ONE_NAME = {False: "define one name", True: r"define one name; of several letters it is \mathit{dO}"}
"""By whether the claim is written in LaTeX, where letters side by side are factors."""


def _definition(found: Equalities, statement: Statement, source: str) -> None:
    """A new name is defined; a name that has a meaning must be given that meaning, which is an equality to check."""
    if found.vocabulary.targets_renamed and source.lstrip("& \n").startswith("y"):
        found.vocabulary.tensors.pop("y", None)
    sides = _parsed(statement, source, found.vocabulary, define=True)
    sides, ends = stated_ranges(sides)
    stated = {name: found.vocabulary.extent(max(end, 0)) for name, end in ends.items()}
    if len(sides) != 2 or not isinstance(sides[0], list) or sides[0][0] not in ("entry", "whole"):
        problem = f"{quoted(' '.join(source.split())[:60])} defines nothing"
        if isinstance(sides[0], list) and sides[0][0] == "*":
            raise SpecError(statement.place, f"{problem}: its left side is a product", _ONE_NAME[statement.latex])
        raise SpecError(statement.place, problem, "write NAME[i] = formula")
    form = _defined_in_entries(statement, source, sides, found.vocabulary)
    left, body = form.sides
    if left[1] != LET or left[2] in found.vocabulary.tensors:
        _same_letters(found, statement, left)
        pair, ranges = elaborate([left, body], found.vocabulary, statement.place, stated, defines=True)
        text = f"{show(left)} = {show(body)}"
        found.links.append(
            Link(text, pair[0], pair[1], ranges, f"the definition of {shown_entry(left[1], left[2], ())}")
        )
        return
    names = [index[1] if isinstance(index, list) and index[0] == "index" else "" for index in left[3]]
    if "" in names or len(set(names)) < len(names):
        raise SpecError(statement.place, f"{left[2]} is defined at an index that is no letter", "write NAME[i] = ...")
    (resolved,), ranges = elaborate([body], found.vocabulary, statement.place, stated, elsewhere=names)
    if set(ranges.free) != set(names):
        stray = sorted(set(ranges.free) ^ set(names))
        raise SpecError(statement.place, f"the index {stray[0]} stands on one side of {left[2]} only", "bind it")
    found.lets.append(OwnQuantity(left[2], tuple(names), resolved, ranges, f"{show(left)} = {show(body)}"))
    found.vocabulary.define(left[2], tuple(ranges.free[name] for name in names), form.row)
    if statement.latex and not form.free:
        found.vocabulary.author = found.vocabulary.author.with_letters(left[2], names)


def _same_letters(claim: Equalities, statement: Statement, left: Any) -> None:
    """Refuse a second definition of a quantity with another letter: it may be meant for another layer."""
    letters = tuple(index[1] if isinstance(index, list) and index[0] == "index" else "" for index in left[3])
    for let in claim.lets:
        if left[1] == LET and let.name == left[2] and "" not in letters and letters != let.indices:
            one, two = (f"{let.name}[{', '.join(names)}]" for names in (let.indices, letters))
            problem = f"{let.name} is defined twice, as {one} and as {two}: this is one quantity or two"
            remedy = "give it another name, or say in [names] of which layers the letters are, as in 'a_j' = \"z_h[j]\""
            raise SpecError(statement.place, problem, remedy)


def _defined_in_entries(statement: Statement, source: str, sides: list[Any], vocabulary: Vocabulary) -> EntryForm:
    """A definition between entries; a new name that stands alone is a tensor where its body is one."""
    left, body = sides
    try:
        if left[0] == "whole" or left[1] != LET or left[3] or not has_wholes(body):
            return in_entries(sides, vocabulary, statement.layout == NUMERATOR)
        found = in_entries([body, body], vocabulary, statement.layout == NUMERATOR)
        own = ["entry", LET, left[2], [["index", name] for name in found.free]]
        return replace(found, sides=[own, found.sides[0]])
    except Unreadable as error:
        raise refuse(statement.place, source, _told(error, statement)) from error


def _told(error: Unreadable, statement: Statement) -> Unreadable:
    """What is wrong with tensors, in the notation of the claim."""
    problem = error.problem.replace(" .* ", r" \odot ") if statement.latex else error.problem
    return Unreadable(error.position, problem)


def _left(statement: Statement, node: Any, vocabulary: Vocabulary, others: list[Any]) -> Any:
    """The first side with the meaning that the claim's kind gives it."""
    kind = statement.kind
    if kind in ("equal", "chain"):
        return node
    wrong = SpecError(statement.place, f"a claim of kind {kind} starts with {_WANTED[kind]}", 'or use kind = "equal"')
    if isinstance(node, list) and node[0] == "*" and all(map(is_bracket, node[1:-1])):  # where it is claimed
        return [*node[:-1], _left(statement, node[-1], vocabulary, others)]
    if not isinstance(node, list) or node[0] != "entry":
        raise wrong
    _, letter, owner, indices = node
    if kind == "gradient":
        is_total = vocabulary.solution and quantity(letter).sense is Sense.COST
        if not (is_adjoint(letter) or is_total) or owner in vocabulary.graph.costs:
            raise wrong
        return node
    if kind == "descent":
        if not vocabulary.trained(NamedTensor(letter, owner, ())):
            raise wrong
        slope = ["entry", adjoint(letter), owner, indices]
        return ["+", node, ["*", -1, _rate_of(statement, others), slope]]
    if kind == "adjoint":
        if letter not in ("s", adjoint("x")):
            raise wrong
        return ["entry", received(statement.child or ""), owner, indices]
    if letter not in _LEFT[kind]:
        raise wrong
    return ["entry", _LEFT[kind][letter], owner, indices]


def _rate_of(statement: Statement, sides: list[Any]) -> Any:
    """The learning rate: the number that is free, of several the one with a usual name for it."""
    named = sorted(owner for kind, owner in set().union(*map(entries, sides)) if kind == FREE)
    usual = [name for name in _RATES if name in named]
    if not usual and len(named) != 1:
        problem = "its right-hand side holds no learning rate, or several numbers that could be it"
        raise SpecError(statement.place, problem, 'call it eta, or say [names] NAME = "number"')
    return ["entry", FREE, (usual or named)[0], []]
