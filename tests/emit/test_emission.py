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


def test_a_module_finds_its_arrays(derivation, tmp_path):
    found = dyadic.emit(derivation, "numpy")
    assert str(found) == found.text
    assert set(found.arrays) == {"k"}
    found.write(tmp_path / "own.py")
    assert {path.name for path in tmp_path.iterdir()} == {"own.py", "own.npz"}
    np.testing.assert_array_equal(load(tmp_path / "own.py").init(0)["k"], derivation.architecture.values["k"])


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
