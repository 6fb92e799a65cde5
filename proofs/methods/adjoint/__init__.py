"""The equations derived for a layer kind or cost, proved for all sizes by another route than their derivation.

Proves: E_v = <s_v, f_v - x_v> and dE_v/ds_v = f_v - x_v as printed, and <s, Df v> = <(Df)^T s, v> for every direction
v, where the left side is the tangent (forward-mode) derivative of the layer's own equation and the right side uses the
derived vector-Jacobian product.  The proof is a list of steps (prover.py, search.py), each an application of a rule of
proofs/checker/core, and its replay.py accepts it.  That none is found refutes nothing: numbers do
(proofs/methods/refutation/numbers.py).

Trusts: the rules in proofs/checker/core; that f' is the derivative of f (derivatives.py shows it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dyadic.proofs.checker.core.obligations import HYPOTHESES, MAXIMA_NONEMPTY
from dyadic.proofs.checker.trust import RULES
from dyadic.proofs.claims import Claim, Verdict
from dyadic.proofs.methods.adjoint.prover import Proof, prove
from dyadic.proofs.methods.refutation import agreement, numbers
from dyadic.symbolic.energy import CostDerivation, LayerDerivation, cost_to_json, layer_to_json

TRUSTED = (RULES,)
METHOD = "steps from the pairing with the tangent equation, for all sizes"
KINK = "every activation is differentiable where it is evaluated, or its derivative there is the stated convention"
ENERGY = ("energy", "stationarity")
Found = dict[str, Any] | None


@dataclass(frozen=True)
class _Open:
    """What is to be decided: a statement, by the proofs of its parts or else by numbers.

    numbers: those at which it fails, with the sizes that they are at.  agreement: at a network's own sizes.
    undefined: why the equation says nothing.  here: it is about sizes of a network, and numbers are at no others.
    """

    name: str
    statement: str
    parts: Sequence[str]
    hypotheses: Sequence[str]
    numbers: Callable[[], Found]
    agreement: Callable[[], Found]
    undefined: str | None = None
    here: bool = False

    def decided(self, proof: Proof) -> Claim:
        """The claim with its verdict."""
        open_ = [reason for part in self.parts if (reason := proof.reason(part))]
        hypotheses = (KINK, *self.hypotheses, *(HYPOTHESES[name] for name in proof.hypotheses))
        if self.undefined:
            return Claim(
                self.name, self.statement, Verdict.UNDECIDED, METHOD, hypotheses, TRUSTED, reason=self.undefined
            )
        if not open_:
            return Claim(self.name, self.statement, Verdict.PROVED, METHOD, hypotheses, TRUSTED)
        # What holds at the network's own sizes is no error of the network, whatever numbers there are for other sizes.
        witness = None if set(ENERGY) & set(self.parts) & set(proof.open_) else self.agreement()
        if witness:
            statement = f"{self.statement}, for the sizes of this network"
            method = "exact evaluation over two prime fields at the sizes of this network"
            trusted = ("the evaluator in proofs/evaluate", "blake2b as a source of randomness")
            return Claim(self.name, statement, Verdict.PROVED, method, hypotheses, trusted, witness=witness)
        found = self.numbers()
        if found:
            method, trusted = "rigorous evaluation", ("the evaluator in proofs/evaluate", "Arb's enclosures")
            return Claim(self.name, self.statement, Verdict.REFUTED, method, hypotheses, trusted, found)
        where = " at sizes that this network can have" if self.here else ""
        reason = f"{open_[0]}, but no numbers were found that tell the two sides apart{where}"
        return Claim(self.name, self.statement, Verdict.UNDECIDED, METHOD, hypotheses, TRUSTED, reason=reason)


def layer_claims(
    layer: LayerDerivation,
    suffix: str = "",
    used: Sequence[Mapping[str, int]] = (),
    proof: Proof | None = None,
    tables: numbers.Tables | None = None,
) -> list[Claim]:
    """One claim for the energy and the vector-Jacobian products of a layer kind, and one for its parameter gradients.

    used: the sizes with which a network uses the layer, by symbol.  Where the proof for all sizes does not succeed
    and nothing is refuted there, equality is shown for these sizes by evaluation, and the claim says so.
    proof: what :func:`prove` found, where it has been looked for before.
    tables: the sizes at which numbers refute, in a network those that the layer can have there; without them the ones
    used, or any if there are none.
    """
    proof = proof or prove(layer_to_json(layer))
    at = used or None if tables is None else tables
    undefined = numbers.undefined_maximum(layer, used) if MAXIMA_NONEMPTY in proof.hypotheses else None

    def claim(name: str, statement: str, parts: Iterable[str]) -> Claim:
        def small() -> Found:
            doubtful = name == "adjoint" and set(ENERGY) & set(proof.open_)
            wrong = numbers.energy_difference(layer, tables=at) if doubtful else None
            return wrong or numbers.layer_difference(layer, name, tables=at)

        return _Open(
            f"{name}:{layer.label}{suffix}", f"{layer.label}: {statement}", tuple(parts), layer.equation.hypotheses,
            small, lambda: agreement.concrete_agreement(layer, name, used) if used else None, undefined, at is not None,
        ).decided(proof)  # fmt: skip

    what = "E_v = <s_v, f_v - x_v>, dE_v/ds_v = f_v - x_v"
    if layer.adjoints:
        what += ", and the vector-Jacobian product with respect to each input is the adjoint of the derivative"
    claims = [claim("adjoint", what, (*ENERGY, *(f"adjoint:{slot}" for slot in range(len(layer.adjoints)))))]
    if layer.gradients:
        what = "dE/dtheta is the adjoint of the derivative"
        claims.append(claim("gradient", what, (f"gradient:{name}" for name in layer.gradients)))
    return claims


def cost_claim(cost: CostDerivation, proof: Proof | None = None, tables: numbers.Tables | None = None) -> Claim:
    """The cost's gradient is the adjoint of its derivative.  tables: as for :func:`layer_claims`; any without them."""
    return _Open(
        f"adjoint:{cost.label}", f"{cost.label}: dC/dx is the adjoint of the cost's derivative", ("gradient",), (),
        lambda: numbers.cost_difference(cost, tables=tables), lambda: None, None, tables is not None,
    ).decided(proof or prove(cost_to_json(cost)))  # fmt: skip


__all__ = ["METHOD", "Proof", "cost_claim", "layer_claims", "prove"]
