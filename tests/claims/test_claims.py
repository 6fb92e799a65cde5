"""Chains, the shipped examples, the kinds of claims, what decides them, and the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command import run
from support.long_tests import one_in

from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import ClaimsFile, Statement, read_claims, verify_claims
from dyadic.symbolic import SpecError, architecture, derive, read_spec

EXAMPLES = Path("examples/claims")
NETWORK = derive(read_spec(EXAMPLES / "network.toml"))


def judged(*formulas, kind="equal", network=NETWORK, latex=False, functions=None, **options):
    options = {"definitions": (), **options}
    claim = Statement("it", kind, "it", formulas, latex=latex, **options)
    return verify_claims(network, ClaimsFile((claim,), functions or {}))[0]


@pytest.mark.parametrize("factor", ["", "2 "])
def test_each_of_two_equations_is_shown(factor):
    first = r"\frac{\partial C}{\partial W^{hidden}_{ji}} = " + factor + r"\bar{z}^{hidden}_j x^x_i"
    second = r"\frac{\partial C}{\partial W^{out}_{kj}} = s^{out}_k x^{hidden}_j"
    dense = {"name": "hidden", "type": "dense", "units": 4, "activation": "tanh"}
    two = {"inputs": {"x": {"shape": [3]}}, "layers": [dense, {"name": "out", "type": "dense", "units": 2}]}
    network = derive(architecture(two | {"cost": {"type": "squared_error"}}))
    found = judged(second, network=network, latex=True, at="solution", definitions=(first,))
    assert found.verdict is (Verdict.REFUTED if factor else Verdict.PROVED)
    assert found.statement.startswith(
        "equal: dC/dW_out[k, j] = s_out[k] x_hidden[j]; checked too: dC/dW_hidden[j, i] = "
    )


CHAIN = [
    "dE/dx_hidden[j] + s_hidden[j]",
    "Sum[i] W_deep[i, j] zbar_deep[i] + s_joined[j]",
    "s_joined[j] + Sum[i] W_deep[i, j] zbar_deep[i]",
    "s_joined[j] + Sum[i] W_deep[i, j] s_deep[i] tanh'(z_deep[i])",
    "s_joined[j] + Sum[i] W_deep[i, j] s_deep[i] (1 - tanh(z_deep[i])^2)",
    "s_joined[j] + Sum[i] (W_deep[i, j] s_deep[i] - W_deep[i, j] s_deep[i] f_deep[i]^2)",
    "s_joined[j] + Sum[i] W_deep[i, j] s_deep[i] - Sum[i] W_deep[i, j] s_deep[i] f_deep[i]^2",
    "s_joined[j] + Sum[k] W_deep[k, j] s_deep[k] - Sum[i] W_deep[i, j] s_deep[i] f_deep[i]^2",
    "s_joined[j] + Sum[k] W_deep[k, j] s_deep[k] - Sum[k] W_deep[k, j] s_deep[k] f_deep[k]^2",
    "s_joined[j] + Sum[k] W_deep[k, j] s_deep[k] (1 - f_deep[k]) (1 + f_deep[k])",
    "Sum[k] delta[k, j] s_joined[k] + Sum[k] W_deep[k, j] s_deep[k] (1 - f_deep[k]) (1 + f_deep[k])",
    "Sum[k] (delta[k, j] s_joined[k] + W_deep[k, j] s_deep[k] (1 - f_deep[k]) (1 + f_deep[k]))",
    "Sum[k] (delta[j, k] s_joined[k] + W_deep[k, j] s_deep[k] (1 - f_deep[k]^2))",
]


def test_a_chain_of_twelve_true_steps_is_proved():
    claim = judged(*CHAIN, kind="chain")
    assert claim.verdict is Verdict.PROVED
    assert "functions' own algebra" in claim.method  # tanh' = 1 - tanh^2


@pytest.mark.parametrize("step", one_in(4, [1, 4, 6, 9, 11, 12]))
def test_a_chain_with_a_wrong_step_is_refuted_at_that_step(step):
    # From here on a term is missing, on both sides of every later step: only this step is wrong.
    wrong = [text if k < step else f"{text} - s_joined[j] s_joined[j]" for k, text in enumerate(CHAIN)]
    claim = judged(*wrong, kind="chain")
    assert claim.verdict is Verdict.REFUTED
    assert claim.counterexample["where"] == f"step {step}"
    assert claim.counterexample["left"] != claim.counterexample["right"]


@pytest.mark.parametrize(("name", "verdict"), [("right.toml", "proved"), ("derivation.tex", "proved")])
def test_the_right_examples_are_proved(name, verdict):
    assert {claim.verdict.value for claim in verify_claims(NETWORK, EXAMPLES / name)} == {verdict}


MISTAKES = {
    "transposed weight missing": "W_out[j, i] does not exist for j = 2",
    "sigma'(x) in place of sigma'(z)": ("0.419974341614026...", "1"),
    "the skip's term forgotten": ("1", "0"),
    "factor 1/2 of the squared error": ("-1", "-1/2"),
    "sensitivities one layer off": ("0", "1"),
    "2L - 1 steps": None,
    "time-reversed sign: construction A for the saddle dynamics": ("-1", "1"),
    "symmetric weights smuggled in": ("1", "0"),
}


def test_the_classic_mistakes_are_refuted_with_small_numbers():
    claims = {claim.id: claim for claim in verify_claims(NETWORK, EXAMPLES / "mistakes.toml")}
    assert set(claims) == set(MISTAKES)
    for name, sides in MISTAKES.items():
        claim = claims[name]
        assert claim.verdict is Verdict.REFUTED, name
        if isinstance(sides, str):  # at the network's own sizes it reads what is not there
            assert claim.counterexample["entry"].startswith(sides)
        elif sides:
            assert {claim.counterexample["left"], claim.counterexample["right"]} == set(sides)
            assert set(claim.counterexample["values"].values()) <= {"0", "1"}
    smuggled = claims["symmetric weights smuggled in"].counterexample
    assert smuggled["where"] == "step 2"
    assert smuggled["values"]["W_deep[0, 1]"] != smuggled["values"]["W_deep[1, 0]"]
    late = claims["2L - 1 steps"].counterexample
    assert late["variable"] == "s_hidden[0]"
    assert late["after_7_steps"] != late["exact"]


def test_the_smallest_sub_network_is_reported():
    claim = judged("dE/dW_deep[i, j]", "2 s_deep[i] tanh'(z_deep[i]) x_hidden[j]")
    assert claim.counterexample["vertices"] == ["deep"]
    assert "sizes" not in claim.counterexample  # they are the network's own
    assert "x_image[0]" not in claim.counterexample["values"]
    assert claim.counterexample["others"] == "all other values are 0"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("tanh'(z_deep[i])", "1 - tanh(z_deep[i])^2"),
        ("sigmoid'(x_out[i])", "sigmoid(x_out[i]) (1 - sigmoid(x_out[i]))"),
        ("sigmoid(x_out[i])", "1/2 (1 + tanh(x_out[i]/2))"),
        ("softplus'(x_out[i])", "exp(x_out[i]) / (1 + exp(x_out[i]))"),
        ("exp(x_out[i] - LogSumExp[k] x_out[k])", "exp(x_out[i]) / Sum[k] exp(x_out[k])"),
        ("exp(x_out[i]) exp(y[i])", "exp(x_out[i] + y[i])"),
        ("silu(x_out[i])", "x_out[i] sigmoid(x_out[i])"),
        ("relu(x_out[i])", "x_out[i] relu'(x_out[i])"),
        ("Sum[i] tanh'(z_deep[i]) + Sum[i] f_deep[i]^2", "4"),
        ("Sum[i] (x_deep[i] + 1)", "Sum[i] x_deep[i] + 4"),
        ("Sum[i<4] x_deep[i]", "x_deep[0] + x_deep[1] + x_deep[2] + x_deep[3]"),
        ("Sum[i, j] delta[i, j] W_deep[i, j]", "Sum[k] W_deep[k, k]"),
        ("x_out[i] / (x_out[i] y[i])", "y[i]^(-1)"),
        ("dC/dx_out[i]", "x_out[i] - y[i]"),
        ("E", "E_hidden + E_deep + E_joined + E_out + C"),
        ("dE/ds_out[i]", "dx_out[i]/dt"),
        ("zbar_deep[i]", "dE/dz_deep[i]"),
    ],
)  # fmt: skip
def test_true_identities(left, right):
    claim = judged(left, right)
    assert claim.verdict is Verdict.PROVED, (claim.counterexample, claim.reason)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("tanh'(z_deep[i])", "1 - tanh(z_deep[i])"),
        ("relu(x_out[i])", "x_out[i]"),
        ("gelu(x_out[i])", "x_out[i] sigmoid(2 x_out[i])"),
        ("Sum[i] (x_deep[i] + 1)", "Sum[i] x_deep[i] + 3"),
        ("Sum[i] tanh'(z_deep[i]) + Sum[i] f_deep[i]^2", "3"),
        ("Sum[i<4] x_deep[i]", "x_deep[0] + x_deep[3]"),
        ("Sum[i<3] x_deep[i]", "Sum[i] x_deep[i]"),
        # True for two entries, false for four: power sums (an identity in two variables only).
        ("(Sum[i] x_deep[i])^3 - 3 (Sum[i] x_deep[i]) (Sum[i] x_deep[i]^2) + 2 Sum[i] x_deep[i]^3", "0"),
        # Three different indices do not exist among two entries.
        ("Sum[i, j, k] (1 - delta[i, j]) (1 - delta[j, k]) (1 - delta[i, k]) x_deep[i] x_deep[j] x_deep[k]", "0"),
        ("x_out[2]", "x_out[0]"),
        ("dC/dx_deep[i]", "s_deep[i]"),
    ],
)  # fmt: skip
def test_false_identities(left, right):
    claim = judged(left, right)
    assert claim.verdict is Verdict.REFUTED, (claim.statement, claim.reason)


def test_what_the_algebra_does_not_know_is_left_open():
    """True, but no rule here knows that tan is periodic by half a turn of atan: not proved, and never refuted."""
    claim = judged("atan(x_out[i]) + atan(1/x_out[i])", "sign(x_out[i]) pi/2")
    assert claim.verdict is Verdict.UNDECIDED
    assert "no numbers were found" in claim.reason


def test_large_and_named_sizes_are_examined_at_smaller_ones():
    layers = [
        {"name": "a", "type": "dense", "units": "n", "activation": "tanh"},
        {"name": "b", "type": "dense", "units": 2},
    ]
    spec = {"name": "named", "inputs": {"u": {"shape": [700]}}, "layers": layers, "cost": {"type": "squared_error"}}
    named = derive(architecture(spec))
    large = derive(architecture({**spec, "layers": [{**layers[0], "units": 900}, layers[1]]}))
    for network in (named, large):
        right = judged("zbar_a[i] x_u[j]", "Wbar_a[i, j]", network=network)
        assert right.verdict is Verdict.PROVED
        assert {words.partition(" ")[2] for words in right.witness["sizes"].values()} == {"blocks of free multiplicity"}
        wrong = judged("zbar_a[i] x_u[j]", "2 Wbar_a[i, j]", network=network)
        assert wrong.verdict is Verdict.REFUTED
        # A number is a number, whatever the entries that are examined.
        size = judged("Sum[i] Sum[k] x_a[k] (tanh'(z_a[i]) + f_a[i]^2)", "900 Sum[k] x_a[k]", network=network)
        assert size.verdict is Verdict.REFUTED if network is named else Verdict.PROVED
        for count in (3, 5, 7, 899):
            wrong = f"{count} Sum[k] x_a[k]"
            claim = judged("Sum[i] Sum[k] x_a[k] (tanh'(z_a[i]) + f_a[i]^2)", wrong, network=network)
            assert claim.verdict is Verdict.REFUTED


def test_an_assumption_is_used_and_said():
    claim = judged(
        "s_hidden[j] = Sum[i] W_deep[j, i] zbar_deep[i] + s_joined[j]",
        kind="sensitivity",
        assumptions=("W_deep symmetric",),
    )
    assert claim.verdict is Verdict.PROVED
    assert claim.hypotheses == ("W_deep symmetric (assumed by the claim)",)
    for name in ("W_out", "x_out", "nothing"):
        with pytest.raises(SpecError):
            judged("s_out[i] = x_out[i] - y[i]", kind="sensitivity", assumptions=(f"{name} symmetric",))


def test_a_wrong_definition_of_a_known_quantity_is_refuted_as_such():
    claim = judged("Wbar_deep[i, j] = zbar_deep[i] x_hidden[j]", kind="gradient",
                   definitions=("zbar_deep[i] = s_deep[i] tanh'(x_deep[i])",))  # fmt: skip
    assert claim.verdict is Verdict.REFUTED
    assert claim.counterexample["where"] == "the definition of zbar_deep"


@pytest.mark.parametrize(
    ("kind", "key", "formula", "verdict"),
    [
        ("steps", "suffice", "2 L", "proved"), ("steps", "suffice", "100", "proved"),
        ("steps", "suffice", "2 L - 1", "refuted"), ("steps", "suffice", "0", "refuted"),
        ("steps", "needed", "T", "proved"), ("steps", "needed", "T + 1", "refuted"),
        ("steps", "needed", "7", "refuted"),
        ("step_size", "h", "1", "proved"), ("step_size", "h", "1/2", "refuted"), ("step_size", "h", "2", "refuted"),
        ("step_size", "h", "0", "refuted"), ("step_size", "h", "999/1000", "refuted"),
    ],
)  # fmt: skip
def test_steps_and_step_sizes(kind, key, formula, verdict):
    claim = judged(kind=kind, child=key, number=formula)
    assert claim.verdict.value == verdict
    assert (claim.counterexample is not None) == (verdict == "refuted")


def test_any_state_is_one_at_which_the_updates_are_defined():
    layers = [{"name": "a", "type": "dense", "units": 2, "activation": "softplus"}, {"name": "b", "type": "log"}]
    spec = {"name": "it", "inputs": {"u": {"shape": [2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    network = derive(architecture(spec))
    for kind, key, number in (("steps", "suffice", "2 L"), ("steps", "needed", "2 L"), ("step_size", "h", "1")):
        claim = judged(kind=kind, child=key, number=number, network=network)
        assert claim.verdict is Verdict.PROVED
        assert "what log is applied to is positive" in claim.hypotheses[0]
        assert judged(kind=kind, child=key, number=number).hypotheses == ()
    claim = judged("dE/dx_a[i] + s_a[i] = s_b[i] / x_a[i]", network=network)
    assert claim.verdict is Verdict.PROVED
    assert any("what log is applied to is positive" in text for text in claim.hypotheses)


def test_a_network_of_some_width_is_run_against_a_number_of_steps():
    layers = [{"name": name, "type": "dense", "units": 48, "activation": "tanh"} for name in "ab"]
    layers.append({"name": "o", "type": "dense", "units": 10})
    spec = {"name": "it", "inputs": {"u": {"shape": [64]}}, "layers": layers, "cost": {"type": "cross_entropy"}}
    network = derive(architecture(spec))
    numbers = judged(kind="steps", child="suffice", number="5", network=network).counterexample
    assert numbers["values"] == {"W_a[0, 0]": "1", "W_b[0, 0]": "1", "W_o[0, 0]": "1", "x_u[0]": "1", "y[0]": "2"}
    assert numbers["others"] == "all other values are 0"
    assert judged(kind="steps", child="needed", number="6", network=network).verdict is Verdict.PROVED


def test_the_deviation_at_another_step_size_is_exact():
    numbers = judged(kind="step_size", child="h", number="1/2").counterexample
    assert (numbers["exact"], numbers["after_8_steps"]) == ("0", "1/256")


@pytest.mark.parametrize(
    "formula",
    [
        r"s^{\text{out}}_i = x^{\text{out}}_i - y_i",
        r"s_i^{\mathrm{out}} = x_{\text{out}, i} - y_{i}",
        r"s^{(out)}_{i} &= - \left( y_i - x^{\text{out}}_i \right), \label{e} \nonumber",
        r"s^{\text{out}}_{i} = \frac{1}{2} \cdot \bigl(2\,x^{\text{out}}_i - 2 y_i\bigr)",
        r"s^{\text{out}}_{i} = \sum_{k=0}^{1} \delta_{ik} {\left(x^{\text{out}}_k - y_k\right)}",
        r"s^{\text{out}}_{i} \leftarrow \frac{\partial C}{\partial x^{\text{out}}_{i}} % the error",
    ],
)
def test_latex_in_several_hands(formula):
    assert judged(formula, kind="sensitivity", latex=True).verdict is Verdict.PROVED


def test_a_general_letter_for_the_activation():
    claim = judged("zbar_deep[i]", "s_deep[i] sigma'(z_deep[i])", functions={"sigma": "tanh"})
    assert claim.verdict is Verdict.PROVED


def verified(*arguments):
    return run("verify", EXAMPLES / "network.toml", *arguments)


def test_the_command_line():
    right, wrong = (verified("--claims", EXAMPLES / name) for name in ("right.toml", "mistakes.toml"))
    assert (right.returncode, wrong.returncode) == (0, 1)
    assert right.stdout.startswith("PROVED: 12 proved, 0 refuted, 0 undecided\n")
    assert "REFUTED    the skip's term forgotten" in wrong.stdout
    found = json.loads(verified("--claims", EXAMPLES / "mistakes.toml", "--format", "json").stdout)
    assert found["verdict"] == "refuted"
    assert found["claims"][3]["counterexample"]["right"] == "-1/2"
    assert verified("--claims", EXAMPLES / "right.toml", "--steps", "3").returncode == 2


@pytest.mark.long
def test_two_runs_give_the_same_report():
    first, second = (verify_claims(NETWORK, EXAMPLES / "mistakes.toml") for _ in range(2))
    assert [{**c.as_dict(), "seconds": 0} for c in first] == [{**c.as_dict(), "seconds": 0} for c in second]


def test_the_documentation_is_what_is_read(tmp_path):
    text = Path("docs/claims.md").read_text()
    blocks = [block.split("```")[0] for block in text.split("```toml\n")[1:]]
    chain = derive(read_spec("examples/claims/public/chain.toml"))
    path = tmp_path / "claims.toml"
    for block, network in zip(blocks, (NETWORK, chain, NETWORK), strict=True):
        path.write_text(block)
        assert {claim.verdict for claim in verify_claims(network, path)} == {Verdict.PROVED}
    tex = tmp_path / "claims.tex"
    tex.write_text("\n".join(block.split("```")[0] for block in text.split("```latex\n")[1:]))
    assert len(read_claims(tex).statements) >= 1
    assert {claim.verdict for claim in verify_claims(NETWORK, tex)} == {Verdict.PROVED}
