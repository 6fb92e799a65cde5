"""Every scalar function in PyTorch, and points at which to compare: random ones, near kinks, and far out."""

import numpy as np
import torch
import torch.nn.functional as F

from dyadic.symbolic.functions import FUNCTIONS

IN_TORCH = {
    "identity": lambda z: 1 * z,
    "outer": lambda z: 1 * z,
    "rsqrt": torch.rsqrt,
    "log": torch.log,
    # F.softplus is z itself beyond 20
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "log_sigmoid": F.logsigmoid,
    "gelu": F.gelu,
    "gelu_tanh": lambda z: F.gelu(z, approximate="tanh"),
    "silu": F.silu,
    "mish": lambda z: z * torch.tanh(torch.logaddexp(z, torch.zeros_like(z))),
    "elu": F.elu,
    "celu": F.celu,
    "selu": F.selu,
    "softsign": F.softsign,
    # PyTorch's own has 1/6 in single precision
    "hard_sigmoid": lambda z: torch.clamp(z / 6 + 0.5, 0, 1),
    "hard_swish": F.hardswish,
    "stop_gradient": lambda z: z.detach() + 0 * z,
    "step": lambda z: torch.heaviside(z.detach(), torch.zeros_like(z)) + 0 * z,
    **{
        name: getattr(torch, name)
        for name in (
            "exp", "expm1", "log1p", "sqrt", "erf", "tanh", "sinh", "cosh", "asinh", "acosh", "atanh", "sigmoid",
            "relu", "abs", "sign", "floor", "round", "sin", "cos", "tan", "asin", "acos", "atan",
        )
    },
}  # fmt: skip
LARGEST = {"sinh": 300, "cosh": 300, "exp": 300, "expm1": 300, "tan": 1.5}
"""Beyond these a function overflows, or has a pole."""


def points(name, count=400):
    """Numbers inside a function's domain, none of them at a kink or a jump."""
    random = np.random.default_rng(3)
    low, high = (None if bound is None else float(bound) for bound in FUNCTIONS[name].domain)
    steps = np.array([1e-13, 1e-9, 1e-5, 1e-2, 0.3])
    near = [0.0, *(float(point) for point, _ in FUNCTIONS[name].kinks), *(b for b in (low, high) if b is not None)]
    places = [base + sign * steps for base in near for sign in (1, -1)]
    far = [10.0, 25.0, 40.0, 90.0, 300.0, 1e4, 1e8, 1e15]
    found = np.concatenate(
        [3 * random.normal(size=count), random.uniform(-1, 1, count), *places, far, np.negative(far)]
    )
    found = found[np.abs(found) <= LARGEST.get(name, np.inf)]
    found = found[(found > (-np.inf if low is None else low)) & (found < (np.inf if high is None else high))]
    return found[found % 0.5 != 0] if FUNCTIONS[name].jumps else found[found != 0]
