"""torch.autograd.Function: dyadic check-vjp examples/passes/torch_functions.py:Linear"""

import torch
import torch.nn.functional as F
from torch.autograd import Function


class Linear(Function):
    @staticmethod
    def forward(ctx, input: "n d", weight: "m d", bias: "m" = None):
        ctx.save_for_backward(input, weight, bias)
        output = input.mm(weight.t())
        if bias is not None:
            output += bias.unsqueeze(0).expand_as(output)
        return output

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_input = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)
        return grad_input, grad_weight, grad_bias


class Swish(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: "n d"):
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        s = x.sigmoid()
        return grad * (s + x * s * (1 - s))


class RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: "n d", weight: "d", eps: float = 1e-6):
        rstd = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)
        ctx.save_for_backward(x, weight, rstd)
        return x * rstd * weight

    @staticmethod
    def backward(ctx, dy):
        x, weight, rstd = ctx.saved_tensors
        xhat = x * rstd
        dxhat = dy * weight
        dx = rstd * (dxhat - xhat * (dxhat * xhat).mean(dim=-1, keepdim=True))
        return dx, (dy * xhat).sum(dim=0), None


class SwappedGradients(Function):
    """A mistake: the gradients are returned in another order than the inputs."""

    @staticmethod
    def forward(ctx, x: "n d", scale: "n d"):
        ctx.save_for_backward(x, scale)
        return x * scale

    @staticmethod
    def backward(ctx, grad):
        x, scale = ctx.saved_tensors
        return grad * x, grad * scale


class StraightThrough(Function):
    """A mistake, if a derivative is meant: the gradient passes a relu as if it were not there."""

    @staticmethod
    def forward(ctx, x: "n d"):
        return F.relu(x)

    @staticmethod
    def backward(ctx, grad):
        return grad
