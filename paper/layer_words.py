"""Layer kinds in words, and which of them are one kind but for a number."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from dyadic.symbolic.costs import COSTS
from dyadic.symbolic.derivation import Derivation
from dyadic.symbolic.energy import CostDerivation, LayerDerivation, LayerKind
from dyadic.symbolic.functions import FUNCTIONS

_SILENT = frozenset(
    {"lead", "axes", "ranks", "rank", "grouped", "numbers", "ceil", "keep", "broadcast", "given", "kept"}
)
"""Settings that the equation shows and that words would not make clearer."""


@dataclass(frozen=True)
class KindOnPaper:
    """A layer kind whose equations are shown, for all vertices whose kind is this but for one number.

    number: by which tables and tags name it.  differs: the setting that differs, if one does, with its values.
    """

    number: int
    layer: LayerDerivation
    members: tuple[str, ...]
    differs: str = ""

    @property
    def tag(self) -> str:
        return f"K{self.number}"

    @property
    def words(self) -> str:
        return described(self.layer.kind) + (f"; likewise for {self.differs}" if self.differs else "")


def described(kind: LayerKind) -> str:
    """``convolution, stride 2, padding 3, no bias``."""
    if kind.parts:
        return "; then ".join(described(part) for part in kind.parts)
    settings = dict(kind.settings)
    words = [name_of(kind.type)]
    words += [text for key, value in settings.items() if (text := _setting(key, value))]
    if len(kind.ranks) > 1:
        words.append(f"{len(kind.ranks)} inputs{_broadcast(settings.get('broadcast'))}")
    return ", ".join(words)


def name_of(type_: str) -> str:
    """What a layer type is called in a sentence."""
    return _NAMES.get(type_, type_.replace("_", " "))


def functions_named(text: str) -> str:
    """A sentence of the certificate with functions called as readers call them."""
    return _FUNCTION.sub(lambda found: name_of(found[0]), text)


def _broadcast(stretched: Sequence[Sequence[int]] | None) -> str:
    """Which inputs are repeated along which of their axes, as in NumPy."""
    if stretched is None:
        return ""
    said = [
        f"{_ORDINALS[k] if k < len(_ORDINALS) else k + 1} along {_axes(axes)}"
        for k, axes in enumerate(stretched)
        if axes
    ]
    return f", broadcast: the {' and the '.join(said)}" if said else ", broadcast"


_ORDINALS = ("first", "second", "third", "fourth")


def _axes(axes: Sequence[int]) -> str:
    return f"{'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}"


def described_cost(cost: CostDerivation) -> str:
    """``cross entropy, target index``."""
    defaults = COSTS[cost.type].options
    settings = [f"{key} {_value(value)}" for key, value in cost.settings if value != defaults[key].default]
    return ", ".join([_COSTS.get(cost.type, cost.type.replace("_", " ")), *settings])


_COSTS = {
    "huber": "the Huber loss",
    "hinge": "the hinge loss",
    "squared_error": "the squared error",
    "cross_entropy": "the cross entropy",
    "bernoulli": "the cross entropy of independent bits",
    "abstract": "the cost left open",
}


_NAMES = {
    "conv": "convolution",
    "conv_transpose": "transposed convolution",
    "max_pool": "maximum pooling",
    "average_pool": "average pooling",
    "add": "sum",
    "lstm_cell": "LSTM cell",
    "gru_cell": "GRU cell",
    "rnn_cell": "recurrent cell",
    "multi_head_attention": "multi-head attention",
    "lrn": "local response normalisation",
    "matmul": "matrix product",
    "gelu": "GELU",
    "gelu_tanh": "GELU by tanh",
    "mish": "Mish",
    "rsqrt": "the inverse square root",
    "outer": "the function left open",
    "relu": "ReLU",
    "where": "choice by a mask",
    "concat": "concatenation",
    "sub": "difference",
    "mul": "product",
    "div": "quotient",
    "neg": "negative",
    "mod": "remainder",
    "abs": "absolute value",
    "silu": "SiLU",
    "elu": "ELU",
    "selu": "SELU",
    "celu": "CELU",
    "prelu": "PReLU",
    "leaky_relu": "leaky ReLU",
    "glu": "GLU",
    "rms_norm": "RMS norm",
    "batch_norm_training": "batch norm in training",
    "reduce_sum": "sum over axes",
    "reduce_mean": "mean over axes",
    "reduce_max": "maximum over axes",
    "reduce_min": "minimum over axes",
    "reduce_logsumexp": "log-sum-exp over axes",
    "expand": "broadcast",
}


_FUNCTION = re.compile(rf"\b(?:{'|'.join(sorted(FUNCTIONS.keys() & _NAMES.keys() - {'abs'}))})\b")


def _setting(key: str, value: Any) -> str:
    if key in _SILENT or value is None or _value(value) == "()" or (key == "dilation" and set(value) == {1}):
        return ""
    if (key == "offset" and value == 0) or (key == "output_padding" and set(value) == {0}):
        return ""
    if key == "steps" and set(value) == {1}:
        return ""
    if key == "activation":
        return "" if value == "identity" else name_of(str(value))
    if key == "stretched":
        return f"along {_axes(value)}"
    if isinstance(value, bool):
        return {"bias": "", "causal": "causal"}.get(key, key) if value else {"bias": "no bias"}.get(key, "")
    if key in ("stride", "padding") and set(value) <= {0, 1} and set(value) == ({1} if key == "stride" else {0}):
        return ""
    if key == "groups" and isinstance(value, tuple):
        return ""
    if key in ("starts", "steps", "factors") and len(set(value)) == 1:
        key = key[:-1]
    return f"{key.replace('_', ' ')} {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        parts = [_value(item) for item in value]
        return parts[0] if len(set(parts)) == 1 else f"({', '.join(parts)})"
    return _fraction(Fraction(value.p, value.q)) if getattr(value, "q", 1) != 1 else str(value)


def _fraction(value: Fraction) -> str:
    """A decimal where that is short and exact, a short fraction, or about what it is."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    if Fraction(exact) == value and len(exact.as_tuple().digits) <= _DIGITS:
        return f"{exact:f}" if exact.adjusted() >= -_MOST_ZEROS else f"{exact:e}"
    return str(value) if value.denominator < 100 else f"about {float(value):.6g}"


