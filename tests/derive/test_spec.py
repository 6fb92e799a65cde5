"""Reading architectures: what is built, and one clear message for everything that a person can get wrong."""

from fractions import Fraction

import pytest

from dyadic.symbolic import SpecError, architecture, derive, read_spec
from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.options import TAKEN_BY_ABSTRACT_COSTS, TAKEN_SIZES
from dyadic.symbolic.printing import text_name

GOOD = """
name = "net"
[inputs.x]
shape = [4]
[[layers]]
name = "a"
type = "dense"
units = 3
activation = "tanh"
[[layers]]
name = "b"
type = "dense"
units = "n"
[cost]
type = "squared_error"
inputs = ["b"]
"""
SECOND_INPUT = "[inputs.y]\nshape = [2]\n[[layers]]"


def read(tmp_path, text):
    path = tmp_path / "net.toml"
    path.write_text(text)
    return read_spec(path)


def test_a_good_file(tmp_path):
    network = read(tmp_path, GOOD)
    assert (network.name, network.L, network.depth) == ("net", 2, {"x": 0, "a": 1, "b": 2})
    assert network.unknown_sizes == ["n"]
    assert [str(extent) for extent in network.parameters["b.weight"]] == ["n", "3"]
    derivation = derive(network)
    assert (derivation.L, derivation.steps) == (2, 4)
    assert derivation.ranks.x == {"a": 1, "b": 2}
    assert derivation.ranks.s == {"b": 3, "a": 4}


def test_the_same_from_python(tmp_path):
    mapping = {
        "name": "net",
        "inputs": {"x": {"shape": [4]}},
        "layers": [
            {"name": "a", "type": "dense", "units": 3, "activation": "tanh"},
            {"name": "b", "type": "dense", "units": "n"},
        ],
        "cost": {"type": "squared_error"},
    }
    one, two = derive(architecture(mapping)), derive(read(tmp_path, GOOD))
    assert [e.hash for e in one.equations.values()] == [e.hash for e in two.equations.values()]


def test_layers_may_stand_in_any_order():
    layers = [
        {"name": "b", "type": "dense", "units": 2, "inputs": ["a"]},
        {"name": "a", "type": "dense", "units": 3, "inputs": ["x"]},
    ]
    cost = {"type": "squared_error", "inputs": ["b"]}
    network = architecture({"inputs": {"x": {"shape": [4]}}, "layers": layers, "cost": cost})
    assert [vertex.name for vertex in network.vertices] == ["a", "b"]


def layer(lines, output=True):
    text = GOOD.replace("[cost]", f'[[layers]]\nname = "c"\n{lines}\n[cost]')
    return text.replace('inputs = ["b"]', 'inputs = ["c"]') if output else text


def replaced(*pairs):
    text = GOOD
    for old, new in pairs:
        text = text.replace(old, new, 1)
    return text


