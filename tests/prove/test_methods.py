"""Every method of verify: what it refutes alone, what it cannot see, and that the documentation says the same."""

import dataclasses
import re
from pathlib import Path

import pytest
from flint import nmod, nmod_mat
from support import mutations
from support.strategies import residual
from support.work import calls

from dyadic.proofs import Notes, verify
from dyadic.proofs.claims import Verdict
from dyadic.proofs.methods import induction, residues, schedules, stepsize
from dyadic.proofs.methods.refutation.counterexample import smallest
from dyadic.proofs.methods.registry import COQ_METHODS, METHODS
from dyadic.proofs.methods.vectors.algebras import Randomness, Residues, Unknowns
from dyadic.proofs.subject import examine
from dyadic.symbolic import DyadicError, architecture, derive
from dyadic.symbolic.expressions import Integer, Reduction
from dyadic.symbolic.functions import Z, closed_form

REFUTES = {
    "ranks": mutations.dropped_skip,
    "induction": mutations.self_reading,
    "adjoint": mutations.flipped_sign,
    "instances": mutations.dropped_skip,
    "wiring": mutations.dropped_skip,
    "pairing": mutations.derivative_elsewhere,
    "schedules": mutations.self_reading,
    "identity": mutations.derivative_elsewhere,
    "residues": mutations.derivative_elsewhere,
    "polynomial": mutations.derivative_elsewhere,
    "rational": mutations.flipped_sign,
    "stepsize": mutations.self_reading,
}
BLIND = {
    "ranks": mutations.flipped_sign,
    "induction": mutations.flipped_sign,
    "adjoint": mutations.dropped_skip,
    "functions": mutations.flipped_sign,
    "instances": mutations.flipped_sign,
    "wiring": mutations.flipped_sign,
    "pairing": mutations.dropped_skip,
    "schedules": mutations.dropped_skip,
    "identity": mutations.wrong_definition,
    "residues": mutations.wrong_definition,
    "polynomial": mutations.wrong_definition,
    "rational": mutations.derivative_elsewhere,
    "stepsize": mutations.flipped_sign,
    "nonreciprocity": mutations.flipped_sign,
    "tightness": mutations.flipped_sign,
    "lemma": mutations.dropped_skip,
    "variational": mutations.flipped_sign,
}


def outcomes(method, subject):
    return {claim.verdict for claim in METHODS[method].run(subject)}


def chain(width, depth, activation="tanh", cost="squared_error"):
    layers = [{"name": f"h{k}", "type": "dense", "units": width, "activation": activation} for k in range(depth)]
    return derive(architecture({"inputs": {"x": {"shape": [width]}}, "layers": layers, "cost": {"type": cost}}))


@pytest.mark.parametrize("method", REFUTES)
def test_refutes_alone(method):
    claims = list(METHODS[method].run(REFUTES[method]()))
    refuted = [claim for claim in claims if claim.verdict is Verdict.REFUTED]
    assert refuted
    assert all(claim.counterexample for claim in refuted)


@pytest.mark.parametrize("method", BLIND)
def test_blind_spots(method):
    assert outcomes(method, BLIND[method]()) == {Verdict.PROVED}


@pytest.mark.parametrize("method", [name for name in METHODS if name not in COQ_METHODS])
def test_the_right_derivation_is_proved(method):
    assert outcomes(method, mutations.right()) == {Verdict.PROVED}


def test_methods_that_do_not_refute_say_so_otherwise():
    """functions has formulas of its own to refute; the others say what they could not exhibit."""
    from dyadic.proofs.methods.derivatives import function_claim

    assert function_claim("tanh", closed_form("tanh", 1) + Z).verdict is Verdict.REFUTED
    (flat,) = METHODS["nonreciprocity"].run(mutations.constant_layer())
    assert flat.id == "nonreciprocity:structure"
    assert "is not said" in flat.statement
    (late,) = METHODS["tightness"].run(mutations.difference())
    assert late.id == "tightness:structure"
    assert "no numbers are stated" in late.statement
    assert "value_before" not in late.witness


@pytest.mark.parametrize(
    "method", ["wiring", "schedules", "induction", "identity", "residues", "polynomial", "rational"]
)
def test_one_step_short_is_refuted(method):
    assert outcomes(method, mutations.one_step_short()) == {Verdict.REFUTED}


