"""The layer catalogue.  To add a layer: write one file with its equation and list it in ``_TYPES``."""

from __future__ import annotations

from symbolic.layers.add import Add
from symbolic.layers.arithmetic import ARITHMETIC
from symbolic.layers.attention import Attention, MultiHeadAttention
from symbolic.layers.average_pool import AveragePool
from symbolic.layers.base import LayerEquation, LayerType, Option, Parameter, ShapeError
from symbolic.layers.batch_norm import BatchNorm, BatchNormTraining
from symbolic.layers.concat import Concat
from symbolic.layers.conv import Conv
from symbolic.layers.conv_transpose import ConvTranspose
from symbolic.layers.dense import Dense, Linear
from symbolic.layers.einsum import Einsum
from symbolic.layers.elementwise import ELEMENTWISE
from symbolic.layers.expand import Expand
from symbolic.layers.gating import Glu, Highway, Mixture
from symbolic.layers.group_norm import GroupNorm, InstanceNorm
from symbolic.layers.layer_norm import LayerNorm, RMSNorm
from symbolic.layers.lookup import Embedding, Gather
from symbolic.layers.lrn import LRN
from symbolic.layers.matmul import Matmul
from symbolic.layers.max_pool import MaxPool
from symbolic.layers.pad import Pad
from symbolic.layers.pointwise import POINTWISE
from symbolic.layers.recurrent import RECURRENT
from symbolic.layers.reduce import GlobalAveragePool, GlobalMaxPool, ReduceMax, ReduceMean, ReduceMin, ReduceSum
from symbolic.layers.reshape import Flatten, Reshape
from symbolic.layers.slice import Slice
from symbolic.layers.softmax import LogSoftmax, Softmax
from symbolic.layers.squeeze import Squeeze, Unsqueeze
from symbolic.layers.stack import Select, Stack
from symbolic.layers.transpose import Transpose
from symbolic.layers.upsample import Upsample

_TYPES: tuple[type[LayerType], ...] = (
    *(Dense, Linear, Matmul, Einsum, Add),
    *ARITHMETIC,
    *ELEMENTWISE,
    *POINTWISE,
    *(Conv, ConvTranspose, MaxPool, AveragePool, GlobalAveragePool, GlobalMaxPool),
    *(ReduceSum, ReduceMean, ReduceMax, ReduceMin),
    *(BatchNorm, BatchNormTraining, LayerNorm, RMSNorm, GroupNorm, InstanceNorm, LRN),
    *(Reshape, Flatten, Transpose, Squeeze, Unsqueeze, Expand, Concat, Stack, Slice, Select, Pad, Upsample),
    *(Softmax, LogSoftmax, Attention, MultiHeadAttention, Embedding, Gather, Highway, Glu, Mixture),
    *RECURRENT,
)
LAYERS: dict[str, LayerType] = {layer.name: layer() for layer in _TYPES}

__all__ = ["LAYERS", "LayerEquation", "LayerType", "Option", "Parameter", "ShapeError"]
