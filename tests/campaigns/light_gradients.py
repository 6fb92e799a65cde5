"""Gradients of the models that onnx carries, as graphs in onnx's evaluator: ``python -m pytest`` on this file."""

import pytest
from readers.test_gradients_as_a_model import its_gradients_agree

from campaigns.c_models import light_folder

NAMES = [path.stem for path in sorted(light_folder().glob("*.onnx")) if path.stem != "light_vgg19"]
"""VGG-19 takes that evaluator 13 GiB."""


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_those_of_numpy(name):
    its_gradients_agree(name)
