"""One decorator adds a layer type everywhere."""

import pytest

from dyadic.symbolic import architecture
from dyadic.symbolic.layers import LAYERS, register
from dyadic.symbolic.spec import LAYER_TYPES


@pytest.fixture
def doubled():
    class Twice(type(LAYERS["neg"])):
        name = "twice_of_a_test"

        def value(self, *arguments):
            return -2 * super().value(*arguments)

    yield Twice
    LAYERS.pop("twice_of_a_test", None)


def test_a_registered_type_can_be_named(doubled):
    layer = {"name": "a", "type": "twice_of_a_test"}
    spec = {"inputs": {"x": {"shape": [2]}}, "layers": [layer], "cost": {"type": "squared_error"}}
    assert "twice_of_a_test" not in LAYER_TYPES
    assert register(doubled) is doubled
    assert "twice_of_a_test" in LAYER_TYPES
    assert architecture(spec).by_name["a"].kind.type == "twice_of_a_test"


def test_a_name_is_given_once(doubled):
    register(doubled)
    with pytest.raises(ValueError, match="'twice_of_a_test' already"):
        register(doubled)
