"""Adjoints for symbolic sizes, by another route than their derivation.

Proves: for one layer kind and all sizes, <s, Df v> = <(Df)^T s, v> for every direction v, where the left side
is the tangent (forward-mode) equation, written here from the layer's own equation, and the right side uses the
derived vector-Jacobian product.  Both sides are brought to sums of products over index sets (terms.py) and rewritten
by steps that hold for all sizes (simplify.py); equal results are a proof.  A difference is only a refutation once
numbers show it (numbers.py).

Trusts: the chain and product rules as coded here, the rewriting steps, and SymPy's arithmetic of opaque symbols.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, Integer, Mul, Pow

from dyadic.proofs.checker.trust import CHAIN_RULE, REWRITING, SYMPY_OPAQUE, called
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods.forms import Form, Lookup, Sizes, form_of
from dyadic.proofs.methods.numbers import concrete_agreement, cost_difference, layer_difference
from dyadic.proofs.methods.simplify import simplified
from dyadic.proofs.methods.terms import Entry, Reader, Term, Within, canonical
from dyadic.symbolic.energy import CostDerivation, LayerDerivation
from dyadic.symbolic.errors import UnsupportedEquation
from dyadic.symbolic.expressions import (
    Apply,
    Bracket,
    Definition,
    Element,
    Reduction,
    Same,
    Tensor,
    elements,
    split_guards,
    total,
    walk,
)

TRUSTED = (CHAIN_RULE, REWRITING, SYMPY_OPAQUE)
INSIDE = "the equation reads entries outside their tensor only beside brackets that are 0 there"
METHOD = "pairing with the tangent equation, for all sizes"
_Key = tuple[str, str]


def layer_claims(layer: LayerDerivation, suffix: str = "", used: Sequence[Mapping[str, int]] = ()) -> list[Claim]:
    """One claim for the vector-Jacobian products of a layer kind, and one for its parameter gradients.

    used: the sizes with which a network uses the layer, by symbol.  Where the proof for all sizes does not succeed
    and nothing is refuted, equality is shown for these sizes by evaluation, and the claim says so.
    """
    equation, output = layer.equation, layer.equation.output
    parameters = tuple(p.tensor for p in equation.parameters.values())
    weight = Tensor("s", "v", output.tensor.shape)[output.indices]
    pairing = Pairing(
        equation.definitions, weight, layer.intermediates, (*equation.inputs, *parameters), equation.extents
    )
    claims = []
    for name, tensors, derived in (
        ("adjoint", equation.inputs, layer.adjoints),
        ("gradient", parameters, tuple(layer.gradients.values())),
    ):
        if not tensors:
            continue
        what = "vector-Jacobian product with respect to each input" if name == "adjoint" else "dE/dtheta"
        open_ = [reason for t, item in zip(tensors, derived, strict=True) if (reason := pairing.difference(t, item))]
        statement = f"{layer.label}: the {what} is the adjoint of the derivative"
        claim = _claim(
            f"{name}:{layer.label}{suffix}", statement, open_, (*equation.hypotheses, *pairing.hypotheses),
            lambda name=name: layer_difference(layer, name),
        )  # fmt: skip
        if claim.verdict is Verdict.UNDECIDED and used:
            claim = _for_these_sizes(claim, layer, name, used)
        claims.append(claim)
    return claims


def cost_claim(cost: CostDerivation) -> Claim:
    """The cost's gradient is the adjoint of its derivative."""
    equation = cost.equation
    pairing = Pairing(equation.definitions, Integer(1), cost.intermediates, (equation.input, equation.target))
    reason = pairing.difference(equation.input, cost.gradient)
    statement = f"{cost.label}: dC/dx is the adjoint of the cost's derivative"
    open_ = [reason] if reason else []
    return _claim(f"adjoint:{cost.label}", statement, open_, tuple(pairing.hypotheses), lambda: cost_difference(cost))


def _claim(name: str, statement: str, open_: list[str], assumed: Sequence[str], numbers: Any) -> Claim:
    hypotheses = (
        "every activation is differentiable where it is evaluated, or its derivative there is the stated convention",
        *assumed,
    )
    if not open_:
        return Claim(name, statement, Verdict.PROVED, METHOD, hypotheses, TRUSTED)
    found = numbers()
    if found:
        method = "rigorous evaluation at small sizes"
        return Claim(name, statement, Verdict.REFUTED, method, hypotheses, TRUSTED, found)
    reason = f"{open_[0]}, but no numbers were found that tell the two sides apart"
    return Claim(name, statement, Verdict.UNDECIDED, METHOD, hypotheses, TRUSTED, reason=reason)


