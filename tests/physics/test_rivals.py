"""The methods that came before, on a tanh network with random asymmetric weights: the numbers, and the claims."""

import csv
import io
import shutil
import subprocess

import numpy as np
import pytest
from support.long_tests import one_in
from support.optional import require
from support.rival_bench import WEIGHTS, bench_of, network, numbers

import dyadic
from dyadic import Verdict
from dyadic.physics.rivals import LEFT_OUT, METHODS, compare
from dyadic.physics.rivals.bench import added
from dyadic.physics.rivals.symmetric_energy import difference, minimum, nudged

PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED


@pytest.fixture(scope="module")
def comparison():
    params, data, feedback = numbers()
    return compare(network(), params, data, over=WEIGHTS, feedback=feedback)


KNOWN = {
    "dyadic": {"6 steps from a random state": 0.0},
    "asymep": {
        "centred, beta 0.1": 1.9e-3, "centred, beta 0.01": 1.94e-5, "centred, beta 0.001": 1.94e-7,
        "one-sided, beta 0.1": 7.65e-2, "one-sided, beta 0.01": 7.85e-3, "one-sided, beta 0.001": 7.86e-4,
    },
    "vf-ep": {f"centred, beta {beta:g}": 0.965 for beta in (0.1, 0.01, 0.001)},
    "holomorphic": {
        "N = 2, beta 0.1": 1.9e-3, "N = 4, beta 0.1": 6.89e-5, "N = 8, beta 0.1": 5.4e-8, "N = 2, beta 0.5": 4.46e-2,
        "N = 4, beta 0.5": 5.32e-2, "N = 8, beta 0.5": 1.55e-2,
    },
    "dual-transposed": {
        "alpha 0.5, beta 0.1": 1.34e-4, "alpha 0.5, beta 0.01": 1.34e-6, "alpha 0.5, beta 0.001": 1.34e-8,
        "alpha 0, beta 0.1": 9.26e-3, "alpha 0, beta 0.01": 9.67e-4, "alpha 0, beta 0.001": 9.71e-5,
    },
    "pc": {"minimum, output held": 0.654},
    "pc-nudged": {"beta 0.1": 0.2094, "beta 0.01": 0.0247, "beta 0.001": 0.00251},
    "feedback-alignment": {"B as given": 5.056},
}  # fmt: skip
ROUNDING = ("dyadic-ep", "z-il", "lecun")


def measured(comparison, method):
    return {one.setting: one for one in comparison.row(method).trial.measurements}


@pytest.mark.parametrize("method", one_in(4, KNOWN))
def test_the_known_errors(comparison, method):
    found = measured(comparison, method)
    for setting, error in KNOWN[method].items():
        assert found[setting].error == pytest.approx(error, rel=1e-2, abs=1e-300), setting


def test_errors_that_are_rounding(comparison):
    for method in ROUNDING:
        assert all(one.error < 1e-14 for one in measured(comparison, method).values()), method
    fixed = measured(comparison, "fixed-prediction")
    assert fixed["step 1, 2 steps"].error < 1e-15
    assert fixed["step 0.1, 400 steps"].error < 1e-14
    assert measured(comparison, "vf-ep")["centred, beta 0.001"].cosine == pytest.approx(0.262, abs=1e-3)
    assert measured(comparison, "pc")["minimum, output held"].cosine == pytest.approx(0.947, abs=1e-3)
    assert measured(comparison, "feedback-alignment")["B as given"].cosine == pytest.approx(-0.331, abs=1e-3)


def test_multipliers_arrive(comparison):
    found = [one.error for one in measured(comparison, "pc-alm").values()]
    assert found[0] > 1e-2 > found[1] > found[2] > found[3]
    assert found[3] < 1e-14


