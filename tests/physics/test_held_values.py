"""Of values that are held constant, and of numbers that are not finite, no more is said than was compared."""

from dataclasses import replace

import numpy as np
import pytest
from support.updates import updates_of

import dyadic
from dyadic import Verdict
from dyadic.physics.deviation import predicted
from dyadic.physics.dynamics import RelaxationSetting, run
from dyadic.physics.hardware.feedback import mismatch, mismatched
from dyadic.physics.held_values import AS_DEFINED, held_value
from dyadic.physics.rivals import compare
from dyadic.physics.rivals.bench import largest
from dyadic.physics.spectrum import spectrum
from dyadic.physics.starts import start as started
from dyadic.physics.trajectory import EnergyRates
from dyadic.relaxation_text import relaxation_text
from dyadic.symbolic.decimal_bounds import text_above
from dyadic.terminal import Page

HELD = [
    {"name": "a", "type": "dense", "units": 3},
    {"name": "h", "type": "stop_gradient"},
    {"name": "m", "type": "add", "inputs": ["a", "h"]},
    {"name": "c", "type": "dense", "units": 2},
]
CHAIN = [{"name": "a", "type": "dense", "units": 3}, {"name": "c", "type": "dense", "units": 2}]


def network(layers):
    spec = {"name": "net", "inputs": {"x": {"shape": [3]}}, "layers": layers, "cost": {"type": "squared_error"}}
    return dyadic.derive(dyadic.architecture(spec))


def relaxed(layers, start=None):
    derivation = network(layers)
    return dyadic.relax(derivation, seed=3, start=start or "random")


def energy_text(found):
    """The lines about the energy, as one."""
    derivation = network(CHAIN)
    lines = relaxation_text(found, None, spectrum(derivation, 1.0, {}), "none", Page(), "random")
    text = " ".join(" ".join(lines).split())
    return text[text.index("energy, the mean") : text.index("PROVED")]


def test_the_rate_of_an_energy_that_holds_a_value_has_no_formula():
    found = relaxed(HELD)
    rates = found.energy_rates
    assert held_value(network(HELD)) == ("h", "stop_gradient")
    assert rates.predicted is None
    assert rates.off is None
    assert not rates.agree
    assert "energy_rate" not in found.arrays()
    text = energy_text(found)
    assert "the same" not in text
    assert "it is not 2 <dE/dx, dE/ds>: 'h' holds a value constant" in text
    assert f"{rates.found[0]:.4g} at first" in text


def test_the_formula_is_off_there():
    """E = sum <s, f - x> + C by hand, along the flow: what the formula leaves out is s_h times what moves through h."""
    derivation = network(HELD)
    found = dyadic.relax(derivation, seed=3, states=True)
    first = {name: array[0] for name, array in found.states.items()}
    found_rate = found.energy_rates.found[0]
    arrays = found.arrays()
    step = 1e-6
    moved = {
        sign: {name: array[0] + sign * step * (array[1] - array[0]) for name, array in found.states.items()}
        for sign in (1, -1)
    }
    energies = {sign: dyadic.relax(derivation, seed=3, start=state, steps=0).energy[0] for sign, state in moved.items()}
    assert found_rate == pytest.approx((energies[1] - energies[-1]) / (2 * step), rel=1e-6)
    rate = {name: array[1] - array[0] for name, array in found.states.items()}  # h = tau = 1: z' - z
    formula = sum(2 * (rate[f"x:{n}"] * rate[f"s:{n}"]).sum() for n in "ahmc") / len(first["x:a"])
    left_out = (first["s:h"] * rate["x:a"]).sum() / len(first["x:a"])
    assert formula + left_out == pytest.approx(found_rate, rel=1e-6)
    assert abs(left_out) > 1e-2 * abs(found_rate)
    assert arrays["energy_rate_found"][0] == found_rate


def test_the_sentence_follows_what_was_compared():
    found = relaxed(CHAIN)
    assert found.energy_rates.agree
    assert "give the same at 5 states, to" in energy_text(found)
    rates = found.energy_rates
    wrong = replace(rates, predicted=rates.predicted * 1.25)
    assert wrong.off == pytest.approx(0.2)
    text = energy_text(replace(found, energy_rates=wrong))
    assert "the same" not in text
    assert f"off by up to {text_above(wrong.off, 2)} of the largest, at 5 states: this does not confirm" in text