def test_a_sum_over_a_part_of_an_axis_is_not_taken_for_the_whole():
    """Vectors are added up and multiplied with matrices as wholes: what reads less has no vector form."""

    def cut(item):
        """Its sums, or its log-sum-exp, over 0 and 1 only."""
        short = lambda node: Reduction(node.kind, node.index, Integer(2), node.body)  # noqa: E731
        return dataclasses.replace(item, body=item.body.replace(lambda node: isinstance(node, Reduction), short))

    whole = mutations.digits()
    assert outcomes("residues", examine(whole, whole.steps)) == {Verdict.PROVED}
    hidden, cost = whole.layers["hidden2"], whole.costs["cost"]
    equation = dataclasses.replace(cost.equation, definitions=tuple(map(cut, cost.equation.definitions)))
    for wrong in (
        mutations.with_layer(whole, "hidden2", adjoints=tuple(map(cut, hidden.adjoints))),
        dataclasses.replace(whole, costs={"cost": dataclasses.replace(cost, equation=equation)}),
    ):
        assert "not all entries" in METHODS["residues"].unfit(examine(wrong, wrong.steps))


# -- choosing ----------------------------------------------------------------------------------------------------


def test_what_is_not_run_leaves_the_theorem_undecided():
    certificate = verify(mutations.digits(), methods=["ranks", "adjoint", "wiring"])
    steps = certificate["claims"][-1]
    assert (steps["verdict"], steps["reason"]) == ("undecided", "methods not run: lemma, instances")
    certificate = verify(mutations.digits(), methods=["lemma", "ranks", "instances", "adjoint"])
    assert certificate["verdict"] == "proved"


def test_unknown_methods_are_named():
    with pytest.raises(DyadicError, match="'guess'; there are: lemma"):
        verify(mutations.digits(), methods=["ranks", "guess"])


