"""What ``derive`` prints is read back and compared: wrong printers and ambiguous names do not get through."""

import pytest
from hypothesis import given, settings
from support import plants
from support.strategies import architectures

from dyadic.proofs import verify
from dyadic.proofs.methods.printed import printed_claims
from dyadic.proofs.statements.parsing.notation import printed_names, read_equation
from dyadic.proofs.statements.parsing.tokens import Unreadable
from dyadic.proofs.subject import examine
from dyadic.report import derivation_text
from dyadic.symbolic import architecture, derive, read_spec
from dyadic.symbolic.latex_printing import LatexPrinter
from dyadic.symbolic.printing import Printer, TextPrinter
from dyadic.symbolic.structure import Architecture


def claims(derivation):
    return {claim.id: claim for claim in printed_claims(examine(derivation, derivation.steps))}


@pytest.mark.parametrize("name", ["digits", "lenet", "decoder", "lstm"])
def test_what_is_printed_of_the_examples_is_read_back(name):
    derivation = derive(read_spec(f"examples/{name}.toml"))
    found = claims(derivation)
    assert {claim.verdict.value for claim in found.values()} == {"proved"}
    assert found["printed:text"].numbers["compared"] >= len(derivation.equations)


@pytest.mark.parametrize("name", ["0.weight", "10.weight", "1x"])
def test_names_that_start_with_digits_are_read_back(name):
    """As PyTorch's Sequential gives them."""
    spec = {
        "inputs": {"x": {"shape": [3]}},
        "parameters": {name: {"shape": [2, 3]}},
        "layers": [{"name": "a", "type": "linear", "inputs": ["x", name]}],
        "cost": {"type": "squared_error"},
    }
    found = claims(derive(architecture(spec)))
    assert {claim.verdict.value for claim in found.values()} == {"proved"}, found


def arithmetic(name, shape):
    """A parameter as a factor, below a fraction line and by itself, over two axes with numbered indices."""
    layers = [
        {"name": "product", "type": "mul", "inputs": ["data", name]},
        {"name": "ratio", "type": "div", "inputs": ["product", name]},
        {"name": "total", "type": "add", "inputs": ["ratio", name]},
        {"name": "window", "type": "max_pool", "kernel": [2, 2]},
    ]
    spec = {"inputs": {"data": {"shape": [2, 3]}}, "parameters": {name: {"shape": shape}}, "layers": layers,
            "cost": {"type": "squared_error"}}  # fmt: skip
    return derive(architecture(spec))


@pytest.mark.parametrize(
    "name",
    ["/n/c_0", "//", "a/b", "onnx::Mul_7", "p.0:1", "#", "-w", "|a|", "<unk>", "^T", "=", "for", "mod", "d", "i", "u"],
)
@pytest.mark.parametrize("shape", [[], [3]])
def test_parameters_of_models_are_read_back(name, shape):
    """What starts with a sign would divide, subtract or compare; ``i_1`` is an index, not an entry of i."""
    derivation = arithmetic(name, shape)
    assert {claim.verdict.value for claim in claims(derivation).values()} == {"proved"}
    own = name in ("a/b", "onnx::Mul_7", "p.0:1", "d")
    assert (name in derivation.architecture.own_names) == own


def _wrong(method, change):
    def plant(monkeypatch, printer):
        original = getattr(printer, method)
        monkeypatch.setattr(printer, method, lambda self, *parts: change(original, self, *parts))

    return plant


WRONG = {
    "a fraction upside down": _wrong("fraction", lambda original, self, top, bottom: original(self, bottom, top)),
    "an index twice": _wrong("entry", lambda original, self, node: original(self, node).replace("j", "i")),
    "no brackets": _wrong("brackets", lambda original, self, text: text),
    "signs": _wrong("terms", lambda original, self, node: [("+", text) for _, text in original(self, node)]),
    "no derivative": _wrong("function", lambda original, self, name, order, inside: original(self, name, 0, inside)),
    "another bound": _wrong(
        "reduction", lambda original, self, node, body: original(self, node, body).replace("<3", "<2")
    ),
    "the left-hand side": _wrong("equation", lambda original, self, item: f"E_first = {self(item.body)}"),
    "nothing": _wrong("equation", lambda original, self, item: ""),
}  # fmt: skip


@pytest.mark.parametrize("printer", [TextPrinter, LatexPrinter])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_printer_is_found_out(wrong, printer, monkeypatch):
    WRONG[wrong](monkeypatch, printer)
    name = "printed:text" if printer is TextPrinter else "printed:latex"
    found = claims(plants.derivation())[name]
    assert found.verdict.value in ("refuted", "undecided")
    if wrong in ("an index twice", "signs", "no derivative", "a fraction upside down") and printer is TextPrinter:
        assert found.verdict.value == "refuted"
        assert found.counterexample["printed"]


