"""Numbers of claims are the network's own or bounded, witnesses are data, and what was not run has no claim."""

import pytest
from campaigns import forged_numbers
from campaigns.forged import base
from campaigns.forgeries import outcome

from dyadic.proofs import check, verify
from dyadic.proofs.checker.evaluation.affine import is_linear
from dyadic.proofs.checker.figures import REPLAYED
from dyadic.proofs.checker.intake.form import CERTIFICATE
from dyadic.proofs.checker.intake.reading import Rejected
from dyadic.proofs.checker.intake.witness_forms import WITNESSES
from dyadic.proofs.subject import examine
from dyadic.symbolic import architecture, derive


@pytest.mark.parametrize("name", forged_numbers.NAMES)
def test_a_number_that_nobody_counted_is_rejected(name):
    assert outcome(name)[0] == "REJECTED"


def test_every_witness_of_a_deep_run_has_a_form():
    certificate = base("deep")[1]
    with_one = {claim["kind"] for claim in certificate["claims"] if claim["witness"] is not None}
    assert with_one - set(REPLAYED) == set(WITNESSES) - {"adjoint", "gradient"}
    assert check(certificate).confirmed


@pytest.mark.parametrize(
    "version", ["1", "0.1.0", "2.0rc1", "1.13.3", "0.6.0.post1", "3.1.dev4", "1!2.0", "0.1.0+local1", "not installed"]
)
def test_versions_that_there_are(version):
    CERTIFICATE({**base("plain")[1], "versions": {"dyadic": version}}, "")
    with pytest.raises(Rejected, match=r"^versions\.dyadic: is not of the form"):
        CERTIFICATE({**base("plain")[1], "versions": {"dyadic": f"{version} proved"}}, "")


def network(*layers, cost="squared_error"):
    named = [{"name": f"l{k}", "inputs": [f"l{k - 1}" if k else "x"], **one} for k, one in enumerate(layers)]
    return {"inputs": {"x": {"shape": [4]}}, "layers": named, "cost": {"type": cost}}


DENSE, TANH, TWICE = {"type": "dense", "units": 4}, {"type": "tanh"}, {"type": "scale", "factor": 2}
LINEAR = {
    "dense": (network(DENSE, DENSE), True),
    "functions": (network(DENSE, TANH), False),
    "functions of the input alone": (network(TANH, DENSE), True),
    "a product of two layers": (network(DENSE, DENSE, {"type": "mul", "inputs": ["l0", "l1"]}), False),
    "a product with the input": (network(DENSE, {"type": "mul", "inputs": ["l0", "x"]}), True),
    "a square": (network(DENSE, {"type": "power", "exponent": 2}), False),
    "a root": (network(DENSE, {"type": "power", "exponent": 0.5}), False),
    "a maximum": (network(DENSE, {"type": "reduce_max"}), False),
    "softmax": (network(DENSE, {"type": "softmax"}), False),
    "a cost with functions": (network(DENSE, cost="cross_entropy"), False),
    "an abstract cost, which is a function": (network(DENSE, TWICE, cost="abstract"), False),
}


@pytest.mark.parametrize("name", LINEAR)
def test_which_networks_are_linear(name):
    spec, expected = LINEAR[name]
    derivation = derive(architecture(spec))
    assert is_linear(examine(derivation, derivation.steps).network) is expected


@pytest.mark.parametrize("name", ["a product of two layers", "a product with the input", "a square"])
def test_a_network_of_products_has_the_step_sizes_of_any_other(name):
    """Polynomials without functions are not linear, and a closed form for linear networks does not hold of them."""
    certificate = verify(derive(architecture(LINEAR[name][0])), deep=True)
    found = {claim["id"]: claim for claim in certificate["claims"]}["stepsize:network"]
    assert (found["verdict"], found["numbers"]["linear"]) == ("proved", int(LINEAR[name][1]))
    assert check(certificate).confirmed
