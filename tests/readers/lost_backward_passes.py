"""Modules in PyTorch whose gradient is not the derivative of what they compute, hidden in many ways from one look."""

import torch
from torch import nn


class Kept(torch.autograd.Function):
    """The identity; its backward pass is what a subclass makes of it."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * 1


class Reversed(Kept):
    @staticmethod
    def backward(ctx, g):
        return -g


class ClippedGradient(Kept):
    """Differs for large sensitivities only."""

    @staticmethod
    def backward(ctx, g):
        return g.clamp(-1000, 1000)


class Saturated(Kept):
    """Differs for large inputs only."""

    @staticmethod
    def backward(ctx, g):
        return g * (ctx.saved_tensors[0].abs() < 8)


class NearestCode(torch.autograd.Function):
    """The nearest code; the sensitivity passes to what was coded."""

    @staticmethod
    def forward(ctx, z, codes):
        k = (z[:, None] - codes).square().sum(-1).argmin(-1)
        ctx.mark_non_differentiable(k)
        return codes[k], k

    @staticmethod
    def backward(ctx, g, _):
        return g, None


class Pair(nn.Module):
    """Two layers; what is between them is a subclass's."""

    def __init__(self, between=Reversed.apply):
        super().__init__()
        self.first, self.second, self.between = nn.Linear(4, 4), nn.Linear(4, 4), between

    def forward(self, x):
        return self.second(self.between(self.first(x)))


class BesideAnUnusedInput(Pair):
    def forward(self, x, unused):
        return super().forward(x)


class BesideIndices(Pair):
    def forward(self, x):
        y = super().forward(x)
        return y, y.argmax(-1)


class BesideADetachedOutput(Pair):
    def forward(self, x):
        y = super().forward(x)
        return y.detach().mean(), torch.ones(3), y


class OfAList(Pair):
    def forward(self, pair):
        return super().forward(pair[0]) + pair[1]["more"]


class BehindAGateOfZero(Pair):
    def __init__(self):
        super().__init__()
        self.gate = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return x + self.gate * super().forward(x)


class BeforeWeightsOfZero(Pair):
    def __init__(self):
        super().__init__()
        nn.init.zeros_(self.second.weight)


class OfSinglePrecision(Pair):
    """Holds a tensor that is no buffer, so that it does not run in float64."""

    def __init__(self):
        super().__init__()
        self.fixed = torch.randn(4, 4)

    def forward(self, x):
        return super().forward(x @ self.fixed)


class NotCopied(Pair):
    def __deepcopy__(self, memo):
        raise TypeError("there is only one")


class Quantised(Pair):
    def __init__(self):
        super().__init__()
        self.codes = nn.Parameter(torch.randn(5, 4))

    def forward(self, x):
        codes, k = NearestCode.apply(self.first(x), self.codes)
        return self.second(codes), k


class WithAHookInside(Pair):
    def forward(self, x):
        y = self.first(x)
        if y.requires_grad:
            y.register_hook(lambda g: g.clamp(-20, 20))
        return self.second(y)


class WithAHookOnAModule(Pair):
    def __init__(self):
        super().__init__(torch.tanh)
        self.second.register_full_backward_hook(lambda module, inputs, outputs: (2 * inputs[0],))


class WithAHookOnAParameter(Pair):
    def __init__(self):
        super().__init__(torch.tanh)
        self.first.weight.register_hook(lambda g: 2 * g)


def rows():
    return torch.randn(3, 4)


LOST = {
    "reversed": lambda: (Pair(), rows()),
    "clipped": lambda: (Pair(ClippedGradient.apply), rows()),
    "saturated": lambda: (Pair(Saturated.apply), rows()),
    "an unused input": lambda: (BesideAnUnusedInput(), (rows(), torch.randn(2))),
    "indices": lambda: (BesideIndices(), rows()),
    "a detached output": lambda: (BesideADetachedOutput(), rows()),
    "a list": lambda: (OfAList(), ([rows(), {"more": rows()}],)),
    "a gate of zero": lambda: (BehindAGateOfZero(), rows()),
    "weights of zero": lambda: (BeforeWeightsOfZero(), rows()),
    "single precision": lambda: (OfSinglePrecision(), rows()),
    "not copied": lambda: (NotCopied(), rows()),
    "quantised": lambda: (Quantised(), rows()),
    "a hook inside": lambda: (WithAHookInside(), rows()),
    "a hook on a module": lambda: (WithAHookOnAModule(), rows()),
    "a hook on a parameter": lambda: (WithAHookOnAParameter(), rows()),
}