def test_methods_that_do_not_fit_say_why():
    layers = [{"name": "a", "type": "dense", "units": "n"}]
    derivation = derive(
        architecture({"inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}})
    )
    notes = Notes()
    deep = verify(derivation, deep=True, notes=notes)
    assert deep["verdict"] == "proved"
    assert deep["not_run"] == sorted(notes.not_run)
    assert "sizes" in notes.not_run["residues"]
    named = verify(derivation, methods=["residues"])
    claim = next(claim for claim in named["claims"] if claim["id"] == "residues")
    assert (claim["verdict"], claim["reason"]) == ("undecided", notes.not_run["residues"])


def test_the_documentation_lists_the_methods():
    rows = re.findall(r"^\| `(\w+)`([^|]*)\| `([^`]*)` \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", documentation(), re.M)
    found = {name: (bool(note.strip()), *rest) for name, note, *rest in rows}
    assert found == {m.name: (m.deep, m.file, m.proves, m.trusts, m.blind) for m in METHODS.values()}
    assert all(Path(method.file).exists() for method in METHODS.values())


def documentation():
    return Path("docs/proofs.md").read_text()


def test_the_documented_mutations_are_those_tested():
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \|$", documentation(), re.M)
    expected = {(name, REFUTES[name].__name__, BLIND[name].__name__) for name in REFUTES}
    assert set(rows) == expected


# -- counterexamples ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mutate", "most", "claimed", "exact"),
    [
        (mutations.flipped_sign, 2, "1/2", "-1/2"),
        (mutations.dropped_skip, 2, "0", "1/2"),
        (mutations.zero_cost_gradient, 1, "0", "1/2"),
    ],
)
def test_counterexamples_are_small_and_exact(mutate, most, claimed, exact):
    subject = mutate()
    found = smallest(subject.network, subject.steps)
    assert sum(" = " in line for line in found["network"]) <= most
    assert set(found["values"].values()) <= {"1", "-1"}
    assert len(found["values"]) <= 2
    assert found["exact"] == exact
    assert found["claimed"] == claimed


def test_a_step_too_few_is_shown_in_the_network_itself():
    subject = mutations.one_step_short()
    found = smallest(subject.network, subject.steps)
    assert (sum(" = " in line for line in found["network"]), found["steps"]) == (4, 7)
    assert set(found["values"].values()) <= {"1", "-1"}
    assert found["claimed"].startswith("exp(-log(exp(0) + exp(tanh(1))) + tanh(1)) - 3/2 = -0.8183")
    assert found["exact"] == "-1"


def test_a_right_network_has_no_counterexample():
    subject = mutations.right()
    assert smallest(subject.network, subject.steps) is None


def test_verify_reports_the_smallest():
    derivation = mutations.flipped_sign().derivation
    steps = verify(derivation)["claims"][-1]
    assert steps["counterexample"]["claimed"] == "1/2"
    assert len(steps["counterexample"]["network"]) == 4  # an input, two vertices, the cost


# -- single methods ----------------------------------------------------------------------------------------------


def test_residues_with_shared_parameters_and_several_costs():
    spec = {
        "weight_decay": 0.5,
        "inputs": {"x": {"shape": [5]}},
        "parameters": {"W": {"shape": [5, 5]}, "b": {"shape": [5]}},
        "layers": [
            {"name": "h1", "type": "dense", "units": 5, "activation": "tanh", "inputs": ["x", "W", "b"]},
            {"name": "h2", "type": "dense", "units": 5, "activation": "relu", "inputs": ["h1", "W", "b"]},
        ],
        "costs": [
            {"type": "squared_error", "inputs": ["h1"], "weight": 0.25},
            {"type": "cross_entropy", "inputs": ["h2"]},
        ],
    }
    derivation = derive(architecture(spec))
    subject = examine(derivation, derivation.steps)
    assert outcomes("residues", subject) == {Verdict.PROVED}
    subject.network.shared["W"] = subject.network.shared["W"][:1]
    assert outcomes("residues", subject) == {Verdict.REFUTED}


def test_the_error_bound_is_that_of_the_weights():
    """A linear chain of depth 2.

    W x + b weighs 2 + 1 + 1 (two drawn numbers, a sum of two terms, twice), and so on; the half of a squared error adds
    a bit, and so does a difference.
    """
    subject = examine(chain(2, 2, "identity"), 4)
    network = residues.VectorNetwork(subject.network)
    outcome = residues.RelaxationRun(2**61 + 1, 0, None, compared=10, calls=[])
    assert residues.error_bound(network, None, outcome) * 2**61 == 10 * 129 * 17
    with_calls = residues.RelaxationRun(2**61 + 1, 0, None, compared=0, calls=[3, 2])
    tanh = residues.VectorNetwork(examine(chain(2, 2), 4).network)
    assert residues.error_bound(tanh, None, with_calls) * 2**61 == (3 + 1) * 129 * 5


@pytest.mark.parametrize("keep", [True, False])
def test_products_with_matrices(keep):
    """Both sides of the method use these products, so it could not see a mistake in them."""
    prime = 2**61 + 15
    ring = Residues(prime, Unknowns(Randomness(prime, 1)), keep)
    rows = [[1, 2, 3], [4, 5, 6]]
    matrix = nmod_mat(2, 3, [entry for row in rows for entry in row], prime)
    three, two = ([nmod(k + 7, prime) for k in range(size)] for size in (3, 2))
    assert ring.product(matrix, False, three) == [7 + 16 + 27, 28 + 40 + 54]
    assert ring.product(matrix, True, two) == [7 + 32, 14 + 40, 21 + 48]
    assert ring.outer(two, three).tolist() == [[49, 56, 63], [56, 64, 72]]


def test_asynchronous_schedules_need_their_rounds():
    subject = examine(chain(2, 3), 6)
    assert schedules.schedules_claim(subject.network, 6).verdict is Verdict.PROVED
    assert schedules.schedules_claim(subject.network, 5).verdict is Verdict.REFUTED


def test_step_sizes_of_a_linear_chain(monkeypatch):
    subject = examine(chain(2, 3, "identity"), 6)
    claim = stepsize.network_claim(subject.network)
    assert (claim.verdict, claim.numbers["linear"]) == (Verdict.PROVED, 1)
    monkeypatch.setattr(stepsize, "comb", lambda n, j: 1)
    refuted = stepsize.network_claim(subject.network)
    assert refuted.verdict is Verdict.REFUTED
    assert refuted.counterexample["claimed"] != refuted.counterexample["exact"]


def test_every_step_of_the_induction_can_fail():
    assert not induction.violations()
    k, r_v, r_w = induction.k, induction.r_v, induction.r_w
    for wrong in (r_v >= 0, r_w <= r_v, r_v <= k + 2):
        step = induction.STEPS[0 if wrong == (r_v >= 0) else 1]
        premise, conclusion = step.statement.args
        parts = {r_v >= 1: wrong, r_w < r_v: r_w <= r_v, r_v <= k + 1: r_v <= k + 2}
        changed = premise.xreplace({old: new for old, new in parts.items() if new == wrong})
        assert induction.Step("", induction.Implies(changed, conclusion), "").violation


# -- work --------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("methods", [["ranks", "adjoint", "wiring"]])
def test_the_work_grows_with_the_depth_and_not_with_its_square(methods):
    def work(blocks):
        derivation = derive(residual(blocks))
        return calls(lambda: verify(derivation, methods=methods))

    work(2)  # fills the caches that do not depend on the depth
    assert work(400) < 10 * work(50)


@pytest.mark.long
def test_full_size_evaluation():
    """A quarter of the work of 64 layers of width 256."""
    subject = examine(chain(256, 32), 64)
    network = residues.VectorNetwork(subject.network)
    assert calls(lambda: residues.run(network, 64, 2**61 + 15, 1)) < 10**6  # the entries are not visited one by one