def dual_by_hand(alpha, beta, sweeps=400):
    """The original form of dual propagation, literally, nudged after the output's activation."""
    params, data, _ = numbers()
    w, b = [params[f"l{k}.weight"] for k in range(3)], [params[f"l{k}.bias"] for k in range(3)]
    x, y = data["x"][0], data["y"][0]
    plus = [x]
    for k in range(3):
        plus.append(np.tanh(w[k] @ plus[-1] + b[k]))
    minus = list(plus)
    for _ in range(sweeps):
        for k in (3, 2, 1):
            mean = alpha * plus[k - 1] + (1 - alpha) * minus[k - 1]
            a = w[k - 1] @ mean + b[k - 1]
            if k == 3:
                slope = beta * (np.tanh(a) - y)
                plus[3], minus[3] = np.tanh(a) - alpha * slope, np.tanh(a) + (1 - alpha) * slope
                continue
            delta = plus[k + 1] - minus[k + 1]
            if k == 2:
                above = w[2] @ (alpha * plus[2] + (1 - alpha) * minus[2]) + b[2]
                delta = delta * (1 - np.tanh(above) ** 2)
            fed = w[k].T @ delta
            plus[k], minus[k] = np.tanh(a + alpha * fed), np.tanh(a - (1 - alpha) * fed)
    found = []
    for k in (1, 2, 3):
        mean = alpha * plus[k - 1] + (1 - alpha) * minus[k - 1]
        delta = plus[k] - minus[k]
        if k == 3:
            delta = delta * (1 - np.tanh(w[2] @ mean + b[2]) ** 2)
        found.append(-np.outer(delta, mean) / beta)
    return dict(zip(WEIGHTS, found, strict=True))


def test_dual_propagation_is_its_literal_form(comparison):
    params, data, _ = numbers()
    bench = bench_of(network(), params, data, WEIGHTS)
    for alpha in (0.5, 0.0):
        for beta in (0.1, 0.01):
            error, _ = bench.error(dual_by_hand(alpha, beta))
            found = measured(comparison, "dual")[f"alpha {alpha:g}, beta {beta:g}"].error
            assert found == pytest.approx(error, rel=1e-6)


@pytest.mark.long
def test_equilibrium_propagation_reaches_the_gradient_of_the_minimum():
    """Against finite differences of the minimum's cost, weight by weight."""
    params, data, _ = numbers()
    derivation = network()
    found = minimum(bench_of(derivation, params, data, WEIGHTS))

    def cost(changed):
        there = minimum(bench_of(derivation, changed, data, WEIGHTS))
        return float(there.bench.updates.at(there.free, {}).cost()[0])

    for name, place in (("l0.weight", (1, 2)), ("l2.weight", (0, 1))):
        values = []
        for sign in (1, -1):
            changed = {key: array.copy() for key, array in params.items()}
            changed[name][place] += sign * 1e-5
            values.append(cost(changed))
        slope = (values[0] - values[1]) / 2e-5
        assert found.gradient[name][place] == pytest.approx(slope, rel=1e-6)
        errors = []
        for beta in (0.1, 0.01):
            estimate = difference(found, nudged(found, beta).u, nudged(found, -beta).u, 2 * beta)
            errors.append(abs(estimate[name][place] - slope))
        assert errors[1] < 0.02 * errors[0]  # O(beta^2)


