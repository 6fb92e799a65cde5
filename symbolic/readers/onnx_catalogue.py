"""The functions that read ONNX operators, all registered."""

from __future__ import annotations

import dyadic.symbolic.readers.onnx_control
import dyadic.symbolic.readers.onnx_lookup
import dyadic.symbolic.readers.onnx_masks
import dyadic.symbolic.readers.onnx_operators
import dyadic.symbolic.readers.onnx_quantized
import dyadic.symbolic.readers.onnx_recurrent
import dyadic.symbolic.readers.onnx_reductions
import dyadic.symbolic.readers.onnx_resampling
import dyadic.symbolic.readers.onnx_shapes
import dyadic.symbolic.readers.onnx_windows  # noqa: F401 (register operators)
from dyadic.symbolic.readers.onnx_node import OPERATORS

__all__ = ["OPERATORS"]
