"""A value that is held constant: gradients as the program defines them, said so on both sides; nothing else passes."""

import copy
import dataclasses
import json

import numpy as np
import pytest
from support.modules import load
from support.refit import claim_of, refitted
from support.wrong_adjoints import nodes

from dyadic.codegen import emit
from dyadic.paper import exactness
from dyadic.paper.glyphs import allocate
from dyadic.proofs import Rejected, check, verify
from dyadic.proofs.certificate import record
from dyadic.proofs.checker.differentiation.definitions import HELD as CHECKED
from dyadic.proofs.checker.differentiation.integer_intervals import NUMBER_ONE
from dyadic.proofs.checker.evaluation.enclosed_numbers import EnclosedNumbers
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import adjoint
from dyadic.proofs.methods.formal.script import network as formal_network
from dyadic.proofs.methods.formal.tensors import Inexpressible
from dyadic.proofs.sentences import told
from dyadic.proofs.statements import examine_claims
from dyadic.symbolic import architecture, derive
from dyadic.symbolic.expressions import Apply, Definition, Integer
from dyadic.symbolic.functions.scalar import HELD

AS_DEFINED = "as the program defines it, with values held constant where it stops gradients"


def network():
    """A straight-through estimator: z + held(tanh(z) - z)."""
    layers = [
        {"name": "z", "type": "dense", "units": 3, "inputs": ["x"]},
        {"name": "round", "type": "tanh", "inputs": ["z"]},
        {"name": "off", "type": "sub", "inputs": ["round", "z"]},
        {"name": "held", "type": "stop_gradient", "inputs": ["off"]},
        {"name": "through", "type": "add", "inputs": ["z", "held"]},
    ]
    return {"name": "estimator", "inputs": {"x": {"shape": [4]}}, "layers": layers, "cost": {"type": "squared_error"}}


@pytest.fixture(scope="module")
def derivation():
    return derive(architecture(network()))


@pytest.fixture(scope="module")
def certificate(derivation):
    return json.loads(json.dumps(verify(derivation)))


def test_prover_and_checker_say_of_which_gradient_they_speak(certificate):
    report, steps = check(certificate), claim_of(certificate, "steps")
    assert report.confirmed
    assert steps["verdict"] == "proved"
    assert AS_DEFINED in steps["statement"]
    assert CHECKED == HELD
    assert f"stop_gradient: {HELD}" in steps["hypotheses"]
    (said,) = [finding.detail for finding in report.findings if finding.claim == "steps"]
    assert "as the program defines it" in said


def test_without_a_held_value_nothing_of_it_is_said():
    spec = network()
    spec["layers"][3]["type"] = "tanh"
    found = json.loads(json.dumps(verify(derive(architecture(spec)))))
    assert AS_DEFINED not in claim_of(found, "steps")["statement"]
    claim_of(found, "steps")["numbers"]["held"] = 1
    with pytest.raises(Rejected):
        check(refitted(found))


def test_the_emitted_gradient_is_the_one_of_the_program(derivation):
    code = load(emit(derivation, "numpy").text)
    rng = np.random.default_rng(0)
    params = {key: rng.normal(size=value.shape) for key, value in code.init(0).items()}
    x, y = rng.normal(size=(2, 4)), rng.normal(size=(2, 3))
    z = x @ params["z.weight"].T + params["z.bias"]
    state, (_, gradients) = code.wavefront(params, x, y), code.gradients(params, x, y)
    np.testing.assert_allclose(state.x["through"], np.tanh(z), rtol=1e-12)
    s = state.s["through"]  # of z as well: the estimator passes it on as it is
    np.testing.assert_allclose(state.s["z"], s, rtol=1e-12)
    np.testing.assert_allclose(len(x) * gradients["z.weight"], s.T @ x, rtol=1e-9)
    assert not state.s["off"].any()


def test_an_adjoint_that_passes_the_sensitivity_is_refuted(derivation):
    layer = derivation.layers["held"]
    (item,) = layer.adjoints
    (slope,) = nodes(item.body, Apply)
    passed = item.body.xreplace({slope: Integer(1)})
    for wrong in (passed, passed * (1 - slope), 2 * passed + item.body):
        changed = dataclasses.replace(layer, adjoints=(Definition(item.tensor, item.indices, wrong),))
        assert [claim.verdict for claim in adjoint.layer_claims(changed)] == [Verdict.REFUTED]