VERDICTS = {
    "dyadic:exact": PROVED, "dyadic-ep:exact": PROVED, "asymep centred:order": PROVED, "asymep one-sided:order": PROVED,
    "asymep centred:exact": REFUTED, "asymep one-sided:exact": REFUTED, "vf-ep symmetric:order": PROVED,
    "vf-ep:limit": REFUTED, "holomorphic N = 2:order": PROVED, "holomorphic N = 4:order": PROVED,
    "holomorphic N = 8:order": PROVED, "holomorphic N = 2:exact": REFUTED, "ep centred:order": PROVED,
    "ep one-sided:order": PROVED, "ep centred:exact": REFUTED, "ep one-sided:exact": REFUTED, "ep:feedforward": REFUTED,
    "coupled:exact": REFUTED, "chl:exact": REFUTED, "dual alpha 0.5:order": PROVED, "dual alpha 0.5:exact": REFUTED,
    "dual alpha 0:order": PROVED, "dual alpha 0:exact": REFUTED, "dual-transposed alpha 0.5:order": PROVED,
    "dual-transposed alpha 0.5:exact": REFUTED, "dual-transposed alpha 0:order": PROVED,
    "dual-transposed alpha 0:exact": REFUTED, "pc:exact": REFUTED, "pc nudged:order": PROVED,
    "pc nudged:exact": REFUTED,
    "z-il:exact": PROVED, "fixed-prediction:exact": PROVED, "fixed-prediction:smaller": REFUTED,
    "lecun:stationary": PROVED, "pc-alm:stationary": PROVED, "feedback:fixed-point": PROVED, "feedback:error": PROVED,
    "feedback:agreement": PROVED, "feedback:device": REFUTED,
}  # fmt: skip


def test_every_claim_has_its_verdict(comparison):
    found = {claim.id: claim for claim in comparison.claims}
    assert {name: claim.verdict for name, claim in found.items()} == VERDICTS
    assert all(claim.counterexample for claim in found.values() if claim.verdict is REFUTED)
    assert all(claim.trusted for claim in found.values() if claim.id not in ("feedback:fixed-point",))


@pytest.mark.parametrize(
    ("claim", "row", "settings", "power"),
    [
        ("asymep centred:exact", "asymep", ("centred, beta 0.01", "centred, beta 0.001"), 2),
        ("asymep one-sided:exact", "asymep", ("one-sided, beta 0.01", "one-sided, beta 0.001"), 1),
        ("pc nudged:exact", "pc-nudged", ("beta 0.01", "beta 0.001"), 1),
        ("dual alpha 0.5:exact", "dual", ("alpha 0.5, beta 0.01", "alpha 0.5, beta 0.001"), 2),
        ("dual-transposed alpha 0:exact", "dual-transposed", ("alpha 0, beta 0.01", "alpha 0, beta 0.001"), 1),
    ],
)
def test_the_order_in_beta_is_the_simulated_one(comparison, claim, row, settings, power):
    one, two = (measured(comparison, row)[setting].error for setting in settings)
    assert one / two == pytest.approx(10**power, rel=0.02)
    numbers = next(found for found in comparison.claims if found.id == claim).counterexample
    assert f"coefficient_of_beta^{power}" in numbers


def test_coefficients_are_those_of_the_simulation():
    """The coefficient of beta^2 of AsymEP's error against a small beta's estimate."""
    from dyadic.physics.rivals.field_estimates import centred
    from dyadic.physics.rivals.nudged_states import Correction

    params, data, _ = numbers()
    bench = bench_of(network(), params, data, WEIGHTS)
    claim = next(
        c for c in compare(network(), params, data, over=WEIGHTS, methods=["asymep"]).claims if "exact" in c.id
    )
    place = tuple(claim.counterexample["entry"])
    stated = float(claim.counterexample["coefficient_of_beta^2"].strip("[]").split(" ")[0])
    gradient = centred(bench, 0.01, Correction(bench.jacobian - bench.jacobian.T)).gradient
    name = claim.counterexample["parameter"]
    assert (gradient[name][place] - bench.gradient[name][place]) / 1e-4 == pytest.approx(stated, rel=1e-3)


def test_steps_are_counted_to_the_error_that_is_wanted(comparison):
    effort = {row.method.id: row.trial.effort for row in comparison.rows}
    assert (effort["dyadic"].steps, effort["dyadic"].updates) == (6, 36)
    never = {name for name, one in effort.items() if one.steps is None}
    assert never == {"vf-ep", "coupled", "chl", "pc", "feedback-alignment"}
    assert all(one.reason for name, one in effort.items() if name in never)
    assert all(one.updates >= one.steps for name, one in effort.items() if name not in never)


# -- other networks, and how it is shown -------------------------------------------------------------------------------


