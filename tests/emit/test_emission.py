"""An emitted module and its arrays, written from Python and used as it is."""

import copy
import importlib.util
import pickle
import sys

import numpy as np
import pytest

import dyadic


@pytest.fixture
def derivation():
    values = np.arange(600.0).reshape(200, 3)
    network = {
        "inputs": {"x": {"shape": [3]}},
        "constants": {"k": {"shape": [200, 3], "values": values.tolist()}},
        "layers": [{"name": "m", "type": "mul", "inputs": ["x", "k"]}],
        "cost": {"type": "squared_error"},
    }
    return dyadic.derive(dyadic.architecture(network))


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def emitted(derivation, target, path):
    dyadic.emit(derivation, target).write(path)
    return load(path)


def test_a_module_finds_its_arrays(derivation, tmp_path):
    found = dyadic.emit(derivation, "numpy")
    assert str(found) == found.text
    assert set(found.arrays) == {"k"}
    found.write(tmp_path / "own.py")
    assert {path.name for path in tmp_path.iterdir()} == {"own.py", "own.npz"}
    np.testing.assert_array_equal(load(tmp_path / "own.py").init(0)["k"], derivation.architecture.values["k"])


@pytest.mark.parametrize("target", ["numpy", "c"])
def test_a_seed_may_be_left_out(derivation, tmp_path, target):
    own = emitted(derivation, target, tmp_path / "own.py")
    assert set(own.init()) == {"k"}
    assert "seed: changes nothing here" in own.init.__doc__
    drawn = emitted(dyadic.derive(dyadic.read("examples/digits.toml")), target, tmp_path / "drawn.py")
    same, other = drawn.init(0), drawn.init(1)
    for name, value in drawn.init().items():
        np.testing.assert_array_equal(value, same[name])
    assert not np.array_equal(same["hidden.weight"], other["hidden.weight"])
    assert "seed: of what is drawn (0 by default)" in drawn.init.__doc__


def test_what_a_model_lacks_is_drawn(tmp_path):
    """A layer's parameters beside an array that came with the network: the docstring speaks of both."""
    network = {
        "inputs": {"x": {"shape": [3]}}, "constants": {"k": {"shape": [3], "values": [1, 2, 3]}},
        "layers": [{"name": "m", "type": "mul", "inputs": ["x", "k"]}, {"name": "h", "type": "dense", "units": 2}],
        "cost": {"type": "squared_error"},
    }  # fmt: skip
    module = emitted(dyadic.derive(dyadic.architecture(network)), "numpy", tmp_path / "both.py")
    assert list(module.init()["k"]) == [1, 2, 3]
    assert np.any(module.init()["h.weight"])
    assert module.init.__doc__.startswith("The arrays that came with the network; otherwise random parameters: ")


def test_a_module_without_its_arrays_says_so(derivation, tmp_path):
    path = tmp_path / "alone.py"
    path.write_text(dyadic.emit(derivation, "numpy").text)
    with pytest.raises(FileNotFoundError, match="alone.npz"):
        load(path).init(0)


def test_a_place_that_cannot_be_written(derivation, tmp_path):
    with pytest.raises(dyadic.DyadicError, match="cannot be written"):
        dyadic.emit(derivation, "numpy").write(tmp_path / "no" / "m.py")


def test_a_module_says_with_which_sizes_it_was_made():
    network = {
        "inputs": {"x": {"shape": ["n"]}}, "layers": [{"name": "h", "type": "dense", "units": "m"}],
        "cost": {"type": "squared_error"},
    }  # fmt: skip
    derivation = dyadic.derive(dyadic.architecture(network))
    text = dyadic.emit(derivation, "numpy", sizes={"n": 3, "m": 2}).text
    assert "Regenerate: dyadic emit SPEC --target numpy --dtype float64 --size n=3 --size m=2\n" in text


def test_a_derivation_can_be_copied(derivation):
    for made in (copy.deepcopy(derivation), pickle.loads(pickle.dumps(derivation))):
        assert {tag: e.hash for tag, e in made.equations.items()} == {
            tag: e.hash for tag, e in derivation.equations.items()
        }
