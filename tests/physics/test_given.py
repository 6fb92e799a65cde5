"""What a caller gives is a finite number or array in its range, or is refused before anything is computed."""

import types

import numpy as np
import pytest
from support.given_values import NET, SHAPES, network, updates, weights
from support.optional import needed

import dyadic
from dyadic.physics import hardware
from dyadic.physics.deviation import predicted
from dyadic.physics.dynamics import RelaxationSetting, run
from dyadic.physics.loading import emitted_network
from dyadic.physics.starts import problem, start

# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"h": "1"}, "step size h = '1'"),
        ({"h": None}, "step size h"),
        ({"h": 10**400}, "step size h"),
        ({"h": 1 + 1j}, "step size h"),
        ({"h": True}, "step size h"),
        ({"h": 1e-17}, "lost beside 1"),
        ({"h": 4e307, "steps": 9}, "no finite time"),
        ({"tau": {"q": 1e-310}}, "overflows"),
        ({"tau": {"q": np.inf}}, "positive"),
        ({"tau": {"q": "2"}}, "positive"),
        ({"tau": {"s:q": 2.0, "q": 2.0}}, "s:q is given twice"),
        ({"tau": [("q", 2.0)]}, "by name"),
        ({"tau": {3: 2.0}}, "no vertex '3'"),
        ({"steps": True}, "integer"),
        ({"steps": "4"}, "integer"),
        ({"seed": -1}, "seed = -1"),
        ({"seed": 0.5}, "seed"),
        ({"batch": 0}, "from 1 on"),
        ({"batch": 2.0}, "integer"),
        ({"batch": 10**12}, "too many"),
        ({"batch": 10**60}, "too many"),
        ({"batch": 2, "data": {"u": np.ones((2, 2)), "y": np.ones((2, 2))}}, "its own"),
        ({"blocks": 3}, "schedule blocks"),
        ({"blocks": 3, "schedule": "wavefront"}, "schedule blocks"),
        ({"blocks": 0.5, "schedule": "blocks"}, "exactly once"),
        ({"blocks": True, "schedule": "blocks"}, "from 1 to"),
        ({"blocks": [1, 2], "schedule": "blocks"}, "exactly once"),
        ({"schedule": ["synchronous"]}, "unknown"),
        ({"coordinates": 3}, "unknown"),
        ({"solver": None}, "unknown"),
        ({"start": 3}, "initial state"),
        ({"start": {}}, "lacks"),
        ({"params": 3}, "parameters"),
        ({"data": [np.ones((1, 2))]}, "data"),
        ({"progress": 3}, "progress"),
        ({"target": None}, "numpy"),
        ({"dtype": np.float16}, "float32"),
    ],
    ids=str,
)
def test_what_a_relaxation_cannot_be_run_with(wrong, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        dyadic.relax(network(), **wrong)


def test_a_state_that_is_not_finite_is_no_start():
    one = updates()
    state = start(one, "random", 0)
    state.s["p"][0, 1] = np.nan
    with pytest.raises(dyadic.DyadicError, match=r"initial state: s:p\[0, 1\] is nan"):
        run(one, RelaxationSetting(3), state)


@pytest.mark.parametrize("call", ["relax", "compare", "certify"])
@pytest.mark.parametrize("wrong", [None, "net.toml", NET], ids=["nothing", "path", "specification"])
def test_what_is_no_derivation(call, wrong):
    more = (None, {}, None, None) if call == "certify" else ()
    with pytest.raises(dyadic.DyadicError, match=r"give what dyadic\.derive returns"):
        getattr(dyadic, call)(wrong, *more)


def test_an_explicit_solver_is_not_run_for_ever():
    needed("scipy")
    for solver in ("RK23", "DOP853"):
        with pytest.raises(dyadic.DyadicError, match="BDF, Radau or LSODA"):
            dyadic.relax(network(), solver=solver, h=40.0, tau={"x:p": 1e-3}, steps=2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"methods": "dyadic"}, "list of names"),
        ({"methods": []}, "none is given"),
        ({"methods": ["dyadic", "magic"]}, "no magic"),
        ({"methods": 3}, "list of names"),
        ({"over": ["p.weights"]}, "no p.weights"),
        ({"feedback": weights(), "methods": ["dyadic"]}, "add it"),
        ({"feedback": {"p.weight": np.ones((3, 2))}}, "feedback weights: lacks"),
        ({"feedback": weights(q_bias=np.array([1.0, np.nan]))}, r"feedback weights: q.bias\[1\] is nan"),
        ({"params": weights(p_bias=np.ones(4))}, "p.bias has shape"),
        ({"seed": None}, "seed"),
    ],
    ids=str,
)
def test_what_compare_cannot_be_run_with(wrong, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        dyadic.compare(network(), **wrong)


def emitted_arrays():
    emitted = emitted_network(network())
    return emitted.module, *problem(emitted, None, None, 2, 0)


@pytest.mark.parametrize(
    ("place", "wrong", "message"),
    [
        (1, weights(p_bias=np.full(3, np.inf)), "p.bias.* is inf"),
        (1, {"p.weight": np.ones((3, 2))}, "lacks"),
        (1, None, "parameters"),
        (2, np.ones((2, 3)), r"u has shape \(2, 3\)"),
        (2, {"v": np.ones((2, 2))}, "u"),
        (2, np.ones((2, 2)) * 1j, "complex"),
        (3, np.ones((3, 2)), "numbers of samples differ"),
        (3, None, "y is of the type object"),
    ],
    ids=str,
)
def test_what_certify_cannot_be_run_with(place, wrong, message):
    given = list(emitted_arrays())
    given[place] = wrong
    with pytest.raises(dyadic.DyadicError, match=message):
        dyadic.certify(network(), *given)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"DTYPE": "float16"}, "float16"),
        ({"DTYPE": None}, "type is"),
        ({"gradients": lambda *given: 1 // 0}, "ZeroDivisionError"),
        ({"gradients": lambda *given: None}, "computes no gradients"),
        ({"gradients": lambda *given: (0, {})}, "computes no gradients"),
        ({"gradients": lambda *given: (0, dict.fromkeys(SHAPES, np.ones(1)))}, "has shape"),
        ({"PARAMETERS": {}}, "other shapes"),
    ],
)
def test_a_module_that_computes_something_else(changed, message):
    real, *arrays = emitted_arrays()
    module = types.ModuleType("other")
    module.__dict__.update({k: v for k, v in vars(real).items() if not k.startswith("__")} | changed)
    with pytest.raises(dyadic.DyadicError, match=message):
        dyadic.certify(network(), module, *arrays)


