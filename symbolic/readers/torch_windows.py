"""ATen operators that slide a window: convolutions and pools."""

from __future__ import annotations

from typing import Any

from dyadic.symbolic.readers.operations import covers
from dyadic.symbolic.readers.torch_call import OperatorCall, Result, Unsupported, operator
from dyadic.symbolic.readers.torch_linear_maps import along, uneven_windows


@operator(
    **{f"conv{d}d": "conv" for d in (1, 2, 3)},
    **{f"conv_transpose{d}d": "conv_transpose" for d in (1, 2, 3)},
    convolution="conv conv_transpose",
)
def conv(call: OperatorCall) -> Result:
    axes = call.rank("weight") - 2
    kernel = [call.extent(2 + k, "weight") for k in range(axes)]
    batched = call.rank("input") - axes - 1
    stride, dilation = _each(call["stride"], axes), _each(call["dilation"], axes)
    inputs = [call.x("input"), call.weight("weight"), *([call.weight("bias")] if call.given("bias") else [])]
    options: dict[str, Any] = {"stride": stride, "dilation": dilation, "groups": call["groups"]}
    if call["padding"] == "same":
        spans = [d * (w - 1) for d, w in zip(dilation, kernel, strict=True)]
        options["padding"] = [*(span // 2 for span in spans), *(span - span // 2 for span in spans)]
    else:
        options["padding"] = [0] * 2 * axes if call["padding"] == "valid" else _each(call["padding"], axes) * 2
    options |= {"bias": len(inputs) == 3, "lead": batched}
    if not (call["transposed"] or "transpose" in call.operator):
        call.ignore("output_padding")
        return call.layer("conv", inputs, **options)
    return call.layer("conv_transpose", inputs, output_padding=_each(call["output_padding"], axes), **options)


def _each(value: Any, axes: int) -> list[int]:
    """One number per axis."""
    values = list(value) if isinstance(value, list | tuple) else [value]
    return values * axes if len(values) == 1 else values


@operator(
    **{f"max_pool{d}d": "max_pool" for d in (1, 2, 3)},
    **{f"avg_pool{d}d": "average_pool global_average_pool" for d in (1, 2, 3)},
    max_pool2d_with_indices="max_pool",
)
def pool(call: OperatorCall) -> Result:
    axes = int(call.operator[call.operator.index("d") - 1 :][0]) if call.operator[-1] == "d" else 2
    kernel = _each(call["kernel_size"], axes)
    options: dict[str, Any] = {
        "kernel": kernel,
        "stride": _each(call["stride"] or kernel, axes),
        "padding": _each(call["padding"], axes) * 2,
        "ceil": bool(call["ceil_mode"]),
        "lead": call.rank() - axes - 1,
    }
    if call.operator.startswith("avg"):
        if call.given("divisor_override"):
            raise Unsupported("divisor_override")
        if covers(call.shape()[-axes:], kernel, options["padding"], bool(call["count_include_pad"])):
            call.model.note("an average pool over the whole image is a global_average_pool")
            return call.layer("global_average_pool", [call.x()], lead=options["lead"])
        return call.layer("average_pool", [call.x()], count_include_pad=bool(call["count_include_pad"]), **options)
    found = call.layer("max_pool", [call.x()], dilation=_each(call["dilation"], axes), **options)
    return [found, None] if call.operator.endswith("indices") else found


_ADAPTIVE = "global_average_pool average_pool einsum"


@operator(**{f"adaptive_avg_pool{d}d": _ADAPTIVE for d in (1, 2, 3)}, _adaptive_avg_pool2d=_ADAPTIVE)
def adaptive_pool(call: OperatorCall) -> Result:
    axes = int(call.operator[-2])
    sizes = _each(call["output_size"], axes)
    lead = call.rank() - axes - 1
    if all(size == 1 for size in sizes):
        return call.layer("global_average_pool", [call.x()], lead=lead)
    old = [call.extent(k) for k in range(call.rank() - axes, call.rank())]
    if any(n % m for n, m in zip(old, sizes, strict=True)):
        found = call.x()
        for k, (n, m) in enumerate(zip(old, sizes, strict=True)):
            axis = call.rank() - axes + k
            found = found if n == m else along(call, found, axis, uneven_windows(n, int(m)), f"axis{axis}")
        return found
    kernel = [n // m for n, m in zip(old, sizes, strict=True)]
    return call.layer("average_pool", [call.x()], kernel=kernel, stride=kernel, lead=lead)