def test_a_wrong_printer_leaves_the_network_unproved(monkeypatch):
    original = Printer.terms
    monkeypatch.setattr(Printer, "terms", lambda self, node: original(self, node)[::-1] + original(self, node)[:1])
    certificate = verify(plants.derivation(), methods=["lemma", "ranks", "instances", "printed", "adjoint"])
    assert certificate["verdict"] == "refuted"


def named(*names, parameter="w"):
    layers = [{"name": name, "type": "dense", "units": 2, "activation": "tanh"} for name in names]
    layers.append({"name": "last", "type": "matmul", "inputs": [names[-1], parameter]})
    return derive(
        architecture(
            {
                "inputs": {"u": {"shape": [3, 2]}}, "parameters": {parameter: {"shape": [2, 4]}}, "layers": layers,
                "cost": {"type": "squared_error"},
            }
        )
    )  # fmt: skip


@pytest.mark.parametrize("names", [["i", "j"], ["Sum", "floor"], ["a b", "a"], ["a_b", "b"], ["1", "2"], ["x", "x_x"]])
def test_awkward_names_are_read_back(names):
    assert claims(named(*names))["printed:text"].verdict.value == "proved"


def test_a_parameter_whose_name_is_that_of_a_tensor_does_not_go_by_it():
    """The parameter W_a would be printed as the layer a's weight is."""
    derivation = named("a", "b", parameter="W_a")
    assert "x_last[i, j] = Sum[k<2] x_W_a[k, j] x_b[i, k]" in "\n".join(derivation_text(derivation))
    assert "Sum[k<2] w[k, j] x_b[i, k]" in "\n".join(derivation_text(named("a", "b")))
    assert claims(derivation)["printed:text"].verdict.value == "proved"


def test_names_that_two_tensors_share_are_not_proved(monkeypatch):
    monkeypatch.setattr(Architecture, "own_names", frozenset({"W_a"}))
    found = claims(named("a", "b", parameter="W_a"))["printed:text"]
    assert found.verdict.value == "undecided"
    assert "cannot be read back" in found.reason


def test_the_energy_names_every_cost_with_its_weight_and_the_decay():
    text = "\n".join(derivation_text(plants.derivation()))
    assert "E = sum of the terms below + 2 C_cost1 + 1/2 C_cost2 + 1/20 |theta|^2\n" in text


def test_sentences_that_are_no_equation():
    graph = examine(plants.derivation(), 1).graph
    names = printed_names(graph, frozenset())
    good = "x_first[i, j] = tanh(z_first[i, j])"
    assert read_equation(good, names)[1] == [
        "apply",
        "tanh",
        0,
        ["entry", "z", "first", [["index", "i"], ["index", "j"]]],
    ]
    for text in (
        "", "x_first[i, j]", "tanh(1) = 2", "x_first[i, j] = ", f"{good} +", f"{good} )", "x_first[i] = 1",
        "x_first[i, j] = tanh(z_first[i, j]", "x_first[i, j] = Sum[k<2]", "x_first[i, j] = 2^i", "x_first[0, j] = 1",
        "x_first[i, j] = [1 <= i < 2]", "x_first[i, j] = x_nobody[i, j]", "x_first[i, j] = \u2211",
    ):  # fmt: skip
        with pytest.raises(Unreadable):
            read_equation(text, names)


@settings(max_examples=20, deadline=None)
@given(architectures(6))
def test_random_networks_are_read_back_and_are_their_instances(network):
    from dyadic.proofs.checker.instantiated import equation_instances

    derivation = derive(network)
    subject = examine(derivation, derivation.steps)
    outcome = equation_instances.examine(subject.graph)
    assert (outcome.differences, outcome.undecided) == ([], [])
    assert outcome.equations == len(derivation.equations)
    for claim in printed_claims(subject):
        assert claim.verdict.value == "proved", (claim.reason, claim.counterexample)


def with_name(name):
    layers = [{"name": name, "type": "dense", "units": 3, "activation": "tanh"}, {"name": "o", "type": "softmax"}]
    return derive(architecture({"inputs": {"x": {"shape": [4]}}, "layers": layers, "cost": {"type": "squared_error"}}))


@pytest.mark.parametrize("name", ["$x_1$", "a & b", "#%", "#", "&", "\\\\", "~", "a=b", "x_x", "😀"])
def test_a_name_of_signs_that_latex_reads_otherwise_is_read_back(name):
    assert {claim.verdict.value for claim in claims(with_name(name)).values()} == {"proved"}


@pytest.mark.long
def test_the_longest_name_fits_a_certificate():
    from dyadic.proofs import check
    from dyadic.symbolic.limits import LONGEST_NAME

    layers = [{"name": "n" * LONGEST_NAME, "type": "lstm", "units": 2}, {"name": "o", "type": "dense", "units": 2}]
    network = {"inputs": {"x": {"shape": [12, 2]}}, "layers": layers, "cost": {"type": "squared_error"}}
    assert check(verify(derive(architecture(network)))).confirmed
