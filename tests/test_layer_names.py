"""A layer's name is just a name, also one that the equations of layer kinds, roles and formulas use themselves."""

import itertools
import json

import numpy as np
import pytest
from support.modules import load

import dyadic
from dyadic.proofs.claims import Verdict
from dyadic.proofs.statements import ClaimsFile, Statement, verify_claims
from dyadic.symbolic.expressions import Element, Tensor, rename
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import TextPrinter
from dyadic.symbolic.tensor_names import COST, U1, U2, Name, NameRole, Placeholder, U, V, slots

ORDINARY = ("image", "first", "second", "largest", "product", "last", "words")
NAMES = [
    ("x", "u", "v", "s", "bar", "arg", "w"),
    ("w", "v", "u", "x", "s", "bar", "arg"),
    ("u2", "v", "u1", "u", "u3", "x1", "u4"),  # crossed over what stands for parents
    ("y", "E", "C", "f", "z", "t", "W"),
    ("bar x", "bar z", "arg m", "dot x", "zbar", "argm", "xbar"),
    ("from", "update", "rate", "weight", "size", "let", "otherwise"),
    ("update s", "from v", "rate x", "cost x", "i", "j", "k"),
]


def network(names):
    """Two parents, crossed, of one kind; a maximum; a shared parameter."""
    image, first, second, largest, product, last, words = names
    return {
        "name": "names",
        "inputs": {image: {"shape": [3]}},
        "parameters": {words: {"shape": [3, 3]}},
        "layers": [
            {"name": first, "type": "dense", "units": 3, "activation": "tanh", "inputs": [image]},
            {"name": second, "type": "dense", "units": 3, "bias": False, "inputs": [first, words]},
            {"name": largest, "type": "reduce_max", "inputs": [second], "keep": True},
            {"name": product, "type": "sub", "inputs": [largest, first]},
            {"name": last, "type": "dense", "units": 2, "bias": False, "inputs": [product]},
        ],
        "cost": {"type": "squared_error"},
    }


def renamed(text, names):
    """A printed equation of the ordinary network under the other names; for letters that stand nowhere else."""
    for ordinary in ORDINARY:
        text = text.replace(ordinary, f"<{ordinary}>")
    for ordinary, name in zip(ORDINARY, names, strict=True):
        text = text.replace(f"<{ordinary}>", name)
    return text


@pytest.fixture(scope="module", params=NAMES, ids=" ".join)
def derivation(request):
    return request.param, dyadic.derive(dyadic.architecture(network(request.param)))


PLAIN = dyadic.derive(dyadic.architecture(network(ORDINARY)))


def test_the_printed_equations_are_those_of_the_ordinary_network(derivation):
    names, derived = derivation
    for (_, plain), (_, other) in zip(PLAIN.equations.items(), derived.equations.items(), strict=True):
        assert str(other) == renamed(str(plain), names)
    owners = dict(zip(ORDINARY, names, strict=True))
    for plain, other in zip(PLAIN.equations.values(), derived.equations.values(), strict=True):
        assert rename(plain.definition.body, owners, {}) == other.definition.body


def test_everything_is_proved_and_confirmed(derivation):
    _, derived = derivation
    certificate = dyadic.verify(derived)
    assert [claim for claim in certificate.claims if claim.verdict is not Verdict.PROVED] == []
    assert dyadic.check(json.loads(certificate.to_json())).confirmed


def test_seven_steps_are_refuted(derivation):
    _, derived = derivation
    assert dyadic.verify(derived, steps=derived.steps - 1).verdict is Verdict.REFUTED


def test_the_emitted_module_computes_the_same_bits(derivation):
    names, derived = derivation
    owners = dict(zip(names, ORDINARY, strict=True))
    one, other = load(dyadic.emit(PLAIN, "numpy")), load(dyadic.emit(derived, "numpy"))
    params = one.init(0)
    back = {f"{owners[layer]}.{rest}" if rest else owners[layer]: key
            for key in other.init(0) for layer, _, rest in [key.partition(".")]}  # fmt: skip
    x, y = np.linspace(-1, 1, 12).reshape(4, 3), np.ones((4, 2))
    loss, gradients = one.gradients(params, x, y)
    theirs, same = other.gradients({back[key]: value for key, value in params.items()}, x, y)
    assert loss == theirs
    assert all(np.array_equal(value, same[back[key]]) for key, value in gradients.items())
    assert dyadic.emit(derived, "cupy").text


