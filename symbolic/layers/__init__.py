"""The layer catalogue.  To add a layer: write one file with its equation and list it in ``_TYPES``.

A type from elsewhere, as of a user's own, is added by the decorator :func:`register`.
"""

from __future__ import annotations

from dyadic.symbolic.layers.add import Add
from dyadic.symbolic.layers.arithmetic import ARITHMETIC
from dyadic.symbolic.layers.attention import Attention, MultiHeadAttention
from dyadic.symbolic.layers.average_pool import AveragePool
from dyadic.symbolic.layers.batch_norm import BatchNorm, BatchNormTraining
from dyadic.symbolic.layers.concat import Concat
from dyadic.symbolic.layers.conv import Conv
from dyadic.symbolic.layers.conv_transpose import ConvTranspose
from dyadic.symbolic.layers.cosine_similarity import CosineSimilarity
from dyadic.symbolic.layers.dense import Dense, Linear
from dyadic.symbolic.layers.einsum import Einsum
from dyadic.symbolic.layers.elementwise import ELEMENTWISE
from dyadic.symbolic.layers.expand import Expand
from dyadic.symbolic.layers.gating import Glu, Highway, Mixture
from dyadic.symbolic.layers.group_norm import GroupNorm, InstanceNorm
from dyadic.symbolic.layers.layer_norm import LayerNorm, RMSNorm
from dyadic.symbolic.layers.layer_type import LayerEquation, LayerType, Option, Parameter, ShapeError
from dyadic.symbolic.layers.linear_map import LinearMap
from dyadic.symbolic.layers.lookup import Embedding, Gather, GatherElements
from dyadic.symbolic.layers.lrn import LRN
from dyadic.symbolic.layers.matmul import Matmul
from dyadic.symbolic.layers.max_pool import MaxPool
from dyadic.symbolic.layers.pad import Pad
from dyadic.symbolic.layers.pointwise import POINTWISE
from dyadic.symbolic.layers.recurrent import RECURRENT
from dyadic.symbolic.layers.reduce import (
    GlobalAveragePool,
    GlobalMaxPool,
    ReduceLogSumExp,
    ReduceMax,
    ReduceMean,
    ReduceMin,
    ReduceSum,
)
from dyadic.symbolic.layers.reshape import Flatten, Reshape
from dyadic.symbolic.layers.scatter import Scatter, ScatterElements
from dyadic.symbolic.layers.slice import Slice
from dyadic.symbolic.layers.softmax import LogSoftmax, Softmax
from dyadic.symbolic.layers.squeeze import Squeeze, Unsqueeze
from dyadic.symbolic.layers.stack import Select, Stack
from dyadic.symbolic.layers.transpose import Transpose
from dyadic.symbolic.layers.upsample import Upsample
from dyadic.symbolic.layers.upsample_bilinear import UpsampleBilinear

_TYPES: tuple[type[LayerType], ...] = (
    *(Dense, Linear, Matmul, Einsum, Add),
    *ARITHMETIC,
    *ELEMENTWISE,
    *POINTWISE,
    *(Conv, ConvTranspose, MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool),
    *(ReduceSum, ReduceMean, ReduceMax, ReduceMin, ReduceLogSumExp),
    *(BatchNorm, BatchNormTraining, LayerNorm, RMSNorm, GroupNorm, InstanceNorm, LRN),
    *(Reshape, Flatten, Transpose, Squeeze, Unsqueeze, Expand, Concat, Stack, Slice, Select, Pad),
    *(Upsample, UpsampleBilinear),
    *(CosineSimilarity, Softmax, LogSoftmax, Attention, MultiHeadAttention, Embedding, Highway, Glu, Mixture),
    *(Gather, GatherElements, Scatter, ScatterElements, LinearMap),
    *RECURRENT,
)
LAYERS: dict[str, LayerType] = {}
"""Every layer type that has an equation, by name."""


def register(type_: type[LayerType]) -> type[LayerType]:
    """Add a type to the catalogue: architectures may name it, and all that follows from its equation is there.

    Raises :class:`ValueError` where the name is taken.
    """
    if type_.name in LAYERS:
        raise ValueError(f"there is a layer type {type_.name!r} already")
    LAYERS[type_.name] = type_()
    return type_


for _type in _TYPES:
    register(_type)

__all__ = ["LAYERS", "LayerEquation", "LayerType", "Option", "Parameter", "ShapeError", "register"]