OWN = """
[[claim]]
id = "value"
kind = "inference"
equation = "x_held[j] = x_off[j]"
[[claim]]
id = "stops"
kind = "gradient"
at = "solution"
equation = "dE/dW_z[i, j] = (x_through[i] - y[i]) x_x[j]"
[[claim]]
id = "passes"
kind = "sensitivity"
equation = "s_off[j] = s_held[j]"
[[claim]]
id = "slope"
kind = "equal"
equation = "stop_gradient'(x_z[0]) = 1"
[[claim]]
id = "enough"
kind = "steps"
suffice = "2 L"
"""


def test_what_is_said_elsewhere_knows_of_it(derivation, certificate, tmp_path):
    """Claims of one's own, the appendix, the theorem in Coq, the flow's Jacobian."""
    held = f"stop_gradient: {HELD}"
    (tmp_path / "own.toml").write_text(OWN)
    claims = {claim.id: claim for claim in examine_claims(derivation, tmp_path / "own.toml").claims}
    assert {name: claim.verdict for name, claim in claims.items()} == {
        "value": Verdict.PROVED, "stops": Verdict.PROVED, "passes": Verdict.REFUTED,
        "slope": Verdict.REFUTED, "enough": Verdict.PROVED,
    }  # fmt: skip
    assert [name for name, claim in claims.items() if held not in claim.hypotheses] == ["value"]
    assert AS_DEFINED in str(exactness.result(derivation, certificate, allocate(derivation))[0])
    with pytest.raises(Inexpressible, match="stop_gradient holds its value constant"):
        formal_network(certificate)


def test_of_a_flow_the_jacobian_is_that_of_the_values():
    """Whether a flow has a potential is no matter of conventions: a held value moves with what it is of."""
    numbers = EnclosedNumbers(1, False, 1)
    one = (numbers.number(1, 3)[0], NUMBER_ONE)
    (value, slope), (_, floored) = numbers.apply("stop_gradient", 0, one), numbers.apply("floor", 0, one)
    assert value == one[0]
    assert slope.sign == 1
    assert floored.sign == 0


# -- certificates that hide it -----------------------------------------------------------------------------------


def _machine_checked(forged):
    """The theorem in Coq, which is about derivatives, where they are none."""
    numbers = {"steps": forged["steps"], "L": forged["L"], "smooth": 0, "kinds": 0, "parts": 6}
    claim = record(told("formal", Verdict.PROVED, {}, numbers))
    forged["claims"].insert(-1, json.loads(json.dumps(claim)))


def _said_otherwise(forged):
    claim_of(forged, "steps")["numbers"]["held"] = 0


def _with_a_slope(forged):
    forged["functions"]["stop_gradient"]["derivative"] = 1


def _defined_as_z(forged):
    forged["functions"]["stop_gradient"] |= {"definition": ["z"], "value": ["z"]}


def _renamed(forged, **fields):
    """All that applies it under another name."""
    text = json.dumps(forged).replace("stop_gradient", "passing")
    forged.clear()
    forged |= json.loads(text)
    forged["functions"]["passing"] |= fields
    _said_otherwise(forged)


def _by_its_definition(forged):
    held = ["apply", "stop_gradient", 0, ["z"]]
    _renamed(forged, definition=held, value=held)


def _as_the_identity(forged):
    _renamed(forged, definition=["z"], value=["z"])


def _passing(forged):
    """s itself in the place of s times the derivative, in the layer and in the network's equation."""

    def without(node):
        if isinstance(node, list):
            slope = [item for item in node if isinstance(item, list) and item[:3] == ["apply", "stop_gradient", 1]]
            if node[:1] == ["*"] and slope:
                (rest,) = [item for item in node[1:] if item not in slope]
                return rest
            return [without(item) for item in node]
        return {key: without(item) for key, item in node.items()} if isinstance(node, dict) else node

    for key in ("layers", "equations"):
        forged[key] = without(forged[key])


FORGERIES = {
    "said otherwise": (_said_otherwise, "held"),
    "with a slope": (_with_a_slope, "functions.stop_gradient"),
    "defined as z": (_defined_as_z, "functions.stop_gradient"),
    "by its definition": (_by_its_definition, "holds values constant by stop_gradient"),
    "machine-checked": (_machine_checked, "holds values constant"),
    "as the identity": (_as_the_identity, "functions.passing"),
    "passing s on": (_passing, "do not have the same terms"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_certificate_that_hides_it_is_rejected(certificate, name):
    change, said = FORGERIES[name]
    forged = copy.deepcopy(certificate)
    change(forged)
    with pytest.raises(Rejected, match=said):
        check(refitted(forged))