def _for_these_sizes(claim: Claim, layer: LayerDerivation, what: str, used: Sequence[Mapping[str, int]]) -> Claim:
    """The claim for the sizes of a network, by complete evaluation over two prime fields."""
    witness = concrete_agreement(layer, what, used)
    if witness is None:
        return claim
    method = "exact evaluation over two prime fields at the sizes of this network"
    trusted = ("the evaluator in proofs/evaluate", "blake2b as a source of randomness")
    statement = f"{claim.statement}, for the sizes of this network"
    return Claim(claim.id, statement, Verdict.PROVED, method, claim.hypotheses, trusted, witness=witness)


# -- the two sides of the pairing ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Choice:
    """arg t[i] = ArgMax_k a: what its entries satisfy."""

    item: Definition
    guards: tuple[Bracket, ...]


class Pairing:
    """<weight, D output [direction]> against <derived, direction>, for one list of definitions."""

    def __init__(
        self,
        definitions: Sequence[Definition],
        weight: Expr,
        intermediates: Sequence[Definition],
        given: Iterable[Tensor],
        extents: Mapping[Expr, Expr] | None = None,
    ) -> None:
        for component in TRUSTED:
            called(component)
        self.definitions, self.weight = definitions, weight
        self.sizes = Sizes(extents)
        self.hypotheses: dict[str, None] = {}
        self.bars = {_key(item): item for item in intermediates if not item.tensor.kind.startswith("arg ")}
        self.positions = [item for item in intermediates if item.tensor.kind.startswith("arg ")]
        self.choices: dict[_Key, _Choice] = {}
        shapes = {(tensor.kind, tensor.owner): tensor.shape for tensor in given}
        shapes |= {_key(item): item.tensor.shape for item in definitions}
        self._read_bounds(shapes)

    def difference(self, tensor: Tensor, derived: Definition) -> str | None:
        """None if the derived definition is the adjoint with respect to a tensor, else why that was not shown."""
        try:
            wrong = self._wrong_position(derived)
            if wrong or derived.tensor.shape != tensor.shape:
                return wrong or "the adjoint does not have the shape of its tensor"
            tangents = self._tangents(tensor)
            left = Reader(self.sizes, tangents).expand(self._moved(tangents), {})
            right = Reader(self.sizes, self.bars).expand(_paired(tensor, derived), {})
            wanted = self.normal_form(right)
            if self.normal_form(left) == wanted:
                return None
            if self.normal_form(self._read_inside(left, tensor)) == wanted:
                self.hypotheses[INSIDE] = None
                return None
        except UnsupportedEquation as error:
            return str(error)
        return "the two sides have different normal forms"

    def normal_form(self, terms: Iterable[Term]) -> Counter[str]:
        """The terms, rewritten, by their canonical text."""
        return canonical(simplified(terms, self.sizes, self._holds_by_choice))

    def _read_inside(self, terms: Iterable[Term], tensor: Tensor) -> list[Term]:
        """The terms with the conditions that each entry of the direction lies in its tensor.

        They change nothing, since an equation reads an entry outside only beside a bracket that is 0 there.
        """
        shape = [self._form(extent) for extent in tensor.shape]
        found = []
        for term in terms:
            for factor, _ in term.factors:
                if isinstance(factor, Entry) and (factor.kind, factor.owner) == ("dot " + tensor.kind, tensor.owner):
                    ranges = tuple(Within(form, extent) for form, extent in zip(factor.indices, shape, strict=True))
                    term = term.times(Term(conditions=ranges))
            found.append(term)
        return found

    def _tangents(self, tensor: Tensor) -> dict[_Key, Definition]:
        """The tangent of every definition that moves with a tensor, by the name of the tangent."""
        found: dict[_Key, Definition] = {}
        for item in self.definitions:
            name = Tensor("dot " + item.tensor.kind, item.tensor.owner, item.tensor.shape)
            body = tangent(item, tensor, found)
            if body != 0:
                found[_key(name)] = Definition(name, item.indices, body)
        return found

    def _moved(self, tangents: Mapping[_Key, Definition]) -> Expr:
        """<weight, D output [direction]>."""
        output = self.definitions[-1]
        name = ("dot " + output.tensor.kind, output.tensor.owner)
        left: Expr = self.weight * Element(*name, *output.indices) if name in tangents else Integer(0)
        for index, extent in output.ranges.items():
            left = total(index, extent, left)
        return left

    # -- integer tensors -------------------------------------------------------------------------------------------

    def _wrong_position(self, derived: Definition) -> str | None:
        """An intermediate ``arg t`` must be there where it is read, and be the argmax of what t is the max of."""
        read = {e for item in (derived, *self.bars.values()) for e in elements(item.body) if e.kind.startswith("arg ")}
        missing = {(e.kind, e.owner) for e in read} - {_key(item) for item in self.positions}
        if missing:
            return f"{min(missing)[0]} is not defined"
        maxima = {_key(item): item for item in self.definitions}
        for item in self.positions:
            wanted = maxima.get((item.tensor.kind.removeprefix("arg "), item.tensor.owner))
            if wanted is None or not _is_reduction(wanted, "max") or not _is_reduction(item, "argmax"):
                return f"{item.tensor.kind} is not the position of a maximum"
            names = dict(zip(item.indices, wanted.indices, strict=False)) | {item.body.index: wanted.body.index}
            stated = item.body.body.xreplace(names)
            if (item.tensor.shape, item.body.extent, stated) != (
                wanted.tensor.shape, wanted.body.extent, wanted.body.body,
            ):  # fmt: skip
                return f"{item.tensor.kind} is not the position of the maximum that it is named after"
        return None

    def _read_bounds(self, shapes: Mapping[_Key, Sequence[Expr]]) -> None:
        """An integer tensor that is an index where no bracket guards it lies in that axis' range."""
        for item in self.positions:
            if _is_reduction(item, "argmax"):
                guards, _ = split_guards(item.body.body)
                self.choices[_key(item)] = _Choice(item, tuple(guards))
                self.sizes.below[_key(item)] = self._form(item.body.extent)
        for item in self.definitions:
            guarded = {e for node in walk(item.body) if isinstance(node, Bracket) for e in node.atoms(Element)}
            for entry in elements(item.body):
                for axis, index in enumerate(entry.indices):
                    name = (entry.kind, entry.owner)
                    if isinstance(index, Element) and index not in guarded and name in shapes:
                        extent = self._form(shapes[name][axis])
                        self.sizes.below.setdefault((index.kind, index.owner), extent)
                        self.hypotheses[INSIDE] = None

    def _form(self, extent: Expr) -> Form:
        return form_of(extent, {}, self.sizes.table)

    def _holds_by_choice(self, condition: Within) -> bool:
        """Whether a condition on an argmax is one of those under which it is chosen."""
        for atom in condition.form.atoms():
            if not isinstance(atom, Lookup) or (atom.kind, atom.owner) not in self.choices:
                continue
            choice = self.choices[atom.kind, atom.owner]
            names = dict(zip(choice.item.indices, atom.indices, strict=True))
            names[choice.item.body.index] = Form.of(atom)
            for guard in choice.guards:
                if type(guard).__name__ == "Inside":
                    form, extent = (form_of(a, names, self.sizes.table) for a in guard.args)
                    if extent == condition.extent and condition.form in (form, extent - 1 - form):
                        return True
        return False