CASES = {
    "unknown layer": (replaced(('"dense"', '"dens"')), "layer 'a': type 'dens' is unknown; did you mean 'dense'"),
    "unknown activation": (replaced(('"tanh"', '"tanhh"')), "layer 'a': activation 'tanhh' is unknown; did you mean"),
    "missing name": (replaced(('name = "a"\n', "")), "layer 1: has no name; add name"),
    "duplicate name": (replaced(('name = "b"', 'name = "a"')), "layer 'a': the name is used twice"),
    "name of an input": (replaced(('name = "b"', 'name = "x"')), "layer 'x': the name is used twice"),
    "missing units": (replaced(("units = 3\n", "")), "layer 'a': 'units' is missing; add units"),
    "missing type": (replaced(('type = "dense"\n', "")), "layer 'a': 'type' is missing; choose one of dense"),
    "unknown key": (replaced(("units = 3", "unit = 3")), "layer 'a': the key 'unit' is unknown; did you mean 'units'"),
    "negative size": (replaced(("units = 3", "units = -3")), "layer 'a': units holds -3, which is not a size"),
    "fraction as a size": (replaced(("units = 3", "units = 4.50")), "layer 'a': units holds 4.50, which is not a size"),
    "power as a size": (replaced(("units = 3", "units = 1e3")), "units holds 1e3, which is not an integer; write 1000"),
    "point in a shape": (
        replaced(("shape = [", "shape = [2.0, ")),
        "shape holds 2.0, which is not an integer; write 2",
    ),
    "fractions in a list": (replaced(("units = 3", 'units = [1.50, "1.50"]')), 'units holds [1.50, "1.50"], which is'),
    "true as a size": (replaced(("units = 3", "units = true")), "layer 'a': units holds true, which is not a size"),
    "bad size name": (replaced(('"n"', '"n-1"')), "layer 'b': units holds 'n-1', which is not a size"),
    "non-finite": (replaced(("[4]", "[inf]")), "inputs.x.shape.1: holds the non-finite number inf"),
    "non-finite option": (replaced(("units = 3", "units = nan")), "layers.a.units: holds the non-finite number nan"),
    "bias": (replaced(("units = 3", "units = 3\nbias = 1")), "layer 'a': bias must be true or false, not 1"),
    "missing input": (layer('type = "tanh"\ninputs = ["B"]'), "layer 'c': its input 'B' does not exist"),
    "wrong shape": (
        layer('type = "add"\ninputs = ["a", "x"]'),
        "layer 'c': its inputs have shapes 'a' [3], 'x' [4]; add takes two or more inputs of one shape",
    ),
    "number and name": (
        layer('type = "add"\ninputs = ["a", "b"]'),
        "layer 'c': its inputs have shapes 'a' [3], 'b' [n]",
    ),
    "one input to add": (layer('type = "add"'), "layer 'c': has 1 input(s); add takes two or more"),
    "two inputs": (layer('type = "tanh"\ninputs = ["a", "b"]'), "layer 'c': has 2 input(s); tanh takes one input"),
    "cycle": (replaced(("units = 3", 'units = 3\ninputs = ["b"]')), "there is a cycle: "),
    "self loop": (replaced(("units = 3", 'units = 3\ninputs = ["a"]')), "there is a cycle: a -> a; a cycle has no"),
    "unreachable": (layer('type = "tanh"\ninputs = ["a"]', False), "layer 'c': is unreachable from the cost"),
    "unused input": (
        replaced(("[[layers]]", SECOND_INPUT), ("units = 3", 'units = 3\ninputs = ["x"]')),
        "input 'y': is unreachable from the cost",
    ),
    "ambiguous input": (replaced(("[[layers]]", SECOND_INPUT)), "layer 'a': there are several inputs to choose from"),
    "unknown cost": (replaced(('"squared_error"', '"squared"')), "cost: type 'squared' is unknown"),
    "cost of nothing": (replaced(('["b"]', '["c"]')), "cost: its input 'c' is not a layer"),
    "no cost": (GOOD.partition("[cost]")[0], "cost: no cost is given; add [cost]"),
    "a size that the equations of a cost call otherwise": (
        '[inputs.x]\nshape = ["lse"]\n[[layers]]\nname = "h"\ntype = "tanh"\n[cost]\ntype = "cross_entropy"',
        "shape holds 'lse', which stands for something else in the equations; give the size another name",
    ),
    "a constant of text": (
        '[inputs.x]\nshape = [2]\n[constants.c]\nshape = [2]\nvalues = ["1", "inf"]\n[[layers]]\nname = "h"\n'
        'type = "add"\ninputs = ["x", "c"]\n[cost]\ntype = "squared_error"',
        "constant 'c': values are not numbers in a regular list; write numbers",
    ),
    "a constant with a truth value": (
        '[inputs.x]\nshape = [2]\n[constants.c]\nshape = [2]\nvalues = [1.5, true]\n[[layers]]\nname = "h"\n'
        'type = "add"\ninputs = ["x", "c"]\n[cost]\ntype = "squared_error"',
        "constant 'c': values are not numbers in a regular list; write numbers",
    ),
    "a constant that is not finite": (
        '[inputs.x]\nshape = [2]\n[constants.c]\nshape = [2]\nvalues = [1.5, nan]\n[[layers]]\nname = "h"\n'
        'type = "add"\ninputs = ["x", "c"]\n[cost]\ntype = "squared_error"',
        "constants.c.values.2: holds the non-finite number nan",
    ),
    "layers as a table": (
        '[inputs.x]\nshape = [2]\n[layers.h]\ntype = "dense"\n[cost]\ntype = "squared_error"',
        "layers: is a table; start every layer with [[layers]]",
    ),
    "no layers": ('[inputs.x]\nshape = [2]\n[cost]\ntype = "squared_error"', "layers: no layer is given"),
    "no inputs": ('name = "x"', "inputs: no input is given"),
    "one class": (
        replaced(("squared_error", "cross_entropy"), ('"n"', "1")),
        "cost: input 'b' has shape [1]; cross_entropy takes a last axis of at least two classes",
    ),
    "empty shape": (replaced(("[4]", "[]")), "input 'x': shape must be a list of sizes, not []"),
    "not TOML": ("name = ", "is not TOML: "),
    "reserved": (replaced(('"a"', '"cost"')), "the name 'cost' is reserved"),
    "both cost and costs": (
        GOOD + '[[costs]]\ntype = "huber"\n',
        "cost: there are both [cost] and [[costs]]; write every cost as [[costs]], or keep one",
    ),
    "decay": ('weight_decay = "much"\n' + GOOD, "net.toml: the file: weight_decay must be a number"),
    "control characters": (replaced(('"a"', '"a\\u0007"')), "cannot be used; use printable text"),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_named(case, tmp_path):
    text, message = CASES[case]
    assert text != GOOD
    with pytest.raises(SpecError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)
    assert "net.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a[0]", "a, b", "(a)", "a'", 'say \\"a\\"', "a{i}", "a;b", "a]"])
