"""The layer catalogue.  To add a layer: write one file with its equation and list it in ``_TYPES``."""

from __future__ import annotations

from symbolic.layers.add import Add
from symbolic.layers.base import LayerEquation, LayerType, Option, Parameter, ShapeError
from symbolic.layers.dense import Dense
from symbolic.layers.elementwise import ELEMENTWISE

_TYPES: tuple[type[LayerType], ...] = (Dense, Add, *ELEMENTWISE)
LAYERS: dict[str, LayerType] = {layer.name: layer() for layer in _TYPES}

__all__ = ["LAYERS", "LayerEquation", "LayerType", "Option", "Parameter", "ShapeError"]
