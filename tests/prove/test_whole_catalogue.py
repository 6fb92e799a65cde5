"""Every layer type, every scalar function and every cost in a small network: proved, confirmed, and read back."""

import pytest
from support.long_tests import one_in
from support.single_layer import one_cost, one_of_a_kind

from dyadic.proofs import check, verify
from dyadic.proofs.methods.printed import printed_claims
from dyadic.proofs.subject import examine
from dyadic.symbolic import SpecError, architecture, derive
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.functions import FUNCTIONS
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.spec import LAYER_TYPES


def shown(spec):
    """The certificate of a network that is proved, confirmed and read back whole."""
    certificate = verify(derive(architecture(spec)))
    bad = [(c["id"], c["verdict"], c["reason"]) for c in certificate["claims"] if c["verdict"] != "proved"]
    assert (certificate["verdict"], bad) == ("proved", [])
    report = check(certificate)
    assert (report.verdict, report.open) == ("CONFIRMED", ())
    return certificate


def read_back(certificate):
    """(compared, left out) of each notation."""
    claims = [claim for claim in certificate["claims"] if claim["kind"] == "printed"]
    return {c["subject"]["notation"]: (c["numbers"]["compared"] > 0, c["numbers"]["left_out"]) for c in claims}


@pytest.mark.parametrize("type_", one_in(8, LAYER_TYPES))
def test_a_layer_type_alone(type_):
    assert read_back(shown(one_of_a_kind(type_))) == {"text": (True, 0), "latex": (True, 0)}


@pytest.mark.parametrize("cost", COSTS)
def test_a_cost_alone(cost):
    assert read_back(shown(one_cost(cost))) == {"text": (True, 0), "latex": (True, 0)}


def test_the_scalar_functions_that_are_layers_are_among_them():
    assert {name for name, function in FUNCTIONS.items() if function.layer} <= set(LAYER_TYPES)


@pytest.mark.parametrize("type_", ["conv", "reduce_min", "embedding", "gather", "attention", "lstm"])
def test_a_layer_type_alone_for_sizes_that_are_names(type_):
    assert read_back(shown(one_of_a_kind(type_, symbolic=True)))["text"] == (True, 0)


# -- numbers -----------------------------------------------------------------------------------------------------------

TINY, LONG = 1e-307, 0.12345678901234567


@pytest.mark.parametrize(
    ("type_", "options"),
    [
        ("scale", {"factor": TINY, "offset": 1e307}),
        ("scale", {"factor": -LONG, "offset": 10**23 + 1}),
        ("selu", {"alpha": LONG, "gamma": TINY}),
        ("leaky_relu", {"slope": LONG}),
        ("layer_norm", {"epsilon": 1e-30}),
        ("mod", {"divisor": LONG}),
        ("lrn", {"beta": 1.37, "alpha": LONG}),
        *(("power", {"exponent": e}) for e in (0.5, -0.5, 1.5, -2.3, 17, 65, -100, 0.3333)),
    ],
)  # fmt: skip
def test_numbers_that_a_specification_may_hold(type_, options):
    assert read_back(shown(one_of_a_kind(type_, **options))) == {"text": (True, 0), "latex": (True, 0)}


def test_weights_of_costs_and_of_decay():
    spec = one_cost("squared_error")
    spec["cost"]["weight"], spec["weight_decay"] = TINY, LONG
    shown(spec)


@pytest.mark.parametrize(("type_", "option"), [("power", "exponent"), ("lrn", "beta")])
def test_an_exponent_of_very_many_digits_is_refused_and_not_left_open(type_, option):
    with pytest.raises(SpecError, match="no quotient of integers up to 1000000"):
        architecture(one_of_a_kind(type_, **{option: 0.1234567}))


def test_integers_that_need_not_lie_below_an_axis_are_refused():
    spec = one_of_a_kind("gather", symbolic=True)
    spec["inputs"]["x1"]["below"] = 5
    with pytest.raises(SpecError, match="holds integers below 5, but has to choose among n"):
        architecture(spec)


