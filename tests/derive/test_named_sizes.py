"""Numbers for sizes that are names: what does not fit the layers is refused, in Python as on the command line."""

import pytest

from dyadic.symbolic import SpecError, architecture


def network(layers, shape, cost="squared_error"):
    return architecture({"inputs": {"x": {"shape": shape}}, "layers": layers, "cost": {"type": cost}})


CONVOLUTION = network(
    [{"name": "c", "type": "conv", "filters": 2, "kernel": [5, 5]}, {"name": "f", "type": "flatten"},
     {"name": "o", "type": "dense", "units": 2}], [1, "n", "n"],
)  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_window_larger_than_its_input_is_refused(size):
    """Both axes negative would give a flattened size that is positive."""
    with pytest.raises(SpecError, match="layer 'c': would have the shape"):
        CONVOLUTION.with_sizes({"n": size})
    assert CONVOLUTION.with_sizes({"n": 5}).vertices[0].shape == (2, 1, 1)


def test_a_tensor_that_no_machine_holds_is_refused():
    with pytest.raises(SpecError, match=r"input 'x': has .* entries"):
        CONVOLUTION.with_sizes({"n": 10**9 - 1})


def test_a_cost_gets_the_classes_that_it_needs():
    chosen = network([{"name": "a", "type": "tanh"}], ["n"], "cross_entropy")
    with pytest.raises(SpecError, match="cost: reads the shape"):
        chosen.with_sizes({"n": 1})
    chosen.with_sizes({"n": 2})


@pytest.mark.parametrize("size", [0, -3, "3", 2.0, True, None, 10**9])
def test_what_is_no_size_is_refused(size):
    with pytest.raises(SpecError, match="the size n cannot be"):
        CONVOLUTION.with_sizes({"n": size})


@pytest.mark.parametrize("data", [None, [], "x", 3])
def test_what_is_no_mapping_is_refused(data):
    with pytest.raises(SpecError, match="give a mapping"):
        architecture(data)


def test_a_mapping_that_holds_itself_is_refused():
    data = {}
    data["inputs"] = data
    with pytest.raises(SpecError, match="holds itself"):
        architecture(data)