def rates(predicted, found):
    return EnergyRates(np.arange(len(predicted)), np.array(predicted), np.array(found), 6e-6)


@pytest.mark.parametrize(
    ("predicted", "found", "compared", "off"),
    [
        ([np.nan, np.inf], [1.0, np.inf], 0, None),
        ([np.nan, 2.0], [1.0, 2.0], 1, 0.0),
        ([0.0, 0.0], [1.0, 0.0], 2, 1.0),
        ([0.0, 0.0], [0.0, 0.0], 2, 0.0),
        ([1.7e308], [-1.7e308], 1, 2.0),
    ],
)
def test_what_is_not_finite_is_not_compared(predicted, found, compared, off):
    one = rates(predicted, found)
    assert (one.compared, one.off) == (compared, off)
    assert one.agree == (off == 0)
    text = energy_text(replace(relaxed(CHAIN), energy_rates=one))
    assert "nan" not in text
    assert " inf" not in text
    assert ("give the same" in text) == (off == 0)
    if not compared:
        assert "compared with differences of E along it at none of 2 states" in text
    elif compared < len(predicted):
        assert "at 1 of 2 states, where both are finite" in text


def test_a_closed_form_is_compared_at_no_step():
    """Where the first deviation overflows, all later ones are left out, too."""
    derivation = network(CHAIN)
    updates = updates_of(derivation)
    setting, state = RelaxationSetting(4, h=0.5), started(updates, "random", 0)
    found, form = run(updates, setting, state), predicted(updates, setting, state)
    lines = relaxation_text(found, None, spectrum(derivation, 0.5, {}), form, Page(), "random")
    assert "predicted and simulated differ by at most" in " ".join(" ".join(lines).split())
    deviation = found.deviation.copy()
    deviation[0] = np.inf
    found = replace(found, deviation=deviation)
    lines = relaxation_text(found, None, spectrum(derivation, 0.5, {}), form, Page(), "random")
    text = " ".join(" ".join(lines).split())
    assert "that of the initial state is not finite, so predicted and simulated are not compared" in text


def test_the_largest_entry_of_what_holds_a_nan_is_none():
    """In whichever array it stands: Python's max drops those that come later."""
    nan, one = np.array([np.nan]), np.array([1.0])
    assert np.isnan(largest({"a": one, "b": nan}))
    assert np.isnan(largest({"a": nan, "b": one}))
    assert largest({"a": one, "b": -2 * one}) == 2
    assert largest({}) == 0


def test_methods_whose_state_moves_with_the_energys_own_slope_are_refused():
    """And the others' claims say which derivatives they mean."""
    found = compare(
        network(HELD), methods=["lecun", "pc-alm", "pc-nudged", "asymep", "dyadic-ep", "feedback-alignment"]
    )
    for name in ("lecun", "pc-alm", "pc-nudged", "asymep"):
        assert found.row(name).trial is None
        assert "'h' holds a value constant" in found.row(name).reason
    claims = {claim.id: claim for claim in found.claims}
    assert set(claims) >= {"dyadic-ep:exact", "feedback:error", "feedback:agreement"}
    assert all(AS_DEFINED in claim.hypotheses for claim in found.claims)
    plain = compare(network(CHAIN), methods=["lecun", "dyadic-ep"])
    assert {claim.id: claim.verdict for claim in plain.claims} == {
        "lecun:stationary": Verdict.PROVED, "dyadic-ep:exact": Verdict.PROVED,
    }  # fmt: skip
    assert not any(AS_DEFINED in claim.hypotheses for claim in plain.claims)


def test_a_device_with_a_value_held_constant_says_which_derivatives_are_meant():
    for layers, held in ((HELD, True), (CHAIN, False)):
        updates = updates_of(network(layers))
        claims = mismatch(updates, mismatched(updates, 0.1, 0)).claims
        assert {AS_DEFINED in claim.hypotheses for claim in claims} == {held}