def judged(derived, kind, formula, latex):
    claims = ClaimsFile((Statement("it", kind, "it", (formula,), latex=latex, definitions=()),), {})
    return verify_claims(derived, claims)[0].verdict


@pytest.mark.parametrize("printer", [TextPrinter, LatexPrinter])
def test_claims_are_judged_by_what_the_names_mean(derivation, printer):
    """Every sensitivity as printed, with its bars put in, is proved; with another sign it is refuted."""
    names, derived = derivation
    write, latex, judgements = printer(derived.architecture.own_names), printer is LatexPrinter, 0
    for name in (names[1], names[4], names[2]):
        item = derived.equations[f"s:{name}"].definition
        if any(entry.name.role is NameRole.CHOICE for entry in item.body.atoms(Element)):
            continue
        left, right = write(item.element), write(item.body)
        assert judged(derived, "sensitivity", f"{left} = {right}", latex) is Verdict.PROVED
        assert judged(derived, "sensitivity", f"{left} = 2 ({right})", latex) is Verdict.REFUTED
        judgements += 1
    assert judgements


@pytest.mark.parametrize(
    "name",
    ["delta", "Sum", "ArgMax", "floor", "tanh", "C", "y", "E", "1", "s_first", "zbar_first", "W_first", "x_first"],
)
def test_an_input_whose_name_means_something_else_is_written_as_any_other(name):
    """Read back, ``W_first`` would be the first layer's own weight and ``delta`` Kronecker's."""
    derived = dyadic.derive(dyadic.architecture(network((*ORDINARY[:-1], name))))
    assert not derived.architecture.own_names
    assert f"x_{name}[i, j]" in str(derived.equations["x:second"])
    certificate = dyadic.verify(derived, methods=["printed"])
    assert {claim.verdict for claim in certificate.claims if claim.kind == "printed"} == {Verdict.PROVED}


def test_an_input_that_is_called_like_the_adjoint_of_another():
    scale = {"type": "mul", "inputs": ["image", "words"], "name": "one"}
    spec = {
        "inputs": {"image": {"shape": [3]}},
        "parameters": {"words": {"shape": [3]}, "wordsbar": {"shape": [3]}},
        "layers": [scale, scale | {"name": "two", "inputs": ["one", "wordsbar"]}],
        "cost": {"type": "squared_error"},
    }
    derived = dyadic.derive(dyadic.architecture(spec))
    assert derived.architecture.own_names == {"wordsbar"}
    assert str(derived.equations["g:words"]).startswith("xbar_words[i] = ")
    assert dyadic.verify(derived).verdict is Verdict.PROVED


def test_a_placeholder_is_no_name():
    assert Name("x", U) != Name("x", "u")
    assert hash(Name("x", U)) != hash(Name("x", "u"))
    assert {Name("x", U), Name("x", "u"), Name("x", U).adjoint, Name("x", Placeholder("u"))} == {
        Name("x", U), Name("x", "u"), Name("x", "u1").of(U).adjoint
    }  # fmt: skip
    assert slots(1) == (U,)
    assert slots(2) == (U1, U2)
    swapped = rename(Element(Name("x", U1)) - 2 * Element(Name("x", U2)), {U1: "u2", U2: "u1"}, {})
    assert swapped == Element(Name("x", "u2")) - 2 * Element(Name("x", "u1"))
    assert rename(swapped, {U1: "a", U2: "b", V: "c"}, {}) == swapped
    x = Tensor(Name("x", V), ())
    assert LatexPrinter()(x[()]) == "x^{v}"
    assert LatexPrinter()(Element(Name("x", "v"))) == r"x^{\text{v}}"
    assert TextPrinter()(Element(Name("C", COST))) == "C"


def test_names_are_ordered_as_they_are_written():
    """The order of terms in a certificate rests on it."""
    names = [Name("W", "a"), Name("m", "a").choice, Name("W", "a").adjoint, Name("f", "a"), Name("f", "b")]
    entries = [Element(name) for name in names]
    assert sorted(entries, key=lambda entry: entry.sort_key()) == entries
    assert all(one.compare(two) == -1 for one, two in itertools.pairwise(entries))