def test_methods_say_where_they_do_not_apply():
    found = compare(
        dyadic.derive(dyadic.read("examples/digits.toml")), methods=["ep", "dual", "z-il", "pc", "dyadic-ep"]
    )
    assert {row.method.id for row in found.rows if row.trial is None} == {"ep", "dual", "z-il", "pc"}
    assert all("chain" in row.reason for row in found.rows if row.trial is None)
    relu = compare(network(activation="relu"), methods=["holomorphic"])
    assert "relu" in relu.row("holomorphic").reason
    huber = compare(network(cost="huber"), methods=["holomorphic"])
    assert huber.row("holomorphic").trial is None


def test_a_network_that_is_too_large_for_matrices():
    found = compare(dyadic.derive(dyadic.read("examples/lenet.toml")), methods=["asymep", "dyadic-ep"])
    assert "entries" in found.row("asymep").reason
    assert found.row("dyadic-ep").trial.measurements[0].error < 1e-14


def test_the_latex_compiles(comparison, tmp_path):
    require(shutil.which("pdflatex"), "pdflatex")
    head = "\\documentclass{article}\n\\usepackage{amsmath,longtable}\n\\begin{document}\n"
    (tmp_path / "table.tex").write_text(f"{head}{comparison.to_latex()}\\end{{document}}\n")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "table.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_every_method_shows_its_equations(comparison):
    """From an energy of its own, or from the field with its adjoints, and then how it gets a gradient from them."""
    for row in comparison.rows:
        assert row.equations
        assert len(row.equations) == len(row.latex)
        assert any(line.startswith("E_v = ") for line in row.equations)
        if not row.trial.equations:
            assert "F_v[i] = f_v[i] - x_v[i]" in row.equations
            assert any(text.startswith("g") for text, _ in row.method.stated)
    html, latex = comparison.to_html(), comparison.to_latex()
    assert html.count("<h3>") == latex.count(r"\paragraph{") - 1 == len(METHODS)


def test_the_table_in_all_its_forms(comparison):
    rows = list(csv.reader(io.StringIO(comparison.to_csv())))
    assert rows[0][0] == "method"
    assert len(rows) == 1 + len(comparison.lines())
    assert {row[0] for row in rows[1:]} == {method.title for method in METHODS}
    html, latex = comparison.to_html(), comparison.to_latex()
    for method in METHODS:
        assert method.title.replace("'", "&#x27;") in html
        assert method.source
        assert method.form
        assert method.needs
    assert all(name.partition(" (")[0] in html for name in LEFT_OUT)
    assert latex.count(r"\begin{longtable}") == latex.count(r"\end{longtable}") == 3
    for column in ("needs", "claims"):
        place = rows[0].index(column)
        assert all(next(row for row in rows[1:] if row[0] == method.title)[place] for method in METHODS), column
    steps = rows[0].index("steps to 1e-6")
    for row in comparison.rows:
        own = [line for line in rows[1:] if line[0] == row.method.title and line[steps]]
        effort = row.trial.effort
        taken = ["not reached", effort.reason] if effort.steps is None else [str(effort.steps), str(effort.updates)]
        assert [line[steps : steps + 3] for line in own] == [[*taken, str(effort.per_step)]]
        assert own[0][4] == f"to an error of 1e-6: {effort.setting}"
    assert "coupled:exact refuted" in {verdict for row in rows for verdict in row[-1].split("; ")}
    for claim in comparison.claims:
        assert f"<td>{claim.id}</td>" in html
        assert all(f"assuming {hypothesis}".replace("'", "&#x27;") in html for hypothesis in claim.hypotheses)
    numbers = next(claim for claim in comparison.claims if claim.id == "pc:exact").counterexample
    assert numbers["method"] in html
    assert numbers["method"].split(" ")[0] in latex
    assert all(name.partition(" (")[0] in latex for name in LEFT_OUT)
    assert r"\bar" in latex
    assert added((2, {"a": np.ones(2)}), (1, {"a": np.ones(2)}))["a"].sum() == 6
