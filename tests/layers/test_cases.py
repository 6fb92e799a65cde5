"""Every layer type of the catalogue is held to PyTorch."""

import importlib.util

from support.optional import require

from dyadic.symbolic.spec import LAYER_TYPES

require(importlib.util.find_spec("torch"), "PyTorch is the second opinion here")
from support import algebra_cases, spatial_cases  # noqa: E402


def test_every_layer_type_has_a_case():
    cases = {*spatial_cases.CASES, *algebra_cases.CASES}
    assert set(LAYER_TYPES) == cases, set(LAYER_TYPES) ^ cases
