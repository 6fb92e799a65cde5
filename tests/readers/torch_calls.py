"""Small functions of one tensor, and of integers or masks beside it, one for each kind of call that is read."""

import torch
from torch.nn import functional as F

ORDER, LABELS = torch.tensor([2, 0, 1]), torch.tensor([1, 3, 0])
SEEN = torch.tensor([True, False, True])
AT = torch.tensor([[0, 3, 1], [2, 2, 0], [1, 0, 3]])


def assigned(x):
    y = x.clone()
    y[:, 1] = 2 * x[:, 0]
    y[0, 1:3] += 1
    y[:, ::2] = x[:, :2]
    return y


def assigned_under(x, seen):
    y = 1 * x
    y[seen] = 0.5
    return y


def top_two_placed(x):
    values, places = x.topk(2, -1)
    return (2 * x).scatter(-1, places, values.softmax(-1)) + torch.zeros_like(x).scatter(-1, places, values)


def attended(x, seen):
    """One query sees nothing: 0, as in PyTorch."""
    known = torch.tensor([[0, 1, 0], [0, 0, 0], [1, 1, 1]]).bool()
    given = F.scaled_dot_product_attention(x, 2 * x, x.sin(), attn_mask=seen[:, None] & seen)
    return given + F.scaled_dot_product_attention(x, 2 * x, x.sin(), attn_mask=known)