_DIGITS, _MOST_ZEROS = 9, 4
"""The digits of a number in words, and the zeros that it may begin with without a power of ten."""


def kinds_on_paper(derivation: Derivation) -> list[KindOnPaper]:
    """The kinds of a network in the order of their first vertices."""
    by_kind: dict[str, list[str]] = {}
    for vertex in derivation.architecture.vertices:
        by_kind.setdefault(derivation.content_of(vertex.name), []).append(vertex.name)
    groups: dict[Any, list[list[str]]] = {}
    for members in by_kind.values():
        groups.setdefault(_but_for_numbers(derivation.layers[members[0]]), []).append(members)
    found = []
    for number, group in enumerate(groups.values(), 1):
        layers = [derivation.layers[members[0]] for members in group]
        differing = _difference([dict(layer.kind.settings) for layer in layers])
        found.append(KindOnPaper(number, layers[0], tuple(name for members in group for name in members), differing))
    return found


def in_words(derivation: Derivation, kinds: Sequence[KindOnPaper], tags: bool) -> dict[str, str]:
    """What kinds and costs are called, by their labels in the certificate; kinds by tags where those are shown."""
    found = {cost.label: described_cost(cost) for cost in derivation.costs.values()}
    for kind in kinds:
        for name in kind.members:
            found[derivation.layers[name].label] = kind.tag if tags else kind.words
    return found


def _but_for_numbers(layer: LayerDerivation) -> Any:
    """What two kinds share whose equations are the same but for the value of one whole number that is a setting."""
    keys = [key for key, value in layer.kind.settings if key in ("position", "starts")]
    if len(keys) != 1:
        return layer.digest
    rest = tuple((key, value) for key, value in layer.kind.settings if key != keys[0])
    return layer.kind.type, rest, layer.kind.ranks, layer.kind.given, repr(_masked(layer.content))


def _masked(content: Any) -> Any:
    """JSON with 0 for every whole number and with no zero terms: what a number's value has no part in."""
    if isinstance(content, dict):
        return {
            key: _masked(value) for key, value in sorted(content.items()) if key not in ("settings", "kind", "label")
        }
    if isinstance(content, list):
        return [_masked(item) for item in content]
    return 0 if isinstance(content, int) and not isinstance(content, bool) else content


def _difference(settings: list[Mapping[str, Any]]) -> str:
    for key in settings[0]:
        values = [_value(one[key]) for one in settings[1:]]
        if any(one[key] != settings[0][key] for one in settings):
            return f"{key}{'s' if len(values) > 1 and key[-1] != 's' else ''} {', '.join(values)}"
    return ""