# -- devices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "wrong", "message"),
    [
        ("resolution", (-1e-3,), "positive"),
        ("resolution", (0.0,), "positive"),
        ("resolution", (np.nan,), "positive"),
        ("resolution", ("0.1",), "positive"),
        ("resolution", (1e-13,), "rounding; give at least"),
        ("resolution", (0.1, 0), "from 1 on"),
        ("resolution", (0.1, 10**11), "too many"),
        ("resolution", (0.1, 3, -2), "seed"),
        ("mismatched", (-0.1, 0), "not negative"),
        ("mismatched", (np.inf, 0), "not negative"),
        ("mismatched", (1e308, 0), "is not finite"),
        ("mismatched", (0.1, "1"), "seed"),
        ("read", (weights(q_weight=np.full((2, 3), 1e308)),), "is not finite"),
        ("read", (weights(q_weight=np.ones(6)),), "feedback weights: q.weight has shape"),
    ],
    ids=str,
)
def test_what_is_no_device(device, wrong, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        getattr(hardware, device)(updates(), *wrong)


@pytest.mark.parametrize(
    ("setting", "covariance", "samples", "message"),
    [
        (RelaxationSetting(0, h=np.nan), 0.01, 10, "step size"),
        (RelaxationSetting(0, h=1e-7), 0.01, 10, "larger step"),
        (RelaxationSetting(0), np.inf, 10, "finite variance"),
        (RelaxationSetting(0), -1.0, 10, "negative"),
        (RelaxationSetting(0), "1", 10, "real numbers"),
        (RelaxationSetting(0), np.eye(10) * 1j, 10, "real numbers"),
        (RelaxationSetting(0), [[1.0], [1.0, 2.0]], 10, "real numbers"),
        (RelaxationSetting(0), 0.0, 10, "positive"),
        (RelaxationSetting(0), 1e-26, 10, "rounding"),
        (RelaxationSetting(0), np.ones((3, 3)), 10, "of 10 rows"),
        (RelaxationSetting(0), 0.01, 10**10, "too many"),
        (RelaxationSetting(0), 0.01, 1.5, "integer"),
    ],
    ids=str,
)
def test_what_is_no_noise(setting, covariance, samples, message):
    with pytest.raises(dyadic.DyadicError, match=message):
        hardware.noise(updates(linear=True), setting, covariance, samples)


def test_a_tolerance_that_overflows_has_no_bound():
    found = hardware.resolution(updates(), 1e305, devices=4)
    assert found.bound is None
    assert found.claim.verdict == "undecided"
    assert not found.holds


# -- closed forms of steps that diverge --------------------------------------------------------------------------------


def test_the_closed_form_of_many_steps_that_diverge():
    """The weights overflow as products of their factors; they are infinite where they must be, and right before."""
    one = updates(linear=True)
    setting, state = RelaxationSetting(1500, h=3.0), start(one, "random", 1)
    found, form = run(one, setting, state), predicted(one, setting, state)
    finite = np.isfinite(form.largest).all(axis=1) & np.isfinite(found.deviation).all(axis=1)
    assert 900 < finite.argmin() < 1100
    before = slice(0, finite.argmin())
    assert np.allclose(form.largest[before], found.deviation[before], rtol=1e-9)


def test_a_factor_that_overflows_where_the_product_does_not():
    from dyadic.physics.deviation import _binomial

    # binom(4000, 1500) has 1145 digits; the sum over j of all the weights is 1
    total = sum(_binomial(4000, j, 0.4) for j in range(1400, 1801))
    assert total == pytest.approx(1, abs=1e-9)
    assert _binomial(3000, 2, 9.0) == np.inf


def test_no_closed_form_of_more_steps_than_fit():
    one = updates(linear=True)
    assert "no closed form" in predicted(one, RelaxationSetting(10**7), start(one, "zero", 0))