# -- a printer that is wrong about roots or about whole numbers --------------------------------------------------------


def wrongly_printed(type_, method, change, monkeypatch):
    original = getattr(TextPrinter, method)
    monkeypatch.setattr(TextPrinter, method, lambda self, *parts: change(original(self, *parts)))
    derivation = derive(architecture(one_of_a_kind(type_)))
    return next(claim for claim in printed_claims(examine(derivation, derivation.steps)))


def test_another_root_is_found_out(monkeypatch):
    claim = wrongly_printed("sqrt", "function", lambda text: text.replace("sqrt(", "rsqrt("), monkeypatch)
    assert claim.verdict.value == "refuted"
    assert "rsqrt" in repr(claim.counterexample["read_back"])
    assert "rsqrt" not in repr(claim.counterexample["equation"])


def test_a_quotient_of_integers_is_not_the_floor_of_a_number(monkeypatch):
    claim = wrongly_printed("upsample", "quotient", lambda text: text.replace(" / ", "/"), monkeypatch)
    assert claim.verdict.value == "undecided"  # half an index is none
    assert "cannot be read back" in claim.reason


# -- what is open ------------------------------------------------------------------------------------------------------


def test_a_certificate_in_which_a_cross_check_is_open_is_confirmed_in_part():
    """A method that is asked for by name and does not fit is undecided; the texts then fit all the same."""
    methods = ["lemma", "ranks", "instances", "adjoint", "functions", "wiring", "pairing", "residues"]
    certificate = verify(derive(architecture(one_of_a_kind("max_pool"))), methods=methods)
    assert {c["id"]: c["verdict"] for c in certificate["claims"]}["residues"] == "undecided"
    assert check(certificate).verdict == "PARTLY"


# -- axes of length 1 --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "inputs", "options"),
    [
        ("embedding", {"x0": {"shape": [3], "below": 1}}, {"count": 1, "units": 2}),
        ("reduce_max", {"x0": {"shape": [1, 3]}}, {"axes": [0]}),
        ("global_max_pool", {"x0": {"shape": [2, 1, 1]}}, {}),
        ("softmax", {"x0": {"shape": [1]}}, {}),
    ],
)
def test_an_axis_of_length_1(type_, inputs, options):
    layers = [{"name": "before", "type": "atan"}] if type_ != "embedding" else []
    layers += [{"name": "it", "type": type_, **options}, {"name": "after", "type": "scale", "factor": 3}]
    shown({"inputs": inputs, "layers": layers, "cost": {"type": "squared_error"}})


def test_a_look_up_alone_has_no_potential():
    """The one edge between layers is the table of a gather, whose integers have to be drawn as integers."""
    layers = [
        {"name": "table", "type": "atan", "inputs": ["x"]},
        {"name": "it", "type": "gather", "inputs": ["table", "t"]},
    ]
    inputs = {"x": {"shape": [4, 2]}, "t": {"shape": [3], "below": 4}}
    certificate = shown({"inputs": inputs, "layers": layers, "cost": {"type": "squared_error"}})
    assert next(c for c in certificate["claims"] if c["kind"] == "nonreciprocity")["witness"]["entry"] != "0"


# -- sizes that are called like indices --------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("c", "i1", "i2"), ("i", "j", "k"), ("u1", "a1", "d1")])
def test_a_size_may_be_called_like_an_index(names):
    layers = [
        {"name": "a", "type": "conv", "filters": 2, "kernel": [3, 3]}, {"name": "b", "type": "relu"},
        {"name": "c", "type": "max_pool", "kernel": [2, 2]}, {"name": "d", "type": "flatten"},
        {"name": "e", "type": "softmax"},
    ]  # fmt: skip
    shown({"inputs": {"x": {"shape": list(names)}}, "layers": layers, "cost": {"type": "squared_error"}})