CALLS = {
    "compare": lambda x: torch.where(x > 0.1, x, -2 * x) + x * (x.abs() <= 0.3),
    "logic": lambda x: x * ((x > 0) & ~(x > 1) | (x < -1)) + x * torch.logical_xor(x > 0, x > 0.5),
    "triangles": lambda x: x.tril() + 2 * x.triu(1),
    "fill": lambda x, seen: x.masked_fill(seen[:, None], float("-inf")).softmax(0),
    "mask of integers": lambda x, order: x + (1 - order[:, None].bool().float()) * -1e4,
    "assigned": assigned,
    "assigned under a mask": assigned_under,
    "gather": lambda x: x.gather(1, AT),
    "gather by input": lambda x, labels: x.gather(1, labels[:, None].expand(-1, 2)),
    "index_add": lambda x: torch.zeros(5, 4, dtype=x.dtype).index_add(0, ORDER, x, alpha=2),
    "index_add by input": lambda x, order: (1 + x).index_add(0, order, x),
    "scatter_add": lambda x: x.scatter_add(1, AT, x[:, :3]),
    "scatter_add by input": lambda x, labels: (0 * x).scatter_add(0, labels[:, None].expand(-1, 4) % 3, x),
    "scatter": lambda x: x.scatter(1, LABELS[:, None], 2 * x[:, :1]),
    "scatter by input": lambda x, labels: x.scatter(1, labels[:, None], 3.0),
    "index_put": lambda x: x.index_put((torch.tensor([1, 1]), torch.tensor([0, 0])), x[:2, 3], accumulate=True),
    "places": lambda x: x[torch.arange(3), LABELS] + x[x.new_tensor([1, 0, 1]).bool()].sum(),
    "places by input": lambda x, labels: x[torch.arange(3), labels] * x[:, labels].sum(),
    "last places": lambda x, order: x[order - 3] + x[torch.tensor([-1, 0, -2])],
    "rows by input": lambda x, order: (
        x.index_copy(0, order[:2], x[1:].sin()) + torch.zeros_like(x).index_copy(1, order, 2 * x[:, 1:])
    ),
    "reduced by input": lambda x, labels: (
        x.scatter_reduce(1, labels[:, None].expand(-1, 2), x[:, 1:3], "mean")
        + x.scatter_reduce(0, labels[:, None].expand(-1, 4) % 3, x.sin(), "amax", include_self=False)
        + x.scatter_reduce(0, labels[:, None].expand(-1, 4) % 3, 2 * x, "sum", include_self=False)
    ),
    "reduced": lambda x: (
        x.scatter_reduce(1, AT, x[:, 1:].sin(), "amin")
        + x.scatter_reduce(1, AT, x.flip(1)[:, 1:], "mean", include_self=False)
        + torch.zeros_like(x).scatter_reduce(1, AT, x[:, :3] ** 2, "sum")
    ),
    "diagonals": lambda x: x.diagonal_scatter(x[0, :3].sin(), 1) + x.clone().fill_diagonal_(2),
    "sort": lambda x: x.sort(-1, descending=True)[0] * x.sort(0)[0],
    "topk": lambda x: x.topk(2, -1)[0] + x.max(0, keepdim=True)[0][:, :2],
    "positions": lambda x: F.one_hot(x.argmin(-1), 4) * x + x.median(-1, keepdim=True)[0],
    "bases of powers": lambda x: torch.exp2(x) + torch.log2(1 + x * x) + torch.log10(2 + x * x),
    "logarithms of sums": lambda x: torch.logaddexp(x, 1 - x) * torch.logaddexp2(x * x, x),
    "erfc and hypot": lambda x: torch.erfc(x) + torch.special.erfc(2 * x) + torch.hypot(x, 1 + x.abs()),
    "a slope outside of training": lambda x: F.rrelu(x, 0.1, 0.4),
    "remainders by tensors": lambda x: (
        torch.remainder(x, 0.1 + x.abs().mT.mT.flip(1)) + torch.fmod(x, 0.5 + x.flip(0) ** 2)
    ),
    "remainders of numbers": lambda x: torch.remainder(x, -0.3) + torch.remainder(2.5, 1 + x.detach() ** 2) * x,
    "angles": lambda x: torch.atan2(x - 0.3, x.flip(0)) + torch.arctan2(x[0], -x.new_tensor(1.0)),
    "the larger and the smaller": lambda x: torch.fmax(x, x.flip(0)) - torch.fmin(x, x[:, :1]),
    "spread or mean": lambda x: torch.std_mean(x, 0)[0] + torch.var_mean(x, 0)[1],
    "spread and mean": lambda x: (
        sum(torch.var_mean(x, 1)) + sum(torch.std_mean(x, (0, 1), correction=0, keepdim=True)).sum()
    ),
    "half a correction": lambda x: x.var(1, correction=0.5) + x.std(0, correction=1.5)[:3],
    "constants like a tensor": lambda x: x * torch.full_like(x, 0.1) + x.new_full((4,), 0.3) ** 2,
    "like integers": lambda x, labels: (
        torch.full_like(labels, 2.7)[:, None] * x + torch.zeros_like(x > 0).logical_not() * x
    ),
    "taken from": lambda x: torch.rsub(x, x.sin(), alpha=3) + torch.rsub(x, 2.0, alpha=0.5),
    "distances": lambda x: torch.cdist(x, 1 + x.flip(0)) + torch.cdist(x, x[:3] + 2, p=1),
    "of all entries": lambda x: x * x.median() + x[:, :2].prod() + x.argmax() * x + x.argmin(keepdim=True) / 3,
    "chosen by size": lambda x: x[torch.arange(3), x.max(-1)[1]],
    "resize": lambda x: F.interpolate(x[None, None], size=(5, 7), mode="bilinear", align_corners=False),
    "pads": lambda x: F.pad(F.pad(x[None, None], (1, 2, 1, 0), mode="reflect"), (1, 0, 0, 2), mode="replicate"),
    "cut off": lambda x: F.pad(x, (-1, 2, 1, -1), value=0.5) + F.pad(x, (-1, 2)),
    "turned": lambda x: F.pad(x[None], (2, 1), mode="circular") + x.roll(3).flip(0, 1).sum(),
    "adaptive": lambda x: F.adaptive_avg_pool2d(x[None, None], (2, 3)),
    "cumulated": lambda x: x.cumsum(-1) + x.cumprod(0) + x.diagonal().sum() + x.prod(0),
    "repeated": lambda x: x.repeat_interleave(2, 0),
    "norms": lambda x: F.normalize(x, dim=-1) + x.norm(dim=0) + x.var(-1, keepdim=True) + x.std(0, correction=0),
    "powers": lambda x: x.abs() ** x.sigmoid() + 2**x + F.softplus(x, beta=2) + x**0,
    "bounds far away": lambda x: (
        torch.maximum(x, x.new_tensor(-1e38)) + x.clamp(-1e20, 1e9) + x.clamp(max=x.new_tensor(3e38)) + x.clamp(-1e38)
    ),
    "bounds": lambda x: x.clamp(min=x.new_tensor(0.1)).clamp(max=1 + 0 * x),
    "cross entropy": lambda x, labels: F.cross_entropy(x, labels, weight=x.new_tensor([1, 2, 3, 4]), ignore_index=3),
    "divergence": lambda x: F.kl_div(x.log_softmax(-1), (2 * x.detach()).softmax(-1), reduction="batchmean"),
    "losses": lambda x: F.smooth_l1_loss(x, 2 * x) + F.binary_cross_entropy_with_logits(x, x.sigmoid().detach()),
    "nothing": lambda x: x * 0,
    "whole quotients": lambda x, labels: (
        x * torch.div(labels - 2, 2, rounding_mode="trunc")[:, None]
        + x * ((labels - 2) // 2 + labels % 2)[:, None]
        + torch.div(x, 0.3, rounding_mode="floor")
    ),
    "dots": lambda x: torch.einsum("...i, ...i -> ...", x, x.sin()) + torch.einsum("i...,j...", x, x).sum(0)[0, 0],
    "sum of truths": lambda x: x * ((x > 0) + (x > 0.5)) + x * ((x > 0) * (x > 0.5)),
    "strides": lambda x: x.as_strided((2, 3), (4, 1), 1) * x.unfold(1, 2, 1)[:2, :, 0],
    "strides written": lambda x: (x @ x.T).fill_diagonal_(0.5),
    "windows": lambda x: x.unfold(0, 2, 1).prod(-1),
    "one in order": lambda x: x.kthvalue(2, 0)[0] * x.kthvalue(4, -1, keepdim=True)[0],
    "behind the point": lambda x: x.frac() + (3 * x).fmod(0.7) + (x - x.round(decimals=1)),
    "chosen and placed": top_two_placed,
    "attended": attended,
    "far away": lambda x: F.max_pool1d(F.pad(x[None], (1, 1), value=float("-inf")), 3, 2),
    "straight through": lambda x: x + (x.round() - x).detach(),
    "half stopped": lambda x: x * torch.tanh(x).detach() + x,
}
BESIDE = {"seen": SEEN, "order": ORDER, "labels": LABELS}


class CalledModule(torch.nn.Module):
    """A function of a layer with weights, so that there is a gradient to compare."""

    def __init__(self, function):
        super().__init__()
        self.function, self.inner = function, torch.nn.Linear(4, 4)

    def forward(self, x, *beside):
        return self.function(self.inner(x), *beside)


def case(name):
    """(module, arguments) of a call."""
    function = CALLS[name]
    beside = function.__code__.co_varnames[1 : function.__code__.co_argcount]
    return CalledModule(function).double(), (torch.randn(3, 4, dtype=torch.float64), *(BESIDE[one] for one in beside))