@pytest.mark.parametrize("old", ["[inputs.x]", 'name = "b"'])
def test_a_name_that_reads_like_an_entry_is_refused_with_one_that_does_not(name, old, tmp_path):
    new = f'[inputs."{name}"]' if old.startswith("[") else f'name = "{name}"'
    with pytest.raises(SpecError, match=r"reads like something else; write for instance '[^][(){},;\"']+'$"):
        read(tmp_path, GOOD.replace(old, new).replace('inputs = ["b"]\n', ""))


@pytest.mark.parametrize("name", ["a b", "a.b", "a/b:0", "\u03b1-1", "a_0"])
def test_other_names_are_kept(name, tmp_path):
    assert name in read(tmp_path, GOOD.replace('"b"', f'"{name}"')).depth


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", Fraction(1, 10)),
        ("0.12345678901234567890123", Fraction(12345678901234567890123, 10**23)),
        ("1e-20", Fraction(1, 10**20)),
        ("1_0.5", Fraction(21, 2)),
        ("-2.50E+3", Fraction(-2500)),
        ("3", Fraction(3)),
        ("9007199254740993.0", Fraction(2**53 + 1)),
    ],
)
def test_a_number_is_exactly_what_is_written(text, value, tmp_path):
    network = read(tmp_path, f"weight_decay = {text}\n{GOOD}weight = {text}\n")
    assert Fraction(str(network.decay)) == value
    assert Fraction(str(network.costs[0].weight)) == value


def test_a_cycle_is_spelled_out(tmp_path):
    with pytest.raises(SpecError, match="a -> b -> a|b -> a -> b"):
        read(tmp_path, CASES["cycle"][0])


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(SpecError, match="cannot be read .No such file"):
        read_spec(tmp_path / "missing.toml")
    with pytest.raises(SpecError, match="cannot be read .it is a folder"):
        read_spec(tmp_path)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match="is not UTF-8 text"):
        read_spec(binary)
    deep = tmp_path / "deep.toml"
    deep.write_text("a = " + "[" * 100_000)
    with pytest.raises(SpecError, match="nested too deeply|is not TOML"):
        read_spec(deep)


def test_no_size_has_a_name_that_the_equations_of_costs_print():
    """What stands in a printed equation without a layer's name is a tensor of the cost, or a size."""
    for cost in COSTS:
        made = derive(architecture({**ONE, "cost": {"type": cost}}))
        names = {
            text_name(item.element.name) for one in made.equations.values() for item in (one.definition, *one.where)
        }
        unowned = {name for name in names if "_" not in name}
        taken = {*TAKEN_SIZES, *(TAKEN_BY_ABSTRACT_COSTS if cost == "abstract" else ())}
        assert "C" in unowned <= taken
        for name in taken:
            with pytest.raises(SpecError, match="stands for something else"):
                architecture({**ONE, "inputs": {"x": {"shape": [name]}}, "cost": {"type": cost}})
    assert derive(architecture({**ONE, "inputs": {"x": {"shape": ["t"]}}}))


ONE = {
    "name": "one",
    "inputs": {"x": {"shape": ["n"]}},
    "layers": [{"name": "h", "type": "dense", "units": "m"}],
    "cost": {"type": "squared_error"},
}


def test_the_values_of_a_constant_may_be_decimals(tmp_path):
    path = tmp_path / "net.toml"
    path.write_text(
        "[inputs.x]\nshape = [2, 2]\n[constants.c]\nshape = [2, 2]\nvalues = [[0.5, 1], [-0.1, 2e-3]]\n"
        '[[layers]]\nname = "h"\ntype = "add"\ninputs = ["x", "c"]\n[cost]\ntype = "squared_error"'
    )
    found = read_spec(path).values["c"]
    assert found.dtype == float
    assert found.tolist() == [[0.5, 1.0], [-0.1, 0.002]]