def _paired(tensor: Tensor, derived: Definition) -> Expr:
    """<derived, direction>."""
    right: Expr = derived.body * Element("dot " + tensor.kind, tensor.owner, *derived.indices)
    for index, extent in derived.ranges.items():
        right = total(index, extent, right)
    return right


def _key(item: Definition | Tensor) -> _Key:
    tensor = item.tensor if isinstance(item, Definition) else item
    return tensor.kind, tensor.owner


def _is_reduction(item: Definition, kind: str) -> bool:
    return isinstance(item.body, Reduction) and item.body.kind == kind


def tangent(item: Definition, tensor: Tensor, known: Mapping[_Key, Definition]) -> Expr:
    """The forward-mode derivative of a definition's body when ``tensor`` moves; tangents have the kind ``dot ...``."""

    def move(node: Expr) -> Expr:
        if isinstance(node, Element):
            name = ("dot " + node.kind, node.owner)
            moves = (node.kind, node.owner) == (tensor.kind, tensor.owner) or name in known
            return Element(*name, *node.indices) if moves else Integer(0)
        if isinstance(node, Add):
            return Add(*map(move, node.args))
        if isinstance(node, Mul):
            first, rest = node.args[0], Mul(*node.args[1:])
            return move(first) * rest + first * move(rest)
        if isinstance(node, Pow) and node.exp.is_Rational:
            return node.exp * node.base ** (node.exp - 1) * move(node.base)
        if isinstance(node, Apply):
            return Apply(node.name, node.order + 1, node.argument) * move(node.argument)
        if isinstance(node, Reduction) and node.kind == "sum":
            return total(node.index, node.extent, move(node.body))
        if isinstance(node, Reduction) and node is item.body and node.kind in ("logsumexp", "max"):
            guards, inside = split_guards(node.body)
            # The share of term k in the reduction: exp(a_k - logsumexp), or whether it is the largest.
            if node.kind == "logsumexp":
                share: Expr = Apply("exp", 0, inside - item.element)
            else:
                share = Same(node.index, Element("arg " + item.tensor.kind, item.tensor.owner, *item.indices))
            return total(node.index, node.extent, Mul(*guards) * share * move(inside))
        return Integer(0)

    return move(item.body)
